"""The tokens of formulas, and letters, numbers and signs as such tokens."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

from grader.errors import ReadError, TooLarge
from grader.limits import DIGITS
from grader.maths import symbols as S
from grader.maths import unicode_signs as U
from grader.maths.lexer import Token

_DAMAGED_WORDS = frozenset(
    ["egin", "oldsymbol", "athbf", "athbb", "athcal", "rac", "ext", "heta", "imes", "ight", "abla", "igma"]
)
"""Macro names whose first letters a string escape has swallowed (`\\b`, `\\f`, `\\t`, `\\r`, `\\n`)."""

_PLAIN = frozenset("+-*/^_(),.[]{}!';")
"""Characters that stand for themselves alone."""
_PRODUCTS = frozenset({"by", "so", "as", "at", "an", "be", "is"})
"""Short words that are as likely products of two letters: `by + c`."""
_SIGNS = frozenset("+-*/^_=<>")


class Tok(NamedTuple):
    """A formula token. Kinds: id, num, name, cmd, op, rel, text, begin, end, row, amp, eof.

    `font` is the font of a letter (`mathbb`...) or the side of a bar (`left`, `right`, `middle`, `mid`).
    """

    kind: str
    text: str
    start: int
    end: int
    font: str = ""


def _thousands(raw: list[Token], at: int) -> int:
    """Index of three digits that go on with a number behind a thin space, from the index behind it; 0 if none do."""
    if at + 1 < len(raw) and raw[at].kind == "ws" and raw[at + 1].kind == "num":
        digits = at + 1
    else:
        digits = at + (at < len(raw) and raw[at].kind == "ws")
        if digits >= len(raw) or (
            not (raw[digits].kind == "cmd" and raw[digits].text == ",") and raw[digits].text != "~"
        ):
            return 0
        digits += 1
        digits += digits < len(raw) and raw[digits].kind == "ws"
    found = (
        digits < len(raw) and raw[digits].kind == "num" and len(raw[digits].text) == 3 and raw[digits].text.isdigit()
    )
    return digits if found else 0


class CharacterReader:
    """Letters, numbers and single characters; `out` collects formula tokens."""

    def __init__(self, raw: list[Token]) -> None:
        self.raw = raw
        self.out: list[Tok] = []
        self.lefts: list[str] = []

    def put(self, kind: str, text: str, token: Token, font: str = "") -> None:
        self.out.append(Tok(kind, text, token.start, token.end, font))

    def run(self) -> list[Tok]:
        raw, at, size = self.raw, 0, len(self.raw)
        while at < size:
            token = raw[at]
            kind = token.kind
            if kind == "ws" or kind == "par":
                at += 1
            elif kind == "word":
                self.word(token)
                at += 1
            elif kind == "num":
                if len(token.text) > DIGITS:
                    raise TooLarge("number_too_long", f"a number of {len(token.text)} digits", token.start, token.end)
                at = self.number(at)
            elif kind == "char":
                at = self.char(at)
            else:
                at = self.command(at)
        return self.out

    @abstractmethod
    def command(self, at: int) -> int:
        """A control sequence; the index behind it and its arguments."""

    # numbers and letters

    def number(self, at: int) -> int:
        """A number; `0{,}5` and `0.5` are decimals, `10\\,000` one number."""
        raw = self.raw
        token = raw[at]
        text, end, last = token.text, at + 1, token
        if (
            at + 4 < len(raw)
            and [t.text for t in raw[at + 1 : at + 4]] == ["{", ",", "}"]
            and raw[at + 4].kind == "num"
            and "." not in text + raw[at + 4].text
        ):
            last = raw[at + 4]
            text, end = f"{text}.{last.text}", at + 5
        elif "." not in text and len(text) <= 3:
            # thousands: 10\\,000 and 10~000 and 10 000
            while digits := _thousands(raw, end):
                last = raw[digits]
                text, end = text + last.text, digits + 1
        self.out.append(Tok("num", text, token.start, last.end))
        return end

    def word(self, token: Token, font: str = "") -> None:
        """A run of letters: a known word, prose, or single letters side by side."""
        text = token.text
        if len(text) == 1:
            self.letter(text, token.start, token.end, font)
            return
        if text in _DAMAGED_WORDS:
            raise ReadError("damaged", f"'{text}' looks like a damaged macro", token.start, token.end)
        divergence = text in S.KL_WORDS or (text in S.JS_WORDS and (font != "" or text == "JSD"))
        if text in S.BARE_FUNCTION_WORDS or divergence or text in S.BARE_NAMES:
            self.put("name", text, token)
            return
        spoken = text.lower() in S.PROSE_WORDS and (text[0].isupper() or text.islower())  # `sI` is s times I
        if spoken and not (text in _PRODUCTS and self.beside_sign(token)):
            self.put("text", text, token)
            return
        if len(text) > 4 and text.isascii() and any(c.isupper() for c in text[:1]) is False and font == "":
            glued = next((w for w in S.GLUED_FUNCTION_WORDS if w in text), None)
            if glued is None:
                self.put("text", text, token)
                return
        at = 0
        step = 1 if token.end - token.start == len(text) else 0  # a token made by a macro has its call's place
        while at < len(text):
            if at and text[at:] == "KL":  # `\\sum^TKL`: the limit runs into the divergence
                self.out.append(Tok("name", "KL", token.start + at * step, token.end))
                break
            for known in S.GLUED_FUNCTION_WORDS:
                if text.startswith(known, at):
                    start = token.start + at * step
                    self.out.append(Tok("name", known, start, start + len(known) if step else token.end))
                    at += len(known)
                    break
            else:
                start = token.start + at * step
                self.letter(text[at], start, start + 1 if step else token.end, font)
                at += 1

    def beside_sign(self, token: Token) -> bool:
        """Whether a sign or a relation stands right behind (or before) a short word: then its letters are factors."""
        at = self.raw.index(token)
        after = next((t for t in self.raw[at + 1 :] if t.kind not in ("ws", "par")), None)
        before = next((t for t in reversed(self.raw[:at]) if t.kind not in ("ws", "par")), None)
        return (after is not None and after.kind == "char" and after.text in _SIGNS) or (
            before is not None and before.kind == "char" and before.text in "+-"
        )

    def letter(self, text: str, start: int, end: int, font: str) -> None:
        known = U.UNICODE.get(text)
        if known is None:
            self.out.append(Tok("id", text, start, end, font))
        elif known in ("RR", "NN", "ZZ", "EE"):
            self.out.append(Tok("id", known[0], start, end, "mathbb"))
        else:
            self.symbol(known, start, end)

    def symbol(self, text: str, start: int, end: int, font: str = "") -> None:
        """A control sequence or Unicode sign of the tables."""
        text = S.ALIASES.get(text, text)
        if text in S.GREEK:
            self.out.append(Tok("id", text, start, end, font or "greek"))
        elif text in S.RELATIONS:
            self.out.append(Tok("rel", S.RELATIONS[text], start, end))
        elif text in S.CONNECTIVES:
            self.out.append(Tok("rel", S.CONNECTIVES[text], start, end))
        elif text == "mid":
            self.out.append(Tok("op", "|", start, end, "mid"))
        elif text == "|":
            self.out.append(Tok("op", "||", start, end, font))
        elif text in ("{", "}"):
            self.out.append(Tok("op", "\\" + text, start, end))
        elif text in ("(", ")", "[", "]", "/", "*", ":", "'"):
            self.out.append(Tok("op", text, start, end))
        else:
            self.out.append(Tok("cmd", text, start, end))

    # single characters

    def char(self, at: int) -> int:
        token = self.raw[at]
        text = U.UNICODE_PLAIN.get(token.text, token.text)
        if text in _PLAIN:
            self.put("op", text, token)
        elif text == "&":
            self.put("amp", "&", token)
        elif text == "|":
            nxt = self.raw[at + 1] if at + 1 < len(self.raw) else None
            if nxt is not None and nxt.kind == "char" and nxt.text == "|":
                self.out.append(Tok("op", "||", token.start, nxt.end))
                return at + 2
            self.put("op", "|", token)
        elif text == "=":
            prev = self.raw[at - 1] if at else None
            nxt = self.raw[at + 1] if at + 1 < len(self.raw) else None
            if nxt is not None and nxt.text == ">" and nxt.kind == "char":
                if self.out and self.out[-1].text == "<" and self.out[-1].end == token.start:
                    self.out[-1] = Tok("rel", "<=>", self.out[-1].start, nxt.end)
                else:
                    self.out.append(Tok("rel", "=>", token.start, nxt.end))
                return at + 2
            if prev is not None and self.out and self.out[-1].text == ":" and self.out[-1].kind == "op":
                self.out[-1] = Tok("rel", ":=", self.out[-1].start, token.end)
            elif self.out and self.out[-1].kind == "rel" and self.out[-1].text in ("<", ">") and self.adjacent(at):
                self.out[-1] = Tok("rel", self.out[-1].text + "=", self.out[-1].start, token.end)
            elif self.out and self.out[-1].text == "!" and self.out[-1].kind == "op" and self.adjacent(at):
                self.out[-1] = Tok("rel", "!=", self.out[-1].start, token.end)
            else:
                self.put("rel", "=", token)
        elif text == ":" and self.out and self.out[-1] == Tok("rel", "=", self.out[-1].start, token.start):
            self.out[-1] = Tok("rel", "=:", self.out[-1].start, token.end)
        elif text == ">" and self.out and self.out[-1].text == "<=" and self.out[-1].end == token.start:
            self.out[-1] = Tok("rel", "<=>", self.out[-1].start, token.end)
        elif text in ("<", ">"):
            self.put("rel", text, token)
        elif text == "~":
            # a tie is white space, but in a subscript such as E_{z~q} it is meant as \sim
            before = self.out[-1] if self.out and self.in_subscript() else None
            if before is not None and before.kind in ("id", "op") and before.text not in ("=", ",", "("):
                self.put("rel", "~", token, "tie")
        elif text in U.SUPERSCRIPTS or text in U.SUBSCRIPTS:
            table, mark = (U.SUPERSCRIPTS, "^") if text in U.SUPERSCRIPTS else (U.SUBSCRIPTS, "_")
            digits = ""
            end = at
            while end < len(self.raw) and self.raw[end].text in table:
                digits += table[self.raw[end].text]
                end += 1
            last = self.raw[end - 1].end
            self.out.append(Tok("op", mark, token.start, token.end))
            self.out.append(Tok("op", "{", token.start, token.end))
            for d in digits:
                self.out.append(Tok("num" if d.isdigit() else "op", d, token.start, last))
            self.out.append(Tok("op", "}", token.start, last))
            return end
        elif text in U.VULGAR_FRACTIONS:
            num, den = U.VULGAR_FRACTIONS[text]
            for kind, piece in (
                ("cmd", "frac"),
                ("op", "{"),
                ("num", str(num)),
                ("op", "}"),
                ("op", "{"),
                ("num", str(den)),
                ("op", "}"),
            ):
                self.put(kind, piece, token)
        elif text in U.UNICODE:
            self.letter(text, token.start, token.end, "")
        elif text.isspace() or not text.isprintable():
            if not text.isspace():
                raise ReadError("stray_character", f"a stray control character {text!r}", token.start, token.end)
        elif text == "$":
            pass
        else:
            self.put("op", text, token)
        return at + 1

    def in_subscript(self) -> bool:
        depth = 0
        for j in range(len(self.out) - 1, -1, -1):
            tok = self.out[j]
            if tok.kind == "op" and tok.text == "}":
                depth += 1
            elif tok.kind == "op" and tok.text == "{":
                if depth == 0:
                    return j > 0 and self.out[j - 1].text == "_"
                depth -= 1
        return False

    def adjacent(self, at: int) -> bool:
        return at > 0 and self.raw[at - 1].kind == "char"
