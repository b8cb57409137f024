"""Final answers: the value, vector, point or set of values that a part asks for, wherever and however it is claimed.

`incorrect` is said of the last claim made without conditions, if the part was read completely and the claim fails under
every reading; a right answer that a later claim contradicts is for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from grader.checks.context import ATTEMPTED, Finding, PartContext, free_names
from grader.checks.laws import law_claims
from grader.checks.prose import in_words
from grader.checks.specs import ValueCheck
from grader.derivation.definitions import flat_relations
from grader.maths import syntax as T
from grader.maths.answers import Answer, read_answer
from grader.maths.blocks import Judge
from grader.maths.compare import compare_answers
from grader.maths.diagnose import diagnose
from grader.maths.equations import proportional, same_equation
from grader.maths.notation import Notation
from grader.maths.parser import parse
from grader.maths.screening import agrees
from grader.model import Outcome, Verdict
from grader.reading import phrases
from grader.reading.claims import Chain
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


def check_value(spec: ValueCheck, context: PartContext) -> Finding:
    """A quantity with one value (number, vector, matrix, or an equation's left side)."""
    target = context.target(spec.target)
    heads = heads_of(spec.named, context.notation)
    accepts = _accepts(spec, context)
    claims = claims_of(context, [target], heads, accepts=accepts)
    if spec.law is not None:
        for chain, line, node in law_claims(spec.law, context, target):
            verdict = _against(context.judge, read_answer(node), target, False)
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
                verdict = _against(judge, answer, target, equation)
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


def _against(judge: Judge, answer: Answer, target: T.Node, equation: bool) -> Verdict:
    if equation and answer.kind == "equation":
        return same_equation(judge, answer.items, (target, T.Num(Fraction(0))))
    return compare_answers(judge, answer, read_answer(target))


def settle(
    context: PartContext, claims: list[Claim], targets: Sequence[T.Node], *, derivation: bool = False
) -> Finding:
    """One finding from all claims of a quantity."""
    right = [c for c in claims if c.verdict.outcome is Outcome.CORRECT]
    free = [c for c in claims if not c.conditional]
    if right:
        last = right[-1]
        later = [
            c
            for c in free
            if c.chain.order > last.chain.order
            and c.verdict.outcome is Outcome.INCORRECT
            and not _special(c, targets)
            and not _stands(context, c)
            and not _holds_with_values(context, c, last.chain.order, targets)
        ]
        if later and not last.boxed:
            return Finding(Outcome.UNDECIDED, "contradicted_later", (last.place, later[-1].place))
        return Finding(
            Outcome.CORRECT, last.verdict.note, (last.place,), {"samples": last.verdict.samples}, answer=last.node
        )
    if not claims:
        if context.text.empty:
            return Finding(Outcome.MISSING, "nothing_handed_in")
        if context.text.unread:
            return Finding(Outcome.UNDECIDED, "unread_lines", tuple((u.start, u.end) for u in context.text.unread[:3]))
        if derivation:
            return Finding(Outcome.UNDECIDED, "not_found")
        return (
            Finding(Outcome.MISSING, "not_claimed")
            if not _loose_ends(context)
            else Finding(Outcome.UNDECIDED, "not_found")
        )
    wrong = [c for c in free if c.verdict.outcome is Outcome.INCORRECT]
    if not derivation and (cases := [c for c in wrong if _of_a_case(context, c, targets)]):
        if len(cases) == len(wrong) == len(claims):
            return Finding(Outcome.UNDECIDED, "only_under_condition", (cases[-1].place,))
        wrong = [c for c in wrong if c not in cases]
    if derivation or len(wrong) < len(claims):
        other = next((c for c in reversed(claims) if c.verdict.outcome is not Outcome.INCORRECT), claims[-1])
        note = "not_confirmed" if other.verdict.outcome is Outcome.INCORRECT else other.verdict.note
        share = (0.0, ATTEMPTED) if derivation and _all_wrong(context, wrong, claims) else None
        return Finding(Outcome.UNDECIDED, note, (other.place,), {"detail": other.verdict.detail}, share=share)
    last = wrong[-1]
    if any(line.tree is None for line in context.text.unread):
        return Finding(Outcome.UNDECIDED, "unread_lines", (last.place,), witness=last.verdict.witness)
    if context.rests_on_inferred(read_answer(last.node).items[0]):
        return Finding(Outcome.UNDECIDED, "rests_on_a_name", (last.place,), witness=last.verdict.witness)
    if _holds_earlier(context, last, targets):
        return Finding(Outcome.UNDECIDED, "only_under_condition", (last.place,), witness=last.verdict.witness)
    answer = read_answer(last.node)
    hint = diagnose(context.judge, answer.items[0], targets[0]) if answer.kind == "value" else None
    return Finding(
        Outcome.INCORRECT,
        last.verdict.note,
        (last.place,),
        witness=last.verdict.witness,
        diagnosis=hint,
        answer=last.node,
    )


def _all_wrong(context: PartContext, wrong: Sequence[Claim], claims: Sequence[Claim]) -> bool:
    """Whether a step's value is claimed and is another one, all being read and nothing earlier being built on."""
    sure = not context.text.unread and not context.builds_on and len(wrong) == len(claims)
    return sure and not any(context.rests_on_inferred(read_answer(c.node).items[0]) for c in wrong)


_SUPPOSED = frozenset({"equation", "value", "hypothesis", "solution"})


def _stands(context: PartContext, claim: Claim) -> bool:
    """Whether every link of a claim's line holds where it stands or is only supposed: an equation, a special case."""
    low, high = claim.place
    here = [
        link for link in context.links if link.run.chain is claim.chain and low <= link.run.places[link.k + 1][0] < high
    ]
    return bool(here) and all(
        link.verdict.outcome is Outcome.CORRECT or (link.verdict.outcome is Outcome.ASSUMED and link.kind in _SUPPOSED)
        for link in here
    )


def _special(claim: Claim, targets: Sequence[T.Node]) -> bool:
    """Whether a claim is a number where the target depends on names: an example, not a claim of the formula."""
    return bool(free_names(targets[0])) and not free_names(claim.node) and read_answer(claim.node).kind == "value"


def _of_a_case(context: PartContext, claim: Claim, targets: Sequence[T.Node]) -> bool:
    """Whether a failing claim is said of a special case or supposed, in words or by values stated before it
    (`One level (N = 1): g' = a_1`): that is no claim of what is asked."""
    words = claim.chain.words
    if claim.chain.hypothetical or phrases.SPECIAL.search(words) or phrases.EXAMPLE.search(words):
        return True
    constant = bool(free_names(targets[0])) and not any(free_names(i) for i in read_answer(claim.node).items)
    if constant and phrases.AT_A_POINT.search(words):
        return True  # `at (1, 0, 0): v = (0, 0, 1/2)`
    return _holds_with_values(context, claim, 0, targets, latest=True)


def _holds_with_values(
    context: PartContext, claim: Claim, since: int, targets: Sequence[T.Node], *, latest: bool = False
) -> bool:
    """Whether a claim is the target once values found since then are put in: `theta = 0`, then `v_2 = ..` there.

    With `latest` the last value of each name counts, which may be another name's: `sigma_1 = sigma_2`.
    """
    found: dict[str, T.Rel] = {}
    for chain in context.text.chains:
        if chain.order < since or chain.order > claim.chain.order or chain.aside:
            continue
        for line in chain.lines:
            for rel in flat_relations(line.tree) if line.tree is not None else ():
                value = rel.operands[-1]
                if set(rel.relations) == {"="} and isinstance(value, (T.Num, T.Name) if latest else T.Num):
                    for name in rel.operands[:-1]:
                        if isinstance(name, T.Name) and (latest or name.key not in found):
                            found[name.key] = T.Rel((name, value), ("=",))
    if not found:
        return False
    answer = read_answer(claim.node)
    judge = context.narrowed(tuple(found.values()))
    return any(_against(judge, answer, target, False).outcome is Outcome.CORRECT for target in targets)


def _holds_earlier(context: PartContext, claim: Claim, targets: Sequence[T.Node]) -> bool:
    """Whether a failing claim holds under some condition stated earlier in the part, which may still be meant."""
    answer = read_answer(claim.node)
    conditions = {c.context for c in context.text.chains if c.context and c.order < claim.chain.order}
    for condition in sorted(conditions, key=repr):
        judge = context.narrowed(condition)
        if any(_against(judge, answer, target, False).outcome is Outcome.CORRECT for target in targets):
            return True
    return False


def _loose_ends(context: PartContext) -> bool:
    """Displays that are not understood as they stand (names or functions the world does not know, lines that are not
    confirmed), which might hold the answer."""
    if context.text.denied or context.written_plainly:
        return True
    if any(_answers(context, bare.line.tree) for bare in context.text.bare):
        return True
    world = context.judge.world
    for chain in context.text.chains:
        if chain.aside:
            continue
        for line in chain.lines:
            if line.tree is None:
                return True
            if any(
                k not in world.symbols and k not in world.definitions and k not in world.sizes
                for k in free_names(line.tree)
            ):
                return True
            heads = {n.head.key for n in T.walk(line.tree) if isinstance(n, T.Apply)}
            if any(k not in world.functions and k not in world.definitions and k not in _TABLES for k in heads):
                return True
    return False


def _answers(context: PartContext, tree: T.Node | None) -> bool:
    """A formula in running text that may be an answer without a left side: more than a name, a call or a counting
    number."""
    bare = T.unboxed(tree) if tree is not None else None
    if bare is None or isinstance(bare, (T.Name, T.Apply)):
        return False
    if isinstance(bare, T.Num) and bare.value == int(bare.value) >= 0:
        return False
    return context.explicit(bare)


_TABLES = frozenset({"logistic", "logit", "log", "exp", "relu", "softplus"})
