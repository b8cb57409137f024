"""Lists with dots, `\\sigma_1^2, \\dots, \\sigma_d^2`: the general term, found from the terms on either side."""

from __future__ import annotations

from grader.maths import syntax as T


def general_term(first: T.Node, last: T.Node) -> tuple[T.Node, T.Node, T.Name, T.Node] | None:
    """First and last index, the index's name and the term with it, where two terms differ in one index alone."""
    differing = {(a, b) for a, b in _indices(first, last) if a != b}
    if len(differing) != 1:
        return None
    (low, high), index = differing.pop(), T.Name("\u2026")  # a name nobody writes

    def change(node: T.Node) -> T.Node | None:
        if isinstance(node, T.Name) and low in node.sub:
            return T.Name(node.base, tuple(index if s == low else s for s in node.sub), node.marks)
        return None

    def ended(node: T.Node) -> T.Node | None:
        if isinstance(node, T.Name) and index in node.sub:
            return T.Name(node.base, tuple(high if s == index else s for s in node.sub), node.marks)
        return None

    term = T.rebuild(first, change)
    return (low, high, index, term) if T.rebuild(term, ended) == last else None


def _indices(first: T.Node, last: T.Node) -> list[tuple[T.Node, T.Node]]:
    """The single subscripts of the names of two terms, side by side."""
    pairs = zip(T.of_kind(first, T.Name), T.of_kind(last, T.Name), strict=False)
    return [(a.sub[0], b.sub[0]) for a, b in pairs if len(a.sub) == len(b.sub) == 1]
