"""What a part claims to be the answer: formulas related to what is asked, in all readings, in the form that is most explicit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.checks.context import PartContext
from grader.derivation.definitions import flat_relations
from grader.maths import syntax as T
from grader.maths.answers import Answer, read_answer
from grader.maths.blocks import Judge
from grader.maths.compare import compare_answers
from grader.maths.equations import proportional, same_equation
from grader.maths.screening import agrees
from grader.model import Outcome, Verdict
from grader.reading.part_text import Chain
from grader.reading.rows import Line, with_left

_EQUAL = frozenset({"=", ":=", "=:"})
_ARROWS = frozenset({"=>", "<=>"})


@dataclass(slots=True)
class Claim:
    """One claim of the quantity: where it stands and what it was found to be."""

    chain: Chain
    line: Line
    node: T.Node
    verdict: Verdict
    conditional: bool
    boxed: bool

    @property
    def place(self) -> tuple[int, int]:
        return self.line.start, self.line.end


def claims_of(
    context: PartContext,
    targets: Sequence[T.Node],
    heads: list[T.Node],
    *,
    equations: bool = True,
    accepts: Callable[[T.Node], bool] | None = None,
) -> list[Claim]:
    """All claims of the quantity, in order: by the name on the left, by a left side that equals it, or boxed.

    With `equations`, `f = 0` claims f up to a factor (a characteristic polynomial).
    """
    found: list[Claim] = []
    for chain in context.text.chains:
        if chain.aside:
            continue
        head = chain.head()
        claims = head is not None and _is_head(context, head, targets, heads)
        for line, rel, readings in _last_explicit(context, chain, accepts or context.explicit):
            if rel is None or (rel.relations and set(rel.relations) <= _EQUAL):
                boxed = line.tree is not None and T.contains(line.tree, T.Boxed)
                bare = rel is None
                equation = rel is not None and _is_zero(rel.operands[-1])
                led = line.lead in _ARROWS or (isinstance(line.tree, T.Logic) and line.tree.op in _ARROWS)
                solved = (
                    led and rel is not None and not isinstance(rel.operands[0], T.Empty) and rel.operands[0] != head
                )
                own_head = (claims and not solved) or (  # `v = 0 <=> \\theta = 0 and ..` goes on with other quantities
                    rel is not None
                    and not isinstance(rel.operands[0], T.Empty)
                    and rel.operands[0] is not head
                    and _is_head(context, rel.operands[0], targets, heads)
                )
                if equation and not (equations and _worth_trying(context, readings, targets, equation)):
                    continue  # an equation to be solved claims no value
                if not own_head and not _worth_trying(context, readings, targets, equation):
                    continue
                verdict = _best(context, readings, targets, chain, equation)
                if own_head or (
                    verdict.outcome is Outcome.CORRECT
                    and (boxed or bare or head is None or _unknown(context, head) or equation)
                ):
                    found.append(Claim(chain, line, readings[0][0], verdict, bool(chain.context), boxed))
    return found


def _worth_trying(
    context: PartContext, readings: list[tuple[T.Node, bool]], targets: Sequence[T.Node], equation: bool
) -> bool:
    """Whether a claim under no known name may be the target all the same: its value is."""
    for node, _ in readings:
        answer = read_answer(node)
        if equation and answer.kind == "equation":
            if proportional(context.judge, answer.items, (targets[0], T.Num(Fraction(0)))) is not None:
                return True
        elif answer.kind != "value" or any(agrees(context.judge, answer.items[0], t) for t in targets):
            return True
    return False


def _unknown(context: PartContext, head: T.Node) -> bool:
    """A left side the world does not know: the student's own name for the quantity."""
    return isinstance(head, (T.Name, T.Apply, T.KL)) or not context.explicit(head)


def _is_zero(node: T.Node) -> bool:
    return isinstance(node, T.Num) and node.value == 0


def _is_head(context: PartContext, head: T.Node, targets: Sequence[T.Node], heads: list[T.Node]) -> bool:
    head = T.unboxed(head)
    for name in heads:
        if head == name or (
            isinstance(head, T.Apply) and isinstance(name, T.Name) and head.head == name and not head.primes
        ):
            return not _of_another(context, name, targets)
    if isinstance(head, T.Call) and head.func == "det" and any(isinstance(t, (T.Add, T.Mul)) for t in targets):
        return "lambda" in " ".join(sorted(T.names_in(targets[0])))
    if context.explicit(head):
        return False
    return any(agrees(context.base, head, t) for t in targets[:1])


