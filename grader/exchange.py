"""Answers under each other's heading: two parts of a question of which each earns nothing as it stands and at least half
of its points when read as the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from grader.model import PartReport, Points
from grader.reading.outline import Located, Piece
from grader.rubric import Question

_ENOUGH: Final = 0.5

Grading = Callable[[Located, str], PartReport]
"""What grades one part with the text placed so."""


def exchanged(
    located: Located, questions: Sequence[Question], reports: Sequence[PartReport], grading: Grading
) -> tuple[Located, list[tuple[str, str]]]:
    """Where the text of each part belongs, and which parts were handed in for each other."""
    scores = {report.id: report.score for report in reports}
    pairs: list[tuple[str, str]] = []
    for question in questions:
        if question.reference is None:
            continue  # a person marks it as it stands
        barren = [p.id for p in question.parts if located.parts.get(p.id) and _earns_nothing(p.id, scores)]
        for one, other in combinations(barren, 2):
            if any(one in pair or other in pair for pair in pairs):
                continue
            trial = replace(located, parts=_swapped(located, one, other))
            if all(_earns_enough(grading(trial, part).score) for part in (one, other)):
                located = trial
                pairs.append((one, other))
    return located, pairs


def _earns_enough(score: Points) -> bool:
    return score.min >= _ENOUGH * score.out_of


def _earns_nothing(part: str, scores: Mapping[str, Points]) -> bool:
    return scores[part].min == 0 < scores[part].max


def _swapped(located: Located, one: str, other: str) -> dict[str, list[Piece]]:
    return {**located.parts, one: located.parts[other], other: located.parts[one]}
