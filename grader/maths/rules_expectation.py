"""Evaluation of expectations and integrals.

Discrete variables have an axis each; expectations and marginals are exact sums over them. One-dimensional Gaussians act
by Gauss-Hermite quadrature (exact on polynomials; two sizes are compared to see whether it converged), point masses by
substitution.
"""

from __future__ import annotations

from fractions import Fraction

import mpmath

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.evaluate import Evaluator, register
from grader.maths.gaussians import (
    keys_of,
    linear_law,
    linear_steps,
    points_of,
    rule,
)
from grader.maths.quadrature import along_axis, check_convergence, expect_gauss, quadrature, quadrature_axis, sum_axis
from grader.maths.rules_density import all_keys, law_in_several, meant, measure_of, sum_over
from grader.maths.values import Value
from grader.maths.worlds import Measure


def _expect_measure(ev: Evaluator, measure: Measure, var: str, body: T.Node) -> Value:
    if measure.kind == "dirac":
        return ev.with_bound(var, ev.value(measure.args[0]), body)
    several = law_in_several(ev, measure)
    results = []
    if several is not None:
        for fine in (False, True):
            points, weights = rule(len(several[0]), fine, mpmath.mp.dps if ev.precise else 0)
            along, weigh = [quadrature_axis(ev, column) for column in points.T], quadrature_axis(ev, weights)
            with along_axis(ev, len(points)):
                value = ev.with_bound(var, points_of(*several, along), body)
            results.append(sum_axis(ev, value, weigh))
        check_convergence(ev, results[0], results[1])
        return results[1]
    mean, spread = (ev.scalar(a) for a in measure.args)
    if measure.kind == "gauss_variance":
        spread = N.sqrt(spread)
    return expect_gauss(ev, mean, spread, var, body)


def _depends(ev: Evaluator, value: Value) -> list[str]:
    """The discrete variables a value depends on, seen from its shape."""
    found = []
    for key, axis in ev.block.variables.items():
        for v in V.leaves(value):
            array = N.primal(v)
            if array.ndim > axis and array.shape[axis] > 1:
                found.append(key)
                break
    return found


def _expect(ev: Evaluator, node: T.Expect) -> Value:
    if node.op == "Var":
        square = T.Expect(node.over, node.dist, T.Pow(node.body, _TWO))
        mean = ev.scalar(T.Expect(node.over, node.dist, node.body))
        return ev.scalar(square) - mean * mean
    if node.dist is None:
        return _expect_unnamed(ev, node)
    measure = measure_of(ev, node.dist)
    if measure is not None:
        if len(node.over) > 1 or any(isinstance(s, T.Range) for n in node.over if isinstance(n, T.Name) for s in n.sub):
            raise EvaluationError("unsupported", "an expectation over several variables of one law")
        var = _measure_variable(ev, node, measure)
        return _expect_measure(ev, measure, var, node.body)
    return _expect_table(ev, node)


_TWO = T.Num(Fraction(2))


def _measure_variable(ev: Evaluator, node: T.Expect, measure: Measure) -> str:
    if node.over and isinstance(node.over[0], T.Name):
        return ev.key(node.over[0])
    if isinstance(node.dist, T.Density) and len(node.dist.args) == 1 and isinstance(node.dist.args[0], T.Name):
        return ev.key(node.dist.args[0])
    return measure.var


