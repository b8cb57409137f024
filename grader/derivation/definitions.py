"""Names a student introduces: `posons u = ..`, `let S(z) = ..`, `u_i = a_i z + b_i`, or a fresh name on a left side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.screening import agrees
from grader.maths.worlds import Function, World
from grader.reading.part_text import Chain
from grader.reading.phrases import SPECIAL
from grader.reading.rows import operands

_INDEX_LETTERS = frozenset("ijknt")
_DECLARES = re.compile(
    r"\b(?:posons|pose|posant|notons|note|notant|denotons|appelons|definissons|let|put|set|define|defines?|denote|denotes?|"
    r"write|writing|call|abbreviate|introduce|introduisons|soit|soient|where|ou|with|avec)\b[^.;]{0,60}$|"
    r"\b(?:here|ici)\s*[,:]?\s*$"
)
"""Words before a formula that introduces a name."""
_LET = re.compile(r"\b(?:soit|soient|let)\s*$")
"""Words straight before a formula that introduce a name, where it is one."""
_ONLY_IF = re.compile(r"\b(?:if|si|when|quand|lorsque|suppos\w+|assum\w+)\b[^.;]*$")
"""Words of a sentence about a case: what it says of a name is no definition."""
_FUNCTION = re.compile(r"\b(?:fonction|function|application|map)\s*$")
"""Words before a formula that names a function: it says what it is, even where it is still to be shown injective."""
_NEAR = 60
_REACH = 120
"""Characters before a formula in which words that introduce a name stand, with room before them."""
"""Characters before a formula in which words of a special case are about it."""
_MOST = 40
"""Names one part may introduce; more is no homework."""


@dataclass(frozen=True, slots=True)
class Definition:
    """`kind` is name, function or family; `key` what it is stored under, `params` a function's or a family's index."""

    kind: str
    key: str
    params: tuple[str, ...]
    body: T.Node
    declared: bool
    display: bool = False
    special: tuple[T.Node, ...] = ()
    """Equalities under which it stands: a formula for a case, not for all."""


def flat_relations(tree: T.Node) -> Iterator[T.Rel]:
    """The relations of a line: one, or several joined by commas, "and" or arrows."""
    node = T.unboxed(tree)
    if isinstance(node, T.Logic) and node.op in ("list", "and", "or", "=>", "<=>"):
        for item in node.items:
            yield from flat_relations(item)
        return
    rel = operands(node)
    if rel is not None:
        yield rel


def defined(judge: Judge, chains: Sequence[Chain], shared: Sequence[Chain] = ()) -> tuple[World, frozenset[str]]:
    """The world with the names a student introduces, if each is used for one thing only; and those only inferred.

    A declared name (`posons`, `:=`) lives if it is declared once; a fresh name on the left of a claim lives if all the
    claims it heads agree, and is `inferred`: nothing that rests on it may be called wrong. `shared` stands before the
    part: what it declares holds if the part says nothing else of the name.
    """
    found: dict[tuple[str, str], list[Definition]] = {}
    for definition, chain in _candidates(judge.world, chains):
        if definition.declared or _lives(definition, chain, chains):
            special = tuple(c for c in chain.context if isinstance(c, T.Rel) and set(c.relations) == {"="})
            found.setdefault((definition.kind, definition.key), []).append(replace(definition, special=special))
    found = {place: _general(several) for place, several in found.items()}
    for definition, _ in _candidates(judge.world, shared):
        place = (definition.kind, definition.key)
        if any(d.display for d in found.get(place, ())):
            continue  # the part itself says what the name is
        if definition.declared and _understood(judge.world, definition, found):
            found.setdefault(place, []).insert(0, definition)
    if not found or len(found) > _MOST:
        return judge.world, frozenset()
    chosen = {place: next((d for d in several if d.declared), several[0]) for place, several in found.items()}
    world = _extended(judge.world, chosen.values())
    # a declared name may be the subject of later claims, which need not hold everywhere
    found = {place: [d for d in several if d.declared] or several for place, several in found.items()}
    doubtful = [place for place, several in found.items() if any(d.body != several[0].body for d in several)]
    if doubtful:
        trial = Judge(world)
        for place in doubtful:
            several = found[place]
            same_params = all(len(d.params) == len(several[0].params) for d in several)
            if not same_params or not all(_same(trial, chosen[place], d) for d in several):
                del chosen[place]
        world = _extended(judge.world, chosen.values())
    inferred = frozenset(key for (_, key), d in chosen.items() if not d.declared)
    return world, inferred


_BESIDE = re.compile(r"\u00a4\s*,?\s*$")
"""Words that end with another formula in the same sentence."""


def _lives(definition: Definition, chain: Chain, chains: Sequence[Chain]) -> bool:
    """Whether a name that is only inferred is used after it is explained alone, and in the same case."""
    special = [c for c in chain.context if not isinstance(c, T.Rel) or "=" in c.relations]
    for other in chains:
        later = definition.kind == "function" or other.order >= chain.order  # `k(r) = ..` is said of every r
        later = later or (other.order == chain.order - 1 and bool(_BESIDE.search(chain.words)))  # `S = f(u), u = ..`
        if other is chain or (later and all(c in other.context for c in special)):
            continue
        trees = (line.tree for line in other.lines if line.tree is not None)
        if any(_mentions(tree, definition.key) for tree in trees):
            return False
    return True


def _mentions(tree: T.Node, key: str) -> bool:
    return any(n.key == key or (bool(n.sub) and n.base == key) for n in T.of_kind(tree, T.Name)) or any(
        n.head.key == key for n in T.of_kind(tree, T.Apply)
    )


def _general(several: list[Definition]) -> list[Definition]:
    """The definitions of one function, those for all values before those for a case, equations with it left out."""
    if several[0].kind == "function" and any(set(d.params) & T.names_in(d.body) for d in several):
        several = [d for d in several if set(d.params) & T.names_in(d.body)]  # `\\rho(r) = |y - z_0|` is to be solved
    return sorted(several, key=lambda d: bool(d.special))


def _same(trial: Judge, first: Definition, other: Definition) -> bool:
    """Whether two definitions of one name say the same, their parameters' names apart, in the case of the second."""
    body = other.body
    if other.special and not first.special:
        trial = Judge(replace(trial.world, conditions=(*trial.world.conditions, *other.special)))
    if other.params != first.params:
        names = dict(zip(other.params, first.params, strict=True))
        body = T.rebuild(
            body, lambda n: T.Name(names[n.key]) if isinstance(n, T.Name) and n.key in names and not n.sub else None
        )
    return agrees(trial, first.body, body)


