"""The steps of a part for the report: every line as it was read, with the verdict on each of its links."""

from __future__ import annotations

from collections.abc import Sequence

from grader.derivation.derivation import Link
from grader.maths import syntax as T
from grader.maths.printer import to_latex
from grader.model import Outcome, Span, Step
from grader.reading.part_text import Chain, PartText
from grader.reading.rows import Line
from grader.source import SourceMap


def steps_of(text: PartText, links: Sequence[Link], source: SourceMap, part: str) -> tuple[Step, ...]:
    """All steps of a part in the order of its lines: the judged links, and the lines that could not be read."""
    places = _placed(text, links)
    names = names_of(text, links, part)
    out: list[Step] = []
    for i, (_, _, entry) in enumerate(places):
        if isinstance(entry, Link):
            out.append(_step(entry, source, names))
        else:
            out.append(_unread(entry[1], entry[0], source, f"{part}:{i + 1}"))
    return tuple(out)


def names_of(text: PartText, links: Sequence[Link], part: str) -> dict[int, str]:
    """The id of each link's step by the link's number, in the order of the steps."""
    return {e.number: f"{part}:{i + 1}" for i, (_, _, e) in enumerate(_placed(text, links)) if isinstance(e, Link)}


def _placed(text: PartText, links: Sequence[Link]) -> list[tuple[int, int, Link | tuple[Chain, Line]]]:
    places: list[tuple[int, int, Link | tuple[Chain, Line]]] = []
    for link in links:
        order = link.run.chain.order if link.run.chain is not None else 0
        line = link.run.lines[link.k + 1].start if link.run.lines else 0
        places.append((order, line, link))
    for chain in text.chains:
        places.extend((chain.order, line.start, (chain, line)) for line in chain.lines if line.tree is None)
    return sorted(places, key=lambda entry: entry[:2])


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


def _step(link: Link, source: SourceMap, names: dict[int, str]) -> Step:
    left, right, verdict = link.left, link.right, link.verdict
    line = link.run.lines[link.k + 1]
    relation = link.run.relations[link.k]
    reads = to_latex(T.Rel((left, right), (relation,)))
    if link.k == 0 and link.run.across is not None and verdict.note == "condition_differs":
        left, right = link.run.across
        relation, reads = "<=>", to_latex(T.Logic("<=>", link.run.across))
    return Step(
        names[link.number],
        link.run.chain.id if link.run.chain is not None else "",
        link.kind,
        verdict.outcome,
        relation,
        source.text(left.start, left.end),
        source.text(right.start, right.end),
        reads,
        verdict.note,
        _span(right, line, source),
        _span(left, line, source) if left.end > left.start else None,
        tuple(_condition(c, source) for c in link.run.conditions),
        verdict.detail,
        verdict.witness,
        link.diagnosis,
        names.get(link.repairs) if link.repairs is not None else None,
        names.get(link.repaired_by) if link.repaired_by is not None else None,
        names.get(link.consequence_of) if link.consequence_of is not None else None,
        link.charged,
    )


def _condition(node: T.Node, source: SourceMap) -> str:
    """A condition as it was written; one read from plain text as it was understood."""
    text = source.text(node.start, node.end)
    return text if node.end > node.start and "$" not in text and len(text) < 60 and "\n" not in text else to_latex(node)


def _span(node: T.Node, line: Line, source: SourceMap) -> Span:
    if node.end > node.start:
        return source.span(node.start, node.end)
    return source.span(line.start, line.end)
