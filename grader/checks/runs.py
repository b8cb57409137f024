"""Chains as runs of related members, and which of their links clearly fail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from grader.checks.definitions import flat_relations
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.decide import equal
from grader.maths.relations import holds
from grader.maths.screening import agrees, differ_clearly
from grader.maths.worlds import World
from grader.model import Outcome
from grader.reading.claims import Chain

_SUPPOSED = re.compile(
    r"\b(?:suppos\w*|assum\w*|absurde|contradict\w*|exist\w*|there is|il y a|mean[- ]value|accroissements|rolle|"
    r"exemple|example|instance|take|prenons|prendre|e\.g)\b"
)
"""Words before a formula that is a hypothesis, an example or speaks of a point that only exists."""


@dataclass(frozen=True, slots=True)
class Run:
    """Members of one chain with the relations between them and their places; `conditions` it stands under.

    `solving` says that the chain is a step of solving an equation, `supposed` that words make it a hypothesis or an
    example, `order` where it stands in the part.
    """

    members: tuple[T.Node, ...]
    relations: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    conditions: tuple[T.Node, ...]
    order: int = 0
    solving: bool = False
    supposed: bool = False


def runs(chains: Sequence[Chain]) -> Iterator[Run]:
    """All chains of a part as runs of related members; goals are not claims."""
    for chain in chains:
        if chain.aside:
            continue
        members: list[T.Node] = []
        relations: list[str] = []
        places: list[tuple[int, int]] = []
        supposed = bool(_SUPPOSED.search(chain.words))
        solving = any(line.lead in ("=>", "<=>", "<=") or _implies(line.tree) for line in chain.lines)
        about = (chain.context, chain.order, solving, supposed)
        for line in chain.lines:
            if line.tree is None:
                if len(members) > 1:
                    yield Run(tuple(members), tuple(relations), tuple(places), *about)
                members, relations, places = [], [], []
                continue
            for k, rel in enumerate(flat_relations(line.tree)):
                goes_on = k == 0 and line.lead == "continues" and isinstance(rel.operands[0], T.Empty)
                if not (goes_on and members):
                    if len(members) > 1:
                        yield Run(tuple(members), tuple(relations), tuple(places), *about)
                    members, relations, places = [], [], []
                    if isinstance(rel.operands[0], T.Empty):
                        continue
                    members, places = [T.unboxed(rel.operands[0])], [(line.start, line.end)]
                for relation, operand in zip(rel.relations, rel.operands[1:], strict=True):
                    if isinstance(operand, T.Empty):
                        continue
                    members.append(T.unboxed(operand))
                    relations.append("=" if relation in (":=", "=:") else relation)
                    places.append((line.start, line.end))
            if T.unboxed(line.tree) is not line.tree or not list(flat_relations(line.tree)):
                bare = T.unboxed(line.tree)
                if not members and not isinstance(bare, (T.Logic, T.Rel)):
                    members, places = [bare], [(line.start, line.end)]
        if len(members) > 1:
            yield Run(tuple(members), tuple(relations), tuple(places), *about)


def _implies(tree: T.Node | None) -> bool:
    return isinstance(tree, T.Logic) and tree.op in ("=>", "<=>", "<=")


def assignments(found: Sequence[Run], world: World) -> list[tuple[int, T.Rel]]:
    """Values given to free quantities (`theta = 0`, `mu_1 = mu_2`) with the order of their chains."""
    out: list[tuple[int, T.Rel]] = []
    for run in found:
        for k, relation in enumerate(run.relations):
            left, right = run.members[k], run.members[k + 1]
            if relation == "=" and isinstance(left, T.Name) and _free(left, world):
                if not isinstance(right, (T.Tup, T.Matrix, T.Apply)) and left.key not in T.names_in(right):
                    out.append((run.order, T.Rel((left, right), ("=",))))
    return out


def _free(node: T.Node, world: World) -> bool:
    """A quantity of the world that may take any value, or a tuple of such: an equality with it gives a value."""
    if isinstance(node, T.Tup):
        return all(_free(i, world) for i in node.items)
    if not isinstance(node, T.Name):
        return False
    bare = node.key.replace("^*", "")
    return bare in world.symbols or node.key in world.sizes or node.key in world.indices or bare in world.groups


def false_links(
    found: Sequence[Run], first: Judge, judges: Sequence[Judge], inferred: frozenset[str] = frozenset()
) -> list[tuple[Run, int]]:
    """Links that fail in every one of some worlds; those that hold in the `first` are not looked at again.

    Left out is what claims no identity: equations to be solved, values given to free quantities, hypotheses, examples,
    points that only exist; and vectors whose entries are only in another order.
    """
    out: list[tuple[Run, int]] = []
    world = first.world
    values = assignments(found, world)
    for run in found:
        if run.solving or run.supposed:
            continue
        for k, relation in enumerate(run.relations):
            left, right = run.members[k], run.members[k + 1]
            if relation in _ORDERS:
                if _orders_fail(run, k, (first, *judges), world, inferred):
                    out.append((run, k))
                continue
            if relation != "=" or not _claims(run, left, right, world, inferred) or agrees(first, left, right):
                continue
            if not all(differ_clearly(judge, left, right) for judge in judges):
                continue
            given = _with_values(first, values, run.order)
            if all(differ_clearly(judge, left, right) for judge in given) and not _another_order(first, left, right):
                if equal(judges[0], left, right).outcome is Outcome.INCORRECT:
                    out.append((run, k))
    return out


_ORDERS = frozenset({"<", ">", "<=", ">="})


def _orders_fail(run: Run, k: int, judges: Sequence[Judge], world: World, inferred: frozenset[str]) -> bool:
    """An inequality between operators that fails outright, its weak form too, in every world."""
    left, right = run.members[k], run.members[k + 1]
    if run.conditions or not any(isinstance(n, _OPERATORS) for m in (left, right) for n in T.walk(m)):
        return False  # `1/(s(1-s)) > 0` may be meant on a domain that goes without saying
    if any(
        isinstance(n, T.Name) and (n.key in inferred or n.base in inferred) for m in (left, right) for n in T.walk(m)
    ):
        return False
    weak = {"<": "<=", ">": ">="}.get(run.relations[k], run.relations[k])
    return all(holds(judge, left, weak, right).outcome is Outcome.INCORRECT for judge in judges)


_OPERATORS = (T.Deriv, T.Grad, T.Expect, T.KL, T.Apply, T.Big)


def _claims(run: Run, left: T.Node, right: T.Node, world: World, inferred: frozenset[str]) -> bool:
    """Whether an equality claims an identity."""
    if any(isinstance(m, T.Num) and not m.value for m in (left, right)) or _free(left, world) or _free(right, world):
        return False
    if any(isinstance(n, T.PlusMinus) for m in (left, right) for n in T.walk(m)):
        return False
    if isinstance(left, T.Name) and (left.key in inferred or left.base in inferred):
        return False
    if isinstance(left, T.Apply) and not left.primes and left.head.key in world.functions and left is run.members[0]:
        return False  # a value of a given function at a point that the words around may fix
    return len(run.members) > 2 or not (_plain(left) and _plain(right))


def _plain(node: T.Node) -> bool:
    """A formula in quantities only: equated with another one it may be an equation."""
    operators = (T.Deriv, T.Grad, T.Expect, T.KL, T.Integral, T.Density, T.Apply, T.Matrix, T.Big)
    defined = isinstance(node, T.Name)
    return not defined and not any(isinstance(n, operators) for n in T.walk(node))


def _with_values(first: Judge, values: Sequence[tuple[int, T.Rel]], order: int) -> list[Judge]:
    """The world with the values given before a chain, the last of each name."""
    given: dict[str, T.Rel] = {}
    for at, rel in values:
        left = rel.operands[0]
        if at <= order and isinstance(left, T.Name):
            given[left.key.replace("^*", "")] = T.Rel((T.Name(left.base, left.sub), rel.operands[1]), ("=",))
    if not given:
        return []
    world = replace(first.world, conditions=(*first.world.conditions, *given.values()))
    return [Judge(world)]


def _another_order(judge: Judge, left: T.Node, right: T.Node) -> bool:
    """Whether two vectors have the same entries in different orders."""
    entries = [e for row in right.rows for e in row] if isinstance(right, T.Matrix) else []
    entries = list(right.items) if isinstance(right, T.Tup) else entries
    if not 1 < len(entries) <= 4:
        return False
    return any(agrees(judge, left, T.Tup(tuple(p))) for p in permutations(entries))
