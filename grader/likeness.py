"""What makes two open answers one question: the same values, the same line, the same formulas or the same words.

Worked out where the formulas have their worlds, and kept in the report, so that a gradebook compares strings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from grader.checks.context import Finding, PartContext
from grader.maths import syntax as T
from grader.maths.fingerprint import fingerprint
from grader.maths.printer import to_latex
from grader.model import Role
from grader.reading.marks import folded
from grader.reading.part_text import PartText
from grader.reading.rows import Line
from grader.source import SourceMap

VALUES, LINES, FORMULAS, WORDS = "values", "line", "formulas", "words"


def likeness(text: PartText, context: PartContext | None, source: SourceMap, role: Role, finding: Finding) -> str:
    """What an open answer has in common with those that a person would judge alike, as `kind:hash`.

    `values`: what is claimed has the same values in the part's world. `line`: the lines the finding points at have, or for an
    explanation they read the same. `formulas`: all formulas of the part are the same up to notation of no meaning, `words`: all that is
    written there up to white space and case. Empty for a part without text. The finding's outcome, note and shares belong to it: answers
    that were read differently are not alike.
    """
    found = _common(text, context, source, role, finding)
    if found is None:
        return ""
    kind, content = found
    parts = [finding.outcome.value, finding.note, repr(finding.share), repr(finding.fraction), *content]
    return f"{kind}:{hashlib.sha256(chr(0).join(parts).encode('utf-8', 'replace')).hexdigest()[:20]}"


def _common(
    text: PartText, context: PartContext | None, source: SourceMap, role: Role, finding: Finding
) -> tuple[str, list[str]] | None:
    if text.empty:
        return None
    if context is not None and finding.answer is not None:
        value = fingerprint(context.judge, finding.answer)
        if value is not None:
            return VALUES, [value]
    if role is Role.EXPLANATION and finding.places:
        return LINES, [_plain(source.text(*place)) for place in finding.places]
    if context is not None and finding.places and role is not Role.MANUAL:
        worth = [_worth(context, line) for line in _at_places(text, finding)]
        if worth and all(worth):
            return VALUES if role is Role.FINAL_ANSWER else LINES, [w for w in worth if w]
    if text.formulas and role not in (Role.MANUAL, Role.EXPLANATION):
        return FORMULAS, list(_formulas(text))
    return WORDS, ["".join(_plain(piece) for piece in text.written)]


def _at_places(text: PartText, finding: Finding) -> list[tuple[Line, tuple[T.Node, ...]]]:
    """The lines a finding points at, with the conditions they stand under."""
    return [
        (line, chain.context)
        for chain in text.chains
        for line in chain.lines
        if any(line.start < end and start < line.end for start, end in finding.places)
    ]


def _worth(context: PartContext, placed: tuple[Line, tuple[T.Node, ...]]) -> str | None:
    """The values of both sides of a line; None if it was not read or has none."""
    line, conditions = placed
    if line.tree is None:
        return None
    sides = line.tree.operands if isinstance(line.tree, T.Rel) else (line.tree,)
    relations = line.tree.relations if isinstance(line.tree, T.Rel) else ()
    found = [fingerprint(context.judge, T.unboxed(side)) for side in sides if not isinstance(side, T.Empty)]
    if None in found or not found:
        return None
    under = sorted(to_latex(c) for c in conditions)
    return " ".join([*under, line.lead, *relations, *(f for f in found if f)])


def _formulas(text: PartText) -> Iterator[str]:
    """Every line in the order it stands: as it was read, or its source without spaces where it was not."""
    for chain in text.chains:
        for line in chain.lines:
            yield to_latex(line.tree) if line.tree is not None else "".join(t.text for t in line.toks)


def _plain(text: str) -> str:
    """A text without case, accents and white space."""
    return "".join(folded(text).split())
