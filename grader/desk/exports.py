"""The class as it is published: what speaks against it, the grades CSV, and what each student may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grader.desk.beside import assignment_of
from grader.gradebook import Balance, Gradebook, Mark, marked_report
from grader.lateness import lateness
from grader.report.audience import for_student
from grader.report.grades_csv import Column, GradeRow, grades_csv
from grader.report.visible import few
from grader.rubric import Assignment, load_model


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that speaks against publishing, or is worth knowing: `kind`, how many it concerns, the first of them.

    `kind` is `balance` (with the text of `Balance.reasons`) or another of those listed below.
    """

    kind: str
    count: int = 0
    names: str = ""

    def __str__(self) -> str:
        return _REASONS[self.kind].format(self.count, self.names)


_REASONS: Final = {
    "balance": "{1}",
    "nobody": "nobody has a result that counts",
    "absent": "{0} of the roster handed nothing in: {1}",
    "lost": "{0} overrides are of what the rubric has no more ({1}): grader override --withdraw ends them",
    "open": "{0} submissions have open points ({1}): grader review decides them, or --open min|max|blank says what to write",
    "stale": "{0} overrides were given for a text that has changed since ({1}): grader review asks",
    "stale_counts": "{0} overrides were given for a text that has changed since ({1}); they count",
    "absent_counts": "{0} handed nothing in: {1}",
}
"""As the terminal says them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the marks can be published: not while there are `reasons`; `warnings` are worth knowing anyway."""

    balance: Balance
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]


def standing(book: Gradebook, open_points: str | None = None, *, complete: bool = False) -> Standing:
    """What speaks against publishing; `open_points` is None where open points do, else how they are written.

    `complete` refuses also where somebody of the roster handed nothing in.
    """
    balance = book.balance()
    reasons = [Reason("balance", 0, text) for text in balance.reasons()]
    warnings = []
    if not balance.graded:
        reasons.append(Reason("nobody"))
    if balance.absent:
        absent = (len(balance.absent), few([s.label for s in balance.absent]))
        if complete:
            reasons.append(Reason("absent", *absent))
        else:
            warnings.append(Reason("absent_counts", *absent))
    stale, lost = _doubtful(book)
    if lost:
        reasons.append(Reason("lost", len(lost), few(lost)))
    if open_points is not None:
        if stale:
            warnings.append(Reason("stale_counts", len(stale), few(stale)))
        return Standing(balance, tuple(reasons), tuple(warnings))
    left = [s.id for s in book.each() if any(m.open for m in book.marks(s.id))]
    if left:
        reasons.append(Reason("open", len(left), few(left)))
    if stale:
        reasons.append(Reason("stale", len(stale), few(stale)))
    return Standing(balance, tuple(reasons), tuple(warnings))


def _doubtful(book: Gradebook) -> tuple[list[str], list[str]]:
    """Overrides given for another text, and those of parts and checks that are no more: the latter count for nothing."""
    stale: list[str] = []
    lost: list[str] = []
    for override in book.overrides():
        if override.stale:
            used = any(o.id == override.id for m in book.marks(override.submission) for o in m.overrides)
            place = f"{override.part}.{override.check}" if override.check else override.part
            (stale if used else lost).append(f"{override.submission} {place}")
    return stale, lost


def grades(book: Gradebook, balance: Balance, *, ends: str = "min", lang: str = "en") -> tuple[str, int]:
    """The grades CSV and the number of students in it."""
    policy = _policy(book)
    rows = list(_rows(book, balance, policy))
    return grades_csv(rows, _columns(book, lang), ends=ends, penalty=policy is not None), len(rows)


def feedback(book: Gradebook) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each student may read, by submission: the report without reference values, with the marks that count."""
    for submission in book.each():
        report = marked_report(book, submission.id)
        if report is not None:
            yield submission.id, for_student(report)


def _columns(book: Gradebook, lang: str) -> list[Column]:
    """The parts in the order of the rubric, with the titles that reports have."""
    found: dict[str, Column] = {}
    for result in book.results():
        if all(part.id in found for part in result.summary.parts):
            continue
        report = book.report(result.submission) or {"parts": []}
        for part in report["parts"]:
            found.setdefault(part["id"], Column(part["id"], part["title"][lang], part["score"]["out_of"]))
    return list(found.values())


def _rows(book: Gradebook, balance: Balance, policy: Any) -> Iterator[GradeRow]:
    """A row per student, in the order of the roster; the members of a group have the same marks."""
    handed_in: dict[tuple[str, str, str], Sequence[str]] = {
        (s.sid, s.email, s.name): ids for s, ids in (*balance.graded, *balance.ungraded)
    }
    roster = book.roster() or tuple(s for s, _ in (*balance.graded, *balance.ungraded))
    marks: dict[str, Mapping[str, Mark]] = {}
    for student in roster:
        ids = handed_in.get((student.sid, student.email, student.name), ())
        if not ids:
            yield GradeRow(student)
            continue
        name = ids[-1]
        if name not in marks:
            marks[name] = {m.part: m for m in book.marks(name)}
        time = book.submission(name).created_at
        late = lateness({"created_at": time}, policy)
        yield GradeRow(
            student, name, time, len(ids), marks[name] or None,
            late.seconds if late is not None else None, late.percent if late is not None else 0.0,
        )  # fmt: skip


def _policy(book: Gradebook) -> Any:
    """The late policy of the assignment that was graded last; None if it has none."""
    file, _ = load_model(assignment_of(book) / "rubrics" / "assignment.yaml", Assignment)
    return file.late if file is not None else None
