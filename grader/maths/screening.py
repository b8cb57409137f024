"""Quick answers in floats before a decision: that two trees agree, or that they clearly differ."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, TypeVar

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.decide import CLEAR, ENOUGH, MIN_WITNESSES, equal, floats_suffice
from grader.maths.evaluate import evaluated
from grader.maths.memory import Table
from grader.maths.node import kept
from grader.maths.sealed import meeting
from grader.maths.side_by_side import Mismatch, align, close, close_samples, per_sample
from grader.maths.values import Tens, kinds_of, leaves
from grader.maths.worlds import Block
from grader.model import Outcome

_V = TypeVar("_V")
_AGREED = Table()


def agrees(judge: Judge, left: T.Node, right: T.Node) -> bool:
    """Whether `equal` would say correct: a clear gap in floats answers without the high-precision check."""
    place = (judge, left, right)
    found: bool | None = _AGREED.get(place)
    if found is None:
        try:
            with np.errstate(all="ignore"), meeting(judge, left, right):
                found = _agree(judge, left, right)
        except Mismatch:
            found = False
        except EvaluationError as error:
            if error.note == "sealed":
                return False  # not known here, which is asked again
            found = False
        if not (_bracketed(left) or _bracketed(right)):
            _AGREED.keep(place, found)
    return found


@kept
def _bracketed(node: T.Node) -> bool:
    """Whether brackets may stand in it that an equal formula need not have: those of an interval as a pair."""
    return T.contains(node, T.Tup) and T.contains(node, T.Rel)


def _agree(judge: Judge, left: T.Node, right: T.Node) -> bool:
    if judge.world.open:
        return _agree_at_samples(judge, left, right, judge.blocks([left, right]))
    first, second = _sketch(judge, left), _sketch(judge, right)
    if _far_apart(first, second):
        return False
    alike = (first.drawn, first.nested) == (second.drawn, second.nested) and "set" not in first.nested
    if alike and floats_suffice(left, right) and _layout(judge, left).close_to(_layout(judge, right)):
        return True
    return _agree_at_samples(judge, left, right, judge.small_first([left, right]))


def _agree_at_samples(judge: Judge, left: T.Node, right: T.Node, blocks: Sequence[Block]) -> bool:
    """The same, sample by sample; in a closed world a gap anywhere rules agreement out."""
    closed = not judge.world.open
    everywhere = True
    count = 0
    for block, _, pairs in _side_by_side(blocks, left, right):
        good = close_samples(pairs, block)
        count += block.samples
        if good.all():
            continue
        everywhere = False
        for x, y in pairs:
            gap = np.abs(x - y) > CLEAR * (1e-3 + np.maximum(np.abs(x), np.abs(y)))
            wide = ~per_sample(~gap, block)
            if (wide & ~block.special).any() and (closed or not block.degenerate):
                return not closed and equal(judge, left, right).outcome is Outcome.CORRECT
    if everywhere and count >= ENOUGH and floats_suffice(left, right):
        return True
    return equal(judge, left, right).outcome is Outcome.CORRECT


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A formula at two ordinary samples of the smallest block, in the first cell of each of its entries.

    `drawn` tells which samples those are, `nested` and `size` how a value with parts is made up (0 for a number).
    No numbers (None) for what has no value there.
    """

    drawn: tuple[object, ...]
    nested: str = ""
    size: int = 0
    numbers: tuple[complex, ...] | None = None


_SKETCHES = Table()


def _sketch(judge: Judge, node: T.Node) -> _Sketch:
    return _found_out(_SKETCHES, _sketched, judge, node)


def _found_out(table: Table, made: Callable[[Judge, T.Node], _V], judge: Judge, node: T.Node) -> _V:
    """What was found out about a formula in a world, or is now."""
    place = (judge, node)
    found: _V | None = table.get(place)
    if found is None:
        found = made(judge, node)
        if not _bracketed(node):
            table.keep(place, found)
    return found


