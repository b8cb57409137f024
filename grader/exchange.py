"""Answers under each other's heading: two parts of a question of which no final answer earns anything as it stands, and
each at least half of its points, together more than before, when read as the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from grader.model import PartReport, Points, Role
from grader.reading.document import Document, Problem
from grader.reading.outline import Located, Piece
from grader.rubric import Question

_ENOUGH: Final = 0.5

Grading = Callable[[Located, str], PartReport]
"""What grades one part with the text placed so."""


def exchanged(
    located: Located, questions: Sequence[Question], reports: Sequence[PartReport], grading: Grading
) -> tuple[Located, list[tuple[str, str]]]:
    """Where the text of each part belongs, and which parts were handed in for each other."""
    by_id = {report.id: report for report in reports}
    pairs: list[tuple[str, str]] = []
    for question in questions:
        if question.reference is None:
            continue  # a person marks it as it stands
        barren = [p.id for p in question.parts if located.parts.get(p.id) and _barren(by_id[p.id])]
        for one, other in combinations(barren, 2):
            if any(one in pair or other in pair for pair in pairs):
                continue
            trial = replace(located, parts=_swapped(located, one, other))
            scores: list[Points] = []
            for part in (one, other):  # the second only if the first earns enough
                scores.append(grading(trial, part).score)
                if not _earns_enough(scores[-1]):
                    break
            before = sum(by_id[part].score.min for part in (one, other))
            if all(map(_earns_enough, scores)) and sum(s.min for s in scores) > before:
                located = trial
                pairs.append((one, other))
    return located, pairs


def _earns_enough(score: Points) -> bool:
    return score.min >= _ENOUGH * score.out_of


def _barren(report: PartReport) -> bool:
    """Whether no final answer of a part earns anything, though something may: lines in common earn where they stand."""
    finals = [c.points.min for c in report.checks if c.role is Role.FINAL_ANSWER]
    return report.score.min < report.score.max and not sum(finals or [report.score.min])


def _swapped(located: Located, one: str, other: str) -> dict[str, list[Piece]]:
    return {**located.parts, one: located.parts[other], other: located.parts[one]}


def misplaced(document: Document, located: Located, one: str, other: str) -> Problem:
    """That two answers stand under each other's heading, at the first of them."""
    pieces = located.parts[one] + located.parts[other]
    block = document.blocks[min(piece.first for piece in pieces)]
    text = f"the answers to {one} and {other} stand under each other's heading; each is graded for what it answers"
    return Problem("exchanged", text, block.start, block.end)
