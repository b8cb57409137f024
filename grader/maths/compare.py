"""Two answers as LaTeX: do they say the same? The engine behind `grader compare` and the final-answer checks."""

from __future__ import annotations

from collections.abc import Sequence

from grader.errors import ReadError
from grader.maths import syntax as T
from grader.maths.answers import Answer, definitions_of, read_answer, substituted
from grader.maths.blocks import Judge
from grader.maths.conditions import equivalent
from grader.maths.decide import equal
from grader.maths.equations import same_equation
from grader.maths.parser import readings
from grader.maths.tokens import Tok
from grader.model import Outcome, Verdict

_MULTIPLE = ("set", "list", "tuple")


def compare_tokens(judge: Judge, left: Sequence[Tok], right: Sequence[Tok]) -> Verdict:
    """Compare two formulas under all their plausible readings.

    `correct` if some reading agrees; `incorrect` only if every pair of readings fails; a formula that cannot be read is
    `unreadable` with the reader's message.
    """
    notation = judge.world.notation
    sides = []
    for side, toks in (("a", left), ("b", right)):
        try:
            sides.append(list(readings(toks, notation)))
        except ReadError as error:
            return Verdict(Outcome.UNREADABLE, error.note, detail=error.message, place=(side, error.start + 1))
    first, second = sides
    best: Verdict | None = None
    for a, natural_a in first:
        for b, natural_b in second:
            verdict = compare_trees(judge, a, b)
            if verdict.outcome is Outcome.CORRECT:
                if natural_a and natural_b:
                    return verdict
                verdict = Verdict(Outcome.UNDECIDED, "strained_reading", samples=verdict.samples)
            if best is None or (best.outcome is Outcome.INCORRECT and verdict.outcome is not Outcome.INCORRECT):
                best = verdict
    assert best is not None
    return best


def compare_trees(judge: Judge, left: T.Node, right: T.Node) -> Verdict:
    """Compare one reading of each side; a name defined beside one answer means the same in the other."""
    known, given = definitions_of(left), definitions_of(right)
    if given:
        left = substituted(left, {k: v for k, v in given.items() if k not in known})
    if known:
        right = substituted(right, {k: v for k, v in known.items() if k not in given})
    verdict = compare_answers(judge, read_answer(left), read_answer(right))
    conditional = any(isinstance(n, T.Logic) and n.op == "if" for n in (T.unboxed(left), T.unboxed(right)))
    if conditional and verdict.outcome is Outcome.INCORRECT:
        return Verdict(Outcome.UNDECIDED, "conditional", verdict.witness)
    return verdict


def compare_answers(judge: Judge, a: Answer, b: Answer) -> Verdict:
    """Compare two claims by kind."""
    if a.kind == "equation" and b.kind == "equation":
        return same_equation(judge, a.items, b.items)
    if "condition" in (a.kind, b.kind):
        return _conditions(judge, a, b)
    if "equation" in (a.kind, b.kind):
        return _equation_against(judge, a, b)
    if a.kind == "value" and b.kind == "value":
        return equal(judge, a.items[0], b.items[0])
    return _several(judge, a, b)


def _conditions(judge: Judge, a: Answer, b: Answer) -> Verdict:
    nodes = []
    for answer in (a, b):
        if answer.kind == "condition" or (answer.kind == "value" and not answer.labels):
            nodes.append(answer.items[0])
        elif answer.kind == "equation":
            nodes.append(T.Rel(answer.items, ("=",)))
        elif answer.kind == "tuple" and len(answer.items) == 2 and not answer.labels:
            nodes.append(T.Interval(answer.items[0], answer.items[1], answer.square, answer.square))
        elif answer.labels and len(answer.labels) == len(answer.items):
            pairs = tuple(T.Rel((T.Name(k), v), ("=",)) for k, v in zip(answer.labels, answer.items, strict=True))
            nodes.append(pairs[0] if len(pairs) == 1 else T.Logic("and", pairs))
        else:
            return Verdict(Outcome.UNDECIDED, "kinds_differ", detail=f"{a.kind} against {b.kind}")
    if any(n.kind == "value" and not _label_equation(n) for n in (a, b)):
        return Verdict(Outcome.UNDECIDED, "kinds_differ", detail=f"{a.kind} against {b.kind}")
    return equivalent(judge, nodes[0], nodes[1])


