"""Whether a relation between two formulas holds everywhere in a world: order, equality, difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.evaluate import Evaluator, evaluated
from grader.maths.screening import agrees
from grader.maths.side_by_side import Mismatch, align, per_sample, plain
from grader.maths.worlds import Block
from grader.model import Outcome, Verdict, Witness

_ROUNDING: Final = 1e-11
"""Relative gap below which floats do not tell two sides apart."""
_CLEAR: Final = 1e-6
"""Relative gap that is no rounding."""
_SMALL: Final = 1e-4
_TINY: Final = 1e-6
"""Sizes below which gaps are measured against these: what cancels to zero leaves rounding of the size of its terms."""
_WITNESSES: Final = 2

COMPOSED: Final = {
    ("=", "="): "=",
    **{("=", r): r for r in ("<", "<=", ">", ">=")},
    **{(r, "="): r for r in ("<", "<=", ">", ">=")},
    **{(r, r): r for r in ("<", "<=", ">", ">=")},
    ("<", "<="): "<",
    ("<=", "<"): "<",
    (">", ">="): ">",
    (">=", ">"): ">",
}
"""What two relations in a row say of the ends; other pairs say nothing."""
IMPLIES: Final = {
    "=": frozenset({"=", "<=", ">="}),
    "<": frozenset({"<", "<=", "!="}),
    ">": frozenset({">", ">=", "!="}),
    "<=": frozenset({"<="}),
    ">=": frozenset({">="}),
    "!=": frozenset({"!="}),
}
MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def holds(judge: Judge, left: T.Node, relation: str, right: T.Node) -> Verdict:
    """Whether `left relation right` holds in all samples, boundaries included.

    `incorrect` at several ordinary points that violate it clearly; anything less clear is `undecided`. `!=` claims
    generic difference.
    """
    if relation in ("=", ":="):
        same = agrees(judge, left, right)
        return Verdict(Outcome.CORRECT, "agrees") if same else Verdict(Outcome.UNDECIDED, "not_confirmed")
    if relation not in MIRRORED:
        return Verdict(Outcome.UNDECIDED, "unsupported", detail=f"the relation {relation}")
    try:
        with np.errstate(all="ignore"):
            return _ordered(judge, left, relation, right)
    except EvaluationError as error:
        return Verdict(Outcome.UNDECIDED, error.note, detail=error.detail)
    except Mismatch as error:
        return Verdict(Outcome.UNDECIDED, "shape", detail=str(error))


def _ordered(judge: Judge, left: T.Node, relation: str, right: T.Node) -> Verdict:
    agree = differ = edge = equal = 0
    witness: Witness | None = None
    blocks = judge.blocks([left, right])
    for block in blocks:
        try:
            first, second = evaluated(block, left), evaluated(block, right)
            pairs = align(first.value, second.value)
        except EvaluationError as error:
            if error.note == "empty_range" and len(blocks) > 1:
                continue
            raise
        if first.unreliable or second.unreliable:
            return Verdict(Outcome.UNDECIDED, "quadrature")
        masks = [_masks(a, relation, b) for a, b in pairs]
        good = _all([m[0] for m in masks], block)
        bad = ~_all([~m[1] for m in masks], block)
        same = _all([m[2] for m in masks], block)
        if relation == "!=":
            good = ~same
        agree += int(good.sum())
        equal += int((same & ~good).sum())
        wrong = bad & ~block.special & (not block.degenerate)
        edge += int((~good & ~wrong).sum())
        if wrong.any() and witness is None:
            at = int(np.flatnonzero(wrong)[0])
            ev = Evaluator(block)
            names = {k: plain(ev.lookup(k), at, block.samples, 0) for k in sorted(first.used | second.used)}
            sides = (plain(side.value, at, block.samples, 0) for side in (first, second))
            witness = Witness({**names, **block.sizes}, *sides)
        differ += int(wrong.sum())
    if differ >= _WITNESSES:
        return Verdict(Outcome.INCORRECT, "relation_fails", witness, samples=agree)
    if relation == "!=":
        note, outcome = ("differs_generically", Outcome.CORRECT) if agree > equal else ("equal", Outcome.UNDECIDED)
        return Verdict(outcome, note, samples=agree)
    if differ or edge or agree < 3:
        return Verdict(Outcome.UNDECIDED, "fails_at_boundary" if edge else "too_few_samples", witness, samples=agree)
    return Verdict(Outcome.CORRECT, "holds", samples=agree)


def _masks(a: N.Scalar, relation: str, b: N.Scalar) -> tuple[N.Array, N.Array, N.Array]:
    """Where the relation holds, where it clearly fails, where both sides are equal to rounding."""
    x, y = np.broadcast_arrays(N.primal(a), N.primal(b))
    scale = np.maximum(np.abs(x), np.abs(y))
    gap = np.real(x) - np.real(y)
    real = (np.abs(np.imag(x)) <= _ROUNDING * scale) & (np.abs(np.imag(y)) <= _ROUNDING * scale) & np.isfinite(scale)
    close = (np.abs(gap) <= _ROUNDING * np.maximum(scale, _SMALL)) & real
    if relation == "!=":
        return ~close & np.isfinite(scale), np.zeros_like(close), close
    forward = gap if relation[0] == ">" else -gap
    good = np.where(close, len(relation) == 2, forward > 0) & real
    return good, (forward < -_CLEAR * np.maximum(scale, _TINY)) & real, close


def _all(masks: Sequence[N.Array], block: Block) -> N.Array:
    out = np.ones(block.samples, dtype=bool)
    for mask in masks:
        out = out & per_sample(mask, block)
    return out
