"""What a reader hands on: the blocks of a submission in order, each with its place in the student's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from grader.errors import TooLarge
from grader.maths.lexer import Token
from grader.programs import Program
from grader.source import SourceMap

BLOCKS: Final = 20_000
"""Blocks of one submission: the longest homework seen has a thousand; a megabyte of short formulas would take half a minute."""

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


@dataclass(frozen=True, slots=True)
class Code:
    """The Python of one file and where it stands.

    `starts` are the source offsets of its lines, `heads` the lines (from 1, the end inclusive) on which a name is bound for
    the last time, `broken` the names that stand in text which is no Python, each with what is wrong there.
    """

    program: Program
    starts: tuple[int, ...]
    heads: Mapping[str, tuple[int, int]]
    broken: Mapping[str, Problem] = field(default_factory=dict)

    def place(self, line: int, last: int | None = None) -> tuple[int, int]:
        """The source offsets of a line of the program, or of the lines to `last`."""
        lines = self.program.source.split("\n")
        first = min(max(line, 1), len(lines))
        end = min(max(last or first, first), len(lines))
        return self.starts[first - 1], self.starts[end - 1] + max(len(lines[end - 1]), 1)


@dataclass(slots=True)
class Document:
    """A submission as read."""

    source: SourceMap
    blocks: list[Block] = field(default_factory=list)
    code: list[Code] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    own: frozenset[str] | None = None
    """Names of the files that may be drawn in, besides style files, where others' lie beside them; None: all of the folder."""

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
