"""From the claims of an answer to a finding: which of them counts, and what keeps a wrong one from counting against the student."""

from __future__ import annotations

from collections.abc import Sequence

from grader.checks.claimed import Claim, against
from grader.checks.context import ATTEMPTED, Finding, PartContext
from grader.checks.explicit import free_names
from grader.derivation.definitions import flat_relations
from grader.maths import syntax as T
from grader.maths.answers import read_answer
from grader.maths.diagnose import diagnose
from grader.model import Outcome
from grader.reading import phrases


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
    return any(against(judge, answer, target, False).outcome is Outcome.CORRECT for target in targets)


def _holds_earlier(context: PartContext, claim: Claim, targets: Sequence[T.Node]) -> bool:
    """Whether a failing claim holds under some condition stated earlier in the part, which may still be meant."""
    answer = read_answer(claim.node)
    conditions = {c.context for c in context.text.chains if c.context and c.order < claim.chain.order}
    for condition in sorted(conditions, key=repr):
        judge = context.narrowed(condition)
        if any(against(judge, answer, target, False).outcome is Outcome.CORRECT for target in targets):
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
