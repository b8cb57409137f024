"""Chains as runs of related members, and which of their equalities clearly fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.checks.definitions import flat_relations
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.decide import agrees, equal
from grader.model import Outcome
from grader.reading.claims import Chain


@dataclass(frozen=True, slots=True)
class Run:
    """Members of one chain with the relations between them and their places; `conditions` it stands under."""

    members: tuple[T.Node, ...]
    relations: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    conditions: tuple[T.Node, ...]


def runs(chains: Sequence[Chain]) -> Iterator[Run]:
    """All chains of a part as runs of related members; goals are not claims."""
    for chain in chains:
        if chain.role == "goal":
            continue
        members: list[T.Node] = []
        relations: list[str] = []
        places: list[tuple[int, int]] = []
        for line in chain.lines:
            if line.tree is None:
                if len(members) > 1:
                    yield Run(tuple(members), tuple(relations), tuple(places), chain.context)
                members, relations, places = [], [], []
                continue
            for k, rel in enumerate(flat_relations(line.tree)):
                goes_on = k == 0 and line.lead == "continues" and isinstance(rel.operands[0], T.Empty)
                if not (goes_on and members):
                    if len(members) > 1:
                        yield Run(tuple(members), tuple(relations), tuple(places), chain.context)
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
            yield Run(tuple(members), tuple(relations), tuple(places), chain.context)


def false_links(found: Sequence[Run], first: Judge, judges: Sequence[Judge]) -> list[tuple[Run, int]]:
    """Equalities that fail in every one of some worlds; those that hold in the `first` are not looked at again.

    Equations to be solved (one side is zero) are no claims.
    """
    out: list[tuple[Run, int]] = []
    for run in found:
        for k, relation in enumerate(run.relations):
            left, right = run.members[k], run.members[k + 1]
            if relation != "=" or any(isinstance(m, T.Num) and not m.value for m in (left, right)):
                continue
            if not agrees(first, left, right):
                if all(equal(judge, left, right).outcome is Outcome.INCORRECT for judge in judges):
                    out.append((run, k))
    return out
