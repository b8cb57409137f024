"""A short run of every fuzz target, the same inputs each time; what longer runs found; the watch itself.

The mutator alone, without coverage: a few seconds are too few for coverage to steer anything, atheris weighs 60 MB and traces slow the
code down, and the same inputs every time are what a test is to have. `make fuzz` is the long run.
"""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest
from conftest import LONG, cases
from fuzz import plain, watch
from fuzz.targets import BETWEEN, DECLARED, TARGETS, Broken, mutator, seeds, text_of
from test_derivations import graded_text

from grader.api import compare
from grader.assignment import Assignment
from grader.model import Outcome

ROWS = cases("fuzzed.yaml")
PAIRS = [row for row in ROWS if "a" in row]
INPUTS = [row for row in ROWS if "target" in row]
EXECUTIONS = {
    "latex": 60, "markdown": 60, "formula": 300, "compare": 60, "graded": 4, "python": 300, "notebook": 60, "rubric": 60,
    "archive": 200, "metadata": 300, "roster": 300,
}  # fmt: skip
"""Inputs of each target in a short run: half a second of each."""


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_finds_nothing(name: str) -> None:
    done = plain.run(name, seed=20221205, executions=EXECUTIONS[name] * (50 if LONG else 1))
    assert [f"{key}\n{find.text}\n{data!r}" for key, (find, data) in done.finds.items()] == []


@pytest.mark.parametrize("row", PAIRS, ids=lambda r: r["id"])
def test_a_pair_that_was_found(row: dict[str, Any], assignment: Assignment) -> None:
    for a, b in ((row["a"], row["b"]), (row["b"], row["a"])):
        verdict = compare(a, b, part=row.get("part"), assignment=assignment)
        assert verdict.outcome.value in row["want"], (verdict.note, verdict.detail, verdict.witness)


@pytest.mark.parametrize("row", INPUTS, ids=lambda r: r["id"])
def test_an_input_that_was_found(row: dict[str, Any]) -> None:
    data = base64.b64decode(row["base64"]) if "base64" in row else row["input"].encode()
    target = TARGETS[row["target"]]
    find = watch.tried(target.run, data, 2 * target.seconds, DECLARED)
    assert find is None, find and find.text


@pytest.mark.parametrize("row", [row for row in ROWS if "answer" in row], ids=lambda r: r["id"])
def test_an_answer_that_was_found(row: dict[str, Any]) -> None:
    part, _ = graded_text(row["part"], row["answer"])
    assert [s.reads for s in part.steps if s.outcome in (Outcome.INCORRECT, Outcome.FAULT)] == []
    assert any(s.outcome is Outcome.CORRECT for s in part.steps)


def test_no_pair_allows_a_wrong_verdict_on_right_work() -> None:
    assert not [r["id"] for r in PAIRS if "correct" in r["want"] and "incorrect" in r["want"]]


def test_runs_are_alike() -> None:
    """The same seed makes the same inputs, another one others; changed texts differ from those they come from."""
    for name in ("latex", "compare", "archive"):
        first, again, other = (
            [d for d, _ in zip(plain.inputs(name, s), range(60 + len(seeds(name))), strict=False)] for s in (1, 1, 2)
        )
        assert first == again != other
    change = mutator("formula", random.Random(5))
    assert (
        sum(change(rb"\frac{a}{b} + \sum_{i=1}^N w_i") != rb"\frac{a}{b} + \sum_{i=1}^N w_i" for _ in range(100)) > 80
    )


def test_most_changed_formulas_are_still_read() -> None:
    """Inputs that are nearly right: half of the pairs are more than unreadable."""
    read = 0
    for data, _ in zip(plain.inputs("compare", 4), range(80), strict=False):
        a, _, b = text_of(data).partition(BETWEEN)
        read += compare(a, b).outcome is not Outcome.UNREADABLE
    assert read >= 30


def _loops(_: bytes) -> None:
    try:
        while True:
            pass
    except Exception:  # as code under test might have it
        pass


def _breaks(data: bytes) -> None:
    if data == b"promise":
        raise Broken("not kept")
    raise DECLARED[1]("declared") if data == b"declared" else KeyError("found")


def test_the_watch_sees_hangs_and_crashes_and_lets_declared_errors_pass() -> None:
    hang = watch.tried(_loops, b"", 0.1, DECLARED)
    assert hang is not None and hang.key.startswith("Hang")
    crash = watch.tried(_breaks, b"", 1, DECLARED)
    assert crash is not None and "KeyError" in crash.key and "found" in crash.text
    assert "Broken" in getattr(watch.tried(_breaks, b"promise", 1, DECLARED), "key", "")
    assert watch.tried(_breaks, b"declared", 1, DECLARED) is None
    assert watch.memory() > 10_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["latex", "markdown", "formula", "compare"])
def test_memory_does_not_grow(name: str) -> None:
    """What is kept of formulas is bounded: after warming up a run stays within a few megabytes."""
    plain.run(name, seed=1, seconds=40)
    done = plain.run(name, seed=2, seconds=60)
    assert done.memory[-1] - done.memory[1] < 12 << 20, [m >> 20 for m in done.memory]
