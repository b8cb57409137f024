"""Cells of CSV files that no spreadsheet takes for a formula."""

from __future__ import annotations

import unicodedata
from typing import Final

_STARTS: Final = frozenset("=+-@|%")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})
"""Categories of what a spreadsheet may pass over before it looks for a sign: controls, marks of direction, spaces."""


def safe(text: str) -> str:
    """A text as a cell: with an apostrophe before it where a spreadsheet might take it for a formula.

    Tabs, line breaks, spaces, invisible characters and full-width or other compatible forms of a sign are no way around it.
    """
    for character in text:
        if unicodedata.category(character) in _UNSEEN:
            continue
        plain = unicodedata.normalize("NFKC", character)[:1]
        return f"'{text}" if plain in _STARTS or plain in _MINUSES else text
    return text


_MINUSES: Final = frozenset("\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d")
