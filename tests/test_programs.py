"""Python answers: a table of sources and what is said of them; without a sandbox nothing is concluded."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import cases
from unsafe_runner import UnsafeRunner

from grader.assignment import Assignment, shipped
from grader.checks.context import Finding
from grader.model import Outcome
from grader.python_answers import Answered, python_answers
from grader.reading.reader import read_files

ROWS = cases("programs.yaml")
ASSIGNMENT = Assignment(shipped())
TORCH = importlib.util.find_spec("torch") is not None


@pytest.fixture(scope="module")
def runner() -> Iterator[UnsafeRunner]:
    made = UnsafeRunner()
    yield made
    made.close()


def answers(source: str, folder: Path, runner: UnsafeRunner | None, name: str = "hw3.py") -> dict[str, Answered]:
    """What is said of each function of a source."""
    path = folder / name
    path.write_text(source, encoding="utf-8")
    document, _ = read_files([path])
    found = python_answers(document, ASSIGNMENT, runner)
    return {answered.spec.function: answered for rows in found.values() for answered in rows}


def with_numpy(source: str) -> str:
    return source if source.startswith(("import", "from")) else "import numpy as np\n" + source


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_row(row: dict[str, Any], tmp_path: Path, runner: UnsafeRunner) -> None:
    if row.get("torch") and not TORCH:
        pytest.skip("torch is not installed")
    before = runner.cases
    answered = answers(with_numpy(row["source"]), tmp_path, runner)[row["function"]]
    finding: Finding = answered.finding
    said = (finding.outcome.value, finding.note, finding.diagnosis, finding.evidence)
    assert finding.outcome.value == row["says"], said
    assert row.get("note") in (None, finding.note), said
    assert row.get("diagnosis") in (None, finding.diagnosis), said
    for check, (low, high) in row.get("earns", {}).items():
        (got,) = [e for e in answered.earned if e.check == check]
        assert (got.low, got.high) == pytest.approx((low, high))
    if finding.outcome is Outcome.INCORRECT and finding.note in ("differs", "some_entries"):
        assert finding.witness is not None and finding.witness.left is not None
    assert finding.places
    assert runner.cases - before <= 40


def test_every_function_has_right_and_wrong_rows() -> None:
    functions = {spec.function for _, part in ASSIGNMENT.parts for spec in part.programs}
    for says in ("correct", "incorrect"):
        assert {row["function"] for row in ROWS if row["says"] == says} == functions
    assert len({row["id"] for row in ROWS}) == len(ROWS)
