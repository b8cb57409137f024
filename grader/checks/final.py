"""Final answers: the value, vector, point or set of values that a part asks for, wherever and however it is claimed.

`incorrect` is said of the last claim made without conditions, if the part was read completely and the claim fails under
every reading; a right answer that a later claim contradicts is for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

from grader.checks.claimed import Claim, against, claims_of
from grader.checks.context import Finding, PartContext
from grader.checks.laws import law_claims
from grader.checks.prose import in_words
from grader.checks.settling import settle
from grader.checks.specs import ValueCheck
from grader.maths import syntax as T
from grader.maths.answers import read_answer
from grader.maths.equations import proportional
from grader.maths.notation import Notation
from grader.maths.parser import parse
from grader.model import Outcome


def check_value(spec: ValueCheck, context: PartContext) -> Finding:
    """A quantity with one value (number, vector, matrix, or an equation's left side)."""
    target = context.target(spec.target)
    heads = heads_of(spec.named, context.notation)
    accepts = _accepts(spec, context)
    claims = claims_of(context, [target], heads, accepts=accepts)
    if spec.law is not None:
        for chain, line, node in law_claims(spec.law, context, target):
            verdict = against(context.judge, read_answer(node), target, False)
            claims.append(Claim(chain, line, node, verdict, bool(chain.context), False))
        claims.sort(key=lambda c: c.place)
    found = settle(context, claims, [target], derivation=spec.role == "derivation")
    if found.outcome is not Outcome.CORRECT and spec.factor:
        found = _up_to_a_factor(spec, context) or found
    if found.outcome is not Outcome.CORRECT and spec.otherwise is not None:
        words = in_words(spec.otherwise, context)
        if words.outcome is Outcome.CORRECT:
            return words
        if found.outcome is Outcome.MISSING and not context.text.empty:
            return Finding(Outcome.UNDECIDED, "not_found")  # another way may be explained in words we do not know
    if found.outcome is Outcome.INCORRECT and spec.variables and isinstance(target, T.Matrix):
        return _other_order(spec.variables, context, target, heads, found)
    return found


def _up_to_a_factor(spec: ValueCheck, context: PartContext) -> Finding | None:
    """The target times a constant, as a side of a line that does not fail or as a formula in running text; where neither
    a determinant nor another form of it stands beside it, it is only asserted."""
    goals = [context.target(wanted) for wanted in (spec.target, *spec.forms)]
    failing = {link.number for link in context.false_links}
    sides: list[tuple[T.Node, tuple[int, int]]] = [
        (side, link.run.places[link.k + 1])
        for link in context.links
        if link.number not in failing and link.run.relations[link.k] in ("=", ":=")
        for side in (link.left, link.right)
    ]
    sides += [
        (T.unboxed(b.line.tree), (b.line.start, b.line.end)) for b in context.text.bare if b.line.tree is not None
    ]
    zero = T.Num(Fraction(0))
    worked = any(isinstance(n, T.Call) and n.func in ("det", "trace") for side, _ in sides for n in T.walk(side))
    forms: dict[T.Node, tuple[int, int]] = {}
    for side, place in sides:
        if side in forms:
            continue
        names = context.names(side)
        for goal in goals:
            if names == context.names(goal) and context.explicit(side):
                verdict = proportional(context.judge, (side, zero), (goal, zero))
                if verdict is not None and verdict.outcome is Outcome.CORRECT:
                    forms[side] = place
        if forms and (worked or len(forms) > 1):
            return Finding(Outcome.CORRECT, "proportional", tuple(forms.values()), answer=next(iter(forms)))
    return None


def _accepts(spec: ValueCheck, context: PartContext) -> Callable[[T.Node], bool]:
    """Which formulas can be the answer at all, by what stands in them."""
    if spec.explicit and not spec.must_name and not spec.must_not_name:
        return context.explicit
    needed = {n.key for n in heads_of(spec.must_name, context.notation) if isinstance(n, T.Name)}
    barred = {n.key for n in heads_of(spec.must_not_name, context.notation) if isinstance(n, T.Name)}

    def accepts(node: T.Node) -> bool:
        known = context.explicit(node) if spec.explicit else context.known(node) and not _opens_with_question(node)
        names = T.names_in(node)
        return known and needed <= names and not (barred & names)

    def _opens_with_question(node: T.Node) -> bool:
        """A derivative still to be taken of something other than a name: `d/dz (z + f(z))`."""
        return any(
            isinstance(n, T.Deriv) and not isinstance(n.body, (T.Name, T.Apply)) for n in T.walk(node)
        ) or _is_question(context, node, heads)

    heads = heads_of(spec.named, context.notation)
    return accepts


def _is_question(context: PartContext, node: T.Node, heads: list[T.Node]) -> bool:
    """The quantity asked for under one of its own names."""
    return T.unboxed(node) in heads


def _other_order(
    variables: tuple[str, ...], context: PartContext, target: T.Matrix, heads: list[T.Node], found: Finding
) -> Finding:
    """A matrix that is wrong in the usual order of the variables but right in another.

    The transpose of a Jacobian may be the Jacobian in another order: `correct` only if the student declares that order.
    """
    keys = tuple(n.key for n in heads_of(variables, context.notation) if isinstance(n, T.Name))
    for order, matrix in _permuted(target):
        other = settle(context, claims_of(context, [matrix], heads), [matrix])
        if other.outcome is Outcome.CORRECT:
            declared = tuple(keys[i] for i in order) in context.orders
            note = "other_order_declared" if declared else "other_order"
            outcome = Outcome.CORRECT if declared else Outcome.UNDECIDED
            if not declared and keys in context.orders and found.diagnosis == "transposed":
                return found  # the student names the usual order, and in it this is the transpose
            return Finding(outcome, note, other.places, witness=found.witness, diagnosis=found.diagnosis)
    return found


def heads_of(names: tuple[str, ...], notation: Notation) -> list[T.Node]:
    return [parse(name, notation) for name in names]


def _permuted(matrix: T.Matrix) -> list[tuple[tuple[int, ...], T.Matrix]]:
    """The matrix in other orders of the variables: rows and columns moved together."""
    size = len(matrix.rows)
    if size > 4:
        return []
    out: list[tuple[tuple[int, ...], T.Matrix]] = []
    for order in permutations(range(size)):
        if list(order) != list(range(size)):
            out.append((order, T.Matrix(tuple(tuple(matrix.rows[i][j] for j in order) for i in order))))
    return out
