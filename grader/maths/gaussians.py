"""Gaussians in several dimensions and models made of linear Gaussian steps.

Expectations are cubature: 2d points exact up to degree 3, and 3^d points exact up to degree 5 to see whether that is
enough. A linear model is one joint per density letter, from which every conditional is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import mpmath
import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.evaluate import Evaluator
from grader.maths.structured import triangle
from grader.maths.values import Tens, Value
from grader.maths.worlds import LinearStep, precise_array

_MOST_DIMENSIONS = 4


def in_several(mean: Value, spread: Value) -> bool:
    """Whether parameters are those of a Gaussian in several dimensions."""
    return isinstance(mean, Tens) or isinstance(spread, Tens)


def parameters(ev: Evaluator, mean: Value, spread: Value) -> tuple[list[N.Scalar], Tens]:
    """Mean and covariance, a mean of 0 written for the zero vector. Raises EvaluationError for other shapes."""
    if not (isinstance(spread, Tens) and spread.kind == "mat" and spread.shape[0] == spread.shape[1]):
        raise EvaluationError("shape", f"a {V.describe(spread)} stands where a covariance is needed")
    size = spread.shape[0]
    if size > _MOST_DIMENSIONS:
        raise EvaluationError("unsupported", "a Gaussian in more than four dimensions")
    if not isinstance(mean, Tens):
        if N.primal(mean).any():
            raise EvaluationError("shape", "a number stands where a mean vector is needed")
        return [ev.constant(0)] * size, spread
    if mean.kind != "vec" or len(mean.items) != size:
        raise EvaluationError("shape", f"a {V.describe(mean)} and a covariance of {size} rows")
    return [V.scalar(m) for m in mean.items], spread


@lru_cache(maxsize=32)
def rule(size: int, fine: bool, digits: int) -> tuple[N.Array, N.Array]:
    """Points (n, size) and weights of the standard normal: on the axes (degree 3), or a grid of three (degree 5)."""
    if fine:
        axis, weight = (-3, 0, 3), (1, 4, 1)
        points = np.array(list(product(axis, repeat=size)), dtype=float)
        weights = np.array([np.prod(w) for w in product(weight, repeat=size)], dtype=float)
        scale, total = 3, 6**size
    else:
        points = np.concatenate([np.eye(size), -np.eye(size)])
        weights = np.ones(2 * size)
        scale, total = size, 2 * size
    if not digits:
        return points * (np.sqrt(size) if not fine else 1 / np.sqrt(3)), weights / total
    root = mpmath.sqrt(scale)
    exact = precise_array(points) * root if not fine else precise_array(points) / root
    return exact, precise_array(weights) / mpmath.mpf(total)


def points_of(mean: Sequence[N.Scalar], covariance: Tens, along: Sequence[N.Array]) -> Tens:
    """mean + L u for the standard points u, given entry by entry along their axis."""
    lower = triangle(covariance)
    out: list[Value] = []
    for m, row in zip(mean, lower, strict=True):
        for factor, u in zip(row, along, strict=False):
            m = m + factor * u
        out.append(m)
    return Tens("vec", out)


def log_density(ev: Evaluator, mean: Sequence[N.Scalar], covariance: Tens, at: Value) -> N.Scalar:
    """The logarithm of the normal density in several dimensions."""
    if not (isinstance(at, Tens) and at.kind == "vec" and len(at.items) == len(mean)):
        raise EvaluationError("shape", f"a density in {len(mean)} dimensions at a {V.describe(at)}")
    lower = triangle(covariance)
    two = ev.constant(2)
    total: N.Scalar = ev.constant(0)
    solved: list[N.Scalar] = []
    for i, (x, m) in enumerate(zip(at.items, mean, strict=True)):
        rest = V.scalar(x) - m
        for j in range(i):
            rest = rest - lower[i][j] * solved[j]
        solved.append(N.divide(rest, lower[i][i]))
        total = total - N.divide(solved[i] * solved[i], two) - N.log(lower[i][i])
    half = N.divide(ev.constant(len(mean)), two)
    return total - half * N.log(two * N.named_constant("pi", ev.precise))


# linear models


@dataclass(frozen=True, slots=True)
class _Affine:
    """A variable as Σ root · value + Σ noise · (independent standard normal)."""

    roots: Mapping[str, N.Scalar]
    noise: Mapping[str, N.Scalar]


def linear_density(
    ev: Evaluator, steps: Sequence[LinearStep], args: Sequence[str], given: Sequence[str]
) -> N.Scalar:
    """`q(args | given)` in a model of linear Gaussian steps; what no step makes is a root, and must be given.

    Raises EvaluationError `unsupported` where a root is not given, `unknown_name` for variables the model does not have.
    """
    known = _affine(ev, steps)
    roots = [k for k in given if k not in known]
    free = [k for k in args if k not in given]
    held = [k for k in given if k in known]
    if any(k not in known for k in free):
        raise EvaluationError("unknown_name", "a variable that no step of the model makes")
    if any(set(known[k].roots) - set(roots) for k in (*free, *held)):
        raise EvaluationError("unsupported", "a law that rests on a variable which is not given")
    if not free:
        return ev.constant(1)
    gaps = {k: V.scalar(ev.lookup(k)) - _mean(ev, known[k], roots) for k in (*free, *held)}
    both = _log_normal(ev, [known[k] for k in (*free, *held)], [gaps[k] for k in (*free, *held)])
    below = _log_normal(ev, [known[k] for k in held], [gaps[k] for k in held]) if held else ev.constant(0)
    return N.exp(both - below)


def _affine(ev: Evaluator, steps: Sequence[LinearStep]) -> dict[str, _Affine]:
    known: dict[str, _Affine] = {}
    for step in steps:
        factor = ev.scalar(step.factor)
        before = known.get(step.given, _Affine({step.given: ev.constant(1)}, {}))
        noise = {k: v * factor for k, v in before.noise.items()}
        noise[step.var] = N.sqrt(ev.scalar(step.variance))
        known[step.var] = _Affine({k: v * factor for k, v in before.roots.items()}, noise)
    return known


def _mean(ev: Evaluator, variable: _Affine, roots: Sequence[str]) -> N.Scalar:
    total: N.Scalar = ev.constant(0)
    for key in roots:
        if key in variable.roots:
            total = total + variable.roots[key] * V.scalar(ev.lookup(key))
    return total


def _log_normal(ev: Evaluator, variables: Sequence[_Affine], gaps: Sequence[N.Scalar]) -> N.Scalar:
    """The log-density of centred variables at these gaps, without the constant of π for those that cancel."""
    rows: list[Value] = []
    for a in variables:
        row: list[Value] = []
        for b in variables:
            total: N.Scalar = ev.constant(0)
            for key, factor in a.noise.items():
                if key in b.noise:
                    total = total + factor * b.noise[key]
            row.append(total)
        rows.append(Tens("vec", row))
    zero = [ev.constant(0)] * len(gaps)
    return log_density(ev, zero, Tens("mat", rows), Tens("vec", list(gaps)))


def linear_steps(ev: Evaluator, letter: str) -> Sequence[LinearStep]:
    """The steps of the linear model of a density letter at the sizes there are; none where it has no such model."""
    recipe = ev.block.world.linear.get(letter)
    return recipe(ev.block.sizes) if recipe is not None else ()


def keys_of(ev: Evaluator, nodes: Sequence[T.Node]) -> list[str]:
    """Keys of the variables of a density in a linear model. Raises EvaluationError for expressions."""
    if not all(isinstance(n, T.Name) for n in nodes):
        raise EvaluationError("unsupported", "a density of an expression")
    return [ev.key(n) for n in nodes if isinstance(n, T.Name)]
