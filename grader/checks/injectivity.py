"""That a function is not injective: two points with one image, or constancy on a stretch, for all its parameters.

The parameters are tried on a grid of signs and zeros. Each claim counts where the conditions it stands under hold; the
function itself is the rubric's, so a witness is tested and not the words around it. What is not covered is a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations, product
from typing import Final

import numpy as np

from grader.checks.context import ATTEMPTED, Finding, PartContext
from grader.checks.explicit import free_names
from grader.checks.prose import contrary, in_words
from grader.checks.specs import InjectivityCheck
from grader.derivation.definitions import flat_relations
from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.answers import substituted
from grader.maths.evaluate import Evaluator
from grader.maths.parser import parse
from grader.maths.rules_truth import truth
from grader.maths.worlds import Block, World
from grader.model import Outcome
from grader.reading.marks import folded
from grader.reading.phrases import LIKEWISE

_LEVELS = (-2.3, -0.6, 0.0, 0.7, 1.9)
_GRID = np.concatenate([np.linspace(-60, 60, 241), np.linspace(-0.5, 0.5, 21) + 0.003])
_ORDER = frozenset({"<", ">", "<=", ">="})
_MOST_POINTS = 12
_LARGE_PART: Final = 0.4
_SLIP: Final = 0.5
"""Points that a false value of the function costs at most where all cases are covered nevertheless."""
_FAILING: Final = 0.25
"""Points that it costs at least where no later line makes it good."""
_TRIED_SHARE: Final = 0.67
"""What two points that have one image in some cases only earn at most where a line fails."""


@dataclass(slots=True)
class _Case:
    """What is said under one set of conditions on the parameters."""

    conditions: tuple[T.Node, ...]
    points: dict[str, T.Node] = field(default_factory=dict)
    stretches: list[T.Node] = field(default_factory=list)
    inherited: list[T.Node] = field(default_factory=list)
    constant: bool = False
    places: list[tuple[int, int]] = field(default_factory=list)


def check_injectivity(spec: InjectivityCheck, context: PartContext) -> Finding:
    """Whether the claims of the part cover all parameters of the region."""
    notation = context.notation
    function, argument = parse(spec.function, notation), parse(spec.argument, notation)
    assert isinstance(function, T.Name) and isinstance(argument, T.Name)
    region = [parse(text, notation) for text in spec.region]
    grid = _Grid(context, spec, function.key, argument.key)
    cases = _cases(context, function.key, argument.key, frozenset(spec.parameters))
    wanted = np.ones(grid.size, dtype=bool)
    for condition in region:
        wanted &= grid.true(condition)
    covered = np.zeros(grid.size, dtype=bool)
    places: list[tuple[int, int]] = []
    for case in cases:
        here = np.ones(grid.size, dtype=bool)
        for condition in case.conditions:
            here &= grid.true(condition)
        shown = here & grid.shown(case)
        if not case.conditions and not shown[grid.ordinary].all():
            shown &= grid.ordinary  # a claim that ignores the parameters says nothing of special ones
        if (shown & wanted).any():
            places.extend(case.places[:2])
        covered |= shown
    onto = spec.onto is not None and in_words(spec.onto, context).outcome is Outcome.CORRECT
    if onto:
        bounded, where = _bounded(context, grid)
        covered |= bounded
        places.extend(where)
    if contrary(spec.unless, context) or _misjudged(context, grid, cases):
        return Finding(Outcome.UNDECIDED, "negated_or_contrary", tuple(dict.fromkeys(places)))
    if bool((covered | ~wanted).all()):
        return _all_cases(spec, context, tuple(dict.fromkeys(places)), function.key)
    if context.text.empty:
        return Finding(Outcome.MISSING, "nothing_handed_in")
    missing = np.flatnonzero(wanted & ~covered)
    if not (covered & wanted).any():
        return Finding(Outcome.UNDECIDED, "not_found")
    # with a line that fails, the case that is left was tried; a special case that is treated alone earns its part
    share = (0.0, _TRIED_SHARE) if context.false_links else None
    alone = any("=" in c.relations for case in cases for c in case.conditions if isinstance(c, T.Rel))
    sure = not (
        onto or context.text.unread or context.written_plainly
    )  # values that are never taken: another way to cover them
    large = alone and sure and bool((covered & wanted).sum() >= _LARGE_PART * wanted.sum())
    if share is None and large:
        share = (0.25, 1.0 if _likewise(context) else 0.75)
    elif share is None and sure and not _likewise(context):
        share = (0.0, ATTEMPTED)
    return Finding(
        Outcome.UNDECIDED, "cases_left", tuple(places), {"values": grid.describe(int(missing[0]))}, share=share
    )


def _likewise(context: PartContext) -> bool:
    """Whether words may stand for the cases that no formula covers."""
    return bool(LIKEWISE.search(folded(" ".join(block.text for block in context.text.prose))))


def _all_cases(
    spec: InjectivityCheck, context: PartContext, places: tuple[tuple[int, int], ...], function: str
) -> Finding:
    """All cases are covered; a false value of the function that is claimed on the way still costs a little."""
    for link in context.false_links:
        ours = any(n.head.key == function for member in link.run.members for n in T.of_kind(member, T.Apply))
        if not ours or not link.charged or context.charged.setdefault(link.number, spec.id) != spec.id:
            continue
        most = 1.0 if link.repaired_by is not None else max(0.0, 1 - _FAILING / spec.points)
        share = (max(0.0, 1 - _SLIP / spec.points), most)
        place = link.run.places[link.k + 1]
        return Finding(Outcome.UNDECIDED, "some_link_fails", (place,), context.link_evidence(link), share=share)
    return Finding(Outcome.CORRECT, "all_cases", places)


def _bounded(context: PartContext, grid: _Grid) -> tuple[N.Array, list[tuple[int, int]]]:
    """For which parameters a claimed bound of the function, such as `g(z) \\ge 0`, holds: its image is not everything."""
    out = np.zeros(grid.size, dtype=bool)
    places = []
    for chain in context.text.chains:
        for line in chain.lines if chain.role == "claim" else ():
            for rel in flat_relations(line.tree) if line.tree is not None else ():
                left, last = T.unboxed(rel.operands[0]), T.unboxed(rel.operands[-1])
                ours = isinstance(left, T.Apply) and left.head.key == grid.function and not left.primes
                if not ours or not isinstance(last, T.Num) or "!=" in rel.relations:
                    continue
                here = np.asarray(grid.mask(T.Rel((left, last), (_weakest(rel.relations),))).all(axis=1))
                for condition in chain.context:
                    here &= grid.true(condition)
                if here.any():
                    places.append((line.start, line.end))
                out |= here
    return out, places


def _weakest(relations: Sequence[str]) -> str:
    """What a chain of relations says of its ends."""
    order = [r for r in relations if r in _ORDER]
    return order[-1] if order else "="


def _misjudged(context: PartContext, grid: _Grid, cases: Sequence[_Case]) -> bool:
    """Whether a value claimed for the function at one of the points (`g(z_1) = a`) is wrong for all ordinary parameters."""
    points = {name: point for case in cases for name, point in case.points.items()}
    for chain in context.text.chains:
        for line in chain.lines if chain.role == "claim" else ():
            for rel in flat_relations(line.tree) if line.tree is not None else ():
                left, right = T.unboxed(rel.operands[0]), T.unboxed(rel.operands[-1])
                if not (isinstance(left, T.Apply) and left.head.key == grid.function and set(rel.relations) == {"="}):
                    continue
                at = points.get(left.args[0].key) if len(left.args) == 1 and isinstance(left.args[0], T.Name) else None
                if at is None or not T.names_in(right) <= set(grid.keys):
                    continue
                found, value = grid.image(at), grid.value(right)
                if found is None or value is None:
                    continue
                here = grid.ordinary.copy()
                for condition in chain.context:
                    here &= grid.true(condition)
                if here.any() and bool((np.abs(found[1] - value) > 1e-6)[here].all()):
                    return True
    return False


class _Grid:
    """The parameters on a grid of signs and zeros, the argument on a fine grid of its own axis."""

    def __init__(self, context: PartContext, spec: InjectivityCheck, function: str, argument: str) -> None:
        keys = [parse(p, context.notation) for p in spec.parameters]
        self.keys = [k.key for k in keys if isinstance(k, T.Name)]
        points = list(product(_LEVELS, repeat=len(self.keys)))
        self.size = len(points)
        self.columns = np.array(points, dtype=float)
        self.ordinary = (self.columns != 0).all(axis=1)
        self.function, self.argument = function, argument
        world = context.judge.world
        self.block = Block(replace(world, quadratures=1), 0, {}, (), self.size)

    def evaluator(self) -> Evaluator:
        ev = Evaluator(self.block, budget=200_000)
        for i, key in enumerate(self.keys):
            ev.bound[key] = self.columns[:, i].reshape(-1, 1)
        ev.bound[self.argument] = _GRID.reshape(1, -1)
        return ev

    def describe(self, at: int) -> dict[str, float]:
        return {key: float(self.columns[at, i]) for i, key in enumerate(self.keys)}

    def mask(self, condition: T.Node) -> N.Array:
        """Truth over parameters and argument."""
        try:
            with np.errstate(all="ignore"):
                found = truth(self.evaluator(), condition)
        except EvaluationError:
            return np.zeros((self.size, len(_GRID)), dtype=bool)
        return np.broadcast_to(found, (self.size, len(_GRID)))

    def true(self, condition: T.Node) -> N.Array:
        """Truth over the parameters; a condition on the argument is no condition on them."""
        if self.argument in T.names_in(condition):
            return np.ones(self.size, dtype=bool)
        return np.asarray(self.mask(condition).all(axis=1))

    def image(self, point: T.Node | None) -> tuple[N.Array, N.Array] | None:
        """The argument's value and its image over the parameters."""
        ev = self.evaluator()
        try:
            with np.errstate(all="ignore"):
                at = V.scalar(ev.value(point)) if point is not None else V.scalar(ev.bound[self.argument])
                out = V.scalar(ev.apply(self.block.world.functions[self.function], [at]))
        except EvaluationError:
            return None
        shape = (self.size, len(_GRID))
        return np.broadcast_to(N.primal(at), shape), np.broadcast_to(N.primal(out), shape)

    def value(self, node: T.Node) -> N.Array | None:
        """A formula in the parameters alone."""
        try:
            with np.errstate(all="ignore"):
                out = V.scalar(self.evaluator().value(node))
        except EvaluationError:
            return None
        return np.broadcast_to(N.primal(out), (self.size, len(_GRID)))

    def level(self, image: N.Array, stretch: T.Node | None) -> tuple[N.Array, N.Array]:
        """For which parameters the function is constant on a stretch, and where the stretch has two points at all."""
        mask = self.mask(stretch) if stretch is not None else np.ones((self.size, len(_GRID)), dtype=bool)
        high = np.where(mask, image, -np.inf).max(axis=1)
        low = np.where(mask, image, np.inf).min(axis=1)
        return high - low <= 1e-9, mask.sum(axis=1) >= 2

    def shown(self, case: _Case) -> N.Array:
        """For which parameters a case shows two points with one image."""
        out = np.zeros(self.size, dtype=bool)
        images = [found for p in list(case.points.values())[:_MOST_POINTS] if (found := self.image(p)) is not None]
        for (x, gx), (y, gy) in combinations(images, 2):
            apart = (np.abs(x - y) > 1e-9) & np.isfinite(x) & np.isfinite(y)
            out |= (apart & (np.abs(gx - gy) <= 1e-9)).all(axis=1)
        if case.constant and self.argument not in case.points:
            found = self.image(None)
            if found is not None:
                own = [self.level(found[1], stretch) for stretch in case.stretches]
                taken = [self.level(found[1], stretch) for stretch in case.inherited]
                if not own and not taken:
                    own = [self.level(found[1], None)]
                # several stretches of one case are the same one in other words: where one of them fails, none counts
                flat = np.ones(self.size, dtype=bool) if own else np.zeros(self.size, dtype=bool)
                for constant, enough in own:
                    flat &= constant | ~enough
                some = np.zeros(self.size, dtype=bool)
                for constant, enough in (*own, *taken):
                    some |= constant & enough
                out |= some & (flat if own else some)
        return out


