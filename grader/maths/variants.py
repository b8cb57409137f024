"""Rewritings of a formula, which say the same in other words: none of them may cost anything."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from grader.maths import syntax as T
from grader.maths.places import places, put
from grader.maths.slips import Change


def rewritings(root: T.Node, rng: random.Random, times: int = 2) -> T.Node:
    """The formula with some equivalent changes at random places."""
    for _ in range(times):
        found = [
            (place, fresh) for place, node in places(root) for change in REWRITINGS.values() for fresh in change(node)
        ]
        if not found:
            break
        place, fresh = rng.choice(found)
        root = put(root, place, fresh)
    return root


def _order(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.Add):
        yield replace(node, terms=tuple(reversed(node.terms)))
    if isinstance(node, T.Mul) and not any(isinstance(n, (T.Matrix, T.Tup)) for f in node.factors for n in T.walk(f)):
        yield replace(node, factors=tuple(reversed(node.factors)))


def _expand(node: T.Node) -> Iterator[T.Node]:
    """A product with a sum, multiplied out; a fraction of a sum, split."""
    if isinstance(node, T.Mul):
        for i, factor in enumerate(node.factors):
            if isinstance(factor, T.Add) and _commutes(node.factors):
                rest = (*node.factors[:i], *node.factors[i + 1 :])
                yield T.Add(tuple(_times(term, rest) for term in factor.terms))
                break
    if isinstance(node, T.Div) and isinstance(node.num, T.Add):
        yield T.Add(tuple(_over(term, node.den) for term in node.num.terms))


def _commutes(factors: Sequence[T.Node]) -> bool:
    return not any(isinstance(n, (T.Matrix, T.Tup, T.Transpose)) for f in factors for n in T.walk(f))


def _times(term: T.Node, rest: tuple[T.Node, ...]) -> T.Node:
    if isinstance(term, T.Neg):
        return T.Neg(T.Mul((term.value, *rest)))
    return T.Mul((term, *rest))


def _over(term: T.Node, den: T.Node) -> T.Node:
    return T.Neg(T.Div(term.value, den)) if isinstance(term, T.Neg) else T.Div(term, den)


def _common(node: T.Node) -> Iterator[T.Node]:
    """`a + b/c` over the common denominator."""
    if isinstance(node, T.Add) and len(node.terms) == 2:
        for first, second in (node.terms, node.terms[::-1]):
            inner = second.value if isinstance(second, T.Neg) else second
            plain = first.value if isinstance(first, T.Neg) else first
            if isinstance(inner, T.Div) and not isinstance(plain, (T.Matrix, T.Tup)) and _commutes((first, second)):
                top = T.Neg(inner.num) if isinstance(second, T.Neg) else inner.num
                yield T.Div(T.Add((T.Mul((first, inner.den)), top)), inner.den)


def _log_law(node: T.Node) -> Iterator[T.Node]:
    if not (isinstance(node, T.Call) and node.func == "log" and len(node.args) == 1):
        return
    inner = node.args[0]
    if isinstance(inner, T.Div) and not isinstance(inner.num, T.Num):
        yield T.Add((T.Call("log", (inner.num,)), T.Neg(T.Call("log", (inner.den,)))))
    if isinstance(inner, T.Mul) and all(isinstance(f, (T.Density, T.Big)) for f in inner.factors):
        yield T.Add(tuple(T.Call("log", (f,)) for f in inner.factors))
    if isinstance(inner, T.Big) and inner.op == "prod":
        yield replace(inner, op="sum", body=T.Call("log", (inner.body,)))


def _linear(node: T.Node) -> Iterator[T.Node]:
    """An expectation of a sum as a sum of expectations."""
    if isinstance(node, T.Expect) and isinstance(node.body, T.Add) and node.dist is not None:
        if isinstance(node.dist, T.Density):
            yield T.Add(
                tuple(
                    T.Neg(replace(node, body=t.value)) if isinstance(t, T.Neg) else replace(node, body=t)
                    for t in node.body.terms
                )
            )


def _renamed(node: T.Node) -> Iterator[T.Node]:
    """Another letter for the index of a sum or product."""
    if isinstance(node, T.Big) and isinstance(node.var, T.Name) and not node.var.sub and node.low is not None:
        taken = T.names_in(node)
        free = next((letter for letter in "skj" if letter not in taken and letter != node.var.key), None)
        if free is None or any(isinstance(n, T.Big) for n in T.walk(node.body)):
            return
        old, new = node.var.key, T.Name(free)

        def change(n: T.Node) -> T.Node | None:
            return new if isinstance(n, T.Name) and n.key == old else None

        yield replace(node, var=new, body=T.rebuild(node.body, change))


def _squared(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.Pow) and isinstance(node.exponent, T.Num) and node.exponent.value == 2:
        if isinstance(node.base, T.Name):
            yield T.Mul((node.base, node.base))


REWRITINGS: Final[dict[str, Change]] = {
    "order": _order,
    "expand": _expand,
    "common": _common,
    "log_law": _log_law,
    "linear": _linear,
    "renamed": _renamed,
    "squared": _squared,
}
