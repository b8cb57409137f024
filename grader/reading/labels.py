"""Labels in a question that fit its parts, each with the group of its way of writing: `(a)`, `2.1`, items, headings."""

from __future__ import annotations

from dataclasses import dataclass

from grader.reading.document import CONTENT, Kind
from grader.reading.marks import Marks, kind_of
from grader.reading.outline import QuestionOutline
from grader.reading.page import Page, is_title
from grader.reading.titles import part_named

_RANKS = (
    ("words", 7),
    ("named", 6),
    ("answer", 6),
    ("part", 6),
    ("h", 5),
    ("inner", 5),
    ("auto", 4),
    ("order", 4),
    ("item", 3),
)
SURE, ITEM = 5, 3
"""Ranks: from `SURE` on labels count in any order; `ITEM` are those of lists."""

WITHIN = (("answer", ("answer",)), ("part", ("answer", "part")))
"""Groups of labels by a word and a number (`Proof 1`, `Part 2`), which may just as well number what lies within one part,
each with the groups that cannot tell: `Proof 1` may lie within `Part 2`."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label at block `at` for the parts at `places` (0 is the first).

    `shares`: the answer begins in the same block; `native`: it is written as the statement writes it, or names its
    question; `wrapped`: a line break may have made it; `led`: a sentence ending in a colon leads up to it;
    `guarded`: an answer mark follows before the next label of the group; `quoted`: what follows is the statement, the
    label only bounds what stands before it.
    """

    at: int
    places: tuple[int, ...]
    group: str
    shares: bool = False
    native: bool = False
    para: bool = False
    wrapped: bool = False
    led: bool = False
    guarded: bool = False
    quoted: bool = False

    @property
    def rank(self) -> int:
        """How surely labels of this group are parts: titles and explicit names, headings, list items, lines."""
        return next((r for prefix, r in _RANKS if self.group.startswith(prefix)), 2 if self.group[:1] != "-" else 1)


def labels_of(page: Page, question: QuestionOutline, start: int, stop: int) -> list[Label]:
    """All labels in blocks `start..stop-1` that fit the question's parts."""
    numbering = {kind_of(p.label) for p in question.parts}
    out: list[Label] = []
    led = False
    for at in range(start, stop):
        block, mark = page.blocks[at], page.marks[at]
        label = _by_words(page, question, at) if at > start or block.kind is Kind.HEADING else None
        if label is None and mark is None and at > start:
            label = _by_counter(page, question, at)
        elif label is None and mark is not None and (at > start or (mark.question and (mark.own or mark.answer))):
            label = _by_mark(page, question, at, mark, numbering, led)
        if label is not None:
            out.append(label)
        if block.kind in CONTENT:
            bare = mark is not None and not mark.rest
            led = block.kind is Kind.TEXT and block.text.endswith(":") and not bare
    return _without_own_number(page, question, out) or _by_order(page, question, start, stop)


def _without_own_number(page: Page, question: QuestionOutline, labels: list[Label]) -> list[Label]:
    """`Answer 2.` once in question 2, beside labels of another kind, is the question's number and no part's."""
    named = [
        label
        for label in labels
        if (mark := page.marks[label.at]) is not None
        and mark.style.startswith("answer")
        and not mark.number
        and mark.labels == (str(question.number),)
    ]
    others = {label.group for label in labels} - {label.group for label in named}
    answers = sum(
        1 for label in labels if (mark := page.marks[label.at]) is not None and mark.style.startswith("answer")
    )
    if len(named) == 1 and answers == 1 and others:
        return [label for label in labels if label is not named[0]]
    return labels


def _by_words(page: Page, question: QuestionOutline, at: int) -> Label | None:
    """A part named by its own words: `Summary.`"""
    block = page.blocks[at]
    if not block.fresh or block.kind not in (Kind.HEADING, Kind.TEXT, Kind.ITEM):
        return None
    named = part_named(block.text, question, block.kind is Kind.HEADING)
    if named is None and block.para and 0 < block.strong < len(block.text):
        # a bold word leads its paragraph, without a colon
        lead = part_named(block.text[: block.strong].strip(), question, True)
        named = (lead[0], block.text[block.strong :].strip()) if lead is not None else None
    if named is None:
        return None
    part, rest = named
    shares = block.kind is Kind.TEXT and bool(rest)
    return Label(at, (question.parts.index(part),), "words", shares, native=True, para=block.para)


def _by_counter(page: Page, question: QuestionOutline, at: int) -> Label | None:
    """A heading that LaTeX numbers."""
    block = page.blocks[at]
    if block.kind is not Kind.HEADING or not 0 < int(block.number or 0) <= len(question.parts):
        return None
    return Label(at, (int(block.number) - 1,), f"auto{block.level}", native=True, para=True)


def _by_mark(
    page: Page, question: QuestionOutline, at: int, mark: Marks, numbering: set[str], led: bool
) -> Label | None:
    """A label that the block's text begins with, or that its item is numbered with."""
    block = page.blocks[at]
    if not mark.labels or mark.number not in (0, question.number):
        return None
    if block.kind is Kind.ANSWER and not mark.number and not mark.style.startswith("part"):
        return None  # "[2]" behind \\begin{solution} are points or space
    parts = [question.part(label) for label in mark.labels]
    places = tuple(question.parts.index(p) for p in parts if p is not None)
    if len(places) != len(parts):
        return None
    kind = kind_of(mark.labels[0])
    automatic = block.kind is Kind.ITEM and block.style.startswith("enum") and kind != "roman"
    native = kind in numbering or automatic or mark.number > 0
    group = mark.style
    if group.startswith(("named", "answer", "part")):
        group = next((g for g, _ in WITHIN if group.startswith(g) and not mark.number), "named")
        if group == "part" and kind == "roman" and not native:
            group = "item_part"  # "Part (i)" of a question whose parts are numbered otherwise lies inside one of them
    if automatic or (group.startswith("item") and (native or kind == "alpha")):
        group = f"item{block.level}"
    return Label(
        at,
        places,
        group,
        shares=block.kind is Kind.TEXT and bool(mark.rest) and not is_title(page, at),
        native=native,
        para=block.para or block.kind is not Kind.TEXT,
        wrapped=at in page.wrapped,
        led=led,
    )


def _by_order(page: Page, question: QuestionOutline, start: int, stop: int) -> list[Label]:
    """Headings without labels, as many as parts: they go by order."""
    heads = [at for at in range(start + 1, stop) if page.blocks[at].kind is Kind.HEADING and page.marks[at] is None]
    level = min((page.blocks[at].level for at in heads), default=0)
    heads = [at for at in heads if page.blocks[at].level == level]
    if len(heads) != len(question.parts) or any(page.blocks[at].number for at in heads):
        return []
    return [Label(at, (place,), f"order{level}", native=True, para=True) for place, at in enumerate(heads)]
