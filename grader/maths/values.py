"""Values with parts: vectors, matrices, tuples, sets, and their arithmetic over scalars of any kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, Union

from grader.errors import EvaluationError
from grader.maths import numeric as N


class Tens:
    """`kind` is `vec` (also tuples), `mat` (items are rows, each a `vec`), `set`, `normal` (mean, variance)."""

    __slots__ = ("items", "kind")

    def __init__(self, kind: str, items: Sequence[Value]) -> None:
        self.kind = kind
        self.items = list(items)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of entries along each level."""
        if self.kind == "mat":
            first = self.items[0]
            return (len(self.items), len(first.items) if isinstance(first, Tens) else 1)
        return (len(self.items),)


Value: TypeAlias = Union["N.Array", "N.Dual", Tens]


def again(value: Value) -> Value:
    """The same value as another object."""
    if isinstance(value, Tens):
        return Tens(value.kind, value.items)
    return N.Dual(value.tag, value.a, value.b) if isinstance(value, N.Dual) else value.view()


def scalar(value: Value) -> N.Scalar:
    """The value as a scalar; a 1×1 matrix counts as one. Raises EvaluationError otherwise."""
    while isinstance(value, Tens):
        if len(value.items) != 1 or value.kind == "set":
            raise EvaluationError("shape", f"a number is needed where a {describe(value)} stands")
        value = value.items[0]
    return value


def describe(value: Value) -> str:
    """Words for a value's shape."""
    if not isinstance(value, Tens):
        return "number"
    if value.kind == "mat":
        rows, columns = value.shape
        return f"{rows}×{columns} matrix"
    return {"vec": f"vector of {len(value.items)}", "set": f"set of {len(value.items)}"}.get(value.kind, value.kind)


def each(value: Value, function: Callable[[N.Scalar], N.Scalar]) -> Value:
    """Apply a function to every number inside."""
    if isinstance(value, Tens):
        return Tens(value.kind, [each(item, function) for item in value.items])
    return function(value)


def add(x: Value, y: Value) -> Value:
    if not isinstance(x, Tens) and not isinstance(y, Tens):
        return x + y
    if not isinstance(x, Tens) or not isinstance(y, Tens) or x.shape != y.shape or "set" in (x.kind, y.kind):
        if not isinstance(x, Tens) and _is_zero(x):
            return y
        if not isinstance(y, Tens) and _is_zero(y):
            return x
        raise EvaluationError("shape", f"a {describe(x)} and a {describe(y)} are added")
    return Tens(x.kind, [add(a, b) for a, b in zip(x.items, y.items, strict=True)])


def _is_zero(x: N.Scalar) -> bool:
    return not isinstance(x, N.Dual) and not (x != 0).any()


def negate(x: Value) -> Value:
    return each(x, lambda v: -v)


def multiply(x: Value, y: Value) -> Value:
    if not isinstance(x, Tens):
        if not isinstance(y, Tens):
            return x * y
        return each(y, lambda v: x * v)
    if not isinstance(y, Tens):
        return each(x, lambda v: v * y)
    if x.kind == "mat" and y.kind == "mat":
        return _matrix_product(x, y)
    if x.kind == "mat" and y.kind == "vec":
        if x.shape[1] == len(y.items):
            entries = [dot(row, y) for row in x.items if isinstance(row, Tens)]
            return entries[0] if len(entries) == 1 else Tens("vec", entries)
    if x.kind == "vec" and y.kind == "mat" and y.shape[0] == 1 and isinstance(y.items[0], Tens):
        row = y.items[0]
        return Tens("mat", [Tens("vec", [multiply(a, b) for b in row.items]) for a in x.items])
    raise EvaluationError("shape", f"a {describe(x)} and a {describe(y)} are multiplied")


def dot(x: Value, y: Value) -> Value:
    """Sum of products of the entries."""
    if not (isinstance(x, Tens) and isinstance(y, Tens)) or len(x.items) != len(y.items):
        raise EvaluationError("shape", "an inner product of different sizes")
    total = multiply(x.items[0], y.items[0])
    for a, b in zip(x.items[1:], y.items[1:], strict=True):
        total = add(total, multiply(a, b))
    return total


