"""Points that only exist: `f(x) - f(y) = f'(\\xi)(x - y)` for some `\\xi` between `x` and `y` (mean value theorem)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from grader.derivation.runs import Run
from grader.derivation.settings import Settings
from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.evaluate import Evaluator
from grader.maths.side_by_side import number
from grader.maths.worlds import Block
from grader.model import Outcome, Verdict, Witness
from grader.reading.part_text import Chain

_WORDS: Final = (
    r"\b(?:exist\w*|there (?:is|are)|there's|il y a|some|certain\w*|finds?|trouv\w*|gives?|donn\w*|fourni\w*|mean[- ]value|accroissements|"
    r"rolle|lagrange|taylor|mvt|taf|tvm|intermedia\w*|theorem\w*)\b"
)
_SOME: Final = re.compile(_WORDS + "[^.;]*$")
"""Words of the sentence before a formula that speak of a point that only exists."""
_SOME_BEHIND: Final = re.compile(
    r"\W*(?:for (?:some|a|an|one|at least one)|where|with|pour (?:un|une|au moins)|avec|ou)\b"
)
"""Words behind a formula, before it is said where the point lies."""
_ANY: Final = re.compile(
    r"\b(?:any|every|each|for all|pour (?:tout\w*|tous|chaque)|quel\w* que|arbitra\w*|quelconque\w*|when\w*|if|si)\b[^.;]*$"
)
_PLACES: Final = frozenset({"in", "<", "<=", ">", ">="})
_LESS: Final = frozenset({"<", "<="})
_MORE: Final = frozenset({">", ">="})
_STEPS: Final = 401
"""Points tried from one end to the other."""
_TOUCH: Final = 1e-9
_APART: Final = 0.02
"""What the sides must stay apart, of the larger one, at all points: a smooth function does not come nearer between two."""
_NEAR: Final = 0.1
_FEWEST: Final = 3
"""Samples at which no point must do, for the claim to be false."""


@dataclass(frozen=True, slots=True)
class Point:
    """A name of which the part says no more than between which ends it lies; `some` if words say that there is one."""

    name: T.Name
    low: T.Node
    high: T.Node
    some: bool
    placed: bool = True
    """Whether a line says where it lies."""


class Points:
    """The points of one part that only exist, and the equalities said of them."""

    def __init__(self, settings: Settings, runs: Sequence[Run]) -> None:
        self.settings = settings
        self.runs = runs
        self.known: dict[T.Name, Point] = {}

    def judged(self, run: Run, left: T.Node, right: T.Node, *, sure: bool) -> Verdict | None:
        """The verdict on an equality that is said of a point between two ends; None if it speaks of none.

        `sure` tells whether nothing around the line, such as a proof by contradiction, could make it right.
        """
        point = None if run.always or run.either else self._point(run, left, right)
        if point is None:
            return None
        judges = [judge for judge in self.settings.current(run) if self.settings.possible(judge)]
        verdicts = [_somewhere(judge, left, right, point) for judge in judges]
        found = next((v for v in verdicts if v.outcome is Outcome.CORRECT), None)
        if found is not None:
            self.known[point.name] = point
            return found if point.some else Verdict(Outcome.UNDECIDED, "holds_somewhere")
        if sure and point.some and point.placed and verdicts and all(v.outcome is Outcome.INCORRECT for v in verdicts):
            return verdicts[-1]
        return Verdict(Outcome.UNDECIDED, "not_confirmed") if point.some else None

    def _point(self, run: Run, left: T.Node, right: T.Node) -> Point | None:
        """The only point that only exists in an equality; None if there are none or several."""
        names = {n for side in (left, right) for n in T.of_kind(side, T.Name) if self._free(n)}
        applied = {n for side in (left, right) for n in _applied(side, 0)}
        sloped = {n for side in (left, right) for n in _applied(side, 1)}
        found = []
        for name in names:
            if name in self.known:
                found.append(self.known[name])
                continue
            inside = name in applied and not any(name in _outside(side) for side in (left, right))
            point = self._between(run, name, new=inside)
            others = sorted(names - {name}, key=lambda n: n.key)
            if point is None and inside and name in sloped and len(others) == 2 and not self._said_of(run, name):
                # `g(y) - g(x) = g'(\\xi)(y - x)`, and of the place at most words
                point = Point(name, others[0], others[1], some=_is_some(run, run.chain, behind=True), placed=False)
            if point is not None:
                found.append(point)
        return found[0] if len(found) == 1 else None

    def _free(self, name: T.Name) -> bool:
        world = self.settings.world
        return name.key not in world.definitions and name.base not in world.functions

    def _met(self, run: Run, name: T.Name) -> bool:
        """Whether an earlier line says more of a name than where it lies."""
        return any(
            name in T.of_kind(m, T.Name)
            for r in self.runs
            if r.order < run.order and set(r.relations).isdisjoint(_PLACES)
            for m in r.members
        )

    def _said_of(self, run: Run, name: T.Name) -> bool:
        """Whether anything was said of a name before a line, or straight behind it."""
        placed = any(self._place(r, name) is not None for r in self.runs if r.order <= run.order + 1)
        return placed or self._met(run, name)

    def _between(self, run: Run, name: T.Name, *, new: bool) -> Point | None:
        """The point where the part says in or between what it lies, before it is spoken of or straight behind."""
        for other in self.runs:
            if other.order > run.order + 1:
                break
            ends = self._place(other, name)
            if ends is None or name in ends:
                continue
            if _is_some(run, other.chain, behind=other.order > run.order):
                return Point(name, *ends, some=True)
            if new and not self._met(run, name) and not _is_any(run, other.chain):
                return Point(name, *ends, some=False)
        for condition in run.conditions:  # `\\text{for some } \\xi \\in (x, y)` in a display
            if isinstance(condition, T.Rel) and condition.relations == ("in",) and condition.operands[0] == name:
                ends = _ends(condition.operands[1])
                if ends is not None and new and not self._met(run, name) and not _is_any(run):
                    return Point(name, *ends, some=False)
        return None

    def _place(self, run: Run, name: T.Name) -> tuple[T.Node, T.Node] | None:
        """The ends that a line puts around a name: `c \\in (x, y)`, `x < c < y` in one or as two inequalities beside each other."""
        members, relations = run.members, set(run.relations)
        if run.relations == ("in",) and members[0] == name:
            return _ends(members[1])
        if members[1] != name or not (relations <= _LESS or relations <= _MORE):
            return None
        if len(members) == 3:
            return members[0], members[2]
        for other in self.runs:
            same_way = set(other.relations) <= (_LESS if relations <= _LESS else _MORE)
            if other.chain is run.chain and other is not run and same_way and other.members[0] == name:
                return members[0], other.members[-1]
        return None


def _is_some(run: Run, *chains: Chain | None, behind: bool) -> bool:
    """Whether words before a line, before the place of the point or behind the line say that there is such a point."""
    after = run.chain.after if behind and run.chain is not None else ""
    words = [c.words for c in (*chains, run.chain) if c is not None]
    return any(_SOME.search(w) for w in words) or bool(_SOME_BEHIND.match(after))


def _is_any(run: Run, *chains: Chain | None) -> bool:
    """Whether words say that it is any point."""
    return any(_ANY.search(c.words) for c in (*chains, run.chain) if c is not None)


def _applied(node: T.Node, primes: int) -> set[T.Name]:
    """Names in the arguments of functions that have at least so many primes."""
    return {n for a in T.of_kind(node, T.Apply) if a.primes >= primes for arg in a.args for n in T.of_kind(arg, T.Name)}


def _outside(node: T.Node) -> set[T.Name]:
    """Names that stand outside of the arguments of functions."""
    if isinstance(node, T.Apply):
        return set()
    own = {node} if isinstance(node, T.Name) else set()
    return own.union(*(_outside(child) for child in T.children(node)))


def _ends(node: T.Node) -> tuple[T.Node, T.Node] | None:
    if isinstance(node, T.Interval):
        return node.low, node.high
    if isinstance(node, T.Tup) and len(node.items) == 2:
        return node.items[0], node.items[1]
    return None


def _somewhere(judge: Judge, left: T.Node, right: T.Node, point: Point) -> Verdict:
    """Whether the sides are equal at some point between the ends, for all samples (`correct`), or at none of several."""
    wide = Judge(replace(judge.world, quadratures=1, moved=True))
    met = tried = 0
    witness: Witness | None = None
    try:
        with np.errstate(all="ignore"):
            for block in wide.blocks([left, right, point.low, point.high]):
                ev = Evaluator(block, budget=600_000)
                a, b = _sides(ev, left, right, point)
                gap = a - b
                size = np.maximum(np.abs(a), np.abs(b))
                small = (
                    np.minimum(np.abs(gap[:, 1:]), np.abs(gap[:, :-1])) <= _NEAR * size[:, 1:]
                )  # no jump over a pole
                crosses = ((np.sign(gap[:, 1:]) != np.sign(gap[:, :-1])) & small).any(axis=1)
                touches = (np.abs(gap) <= _TOUCH * size).any(axis=1)
                usable = np.isfinite(gap).all(axis=1)
                apart = (
                    usable
                    & (np.sign(gap) == np.sign(gap[:, :1])).all(axis=1)
                    & (np.abs(gap) > _APART * size).all(axis=1)
                )
                met += int((usable & (crosses | touches)).sum())
                tried += len(gap)
                if witness is None and apart.sum() >= _FEWEST:
                    witness = _witness(ev, block, int(np.flatnonzero(apart)[0]), a, b, point.name)
    except EvaluationError as error:
        return Verdict(Outcome.UNDECIDED, error.note, detail=error.detail)
    if tried and met == tried:
        return Verdict(Outcome.CORRECT, "holds_somewhere", samples=met)
    if witness is not None:
        return Verdict(Outcome.INCORRECT, "holds_nowhere", witness, samples=tried)
    return Verdict(Outcome.UNDECIDED, "not_confirmed", samples=met)


def _sides(ev: Evaluator, left: T.Node, right: T.Node, point: Point) -> tuple[N.Array, N.Array]:
    """Both sides at points from end to end: real arrays, samples by points; NaN where they are not real."""
    block = ev.block
    if block.variables:
        raise EvaluationError("unsupported", "a point between the states of a discrete variable")
    along = (np.arange(_STEPS) + 0.5) / _STEPS
    start, end = (N.primal(ev.scalar(bound)) for bound in (point.low, point.high))
    ev.bound[point.name.key] = start + (end - start) * along.reshape(*([1] * (block.ndim - 1)), _STEPS)
    out = []
    for side in (left, right):
        values = N.primal(ev.scalar(side))
        values = np.where(np.abs(np.imag(values)) > 1e-12, np.nan, np.real(values))
        full = np.broadcast_to(values, (block.samples, *([1] * (block.ndim - 2)), _STEPS))
        out.append(np.asarray(full.reshape(block.samples, _STEPS)))
    return out[0], out[1]


def _witness(ev: Evaluator, block: Block, sample: int, a: N.Array, b: N.Array, name: T.Name) -> Witness:
    """Where the sides come nearest to each other, which is not near enough."""
    nearest = int(np.argmin(np.abs(a[sample] - b[sample])))
    values = {}
    for key in sorted(ev.used | {name.key}):
        array = N.primal(ev.lookup(key))  # type: ignore[arg-type]
        if isinstance(array, np.ndarray) and array.ndim == block.ndim:
            place = (sample if array.shape[0] > 1 else 0, *([0] * (array.ndim - 2)))
            values[key] = number(array[(*place, nearest if array.shape[-1] > 1 else 0)])
    return Witness(values, number(a[sample, nearest]), number(b[sample, nearest]))
