"""The worlds a link is judged in: the part's own, with the conditions and the values in force where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from grader.derivation.runs import Run
from grader.errors import EvaluationError
from grader.maths import syntax as T
from grader.maths.assumptions import all_members
from grader.maths.blocks import Judge
from grader.maths.screening import agrees
from grader.maths.worlds import Symbol, World

_MOST_STATED = 8
_RECENT = 8
"""A value given in this many chains before is still meant."""
"""Sets of conditions and values that a failing link is retried under; a part that states more is no proof of failure."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value given to a free quantity (`z = -c/b`, `\\theta = 0`): from `order` on, under `conditions`."""

    rel: T.Rel
    order: int
    conditions: tuple[T.Node, ...]

    @property
    def key(self) -> str:
        left = self.rel.operands[0]
        assert isinstance(left, T.Name)
        return left.key


class Settings:
    """Judges for the places of one part, kept."""

    def __init__(
        self,
        judge: Judge,
        narrowed: Callable[[tuple[T.Node, ...]], Judge],
        families: Sequence[Judge] = (),
        *,
        reordered: bool = False,
        ordered: bool = False,
        fresh: frozenset[str] = frozenset(),
        consequent: int | None = None,
    ) -> None:
        self.base = judge
        kept = [(i, j) for i, j in enumerate(families) if j.world != judge.world]
        self.families = [j for _, j in kept]
        # worlds from here on in which an earlier wrong answer of the student's is taken for right
        self.earlier = {id(j) for i, j in kept if consequent is not None and i >= consequent}
        self.fresh = fresh  # names that nothing explains: any numbers, so that what holds for all is right
        self.reordered = reordered  # the student names another order of the variables
        self._single: list[tuple[str, int, tuple[T.Node, ...]]] = []
        self.ordered = ordered  # the student names the usual order and no other
        self._narrowed = narrowed
        self._given: list[Given] = []
        self._supposed: list[tuple[T.Node, int, tuple[T.Node, ...]]] = []
        self.fixed = {
            id(judge): frozenset(judge.world.definitions) & frozenset(self.world.symbols) for judge in self.families
        }
        """Quantities that a sister world fixes: a line that speaks of them does not hold by holding there."""
        self.examples = False  # a formula was given for a function of which only properties are known
        self._possible: dict[int, bool] = {}
        self._known: dict[T.Node, bool] = {}

    @property
    def world(self) -> World:
        return self.base.world

    def free(self, node: T.Node) -> bool:
        """A quantity of the world that may take any value, a name it does not know, or a tuple of such."""
        if isinstance(node, T.Tup):
            return all(self.free(i) for i in node.items)
        return isinstance(node, T.Name) and (
            known_free(node, self.world)
            or not self.knows(node)
            or node.base in self.world.simplex
            or f"{node.base}_*" in self.world.symbols
        )

    def knows(self, name: T.Name) -> bool:
        """Whether the world has a meaning for a name."""
        world = self.world
        key, base = name.key, name.base
        return (
            key in world.definitions
            or key in world.functions
            or key in world.groups
            or base in world.families
            or base in world.simplex
            or key.replace("^*", "") in world.definitions
            or known_free(name, world)
            or f"{base}_*" in world.symbols
            or base in world.joints
            or key in world.measures
            or bool(world.joints and name.sub)
            or (key.endswith("'") and bool(world.variable) and key.rstrip("'") in world.definitions)
        )

    def give(self, rel: T.Rel, run: Run) -> None:
        """A value holds from here on, until another is given to the same name or its case ends."""
        left, right = rel.operands
        if isinstance(left, T.Tup):
            entries = _entries(right)
            if len(entries) == len(left.items):
                for name, entry in zip(left.items, entries, strict=True):
                    self.give(T.Rel((name, entry), ("=",)), run)
            return
        if not isinstance(left, T.Name) or isinstance(right, (T.Tup, T.Matrix, T.Logic, T.Empty, T.Word)):
            return
        family = left.base in self.world.simplex or f"{left.base}_*" in self.world.symbols
        if left.key in T.names_in(right):
            return
        if family and all_members(T.Rel((left, right), ("=",)), self.world) is None:
            self._single.append((left.base, run.order, run.conditions))
            return
        if any(isinstance(n, T.PlusMinus) for n in T.walk(right)):
            self._give_signs(left, right, run)
            return
        bare = T.Name(left.base, left.sub, left.marks.replace("^*", ""))
        self._given.append(Given(T.Rel((bare, right), ("=",)), run.order, run.conditions))

    def singled_out(self, run: Run) -> set[str]:
        """Families of which one member was given a value before a run: what that makes of the others is not known."""
        return {b for b, order, about in self._single if order <= run.order and all(c in run.conditions for c in about)}

    def _give_signs(self, left: T.Name, right: T.Node, run: Run) -> None:
        """`\\lambda_{2,3} = a \\pm b`: one sign for each index."""
        if len(left.sub) == 2:
            for sub, sign in zip(left.sub, (1, -1), strict=True):
                self.give(T.Rel((T.Name(left.base, (sub,)), signed(right, sign)), ("=",)), run)

    def suppose(self, rel: T.Rel, run: Run) -> None:
        """A relation between free quantities that words introduce (`soient z_1 < z_2`) holds from here on."""
        names = T.names_in(rel)
        self._supposed = [entry for entry in self._supposed if T.names_in(entry[0]) != names]
        self._supposed.append((rel, run.order, run.conditions))

    def supposed(self, run: Run) -> tuple[T.Node, ...]:
        """The relations supposed before a run in this case or around it."""
        return tuple(
            rel for rel, at, about in self._supposed if at <= run.order and all(c in run.conditions for c in about)
        )

    def sister_of(self, left: T.Node, right: T.Node) -> Judge | None:
        """The first sister world in which an equality holds."""
        return next((judge for judge in self.sisters(left, right) if agrees(judge, left, right)), None)

    def sisters(self, left: T.Node, right: T.Node) -> list[Judge]:
        """The sister worlds that say something of two formulas: a quantity they fix stands in one of them at most."""
        return [
            judge
            for judge in self.families
            if not (fixed := self.fixed[id(judge)]) or not all(T.names_in(side) & fixed for side in (left, right))
        ]

    def in_force(self, run: Run) -> tuple[T.Node, ...]:
        """The values in force at a run: the last given to each name in this case or around it."""
        found: dict[str, T.Node] = {}
        for given in self._given:
            if given.order <= run.order and all(c in run.conditions for c in given.conditions):
                found[given.key] = given.rel
        keys = set(found)
        return tuple(rel for key, rel in found.items() if not (_names(rel) & {key}) and _acyclic(key, found, keys))

    def just_given(self, run: Run, within: int = _RECENT) -> tuple[T.Node, ...]:
        """The values in force that were given in the lines straight before."""
        recent = {id(g.rel) for g in self._given if run.order - within <= g.order <= run.order}
        return tuple(rel for rel in self.in_force(run) if id(rel) in recent)

    def current(self, run: Run) -> list[Judge]:
        """The worlds in which a link may hold by what stands around it, the widest first."""
        values, more = self.in_force(run), self.supposed(run)
        wide = (*run.conditions, *more)
        sets: list[tuple[T.Node, ...]] = [
            (),
            run.conditions,
            wide,
            values,
            (*run.conditions, *values),
            (*wide, *values),
        ]
        return [self.narrowed(s) for s in dict.fromkeys(sets)]

    def narrowed(self, conditions: tuple[T.Node, ...]) -> Judge:
        """The world under conditions; equalities that hold anyway (`with u = ..`) ask nothing."""
        kept = tuple(c for c in conditions if not self._idle(c))
        return self._narrowed(kept) if kept else self.base

    def _idle(self, condition: T.Node) -> bool:
        if not (isinstance(condition, T.Rel) and set(condition.relations) == {"="}):
            return False
        found = self._known.get(condition)
        if found is None:
            sides = zip(condition.operands, condition.operands[1:], strict=False)
            found = self._known[condition] = all(agrees(self.base, a, b) for a, b in sides)
        return found

    def elsewhere(self, run: Run, found: Sequence[Run]) -> Iterator[Judge]:
        """Worlds with what was stated earlier in the part: under none of them may a failing link hold."""
        values = self.in_force(run)
        earlier = (r.conditions for r in found if r.order <= run.order and r.conditions != run.conditions)
        stated = dict.fromkeys(conditions for conditions in earlier if conditions)
        for conditions in list(stated)[:_MOST_STATED]:
            if run.conditions and not self.possible(self.narrowed((*run.conditions, *conditions))):
                continue  # another case than the one the line stands in
            yield self.narrowed(conditions)
            if values or run.conditions:
                yield self.narrowed((*run.conditions, *conditions, *values))
        for given in self._given[:_MOST_STATED]:
            yield self.narrowed((given.rel,))
        if self._given:
            yield self.narrowed(tuple({g.key: g.rel for g in self._given}.values()))

    def possible(self, judge: Judge) -> bool:
        """Whether any values satisfy a world's conditions."""
        found = self._possible.get(id(judge))
        if found is None:
            try:
                judge.blocks([])
                found = True
            except EvaluationError as error:
                found = error.note != "no_world"
            self._possible[id(judge)] = found
        return found


