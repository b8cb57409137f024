"""What comes of a failing line: repaired later, carried on consistently, or made once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.screening import agrees


@dataclass(frozen=True, slots=True)
class Broken:
    """A link found to fail: its number among the links and its two sides."""

    number: int
    left: T.Node
    right: T.Node


def repaired(judges: Sequence[Judge], member: T.Node, sound: Sequence[T.Node]) -> bool:
    """Whether a member agrees with one that stood before the line that broke."""
    return any(agrees(judge, member, other) for judge in judges for other in sound)


def source_of(judges: Sequence[Judge], left: T.Node, right: T.Node, earlier: Sequence[Broken]) -> int | None:
    """The number of the earlier failing link that a failing link only follows from; None if it is an error of its own.

    Either the same wrong value stands for the same quantity, or the link holds once the earlier wrong equality is put
    into its left side.
    """
    for broken in reversed(earlier):
        for judge in judges:
            if agrees(judge, right, broken.right) and agrees(judge, left, broken.left):
                return broken.number
            put = T.rebuild(left, lambda n, b=broken: b.right if n == b.left else None)  # type: ignore[misc]
            if put != left and agrees(judge, put, right):
                return broken.number
            named = T.rebuild(left, lambda n, b=broken, j=judge: _named(n, b, j))  # type: ignore[misc]
            if named != left and agrees(judge, named, right):
                return broken.number
    return None


_WHOLE = (T.Expect, T.KL, T.Deriv, T.Integral, T.Big, T.Apply, T.Div, T.Call)


def _named(node: T.Node, broken: Broken, judge: Judge) -> T.Node | None:
    """The wrong value where the same quantity stands in another writing."""
    if isinstance(node, _WHOLE) and type(node) is type(broken.left) and agrees(judge, node, broken.left):
        return broken.right
    return None
