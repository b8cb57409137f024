"""What a Python answer returned, as numbers beside what is right: layouts of batches, columns, tuples, expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np

from grader.maths import numeric as N
from grader.programs import Array, Plain, Tree

_SINGLE_PRECISION: Final = frozenset({"float16", "float32", "complex64", "bfloat16"})
_RELATIVE: Final = 1e-6
_RELATIVE_SINGLE: Final = 1e-3
_ABSOLUTE: Final = 1e-9
_ABSOLUTE_SINGLE: Final = 1e-5
_NEAR: Final = 1e-3
"""A gap below this may be rounding, a step of differences or a quadrature of the student's: never called wrong."""
_MULTIPLE: Final = 1e-4
"""Roots of a polynomial lose so much where they meet."""


class Unusable(Exception):
    """A value that can be no answer; the text says why, for the student."""


class WrongShape(Exception):
    """A value of another shape than what is asked for; the text names it."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values of some points, (k, *entries); `single` says that they were computed in single precision."""

    values: N.Array
    single: bool = False


def numbers(value: Plain, count: int, entries: tuple[int, ...], *, batch: bool) -> list[Numbers]:
    """All ways in which a value can be the answers to `count` points, likeliest first.

    Raises Unusable for what holds no numbers, WrongShape where no way fits.
    """
    single = _is_single(value)
    shapes: list[tuple[int, ...]] = []
    out: list[Numbers] = []
    for axis in (0, -1) if batch and isinstance(value, tuple) else (0,):
        array = _tried(value, axis)
        if array is None:
            continue
        shapes.append(array.shape)
        for laid in _layouts(array, count, entries, batch):
            if not any(np.array_equal(laid, other.values, equal_nan=True) for other in out):
                out.append(Numbers(laid, single))
    if not out and len(entries) == 1 and isinstance(value, tuple):
        return _flattened(value, count, entries, batch)
    if not out:
        raise WrongShape(_words(shapes[0] if shapes else None))
    return out


def _flattened(value: tuple[Plain, ...], count: int, entries: tuple[int, ...], batch: bool) -> list[Numbers]:
    """A vector given in blocks, as ((v_1, v_2), v_3)."""
    leaves = tuple(_leaves(value))
    if len(leaves) != entries[0] or leaves == value:
        shape = next((a.shape for a in (_tried(value, 0), _tried(value, -1)) if a is not None), None)
        raise WrongShape(_words(shape))
    return numbers(leaves, count, entries, batch=batch)


