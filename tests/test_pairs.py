"""The tables of answer pairs and of constructs that break naive readers."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import cases

from grader.api import compare
from grader.assignment import Assignment
from grader.maths.blocks import Judge
from grader.maths.compare import compare_tokens
from grader.maths.lexer import scan
from grader.maths.tokens import formula_tokens, tokenize
from grader.maths.worlds import World
from grader.model import Outcome
from grader.reading.macros import Expander, package_macros

PAIRS = cases("pairs.yaml")
CONSTRUCTS = cases("constructs.yaml")
KNOWN = {
    "physics-eval-limits": "an evaluation bar with two limits is read, its variable is not known",
    "ones-vector": "a vector of ones is not a notation of the course",
    "ones-vector-is-not-n": "a vector of ones is not a notation of the course",
}


@pytest.mark.parametrize("row", PAIRS, ids=lambda r: r["id"])
def test_pair(row: dict[str, Any], assignment: Assignment) -> None:
    verdict = compare(row["a"], row["b"], part=row.get("part"), assume=row.get("assume", ()), assignment=assignment)
    assert verdict.outcome.value == row["want"], (verdict.note, verdict.detail, verdict.witness)
    if verdict.outcome is Outcome.INCORRECT:
        assert verdict.witness is not None


@pytest.mark.parametrize("row", CONSTRUCTS, ids=lambda r: r["id"])
def test_construct(row: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if row["id"] in KNOWN:
        request.node.add_marker(pytest.mark.xfail(reason=KNOWN[row["id"]], strict=True))
    expander = Expander(package_macros())
    expander.expand(scan(row.get("preamble") or ""))
    from grader.errors import ReadError

    try:
        verdict = compare_tokens(
            Judge(World()), formula_tokens(expander.expand(scan(row["text"]))), tokenize(row["means"])
        )
        outcome = verdict.outcome
    except ReadError:
        outcome = Outcome.UNREADABLE
    assert outcome.value == row["want"]


def test_the_table_is_what_it_claims_to_be() -> None:
    """At least 300 pairs, every kind with at least 20, about half of them near misses."""
    kinds: dict[str, int] = {}
    for row in PAIRS:
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
    wrong = sum(row["want"] == "incorrect" for row in PAIRS)
    assert len(PAIRS) >= 300
    assert min(kinds.values()) >= 20
    assert 0.45 <= wrong / len(PAIRS) <= 0.55
    assert len({row["id"] for row in PAIRS}) == len(PAIRS)


HUNTED = cases("hunted.yaml")


@pytest.mark.parametrize("row", HUNTED, ids=lambda r: r["id"])
def test_hunted_pair(row: dict[str, Any], assignment: Assignment, request: pytest.FixtureRequest) -> None:
    if "known_wrong" in row:
        request.node.add_marker(pytest.mark.xfail(reason=row["known_wrong"], strict=True))
    verdict = compare(row["a"], row["b"], part=row.get("part"), assume=row.get("assume", ()), assignment=assignment)
    assert verdict.outcome.value in {row["want"], row.get("open", row["want"])}, (verdict.note, verdict.detail)


def test_no_hunted_pair_that_is_right_is_called_wrong() -> None:
    """Known wrong verdicts are all of one kind: too small a difference accepted. None rejects a right answer."""
    assert not [row["id"] for row in HUNTED if "known_wrong" in row and row["want"] == "correct"]