def _label_equation(answer: Answer) -> bool:
    return answer.kind != "value" or bool(answer.labels)


def _equation_against(judge: Judge, a: Answer, b: Answer) -> Verdict:
    """An equation `f = 0` against a bare `f`: the same expression is the same claim."""
    equation, other = (a, b) if a.kind == "equation" else (b, a)
    if other.kind != "value":
        return Verdict(Outcome.UNDECIDED, "kinds_differ", detail=f"{a.kind} against {b.kind}")
    if other.labels and len(other.labels) == 1:
        name = T.Name(other.labels[0]) if "_" not in other.labels[0] else other.head
        if name is not None:
            return same_equation(judge, equation.items, (name, other.items[0]))
    last = equation.items[-1]
    if not (isinstance(last, T.Num) and last.value == 0):
        return equal(judge, last, other.items[0]) if equation is a else equal(judge, other.items[0], last)
    verdict = equal(judge, equation.items[0], other.items[0])
    if verdict.outcome is Outcome.CORRECT:
        return verdict
    return Verdict(Outcome.UNDECIDED, "kinds_differ", detail=f"{a.kind} against {b.kind}")


def _several(judge: Judge, a: Answer, b: Answer) -> Verdict:
    """Sets, lists and tuples; a list without brackets takes the kind of the other side."""
    if (a.kind == "value" and b.kind in _MULTIPLE) or (b.kind == "value" and a.kind in _MULTIPLE):
        single, many = (a, b) if a.kind == "value" else (b, a)
        if many.kind == "set" and len(many.items) == 2:
            # `(a ± b)(a ∓ b)` is one value reached twice
            both = [equal(judge, single.items[0], item) for item in many.items]
            if all(v.outcome is Outcome.CORRECT for v in both) and same_items(judge, many):
                return both[0]
        whole = T.SetOf(many.items) if many.kind != "tuple" else T.Tup(many.items)
        if many.kind != "tuple" and not _structured(single.items[0]):
            whole_single: T.Node = T.SetOf(single.items)
        else:
            whole_single = single.items[0]
            if many.kind == "list":
                whole = T.Tup(many.items)
        return equal(judge, whole_single, whole) if single is a else equal(judge, whole, whole_single)
    if (
        a.labels
        and b.labels
        and set(a.labels) == set(b.labels)
        and len(set(a.labels)) == len(a.labels)  # of two values under one name nobody knows which is meant
        and len(a.labels) == len(a.items) == len(b.items) == len(b.labels)
    ):
        order = [b.labels.index(label) for label in a.labels]
        named = equal(judge, T.Tup(a.items), T.Tup(tuple(b.items[i] for i in order)))
        if named.outcome is Outcome.CORRECT:
            return named
        if "tuple" in (a.kind, b.kind):
            crossed = equal(judge, T.SetOf(a.items), T.SetOf(b.items))
            return (
                Verdict(Outcome.UNDECIDED, "order_unclear")
                if _roots_of(a) and crossed.outcome is Outcome.CORRECT
                else named
            )
    kinds = {a.kind, b.kind}
    if kinds <= {"set", "list"}:
        return equal(judge, T.SetOf(a.items), T.SetOf(b.items))
    if kinds <= {"tuple", "list"}:
        return equal(judge, T.Tup(a.items), T.Tup(b.items))
    # a set against a tuple: right members in any order are right for a set, but the order was perhaps asked for
    ordered = equal(judge, T.Tup(a.items), T.Tup(b.items))
    if ordered.outcome is Outcome.CORRECT:
        return ordered
    unordered = equal(judge, T.SetOf(a.items), T.SetOf(b.items))
    if unordered.outcome is Outcome.CORRECT:
        return Verdict(Outcome.UNDECIDED, "order_unclear")
    return unordered


def _roots_of(answer: Answer) -> bool:
    """Numbered unknowns such as x_1, x_2, which may be roots in any order."""
    return all(label.split("_", 1)[0] in ("x", "z", "t", "r") and "_" in label for label in answer.labels)


def same_items(judge: Judge, answer: Answer) -> bool:
    """Whether the values of ± are all one and the same."""
    first = answer.items[0]
    return all(equal(judge, first, item).outcome is Outcome.CORRECT for item in answer.items[1:])


def _structured(node: T.Node) -> bool:
    return isinstance(node, (T.Matrix, T.Tup, T.Transpose))
