"""Derivations for every part, right and wrong, by someone without sight of the checker: each line judged where it stands."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest
import yaml
from conftest import ROOT

import benchmarks.trust
from grader.assignment import Assignment, shipped
from grader.model import Outcome, PartReport, Step

ROWS: list[dict[str, Any]] = [
    row
    for path in sorted((ROOT / "tests" / "cases" / "derivations").glob("*.yaml"))
    for row in yaml.safe_load(path.read_text(encoding="utf-8"))
]
RIGHT = [row for row in ROWS if row["right"]]
BLIND = [row for row in RIGHT if "mark" in row]
"""Written to cover the parts; the others were written to make the checker fail."""
BROKEN = [row for row in ROWS if row.get("breaks")]
ASSIGNMENT = Assignment(shipped())
CONFIRMED = 0.90
"""Share of the links of right derivations that must be confirmed; the rest is undecided, never wrong."""
FOUND = 0.91
"""Share of the false lines that must be found; the figure may only rise."""
ALSO_FALSE = frozenset({"q24-twoerrors-en", "q3b-w-somme-t1-fr", "q3e-w-cond-dropped-en", "q42-w-one-quarter-fr"})
"""Rows in which another line is false too, though their writer does not list it."""


@cache
def graded(name: str) -> tuple[PartReport, int]:
    """The part's report and how many lines stand before the answer."""
    row = next(r for r in ROWS if r["id"] == name)
    return graded_text(row["part"], row["text"])


def graded_text(part: str, text: str) -> tuple[PartReport, int]:
    return benchmarks.trust.graded_text(part, text, ASSIGNMENT)


def judged(part: PartReport) -> list[Step]:
    """Steps that claim something."""
    return [s for s in part.steps if s.outcome is not Outcome.ASSUMED]


def line_of(row: dict[str, Any], fragment: str) -> int:
    return int(row["text"][: row["text"].index(fragment)].count("\n")) + 1


@pytest.mark.parametrize("row", RIGHT, ids=[row["id"] for row in RIGHT])
def test_no_line_of_a_right_derivation_is_called_wrong(row: dict[str, Any]) -> None:
    part, _ = graded(row["id"])
    assert [s.reads for s in part.steps if s.outcome in (Outcome.INCORRECT, Outcome.FAULT)] == []
    lost = (Outcome.INCORRECT, Outcome.FAULT) + ((Outcome.MISSING,) if row.get("complete", True) else ())
    assert [c.id for c in part.checks if c.outcome in lost] == []
    if row.get("complete", True):
        assert part.score.max == part.score.out_of, "points are lost for good"


def test_links_of_right_derivations_are_confirmed() -> None:
    found: Counter[str] = Counter()
    for row in BLIND:
        links = judged(graded(row["id"])[0])
        found["links"] += len(links)
        found["correct"] += sum(s.outcome is Outcome.CORRECT for s in links)
    assert found["correct"] >= CONFIRMED * found["links"], found


def test_false_lines_are_found() -> None:
    found = 0
    for row in BROKEN:
        part, before = graded(row["id"])
        lines = {s.span.line - before for s in part.steps if s.outcome is Outcome.INCORRECT}
        found += line_of(row, row["breaks"]) in lines
    assert found >= FOUND * len(BROKEN), f"{found} of {len(BROKEN)}"


@pytest.mark.parametrize("row", BROKEN, ids=[row["id"] for row in BROKEN])
def test_only_lines_that_are_false_are_called_wrong(row: dict[str, Any]) -> None:
    part, before = graded(row["id"])
    wrong = [s for s in part.steps if s.outcome is Outcome.INCORRECT]
    assert all(s.witness is not None for s in wrong)
    if row["id"] not in ALSO_FALSE:
        known = {line_of(row, f) for f in [row["breaks"], *(row.get("also_false") or [])]}
        assert {s.span.line - before for s in wrong} <= known, row["error"]


def test_there_are_eight_of_each_for_every_part() -> None:
    count = Counter((row["part"], row["right"]) for row in ROWS)
    parts = {p.id for q in ASSIGNMENT.questions for p in q.parts if q.number != 5}
    assert all(count[part, right] >= 8 for part in parts for right in (True, False))