def _understood(world: World, definition: Definition, found: Mapping[tuple[str, str], object]) -> bool:
    """Whether a definition from outside the part speaks of this part's quantities only."""
    bound = {n.var.key for n in T.walk(definition.body) if isinstance(n, T.Big) and n.var is not None}
    names = {n.key for n in _names(definition.body)} - set(definition.params) - bound
    heads = {n.head.key for n in T.walk(definition.body) if isinstance(n, T.Apply)}
    new = {key for _, key in found}
    return all(
        _taken(world, key) or key in new or any(key.split("_", 1)[0] == k for k in new)
        for key in names - heads
        if not key.isdigit()
    )


def _extended(world: World, chosen: object) -> World:
    names, functions, families = dict(world.definitions), dict(world.functions), dict(world.families)
    for d in chosen:  # type: ignore[attr-defined]
        if d.kind == "name":
            names[d.key] = d.body
        elif d.kind == "function":
            functions[d.key] = Function(d.params, d.body)
        else:
            families[d.key] = (d.params[0], d.body)
    fresh = frozenset(functions) - frozenset(world.functions)
    notation = world.notation.with_names(functions=fresh) if fresh else world.notation
    return replace(world, definitions=names, functions=functions, families=families, notation=notation)


@lru_cache(maxsize=4096)
def _says(pattern: re.Pattern[str], words: str) -> bool:
    """Whether words match; asked of the same words for each relation behind them, in each world."""
    return bool(pattern.search(words))


def _candidates(world: World, chains: Sequence[Chain]) -> Iterator[tuple[Definition, Chain]]:
    for chain in chains:
        if (chain.aside and not _says(_FUNCTION, chain.words)) or _says(SPECIAL, chain.words[-_NEAR:]):
            continue  # `Beta nul : \\rho(r) = r` is said of a case
        for line in chain.lines:
            if line.tree is None or line.lead == "continues":
                continue
            for rel in flat_relations(line.tree):
                if any(rel == n for c in chain.context for n in T.of_kind(c, T.Rel)) and not _let(rel, chain, world):
                    continue  # `if s = 0` is a case and explains nothing
                if rel.relations[-1] == "=:":
                    definition = _definition(world, rel.operands[-1], rel.operands[-2], True)
                    if definition is not None:
                        yield definition, chain
                for i, relation in enumerate(
                    rel.relations[1:], start=1
                ):  # `|y - z_0| = F(r) := ..`, or `.. = F(r) = ..`
                    named = relation == ":=" or (relation == "=" and isinstance(T.unboxed(rel.operands[i]), T.Apply))
                    later = (
                        _definition(world, rel.operands[i], rel.operands[i + 1], relation == ":=") if named else None
                    )
                    if later is not None:
                        yield replace(later, display=chain.kind == "display"), chain
                if rel.relations[0] not in ("=", ":="):
                    continue
                declared = ":=" in rel.relations or _says(_DECLARES, chain.words[-_REACH:])
                if not declared and _says(_ONLY_IF, chain.words[-_NEAR:]):
                    continue
                if declared and set(rel.relations) > {"=", ":="}:
                    continue
                definition = _definition(world, rel.operands[0], rel.operands[1], declared)
                if definition is not None:
                    yield replace(definition, display=chain.kind == "display"), chain


