"""Places in a tree: every node with the path that leads to it, and the tree with another node there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Final

from grader.maths import syntax as T

Place = tuple[tuple[str, int | None, int | None], ...]
"""A path of fields, each with an index or two where it holds many."""
_CLOSED: Final = frozenset(
    {"sub", "var", "by", "over", "head", "variables", "args", "given", "dist", "low", "high", "where"}
)
"""Fields whose contents are names of things rather than values: slips there have operators of their own."""


def places(node: T.Node, path: Place = ()) -> Iterator[tuple[Place, T.Node]]:
    """All nodes of a tree that are values, the root first."""
    yield path, node
    inside = isinstance(node, (T.Call, T.Apply))
    for f in fields(node):
        if f.name in ("start", "end") or (f.name in _CLOSED and not (inside and f.name == "args")):
            continue
        value = getattr(node, f.name)
        if isinstance(value, T.Node):
            yield from places(value, (*path, (f.name, None, None)))
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if isinstance(item, T.Node):
                    yield from places(item, (*path, (f.name, i, None)))
                elif isinstance(item, tuple):
                    for j, inner in enumerate(item):
                        if isinstance(inner, T.Node):
                            yield from places(inner, (*path, (f.name, i, j)))


def put(root: T.Node, path: Place, fresh: T.Node) -> T.Node:
    """The tree with another node at a place."""
    if not path:
        return fresh
    (name, i, j), rest = path[0], path[1:]
    value = getattr(root, name)
    if i is None:
        return _with(root, name, put(value, rest, fresh))
    items = list(value)
    if j is None:
        items[i] = put(items[i], rest, fresh)
    else:
        row = list(items[i])
        row[j] = put(row[j], rest, fresh)
        items[i] = tuple(row)
    return _with(root, name, tuple(items))


def _with(node: T.Node, name: str, value: Any) -> T.Node:
    changes: dict[str, Any] = {name: value}
    return replace(node, **changes)
