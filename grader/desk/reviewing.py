"""One question of the review queue at a time, for whoever shows it: what is asked, what a decision is taken for, what comes next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grader.desk.answers import points_of
from grader.errors import OperatorError
from grader.gradebook import Given, Gradebook, Group, Override, Question, find_group
from grader.report.asked import Beside, Excerpt, Other, Said, beginning, check_of, excerpt, others, said
from grader.report.visible import visible

Place = tuple[str, str, str | None]
"""Submission, part and check (None: the part as a whole) of a question."""
_ALIKE: int = 60
"""Others of a group that are quoted."""


class Gone(OperatorError):
    """The question is not open any more: somebody decided it meanwhile, or it never was."""


class WrongPoints(OperatorError):
    """What was typed is no number of points, or not between 0 and what the place is worth (`out_of`)."""

    def __init__(self, typed: str, out_of: float) -> None:
        value = points_of(typed, out_of)
        said = f"{typed!r} is no number of points, nor full, half or zero"
        super().__init__(said if value is None else f"{value:g} points: it is worth {out_of:g}")
        self.typed, self.out_of = typed, out_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: `number` of `of` in the queue, what stands there and beside it.

    `alike` are the others of its group with the beginning of what they wrote (of the first sixty). `before` and `after` are
    the questions of the groups before and behind; None at the ends.
    """

    group: Group
    number: int
    of: int
    part: dict[str, Any]
    check: dict[str, Any] | None
    excerpt: Excerpt
    said: tuple[Said, ...]
    others: tuple[Other, ...]
    beside: Beside
    alike: tuple[tuple[Question, str], ...]
    before: Question | None
    after: Question | None


def place_of(question: Question) -> Place:
    """Where a question is."""
    return question.submission, question.part, question.check


def key_of(question: Question) -> str:
    """A name for a question within its group: `s1/Q7.b.terms`."""
    return f"{question.submission}/{question.place}"


def asked(
    book: Gradebook,
    groups: Sequence[Group],
    place: Place | None,
    beside: Callable[[Question], Beside],
    *,
    lang: str = "en",
    whole: bool = False,
) -> Asked | None:
    """The question at a place, or the first; None if nothing is open. Raises Gone if it is not asked."""
    if not groups:
        return None
    group = groups[0] if place is None else _group(groups, place)
    at = next(i for i, g in enumerate(groups) if group.first in g.questions)
    question = group.first
    report = visible(book.report(question.submission) or {"parts": []})
    part = next(p for p in report["parts"] if p["id"] == question.part)
    check = check_of(part, question.check)
    known = beside(question)
    alike = tuple((q, beginning(q, visible(book.report(q.submission)))) for q in group.questions[1 : 1 + _ALIKE])
    alike += tuple((q, "") for q in group.questions[1 + _ALIKE :])
    return Asked(
        group, at + 1, len(groups), part, dict(check) if check is not None else None,
        excerpt(part, check, question, whole=whole), said(part, check, lang) if check is not None else (),
        others(part, question, known), known, alike,
        groups[at - 1].first if at else None, groups[at + 1].first if at + 1 < len(groups) else None,
    )  # fmt: skip


def decide(
    book: Gradebook,
    groups: Sequence[Group],
    place: Place,
    points: str,
    reason: str,
    author: str,
    apply: Sequence[str] | None,
) -> tuple[tuple[int, ...], Question | None]:
    """Give points as typed to a question, and to those alike that `apply` names (submissions or keys; None: all of them).

    Returns the overrides, all or none given, and the question that comes next. Raises Gone, OperatorError.
    """
    group = _group(groups, place)
    first, rest = group.first, group.questions[1:]
    worth = points_of(points, first.out_of)
    if worth is None or not 0 <= worth <= first.out_of:
        raise WrongPoints(points, first.out_of)
    taken = rest if apply is None else tuple(q for q in rest if key_of(q) in apply or q.submission in apply)
    if apply is not None and len({*apply}) > len({n for q in taken for n in (key_of(q), q.submission)} & {*apply}):
        raise Gone("not all that were chosen are open and alike any more; look at them again")
    given = tuple(book.give(group.decisions([first, *taken], worth, reason, author)))
    left = [q for q in rest if q not in taken]
    at = next(i for i, g in enumerate(groups) if first in g.questions)
    behind = groups[at + 1].first if at + 1 < len(groups) else None
    return given, left[0] if left else behind


def keep(
    book: Gradebook, groups: Sequence[Group], place: Place, author: str
) -> tuple[tuple[int, ...], Question | None]:
    """Let what was given for an earlier text hold for this one. As `decide`; raises Gone where nothing was."""
    stale = _group(groups, place).first.stale
    if stale is None:
        raise Gone("nothing was given here that could be kept")
    return decide(book, groups, place, f"{stale.points!r}", stale.reason, author, ())


def _group(groups: Sequence[Group], place: Place) -> Group:
    group = find_group(groups, *place)
    if group is None:
        where = f"{place[1]}.{place[2]}" if place[2] else place[1]
        raise Gone(f"{place[0]} {where}: is not open (any more)")
    return group


def give(
    book: Gradebook, submission: str, part: str, check: str | None, points: str, reason: str, author: str
) -> tuple[Override, float]:
    """An override with points as typed, and what its place is worth. Raises OperatorError."""
    mark = book.valid(submission, Given((submission,), part, check, 0.0, reason, author))
    worth = next((c.out_of for c in mark.checks if c.id == check), mark.out_of)
    value = points_of(points, worth)
    if value is None or not 0 <= value <= worth:
        raise WrongPoints(points, worth)
    made = book.override(submission, part, value, reason=reason.strip(), author=author, check=check)
    return made, worth
