"""Blocks out of LaTeX: text collected by lines, and the state every block takes with it (frame, colour, emphasis)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.maths.lexer import Token
from grader.reading.counters import Counters
from grader.reading.document import FORMULAS, Block, Document, Kind, Problem
from grader.reading.groups import Span
from grader.reading.macros import Expander
from grader.reading.plain import readable, split_labels

_EMPTY_SIGNS: Final = frozenset(
    ("square", "Box", "blacksquare", "qed", "QED", "qedsymbol", "hfill", "quad", "qquad", "lozenge")
)
DEPTH: Final = 12
"""Lists nested deeper count as this deep."""


class Emitter:
    """Adds blocks to a document."""

    def __init__(self, document: Document, expander: Expander) -> None:
        self.document = document
        self.expander = expander
        self.counters = Counters(expander)
        self.text: list[str] = []
        self.places: list[tuple[int, int]] = []
        self.length = self.strong = 0
        self.fresh = self.para = True
        self.emphasis = 0
        self.ink = ""
        self.boxes: list[str] = []
        self.box_count = 0

    # text

    def put(self, text: str, token: Token) -> None:
        """Collect text; space does not begin a line."""
        if not self.text and text == " ":
            return
        if self.emphasis and self.strong == self.length:
            self.strong += len(text)
        self.length += len(text)
        self.text.append(text)
        self.places.append((token.start, token.end))

    def flush(self) -> None:
        """Emit the text collected so far, cut where a label or an answer word stands behind a sentence."""
        if not self.text:
            return
        at = 0
        for offset, piece in split_labels("".join(self.text)):
            first = at
            length = 0
            while at < len(self.text) and length < len(piece):
                length += len(self.text[at])
                at += 1
            if at > first:
                self.emit_text(piece, offset == 0, self.places[first][0], self.places[at - 1][1])
        self.text, self.places = [], []
        self.length = self.strong = 0

    def emit_text(self, piece: str, first: bool, start: int, end: int) -> None:
        text = piece.strip()
        if not text.isascii():
            text = readable(text)
        if not text:
            return
        self.document.add(
            Block(
                Kind.TEXT,
                start,
                max(start, end),
                text,
                min(len(self.counters.lists), DEPTH) if first else 0,
                fresh=self.fresh,
                style="" if first else "inline",
                para=self.fresh and self.para,
                box=self.box,
                ink=self.ink,
                strong=self.strong if first else 0,
            )
        )
        self.fresh = self.para = False

    # blocks

    def add(
        self,
        kind: Kind,
        start: int,
        end: int,
        text: str = "",
        *,
        level: int = 0,
        style: str = "",
        number: str = "",
        tokens: Sequence[Token] = (),
    ) -> None:
        """Add a block; a macro may have brought its end before its start."""
        self.document.add(
            Block(
                kind,
                start,
                max(start, end),
                text,
                level,
                tuple(tokens),
                fresh=self.fresh or kind not in FORMULAS,
                style=style,
                para=self.fresh and self.para,
                number=number,
                box=self.box,
                ink=self.ink,
            )
        )

    def fresh_paragraph(self) -> None:
        self.flush()
        self.fresh = self.para = True

    def break_off(self, token: Token) -> None:
        """A paragraph ends."""
        self.flush()
        self.add(Kind.BREAK, token.start, token.end)
        self.fresh = self.para = True

    def formula(self, kind: Kind, tokens: list[Token], at: int, span: Span) -> int:
        """Add the formula that opens at `at`; one of nothing but space or an end-of-proof sign is none."""
        self.flush()
        opening = tokens[at]
        if not span.closed:
            self.document.report(Problem("unclosed", f"'{opening.text}' is never closed", opening.start, opening.end))
        kept = [t for t in tokens[span.first : span.last] if t.kind != "mark"]
        if not all(t.kind in ("ws", "par") or (t.kind == "cmd" and t.text in _EMPTY_SIGNS) for t in kept):
            self.add(kind, opening.start, tokens[min(span.stop, len(tokens)) - 1].end, tokens=kept)
            self.fresh = kind is Kind.DISPLAY
            self.para = False
        return span.stop

    # frames, answers, questions

    @property
    def box(self) -> str:
        return self.boxes[-1] if self.boxes else ""

    def open_box(self, kind: str) -> None:
        self.flush()
        self.box_count += 1
        self.boxes.append(f"{kind}{self.box_count}")

    def close_box(self) -> None:
        self.flush()
        if self.boxes:
            self.boxes.pop()

    def role(self, role: str, begins: bool, start: int, end: int, title: str = "", number: str = "") -> None:
        """An answer or a quoted question begins or ends."""
        self.fresh_paragraph()
        if role in ("answer", "proof"):
            style = "weak" if role == "proof" else "strong"
            self.add(Kind.ANSWER if begins else Kind.ANSWER_END, start, end, title, style=style)
        elif begins:
            self.open_box("question")
            if role == "question":
                self.add(Kind.QUESTION, start, end, title, number=number or str(self.counters.step("question")))
        else:
            self.close_box()

    def mark(self, token: Token) -> None:
        """A mark that `prepare` has set."""
        name = token.text.removeprefix("/")
        if name == "opaque":
            self.flush()
            self.add(Kind.OPAQUE, token.start, token.end)
            self.fresh = True
        elif name == "references":
            self.fresh_paragraph()
            self.add(Kind.HEADING, token.start, token.end, "References", level=1, style="h1")
        else:
            self.role(name, token.text == name, token.start, token.end)
