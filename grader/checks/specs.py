"""What a rubric says of a check: its options, validated; the checks themselves stand beside."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.model import Role


class Strict(BaseModel):
    """Unknown keys are faults; records are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """Words for people, in both languages."""

    en: str = Field(pattern=r"\S")
    fr: str = Field(pattern=r"\S")


class Target(Strict):
    """What is asked for: a derived form of the reference by name, or LaTeX."""

    derived: str | None = None
    latex: str | None = None


class Carried(Strict):
    """How the target follows from the answer to an earlier check (`after`), to judge what is consistent with an error.

    `how`: `jacobian` of a field by `variables` where they are zero; `polynomial` (characteristic, in λ) or `eigenvalues`
    of a matrix; `added` to a vector's entries, or to a matrix as one formula.
    """

    after: str
    how: Literal["jacobian", "polynomial", "eigenvalues", "added"]
    variables: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


class Shown(Strict):
    """What stands for a step that is not recognised: so many confirmed lines with one of the features, no line that
    fails, and right answers to `final` (checks of the same part)."""

    links: int = Field(ge=1)
    has: tuple[str, ...] = ()
    final: tuple[str, ...]
    names: tuple[str, ...] = ()
    """Names that stand together in some line which does not begin with the first of them."""


Feature = Literal[
    "expectation",
    "derivative",
    "divergence",
    "jensen_shannon",
    "norm",
    "logistic",
    "matrix",
    "partial",
    "sum",
    "product",
    "log_of_mean",
    "mean_of_log",
    "log_of_sum",
    "logs_in_sum",
    "sum_from_two",
    "joint",
    "ratio",
]


class CheckBase(Strict):
    """What all checks have; `type` names the check in the table `CHECKS`."""

    type: str
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    role: Role
    points: float = Field(gt=0, le=100, allow_inf_nan=False)
    title: Text
    accepts: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()
    shown: Shown | None = None
    needs: tuple[str, ...] = ()
    """Checks of the same part of which one must be correct before this one can be: a conclusion that nothing leads to is
    only the question repeated."""
    covers: tuple[str, ...] = ()
    """Checks of the same part that are the cases of this conclusion: unless all are correct only half of it is sure."""
    after: tuple[str, ...] = ()
    """Checks (`Q7.1.slope`) whose answers this one builds on: a wrong answer after a wrong one may only follow from it,
    and is then for a person."""
    carried: tuple[Carried, ...] = ()
    traces: str = ""
    """A pattern of which something stands in the words or the formulas of every answer that could show the step; where
    nothing does, and all is read, the step is missing."""
    written: tuple[Feature, ...] = ()
    """Shapes of which some formula has one wherever the step is written down; where none has, words earn half at most."""
    traces_after: str = ""
    """A pattern: only what stands behind its last occurrence is asked for traces, as in `(ii)`."""
    alone: float = Field(default=1, ge=0, le=1)
    """The share left where the part claims nothing but its final answers."""
    unsaid: float = Field(default=0, ge=0, le=1)
    """The share that a person may still give where nothing is said of the step."""
    notes: Text | None = None
    """What helps a person who marks the check by hand, such as typical errors and what they cost; students never see it."""


class Words(Strict):
    """Phrases any one of which suffices, or groups each of which must be met; nothing of `unless` may stand there."""

    phrases: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    within: int = 0
    """Of groups met together: at most this many characters from a phrase of the first (0: anywhere)."""
    unless: tuple[str, ...] = ()


class Law(Strict):
    """A parameter of a Gaussian law: where `of` is said to be N(m, v), that claims m (`mean`) or v (`variance`)."""

    of: str
    asks: Literal["mean", "variance"]


class ValueCheck(CheckBase):
    """The part's quantity equals the target; `named` are left sides that claim it."""

    type: Literal["value"]
    target: Target
    named: tuple[str, ...] = ()
    law: Law | None = None
    explicit: bool = True
    """Whether the answer must be free of derivatives, expectations and functions that are only named."""
    must_name: tuple[str, ...] = ()
    must_not_name: tuple[str, ...] = ()
    """Names an answer must and must not use, where a trivial identity would have the same value."""
    otherwise: Words | None = None
    """Words of another way that needs no such answer; then the check counts as explained."""
    factor: bool = False
    """Whether the target counts up to a constant factor wherever it stands in the part (a characteristic polynomial)."""
    forms: tuple[Target, ...] = ()
    """With `factor`: what counts like the target (the polynomial of a block)."""
    variables: tuple[str, ...] = ()
    """For a Jacobian: its variables in the target's order; another order counts where the student declares it."""


class Block(Strict):
    """Entries (from 1) that are claimed together under a name of their own, such as the ψ part of a field."""

    entries: tuple[int, ...]
    named: tuple[str, ...]


class ComponentsCheck(CheckBase):
    """A vector whose entries may be given together or one by one."""

    type: Literal["components"]
    target: Target
    entries: tuple[Target, ...]
    named: tuple[str, ...] = ()
    named_entries: tuple[tuple[str, ...], ...] = ()
    blocks: tuple[Block, ...] = ()
    variables: tuple[str, ...] = ()
    """The names whose order the entries follow; another order counts where the student declares it."""
    unchanged: tuple[int, ...] = ()
    """Entries that an earlier part already gave and that need not be written again."""


class PointCheck(CheckBase):
    """A point given as a tuple or coordinate by coordinate."""

    type: Literal["point"]
    target: Target
    coordinates: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    """Words that name the right point."""
    mentions: str = ""
    """A pattern of words that speak of such a point: then an answer may stand in words we do not know."""


