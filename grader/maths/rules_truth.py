"""Truth of conditions at each sample, and values given by cases."""

from __future__ import annotations

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.evaluate import Evaluator, register
from grader.maths.values import Value


def truth(ev: Evaluator, node: T.Node) -> N.Array:
    """The truth of a condition at each sample, exact comparisons."""
    if isinstance(node, T.Boxed):
        return truth(ev, node.value)
    if isinstance(node, T.Rel):
        mask: N.Array | None = None
        for i, relation in enumerate(node.relations):
            here = _compare(ev, node.operands[i], relation, node.operands[i + 1])
            mask = here if mask is None else mask & here
        assert mask is not None
        return mask
    if isinstance(node, T.Logic) and node.op in ("and", "or", "list"):
        parts = [truth(ev, item) for item in node.items]
        out = parts[0]
        for part in parts[1:]:
            out = (out | part) if node.op == "or" else (out & part)
        return out
    if isinstance(node, T.Logic) and node.op == "forall":
        return truth(ev, node.items[-1])
    raise EvaluationError("unsupported", "a condition that is no relation")


def _compare(ev: Evaluator, left: T.Node, relation: str, right: T.Node) -> N.Array:
    if relation == "in":
        return _member(ev, left, right)
    if relation == "notin":
        return ~_member(ev, left, right)
    a, b = N.primal(ev.scalar(left)), N.primal(ev.scalar(right))
    return compare_arrays(a, relation, b)


def compare_arrays(a: N.Array, relation: str, b: N.Array) -> N.Array:
    """An order or equality between arrays; non-real values satisfy no order."""
    if relation in ("=", ":="):
        return np.asarray(a == b, dtype=bool)
    if relation == "!=":
        return np.asarray(a != b, dtype=bool)
    greater, less = N.greater(a, b), N.greater(b, a)
    table = {"<": less, ">": greater, "<=": ~greater, ">=": ~less, "<<": less, ">>": greater}
    if relation not in table:
        raise EvaluationError("unsupported", f"the relation {relation}")
    real_parts = np.ones(np.broadcast(a, b).shape, dtype=bool)
    for x in (a, b):
        if np.iscomplexobj(x):
            real_parts = real_parts & (np.abs(np.imag(x)) < 1e-12)
    return table[relation] & real_parts


def _member(ev: Evaluator, left: T.Node, right: T.Node) -> N.Array:
    if isinstance(left, (T.Tup, T.Logic)):
        masks = [_member(ev, item, right) for item in left.items]
        out = masks[0]
        for mask in masks[1:]:
            out = out & mask
        return out
    if isinstance(right, T.Interval):
        low = _compare(ev, left, ">=" if right.low_closed else ">", right.low)
        return low & _compare(ev, left, "<=" if right.high_closed else "<", right.high)
    if isinstance(right, T.Tup) and len(right.items) == 2:
        ev.bracketed = True
        above, below = (">=", "<=") if right.square else (">", "<")
        return _compare(ev, left, above, right.items[0]) & _compare(ev, left, below, right.items[1])
    if isinstance(right, T.SetOf):
        out = np.zeros(1, dtype=bool)
        for item in right.items:
            out = out | _compare(ev, left, "=", item)
        return out
    if isinstance(right, T.NamedSet):
        value = N.primal(ev.scalar(left))
        zero = ev.constant(0)
        name = right.name
        if name == "R":
            return compare_arrays(value, "<=", value)
        if name in ("R+", "R>=0", "R≥0", "R+0"):
            return compare_arrays(value, ">=", zero)
        if name in ("R+*", "R*+", "R>0", "R++"):
            return compare_arrays(value, ">", zero)
        if name in ("R-",):
            return compare_arrays(value, "<=", zero)
        if name in ("R*",):
            return compare_arrays(value, "!=", zero)
    raise EvaluationError("unsupported", "membership in this set")


def _cases(ev: Evaluator, node: T.Cases) -> Value:
    out: N.Scalar | None = None
    for value, condition in reversed(node.branches):
        here = ev.scalar(value)
        if out is None:
            out = (
                here
                if condition is None
                else N.where(truth(ev, condition), here, ev.constant(0) * here + _undefined(ev))
            )
        elif condition is None:
            out = here
        else:
            out = N.where(truth(ev, condition), here, out)
    assert out is not None
    return out


def _undefined(ev: Evaluator) -> N.Array:
    return N.divide(ev.constant(0), ev.constant(0))  # type: ignore[return-value]


register(T.Cases, _cases)
