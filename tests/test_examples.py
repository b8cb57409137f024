"""The example submissions: written without sight of the program, each with a key of a teaching assistant's marks."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from unsafe_runner import UnsafeRunner

from grader.assignment import Assignment, shipped
from grader.grade import grade
from grader.model import Outcome, Report, Role
from grader.selftest import range_faults

EXAMPLES = sorted((ROOT / "submissions_example").glob("*.key.yaml"))
ASSIGNMENT = Assignment(shipped())
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


@cache
def graded(key: Path) -> tuple[Report, dict[str, Any]]:
    data: dict[str, Any] = yaml.safe_load(key.read_text(encoding="utf-8"))
    if not data["file"].endswith((".py", ".ipynb")):
        return grade([key.parent / data["file"]], ASSIGNMENT), data
    if "torch" in key.name and importlib.util.find_spec("torch") is None:
        return grade([key.parent / data["file"]], ASSIGNMENT), data
    runner = UnsafeRunner()
    try:
        return grade([key.parent / data["file"]], ASSIGNMENT, runner=runner), data
    finally:
        runner.close()


WRITTEN = [key for key in EXAMPLES if not key.name.startswith("py_")]
IN_PYTHON = [key for key in EXAMPLES if key.name.startswith("py_")]


def by_name(key: Path) -> str:
    return key.name.split(".")[0]


@pytest.mark.parametrize("key", EXAMPLES, ids=by_name)
def test_no_final_answer_is_misjudged(key: Path) -> None:
    report, data = graded(key)
    found = {(p.id, c.id): c for p in report.parts for c in p.checks}
    wrong = {}
    for name, truth in data["final_answers"].items():
        check = found[CHECKS[name]]
        if check.note == "follows_from_earlier" and str(truth).lower() == "false":
            continue  # differs from the reference and is right all the same: an error carried forward
        if check.outcome not in ALLOWED[str(truth).lower()]:
            wrong[name] = (truth, check.outcome, check.note)
    assert not wrong
    assert not any(c.outcome is Outcome.FAULT for p in report.parts for c in p.checks)


@pytest.mark.parametrize("key", EXAMPLES, ids=by_name)
def test_each_range_holds_the_mark_and_is_as_narrow_as_the_key_says(key: Path) -> None:
    report, data = graded(key)
    assert list(range_faults(report, data)) == []
    assert all("max_width" in row for row in data["parts"].values())


def decided(roles: tuple[Role, ...]) -> float:
    sure = worth = 0.0
    for key in WRITTEN:
        for part in graded(key)[0].parts:
            for check in part.checks:
                if check.role in roles:
                    worth += check.points.out_of
                    sure += check.points.out_of - (check.points.max - check.points.min)
    return sure / worth


def test_most_points_are_decided() -> None:
    """The figures of the README; they may only rise."""
    assert len(WRITTEN) >= 12 and len(IN_PYTHON) >= 5
    assert decided((Role.FINAL_ANSWER, Role.EXPLANATION)) >= 0.79
    assert decided((Role.FINAL_ANSWER, Role.EXPLANATION, Role.DERIVATION)) >= 0.6


@pytest.mark.parametrize("key", IN_PYTHON, ids=by_name)
def test_without_a_sandbox_the_ranges_only_get_wider(key: Path) -> None:
    data = yaml.safe_load(key.read_text(encoding="utf-8"))
    report = grade([key.parent / data["file"]], ASSIGNMENT)
    assert list(range_faults(report, data)) == []
    found = {c.id: c for p in report.parts for c in p.checks}
    broken = {name for name in data["programs"] if found[name].note == "error"}
    assert all(found[name].note == "not_run" for name in data["programs"] if name not in broken)
    assert report.score.max >= sum(row["mark"] or 0 for row in data["parts"].values())


@pytest.mark.parametrize("key", IN_PYTHON, ids=by_name)
def test_every_point_stands_in_one_check(key: Path) -> None:
    for part in graded(key)[0].parts:
        assert sum(c.points.out_of for c in part.checks) == pytest.approx(part.score.out_of)
        assert sum(c.points.min for c in part.checks) == pytest.approx(part.score.min)


def test_a_paper_review_waits_with_its_passages() -> None:
    report, _ = graded(ROOT / "submissions_example" / "fr_careful.key.yaml")
    for part in report.parts:
        if part.id.startswith("Q5"):
            (check,) = part.checks
            assert check.outcome is Outcome.UNDECIDED and check.role is Role.MANUAL
            assert (part.score.min, part.score.max) == (0, 5)
            assert check.evidence["words"] > 10 and check.evidence["passages"]


def test_a_plea_earns_nothing() -> None:
    """Marks asserted in the text, in comments or in white ink are no evidence."""
    report, data = graded(ROOT / "submissions_example" / "en_plea.key.yaml")
    assert report.score.min <= sum(row["mark"] or 0 for row in data["parts"].values())
