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


FIELD = """
import numpy as np
def sig(x):
    return 1 / (1 + np.exp(-x))
def q4_velocity(psi_0, psi_1, theta):
    u = psi_0 * theta + psi_1
    return np.stack([-theta * sig(u), sig(-psi_1) - sig(u), -psi_0 * sig(u)], axis=-1)
def q4_velocity_reg(psi_0, psi_1, theta, gamma):
    v = q4_velocity(psi_0, psi_1, theta)
    v[..., 0] -= 2 * gamma * psi_0
    return v
"""


def test_what_follows_from_an_own_error_costs_nothing_more(tmp_path: Path, runner: UnsafeRunner) -> None:
    rest = """
def q4_jacobian():
    return np.array([[0, 0, -0.5], [0, -0.5, 0], [-0.5, 0, 0]])
def q4_eigenvalues():
    return np.linalg.eigvals(q4_jacobian())
def q4_jacobian_reg(gamma):
    return [[-2 * gamma, 0, -0.5], [0, -0.5, 0], [-0.5, 0, 0]]
def q4_eigenvalues_reg(gamma):
    d = np.sqrt(gamma**2 + 0.25)
    return [-0.5, -gamma + d, -gamma - d]
"""
    found = answers(FIELD + rest, tmp_path, runner)
    assert found["q4_velocity"].finding.note == found["q4_velocity_reg"].finding.note == "some_entries"
    for name in ("q4_jacobian", "q4_eigenvalues", "q4_jacobian_reg", "q4_eigenvalues_reg"):
        said = found[name]
        assert (said.finding.outcome, said.finding.note) == (Outcome.CORRECT, "follows_from_earlier"), name
        assert all((e.low, e.high) == (1, 1) for e in said.earned)


def test_a_second_error_is_one_of_its_own(tmp_path: Path, runner: UnsafeRunner) -> None:
    rest = """
def q4_jacobian():
    return np.array([[0, 0, -0.5], [0, 0.5, 0], [-0.5, 0, 0]])
def q4_eigenvalues():
    return [0.5, 1, 2]
"""
    found = answers(FIELD + rest, tmp_path, runner)
    for name in ("q4_jacobian", "q4_eigenvalues"):
        assert (found[name].finding.outcome, found[name].finding.note) == (Outcome.INCORRECT, "differs_from_own")
    assert all(e.high == 0 for e in found["q4_jacobian"].earned)


@pytest.mark.skipif(not TORCH, reason="torch is not installed")
def test_what_follows_from_an_own_error_in_torch(tmp_path: Path, runner: UnsafeRunner) -> None:
    source = """
import torch
def q4_velocity(psi_0, psi_1, theta):
    u = psi_0 * theta + psi_1
    return torch.stack([-theta * torch.sigmoid(u), torch.sigmoid(-psi_1) - torch.sigmoid(u), -psi_0 * torch.sigmoid(u)], -1)
def q4_jacobian():
    return torch.tensor([[0, 0, -0.5], [0, -0.5, 0], [-0.5, 0, 0]])
"""
    said = answers(source, tmp_path, runner)["q4_jacobian"].finding
    assert (said.outcome, said.note) == (Outcome.CORRECT, "follows_from_earlier")
