"""Evaluation of densities: which variables they name, tables of discrete ones, the normal law."""

from __future__ import annotations

from collections.abc import Sequence

from grader import limits
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
    linear_steps,
    log_density,
    parameters,
)
from grader.maths.values import Tens, Value
from grader.maths.worlds import Measure


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
    if abs(high - low) > limits.NAMED_VARIABLES:
        raise EvaluationError("budget", "a range of too many variables")
    return [T.name_key(node.base, (str(i),), node.marks) for i in range(low, high + step, step)]


def _named_variables(ev: Evaluator, key: str, several: T.Node) -> list[str]:
    """The variables a name was given to; the name itself where it stands for something else."""
    items = several.items if isinstance(several, T.Tup) else (several,)
    if len(items) == 3 and has_dots(items):
        items = (between(items[0], items[2]),)
    if not all(isinstance(item, T.Name) and key not in T.names_in(item) for item in items):
        return [key]
    return all_keys(ev, items)


def all_keys(ev: Evaluator, nodes: Sequence[T.Node]) -> list[str]:
    return [k for node in nodes for k in variable_keys(ev, node)]


def _measure(ev: Evaluator, letter: str, sub: str) -> Measure | None:
    measures = ev.block.world.measures
    return measures.get(f"{letter}_{sub}") if sub else measures.get(letter)


def measure_of(ev: Evaluator, node: T.Node) -> Measure | None:
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
    node = meant(ev, node)
    measure = _measure(ev, node.letter, node.sub)
    if measure is not None:
        if len(node.args) != 1 or not isinstance(node.args[0], T.Name):
            raise EvaluationError("unsupported", "a density of several variables")
        return measure_density(ev, measure, ev.value(node.args[0]))
    steps = linear_steps(ev, node.letter)
    if steps:
        return linear_density(ev, steps, keys_of(ev, node.args), keys_of(ev, node.given))
    args, given = all_keys(ev, node.args), all_keys(ev, node.given)
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


def meant(ev: Evaluator, node: T.Density) -> T.Density:
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
    several = law_in_several(ev, measure)
    if several is not None:
        return N.exp(log_density(ev, *several, at))
    mean, spread = (ev.scalar(a) for a in measure.args)
    variance = spread if measure.kind == "gauss_variance" else spread * spread
    offset = V.scalar(at) - mean
    two = ev.constant(2)
    top = N.exp(-N.divide(offset * offset, two * variance))
    return N.divide(top, N.sqrt(two * N.named_constant("pi", ev.precise) * variance))


def law_in_several(ev: Evaluator, measure: Measure) -> tuple[list[N.Scalar], Tens] | None:
    """Mean and covariance of a Gaussian in several dimensions; None for one in a single dimension."""
    if measure.kind == "dirac":
        return None
    mean, spread = (ev.value(a) for a in measure.args)
    return parameters(ev, mean, spread) if in_several(mean, spread) else None


def _normal(ev: Evaluator, node: T.Normal) -> Value:
    if node.var is None:
        return Tens("normal", [ev.value(node.mean), ev.value(node.variance)])
    return measure_density(ev, Measure("gauss_variance", "x", (node.mean, node.variance)), ev.value(node.var))


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


register(T.Density, _density)
register(T.Normal, _normal)
