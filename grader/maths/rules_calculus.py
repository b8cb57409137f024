"""Evaluation of sums, products, derivatives, gradients and values at a point."""

from __future__ import annotations

from collections.abc import Sequence

from grader import limits
from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.evaluate import Evaluator, register
from grader.maths.rules_density import sum_over, variable_keys
from grader.maths.values import Tens, Value


def _big(ev: Evaluator, node: T.Big) -> Value:
    if node.var is None or node.condition is not None:
        raise EvaluationError("unsupported", "a sum without an index, or with a condition on it")
    key = ev.key(node.var)
    if node.low is None and key in ev.block.variables:
        return sum_over(ev, [key], ev.value(node.body), node.op)
    if node.low is None and key in ev.block.world.definitions:
        named = variable_keys(ev, node.var)
        if named != [key]:
            return sum_over(ev, named, ev.value(node.body), node.op)
    if node.low is None and any(v.startswith(node.var.base) for v in ev.block.variables):
        return sum_over(ev, variable_keys(ev, node.var), ev.value(node.body), node.op)
    if isinstance(node.high, T.Const) and node.high.name == "inf":
        raise EvaluationError("unsupported", "a sum to infinity")
    low = ev.integer(node.low) if node.low is not None else 1
    if node.high is not None:
        high = ev.integer(node.high)
    else:
        sizes = ev.block.sizes
        high = sizes.get("N") or sizes.get("T") or sizes.get("n") or next(iter(sizes.values()), 3)
    if high < low - 1:
        raise EvaluationError("empty_range", "a sum whose range runs backwards for these sizes")
    if high - low > limits.TERMS:
        raise EvaluationError("budget", "a sum of too many terms")
    empty = ev.constant(0 if node.op == "sum" else 1)
    total: Value = empty
    for i in range(low, high + 1):
        piece = ev.with_index(node.var.key, i, node.body)
        if i == low:
            total = piece
        elif node.op == "sum":
            total = V.add(total, piece)
        else:
            total = V.multiply(total, piece)
    return total


def _limit(ev: Evaluator, node: T.Limit) -> Value:
    raise EvaluationError("unsupported", "a limit")


def _deriv(ev: Evaluator, node: T.Deriv) -> Value:
    if isinstance(node.body, T.At):  # the bar behind a derivative says where to take it
        return _at(ev, T.At(T.Deriv(node.by, node.body.body), node.body.where))
    keys = []
    for by in node.by:
        if not isinstance(by, T.Name):
            raise EvaluationError("unsupported", "a derivative by an expression")
        keys.append(ev.key(by))
    return derivative_by(ev, keys, node.body)


def derivative_by(ev: Evaluator, keys: Sequence[str], body: T.Node) -> Value:
    """Derivative of a tree by names, each in turn; a name that is a group gives a vector."""
    if not keys:
        return ev.value(body)
    key = keys[0]
    group = ev.block.world.groups.get(key)
    if group is not None and len(group) > 1:
        return Tens("vec", [derivative_by(ev, (k, *keys[1:]), body) for k in group])
    if group is not None:
        key = group[0]
    if ev.block.world.open and isinstance(body, T.Name) and key != ev.key(body):
        raise EvaluationError("unsupported", "the derivative of a name whose dependence is not given")
    if any(
        n.base == key.split("_", 1)[0] and n.key != key and any(isinstance(s, T.Name) for s in n.sub)
        for big in T.of_kind(body, T.Big)
        for n in T.of_kind(big.body, T.Name)
    ) and not any(c.isdigit() for c in key):
        raise EvaluationError("unsupported", "the derivative of a sum by its general term")
    world = ev.block.world
    if key.split("_", 1)[0] in world.families and key not in world.symbols and key not in ev.bound:
        raise EvaluationError("unsupported", "the derivative by a name that stands for a formula")
    if key in world.definitions and key not in world.symbols and key not in ev.bound:
        return _by_defined(ev, key, keys[1:], body)
    inner = _slope_at(ev, key, body)
    if inner is not None:
        return derivative_by(ev, keys[1:], inner)
    at = V.scalar(ev.lookup(key))

    def inside(seed: N.Dual) -> Value:
        saved = ev.bound.get(key)
        ev.bound[key] = seed
        try:
            return derivative_by(ev, keys[1:], body)
        finally:
            if saved is None:
                del ev.bound[key]
            else:
                ev.bound[key] = saved

    return ev.derivative(at, inside)


