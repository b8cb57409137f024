"""Elementary functions on samples: NumPy arrays of floats or complex numbers, object arrays of mpmath numbers, and dual
numbers over either.

Evaluation is on the principal branch: a negative argument of log, sqrt or a fractional power turns the array complex.
A value that does not exist (log 0, division by 0) is NaN. Nothing here warns: callers run under `np.errstate`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, TypeAlias

import mpmath
import numpy as np
import numpy.typing as npt

from grader.errors import EvaluationError
from grader.limits import MAGNITUDE_LOG10

Array: TypeAlias = npt.NDArray[Any]
_LN10: Final = 2.302585092994046


class Dual:
    """`a + b·eps` with eps² = 0; `tag` tells perturbations of nested derivatives apart (the higher is the inner)."""

    __array_ufunc__ = None
    __slots__ = ("a", "b", "tag")

    def __init__(self, tag: int, a: Scalar, b: Scalar) -> None:
        self.tag, self.a, self.b = tag, a, b

    def __add__(self, other: Scalar) -> Dual:
        a, b = _parts(other, self.tag)
        if isinstance(other, Dual) and other.tag > self.tag:
            return other + self
        return Dual(self.tag, self.a + a, self.b if b is None else self.b + b)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(self.tag, -self.a, -self.b)

    def __sub__(self, other: Scalar) -> Dual:
        return self + (-other)

    def __rsub__(self, other: Scalar) -> Dual:
        return (-self) + other

    def __mul__(self, other: Scalar) -> Dual:
        if isinstance(other, Dual) and other.tag > self.tag:
            return other * self
        a, b = _parts(other, self.tag)
        return Dual(self.tag, self.a * a, self.b * a if b is None else self.b * a + self.a * b)

    __rmul__ = __mul__


Scalar: TypeAlias = "Array | Dual"


def _parts(x: Scalar, tag: int) -> tuple[Scalar, Scalar | None]:
    if isinstance(x, Dual) and x.tag == tag:
        return x.a, x.b
    return x, None


def primal(x: Scalar) -> Array:
    """The value without its perturbations."""
    while isinstance(x, Dual):
        x = x.a
    return x


def linear(x: Scalar, function: Callable[[Array], Array]) -> Scalar:
    """A linear function of arrays at a number; a dual number passes through it."""
    if isinstance(x, Dual):
        return Dual(x.tag, linear(x.a, function), linear(x.b, function))
    return function(x)


def constant(value: Fraction | int, precise: bool) -> Array:
    """An exact number as an array that broadcasts with any sample."""
    if precise:
        number = mpmath.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else mpmath.mpf(value)
        return _objects(number)
    return _float_constant(value.numerator, value.denominator)


@lru_cache(maxsize=1024)
def _float_constant(top: int, bottom: int) -> Array:
    """A number for all who write it; nobody writes into it."""
    try:
        made = np.array([top / bottom])
    except OverflowError:
        made = np.array([np.inf])
    made.flags.writeable = False
    return made


def _objects(value: Any) -> Array:
    out = np.empty(1, dtype=object)
    out[0] = value
    return out


_FLOAT_CONSTANTS: Final = {
    "pi": np.array([np.pi]),
    "e": np.array([np.e]),
    "i": np.array([1j]),
    "inf": np.array([np.inf]),
}


def named_constant(name: str, precise: bool) -> Array:
    """`pi`, `e`, `i` or `inf`."""
    if not precise:
        return _FLOAT_CONSTANTS[name]
    values = {
        "pi": lambda: +mpmath.pi,
        "e": lambda: +mpmath.e,
        "i": lambda: mpmath.mpc(0, 1),
        "inf": lambda: mpmath.inf,
    }
    return _objects(values[name]())


def is_precise(x: Scalar) -> bool:
    """Whether a value is an object array of mpmath numbers."""
    return primal(x).dtype == object


def _lift(function: Callable[[Any], Any]) -> Callable[[Array], Array]:
    ufunc = np.frompyfunc(function, 1, 1)

    def lifted(x: Array) -> Array:
        return np.asarray(ufunc(x), dtype=object)

    return lifted


def _guarded_exp(x: Any) -> Any:
    if not mpmath.isfinite(x):
        return mpmath.nan if mpmath.isnan(x) else mpmath.exp(x)
    if abs(mpmath.re(x)) > MAGNITUDE_LOG10 * _LN10:
        raise EvaluationError("too_large", "an exponential beyond 10^100000")
    return mpmath.exp(x)


def _guarded_log(x: Any) -> Any:
    return mpmath.nan if x == 0 else mpmath.log(x)


_mp_exp = _lift(_guarded_exp)
_mp_log = _lift(_guarded_log)


def negative(x: Array) -> bool:
    """Whether a real array has an entry below zero."""
    return x.dtype.kind != "c" and bool(np.count_nonzero(x < 0))


def exp(x: Scalar) -> Scalar:
    if isinstance(x, Dual):
        value = exp(x.a)
        return Dual(x.tag, value, value * x.b)
    if x.dtype == object:
        return _mp_exp(x)
    return np.exp(x)


def log(x: Scalar) -> Scalar:
    if isinstance(x, Dual):
        return Dual(x.tag, log(x.a), divide(x.b, x.a))
    if x.dtype == object:
        return _mp_log(x)
    if negative(x):
        x = x.astype(complex)
    value = np.log(x)
    if np.count_nonzero(np.isfinite(value)) < value.size:  # much quicker than `all`, which is written in Python
        value = np.where(x == 0, np.nan, value)
    return value


def divide(x: Scalar, y: Scalar) -> Scalar:
    if isinstance(y, Dual):
        if isinstance(x, Dual) and x.tag > y.tag:
            return Dual(x.tag, divide(x.a, y), divide(x.b, y))
        a, b = _parts(x, y.tag)
        value = divide(a, y.a)
        slope = -(value * y.b) if b is None else b - value * y.b
        return Dual(y.tag, value, divide(slope, y.a))
    if isinstance(x, Dual):
        return Dual(x.tag, divide(x.a, y), divide(x.b, y))
    if x.dtype == object or y.dtype == object:
        return np.asarray(_mp_divide(x, y), dtype=object)
    value = x / y
    return np.where(y == 0, np.nan, value) if np.count_nonzero(y) < y.size else value


def _safe_divide(x: Any, y: Any) -> Any:
    return mpmath.nan if y == 0 else x / y


_mp_divide = np.frompyfunc(_safe_divide, 2, 1)


def sqrt(x: Scalar) -> Scalar:
    if isinstance(x, Dual):
        value = sqrt(x.a)
        return Dual(x.tag, value, divide(x.b, value + value))
    if x.dtype == object:
        return _lift(mpmath.sqrt)(x)
    if negative(x):
        x = x.astype(complex)
    return np.sqrt(x)


def integer_power(x: Scalar, n: int) -> Scalar:
    """`x**n` for an integer exponent, by squaring for dual numbers."""
    if n < 0:
        one = constant(1, is_precise(x))
        return divide(one, integer_power(x, -n))
    if isinstance(x, Dual):
        if n == 0:
            return x * constant(0, is_precise(x)) + constant(1, is_precise(x))
        below = integer_power(x.a, n - 1)
        return Dual(x.tag, below * x.a, constant(n, is_precise(x)) * below * x.b)
    if n == 2:
        return x * x
    if x.dtype == object:
        biggest = max((abs(mpmath.log10(abs(v))) for v in x.flat if v != 0 and mpmath.isfinite(v)), default=0)
        if biggest * n > MAGNITUDE_LOG10:
            raise EvaluationError("too_large", "a power beyond 10^100000")
        return x**n
    if n > 2**31:
        return np.where(np.abs(x) == 1, x, np.where(np.abs(x) < 1, 0.0, np.inf))
    return np.power(x, n)


def power(x: Scalar, y: Scalar) -> Scalar:
    """`x**y` on the principal branch."""
    if not isinstance(y, Dual):
        whole = _common_integer(y)
        if whole is not None:
            return integer_power(x, whole)
    if isinstance(x, Dual) or isinstance(y, Dual):
        return exp(y * log(x))
    if x.dtype == object or y.dtype == object:
        return np.asarray(_mp_power(x, y), dtype=object)
    if negative(x):
        x = x.astype(complex)
    return np.power(x, y)


def _one_power(x: Any, y: Any) -> Any:
    if x == 0:
        return mpmath.mpf(1) if y == 0 else mpmath.mpf(0) if mpmath.re(y) > 0 else mpmath.nan
    if not (mpmath.isfinite(x) and mpmath.isfinite(y)):
        return mpmath.nan
    if abs(mpmath.re(y * mpmath.log(x))) > MAGNITUDE_LOG10 * _LN10:
        raise EvaluationError("too_large", "a power beyond 10^100000")
    return mpmath.power(x, y)


_mp_power = np.frompyfunc(_one_power, 2, 1)


def _common_integer(y: Array) -> int | None:
    """The integer that all entries equal, if there is one."""
    if y.size > 4096:
        return None
    first = y.flat[0]
    if y.dtype == object:
        if any(v != first for v in y.flat) or mpmath.im(first) != 0 or not mpmath.isfinite(first):
            return None
        first = mpmath.re(first)
        return int(first) if abs(first) < 1e15 and first == int(first) else None
    if np.iscomplexobj(y):
        return None
    if not np.isfinite(first) or first != np.floor(first) or abs(first) > 1e15 or (y != first).any():
        return None
    return int(first)


def _chain(name: str, x: Dual, slope: Scalar) -> Dual:
    return Dual(x.tag, elementary(name, x.a), slope * x.b)


def logistic(x: Scalar) -> Scalar:
    """1/(1+e^{-x}); source: the homework's definition of σ."""
    if isinstance(x, Dual):
        value = logistic(x.a)
        return Dual(x.tag, value, (value - value * value) * x.b)
    one = constant(1, is_precise(x))
    return divide(one, one + exp(-x))