def _of_another(context: PartContext, name: T.Node, targets: Sequence[T.Node]) -> bool:
    """Whether the student gave a usual name of the quantity to something else: `D(u) = KL[q|p] - KL[p|q]`."""
    mine, usual = context.judge.world, context.base.world
    if not isinstance(name, T.Name) or name.key in usual.definitions or name.key in usual.functions:
        return False
    own = mine.functions.get(name.key)
    body = own.body if own is not None else mine.definitions.get(name.key)
    if body is None or context.explicit(body) or not context.known(body):
        return False
    return all(not agrees(context.judge, body, t) for t in targets)


def _last_explicit(
    context: PartContext, chain: Chain, accepts: Callable[[T.Node], bool]
) -> list[tuple[Line, T.Rel | None, list[tuple[T.Node, bool]]]]:
    """The last line of a chain that gives a value outright, in all its readings (each cut at that value)."""
    head = chain.head()
    for row in range(len(chain.lines) - 1, -1, -1):
        line = chain.lines[row]
        if line.tree is None:
            continue
        out: list[tuple[Line, T.Rel | None, list[tuple[T.Node, bool]]]] = []
        rels = list(flat_relations(line.tree))
        if not rels:
            if accepts(line.tree):
                return [(line, None, line.readings(context.notation))]
            continue
        for k, rel in enumerate(rels):
            stop = next((i for i, r in enumerate(rel.relations) if r not in _EQUAL), len(rel.relations))
            if stop == 0 and rel.relations:
                continue  # `> 0` says no value
            at = next((i for i in range(stop, -1, -1) if accepts(rel.operands[i])), None)
            if at is None or (at == 0 and len(rel.operands) > 1 and not _is_zero(rel.operands[-1])):
                continue
            cut = T.Rel(rel.operands[: at + 1], rel.relations[:at], start=rel.start, end=rel.end) if at else rel
            if len(rels) == 1 and at == len(rel.operands) - 1 and line.ambiguous:
                readings = [
                    (with_left(tree, head) if line.lead == "continues" and head is not None else tree, natural)
                    for tree, natural in line.readings(context.notation)
                ]
            else:
                tree: T.Node = cut
                if k == 0 and line.lead == "continues" and head is not None:
                    before = _end_of(chain.lines[row - 1].tree) if row and _is_zero(rel.operands[-1]) else None
                    tree = with_left(cut, before or head)  # `det(J - λI) = p(λ)`, then `= 0`: p(λ) = 0
                readings = [(tree, True)]
            out.append((line, cut, readings))
        if out:
            return out
    return []


def _end_of(tree: T.Node | None) -> T.Node | None:
    """The last member of the relation that a row ends with."""
    rels = list(flat_relations(tree)) if tree is not None else []
    return rels[-1].operands[-1] if rels else None


def _best(
    context: PartContext, readings: list[tuple[T.Node, bool]], targets: Sequence[T.Node], chain: Chain, equation: bool
) -> Verdict:
    """The kindest verdict over readings, target forms and, where it fails, the conditions the claim stands under."""
    best: Verdict | None = None
    for judge in _judges(context, chain):
        general = judge is context.judge
        for node, natural in readings:
            for target in targets:
                answer = read_answer(node)
                verdict = against(judge, answer, target, equation)
                if verdict.outcome is Outcome.CORRECT and not general:
                    verdict = Verdict(Outcome.UNDECIDED, "only_under_condition", samples=verdict.samples)
                if verdict.outcome is Outcome.CORRECT and natural:
                    return verdict
                if best is None or (best.outcome is Outcome.INCORRECT and verdict.outcome is not Outcome.INCORRECT):
                    best = verdict
    assert best is not None
    if best.outcome is Outcome.CORRECT:
        return Verdict(Outcome.UNDECIDED, "strained_reading")
    return best


def _judges(context: PartContext, chain: Chain) -> list[Judge]:
    return [context.judge, context.narrowed(chain.context)] if chain.context else [context.judge]


def against(judge: Judge, answer: Answer, target: T.Node, equation: bool) -> Verdict:
    if equation and answer.kind == "equation":
        return same_equation(judge, answer.items, (target, T.Num(Fraction(0))))
    return compare_answers(judge, answer, read_answer(target))
