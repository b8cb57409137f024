"""Slips: a formula as a person writes it wrong, one change at a time.

They serve three: the diagnosis of a wrong side, the tests of derivations, and the mutation testing of rubrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from grader.maths import syntax as T
from grader.maths.places import places, put

Change = Callable[[T.Node], Iterator[T.Node]]

_TWO: Final = T.Num(Fraction(2))
_ONE: Final = T.Num(Fraction(1))


def mutants(root: T.Node) -> Iterator[tuple[str, T.Node]]:
    """Every single slip in a formula, with the operator's name."""
    yield from _changed(root, MUTATIONS)


def answer_mutants(root: T.Node, names: Sequence[T.Name] = ()) -> Iterator[tuple[str, T.Node]]:
    """Every single slip in a final answer or in a claim: those of formulas, those of densities and relations, and those that
    change a whole entry, also into one of some `names`."""
    yield from _changed(root, MUTATIONS)
    yield from _changed(root, CLAIMS)
    for name, change in ENTRIES.items():
        for place, entry in _entries(root):
            for fresh in change(entry):
                yield name, put(root, place, fresh)
    for place, entry in _entries(root):
        if place:
            yield from (("name_for_value", put(root, place, name)) for name in names if name != entry)
    yield from (("two_entries", fresh) for fresh in _two_entries(root))


def _two_entries(root: T.Node) -> Iterator[T.Node]:
    """Two neighbouring entries of a tuple wrong at once."""
    if isinstance(root, T.Tup):
        for i in range(len(root.items) - 1):
            first, second = (T.Add((item, _ONE)) for item in root.items[i : i + 2])
            yield replace(root, items=(*root.items[:i], first, second, *root.items[i + 2 :]))


def _changed(root: T.Node, table: dict[str, Change]) -> Iterator[tuple[str, T.Node]]:
    for name, change in table.items():
        for place, node in places(root):
            for fresh in change(node):
                yield name, put(root, place, fresh)


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


# slips of densities, of relations and of what holds several values


def _strict(node: T.Node) -> Iterator[T.Node]:
    """A strict relation for a weak one, and the other way round."""
    if isinstance(node, T.Rel):
        for i, relation in enumerate(node.relations):
            if relation in _OTHERWISE:
                yield replace(node, relations=(*node.relations[:i], _OTHERWISE[relation], *node.relations[i + 1 :]))


_OTHERWISE: Final = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


def _direction(node: T.Node) -> Iterator[T.Node]:
    """A relation turned round."""
    if isinstance(node, T.Rel):
        for i, relation in enumerate(node.relations):
            if relation in _TURNED:
                yield replace(node, relations=(*node.relations[:i], _TURNED[relation], *node.relations[i + 1 :]))


_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _dropped(node: T.Node) -> Iterator[T.Node]:
    """A value of a set left out, such as an eigenvalue."""
    if isinstance(node, T.SetOf) and len(node.items) > 1:
        for i in range(len(node.items)):
            yield replace(node, items=(*node.items[:i], *node.items[i + 1 :]))


def _other_density(node: T.Node) -> Iterator[T.Node]:
    """An expectation under the other density, and a density by the other letter."""
    if isinstance(node, T.Expect) and isinstance(node.dist, T.Density) and node.dist.letter in _LETTER:
        yield replace(node, dist=replace(node.dist, letter=_LETTER[node.dist.letter]))
    if isinstance(node, T.Density) and node.letter in _LETTER:
        yield replace(node, letter=_LETTER[node.letter])


_LETTER: Final = {"p": "q", "q": "p"}


def _exchanged(node: T.Node) -> Iterator[T.Node]:
    """What is given and what it is given for, exchanged; a variable moved over the bar."""
    if isinstance(node, T.Density) and node.given:
        yield replace(node, args=node.given, given=node.args)
        if len(node.given) > 1:
            yield replace(node, args=(*node.args, node.given[-1]), given=node.given[:-1])


def _swapped(node: T.Node) -> Iterator[T.Node]:
    """Two neighbouring entries exchanged."""
    if isinstance(node, T.Tup):
        for i in range(len(node.items) - 1):
            first, second = node.items[i : i + 2]
            yield replace(node, items=(*node.items[:i], second, first, *node.items[i + 2 :]))
    if isinstance(node, T.Matrix):
        for i in range(len(node.rows) - 1):
            first_row, second_row = node.rows[i : i + 2]
            yield replace(node, rows=(*node.rows[:i], second_row, first_row, *node.rows[i + 2 :]))


CLAIMS: Final[dict[str, Change]] = {
    "strict_for_weak": _strict,
    "direction": _direction,
    "value_dropped": _dropped,
    "other_density": _other_density,
    "bar_exchanged": _exchanged,
    "entries_swapped": _swapped,
}


# slips of a whole entry


def _entries(root: T.Node) -> Iterator[tuple[tuple[tuple[str, int | None, int | None], ...], T.Node]]:
    """The entries of a vector, a matrix or a set with their places, or the formula itself."""
    if isinstance(root, T.Boxed) or not isinstance(root, (T.Tup, T.SetOf, T.Matrix)):
        yield (), root
    elif isinstance(root, T.Matrix):
        for i, row in enumerate(root.rows):
            for j, entry in enumerate(row):
                yield (("rows", i, j),), entry
    else:
        for i, entry in enumerate(root.items):
            yield (("items", i, None),), entry


def _number(node: T.Node) -> bool:
    """Whether an entry is a value that can be scaled and shifted."""
    return not isinstance(node, (T.Rel, T.Logic, T.Word, T.Empty, T.Density, T.Cases, T.SetOf))


def _negated(node: T.Node) -> Iterator[T.Node]:
    if _number(node):
        yield node.value if isinstance(node, T.Neg) else T.Neg(node)


def _scaled(node: T.Node) -> Iterator[T.Node]:
    """A factor 2 too much or too little."""
    if _number(node):
        yield T.Mul((_TWO, node))
        yield T.Div(node, _TWO)


def _one_more(node: T.Node) -> Iterator[T.Node]:
    if _number(node):
        yield T.Add((node, _ONE))


def _one_less(node: T.Node) -> Iterator[T.Node]:
    if _number(node):
        yield T.Add((node, T.Neg(_ONE)))


def _half_more(node: T.Node) -> Iterator[T.Node]:
    if _number(node):
        yield T.Add((node, T.Div(_ONE, _TWO)))


def _exponential(node: T.Node) -> Iterator[T.Node]:
    """The exponential of a value, as where a logarithm is forgotten."""
    if _number(node) and not isinstance(node, (T.Expect, T.KL)):
        yield T.Call("exp", (node,))


def _to_the_power(node: T.Node) -> Iterator[T.Node]:
    """A square too much, a square root too much, a fraction upside down."""
    if _number(node) and not (isinstance(node, T.Num) and node.value in (0, 1)):
        yield T.Pow(node, _TWO)
        yield T.Div(_ONE, node)


ENTRIES: Final[dict[str, Change]] = {
    "negated": _negated,
    "scaled": _scaled,
    "one_more": _one_more,
    "one_less": _one_less,
    "half_more": _half_more,
    "exponential": _exponential,
    "to_the_power": _to_the_power,
}
