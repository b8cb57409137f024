"""A proof by exact arithmetic where it is cheap: rational expressions, and logarithms of them with rational
coefficients.


SymPy's polynomial layer only: no `simplify`, no `sympify`, no parsing of text. The tree is converted node by
node, capped
in size and degree, so that hostile input cannot make it hang. `None` means "not tried", never "false".
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from grader.maths import syntax as T

MAX_NODES: Final = 300
MAX_POWER: Final = 12
MAX_TERMS: Final = 2_000


class _NotCheap(Exception):
    """The formula lies outside what is proved here."""


def proved(left: T.Node, right: T.Node) -> bool | None:
    """True if the two are equal by exact rational arithmetic (where both are defined); None if that does not
    decide it."""
    if sum(1 for _ in T.walk(left)) + sum(1 for _ in T.walk(right)) > MAX_NODES:
        return None
    import sympy as sp

    prover = _Prover(sp)
    try:
        rational, logs = prover.parts(T.Add((left, T.Neg(right))))
    except _NotCheap:
        return None
    if not prover.is_zero(rational):
        return None
    # Σ c_i log(r_i) = 0 for rational c_i if Π r_i^(n c_i) = 1
    scale = 1
    for coefficient, _ in logs:
        scale = scale * coefficient.denominator
        if scale > MAX_POWER:
            return None
    product: Any = sp.Integer(1)
    for coefficient, argument in logs:
        power = coefficient * scale
        if abs(power) > MAX_POWER:
            return None
        product = product * argument ** int(power)
    return True if prover.is_zero(product - 1) else None


class _Prover:
    """Trees to rational functions, logarithms kept apart."""

    def __init__(self, sp: Any) -> None:
        self.sp = sp
        self.names: dict[str, Any] = {}

    def is_zero(self, expression: Any) -> bool:
        """Whether a rational function vanishes identically."""
        numerator, _ = self.sp.fraction(self.sp.together(expression))
        if numerator == 0:
            return True
        symbols = sorted(numerator.free_symbols, key=str)
        if not symbols:
            return bool(self.sp.nsimplify(numerator) == 0)
        polynomial = self.sp.Poly(numerator, *symbols)
        if len(polynomial.terms()) > MAX_TERMS:
            raise _NotCheap
        return bool(polynomial.is_zero)

    def parts(self, node: T.Node) -> tuple[Any, list[tuple[Fraction, Any]]]:
        """A sum as its rational part and its logarithms with rational coefficients."""
        if isinstance(node, T.Add):
            total: Any = self.sp.Integer(0)
            logs: list[tuple[Fraction, Any]] = []
            for term in node.terms:
                rational, more = self.parts(term)
                total += rational
                logs.extend(more)
            return total, logs
        if isinstance(node, T.Neg):
            rational, logs = self.parts(node.value)
            return -rational, [(-c, a) for c, a in logs]
        if isinstance(node, T.Call) and node.func == "log":
            return self.sp.Integer(0), [(Fraction(1), self.rational(node.args[0]))]
        if isinstance(node, T.Div) and isinstance(node.den, T.Num) and node.den.value:
            rational, logs = self.parts(node.num)
            value = node.den.value
            return rational / self.number(value), [(c / value, a) for c, a in logs]
        if isinstance(node, T.Mul):
            return self.product(node)
        return self.rational(node), []

    def product(self, node: T.Mul) -> tuple[Any, list[tuple[Fraction, Any]]]:
        factor = Fraction(1)
        rest: list[T.Node] = []
        for item in node.factors:
            value = self.literal(item)
            if value is not None:
                factor *= value
            else:
                rest.append(item)
        if len(rest) == 1:
            rational, logs = self.parts(rest[0])
            return self.number(factor) * rational, [(factor * c, a) for c, a in logs]
        return self.rational(node), []

    def literal(self, node: T.Node) -> Fraction | None:
        if isinstance(node, T.Num):
            return node.value
        if isinstance(node, T.Neg):
            inner = self.literal(node.value)
            return None if inner is None else -inner
        if isinstance(node, T.Div):
            top, bottom = self.literal(node.num), self.literal(node.den)
            return top / bottom if top is not None and bottom else None
        return None

    def number(self, value: Fraction) -> Any:
        return self.sp.Rational(value.numerator, value.denominator)

    def rational(self, node: T.Node) -> Any:
        """A rational function; raises _NotCheap for anything else."""
        if isinstance(node, T.Num):
            return self.number(node.value)
        if isinstance(node, T.Name) or (isinstance(node, T.Const) and node.name == "pi"):
            key = node.key if isinstance(node, T.Name) else "const pi"
            return self.names.setdefault(key, self.sp.Symbol(f"x{len(self.names)}"))
        if isinstance(node, T.Neg):
            return -self.rational(node.value)
        if isinstance(node, T.Add):
            return self.sp.Add(*(self.rational(t) for t in node.terms))
        if isinstance(node, T.Mul):
            return self.sp.Mul(*(self.rational(f) for f in node.factors))
        if isinstance(node, T.Div):
            bottom = self.rational(node.den)
            if bottom == 0:
                raise _NotCheap
            return self.rational(node.num) / bottom
        if isinstance(node, T.Pow) and isinstance(node.exponent, T.Num) and node.exponent.value.denominator == 1:
            if abs(node.exponent.value) <= MAX_POWER:
                return self.rational(node.base) ** int(node.exponent.value)
        raise _NotCheap
