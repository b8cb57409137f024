"""Chains that lead somewhere: from a start by a relation to an end, past waypoints, with every link checked.

What is not found, or whose links are not all confirmed, is a person's. Only a final answer that is claimed in the shape
asked for and differs in every model is `incorrect`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from grader.checks.context import Finding, PartContext
from grader.checks.explicit import operators
from grader.checks.features import densities
from grader.checks.prose import contrary, in_words, speaks
from grader.checks.specs import ChainCheck, Target, Way, Waypoint
from grader.derivation.definitions import flat_relations
from grader.derivation.derivation import Link
from grader.derivation.runs import Run
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.decide import equal
from grader.maths.equations import proportional
from grader.maths.notation import Notation
from grader.maths.parser import parse
from grader.maths.relations import COMPOSED, IMPLIES, MIRRORED, holds
from grader.maths.screening import agrees, differ_clearly
from grader.model import Outcome, Role

_SLIP = 0.5
"""Points that a line costs at most which a later line makes good."""
_FAILING = 0.25
"""Points that a line costs at least which fails and stays so."""


def check_chain(spec: ChainCheck, context: PartContext) -> Finding:
    """Some way of the rubric is gone: its start, relation, end and waypoints, all links holding."""
    finding = _gone(spec, context)
    if finding.outcome is Outcome.CORRECT and contrary(spec.unless, context):
        return replace(finding, outcome=Outcome.UNDECIDED, note="negated_or_contrary")
    return finding


def _gone(spec: ChainCheck, context: PartContext) -> Finding:
    found = context.runs
    failing = _failing(spec, context)
    if failing is not None:
        at = failing.run.places[failing.k + 1]
        slip = failing.repaired_by is not None
        share = (max(0.0, 1 - _SLIP / spec.points), 1.0) if slip else None
        if not slip and not context.builds_on:
            share = (0.0, max(1 - _FAILING / spec.points, 0.5))
        note = "slip" if slip else "some_link_fails"
        return Finding(Outcome.UNDECIDED, note, (at,), context.link_evidence(failing), share=share)
    unclear: tuple[tuple[int, int], ...] | None = None
    for judge in context.families(spec.families):
        for way in spec.any_of:
            beside = _beside(way, judge, context)
            if beside is None:
                continue
            if not (way.start or way.end or way.past or way.together) and (way.occurs or way.also):
                return beside
            if way.together:
                places = [_step(step, judge, context, found) for step in way.together]
                good = [p for p, held in places if held and p is not None]
                if len(good) == len(places) and (not way.near or _apart(context, good) <= way.near):
                    return Finding(Outcome.CORRECT, "all_links_hold", tuple(q for p in good for q in p))
                continue
            place, held = _one(way, judge, context, found)
            if place is not None and not held and spec.under:
                held = _one(way, judge, context, found, _allowed(spec, context))[1]
            if place is not None and held:
                return Finding(Outcome.CORRECT, "all_links_hold", place)
            unclear = unclear or place
    if unclear is not None:
        return Finding(Outcome.UNDECIDED, "some_link_unclear", unclear)
    if context.text.empty:
        return Finding(Outcome.MISSING, "nothing_handed_in")
    if spec.partly is not None:
        words = in_words(spec.partly, context)
        if words.outcome is Outcome.CORRECT:
            return Finding(Outcome.UNDECIDED, "without_reason", words.places, share=(0.5, 1.0))
    if spec.role is Role.FINAL_ANSWER and not context.text.unread:
        wrong = _claimed_otherwise(spec, context)
        if wrong is not None:
            return wrong
    if spec.mentions and not speaks(spec.mentions, context):
        return Finding(Outcome.MISSING, "not_mentioned")
    if spec.role is Role.DERIVATION:
        attempted = context.unpaid(spec.id, lambda link: _attempts(spec, context, link))
        if attempted is not None:
            return attempted
    if contrary(spec.against, context):
        return Finding(Outcome.UNDECIDED, "negated_or_contrary", share=(0.0, 0.5))
    if spec.impossible < 1 and context.impossible_equation:
        return Finding(Outcome.UNDECIDED, "impossible_equation", share=(0.0, spec.impossible))
    return Finding(Outcome.UNDECIDED, "not_found")


def _attempts(spec: ChainCheck, context: PartContext, link: Link) -> bool:
    """Whether a line starts as a way does: at a formula of its own, or at the part's with the shape the way passes."""
    for way in spec.any_of:
        start = _target(context, way.start)
        if start is None or isinstance(start, T.Num) or not agrees(context.judge, link.left, start):
            continue
        shapes = [point.has for point in way.past if point.has]
        if way.start is not None and way.start.latex:
            return True
        if any(all(context.shape(name, link.right) for name in has) for has in shapes):
            return True
    return False


