"""Densities written as products, and sums split into components, in models of which a family is allowed.

A factorization that is asked for is a modelling choice: it is wrong only if it fails in every world of the family. What
the question demands beyond truth (which variable comes first) is seen on the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from grader.checks.context import ATTEMPTED, Finding, PartContext
from grader.checks.features import densities
from grader.checks.specs import ComponentCheck, FactorizationCheck
from grader.derivation.definitions import flat_relations
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.decide import equal
from grader.maths.parser import parse
from grader.maths.screening import agrees, differ_clearly
from grader.model import Outcome, Verdict

_MOST_TERMS = 7


@dataclass(frozen=True, slots=True)
class _Candidate:
    node: T.Node
    place: tuple[int, int]
    within: T.Node | None = None
    whole: bool = False


def check_factorization(spec: FactorizationCheck, context: PartContext) -> Finding:
    """One share of a factorization: the factor over a variable, or the rest."""
    target = context.target(spec.target)
    assert isinstance(target, T.Density)
    candidates = _products(context, target)
    if not candidates:
        if context.text.empty:
            return Finding(Outcome.MISSING, "nothing_handed_in")
        if context.text.unread or context.written_plainly or _speaks_of(context, target):
            wanted = densities(target)
            wrong = context.unpaid(spec.id, lambda link: densities(link.left) == wanted)
            return wrong or Finding(Outcome.UNDECIDED, "not_found")
        return Finding(Outcome.UNDECIDED, "in_words_only", share=(0.0, 0.5))
    judges = context.families(spec.families)
    true = [c for c in candidates if any(agrees(judge, target, c.node) for judge in judges)]
    last = candidates[-1]
    leads = _leads(spec, context, last.node, target) is not None
    if last in true:
        note = "agrees" if leads else "another_structure"
        return Finding(Outcome.CORRECT if leads else Outcome.UNDECIDED, note, (last.place,))
    verdict = _fails_everywhere(judges, last.node, target)
    if any(d[0] != target.letter for d in _keys(last.node)):
        share = (0.0, ATTEMPTED) if verdict is not None and not true and not context.text.unread else None
        return Finding(Outcome.UNDECIDED, "another_structure", (last.place,), share=share)
    if context.text.unread or verdict is None:
        note = "unread_lines" if context.text.unread else "not_confirmed"
        return Finding(Outcome.UNDECIDED, note, (last.place,))
    witness = verdict.witness
    if spec.asks == "over":
        if not leads:
            return Finding(Outcome.INCORRECT, "fails_in_every_model", (last.place,), witness=witness)
        if any(_leads(spec, context, c.node, target) is not None for c in true):
            return Finding(Outcome.CORRECT, "right_factor", (last.place,))
        return Finding(Outcome.UNDECIDED, "right_factor", (last.place,), witness=witness, share=(0.5, 1.0))
    # what a wrong rest still earns is for a person: it may be a true factorization of something else
    share = (0.0, 1.0) if true else (0.0, 0.5)
    return Finding(Outcome.INCORRECT, "fails_in_every_model", (last.place,), witness=witness, share=share)


def _fails_everywhere(judges: list[Judge], node: T.Node, target: T.Node) -> Verdict | None:
    """The verdict of the first world, confirmed at high precision, if the two differ in every world."""
    if not all(differ_clearly(judge, target, node) for judge in judges):
        return None
    verdict = equal(judges[0], target, node)
    return verdict if verdict.outcome is Outcome.INCORRECT else None


def _speaks_of(context: PartContext, target: T.Density) -> bool:
    """Whether some formula of the part holds a product, or several densities, of the target's letter."""
    trees = [line.tree for chain in context.text.chains for line in chain.lines]
    trees += [bare.line.tree for bare in context.text.bare]
    return any(tree is not None and sum(d[0] == target.letter for d in _keys(tree)) > 1 for tree in trees)


def _keys(node: T.Node) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    return densities(node)  # type: ignore[return-value]


