"""Plain words out of marked-up lines."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_TAGS: Final = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_RAISED: Final = re.compile(r"<sup>\s*(\d{1,2})\s*</sup>", re.IGNORECASE)
_ESCAPES: Final = re.compile(r"\\([-_*#.()\[\]!+`~|>])")
_DOUBLE: Final = re.compile(r"\*\*|__")
_SINGLE: Final = re.compile(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_COMMANDS: Final = re.compile(r"\\(?:underline|textbf|textit|emph|mathbf|textsc|text|underbar)\s*\{([^{}]*)\}")
_DROPPED: Final = re.compile(
    r"\\(?:noindent|item|bf|it|large|Large|bigskip|medskip|smallskip|newline|par|hfill|qed|newpage|clearpage)\b|\\\\"
)
_VSPACE: Final = re.compile(r"\\[vh]space\*?\s*\{[^{}]*\}")
_EMPHASIS: Final = re.compile(
    r"\s*(?:[-*+•]\s+)?(?:(?P<open>\*{1,3}|_{1,3})(?=\S)(?P<md>.+?)(?:(?P=open)|$)"
    r"|<(?P<tag>b|i|u|em|strong)>(?P<html>.+?)(?:</(?P=tag)>|$)"
    r"|\\(?:textbf|textit|emph|underline)\s*\{(?P<tex>[^{}]*)(?:\}|$))",
    re.IGNORECASE,
)
_INNER_ANSWER: Final = re.compile(
    r"(?<=[.?!:)»]\s)(?=(?:\*\*|__|<b>|<strong>|\*|_)?(?:R[ée]ponse|Answer|Solution|Proof|Preuve|D[ée]monstration)(?:\*\*|__|</b>)?\s?[:.])"
)
_ANSWER_TAILS: Final = ("ponse", "nswer", "olution", "roof", "reuve", "onstration")
_INNER_LABEL: Final = re.compile(r"(?<=[.;!?]\s)(?=\((?:[a-h]|[1-9])\)\s+\S)")
_LINE: Final = 2000
"""Longer lines are not cut."""
_SIGNS: Final = {
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD)),
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2212), "-"),
    0xFF08: "(",
    0xFF09: ")",
    0xFF1A: ":",
    0xFF0E: ".",
}
_SUPERSCRIPTS: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"


def clean(text: str) -> str:
    """Text without emphasis marks, escapes, entities and HTML tags."""
    if "<" in text:
        text = _RAISED.sub(lambda m: "".join(_SUPERSCRIPTS[int(d)] for d in m[1]), text)
        text = _TAGS.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    if "*" in text or "_" in text:
        text = _DOUBLE.sub("", text)
        text = _SINGLE.sub("", text)
    if "\\" in text:
        text = _VSPACE.sub(" ", text)
        text = _DROPPED.sub(" ", text)
        text = _ESCAPES.sub(r"\1", text)
        text = _COMMANDS.sub(r"\1", text)
    if not text.isascii():
        text = readable(text)
    return " ".join(text.split())


def readable(text: str) -> str:
    """The text composed (NFC), without characters that show nothing; rare hyphens and brackets become plain ones."""
    return unicodedata.normalize("NFC", text.translate(_SIGNS))


def leading_emphasis(raw: str, text: str) -> int:
    """How many of the first characters of the cleaned `text` are emphasised in `raw`."""
    if raw.lstrip()[:1] not in tuple("*_<\\-+•"):
        return 0
    found = _EMPHASIS.match(raw)
    if found is None:
        return 0
    inner = clean(found["md"] or found["html"] or found["tex"] or "")
    at = text.find(inner) if inner else -1
    return at + len(inner) if 0 <= at <= 4 else 0


def split_labels(piece: str) -> Iterator[tuple[int, str]]:
    """A line cut at answer words and labels behind a sentence: `(a) Jensen. (c) Jensen aussi`."""
    if len(piece) > _LINE:
        yield 0, piece
        return
    cuts: set[int] = set()
    if any(word in piece for word in _ANSWER_TAILS):
        cuts.update(found.start() for found in _INNER_ANSWER.finditer(piece))
    if piece.lstrip()[:1] in ("(", "*", "-") and piece.count("(") > 1:
        cuts.update(found.start() for found in _INNER_LABEL.finditer(piece))
    at = 0
    for cut in sorted(cuts - {0}):
        yield at, piece[at:cut]
        at = cut
    yield at, piece[at:]
