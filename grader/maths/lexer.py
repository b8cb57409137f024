"""Raw LaTeX tokens: one regular expression over a whole file, shared by the document reader and the maths reader."""

from __future__ import annotations

import re
from typing import NamedTuple

_RAW = re.compile(
    r"""(?P<comment>%[^\n]*(?:\n[^\S\n]*(?=\S))?)
    |(?P<cmd>\\(?:[A-Za-z@]+|[^A-Za-z@]|$))
    |(?P<par>[^\S\n]*\n[^\S\n]*\n\s*)
    |(?P<ws>\s+)
    |(?P<num>\d+(?:\.\d+)?|\.\d+)
    |(?P<word>[^\W\d_²³¹⁰⁴-⁹½¼¾⅓⅔⅛₀-₉]+)
    |(?P<char>.)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A raw token; `text` of a control sequence is without its backslash, `start` and `end` are source offsets."""

    kind: str
    text: str
    start: int
    end: int


def scan(text: str, base: int = 0, *, comments: bool = True) -> list[Token]:
    """Cut `text` into raw tokens with offsets from `base`; comments vanish unless `comments` is False (Markdown)."""
    out: list[Token] = []
    append = out.append
    pos = 0
    size = len(text)
    match = _RAW.match
    while pos < size:
        found = match(text, pos)
        assert found is not None  # the last alternative takes any character
        kind = found.lastgroup
        end = found.end()
        if kind == "comment":
            if comments:
                pos = end
                continue
            kind, end = "char", pos + 1
        if kind == "cmd":
            append(Token("cmd", text[pos + 1 : end], base + pos, base + end))
        else:
            append(Token(kind or "char", text[pos:end], base + pos, base + end))
        pos = end
    return out


def source_text(tokens: list[Token] | tuple[Token, ...]) -> str:
    """LaTeX text that scans back to the same tokens."""
    parts: list[str] = []
    for token in tokens:
        if token.kind == "cmd":
            parts.append("\\" + token.text)
            if token.text[-1:].isalpha():
                parts.append(" ")
        else:
            parts.append(token.text)
    return "".join(parts)


def group_end(tokens: list[Token], at: int) -> int:
    """Index just past the group that opens at `at` (a `{`), or past a single token; the end of the list if unclosed."""
    if at >= len(tokens):
        return at
    if tokens[at].text != "{" or tokens[at].kind != "char":
        return at + 1
    depth = 0
    for i in range(at, len(tokens)):
        token = tokens[i]
        if token.kind == "char":
            if token.text == "{":
                depth += 1
            elif token.text == "}":
                depth -= 1
                if depth == 0:
                    return i + 1
    return len(tokens)


def bracket_end(tokens: list[Token], at: int) -> int:
    """Index just past the `[...]` that opens at `at`; `at` itself if there is none or it does not close."""
    if at >= len(tokens) or tokens[at].text != "[" or tokens[at].kind != "char":
        return at
    depth = 0
    for i in range(at, min(len(tokens), at + 400)):
        text = tokens[i].text
        if tokens[i].kind != "char":
            continue
        if text == "{":
            depth += 1
        elif text == "}":
            depth -= 1
        elif text == "]" and depth == 0:
            return i + 1
    return at


def skip_space(tokens: list[Token], at: int) -> int:
    """Index of the next token that is not white space."""
    while at < len(tokens) and tokens[at].kind in ("ws", "par"):
        at += 1
    return at
