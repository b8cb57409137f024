"""The class as Gradescope's grades CSV has it: a row per student, a column per part, what people gave counted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from grader.gradebook import Mark, Student
from grader.report.cells import safe

COLUMNS: Final = (
    *("Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status", "Submission ID", "Submission Time"),
    *("Lateness (H:M:S)", "Submission Count"),
)
PENALTY: Final = "Late Penalty (%)"
"""A column of its own, where the assignment has a late policy: the scores beside it are without it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A part: its id, title and worth."""

    part: str
    title: str
    out_of: float

    @property
    def head(self) -> str:
        """`2.1: Title (5.0 pts)`."""
        worth = f"{self.out_of:.1f}" if self.out_of == round(self.out_of, 1) else f"{self.out_of:g}"
        return f"{self.part.removeprefix('Q')}: {self.title} ({worth} pts)"


@dataclass(frozen=True, slots=True)
class GradeRow:
    """A student with the submission that counts (empty: nothing was handed in) and its marks by part.

    `late` are seconds after the due date (None: nobody knows), `penalty` what a policy would take off, in percent.
    """

    student: Student
    submission: str = ""
    handed_in: str = ""
    count: int = 0
    marks: Mapping[str, Mark] | None = None
    late: float | None = None
    penalty: float = 0.0


Ends = Callable[[Mark], float | None]
"""What to write of a mark: a number, or None for an empty cell."""

OPEN: Final[dict[str, Ends]] = {
    "min": lambda mark: mark.min,
    "max": lambda mark: mark.max,
    "blank": lambda mark: None if mark.open else mark.min,
}
"""How a mark in which points are left is written."""


def grades_csv(rows: Iterable[GradeRow], columns: Sequence[Column], *, ends: str = "min", penalty: bool = False) -> str:
    """The CSV. Status is Graded, Ungraded where points are open, Missing where nothing was handed in.

    Every text in it is safe in spreadsheets; student ids stay texts as they are.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *([PENALTY] if penalty else []), *(safe(c.head) for c in columns)])
    for row in rows:
        writer.writerow(_cells(row, columns, OPEN[ends], penalty))
    return out.getvalue()


def _cells(row: GradeRow, columns: Sequence[Column], ends: Ends, penalty: bool) -> list[str]:
    student = row.student
    marks = [row.marks.get(c.part) if row.marks is not None else None for c in columns]
    points = [ends(m) if m is not None else None for m in marks]
    known = [p for p in points if p is not None]
    total = round(sum(known), 6) if row.marks is not None and len(known) == len(points) else None
    status = "Missing" if row.marks is None else "Ungraded" if any(m is None or m.open for m in marks) else "Graded"
    late = "" if row.late is None else _clock(row.late)
    return [
        *(safe(text) for text in (student.name, student.sid, student.email, student.sections)),
        _number(total), _number(sum(c.out_of for c in columns)), status, safe(row.submission), safe(row.handed_in), late,
        str(row.count), *([_number(row.penalty) if row.late is not None else ""] if penalty else []),
        *(_number(p) for p in points),
    ]  # fmt: skip


def _number(points: float | None) -> str:
    """`4.5`, `4.0`: as Gradescope writes it."""
    return "" if points is None else repr(float(round(points, 4)))


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
