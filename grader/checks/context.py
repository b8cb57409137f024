"""What every check receives: one part as read, its world, and the student's own definitions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from grader.checks.explicit import TABLE_FUNCTIONS, free_names, is_explicit, known
from grader.checks.features import FEATURES
from grader.checks.specs import Target
from grader.derivation.definitions import defined, flat_relations
from grader.derivation.derivation import Link, judged
from grader.derivation.runs import Run, runs
from grader.derivation.settings import Settings, fresh_names, with_fresh
from grader.errors import EvaluationError
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.notation import Notation
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.maths.relations import holds
from grader.maths.worlds import World
from grader.model import Outcome, Witness
from grader.reading.part_text import Chain, PartText
from grader.reading.rows import Line


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says: an outcome and its evidence; what it is worth is the rubric's business.

    `places` are source offsets; `fraction` the share found right where parts of an answer count; `share` the range of
    shares where more is known than all or nothing.
    """

    outcome: Outcome
    note: str
    places: tuple[tuple[int, int], ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    witness: Witness | None = None
    diagnosis: str | None = None
    fraction: float | None = None
    share: tuple[float, float] | None = None
    answer: T.Node | None = None
    """What was claimed, for parts that build on it."""
    waits: bool = False
    """Whether it is right as soon as what it rests on is."""


_PLAIN = re.compile(
    r"[\w)\]'] ?(?:[=<>\u2264\u2265\u2248]) ?[-+\u2212]?[\w(\[{]|\d ?/ ?\d|[+\u00b1]/?-? ?\d|[\u03a3\u2211\u222b\u221a\u220f]|"
    r"\b(?:sqrt|sigma|theta|lambda|gamma|psi|alpha|beta|mu|exp|log|ln) ?[(_\d*/^]"
)
"""Mathematics as plain text: `v = (-theta sigma(u), ..)`, `-1/2`."""
_MARK = re.compile(r"\b(\d+) ?/ ?\1\b")
"""A mark asked for: `5/5`."""
ATTEMPTED = 0.5
"""The share of a step that a false line earns at most where nothing else shows it."""


class PartContext:
    """One part of one submission in its world."""

    def __init__(
        self,
        text: PartText,
        judge: Judge,
        target: Callable[[Target], T.Node],
        orders: frozenset[tuple[str, ...]] = frozenset(),
        other_worlds: Callable[[str], list[Judge]] = lambda pattern: [],
        shared: Sequence[Chain] = (),
        patterns: Sequence[str] = (),
        earlier: Mapping[str, T.Node] | None = None,
    ) -> None:
        self.text = text
        self.orders = orders  # tuples of names the student writes in this question: an order of the variables
        self.target = target
        self.other_worlds = other_worlds
        self.builds_on = False  # whether the part rests on answers to others
        self.searching = False  # whether a text of another part is searched for an answer
        self.charged: dict[int, str] = {}  # failing links by number, and the check that pays for each
        self.earlier = earlier or {}  # names as the student's own earlier answers have them, where those are wrong
        self.patterns = patterns  # names of the sister worlds that a line may hold in
        self._families: dict[str, list[Judge]] = {}
        self.base = judge
        self.shared = shared  # what stands before the part and may introduce names for it
        self.inferred: frozenset[str] = frozenset()  # names whose meaning was only inferred
        world = judge.world
        if text.chains or text.bare:
            world, self.inferred = defined(judge, text.chains, shared)
        if world.defaults:
            primed = {k.rstrip("'") for k in _written(text) if k.endswith("'")}  # `\\Delta'` is another, no derivative
            usual = {k: tree for k, tree in world.defaults.items() if k not in primed}
            said = {**usual, **world.definitions}
            world = replace(world, definitions=said) if set(said) - set(world.definitions) else world
        short = {k: tree for k, tree in world.shorthand.items() if k not in world.definitions}
        if short and any(k in short for k in _written(text)):
            self.inferred |= set(short)
            world = replace(world, definitions={**world.definitions, **short})
        self.judge = judge if world == judge.world else Judge(world)
        self._explicit: dict[int, tuple[T.Node, bool]] = {}
        self.met: dict[
            tuple[int, T.Node], bool
        ] = {}  # waypoints (by identity) and formulas: whether they have that shape
        self.narrowed = narrowing(self.judge)
        """The world under further conditions."""

    @property
    def notation(self) -> Notation:
        return self.judge.world.notation

    @cached_property
    def runs(self) -> list[Run]:
        """The chains of the part as runs of related members."""
        return list(runs(self.text.chains))

    @cached_property
    def written_plainly(self) -> bool:
        """Whether mathematics stands in the prose without formula marks, or code or a picture beside it: they may hold an
        answer that is not read."""
        return bool(self.text.opaque) or any(_PLAIN.search(_MARK.sub(" ", block.text)) for block in self.text.prose)

    @cached_property
    def links(self) -> list[Link]:
        """Every link of the part's chains, judged where it stands."""
        mine, usual = self.judge.world, self.base.world
        own = frozenset(
            {*_fresh(mine.definitions, usual.definitions), *_fresh(mine.functions, usual.functions)}
            | set(_fresh(mine.families, usual.families))
        )
        return judged(self.settings, list(runs(self.text.chains, asides=True)), self.inferred, own)

    @cached_property
    def settings(self) -> Settings:
        """The worlds of the part's places."""
        families = [judge for pattern in self.patterns for judge in self.families(pattern)]
        consequent = len(families)
        if self.earlier:
            worlds = [self.judge.world, *(judge.world for judge in families)]
            families = families + [
                Judge(replace(world, definitions={**world.definitions, **self.earlier})) for world in worlds
            ]
        # an order of the variables that is not the reference's
        usual = {tuple(names) for names in self.base.world.groups.values()}
        ours = tuple(self.base.world.rest)
        reordered = any(o != ours and sorted(o) == sorted(ours) for o in self.orders - usual)
        ordered = len(ours) > 1 and ours in self.orders and not reordered
        trees = [line.tree for chain in self.text.chains for line in chain.lines if line.tree is not None]
        fresh = fresh_names(self.judge.world, trees)
        wide = Judge(with_fresh(self.judge.world, fresh)) if fresh else self.judge
        sisters = [Judge(with_fresh(j.world, fresh)) if fresh else j for j in families]
        narrowed = narrowing(wide) if fresh else self.narrowed
        return Settings(
            wide, narrowed, sisters, reordered=reordered, ordered=ordered, fresh=fresh, consequent=consequent
        )

    def values_at(self, chain: Chain) -> tuple[T.Node, ...]:
        """Values in force where a chain stands."""
        run = next((link.run for link in self.links if link.run.chain is chain), None)
        return self.settings.in_force(run) if run is not None else ()

    @property
    def false_links(self) -> list[Link]:
        """Links that fail in every setting of the part."""
        return [link for link in self.links if link.fails]

    def together(self, names: Sequence[str]) -> bool:
        """Whether some line relates all these names, or other names for them, and does not begin with the first alone."""
        keys = [n.key for n in (parse(name, self.notation) for name in names) if isinstance(n, T.Name)]
        others = {k: body.key for k, body in self.judge.world.definitions.items() if isinstance(body, T.Name)}
        others |= {body: k for k, body in others.items()}

        def named(*nodes: T.Node) -> set[str]:
            written = {key for node in nodes for key in T.names_in(node)}
            return written | {others[key] for key in written if key in others}

        return any(
            set(keys) <= named(link.run.members[0], link.right)
            and not (isinstance(link.run.members[0], T.Name) and keys[0] in named(link.run.members[0]))
            for link in self.links
        )

    @cached_property
    def impossible_equation(self) -> bool:
        """Whether some line states, without supposing it, an equation that no values solve."""
        return any(
            link.kind == "equation"
            and link.verdict.outcome is Outcome.ASSUMED
            and not (link.run.conditions or link.run.supposed or link.run.either)
            and any(holds(self.judge, link.left, r, link.right).outcome is Outcome.CORRECT for r in ("<", ">"))
            for link in self.links
        )

    def shape(self, name: str, node: T.Node) -> bool:
        """Whether a formula has a shape; `S'` is a derivative where S has a meaning, and another point else."""
        if FEATURES[name](node):
            return True
        world = self.judge.world
        return name == "derivative" and any(
            isinstance(n, T.Name)
            and n.key.endswith("'")
            and (n.key.rstrip("'") in world.definitions or n.key.rstrip("'") in world.functions)
            for n in T.walk(node)
        )

    def confirmed(self, features: Sequence[str]) -> int:
        """How many different confirmed lines speak of one of the features (of anything, if none is named)."""
        found = set()
        for link in self.links:
            if link.verdict.outcome is Outcome.CORRECT and link.run.chain is not None and link.left != link.right:
                if not features or any(self.shape(f, side) for f in features for side in (link.left, link.right)):
                    found.add((link.left, link.right))
        return len(found)

    def unpaid(self, check: str, about: Callable[[Link], bool], slip: float = 0.0) -> Finding | None:
        """That a clearly false line, which no other check pays for, is the step looked for: half at most.

        A line that a later one makes good leaves all but what a slip costs: at least the share `slip`.
        """
        for link in self.false_links:
            if link.charged and link.kind != "goal" and self.charged.get(link.number, check) == check and about(link):
                self.charged[link.number] = check
                place = link.run.places[link.k + 1]
                mended = link.repaired_by is not None
                share = (slip, 1.0) if mended else (0.0, 1.0) if self.builds_on else (0.0, ATTEMPTED)
                note = "slip" if mended else "some_link_fails"
                return Finding(Outcome.UNDECIDED, note, (place,), self.link_evidence(link), share=share)
        return None

    def link_evidence(self, link: Link) -> dict[str, Any]:
        """Both sides of a failing link with numbers: they are the student's own."""
        witness = link.verdict.witness
        sides = {"left": to_latex(link.left), "relation": link.run.relations[link.k], "right": to_latex(link.right)}
        if witness is None:
            return {"link": sides}
        return {"link": {**sides, "values": witness.values, "at_left": witness.left, "at_right": witness.right}}

    @property
    def false_line(self) -> tuple[int, int] | None:
        """The place of the first line that clearly fails."""
        found = self.false_links
        return found[0].run.places[found[0].k + 1] if found else None

    def families(self, pattern: str) -> list[Judge]:
        """The worlds whose names match, with the student's definitions; the part's own world without a pattern."""
        if not pattern:
            return [self.judge]
        found = self._families.get(pattern)
        if found is None:
            found = []
            for base in self.other_worlds(pattern):
                found.append(Judge(self._with_own_names(base.world)) if self.judge is not self.base else base)
            if not found:
                raise EvaluationError("no_world", f"the reference has no world {pattern!r}")
            self._families[pattern] = found
        return found

    def expanded(self, node: T.Node) -> T.Node:
        """The node with the names that the student introduced written out, for looking at its shape."""
        world, own = self.judge.world, self.base.world
        if world is own:
            return node

        def change(n: T.Node) -> T.Node | None:
            if isinstance(n, T.Name):
                if n.key in world.definitions and n.key not in own.definitions:
                    return world.definitions[n.key]
                if n.base + n.marks in _fresh(world.families, own.families) and len(n.sub) == 1:
                    letter, body = world.families[n.base + n.marks]
                    return T.rebuild(body, lambda m: n.sub[0] if isinstance(m, T.Name) and m.key == letter else None)
            if isinstance(n, T.Apply) and n.head.key in world.functions and n.head.key not in own.functions:
                return world.functions[n.head.key].body
            if isinstance(n, T.Density) and any(isinstance(a, T.Tup) for a in (*n.args, *n.given)):
                return replace(n, args=_spread(n.args), given=_spread(n.given))  # `q(h|y)` with `h = (x_{1:T}, z)`
            return None

        for _ in range(3):
            fresh = T.rebuild(node, change)
            if fresh == node:
                break
            node = fresh
        return node

    def names(self, node: T.Node) -> frozenset[str]:
        """The names in a formula and those that its abbreviations stand for."""
        found = T.names_in(self.expanded(node))
        more = list(found)
        while more:
            body = self.judge.world.definitions.get(more.pop())
            fresh = T.names_in(body) - found if body is not None else frozenset()
            found |= fresh
            more += fresh
        return found

    def _with_own_names(self, world: World) -> World:
        """A sister world with the names the student introduced in this part; of a meaning only inferred it may have another."""
        mine, usual = self.judge.world, self.base.world
        meant = {k: tree for k, tree in world.definitions.items() if k in self.inferred}
        return replace(
            world,
            notation=mine.notation,
            definitions={**world.definitions, **_fresh(mine.definitions, usual.definitions), **meant},
            functions={**world.functions, **_fresh(mine.functions, usual.functions)},
            families={**world.families, **_fresh(mine.families, usual.families)},
        )

    def rests_on_inferred(self, node: T.Node) -> bool:
        """Whether a name stands in a formula whose meaning was only inferred."""
        if not self.inferred:
            return False
        return any(
            isinstance(n, T.Name) and (n.key in self.inferred or (bool(n.sub) and n.base in self.inferred))
            for n in T.walk(node)
        )

    def compatible(self, conditions: tuple[T.Node, ...]) -> bool | None:
        """Whether some world satisfies the conditions; None if they cannot be evaluated."""
        try:
            self.narrowed(conditions).blocks([])
        except EvaluationError as error:
            return False if error.note == "no_world" else None
        return True

    def known(self, node: T.Node) -> bool:
        """Whether every name of a formula means something here, operators allowed."""
        world = self.judge.world
        bound = {n.var.key for n in T.of_kind(node, T.Big) if n.var is not None}
        heads = (n.head for n in T.of_kind(node, T.Apply))
        return (
            not T.contains(node, T.Empty, T.Word)
            and all(h.base in TABLE_FUNCTIONS or h.key in world.functions or h.key in world.definitions for h in heads)
            and all(
                key in world.definitions or key.rstrip("'") in world.definitions or known(key, world, 0)
                for key in free_names(node) - bound
            )
        )

    def explicit(self, node: T.Node) -> bool:
        """Whether a formula gives a value outright: no operators, no quantity that is only named."""
        found = self._explicit.get(id(node))
        if found is None:
            own = frozenset(self.judge.world.functions) - frozenset(self.base.world.functions)
            found = (node, is_explicit(node, self.judge.world, own))
            self._explicit[id(node)] = found
        return found[1]

    def relations(self, *, goals: bool = False) -> Iterator[tuple[Chain, Line, T.Rel]]:
        """Every relation of the part, in order, continued lines with an Empty left side."""
        for chain in self.text.chains:
            if chain.role == "goal" and not goals:
                continue
            for line in chain.lines:
                if line.tree is not None:
                    for rel in flat_relations(line.tree):
                        yield chain, line, rel


def narrowing(judge: Judge) -> Callable[[tuple[T.Node, ...]], Judge]:
    """Gives a world under further conditions, each made once."""
    made: dict[tuple[T.Node, ...], Judge] = {(): judge}

    def narrowed(conditions: tuple[T.Node, ...]) -> Judge:
        found = made.get(conditions)
        if found is None:
            world = replace(judge.world, conditions=(*judge.world.conditions, *conditions))
            found = made[conditions] = Judge(world)
        return found

    return narrowed


def _written(text: PartText) -> set[str]:
    """The names in a part's formulas."""
    return {key for chain in text.chains for line in chain.lines if line.tree for key in T.names_in(line.tree)}


def _spread(items: Sequence[T.Node]) -> tuple[T.Node, ...]:
    """The items, those of tuples in place of them."""
    return tuple(one for item in items for one in (item.items if isinstance(item, T.Tup) else (item,)))


_T = TypeVar("_T")


def _fresh(mine: Mapping[str, _T], usual: Mapping[str, _T]) -> dict[str, _T]:
    return {key: value for key, value in mine.items() if key not in usual}