def _cases(context: PartContext, function: str, argument: str, parameters: frozenset[str]) -> list[_Case]:
    """What is claimed, grouped by the conditions on the parameters; each case also knows what was said before all."""
    found: dict[tuple[T.Node, ...], _Case] = {}
    for chain in context.text.chains:
        conditions = tuple(c for c in chain.context if T.names_in(c) <= parameters)
        case = found.setdefault(conditions, _Case(conditions))
        case.stretches.extend(c for c in chain.context if argument in T.names_in(c) and _is_order(c))
        for line in chain.lines:
            if line.tree is None:
                continue
            size = len(case.points) + len(case.stretches) + case.constant
            for rel in flat_relations(line.tree):
                _note(case, rel, function, argument, parameters, context)
            for name, point in _arguments(line.tree, function, argument, parameters, chain.context):
                case.points.setdefault(name, point)
            for node in T.walk(line.tree):
                if isinstance(node, T.Interval) and not isinstance(T.unboxed(line.tree), T.Rel):
                    case.stretches.append(T.Rel((T.Name(argument), node), ("in",)))
            if len(case.points) + len(case.stretches) + case.constant > size:
                case.places.append((line.start, line.end))
    for bare in context.text.bare:
        tree = bare.line.tree
        conditions = tuple(c for c in bare.context if T.names_in(c) <= parameters)
        stretch = _stretch(tree, argument) if tree is not None and _ON.search(bare.words) else None
        if stretch is not None:
            found.setdefault(conditions, _Case(conditions)).stretches.append(stretch)
        elif tree is not None and _ENDS.search(bare.words) and T.names_in(tree) <= parameters:
            case = found.setdefault(conditions, _Case(conditions))
            case.points[f"({tree!r})"] = tree
            case.places.append((bare.line.start, bare.line.end))
    for named, about, place in context.text.constant:
        conditions = tuple(c for c in about if T.names_in(c) <= parameters)
        if (named is None or named.key == function) and conditions:
            case = found.setdefault(conditions, _Case(conditions))
            case.constant = True
            case.places.append(place)
    general = found.get(())
    out = list(found.values())
    if general is not None:
        for case in out:
            if case is not general:
                for name, point in general.points.items():
                    case.points.setdefault(name, point)
                case.inherited.extend(general.stretches)
    return out


