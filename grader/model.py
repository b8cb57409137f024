"""Frozen records shared by all layers; imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What may be said of a check or a step (design: the four rules of trust)."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNDECIDED = "undecided"
    UNREADABLE = "unreadable"
    FAULT = "fault"
    MISSING = "missing"
    ASSUMED = "assumed"


class Role(StrEnum):
    """Which share of a part's points a check carries."""

    FINAL_ANSWER = "final_answer"
    DERIVATION = "derivation"
    EXPLANATION = "explanation"
    MANUAL = "manual"


class Status(StrEnum):
    """How a part stands as a whole."""

    CORRECT = "correct"
    PARTIAL = "partial"
    INCORRECT = "incorrect"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    NEEDS_REVIEW = "needs_review"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file: lines and columns from 1, the end column exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Witness:
    """Numbers that prove a failure: the names' values and both sides there (JSON values, None for undefined)."""

    values: dict[str, Any]
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question about meaning.

    `note` is a machine tag; prose lives in `report`. `samples` counts the points that agreed.
    """

    outcome: Outcome
    note: str
    witness: Witness | None = None
    detail: str = ""
    samples: int = 0
    diagnosis: str | None = None
    place: tuple[str, int] | None = None
    """Of an unreadable answer: which of the two (`a`, `b`) and the column (from 1) where reading stopped."""


@dataclass(frozen=True, slots=True)
class Points:
    """A range of points: `min` is sure, `max` possible."""

    min: float
    max: float
    out_of: float


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of the rubric on one submission."""

    id: str
    role: Role
    outcome: Outcome
    points: Points
    note: str
    message: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a chain, or one display that is not a chain, as it was read."""

    id: str
    chain: str
    kind: str
    outcome: Outcome
    relation: str
    left: str
    right: str
    reads: str
    note: str
    span: Span
    left_span: Span | None = None
    context: tuple[str, ...] = ()
    detail: str = ""
    witness: Witness | None = None
    diagnosis: str | None = None
    repairs: str | None = None
    """The step whose error this line mends."""
    repaired_by: str | None = None
    consequence_of: str | None = None
    charged: bool = False
    source: str = ""
    source_column: int = 1
    """For an unread line: an excerpt of its source and the column in it at which reading stopped."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the student's text as written."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of a part as it was read.

    `kind` is `heading`, `text`, `item` (the label of a list's entry), `formula` (in a line of text), `display` (the first row of
    a displayed formula), `row` (a further one) or `code`. `text` of a formula is LaTeX with the student's macros written out.
    `fresh` says that a paragraph begins here, `spaced` that white space stands before it.
    """

    kind: str
    text: str
    span: Span
    fresh: bool = False
    spaced: bool = True


@dataclass(frozen=True, slots=True)
class WrongValue:
    """What a wrong line (`step`) or a wrong final answer (`check`) is worth: `value` is the same for the same mistake.

    `follows` says that it may only follow from a mistake made before.
    """

    value: str
    follows: bool = False
    step: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class PartReport:
    """All that is said about one part."""

    id: str
    title: dict[str, str]
    score: Points
    status: Status
    checks: tuple[CheckResult, ...]
    steps: tuple[Step, ...]
    found: tuple[Passage, ...] = ()
    """The text of a part that a person still has to look at."""
    written: tuple[Written, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    text_sha256: str = ""
    """Hash of the text that was graded; of the files where nothing was read."""
    wrong: tuple[WrongValue, ...] = ()
    """For comparing submissions; nothing for students."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of grading one submission."""

    submission_id: str
    files: tuple[str, ...]
    sha256: str
    provenance: dict[str, Any]
    score: Points
    parts: tuple[PartReport, ...]
    problems: tuple[dict[str, Any], ...] = ()
