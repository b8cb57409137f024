"""What people decide: overrides with their history, one by one or many at once."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import OperatorError
from grader.gradebook.marks import mark_of
from grader.gradebook.records import Mark, Override, Result, Submission
from grader.gradebook.rows import OVERRIDE, now, override_of
from grader.gradebook.store import Store
from grader.gradebook.summary import PartMark, Summary


@dataclass(frozen=True, slots=True)
class Given:
    """Points for a part, or for one check of it, of one submission or of several that have `signature` in common."""

    submissions: tuple[str, ...]
    part: str
    check: str | None
    points: float
    reason: str
    author: str
    signature: str = ""


class Decisions(ABC):
    """The half of a `Gradebook` that people write."""

    _store: Store

    @property
    @abstractmethod
    def path(self) -> Path:
        """The file."""

    @abstractmethod
    def submission(self, submission: str) -> Submission:
        """One submission. Raises OperatorError if the gradebook has none of this id."""

    @abstractmethod
    def result(self, submission: str, *, previous: bool = False) -> Result | None:
        """The result that counts now, or (`previous`) that counted before the last batch began; None if there is none."""

    def override(
        self, submission: str, part: str, points: float, *, reason: str, author: str, check: str | None = None
    ) -> Override:
        """Give a part, or one check of it, these points; what counted before is kept as replaced.

        Raises OperatorError for an unknown submission, part or check, points outside of 0 to what it is worth, and an
        empty reason or author.
        """
        with self._store.transaction():
            number = self._override(submission, Given((submission,), part, check, points, reason, author), None)
        return self._one(number)

    def decide(
        self,
        submissions: Sequence[str],
        part: str,
        points: float,
        *,
        signature: str,
        reason: str,
        author: str,
        check: str | None = None,
    ) -> int:
        """One decision for several submissions at once, all or none: an override each. Returns the decision's number.

        `signature` says what they have in common, such as the values of an answer. Raises as `override` does.
        """
        given = Given(tuple(submissions), part, check, points, reason, author, signature)
        with self._store.transaction():
            return self._decide(given)[0]

    def give(self, decisions: Sequence[Given]) -> tuple[int, ...]:
        """Many decisions at once, all or none; returns the overrides they gave. Raises as `override` does."""
        out: list[int] = []
        with self._store.transaction():
            for given in decisions:
                if len(given.submissions) > 1:
                    out.extend(self._decide(given)[1])
                else:
                    out.append(self._override(given.submissions[0], given, None))
        return tuple(out)

    def _decide(self, given: Given) -> tuple[int, list[int]]:
        decision = self._store.write(
            "INSERT INTO decisions (part, check_id, signature, points, reason, author, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (given.part, given.check, given.signature, given.points, given.reason, given.author, now()),
        )
        return decision, [self._override(submission, given, decision) for submission in given.submissions]

    def valid(self, submission: str, given: Given) -> PartMark:
        """The part that an override would be of. Raises OperatorError as `override` does; writes nothing."""
        part, check, points = given.part, given.check, given.points
        if not given.reason.strip() or not given.author.strip():
            raise OperatorError("an override needs a reason and an author")
        self.submission(submission)
        result = self.result(submission)
        if result is None:
            raise OperatorError(f"{submission}: has no result yet, so there is nothing to override")
        mark = result.summary.part(part)
        if mark is None:
            known = ", ".join(p.id for p in result.summary.parts)
            raise OperatorError(f"{submission}: no part {part!r}; the parts are {known}")
        worth = mark.out_of
        if check is not None:
            found = next((c for c in mark.checks if c.id == check), None)
            if found is None:
                raise OperatorError(
                    f"{submission}: {part} has no check {check!r}; it has {', '.join(c.id for c in mark.checks)}"
                )
            worth = found.out_of
        if not (math.isfinite(points) and 0 <= points <= worth):
            raise OperatorError(
                f"{submission}: {points:g} points for {part}{f' {check}' if check else ''}: it is worth {worth:g}"
            )
        return mark

    def _override(self, submission: str, given: Given, decision: int | None) -> int:
        mark = self.valid(submission, given)
        place = (submission, given.part, given.check)
        time = now()
        self._store.write(
            "UPDATE overrides SET ended_at = ?, ended_how = 'replaced', ended_by = ?, ended_why = ? "
            "WHERE submission = ? AND part = ? AND check_id IS ? AND ended_at = ''",
            (time, given.author, given.reason, *place),
        )
        return self._store.write(
            "INSERT INTO overrides (submission, part, check_id, points, reason, author, created_at, text_sha256, decision) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*place, given.points, given.reason, given.author, time, mark.text_sha256, decision),
        )

    def withdraw(self, override: int, *, reason: str, author: str) -> Override:
        """Let an override count no more; it stays in the history. Raises OperatorError if there is none that counts."""
        if not reason.strip() or not author.strip():
            raise OperatorError("withdrawing an override needs a reason and an author")
        if not self._one(override).active:
            raise OperatorError(f"{self.path}: override {override} counts no more already")
        with self._store.transaction():
            self._store.write(
                "UPDATE overrides SET ended_at = ?, ended_how = 'withdrawn', ended_by = ?, ended_why = ? "
                "WHERE id = ? AND ended_at = ''",
                (now(), author, reason, override),
            )
        return self._one(override)

    def take_back(self, overrides: Sequence[int], *, author: str) -> None:
        """Undo overrides just given, all or none: they stay in the history as withdrawn, and what each replaced counts again."""
        with self._store.transaction():
            for number in overrides:
                old = self._one(number)
                if not old.active:
                    raise OperatorError(f"{self.path}: override {number} counts no more already")
                self._store.write(
                    "UPDATE overrides SET ended_at = ?, ended_how = 'withdrawn', ended_by = ?, ended_why = 'undone' "
                    "WHERE id = ?",
                    (now(), author, number),
                )
                place = (old.submission, old.part, old.check)
                self._store.write(
                    "UPDATE overrides SET ended_at = '', ended_how = '', ended_by = '', ended_why = '' WHERE id = "
                    "(SELECT max(id) FROM overrides WHERE submission = ? AND part = ? AND check_id IS ? AND id < ?) "
                    "AND ended_how = 'replaced' AND ended_at = ?",
                    (*place, number, old.created_at),
                )

    def of_decision(self, decision: int) -> tuple[int, ...]:
        """The overrides that a decision on several answers gave."""
        return tuple(r[0] for r in self._store.rows("SELECT id FROM overrides WHERE decision = ?", (decision,)))

    def confirm(self, override: int, *, author: str) -> Override:
        """Say that a stale override holds for the changed text too: the same points and reason, given again by `author`."""
        old = self._one(override)
        return self.override(old.submission, old.part, old.points, reason=old.reason, author=author, check=old.check)

    def _one(self, override: int) -> Override:
        row = self._store.row(f"SELECT {OVERRIDE} FROM overrides WHERE id = ?", (override,))
        if row is None:
            raise OperatorError(f"{self.path}: no override {override}")
        return override_of(row, self._summary(row[1]))

    def overrides(self, submission: str | None = None) -> tuple[Override, ...]:
        """The overrides that count, of one submission or of all that are present."""
        return tuple(o for o in self.history(submission) if o.active)

    def history(self, submission: str | None = None, part: str | None = None) -> tuple[Override, ...]:
        """All overrides ever given, oldest first: of one submission (and part), or of all that are present."""
        if submission is not None:
            rows = list(
                self._store.rows(f"SELECT {OVERRIDE} FROM overrides WHERE submission = ? ORDER BY id", (submission,))
            )
        else:
            here = "submission IN (SELECT id FROM submissions WHERE present)"
            rows = list(self._store.rows(f"SELECT {OVERRIDE} FROM overrides WHERE {here} ORDER BY id"))
        graded = {name: self._summary(name) for name in {row[1] for row in rows}}
        return tuple(override_of(row, graded[row[1]]) for row in rows if part in (None, row[2]))

    def _summary(self, submission: str) -> Summary | None:
        result = self.result(submission)
        return None if result is None else result.summary

    def marks(self, submission: str) -> tuple[Mark, ...]:
        """The mark of every part now: overrides where there are some, else the range of the result; empty without a result."""
        result = self.result(submission)
        if result is None:
            return ()
        given = self.overrides(submission)
        return tuple(mark_of(part, [o for o in given if o.part == part.id]) for part in result.summary.parts)
