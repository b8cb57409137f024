"""Reading Python files and notebooks: programs, places, magics, LaTeX in comments, and what is no Python or no notebook."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, cases
from rich.console import Console
from unsafe_runner import UnsafeRunner

from grader.assignment import Assignment, shipped
from grader.batch import Plan, run
from grader.errors import ReadError
from grader.grade import grade
from grader.gradebook import Gradebook
from grader.intake.find import find
from grader.model import Outcome, Report
from grader.reading.document import Document
from grader.reading.reader import read_files
from grader.report.audience import for_student
from grader.report.messages import check_note
from grader.report.terminal import show
from grader.report.to_json import report_data

ASSIGNMENT = Assignment(shipped())
KL = "def q1_kl(m, s, n, t):\n    return np.log(s / t) + (t**2 + (m - n)**2) / (2 * s**2) - 0.5\n"
LATEX = r"$$KL[q\|p] = \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2+(\mu_2-\mu_1)^2}{2\sigma_1^2} - \frac12$$"


def notebook(*cells: tuple[str, str], form: int = 4) -> str:
    made = [{"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)} for kind, text in cells]
    if form == 4:
        return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})
    old = [{**c, "input": c["source"], "language": "python"} if c["cell_type"] == "code" else c for c in made]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": old}]})


def read(folder: Path, name: str, text: str | bytes) -> Document:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_files([path])[0]


def graded(folder: Path, files: dict[str, str | bytes]) -> Report:
    paths = []
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        paths.append(folder / name)
    runner = UnsafeRunner()
    try:
        return grade(paths, ASSIGNMENT, runner=runner)
    finally:
        runner.close()


def check_of(report: Report, name: str) -> Any:
    return next(c for p in report.parts for c in p.checks if c.id == name)


def test_names_and_places_of_a_file(tmp_path: Path) -> None:
    text = "import torch as t\nx, y = 1, 2\nif x:\n    def late(a):\n        return a\ntry:\n    z = 1\nexcept OSError:\n    z = 2\n"
    document = read(tmp_path, "a.py", text)
    (code,) = document.code
    assert code.program.names == {"t", "x", "y", "late", "z"} and code.program.torch
    assert code.program.places[3] == ("a.py", 4)
    span = document.source.span(*code.place(*code.heads["late"]))
    assert (span.file, span.line) == ("a.py", 4)
    assert not document.blocks


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_line_ends_and_a_byte_order_mark(tmp_path: Path, ends: str) -> None:
    text = ("import numpy as np\n\n" + KL).replace("\n", ends)
    report = graded(tmp_path, {"a.py": b"\xef\xbb\xbf" + text.encode()})
    check = check_of(report, "q1_kl")
    assert check.outcome is Outcome.CORRECT
    if ends != "\r":  # all of a file of an old Mac is one line to the source map
        assert (check.spans[0].line, check.spans[0].column) == (3, 1)


def test_magics_are_dropped_and_lines_stay(tmp_path: Path) -> None:
    code = "%matplotlib inline\n!ls -l\nimport numpy as np\nnp.log?\nx = !date\nif True:\n    %time x = 1\n" + KL
    document = read(
        tmp_path, "a.ipynb", notebook(("code", "%%bash\nls\n"), ("code", code), ("code", "%%time\ny = 3\n"))
    )
    (program,) = (c.program for c in document.code)
    assert {"np", "q1_kl", "y"} <= program.names
    at = program.source.split("\n").index("def q1_kl(m, s, n, t):")
    assert program.places[at] == ("a.ipynb:cell 2", 8)
    assert not document.problems


def test_a_modulo_at_the_start_of_a_line_is_no_magic(tmp_path: Path) -> None:
    document = read(tmp_path, "a.ipynb", notebook(("code", "x = (7\n % 4)\n")))
    assert document.code[0].program.source == "x = (7\n % 4)\n"


@pytest.mark.parametrize("form", [3, 4])
def test_cells_of_both_formats(tmp_path: Path, form: int) -> None:
    text = notebook(("markdown", f"## Question 1\n\n{LATEX}"), ("code", "import numpy as np\n" + KL), form=form)
    report = graded(tmp_path, {"a.ipynb": text})
    written, run = check_of(report, "closed_form"), check_of(report, "q1_kl")
    assert written.outcome is run.outcome is Outcome.CORRECT
    assert written.spans[0].file == "a.ipynb:cell 1" and run.spans[0].file == "a.ipynb:cell 2"
    assert (written.points.out_of, run.points.out_of) == (1, 0)


def test_notebooks_are_read_without_nbformat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbformat", None)
    document = read(tmp_path, "a.ipynb", notebook(("code", "x = 1\n"), form=3))
    assert document.code[0].program.names == {"x"}


def test_a_broken_cell_leaves_the_others(tmp_path: Path) -> None:
    text = notebook(("code", "import numpy as np\n" + KL), ("code", "def q4_jacobian():\n    return [1,\n"))
    report = graded(tmp_path, {"a.ipynb": text})
    assert check_of(report, "q1_kl").outcome is Outcome.CORRECT
    broken = check_of(report, "q4_jacobian")
    assert (broken.outcome, broken.note) == (Outcome.INCORRECT, "error")
    assert broken.spans[0].file == "a.ipynb:cell 2" and broken.spans[0].line == 2
    assert [(p["note"], p["file"], p["line"]) for p in report.problems] == [("syntax_error", "a.ipynb:cell 2", 2)]


def test_latex_in_comments_and_docstrings(tmp_path: Path) -> None:
    body = "# Question 1\n#\n# " + LATEX + "\nx = 1  # not read\n"
    check = check_of(graded(tmp_path, {"a.py": body}), "closed_form")
    assert check.outcome is Outcome.CORRECT
    assert (check.spans[0].line, check.spans[0].column) == (3, 5)
    doc = 'r"""\nQuestion 1\n\n' + LATEX + '\n"""\n'
    assert check_of(graded(tmp_path, {"b.py": doc}), "closed_form").outcome is Outcome.CORRECT


def test_comments_without_latex_are_no_answer(tmp_path: Path) -> None:
    report = graded(tmp_path, {"a.py": "# Question 2\n# 2.1 the ReLU is not injective\nimport numpy as np\n" + KL})
    assert all(p.score.max == 0 for p in report.parts if p.id.startswith("Q2"))


def test_the_better_of_two_answers_counts(tmp_path: Path) -> None:
    wrong = LATEX.replace(r"- \frac12", r"+ \frac12")
    report = graded(tmp_path, {"a.md": f"Question 1\n\nRéponse:\n\n{wrong}\n", "a.py": "import numpy as np\n" + KL})
    written, run = check_of(report, "closed_form"), check_of(report, "q1_kl")
    assert (written.outcome, run.outcome) == (Outcome.INCORRECT, Outcome.CORRECT)
    assert (written.points.out_of, run.points.min) == (0, 1)
    right = graded(
        tmp_path, {"a.md": f"Question 1\n\nRéponse:\n\n{LATEX}\n", "a.py": "def q1_kl(*a):\n    return 0.0\n"}
    )
    written, run = check_of(right, "closed_form"), check_of(right, "q1_kl")
    assert (written.outcome, run.outcome) == (Outcome.CORRECT, Outcome.INCORRECT)
    assert (written.points.min, run.points.out_of) == (1, 0)


def test_a_function_of_a_later_file_counts(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.py": "def q1_kl(*a):\n    return 0.0\n", "b.py": "import numpy as np\n" + KL}
    check = check_of(graded(tmp_path, files), "q1_kl")
    assert check.outcome is Outcome.CORRECT and check.spans[0].file == "b.py"


def test_a_file_that_only_helps_changes_nothing(tmp_path: Path) -> None:
    text = f"Question 1\n\nRéponse:\n\n{LATEX}\n"
    alone = graded(tmp_path, {"a.md": text})
    beside = graded(tmp_path, {"a.md": text, "utils.py": "import os\nprint('plots')\n"})
    assert beside.parts == alone.parts


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "syntax error": ("a.py", b"def q1_kl(:\n    pass\n", "line 1 is no Python"),
    "null bytes": ("a.py", b"x = 1\n\x00\n", "the file is not text"),
    "deep brackets": ("a.py", b"x = " + b"(" * 5000 + b")" * 5000, "no Python"),
    "deep operators": ("a.py", b"x = " + b"-" * 200_000 + b"1", ""),
    "no notebook": ("a.ipynb", b"{not json", "the file is no notebook (line 1 is no JSON)"),
    "a list": ("a.ipynb", b"[1, 2]", "the file is no notebook"),
    "deep json": ("a.ipynb", b"[" * 100_000, "the file is no notebook"),
    "no cells": ("a.ipynb", b'{"nbformat": 4, "metadata": {}}', "the file is no notebook (it has no cells)"),
    "odd cells": ("a.ipynb", b'{"nbformat": 4, "cells": [1, {"cell_type": 3, "source": {"a": 1}}, null]}', ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_read_is_said_and_other_files_are_graded(tmp_path: Path, name: str) -> None:
    file, data, message = HOSTILE[name]
    text = f"Question 1\n\nRéponse:\n\n{LATEX}\n"
    report = graded(tmp_path, {"a.md": text, file: data})
    assert check_of(report, "closed_form").outcome is Outcome.CORRECT
    assert not message or any(message in p["message"] for p in report.problems), report.problems


@pytest.mark.parametrize("name", HOSTILE)
def test_alone_it_ends_with_a_message(tmp_path: Path, name: str) -> None:
    file, data, message = HOSTILE[name]
    (tmp_path / file).write_bytes(data)
    command = [sys.executable, "-m", "grader", "check", str(tmp_path / file)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, encoding="utf-8")
    assert "Traceback" not in run.stdout + run.stderr
    assert run.returncode in (1, 2)
    assert message in " ".join((run.stdout + run.stderr).split())


def test_without_a_sandbox_nothing_is_concluded(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import numpy as np\n" + KL)
    report = grade([tmp_path / "a.py"], ASSIGNMENT)
    check = check_of(report, "q1_kl")
    assert (check.outcome, check.note) == (Outcome.UNDECIDED, "not_run")
    assert (report.score.min, report.score.max) == (0, 1)


def test_scripts_beside_a_file_that_is_not_read_wait_for_a_person(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "s1"
    folder.mkdir(parents=True)
    (folder / "hw3.pdf").write_bytes(b"%PDF-1.7")
    (folder / "plots.py").write_text("x = 1\n")
    run(find([tmp_path / "in"]).entries, Plan(tmp_path / "out"))
    with Gradebook.open(tmp_path / "out") as book:
        (result,) = book.results()
    assert result.status == "needs_a_person" and result.summary.max == 71


def test_a_batch_reads_python(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "s1.py").write_text("import numpy as np\n" + KL)
    (tmp_path / "in" / "s1.md").write_text(f"Question 1\n\nRéponse:\n\n{LATEX}\n")
    run(find([tmp_path / "in"]).entries, Plan(tmp_path / "out"))
    with Gradebook.open(tmp_path / "out") as book:
        report = book.report("s1")
    assert report is not None and report["submission"]["files"] == ["s1.md", "s1.py"]
    (part,) = [p for p in report["parts"] if p["id"] == "Q1"]
    checks = {c["id"]: c for c in part["checks"]}
    assert checks["closed_form"]["points"] == {"min": 1, "max": 1, "out_of": 1}
    assert checks["q1_kl"]["outcome"] in ("correct", "undecided")  # it is not run where there is no sandbox


def test_a_file_without_answers_is_no_submission(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(b"{}")
    with pytest.raises(ReadError):
        read_files([tmp_path / "a.ipynb"])


def test_a_student_sees_no_value_of_the_reference(tmp_path: Path) -> None:
    source = "def q1_kl(*a):\n    return 0.25\ndef q4_jacobian():\n    return [[1, 0, 0], [0, 1, 0], [0, 0, 1]]\n"
    data = report_data(graded(tmp_path, {"a.py": source}))
    for name in ("q1_kl", "q4_jacobian"):
        (full,) = [c for p in data["parts"] for c in p["checks"] if c["id"] == name]
        (seen,) = [c for p in for_student(data)["parts"] for c in p["checks"] if c["id"] == name]
        assert full["evidence"]["witness"]["right"] is not None
        assert "right" not in seen["evidence"]["witness"]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_terminal_names_file_cell_line_and_cause(tmp_path: Path, lang: str) -> None:
    text = notebook(("code", "import math\n"), ("code", "def q1_kl(m, s, n, t):\n    return math.log(-s)\n"))
    console = Console(width=200, record=True, file=io.StringIO())
    show(report_data(graded(tmp_path, {"a.ipynb": text})), console, lang=lang, audience="ta")
    shown = " ".join(console.export_text().split())
    place = {"en": "line 1, cell 2", "fr": "ligne 1, cellule 2"}[lang]
    assert f"(q1_kl, a.ipynb, {place})" in shown
    assert "ValueError: " in shown and "a.ipynb:cell 2" in shown and "mu_1 = " in shown


def test_every_note_has_words_in_both_languages() -> None:
    notes = {row["note"] for row in cases("programs.yaml") if "note" in row} | {
        "timeout",
        "memory",
        "flood",
        "not_run",
        "budget",
    }
    for note in notes | {"follows_from_earlier", "differs_from_own", "may_follow_from_earlier"}:
        for lang in ("en", "fr"):
            said = check_note({"note": note, "evidence": {"function": "f"}}, lang)
            assert said != note.replace("_", " ") or (note, lang) == ("not_run", "en"), (note, lang)