def _expect_unnamed(ev: Evaluator, node: T.Expect) -> Value:
    """`E[x]` or `E_x[..]`: under the only distribution there is, else under the joint q."""
    measures = ev.block.world.measures
    usual = measures.get(ev.block.world.under)
    if usual is not None or len(measures) == 1:
        measure = usual or next(iter(measures.values()))
        return _expect_measure(ev, measure, measure.var, node.body)
    joints = ev.block.world.joints
    known = "q" in joints or not joints
    letter = "q" if known and (joints or "p" not in _letters_used(node.body)) else "p"
    if len(joints) == 1:
        letter = next(iter(joints))
    if measures or not ev.block.variables:
        raise EvaluationError("unsupported", "an expectation whose distribution is not named")
    value = ev.value(node.body)
    over = all_keys(ev, node.over) if node.over else [k for k in _depends(ev, value) if k not in ev.block.world.given]
    over = _all_copies(ev, over, value)
    if not over and ev.block.world.given and set(_depends(ev, value)) <= ev.block.world.given:
        return value  # what is given passes through
    if not over:
        raise EvaluationError("unsupported", "an expectation over names that are no variables of a density")
    weights = ev.block.conditional(letter, frozenset(over), ev.block.world.given & frozenset(ev.block.variables))
    return sum_over(ev, over, V.multiply(weights, value))


def _letters_used(node: T.Node) -> set[str]:
    return {n.letter for n in T.walk(node) if isinstance(n, T.Density)}


def named_density(ev: Evaluator, node: T.Node) -> T.Node:
    """The density a name stands for, if the student says so (`q_psi = q(z | c)`, `r_t = q(x_{t-1} | x_t, x_0)`)."""
    if not isinstance(node, T.Name):
        return node
    found = ev.block.world.definitions.get(node.key)
    family = ev.block.world.families.get(node.base + node.marks) if found is None and len(node.sub) == 1 else None
    if family is not None:
        letter, body = family
        found = T.rebuild(body, lambda n: node.sub[0] if isinstance(n, T.Name) and n.key == letter else None)
    return found if isinstance(found, T.Density) else node


def _expect_linear(ev: Evaluator, node: T.Expect, dist: T.Density) -> Value:
    """The mean under one variable of a chain of linear Gaussian steps."""
    args = keys_of(ev, dist.args)
    if len(args) != 1:
        raise EvaluationError("unsupported", "an expectation over several variables of a chain")
    mean, variance = linear_law(ev, linear_steps(ev, dist.letter), args[0], keys_of(ev, dist.given))
    return expect_gauss(ev, mean, N.sqrt(variance), args[0], node.body)


def _expect_table(ev: Evaluator, node: T.Expect) -> Value:
    assert node.dist is not None
    if ev.block.world.linear:
        if isinstance(node.dist, T.Density) and node.dist.letter in ev.block.world.linear:
            return _expect_linear(ev, node, node.dist)
        raise EvaluationError("unsupported", "an expectation under this distribution")
    value = ev.value(node.body)
    block = ev.block
    dists = node.dist.items if isinstance(node.dist, T.Tup) else (node.dist,)
    for dist in [named_density(ev, d) for d in reversed(dists)]:
        if isinstance(dist, T.Density):
            dist = meant(ev, dist)
            args = all_keys(ev, dist.args) or (all_keys(ev, node.over) if node.over else [])
            given = frozenset(all_keys(ev, dist.given))
            fresh = _draws(ev, node, [k for k in args if k not in given], value)
            if block.world.given and not given and not (frozenset(args) & block.world.given):
                given = block.world.given & frozenset(block.variables)
            letter = dist.letter
        elif isinstance(dist, T.Name):
            letter = dist.base
            if dist.sub and block.world.told_apart:
                raise EvaluationError("unknown_name", dist.key)
            given = block.world.given & frozenset(block.variables)
            over = all_keys(ev, node.over) if node.over else []
            fresh = over or [k for k in _depends(ev, value) if k not in given]
        else:
            raise EvaluationError("unsupported", "an expectation under this distribution")
        fresh = [k for k in fresh if k in block.variables]
        if not fresh:
            if isinstance(dist, T.Name) and given and set(_depends(ev, value)) <= given:
                continue  # what is given passes through
            if isinstance(dist, T.Name) and any(isinstance(n, T.Name) for n in T.walk(node.body)):
                raise EvaluationError("unsupported", "an expectation over names that are no variables of a density")
            continue
        weights = block.conditional(letter, frozenset(fresh), given)
        value = sum_over(ev, fresh, V.multiply(weights, value))
    return value


