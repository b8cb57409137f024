"""Deciding an equality between two trees in a world: agreement everywhere, or a witness confirmed at high precision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import mpmath
import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.blocks import Judge
from grader.maths.evaluate import Evaluator, evaluated
from grader.maths.node import kept
from grader.maths.sealed import meeting
from grader.maths.side_by_side import Mismatch, align, broadcast, close_samples, number, plain, row
from grader.maths.values import Value
from grader.maths.worlds import Block
from grader.model import Outcome, Verdict, Witness

PRECISE_DIGITS: Final = 40
PRECISE_TOLERANCE: Final = 1e-20
CHECKED: Final = 3
CLEAR: Final = 1e-5
"""Relative gap that floats alone establish."""
MIN_WITNESSES: Final = 2
_DECISIVE: Final = 1e-3
"""Relative gap that no error of a quadrature which converged in floats explains."""
_MANY_CELLS: Final = 6
"""Cells of one sample from which on it pays to look at them as floats first."""
ENOUGH: Final = 3
"""Samples that must agree."""


def equal(judge: Judge, left: T.Node, right: T.Node) -> Verdict:
    """Whether two trees have the same value everywhere in the world; where one point alone says no, more are tried."""
    try:
        with meeting(judge, left, right):
            found = _equal(judge, left, right)
            if found.note == "one_point":
                wide = _equal(judge.wider(), left, right)
                return wide if wide.outcome is Outcome.INCORRECT else found
            return found
    except EvaluationError as error:
        return Verdict(Outcome.UNDECIDED, error.note, detail=error.detail)


def _equal(judge: Judge, left: T.Node, right: T.Node) -> Verdict:
    try:
        blocks = judge.blocks([left, right])
    except EvaluationError as error:
        return Verdict(Outcome.UNDECIDED, error.note, detail=error.detail)
    exact = exactly(left), exactly(right)
    if exact[0] is not None and exact[1] is not None and exact[0] != exact[1]:
        if not any(isinstance(n, T.Num) and n.places for root in (left, right) for n in T.walk(root)):
            sides = (number(exact[0]), number(exact[1]))
            return Verdict(Outcome.INCORRECT, "differs", Witness({}, *sides))
    tally = _Tally(judge, left, right)
    with np.errstate(all="ignore"):
        for block in blocks:
            try:
                tally.add(block)
            except EvaluationError as error:
                if error.note == "empty_range" and len(blocks) > 1:
                    continue
                return Verdict(Outcome.UNDECIDED, error.note, detail=error.detail)
            except Mismatch as mismatch:
                return Verdict(Outcome.INCORRECT, "shape", tally.shape_witness(block), detail=str(mismatch))
            if tally.differ >= MIN_WITNESSES:
                break
    return tally.verdict()


@kept
def _shape(node: T.Node) -> tuple[bool, bool, frozenset[str]]:
    """Whether names or operators over them stand in a tree, whether complex numbers are written, its strictness."""
    names = T.contains(node, T.Name, T.Density, T.Integral, T.Expect, T.KL)
    complexes = T.contains(node, T.SetOf) or any(n.name == "i" for n in T.of_kind(node, T.Const))
    return names, complexes, strictness(node)


def floats_suffice(left: T.Node, right: T.Node) -> bool:
    """Whether agreement of floats at all samples settles an equality: names stand in it, and both sides draw the same
    lines between cases."""
    first, second = _shape(left), _shape(right)
    return (first[0] or second[0]) and not (first[2] and second[2] and first[2] != second[2])


class _Tally:
    """Counts over the samples of all blocks."""

    def __init__(self, judge: Judge, left: T.Node, right: T.Node) -> None:
        self.judge, self.left, self.right = judge, left, right
        self.agree = self.differ = self.edge = self.small = self.nonreal = self.undefined = 0
        self.worst = 0.0
        self.least = 1.0  # the smallest relative gap of a sample that differs
        self.unreliable = False
        self.coarse = False  # whether high precision is no better than floats, as for integrals
        self.witness: Witness | None = None
        self.nonreal_witness: Witness | None = None
        self.edge_witness: Witness | None = None
        shapes = _shape(left), _shape(right)
        self.closed = not any(names for names, _, _ in shapes)
        self.complex_written = any(complexes for _, complexes, _ in shapes)

    def add(self, block: Block) -> None:
        first, second = evaluated(block, self.left), evaluated(block, self.right)
        pairs = align(first.value, second.value)
        self.unreliable = self.unreliable or first.unreliable or second.unreliable
        good = close_samples([(N.primal(a), N.primal(b)) for a, b in pairs], block)
        if self.closed:  # numbers without names are compared at high precision: tanh 20 is not 1
            good &= False
        self.agree += int(good.sum())
        bad = np.flatnonzero(~good)
        if not len(bad):
            return
        generic = [int(i) for i in bad if not block.special[i]]
        special = [int(i) for i in bad if block.special[i]]
        near = [i for i in generic if not block.is_far(i)]
        checked = [*near[:CHECKED], *[i for i in generic if block.is_far(i)][:2], *special[:1]]
        for some in (checked[:MIN_WITNESSES], checked[MIN_WITNESSES:]):  # two that differ are enough
            if not some or (self.differ >= MIN_WITNESSES and some[0] != checked[0]):
                break
            try:
                self.recheck(block, some)
            except EvaluationError as error:
                if error.note != "too_large":
                    raise
                self.one_by_one(block, some)

    def one_by_one(self, block: Block, checked: Sequence[int]) -> None:
        """Repeat samples singly where some are too large to compute: those count as undefined."""
        for sample in checked:
            try:
                self.recheck(block, [sample])
            except EvaluationError as error:
                if error.note != "too_large":
                    raise
                self.undefined += 1

    def recheck(self, block: Block, checked: Sequence[int]) -> None:
        """Repeat doubtful samples with mpmath and count them by what they show."""
        fine = block.at_high_precision(checked)
        with mpmath.workdps(PRECISE_DIGITS):
            ev = Evaluator(fine)
            left, right = ev.value(self.left), ev.value(self.right)
            pairs = align(left, right)
            self.coarse = self.coarse or ev.unreliable
            states = [self._state(pairs, place, len(checked)) for place in range(len(checked))]
            for place, (state, gap, cell) in enumerate(states):
                self.worst = max(self.worst, gap)
                self.least = min(self.least, gap) if state == "differ" else self.least
                if state == "agree":
                    self.agree += 1
                    continue
                if state == "undefined":
                    self.undefined += 1
                    continue
                witness = self.describe(fine, ev, left, right, place, cell)
                if block.special[checked[place]]:
                    self.edge += 1
                    self.edge_witness = self.edge_witness or witness
                elif state == "nonreal":
                    self.nonreal += 1
                    self.nonreal_witness = self.nonreal_witness or witness
                elif block.degenerate:
                    self.small += 1
                    self.edge_witness = self.edge_witness or witness
                else:
                    self.differ += 1
                    self.witness = self.witness or witness

    def _state(self, pairs: Sequence[tuple[N.Scalar, N.Scalar]], place: int, count: int) -> tuple[str, float, int]:
        """What one sample shows: agree, differ, nonreal (one side leaves the reals) or undefined."""
        worst, where = 0.0, 0
        nonreal = False
        for a, b in pairs:
            x, y = (row(array, place, count) for array in broadcast(N.primal(a), N.primal(b)))
            cells, others_leave = _telling(x, y)
            nonreal = nonreal or others_leave
            for cell in cells:
                u, v = x[cell], y[cell]
                if not (mpmath.isfinite(u) and mpmath.isfinite(v)):
                    return "undefined", 0.0, cell
                scale = max(1, abs(u), abs(v))
                if abs(u - v) > PRECISE_TOLERANCE * scale:
                    gap = float(abs(u - v) / max(abs(u), abs(v)))
                    if gap > worst:
                        worst, where = gap, cell
                    real_u = abs(mpmath.im(u)) <= PRECISE_TOLERANCE * scale
                    real_v = abs(mpmath.im(v)) <= PRECISE_TOLERANCE * scale
                    nonreal = nonreal or not (real_u and real_v)
        if not worst:
            return "agree", 0.0, 0
        return ("nonreal" if nonreal and not self.complex_written else "differ"), worst, where

    def describe(self, block: Block, ev: Evaluator, left: Value, right: Value, place: int, cell: int) -> Witness:
        values: dict[str, Any] = {}
        count = len(block.pick) if block.pick is not None else 1
        for key in sorted(ev.used):
            try:
                found = ev.lookup(key)
            except EvaluationError:
                continue
            if key not in block.variables:
                values[key] = plain(found, place, count, 0)
        values.update((k, v) for k, v in block.sizes.items() if k not in block.world.indices)
        return Witness(values, plain(left, place, count, cell), plain(right, place, count, cell))

    def shape_witness(self, block: Block) -> Witness:
        ev = Evaluator(block)
        return Witness({}, V.describe(ev.value(self.left)), V.describe(ev.value(self.right)))

    def verdict(self) -> Verdict:
        if self.differ >= MIN_WITNESSES:
            if self.judge.world.open and unrelated_functions(self.left, self.right):
                return Verdict(Outcome.UNDECIDED, "unknown_function", self.witness, samples=self.agree)
            if self.unreliable or (self.coarse and self.least < _DECISIVE):
                return Verdict(Outcome.UNDECIDED, "quadrature", self.witness, samples=self.agree)
            if self.rounded():
                return Verdict(Outcome.UNDECIDED, "rounded", self.witness, samples=self.agree)
            return Verdict(Outcome.INCORRECT, "differs", self.witness, samples=self.agree)
        if self.differ and not self.agree and self.nonreal >= MIN_WITNESSES:
            return Verdict(Outcome.INCORRECT, "differs", self.witness)
        if self.differ:
            return Verdict(Outcome.UNDECIDED, "one_point", self.witness, samples=self.agree)
        if self.nonreal:
            if not self.agree and self.nonreal >= MIN_WITNESSES:
                return Verdict(Outcome.INCORRECT, "differs", self.nonreal_witness)
            if self.agree >= ENOUGH and self.judge.world.open:
                return Verdict(Outcome.CORRECT, "where_defined", samples=self.agree)
            return Verdict(Outcome.UNDECIDED, "undefined_on_part", self.nonreal_witness, samples=self.agree)
        if self.edge or self.small:
            note = "fails_at_boundary" if self.edge else "fails_at_small_sizes"
            return Verdict(Outcome.UNDECIDED, note, self.edge_witness, samples=self.agree)
        if self.agree < ENOUGH:
            return Verdict(Outcome.UNDECIDED, "undefined" if self.undefined else "too_few_samples", samples=self.agree)
        edges = _shape(self.left)[2], _shape(self.right)[2]
        if edges[0] and edges[1] and edges[0] != edges[1]:
            return Verdict(Outcome.UNDECIDED, "fails_at_boundary", samples=self.agree)
        return Verdict(Outcome.CORRECT, "agrees", samples=self.agree)

    def rounded(self) -> bool:
        """Whether the gap is what rounding the decimals written would make."""
        places = [
            n.places
            for root in (self.left, self.right)
            for n in T.of_kind(root, T.Num)
            if n.places is not None and n.places >= 2
        ]
        return bool(places) and self.worst <= 5 * 10.0 ** -min(places)


def _telling(x: N.Array, y: N.Array) -> tuple[Sequence[int], bool]:
    """The cells of two precise rows that decide what a sample shows, and whether another one that differs leaves the
    reals: those that may differ most, and those for which rounding to floats leaves open whether they differ.
    """
    every = range(len(x))
    if len(x) < _MANY_CELLS:
        return every, False
    u, v, gap = x.astype(complex), y.astype(complex), np.abs((x - y).astype(complex))
    size = np.maximum(np.abs(u), np.abs(v))
    if not (np.isfinite(size).all() and np.isfinite(gap).all()):
        return every, False
    least = PRECISE_TOLERANCE * np.maximum(1.0, size)
    share = np.divide(gap, size, out=np.zeros(len(x)), where=size > 0)
    most = share >= share.max(where=gap > least / 2, initial=0.0) * (1 - 1e-9)
    telling = (gap > least / 2) & (most | (gap < 2 * least))
    others = (gap > least / 2) & ~telling
    leaves = (np.abs(u.imag) > least) | (np.abs(v.imag) > least)
    return np.flatnonzero(telling).tolist(), bool((others & leaves).any())


def unrelated_functions(left: T.Node, right: T.Node) -> bool:
    """A function that only one side applies, or that is also used as a plain name: what it stands for is not known."""
    heads = [
        {n.head.key for n in T.walk(root) if isinstance(n, T.Apply) and all(isinstance(a, T.Name) for a in n.args)}
        for root in (left, right)
    ]
    names = {n.key for root in (left, right) for n in T.walk(root) if isinstance(n, T.Name)}
    plain_names = names - {n.head.key for root in (left, right) for n in T.walk(root) if isinstance(n, T.Apply)} | {
        n.key for root in (left, right) for n in _plain_names(root)
    }
    only_one = (heads[0] ^ heads[1]) - _KNOWN_HEADS
    return bool(only_one) or bool((heads[0] | heads[1]) & plain_names)


_KNOWN_HEADS: Final = frozenset({"logistic", "logit", "log", "exp", "f", "g", "h"})


def _plain_names(root: T.Node) -> list[T.Name]:
    """Names that stand for quantities, heads of applications left out."""
    out: list[T.Name] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, T.Name):
            out.append(node)
        elif isinstance(node, T.Apply):
            stack.extend(node.args)
        else:
            stack.extend(T.children(node))
    return out


@kept
def strictness(root: T.Node) -> frozenset[str]:
    """The order relations in indicators and in the first branch of cases: random points do not tell > from ≥ there."""
    conditions = [c for node in T.of_kind(root, T.Cases) for _, c in node.branches[:1] if c is not None]
    conditions += [c for node in T.of_kind(root, T.Call) if node.func == "indicator" for c in node.args]
    found = {r for c in conditions for rel in T.of_kind(c, T.Rel) for r in rel.relations if r != "in"}
    found |= {f"{i.low_closed}{i.high_closed}" for c in conditions for i in T.of_kind(c, T.Interval)}
    return frozenset(found)


@kept
def exactly(node: T.Node) -> Fraction | None:
    """The value of a purely rational constant, such as 2^64 - 1 or 10^{-400}; None for anything else."""
    if isinstance(node, T.Num):
        return node.value
    if isinstance(node, T.Boxed):
        return exactly(node.value)
    if isinstance(node, T.Neg):
        inner = exactly(node.value)
        return None if inner is None else -inner
    if isinstance(node, (T.Add, T.Mul)):
        parts = [exactly(x) for x in (node.terms if isinstance(node, T.Add) else node.factors)]
        known = [p for p in parts if p is not None]
        if len(known) < len(parts):
            return None
        return sum(known, Fraction(0)) if isinstance(node, T.Add) else math.prod(known, start=Fraction(1))
    if isinstance(node, T.Div):
        top, bottom = exactly(node.num), exactly(node.den)
        return top / bottom if top is not None and bottom else None
    if isinstance(node, T.Factorial):
        inner = exactly(node.value)
        small = inner is not None and inner.denominator == 1 and 0 <= inner <= 1000
        return Fraction(math.factorial(int(inner))) if small and inner is not None else None
    if isinstance(node, T.Pow):
        base, power = exactly(node.base), exactly(node.exponent)
        if base is None or power is None or power.denominator != 1 or abs(power) > 5000 or base == 0:
            return None
        if abs(power) * max(base.numerator.bit_length(), base.denominator.bit_length()) > 40_000:
            return None
        return base ** int(power)
    return None
