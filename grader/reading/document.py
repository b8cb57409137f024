"""What a reader hands on: the blocks of a submission in order, each with its place in the student's file."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from grader.maths.lexer import Token
from grader.source import SourceMap


class Kind(Enum):
    """What a block is."""

    HEADING = "heading"
    TEXT = "text"
    INLINE = "inline"
    DISPLAY = "display"
    ITEM = "item"
    LIST_END = "list_end"
    ANSWER = "answer"
    ANSWER_END = "answer_end"
    QUESTION = "question"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Block:
    """`text` is plain text (of a heading, a line, an item's label); `tokens` the raw tokens of a formula.

    `level` is the depth of a heading or list; `fresh` says that the block begins a line or paragraph; `style` tells
    numbering styles apart (`enum2`, `- 1.`).
    """

    kind: Kind
    start: int
    end: int
    text: str = ""
    level: int = 0
    tokens: tuple[Token, ...] = ()
    fresh: bool = False
    style: str = ""


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