class EigenvaluesCheck(CheckBase):
    """An unordered set of values, gathered over several claims; `regime` restricts the world."""

    type: Literal["eigenvalues"]
    target: Target
    label: str = r"\lambda"
    regime: tuple[str, ...] = ()


class IdentityCheck(CheckBase):
    """Some link of a chain equates an expression that needs `left_has` with one that is free of it."""

    type: Literal["identity"]
    left_has: tuple[Literal["expectation", "derivative", "determinant", "divergence"], ...]
    any_of: tuple[tuple[str, ...], ...] = ()


class SubtermCheck(CheckBase):
    """All targets of one group occur as parts of some formula."""

    type: Literal["subterm"]
    any_of: tuple[tuple[Target, ...], ...]


class DerivationCheck(CheckBase):
    """A chain from the quantity asked for to the target whose links all hold."""

    type: Literal["derivation"]
    target: Target
    links: int = 2


class Waypoint(Strict):
    """The shape some member of a chain must have; `contains` and `without` name densities, `only` all its names."""

    has: tuple[Feature, ...] = ()
    lacks: tuple[Feature, ...] = ()
    contains: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


class Way(Strict):
    """A stretch of a chain: `start relation end` past all waypoints `past`, at least `least` links long.

    `together` lists stretches that must all be found instead. `links: none` asks only that it is claimed.
    """

    start: Target | None = None
    relation: Literal["=", "<", ">", "<=", ">=", "!="] = "="
    end: Target | None = None
    past: tuple[Waypoint, ...] = ()
    least: int = Field(default=1, ge=1)
    exactly: bool = False
    """The sides themselves, not a claim whose difference is a multiple of theirs (which may be a hypothesis)."""
    links: Literal["all", "none"] = "all"
    together: tuple[Way, ...] = ()
    near: int = 0
    """Of stretches found together: at most this many chains apart (0: anywhere in the part)."""
    occurs: Target | None = None
    """A formula of this value that must stand somewhere in the part, written out."""
    among: tuple[str, ...] = ()
    """The only names that this formula may be written with."""
    also: Words | None = None
    """Words that must stand beside it."""


class ChainCheck(CheckBase):
    """One of several ways of showing something, all links holding; in any world whose name matches `families` if given."""

    type: Literal["chain"]
    any_of: tuple[Way, ...]
    partly: Words | None = None
    """Words that earn half where no way is gone: a bare statement without its reason."""
    mentions: str = ""
    """A pattern of words without any of which the part cannot speak of the matter: then it is missing."""
    clean: tuple[Feature | Literal["any"], ...] = ()
    """No line of the part that takes such an operator away or brings it in (`any`: no line at all) may clearly fail; one
    that does leaves the points to a person."""
    families: str = ""
    unless: tuple[str, ...] = ()
    """Words that take the way back (a circular or a false reason): then it is for a person."""
    against: tuple[str, ...] = ()
    """Words that claim the contrary: half at most where no way is gone."""
    under: tuple[str, ...] = ()
    """Conditions under which a student may go the way: what they leave out is another check's."""
    impossible: float = Field(default=1, ge=0, le=1)
    """The share left where no way is gone and the part states an equation that no values solve, such as a zero
    discriminant that is positive."""


class FactorizationCheck(CheckBase):
    """A density written as a product: true in a world of `families`, with a factor over `over` given none of `never`.

    `asks` says which of the factors this check judges: the one over `over` or the rest.
    """

    type: Literal["factorization"]
    target: Target
    families: str
    over: str
    never: str
    asks: Literal["over", "rest"]


class ComponentCheck(CheckBase):
    """A component of a decomposition: named, a term of a sum or a group of terms; in any world of `families`."""

    type: Literal["component"]
    target: Target
    whole: Target
    named: str = ""
    """A pattern of names (their keys) under which the component is claimed, such as `VAE`."""
    families: str = ""


class InjectivityCheck(CheckBase):
    """Two points with one image, or constancy on a stretch, for all parameters in `region`."""

    type: Literal["not_injective"]
    function: str
    argument: str
    parameters: tuple[str, ...]
    region: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    """Words that say the contrary of what the points show."""
    onto: Words | None = None
    """Words under which a bound of the image counts: that invertible means onto as well."""


class ReviewCheck(CheckBase):
    """A text for a person: its length, and for each prompt the passage that seems to answer it."""

    type: Literal["review"]
    prompts: dict[str, tuple[str, ...]]
    bands: dict[str, Text] = Field(default_factory=dict)


class ProseCheck(CheckBase):
    """Words that explain; phrase tables per language, `unless` for negations. Never incorrect."""

    type: Literal["prose"]
    phrases: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    """Groups of which each must be met (beside `phrases`, any one of which suffices alone)."""
    mentions: str = ""
    """A pattern of words without any of which the part cannot speak of the matter: then it is missing."""
    minor: tuple[str, ...] = ()
    """Words of an over-claim that costs little: a person decides about the last quarter only."""
    clean: bool = False
    """Whether no line of the part may clearly fail: a conclusion drawn from a false line is for a person."""


class ManualCheck(CheckBase):
    """For a person."""

    type: Literal["manual"]


Check = Annotated[
    ValueCheck
    | ComponentsCheck
    | PointCheck
    | EigenvaluesCheck
    | IdentityCheck
    | SubtermCheck
    | DerivationCheck
    | ChainCheck
    | FactorizationCheck
    | ComponentCheck
    | InjectivityCheck
    | ReviewCheck
    | ProseCheck
    | ManualCheck,
    Field(discriminator="type"),
]
