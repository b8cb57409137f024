"""What the API takes and gives, so that its OpenAPI is true."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from grader.web.limits import NAME_LENGTH, REASON_LENGTH, TEXT_BYTES

Number = int | float
Lang = Literal["en", "fr"]
Texts = dict[str, str]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LENGTH)]
Author = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH)]


class _Open(BaseModel):
    """Reports may say more than is fixed here."""

    model_config = ConfigDict(extra="allow")


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """Why something was not done: `code` for programs, `detail` for people."""

    code: str
    detail: str


class Refused(Problem):
    """With all the reasons."""

    reasons: list[str]


class Points(BaseModel):
    min: Number
    max: Number
    out_of: Number


class Span(BaseModel):
    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Found(Span):
    text: str


class Check(_Open):
    id: str
    role: str
    outcome: str
    points: Points
    note: str
    message: str
    title: Texts
    evidence: dict[str, Any]
    spans: list[Span]


class Step(_Open):
    id: str
    outcome: str
    note: str
    span: Span
    reads: str
    diagnosis: str | None
    consequence_of: str | None
    witness: dict[str, Any] | None


class Part(_Open):
    id: str
    title: Texts
    score: Points
    status: str
    text_sha256: str
    found: list[Found]
    checks: list[Check]
    steps: list[Step]


class Submitted(_Open):
    id: str
    files: list[str]
    sha256: str


class Trouble(_Open):
    note: str
    message: str


class Report(_Open):
    """Schema `grader/report/1`; what a person gave stands in `mark`, beside the program's `score`."""

    schema_: Annotated[Literal["grader/report/1"], Field(alias="schema")]
    submission: Submitted
    provenance: dict[str, Any]
    score: Points
    problems: list[Trouble]
    parts: list[Part]


class Text(_Asked):
    """A text to check. `format` says how it is written; `auto` looks at it."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_BYTES)]
    format: Literal["auto", "tex", "md", "py"] = "auto"
    lang: Lang = "en"


class Health(BaseModel):
    ready: bool
    workers: int
    busy: int
    waiting: int


class SubmissionRow(BaseModel):
    """A submission of the gradebook; `score` is None where it has no result, `open` counts parts that wait for a person."""

    id: str
    who: str
    status: str
    score: Points | None
    open: int
    notes: list[str]


class Override(BaseModel):
    id: int
    submission: str
    part: str
    check: str | None
    points: Number
    reason: str
    author: str
    created_at: str
    decision: int | None
    active: bool
    stale: bool
    ended_at: str
    ended_how: str
    ended_by: str
    ended_why: str


class Question(BaseModel):
    submission: str
    part: str
    check: str | None
    role: str
    outcome: str
    note: str
    low: Number
    high: Number
    out_of: Number
    open: Number
    title: Texts


class Group(BaseModel):
    """Questions that are alike; the first stands for all."""

    kind: str
    open: Number
    questions: list[Question]


class Queue(BaseModel):
    groups: list[Group]


class ExcerptLine(BaseModel):
    file: str
    number: int
    text: str
    marked: bool


class Evidence(BaseModel):
    kind: str
    label: str
    text: str


class Remark(BaseModel):
    id: int
    part: str
    text: str
    author: str
    used: int


class Asked(BaseModel):
    """A question with all that is shown beside it."""

    group: Group
    number: int
    of: int
    title: str
    who: str
    lines: list[ExcerptLine]
    hidden: int
    evidence: list[Evidence]
    notes: str
    bands: Texts
    remarks: list[Remark]


class Decision(_Asked):
    """Points for one question, and for those that are alike: `one`, `all`, or a list of submissions.

    `points` may also be `full`, `half` or `zero`. `author` is needed where no session says who decides.
    """

    submission: Identifier
    part: Identifier
    check: Identifier | None = None
    points: Number | Annotated[str, StringConstraints(max_length=40)]
    reason: Reason
    apply: Literal["one", "all"] | Annotated[list[Identifier], Field(max_length=5000)] = "one"
    author: Author | None = None


class Decided(BaseModel):
    """The overrides a decision gave; `POST /api/desk/undo` takes them back."""

    overrides: list[int]


class Give(_Asked):
    part: Identifier
    check: Identifier | None = None
    points: Number | Annotated[str, StringConstraints(max_length=40)]
    reason: Reason
    author: Author | None = None


class Withdraw(_Asked):
    reason: Reason
    author: Author | None = None


class Keep(_Asked):
    author: Author | None = None


class Undo(_Asked):
    overrides: Annotated[list[Annotated[int, Field(ge=1, le=2**53)]], Field(min_length=1, max_length=5000)]
    author: Author | None = None


class NewRemark(_Asked):
    part: Identifier
    text: Reason
    author: Author | None = None


class Figures(_Open):
    """Schema `grader/stats/1`."""

    schema_: Annotated[Literal["grader/stats/1"], Field(alias="schema")]
    submissions: int
    total: dict[str, Any]
    parts: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    diagnoses: list[dict[str, Any]]
    undecided: list[dict[str, Any]]


class SimilarPairs(_Open):
    """Schema `grader/similar/1`: pairs with more mistakes in common than chance explains. A hint, never a verdict."""

    schema_: Annotated[Literal["grader/similar/1"], Field(alias="schema")]
    hands: int
    pairs: list[dict[str, Any]]
    groups: list[list[str]]
    same_people: list[list[str]]
    unknown: int


class Difference(_Open):
    """Schema `grader/diff/1`: before the last batch against now."""

    schema_: Annotated[Literal["grader/diff/1"], Field(alias="schema")]
    moves: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    only_old: list[str]
    only_new: list[str]
    same: int


class Standing(BaseModel):
    """Whether the marks can be published: not while there are reasons."""

    ready: bool
    reasons: list[str]
    warnings: list[str]
