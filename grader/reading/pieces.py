"""Stretches of blocks become pieces of answers: without page headers, footnotes, breaks and dead ends of lists."""

from __future__ import annotations

from collections.abc import Sequence

from grader.reading.document import CONTENT, Kind
from grader.reading.outline import Located, PartOutline, Piece
from grader.reading.page import Page
from grader.reading.wording import is_furniture

_IDLE = (Kind.BREAK, Kind.ANSWER, Kind.ANSWER_END, Kind.QUESTION)


class Placer:
    """Adds what was found in one question to `Located`."""

    def __init__(self, page: Page, number: int, located: Located) -> None:
        self.page = page
        self.blocks = page.blocks
        self.number = number
        self.located = located

    def note(self, parts: Sequence[PartOutline], at: int) -> None:
        """The label of parts stands at block `at`."""
        for part in parts:
            self.located.labels.setdefault(part.id, at)

    def add(self, parts: Sequence[PartOutline], first: int, last: int) -> None:
        """Blocks `first..last` answer these parts."""
        for begin, end in self.pieces(first, last):
            for part in parts:
                self.located.parts.setdefault(part.id, []).append(Piece(begin, end))

    def leave(self, first: int, last: int) -> None:
        """Nothing says which part blocks `first..last` answer."""
        for begin, end in self.pieces(first, last):
            self.located.unplaced.setdefault(self.number, []).append(Piece(begin, end))

    def pieces(self, first: int, last: int) -> list[tuple[int, int]]:
        """What is left of a stretch, cut where lines belong to the page."""
        out: list[tuple[int, int]] = []
        start = first
        for at in range(first, last + 2):
            if at <= last and not self.beside(at):
                continue
            piece = self.trimmed(start, at - 1)
            if piece is not None:
                out.append(piece)
            start = at + 1
        return out

    def beside(self, at: int) -> bool:
        """Whether a line belongs to the page and not to the answer."""
        block = self.blocks[at]
        if at in self.page.footnotes:
            return True
        if block.kind is not Kind.TEXT or not block.fresh or not block.text:
            return False
        alone = at + 1 == len(self.blocks) or self.blocks[at + 1].fresh or self.blocks[at + 1].kind not in CONTENT
        return alone and is_furniture(block.text)

    def trimmed(self, first: int, last: int) -> tuple[int, int] | None:
        """The blocks without what holds nothing at either end; None if nothing is handed in there."""
        if not self.page.content(first, last):
            return None
        loose = self.unbalanced(first, last)
        while first <= last and (self.blocks[first].kind in _IDLE or first in loose):
            first += 1
        while first <= last and (self.blocks[last].kind in (*_IDLE, Kind.ITEM) or last in loose):
            last -= 1
        return (first, last) if first <= last else None

    def unbalanced(self, first: int, last: int) -> set[int]:
        """Beginnings and ends of lists whose other end lies outside."""
        opened: list[int] = []
        loose: set[int] = set()
        for at in range(first, last + 1):
            kind = self.blocks[at].kind
            if kind is Kind.LIST:
                opened.append(at)
            elif kind is Kind.LIST_END and opened:
                opened.pop()
            elif kind is Kind.LIST_END:
                loose.add(at)
        return loose | set(opened)
