"""Grading folders: nothing is lost, one file's failure never ends it, the exit status says what happened."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from grader.batch import Plan
from grader.batch import run as run_batch
from grader.errors import OperatorError
from grader.intake.entry import READ
from grader.intake.find import find
from grader.reading.reader import MARKDOWN, NOTEBOOK, PYTHON, TEX
from grader.report.class_table import write_summary
from grader.task import close_workers

RIGHT = (
    "## Question 1\n\n"
    r"$$KL[q\|p] = \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2+(\mu_1-\mu_2)^2}{2\sigma_1^2}-\frac12$$"
    "\n"
)


def run(*args: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, COLUMNS="100", PYTHONUTF8="1", **env)
    return subprocess.run(
        [sys.executable, "-m", "grader", *args], capture_output=True, text=True, cwd=cwd, env=environment, timeout=300
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good, unreadable, doubled, foreign, nested and empty submissions in one folder."""
    root = tmp_path / "class"
    root.mkdir()
    (root / "ada.md").write_text(RIGHT, encoding="utf-8")
    (root / "bob.tex").write_bytes(bytes(range(256)) * 40)
    (root / "cleo.md").write_text(RIGHT, encoding="utf-8")
    (root / "cleo.txt").write_text("## Question 2\n\n### 2.3\n\n$g'(z) = 1 + f'(z) > 0$\n", encoding="utf-8")
    (root / "dora.pdf").write_bytes(b"%PDF-1.4 nothing")
    (root / "emil").mkdir()
    (root / "emil" / "main.tex").write_text(
        "\\documentclass{article}\\begin{document}\\input{q1}\\end{document}\n", encoding="utf-8"
    )
    (root / "emil" / "q1.tex").write_text("\\section*{Question 1}\n" + RIGHT.split("\n\n")[1], encoding="utf-8")
    (root / "fay.md").write_text("\n", encoding="utf-8")
    (root / "notes.yaml").write_text("a: 1\n", encoding="utf-8")
    (root / ".hidden.md").write_text(RIGHT, encoding="utf-8")
    return root


def test_what_counts_as_a_submission(folder: Path) -> None:
    found = {entry.id: entry for entry in find([folder]).entries}
    assert set(found) == {"ada", "bob", "cleo", "dora", "emil", "fay"}
    assert [p.name for p in found["cleo"].files] == ["cleo.md", "cleo.txt"]
    assert [p.name for p in found["emil"].files] == ["main.tex"], "what is drawn in is not read twice"
    assert found["dora"].files == () and [p.name for p in found["dora"].unread] == ["dora.pdf"]


def test_ids_stay_apart_and_are_file_names(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ada.md").write_text(RIGHT, encoding="utf-8")
    assert [e.id for e in find([tmp_path / "one", tmp_path / "two"]).entries] == ["ada", "ada-2"]
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "a b;c.md").write_text(RIGHT, encoding="utf-8")
    assert [e.id for e in find([odd]).entries] == ["a_b_c"]


def test_the_reader_and_the_batch_agree_on_endings() -> None:
    assert READ == TEX | MARKDOWN | PYTHON | NOTEBOOK


