"""Means and integrals by quadrature: along an axis of its own, with two sizes to see whether it converged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import mpmath
import numpy as np

from grader.errors import EvaluationError
from grader.limits import QUADRATURE_CELLS
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.evaluate import Evaluator
from grader.maths.values import Value
from grader.maths.worlds import precise_array

ORDERS = (20, 32)
_INFINITE_NODES = 201
_INNER_NODES = 101
"""Inside another integral: of smooth functions half as many are exact to 1e-12, too."""
_FLOAT_CELLS = 4096
_PRECISE_CELLS = 40
"""Cells of an array that take about as long as visiting a node."""


@lru_cache(maxsize=8)
def hermite(order: int, digits: int) -> tuple[N.Array, N.Array]:
    """Nodes and weights of the standard normal; refined to `digits` by Newton steps where asked."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    if not digits:
        return nodes, weights / weights.sum()
    fine_nodes, fine_weights = [], []
    for start in nodes:
        x = mpmath.mpf(float(start))
        for _ in range(5):
            value, below = _hermite_value(order, x)
            x = x - value / (order * below)
        _, below = _hermite_value(order, x)
        fine_nodes.append(x)
        fine_weights.append(mpmath.factorial(order - 1) / (order * below**2))
    out = np.empty(order, dtype=object), np.empty(order, dtype=object)
    out[0][:], out[1][:] = fine_nodes, fine_weights
    return out


def _hermite_value(order: int, x: mpmath.mpf) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The probabilists' Hermite polynomial of this order and of the one below, by their recurrence."""
    below, value = mpmath.mpf(1), x
    for n in range(1, order):
        below, value = value, x * value - n * below
    return value, below


def quadrature_axis(ev: Evaluator, values: N.Array) -> N.Array:
    """A one-dimensional array along the next free quadrature axis."""
    used = ev.quadratures
    if used >= ev.block.world.quadratures:
        raise EvaluationError("unsupported", "an integral inside an integral")
    shape = [1] * ev.block.ndim
    shape[ev.block.ndim - 1 - used] = len(values)
    return values.reshape(shape)


@contextmanager
def along_axis(ev: Evaluator, points: int) -> Iterator[None]:
    """What is evaluated inside has an axis more, with so many points.

    Raises EvaluationError `budget` if its arrays would be too large; otherwise each node counts as much as its array is long.
    """
    before = ev.quadratures, ev.cells, ev.weight
    ev.quadratures, ev.cells = before[0] + 1, before[1] * points
    block = ev.block
    samples = block.samples if block.pick is None else len(block.pick)
    cells = ev.cells * samples * block.cell ** len(block.variables)
    if cells > QUADRATURE_CELLS:
        raise EvaluationError("budget", "too many integrals inside one another")
    ev.weight = 1 + cells // (_PRECISE_CELLS if ev.precise else _FLOAT_CELLS)
    try:
        yield
    finally:
        ev.quadratures, ev.cells, ev.weight = before


def sum_axis(ev: Evaluator, value: Value, weights: N.Array) -> Value:
    axis = ev.block.ndim - 1 - ev.quadratures

    def collapse(v: N.Array) -> N.Array:
        product = v * weights
        summed = product.sum(axis=axis, keepdims=True) if product.ndim > axis else product * weights.sum()
        return np.asarray(summed)

    return V.each(value, lambda v: N.linear(v, collapse))


def expect_gauss(ev: Evaluator, mean: N.Scalar, spread: N.Scalar, var: str, body: T.Node) -> Value:
    """The mean of a formula under a Gaussian of one dimension, by Gauss-Hermite quadrature."""
    results = []
    for order in ORDERS:
        nodes, weights = hermite(order, mpmath.mp.dps if ev.precise else 0)
        along, weigh = quadrature_axis(ev, nodes), quadrature_axis(ev, weights)
        with along_axis(ev, len(nodes)):
            value = ev.with_bound(var, mean + spread * along, body)
        results.append(sum_axis(ev, value, weigh))
    check_convergence(ev, results[0], results[1])
    return results[1]


def check_convergence(ev: Evaluator, coarse: Value, fine: Value) -> None:
    for a, b in zip(V.leaves(coarse), V.leaves(fine), strict=True):
        x, y = N.primal(a), N.primal(b)
        if x.dtype == object:
            x, y = x.astype(complex), y.astype(complex)
        if not np.all(np.abs(x - y) <= 1e-9 * (1e-3 + np.abs(y))):
            ev.unreliable = True


@lru_cache(maxsize=4)
def _gauss_legendre(size: int) -> tuple[N.Array, N.Array]:
    """Nodes and weights on [-1, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(size)
    return nodes, weights


def quadrature(ev: Evaluator, var: str, low: T.Node | None, high: T.Node | None, body: T.Node) -> Value:
    """Gauss-Legendre on an interval, the trapezium rule after x = sinh t on the line."""
    results = []
    for scale in (1, 2):
        if low is not None and high is not None:
            nodes, weights = _gauss_legendre(20 * scale)
            a, b = ev.scalar(low), ev.scalar(high)
            half = (b - a) * ev.constant(1)
            half = N.divide(half, ev.constant(2))
            nodes, weights = (precise_array(nodes), precise_array(weights)) if ev.precise else (nodes, weights)
            x = a + half * (quadrature_axis(ev, nodes) + ev.constant(1))
            factor: N.Scalar = half
        else:
            t = np.linspace(-5.0, 5.0, (_INNER_NODES if ev.cells > 1 else _INFINITE_NODES) // scale)
            nodes, weights = np.sinh(t), np.cosh(t) * (t[1] - t[0])
            nodes, weights = (precise_array(nodes), precise_array(weights)) if ev.precise else (nodes, weights)
            x = quadrature_axis(ev, nodes)
            factor = ev.constant(1)
        weigh = quadrature_axis(ev, weights)
        with along_axis(ev, len(nodes)):
            value = ev.with_bound(var, x, body)
        results.append(V.multiply(factor, sum_axis(ev, value, weigh)))
    check_convergence(ev, results[0], results[1])
    ev.unreliable = ev.unreliable or ev.precise
    return results[0]
