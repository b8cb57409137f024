"""Evaluation of syntax trees in a block of samples: one pass over the tree judges all samples at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np

from grader.errors import EvaluationError
from grader.limits import EVALUATION_STEPS, PRECISE_STEPS
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.values import Tens, Value
from grader.maths.worlds import Block, Function

Rule = Callable[["Evaluator", Any], Value]


class Evaluator:
    """Values of trees in one block.

    `steps` counts visited nodes against the budget; `unreliable` is set where a quadrature did not converge.
    Raises EvaluationError with a note: `unknown_name`, `unsupported`, `shape`, `budget`, `too_large`, `index`.
    """

    def __init__(self, block: Block, budget: int | None = None) -> None:
        self.block = block
        self.precise = block.precise
        self.bound: dict[str, Value] = {}
        self.indices: dict[str, int] = {}
        self.sign = 1
        self.tags = 0
        self.steps = 0
        self.budget = budget if budget is not None else (PRECISE_STEPS if block.precise else EVALUATION_STEPS)
        self.unreliable = False
        self.quadratures = 0
        self.depth = 0
        self.used: set[str] = set()
        self.integer_name: set[str] = set()

    def value(self, node: T.Node) -> Value:
        """The value of a node; arrays broadcast to the samples."""
        self.steps += 1
        if self.steps > self.budget:
            raise EvaluationError("budget", "too much work for one formula")
        rule = _RULES.get(type(node))
        if rule is None:
            raise EvaluationError("unsupported", type(node).__name__.lower())
        return rule(self, node)

    def scalar(self, node: T.Node) -> N.Scalar:
        """The value of a node that must be a number."""
        return V.scalar(self.value(node))

    def constant(self, value: Fraction | int) -> N.Array:
        return N.constant(value, self.precise)

    # names

    def key(self, name: T.Name) -> str:
        """The name with its index subscripts replaced by their integers."""
        if not name.sub:
            return name.base + name.marks
        if not self.indices and not self.block.sizes:
            return name.key
        subs = []
        for sub in name.sub:
            number = self.try_integer(sub)
            subs.append(str(number) if number is not None else T.sub_text(sub))
        return T.name_key(name.base, tuple(subs), name.marks)

    def try_integer(self, node: T.Node) -> int | None:
        try:
            return self.integer(node)
        except EvaluationError:
            return None

    def integer(self, node: T.Node) -> int:
        """An index expression as an integer."""
        if isinstance(node, T.Num):
            if node.value.denominator == 1:
                return node.value.numerator
        elif isinstance(node, T.Name):
            key = node.key
            found = self.indices.get(key)
            if found is None:
                found = self.block.sizes.get(key)
            if found is not None:
                return found
        elif isinstance(node, T.Neg):
            return -self.integer(node.value)
        elif isinstance(node, T.Add):
            return sum(self.integer(t) for t in node.terms)
        elif isinstance(node, T.Mul):
            return math.prod(self.integer(f) for f in node.factors)
        raise EvaluationError("index", "an index that is no integer here")

    def lookup(self, key: str) -> Value:
        """The value of a name: bound, index, defined, drawn."""
        found = self.bound.get(key)
        if found is not None:
            return found
        index = self.indices.get(key)
        if index is not None:
            return self.constant(index)
        forced = self.block.forced.get(key)
        definition = self.block.world.definitions.get(key)
        if definition is not None:
            self.depth += 1
            if self.depth > 40:
                raise EvaluationError("cyclic", f"{key} is defined by itself")
            try:
                return self.value(definition)
            finally:
                self.depth -= 1
        drawn = self.block.draw(key)
        if drawn is None:
            group = self.block.world.groups.get(key)
            if group is not None:
                entries = [self.lookup(k) for k in group]
                return entries[0] if len(entries) == 1 else Tens("vec", entries)
            raise EvaluationError("unknown_name", key)
        self.used.add(key)
        if forced:
            drawn = self.force(key, V.scalar(drawn), forced)
        return drawn

    def force(self, key: str, drawn: N.Scalar, forced: Sequence[tuple[int, T.Node]]) -> N.Scalar:
        """Put boundary values into the samples kept for them."""
        place = ("forced", key)
        cached: N.Array | None = self.block.cache.get(place)
        if cached is not None:
            return cached
        out = np.array(np.broadcast_to(N.primal(drawn), drawn.shape)) if not isinstance(drawn, N.Dual) else drawn
        assert not isinstance(out, N.Dual)
        saved, self.bound = self.bound, {}
        try:
            for sample, node in forced:
                value = np.broadcast_to(N.primal(self.scalar(node)), out.shape)
                if self.block.pick is None:
                    out[sample] = value[sample]
                else:
                    for place_in, original in enumerate(self.block.pick):
                        if original == sample:
                            out[place_in] = value[place_in]
        finally:
            self.bound = saved
        self.block.cache[place] = out
        return out

    def with_bound(self, key: str, value: Value, node: T.Node) -> Value:
        """Evaluate with one name bound."""
        saved = self.bound.get(key)
        self.bound[key] = value
        try:
            return self.value(node)
        finally:
            if saved is None:
                del self.bound[key]
            else:
                self.bound[key] = saved

    def with_index(self, key: str, index: int, node: T.Node) -> Value:
        """Evaluate with an index set."""
        saved = self.indices.get(key)
        hidden = self.bound.pop(key, None)
        self.indices[key] = index
        try:
            return self.value(node)
        finally:
            if saved is None:
                del self.indices[key]
            else:
                self.indices[key] = saved
            if hidden is not None:
                self.bound[key] = hidden

    def apply(self, function: Function, args: Sequence[Value]) -> Value:
        """A function of the givens at values."""
        if function.rule is not None:
            return function.rule(self.block, args)
        if len(args) != len(function.params):
            if len(args) == 1 and isinstance(args[0], Tens) and len(args[0].items) == len(function.params):
                args = args[0].items
            else:
                raise EvaluationError("shape", "a function with another number of arguments")
        saved = dict(self.bound)
        self.bound.update(zip(function.params, args, strict=True))
        self.depth += 1
        try:
            if self.depth > 40:
                raise EvaluationError("cyclic", "a function defined by itself")
            assert function.body is not None
            return self.value(function.body)
        finally:
            self.depth -= 1
            self.bound = saved

    def derivative(self, at: N.Scalar, function: Callable[[N.Dual], Value]) -> Value:
        """The derivative of a function of one number, by a dual number."""
        self.tags += 1
        tag = self.tags
        seed = N.Dual(tag, at, self.constant(1))
        result = function(seed)

        def slope(v: N.Scalar) -> N.Scalar:
            return _tangent(v, tag, self.constant(0))

        return V.each(result, slope)


def _tangent(v: N.Scalar, tag: int, zero: N.Array) -> N.Scalar:
    """The part of `v` that multiplies the perturbation `tag`, under perturbations of other derivatives."""
    if not isinstance(v, N.Dual):
        return zero
    if v.tag == tag:
        return v.b
    return N.Dual(v.tag, _tangent(v.a, tag, zero), _tangent(v.b, tag, zero))


# rules


def _num(ev: Evaluator, node: T.Num) -> Value:
    return N.constant(node.value, ev.precise)


def _const(ev: Evaluator, node: T.Const) -> Value:
    return N.named_constant(node.name, ev.precise)


def _name(ev: Evaluator, node: T.Name) -> Value:
    return ev.lookup(ev.key(node))


def _neg(ev: Evaluator, node: T.Neg) -> Value:
    return V.negate(ev.value(node.value))


def _add(ev: Evaluator, node: T.Add) -> Value:
    total = ev.value(node.terms[0])
    for term in node.terms[1:]:
        total = V.add(total, ev.value(term))
    return total


def _plus_minus(ev: Evaluator, node: T.PlusMinus) -> Value:
    right = ev.value(node.right)
    if (ev.sign < 0) != node.flipped:
        right = V.negate(right)
    return right if node.left is None else V.add(ev.value(node.left), right)


def _mul(ev: Evaluator, node: T.Mul) -> Value:
    values = [ev.value(f) for f in node.factors]
    total = values[-1]  # from the right: M v before v^T M v
    if any(isinstance(v, Tens) for v in values):
        for value in reversed(values[:-1]):
            total = V.multiply(value, total)
        return total
    total = values[0]
    for value in values[1:]:
        total = V.multiply(total, value)
    return total


def _div(ev: Evaluator, node: T.Div) -> Value:
    top, bottom = ev.value(node.num), ev.scalar(node.den)
    return V.each(top, lambda v: N.divide(v, bottom))


def _pow(ev: Evaluator, node: T.Pow) -> Value:
    base = node.base
    if isinstance(base, T.Const) and base.name == "e":
        return N.exp(ev.scalar(node.exponent))
    value = ev.value(base)
    if isinstance(value, Tens):
        n = ev.try_integer(node.exponent)
        if n == 2 and value.kind == "vec":
            return V.dot(value, value)
        if n == -1:
            return V.inverse(value)
        if n is None or not 1 <= n <= 6:
            raise EvaluationError("unsupported", "a power of a matrix")
        out: Value = value
        for _ in range(n - 1):
            out = V.multiply(out, value)
        return out
    exponent = node.exponent
    if isinstance(exponent, T.Num) and exponent.value.denominator == 1 and abs(exponent.value) <= 64:
        return N.integer_power(value, int(exponent.value))
    if isinstance(exponent, T.Div) and exponent.num == T.Num(Fraction(1)) and exponent.den == T.Num(Fraction(2)):
        return N.sqrt(value)
    return N.power(value, ev.scalar(exponent))


def _transpose(ev: Evaluator, node: T.Transpose) -> Value:
    return V.transpose(ev.value(node.value))


def _call(ev: Evaluator, node: T.Call) -> Value:
    func = node.func
    if func == "det":
        return V.determinant(_matrix_argument(ev, node.args))
    if func == "tr":
        return V.trace(ev.value(node.args[0]))
    if func == "dot":
        return V.dot(ev.value(node.args[0]), ev.value(node.args[1]))
    if func == "indicator":
        mask = truth(ev, node.args[0])
        return N.where(mask, ev.constant(1), ev.constant(0))
    if func == "diag":
        return _diagonal(ev, node.args)
    args = [ev.scalar(a) for a in _spread(node.args)]
    return function_value(ev, func, args)


def _spread(args: tuple[T.Node, ...]) -> tuple[T.Node, ...]:
    """`max((a, b))` and `max\\{a, b\\}` are `max(a, b)`."""
    if len(args) == 1 and isinstance(args[0], (T.Tup, T.SetOf)):
        return args[0].items
    return args


def _matrix_argument(ev: Evaluator, args: tuple[T.Node, ...]) -> Value:
    return ev.value(args[0])


def _diagonal(ev: Evaluator, args: tuple[T.Node, ...]) -> Value:
    entries = [ev.value(a) for a in _spread(args)]
    if len(entries) == 1 and isinstance(entries[0], Tens) and entries[0].kind == "vec":
        entries = entries[0].items
    zero: Value = ev.constant(0)
    rows: list[Value] = [Tens("vec", [v if i == j else zero for j in range(len(entries))]) for i, v in enumerate(entries)]
    return Tens("mat", rows)


def function_value(ev: Evaluator, func: str, args: Sequence[N.Scalar]) -> Value:
    """A function of the tables at numbers."""
    if func in ("max", "min"):
        out = args[0]
        for v in args[1:]:
            out = N.maximum(out, v) if func == "max" else -N.maximum(-out, -v)
        return out
    if func == "binom":
        return _binomial(ev, args)
    if len(args) != 1:
        raise EvaluationError("shape", f"{func} takes one argument")
    x = args[0]
    one = ev.constant(1)
    simple: dict[str, Callable[[], Value]] = {
        "log": lambda: N.log(x),
        "exp": lambda: N.exp(x),
        "sqrt": lambda: N.sqrt(x),
        "logistic": lambda: N.logistic(x),
        "logit": lambda: N.log(N.divide(x, one - x)),
        "relu": lambda: N.maximum(ev.constant(0), x),
        "softplus": lambda: N.log(one + N.exp(x)),
        "abs": lambda: N.absolute(x),
        "log2": lambda: N.divide(N.log(x), N.log(ev.constant(2))),
        "Re": lambda: N.real(x),
        "Im": lambda: N.imag(x),
        "cot": lambda: N.divide(one, N.elementary("tan", x)),
        "sec": lambda: N.divide(one, N.elementary("cos", x)),
        "csc": lambda: N.divide(one, N.elementary("sin", x)),
    }
    if func in simple:
        return simple[func]()
    if func in N.ELEMENTARY:
        return N.elementary(func, x)
    raise EvaluationError("unsupported", f"the function {func}")


def _binomial(ev: Evaluator, args: Sequence[N.Scalar]) -> Value:
    n, k = (_whole(a) for a in args)
    return ev.constant(math.comb(n, k))


def _whole(x: N.Scalar) -> int:
    array = N.primal(x)
    first = float(array.flat[0].real)
    if first != math.floor(first) or first < 0 or first > 2000 or any(float(v.real) != first for v in array.flat):
        raise EvaluationError("unsupported", "a factorial of something that is no small integer")
    return int(first)


def _factorial(ev: Evaluator, node: T.Factorial) -> Value:
    return ev.constant(math.factorial(_whole(ev.scalar(node.value))))


def _apply(ev: Evaluator, node: T.Apply) -> Value:
    key = ev.key(node.head)
    args = [ev.value(a) for a in node.args]
    function = ev.block.world.functions.get(key)
    if function is None and not node.head.sub and node.head.base in _TABLE_HEADS and not node.head.marks:

        def call(values: Sequence[Value]) -> Value:
            return function_value(ev, node.head.base, [V.scalar(v) for v in values])
    elif function is not None:
        found = function

        def call(values: Sequence[Value]) -> Value:
            return ev.apply(found, values)
    elif key in ev.block.world.definitions and not node.primes:
        # `L(\psi, \theta)` where L is defined by names: the arguments only repeat them
        return _definition_applied(ev, key, node)
    elif ev.block.world.open and "^-1" not in key:

        def call(values: Sequence[Value]) -> Value:
            return _generic_function(ev, key, values)
    else:
        raise EvaluationError("unknown_function", key)
    if not node.primes:
        return call(args)
    if len(args) != 1:
        raise EvaluationError("unsupported", "a prime on a function of several arguments")

    def level(n: int, x: N.Scalar) -> Value:
        if n == 0:
            return call([x])
        return ev.derivative(x, lambda seed: level(n - 1, seed))

    return level(node.primes, V.scalar(args[0]))


def _definition_applied(ev: Evaluator, key: str, node: T.Apply) -> Value:
    world = ev.block.world
    names: list[str] = []
    for arg in node.args:
        if not isinstance(arg, T.Name):
            raise EvaluationError("unknown_function", key)
        names.extend(world.groups.get(ev.key(arg), (ev.key(arg),)))
    return ev.lookup(key)


_TABLE_HEADS: Final = frozenset({"logistic", "logit", "log", "exp", "relu", "softplus", "sqrt"}) | N.ELEMENTARY


def _generic_function(ev: Evaluator, key: str, values: Sequence[Value]) -> Value:
    """An unknown function as a smooth one drawn by its name: `a sin(b·x + c) + Σ d_i x_i + e_i x_i²`."""
    block = ev.block
    total: N.Scalar = block.reshape(block.raw(f"{key}()", 0.4, 1.2, False))
    shift: N.Scalar = block.reshape(block.raw(f"{key}()c", 0.1, 1.0, False))
    for i, value in enumerate(values):
        for x in V.leaves(value):
            slope = block.reshape(block.raw(f"{key}()b{i}", 0.3, 1.1, False))
            shift = shift + slope * x
            total = total + block.reshape(block.raw(f"{key}()d{i}", 0.2, 0.9, True)) * x
            total = total + block.reshape(block.raw(f"{key}()e{i}", 0.1, 0.4, False)) * (x * x)
    return total + N.elementary("sin", shift)


def _abs(ev: Evaluator, node: T.Abs) -> Value:
    value = ev.value(node.value)
    if isinstance(value, Tens) and value.kind == "mat":
        return V.determinant(value)
    return N.absolute(V.scalar(value)) if not isinstance(value, Tens) else V.norm(value, "2")


def _norm(ev: Evaluator, node: T.Norm) -> Value:
    return V.norm(ev.value(node.value), node.order)


def _big(ev: Evaluator, node: T.Big) -> Value:
    if node.var is None or node.condition is not None:
        raise EvaluationError("unsupported", "a sum without an index, or with a condition on it")
    key = ev.key(node.var)
    if node.low is None and key in ev.block.variables:
        from grader.maths.evaluate_prob import sum_over

        return sum_over(ev, [key], ev.value(node.body), node.op)
    if node.low is None and any(v.startswith(node.var.base) for v in ev.block.variables):
        from grader.maths.evaluate_prob import sum_over, variable_keys

        return sum_over(ev, variable_keys(ev, node.var), ev.value(node.body), node.op)
    if isinstance(node.high, T.Const) and node.high.name == "inf":
        raise EvaluationError("unsupported", "a sum to infinity")
    low = ev.integer(node.low) if node.low is not None else 1
    if node.high is not None:
        high = ev.integer(node.high)
    else:
        sizes = ev.block.sizes
        high = sizes.get("N") or sizes.get("T") or sizes.get("n") or next(iter(sizes.values()), 3)
    if high - low > 4000:
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


def _grad(ev: Evaluator, node: T.Grad) -> Value:
    if node.by is None:
        raise EvaluationError("unsupported", "a gradient without its variable")
    names = node.by.items if isinstance(node.by, T.Tup) else (node.by,)
    entries: list[Value] = []
    for name in names:
        if not isinstance(name, T.Name):
            raise EvaluationError("unsupported", "a gradient by an expression")
        value = derivative_by(ev, [ev.key(name)], node.body)
        entries.extend(value.items if isinstance(value, Tens) and value.kind == "vec" else [value])
    return entries[0] if len(entries) == 1 else Tens("vec", entries)


def _matrix(ev: Evaluator, node: T.Matrix) -> Value:
    rows = [[ev.value(e) for e in row] for row in node.rows]
    if all(len(row) == 1 for row in rows):
        return Tens("vec", [row[0] for row in rows]) if len(rows) > 1 else rows[0][0]
    return Tens("mat", [Tens("vec", row) for row in rows])


def _tuple(ev: Evaluator, node: T.Tup) -> Value:
    return Tens("vec", [ev.value(i) for i in node.items])


def _set(ev: Evaluator, node: T.SetOf) -> Value:
    return Tens("set", [ev.value(i) for i in node.items])


def _cases(ev: Evaluator, node: T.Cases) -> Value:
    out: N.Scalar | None = None
    for value, condition in reversed(node.branches):
        here = ev.scalar(value)
        if out is None:
            out = here if condition is None else N.where(truth(ev, condition), here, ev.constant(0) * here + _undefined(ev))
        elif condition is None:
            out = here
        else:
            out = N.where(truth(ev, condition), here, out)
    assert out is not None
    return out


def _undefined(ev: Evaluator) -> N.Array:
    return N.divide(ev.constant(0), ev.constant(0))  # type: ignore[return-value]


def _at(ev: Evaluator, node: T.At) -> Value:
    saved = dict(ev.bound)
    try:
        fresh: dict[str, Value] = {}
        for where in node.where:
            if not (isinstance(where, T.Rel) and where.relations == ("=",)):
                raise EvaluationError("unsupported", "an evaluation point that is no equation")
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


def _target_keys(ev: Evaluator, node: T.Node) -> list[str]:
    if isinstance(node, T.Name):
        return list(ev.block.world.groups.get(ev.key(node), (ev.key(node),)))
    if isinstance(node, T.Tup):
        return [k for item in node.items for k in _target_keys(ev, item)]
    raise EvaluationError("unsupported", "an evaluation point that is no name")


def _boxed(ev: Evaluator, node: T.Boxed) -> Value:
    return ev.value(node.value)


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
        return _compare(ev, left, ">", right.items[0]) & _compare(ev, left, "<", right.items[1])
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


_RULES: Final[dict[type[T.Node], Rule]] = {
    T.Num: _num, T.Const: _const, T.Name: _name, T.Neg: _neg, T.Add: _add, T.PlusMinus: _plus_minus, T.Mul: _mul,
    T.Div: _div, T.Pow: _pow, T.Transpose: _transpose, T.Call: _call, T.Apply: _apply, T.Factorial: _factorial,
    T.Abs: _abs, T.Norm: _norm, T.Big: _big, T.Limit: _limit, T.Deriv: _deriv, T.Grad: _grad, T.Matrix: _matrix,
    T.Tup: _tuple, T.SetOf: _set, T.Cases: _cases, T.At: _at, T.Boxed: _boxed,
}


def register(kind: type[T.Node], rule: Rule) -> None:
    """Add the rule of a node type (the probability rules live in `evaluate_prob`)."""
    _RULES[kind] = rule
