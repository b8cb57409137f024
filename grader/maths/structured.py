"""Vectors and matrices drawn by name: entries, identities, positive definite matrices; their size may be a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import values as V
from grader.maths.values import Tens, Value

if TYPE_CHECKING:
    from grader.maths.worlds import Block, Symbol

KINDS: Final = frozenset({"vector", "unit", "positives", "definite", "identity"})
"""Kinds of symbol that are no single numbers."""
_DIAGONAL: Final = (0.7, 1.5)
_BELOW: Final = (0.1, 0.5)


def structured(block: Block, key: str, symbol: Symbol) -> Value:
    """The draw of a vector (`vector`, `unit`, of `positives`) or matrix (`identity`, positive `definite`)."""
    size = size_of(symbol, block.sizes)
    if symbol.kind == "identity":
        one, zero = (N.constant(v, block.precise) for v in (1, 0))
        return Tens("mat", [Tens("vec", [one if i == j else zero for j in range(size)]) for i in range(size)])
    if symbol.kind == "definite":
        return _definite(block, key, size)
    signed = symbol.kind != "positives"
    entries = [block.reshape(block.raw(f"{key}[{i}]", symbol.low, symbol.high, signed)) for i in range(size)]
    if symbol.kind != "unit":
        return Tens("vec", entries)
    total: N.Scalar = entries[0] * entries[0]
    for v in entries[1:]:
        total = total + v * v
    length = N.sqrt(total)
    return Tens("vec", [N.divide(v, length) for v in entries])


def entry(block: Block, key: str) -> Value | None:
    """An entry of a vector of the world by its number (`\\mu_2` of `\\mu`); None for other names."""
    base, _, index = key.partition("_")
    symbol = block.world.symbols.get(base) if index.isdigit() else None
    if symbol is None or symbol.kind not in KINDS:
        return None
    whole = block.draw(base)
    if not (isinstance(whole, Tens) and whole.kind == "vec" and 1 <= int(index) <= len(whole.items)):
        return None
    return whole.items[int(index) - 1]


def size_of(symbol: Symbol, sizes: Mapping[str, int]) -> int:
    """How many entries a vector has, or rows a square matrix. Raises EvaluationError where its size has no value."""
    if isinstance(symbol.dim, int):
        return symbol.dim
    if symbol.dim not in sizes:
        raise EvaluationError("unknown_name", symbol.dim)
    return sizes[symbol.dim]


def _definite(block: Block, key: str, size: int) -> Value:
    """L Lᵀ for a lower triangle L with a positive diagonal."""
    lower: list[list[N.Scalar]] = []
    for i in range(size):
        row = [block.reshape(block.raw(f"{key}[{i},{j}]", *_BELOW, True)) for j in range(i)]
        lower.append([*row, block.reshape(block.raw(f"{key}[{i},{i}]", *_DIAGONAL, False))])
    rows = [Tens("vec", [_inner(lower[i], lower[j]) for j in range(size)]) for i in range(size)]
    return Tens("mat", rows)


def _inner(a: list[N.Scalar], b: list[N.Scalar]) -> N.Scalar:
    total = a[0] * b[0]
    for x, y in zip(a[1:], b[1:], strict=False):
        total = total + x * y
    return total


def triangle(matrix: Value) -> list[list[N.Scalar]]:
    """The lower triangle L of a positive definite matrix L Lᵀ (Cholesky), row by row. Raises EvaluationError `shape`."""
    if not (isinstance(matrix, Tens) and matrix.kind == "mat" and matrix.shape[0] == matrix.shape[1]):
        raise EvaluationError("shape", f"a {V.describe(matrix)} stands where a covariance is needed")
    size = matrix.shape[0]
    entries = V.leaves(matrix)
    lower: list[list[N.Scalar]] = []
    for i in range(size):
        row: list[N.Scalar] = []
        for j in range(i + 1):
            rest = entries[i * size + j]
            for k in range(j):
                rest = rest - row[k] * (lower[j][k] if j < i else row[k])
            row.append(N.sqrt(rest) if i == j else N.divide(rest, lower[j][j]))
        lower.append(row)
    return lower
