"""What a rubric says of a Python answer: which function, what it is asked for, and which checks it stands for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from grader.checks.specs import Strict, Target, Text


class Earned(Strict):
    """A check of the part that the function stands for: what it earns is the better of the two.

    `share` is what the function earns at most of the check's points (less than 1 where the answer alone shows only part of
    it); `where` are the conditions under which its values count for this check.
    """

    check: str
    """The check of the part."""
    share: float = Field(default=1, gt=0, le=1)
    """The share of its points."""
    where: tuple[str, ...] = ()
    """Conditions under which the values count for it."""


class Instead(Strict):
    """A quantity that is easily taken for the one asked for, and its name for the student."""

    target: Target
    """The other quantity."""
    name: str
    """What a student is told that they gave."""


class FollowsFrom(Strict):
    """A function of an earlier part from which this one's values follow: the `jacobian` of its field where all variables but
    this one's arguments are zero, or the `eigenvalues` of its matrix."""

    after: str
    """The function of the earlier part."""
    how: Literal["jacobian", "eigenvalues"]
    """What is done with what it gives."""


class Table(Strict):
    """An argument that is a table of a density: its axes are what is given, then its variables. With `over` one table for
    each value of that index (a leading axis), from `first` to the size `last`."""

    density: str
    """The density, as in the world: `q(x_1|x_0)`."""
    over: str = ""
    """The index that the leading axis goes over."""
    first: int = 1
    """Its first value."""
    last: str = ""
    """The size that is its last value."""


class State(Strict):
    """An argument that is the state (from 0) of a discrete variable."""

    state: str
    """The variable."""


class ProgramLimits(Strict):
    """What one call may use; the memory is on top of what Python and its libraries take."""

    seconds: float = Field(default=5, gt=0, le=60, allow_inf_nan=False)
    """Time for one call, without what it waited for a processor."""
    memory_mb: int = Field(default=512, ge=16, le=8192)
    """Memory, in MB."""
    output_kb: int = Field(default=64, ge=1, le=4096)
    """What it may print, in kB."""


class ProgramSpec(Strict):
    """One function of a part's Python answers.

    `asks`: a `value` (number, vector, matrix); `eigenvalues`, in any order; `terms`, of which all but the first and the
    last are added up; a `witness`: two different values of `variable` at which the target is the same.
    """

    function: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The name students give it."""
    title: Text
    """What it computes."""
    asks: Literal["value", "eigenvalues", "terms", "witness"] = "value"
    """What kind of answer it returns."""
    arguments: tuple[str | Table | State, ...] = ()
    """What it is called with, in order: names of the world, tables of densities, states."""
    target: Target | None = None
    """What a `value`, `eigenvalues` or a `witness` is held against."""
    terms: tuple[Target, ...] = ()
    """What `terms` are held against, one by one."""
    variable: str = ""
    """Of a `witness`: the name that takes two values."""
    counts: tuple[Earned, ...] = Field(min_length=1)
    """The checks it stands for."""
    instead: tuple[Instead, ...] = ()
    """Quantities that are easily taken for the right one; the student is told which."""
    follows: FollowsFrom | None = None
    """How the values follow from the student's own earlier function."""
    entries: bool = False
    """Whether each right entry of a vector earns its part."""
    scales: tuple[dict[str, Annotated[float, Field(allow_inf_nan=False)]], ...] = ()
    """Further points of unusual size: a failure there alone is never called wrong."""
    gradient: bool = False
    """Whether the derivatives by the arguments are asked for too, of answers in torch."""
    limits: ProgramLimits = ProgramLimits()
    """What one call may use."""
