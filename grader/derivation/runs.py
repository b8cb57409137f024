"""Chains as runs of related members: what stands on which line, and how one run follows from another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

from grader.derivation.definitions import flat_relations
from grader.maths import syntax as T
from grader.reading.conditions import is_condition, relations_of
from grader.reading.part_text import Chain
from grader.reading.rows import Line

_SUPPOSED = re.compile(
    r"\b(?:suppos\w*|assum\w*|absurde|contradict\w*|exist\w*|there is|il y a|mean[- ]value|accroissements|rolle|mvt|taf|tvm)\b[^.;]*$"
)
"""Words of the sentence before a formula that is a hypothesis or speaks of a point that only exists."""
_ARROWS = frozenset({"=>", "<=>", "<="})


@dataclass(frozen=True, slots=True)
class Run:
    """Members of one chain with the relations between them, their places and lines; `conditions` it stands under.

    `solving` says that the chain is a step of solving an equation, `supposed` that words make it a hypothesis or an
    example, `order` where it stands in the part. `lead` is the arrow before its first member, `before` the run that the
    arrow, or a line that could not be read, parts it from; `either` says that it is one of several alternatives.
    """

    members: tuple[T.Node, ...]
    relations: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    conditions: tuple[T.Node, ...]
    order: int = 0
    solving: bool = False
    supposed: bool = False
    chain: Chain | None = None
    lines: tuple[Line, ...] = ()
    lead: str = ""
    before: Run | None = None
    either: bool = False
    always: bool = False
    """Whether "for all" is written beside it: an identity, no equation."""
    across: tuple[T.Node, T.Node] | None = None
    """Both sides of the double arrow before it, where one joins several conditions by "and" or "or"."""
    declared: frozenset[int] = field(default_factory=frozenset)
    """Relations written `:=` or `=:`."""
    system: T.Node | None = None
    """What stands before its arrow, where that joins several conditions."""

    @property
    def premise(self) -> T.Node | None:
        """What stands before its arrow: several conditions, or the last relation of the run before it."""
        if self.system is not None or self.before is None:
            return self.system
        return T.Rel(self.before.members[-2:], self.before.relations[-1:])

    @property
    def equations(self) -> Iterator[T.Rel]:
        """Its links as relations of two sides."""
        for k, relation in enumerate(self.relations):
            yield T.Rel((self.members[k], self.members[k + 1]), (relation,))


def runs(chains: Sequence[Chain], *, asides: bool = False) -> Iterator[Run]:
    """All chains of a part as runs of related members; goals and what words deny are left out unless asked for."""
    for chain in chains:
        if asides or not chain.aside:
            yield from _Builder(chain).runs()


class _Builder:
    """The runs of one chain, in order."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.supposed = bool(_SUPPOSED.search(chain.words))
        self.solving = any(line.lead in _ARROWS or _implies(line.tree) for line in chain.lines)
        self.out: list[Run] = []
        self.last: Run | None = None
        self.stated: T.Node | None = None  # the last condition of the line before, where it joins several
        self.start("", (), False)

    def start(self, lead: str, more: tuple[T.Node, ...], either: bool) -> None:
        self.members: list[T.Node] = []
        self.relations: list[str] = []
        self.places: list[tuple[int, int]] = []
        self.lines: list[Line] = []
        self.declared: set[int] = set()
        self.lead, self.more, self.either = lead, more, either
        self.always = False
        self.across: tuple[T.Node, T.Node] | None = None
        self.system: T.Node | None = None

    def close(self) -> None:
        """End the run under way."""
        if len(self.members) > 1:
            self.last = Run(
                tuple(self.members),
                tuple(self.relations),
                tuple(self.places),
                (*self.chain.context, *self.more),
                self.chain.order,
                self.solving,
                self.supposed,
                self.chain,
                tuple(self.lines),
                self.lead,
                self.last,
                self.either,
                self.always,
                self.across,
                frozenset(self.declared),
                self.system,
            )
            self.out.append(self.last)

    def add(self, node: T.Node, line: Line) -> None:
        self.members.append(T.unboxed(node))
        place = (node.start, node.end) if node.end > node.start else (line.start, line.end)
        self.places.append(place)
        self.lines.append(line)

    def runs(self) -> list[Run]:
        lines = self.chain.lines
        for line, following in zip_longest(lines, lines[1:]):
            if line.tree is None:
                self.close()
                self.start("", (), False)
                continue
            found = list(flat_relations(line.tree))
            if following is not None and following.lead == "continues" and _explained(line, line.tree, found):
                self.line(line, line.tree, found[:1])
                beside = _Builder(self.chain)
                beside.line(line, line.tree, found[1:])
                beside.close()
                self.out.extend(beside.out)
            else:
                self.line(line, line.tree, found)
        self.close()
        return self.out

    def _joined(self, lead: str, tree: T.Node) -> tuple[T.Node, T.Node] | None:
        """What stands before a double arrow that begins a line, and the several conditions behind it."""
        node, before = T.unboxed(tree), self.last
        if lead != "<=>" or before is None or not (isinstance(node, T.Logic) and node.op in ("and", "or")):
            return None
        return self.stated or T.Rel(before.members[-2:], before.relations[-1:]), node

    def line(self, line: Line, tree: T.Node, found: Sequence[T.Rel]) -> None:
        more = _conditions(tree)
        either = _either(tree)
        arrow = _implies(tree)
        across, systems = dict(_across(tree)), dict(_systems(tree))
        for k, rel in enumerate(found):
            goes_on = k == 0 and line.lead == "continues" and isinstance(rel.operands[0], T.Empty)
            lead = line.lead if k == 0 and line.lead in _ARROWS else "=>" if k and arrow else ""
            if goes_on and more and not self.more and self.members:
                self.more = more
            if not (goes_on and self.members):
                self.close()
                self.start(lead, more, either)
                self.across = across.get(id(rel)) or (self._joined(lead, tree) if k == 0 else None)
                self.system = systems.get(id(rel)) or (self.stated if k == 0 and lead in _ARROWS else None)
                if not isinstance(rel.operands[0], T.Empty):
                    self.add(rel.operands[0], line)
            self.always = self.always or _for_all(tree)
            for relation, operand in zip(rel.relations, rel.operands[1:], strict=True):
                if isinstance(operand, T.Empty):
                    continue
                if not self.members:  # it goes on from a line that could not be read
                    self.add(operand, line)
                    continue
                if relation in (":=", "=:"):
                    self.declared.add(len(self.relations))
                    relation = "="
                self.relations.append(relation)
                self.add(operand, line)
        self.stated = _last_of(tree)
        bare = T.unboxed(tree)
        if not found and not self.members and not isinstance(bare, (T.Logic, T.Rel)):
            self.add(bare, line)