def _leaves(value: Plain) -> Iterator[Plain]:
    if isinstance(value, tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _tried(value: Plain, axis: int) -> N.Array | None:
    try:
        return _array(value, axis)
    except WrongShape:
        return None


def eigenvalues(value: Plain) -> Plain:
    """The values alone where the vectors are given with them."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], Array) and isinstance(value[1], Array):
        if value[1].shape == (*value[0].shape, *value[0].shape[-1:]):
            return value[0]
    return value


def _layouts(array: N.Array, count: int, entries: tuple[int, ...], batch: bool) -> list[N.Array]:
    whole = (count, *entries)
    if not batch:
        flat = tuple(n for n in array.shape if n != 1)
        if array.shape == entries or flat == tuple(n for n in entries if n != 1):
            return [array.reshape(whole)]
        return []
    flat = tuple(n for n in array.shape if n != 1)
    core = tuple(n for n in entries if n != 1)
    many = (count,) if count != 1 else ()
    out = []
    if flat == (*many, *core):
        out.append(array.reshape(whole))
    if flat == (*core, *many) and core:
        out.append(np.moveaxis(array.reshape((*entries, count)), -1, 0))
    if flat == core and many:
        out.append(np.broadcast_to(array.reshape(entries), whole))
    return out


def _array(value: Plain, axis: int) -> N.Array:
    """A value as one complex array; members of a tuple are laid along a new first or last axis."""
    if isinstance(value, tuple):
        if not value:
            raise Unusable("an empty tuple is no answer")
        members = [_array(item, axis) for item in value]
        try:
            members = list(np.broadcast_arrays(*members))
        except ValueError:
            raise WrongShape("members of different shapes") from None
        return np.stack(members, axis=axis)
    if isinstance(value, Array):
        if math.prod(value.shape) == 0:
            raise WrongShape("no numbers")
        found = np.frombuffer(value.data, dtype=value.dtype).reshape(value.shape)
        return found.astype(complex)
    if isinstance(value, (bool, int, float, complex)):
        try:
            return np.asarray(complex(value))
        except OverflowError:
            raise Unusable("a number too large to compare") from None
    if value is None:
        raise Unusable("nothing was returned (None)")
    if isinstance(value, Tree):
        raise Unusable("an expression beside numbers")
    raise Unusable("text is no answer")


def _is_single(value: Plain) -> bool:
    if isinstance(value, tuple):
        return any(_is_single(item) for item in value)
    return isinstance(value, Array) and value.dtype in _SINGLE_PRECISION


def _words(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "members of different shapes"
    return (
        "a number"
        if not shape
        else "shape (" + ", ".join(str(n) for n in shape) + ("," if len(shape) == 1 else "") + ")"
    )


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape for a person."""
    return _words(shape)


def terms(value: Plain) -> Plain:
    """First, sum of what stands between, last: the terms of a decomposition, however they are grouped.

    Raises WrongShape.
    """
    items: Sequence[Plain]
    if isinstance(value, Array) and len(value.shape) == 1 and value.shape[0] > 2:
        array = np.frombuffer(value.data, dtype=value.dtype)
        items = [complex(x) for x in array]
    elif isinstance(value, tuple) and len(value) > 2:
        items = value
    else:
        raise WrongShape("not three terms")
    middle = sum(_total(item) for item in items[1:-1])
    return (_one(items[0]), middle, _one(items[-1]))


def _total(value: Plain) -> complex:
    if isinstance(value, tuple):
        return sum((_total(item) for item in value), 0j)
    if isinstance(value, Array) and math.prod(value.shape) == 0:
        return 0j
    return complex(_array(value, 0).sum())


def _one(value: Plain) -> complex:
    array = _array(value, 0)
    if array.size != 1:
        raise WrongShape(_words(array.shape))
    return complex(array.reshape(-1)[0])


# comparing

AGREES: Final = 3
CLOSE: Final = 2
DIFFERS: Final = 1
BAD: Final = 0

Compare = Callable[[N.Array, N.Array, bool, bool], int]


def same(value: N.Array, right: N.Array, single: bool, edge: bool) -> int:
    """How one point's value compares with what is right there: `AGREES`, `CLOSE` or `DIFFERS`."""
    return _judged(np.abs(value - right), np.maximum(np.abs(value), np.abs(right)), single, 0.0)


def same_set(value: N.Array, right: N.Array, single: bool, edge: bool) -> int:
    """The same in any order; where values meet, as they do on an edge, roots lose some digits."""
    best = matched(value, right)
    return _judged(np.abs(best - right), np.maximum(np.abs(best), np.abs(right)), single, _MULTIPLE if edge else 0.0)


def matched(value: N.Array, right: N.Array) -> N.Array:
    """The values in the order that lies closest."""
    orders = permutations(range(len(value)))
    return min((value[list(o)] for o in orders), key=lambda v: float(np.abs(v - right).max()))


def _judged(gap: N.Array, size: N.Array, single: bool, slack: float) -> int:
    relative, absolute = (_RELATIVE_SINGLE, _ABSOLUTE_SINGLE) if single else (_RELATIVE, _ABSOLUTE)
    if (gap <= np.maximum(max(relative, slack) * size, absolute)).all():
        return AGREES
    reach = float(size.max()) if size.size else 0.0
    return CLOSE if (gap <= np.maximum(max(_NEAR, relative * 10) * max(reach, 1.0), absolute)).all() else DIFFERS