def test_a_whole_folder(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("grade", str(folder), "--out", str(out), "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    reports = {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in out.glob("*.json")}
    assert set(reports) == {"ada", "bob", "cleo", "dora", "emil", "fay"}
    sure = {name: report["score"]["min"] for name, report in reports.items()}
    assert sure["ada"] >= 1 and sure["emil"] >= 1 and sure["cleo"] >= 1
    for name in ("bob", "dora", "fay"):
        assert reports[name]["score"] == {"min": 0, "max": 71, "out_of": 71}, "unread is not wrong"
        assert all(p["status"] == "unreadable" for p in reports[name]["parts"])
        assert name in done.stdout
    rows = list(csv.DictReader((out / "summary.csv").open(encoding="utf-8")))
    assert [row["submission"] for row in rows] == sorted(reports)
    assert "2 files read together" in next(row for row in rows if row["submission"] == "cleo")["notes"]


def test_serial_and_parallel_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        assert run("grade", str(folder), "--out", str(tmp_path / jobs), "--jobs", jobs).returncode == 0
    names = sorted(p.name for p in (tmp_path / "1").iterdir() if not p.name.startswith((".", "gradebook")))
    assert names == sorted(p.name for p in (tmp_path / "2").iterdir() if not p.name.startswith((".", "gradebook")))
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


@pytest.mark.parametrize("make", ["empty", "missing", "only notes"])
def test_a_folder_without_submissions(tmp_path: Path, make: str) -> None:
    folder = tmp_path / "class"
    if make != "missing":
        folder.mkdir()
    if make == "only notes":
        (folder / "notes.yaml").write_text("a: 1\n", encoding="utf-8")
    with pytest.raises(OperatorError):
        find([folder])
    done = run("grade", str(folder), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "no submissions" in done.stderr or "no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_that_dies_costs_only_its_submission(folder: Path, tmp_path: Path) -> None:
    """A submission that ends its worker twice waits for a person; the others are graded."""
    stub = tmp_path / "sitecustomize.py"
    stub.write_text(
        "import os\n"
        "import sys\n"
        "if 'grader.worker' in ' '.join(sys.orig_argv):\n"
        "    import grader.grade as g\n"
        "    usual = g.grade\n"
        "    def grade(paths, *args, **kwargs):\n"
        "        if paths[0].name == 'ada.md':\n"
        "            os._exit(9)\n"
        "        return usual(paths, *args, **kwargs)\n"
        "    g.grade = grade\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    done = run("grade", str(folder), "--out", str(out), PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))
    assert done.returncode == 0
    ada = json.loads((out / "ada.json").read_text(encoding="utf-8"))
    assert ada["score"] == {"min": 0, "max": 71, "out_of": 71}
    assert json.loads((out / "cleo.json").read_text(encoding="utf-8"))["score"]["min"] >= 1
    assert "our fault" in done.stdout


def test_cells_are_no_formulas() -> None:
    text = io.StringIO()
    write_summary([("=1+1", "+ada", None, "fault", ["@x"])], text)
    assert "'=1+1" in text.getvalue() and "'@x" in text.getvalue() and "'+ada" in text.getvalue()


# lint and selftest as commands


def test_lint_and_selftest_as_commands(tmp_path: Path) -> None:
    lint = run("lint")
    assert lint.returncode == 0, lint.stdout
    broken = tmp_path / "rubrics"
    broken.mkdir()
    (broken / "assignment.yaml").write_text("id: x\nquestions: []\npoints: no\n", encoding="utf-8")
    lint = run("lint", "--assignment", str(tmp_path))
    assert lint.returncode == 1
    assert "assignment.yaml:3:" in lint.stdout
    assert "::error file=" in run("lint", "--github", "--assignment", str(tmp_path)).stdout
    assert run("lint", "--assignment", str(tmp_path / "nowhere")).returncode == 2
    example = tmp_path / "examples"
    example.mkdir()
    (example / "a.md").write_text(RIGHT + "\n\nFrom the definition, with the moments of the normal law.\n", encoding="utf-8")
    rows = "".join(f"  {p}: {{mark: 0}}\n" for p in PARTS if p != "Q1") + "  Q1: {mark: 5, max_width: 1}\n"
    (example / "a.key.yaml").write_text(f"file: a.md\nparts:\n{rows}", encoding="utf-8")
    test = run("selftest", "--only-examples", "--examples", str(example))
    assert test.returncode == 1 and "is wider than 1" in test.stdout
    test = run("selftest", "--only-examples", "--examples", str(tmp_path / "nowhere"))
    assert test.returncode == 2


PARTS = [
    *["Q1", "Q2.1", "Q2.2", "Q2.3", "Q2.4", "Q3.a", "Q3.b", "Q3.c", "Q3.d", "Q3.e"],
    *[f"Q4.{i}" for i in range(1, 7)],
    *[f"Q5.{i}" for i in range(1, 5)],
]


# the seam


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_can_run_it(folder: Path, tmp_path: Path, kind: type[Executor]) -> None:
    """What is submitted is a plain function of plain data: it can go to another process, or to another machine."""
    entries = find([folder]).entries[:3]
    run_batch(entries, Plan(tmp_path / "usual"))
    with kind(2) as executor:
        counts = run_batch(entries, Plan(tmp_path / "other", jobs=2), executor=executor)
    assert sum(counts.values()) == 3
    for entry in entries:
        name = f"{entry.id}.json"
        assert (tmp_path / "usual" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    close_workers()


class Failing(Executor):
    """Runs nothing: every task raises, or the whole pool is broken."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(self.error)
        return future


def test_an_executor_that_fails(folder: Path, tmp_path: Path) -> None:
    entries = find([folder]).entries[:2]
    counts = run_batch(entries, Plan(tmp_path / "a"), executor=Failing(ValueError("no")))
    assert counts == {"": 2}, "no report could be made, and the batch came to its end"
    with pytest.raises(OperatorError, match="--resume goes on"):
        run_batch(entries, Plan(tmp_path / "b"), executor=Failing(BrokenExecutor("lost")))
    assert run_batch(entries, Plan(tmp_path / "b"))[""] == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names that are no text")
def test_names_of_files_that_are_no_text(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path / "class")
    os.mkdir(root)
    for name in (b"\xff\xfe.md", b"a\nb.md", b"scan\xe9.pdf"):
        with open(os.path.join(root, name), "wb") as file:
            file.write(RIGHT.encode())
    done = run("grade", str(tmp_path / "class"), "--out", str(tmp_path / "out"))
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert len(list((tmp_path / "out").glob("*.json"))) == 3
