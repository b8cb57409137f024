"""The blocks of a submission with the marks each one carries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from grader.maths.lexer import source_text
from grader.reading.document import CONTENT, FORMULAS, Block, Kind
from grader.reading.marks import Marks, folded, read_marks
from grader.reading.wording import DISPLAYED, FORMULA

_WRAPPED = 60
"""A line this long that ends without punctuation runs on: what begins the next line is no label."""


class Page:
    """Blocks and their marks; `wrapped` holds the places where a label may be the accident of a line break."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.marks: list[Marks | None] = [None] * len(blocks)
        self.wrapped: set[int] = set()
        self._filled = [0, *accumulate(int(b.kind in CONTENT) for b in blocks)]
        self._read_marks()
        self._read_dialogue()
        self.footnotes = _footnotes(self)
        self.quotations = self._quotations()

    def _read_marks(self) -> None:
        blocks = self.blocks
        line = 0
        line_style = ""
        for at, block in enumerate(blocks):
            if block.fresh:
                runs_on = not block.para and block.kind is Kind.TEXT and self._runs_on(line, at)
                line, line_style = at, ""
            elif block.style != "inline":
                continue
            else:
                runs_on = False
            if not block.text or block.kind not in (Kind.TEXT, Kind.HEADING, Kind.ITEM, Kind.QUESTION, Kind.ANSWER):
                continue
            marks = read_marks(
                block, at, at + 1 < len(blocks) and blocks[at + 1].kind in FORMULAS and not blocks[at + 1].fresh
            )
            if marks is None:
                continue
            if block.style == "inline" and not marks.answer and (not line_style or marks.style != line_style):
                continue
            if runs_on:
                if not marks.labels or marks.question or marks.answer:
                    continue
                self.wrapped.add(at)
            line_style = line_style or marks.style
            self.marks[at] = replace(marks, answer="") if block.kind is Kind.ANSWER else marks

    def _read_dialogue(self) -> None:
        """Lines `Q: ..` and `A: ..` (`R : ..`) in turn: the statement and the answer."""
        turns = {
            at: found[0][0]
            for at, block in enumerate(self.blocks)
            if block.kind is Kind.TEXT and block.para and (found := _TURN.match(block.text)) is not None
        }
        if "Q" not in turns.values() or len(set(turns.values())) < 2:
            return
        for at, speaker in turns.items():
            rest = self.blocks[at].text[2:].lstrip(" :")
            asked = speaker == "Q"
            self.marks[at] = Marks(at, statement=asked, answer="" if asked else "strong", rest="" if asked else rest)

    def _runs_on(self, line: int, at: int) -> bool:
        before = self.blocks[at - 1] if at else None
        return (
            before is not None
            and before.kind is Kind.TEXT
            and before.text[-1:] not in ".:;!?)]»…"
            and before.end - self.blocks[line].start >= _WRAPPED
        )

    def _quotations(self) -> set[str]:
        """Environments of a question that hold no answer."""
        boxes = {b.box for b in self.blocks if b.box.startswith("question")}
        answered = {
            b.box
            for b, mark in zip(self.blocks, self.marks, strict=True)
            if b.box and (b.kind is Kind.ANSWER or (mark is not None and mark.answer))
        }
        return boxes - answered

    def words(self, first: int, last: int) -> str:
        """Folded text of blocks `first..last`; a formula is one sign, unless nothing but dots stands in it."""
        out: list[str] = []
        for at in range(first, last + 1):
            block = self.blocks[at]
            if block.kind is Kind.TEXT:
                mark = self.marks[at]
                opens = mark is not None and (mark.labels or mark.answer or mark.question)
                out.append(folded(mark.rest if mark is not None and opens else block.text))
            elif block.kind in CONTENT:
                sign = DISPLAYED if block.kind is Kind.DISPLAY else FORMULA
                out.append("" if block.kind in FORMULAS and is_vacant(block) else sign)
        return " ".join(out).strip()

    def content(self, first: int, last: int) -> bool:
        """Whether anything is handed in within these blocks."""
        return first <= last and self._filled[last + 1] > self._filled[first]

    def paragraphs(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Paragraphs as (first, last), cut where a frame or a colour changes too."""
        start = -1
        for at in range(first, last + 1):
            block = self.blocks[at]
            if block.kind in (Kind.BREAK, Kind.LIST_END, Kind.ANSWER, Kind.ANSWER_END):
                continue
            if start >= 0:
                before = self.blocks[at - 1]
                if (
                    block.para
                    or before.kind in (Kind.BREAK, Kind.LIST_END, Kind.ANSWER_END)
                    or block.kind in (Kind.HEADING, Kind.ITEM, Kind.QUESTION, Kind.LIST)
                    or block.box != before.box
                    or block.ink != before.ink
                ):
                    yield start, at - 1
                    start = at
            else:
                start = at
        if start >= 0:
            yield start, last


def is_title(page: Page, at: int) -> bool:
    """Whether what follows a label on its line is a title: the line is set in bold from end to end and stands alone."""
    block = page.blocks[at]
    after = page.blocks[at + 1] if at + 1 < len(page.blocks) else None
    alone = after is None or after.fresh or after.kind not in (Kind.TEXT, Kind.INLINE)
    return alone and block.strong >= len(block.text)


def is_vacant(block: Block) -> bool:
    """Whether a formula holds nothing but dots, question marks or a note to oneself."""
    if len(block.tokens) > 12:
        return False
    text = source_text(block.tokens)
    for word in (
        "\\begin",
        "\\end",
        "\\text",
        "\\ldots",
        "\\cdots",
        "\\dots",
        "aligned",
        "align",
        "equation",
        "TODO",
        "todo",
    ):
        text = text.replace(word, "")
    return not any(c.isalnum() or c in "\\+-=<>|/()[]" for c in text)


_TURN = re.compile(r"[QAR]\s?:(?=\s|$)")
_REFERENCE = re.compile(r"[^\W\d_]\s?([²³⁴-⁹])(?!\w)")
_NOTE = re.compile(r"[-*+•]\s+(\d{1,2})[.)]\s")
_RAISED = {c: n for n, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}


def _footnotes(page: Page) -> set[int]:
    """Lines that OCR made of footnotes: `- 2. Si ..` where the text refers to note 2 and no item 1 stands above."""
    referred: set[int] = set()
    items: set[int] = set()
    found: set[int] = set()
    note = 0  # number of the footnote that the line above was
    for at, block in enumerate(page.blocks):
        mark = page.marks[at]
        if block.kind is Kind.HEADING or (mark is not None and (mark.question or mark.answer)):
            items, note = set(), 0
        if block.kind is Kind.TEXT and not block.text.isascii():
            referred.update(_RAISED[c] for c in _REFERENCE.findall(block.text))
        if block.kind is not Kind.TEXT or not block.fresh:
            if note and not block.fresh and block.kind in CONTENT:
                found.add(at)
            continue
        match = _NOTE.match(block.text)
        number = int(match[1]) if match else 0
        if (
            number > 1
            and (number == note + 1 or (number in referred and number - 1 not in items))
            and (note or number in referred)
        ):
            found.add(at)
            note = number
        else:
            note = 0
            if number:
                items.add(number)
    return found
