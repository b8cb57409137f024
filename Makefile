# One command each; every target installs what it needs into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: grade lint test test-all bench bench-batch bench-sandbox bench-pairs bench-web fuzz clean
.DEFAULT_GOAL := grade

$(VENV)/base: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	touch $@

$(VENV)/dev: $(VENV)/base
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev,web]'
	touch $@

$(VENV)/all: $(VENV)/dev
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev,web,python]'
	touch $@

$(VENV)/bubblewrap: | $(VENV)/base  # for Python answers; where it cannot be installed everything else still works
	@if command -v bwrap >/dev/null 2>&1; then touch $@; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  (apt-get update -q && apt-get install -y -q bubblewrap) >$(VENV)/bubblewrap.log 2>&1 \
	    || echo "bubblewrap could not be installed (see $(VENV)/bubblewrap.log): Python answers are not run"; \
	  touch $@; \
	else echo "bubblewrap is not installed: Python answers are not run ($(BIN)/grader doctor says what to do)"; fi

grade: $(VENV)/base $(VENV)/bubblewrap  ## the main job, on the examples: the class table, and each range against its key
	$(BIN)/grader grade submissions_example --out build/grades --jobs 2
	$(BIN)/grader selftest --only-examples --examples submissions_example

lint: $(VENV)/base  ## the assignment's rubrics and references
	$(BIN)/grader lint
	$(BIN)/grader selftest

$(VENV)/browser: tests/browser/package-lock.json | $(VENV)/base  # for tests in a real browser, which are skipped where there is none
	@if ! command -v chromium >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  (apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core) >$(VENV)/chromium.log 2>&1 \
	    || echo "chromium could not be installed (see $(VENV)/chromium.log): tests in a browser are skipped"; fi
	@command -v npm >/dev/null 2>&1 && npm ci --silent --prefix tests/browser || echo "npm is missing: accessibility is not checked"
	@touch $@

test: $(VENV)/dev $(VENV)/bubblewrap $(VENV)/browser  ## what CI runs
	$(BIN)/ruff check grader reference assignments tests
	$(BIN)/mypy
	$(BIN)/python -m pytest -m 'not slow' -n auto --dist loadfile

test-all: $(VENV)/all $(VENV)/bubblewrap $(VENV)/browser  ## with the slow tests and torch
	$(BIN)/python -m pytest

$(VENV)/bench: $(VENV)/base benchmarks/requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r benchmarks/requirements.txt
	touch $@

bench: $(VENV)/base  ## growth with the links; whole file against LatexWalker (FILE=...)
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/whole_file.py $(or $(FILE),submissions_example/en_careful.tex)

bench-batch: $(VENV)/dev  ## a class on 1 and 2 processes and on 2 Dask workers; memory at 100 and 1,000 submissions
	$(BIN)/python benchmarks/batch.py speed
	$(BIN)/python benchmarks/batch.py memory

bench-sandbox: $(VENV)/all $(VENV)/bubblewrap  ## a Python case warm and cold; 500 submissions of 30 cases
	$(BIN)/python benchmarks/sandbox.py

bench-pairs: $(VENV)/bench  ## the table of pairs against math-verify and SymPy
	$(BIN)/python benchmarks/pairs.py

bench-web: $(VENV)/dev  ## fifty students who check at once, over HTTP, on two workers
	$(BIN)/python benchmarks/web.py

$(VENV)/fuzz: $(VENV)/dev
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev,web,fuzz]' || echo "atheris could not be installed: without coverage"
	touch $@

fuzz: $(VENV)/fuzz  ## the readers, the parser and compare against inputs that are nearly right (SECONDS=60 each, TARGETS=latex)
	PYTHONPATH=tests $(BIN)/python -m fuzz --seconds $(or $(SECONDS),60) $(TARGETS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