def _failing(spec: ChainCheck, context: PartContext) -> Link | None:
    """A clearly false line among those that `clean` speaks of: `any`, or those that take an operator away or bring it
    in.
    """
    if not spec.clean:
        return None
    for link in context.false_links:
        if not link.charged or link.kind == "goal" or context.charged.setdefault(link.number, spec.id) != spec.id:
            continue  # a consequence, or paid for by another check
        for name in spec.clean:
            if name == "any" or context.shape(name, link.left) != context.shape(name, link.right):
                return link
        del context.charged[link.number]
    return None


def _claimed_otherwise(spec: ChainCheck, context: PartContext) -> Finding | None:
    """A formula of the shape asked for that is claimed to be the start of a way and is something else in every world."""
    judges = context.families(spec.families)
    for run in reversed(context.runs):
        if run.conditions or not set(run.relations) <= {"="}:
            continue
        for k, member in enumerate(run.members):
            for way in spec.any_of:
                if not way.past or not all(_meets(point, context, member) for point in way.past):
                    continue
                start, end = _target(context, way.start), _target(context, way.end)
                if start is None or end is None:
                    continue
                claimed = any(agrees(judges[0], other, start) for i, other in enumerate(run.members) if i != k)
                if claimed and all(differ_clearly(judge, member, end) for judge in judges):
                    verdict = equal(judges[0], member, end)
                    if verdict.outcome is Outcome.INCORRECT and not context.rests_on_inferred(member):
                        return Finding(Outcome.INCORRECT, "differs", (run.places[k],), witness=verdict.witness)
    return None


def _beside(way: Way, judge: Judge, context: PartContext) -> Finding | None:
    """What a way asks for beside its stretches, a formula or words, as found; None if something of it is missing."""
    place = _occurs(way.occurs, way.among, judge, context) if way.occurs is not None else (0, 0)
    if place is None:
        return None
    if way.also is None:
        return Finding(Outcome.CORRECT, "occurs", (place,))
    words = in_words(way.also, context)
    return words if words.outcome is Outcome.CORRECT else None


def _step(
    step: Way, judge: Judge, context: PartContext, found: list[Run]
) -> tuple[tuple[tuple[int, int], ...] | None, bool]:
    """One of the ways that are to be found together: its places, and whether it holds."""
    beside = _beside(step, judge, context)
    if beside is None:
        return None, False
    if not (step.start or step.end or step.past) and (step.occurs or step.also):
        return beside.places, True
    return _one(step, judge, context, found)


def _occurs(wanted: Target, among: tuple[str, ...], judge: Judge, context: PartContext) -> tuple[int, int] | None:
    """Where a formula of this value stands, written out: no operator is left in it that is not in the formula wanted."""
    goal = context.target(wanted)
    names = T.names_in(goal)
    lines = [line for chain in context.text.chains if not chain.aside for line in chain.lines]
    lines += [bare.line for bare in context.text.bare]
    for line in lines:
        if line.tree is None:
            continue
        sides = [o for rel in flat_relations(line.tree) for o in rel.operands] or [T.unboxed(line.tree)]
        for side in sides:
            if among and not T.names_in(side) <= _names_of(among, context.notation):
                continue
            written = context.explicit(side) or (not context.explicit(goal) and operators(side) <= operators(goal))
            if len(context.names(side)) >= len(names) - 1 and written and agrees(judge, side, goal):
                return line.start, line.end
    return None


