"""Evaluation of functions: those of the tables, those of the givens, and unknown ones drawn by their name."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import mpmath
import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.dots import has_dots, written_out
from grader.maths.evaluate import Evaluator, register
from grader.maths.rules_truth import truth
from grader.maths.values import Tens, Value
from grader.maths.worlds import Function, precise_array, rests_on


def _call(ev: Evaluator, node: T.Call) -> Value:
    func = node.func
    if func == "det":
        return V.determinant(_matrix_argument(ev, node.args))
    if func == "tr":
        return V.trace(ev.value(node.args[0]))
    if func == "eig":
        return _eigenvalues(ev, _matrix_argument(ev, node.args))
    if func == "dot":
        return V.dot(ev.value(node.args[0]), ev.value(node.args[1]))
    if func == "indicator":
        mask = truth(ev, node.args[0])
        return N.where(mask, ev.constant(1), ev.constant(0))
    if func == "diag":
        return _diagonal(ev, node.args)
    if func in ("max_over", "min_over"):
        return _extreme(ev, func.removesuffix("_over"), *node.args)
    args = [ev.scalar(a) for a in _spread(node.args)]
    return function_value(ev, func, args)


def _extreme(ev: Evaluator, func: str, index: T.Node, body: T.Node) -> Value:
    """`\\max_i u_i` over an index that runs from 1 to the size there is."""
    sizes = ev.block.sizes
    size = sizes.get("N") or sizes.get("T") or sizes.get("n")
    if not isinstance(index, T.Name) or index.key not in "ijkntl" or not size:
        raise EvaluationError("unsupported", "an extreme over something that is no index")
    return function_value(ev, func, [V.scalar(ev.with_index(index.key, i, body)) for i in range(1, size + 1)])


def _spread(args: tuple[T.Node, ...]) -> tuple[T.Node, ...]:
    """`max((a, b))` and `max\\{a, b\\}` are `max(a, b)`."""
    if len(args) == 1 and isinstance(args[0], (T.Tup, T.SetOf)):
        return args[0].items
    return args


def _matrix_argument(ev: Evaluator, args: tuple[T.Node, ...]) -> Value:
    value = ev.value(args[0])
    if not isinstance(value, Tens) and ev.block.world.open and T.contains(args[0], T.Name):
        raise EvaluationError("unsupported", "the determinant of a name whose shape is not given")
    return value


def _eigenvalues(ev: Evaluator, value: Value) -> Value:
    """The eigenvalues of a square matrix as a set, sample by sample."""
    if not (isinstance(value, Tens) and value.kind == "mat" and value.shape[0] == value.shape[1] <= 6):
        raise EvaluationError("shape", "eigenvalues of something that is no small square matrix")
    size = value.shape[0]
    entries = [np.asarray(N.primal(v)) for v in V.leaves(value)]
    shape = np.broadcast_shapes(*(e.shape for e in entries))
    flat = [np.broadcast_to(e, shape).reshape(-1) for e in entries]
    out = [np.empty(len(flat[0]), dtype=object if ev.precise else complex) for _ in range(size)]
    for k in range(len(flat[0])):
        row = [column[k] for column in flat]
        if ev.precise:
            with mpmath.workdps(3 * mpmath.mp.dps):  # a multiple root keeps a third of the digits
                found = mpmath.eig(_mp_matrix(row, size), left=False, right=False)
        else:
            found = np.linalg.eigvals(np.array(row, dtype=complex).reshape(size, size))
        for i in range(size):
            out[i][k] = found[i]
    return Tens("set", [column.reshape(shape) for column in out])


def _mp_matrix(row: Sequence[object], size: int) -> mpmath.matrix:
    return mpmath.matrix([[mpmath.mpc(row[i * size + j]) for j in range(size)] for i in range(size)])


def _diagonal(ev: Evaluator, args: tuple[T.Node, ...]) -> Value:
    args = _spread(args)
    entries = written_out(ev, args) if has_dots(args) else [_of_entries(ev, a) for a in args]
    if len(entries) == 1 and isinstance(entries[0], Tens) and entries[0].kind == "vec":
        entries = entries[0].items
    zero: Value = ev.constant(0)
    rows: list[Value] = [
        Tens("vec", [v if i == j else zero for j in range(len(entries))]) for i, v in enumerate(entries)
    ]
    return Tens("mat", rows)


def _of_entries(ev: Evaluator, node: T.Node) -> Value:
    """A value on a diagonal, where `\\sigma^2` of a vector is the vector of its squares."""
    base = ev.value(node.base) if isinstance(node, T.Pow) else None
    if isinstance(node, T.Pow) and isinstance(base, Tens) and base.kind == "vec":
        power = ev.integer(node.exponent)
        return V.each(base, lambda v: N.integer_power(v, power))
    return ev.value(node)


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
    simple = _SIMPLE.get(func)
    if simple is not None:
        return simple(ev, x)
    if func in N.ELEMENTARY:
        return N.elementary(func, x)
    raise EvaluationError("unsupported", f"the function {func}")


def _over(ev: Evaluator, name: str, x: N.Scalar) -> N.Scalar:
    return N.divide(ev.constant(1), N.elementary(name, x))


_SIMPLE: Final[dict[str, Callable[[Evaluator, N.Scalar], N.Scalar]]] = {
    "log": lambda ev, x: N.log(x),
    "exp": lambda ev, x: N.exp(x),
    "sqrt": lambda ev, x: N.sqrt(x),
    "logistic": lambda ev, x: N.logistic(x),
    "logit": lambda ev, x: N.log(N.divide(x, ev.constant(1) - x)),
    "relu": lambda ev, x: N.maximum(ev.constant(0), x),
    "softplus": lambda ev, x: N.log(ev.constant(1) + N.exp(x)),
    "abs": lambda ev, x: N.absolute(x),
    "log2": lambda ev, x: N.divide(N.log(x), N.log(ev.constant(2))),
    "Re": lambda ev, x: N.real(x),
    "Im": lambda ev, x: N.imag(x),
    "cot": lambda ev, x: _over(ev, "tan", x),
    "sec": lambda ev, x: _over(ev, "cos", x),
    "csc": lambda ev, x: _over(ev, "sin", x),
}
"""Functions of one number that are no entry of `numeric.ELEMENTARY`."""


def _binomial(ev: Evaluator, args: Sequence[N.Scalar]) -> Value:
    n, k = (_whole(a) for a in args)
    return ev.constant(math.comb(n, k))


def _whole(x: N.Scalar) -> int:
    array = N.primal(x)
    first = float(array.flat[0].real)
    if (
        not math.isfinite(first)
        or first != math.floor(first)
        or first < 0
        or first > 2000
        or any(float(v.real) != first for v in array.flat)
    ):
        raise EvaluationError("unsupported", "a factorial of something that is no small integer")
    return int(first)


def _factorial(ev: Evaluator, node: T.Factorial) -> Value:
    return ev.constant(math.factorial(_whole(ev.scalar(node.value))))


def _apply(ev: Evaluator, node: T.Apply) -> Value:
    key = ev.key(node.head)
    function = ev.block.world.functions.get(key)
    if function is None and ev.block.variables and key in ev.block.world.definitions and not node.primes:
        return _definition_applied(ev, key, node)  # `w(x_{1:T}, z)`: its arguments have no values of their own
    if function is not None and not node.primes and (body := _of_functions(function, node.args)) is not None:
        return ev.value(body)
    args = [ev.value(a) for a in node.args]
    if function is None and not node.head.sub and node.head.base in _TABLE_HEADS and not node.head.marks:

        def call(values: Sequence[Value]) -> Value:
            return function_value(ev, node.head.base, [V.scalar(v) for v in values])
    elif function is not None:
        found = function

        def call(values: Sequence[Value]) -> Value:
            return ev.apply(found, values)
    elif (moved := _at_another(ev, key, node)) is not None:
        return ev.with_bound(ev.block.world.variable, ev.value(moved), node.head)  # `S(y)` where S is a formula in z
    elif ev.block.world.family(key) is not None and not node.primes and all(isinstance(a, T.Name) for a in node.args):
        return ev.lookup(key)  # `\\tilde\\mu_t(x_t, x_0)`, said of what it rests on
    elif key in ev.block.world.definitions and not node.primes:
        # `L(\psi, \theta)` where L is defined by names: the arguments only repeat them
        return _definition_applied(ev, key, node)
    elif (inner := ev.block.world.functions.get(key.removesuffix("^-1"))) is not None and len(inner.params) == 1:
        inverted = inner

        def call(values: Sequence[Value]) -> Value:
            return _inverse(ev, inverted, V.scalar(values[0]))
    elif ev.block.world.open and "^-1" not in key:

        def call(values: Sequence[Value]) -> Value:
            return _generic_function(ev, key, values)
    else:
        raise EvaluationError("unknown_function", key)
    if not node.primes:
        return call(args)
    if len(args) != 1:
        raise EvaluationError("unsupported", "a prime on a function of several arguments")
    return _primed(ev, call, node.primes, V.scalar(args[0]))


def _at_another(ev: Evaluator, key: str, node: T.Apply) -> T.Name | None:
    """The name put in place of the world's variable where a formula in that variable, or a member of a family of such, is
    applied to another drawn name; None for any other application."""
    world = ev.block.world
    arg = node.args[0] if len(node.args) == 1 and not node.primes else None
    if not world.variable or not isinstance(arg, T.Name) or ev.key(arg) == world.variable:
        return None
    member = world.family(key)
    body = world.definitions.get(key) if member is None else member[1]
    place = ev.key(arg)
    if body is None or place in world.definitions or place in T.names_in(body) or world.member(place):
        return None
    known = place in world.symbols or place in ev.bound
    return arg if known and world.variable in rests_on(world, T.names_in(body)) else None


def _of_functions(function: Function, args: tuple[T.Node, ...]) -> T.Node | None:
    """The body of a functional such as `V(D) = E[log D(x)]`, written with the functions it is applied to; None for other
    functions and arguments."""
    body = function.body
    if body is None or len(args) != len(function.params):
        return None
    heads = {n.head.key for n in T.of_kind(body, T.Apply)}
    given = {p: a for p, a in zip(function.params, args, strict=True) if p in heads}
    if not given or not all(isinstance(a, T.Name) for a in given.values()) or len(given) < len(args):
        return None

    def change(node: T.Node) -> T.Node | None:
        head = given.get(node.head.key) if isinstance(node, T.Apply) else None
        return replace(node, head=head) if isinstance(node, T.Apply) and isinstance(head, T.Name) else None

    return T.rebuild(body, change)


def _primed(ev: Evaluator, call: Callable[[Sequence[Value]], Value], primes: int, x: N.Scalar) -> Value:
    """A function of one number, so many times derived."""
    if not primes:
        return call([x])
    return ev.derivative(x, lambda seed: _primed(ev, call, primes - 1, seed))


_REACH: Final = 1e3
_HALVINGS: Final = 60
_NEWTON: Final = 2
"""Steps behind the bisection: each doubles the digits, and carries one order of derivatives."""


def _inverse(ev: Evaluator, function: Function, y: N.Scalar) -> Value:
    """The point where a function of the givens takes a value, for functions that change sides once on the line.

    Raises EvaluationError `undefined` where no such point lies within reach.
    """

    def at(x: N.Scalar) -> N.Scalar:
        return V.scalar(ev.apply(function, [x]))

    wanted = N.primal(y)
    shape = np.broadcast_shapes(wanted.shape, N.primal(at(ev.constant(0))).shape)
    low, high = np.full(shape, -_REACH), np.full(shape, _REACH)
    side = np.sign(np.real(np.asarray(N.primal(at(high)) - wanted, dtype=complex)))
    other = np.sign(np.real(np.asarray(N.primal(at(low)) - wanted, dtype=complex)))
    if not (side * other < 0).all():
        raise EvaluationError("undefined", "a value that the function does not take")
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = np.sign(np.real(np.asarray(N.primal(at(middle)) - wanted, dtype=complex))) == side
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    point: N.Scalar = precise_array((low + high) / 2) if ev.precise else (low + high) / 2
    for _ in range(_NEWTON):
        point = point - N.divide(at(point) - y, V.scalar(ev.derivative(point, at)))
    return point


def _definition_applied(ev: Evaluator, key: str, node: T.Apply) -> Value:
    world = ev.block.world
    names: list[str] = []
    copies = {
        base: a for a in node.args if isinstance(a, T.Name) and (base := ev.block.kind_of(ev.key(a))) != ev.key(a)
    }
    if copies:  # `w(z_i)` of `w(z) = p(x, z)/q(z|x)`: the copy in place of the variable
        body = world.definitions[key]
        return ev.value(T.rebuild(body, lambda n: copies.get(n.key) if isinstance(n, T.Name) else None))
    keys = [a.key if isinstance(a, T.Name) else "" for a in node.args]
    if len(keys) == len(world.rest) and set(keys) == set(world.rest):
        return ev.lookup(key)  # the coordinates in another order
    if len(keys) == len(world.rest):
        fresh = dict(zip(world.rest, (ev.value(a) for a in node.args), strict=True))  # `v(t, 0, 0)`
        saved = dict(ev.bound)
        ev.bound.update(fresh)
        try:
            return ev.lookup(key)
        finally:
            ev.bound = saved
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


register(T.Call, _call)
register(T.Apply, _apply)
register(T.Factorial, _factorial)