def _let(rel: T.Rel, chain: Chain, world: World) -> bool:
    """Whether a supposition gives a name of the student's own a meaning: `Soit \\Lambda = \\Sigma^{-1}`."""
    name = rel.operands[0]
    own = isinstance(name, T.Name) and not _taken(world, name.key) and not world.member(name.key)
    return own and bool(_LET.search(chain.words))


def _definition(world: World, left: T.Node, right: T.Node, declared: bool) -> Definition | None:
    left = T.unboxed(left)
    if isinstance(right, (T.Empty, T.Logic, T.Word, T.PlusMinus)):
        return None
    if isinstance(left, T.Apply):
        params = tuple(a.key for a in left.args if isinstance(a, T.Name))
        known = {*world.functions, *world.definitions}
        fresh = left.head.key not in known and left.head.key.removesuffix("^-1") not in known
        if left.primes or not fresh or len(params) != len(left.args) or len(set(params)) != len(params):
            return None
        if any(isinstance(n, T.Apply) and n.head.key == left.head.key for n in T.walk(right)):
            return None
        if not T.names_in(right):
            return None  # `s(x_1) = 1/2` is a value
        if world.joints and all(isinstance(a, T.Name) and _modelled(world, a) for a in left.args):
            return Definition("name", left.head.key, (), right, declared)  # `L(q) = ..`, `w(x_{1:T}, z) = ..`
        return Definition("function", left.head.key, params, right, declared)
    if not isinstance(left, T.Name) or left.key.endswith("'") or "*" in left.marks:
        return None
    index = left.sub[0].key if len(left.sub) == 1 and isinstance(left.sub[0], T.Name) else ""
    if index in _INDEX_LETTERS and index not in world.definitions:
        taken = left.base + left.marks in world.families or left.base in world.simplex
        taken = taken or any(k.split("_", 1)[0] == left.base and "_" in k for k in (*world.symbols, *world.definitions))
        if (
            taken
            or (left.base in _model_letters(world) and not _named_density(world, left, right))
            or left.key in world.symbols
            or any(n.base == left.base and n.marks == left.marks for n in _names(right))
        ):
            return None
        return Definition("family", left.base + left.marks, (index,), right, declared)
    key = left.key
    if isinstance(right, T.Name) and right.base == left.base and left.base in world.unknowns:
        return None  # `\\lambda_2 = \\lambda_3`
    if not T.names_in(right):
        return None  # a number is a value, perhaps only at a point
    free = key in world.functions and key not in world.definitions
    free = free or (key in world.dummies and key not in world.definitions)
    named = _taken(world, key) and not free and not _named_density(world, left, right)
    if named or key in T.names_in(right):
        return None
    return Definition("name", key, (), right, declared)


def _modelled(world: World, name: T.Name) -> bool:
    """Whether a name is one of a model's variables or densities, or stands for some of its variables."""
    if name.key in world.definitions:
        return _variables(world.definitions[name.key], _model_letters(world))
    return name.base in _model_letters(world)


def _variables(node: T.Node, letters: set[str]) -> bool:
    items = node.items if isinstance(node, T.Tup) else (node,)
    return all(isinstance(i, T.Name) and i.base in letters for i in items)


def _named_density(world: World, name: T.Name, body: T.Node) -> bool:
    """Whether a name such as `q_t` or `q_\\psi` is given one of the model's densities, or `x` the variable `x_0`."""
    if isinstance(body, T.Density):
        return bool(name.sub) and name.base in world.joints
    variables = body.items if isinstance(body, T.Tup) else (body,)
    letters = {v.base for v in variables if isinstance(v, T.Name) and v.sub}
    return bool(world.joints) and not name.sub and letters == {name.base} and name.base not in world.joints


def _names(node: T.Node) -> Iterator[T.Name]:
    return (n for n in T.walk(node) if isinstance(n, T.Name))


def _taken(world: World, key: str) -> bool:
    """Whether the world gives the name a meaning already."""
    base = key.split("_", 1)[0]
    return (
        world.names(key)
        or (("_" in key) and (base + "_*" in world.symbols or base in world.simplex))
        or (bool(world.joints) and base in _model_letters(world))
    )


def _model_letters(world: World) -> set[str]:
    """Base letters of a probability model's variables and densities."""
    if not world.joints:
        return set()
    sizes = dict.fromkeys(world.sizes, 3)
    out = set(world.joints)
    for recipe in world.joints.values():
        for factor in recipe(sizes):
            out.update(k.split("_", 1)[0] for k in (*factor.args, *factor.given))
    return out