def _apart(context: PartContext, places: list[tuple[tuple[int, int], ...]]) -> int:
    """How many chains lie between the first and the last of some stretches."""
    orders = [
        chain.order
        for stretch in places
        for chain in context.text.chains
        if any(chain.start <= start <= chain.end for start, _ in stretch)
    ]
    return max(orders) - min(orders) if orders else 0


def _one(
    way: Way | Waypoint, judge: Judge, context: PartContext, found: list[Run], under: Sequence[T.Node] = ()
) -> tuple[tuple[tuple[int, int], ...] | None, bool]:
    """Where a way is gone and whether all links hold (`under`: in a world of such conditions, if the run states one);
    (None, False) if it is not gone at all."""
    assert isinstance(way, Way)
    unclear: tuple[tuple[int, int], ...] | None = None
    for run in found:
        if not _passes(way, context, run, 0, len(run.members) - 1):
            continue  # shapes are looked at before values, which cost more
        for i, j in _ends(way, judge, context, run):
            if not _passes(way, context, run, i, j):
                continue
            places = tuple(dict.fromkeys(run.places[i : j + 1]))
            stated = tuple(c for c in run.conditions if c in under)
            if stated and all(_holds(context.narrowed(stated), run, k) for k in range(i, j)):
                return places, True
            if way.links == "none" or all(_holds(judge, run, k) for k in range(i, j)):
                return places, True
            unclear = unclear or places
    return unclear, False


def _allowed(spec: ChainCheck, context: PartContext) -> list[T.Node]:
    return [parse(text, context.notation) for text in spec.under]


def _ends(way: Way, judge: Judge, context: PartContext, run: Run) -> Iterator[tuple[int, int]]:
    """Index pairs whose ends are the way's start and end and whose composed relation implies the way's.

    The same claim times minus one counts: `-log p <= E[-log ..]`.
    """
    start = _target(context, way.start)
    end = _target(context, way.end)
    if start is not None and end is not None and isinstance(end, T.Num) and way.relation != "=":
        yield from _signs(way, judge, run, start, end)
        return
    yield from _between(way, judge, run, start, end, way.relation)
    if start is not None or end is not None:
        yield from _between(way, judge, run, _negated(start), _negated(end), MIRRORED[way.relation])


def _negated(node: T.Node | None) -> T.Node | None:
    return None if node is None else _negative(node)


def _between(
    way: Way, judge: Judge, run: Run, start: T.Node | None, end: T.Node | None, wanted: str
) -> Iterator[tuple[int, int]]:
    size = len(run.members)
    starts = [i for i in range(size) if start is None or agrees(judge, run.members[i], start)]
    ends = [j for j in range(size) if end is None or agrees(judge, run.members[j], end)] if starts else []
    for i in starts:
        for j in ends:
            low, high = min(i, j), max(i, j)
            if high - low < way.least:
                continue
            relation = _composed(run, low, high)
            if relation is not None and j < i:
                relation = MIRRORED[relation]
            if relation is not None and wanted in IMPLIES[relation]:
                yield low, high


def _signs(way: Way, judge: Judge, run: Run, start: T.Node, end: T.Node) -> Iterator[tuple[int, int]]:
    """Claims such as `A > B` whose difference is that of the way up to a positive factor."""
    for low in range(len(run.members)):
        for high in range(low + 1, len(run.members)):
            relation = _composed(run, low, high)
            if relation is None or relation == "=" or high - low < way.least:
                continue
            for a, b, sign in ((low, high, relation), (high, low, MIRRORED[relation])):
                if way.relation not in IMPLIES[sign]:
                    continue
                sides = (run.members[a], run.members[b])
                if isinstance(sides[1], T.Num) and isinstance(end, T.Num) and sides[1].value == end.value:
                    if agrees(judge, sides[0], start):
                        yield low, high
                        continue
                if way.exactly:
                    continue
                found = proportional(judge, sides, (start, end))
                if found is not None and found.outcome is Outcome.CORRECT and _same_sign(judge, sides, (start, end)):
                    yield low, high


