"""Where the answer to each part stands.

The marks of all blocks are read once (`page`), questions are told apart (`questions`), the labels that begin parts are
chosen (`labels`) and each question is cut into answers (`parts`). Quoted statements are placed nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.reading.document import Document
from grader.reading.outline import Located, PartOutline, Piece, QuestionOutline
from grader.reading.page import Page
from grader.reading.parts import cut_region
from grader.reading.questions import find_regions
from grader.reading.wording import is_placeholder

__all__ = ["Located", "PartOutline", "Piece", "QuestionOutline", "locate"]

_SHORT = 12
"""An answer of more blocks than this is no placeholder."""


def locate(document: Document, outline: Sequence[QuestionOutline]) -> Located:
    """Find the answers of all parts."""
    located = Located()
    page = Page(document.blocks)
    for region in find_regions(page, outline):
        cut_region(page, region, located)
    for part, pieces in list(located.parts.items()):
        if sum(p.last - p.first + 1 for p in pieces) <= _SHORT:
            words = " ".join(page.words(p.first, p.last) for p in pieces)
            if is_placeholder(words):
                del located.parts[part]
    return located
