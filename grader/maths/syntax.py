"""The syntax tree: formulas as written, unevaluated, every node with its place in the source.

Positions are offsets of the source map (`grader.source`); they never take part in comparisons, so two nodes are equal
when they were written alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import Field, field, fields, replace
from fractions import Fraction
from functools import lru_cache
from operator import attrgetter, is_
from typing import Any, TypeVar, cast

from grader.maths.node import Room, kept, record

_N = TypeVar("_N", bound="Node")


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


@kept
def _name_text(name: Name) -> str:
    return name_key(name.base, tuple(sub_text(s) for s in name.sub), name.marks)


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
    below = [(f.name, str(f.type)) for f in fields(kind) if _holds_nodes(f)]
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


_CHANGEABLE: dict[type[Node], tuple[str, ...]] = {}
"""The fields of each kind of node in which a change of values looks for nodes."""


def _changeable(kind: type[Node]) -> tuple[str, ...]:
    found = _CHANGEABLE.get(kind)
    if found is None:
        found = tuple(f.name for f in fields(kind) if f.name not in _BINDERS and _holds_nodes(f))
        _CHANGEABLE[kind] = found
    return found


def _holds_nodes(of: Field[Any]) -> bool:
    return "Node" in str(of.type) or "Name" in str(of.type)


def rebuild(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """A copy with `change` applied to every node, children first; None keeps the node."""
    fresh = {}
    for name in _changeable(type(node)):
        value = getattr(node, name)
        new = _rebuilt(value, change)
        if new is not value:
            fresh[name] = new
    copy = replace(node, **fresh) if fresh else node
    changed = change(copy)
    return copy if changed is None else changed


def _rebuilt(value: Any, change: Callable[[Node], Node | None]) -> Any:
    """A node, a tuple of them or None with the change applied; the same object where nothing changed."""
    if isinstance(value, tuple):
        new = tuple([_rebuilt(x, change) for x in value])
        return value if all(map(is_, new, value)) else new
    return rebuild(value, change) if isinstance(value, Node) else value


@kept
def _by_kind(node: Node) -> dict[type[Node], list[Node]]:
    """The nodes of a tree by their kind, parents first."""
    found: dict[type[Node], list[Node]] = {}
    stack = [node]
    while stack:
        here = stack.pop()
        kind = type(here)
        alike = found.get(kind)
        if alike is None:
            found[kind] = [here]
        else:
            alike.append(here)
        if kind not in _LEAVES:
            read = _READERS.get(kind)
            stack.extend((read(here) if read is not None else children(here))[::-1])
    return found


def of_kind(node: Node, kind: type[_N]) -> Sequence[_N]:
    """The nodes of one kind in a tree, parents first."""
    return cast("Sequence[_N]", _by_kind(node).get(kind, ()))


def contains(node: Node, *some: type[Node]) -> bool:
    """Whether a node of one of these kinds stands in a tree."""
    found = _by_kind(node)
    return any(kind in found for kind in some)


@kept
def names_in(node: Node) -> frozenset[str]:
    """Keys of all names in a node, bound ones included."""
    return frozenset([n.key for n in of_kind(node, Name)])
