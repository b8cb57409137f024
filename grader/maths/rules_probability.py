"""Evaluation of densities, expectations, divergences and integrals.

Discrete variables have an axis each; expectations and marginals are exact sums over them. One-dimensional Gaussians act
by Gauss-Hermite quadrature (exact on polynomials; two sizes are compared to see whether it converged), point masses by
substitution.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import mpmath
import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.dots import between, has_dots
from grader.maths.evaluate import Evaluator, register
from grader.maths.gaussians import (
    in_several,
    keys_of,
    linear_density,
    linear_law,
    linear_steps,
    log_density,
    parameters,
    points_of,
    rule,
)
from grader.maths.notation import DEFAULT
from grader.maths.values import Tens, Value
from grader.maths.worlds import Measure, precise_array, rests_on

_ORDERS = (20, 32)
_INFINITE_NODES = 201


def variable_keys(ev: Evaluator, node: T.Node) -> list[str]:
    """The discrete variables a node names: `x_t`, all of `x_{1:T}`, or those a name was given to (`h = (x_{1:T}, z)`)."""
    if isinstance(node, T.Tup):
        return [k for item in node.items for k in variable_keys(ev, item)]
    if isinstance(node, T.Rel):
        return variable_keys(ev, node.operands[0])
    if isinstance(node, T.Word) and node.text == "cdot":
        return []
    if not isinstance(node, T.Name):
        raise EvaluationError("unsupported", "a density of an expression")
    ranges = [s for s in node.sub if isinstance(s, T.Range)]
    if not ranges:
        key = ev.key(node)
        several = ev.block.world.definitions.get(key)  # also of one of the model's own: `z = (z_1, .., z_k)`
        return [key] if several is None else _named_variables(ev, key, several)
    low, high = ev.integer(ranges[0].low), ev.integer(ranges[0].high)
    step = 1 if high >= low else -1
    if high == low - 1:
        return []
    return [T.name_key(node.base, (str(i),), node.marks) for i in range(low, high + step, step)]


def _named_variables(ev: Evaluator, key: str, several: T.Node) -> list[str]:
    """The variables a name was given to; the name itself where it stands for something else."""
    items = several.items if isinstance(several, T.Tup) else (several,)
    if len(items) == 3 and has_dots(items):
        items = (between(items[0], items[2]),)
    if not all(isinstance(item, T.Name) and key not in T.names_in(item) for item in items):
        return [key]
    return _all_keys(ev, items)


def _all_keys(ev: Evaluator, nodes: Sequence[T.Node]) -> list[str]:
    return [k for node in nodes for k in variable_keys(ev, node)]


def _measure(ev: Evaluator, letter: str, sub: str) -> Measure | None:
    measures = ev.block.world.measures
    return measures.get(f"{letter}_{sub}") if sub else measures.get(letter)


def _measure_of(ev: Evaluator, node: T.Node) -> Measure | None:
    if isinstance(node, T.Density):
        return _measure(ev, node.letter, node.sub)
    if isinstance(node, T.Name):
        return ev.block.world.measures.get(node.key)
    if isinstance(node, T.Apply):
        return ev.block.world.measures.get(node.head.key)
    if isinstance(node, T.Normal):
        return Measure("gauss_variance", "x", (node.mean, node.variance))
    return None


def _density(ev: Evaluator, node: T.Density) -> Value:
    node = _meant(ev, node)
    measure = _measure(ev, node.letter, node.sub)
    if measure is not None:
        if len(node.args) != 1 or not isinstance(node.args[0], T.Name):
            raise EvaluationError("unsupported", "a density of several variables")
        return measure_density(ev, measure, ev.value(node.args[0]))
    steps = linear_steps(ev, node.letter)
    if steps:
        return linear_density(ev, steps, keys_of(ev, node.args), keys_of(ev, node.given))
    args, given = _all_keys(ev, node.args), _all_keys(ev, node.given)
    if not args:
        return ev.constant(1)
    unknown = [k for k in (*args, *given) if k not in ev.block.variables]
    if unknown:
        raise EvaluationError("unknown_name", f"{node.letter}({unknown[0]})")
    if any(isinstance(a, T.Rel) for a in (*node.args, *node.given)):
        raise EvaluationError("unsupported", "a density at a fixed value")
    fresh = frozenset(args) - frozenset(given)
    if not fresh:
        return ev.constant(1)
    return ev.block.conditional(node.letter, fresh, frozenset(given))


def _meant(ev: Evaluator, node: T.Density) -> T.Density:
    """The density that a letter with a subscript was given to (`p_g(x)` is q(x)), where it has the same variables.

    Raises EvaluationError `unknown_name` in worlds where subscripts tell densities apart and this one is not known.
    """
    world = ev.block.world
    if not node.sub:
        return node
    found = world.definitions.get(f"{node.letter}_{node.sub}")
    if isinstance(found, T.Density) and (found.args, found.given) == (node.args, node.given):
        return found
    family = world.family(f"{node.letter}_{node.sub}") if found is None else None
    body = found if family is None else family[1]
    if world.told_apart or (body is not None and not T.contains(body, T.Density)):
        raise EvaluationError("unknown_name", f"{node.letter}_{node.sub}")  # `p_i = \\sigma(u_i)` is no distribution
    return node


def measure_density(ev: Evaluator, measure: Measure, at: Value) -> Value:
    """The density of a Gaussian at a number. Source: the normal density with mean m and variance s²."""
    if measure.kind == "dirac":
        raise EvaluationError("unsupported", "the density of a point mass")
    several = _in_several(ev, measure)
    if several is not None:
        return N.exp(log_density(ev, *several, at))
    mean, spread = (ev.scalar(a) for a in measure.args)
    variance = spread if measure.kind == "gauss_variance" else spread * spread
    offset = V.scalar(at) - mean
    two = ev.constant(2)
    top = N.exp(-N.divide(offset * offset, two * variance))
    return N.divide(top, N.sqrt(two * N.named_constant("pi", ev.precise) * variance))


def _in_several(ev: Evaluator, measure: Measure) -> tuple[list[N.Scalar], Tens] | None:
    """Mean and covariance of a Gaussian in several dimensions; None for one in a single dimension."""
    if measure.kind == "dirac":
        return None
    mean, spread = (ev.value(a) for a in measure.args)
    return parameters(ev, mean, spread) if in_several(mean, spread) else None


def _normal(ev: Evaluator, node: T.Normal) -> Value:
    if node.var is None:
        return Tens("normal", [ev.value(node.mean), ev.value(node.variance)])
    return measure_density(ev, Measure("gauss_variance", "x", (node.mean, node.variance)), ev.value(node.var))


# expectations


@lru_cache(maxsize=8)
def _hermite(order: int, digits: int) -> tuple[N.Array, N.Array]:
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


def _axis(ev: Evaluator, values: N.Array) -> N.Array:
    """A one-dimensional array along the next free quadrature axis."""
    used = ev.quadratures
    if used >= ev.block.world.quadratures:
        raise EvaluationError("unsupported", "an integral inside an integral")
    shape = [1] * ev.block.ndim
    shape[ev.block.ndim - 1 - used] = len(values)
    return values.reshape(shape)


def _sum_axis(ev: Evaluator, value: Value, weights: N.Array) -> Value:
    axis = ev.block.ndim - 1 - ev.quadratures

    def collapse(v: N.Array) -> N.Array:
        product = v * weights
        summed = product.sum(axis=axis, keepdims=True) if product.ndim > axis else product * weights.sum()
        return np.asarray(summed)

    return V.each(value, lambda v: N.linear(v, collapse))


def _expect_measure(ev: Evaluator, measure: Measure, var: str, body: T.Node) -> Value:
    if measure.kind == "dirac":
        return ev.with_bound(var, ev.value(measure.args[0]), body)
    several = _in_several(ev, measure)
    results = []
    if several is not None:
        for fine in (False, True):
            points, weights = rule(len(several[0]), fine, mpmath.mp.dps if ev.precise else 0)
            along, weigh = [_axis(ev, column) for column in points.T], _axis(ev, weights)
            ev.quadratures += 1
            try:
                value = ev.with_bound(var, points_of(*several, along), body)
            finally:
                ev.quadratures -= 1
            results.append(_sum_axis(ev, value, weigh))
        _check_convergence(ev, results[0], results[1])
        return results[1]
    mean, spread = (ev.scalar(a) for a in measure.args)
    if measure.kind == "gauss_variance":
        spread = N.sqrt(spread)
    return _expect_gauss(ev, mean, spread, var, body)


def _expect_gauss(ev: Evaluator, mean: N.Scalar, spread: N.Scalar, var: str, body: T.Node) -> Value:
    """The mean of a formula under a Gaussian of one dimension, by Gauss-Hermite quadrature."""
    results = []
    for order in _ORDERS:
        nodes, weights = _hermite(order, mpmath.mp.dps if ev.precise else 0)
        along, weigh = _axis(ev, nodes), _axis(ev, weights)
        ev.quadratures += 1
        try:
            value = ev.with_bound(var, mean + spread * along, body)
        finally:
            ev.quadratures -= 1
        results.append(_sum_axis(ev, value, weigh))
    _check_convergence(ev, results[0], results[1])
    return results[1]


def _check_convergence(ev: Evaluator, coarse: Value, fine: Value) -> None:
    for a, b in zip(V.leaves(coarse), V.leaves(fine), strict=True):
        x, y = N.primal(a), N.primal(b)
        if x.dtype == object:
            x, y = x.astype(complex), y.astype(complex)
        if not np.all(np.abs(x - y) <= 1e-9 * (1e-3 + np.abs(y))):
            ev.unreliable = True


def sum_over(ev: Evaluator, keys: Sequence[str], value: Value, op: str = "sum") -> Value:
    """Sum (or multiply) a value over all states of discrete variables."""
    axes = [ev.block.variables[k] for k in keys if k in ev.block.variables]
    if len(axes) != len(keys):
        raise EvaluationError("unknown_name", "a variable that is not in the model")
    cell = ev.block.cell

    if op != "sum" and any(isinstance(v, N.Dual) for v in V.leaves(value)):
        raise EvaluationError("unsupported", "the derivative of a product over states")

    def collapse(array: N.Array) -> N.Array:
        for axis in axes:
            if array.ndim > axis and array.shape[axis] > 1:
                array = array.sum(axis=axis, keepdims=True) if op == "sum" else array.prod(axis=axis, keepdims=True)
            else:
                array = array * cell if op == "sum" else array**cell
        return array

    return V.each(value, lambda v: N.linear(v, collapse))


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
    measure = _measure_of(ev, node.dist)
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
    over = _all_keys(ev, node.over) if node.over else [k for k in _depends(ev, value) if k not in ev.block.world.given]
    over = _all_copies(ev, over, value)
    if not over and ev.block.world.given and set(_depends(ev, value)) <= ev.block.world.given:
        return value  # what is given passes through
    if not over:
        raise EvaluationError("unsupported", "an expectation over names that are no variables of a density")
    weights = ev.block.conditional(letter, frozenset(over), ev.block.world.given & frozenset(ev.block.variables))
    return sum_over(ev, over, V.multiply(weights, value))


def _letters_used(node: T.Node) -> set[str]:
    return {n.letter for n in T.walk(node) if isinstance(n, T.Density)}


def _named_density(ev: Evaluator, node: T.Node) -> T.Node:
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
    return _expect_gauss(ev, mean, N.sqrt(variance), args[0], node.body)


def _expect_table(ev: Evaluator, node: T.Expect) -> Value:
    assert node.dist is not None
    if ev.block.world.linear:
        if isinstance(node.dist, T.Density) and node.dist.letter in ev.block.world.linear:
            return _expect_linear(ev, node, node.dist)
        raise EvaluationError("unsupported", "an expectation under this distribution")
    value = ev.value(node.body)
    block = ev.block
    dists = node.dist.items if isinstance(node.dist, T.Tup) else (node.dist,)
    for dist in [_named_density(ev, d) for d in reversed(dists)]:
        if isinstance(dist, T.Density):
            dist = _meant(ev, dist)
            args = _all_keys(ev, dist.args) or (_all_keys(ev, node.over) if node.over else [])
            given = frozenset(_all_keys(ev, dist.given))
            fresh = _draws(ev, node, [k for k in args if k not in given], value)
            if block.world.given and not given and not (frozenset(args) & block.world.given):
                given = block.world.given & frozenset(block.variables)
            letter = dist.letter
        elif isinstance(dist, T.Name):
            letter = dist.base
            if dist.sub and block.world.told_apart:
                raise EvaluationError("unknown_name", dist.key)
            given = block.world.given & frozenset(block.variables)
            over = _all_keys(ev, node.over) if node.over else []
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
    over = _all_keys(ev, node.over) or args
    return _all_copies(ev, over, value) if all(block.kind_of(k) == args[0] for k in over) else args


def _all_copies(ev: Evaluator, keys: list[str], value: Value) -> list[str]:
    """Of a variable that has copies: those a value depends on, where it does not depend on the variable itself (an
    expectation over epsilon of what rests on epsilon_1, .., epsilon_k)."""
    if len(keys) != 1 or keys[0] not in ev.block.world.copies:
        return keys
    here = _depends(ev, value)
    return keys if keys[0] in here else [k for k in here if ev.block.kind_of(k) == keys[0]] or keys


def _kl(ev: Evaluator, node: T.KL) -> Value:
    measures = _measure_of(ev, node.left), _measure_of(ev, node.right)
    if measures[0] is not None and measures[1] is not None and node.op == "KL":
        return _kl_measures(ev, measures[0], measures[1])
    if measures[0] is not None or measures[1] is not None:
        raise EvaluationError("unsupported", "a divergence between a density and something else")
    block = ev.block
    left, right = _named_density(ev, node.left), _named_density(ev, node.right)
    everything = [k for k in block.variables if k not in block.world.given]
    sides = [
        list(dict.fromkeys(k for d in T.of_kind(s, T.Density) for k in _all_keys(ev, d.args))) for s in (left, right)
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
    first_law, second_law = _in_several(ev, left), _in_several(ev, right)
    if first_law is not None and second_law is not None:
        points, weights = rule(len(first_law[0]), False, mpmath.mp.dps if ev.precise else 0)
        at = points_of(*first_law, [_axis(ev, column) for column in points.T])
        ratio = log_density(ev, *first_law, at) - log_density(ev, *second_law, at)
        return _sum_axis(ev, ratio, _axis(ev, weights))  # quadratic: exact
    m1, s1 = (ev.scalar(a) for a in left.args)
    m2, s2 = (ev.scalar(a) for a in right.args)
    v1 = s1 if left.kind == "gauss_variance" else s1 * s1
    v2 = s2 if right.kind == "gauss_variance" else s2 * s2
    two = ev.constant(2)
    nodes, weights = _hermite(_ORDERS[0], mpmath.mp.dps if ev.precise else 0)
    x = m1 + N.sqrt(v1) * _axis(ev, nodes)
    first, second = x - m1, x - m2
    quotient = (
        N.divide(N.log(N.divide(v2, v1)), two) - N.divide(first * first, two * v1) + N.divide(second * second, two * v2)
    )
    return _sum_axis(ev, quotient, _axis(ev, weights))


# integrals


def _integral(ev: Evaluator, node: T.Integral) -> Value:
    if not node.variables and isinstance(node.body, T.Integral):
        return ev.value(node.body)  # `\\int\\int f dx dz`: the inner one has both variables
    if not node.variables:
        raise EvaluationError("unsupported", "an integral without its variable")
    names = node.variables
    if ev.block.variables:
        try:
            keys = _all_keys(ev, names)
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
    return _quadrature(ev, var, low, high, node.body)


def _infinite(node: T.Node | None) -> bool:
    inner = node.value if isinstance(node, T.Neg) else node
    return isinstance(inner, T.Const) and inner.name == "inf"


def _by_measure(ev: Evaluator, var: str, body: T.Node) -> Value | None:
    """`∫ q(x) f(x) dx` is the expectation of f under q."""
    factors = body.factors if isinstance(body, T.Mul) else (body,)
    for i, factor in enumerate(factors):
        measure = _measure_of(ev, factor)
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


def _quadrature(ev: Evaluator, var: str, low: T.Node | None, high: T.Node | None, body: T.Node) -> Value:
    """Gauss-Legendre on an interval, the trapezium rule after x = sinh t on the line."""
    results = []
    for scale in (1, 2):
        if low is not None and high is not None:
            nodes, weights = np.polynomial.legendre.leggauss(20 * scale)
            a, b = ev.scalar(low), ev.scalar(high)
            half = (b - a) * ev.constant(1)
            half = N.divide(half, ev.constant(2))
            nodes, weights = (precise_array(nodes), precise_array(weights)) if ev.precise else (nodes, weights)
            x = a + half * (_axis(ev, nodes) + ev.constant(1))
            factor: N.Scalar = half
        else:
            t = np.linspace(-5.0, 5.0, _INFINITE_NODES // scale)
            nodes, weights = np.sinh(t), np.cosh(t) * (t[1] - t[0])
            nodes, weights = (precise_array(nodes), precise_array(weights)) if ev.precise else (nodes, weights)
            x = _axis(ev, nodes)
            factor = ev.constant(1)
        weigh = _axis(ev, weights)
        ev.quadratures += 1
        try:
            value = ev.with_bound(var, x, body)
        finally:
            ev.quadratures -= 1
        results.append(V.multiply(factor, _sum_axis(ev, value, weigh)))
    _check_convergence(ev, results[0], results[1])
    ev.unreliable = ev.unreliable or ev.precise
    return results[0]


register(T.Density, _density)
register(T.Normal, _normal)
register(T.Expect, _expect)
register(T.KL, _kl)
register(T.Integral, _integral)