def _products(context: PartContext, target: T.Density) -> list[_Candidate]:
    """Products of densities that a chain equates with the target, in order."""
    wanted = densities(target)
    out: list[_Candidate] = []
    for run in context.runs:
        at = next((i for i, m in enumerate(run.members) if isinstance(m, T.Density) and densities(m) == wanted), None)
        if at is None or not set(run.relations) <= {"="}:
            continue
        for i, member in enumerate(run.members):
            if i != at and _is_product(member):
                out.append(_Candidate(member, run.places[i]))
    return out


def _is_product(node: T.Node) -> bool:
    allowed = (T.Mul, T.Big, T.Density, T.Name, T.Num, T.Range, T.Add, T.Neg, T.Word)
    inside = isinstance(node, (T.Mul, T.Big)) and len(densities(node)) > 1
    return inside and all(isinstance(n, allowed) for n in T.walk(node))


def _leads(spec: FactorizationCheck, context: PartContext, node: T.Node, target: T.Density) -> T.Density | None:
    """The factor over the leading variable alone, given nothing that comes after it."""
    over = parse(spec.over, context.notation)
    never = parse(spec.never, context.notation)
    assert isinstance(over, T.Name) and isinstance(never, T.Name)
    known = {T.sub_text(g) for g in target.given}
    for n in T.walk(node):
        if isinstance(n, T.Density) and n.letter == target.letter and [T.sub_text(a) for a in n.args] == [over.key]:
            later = [g for g in n.given if isinstance(g, T.Name) and g.base == never.base and g.key not in known]
            if not later and n.given:
                return n
    return None


def check_component(spec: ComponentCheck, context: PartContext) -> Finding:
    """A component of a sum, found by its value: named, a term, or terms that stand together.

    Terms scattered under one expectation count only where the whole sum is right: else nothing is separated yet.
    """
    target, whole = context.target(spec.target), context.target(spec.whole)
    judges = context.families(spec.families)
    candidates = list(_components(context, target))
    for judge in judges:
        right: dict[int, bool] = {}  # whole sums that are right in this world, by identity
        for candidate in candidates:
            if candidate.within is not None:
                place = id(candidate.within)
                if place not in right:
                    right[place] = agrees(judge, candidate.within, whole)
                if not right[place]:
                    continue
            if agrees(judge, candidate.node, target):
                claimed = _named_wrong(spec, context, target, judges)
                if claimed is not None and candidate.place[0] <= claimed.place[0] <= candidate.place[1]:
                    continue  # it only stands within a claim of something else, such as twice of it
                other = claimed or _later(candidates, candidate, target, judges)
                if other is not None:
                    return Finding(Outcome.UNDECIDED, "contradicted_later", (candidate.place, other.place))
                return Finding(Outcome.CORRECT, "occurs", (candidate.place,))
    if context.text.empty:
        return Finding(Outcome.MISSING, "nothing_handed_in")
    if context.searching:
        return Finding(Outcome.UNDECIDED, "not_found")
    wrong = _named_wrong(spec, context, target, judges)
    if wrong is not None and not context.text.unread and not context.rests_on_inferred(wrong.node):
        if any(agrees(judge, T.Neg(wrong.node), target) for judge in judges):
            return Finding(Outcome.UNDECIDED, "opposite", (wrong.place,))  # a loss to be minimised
        witness = equal(judges[0], wrong.node, target).witness
        return Finding(Outcome.INCORRECT, "differs", (wrong.place,), witness=witness, answer=wrong.node)
    ends = [
        _Candidate(run.members[-1], run.places[-1])
        for run in context.runs
        if set(run.relations) <= {"="} and any(agrees(judges[0], m, whole) for m in run.members[:-1])
    ]
    if ends and not context.text.unread:
        verdict = _fails_everywhere(judges, ends[-1].node, whole)
        if verdict is not None:
            return Finding(Outcome.UNDECIDED, "sum_differs", (ends[-1].place,), witness=verdict.witness)
    return Finding(Outcome.UNDECIDED, "not_found")