def _slope_at(ev: Evaluator, key: str, body: T.Node) -> T.Node | None:
    """`\\nabla_x C(0)`: the slope of C by its own variable, taken at 0; None for other bodies."""
    if not isinstance(body, T.Apply) or body.primes or len(body.args) != 1:
        return None
    function = ev.block.world.functions.get(ev.key(body.head))
    if function is None or function.params != (key,) or key in _rests_on(ev, body.args[0]):
        return None
    return T.Apply(body.head, 1, body.args)


def _by_defined(ev: Evaluator, key: str, others: Sequence[str], body: T.Node) -> Value:
    """The derivative by a name that is itself a function of the world's variable, by the chain rule."""
    world = ev.block.world
    definition = world.definitions[key]
    variable = world.variable
    if not variable or variable not in _rests_on(ev, definition) or others:
        raise EvaluationError("unsupported", "the derivative by a name that stands for a formula")
    top = derivative_by(ev, [variable], body)
    bottom = V.scalar(derivative_by(ev, [variable], definition))
    return V.each(top, lambda v: N.divide(v, bottom))


def _rests_on(ev: Evaluator, node: T.Node) -> set[str]:
    """Keys a formula rests on, definitions followed."""
    seen: set[str] = set()
    waiting = list(T.names_in(node))
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            if key in ev.block.world.definitions:
                waiting.extend(T.names_in(ev.block.world.definitions[key]))
    return seen


def _grad(ev: Evaluator, node: T.Grad) -> Value:
    if isinstance(node.body, T.At):
        return _at(ev, T.At(T.Grad(node.by, node.body.body), node.body.where))
    rest = tuple(ev.block.world.rest)
    if node.by is None and not rest:
        raise EvaluationError("unsupported", "a gradient without its variable")
    if node.by is None:  # by all coordinates, in the order of the world's named point
        slopes = [derivative_by(ev, [key], node.body) for key in rest]
        if any(isinstance(v, Tens) for v in slopes):
            raise EvaluationError("unsupported", "the gradient of a vector, by rows or by columns")
        return Tens("vec", slopes)
    names = node.by.items if isinstance(node.by, T.Tup) else (node.by,)
    entries: list[Value] = []
    for name in names:
        if not isinstance(name, T.Name):
            raise EvaluationError("unsupported", "a gradient by an expression")
        value = derivative_by(ev, [ev.key(name)], node.body)
        entries.extend(value.items if isinstance(value, Tens) and value.kind == "vec" else [value])
    return entries[0] if len(entries) == 1 else Tens("vec", entries)


def _at(ev: Evaluator, node: T.At) -> Value:
    saved = dict(ev.bound)
    try:
        fresh: dict[str, Value] = {}
        for where in node.where:
            if not (isinstance(where, T.Rel) and where.relations == ("=",)):
                fresh.update(_at_rest(ev, where))
                continue
            left, right = where.operands
            keys = _target_keys(ev, left)
            value = ev.value(right)
            values = value.items if isinstance(value, Tens) else [value] * len(keys)
            if len(values) != len(keys):
                raise EvaluationError("shape", "an evaluation point of another size")
            fresh.update(zip(keys, values, strict=True))
        ev.bound.update(fresh)
        return ev.value(node.body)
    finally:
        ev.bound = saved


def _at_rest(ev: Evaluator, where: T.Node) -> dict[str, Value]:
    """The values of the world's named point, for bars such as `|_{0}`, `|_{(0,0,0)}` or `|_{P^*}`."""
    rest = ev.block.world.rest
    named = isinstance(where, T.Name) and "*" in where.marks
    numbers = where.items if isinstance(where, T.Tup) else (where,)
    same = all(isinstance(n, T.Num) for n in numbers) and all(_among(ev, n, numbers) for n in rest.values())
    if not rest or not (named or (same and len(numbers) in (1, len(rest)))):
        raise EvaluationError("unsupported", "an evaluation point that is no equation")
    return {key: ev.value(value) for key, value in rest.items()}


def _among(ev: Evaluator, value: T.Node, numbers: Sequence[T.Node]) -> bool:
    """Whether a coordinate is one of the numbers written; in a student's kit it is known by its value alone."""
    if not isinstance(value, T.Sealed):
        return value in numbers
    known = N.primal(ev.scalar(value))
    return any(bool((N.primal(ev.scalar(n)) == known).all()) for n in numbers)


def _target_keys(ev: Evaluator, node: T.Node) -> list[str]:
    if isinstance(node, T.Name):
        return list(ev.block.world.groups.get(ev.key(node), (ev.key(node),)))
    if isinstance(node, T.Tup):
        return [k for item in node.items for k in _target_keys(ev, item)]
    raise EvaluationError("unsupported", "an evaluation point that is no name")


register(T.Big, _big)
register(T.Limit, _limit)
register(T.Deriv, _deriv)
register(T.Grad, _grad)
register(T.At, _at)
