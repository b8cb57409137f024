"""The smallest change that would mend a wrong equality: sign, constant factor or term, swapped indices, transpose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.blocks import Judge
from grader.maths.evaluate import Evaluator
from grader.maths.screening import agrees
from grader.maths.sealed import meeting
from grader.maths.slips import mutants

_FAMILIAR = {
    np.pi: "pi",
    1 / np.pi: "1/pi",
    2 * np.pi: "2*pi",
    1 / (2 * np.pi): "1/(2*pi)",
    np.log(2 * np.pi): "log(2*pi)",
    np.log(np.pi): "log(pi)",
    np.log(2): "log(2)",
    np.e: "e",
}


def diagnose(judge: Judge, wrong: T.Node, right: T.Node) -> str | None:
    """A machine tag such as `sign`, `constant_factor 2`, `indices_swapped`, `transposed`; None if nothing
    small fits.
    """
    try:
        swapped = T.rebuild(wrong, _swap)
        if swapped != wrong and agrees(judge, swapped, right):
            return "indices_swapped"
        shaped = any(isinstance(n, (T.Matrix, T.Tup, T.Deriv, T.Grad)) for n in T.walk(wrong))
        if shaped and agrees(judge, T.Transpose(wrong), right):
            return "transposed"
    except EvaluationError:
        pass
    return _numeric(judge, wrong, right)


_MENDING = ("sign", "index", "time", "argument", "inverted", "divergence_reversed", "transposed", "range", "power")
_MOST_TRIED = 80


def mended(judge: Judge, wrong: T.Node, right: T.Node) -> str | None:
    """The single change to a wrong side that makes it agree: `mend_sign`, `mend_index`, `mend_squared`, ..

    None if no change that is tried does.
    """
    tried = 0
    for name, fresh in (*_outside(wrong, right), *mutants(wrong), *_squared(wrong)):
        if name not in (*_MENDING, "squared", "expected"):
            continue
        tried += 1
        if tried > _MOST_TRIED:
            return None
        if agrees(judge, fresh, right):
            return f"mend_{name}"
    return None


_NO_CASE = frozenset({"sign", "power", "squared", "inverted", "time", "constant"})
"""Slips that no special case makes of a right formula: a case drops or replaces what stands there."""
_LEAST = 5


def slipped(judge: Judge, wrong: T.Node, right: T.Node) -> bool:
    """Whether one slip, of a kind that no special case would explain, parts a formula from what it should equal."""
    if sum(1 for _ in T.walk(wrong)) < _LEAST or not (T.names_in(wrong) or isinstance(wrong, (T.Matrix, T.Tup))):
        return False
    changes = (c for c in (*mutants(wrong), *_squared(wrong), *_renumbered(wrong)) if c[0] in _NO_CASE)
    return any(agrees(judge, fresh, right) for _, fresh in islice(changes, _MOST_TRIED))


def _renumbered(wrong: T.Node) -> Iterator[tuple[str, T.Node]]:
    """The formula with one number changed for a number near it."""
    for node in list(T.walk(wrong)):
        if isinstance(node, T.Num) and node.value.denominator == 1:
            for value in (node.value - 1, node.value * 2, node.value / 2, Fraction(1)):
                if value not in (0, node.value):
                    fresh = T.Num(value) if value.denominator == 1 else T.Div(T.Num(Fraction(1)), T.Num(Fraction(2)))
                    yield "constant", T.rebuild(wrong, lambda n, at=node, to=fresh: to if n is at else None)  # type: ignore[misc]


def _outside(wrong: T.Node, right: T.Node) -> Iterator[tuple[str, T.Node]]:
    """The expectation of the other side put around: a divergence at a free variable where a number stands."""
    if isinstance(right, T.Expect) and any(isinstance(n, T.KL) for n in T.walk(wrong)):
        yield "expected", replace(right, body=wrong)


def _squared(wrong: T.Node) -> Iterator[tuple[str, T.Node]]:
    """The formula with one name or bracket squared."""
    two = T.Num(Fraction(2))
    for node in list(T.walk(wrong)):
        if isinstance(node, (T.Name, T.Add)) and not isinstance(node, T.Num):
            yield "squared", T.rebuild(wrong, lambda n, at=node: T.Pow(n, two) if n is at else None)  # type: ignore[misc]


def _swap(node: T.Node) -> T.Node | None:
    if (
        isinstance(node, T.Name)
        and len(node.sub) == 1
        and isinstance(node.sub[0], T.Num)
        and node.sub[0].value in (1, 2)
    ):
        other = T.Num(Fraction(3) - node.sub[0].value)
        return T.Name(node.base, (other,), node.marks, start=node.start, end=node.end)
    return None


def _numeric(judge: Judge, wrong: T.Node, right: T.Node) -> str | None:
    ratios, gaps = [], []
    try:
        with np.errstate(all="ignore"), meeting(judge, wrong, right):
            for block in judge.blocks([wrong, right]):
                ev = Evaluator(block)
                a, b = V.leaves(ev.value(wrong)), V.leaves(ev.value(right))
                if len(a) != len(b):
                    return None
                for x, y in zip(a, b, strict=True):
                    u, v = np.broadcast_arrays(N.primal(x), N.primal(y))
                    nonzero = np.abs(v) > 1e-12
                    if (np.abs(u[~nonzero]) > 1e-12).any():
                        return None
                    ratios.extend((u[nonzero] / v[nonzero]).reshape(-1))
                    gaps.extend((u - v).reshape(-1))
    except EvaluationError:
        return None
    return _change(ratios, gaps)


def numeric_change(wrong: Sequence[complex], right: Sequence[complex]) -> str | None:
    """The constant factor or term between two lists of values, as a tag; None if there is none."""
    ratios, gaps = [], []
    for u, v in zip(wrong, right, strict=True):
        if abs(v) > 1e-12:
            ratios.append(u / v)
        elif abs(u) > 1e-12:
            ratios.append(complex("nan"))
        gaps.append(u - v)
    return _change(ratios, gaps)


def _change(ratios: list[complex], gaps: list[complex]) -> str | None:
    ratio = _constant(ratios)
    if ratio is not None and abs(ratio - 1) > 1e-9 and abs(ratio) > 1e-9:
        return "sign" if abs(ratio + 1) < 1e-9 else f"constant_factor {familiar(ratio)}"
    gap = _constant(gaps)
    if gap is not None and abs(gap) > 1e-9:
        return f"constant_term {familiar(gap)}"
    return None


def _constant(values: list[complex]) -> float | None:
    if len(values) < 3:
        return None
    array = np.array(values)
    if not np.isfinite(array).all() or np.abs(array - array[0]).max() > 1e-9 * max(1.0, float(np.abs(array[0]))):
        return None
    return float(np.real(array[0])) if abs(np.imag(array[0])) < 1e-12 else None


def familiar(value: float) -> str:
    """A number as a person would write it: a fraction, or a known constant."""
    simple = Fraction(value).limit_denominator(64)
    if abs(float(simple) - value) < 1e-9:
        return str(simple)
    for constant, name in _FAMILIAR.items():
        for sign in (1, -1):
            if abs(value - sign * constant) < 1e-9:
                return ("-" if sign < 0 else "") + name
            if abs(value - sign * constant / 2) < 1e-9:
                return ("-" if sign < 0 else "") + name + "/2"
    return f"{value:.6g}"