_DUMMIES = re.compile(r"^[a-zα-ω]$")


def fresh_names(world: World, trees: Iterable[T.Node]) -> frozenset[str]:
    """Names of numbers in a part that neither the statement nor the student explains: `t`, `z'`, `z_1`."""
    found: set[str] = set()
    for tree in trees:
        heads = {n.head.key for n in T.of_kind(tree, T.Apply)}
        found.update(n.key for n in T.of_kind(tree, T.Name) if n.key not in heads and _dummy(n, world))
    return frozenset(found)


def _dummy(name: T.Name, world: World) -> bool:
    base = name.base.rstrip("'")
    letter = base if len(base) == 1 else _GREEK.get(base, "")
    if not _DUMMIES.match(letter) or base in ("d", "e", "i", "o") or name.marks.strip("'"):
        return False
    if len(name.sub) > 1 or (name.sub and not isinstance(name.sub[0], T.Num)):
        return False
    key = name.key
    known = (
        world.names(key)
        or world.member(key)
        or base in world.families
        or base in world.simplex
        or base in world.unknowns
        or f"{base}_*" in world.symbols
        or key.rstrip("'") in world.definitions
    )
    return not known and not world.joints


_GREEK = dict.fromkeys(
    (
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "eta",
        "kappa",
        "mu",
        "nu",
        "omega",
        "phi",
        "rho",
        "tau",
        "xi",
        "zeta",
    ),
    "t",
)