def _draws(ev: Evaluator, node: T.Expect, args: list[str], value: Value) -> list[str]:
    """The variables an expectation is over: `z_1, .., z_k ~ q(z|x)` draws copies of the variable the law is written in."""
    block = ev.block
    if not block.world.copies or len(args) != 1 or args[0] not in block.world.copies:
        return args
    over = all_keys(ev, node.over) or args
    return _all_copies(ev, over, value) if all(block.kind_of(k) == args[0] for k in over) else args


def _all_copies(ev: Evaluator, keys: list[str], value: Value) -> list[str]:
    """Of a variable that has copies: those a value depends on, where it does not depend on the variable itself (an
    expectation over epsilon of what rests on epsilon_1, .., epsilon_k)."""
    if len(keys) != 1 or keys[0] not in ev.block.world.copies:
        return keys
    here = _depends(ev, value)
    return keys if keys[0] in here else [k for k in here if ev.block.kind_of(k) == keys[0]] or keys


def _integral(ev: Evaluator, node: T.Integral) -> Value:
    if not node.variables and isinstance(node.body, T.Integral):
        return ev.value(node.body)  # `\\int\\int f dx dz`: the inner one has both variables
    if not node.variables:
        raise EvaluationError("unsupported", "an integral without its variable")
    names = node.variables
    if ev.block.variables:
        try:
            keys = all_keys(ev, names)
        except EvaluationError:
            keys = []
        if keys and all(k in ev.block.variables for k in keys):
            return sum_over(ev, keys, ev.value(node.body))
    if len(names) != 1 or not isinstance(names[0], T.Name):
        raise EvaluationError("unsupported", "an integral over several variables")
    var = ev.key(names[0])
    whole = node.high is None and (node.low is None or isinstance(node.low, T.NamedSet))
    whole = whole or (_infinite(node.low) and _infinite(node.high))
    if whole:
        found = _by_measure(ev, var, node.body)
        if found is not None:
            return found
    low = None if whole or _infinite(node.low) else node.low
    high = None if whole or _infinite(node.high) else node.high
    if (low is None) != (high is None):
        raise EvaluationError("unsupported", "an integral over a half line")
    return quadrature(ev, var, low, high, node.body)


def _infinite(node: T.Node | None) -> bool:
    inner = node.value if isinstance(node, T.Neg) else node
    return isinstance(inner, T.Const) and inner.name == "inf"


def _by_measure(ev: Evaluator, var: str, body: T.Node) -> Value | None:
    """`∫ q(x) f(x) dx` is the expectation of f under q."""
    factors = body.factors if isinstance(body, T.Mul) else (body,)
    for i, factor in enumerate(factors):
        measure = measure_of(ev, factor)
        if measure is None and isinstance(factor, T.Apply) and factor.head.base == "delta" and factor.head.sub:
            measure = Measure("dirac", var, (factor.head.sub[0],))
        if measure is None or isinstance(factor, T.Normal):
            continue
        rest = factors[:i] + factors[i + 1 :]
        remaining: T.Node = T.Mul(rest) if len(rest) > 1 else rest[0] if rest else T.Num(Fraction(1))
        return _expect_measure(ev, measure, var, remaining)
    if isinstance(body, T.Add):
        parts = [_by_measure(ev, var, t.value if isinstance(t, T.Neg) else t) for t in body.terms]
        if all(p is not None for p in parts):
            total: Value | None = None
            for term, part in zip(body.terms, parts, strict=True):
                assert part is not None
                piece = V.negate(part) if isinstance(term, T.Neg) else part
                total = piece if total is None else V.add(total, piece)
            return total
    return None


register(T.Expect, _expect)
register(T.Integral, _integral)
