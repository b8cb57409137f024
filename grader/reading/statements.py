"""Statements quoted in a submission without a mark behind them: told by their wording and their frames."""

from __future__ import annotations

from typing import Final

from grader.reading.document import FORMULAS, Kind
from grader.reading.page import Page
from grader.reading.wording import argues, asks, hints, is_formula, sets_out

_PARAGRAPHS: Final = 6
"""A statement is looked for in this many first paragraphs of an answer."""

_BLOCKS: Final = 400
"""Nor is one longer than this."""

_ARGUMENT: Final = 40
"""Whether a student argues is judged by this many blocks."""

_WORKED: Final = 2
"""So many displayed formulas without a question are worked out, not put."""


class Statements:
    """Judges stretches of blocks."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def is_statement(self, first: int, last: int) -> bool:
        """Whether all that stands here is quoted from the assignment."""
        asked = False
        if last - first > _BLOCKS:
            return False
        for begin, end in self.page.paragraphs(first, last):
            if not self.page.content(begin, end):
                continue
            words = self.page.words(begin, end)
            if self.puts(begin, end, words):
                asked = True
            elif not (sets_out(words) or hints(words) or is_formula(words)):
                return False
        return asked

    def puts(self, first: int, last: int, words: str) -> bool:
        """Whether a paragraph puts a question: by its words, its environment or the word above it."""
        mark = self.page.marks[first]
        if mark is not None and mark.statement:
            return True
        return self.page.blocks[first].box in self.page.quotations or asks(words)

    def is_derivation(self, first: int, last: int) -> bool:
        """Whether a student argues here, with formulas, and nothing is asked: an answer although no mark opens it."""
        first = max(first, last - _ARGUMENT)
        if not any(self.page.blocks[at].kind in FORMULAS for at in range(first, last + 1)):
            return False
        paragraphs = [p for p in self.page.paragraphs(first, last) if self.page.content(*p)]
        words = [(p, self.page.words(*p)) for p in paragraphs]
        displays = sum(self.page.blocks[at].kind is Kind.DISPLAY for at in range(first, last + 1))
        works = displays >= _WORKED or any(argues(w) for _, w in words)
        return works and not any(self.puts(*p, w) for p, w in words)

    def end_before(self, first: int, last: int) -> int:
        """The last block of an answer behind which the next statement is quoted up to an answer mark."""
        paragraphs = list(self.page.paragraphs(first, last))[-_PARAGRAPHS:]
        end = last
        for begin, stop in reversed(paragraphs):
            if self.page.content(begin, stop) and not self.puts(begin, stop, self.page.words(begin, stop)):
                break
            end = begin - 1
        return end if end >= first else last

    def own_text(self, first: int, last: int, home: str) -> tuple[int, int] | None:
        """An answer without a mark: what stands behind the statement quoted before it; None if that is all there is.

        `home` is the frame that the question's heading stands in, if it does.
        """
        units = self._units(first, last)
        if not units:
            return first, last
        behind = 0
        asked = False
        for i, (begin, end) in enumerate(units[:_PARAGRAPHS]):
            box = self.page.blocks[begin].box
            words = self.page.words(begin, end)
            puts = self.puts(begin, end, words)
            if puts or (box and box != home and sets_out(words)) or (i and behind == i and hints(words)):
                behind = i + 1
                asked = asked or not puts or box not in self.page.quotations or asks(words)
            elif not (sets_out(words) or is_formula(words)):
                break
        if behind == len(units):
            return None if asked else (first, last)  # an environment for question and answer together
        if home:
            for begin, end in units[behind:]:
                if self.page.blocks[begin].box != home and self.puts(begin, end, self.page.words(begin, end)):
                    last = begin - 1
                    break
        return units[behind][0] if behind else first, last

    def _units(self, first: int, last: int) -> list[tuple[int, int]]:
        """The first paragraphs with content, those of one frame taken together."""
        units: list[tuple[int, int]] = []
        blocks = self.page.blocks
        for begin, end in self.page.paragraphs(first, last):
            if not self.page.content(begin, end):
                continue
            if units and blocks[begin].box and blocks[begin].box == blocks[units[-1][0]].box:
                units[-1] = (units[-1][0], end)
            else:
                units.append((begin, end))
            if len(units) > _PARAGRAPHS:
                break
        return units

    def only_names(self, first: int, last: int) -> bool:
        """Whether a lone paragraph only names its subject (`Eigenvalues.`) or sets it out."""
        units = self._units(first, last)
        if len(units) != 1:
            return False
        begin, end = units[0]
        words = self.page.words(begin, end)
        formulas = any(self.page.blocks[at].kind in FORMULAS for at in range(begin, end + 1))
        return (sets_out(words) and not self.is_derivation(first, last) and not self.chained(first, last)) or (
            not formulas and len(words.split()) <= 4
        )

    def chained(self, first: int, last: int) -> bool:
        """Whether a display goes on from one equality to the next, as work does and settings do not."""
        shown = (self.page.blocks[at] for at in range(first, last + 1))
        return any(sum(t.text == "=" for t in b.tokens) >= _WORKED for b in shown if b.kind is Kind.DISPLAY)
