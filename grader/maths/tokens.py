"""From raw LaTeX tokens to the tokens of formulas: fonts, spacing, text, Unicode and annotations are settled here."""

from __future__ import annotations

import re
from typing import NamedTuple

from grader.errors import ReadError, TooLarge
from grader.limits import DIGITS, FORMULA_TOKENS
from grader.maths import symbols as S
from grader.maths.lexer import Token, bracket_end, group_end, scan, skip_space

_DIMENSION = re.compile(r"\[\s*-?[\d.]+\s*(?:pt|em|ex|cm|mm|in|baselineskip)\s*\]")
_ANNOTATED = frozenset({"overset", "stackrel", "underset", "stackbin", "accentset"})
_BRACES = frozenset({"underbrace", "overbrace", "underbracket", "overbracket"})
_BIG_SIZES = frozenset(w for w in S.SPACING if w.lower().startswith("big"))
_LIMIT_WORDS = frozenset({"E", "max", "min", "sup", "inf", "argmax", "argmin"})
_DAMAGED_WORDS = frozenset("egin oldsymbol athbf athbb athcal rac ext heta imes ight abla igma".split())
"""Macro names whose first letters a string escape has swallowed (`\\b`, `\\f`, `\\t`, `\\r`, `\\n`)."""
_BOXES = frozenset({"boxed", "fbox", "framebox", "tcboxmath", "Aboxed", "mathbox", "answerbox"})


class Tok(NamedTuple):
    """A formula token. Kinds: id, num, name, cmd, op, rel, text, begin, end, row, amp, eof.

    `font` is the font of a letter (`mathbb`...) or the side of a bar (`left`, `right`, `middle`, `mid`).
    """

    kind: str
    text: str
    start: int
    end: int
    font: str = ""