def _matrix_product(x: Tens, y: Tens) -> Value:
    if x.shape[1] != y.shape[0]:
        raise EvaluationError("shape", f"a {describe(x)} and a {describe(y)} are multiplied")
    columns = transpose(y)
    assert isinstance(columns, Tens)
    rows = [Tens("vec", [dot(row, column) for column in columns.items]) for row in x.items]
    return Tens("mat", rows)


def transpose(x: Value) -> Value:
    if not isinstance(x, Tens):
        return x
    if x.kind == "vec":
        return Tens("mat", [Tens("vec", x.items)])
    if x.kind == "mat":
        rows = [row.items for row in x.items if isinstance(row, Tens)]
        if len(rows) == 1:
            return Tens("vec", rows[0])
        return Tens("mat", [Tens("vec", list(column)) for column in zip(*rows, strict=True)])
    raise EvaluationError("shape", f"a {describe(x)} is transposed")


def determinant(x: Value) -> Value:
    """By cofactors along the first row; sizes up to 5."""
    if not isinstance(x, Tens):
        return x
    if x.kind != "mat" or x.shape[0] != x.shape[1]:
        raise EvaluationError("shape", f"the determinant of a {describe(x)}")
    if x.shape[0] > 5:
        raise EvaluationError("unsupported", "a determinant larger than 5×5")
    rows = [row.items for row in x.items if isinstance(row, Tens)]
    return _cofactors(rows)


def _cofactors(rows: list[list[Value]]) -> Value:
    if len(rows) == 1:
        return rows[0][0]
    total: Value | None = None
    for j, head in enumerate(rows[0]):
        minor = [row[:j] + row[j + 1 :] for row in rows[1:]]
        piece = multiply(head, _cofactors(minor))
        piece = negate(piece) if j % 2 else piece
        total = piece if total is None else add(total, piece)
    assert total is not None
    return total


def trace(x: Value) -> Value:
    if not isinstance(x, Tens):
        return x
    if x.kind != "mat" or x.shape[0] != x.shape[1]:
        raise EvaluationError("shape", f"the trace of a {describe(x)}")
    total: Value | None = None
    for i, row in enumerate(x.items):
        assert isinstance(row, Tens)
        total = row.items[i] if total is None else add(total, row.items[i])
    assert total is not None
    return total


def inverse(x: Tens) -> Value:
    """Inverse by the adjugate; sizes up to 4."""
    size = x.shape[0]
    if x.kind != "mat" or size != x.shape[1] or size > 4:
        raise EvaluationError("unsupported", f"the inverse of a {describe(x)}")
    rows = [row.items for row in x.items if isinstance(row, Tens)]
    det = scalar(_cofactors(rows))
    out: list[Value] = []
    for i in range(size):
        line: list[Value] = []
        for j in range(size):
            minor = [row[:i] + row[i + 1 :] for k, row in enumerate(rows) if k != j]
            cofactor: Value = N.constant(1, N.is_precise(det)) if size == 1 else _cofactors(minor)
            value = N.divide(scalar(cofactor), det)
            line.append(-value if (i + j) % 2 else value)
        out.append(Tens("vec", line))
    return Tens("mat", out)


def norm(x: Value, order: str) -> N.Scalar:
    """Euclidean norm (Frobenius for matrices), or the 1- or ∞-norm."""
    if not isinstance(x, Tens):
        return N.absolute(x)
    entries = [N.absolute(scalar(v)) for v in leaves(x)]
    if order in ("1",):
        total = entries[0]
        for v in entries[1:]:
            total = total + v
        return total
    if order in ("infty", "inf"):
        total = entries[0]
        for v in entries[1:]:
            total = N.maximum(total, v)
        return total
    if order not in ("2", "F", ""):
        raise EvaluationError("unsupported", f"the norm of order {order}")
    total = entries[0] * entries[0]
    for v in entries[1:]:
        total = total + v * v
    return N.sqrt(total)


def kinds_of(x: Value) -> str:
    """How a value is nested, as text: `vec(,mat(..))`; empty for a number."""
    return f"{x.kind}({','.join(map(kinds_of, x.items))})" if isinstance(x, Tens) else ""


def leaves(x: Value) -> list[N.Scalar]:
    """All numbers inside, left to right."""
    if not isinstance(x, Tens):
        return [x]
    out: list[N.Scalar] = []
    for item in x.items:
        out.extend(leaves(item))
    return out
