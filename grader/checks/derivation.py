"""What a derivation shows: identities, formulas that occur, chains whose links hold. Judged by what is there; never
`incorrect` here: what is not found is a person's to find."""

from __future__ import annotations

from grader.checks.context import Finding, PartContext
from grader.checks.specs import DerivationCheck, IdentityCheck, SubtermCheck
from grader.maths import syntax as T
from grader.maths.parser import parse
from grader.maths.screening import agrees
from grader.model import Outcome
from grader.reading.part_text import Chain
from grader.reading.rows import operands

_KINDS: dict[str, tuple[type[T.Node], ...]] = {
    "expectation": (T.Expect, T.Integral),
    "derivative": (T.Deriv, T.Grad),
    "divergence": (T.KL,),
}


_AHEAD = 40
"""Members behind one that are looked at for its value."""


def _has(node: T.Node, kind: str) -> bool:
    if kind == "determinant":
        return any(isinstance(n, T.Call) and n.func == "det" for n in T.walk(node))
    return any(isinstance(n, _KINDS[kind]) for n in T.walk(node))


def members(chain: Chain) -> list[tuple[T.Node, int, int]]:
    """All members of a chain of equalities with their places; cut where another relation stands."""
    out: list[tuple[T.Node, int, int]] = []
    for line in chain.lines:
        rel = operands(line.tree) if line.tree is not None else None
        if rel is None or not set(rel.relations) <= {"=", ":="}:
            if line.tree is not None and rel is None and not isinstance(line.tree, T.Logic):
                out.append((line.tree, line.start, line.end))
            continue
        out.extend((o, line.start, line.end) for o in rel.operands if not isinstance(o, T.Empty))
    return out


def _absent(context: PartContext) -> Finding:
    if context.text.empty:
        return Finding(Outcome.MISSING, "nothing_handed_in")
    return Finding(Outcome.UNDECIDED, "not_found")


def check_identity(spec: IdentityCheck, context: PartContext) -> Finding:
    """Links that take an operator away and hold; with `any_of`, one group of left sides must all be so resolved."""
    resolved: list[tuple[T.Node, tuple[int, int]]] = []
    for chain in context.text.chains:
        here = members(chain)
        for i, (left, _, _) in enumerate(here):
            if not any(_has(left, kind) for kind in spec.left_has):
                continue
            for right, start, end in here[i + 1 : i + 1 + _AHEAD]:
                if not context.explicit(right):
                    continue
                if agrees(context.judge, left, right):
                    resolved.append((left, (start, end)))
                    break
    if not spec.any_of:
        return Finding(Outcome.CORRECT, "identity_holds", (resolved[0][1],)) if resolved else _absent(context)
    for group in spec.any_of:
        places = []
        for wanted in group:
            goal = parse(wanted, context.notation)
            place = next((p for left, p in resolved if agrees(context.judge, left, goal)), None)
            if place is None:
                break
            places.append(place)
        if len(places) == len(group):
            return Finding(Outcome.CORRECT, "identity_holds", tuple(places))
    failing = context.unpaid(
        spec.id, lambda link: any(_has(s, kind) for s in (link.left, link.right) for kind in spec.left_has)
    )
    return failing or _absent(context)


def check_subterm(spec: SubtermCheck, context: PartContext) -> Finding:
    """Whether all targets of a group occur as parts of formulas."""
    terms: list[tuple[T.Node, tuple[int, int]]] = []
    for chain in context.text.chains:
        for line in chain.lines:
            if line.tree is not None:
                terms.extend((n, (line.start, line.end)) for n in _subterms(line.tree, context))
    unique: dict[T.Node, tuple[int, int]] = {}
    for node, place in terms:
        unique.setdefault(node, place)
    for targets in spec.any_of:
        places: list[tuple[int, int]] = []
        for target in targets:
            goal = context.target(target)
            names = T.names_in(goal)
            found = next(
                (p for n, p in unique.items() if context.names(n) >= names and agrees(context.judge, n, goal)),
                None,
            )
            if found is None:
                break
            places.append(found)
        if len(places) == len(targets):
            return Finding(Outcome.CORRECT, "occurs", tuple(places))
    return _absent(context)


def _subterms(tree: T.Node, context: PartContext) -> list[T.Node]:
    """Sums, and what stands under expectations and logarithms: the parts a reader would point at."""
    out: list[T.Node] = []
    for node in T.walk(tree):
        if isinstance(node, T.Expect):
            out.append(node.body)
        elif isinstance(node, T.Add):
            out.append(node)
        elif isinstance(node, (T.Rel,)):
            out.extend(o for o in node.operands if not isinstance(o, T.Empty))
    return [n for n in out if context.explicit(n)]


def check_derivation(spec: DerivationCheck, context: PartContext) -> Finding:
    """A chain that starts at the quantity itself, ends at the target, and whose links all hold."""
    target = context.target(spec.target)
    best: Finding | None = None
    for chain in context.text.chains:
        here = members(chain)
        if len(here) <= spec.links or chain.context or any(line.tree is None for line in chain.lines):
            continue
        if not agrees(context.judge, here[0][0], target) or context.explicit(here[0][0]):
            continue
        holds = all(agrees(context.judge, here[i][0], here[i + 1][0]) for i in range(len(here) - 1))
        place = (here[0][1], here[-1][2])
        if holds and context.explicit(here[-1][0]):
            return Finding(Outcome.CORRECT, "all_links_hold", (place,), {"links": len(here) - 1})
        inside = context.unpaid(spec.id, lambda link, chain=chain: link.run.chain is chain, 0.5)  # type: ignore[misc]
        best = best or inside or Finding(Outcome.UNDECIDED, "some_link_unclear", (place,))
    return best or _absent(context)