def maximum(x: Scalar, y: Scalar) -> Scalar:
    """The larger of two reals; of two duals the one whose value is larger."""
    return where(greater(x, y), x, y)


def greater(x: Scalar, y: Scalar) -> Array:
    a, b = primal(x), primal(y)
    if a.dtype == object or b.dtype == object:
        return np.asarray(np.frompyfunc(lambda u, v: bool(mpmath.re(u) > mpmath.re(v)), 2, 1)(a, b), dtype=bool)
    return np.real(a) > np.real(b)


def where(mask: Array, x: Scalar, y: Scalar) -> Scalar:
    """Elementwise choice, through dual numbers."""
    if isinstance(x, Dual) or isinstance(y, Dual):
        tag = max(v.tag for v in (x, y) if isinstance(v, Dual))
        xa, xb = _parts(x, tag)
        ya, yb = _parts(y, tag)
        zero = constant(0, is_precise(xa))
        return Dual(tag, where(mask, xa, ya), where(mask, zero if xb is None else xb, zero if yb is None else yb))
    return np.where(mask, x, y)


def absolute(x: Scalar) -> Scalar:
    if isinstance(x, Dual):
        return where(greater(x, constant(0, is_precise(x))), x, -x)
    if x.dtype == object:
        return _lift(abs)(x)
    return np.abs(x)


