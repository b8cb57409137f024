"""The text each part is graded on: as a hash, which tells whether a person's decision was about the same, and as written."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Final

from grader.model import Passage
from grader.reading.document import Document
from grader.reading.outline import Located, Piece
from grader.rubric import Part, Question

PASSAGE: Final = 12_000
"""Characters of a part that are kept for a person: the longest real answers have 6,000, and the file has the rest."""


def text_sha256(
    document: Document, located: Located, question: Question, part: Part, programs: Collection[str] = ()
) -> str:
    """Hash of a part's text as the student wrote it, without the white space between its blocks.

    Where a part has no text of its own, what stands under the question and no part counts; for parts in `programs` the
    Python handed in counts too.
    """
    digest = hashlib.sha256()
    for piece in pieces(located, question, part):
        for block in document.blocks[piece.first : piece.last + 1]:
            digest.update(document.source.text(block.start, block.end).strip().encode("utf-8", "replace") + b"\0")
    if part.id in programs:
        for code in document.code:
            digest.update(code.program.source.encode("utf-8", "replace") + b"\0")
    return digest.hexdigest()


def passages(document: Document, located: Located, question: Question, part: Part) -> tuple[Passage, ...]:
    """A part's text as the student wrote it, piece by piece, with its place; of a very long one the beginning."""
    out = []
    left = PASSAGE
    for piece in pieces(located, question, part):
        blocks = document.blocks[piece.first : piece.last + 1]
        source = document.source
        while blocks and left > 0:
            file = source.file_at(blocks[0].start)
            here = [b for b in blocks if source.file_at(b.start).base == file.base]
            start, end = min(b.start for b in here), max(b.end for b in here)
            end = min(end, start + left, file.base + len(file.text))
            text = source.text(start, end)
            if text.strip():
                out.append(Passage(source.span(start, end), text))
            left -= end - start
            blocks = [b for b in blocks if source.file_at(b.start).base != file.base]
    return tuple(out)


def pieces(located: Located, question: Question, part: Part) -> list[Piece]:
    """Where a part's text stands; the question's text of no part where it has none of its own."""
    return located.parts.get(part.id) or located.unplaced.get(question.number, [])