_ON: Final = re.compile(r"\b(?:sur|on|over|for|in|dans|pour|throughout)(?: [\w'-]+){0,5}\s*$")
"""Words before a set on which something holds."""
_ENDS: Final = re.compile(
    r"\b(?:extremit\w+|end ?points?|ends|bornes|points?|between|entre|abscisses?)(?: (?:are|sont|les|the|two|deux|points?))*\s*"
    r"(?:\u00a4\s*,?\s*(?:et|and|to|ou|or|a)\s*)?$"
)
"""Words before points that are named without a letter."""


def _stretch(tree: T.Node, argument: str) -> T.Node | None:
    """A set of arguments as a condition on them: `\\{z : bz + c \\le 0\\}`, `]-\\infty, -c/b]`."""
    if isinstance(tree, T.Call) and tree.func == "set_builder" and len(tree.args) == 2:
        name, condition = tree.args
        return condition if isinstance(name, T.Name) and name.key == argument else None
    return T.Rel((T.Name(argument), tree), ("in",)) if isinstance(tree, T.Interval) else None


def _note(
    case: _Case, rel: T.Rel, function: str, argument: str, parameters: frozenset[str], context: PartContext
) -> None:
    """A point's value, a stretch of the argument, or the claim of a value free of the argument."""
    left = T.unboxed(rel.operands[0])
    if any(r in _ORDER for r in rel.relations) or rel.relations == ("in",):
        if argument in T.names_in(rel) and not any(isinstance(n, T.Apply) for n in T.walk(rel)):
            case.stretches.append(rel)
        return
    if not set(rel.relations) <= {"=", ":="}:
        return
    last = T.unboxed(rel.operands[-1])
    if isinstance(left, T.Tup) and isinstance(last, T.Tup) and len(left.items) == len(last.items):
        for name, item in zip(left.items, last.items, strict=True):
            if isinstance(name, T.Name) and name.key not in parameters and free_names(item) <= parameters:
                case.points[name.key] = item
        return
    if isinstance(left, T.Name) and left.key not in parameters:
        written_out = (context.expanded(T.unboxed(o)) for o in rel.operands[1:])
        value = next((o for o in written_out if free_names(o) <= parameters), None)
        if value is None and len(left.sub) == 1 and isinstance(left.sub[0], T.Name):
            _family(case, left, T.unboxed(rel.operands[-1]), parameters)
        if value is not None and not isinstance(value, (T.Tup, T.Empty, T.Apply)):
            case.points[left.key] = value
    applied = any(isinstance(n, T.Apply) and n.head.key == function for n in T.walk(rel))
    applied = applied or (isinstance(left, T.Name) and left.key == function)  # `g \\equiv 0`
    continued = isinstance(left, T.Empty)
    if (applied or continued) and argument not in T.names_in(last) and free_names(last) <= parameters:
        case.constant = True


