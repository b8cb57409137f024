"""The text each part is graded on, as a hash: what a person's decision was about, and whether it is still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from grader.reading.document import Document
from grader.reading.outline import Located
from grader.rubric import Part, Question


def text_sha256(
    document: Document, located: Located, question: Question, part: Part, programs: Collection[str] = ()
) -> str:
    """Hash of a part's text as the student wrote it, without the white space between its blocks.

    Where a part has no text of its own, what stands under the question and no part counts; for parts in `programs` the
    Python handed in counts too.
    """
    pieces = located.parts.get(part.id) or located.unplaced.get(question.number, [])
    digest = hashlib.sha256()
    for piece in pieces:
        for block in document.blocks[piece.first : piece.last + 1]:
            digest.update(document.source.text(block.start, block.end).strip().encode("utf-8", "replace") + b"\0")
    if part.id in programs:
        for code in document.code:
            digest.update(code.program.source.encode("utf-8", "replace") + b"\0")
    return digest.hexdigest()