def _sketched(judge: Judge, node: T.Node) -> _Sketch:
    drawn = judge.draws([node])
    try:
        block = judge.small_first([node])[0]
        value = evaluated(block, node).value
    except EvaluationError as error:
        if error.note == "sealed":
            raise
        return _Sketch(drawn)
    ordinary = np.flatnonzero(~block.special)[:2].tolist()
    numbers: list[complex] = []
    for entry in leaves(value):
        rows = N.primal(entry)
        rows = rows.reshape(rows.shape[0], -1)
        numbers.extend(complex(rows[i if i < len(rows) else 0, 0]) for i in ordinary)
    return _Sketch(drawn, kinds_of(value), len(value.items) if isinstance(value, Tens) else 0, tuple(numbers))


def _far_apart(left: _Sketch, right: _Sketch) -> bool:
    """Whether two formulas clearly differ at the same samples, cannot be compared, or one has no value there."""
    if left.drawn != right.drawn:
        return False
    if left.numbers is None or right.numbers is None:
        return True
    if left.nested == right.nested:
        return "set" not in left.nested and any(
            abs(x - y) > CLEAR * (1e-3 + max(abs(x), abs(y))) for x, y in zip(left.numbers, right.numbers, strict=True)
        )
    single, several = (left, right) if left.size < right.size else (right, left)
    return not single.size and several.size > 1 and any(single.numbers or ())  # a number, not zero, against several


@dataclass(frozen=True, slots=True)
class _Layout:
    """All numbers of a formula in all blocks one behind the other, and how they lie: two formulas that lie alike are
    compared in one step. No numbers for what has no value somewhere.
    """

    lies: tuple[object, ...] = ()
    numbers: N.Array | None = None
    samples: int = 0

    def close_to(self, other: _Layout) -> bool:
        """Whether two formulas lie alike and agree at all samples; False says nothing."""
        if self.numbers is None or other.numbers is None or self.lies != other.lies:
            return False
        return self.samples >= ENOUGH and bool(close(self.numbers, other.numbers).all())


_LAYOUTS = Table()


def _layout(judge: Judge, node: T.Node) -> _Layout:
    return _found_out(_LAYOUTS, _laid_out, judge, node)


def _laid_out(judge: Judge, node: T.Node) -> _Layout:
    lies: list[object] = []
    numbers: list[N.Array] = []
    try:
        blocks = judge.small_first([node])
        for block in blocks:
            entries = [N.primal(v) for v in leaves(evaluated(block, node).value)]
            lies.append(tuple(_cells(e.shape) for e in entries))
            numbers.extend(e.reshape(-1) for e in entries)
    except EvaluationError as error:
        if error.note == "sealed":
            raise
        return _Layout()
    return _Layout(tuple(lies), np.concatenate(numbers), sum(block.samples for block in blocks))