class _Preparer:
    """One pass over raw tokens; `out` collects formula tokens."""

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

    # numbers and letters

    def number(self, at: int) -> int:
        """A number; `0{,}5` and `0.5` are decimals, `10\\,000` one number."""
        raw = self.raw
        token = raw[at]
        text, end, last = token.text, at + 1, token
        if at + 4 < len(raw) and [t.text for t in raw[at + 1 : at + 4]] == ["{", ",", "}"] and raw[at + 4].kind == "num":
            last = raw[at + 4]
            text, end = f"{text}.{last.text}", at + 5
        elif (
            end + 1 < len(raw)
            and raw[end].kind == "cmd"
            and raw[end].text == ","
            and raw[end + 1].kind == "num"
            and len(raw[end + 1].text) == 3
            and "." not in text
            and len(text) <= 3
        ):
            last = raw[end + 1]
            text, end = text + last.text, end + 2
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
        if text in S.BARE_FUNCTION_WORDS or text in S.KL_WORDS or text in S.BARE_NAMES:
            self.put("name", text, token)
            return
        if text.lower() in S.PROSE_WORDS:
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

    def letter(self, text: str, start: int, end: int, font: str) -> None:
        known = S.UNICODE.get(text)
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
        text = S.UNICODE_PLAIN.get(token.text, token.text)
        if text == "&":
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
        elif text == ">" and self.out and self.out[-1].text == "<=" and self.out[-1].end == token.start:
            self.out[-1] = Tok("rel", "<=>", self.out[-1].start, token.end)
        elif text in ("<", ">"):
            self.put("rel", text, token)
        elif text == "~":
            # a tie is white space, but in a subscript such as E_{z~q} it is meant as \sim
            before = self.out[-1] if self.out and self.in_subscript() else None
            if before is not None and before.kind in ("id", "op") and before.text not in ("=", ",", "("):
                self.put("rel", "~", token, "tie")
        elif text in S.SUPERSCRIPTS or text in S.SUBSCRIPTS:
            table, mark = (S.SUPERSCRIPTS, "^") if text in S.SUPERSCRIPTS else (S.SUBSCRIPTS, "_")
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
        elif text in S.VULGAR_FRACTIONS:
            num, den = S.VULGAR_FRACTIONS[text]
            for kind, piece in (("cmd", "frac"), ("op", "{"), ("num", str(num)), ("op", "}"), ("op", "{"),
                                ("num", str(den)), ("op", "}")):
                self.put(kind, piece, token)
        elif text in S.UNICODE:
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

    # control sequences

    def command(self, at: int) -> int:
        raw = self.raw
        token = raw[at]
        text = token.text
        nxt = at + 1
        if text == "\\" or text in ("newline", "cr", "tabularnewline"):
            if nxt < len(raw) and raw[nxt].text == "*":
                nxt += 1
            nxt_bracket = skip_space(raw, nxt)
            if nxt_bracket > nxt and nxt_bracket < len(raw) and raw[nxt_bracket].text == "[" and nxt_bracket - nxt == 1:
                spaced = bracket_end(raw, nxt_bracket)
                if _DIMENSION.fullmatch("".join(t.text for t in raw[nxt_bracket:spaced])):
                    nxt = nxt_bracket
            stop = bracket_end(raw, nxt)
            if stop > nxt and _DIMENSION.fullmatch("".join(t.text for t in raw[nxt:stop])):
                nxt = stop
            if text == "\\" and nxt < len(raw) and raw[nxt].text in ("{", "}") and raw[nxt].start == token.end:
                self.out.append(Tok("op", "\\" + raw[nxt].text, token.start, raw[nxt].end))  # Markdown doubles backslashes
                return nxt + 1
            self.put("row", "\\\\", token)
            return nxt
        if text in S.OLD_MATRICES and nxt < len(raw) and raw[skip_space(raw, nxt)].text == "{":
            start = skip_space(raw, nxt)
            stop = group_end(raw, start)
            self.put("begin", text, token)
            self.out.extend(_Preparer(raw[start + 1 : stop - 1]).run())
            self.put("end", text, token)
            return stop
        if text in S.DIMENSION_MACROS:
            while nxt < len(raw) and (raw[nxt].kind in ("num", "ws") or raw[nxt].text in "-.="):
                nxt += 1
            return nxt + (nxt < len(raw) and raw[nxt].text[:2] in ("mu", "pt", "em", "ex", "cm", "mm"))
        if text in ("begin", "end"):
            stop = group_end(raw, skip_space(raw, nxt))
            name = "".join(t.text for t in raw[nxt:stop]).strip("{} \t\n")
            if name in S.TRANSPARENT and not (self.out and self.out[-1].text == "\\{"):
                if text == "begin" and name.startswith(("aligned", "split", "gathered")):
                    stop = bracket_end(raw, stop)
                return group_end(raw, skip_space(raw, stop)) if text == "begin" and name.startswith("alignat") else stop
            self.put(text, name, token)
            if text == "begin":
                stop2 = bracket_end(raw, stop)
                if name in S.ALIGNED or name in ("pmatrix*", "bmatrix*", "vmatrix*", "array"):
                    stop = stop2
                if name in ("array", "alignedat", "alignat", "alignat*"):
                    stop = group_end(raw, skip_space(raw, stop))
            return stop
        if text in ("left", "right", "middle"):
            return self.delimiter(at)
        if text in _BIG_SIZES:
            side = {"l": "left", "r": "right", "m": "middle"}.get(text[-1], "")
            following = skip_space(raw, nxt)
            if following < len(raw) and raw[following].text in ("|", "vert", "mid", "Vert", "lvert", "rvert", "parallel"):
                bar = raw[following]
                double = bar.kind == "cmd" and bar.text in ("|", "Vert", "parallel")
                self.out.append(Tok("op", "||" if double else "|", token.start, bar.end, side if double or side else ""))
                return following + 1
            return nxt
        if text in S.TEXT_MACROS:
            return self.text_macro(at)
        if text in S.FONTS or text in ("operatorname", "mathop"):
            return self.font(at)
        if text in S.SPACING_WITH_ARGUMENT:
            stop = skip_space(raw, nxt)
            if stop < len(raw) and raw[stop].text == "*":
                stop += 1
            return group_end(raw, skip_space(raw, stop))
        if text in ("_", "*"):
            self.put("op", text, token)
            return nxt
        if text in S.SPACING or text.isspace():
            if text in ("quad", "qquad"):
                self.put("cmd", "quad", token)
            return nxt
        if text == "not":
            following = skip_space(raw, nxt)
            if following < len(raw) and raw[following].text in ("=", "in", "equiv"):
                self.out.append(Tok("rel", "notin" if raw[following].text == "in" else "!=", token.start, raw[following].end))
                return following + 1
            return nxt
        if text in _ANNOTATED:
            return self.annotated(at)
        if text in _BRACES:
            return self.brace(at)
        if text in _BOXES:
            self.put("cmd", "boxed", token)
            return nxt
        if text == "substack":
            start = skip_space(raw, nxt)
            stop = group_end(raw, start)
            self.out.extend(t._replace(kind="op", text=",") if t.kind == "row" else t for t in _Preparer(_ungroup(raw[start:stop])).run())
            return stop
        if text in ("xrightarrow", "xlongrightarrow", "xRightarrow"):
            stop = group_end(raw, skip_space(raw, bracket_end(raw, skip_space(raw, nxt))))
            self.put("rel", "=>" if text == "xRightarrow" else "->", token)
            return stop
        if text in ("lvert", "lVert"):
            self.put("op", "|" if text == "lvert" else "||", token, "left")
            return nxt
        if text in ("rvert", "rVert"):
            self.put("op", "|" if text == "rvert" else "||", token, "right")
            return nxt
        if text == "mid":
            following = skip_space(raw, nxt)
            if following < len(raw) and raw[following].kind == "cmd" and raw[following].text == "mid":
                self.out.append(Tok("op", "||", token.start, raw[following].end, "mid"))
                return following + 1
            self.put("op", "|", token, "mid")
            return nxt
        if text == "%":
            self.put("op", "%", token)
            return nxt
        if text in ("nicefrac", "sfrac") and nxt < len(raw) and raw[nxt].text == "[":
            nxt = bracket_end(raw, nxt)
        self.symbol(text, token.start, token.end)
        return nxt

    def delimiter(self, at: int) -> int:
        """`\\left(`, `\\right|` and `\\middle\\Vert`: the side of a bar is kept, the size dropped."""
        raw = self.raw
        side = raw[at].text
        nxt = skip_space(raw, at + 1)
        if nxt >= len(raw):
            return nxt
        token = raw[nxt]
        text = S.ALIASES.get(token.text, token.text) if token.kind == "cmd" else token.text
        if side == "left":
            self.lefts.append(text)
        opener = self.lefts.pop() if side == "right" and self.lefts else ""
        start, end = raw[at].start, token.end
        if text == ".":
            if side == "left":
                self.out.append(Tok("op", "left.", start, end))
            elif opener == "{":
                self.out.append(Tok("op", "right.", start, end))
            elif opener == ".":
                self.forget("left.")
            return nxt + 1
        if side == "right" and opener == "." and text not in ("|", "mid"):
            self.forget("left.")
            if text == "}":
                self.forget("right.")
        double = token.kind == "cmd" and text == "|"
        if text == "|" or text == "mid":
            if side == "right" and opener == ".":
                self.out.append(Tok("op", "evalbar", start, end))
            else:
                self.out.append(Tok("op", "||" if double else "|", start, end, side))
            return nxt + 1
        if token.kind == "cmd":
            self.symbol(text, start, end)
        elif text in "()[]/":
            self.out.append(Tok("op", text, start, end))
        elif text in ("<", ">"):
            self.out.append(Tok("cmd", "langle" if text == "<" else "rangle", start, end))
        else:
            return nxt
        return nxt + 1

    def forget(self, text: str) -> None:
        """Remove the last token of this text: an empty delimiter that only balanced a size."""
        for j in range(len(self.out) - 1, -1, -1):
            if self.out[j].text == text and self.out[j].kind == "op":
                del self.out[j]
                return

    def text_macro(self, at: int) -> int:
        raw = self.raw
        if raw[at].text in ("intertext", "shortintertext"):
            self.put("row", "\\\\", raw[at])
            return group_end(raw, skip_space(raw, at + 1))
        start = skip_space(raw, at + 1)
        stop = group_end(raw, start)
        inner = raw[start + 1 : stop - 1] if start < len(raw) and raw[start].text == "{" else raw[start:stop]
        if any(t.text == "$" for t in inner) or sum(t.kind == "cmd" and t.text not in S.SPACING for t in inner):
            # mathematics inside text: words become text tokens, the rest is read as it stands
            inside = False
            piece: list[Token] = []
            for t in inner:
                if t.text == "$":
                    if inside:
                        self.out.extend(_Preparer(piece).run())
                    else:
                        self.put_text(piece)
                    piece = []
                    inside = not inside
                else:
                    piece.append(t)
            self.put_text(piece)
            return stop
        text = " ".join("".join(" " if t.kind in ("ws", "par", "cmd") else t.text for t in inner).split())
        first = raw[at]
        last = raw[min(stop, len(raw)) - 1]
        if text in S.TEXT_OPERATORS:
            self.put(*S.TEXT_OPERATORS[text], raw[at])
        elif text:
            words = text.strip()
            if words in S.CALL_FUNCTIONS or words in S.KL_WORDS or words in S.BARE_NAMES or words in ("E", "Var"):
                self.out.append(Tok("name", words, first.start, last.end, "text"))
            elif len(words) == 1 and words.isalpha():
                self.out.append(Tok("id", words, first.start, last.end, "text"))
            else:
                self.out.append(Tok("text", words, first.start, last.end))
        return stop

    def put_text(self, piece: list[Token]) -> None:
        text = " ".join("".join(" " if t.kind in ("ws", "par", "cmd") else t.text for t in piece).split())
        if text:
            self.out.append(Tok("text", text, piece[0].start, piece[-1].end))

    def font(self, at: int) -> int:
        """A font macro: one letter keeps its font, a run of letters becomes one name, anything else passes."""
        raw = self.raw
        font = raw[at].text
        start = skip_space(raw, at + 1)
        if start < len(raw) and raw[start].text == "*":
            start = skip_space(raw, start + 1)
        if start >= len(raw):
            return start
        stop = group_end(raw, start)
        inner = raw[start + 1 : stop - 1] if raw[start].text == "{" else raw[start:stop]
        inner = [t for t in inner if t.kind not in ("ws", "par")]
        if not inner:
            return stop
        if all(t.kind == "word" for t in inner) or (
            font in ("operatorname", "mathrm", "mathop") and all(t.kind in ("word", "num") or t.text in "-,!" for t in inner)
        ):
            text = "".join(t.text for t in inner if t.text not in ("!", ","))
            if len(text) == 1:
                self.letter_in_font(text, raw[at].start, raw[stop - 1].end, font)
            else:
                self.out.append(Tok("name", text, raw[at].start, raw[stop - 1].end, font))
            return stop
        if font in ("underline", "ensuremath") and any(t.kind == "char" for t in inner):
            self.out.extend(_Preparer(inner).run())
            return stop
        nested = inner[0].kind == "cmd" and inner[0].text in S.FONTS and group_end(inner, 1) == len(inner)
        if nested or len(inner) == 1 and inner[0].kind == "cmd":
            self.out.extend(_Preparer(inner).run())
            return stop
        if len(inner) == 1 and inner[0].kind == "num":
            if font in ("mathbb", "mathbf", "mathds", "mathbbm", "bm", "boldsymbol") and inner[0].text == "1":
                self.out.append(Tok("cmd", "one", raw[at].start, raw[stop - 1].end, font))
            else:
                self.out.append(Tok("num", inner[0].text, inner[0].start, inner[0].end))
            return stop
        return start

    def letter_in_font(self, text: str, start: int, end: int, font: str) -> None:
        if text in S.UNICODE:
            self.letter(text, start, end, font)
        else:
            self.out.append(Tok("id", text, start, end, font))

    def annotated(self, at: int) -> int:
        """`\\overset{(a)}{=}` is its second argument; `\\underset{x}{\\max}` puts the first below it."""
        raw = self.raw
        first = skip_space(raw, at + 1)
        middle = group_end(raw, first)
        second = skip_space(raw, middle)
        stop = group_end(raw, second)
        base = _Preparer(_ungroup(raw[second:stop])).run()
        if raw[at].text == "underset" and base and base[0].text in _LIMIT_WORDS:
            self.out.extend(base)
            self.put("op", "_", raw[at])
            self.put("op", "{", raw[at])
            self.out.extend(_Preparer(_ungroup(raw[first:middle])).run())
            self.put("op", "}", raw[at])
        else:
            above = "".join(t.text for t in _ungroup(raw[first:middle]))
            if len(base) == 1 and base[0].kind == "rel" and above in ("def", "déf", "△", "triangle", "Delta"):
                base = [base[0]._replace(text=":=")]
            self.out.extend(base)
        return stop

    def brace(self, at: int) -> int:
        """`\\underbrace{x}_{label}`: the label is dropped."""
        raw = self.raw
        start = skip_space(raw, at + 1)
        stop = group_end(raw, start)
        self.put("op", "{", raw[at])
        self.out.extend(_Preparer(_ungroup(raw[start:stop])).run())
        self.put("op", "}", raw[at])
        mark = skip_space(raw, stop)
        if mark < len(raw) and raw[mark].text in ("_", "^") and raw[mark].kind == "char":
            stop = group_end(raw, skip_space(raw, mark + 1))
        return stop


