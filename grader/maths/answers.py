"""What an answer claims, whatever way it is written: a value, a set of values, a tuple, conditions, an equation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.maths import syntax as T

_ORDER = frozenset({"<", ">", "<=", ">=", "!=", "in", "notin", "<<", ">>"})
_UNORDERED = frozenset({"lambda", "Lambda"})
"""Letters whose numbered values (eigenvalues) have no order of their own."""
_EQUAL = frozenset({"=", ":=", "=:"})


@dataclass(frozen=True, slots=True)
class Answer:
    """`kind`: value, set, list (written without brackets), tuple, condition, equation.

    `items` are the values (one for a value, `left - right` sides for an equation), `labels` the names they were given.
    """

    kind: str
    items: tuple[T.Node, ...]
    labels: tuple[str, ...] = ()
    head: T.Node | None = None
    square: bool = False
    """A tuple in brackets: two entries may be a closed interval."""


def read_answer(node: T.Node) -> Answer:
    """The claim of a formula: the last member of a chain counts, a name on the left is a label."""
    node = T.unboxed(node)
    if isinstance(node, T.Logic):
        return _logic(node)
    if isinstance(node, T.Rel):
        return _relation(node)
    if isinstance(node, T.SetOf):
        items = tuple(x for item in node.items for x in signs_expanded(item))
        return Answer("set", items)
    if isinstance(node, T.Tup):
        return Answer("tuple", node.items, square=node.square)
    if isinstance(node, T.Interval):
        return Answer("condition", (node,))
    if isinstance(node, T.NamedSet):
        return Answer("condition", (node,))
    expanded = signs_expanded(node)
    if len(expanded) > 1:
        return Answer("set", tuple(expanded))
    return Answer("value", (node,))


def _logic(node: T.Logic) -> Answer:
    if node.op in ("if", "forall", "exists"):
        items = node.items if node.op == "if" else tuple(reversed(node.items))
        return read_answer(items[0])
    if node.op in ("=>", "<=>"):
        return read_answer(node.items[-1])
    if node.op == "list" and len(node.items) > 1:
        # `claim, \forall i` and `claim, a > 0`: what follows a claim only says for whom it holds
        first = T.unboxed(node.items[0])
        rest = [T.unboxed(i) for i in node.items[1:]]
        if all(isinstance(r, T.Logic) and r.op in ("forall", "exists") for r in rest):
            return read_answer(first)
        shared = _shared_label(node.items)
        if shared is not None:
            return shared
    items = _with_definitions(node.items)
    if len(items) == 1:
        return read_answer(items[0])
    if items is not node.items:
        node = T.Logic(node.op, items, start=node.start, end=node.end)
    parts = [read_answer(i) for i in node.items]
    if all(p.kind in ("condition", "equation") or (p.kind == "value" and p.labels) for p in parts) and any(
        p.kind in ("condition", "equation") for p in parts
    ):
        return Answer(
            "condition", (T.Logic("or" if node.op == "or" else "and", node.items, start=node.start, end=node.end),)
        )
    labels = [label for p in parts for label in p.labels]
    values = tuple(v for p in parts for v in p.items)
    if len(parts) > 1 and all(p.kind == "set" for p in parts):
        if any(isinstance(T.unboxed(i), T.SetOf) for i in node.items):
            return Answer("tuple", tuple(node.items))  # several sets stay a tuple of sets
    if (labels and len(labels) == len(values)) or all(p.labels for p in parts):
        stems = {_stem(label) for label in labels}
        if (len(stems) == 1 and stems <= _UNORDERED) or node.op == "or":
            return Answer("set", values, tuple(labels))
        return Answer("tuple", values, tuple(labels))
    if node.op == "or":
        return Answer("set", values)
    if len(parts) > 1 and all(p.head is not None and len(p.items) == 1 for p in parts):
        return Answer("tuple", values, tuple(repr(p.head) for p in parts))  # values of named quantities
    return Answer("list", values)


def _with_definitions(items: tuple[T.Node, ...]) -> tuple[T.Node, ...]:
    """`claim, u = ...` and `claim where u = ...`: names that the claim uses are replaced by what they stand for."""
    definitions, kept = _split_definitions(items)
    if not definitions:
        return items
    return tuple(substituted(item, definitions) for item in kept)


def _split_definitions(items: tuple[T.Node, ...]) -> tuple[dict[str, T.Node], list[T.Node]]:
    definitions: dict[str, T.Node] = {}
    kept: list[T.Node] = []
    for i, item in enumerate(items):
        rel = T.unboxed(item)
        others = [_values_of(x) for j, x in enumerate(items) if j != i]
        if i and isinstance(rel, T.Rel) and len(rel.operands) == 2 and rel.relations[0] in ("=", ":="):
            left, right = rel.operands
            used = isinstance(left, T.Name) and any(left.key in T.names_in(x) for x in others)
            if isinstance(left, T.Name) and used and left.key not in T.names_in(right):
                definitions[left.key] = right
                continue
        kept.append(item)
    return definitions, kept


def definitions_of(node: T.Node) -> dict[str, T.Node]:
    """The names an answer explains beside its claim."""
    node = T.unboxed(node)
    if isinstance(node, T.Logic) and node.op in ("list", "and"):
        return _split_definitions(node.items)[0]
    return {}


def substituted(node: T.Node, definitions: dict[str, T.Node]) -> T.Node:
    """The node with defined names written out; a primed one becomes a derivative that is not evaluated."""

    def change(n: T.Node) -> T.Node | None:
        if not isinstance(n, T.Name):
            return None
        if n.key.endswith("'") and n.key.rstrip("'") in definitions:
            return T.Call("prime", (n,), start=n.start, end=n.end)
        return definitions.get(n.key)

    for _ in range(len(definitions)):
        node = T.rebuild(node, change)
    return node


def _values_of(item: T.Node) -> T.Node:
    """What a claim says, without the name it gives it."""
    rel = T.unboxed(item)
    if isinstance(rel, T.Rel) and len(rel.operands) > 1 and is_label(rel.operands[0]):
        return T.Rel((T.Empty(), *rel.operands[1:]), rel.relations)
    return item


def _shared_label(items: Sequence[T.Node]) -> Answer | None:
    """`\\lambda = 1, 2, 3`: the list belongs to the one label."""
    first = T.unboxed(items[0])
    if not (isinstance(first, T.Rel) and set(first.relations) <= _EQUAL):
        return None
    if any(isinstance(T.unboxed(i), (T.Rel, T.Logic)) for i in items[1:]):
        return None
    if not is_label(first.operands[0]) or isinstance(T.unboxed(first.operands[-1]), (T.Tup, T.SetOf)):
        return None
    values = tuple(x for item in (first.operands[-1], *items[1:]) for x in signs_expanded(T.unboxed(item)))
    return Answer("list", values, head=first.operands[0])


def _stem(label: str) -> str:
    return label.split("_", 1)[0].rstrip("*^+-'")


def _relation(node: T.Rel) -> Answer:
    relations = set(node.relations)
    last = T.unboxed(node.operands[-1])
    first = T.unboxed(node.operands[0])
    if relations <= _EQUAL:
        if isinstance(last, T.Empty):
            return Answer("value", (first,))
        if isinstance(last, T.Num) and last.value == 0 and not is_label(first) and not isinstance(first, T.Empty):
            before = T.unboxed(node.operands[-2])
            return Answer("equation", (before if not isinstance(before, T.Empty) else first, last))
        if len(node.operands) == 2 and not is_label(first) and not isinstance(first, T.Empty):
            if is_label(last) and not isinstance(last, (T.Apply, T.KL, T.Expect, T.Density, T.Deriv)):
                inner = read_answer(first)
                return Answer(inner.kind, inner.items, (last.key,) if isinstance(last, T.Name) else (), last)
            if _unknown_side(first):
                return Answer("equation", (first, last), head=first)
        names = [o for o in node.operands[:-1] if isinstance(o, T.Name)]
        if len(names) > 1 and len(names) == len(node.operands) - 1 and isinstance(last, T.Num) and last.value == 0:
            return Answer("tuple", (last,) * len(names), tuple(n.key for n in names), first)  # a = b = 0
        inner = read_answer(last)
        labels = _labels(first) if len(node.operands) >= 2 else ()
        return Answer(inner.kind, inner.items, labels, first)
    if relations <= {"in", *_EQUAL} and isinstance(last, T.SetOf):
        return Answer("set", read_answer(last).items, _labels(first), first)
    if relations & _ORDER:
        return Answer("condition", (node,))
    inner = read_answer(last)
    return Answer(inner.kind, inner.items, (), first)


def _unknown_side(node: T.Node) -> bool:
    """A left side that is a combination of names: the equation as a whole is the answer."""
    return isinstance(node, (T.Add, T.Mul, T.Pow, T.Div, T.Neg)) and not any(
        isinstance(
            n, (T.Deriv, T.Grad, T.KL, T.Expect, T.Density, T.Apply, T.Call, T.Integral, T.Big, T.Matrix, T.Norm)
        )
        for n in T.walk(node)
    )


def _labels(node: T.Node) -> tuple[str, ...]:
    node = T.unboxed(node)
    if isinstance(node, T.Name):
        return (node.key,)
    if isinstance(node, T.Tup):
        return tuple(k for item in node.items for k in _labels(item))
    return ()


def is_label(node: T.Node) -> bool:
    """Whether the left side only names what the right side says."""
    node = T.unboxed(node)
    if isinstance(node, T.Neg):
        node = node.value
    if isinstance(node, (T.Name, T.Apply, T.KL, T.Expect, T.Density, T.Deriv, T.Grad, T.Abs)):
        return True
    if isinstance(node, T.Tup):
        return all(isinstance(i, T.Name) for i in node.items)
    if isinstance(node, T.Call):
        return node.func in ("det", "eig", "tr")
    if isinstance(node, T.At):
        return True
    return False


def signs_expanded(node: T.Node) -> list[T.Node]:
    """Both values of a formula with ±, upper signs first; the formula itself if there is none."""
    if not T.contains(node, T.PlusMinus):
        return [node]
    return [_signed(node, 1), _signed(node, -1)]


def _signed(node: T.Node, sign: int) -> T.Node:
    def change(n: T.Node) -> T.Node | None:
        if not isinstance(n, T.PlusMinus):
            return None
        minus = (sign < 0) != n.flipped
        right = T.Neg(n.right, start=n.start, end=n.end) if minus else n.right
        return right if n.left is None else T.Add((n.left, right), start=n.start, end=n.end)

    return T.rebuild(node, change)


def zero() -> T.Num:
    """The number 0."""
    return T.Num(Fraction(0))
