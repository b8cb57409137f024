"""The syntax tree: formulas as written, unevaluated, every node with its place in the source.

Positions are offsets of the source map (`grader.source`); they never take part in comparisons, so two nodes are equal
when they were written alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import lru_cache
from operator import attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes; `start` and `end` are source offsets."""

    start: int = field(default=0, compare=False, kw_only=True, repr=False)
    end: int = field(default=0, compare=False, kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Num(Node):
    """A decimal or integer literal; `places` is the number of decimals written (None for an integer)."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Const(Node):
    """`pi`, `e`, `i` or `inf`."""

    name: str


@dataclass(frozen=True, slots=True)
class Word(Node):
    """Text standing where mathematics stands: a subscript such as `max`, or words between formulas."""

    text: str


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`1:T` in a subscript."""

    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable: base letter, subscripts, accents and stars in `marks`; fonts are dropped."""

    base: str
    sub: tuple[Node, ...] = ()
    marks: str = ""

    @property
    def key(self) -> str:
        """The canonical text of the name as written, such as `sigma_1` or `psi_0^*`."""
        return name_key(self.base, tuple(sub_text(s) for s in self.sub), self.marks)


@dataclass(frozen=True, slots=True)
class Neg(Node):
    value: Node


@dataclass(frozen=True, slots=True)
class Add(Node):
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class PlusMinus(Node):
    """`left ± right`; `left` is None for a leading sign; `flipped` is `\\mp`."""

    left: Node | None
    right: Node
    flipped: bool = False


@dataclass(frozen=True, slots=True)
class Mul(Node):
    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Div(Node):
    num: Node
    den: Node


@dataclass(frozen=True, slots=True)
class Pow(Node):
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Transpose(Node):
    value: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the tables (`symbols.CALL_FUNCTIONS` and the like) with its arguments."""

    func: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A named function applied, with `primes` derivatives: `g'(z)`."""

    head: Name
    primes: int
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Factorial(Node):
    value: Node


@dataclass(frozen=True, slots=True)
class Abs(Node):
    value: Node


@dataclass(frozen=True, slots=True)
class Norm(Node):
    value: Node
    order: str = "2"


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Integral(Node):
    variables: tuple[Node, ...]
    low: Node | None
    high: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Limit(Node):
    var: Node
    to: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Deriv(Node):
    """Derivative of `body`, each of `by` in turn; `slip` marks a lost `\\partial` in the denominator."""

    by: tuple[Node, ...]
    body: Node
    slip: bool = False


@dataclass(frozen=True, slots=True)
class Grad(Node):
    by: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Density(Node):
    """`letter_sub(args | given)`: args and given are Names, Ranges inside Names, or expressions."""

    letter: str
    sub: str
    args: tuple[Node, ...]
    given: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Normal(Node):
    """`N(x; mean, variance)`; `var` is None when only the parameters are written."""

    var: Node | None
    mean: Node
    variance: Node


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """E (or Var, with `op`) of `body` under `dist` for the variables `over` (either may be absent)."""

    over: tuple[Node, ...]
    dist: Node | None
    body: Node
    op: str = "E"


@dataclass(frozen=True, slots=True)
class KL(Node):
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Tup(Node):
    """An ordered tuple; `square` if it stands in brackets, where two entries may be a closed interval."""

    items: tuple[Node, ...]
    square: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class SetOf(Node):
    """A set in braces."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Interval(Node):
    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class NamedSet(Node):
    """`R`, `R+`, `N`, `Z`..."""

    name: str


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """Branches `(value, condition)`; the condition is None for "otherwise"."""

    branches: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class At(Node):
    """`body` evaluated at `where`, a relation such as `z = 0`."""

    body: Node
    where: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Boxed(Node):
    value: Node


@dataclass(frozen=True, slots=True)
class Rel(Node):
    """A chain `operands[0] relations[0] operands[1] ...`."""

    operands: tuple[Node, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`op` is `and`, `or`, `list` (commas), `=>`, `<=>`, `<=` (implied by), `not`, `forall`, `exists`."""

    op: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Empty(Node):
    """Nothing written where an operand may be missing, such as the left of a continued chain."""


@lru_cache(maxsize=65536)
def name_key(base: str, subs: tuple[str, ...], marks: str) -> str:
    """Join the parts of a name into its canonical text."""
    sub = "_" + ",".join(subs) if subs else ""
    return f"{base}{sub}{marks}"


def sub_text(node: Node) -> str:
    """The canonical text of one subscript."""
    if isinstance(node, Num):
        return str(node.value)
    if isinstance(node, Word):
        return node.text
    if isinstance(node, Name):
        return node.key
    if isinstance(node, Range):
        return f"{sub_text(node.low)}:{sub_text(node.high)}"
    if isinstance(node, Add):
        return "+".join(sub_text(t) for t in node.terms).replace("+-", "-")
    if isinstance(node, Neg):
        return "-" + sub_text(node.value)
    if isinstance(node, Mul):
        return "".join(sub_text(f) for f in node.factors)
    if isinstance(node, Const):
        return node.name
    if isinstance(node, Rel):
        return "".join(
            sub_text(o) + (node.relations[i] if i < len(node.relations) else "") for i, o in enumerate(node.operands)
        )
    return type(node).__name__


_READERS: dict[type[Node], Callable[[Node], tuple[Node, ...]]] = {}
"""How the sub-nodes of each kind of node are read; found from the fields once, for every pass asks for them."""


def _reader(kind: type[Node]) -> Callable[[Node], tuple[Node, ...]]:
    """What gives the sub-nodes of nodes of a kind."""
    below = [(f.name, str(f.type)) for f in fields(kind) if "Node" in str(f.type) or "Name" in str(f.type)]
    names = [name for name, _ in below]
    types = {annotation for _, annotation in below}
    if not below:
        return lambda node: ()
    get: Callable[[Node], Any] = attrgetter(*names)
    if types <= {"Node", "Name"}:
        return get if len(names) > 1 else lambda node: (get(node),)
    if len(names) == 1 and types == {"tuple[Node, ...]"}:
        return get

    def gathered(node: Node) -> tuple[Node, ...]:
        out: list[Node] = []
        for name in names:
            value = getattr(node, name)
            if isinstance(value, Node):
                out.append(value)
            elif value is not None:
                for item in value:
                    if isinstance(item, Node):
                        out.append(item)
                    else:
                        out.extend(x for x in item if x is not None)
        return tuple(out)

    return gathered


def children(node: Node) -> tuple[Node, ...]:
    """The direct sub-nodes, left to right."""
    kind = type(node)
    read = _READERS.get(kind)
    if read is None:
        read = _READERS[kind] = _reader(kind)
    return read(node)


_LEAVES = frozenset({Num, Const, Word, Empty, NamedSet})


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        kind = type(here)
        if kind not in _LEAVES:
            read = _READERS.get(kind)
            stack.extend((read(here) if read is not None else children(here))[::-1])


def unboxed(node: Node) -> Node:
    """The node without boxes around it."""
    while isinstance(node, Boxed):
        node = node.value
    return node


_BINDERS = frozenset({"head", "var", "by", "over", "variables"})
"""Fields that name what is applied or bound: a change of values does not touch them."""


def rebuild(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """A copy with `change` applied to every node, children first; None keeps the node."""
    values = {}
    touched = False
    for name in (f.name for f in fields(node) if f.name not in ("start", "end")):
        value = getattr(node, name)
        fresh = value
        if name in _BINDERS:
            values[name] = value
            continue
        if isinstance(value, Node):
            fresh = rebuild(value, change)
        elif isinstance(value, tuple) and value:
            fresh = tuple(
                rebuild(x, change)
                if isinstance(x, Node)
                else tuple(rebuild(y, change) if isinstance(y, Node) else y for y in x)
                if isinstance(x, tuple)
                else x
                for x in value
            )
            if all(a is b for a, b in zip(fresh, value, strict=True)):
                fresh = value
        if fresh is not value:
            touched = True
        values[name] = fresh
    copy = type(node)(**values, start=node.start, end=node.end) if touched else node
    changed = change(copy)
    return copy if changed is None else changed


def names_in(node: Node) -> set[str]:
    """Keys of all names in a node, bound ones included."""
    return {n.key for n in walk(node) if isinstance(n, Name)}