def _ungroup(tokens: list[Token]) -> list[Token]:
    return tokens[1:-1] if len(tokens) >= 2 and tokens[0].text == "{" and tokens[-1].text == "}" else tokens


def formula_tokens(raw: list[Token] | tuple[Token, ...]) -> list[Tok]:
    """Prepare raw tokens for the parser.

    Raises TooLarge for over-long numbers or formulas, ReadError for stray control characters.
    """
    if len(raw) > 4 * FORMULA_TOKENS:
        raise TooLarge("formula_too_long", f"a formula of {len(raw)} tokens", raw[0].start, raw[-1].end)
    return _split_digits(_tidy(_Preparer(list(raw)).run()))


def _tidy(toks: list[Tok]) -> list[Tok]:
    """Drop empty groups and braces around a relation; an array used as an alignment becomes rows."""
    out: list[Tok] = []
    for tok in toks:
        if tok.kind == "op" and tok.text == "}" and out:
            before = out[-2] if len(out) > 1 else None
            if out[-1].text == "{" and out[-1].kind == "op" and (
                before is None or before.kind != "cmd" and before.text not in ("^", "_", "}")
            ):
                out.pop()
                continue
            if out[-1].kind == "rel" and before is not None and before.text == "{" and before.kind == "op":
                out[-2:] = [out[-1]]
                continue
        out.append(tok)
    starts = [i for i, tok in enumerate(out) if tok.kind == "begin" and tok.text == "array"]
    for start in reversed(starts):
        stop = next((j for j in range(start, len(out)) if out[j].kind == "end" and out[j].text == "array"), None)
        if stop is not None and any(
            out[j].kind == "amp" and out[j + 1].kind == "rel" and out[j + 2].kind == "amp" for j in range(start, stop - 1)
        ):
            del out[stop]
            del out[start]
    return out


