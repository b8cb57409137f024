"""Questions and parts that a heading names by their own words (`Normalizing flows`, `5.2 Strengths:`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from grader.reading.marks import folded
from grader.reading.outline import PartOutline, QuestionOutline
from grader.reading.patterns import POINTS

_SHORT: Final = 40
"""In a heading no longer than this a part's word may stand anywhere (`Paper summary`)."""

_WHOLE: Final = re.compile(r"\b(?:homework|hw|devoir|assignment|travail|tp|report|rapport|ift ?\d)")
_BEFORE: Final = r"(?:[-*+•#§\s]|\(?(?:\d{1,2}(?:\.\d{1,2})?|[a-h]|[ivx]{1,4})[.):]\)?|\d\.\d\s){0,8}"
_INFLECTION: Final = re.compile(r"(?:e?s|x|\((?:e?s|x)\))?")
_ENDS: Final = (":", ".", "[", "(", "-", "–", "—")


@lru_cache(maxsize=64)
def _keys(question: QuestionOutline) -> tuple[tuple[tuple[str, PartOutline], ...], re.Pattern[str]]:
    pairs = tuple((folded(word), part) for part in question.parts for word in part.words)
    words = "|".join(re.escape(key) for key, _ in pairs) or r"(?!)"
    return pairs, re.compile(rf"{_BEFORE}(?:{words})")


def part_named(text: str, question: QuestionOutline, heading: bool) -> tuple[PartOutline, str] | None:
    """The part whose own words a heading or the first words of a line say, and what stands behind them."""
    pairs, opening = _keys(question)
    if not pairs:
        return None
    plain = folded(text)
    anywhere = heading and len(plain) <= _SHORT
    opens = opening.match(plain)
    if opens is None and not anywhere:
        return None
    for key, part in pairs:
        at = plain.find(key) if opens is None else opens.end() - len(key)
        if at < 0 or not plain.startswith(key, at) or plain[max(at - 1, 0) : at].isalnum():
            continue
        inflected = _INFLECTION.match(plain, at + len(key))
        end = inflected.end() if inflected else at + len(key)
        rest = plain[end:]
        ends = not rest.strip() or rest.lstrip()[:1] in _ENDS
        if ends or (heading and not rest[0].isalpha()):
            points = POINTS.match(rest)
            return part, text[end + (points.end() if points else 0) :].strip(" :.-–—[]()")
    return None


def question_titled(text: str, outline: Sequence[QuestionOutline]) -> QuestionOutline | None:
    """The question whose title words a heading uses, if exactly one does best."""
    plain = folded(text)
    scores = [(sum(word in plain for word in _question_keys(q)), q) for q in outline]
    best = max((s for s, _ in scores), default=0)
    winners = [q for s, q in scores if s == best and s > 0]
    return winners[0] if len(winners) == 1 else None


@lru_cache(maxsize=64)
def _question_keys(question: QuestionOutline) -> tuple[str, ...]:
    return tuple(folded(word) for word in question.words)


def of_the_whole(text: str) -> bool:
    """Whether a heading is the title of the whole submission."""
    return _WHOLE.search(folded(text)) is not None
