"""The text of a part as it was read, piece by piece and row by row: what a page shows with its marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.handed_in import PASSAGE, pieces
from grader.maths.lexer import Token, group_end, skip_space, source_text
from grader.model import Written
from grader.reading.document import Block, Document, Kind
from grader.reading.outline import Located
from grader.reading.rows import raw_rows
from grader.rubric import Part, Question
from grader.source import SourceMap

_KINDS = {Kind.TEXT: "text", Kind.HEADING: "heading", Kind.ITEM: "item", Kind.INLINE: "formula", Kind.OPAQUE: "code"}
_OPENING = {"{": 1, "}": -1, "left": 1, "right": -1}

_CUT_INTO_ROWS = frozenset(
    [
        "equation",
        "align",
        "aligned",
        "gather",
        "gathered",
        "multline",
        "split",
        "eqnarray",
        "flalign",
        "displaymath",
        "math",
        "IEEEeqnarray",
    ]
)


def written(document: Document, located: Located, question: Question, part: Part) -> tuple[Written, ...]:
    """A part's pieces in order, each with its place; formulas with the student's macros written out.

    Of a very long part the beginning, as of `passages`.
    """
    out: list[Written] = []
    left = PASSAGE
    for piece in pieces(located, question, part):
        first = True
        for block in document.blocks[piece.first : piece.last + 1]:
            if left <= 0:
                return tuple(out)
            for one in _of(document.source, block, first):
                out.append(one)
                left -= len(one.text)
                first = False
    return tuple(out)


def _of(source: SourceMap, block: Block, first: bool) -> Iterator[Written]:
    fresh = block.para or first
    if block.kind is Kind.DISPLAY:
        rows = _rows(block.tokens) or [list(block.tokens)]
        for at, row in enumerate(rows):
            inked = [t for t in row if t.kind not in ("ws", "par")]
            start = min((t.start for t in inked), default=block.start)
            end = max((t.end for t in inked), default=block.end)  # those of a macro all stand where it is called
            yield Written("row" if at else "display", source_text(row).strip(), source.span(start, end), fresh)
    elif block.kind in _KINDS:
        text = block.text
        if block.kind is Kind.INLINE:
            text = source_text(block.tokens)
        elif block.kind is Kind.OPAQUE:
            text = source.text(block.start, block.end)
        if text.strip():
            span = source.span(block.start, block.end)
            yield Written(_KINDS[block.kind], text.strip(), span, fresh, _spaced(source, block.start))


def _spaced(source: SourceMap, start: int) -> bool:
    """Whether white space stands on either side of a place; a text's own is part of its span."""
    file = source.file_at(start)
    at = start - file.base
    around = file.text[max(at - 1, 0) : at + 1]
    return any(sign.isspace() or sign == "~" for sign in around)


def _rows(tokens: Sequence[Token]) -> list[list[Token]]:
    """The rows of a display; those between which a bracket goes on as one, where it closes at all."""
    rows = [_bare(row) for row in raw_rows(list(tokens))]
    out: list[list[Token]] = []
    waiting: list[list[Token]] = []
    for row in rows:
        if all(t.kind in ("ws", "par") for t in row):
            continue
        waiting.append(row)
        joined = [token for piece in waiting for token in piece]
        if _balanced(joined):
            out.append(_joined(waiting))
            waiting = []
    return out + waiting


def _joined(rows: Sequence[list[Token]]) -> list[Token]:
    """Rows as one, still cut where they were."""
    out = list(rows[0])
    for row in rows[1:]:
        out += [Token("cmd", "\\", row[0].start, row[0].start), *row]
    return out


def _bare(row: list[Token]) -> list[Token]:
    """A row without the environment that cuts displays into rows."""
    out: list[Token] = []
    at = 0
    while at < len(row):
        token = row[at]
        stop = group_end(row, skip_space(row, at + 1)) if token.kind == "cmd" and token.text in ("begin", "end") else at
        if stop > at and "".join(t.text for t in row[at + 1 : stop]).strip(" {}*") in _CUT_INTO_ROWS:
            at = stop
        else:
            out.append(token)
            at += 1
    return out


def _balanced(row: Sequence[Token]) -> bool:
    groups = sum(_OPENING.get(t.text, 0) for t in row if t.kind == "char")
    fences = sum(_OPENING.get(t.text, 0) for t in row if t.kind == "cmd" and t.text in ("left", "right"))
    return groups == 0 and fences == 0
