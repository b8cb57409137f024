"""What waits for a person: precise questions, those that are alike together, so that one decision serves many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from grader.gradebook.book import Gradebook
from grader.gradebook.decisions import Given
from grader.gradebook.records import Override, Result
from grader.gradebook.summary import CheckMark, PartMark

_ALONE = frozenset({"unreadable", "fault"})
"""Outcomes that say nothing of the check: the part is looked at as a whole."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing a person is asked: a check of a part, or the part as a whole."""

    submission: str
    """Its id."""
    part: str
    """The part."""
    check: str | None
    """The check; null for the part as a whole."""
    role: str
    """The check's."""
    outcome: str
    """The check's; of a whole part its status."""
    note: str
    """Why it is open, as a machine tag."""
    low: float
    """What the program takes for sure."""
    high: float
    """What it takes for possible."""
    out_of: float
    """What it is worth."""
    title: Mapping[str, str]
    """What is asked, by language."""
    alike: str = ""
    """The same for open answers that a person would judge alike; empty for one that stands for itself."""
    stale: Override | None = None
    """The override to be confirmed because its text changed; null otherwise."""

    @property
    def open(self) -> float:
        """The points that the question is about."""
        return self.high - self.low

    @property
    def manual(self) -> bool:
        """Whether only a person marks it, whatever the program reads."""
        return self.role == "manual"

    @property
    def unread(self) -> bool:
        """Whether it is a part of which nothing was read."""
        return self.check is None and self.outcome in _ALONE

    @property
    def place(self) -> str:
        """`Q7.b`, or with a check `Q7.b.terms`."""
        return f"{self.part}.{self.check}" if self.check else self.part

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "open": self.open}


@dataclass(frozen=True, slots=True)
class Group:
    """Questions to which one answer will mostly do."""

    kind: str
    """What they have in common: `values`, `line`, `formulas`, `words`, `submission` (the parts of one that was not
    read); empty for one."""
    questions: tuple[Question, ...]
    """The questions; the first is shown and stands for all."""

    @property
    def first(self) -> Question:
        """The one that is shown."""
        return self.questions[0]

    @property
    def open(self) -> float:
        """The points that a decision settles."""
        return sum(q.open for q in self.questions)

    @property
    def signature(self) -> str:
        """What is recorded with a decision on several."""
        return self.first.alike

    def decisions(self, questions: Sequence[Question], points: float, reason: str, author: str) -> list[Given]:
        """What the points given to the first question are for others of the group: the same, or, for the parts of a
        submission, the same share of what each is worth."""
        first = self.first
        if self.kind != "submission":
            names = tuple(q.submission for q in questions)
            return [Given(names, first.part, first.check, points, reason, author, self.signature)]
        share = points / first.out_of
        return [Given((q.submission,), q.part, q.check, round(share * q.out_of, 4), reason, author) for q in questions]

    def without(self, questions: Sequence[Question]) -> Group | None:
        """The group once these are answered; None if nothing is left."""
        left = tuple(q for q in self.questions if q not in questions)
        return Group(self.kind if len(left) > 1 else "", left) if left else None

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {"kind": self.kind, "open": self.open, "questions": [q.data() for q in self.questions]}


def queue(book: Gradebook, part: str | None = None) -> tuple[Group, ...]:
    """The questions of a gradebook in the order in which they are best answered; of one part (`Q7.b`), or one question (`Q7`).

    First what a person decided for a text that has changed, then what one decision settles for most, then part by part; then
    what is marked by hand anyway, part by part; at last what could not be read at all, submission by submission. Results are
    read one after the other; the questions, not the reports, stand in memory. Raises GradebookError.
    """
    groups: dict[tuple[str, ...], list[Question]] = {}
    order: dict[str, int] = {}  # parts and checks as the rubric has them
    for result in book.results():
        for mark in result.summary.parts:
            for name in (mark.id, *(f"{mark.id}.{c.id}" for c in mark.checks)):
                order.setdefault(name, len(order))
        for question in questions(result, book.overrides(result.submission)):
            if part is not None and question.part != part and question.part.split(".")[0] != part:
                continue
            groups.setdefault(_key(question), []).append(question)
    found = [Group(_kind(qs), tuple(qs)) for qs in groups.values()]
    return tuple(sorted(found, key=_ranking(found, order)))