def _named_wrong(spec: ComponentCheck, context: PartContext, target: T.Node, judges: list[Judge]) -> _Candidate | None:
    """The last formula claimed under the component's own name, if it fails in every world; None if it may be right."""
    if not spec.named:
        return None
    found: _Candidate | None = None
    for run in context.runs:
        head = run.members[0]
        if isinstance(head, T.Name) and re.search(spec.named, head.key) and set(run.relations) <= {"="}:
            if not any(isinstance(m, T.Name) for m in run.members[1:]):
                found = _Candidate(run.members[-1], run.places[-1])
    if found is None:
        return None
    return found if _fails_everywhere(judges, found.node, target) is not None else None


def _later(candidates: list[_Candidate], found: _Candidate, target: T.Node, judges: list[Judge]) -> _Candidate | None:
    """A whole formula behind the right one that has the same body under another expectation and differs."""
    for candidate in candidates:
        if candidate.place <= found.place or not candidate.whole or not isinstance(candidate.node, T.Expect):
            continue
        same = isinstance(found.node, T.Expect) and candidate.node.body == found.node.body
        if same and not any(agrees(judge, candidate.node, target) for judge in judges):
            return candidate
    return None


def _components(context: PartContext, target: T.Node) -> Iterator[_Candidate]:
    """Formulas that may be the component: those in which its letters stand."""
    seen: set[T.Node] = set()
    letters, variables = {d[0] for d in _keys(target)}, _latents(target)
    for chain in context.text.chains:
        if chain.aside:
            continue
        for line in chain.lines:
            if line.tree is None:
                continue
            tops = [T.unboxed(line.tree), *(T.unboxed(o) for r in flat_relations(line.tree) for o in r.operands)]
            if not _speaks(line.tree, letters, variables):
                continue
            for node in T.walk(line.tree):
                for group, within in _groups(node):
                    if group not in seen and _speaks(group, letters, variables):
                        seen.add(group)
                        whole = any(group is top for top in tops)
                        yield _Candidate(group, (line.start, line.end), within, whole)
    for bare in context.text.bare:
        tree = bare.line.tree
        if tree is not None and _speaks(tree, letters, variables):
            place = (bare.line.start, bare.line.end)
            for group, within in _groups(T.unboxed(tree)):
                yield _Candidate(group, place, within, group is tree)


def _latents(node: T.Node) -> set[str]:
    """Variables without an index that the densities of a formula name."""
    return {v for _, args, given in _keys(node) for v in (*args, *given) if "_" not in v and ":" not in v}


def _speaks(node: T.Node, letters: set[str], variables: set[str]) -> bool:
    """Whether a formula names densities of these letters and (somewhere) these variables."""
    keys = _keys(node)
    return letters <= {d[0] for d in keys} and variables <= {v for _, args, given in keys for v in (*args, *given)}


def _groups(node: T.Node) -> Iterator[tuple[T.Node, T.Node | None]]:
    """A formula as a component, neighbouring terms of a sum, and groups of terms under an expectation with it."""
    if isinstance(node, (T.KL, T.Expect)):
        yield node, None
    if isinstance(node, T.Add) and len(node.terms) <= _MOST_TERMS:
        for low in range(len(node.terms)):
            for high in range(len(node.terms), low, -1):
                chosen = node.terms[low:high]
                yield (chosen[0] if len(chosen) == 1 else T.Add(chosen)), None
    if isinstance(node, T.Expect) and isinstance(T.unboxed(node.body), T.Add):
        body = T.unboxed(node.body)
        assert isinstance(body, T.Add)
        if len(body.terms) <= _MOST_TERMS:
            for size in range(len(body.terms), 0, -1):
                for group in combinations(body.terms, size):
                    inner = group[0] if size == 1 else T.Add(group)
                    yield T.Expect(node.over, node.dist, inner, node.op), node
