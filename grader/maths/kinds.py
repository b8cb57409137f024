"""The kinds of nodes of a syntax tree, and the text by which names are told apart.

Positions are offsets of the source map (`grader.source`); they never take part in comparisons, so two nodes are equal
when they were written alike.
"""

from __future__ import annotations

from dataclasses import field, fields
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Any

from grader.maths.node import Room, kept, record


@record
class Node(Room):
    """Base of all nodes; `start` and `end` are source offsets."""

    start: int = field(default=0, compare=False, kw_only=True, repr=False)
    end: int = field(default=0, compare=False, kw_only=True, repr=False)


@record
class Num(Node):
    """A decimal or integer literal; `places` is the number of decimals written (None for an integer)."""

    value: Fraction
    places: int | None = None


@record
class Const(Node):
    """`pi`, `e`, `i` or `inf`."""

    name: str


@record
class Word(Node):
    """Text standing where mathematics stands: a subscript such as `max`, or words between formulas."""

    text: str


@record
class Range(Node):
    """`1:T` in a subscript."""

    low: Node
    high: Node


@record
class Name(Node):
    """A variable: base letter, subscripts, accents and stars in `marks`; fonts are dropped."""

    base: str
    sub: tuple[Node, ...] = ()
    marks: str = ""

    @property
    def key(self) -> str:
        """The canonical text of the name as written, such as `sigma_1` or `psi_0^*`."""
        return _name_text(self) if self.sub else self.base + self.marks


@record
class Neg(Node):
    value: Node


@record
class Add(Node):
    terms: tuple[Node, ...]


@record
class PlusMinus(Node):
    """`left ± right`; `left` is None for a leading sign; `flipped` is `\\mp`."""

    left: Node | None
    right: Node
    flipped: bool = False


@record
class Mul(Node):
    factors: tuple[Node, ...]


@record
class Div(Node):
    num: Node
    den: Node


@record
class Pow(Node):
    base: Node
    exponent: Node


@record
class Transpose(Node):
    value: Node


@record
class Call(Node):
    """A function of the tables (`symbols.CALL_FUNCTIONS` and the like) with its arguments."""

    func: str
    args: tuple[Node, ...]


@record
class Apply(Node):
    """A named function applied, with `primes` derivatives: `g'(z)`."""

    head: Name
    primes: int
    args: tuple[Node, ...]


@record
class Factorial(Node):
    value: Node


@record
class Abs(Node):
    value: Node


@record
class Norm(Node):
    value: Node
    order: str = "2"


@record
class Big(Node):
    """A sum or product (`op` is `sum` or `prod`) over `var` from `low` to `high` (None: over all its values).

    `condition` stands for anything else written below the sign, which is read but not evaluated.
    """

    op: str
    var: Name | None
    low: Node | None
    high: Node | None
    body: Node
    condition: Node | None = None


@record
class Integral(Node):
    variables: tuple[Node, ...]
    low: Node | None
    high: Node | None
    body: Node


@record
class Limit(Node):
    var: Node
    to: Node
    body: Node


@record
class Deriv(Node):
    """Derivative of `body`, each of `by` in turn; `slip` marks a lost `\\partial` in the denominator."""

    by: tuple[Node, ...]
    body: Node
    slip: bool = False


@record
class Grad(Node):
    by: Node | None
    body: Node


@record
class Density(Node):
    """`letter_sub(args | given)`: args and given are Names, Ranges inside Names, or expressions."""

    letter: str
    sub: str
    args: tuple[Node, ...]
    given: tuple[Node, ...] = ()


@record
class Normal(Node):
    """`N(x; mean, variance)`; `var` is None when only the parameters are written."""

    var: Node | None
    mean: Node
    variance: Node


@record
class Expect(Node):
    """E (or Var, with `op`) of `body` under `dist` for the variables `over` (either may be absent)."""

    over: tuple[Node, ...]
    dist: Node | None
    body: Node
    op: str = "E"


@record
class KL(Node):
    """A divergence between two distributions: Kullback-Leibler, or with `op` Jensen-Shannon (`JS`)."""

    left: Node
    right: Node
    op: str = "KL"


@record
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]


@record
class Tup(Node):
    """An ordered tuple; `square` if it stands in brackets, where two entries may be a closed interval."""

    items: tuple[Node, ...]
    square: bool = field(default=False, compare=False)


@record
class SetOf(Node):
    """A set in braces."""

    items: tuple[Node, ...]


@record
class Interval(Node):
    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@record
class NamedSet(Node):
    """`R`, `R+`, `N`, `Z`..."""

    name: str


@record
class Cases(Node):
    """Branches `(value, condition)`; the condition is None for "otherwise"."""

    branches: tuple[tuple[Node, Node | None], ...]


