"""Whether a formula gives a value outright, and the names and operators that stand in it."""

from __future__ import annotations

from grader.maths import syntax as T
from grader.maths.structured import KINDS
from grader.maths.worlds import World

_OPERATORS = (T.Deriv, T.Grad, T.Expect, T.KL, T.Integral, T.Normal)
TABLE_FUNCTIONS = frozenset({"logistic", "logit", "log", "exp", "relu", "softplus"})


def is_explicit(node: T.Node, world: World, own: frozenset[str] = frozenset()) -> bool:
    """No derivative, expectation or integral stands in it, and every name is a quantity or an abbreviation of such;
    functions of the student's `own` are abbreviations where their bodies are explicit, and what the world's `outright`
    names may stand in an answer as it is."""
    if _works(node, world) or T.contains(node, T.Empty) or any(w.text != "dots" for w in T.of_kind(node, T.Word)):
        return False
    for n in T.of_kind(node, T.Apply):
        if n.head.base not in TABLE_FUNCTIONS and n.head.key not in world.outright:
            body = world.functions[n.head.key].body if n.head.key in own and not n.primes else None
            if body is None or _works(body, world) or T.contains(body, T.Apply):
                return False
    return all(known(key, world, 0) for key in free_names(node) - _of_densities(node) - _bound(node))


def operators(node: T.Node) -> frozenset[object]:
    """What is still to be carried out in a formula: kinds of operators, functions and density letters."""
    kinds: set[object] = {type(n) for n in T.walk(node) if isinstance(n, _OPERATORS)}
    kinds |= {n.head.key for n in T.of_kind(node, T.Apply)} | {n.letter for n in T.of_kind(node, T.Density)}
    return frozenset(kinds)


def _bound(node: T.Node) -> set[str]:
    """Keys of the indices of a formula's sums and products."""
    return {n.var.key for n in T.of_kind(node, T.Big) if n.var is not None and n.low is not None}


def _works(node: T.Node, world: World) -> bool:
    """Whether an operator is still to be carried out in a formula; a density is one unless answers are written in it."""
    return T.contains(node, *_OPERATORS) or any(n.letter not in world.outright for n in T.of_kind(node, T.Density))


def _of_densities(node: T.Node) -> set[str]:
    """Keys of the variables of a formula's densities."""
    return {key for n in T.of_kind(node, T.Density) for v in (*n.args, *n.given) for key in T.names_in(v)}


def known(key: str, world: World, depth: int) -> bool:
    definition = world.definitions.get(key)
    if definition is not None:
        return (
            depth < 12
            and not _works(definition, world)
            and all(n.head.key in world.outright for n in T.of_kind(definition, T.Apply))
            and all(known(k, world, depth + 1) for k in free_names(definition) - _of_densities(definition))
        )
    if key in world.symbols or key in world.sizes or key in world.indices or key in world.outright:
        return True
    base, _, index = key.partition("_")
    if not index:
        return False
    family = world.family(key)
    if family is not None:
        letter, body, index = family
        names = {
            k.removesuffix(f"_{letter}") + f"_{index}" if k.endswith(f"_{letter}") else k
            for k in free_names(body) - _bound(body)
        }
        return depth < 12 and all(known(k, world, depth + 1) for k in names - {letter})
    whole = world.symbols.get(base)
    return base + "_*" in world.symbols or base in world.simplex or (whole is not None and whole.kind in KINDS)


def free_names(node: T.Node) -> set[str]:
    """Keys of names that stand for quantities (not those inside subscripts)."""
    out: set[str] = set()
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, T.Name):
            out.add(here.key)
            continue
        if isinstance(here, T.Apply):
            stack.extend(here.args)
            continue
        if isinstance(here, T.Expect):
            stack.append(here.body)
            continue
        if isinstance(here, T.KL):
            continue
        stack.extend(T.children(here))
    return out
