"""Containers of Markdown: `<details>`, `<div class="answer">`, `::: solution`; a word says what they hold."""

from __future__ import annotations

import re
from typing import Final

from grader.reading.document import Kind
from grader.reading.names import role_of
from grader.reading.plain import clean

_TAG: Final = re.compile(
    r"[ \t]*<(?P<end>/?)(?P<tag>details|summary|blockquote|div|section|aside)\b(?P<attributes>[^<>\n]{0,200})>",
    re.IGNORECASE,
)
_COLONS: Final = re.compile(r"[ ]{0,3}:{3,}[ \t]*(?P<name>[^\n]{0,200})")
_CLASS: Final = re.compile(r"class\s*=\s*[\"']?([\w \-]{1,100})", re.IGNORECASE)
_WORDS: Final = re.compile(r"[^\W\d_]{2,20}")
_SUMMARY: Final = 400

Sign = tuple[Kind, int, int, str]
"""Kind, start, end and style of a block to add."""


class Containers:
    """The containers that stand open; each holds an answer, a proof or anything."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.quoting = False

    def read(self, text: str, at: int) -> tuple[int, list[Sign]]:
        """What the container marks at a line's beginning open and close, and the place behind them (`at` if none)."""
        signs: list[Sign] = []
        colons = _COLONS.match(text, at)
        if colons is not None:
            words = _WORDS.findall(colons["name"])
            self._change(words, not colons["name"].strip(), colons.start(), colons.end(), signs)
            return colons.end(), signs
        while (found := _TAG.match(text, at)) is not None:
            at = found.end()
            tag, ends = found["tag"].lower(), bool(found["end"])
            if tag == "blockquote":
                self.quoting = not ends
            elif tag == "summary":
                stop = text.find("</summary>", at, at + _SUMMARY)
                words = clean(text[at:stop]).split()[:1] if stop >= 0 else []
                role = role_of(words[0]) if words else ""
                if not ends and self.open and role in ("answer", "proof"):
                    self.open[-1] = role
                    signs.append((Kind.ANSWER, found.start(), at, _STYLES[role]))
                    at = stop + len("</summary>")
            else:
                named = _CLASS.search(found["attributes"])
                self._change(_WORDS.findall(named[1]) if named else [], ends, found.start(), at, signs)
        return at, signs

    def _change(self, words: list[str], ends: bool, start: int, end: int, signs: list[Sign]) -> None:
        """A container ends, or begins and says by `words` what it holds."""
        if ends:
            role = self.open.pop() if self.open else ""
            if role:
                signs.append((Kind.ANSWER_END, start, end, _STYLES[role]))
            return
        role = next((r for w in words if (r := role_of(w)) in _STYLES), "")
        self.open.append(role)
        if role:
            signs.append((Kind.ANSWER, start, end, _STYLES[role]))


_STYLES: Final = {"answer": "strong", "proof": "weak"}
