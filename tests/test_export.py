"""What is handed over: the grades CSV, and what each student reads."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from made_gradebook import check, made, part, put
from typer.testing import CliRunner

from grader.cli import app
from grader.gradebook import Gradebook, Mark, Person, Student
from grader.report.cells import safe
from grader.report.grades_csv import COLUMNS, Column, GradeRow, grades_csv

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u3000＝1", "＝1", "＋1", "－1", "＠x", "\u200b=1",
    "\ufeff=1", "\u202e=1", "\x00=1", "\x1b=1", "−1", "﹣1", "|calc", "%0A=1", "=HYPERLINK('http://x')", "\u0301=1",
]  # fmt: skip
PLAIN = ["Ada", "", "007", "O'Neil", "Émile", "李 王", "a=1", "1-2", "x@y", "#1", "(=1)", "«=1»"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_may_take_for_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_what_it_does_not(text: str) -> None:
    assert safe(text) == text


@given(st.text(max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_cell_begins_with_a_sign(text: str) -> None:
    cell = safe(text)
    assert cell.lstrip("\t\r\n \u00a0\u3000")[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠")
    assert cell.removeprefix("'") == text or cell == text


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(w) for w in words])


def class_of(path: Path, *, settled: bool = True) -> Path:
    """Two students in a group, one alone whose name is a formula, one of the roster who handed nothing in."""
    group = (Person("Ada", "007", "ada@x"), Person("Bob", "008", "bob@x"))
    high = 1 if settled else 2
    reports = {
        "submission_1": [part("Q1", [check("x", 1, high, 2)]), part("Q2.1", [check("x", 0.5, 0.5, 0.75)])],
        "submission_2": [part("Q1", [check("x", 2, 2, 2)]), part("Q2.1", [check("x", 0, 0, 0.75)])],
    }
    with made(path, reports, {"submission_1": group, "submission_2": (Person("=cmd()", "009", "+eve@x"),)}) as book:
        book.put_roster([Student(p.name, p.sid, p.email, "A") for p in group]
                        + [Student("=cmd|' /C calc'!A1", "009", "+eve@x", "\t=1"), Student("Zoë Øst", "010", "zoe@x", "B")])  # fmt: skip
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def test_a_row_for_each_student_in_gradescopes_columns(tmp_path: Path) -> None:
    folder, out = class_of(tmp_path / "grades"), tmp_path / "grades.csv"
    with Gradebook.open(folder) as book:
        book.override("submission_1", "Q1", 1.5, reason="r", author="me")
    done = call("export", folder, "--csv", out)
    assert done.exit_code == 0 and "1 handed nothing in: Zoë Øst" in done.stderr and "4 students" in done.stdout
    rows = table(out)
    assert list(rows[0]) == [*COLUMNS, "1: Part Q1 (2.0 pts)", "2.1: Part Q2.1 (0.75 pts)"]
    ada, bob, eve, zoe = rows
    assert (ada["Name"], ada["SID"], ada["Email"], ada["Sections"]) == ("Ada", "007", "ada@x", "A")
    assert (ada["Total Score"], ada["Max Points"], ada["Status"]) == ("2.0", "2.75", "Graded")
    assert (ada["1: Part Q1 (2.0 pts)"], ada["2.1: Part Q2.1 (0.75 pts)"]) == ("1.5", "0.5"), "what a person gave is in"
    assert {k: v for k, v in bob.items() if k not in ("Name", "SID", "Email")} == {
        k: v for k, v in ada.items() if k not in ("Name", "SID", "Email")
    }, "one row for each of a group"
    assert (eve["Total Score"], eve["Submission ID"]) == ("2.0", "submission_2")
    assert (zoe["Status"], zoe["Total Score"], zoe["Submission ID"], zoe["Submission Count"]) == (
        "Missing",
        "",
        "",
        "0",
    )
    assert zoe["Name"] == "Zoë Øst" and ada["Submission Time"].startswith("2022-12-06")
    for row in rows:
        for cell in row.values():
            assert cell.lstrip()[:1] not in ("=", "+", "-", "@"), row
    assert eve["Name"] == "'=cmd|' /C calc'!A1" and eve["Email"] == "'+eve@x" and eve["Sections"] == "'\t=1"
    assert not list(tmp_path.glob(".*.part"))


def test_it_refuses_while_points_are_open_unless_told_how(tmp_path: Path) -> None:
    folder, out = class_of(tmp_path / "grades", settled=False), tmp_path / "grades.csv"
    done = call("export", folder, "--csv", out)
    assert done.exit_code == 1 and "1 submissions have open points (submission_1)" in done.stderr and not out.exists()
    for how, total, points in (("min", "1.5", "1.0"), ("max", "2.5", "2.0"), ("blank", "", "")):
        assert call("export", folder, "--csv", out, "--open", how).exit_code == 0
        ada = table(out)[0]
        assert (ada["Total Score"], ada["1: Part Q1 (2.0 pts)"], ada["Status"]) == (total, points, "Ungraded")
        assert ada["2.1: Part Q2.1 (0.75 pts)"] == "0.5"
    assert call("export", folder, "--csv", out, "--open", "most").exit_code == 2
    with Gradebook.open(folder) as book:
        book.override("submission_1", "Q1", 2, check="x", reason="r", author="me")
    assert call("export", folder, "--csv", out).exit_code == 0 and table(out)[0]["Total Score"] == "2.5"


def test_it_refuses_unless_everybody_is_accounted_for(tmp_path: Path) -> None:
    folder, out = class_of(tmp_path / "grades"), tmp_path / "grades.csv"
    assert (
        "Zoë Øst" in (done := call("export", folder, "--csv", out, "--roster-complete")).stderr and done.exit_code == 1
    )
    with Gradebook.open(folder) as book:
        roster = book.roster()
        book.put_roster(roster[1:2])
    done = call("export", folder, "--csv", out)
    assert done.exit_code == 1 and "of nobody in the roster (submission_2)" in done.stderr
    with Gradebook.open(folder) as book:
        book.put_roster(roster)
        book.want("submission_2", "another key", "content")
    done = call("export", folder, "--csv", out, "--open", "min")
    assert done.exit_code == 1 and "no result that counts (submission_2)" in done.stderr and not out.exists()


def test_what_was_given_for_another_text_is_asked_first(tmp_path: Path) -> None:
    folder, out = class_of(tmp_path / "grades"), tmp_path / "grades.csv"
    with Gradebook.open(folder) as book:
        book.override("submission_2", "Q1", 1, reason="r", author="me")
        put(
            book,
            "submission_2",
            [part("Q1", [check("x", 2, 2, 2)], text="other"), part("Q2.1", [check("x", 0, 0, 0.75)])],
            key="b",
        )
    done = call("export", folder, "--csv", out)
    assert done.exit_code == 1 and "given for a text that has changed since (submission_2 Q1)" in done.stderr
    assert call("override", folder, "submission_2", "Q1", "--keep", "--author", "me").exit_code == 0
    assert call("export", folder, "--csv", out).exit_code == 0 and table(out)[2]["1: Part Q1 (2.0 pts)"] == "1.0"


def test_what_was_given_for_a_check_that_is_no_more_is_said(tmp_path: Path) -> None:
    folder, out = class_of(tmp_path / "grades"), tmp_path / "grades.csv"
    with Gradebook.open(folder) as book:
        book.override("submission_2", "Q1", 1, check="x", reason="r", author="me")
        put(book, "submission_2", [part("Q1", [check("y", 2, 2, 2)]), part("Q2.1", [check("x", 0, 0, 0.75)])], key="b")
    done = call("export", folder, "--csv", out, "--open", "min")
    assert done.exit_code == 1 and "of what the rubric has no more (submission_2 Q1.x)" in done.stderr
    assert call("override", folder, "submission_2", "Q1.x", "--withdraw", "--author", "me").exit_code == 0
    assert call("export", folder, "--csv", out).exit_code == 0


def test_lateness_goes_by_the_metadata_and_stands_apart(tmp_path: Path) -> None:
    folder, out = class_of(tmp_path / "grades"), tmp_path / "grades.csv"
    assignment = tmp_path / "assignment"
    shutil.copytree(ROOT / "rubrics", assignment / "rubrics")
    with (assignment / "rubrics" / "assignment.yaml").open("a", encoding="utf-8") as file:
        file.write('late: {percent_per_day: 10, due: "2022-12-05T00:59:00-05:00"}\n')
    with Gradebook.open(folder) as book:
        book.end_run(book.begin_run({"assignment": str(assignment)}))
    assert call("export", folder, "--csv", out).exit_code == 0
    ada = table(out)[0]
    assert (ada["Lateness (H:M:S)"], ada["Late Penalty (%)"], ada["Total Score"]) == ("24:00:00", "10.0", "1.5")
    assert (table(out)[3]["Lateness (H:M:S)"], table(out)[3]["Late Penalty (%)"]) == ("", "")


def test_each_student_reads_their_own_marks_and_no_reference(tmp_path: Path) -> None:
    folder, out = class_of(tmp_path / "grades"), tmp_path / "feedback"
    witness = {"values": {}, "left": 1.0, "right": 42.0}
    with Gradebook.open(folder) as book:
        put(
            book,
            "submission_2",
            [part("Q1", [check("x", 0, 0, 2, witness=witness)]), part("Q2.1", [check("x", 0, 0, 0.75)])],
            key="b",
        )
        book.override("submission_2", "Q1", 1, check="x", reason="half right", author="prof")
    done = call("export", folder, "--feedback", out)
    assert done.exit_code == 0, done.output
    data = json.loads((out / "submission_2.json").read_text(encoding="utf-8"))
    assert data["mark"]["min"] == 1 and data["parts"][0]["checks"][0]["mark"]["given"]["reason"] == "half right"
    text = (out / "submission_2.json").read_text(encoding="utf-8")
    assert "prof" not in text and "42" not in text and (out / "submission_1.json").is_file()


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    folder = class_of(tmp_path / "grades")
    (tmp_path / "a_folder").mkdir()
    for target in (tmp_path / "not_there" / "grades.csv", tmp_path / "a_folder"):
        done = call("export", folder, "--csv", target)
        assert done.exit_code == 2 and "cannot be written" in done.stderr and "Traceback" not in done.output
    assert (
        call("export", folder).exit_code == 2 and call("export", tmp_path / "x", "--csv", tmp_path / "y").exit_code == 2
    )


def test_marks_keep_their_decimals() -> None:
    mark = Mark("Q1", 1 / 3, 1 / 3, 1, "partial")
    text = grades_csv([GradeRow(Student("A"), "s", "", 1, {"Q1": mark}, 90061.4)], [Column("Q1", "=T", 1)])
    head, row = csv.reader(text.splitlines())
    assert head[-1] == "1: =T (1.0 pts)" and row[-1] == "0.3333" and row[4] == "0.3333" and "25:01:01" in row
