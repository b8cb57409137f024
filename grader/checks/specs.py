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
    """In English."""
    fr: str = Field(pattern=r"\S")
    """In French."""


class Target(Strict):
    """What is asked for: a derived form of the reference by name, or LaTeX."""

    derived: str | None = None
    """The name of a form that the reference derives."""
    latex: str | None = None
    r"""A formula, where nothing need be derived: `\frac{1}{2}`."""


class Carried(Strict):
    """How the target follows from the answer to an earlier check (`after`), to judge what is consistent with an error.

    `how`: `jacobian` of a field by `variables` where they are zero; `polynomial` (characteristic, in λ) or `eigenvalues`
    of a matrix; `added` to a vector's entries, or to a matrix as one formula.
    """

    after: str
    """The earlier check (`Q7.1.slope`) from whose answer the target follows."""
    how: Literal["jacobian", "polynomial", "eigenvalues", "added"]
    """What is done with that answer."""
    variables: tuple[str, ...] = ()
    """Of a `jacobian`: by which names, in their order."""
    added: tuple[str, ...] = ()
    """What is `added` to each entry, or one formula for a matrix."""


class Shown(Strict):
    """What stands for a step that is not recognised: so many confirmed lines with one of the features, no line that
    fails, and right answers to `final` (checks of the same part)."""

    links: int = Field(ge=1)
    """So many lines must be confirmed."""
    has: tuple[str, ...] = ()
    """Shapes (see Features) of which each such line has one."""
    final: tuple[str, ...]
    """Checks of the same part that must be correct."""
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
    """The kind of the check."""
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Its name within the part, in small letters."""
    role: Role
    """How it behaves where it fails: a wrong `final_answer` is incorrect, with numbers; a `derivation` or an
    `explanation` that is not recognised goes to a person; `manual` is a person's from the start."""
    points: float = Field(gt=0, le=100, allow_inf_nan=False)
    """What it is worth; the checks of a part sum to the part's points."""
    title: Text
    """What it looks for, as students and assistants read it."""
    accepts: tuple[str, ...] = ()
    """Answers that must be correct by it, tried by `grader selftest`: a formula, or a text with dollars."""
    rejects: tuple[str, ...] = ()
    """Answers that must not be correct by it; the slips that you expect."""
    shown: Shown | None = None
    """What stands for the step where it is not recognised itself."""
    needs: tuple[str, ...] = ()
    """Checks of the same part of which one must be correct before this one can be: a conclusion that nothing leads to is
    only the question repeated."""
    covers: tuple[str, ...] = ()
    """Checks of the same part that are the cases of this conclusion: unless all are correct only half of it is sure."""
    after: tuple[str, ...] = ()
    """Checks (`Q7.1.slope`) whose answers this one builds on: a wrong answer after a wrong one may only follow from it,
    and is then for a person."""
    carried: tuple[Carried, ...] = ()
    """How the target follows from the student's own earlier answer, so that nobody pays twice."""
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
    """Regular expressions on folded text (small letters, no accents), any one of which suffices."""
    together: tuple[tuple[str, ...], ...] = ()
    """Groups of phrases, each of which must be met."""
    within: int = 0
    """Of groups met together: at most this many characters from a phrase of the first (0: anywhere)."""
    unless: tuple[str, ...] = ()
    """Phrases that take it back: negations, the contrary."""


class Law(Strict):
    """A parameter of a Gaussian law: where `of` is said to be N(m, v), that claims m (`mean`) or v (`variance`)."""

    of: str
    r"""The variable, as the left side of `x \sim N(m, v)`."""
    asks: Literal["mean", "variance"]
    """Which of its parameters is the answer."""


class ValueCheck(CheckBase):
    """The part's quantity equals the target; `named` are left sides that claim it."""

    type: Literal["value"]
    target: Target
    """What the answer equals."""
    named: tuple[str, ...] = ()
    """Left sides under which students claim it: in `s^2 = ..` it is `s^2`."""
    law: Law | None = None
    """Takes the answer from a law that is named, too."""
    explicit: bool = True
    """Whether the answer must be free of derivatives, expectations and functions that are only named."""
    must_name: tuple[str, ...] = ()
    """Names that an answer must be written with."""
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
    """Their places, from 1."""
    named: tuple[str, ...]
    """Left sides under which they are claimed together."""


class ComponentsCheck(CheckBase):
    """A vector whose entries may be given together or one by one."""

    type: Literal["components"]
    target: Target
    """The vector as a whole."""
    entries: tuple[Target, ...]
    """Its entries one by one, in order."""
    named: tuple[str, ...] = ()
    """Left sides under which the whole vector is claimed."""
    named_entries: tuple[tuple[str, ...], ...] = ()
    """For each entry the left sides under which it is claimed."""
    blocks: tuple[Block, ...] = ()
    """Entries that have a name together."""
    variables: tuple[str, ...] = ()
    """The names whose order the entries follow; another order counts where the student declares it."""
    unchanged: tuple[int, ...] = ()
    """Entries that an earlier part already gave and that need not be written again."""


class PointCheck(CheckBase):
    """A point given as a tuple or coordinate by coordinate."""

    type: Literal["point"]
    target: Target
    """The point as a tuple."""
    coordinates: tuple[str, ...]
    """Names of its coordinates, in order."""
    phrases: tuple[str, ...] = ()
    """Words that name the right point."""
    mentions: str = ""
    """A pattern of words that speak of such a point: then an answer may stand in words we do not know."""


