"""A measured figure beside its target, and what a measure may be told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
EXAMPLES: Final = ROOT / "submissions_example"


@dataclass(frozen=True)
class Target:
    """A bound that a figure should keep, in the figure's own unit."""

    bound: float
    least: bool = False
    """Whether the bound is a least value; else it is the most that is allowed."""

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.bound:g}"

    def kept(self, value: float) -> bool:
        """Whether a value keeps the bound."""
        return value >= self.bound if self.least else value <= self.bound


def at_most(bound: float) -> Target:
    """A target from above."""
    return Target(bound)


def at_least(bound: float) -> Target:
    """A target from below."""
    return Target(bound, least=True)


@dataclass(frozen=True)
class Row:
    """One line of the table. `measured` is None where it could not be measured: `note` says why."""

    what: str
    measured: float | None
    unit: str
    target: Target | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is kept; None where there is none, or no figure."""
        if self.target is None or self.measured is None:
            return None
        return self.target.kept(self.measured)


def missing(what: str, why: str) -> Row:
    """A figure that this machine cannot give."""
    return Row(what, None, "", note=f"not measured: {why}")


@dataclass(frozen=True)
class Options:
    """What all measures are told."""

    quick: bool = False
    """Few runs on small inputs: shows that it works, and its figures mean little."""
    files: tuple[Path, ...] = ()
    """Further submissions to grade against the walker."""

    def count(self, usual: int, quick: int) -> int:
        """How often, or how many: the usual number or the one for a quick run."""
        return quick if self.quick else usual
