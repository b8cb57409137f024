"""Lists and sums with dots, `\\sigma_1^2, \\dots, \\sigma_d^2`: the general term, found from the terms on either side."""

from __future__ import annotations

from collections.abc import Sequence

from grader import limits
from grader.errors import EvaluationError
from grader.maths import syntax as T
from grader.maths.evaluate import Evaluator
from grader.maths.values import Value


def has_dots(items: Sequence[T.Node]) -> bool:
    """Whether dots stand among the members of a list or the terms of a sum."""
    return any(isinstance(item, T.Word) and item.text == "dots" for item in items)


def written_out(ev: Evaluator, items: Sequence[T.Node]) -> list[Value]:
    """The values of all members, those that dots stand for put in; `w_1, w_2, \\dots, w_k` is one member where k is 1.

    Raises EvaluationError `unsupported` where the members between cannot be told, `budget` where they are too many.
    """
    at = next((i for i, item in enumerate(items) if isinstance(item, T.Word)), 0)
    found = general_term(items[at - 1], items[at + 1]) if 0 < at < len(items) - 1 else None
    if found is None or has_dots(items[at + 1 :]):
        raise EvaluationError("unsupported", "dots whose terms cannot be told")
    low, high, index, term = found
    step = -1 if isinstance(high, T.Num) and not isinstance(low, T.Num) else 1  # `a_t a_{t-1} .. a_1`
    first, last, before = ev.integer(low), ev.integer(high), at - 1
    while before > 0:  # members before the last one that go on in the same way
        earlier = general_term(items[before - 1], items[at + 1])
        if earlier is None or earlier[3] != term or ev.integer(earlier[0]) != first - step:
            break
        first, before = first - step, before - 1
    if (last - first) * step < 0:
        raise EvaluationError("empty_range", "dots that run backwards for these sizes")
    if abs(last - first) > limits.TERMS:
        raise EvaluationError("budget", "dots for too many terms")
    out = [ev.value(item) for item in items[:before]]
    out += [ev.with_index(index.key, k, term) for k in range(first, last + step, step)]
    return out + [ev.value(item) for item in items[at + 2 :]]


def between(first: T.Node, last: T.Node) -> T.Node:
    """`z_{1:k}` of `z_1, \\dots, z_k`; the first of two other terms."""
    found = general_term(first, last)
    if found is None or not isinstance(first, T.Name) or len(first.sub) != 1:
        return first
    return T.Name(first.base, (T.Range(found[0], found[1]),), first.marks, start=first.start, end=last.end)


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
