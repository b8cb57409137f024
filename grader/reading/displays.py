"""Displays that go on in the next one: `= A` in one, `+ B` in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.maths.lexer import Token
from grader.maths.symbols import SPACING, SPACING_WITH_ARGUMENT
from grader.reading.document import Block, Kind
from grader.reading.groups import name_in_braces

_ONE_LINE: Final = frozenset({"equation", "equation*", "displaymath"})


def goes_on_at(blocks: Sequence[Block], at: int) -> int | None:
    """The place of a display that begins with a plus or times sign and nothing but space before it."""
    while at < len(blocks) and blocks[at].kind is Kind.BREAK:
        at += 1
    if at >= len(blocks) or blocks[at].kind is not Kind.DISPLAY:
        return None
    tokens = _printing(inside(blocks[at].tokens))
    if not tokens:
        return None
    related = any(t.text in ("=", "<", ">", "le", "ge", "leq", "geq", "iff", "Rightarrow", "approx") for t in tokens)
    return at if tokens[0].text in ("+", "times", "cdot") or (tokens[0].text == "-" and not related) else None


def _printing(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens from the first that prints a sign."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        spaced = token.kind == "cmd" and token.text in SPACING_WITH_ARGUMENT
        if not (
            spaced
            or token.kind in ("ws", "par")
            or token.text == "&"
            or (token.kind == "cmd" and token.text in SPACING)
        ):
            break
        at = name_in_braces(list(tokens[: at + 40]), at + 1)[1] if spaced else at + 1
    return tokens[at:]


def inside(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens of a display without `\\begin{equation}` and `\\end{equation}` around them."""
    end = next((i for i in range(len(tokens) - 1, 0, -1) if tokens[i].kind == "cmd"), 0)
    name, stop = name_in_braces(list(tokens[:6]), 1) if tokens and tokens[0].text == "begin" else ("", 0)
    closes = name in _ONE_LINE and tokens[end].text == "end" and name_in_braces(list(tokens), end + 1)[0] == name
    return tokens[stop:end] if closes else tokens
