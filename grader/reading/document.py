"""What a reader hands on: the blocks of a submission in order, each with its place in the student's file."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from grader.errors import TooLarge
from grader.maths.lexer import Token
from grader.source import SourceMap

BLOCKS: Final = 250_000
"""Blocks of one submission: a file of 100,000 lines stays below, a file of empty formulas does not."""

PROBLEMS: Final = 5_000
"""Problems noted for one submission: the worst OCR of the sample has some dozens."""


class Kind(Enum):
    """What a block is."""

    HEADING = "heading"
    TEXT = "text"
    INLINE = "inline"
    DISPLAY = "display"
    LIST = "list"
    ITEM = "item"
    LIST_END = "list_end"
    ANSWER = "answer"
    ANSWER_END = "answer_end"
    QUESTION = "question"
    OPAQUE = "opaque"
    BREAK = "break"


CONTENT: Final = frozenset({Kind.TEXT, Kind.INLINE, Kind.DISPLAY, Kind.OPAQUE})
"""Kinds that hold something handed in; `OPAQUE` is code or a picture: present, never read as a claim."""

FORMULAS: Final = frozenset({Kind.INLINE, Kind.DISPLAY})


@dataclass(frozen=True, slots=True)
class Block:
    """`text` is plain text (of a heading, a line, an item's label); `tokens` the raw tokens of a formula.

    `level` is the depth of a heading or list, or the indentation of a line; `fresh` says that the block begins a line,
    `para` that a blank line or a forced break stands before it; `style` tells numbering styles apart (`enum2a`).
    `number` is the automatic number that LaTeX prints; `box` names the frame or quotation around the block (`quote3`);
    `ink` is its colour; `strong` counts the first characters of `text` that are bold, italic or underlined.
    """

    kind: Kind
    start: int
    end: int
    text: str = ""
    level: int = 0
    tokens: tuple[Token, ...] = ()
    fresh: bool = False
    style: str = ""
    para: bool = False
    number: str = ""
    box: str = ""
    ink: str = ""
    strong: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read, with a machine tag and its place."""

    note: str
    message: str
    start: int
    end: int


@dataclass(slots=True)
class Document:
    """A submission as read."""

    source: SourceMap
    blocks: list[Block] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def report(self, problem: Problem) -> None:
        """Note a problem.

        Raises TooLarge beyond `PROBLEMS`.
        """
        if len(self.problems) >= PROBLEMS:
            raise TooLarge("too_many_problems", f"more than {PROBLEMS} places that cannot be read", problem.start)
        self.problems.append(problem)

    def add(self, block: Block) -> None:
        """Append a block.

        Raises TooLarge beyond `BLOCKS`.
        """
        if len(self.blocks) >= BLOCKS:
            raise TooLarge("too_many_blocks", f"more than {BLOCKS} lines and formulas", block.start)
        self.blocks.append(block)
