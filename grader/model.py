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
    """Name of the file; of a notebook `name.ipynb:cell 3`."""
    line: int
    """First line, from 1."""
    column: int
    """First column, from 1."""
    end_line: int
    """Last line."""
    end_column: int
    """The column behind the last character."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Numbers that prove a failure: the names' values and both sides there (plain values, None for undefined)."""

    values: dict[str, Any]
    """The names' values."""
    left: Any
    """The left side's value there."""
    right: Any
    """The right side's value there."""


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
    """A range of points."""

    min: float
    """What is sure."""
    max: float
    """What is possible once a person has looked."""
    out_of: float
    """What it is worth."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of the rubric on one submission."""

    id: str
    """The check's id in the rubric."""
    role: Role
    """Which share of the points it carries."""
    outcome: Outcome
    """What is said of it."""
    points: Points
    """What it earns. `out_of` is 0 where another answer to the same check (written or in Python) counts."""
    note: str
    """Why, as a machine tag (see Notes)."""
    message: dict[str, str] = field(default_factory=dict)
    """The check's title, by language."""
    evidence: dict[str, Any] = field(default_factory=dict)
    """What supports it (see Evidence)."""
    spans: tuple[Span, ...] = ()
    """Where it was found."""
    fraction: float | None = None
    """The share of the points that is sure, where it is not told by the outcome."""


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a chain, or one display that is not a chain, as it was read."""

    id: str
    """`Q7.b:12`: the part and a running number."""
    chain: str
    """The chain it is a link of, empty for one across chains."""
    kind: str
    """What the line is: `identity`, `definition`, `hypothesis`, `equation`, `goal`, `inequality`, `example`, .."""
    outcome: Outcome
    """What is said of it; `assumed` of a line that claims nothing."""
    relation: str
    """`=`, `<`, `<=`, `=>`, `<=>`, ..; empty for a line that could not be read."""
    left: str
    """The left side as written."""
    right: str
    """The right side as written; all of a line that could not be read."""
    reads: str
    """How it was read, as LaTeX."""
    note: str
    """Why, as a machine tag (see Notes)."""
    span: Span
    """Where its right side stands, the line a reader would point at."""
    left_span: Span | None = None
    """Where its left side stands; null where it is not written there."""
    context: tuple[str, ...] = ()
    """The conditions it stands under."""
    detail: str = ""
    """More about the note, in English."""
    witness: Witness | None = None
    """Numbers at which the two sides differ; null where none were looked for or found."""
    diagnosis: str | None = None
    """The smallest change that would mend it, as a machine tag: `constant_factor 1/pi`; null if none is known."""
    repairs: str | None = None
    """The step whose error this line mends."""
    repaired_by: str | None = None
    """The step that mends this one's error."""
    consequence_of: str | None = None
    """The earlier step from whose error it follows; it costs nothing then."""
    charged: bool = False
    """Whether it costs something: wrong, and no consequence."""
    source: str = ""
    """Of an unread line: an excerpt of its source."""
    source_column: int = 1
    """The column in it at which reading stopped."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the student's text as written."""

    span: Span
    """Where it stands."""
    text: str
    """The text."""


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of a part as it was read."""

    kind: str
    """`heading`, `text`, `item` (the label of a list's entry), `formula` (in a line of text), `display` (the first
    row of a displayed formula), `row` (a further one) or `code`."""
    text: str
    """As written; of a formula LaTeX with the student's macros written out."""
    span: Span
    """Where it stands."""
    fresh: bool = False
    """Whether a paragraph begins here."""
    spaced: bool = True
    """Whether white space stands before it."""


@dataclass(frozen=True, slots=True)
class WrongValue:
    """What a wrong line (`step`) or a wrong final answer (`check`) is worth."""

    value: str
    """A hash of the values of both sides, the same for the same mistake."""
    follows: bool = False
    """Whether it may only follow from a mistake made before."""
    step: str | None = None
    """The wrong step, or null."""
    check: str | None = None
    """The check whose answer is wrong, or null."""


@dataclass(frozen=True, slots=True)
class PartReport:
    """All that is said about one part."""

    id: str
    """The part's id in the rubric."""
    title: dict[str, str]
    """Its title, by language."""
    score: Points
    """The sum of its checks."""
    status: Status
    """How it stands as a whole."""
    checks: tuple[CheckResult, ...]
    """What the rubric looks for, in its order."""
    steps: tuple[Step, ...]
    """Every line of a derivation, judged where it stands."""
    found: tuple[Passage, ...] = ()
    """The text of a part that a person still has to look at."""
    written: tuple[Written, ...] = ()
    """The whole part as it was read, piece by piece."""
    evidence: dict[str, Any] = field(default_factory=dict)
    text_sha256: str = ""
    """Hash of the text that was graded; of the files where nothing was read."""
    wrong: tuple[WrongValue, ...] = ()
    """For comparing submissions; nothing for students."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of grading one submission."""

    submission_id: str
    """Its id."""
    files: tuple[str, ...]
    """Names of its files."""
    sha256: str
    """Hash of its files."""
    provenance: dict[str, Any]
    """What the result depends on besides: version of the grader, hash of the assignment, seed, versions of
    libraries."""
    score: Points
    """The sum of the parts."""
    parts: tuple[PartReport, ...]
    """All parts of the assignment, also those without an answer."""
    problems: tuple[dict[str, Any], ...] = ()
    """What went wrong while reading, each with `note`, `message` and where known `file`, `line`, `column`."""