def _same_sign(judge: Judge, sides: tuple[T.Node, T.Node], wanted: tuple[T.Node, T.Node]) -> bool:
    product = T.Mul((_difference(sides), _difference(wanted)))
    return holds(judge, product, ">=", T.Num(_ZERO)).outcome is Outcome.CORRECT


def _difference(sides: tuple[T.Node, T.Node]) -> T.Node:
    return T.Add((sides[0], T.Neg(sides[1])))


_ZERO = Fraction(0)


def _composed(run: Run, low: int, high: int) -> str | None:
    relation: str | None = run.relations[low]
    for k in range(low + 1, high):
        relation = COMPOSED.get((relation, run.relations[k])) if relation is not None else None
    return relation if relation in IMPLIES else None


def _holds(judge: Judge, run: Run, k: int) -> bool:
    return holds(judge, run.members[k], run.relations[k], run.members[k + 1]).outcome is Outcome.CORRECT


def _passes(way: Way, context: PartContext, run: Run, low: int, high: int) -> bool:
    return all(any(_meets(point, context, run.members[k]) for k in range(low, high + 1)) for point in way.past)


def _meets(point: Waypoint, context: PartContext, member: T.Node) -> bool:
    """Whether a member has the shape of a waypoint, as written or with the student's own names written out; the index of a
    sum may have any letter."""
    place = (id(point), member)
    found = context.met.get(place)
    if found is None:
        found = context.met[place] = _met(point, context, member)
    return found


def _met(point: Waypoint, context: PartContext, member: T.Node) -> bool:
    views = [member]
    wide = context.expanded(member)
    if wide != member:
        views.append(wide)
    views += [fresh for view in tuple(views) for fresh in _usual_index(view, context)]
    return any(_shaped(point, context, view) for view in views)


def _usual_index(node: T.Node, context: PartContext) -> Iterator[T.Node]:
    """A formula whose sum runs over another letter than the world's index, with that index."""
    indices = context.judge.world.indices
    bound = {n.var.key for n in T.of_kind(node, T.Big) if isinstance(n.var, T.Name)} if indices else set()
    for letter in sorted(bound - set(indices)):
        for usual in indices:

            def change(n: T.Node, letter: str = letter, usual: str = usual) -> T.Node | None:
                return T.Name(usual) if isinstance(n, T.Name) and n.key == letter else None

            yield T.rebuild(node, change)


def _shaped(point: Waypoint, context: PartContext, node: T.Node) -> bool:
    if not all(context.shape(name, node) for name in point.has) or any(context.shape(n, node) for n in point.lacks):
        return False
    if point.contains or point.without:
        here = densities(node)
        if not all(_densities_of(text, context.notation) <= here for text in point.contains):
            return False
        if any(_densities_of(text, context.notation) & here for text in point.without):
            return False
    if point.only:
        if not T.names_in(node) <= _names_of(point.only, context.notation):
            return False
    return True


@lru_cache(maxsize=512)
def _densities_of(text: str, notation: Notation) -> frozenset[object]:
    return frozenset(densities(parse(text, notation)))


@lru_cache(maxsize=512)
def _names_of(texts: tuple[str, ...], notation: Notation) -> frozenset[str]:
    return frozenset(key for text in texts for key in T.names_in(parse(text, notation)))


@lru_cache(maxsize=1024)
def _negative(node: T.Node) -> T.Node:
    return T.Neg(node)


def _target(context: PartContext, target: Target | None) -> T.Node | None:
    return None if target is None else context.target(target)