class EigenvaluesCheck(CheckBase):
    """An unordered set of values, gathered over several claims; `regime` restricts the world."""

    type: Literal["eigenvalues"]
    target: Target
    """The values as a tuple, each as often as it counts."""
    label: str = r"\lambda"
    """The letter under which they are claimed."""
    regime: tuple[str, ...] = ()
    r"""Conditions under which they are asked for, such as `\gamma > 1`."""


class IdentityCheck(CheckBase):
    """Some link of a chain equates an expression that needs `left_has` with one that is free of it."""

    type: Literal["identity"]
    left_has: tuple[Literal["expectation", "derivative", "determinant", "divergence"], ...]
    """What the one side has and the other is free of."""
    any_of: tuple[tuple[str, ...], ...] = ()
    """Groups of left sides; all of one group must be resolved so. Without: any one is."""


class SubtermCheck(CheckBase):
    """All targets of one group occur as parts of some formula."""

    type: Literal["subterm"]
    any_of: tuple[tuple[Target, ...], ...]
    """Groups of formulas; all of one group must stand somewhere in the part, in any form."""


class DerivationCheck(CheckBase):
    """A chain from the quantity asked for to the target whose links all hold."""

    type: Literal["derivation"]
    target: Target
    """Where the chain must end."""
    links: int = 2
    """How many links it must have at least."""


class Waypoint(Strict):
    """The shape some member of a chain must have; `contains` and `without` name densities, `only` all its names."""

    has: tuple[Feature, ...] = ()
    """Shapes that it has."""
    lacks: tuple[Feature, ...] = ()
    """Shapes that it has not."""
    contains: tuple[str, ...] = ()
    """Densities that stand in it, such as `q(x_t|x_0)`."""
    without: tuple[str, ...] = ()
    """Densities that do not."""
    only: tuple[str, ...] = ()
    """If given: all names that may stand in it."""


class Way(Strict):
    """A stretch of a chain: `start relation end` past all waypoints `past`, at least `least` links long.

    `together` lists stretches that must all be found instead. `links: none` asks only that it is claimed.
    """

    start: Target | None = None
    """Where the stretch begins; nothing: anywhere."""
    relation: Literal["=", "<", ">", "<=", ">=", "!="] = "="
    """How its start is related to its end."""
    end: Target | None = None
    """Where it ends."""
    past: tuple[Waypoint, ...] = ()
    """Shapes, each of which some member must have."""
    least: int = Field(default=1, ge=1)
    """How many links it has at least."""
    exactly: bool = False
    """The sides themselves, not a claim whose difference is a multiple of theirs (which may be a hypothesis)."""
    links: Literal["all", "none"] = "all"
    """Whether all links must hold, or `none` is asked for: then it need only be claimed."""
    together: tuple[Way, ...] = ()
    """Stretches that must all be found, instead of one."""
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
    """The ways, each of which earns the points."""
    partly: Words | None = None
    """Words that earn half where no way is gone: a bare statement without its reason."""
    mentions: str = ""
    """A pattern of words without any of which the part cannot speak of the matter: then it is missing."""
    clean: tuple[Feature | Literal["any"], ...] = ()
    """No line of the part that takes such an operator away or brings it in (`any`: no line at all) may clearly fail; one
    that does leaves the points to a person."""
    families: str = ""
    """A pattern of names of worlds (`Q7.b model_*`): the chain must hold in one of them."""
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
    """The density that is written as a product."""
    families: str
    """A pattern of names of worlds: the models that the question allows."""
    over: str
    """The variable whose factor is judged."""
    never: str
    """What this factor may not be conditioned on."""
    asks: Literal["over", "rest"]
    """Which factors this check judges."""


class ComponentCheck(CheckBase):
    """A component of a decomposition: named, a term of a sum or a group of terms; in any world of `families`."""

    type: Literal["component"]
    target: Target
    """The component."""
    whole: Target
    """What is split into components."""
    named: str = ""
    """A pattern of names (their keys) under which the component is claimed, such as `VAE`."""
    families: str = ""
    """A pattern of names of worlds, in any of which it may hold."""


class InjectivityCheck(CheckBase):
    """Two points with one image, or constancy on a stretch, for all parameters in `region`."""

    type: Literal["not_injective"]
    function: str
    """The function's name."""
    argument: str
    """The name of its argument."""
    parameters: tuple[str, ...]
    """Names over all of whose values the claim goes."""
    region: tuple[str, ...] = ()
    """Conditions on the parameters."""
    unless: tuple[str, ...] = ()
    """Words that say the contrary of what the points show."""
    onto: Words | None = None
    """Words under which a bound of the image counts: that invertible means onto as well."""


class ReviewCheck(CheckBase):
    """A text for a person: its length, and for each prompt the passage that seems to answer it."""

    type: Literal["review"]
    prompts: dict[str, tuple[str, ...]]
    """For each prompt the words by which a passage is found that may answer it."""
    bands: dict[str, Text] = Field(default_factory=dict)
    """For so many points, what a text must be: shown to who marks."""


class ProseCheck(CheckBase):
    """Words that explain; phrase tables per language, `unless` for negations. Never incorrect."""

    type: Literal["prose"]
    phrases: tuple[str, ...] = ()
    """Regular expressions on folded text (small letters, no accents), any one of which suffices."""
    unless: tuple[str, ...] = ()
    """Phrases that take it back: negations, the contrary."""
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
