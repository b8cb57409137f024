"""Sets of values gathered from several claims, such as eigenvalues, under the conditions each claim stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from grader.checks.claimed import Claim
from grader.checks.context import Finding, PartContext
from grader.checks.explicit import free_names
from grader.checks.settling import settle
from grader.checks.specs import EigenvaluesCheck
from grader.derivation.definitions import flat_relations
from grader.maths import syntax as T
from grader.maths.answers import read_answer
from grader.maths.decide import equal
from grader.maths.parser import parse
from grader.model import Outcome
from grader.reading.marks import folded
from grader.reading.part_text import Bare, Chain
from grader.reading.phrases import NEXT_CASE, OTHER_SYSTEM
from grader.reading.rows import Line


def check_eigenvalues(spec: EigenvaluesCheck, context: PartContext) -> Finding:
    """A set of values, gathered from the claims that hold in the regime asked for."""
    target = context.target(spec.target)
    size = len(target.items) if isinstance(target, T.SetOf) else _order(target)
    label = parse(spec.label, context.notation)
    assert isinstance(label, T.Name)
    regime = tuple(parse(r, context.notation) for r in spec.regime)
    gathered = _gather(context, label, size, regime)
    claims = []
    gathered.complete.extend(_in_words(context, size))
    for values, conditions, chain, line in gathered.complete:
        node = T.SetOf(tuple(values))
        verdict = equal(context.narrowed(regime), node, target)
        if verdict.outcome is not Outcome.CORRECT and conditions:
            narrower = equal(context.narrowed((*regime, *conditions)), node, target)
            if narrower.outcome is not Outcome.INCORRECT:
                continue  # right or open in its own case, which is not the whole regime
        if verdict.outcome is Outcome.INCORRECT and (context.searching or OTHER_SYSTEM.search(chain.words)):
            continue
        if verdict.outcome is Outcome.INCORRECT and _another_case(context, chain, regime):
            continue
        if verdict.outcome is Outcome.INCORRECT and _elsewhere(context, chain, (*regime, *conditions), node, target):
            continue
        claims.append(Claim(chain, line, node, verdict, False, False))
    if not any(claim.verdict.outcome is Outcome.CORRECT for claim in claims):
        claims.extend(_completed(context, gathered, label, size, regime, target))
    if not claims and gathered.partial:
        return Finding(
            Outcome.UNDECIDED, "some_values", tuple(gathered.partial[:4]), share=_short(context, gathered, size)
        )
    return settle(context, claims, [target])


def _short(context: PartContext, gathered: _Gathered, size: int) -> tuple[float, float] | None:
    """What a set in braces that has too few values can be worth: the share of those it has, if the part was read whole, says
    nothing of others and claims no other values. Elements of a set are all of it."""
    told = " ".join([block.text for block in context.text.prose])
    if context.text.unread or context.written_plainly or _MORE_VALUES.search(folded(told)):
        return None
    if not gathered.some or context.text.bare:
        return None
    if not all(
        any(isinstance(T.unboxed(r.operands[-1]), T.SetOf) for r in _relations(line)) for *_, line in gathered.some
    ):
        return None
    return 0.0, max(len(values) for values, *_ in gathered.some) / size


def _relations(line: Line) -> list[T.Rel]:
    return list(flat_relations(line.tree)) if line.tree is not None else []


def _elsewhere(
    context: PartContext, chain: Chain, conditions: tuple[T.Node, ...], node: T.Node, target: T.Node
) -> bool:
    """Whether a value given just before (`for \\gamma = 0`) takes the claim out of the regime, or makes it right."""
    about = T.names_in(node) | {key for c in conditions for key in T.names_in(c)}
    values = tuple(v for v in context.values_at(chain) if isinstance(v, T.Rel) and T.names_in(v.operands[0]) & about)
    return (
        bool(values) and equal(context.narrowed((*conditions, *values)), node, target).outcome is not Outcome.INCORRECT
    )


def _another_case(context: PartContext, chain: Chain, regime: tuple[T.Node, ...]) -> bool:
    """Whether "if" and a condition that the regime excludes stand straight behind a claim."""
    if not NEXT_CASE.match(chain.after):
        return False
    following = next((c.context for c in context.text.chains if c.order > chain.order and c.context), ())
    return context.compatible((*regime, *following)) is False


@dataclass(slots=True)
class _Gathered:
    """Complete sets of values with the conditions they stand under, and places of single values."""

    complete: list[tuple[list[T.Node], tuple[T.Node, ...], Chain, Line]]
    partial: list[tuple[int, int]]
    some: list[tuple[list[T.Node], tuple[T.Node, ...], Chain, Line]] = field(default_factory=list)
    """What single claims say: not all values."""


def _gather(context: PartContext, label: T.Name, size: int, regime: tuple[T.Node, ...]) -> _Gathered:
    """Put together the values claimed one by one; a later claim for an index replaces the earlier one.

    Values given without conditions complete those of every case.
    """
    out = _Gathered([], [])
    cases: dict[tuple[T.Node, ...], dict[frozenset[str], tuple[list[T.Node], Chain, Line]]] = {(): {}}
    for bare in context.text.bare:
        if _ONE.search(bare.words) and bare.line.tree is not None and context.explicit(bare.line.tree):
            chain = Chain("", [bare.line], "inline", bare.line.start, (), "claim", bare.order)
            cases[()][frozenset({"1"})] = ([bare.line.tree], chain, bare.line)
    for chain in context.text.chains:
        if chain.aside:
            continue
        if (chain.context or regime) and context.compatible((*regime, *chain.context)) is False:
            continue
        conditions = tuple(c for c in chain.context if not _of_own_names(c, context))
        for line, labels, values in _label_claims(context, label, chain):
            out.partial.append((line.start, line.end))
            if len(values) >= size or (not labels and len(values) == size):
                out.complete.append((values, conditions, chain, line))
                continue
            out.some.append((values, conditions, chain, line))
            known = cases.setdefault(conditions, dict(cases[()]))
            for key in [k for k in known if k & labels]:
                del known[key]
            known[labels] = (values, chain, line)
            together = [v for found, _, _ in known.values() for v in found]
            if len(together) == size:
                out.complete.append((together, conditions, chain, line))
    return out


def _completed(
    context: PartContext, gathered: _Gathered, label: T.Name, size: int, regime: tuple[T.Node, ...], target: T.Node
) -> Iterator[Claim]:
    """Right sets whose last value stands elsewhere: behind the cases, in words, or as a linear factor `\\lambda + 1/2`."""
    singles = [values[0] for values, conditions, _, _ in gathered.some if len(values) == 1 and not conditions]
    told = (b for b in context.text.bare if _REST.search(b.words) or _NAMED.search(b.words))
    singles += [b.line.tree for b in told if b.line.tree is not None]
    singles += _roots_of_factors(context, label)
    judge = context.narrowed(regime)
    for values, _, chain, line in gathered.some:
        if len(values) != size - 1:
            continue
        for single in dict.fromkeys(singles):
            node = T.SetOf((*values, single))
            if context.explicit(single):
                verdict = equal(judge, node, target)
                if verdict.outcome is Outcome.CORRECT:
                    yield Claim(chain, line, node, verdict, False, False)
                    return


def _roots_of_factors(context: PartContext, label: T.Name) -> list[T.Node]:
    """Roots of the linear factors that a polynomial in the label is written with."""
    found: list[T.Node] = []
    for chain in context.text.chains:
        for line in chain.lines:
            for product in T.of_kind(line.tree, T.Mul) if line.tree is not None else ():
                about = [f for f in product.factors if label.key in T.names_in(f)]
                for factor in about if len(about) > 1 else ():
                    terms = factor.terms if isinstance(factor, T.Add) else ()
                    rest = tuple(t for t in terms if T.unboxed(t) != label)
                    if len(rest) == len(terms) - 1 == 1 and label.key not in T.names_in(rest[0]):
                        found.append(T.Neg(rest[0]))
    return found


def _of_own_names(condition: T.Node, context: PartContext) -> bool:
    """Whether a condition is only about names that the part does not know: `for a = -i` of an eigenvector (1, 0, a)."""
    world = context.judge.world
    return all(key not in world.symbols and key not in world.definitions for key in free_names(condition))


def _label_claims(
    context: PartContext, label: T.Name, chain: Chain
) -> Iterator[tuple[Line, frozenset[str], list[T.Node]]]:
    """Claims of values in a chain: the indices they are for (empty for the whole set) and the values."""
    head = chain.head()
    for line in chain.lines:
        if line.tree is None:
            continue
        rels = list(flat_relations(line.tree))
        whole = read_answer(line.tree)
        if not rels:
            plain = all(
                isinstance(i, T.Name) for i in whole.items
            )  # `(\\psi_0, \\psi_1, \\theta)`: an order of variables
            if whole.kind in ("set", "list") and not plain and all(context.explicit(i) for i in whole.items):
                if _OTHER_VALUES.search(chain.words[-60:]):
                    continue
                yield line, frozenset(), list(whole.items)
            continue
        together: list[T.Node] = []
        for rel in rels:
            if rel.relations[-1] not in ("=", ":=", "in"):
                continue
            names = [T.unboxed(o) for o in rel.operands[:-1]]
            if isinstance(names[0], T.Empty) and head is not None:
                names[0] = T.unboxed(head)
            ours = [n for n in names if isinstance(n, T.Name) and n.base == label.base and "-" not in n.marks]
            spectrum = not ours and any(_spectrum(n) for n in names)
            if spectrum:
                ours = [T.Name(label.base)]
            answer = read_answer(rel.operands[-1]) if spectrum else whole if len(rels) == 1 else read_answer(rel)
            values = list(answer.items)
            usable = answer.kind in ("value", "set", "list") and all(
                context.explicit(i) and label.base not in {n.base for n in T.walk(i) if isinstance(n, T.Name)}
                for i in values
            )
            if not ours or not usable:
                continue
            if _EXAMPLE.search(chain.words):
                continue
            labels = frozenset(T.sub_text(s) for n in ours for s in n.sub)
            several = [n for n in ours if n.sub]
            if len(several) > 1 and len(values) == 1:
                values = values * len(several)  # `\\lambda_2 = \\lambda_3 = -1/2`
            if not labels and len(values) < _SEVERAL and len(rels) > 1:
                together += values  # `\\lambda = -1/2 or \\lambda = i/2 or ..`
                continue
            yield line, labels, values
        if together:
            yield line, frozenset(), together


def _spectrum(node: T.Node) -> bool:
    """`Sp(J)`, `spec(J)`, `eig(J)`: the set of all eigenvalues."""
    if isinstance(node, T.Call):
        return node.func == "eig"
    head = node.head.base if isinstance(node, T.Apply) else ""
    if isinstance(node, T.Mul) and isinstance(node.factors[0], T.Name):
        head = node.factors[0].base
    return head.lower() in ("sp", "spec", "spectrum", "spectre", "eig", "vp")


_SEVERAL = 3
"""So many values for a name without an index are a list by themselves."""
_MORE_VALUES = re.compile(
    r"conjug|double|multiplicit|\bother|\bautre|third|troisieme|remain|reste|\blast\b|dernier|also|aussi|same|meme|twice|deux fois"
)
"""Words that may stand for values a set does not list."""
_ONE = re.compile(
    r"\b(?:one|an|une?|the first|first|la premiere|premiere)\b[^.;]{0,20}(?:eigen ?value|valeur propre)[^.;\u00a4]{0,20}$"
)
"""Words before the value of a single eigenvalue."""
_REST = re.compile(
    r"(?:\b(?:remaining|other|third|last|additional)|\b(?:autre|troisieme|derniere|restante?))\b[^.;]{0,40}$|"
    r"(?:eigen ?value|valeur propre|racine|root)s?[^.;\u00a4]{0,20}(?:remaining|restante)[^.;\u00a4]{0,20}$"
)
"""Words before the value that is left."""
_OTHER_VALUES = re.compile(
    r"real parts?|imaginary parts?|parties? reelles?|parties? imaginaires?|diagonal|trace|determinant"
)
"""Words before a list of numbers that is no list of eigenvalues."""
_EXAMPLE = re.compile(r"\b(?:example|exemple|instance|for large|pour de grands?)\b[^.;]*$")
"""Words of a sentence about particular values."""
_NAMED = re.compile(r"(?:eigen ?values?|valeurs? propres?|spectr)[^.;]*$")


def _order(target: T.Node) -> int:
    """How many eigenvalues `eig(M)` has."""
    matrix = target.args[0] if isinstance(target, T.Call) else target
    return len(matrix.rows) if isinstance(matrix, T.Matrix) else 1


def _in_words(context: PartContext, size: int) -> Iterator[tuple[list[T.Node], tuple[T.Node, ...], Chain, Line]]:
    """`The eigenvalues are A, B and C`: formulas in running text behind those words."""
    bare = context.text.bare
    for i, first in enumerate(bare):
        if not _NAMED.search(first.words) or _OTHER_VALUES.search(first.words[-60:]):
            continue
        values: list[T.Node] = []
        group: list[Bare] = []
        for b in bare[i : i + size]:
            listed = not group or ("\u00a4" in b.words[-8:] and b.order == first.order)
            if not listed or b.line.tree is None or not context.explicit(b.line.tree):
                break
            group.append(b)
            answer = read_answer(b.line.tree)
            values += answer.items if answer.kind in ("value", "set", "list") else ()  # `+- i/2` are two
            if len(values) >= size:
                break
        if len(values) == size:
            lines = [b.line for b in group]
            chain = Chain("", lines, "inline", first.line.start, (), "claim", first.order, first.words)
            yield values, (), chain, group[-1].line