def _ranking(groups: Sequence[Group], rubric: Mapping[str, int]) -> Callable[[Group], tuple[Any, ...]]:
    """What sorts groups; checks of one part over the same submissions stay together, so that a text is read once."""
    nth = {s: i for i, s in enumerate(dict.fromkeys(q.submission for g in groups for q in g.questions))}
    settles: dict[tuple[str, ...], float] = defaultdict(float)
    for group in groups:
        settles[_over(group)] += group.open

    def rank(group: Group) -> tuple[Any, ...]:
        first = group.first
        name = (rubric[first.part], nth[first.submission], rubric[first.place])
        if first.stale is not None:
            return (0, rubric[first.place])
        if first.unread:
            return (3, nth[first.submission], rubric[first.place])
        if first.manual:
            return (2, rubric[first.part], -len(group.questions), *name)
        if len(group.questions) > 1:
            return (1, 0, -settles[_over(group)], *name)
        return (1, 1, *name)

    return rank


def _over(group: Group) -> tuple[str, ...]:
    """The part a group is about and the submissions in it."""
    return (group.first.part, *(q.submission for q in group.questions))


def _key(question: Question) -> tuple[str, ...]:
    """What questions of one group have in common."""
    if question.stale is None and question.unread:
        return ("", question.submission)
    if question.stale is None and question.alike:
        return (question.place, question.alike)
    return (question.place, question.alike, question.submission)


def _kind(questions: Sequence[Question]) -> str:
    if len(questions) == 1:
        return ""
    return questions[0].alike.partition(":")[0] or "submission"


def questions(result: Result, overrides: Sequence[Override]) -> Iterator[Question]:
    """What is open in one result once the overrides that count are taken for answers."""
    for part in result.summary.parts:
        given = {o.check: o for o in overrides if o.part == part.id}
        whole = given.get(None)
        if whole is not None:
            if whole.stale:
                yield _of_part(result, part, whole)
            continue
        checks = [c for c in part.checks if c.out_of]
        for check in checks:
            override = given.get(check.id)
            if override is not None and override.stale:
                yield _of_check(result, part, check, override)
        left = [c for c in checks if c.open and c.id not in given]
        if len(left) > 1 and len(left) == len(checks) and all(c.outcome in _ALONE for c in left):
            yield _of_part(result, part, None)
            continue
        for check in left:
            yield _of_check(result, part, check, None)


def _of_part(result: Result, part: PartMark, stale: Override | None) -> Question:
    first = part.checks[0]
    role = "manual" if all(c.role == "manual" for c in part.checks) else ""
    return Question(
        result.submission, part.id, None, role, part.status if part.status in _ALONE else first.outcome, first.note,
        part.min, part.max, part.out_of, {}, "", stale,
    )  # fmt: skip


def _of_check(result: Result, part: PartMark, check: CheckMark, stale: Override | None) -> Question:
    lone = len(part.checks) == 1 and check.outcome in _ALONE
    return Question(
        result.submission, part.id, None if lone and stale is None else check.id, check.role, check.outcome, check.note,
        check.min, check.max, check.out_of, check.title, check.alike, stale,
    )  # fmt: skip


def find_group(groups: Sequence[Group], submission: str, part: str, check: str | None) -> Group | None:
    """The group a question is in, moved to its front; None if it is not asked."""
    for group in groups:
        for question in group.questions:
            if (question.submission, question.part, question.check) == (submission, part, check):
                rest = tuple(q for q in group.questions if q is not question)
                return Group(group.kind, (question, *rest))
    return None
