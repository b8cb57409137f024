"""Two states of a class compared: who moves, by how much, through which check, and what people decided that is now in doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from grader.gradebook.book import Gradebook
from grader.gradebook.marks import mark_of
from grader.gradebook.records import Mark, Override, Result
from grader.gradebook.summary import CheckMark, PartMark

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class CheckMove:
    """A check whose points changed."""

    part: str
    """The part."""
    check: str
    """The check."""
    title: Mapping[str, str]
    """Its title, by language."""
    outcome_before: str | None
    """Null where it was not there."""
    outcome_after: str | None
    """Null where it is there no more."""
    before: Range | None
    """What was sure and possible; null where it was not there."""
    after: Range | None
    """What is now."""


@dataclass(frozen=True, slots=True)
class Move:
    """A submission whose total changed."""

    submission: str
    """Its id."""
    before: Range
    """The total, sure and possible, overrides counted."""
    after: Range
    """The total now."""
    status_before: str
    """Whether it could be read."""
    status_after: str
    """Whether it can be read now."""
    checks: tuple[CheckMove, ...]
    """What caused it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """An override to look at again."""

    submission: str
    """Its id."""
    part: str
    """The part."""
    check: str | None
    """The check; null for the whole part."""
    why: str
    """`text` (the text it was given for changed), `result` (what the program says there changed), `lost` (it counts
    in the old state only), `points` (both states have one, with other points)."""
    points: float
    """What was given."""
    author: str
    """By whom."""
    reason: str
    """Why."""
    before: Range | None
    """What the program said there, sure and possible."""
    after: Range | None
    """What it says now."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two states of a class compared."""

    moves: tuple[Move, ...]
    """Submissions whose total changed, those that move most first."""
    conflicts: tuple[Conflict, ...]
    """Overrides to look at again."""
    only_old: tuple[str, ...]
    """Submissions that are in the old state only."""
    only_new: tuple[str, ...]
    """In the new one only."""
    same: int
    """Submissions of both whose total did not change."""

    def data(self) -> dict[str, Any]:
        """As plain data, schema `grader/diff/1`."""
        return {"schema": "grader/diff/1", **asdict(self)}


@dataclass(frozen=True, slots=True)
class State:
    """A gradebook as it is, or (`previous`) with the results that counted before its last batch began."""

    book: Gradebook
    previous: bool = False

    def ids(self) -> list[str]:
        """Submissions that have a result."""
        return [s.id for s in self.book.submissions() if (s.previous if self.previous else s.graded)]

    def result(self, submission: str) -> Result:
        """The result of one of `ids`."""
        found = self.book.result(submission, previous=self.previous)
        assert found is not None
        return found


def difference(old: State, new: State) -> Difference:
    """Compare two states; submissions are the same where their ids are."""
    before, after = old.ids(), new.ids()
    there = set(before)
    moves: list[Move] = []
    conflicts: list[Conflict] = []
    same = 0
    for name in after:
        if name not in there:
            continue
        first, second = old.result(name), new.result(name)
        given_old, given_new = old.book.overrides(name), new.book.overrides(name)
        move = _move(first, second, given_old, given_new)
        if move is None:
            same += 1
        else:
            moves.append(move)
        conflicts.extend(_conflicts(first, second, given_old, given_new))
    moves.sort(key=lambda m: (-max(abs(m.after[0] - m.before[0]), abs(m.after[1] - m.before[1])), m.submission))
    known = set(after)
    return Difference(
        tuple(moves),
        tuple(conflicts),
        tuple(n for n in before if n not in known),
        tuple(n for n in after if n not in there),
        same,
    )


def _move(first: Result, second: Result, old: tuple[Override, ...], new: tuple[Override, ...]) -> Move | None:
    before, after = _marks(first, old), _marks(second, new)
    total_before, total_after = _total(before), _total(after)
    if total_before == total_after:
        return None
    moved = {p for p in before.keys() | after.keys() if _range(before.get(p)) != _range(after.get(p))}
    checks = tuple(c for c in _checks(first, second) if c.part in moved)
    return Move(first.submission, total_before, total_after, first.status, second.status, checks)


def _marks(result: Result, overrides: tuple[Override, ...]) -> dict[str, Mark]:
    return {p.id: mark_of(p, [o for o in overrides if o.part == p.id]) for p in result.summary.parts}


def _total(marks: Mapping[str, Mark]) -> Range:
    return round(sum(m.min for m in marks.values()), 6), round(sum(m.max for m in marks.values()), 6)


def _range(mark: Mark | PartMark | CheckMark | None) -> Range | None:
    return None if mark is None else (mark.min, mark.max)


def _checks(first: Result, second: Result) -> Iterator[CheckMove]:
    """The checks whose points differ, in the order of the new rubric."""
    old = {(p.id, c.id): c for p in first.summary.parts for c in p.checks}
    new = {(p.id, c.id): c for p in second.summary.parts for c in p.checks}
    for place in dict.fromkeys([*new, *old]):
        a, b = old.get(place), new.get(place)
        if _range(a) != _range(b):
            title = b.title if b is not None else a.title if a is not None else {}
            outcomes = (a.outcome if a else None, b.outcome if b else None)
            yield CheckMove(*place, title, *outcomes, _range(a), _range(b))


def _conflicts(
    first: Result, second: Result, old: tuple[Override, ...], new: tuple[Override, ...]
) -> Iterator[Conflict]:
    counts = {(o.part, o.check): o for o in new}
    for override in old:
        now = counts.get((override.part, override.check))
        if now is None:
            yield _conflict(override, "lost", first, second)
        elif now.points != override.points:
            yield _conflict(now, "points", first, second)
    for override in new:
        if override.stale:
            yield _conflict(override, "text", first, second)
        elif _beneath(first, override) != _beneath(second, override):
            yield _conflict(override, "result", first, second)


def _conflict(override: Override, why: str, first: Result, second: Result) -> Conflict:
    before, after = _beneath(first, override), _beneath(second, override)
    return Conflict(
        override.submission, override.part, override.check, why, override.points, override.author, override.reason,
        before, after,
    )  # fmt: skip


def _beneath(result: Result, override: Override) -> Range | None:
    """What the program gives where a person gave something else."""
    part = result.summary.part(override.part)
    if part is None or override.check is None:
        return _range(part)
    return _range(next((c for c in part.checks if c.id == override.check), None))
