"""Comparing equations: proportional sides have the same solutions; otherwise solutions of each are tried in
the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.conditions import equivalent
from grader.maths.evaluate import Evaluator
from grader.maths.values import scalar
from grader.model import Outcome, Verdict


def same_equation(judge: Judge, left: Sequence[T.Node], right: Sequence[T.Node]) -> Verdict:
    """Whether `left[0] = left[1]` and `right[0] = right[1]` have the same solutions.


    A constant ratio of the differences is proof. Real solutions found by root search that fail the other equation are a
    witness. Agreement of real solutions alone leaves complex ones open: undecided, unless each side has one
    simple root.
    """
    found = proportional(judge, left, right)
    if found is not None:
        return found
    verdict = equivalent(judge, T.Rel(tuple(left), ("=",)), T.Rel(tuple(right), ("=",)))
    if verdict.outcome is Outcome.CORRECT and not _linear(judge, left, right):
        return Verdict(Outcome.UNDECIDED, "same_real_solutions", samples=verdict.samples)
    if verdict.outcome is Outcome.INCORRECT:
        return Verdict(Outcome.INCORRECT, "solutions_differ", verdict.witness)
    return verdict


def _differences(judge: Judge, left: Sequence[T.Node], right: Sequence[T.Node]) -> list[tuple[N.Array, N.Array]]:
    pairs = []
    with np.errstate(all="ignore"):
        for block in judge.blocks([*left, *right]):
            ev = Evaluator(block)
            a = N.primal(scalar(ev.value(left[0]))) - N.primal(scalar(ev.value(left[1])))
            b = N.primal(scalar(ev.value(right[0]))) - N.primal(scalar(ev.value(right[1])))
            shape = np.broadcast_shapes(a.shape, b.shape, (block.samples,) + (1,) * (block.ndim - 1))
            pairs.append((np.broadcast_to(a, shape).reshape(-1), np.broadcast_to(b, shape).reshape(-1)))
    return pairs


def proportional(judge: Judge, left: Sequence[T.Node], right: Sequence[T.Node]) -> Verdict | None:
    """`correct` if the two differences have a constant ratio; None if they do not."""
    try:
        pairs = _differences(judge, left, right)
    except EvaluationError as error:
        return Verdict(Outcome.UNDECIDED, error.note, detail=error.detail)
    a, b = np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])
    usable = np.isfinite(a) & np.isfinite(b) & (np.abs(b) > 1e-9)
    if usable.sum() < 3:
        return None
    ratio = a[usable] / b[usable]
    if np.all(np.abs(ratio - ratio[0]) <= 1e-9 * np.abs(ratio[0])) and abs(ratio[0]) > 1e-12:
        return Verdict(Outcome.CORRECT, "proportional", samples=int(usable.sum()))
    return None


def _linear(judge: Judge, left: Sequence[T.Node], right: Sequence[T.Node]) -> bool:
    """Whether both equations are free of powers, so that one real solution is the only one."""
    return not any(isinstance(n, T.Pow) for node in (*left, *right) for n in T.walk(node))
