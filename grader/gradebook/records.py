"""What the gradebook gives out: frozen records. Times are ISO 8601 in UTC, points are points of the rubric."""

from __future__ import annotations

from dataclasses import dataclass

from grader.gradebook.summary import Summary


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who handed in, as far as the export tells; every field may be empty. `sid` is a string: `007` stays."""

    name: str = ""
    sid: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Student:
    """A row of the roster."""

    name: str = ""
    sid: str = ""
    email: str = ""
    sections: str = ""

    @property
    def label(self) -> str:
        """What to call them in a message."""
        return self.name or self.email or self.sid


@dataclass(frozen=True, slots=True)
class Upload:
    """A submission as a batch found it, before anything is known of its content.

    `source` is the path given to the batch under which it was found, `files` the names that are graded together,
    `created_at` the time of handing in as the export has it. `origin` is what makes it the same submission in a later batch.
    """

    id: str
    source: str
    folder: str
    files: tuple[str, ...]
    submitters: tuple[Person, ...] = ()
    created_at: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission in the gradebook.

    `graded` is the key of the result that counts now, `wanted` that of the result it should have: they differ (or one is
    empty) while it has not been graded as it stands, for instance after a batch that was stopped. `previous` is the key of
    the result that counted before the last batch began. `present` is false for
    one that the last batch did not find any more where it had been found before.
    """

    id: str
    source: str
    origin: str
    folder: str
    files: tuple[str, ...]
    submitters: tuple[Person, ...]
    created_at: str
    sha256: str
    wanted: str
    graded: str
    previous: str
    present: bool

    @property
    def current(self) -> bool:
        """Whether its result is that of the files, rubric and program as the last batch found them."""
        return bool(self.graded) and self.graded == self.wanted


@dataclass(frozen=True, slots=True)
class Result:
    """A result without its report, which `Gradebook.report` and `Gradebook.report_text` give.

    `status` is one of `decided`, `review`, `unreadable`, `timeout`, `fault`, `needs_a_person`; `notes` are for people.
    """

    submission: str
    key: str
    status: str
    notes: tuple[str, ...]
    summary: Summary
    report_sha256: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Crashes:
    """Attempts at a key that came to nothing: the worker died, or the whole batch ended while they ran."""

    died: int
    left_open: int


@dataclass(frozen=True, slots=True)
class Run:
    """One call of the batch. `ended_at` is empty while it works, and for good if it was killed."""

    id: int
    started_at: str
    ended_at: str
    process: int
    arguments: dict[str, object]


@dataclass(frozen=True, slots=True)
class Override:
    """Points a person gave, for a part or one of its checks."""

    id: int
    """Its number in the gradebook."""
    submission: str
    """Its id."""
    part: str
    """The part."""
    check: str | None
    """The check; null for the whole part."""
    points: float
    """What was given."""
    reason: str
    """Why; the student reads it."""
    author: str
    """By whom; the student does not."""
    created_at: str
    """When."""
    text_sha256: str
    """Hash of the graded text at that time."""
    decision: int | None
    """The decision on several answers at once that it belongs to, or null."""
    ended_at: str
    """When it was replaced or withdrawn; empty while it counts."""
    ended_how: str
    """How it ended: `replaced` or `withdrawn`."""
    ended_by: str
    """Who ended it."""
    ended_why: str
    """Why."""
    stale: bool
    """Whether the text is another one now, or the rubric has that part or check no more."""

    @property
    def active(self) -> bool:
        """Whether it counts."""
        return not self.ended_at


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of one part now: the override of the part, else its result with the overrides of its checks.

    `min` and `max` differ while something is open. `overrides` are those that count in it; `stale` is true if the text of
    one of them changed since.
    """

    part: str
    min: float
    max: float
    out_of: float
    status: str
    overrides: tuple[Override, ...] = ()

    @property
    def open(self) -> bool:
        """Whether a person still has to decide something."""
        return self.max > self.min

    @property
    def stale(self) -> bool:
        """Whether an override in it was given for another text."""
        return any(o.stale for o in self.overrides)


@dataclass(frozen=True, slots=True)
class Balance:
    """Whether every student is accounted for: `graded` + `ungraded` + `absent` is the roster.

    `graded` have a result that counts, `ungraded` a submission without one (its ids beside them), `absent` no submission.
    `unmatched` are submissions nobody in the roster handed in, `doubled` students in several submissions. Without a
    roster the submitters are the students, and a submission without submitters stands for itself.
    """

    students: int
    graded: tuple[tuple[Student, tuple[str, ...]], ...]
    ungraded: tuple[tuple[Student, tuple[str, ...]], ...]
    absent: tuple[Student, ...]
    unmatched: tuple[str, ...]
    doubled: tuple[tuple[Student, tuple[str, ...]], ...]

    def reasons(self) -> tuple[str, ...]:
        """Why an export must refuse, in words; empty if it need not."""
        out = []
        if self.ungraded:
            names = ", ".join(ids[0] for _, ids in self.ungraded[:5])
            out.append(
                f"{len(self.ungraded)} with a submission and no result that counts ({names}): grade with --resume"
            )
        if self.unmatched:
            out.append(f"{len(self.unmatched)} submissions of nobody in the roster ({', '.join(self.unmatched[:5])})")
        if self.doubled:
            names = "; ".join(f"{s.label}: {', '.join(ids)}" for s, ids in self.doubled[:5])
            out.append(f"{len(self.doubled)} students in several submissions ({names})")
        if len(self.graded) + len(self.ungraded) + len(self.absent) != self.students:
            out.append("graded and ungraded students are not the roster")
        return tuple(out)
