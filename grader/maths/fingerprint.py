"""What a formula is worth in a world, as text that is the same for all equal formulas."""

from __future__ import annotations

from typing import Final

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.evaluate import evaluated
from grader.maths.values import kinds_of, leaves

_DIGITS: Final = 6
"""Equal formulas differ by rounding in the 12th digit or later, so that this many almost never part them."""
_NOTHING: Final = 1e-9
"""What is smaller is what a cancellation leaves."""
_MOST: Final = 1500
"""Numbers of each block that count: two formulas that agree in so many are taken for one."""


def fingerprint(judge: Judge, node: T.Node) -> str | None:
    """The values of a formula at the samples of a world, rounded; None where it has none.

    Samples are drawn by name, so that equal formulas of different submissions have the same.
    """
    out = []
    try:
        with np.errstate(all="ignore"):
            for block in judge.small_first([node]):
                value = evaluated(block, node).value
                out.append(kinds_of(value))
                out.extend(_rounded(N.primal(entry)) for entry in leaves(value))
    except EvaluationError:
        return None
    return ";".join(out)


def _rounded(entry: N.Array) -> str:
    numbers = np.asarray(entry).reshape(-1)[:_MOST]
    if numbers.dtype == bool:
        return "".join("01"[int(x)] for x in numbers)
    numbers = numbers.astype(complex)
    parts = [numbers.real, numbers.imag] if np.any(np.abs(numbers.imag) > _NOTHING) else [numbers.real]
    return "|".join(",".join(f"{x:.{_DIGITS}g}" for x in _settled(p).tolist()) for p in parts)


def _settled(numbers: N.Array) -> N.Array:
    return np.where(np.abs(numbers) < _NOTHING, 0.0, numbers)
