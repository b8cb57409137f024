"""Tables, links and sections of Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

MADE: Final = "<!-- Made by docs/make_reference.py of the source: change the words there. -->\n\n"
Rows = Sequence[Sequence[str]]


def plural(words: str) -> str:
    """`list of texts`, `list of whole numbers`."""
    return f"{words}s" if words in ("text", "number", "whole number", "object") else words


def table(head: Sequence[str], rows: Rows) -> str:
    """A table of Markdown."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(re.sub(r"\s*\n\s*", " ", cell).replace("|", r"\|") for cell in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *(line(row) for row in rows)]) + "\n"


def link(name: str) -> str:
    """A link to the section of this name on the same page."""
    return f"[{name}](#{name.lower().replace(' ', '-')})"


def section(level: int, name: str, text: str, body: str) -> str:
    """A heading with a paragraph and what stands below it."""
    return f"{'#' * level} {name}\n\n" + "".join(f"{part}\n\n" for part in (text, body.rstrip("\n")) if part)


def named_rows(texts: Mapping[str, str]) -> str:
    """A table of keys and what they mean."""
    return table(("key", "meaning"), [(f"`{k}`", v) for k, v in texts.items()])


def doc(cls: type[Any]) -> str:
    """The words of a class in one paragraph."""
    return " ".join((inspect.getdoc(cls) or "").split())
