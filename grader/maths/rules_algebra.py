"""Evaluation of numbers, names, arithmetic, vectors, matrices and sets."""

from __future__ import annotations

from fractions import Fraction

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.dots import has_dots, written_out
from grader.maths.evaluate import Evaluator, register
from grader.maths.node import kept
from grader.maths.values import Tens, Value


def _num(ev: Evaluator, node: T.Num) -> Value:
    return N.constant(node.value, True) if ev.precise else _float(node)


@kept
def _float(node: T.Num) -> Value:
    return N.constant(node.value, False)


def _const(ev: Evaluator, node: T.Const) -> Value:
    return N.named_constant(node.name, ev.precise)


def _name(ev: Evaluator, node: T.Name) -> Value:
    if node.sub or node.marks:
        return ev.lookup(ev.key(node))
    world, key = ev.block.world, node.base
    if key not in ev.bound:
        if world.open and key in world.notation.densities and ev.block.variables:
            # `q` for q(x): the density at all variables
            return ev.block.conditional(key, frozenset(ev.block.variables), frozenset())
        if key in world.joints and not world.open:
            given = world.given & frozenset(ev.block.variables)  # `q` for the density of all that is not given
            return ev.block.conditional(key, frozenset(ev.block.variables) - given, given)
    return ev.lookup(key)


def _neg(ev: Evaluator, node: T.Neg) -> Value:
    return V.negate(ev.value(node.value))


def _add(ev: Evaluator, node: T.Add) -> Value:
    if has_dots(node.terms):
        values = written_out(ev, node.terms)
        total = values[0]
        for value in values[1:]:
            total = V.add(total, value)
        return total
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
    values = written_out(ev, node.factors) if has_dots(node.factors) else [ev.value(f) for f in node.factors]
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
    value = ev.value(node.value)
    if not isinstance(value, Tens) and ev.block.world.open and any(isinstance(n, T.Name) for n in T.walk(node.value)):
        raise EvaluationError("unsupported", "the transpose of a name whose shape is not given")
    return V.transpose(value)


def _abs(ev: Evaluator, node: T.Abs) -> Value:
    value = ev.value(node.value)
    if isinstance(value, Tens) and value.kind == "mat":
        return V.determinant(value)
    return N.absolute(V.scalar(value)) if not isinstance(value, Tens) else V.norm(value, "2")


def _norm(ev: Evaluator, node: T.Norm) -> Value:
    return V.norm(ev.value(node.value), node.order)


def _matrix(ev: Evaluator, node: T.Matrix) -> Value:
    rows = [[ev.value(e) for e in row] for row in node.rows]
    if any(isinstance(e, Tens) and e.kind == "mat" for row in rows for e in row):
        return _assembled(ev, rows)
    if all(len(row) == 1 for row in rows):
        return Tens("vec", [row[0] for row in rows]) if len(rows) > 1 else rows[0][0]
    return Tens("mat", [Tens("vec", row) for row in rows])


def _assembled(ev: Evaluator, rows: list[list[Value]]) -> Value:
    """A matrix of blocks; a 0 stands for a block of zeros, a number for a block of one entry."""
    heights = [max((_size(e)[0] for e in row), default=1) for row in rows]
    widths = [max(_size(row[j])[1] for row in rows) for j in range(len(rows[0]))]
    out: list[Value] = []
    for row, height in zip(rows, heights, strict=True):
        for i in range(height):
            line: list[Value] = []
            for entry, width in zip(row, widths, strict=True):
                if isinstance(entry, Tens):
                    if _size(entry) != (height, width):
                        raise EvaluationError("shape", "blocks of different sizes stand side by side")
                    line.extend(V.leaves(entry)[i * width : (i + 1) * width])
                elif (height, width) == (1, 1) or not N.primal(entry).any():
                    line.extend([entry] * width)
                else:
                    raise EvaluationError("shape", "a number stands where a block is needed")
            out.append(Tens("vec", line))
    return Tens("mat", out)


def _size(value: Value) -> tuple[int, int]:
    """Rows and columns of a block; vectors are columns."""
    if not isinstance(value, Tens):
        return 1, 1
    if value.kind == "mat":
        return len(value.items), len(value.items[0].items) if isinstance(value.items[0], Tens) else 1
    return len(value.items), 1


def _tuple(ev: Evaluator, node: T.Tup) -> Value:
    return Tens("vec", [ev.value(i) for i in node.items])


def _set(ev: Evaluator, node: T.SetOf) -> Value:
    return Tens("set", [ev.value(i) for i in node.items])


def _boxed(ev: Evaluator, node: T.Boxed) -> Value:
    return ev.value(node.value)


register(T.Num, _num)
register(T.Const, _const)
register(T.Name, _name)
register(T.Neg, _neg)
register(T.Add, _add)
register(T.PlusMinus, _plus_minus)
register(T.Mul, _mul)
register(T.Div, _div)
register(T.Pow, _pow)
register(T.Transpose, _transpose)
register(T.Abs, _abs)
register(T.Norm, _norm)
register(T.Matrix, _matrix)
register(T.Tup, _tuple)
register(T.SetOf, _set)
register(T.Boxed, _boxed)
