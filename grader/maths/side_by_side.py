"""Values laid side by side: entries in pairs, floats compared to rounding, single numbers for people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, Final

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import values as V
from grader.maths.values import Tens, Value
from grader.maths.worlds import Block

RELATIVE: Final = 1e-12
"""Float agreement; a larger gap is repeated with mpmath, which settles rounding."""
ABSOLUTE: Final = 1e-14


class Mismatch(Exception):
    """The two values cannot be laid side by side; the text names both shapes."""


def align(left: Value, right: Value) -> list[tuple[N.Scalar, N.Scalar]]:
    """Numbers to compare in pairs; sets are matched to their nearest members. Raises Mismatch."""
    if not isinstance(left, Tens) and not isinstance(right, Tens):
        return [(left, right)]
    if isinstance(left, Tens) and isinstance(right, Tens):
        a, b = _column(left), _column(right)
        if "set" in (a.kind, b.kind):
            return _match_sets(a, b)
        nested = [x for x in (a, b) if x.kind == "vec" and all(isinstance(i, Tens) for i in x.items)]
        if (a.shape == b.shape and (a.kind == b.kind)) or (nested and len(a.items) == len(b.items)):
            return [pair for x, y in zip(a.items, b.items, strict=True) for pair in align(x, y)]
        if len(V.leaves(a)) == len(V.leaves(b)):
            raise EvaluationError("shape", "the same numbers may be grouped otherwise")
        raise Mismatch(f"{V.describe(left)} against {V.describe(right)}")
    if "normal" in (getattr(left, "kind", ""), getattr(right, "kind", "")):
        raise EvaluationError("unsupported", "a law beside a value")
    single, many = (left, right) if not isinstance(left, Tens) else (right, left)
    assert isinstance(many, Tens) and not isinstance(single, Tens)
    if len(many.items) == 1:
        inner = many.items[0]
        return align(single, inner) if single is left else align(inner, single)
    if not isinstance(single, N.Dual) and not (single != 0).any():  # `v = 0` for a vector
        return [(single, v) if single is left else (v, single) for v in V.leaves(many)]
    raise Mismatch(f"{V.describe(left)} against {V.describe(right)}")


def _column(x: Tens) -> Tens:
    """A matrix of one row as a vector."""
    if x.kind == "mat" and len(x.items) == 1 and isinstance(x.items[0], Tens):
        return x.items[0]
    return x


def _match_sets(a: Tens, b: Tens) -> list[tuple[N.Scalar, N.Scalar]]:
    """Pair the members of two sets of one size so that the total distance is smallest, sample by sample."""
    if len(a.items) != len(b.items):
        raise Mismatch(f"{len(a.items)} values against {len(b.items)}")
    size = len(a.items)
    if not size:
        return []
    if any(isinstance(v, Tens) for v in (*a.items, *b.items)):
        return _match_tuples(a, b)
    left = [N.primal(V.scalar(v)) for v in a.items]
    right = [N.primal(V.scalar(v)) for v in b.items]
    if size > 6:
        raise EvaluationError("unsupported", "a set of more than 6 values")
    shape = np.broadcast_shapes(*(v.shape for v in (*left, *right)))
    dtype: Any = object if any(v.dtype == object for v in (*left, *right)) else complex
    xs = [np.broadcast_to(v, shape).astype(dtype).reshape(-1) for v in left]
    ys = [np.broadcast_to(v, shape).astype(dtype).reshape(-1) for v in right]
    out = [np.empty(len(xs[0]), dtype=dtype) for _ in range(size)]
    for i in range(len(xs[0])):
        gaps = [[abs(x[i] - y[i]) for y in ys] for x in xs]
        best = min(permutations(range(size)), key=lambda p: max(gaps[k][p[k]] for k in range(size)))
        for k in range(size):
            out[k][i] = ys[best[k]][i]
    return [(x.reshape(shape), y.reshape(shape)) for x, y in zip(xs, out, strict=True)]


def _match_tuples(a: Tens, b: Tens) -> list[tuple[N.Scalar, N.Scalar]]:
    if len(a.items) == 1:
        return align(a.items[0], b.items[0])
    raise EvaluationError("unsupported", "a set of tuples")


def close(a: N.Array, b: N.Array) -> N.Array:
    """Where floats agree to rounding."""
    gap = np.abs(a - b)
    size = np.maximum(np.abs(a), np.abs(b))
    # an overflow is close to nothing: inf - x <= inf would hold for every x
    return np.asarray((gap <= np.maximum(RELATIVE * size, ABSOLUTE)) & np.isfinite(size))


def close_samples(pairs: Sequence[tuple[N.Array, N.Array]], block: Block) -> N.Array:
    """The samples at which floats agree in all entries."""
    good = np.ones(block.samples, dtype=bool)
    for a, b in pairs:
        good &= per_sample(close(a, b), block)
    return good


def per_sample(mask: N.Array, block: Block) -> N.Array:
    """Whether a mask holds in all cells of each sample; one of one row holds for every sample."""
    rows: N.Array = np.asarray(mask.reshape(mask.shape[0], -1).all(axis=1))
    return rows if len(rows) == block.samples else np.repeat(rows, block.samples)


def broadcast(a: N.Array, b: N.Array) -> tuple[N.Array, N.Array]:
    shape = np.broadcast_shapes(a.shape, b.shape)
    return np.broadcast_to(a, shape), np.broadcast_to(b, shape)


def row(x: N.Array, place: int, count: int) -> N.Array:
    """All cells of one sample; arrays of one row hold for every sample."""
    at = place if x.shape[0] == count else 0
    return x[at : at + 1].reshape(-1)


def plain(value: Value, place: int, count: int, cell: int) -> Any:
    """A value at one sample as JSON: a number, re/im, nested lists, or None where it is undefined."""
    if isinstance(value, Tens):
        return [plain(v, place, count, cell) for v in value.items]
    cells = row(N.primal(value), place, count)
    return number(cells[cell if cell < len(cells) else 0])


def number(v: Any) -> Any:
    """One number for JSON, shortest form that keeps 12 digits."""
    try:
        z = complex(v)
    except OverflowError:
        return str(v)[:60]
    if not (np.isfinite(z.real) and np.isfinite(z.imag)):
        return None
    if abs(z.imag) > 1e-15 * max(1.0, abs(z.real)):
        return {"re": float(f"{z.real:.12g}"), "im": float(f"{z.imag:.12g}")}
    return float(f"{z.real:.12g}")
