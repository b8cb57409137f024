"""Variants of a formula: mutants, as a person slips, and rewritings, which say the same in other words.

Both serve tests: a mutant that changes the value must be found, a rewriting must not be.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any, Final

from grader.maths import syntax as T

Change = Callable[[T.Node], Iterator[T.Node]]

_TWO: Final = T.Num(Fraction(2))
_ONE: Final = T.Num(Fraction(1))
_LETTERS: Final = "tsijkmnu"


def mutants(root: T.Node) -> Iterator[tuple[str, T.Node]]:
    """Every single slip in a formula, with the operator's name."""
    for name, change in MUTATIONS.items():
        for place, node in _places(root):
            for fresh in change(node):
                yield name, _put(root, place, fresh)


def rewritings(root: T.Node, rng: random.Random, times: int = 2) -> T.Node:
    """The formula with some equivalent changes at random places."""
    for _ in range(times):
        found = [
            (place, fresh) for place, node in _places(root) for change in REWRITINGS.values() for fresh in change(node)
        ]
        if not found:
            break
        place, fresh = rng.choice(found)
        root = _put(root, place, fresh)
    return root


# places in a tree: a path of (field, index or None)

Path = tuple[tuple[str, int | None, int | None], ...]
_CLOSED: Final = frozenset(
    {"sub", "var", "by", "over", "head", "variables", "args", "given", "dist", "low", "high", "where"}
)
"""Fields whose contents are names of things rather than values: slips there have operators of their own."""


def _places(node: T.Node, path: Path = ()) -> Iterator[tuple[Path, T.Node]]:
    yield path, node
    inside = isinstance(node, (T.Call, T.Apply))
    for f in fields(node):
        if f.name in ("start", "end") or (f.name in _CLOSED and not (inside and f.name == "args")):
            continue
        value = getattr(node, f.name)
        if isinstance(value, T.Node):
            yield from _places(value, (*path, (f.name, None, None)))
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if isinstance(item, T.Node):
                    yield from _places(item, (*path, (f.name, i, None)))
                elif isinstance(item, tuple):
                    for j, inner in enumerate(item):
                        if isinstance(inner, T.Node):
                            yield from _places(inner, (*path, (f.name, i, j)))


def _put(root: T.Node, path: Path, fresh: T.Node) -> T.Node:
    if not path:
        return fresh
    (name, i, j), rest = path[0], path[1:]
    value = getattr(root, name)
    if i is None:
        return _with(root, name, _put(value, rest, fresh))
    items = list(value)
    if j is None:
        items[i] = _put(items[i], rest, fresh)
    else:
        row = list(items[i])
        row[j] = _put(row[j], rest, fresh)
        items[i] = tuple(row)
    return _with(root, name, tuple(items))


def _with(node: T.Node, name: str, value: Any) -> T.Node:
    changes: dict[str, Any] = {name: value}
    return replace(node, **changes)


# slips


def _sign(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.Add):
        for i, term in enumerate(node.terms):
            turned = term.value if isinstance(term, T.Neg) else T.Neg(term)
            yield replace(node, terms=(*node.terms[:i], turned, *node.terms[i + 1 :]))
    elif isinstance(node, T.Neg):
        yield node.value


def _index(node: T.Node) -> Iterator[T.Node]:
    """`\\mu_1` for `\\mu_2`, `x_t` for `x_{t-1}`."""
    if not isinstance(node, T.Name) or len(node.sub) != 1:
        return
    sub = node.sub[0]
    if isinstance(sub, T.Num) and sub.value in (1, 2):
        yield replace(node, sub=(T.Num(Fraction(3) - sub.value),))


def _time(node: T.Node) -> Iterator[T.Node]:
    """One index of a density moved by a step."""
    if not isinstance(node, T.Density):
        return
    for i, name in enumerate(node.args):
        moved = _moved(name)
        if moved is not None and moved not in (*node.args, *node.given):
            yield replace(node, args=(*node.args[:i], moved, *node.args[i + 1 :]))
    for i, name in enumerate(node.given):
        moved = _moved(name)
        if moved is not None and moved not in (*node.args, *node.given):
            yield replace(node, given=(*node.given[:i], moved, *node.given[i + 1 :]))


def _moved(name: T.Node) -> T.Name | None:
    if not isinstance(name, T.Name) or len(name.sub) != 1:
        return None
    sub = name.sub[0]
    if isinstance(sub, T.Add) and len(sub.terms) == 2:
        return replace(name, sub=(sub.terms[0],))
    return replace(name, sub=(T.Add((sub, T.Neg(_ONE))),)) if isinstance(sub, T.Name) else None


def _lost_term(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.Add) and len(node.terms) > 1:
        for i in range(len(node.terms)):
            rest = (*node.terms[:i], *node.terms[i + 1 :])
            yield rest[0] if len(rest) == 1 else replace(node, terms=rest)


def _lost_factor(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.Mul) and len(node.factors) > 1:
        for i in range(len(node.factors)):
            rest = (*node.factors[:i], *node.factors[i + 1 :])
            yield rest[0] if len(rest) == 1 else replace(node, factors=rest)
    if isinstance(node, T.Div) and isinstance(node.num, T.Num) and node.num.value == 1:
        yield replace(node, num=_TWO)


def _constant(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.Num) and node.places is None and node.value.denominator == 1 and node.value > 0:
        yield T.Num(node.value + 1)


def _power(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.Pow) and isinstance(node.exponent, T.Num) and node.exponent.value == 2:
        yield node.base


def _conditioning(node: T.Node) -> Iterator[T.Node]:
    """A variable dropped behind the bar."""
    if isinstance(node, T.Density) and node.given:
        for i in range(len(node.given)):
            yield replace(node, given=(*node.given[:i], *node.given[i + 1 :]))


def _reversed(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.KL) and node.op == "KL":
        yield T.KL(node.right, node.left)


def _inverted(node: T.Node) -> Iterator[T.Node]:
    """A fraction upside down."""
    if isinstance(node, T.Div) and not isinstance(node.num, T.Num):
        yield T.Div(node.den, node.num)


def _argument(node: T.Node) -> Iterator[T.Node]:
    """`\\sigma(u)` for `\\sigma(-u)`."""
    if isinstance(node, T.Call) and node.func == "logistic" and len(node.args) == 1:
        inner = node.args[0]
        yield replace(node, args=(inner.value if isinstance(inner, T.Neg) else T.Neg(inner),))


def _transposed(node: T.Node) -> Iterator[T.Node]:
    if isinstance(node, T.Matrix) and len(node.rows) == len(node.rows[0]) > 1:
        yield replace(node, rows=tuple(zip(*node.rows, strict=True)))


def _range(node: T.Node) -> Iterator[T.Node]:
    """A sum or product that begins one later or earlier."""
    if isinstance(node, T.Big) and isinstance(node.low, T.Num):
        yield replace(node, low=T.Num(Fraction(3) - node.low.value) if node.low.value in (1, 2) else _ONE)


MUTATIONS: Final[dict[str, Change]] = {
    "sign": _sign,
    "index": _index,
    "time": _time,
    "lost_term": _lost_term,
    "lost_factor": _lost_factor,
    "constant": _constant,
    "power": _power,
    "conditioning": _conditioning,
    "divergence_reversed": _reversed,
    "inverted": _inverted,
    "argument": _argument,
    "transposed": _transposed,
    "range": _range,
}


# rewritings


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
