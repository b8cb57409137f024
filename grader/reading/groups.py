"""Where names, groups, options and formulas end in LaTeX tokens; nothing unclosed draws in the rest of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grader.maths.lexer import Token, group_end, skip_space
from grader.reading.names import HEADINGS

_NAME: Final = 60
"""A name in braces is no longer than this."""

_TITLE: Final = 300
"""Nor a heading's title than this."""

_STARTS: Final = frozenset(("section", "subsection", "subsubsection", "item"))


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens `first..last-1` inside a formula, the index `stop` behind it, and whether it closes."""

    first: int
    last: int
    stop: int
    closed: bool = True


def name_in_braces(tokens: list[Token], at: int) -> tuple[str, int]:
    """The text of the group at `at` and the index behind it; an empty name if there is no short group."""
    at = skip_space(tokens, at)
    if at >= len(tokens) or tokens[at].text != "{" or tokens[at].kind != "char":
        return "", at
    for i in range(at + 1, min(at + _NAME, len(tokens))):
        token = tokens[i]
        if token.kind == "par" or (token.kind == "char" and token.text == "{"):
            return "", at
        if token.kind == "char" and token.text == "}":
            return "".join(t.text for t in tokens[at + 1 : i]).strip(), i + 1
    return "", at


def short_group(tokens: list[Token], at: int) -> int:
    """Behind the group at `at`; one that does not close soon ends with its line or paragraph."""
    if at >= len(tokens) or tokens[at].text != "{" or tokens[at].kind != "char":
        return min(at + 1, len(tokens))
    stop = group_end(tokens[at : at + _TITLE], 0)
    last = at + stop
    if stop < _TITLE and tokens[last - 1].text == "}":
        return last
    for i in range(at, last):
        if tokens[i].kind == "par" or (tokens[i].kind == "ws" and "\n" in tokens[i].text):
            return i
    return last


def option(tokens: Sequence[Token], keys: tuple[str, ...]) -> list[Token]:
    """The value of a key among options `a=1,title={..}`."""
    depth = 0
    start = 0
    for i, token in enumerate((*tokens, Token("char", ",", 0, 0))):
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0 and token.text == "," and token.kind == "char":
            piece = tokens[start:i]
            equals = next((k for k, t in enumerate(piece) if t.text == "="), -1)
            if equals > 0 and "".join(t.text for t in piece[:equals]).strip() in keys:
                return list(piece[equals + 1 :])
            start = i + 1
    return []


def between_dollars(tokens: list[Token], at: int, width: int) -> Span:
    """A formula between dollar signs; an unclosed one ends with its paragraph."""
    i = at + width
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "par" or (token.kind == "cmd" and token.text in _STARTS):
            break
        if token.kind == "char" and token.text == "$":
            if width == 1 or (i + 1 < len(tokens) and tokens[i + 1].text == "$"):
                return Span(at + width, i, i + width)
            break
        i += 1
    return Span(at + width, i, i, closed=False)


def delimited(tokens: list[Token], at: int, closing: str) -> Span:
    """A formula from `\\(` or `\\[` to `closing`."""
    i = at + 1
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "cmd" and token.text == closing:
            return Span(at + 1, i, i + 1)
        if token.kind == "par" or (token.kind == "cmd" and token.text in _STARTS):
            break
        i += 1
    return Span(at + 1, i, i, closed=False)


def display(tokens: list[Token], at: int, inner: int, name: str) -> Span:
    """A display from `\\begin` at `at` to its `\\end`; an unclosed one ends at the next blank line, heading or item."""
    depth = 1
    i = inner
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "cmd":
            if token.text in ("begin", "end"):
                found, stop = name_in_braces(tokens, i + 1)
                if found == name:
                    depth += 1 if token.text == "begin" else -1
                    if depth == 0:
                        return Span(at, stop, stop)
                i = max(stop, i + 1)
                continue
            if token.text in HEADINGS or token.text == "item":
                break
        elif token.kind == "par":
            break
        i += 1
    return Span(inner, i, i, closed=False)