@record
class At(Node):
    """`body` evaluated at `where`, a relation such as `z = 0`."""

    body: Node
    where: tuple[Node, ...]


@record
class Boxed(Node):
    value: Node


@record
class Rel(Node):
    """A chain `operands[0] relations[0] operands[1] ...`."""

    operands: tuple[Node, ...]
    relations: tuple[str, ...]


@record
class Logic(Node):
    """`op` is `and`, `or`, `list` (commas), `=>`, `<=>`, `<=` (implied by), `not`, `forall`, `exists`."""

    op: str
    items: tuple[Node, ...]


@record
class Sealed(Node):
    """A formula of which only values at some points are known: `reads` are its names, `vault` (by `ref`) what knows them.

    Stands in the references of a student's kit; see `grader.maths.sealed`.
    """

    ref: str
    reads: tuple[Node, ...] = ()
    vault: Any = field(default=None, compare=False, kw_only=True, repr=False)


@record
class Empty(Node):
    """Nothing written where an operand may be missing, such as the left of a continued chain."""


# the text of names: what tells two variables apart


@kept
def _name_text(name: Name) -> str:
    return name_key(name.base, tuple(sub_text(s) for s in name.sub), name.marks)


@lru_cache(maxsize=65536)
def name_key(base: str, subs: tuple[str, ...], marks: str) -> str:
    """Join the parts of a name into its canonical text."""
    sub = "_" + ",".join(subs) if subs else ""
    return f"{base}{sub}{marks}"


def sub_text(node: Node) -> str:
    """The canonical text of one subscript: the same for `T-t+1` and `T+1-t`, another one for what may differ."""
    if isinstance(node, Num):
        return str(node.value)
    if isinstance(node, Word):
        return node.text
    if isinstance(node, Name):
        return node.key
    if isinstance(node, Range):
        return f"{sub_text(node.low)}:{sub_text(node.high)}"
    if isinstance(node, (Add, Neg, Mul, Div)):
        return _arithmetic_text(node)
    if isinstance(node, Pow):
        return f"({sub_text(node.base)})^({sub_text(node.exponent)})"
    if isinstance(node, Const):
        return node.name
    if isinstance(node, Rel):
        return "".join(
            sub_text(o) + (node.relations[i] if i < len(node.relations) else "") for i, o in enumerate(node.operands)
        )
    kind = "" if isinstance(node, Tup) else type(node).__name__
    parts = [_field_text(getattr(node, f.name)) for f in fields(node) if f.compare and f.name not in ("start", "end")]
    return f"{kind}({','.join(parts)})" if parts else kind


def _field_text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(_field_text(item) for item in value)
    return sub_text(value) if isinstance(value, Node) else str(value)


_Polynomial = dict[tuple[str, ...], Fraction]
"""Coefficients of products of names, each product sorted."""

_PRODUCTS = 60
"""Products of names up to which a subscript is multiplied out."""


@kept
def _arithmetic_text(node: Node) -> str:
    """Sums and products in one order, multiplied out, the constant last: `2k+2` for `2(1+k)`."""
    out = ""
    found = _polynomial(node)
    for names, coefficient in sorted(found.items(), key=lambda item: (not item[0], item[0])):
        if coefficient:
            size = "" if abs(coefficient.numerator) == 1 and names else str(abs(coefficient.numerator))
            under = "" if coefficient.denominator == 1 else f"/{coefficient.denominator}"
            out += ("-" if coefficient < 0 else "+" if out else "") + size + "".join(names) + under
    return out or "0"


def _polynomial(node: Node) -> _Polynomial:
    if isinstance(node, Num):
        return {(): node.value}
    if isinstance(node, Neg):
        return {names: -c for names, c in _polynomial(node.value).items()}
    if isinstance(node, Div):
        under = _polynomial(node.den)
        if set(under) == {()} and under[()]:
            return {names: c / under[()] for names, c in _polynomial(node.num).items()}
        return {(f"({sub_text(node.num)})/({sub_text(node.den)})",): Fraction(1)}
    out: _Polynomial = {}
    if isinstance(node, Add):
        for term in node.terms:
            for names, c in _polynomial(term).items():
                out[names] = out.get(names, Fraction(0)) + c
        return out
    if isinstance(node, Mul):
        out = {(): Fraction(1)}
        for factor in node.factors:
            by = _polynomial(factor)
            if len(out) * len(by) > _PRODUCTS:
                return {("".join(f"({sub_text(f)})" for f in node.factors),): Fraction(1)}
            before, out = out, {}
            for (a, c), (b, d) in product(before.items(), by.items()):
                names = tuple(sorted(a + b))
                out[names] = out.get(names, Fraction(0)) + c * d
        return out
    return {(sub_text(node),): Fraction(1)}