def real(x: Scalar) -> Scalar:
    if isinstance(x, Dual):
        return Dual(x.tag, real(x.a), real(x.b))
    return _lift(mpmath.re)(x) if x.dtype == object else np.real(x)


def imag(x: Scalar) -> Scalar:
    if isinstance(x, Dual):
        return Dual(x.tag, imag(x.a), imag(x.b))
    return _lift(mpmath.im)(x) if x.dtype == object else np.imag(x)


_NUMPY: Final[dict[str, Callable[[Array], Array]]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "arctan": np.arctan,
}
_MPMATH: Final[dict[str, Callable[[Array], Array]]] = {
    "sin": _lift(mpmath.sin),
    "cos": _lift(mpmath.cos),
    "tan": _lift(mpmath.tan),
    "sinh": _lift(mpmath.sinh),
    "cosh": _lift(mpmath.cosh),
    "tanh": _lift(mpmath.tanh),
    "arctan": _lift(mpmath.atan),
    "arcsin": _lift(mpmath.asin),
    "arccos": _lift(mpmath.acos),
    "arctanh": _lift(mpmath.atanh),
    "erf": _lift(mpmath.erf),
    "sign": _lift(lambda v: mpmath.sign(mpmath.re(v))),
}


def _one(x: Scalar) -> Array:
    return constant(1, is_precise(x))


_SLOPES: Final[dict[str, Callable[[Scalar], Scalar]]] = {
    "sin": lambda x: elementary("cos", x),
    "cos": lambda x: -elementary("sin", x),
    "tan": lambda x: _one(x) + integer_power(elementary("tan", x), 2),
    "sinh": lambda x: elementary("cosh", x),
    "cosh": lambda x: elementary("sinh", x),
    "tanh": lambda x: _one(x) - integer_power(elementary("tanh", x), 2),
    "arctan": lambda x: divide(_one(x), _one(x) + integer_power(x, 2)),
    "arcsin": lambda x: divide(_one(x), sqrt(_one(x) - integer_power(x, 2))),
    "arccos": lambda x: -divide(_one(x), sqrt(_one(x) - integer_power(x, 2))),
    "arctanh": lambda x: divide(_one(x), _one(x) - integer_power(x, 2)),
    "erf": lambda x: (
        _one(x) * 2 * exp(-integer_power(x, 2)) * divide(_one(x), sqrt(named_constant("pi", is_precise(x))))
    ),
    "sign": lambda x: constant(0, is_precise(x)),
}


def elementary(name: str, x: Scalar) -> Scalar:
    """A function of one variable by name, of numbers and dual numbers."""
    if isinstance(x, Dual):
        return _chain(name, x, _SLOPES[name](x.a))
    if x.dtype == object:
        return _MPMATH[name](x)
    direct = _NUMPY.get(name)
    if direct is not None:
        return direct(x)
    if name == "sign":
        return np.asarray(np.sign(np.real(x)))
    if name == "erf":
        return np.asarray(np.vectorize(lambda v: float(mpmath.erf(v)), otypes=[float])(np.real(x)))
    if name in ("arcsin", "arccos", "arctanh"):
        if not np.iscomplexobj(x) and bool((np.abs(x) > 1).any()):
            x = x.astype(complex)
        return {"arcsin": np.arcsin, "arccos": np.arccos, "arctanh": np.arctanh}[name](x)
    raise EvaluationError("unsupported", f"the function {name}")


ELEMENTARY: Final = frozenset(_SLOPES)
