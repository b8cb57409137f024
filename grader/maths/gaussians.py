"""Gaussians in several dimensions, and chains of linear Gaussian steps.

Expectations are cubature: 2d points exact up to degree 3, and 3^d points exact up to degree 5 to see whether that is
enough. A chain is one joint per density letter, from which every conditional is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


# chains of linear steps


def linear_density(ev: Evaluator, steps: Sequence[LinearStep], args: Sequence[str], given: Sequence[str]) -> N.Scalar:
    """`q(args | given)` in a chain of linear Gaussian steps, whose first variable may have any law.

    Raises EvaluationError `unsupported` where nothing before the variables is given, `unknown_name` for variables that the
    chain does not have.
    """
    free, held, start = _split(steps, args, given)
    if not free:
        return ev.constant(1)
    means, noise = _from(ev, steps, start)
    gaps = {k: V.scalar(ev.lookup(k)) - means[k] for k in (*free, *held)}
    both = _log_normal(ev, [noise[k] for k in (*free, *held)], [gaps[k] for k in (*free, *held)])
    below = _log_normal(ev, [noise[k] for k in held], [gaps[k] for k in held]) if held else ev.constant(0)
    return N.exp(both - below)


def linear_law(ev: Evaluator, steps: Sequence[LinearStep], arg: str, given: Sequence[str]) -> tuple[N.Scalar, N.Scalar]:
    """Mean and variance of one variable of the chain given others. Raises EvaluationError as `linear_density` does."""
    free, held, start = _split(steps, [arg], given)
    if not free or len(held) > 1:
        raise EvaluationError("unsupported", "an expectation over what is given, or given several later variables")
    means, noise = _from(ev, steps, start)
    mean, variance = means[arg], _covariance(ev, noise[arg], noise[arg])
    for key in held:
        gain = N.divide(_covariance(ev, noise[arg], noise[key]), _covariance(ev, noise[key], noise[key]))
        mean = mean + gain * (V.scalar(ev.lookup(key)) - means[key])
        variance = variance - gain * _covariance(ev, noise[arg], noise[key])
    return mean, variance


def _split(steps: Sequence[LinearStep], args: Sequence[str], given: Sequence[str]) -> tuple[list[str], list[str], str]:
    """The variables asked for, those given behind the last one given before them, and that one: it screens off the rest."""
    order = {key: i for i, key in enumerate([steps[0].given, *(s.var for s in steps)])}
    if any(k not in order for k in (*args, *given)):
        raise EvaluationError("unknown_name", "a variable that is not in the model")
    free = [k for k in args if k not in given]
    first = min((order[k] for k in free), default=0)
    before = [k for k in given if order[k] < first]
    if free and not before:
        raise EvaluationError("unsupported", "a law that rests on a variable which is not given")
    start = max(before, key=lambda k: order[k], default="")
    return free, [k for k in given if start and order[k] > order[start]], start


def _from(
    ev: Evaluator, steps: Sequence[LinearStep], start: str
) -> tuple[dict[str, N.Scalar], dict[str, dict[str, N.Scalar]]]:
    """Of each variable behind `start`: its mean given that, and the factors of the independent noises in it."""
    means: dict[str, N.Scalar] = {start: V.scalar(ev.lookup(start))}
    noise: dict[str, dict[str, N.Scalar]] = {start: {}}
    for step in steps:
        if step.given not in means or step.var in means:
            continue
        factor = ev.scalar(step.factor)
        means[step.var] = means[step.given] * factor
        noise[step.var] = {k: v * factor for k, v in noise[step.given].items()}
        noise[step.var][step.var] = N.sqrt(ev.scalar(step.variance))
    return means, noise


def _covariance(ev: Evaluator, a: Mapping[str, N.Scalar], b: Mapping[str, N.Scalar]) -> N.Scalar:
    total: N.Scalar = ev.constant(0)
    for key, factor in a.items():
        if key in b:
            total = total + factor * b[key]
    return total


def _log_normal(ev: Evaluator, noise: Sequence[Mapping[str, N.Scalar]], gaps: Sequence[N.Scalar]) -> N.Scalar:
    """The log-density of centred variables at these gaps."""
    rows: list[Value] = [Tens("vec", [_covariance(ev, a, b) for b in noise]) for a in noise]
    return log_density(ev, [ev.constant(0)] * len(gaps), Tens("mat", rows), Tens("vec", list(gaps)))


def linear_steps(ev: Evaluator, letter: str) -> Sequence[LinearStep]:
    """The chain of a density letter at the sizes there are; empty where it has none."""
    recipe = ev.block.world.linear.get(letter)
    return recipe(ev.block.sizes) if recipe is not None else ()


def keys_of(ev: Evaluator, nodes: Sequence[T.Node]) -> list[str]:
    """Keys of the variables of a density of a chain. Raises EvaluationError for expressions and ranges."""
    if not all(isinstance(n, T.Name) and not any(isinstance(s, T.Range) for s in n.sub) for n in nodes):
        raise EvaluationError("unsupported", "a density of an expression")
    return [ev.key(n) for n in nodes if isinstance(n, T.Name)]
