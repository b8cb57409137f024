"""The example submissions: written without sight of the program, each with a key of what its final answers are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

from grader.assignment import Assignment
from grader.grade import grade
from grader.model import Outcome, Report

EXAMPLES = sorted((ROOT / "submissions_example").glob("*.key.yaml"))
CHECKS = {
    "Q1": ("Q1", "closed_form"),
    "Q4.1.field": ("Q4.1", "field"),
    "Q4.1.point": ("Q4.1", "point"),
    "Q4.2": ("Q4.2", "matrix"),
    "Q4.3": ("Q4.3", "eigenvalues"),
    "Q4.4.field": ("Q4.4", "field"),
    "Q4.4.point": ("Q4.4", "point"),
    "Q4.5": ("Q4.5", "matrix"),
    "Q4.6.below_one": ("Q4.6", "eigenvalues_below_one"),
    "Q4.6.from_one": ("Q4.6", "eigenvalues_from_one"),
}
ALLOWED = {
    "true": {Outcome.CORRECT, Outcome.UNDECIDED},
    "false": {Outcome.INCORRECT, Outcome.UNDECIDED},
    "absent": {Outcome.MISSING, Outcome.UNDECIDED},
    "damaged": {Outcome.UNDECIDED, Outcome.UNREADABLE},
}


def outcomes(key: Path, assignment: Assignment) -> tuple[Report, dict[str, tuple[str, Outcome, str]]]:
    """For each final answer: what it is by the key, what the check says, and its note."""
    data: dict[str, Any] = yaml.safe_load(key.read_text(encoding="utf-8"))
    report = grade([key.parent / data["file"]], assignment)
    found = {(p.id, c.id): c for p in report.parts for c in p.checks}
    return report, {
        name: (str(truth).lower(), found[CHECKS[name]].outcome, found[CHECKS[name]].note)
        for name, truth in data["final_answers"].items()
    }


@pytest.mark.parametrize("key", EXAMPLES, ids=lambda p: p.name.split(".")[0])
def test_no_final_answer_is_misjudged(key: Path, assignment: Assignment) -> None:
    report, found = outcomes(key, assignment)
    wrong = {name: row for name, row in found.items() if row[1] not in ALLOWED[row[0]]}
    assert not wrong
    assert not any(c.outcome is Outcome.FAULT for p in report.parts for c in p.checks)


@pytest.mark.parametrize("key", EXAMPLES, ids=lambda p: p.name.split(".")[0])
def test_the_mark_a_person_gives_lies_in_the_range(key: Path, assignment: Assignment) -> None:
    """For the parts with rubrics; the checks' splits are fair only if the range holds the mark."""
    data: dict[str, Any] = yaml.safe_load(key.read_text(encoding="utf-8"))
    report, _ = outcomes(key, assignment)
    outside = {}
    for part in report.parts:
        if part.id[:2] not in ("Q1", "Q4"):
            continue  # the other questions have no checks yet
        mark = data["parts"][part.id]["mark"]
        if mark is not None and not part.score.min - 0.5 <= mark <= part.score.max + 0.25:
            outside[part.id] = (part.score.min, mark, part.score.max, data["parts"][part.id]["why"])
    assert not outside


def test_most_final_answers_are_decided(assignment: Assignment) -> None:
    rows = [row for key in EXAMPLES for row in outcomes(key, assignment)[1].values()]
    decided = [row for row in rows if row[1] in (Outcome.CORRECT, Outcome.INCORRECT, Outcome.MISSING)]
    assert len(rows) >= 60
    assert len(decided) / len(rows) >= 0.8