def with_fresh(world: World, fresh: frozenset[str]) -> World:
    """A world that draws unexplained names as reals."""
    return replace(world, symbols={**world.symbols, **{key: Symbol(key) for key in fresh}})


def signed(value: T.Node, sign: int) -> T.Node:
    """A formula with ± as one of the two that it stands for."""

    def change(node: T.Node) -> T.Node | None:
        if not isinstance(node, T.PlusMinus):
            return None
        right = T.Neg(node.right) if (sign < 0) != node.flipped else node.right
        return right if node.left is None else T.Add((node.left, right))

    return T.rebuild(value, change)


def known_free(node: T.Name, world: World) -> bool:
    """A name that the world draws."""
    bare = node.key.replace("^*", "")
    return (
        (bare in world.symbols and bare not in world.definitions)
        or node.key in world.sizes
        or node.key in world.indices
        or bare in world.groups
    )


def _entries(node: T.Node) -> list[T.Node]:
    if isinstance(node, T.Tup):
        return list(node.items)
    if isinstance(node, T.Matrix):
        return [e for row in node.rows for e in row]
    return []


def _names(rel: T.Node) -> frozenset[str]:
    return T.names_in(rel.operands[1]) if isinstance(rel, T.Rel) else frozenset()


def _acyclic(key: str, found: dict[str, T.Node], keys: set[str]) -> bool:
    """Whether a value does not lead back to its own name through the other values."""
    seen: set[str] = set()
    waiting = [key]
    while waiting:
        here = waiting.pop()
        for name in _names(found[here]) & keys:
            if name == key:
                return False
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return True
