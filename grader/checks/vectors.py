"""Vectors given at once, in blocks or entry by entry; points given as tuples or coordinate by coordinate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

from grader.checks.claimed import Claim, claims_of
from grader.checks.context import Finding, PartContext
from grader.checks.final import heads_of
from grader.checks.settling import settle
from grader.checks.specs import ComponentsCheck, PointCheck
from grader.maths import syntax as T
from grader.maths.answers import read_answer
from grader.maths.decide import equal
from grader.maths.parser import parse
from grader.maths.screening import agrees
from grader.model import Outcome
from grader.reading.marks import folded


def check_components(spec: ComponentsCheck, context: PartContext) -> Finding:
    """A vector at once, in blocks, or its entries one by one; `fraction` counts the right ones."""
    target = context.target(spec.target)
    claims = claims_of(context, [target], heads_of(spec.named, context.notation), equations=False)
    whole = settle(context, claims, [target])
    if whole.outcome is Outcome.CORRECT:
        return whole
    goals = [context.target(entry) for entry in spec.entries]
    if whole.outcome is Outcome.INCORRECT and _vector_entries(claims[-1].node):  # a number is no claim of the vector
        return _wrong_vector(spec, context, whole, claims[-1].node, goals)
    named = spec.named_entries or ((),) * len(goals)
    entries = [_entry(context, goal, names) for goal, names in zip(goals, named, strict=True)]
    for block in spec.blocks:
        goal = T.Tup(tuple(goals[i - 1] for i in block.entries))
        found = _entry(context, goal, block.named)
        if found.outcome is Outcome.CORRECT:
            for i in block.entries:
                entries[i - 1] = found
    for i in spec.unchanged:
        if entries[i - 1].note in _UNCLAIMED and any(e.outcome in _DECIDED for e in entries):
            entries[i - 1] = Finding(Outcome.CORRECT, "unchanged", answer=goals[i - 1])
    return _entry_by_entry(context, whole, entries, goals)


def _wrong_vector(
    spec: ComponentsCheck, context: PartContext, whole: Finding, node: T.Node, goals: Sequence[T.Node]
) -> Finding:
    """A vector that differs: in another order of the variables it may be right; else its right entries count."""
    given = _vector_entries(node)
    if len(given) != len(goals):
        return whole
    same = [[agrees(context.judge, a, b) for b in goals] for a in given]
    for order in permutations(range(len(goals))):
        if list(order) != list(range(len(goals))) and all(same[i][order[i]] for i in range(len(goals))):
            keys = [n.key for n in heads_of(spec.variables, context.notation) if isinstance(n, T.Name)]
            declared = bool(keys) and tuple(keys[i] for i in order) in context.orders
            note = "other_order_declared" if declared else "other_order"
            return Finding(Outcome.CORRECT if declared else Outcome.UNDECIDED, note, whole.places)
    return replace(whole, fraction=sum(same[i][i] for i in range(len(goals))) / len(goals))


def _vector_entries(node: T.Node) -> list[T.Node]:
    answer = read_answer(node)
    vector = answer.items[0] if answer.kind == "value" else T.Tup(answer.items)
    if isinstance(vector, T.Transpose):
        vector = vector.value
    if isinstance(vector, T.Matrix):
        return [e for row in vector.rows for e in row]
    return list(vector.items) if isinstance(vector, T.Tup) else []


_DECIDED = (Outcome.CORRECT, Outcome.INCORRECT)
_UNCLAIMED = frozenset({"not_claimed", "not_found", "unread_lines", "nothing_handed_in"})


def _entry(context: PartContext, goal: T.Node, names: tuple[str, ...]) -> Finding:
    claims = claims_of(context, [goal], heads_of(names, context.notation), equations=False)
    return settle(context, claims, [goal])


def _entry_by_entry(context: PartContext, whole: Finding, entries: list[Finding], goals: Sequence[T.Node]) -> Finding:
    outcomes = [e.outcome for e in entries]
    places = tuple(p for e in entries for p in e.places)
    if all(o is Outcome.CORRECT for o in outcomes):
        return Finding(Outcome.CORRECT, "entry_by_entry", places)
    decided = [o for o in outcomes if o in (Outcome.CORRECT, Outcome.INCORRECT)]
    unclaimed = whole.outcome is Outcome.MISSING or whole.note == "not_found"
    if len(decided) == len(outcomes) and (whole.outcome is Outcome.INCORRECT or unclaimed):
        claimed = [e.answer for e in entries if e.answer is not None]
        wrong = next(e for e in entries if e.outcome is Outcome.INCORRECT)
        others = [goal for goal, e in zip(goals, entries, strict=True) if e is not wrong]
        if wrong.answer is not None and any(
            agrees(context.judge, read_answer(wrong.answer).items[0], goal) for goal in others
        ):
            return Finding(Outcome.UNDECIDED, "other_order", places)
        share = outcomes.count(Outcome.CORRECT) / len(outcomes)
        return Finding(
            Outcome.INCORRECT,
            "some_entries",
            wrong.places,
            witness=wrong.witness,
            diagnosis=wrong.diagnosis,
            fraction=share,
            answer=T.Tup(tuple(read_answer(c).items[0] for c in claimed)) if len(claimed) == len(entries) else None,
        )
    if all(o is Outcome.MISSING for o in outcomes) and whole.outcome is Outcome.MISSING:
        return whole
    return Finding(Outcome.UNDECIDED, "some_entries_undecided", places or whole.places)


def check_point(spec: PointCheck, context: PartContext) -> Finding:
    """A point as a tuple, or each coordinate on its own."""
    target = context.target(spec.target)
    assert isinstance(target, T.Tup)
    names = [parse(c, context.notation) for c in spec.coordinates]
    keys = [n.key for n in names if isinstance(n, T.Name)]
    tuples: list[Claim] = []
    single: dict[str, Claim] = {}
    for chain, line, rel in context.relations():
        if not set(rel.relations) <= {"=", ":="} or _TRIED.search(chain.words):
            continue
        left, right = T.unboxed(rel.operands[0]), T.unboxed(rel.operands[-1])
        if (
            isinstance(left, (T.Tup, T.Matrix, T.Name, T.Abs))
            and isinstance(right, (T.Tup, T.Matrix))
            and context.explicit(right)
        ):
            if _size(right) == len(keys) and _speaks_of_point(left, keys):
                verdict = equal(context.judge, right, target)
                tuples.append(Claim(chain, line, rel, verdict, bool(chain.context), False))
        for operand in rel.operands[:-1]:
            stem = _coordinate(operand, keys)
            if stem is not None and context.explicit(right) and not isinstance(right, (T.Tup, T.Matrix)):
                verdict = equal(context.judge, right, target.items[keys.index(stem)])
                previous = single.get(stem)
                if previous is None or previous.verdict.outcome is not Outcome.CORRECT:
                    single[stem] = Claim(chain, line, rel, verdict, bool(chain.context), False)
    for chain in context.text.chains:
        tree = T.unboxed(chain.lines[-1].tree) if chain.lines[-1].tree is not None else None
        if not (isinstance(tree, T.Tup) and len(tree.items) == len(keys) and context.explicit(tree)):
            continue
        if all(isinstance(i, T.Name) for i in tree.items):
            continue
        verdict = equal(context.judge, tree, target)
        # without words a tuple may be anything, but the right point can hardly be something else
        if verdict.outcome is Outcome.CORRECT or _POINT_WORDS.search(chain.words):
            tuples.append(Claim(chain, chain.lines[-1], tree, verdict, bool(chain.context), False))
    tuples.sort(key=lambda claim: claim.chain.order)
    if tuples:
        return settle(context, tuples, [target])
    if len(single) == len(keys) and all(c.verdict.outcome is Outcome.CORRECT for c in single.values()):
        return Finding(Outcome.CORRECT, "coordinate_by_coordinate", tuple(c.place for c in single.values()))
    prose = " ".join(folded(b.text) for b in context.text.prose)
    named = next((b for b in context.text.prose for p in spec.phrases if re.search(p, folded(b.text))), None)
    if named is not None or any(re.search(p, prose) for p in spec.phrases):
        place = ((named.start, named.end),) if named is not None else ()
        return Finding(Outcome.CORRECT, "phrase", place)
    if not single and spec.mentions and re.search(spec.mentions, prose):
        return Finding(Outcome.UNDECIDED, "no_phrase_known")
    if single:
        return Finding(Outcome.UNDECIDED, "some_coordinates", tuple(c.place for c in single.values()))
    return settle(context, [], [target])


_TRIED = re.compile(r"\b(?:check|verif\w*|test|example|exemple)\b[^.;]*$")
"""Words before a point that is only tried."""
_POINT_WORDS = re.compile(r"stationn?ar|equilibr|critical point|point critique|fixed point|point fixe|origin")


def _size(node: T.Node) -> int:
    if isinstance(node, T.Tup):
        return len(node.items)
    return len(node.rows) * len(node.rows[0]) if isinstance(node, T.Matrix) else 1


def _speaks_of_point(left: T.Node, keys: list[str]) -> bool:
    if isinstance(left, T.Abs):
        left = left.value
    names = T.names_in(left)
    return bool(names) and (
        all(any(_bare(n) == k for n in names) for k in keys) or (isinstance(left, T.Name) and "*" in left.marks)
    )


def _bare(key: str) -> str:
    return key.replace("^*", "").rstrip("*")


def _coordinate(node: T.Node, keys: list[str]) -> str | None:
    node = T.unboxed(node)
    if isinstance(node, T.Name) and _bare(node.key) in keys:
        return _bare(node.key)
    return None
