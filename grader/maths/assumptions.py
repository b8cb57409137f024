"""Conditions worked into a world: equalities become definitions, convex weights, families; alternatives become branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.maths import syntax as T
from grader.maths.worlds import Symbol, World

_MOST_BRANCHES = 4
_INDEX_LETTERS = frozenset("ijkltnm")


def solve_equalities(world: World) -> World:
    """Conditions `name = value` become definitions; the rest stay conditions."""
    if not world.conditions:
        return world
    definitions = dict(world.definitions)
    symbols = dict(world.symbols)
    simplex = dict(world.simplex)
    families = dict(world.families)
    kept: list[T.Node] = []
    for condition in world.conditions:
        for part in _conjuncts(condition):
            if isinstance(part, T.Rel) and (_simplex(part, simplex) or _family(part, symbols)):
                continue
            member = all_members(part, world)
            if member is not None:
                families[member[0].base] = (T.sub_text(member[0].sub[0]), member[1])
                continue
            if isinstance(part, T.Rel) and part.relations == ("=",):
                solved_for = _solved_for(part, definitions)
                if solved_for is not None:
                    definitions[solved_for[0]] = solved_for[1]
                    continue
            kept.append(part)
    solved = set(definitions) - set(world.definitions)
    for key, symbol in list(symbols.items()):
        if symbol.boundary and solved:  # a forced value must not lead back to a name that is now defined
            kept_edges = tuple(b for b in symbol.boundary if not T.names_in(parsed(b, world)) & solved)
            symbols[key] = replace(symbol, boundary=kept_edges)
    return replace(
        world,
        definitions=definitions,
        symbols=symbols,
        simplex=simplex,
        families=families,
        conditions=tuple(kept),
    )


def all_members(part: T.Node, world: World) -> tuple[T.Name, T.Node] | None:
    """`w_j = 1/N`: a formula for every member of a family, as the member and the formula."""
    if not (isinstance(part, T.Rel) and part.relations == ("=",)):
        return None
    name, value = part.operands
    if not (isinstance(name, T.Name) and len(name.sub) == 1 and isinstance(name.sub[0], T.Name)):
        return None
    known = name.base in world.simplex or name.base + "_*" in world.symbols
    known = known and name.sub[0].key in _INDEX_LETTERS and name.sub[0].key not in world.sizes
    return (name, value) if known and all(n.base != name.base for n in T.of_kind(value, T.Name)) else None


def _solved_for(part: T.Rel, definitions: Mapping[str, T.Node]) -> tuple[str, T.Node] | None:
    """An equality as a name and its value: `x = ..`, or a sum in which a name stands alone, as in `x - y = 1`."""
    for left, right in (part.operands, part.operands[::-1]):
        if isinstance(left, T.Name) and left.key not in T.names_in(right) and left.key not in definitions:
            return left.key, right
    for left, right in (part.operands, part.operands[::-1]):
        terms = left.terms if isinstance(left, T.Add) else (left,)
        for i, term in enumerate(terms):
            name = term.value if isinstance(term, T.Neg) else term
            if not isinstance(name, T.Name) or name.key in definitions or name.key in T.names_in(right):
                continue
            others = terms[:i] + terms[i + 1 :]
            if any(name.key in T.names_in(o) for o in others):
                continue
            value = T.Add((right, *(T.Neg(o) for o in others))) if others else right
            return name.key, T.Neg(value) if isinstance(term, T.Neg) else value
    return None


def _simplex(part: T.Rel, simplex: dict[str, str]) -> bool:
    """`\\sum_i w_i = 1` makes w a convex combination."""
    if part.relations != ("=",):
        return False
    total, one = part.operands
    if not (
        isinstance(total, T.Big) and total.op == "sum" and isinstance(total.body, T.Name) and len(total.body.sub) == 1
    ):
        return False
    if not (isinstance(one, T.Num) and one.value == 1):
        return False
    simplex[total.body.base] = total.high.key if isinstance(total.high, T.Name) else "N"
    return True


def _family(part: T.Rel, symbols: dict[str, Symbol]) -> bool:
    """`a_i > 0` speaks of every member of the family."""
    indexed = [
        o
        for o in part.operands
        if isinstance(o, T.Name) and len(o.sub) == 1 and isinstance(o.sub[0], T.Name) and o.sub[0].key in _INDEX_LETTERS
    ]
    numbers = [o for o in part.operands if isinstance(o, T.Num)]
    if len(indexed) != 1 or len(indexed) + len(numbers) != len(part.operands):
        return False
    key = indexed[0].base + "_*"
    values = [float(n.value) for n in numbers]
    if len(part.operands) == 3 and values == sorted(values) and set(part.relations) <= {"<", "<="}:
        symbols[key] = Symbol(key, "between", values[0], values[1])
        return True
    if part.relations == ("=",) and len(values) == 1:
        symbols[key] = Symbol(key, "between", values[0], values[0])  # `all b_i = 0`
        return True
    if values == [0.0] and part.relations[0] in (">", ">=") and part.operands[0] is indexed[0]:
        symbols[key] = Symbol(key, "positive")
        return True
    return False


def _conjuncts(node: T.Node) -> list[T.Node]:
    if isinstance(node, T.Logic) and node.op in ("and", "list"):
        return [p for item in node.items for p in _conjuncts(item)]
    if isinstance(node, T.Rel) and len(node.relations) > 1 and set(node.relations) == {"="}:
        last = node.operands[-1]
        return [T.Rel((o, last), ("=",)) for o in node.operands[:-1]]
    return [node]


def branches(world: World) -> list[World]:
    """A world under `A or B` as the worlds of its branches: samples of an equality are not met by chance."""
    for i, condition in enumerate(world.conditions):
        found = _alternatives(condition)
        if len(found) > 1:
            rest = (*world.conditions[:i], *world.conditions[i + 1 :])
            return [w for item in found for w in branches(replace(world, conditions=(*rest, item)))]
    return [world]


def _alternatives(condition: T.Node) -> list[T.Node]:
    """The branches of a condition that holds by equalities: `a = 0 or b = 0`, `ab = 0`."""
    node = T.unboxed(condition)
    if isinstance(node, T.Logic) and node.op == "or":
        return list(node.items[:_MOST_BRANCHES])
    if isinstance(node, T.Rel) and node.relations == ("=",) and isinstance(node.operands[0], T.Mul):
        zero = node.operands[1]
        factors = node.operands[0].factors
        if isinstance(zero, T.Num) and not zero.value and all(isinstance(f, T.Name) for f in factors):
            return [T.Rel((f, zero), ("=",)) for f in factors[:_MOST_BRANCHES]]
    return [node]


def parsed(text: str, world: World) -> T.Node:
    from grader.maths.parser import parse

    return parse(text, world.notation)