def _cells(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of an array without its last axes of one entry: those that integrals may need."""
    end = len(shape)
    while end > 1 and shape[end - 1] == 1:
        end -= 1
    return shape[:end]


def differ_clearly(judge: Judge, left: T.Node, right: T.Node) -> bool:
    """Whether floats alone show that two trees differ at several ordinary samples of this world."""
    found, _ = _differing(judge, left, right, MIN_WITNESSES)
    if found == 1 and judge.wider() is not judge:
        found, _ = _differing(judge.wider(), left, right, MIN_WITNESSES)
    return found >= MIN_WITNESSES


def apart(judge: Judge, left: T.Node, right: T.Node) -> bool:
    """Whether two trees clearly differ at every ordinary sample of this world."""
    found, ordinary = _differing(judge, left, right, sys.maxsize)
    return found == ordinary and found >= MIN_WITNESSES


def _differing(judge: Judge, left: T.Node, right: T.Node, enough: int) -> tuple[int, int]:
    """Ordinary samples at which two trees clearly differ, counted until they suffice, and those looked at; none if nothing
    can be relied on."""
    found = ordinary = 0
    try:
        with np.errstate(all="ignore"), meeting(judge, left, right):
            blocks = [block for block in judge.blocks([left, right]) if not block.degenerate]
            for block, reliable, pairs in _side_by_side(blocks, left, right):
                if not reliable:
                    return 0, 0
                gap = np.zeros(block.samples, dtype=bool)
                for x, y in pairs:
                    size = np.maximum(np.abs(x), np.abs(y))
                    wide = (np.abs(x - y) > CLEAR * (1e-3 + size)) & np.isfinite(size)
                    gap |= ~per_sample(~wide, block)
                found += int((gap & ~block.special).sum())
                ordinary += int((~block.special).sum())
                if found >= enough:
                    return found, ordinary
    except Mismatch:
        return MIN_WITNESSES, MIN_WITNESSES
    except EvaluationError:
        return 0, 0
    return found, ordinary


def evaluable(judge: Judge, *nodes: T.Node) -> bool:
    """Whether formulas have values in a world, in some block of it."""
    try:
        blocks = judge.blocks(nodes)
    except EvaluationError:
        return False
    for block in blocks:
        try:
            with np.errstate(all="ignore"):
                for node in nodes:
                    evaluated(block, node)
            return True
        except EvaluationError:
            continue
    return False


def near(judge: Judge, left: T.Node, right: T.Node, share: float) -> bool:
    """Whether two trees differ by at most this share of their size at all samples."""
    try:
        with np.errstate(all="ignore"), meeting(judge, left, right):
            for _, _, pairs in _side_by_side(judge.blocks([left, right]), left, right):
                for x, y in pairs:
                    size = np.maximum(np.abs(x), np.abs(y))
                    if not np.all((np.abs(x - y) <= share * np.maximum(size, 1e-3)) & np.isfinite(size)):
                        return False
    except (EvaluationError, Mismatch):
        return False
    return True


def varies(judge: Judge, node: T.Node) -> bool:
    """Whether a formula takes several values in a world; what cannot be evaluated is taken to."""
    found: dict[int, list[np.ndarray[Any, Any]]] = {}
    try:
        with np.errstate(all="ignore"):
            for block in judge.blocks([node]):
                value = evaluated(block, node).value
                for i, entry in enumerate(leaves(value)):
                    found.setdefault(i, []).append(N.primal(entry).reshape(-1).astype(complex))
    except EvaluationError:
        return True
    for several in found.values():
        numbers = np.concatenate(several)
        if np.abs(numbers - numbers[0]).max() > CLEAR * max(1.0, float(np.abs(numbers[0]))):
            return True
    return False


def same_up_to_order(judge: Judge, left: T.Node, right: T.Node) -> bool:
    """Whether two vectors have the same entries in different orders, or two matrices the same rows and columns."""
    if isinstance(right, T.Matrix) and 1 < len(right.rows) == len(right.rows[0]) <= 4:
        size = len(right.rows)
        orders = [p for p in permutations(range(size)) if p != tuple(range(size))]
        moved = (T.Matrix(tuple(tuple(right.rows[i][j] for j in p) for i in p)) for p in orders)
        return any(agrees(judge, left, matrix) for matrix in moved)
    entries = [e for row in right.rows for e in row] if isinstance(right, T.Matrix) else []
    entries = list(right.items) if isinstance(right, T.Tup) else entries
    if not 1 < len(entries) <= 4:
        return False
    return any(agrees(judge, left, T.Tup(tuple(p))) for p in permutations(entries))


def _side_by_side(
    blocks: Sequence[Block], left: T.Node, right: T.Node
) -> Iterator[tuple[Block, bool, list[tuple[N.Array, N.Array]]]]:
    """Both trees' values block by block, entry by entry, and whether they can be relied on; empty ranges of one block
    among several are passed over."""
    for block in blocks:
        try:
            first, second = evaluated(block, left), evaluated(block, right)
        except EvaluationError as error:
            if error.note == "empty_range" and len(blocks) > 1:
                continue
            raise
        pairs = [(N.primal(a), N.primal(b)) for a, b in align(first.value, second.value)]
        yield block, not (first.unreliable or second.unreliable), pairs
