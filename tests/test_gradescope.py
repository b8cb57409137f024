"""Gradescope's results: valid by its specification, never a 0 that looks like a verdict, never the reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from conftest import ROOT
from pydantic import BaseModel, ConfigDict, Field

from grader.errors import ReadError
from grader.grade import grade
from grader.report import gradescope
from grader.report.to_json import report_data
from grader.unread import unreadable_report

Visibility = Literal["visible", "hidden", "after_due_date", "after_published"]
Format = Literal["text", "html", "simple_format", "md", "ansi"]


class Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Row(Spec):
    score: float | int = Field(ge=0)
    max_score: float | int = Field(ge=0)
    name: str
    output: str
    status: Literal["passed", "failed"] | None = None
    name_format: Format | None = None
    number: str | None = None
    output_format: Format | None = None
    tags: list[str] = []
    visibility: Visibility | None = None
    extra_data: dict[str, Any] = {}


class Results(Spec):
    """`results.json` as Gradescope's specification has it."""

    score: float | int | None = Field(default=None, ge=0)
    execution_time: float | int | None = None
    output: str
    output_format: Format | None = None
    test_output_format: Format | None = None
    test_name_format: Format | None = None
    visibility: Visibility | None = None
    stdout_visibility: Visibility | None = None
    extra_data: dict[str, Any] = {}
    tests: list[Row]


def checked(data: dict[str, Any]) -> Results:
    json.dumps(data, allow_nan=False)
    return Results.model_validate(data)


@pytest.fixture(scope="module")
def wrong(assignment: Any) -> dict[str, Any]:
    return report_data(grade([ROOT / "submissions_example" / "en_wrong.md"], assignment))


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("output_format", ["md", "text"])
def test_a_test_for_each_part(wrong: dict[str, Any], lang: str, output_format: str) -> None:
    found = checked(gradescope.results(wrong, lang=lang, output_format=output_format, seconds=1.23456))
    assert [t.number for t in found.tests] == [part["id"][1:] for part in wrong["parts"]]
    assert found.tests[0].number == "1" and found.tests[1].number == "2.1" and found.tests[5].number == "3.a"
    assert found.score == wrong["score"]["min"] == pytest.approx(sum(t.score for t in found.tests))
    assert sum(t.max_score for t in found.tests) == wrong["score"]["out_of"] == 71
    assert found.extra_data["score"] == wrong["score"]
    assert found.execution_time == 1.23
    for test, part in zip(found.tests, wrong["parts"], strict=True):
        if part["score"]["min"] != part["score"]["max"]:  # open: no verdict, and the range stands in the name
            assert test.status is None and f"{part['score']['max']:g}" in test.name
        else:
            assert test.status is not None


def test_what_was_read_what_breaks_where_and_with_which_numbers(wrong: dict[str, Any]) -> None:
    output = gradescope.results(wrong, output_format="text")["tests"][0]["output"]
    assert "Closed form of KL[q||p]: not right" in output and "en_wrong.md, line 26" in output
    assert r"\log\frac{\sigma_2}{\sigma_1}" in output
    assert "the indices 1 and 2 seem swapped" in output
    assert "for example at mu_1 = 1.9635" in output and "yours 0.29556" in output
    assert "left " in output and "right " in output  # a line of their own: both sides


def test_never_the_reference(wrong: dict[str, Any]) -> None:
    found = gradescope.results(wrong)
    closed = next(c for c in wrong["parts"][0]["checks"] if c["id"] == "closed_form")
    right = f"{closed['evidence']['witness']['right']:.5g}"
    (item,) = [i for i in found["tests"][0]["output"].split("\n- ") if i.startswith("Closed form")]
    assert right not in item
    assert "reference" not in json.dumps(found)


def test_what_could_not_be_read_is_no_zero(assignment: Any) -> None:
    report = unreadable_report([Path("a.md")], assignment, "empty", "nothing to read")
    found = checked(gradescope.results(report_data(report), visibility="hidden", lang="fr"))
    (test,) = found.tests
    assert found.score is None and test.max_score == 0 and test.visibility == "visible" and test.status is None
    assert "une personne regardera" in test.name and "Aucune note" in test.output


def test_what_crashed_is_no_zero() -> None:
    found = checked(gradescope.not_graded("It took too long and was stopped."))
    (test,) = found.tests
    assert found.score is None and test.max_score == 0 and test.visibility == "visible"
    assert "It took too long" in test.output and found.extra_data["graded"] is False


def test_lateness_stands_apart(wrong: dict[str, Any]) -> None:
    late = {"seconds_late": 3600.0, "percent": 10.0, "after_late_due_date": False, "created_at": "", "due_date": ""}
    usual = gradescope.results(wrong)
    found = checked(gradescope.results(wrong, lateness=late, late_by="1 d 01:00:00", lang="fr"))
    assert found.score == usual["score"] and len(found.tests) == len(usual["tests"]) + 1
    assert "1 j 01:00:00" in found.tests[-1].output and "10 %" in found.tests[-1].output
    assert found.extra_data["lateness"] == late and found.tests[-1].max_score == 0


def test_markup_of_a_student_stays_text(tmp_path: Path, assignment: Any) -> None:
    path = tmp_path / "a<script>.md"
    path.write_text(
        "# Question 1\n$$KL[q\\|p] = <script>alert(1)</script> ``` x$$\n$$KL = \\text{</div>`x`}$$", encoding="utf-8"
    )
    try:
        data = report_data(grade([path], assignment))
    except ReadError:
        pytest.fail("it is readable")
    for test in gradescope.results(data)["tests"]:
        lines = test["output"].splitlines()
        assert not any("<" in line for line in lines if not line.strip().startswith("- `"))


def test_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results" / "results.json"
    gradescope.write(path, gradescope.not_graded("first"))
    first = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gradescope.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        gradescope.write(path, gradescope.not_graded("second"))
    assert path.read_bytes() == first and [p.name for p in path.parent.iterdir()] == ["results.json"]
