# One command each; every target installs what it needs into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: grade lint test test-all bench fuzz clean
.DEFAULT_GOAL := grade

$(VENV)/base: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	$(BIN)/python -m compileall -q grader reference  # else each start compiles anew where PYTHONDONTWRITEBYTECODE is set
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

$(VENV)/browser: tests/browser/package-lock.json | $(VENV)/base  # for tests in a real browser, which are skipped where there is none; libatomic1 for Playwright's own node
	@if ! command -v chromium >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  (apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core libatomic1) >$(VENV)/chromium.log 2>&1 \
	    || echo "chromium could not be installed (see $(VENV)/chromium.log): tests in a browser are skipped"; fi
	@command -v npm >/dev/null 2>&1 && npm ci --silent --prefix tests/browser || echo "npm is missing: accessibility is not checked"
	@touch $@

test: $(VENV)/dev $(VENV)/bubblewrap $(VENV)/browser  ## what CI runs
	$(BIN)/ruff check grader reference assignments tests benchmarks
	$(BIN)/mypy
	$(BIN)/python -m pytest -m 'not slow' -n auto --dist loadfile

test-all: $(VENV)/all $(VENV)/bubblewrap $(VENV)/browser  ## with the slow tests and torch
	$(BIN)/python -m pytest

$(VENV)/bench: $(VENV)/dev benchmarks/requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r benchmarks/requirements.txt
	touch $@

bench: $(VENV)/bench $(VENV)/bubblewrap  ## every figure in one table, into docs/benchmarks.md (FILE=... adds a submission)
	$(BIN)/python -m compileall -q grader reference
	$(BIN)/python -m benchmarks.bench --out docs/benchmarks.md $(if $(FILE),--file '$(FILE)')

bench-%: $(VENV)/bench $(VENV)/bubblewrap  ## one measure: bench-whole_file, bench-pairs, .. (docs/benchmarks.md), and bench-web
	$(BIN)/python -m benchmarks.bench --only $* $(if $(FILE),--file '$(FILE)')

$(VENV)/fuzz: $(VENV)/dev
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev,web,fuzz]' || echo "atheris could not be installed: without coverage"
	touch $@

fuzz: $(VENV)/fuzz  ## the readers, the parser and compare against inputs that are nearly right (SECONDS=60 each, TARGETS=latex)
	PYTHONPATH=tests $(BIN)/python -m fuzz --seconds $(or $(SECONDS),60) $(TARGETS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