def _family(case: _Case, left: T.Name, value: T.Node, parameters: frozenset[str]) -> None:
    """Points numbered by a free index, `z_k = -(c + k)/b`: two of them."""
    index = left.sub[0]
    if isinstance(index, T.Name) and free_names(value) - parameters == {index.key}:
        for number in (1, 2):
            case.points[f"{left.base}_{number}"] = substituted(value, {index.key: T.Num(Fraction(number))})


def _is_order(condition: T.Node) -> bool:
    return isinstance(condition, T.Rel) and (
        any(r in _ORDER for r in condition.relations) or condition.relations == ("in",)
    )


def _arguments(
    tree: T.Node, function: str, argument: str, parameters: frozenset[str], conditions: Sequence[T.Node]
) -> Iterator[tuple[str, T.Node]]:
    """Points at which the function is applied outright: `g(-c/b)`; two of those of `g((u - c)/b)` for all u < 0."""
    for node in T.walk(tree):
        if isinstance(node, T.Apply) and node.head.key == function and len(node.args) == 1 and not node.primes:
            value = node.args[0]
            if argument in T.names_in(value):
                continue
            free = free_names(value) - parameters
            if not free:
                yield f"({value!r})", value
            elif len(free) == 1:
                letter = next(iter(free))
                for number in _allowed(letter, conditions):
                    point = substituted(value, {letter: number})
                    yield f"({point!r})", point


_TRIED: Final[tuple[T.Node, ...]] = tuple(
    T.Num(Fraction(n)) if n > 0 else T.Neg(T.Num(Fraction(-n))) for n in (1, 2, -1, -2)
)


def _allowed(letter: str, conditions: Sequence[T.Node]) -> list[T.Node]:
    """Two values of a letter that the conditions on it allow; none where nothing is said of it."""
    about = [c for c in conditions if T.names_in(c) == {letter} and isinstance(c, T.Rel)]
    if not about:
        return []
    return [n for n in _TRIED if all(_true(c, letter, n) for c in about)][:2]


def _true(condition: T.Node, letter: str, number: T.Node) -> bool:
    try:
        ev = Evaluator(Block(World(), 0, {}, (), 1), budget=1_000)
        return bool(np.asarray(truth(ev, substituted(condition, {letter: number}))).all())
    except EvaluationError:
        return False