def _split_digits(toks: list[Tok]) -> list[Tok]:
    """TeX takes one digit as an argument: `\\frac12` is a half and `x^12` is x¹ times 2."""
    out: list[Tok] = []
    open_groups: list[int] = []
    need = 0
    for tok in toks:
        if tok.kind == "num" and need and len(tok.text) > 1 and tok.text.isdigit():
            step = 1 if tok.end - tok.start == len(tok.text) else 0
            at = 0
            while need and at < len(tok.text) - 1:
                out.append(Tok("num", tok.text[at], tok.start + at * step, tok.start + (at + 1) * step if step else tok.end))
                at += 1
                need -= 1
            out.append(Tok("num", tok.text[at:], tok.start + at * step, tok.end))
            need = max(need - 1, 0)
            continue
        out.append(tok)
        if tok.kind == "op" and tok.text == "{":
            open_groups.append(max(need - 1, 0))
            need = 0
        elif tok.kind == "op" and tok.text == "}":
            need = open_groups.pop() if open_groups else 0
        elif tok.kind == "cmd" and tok.text in ("frac", "binom"):
            need = 2
        elif tok.kind == "op" and tok.text in ("^", "_"):
            need += 1
        elif need:
            need -= 1
    return out


def tokenize(text: str, base: int = 0) -> list[Tok]:
    """Formula tokens of LaTeX text that needs no macro expansion of the student's."""
    return formula_tokens(scan(text, base))
