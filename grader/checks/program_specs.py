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
    share: float = Field(default=1, gt=0, le=1)
    where: tuple[str, ...] = ()


class Instead(Strict):
    """A quantity that is easily taken for the one asked for, and its name for the student."""

    target: Target
    name: str


class FollowsFrom(Strict):
    """A function of an earlier part from which this one's values follow: the `jacobian` of its field where all variables but
    this one's arguments are zero, or the `eigenvalues` of its matrix."""

    after: str
    how: Literal["jacobian", "eigenvalues"]


class Table(Strict):
    """An argument that is a table of a density: its axes are what is given, then its variables. With `over` one table for
    each value of that index (a leading axis), from `first` to the size `last`."""

    density: str
    over: str = ""
    first: int = 1
    last: str = ""


class State(Strict):
    """An argument that is the state (from 0) of a discrete variable."""

    state: str


class ProgramLimits(Strict):
    """What one call may use; the memory is on top of what Python and its libraries take."""

    seconds: float = Field(default=5, gt=0, le=60, allow_inf_nan=False)
    memory_mb: int = Field(default=512, ge=16, le=8192)
    output_kb: int = Field(default=64, ge=1, le=4096)


class ProgramSpec(Strict):
    """One function of a part's Python answers.

    `asks`: a `value` (number, vector, matrix); `eigenvalues`, in any order; `terms`, of which all but the first and the
    last are added up; a `witness`: two different values of `variable` at which the target is the same.
    """

    function: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    title: Text
    asks: Literal["value", "eigenvalues", "terms", "witness"] = "value"
    arguments: tuple[str | Table | State, ...] = ()
    target: Target | None = None
    terms: tuple[Target, ...] = ()
    variable: str = ""
    counts: tuple[Earned, ...] = Field(min_length=1)
    instead: tuple[Instead, ...] = ()
    follows: FollowsFrom | None = None
    entries: bool = False
    """Whether each right entry of a vector earns its part."""
    scales: tuple[dict[str, Annotated[float, Field(allow_inf_nan=False)]], ...] = ()
    """Further points of unusual size: a failure there alone is never called wrong."""
    gradient: bool = False
    """Whether the derivatives by the arguments are asked for too, of answers in torch."""
    limits: ProgramLimits = ProgramLimits()
