"""The steps of a part for the report: every line as it was read, links of equalities tried in the part's world.

A link that holds is `correct`; one that does not is `undecided` here: judging it needs the context of the whole
derivation, which the derivation checker brings. Lines that cannot be read say where and why.
"""

from __future__ import annotations

from collections.abc import Callable

from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.printer import to_latex
from grader.maths.relations import holds
from grader.model import Outcome, Span, Step, Verdict
from grader.reading.claims import Chain, PartText
from grader.reading.rows import Line, operands
from grader.source import SourceMap

_JUDGED = frozenset({"=", "<", ">", "<=", ">=", "!="})


def steps_of(
    text: PartText,
    judge: Judge | None,
    source: SourceMap,
    part: str,
    narrowed: Callable[[tuple[T.Node, ...]], Judge] | None = None,
) -> tuple[Step, ...]:
    """All steps of a part in order; a link that does not hold everywhere is tried under its own conditions."""
    out: list[Step] = []
    for chain in text.chains:
        previous: T.Node | None = None
        for line in chain.lines:
            if line.tree is None:
                out.append(_unread(line, chain, source, f"{part}:{len(out) + 1}"))
                previous = None
                continue
            rel = operands(line.tree)
            if rel is None:
                previous = line.tree if not isinstance(line.tree, T.Logic) else None
                continue
            left = rel.operands[0]
            if isinstance(left, T.Empty):
                left = previous if previous is not None and line.lead == "continues" else left
            for relation, right in zip(rel.relations, rel.operands[1:], strict=True):
                judges = [judge] if judge is not None else []
                if chain.context and narrowed is not None and judge is not None:
                    judges.append(narrowed(chain.context))
                out.append(_link(left, relation, right, line, chain, judges, source, f"{part}:{len(out) + 1}"))
                left = right
            previous = left
    return tuple(out)


def _unread(line: Line, chain: Chain, source: SourceMap, name: str) -> Step:
    assert line.error is not None
    start = line.error.start if source.file_at(line.error.start).base == source.file_at(line.start).base else line.start
    span = source.span(start, max(line.error.end, start + 1))
    excerpt, column = source.excerpt(start)
    return Step(
        name,
        chain.id,
        "identity",
        Outcome.UNREADABLE,
        "",
        "",
        source.text(line.start, line.end),
        "",
        line.error.note,
        span,
        detail=line.error.message,
        source=excerpt,
        source_column=column,
    )


def _link(
    left: T.Node,
    relation: str,
    right: T.Node,
    line: Line,
    chain: Chain,
    judges: list[Judge],
    source: SourceMap,
    name: str,
) -> Step:
    kind = {"goal": "goal", "denied": "denied", "hypothesis": "hypothesis"}.get(
        chain.role, "identity" if relation == "=" else "inequality"
    )
    kind = "definition" if relation in (":=", "=:") else kind
    verdict = Verdict(Outcome.UNDECIDED, "not_judged")
    if chain.role == "denied" or (chain.role == "hypothesis" and chain.kind == "inline"):
        verdict = Verdict(Outcome.ASSUMED, "hypothesis")
    elif not isinstance(left, T.Empty) and not isinstance(right, T.Empty) and relation in _JUDGED:
        for judge in judges:
            found = holds(judge, left, "=" if relation == ":=" else relation, right)
            if found.outcome is Outcome.CORRECT:
                verdict = found
                break
    span = _span(right, line, source)
    left_span = _span(left, line, source) if left.end > left.start else None
    return Step(
        name,
        chain.id,
        kind,
        verdict.outcome,
        relation,
        source.text(left.start, left.end),
        source.text(right.start, right.end),
        to_latex(T.Rel((left, right), (relation,))),
        verdict.note,
        span,
        left_span,
        tuple(source.text(c.start, c.end) for c in chain.context),
        verdict.detail,
    )


def _span(node: T.Node, line: Line, source: SourceMap) -> Span:
    if node.end > node.start:
        return source.span(node.start, node.end)
    return source.span(line.start, line.end)
