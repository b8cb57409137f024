"""Evaluation of divergences: exact sums over discrete variables, quadrature for Gaussians."""

from __future__ import annotations

from collections.abc import Sequence

import mpmath

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.evaluate import Evaluator, register
from grader.maths.gaussians import (
    log_density,
    points_of,
    rule,
)
from grader.maths.notation import DEFAULT
from grader.maths.quadrature import ORDERS, hermite, quadrature_axis, sum_axis
from grader.maths.rules_density import all_keys, law_in_several, measure_of, sum_over
from grader.maths.rules_expectation import named_density
from grader.maths.values import Value
from grader.maths.worlds import Measure, rests_on


def _kl(ev: Evaluator, node: T.KL) -> Value:
    measures = measure_of(ev, node.left), measure_of(ev, node.right)
    if measures[0] is not None and measures[1] is not None and node.op == "KL":
        return _kl_measures(ev, measures[0], measures[1])
    if measures[0] is not None or measures[1] is not None:
        raise EvaluationError("unsupported", "a divergence between a density and something else")
    block = ev.block
    left, right = named_density(ev, node.left), named_density(ev, node.right)
    everything = [k for k in block.variables if k not in block.world.given]
    sides = [
        list(dict.fromkeys(k for d in T.of_kind(s, T.Density) for k in all_keys(ev, d.args))) for s in (left, right)
    ]
    keys = sides[0] or sides[1] or everything
    if not keys:
        raise EvaluationError("unsupported", "a divergence without variables")
    if any(set(side or everything) != set(keys) for side in sides):
        raise EvaluationError("unsupported", "a divergence between densities of different variables")
    p, q = (N.primal(_of_letters(ev, side, keys)) for side in (left, right))
    if node.op == "JS":
        half = N.divide(p + q, ev.constant(2))
        both = p * (N.log(p) - N.log(half)) + q * (N.log(q) - N.log(half))
        return sum_over(ev, keys, N.divide(both, ev.constant(2)))
    return sum_over(ev, keys, p * (N.log(p) - N.log(q)))


def _of_letters(ev: Evaluator, node: T.Node, keys: Sequence[str]) -> N.Scalar:
    """One side of a divergence: a density at all of `keys` where only its letter is named, or made of such letters."""
    block = ev.block
    if not isinstance(node, T.Name) or node.key in block.world.definitions:
        letters = rests_on(block.world, T.names_in(node)) & (block.world.notation.densities | DEFAULT.densities)
        if not block.world.open and letters - set(block.world.joints):
            raise EvaluationError("unsupported", "letters of densities that the statement does not have")
        return ev.scalar(node)
    if node.sub and block.world.told_apart:
        raise EvaluationError("unknown_name", node.key)
    return block.conditional(node.base, frozenset(keys), block.world.given & frozenset(block.variables))


def _kl_measures(ev: Evaluator, left: Measure, right: Measure) -> Value:
    """KL between Gaussians as the expectation of the log ratio, by quadrature (exact: a polynomial of degree 2)."""
    if left.kind == "dirac" or right.kind == "dirac":
        raise EvaluationError("unsupported", "a divergence of point masses")
    first_law, second_law = law_in_several(ev, left), law_in_several(ev, right)
    if first_law is not None and second_law is not None:
        points, weights = rule(len(first_law[0]), False, mpmath.mp.dps if ev.precise else 0)
        at = points_of(*first_law, [quadrature_axis(ev, column) for column in points.T])
        ratio = log_density(ev, *first_law, at) - log_density(ev, *second_law, at)
        return sum_axis(ev, ratio, quadrature_axis(ev, weights))  # quadratic: exact
    m1, s1 = (ev.scalar(a) for a in left.args)
    m2, s2 = (ev.scalar(a) for a in right.args)
    v1 = s1 if left.kind == "gauss_variance" else s1 * s1
    v2 = s2 if right.kind == "gauss_variance" else s2 * s2
    two = ev.constant(2)
    nodes, weights = hermite(ORDERS[0], mpmath.mp.dps if ev.precise else 0)
    x = m1 + N.sqrt(v1) * quadrature_axis(ev, nodes)
    first, second = x - m1, x - m2
    quotient = (
        N.divide(N.log(N.divide(v2, v1)), two) - N.divide(first * first, two * v1) + N.divide(second * second, two * v2)
    )
    return sum_axis(ev, quotient, quadrature_axis(ev, weights))


register(T.KL, _kl)