def _explained(line: Line, tree: T.Node, found: Sequence[T.Rel]) -> bool:
    """Whether a row explains names behind its claim, `g' = A S', \\quad S = ..`, so that the next row goes on with the
    claim: by the alignment, or where there is none because only names stand on the left of what is behind."""
    if len(found) < 2 or not (isinstance(tree, T.Logic) and tree.op == "list"):
        return False
    marks = [tok.kind for tok in line.toks if tok.kind in ("amp", "rel")]
    if "amp" in marks:
        return marks.count("amp") == 1 and marks.index("amp") <= marks.index("rel")
    if isinstance(found[0].operands[0], T.Empty):  # it goes on itself: what stands behind explains names
        return all(isinstance(r.operands[0], (T.Name, T.Apply)) for r in found[1:])
    plain = all(isinstance(r.operands[0], T.Name) or _applied(r.operands[0]) for r in found[1:])
    return plain and not isinstance(found[0].operands[0], T.Name) and not _applied(found[0].operands[0])


def _applied(node: T.Node) -> bool:
    return isinstance(node, T.Apply) and not node.primes


def _implies(tree: T.Node | None) -> bool:
    return isinstance(tree, T.Logic) and tree.op in _ARROWS


def _across(tree: T.Node) -> Iterator[tuple[int, tuple[T.Node, T.Node]]]:
    """The first relation behind each double arrow of which a side joins several conditions, and both sides."""
    node = T.unboxed(tree)
    if isinstance(node, T.Logic) and node.op == "<=>":
        for before, behind in pairwise(node.items):
            first = next(flat_relations(behind), None)
            if first is not None and any(isinstance(T.unboxed(n), T.Logic) for n in (before, behind)):
                yield id(first), (before, behind)


def _systems(tree: T.Node) -> Iterator[tuple[int, T.Node]]:
    """The first relation behind each arrow before which several conditions are joined, and those."""
    node = T.unboxed(tree)
    if isinstance(node, T.Logic) and node.op in ("<=>", "=>"):
        for before, behind in pairwise(node.items):
            first, joined = next(flat_relations(behind), None), _last_of(before)
            if first is not None and joined is not None:
                yield id(first), joined


def _last_of(tree: T.Node) -> T.Node | None:
    """The last condition of a line where it joins several; None where it is one relation."""
    node = T.unboxed(tree)
    while isinstance(node, T.Logic) and node.op in ("<=>", "=>"):
        node = T.unboxed(node.items[-1])
    return node if isinstance(node, T.Logic) and node.op in ("and", "or", "list") else None


def _for_all(tree: T.Node) -> bool:
    return any(n.op == "forall" for n in T.of_kind(tree, T.Logic))


def _either(tree: T.Node) -> bool:
    node = T.unboxed(tree)
    return isinstance(node, T.Logic) and node.op == "or"


def _conditions(tree: T.Node) -> tuple[T.Node, ...]:
    """The conditions written behind or before a claim in its own line: `g(z) = 0 \\text{ if } bz + c \\le 0`."""
    out: list[T.Node] = []
    node = T.unboxed(tree)
    while isinstance(node, T.Logic) and node.op in ("if", "forall") and len(node.items) > 1:
        claim, others = (node.items[0], node.items[1:]) if node.op == "if" else (node.items[-1], node.items[:-1])
        for other in others:
            if is_condition(other):
                out.extend(relations_of(other))
        node = T.unboxed(claim)
    return tuple(out)
