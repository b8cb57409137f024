"""Answers to Q2 and Q3 written by someone without sight of the program, each with the mark an assistant would give."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from conftest import ROOT

from grader.assignment import Assignment, shipped
from grader.grade import grade
from grader.model import Outcome, PartReport

ROWS: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests" / "cases" / "answers.yaml").read_text(encoding="utf-8"))
ASSIGNMENT = Assignment(shipped())
FULL = {"Q2.1": 4, "Q2.2": 3, "Q2.3": 7, "Q2.4": 4, "Q3.a": 6, "Q3.b": 4, "Q3.c": 6, "Q3.d": 8, "Q3.e": 4}
"""Right answers (of 8) that are decided whole; the figure may only rise."""


HUNTED: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests" / "cases" / "hunted_answers.yaml").read_text(encoding="utf-8")
)


@cache
def graded(index: int) -> PartReport:
    return graded_row(ROWS[index])


def graded_row(row: dict[str, Any]) -> PartReport:
    question, _, label = row["part"].partition(".")
    heading = f"({label})" if question == "Q3" else f"{question[1:]}.{label}"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answer.md"
        path.write_text(
            f"## Question {question[1:]}\n\n{'### ' + heading if label else ''}\n\n{row['text']}", encoding="utf-8"
        )
        report = grade([path], ASSIGNMENT)
    return next(p for p in report.parts if p.id == row["part"])


def false_lines(part: PartReport) -> list[str]:
    """The lines of a part that are called wrong."""
    return [step.reads for step in part.steps if step.outcome is Outcome.INCORRECT]


@pytest.mark.parametrize("index", range(len(ROWS)), ids=[row["id"] for row in ROWS])
def test_the_mark_lies_in_the_range_and_right_work_is_not_called_wrong(index: int) -> None:
    row, part = ROWS[index], graded(index)
    assert part.score.min - 1e-9 <= row["mark"] <= part.score.max + 1e-9, row["why"]
    outcomes = {c.id: c.outcome for c in part.checks}
    assert Outcome.FAULT not in outcomes.values()
    if row["right"]:
        assert Outcome.INCORRECT not in outcomes.values() and Outcome.MISSING not in outcomes.values()
        assert false_lines(part) == []


def test_right_answers_are_decided_whole() -> None:
    found: Counter[str] = Counter()
    for index, row in enumerate(ROWS):
        part = graded(index)
        found[row["part"]] += row["right"] and part.score.min >= part.score.out_of
    assert all(found[part] >= least for part, least in FULL.items()), found


@pytest.mark.parametrize("row", HUNTED, ids=[row["id"] for row in HUNTED])
def test_what_was_written_to_make_it_fail(row: dict[str, Any]) -> None:
    part = graded_row(row)
    outcomes = {c.id: c.outcome for c in part.checks}
    assert Outcome.FAULT not in outcomes.values()
    if row["right"]:
        assert Outcome.INCORRECT not in outcomes.values() and Outcome.MISSING not in outcomes.values()
        assert false_lines(part) == []
        assert part.score.min >= row.get("at_least", 0) - 1e-9
        assert part.score.max >= row.get("reaches", 0) - 1e-9
    else:
        assert part.score.min <= row["at_most"] + 1e-9
        if row.get("called"):
            assert Outcome.INCORRECT in {*outcomes.values(), *(step.outcome for step in part.steps)}
