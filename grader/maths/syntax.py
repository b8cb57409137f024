"""The syntax tree: formulas as written, unevaluated, every node with its place in the source; ways through it.

The kinds of nodes are those of `grader.maths.kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import Field, fields, replace
from operator import attrgetter, is_
from typing import Any, TypeVar, cast

from grader.maths.kinds import *  # noqa: F403  # one name for both: `T.Add`, `T.walk`
from grader.maths.kinds import Boxed, Const, Empty, Name, NamedSet, Node, Num, Word
from grader.maths.node import kept

_N = TypeVar("_N", bound="Node")


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
