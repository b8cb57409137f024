"""Control sequences of formulas: fonts, sizes, text, annotations and environments are settled here."""

from __future__ import annotations

import re
from typing import Final

from grader.maths import symbols as S
from grader.maths import unicode_signs as U
from grader.maths.lexer import Token, bracket_end, group_end, skip_space
from grader.maths.token_kinds import CharacterReader, Tok

_DIMENSION = re.compile(r"\[\s*-?[\d.]+\s*(?:pt|em|ex|cm|mm|in|baselineskip)\s*\]")
_ANNOTATED = frozenset({"overset", "stackrel", "underset", "stackbin", "accentset"})
_BRACES = frozenset({"underbrace", "overbrace", "underbracket", "overbracket"})
_BIG_SIZES = frozenset(w for w in S.SPACING if w.lower().startswith("big"))
_LIMIT_WORDS = frozenset({"E", "max", "min", "sup", "inf", "argmax", "argmin"})
_BOXES = frozenset({"boxed", "fbox", "framebox", "tcboxmath", "Aboxed", "mathbox", "answerbox"})


_NO_NAMES: Final = (
    S.PROSE_WORDS
    | S.NEXT_WORDS
    | S.AND_WORDS
    | S.OR_WORDS
    | {
        "at",
        "in",
        "of",
        "to",
        "as",
        "near",
        "around",
        "see",
        "cf",
        "en",
        "au",
        "aux",
        "voir",
        "from",
        "via",
        "using",
        "only",
        "also",
        "so",
        "all",
    }
)
"""Words that are prose, whatever follows them."""
_VALUE_DUE: Final = frozenset({"+", "-", "*", "/", "(", "[", "{", ",", "|", "||", "\\{", "cdot", "times", "quad"})


class Preparer(CharacterReader):
    """One pass over raw tokens; `out` collects formula tokens."""

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
                self.out.append(
                    Tok("op", "\\" + raw[nxt].text, token.start, raw[nxt].end)
                )  # Markdown doubles backslashes
                return nxt + 1
            self.put("row", "\\\\", token)
            return nxt
        if text in S.OLD_MATRICES and nxt < len(raw) and raw[skip_space(raw, nxt)].text == "{":
            start = skip_space(raw, nxt)
            stop = group_end(raw, start)
            self.put("begin", text, token)
            self.out.extend(Preparer(raw[start + 1 : stop - 1]).run())
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
            self.out.append(Tok(text, name, token.start, raw[max(stop - 1, at)].end))
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
            if following < len(raw) and raw[following].text in (
                "|",
                "vert",
                "mid",
                "Vert",
                "lvert",
                "rvert",
                "parallel",
            ):
                bar = raw[following]
                double = bar.kind == "cmd" and bar.text in ("|", "Vert", "parallel")
                self.out.append(
                    Tok("op", "||" if double else "|", token.start, bar.end, side if double or side else "")
                )
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
                self.out.append(
                    Tok("rel", "notin" if raw[following].text == "in" else "!=", token.start, raw[following].end)
                )
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
            self.out.extend(
                t._replace(kind="op", text=",") if t.kind == "row" else t
                for t in Preparer(_ungroup(raw[start:stop])).run()
            )
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
                        self.out.extend(Preparer(piece).run())
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
            divergence = words in S.KL_WORDS or words in S.JS_WORDS
            if words in S.CALL_FUNCTIONS or divergence or words in S.BARE_NAMES or words in ("E", "Var"):
                self.out.append(Tok("name", words, first.start, last.end, "text"))
            elif len(words) == 1 and words.isalpha():
                self.out.append(Tok("id", words, first.start, last.end, "text"))
            elif self.names_function(words, stop) and inner[-1].kind != "ws":
                self.out.append(Tok("name", words, first.start, last.end, "mathrm"))
            else:
                self.out.append(Tok("text", words, first.start, last.end))
        return stop

    def names_function(self, word: str, after: int) -> bool:
        """Whether a word in a text macro names a function, `\\text{rad}(r) = ..`: it stands where a value is due, and its
        arguments follow at once."""
        if not word.isalpha() or word.lower() in _NO_NAMES or after >= len(self.raw):
            return False
        at = after
        while at < len(self.raw) and self.raw[at].text in ("'", "prime"):
            at += 1
        if at >= len(self.raw) or self.raw[at].text not in ("(", "left", *_BIG_SIZES):
            return False
        before = self.out[-1] if self.out else None
        return before is None or before.kind in ("rel", "row", "amp", "text") or before.text in _VALUE_DUE

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
            font in ("operatorname", "mathrm", "mathop")
            and any(t.kind == "word" for t in inner)
            and all(t.kind in ("word", "num") or t.text in "-,!" for t in inner)
        ):
            text = "".join(t.text for t in inner if t.text not in ("!", ","))
            if len(text) == 1:
                self.letter_in_font(text, raw[at].start, raw[stop - 1].end, font)
            else:
                self.out.append(Tok("name", text, raw[at].start, raw[stop - 1].end, font))
            return stop
        if font in ("underline", "ensuremath") and any(t.kind == "char" for t in inner):
            self.out.extend(Preparer(inner).run())
            return stop
        nested = inner[0].kind == "cmd" and inner[0].text in S.FONTS and group_end(inner, 1) == len(inner)
        if nested or (len(inner) == 1 and inner[0].kind == "cmd"):
            self.out.extend(Preparer(inner).run())
            return stop
        if len(inner) == 1 and inner[0].kind == "num":
            if font in ("mathbb", "mathbf", "mathds", "mathbbm", "bm", "boldsymbol") and inner[0].text == "1":
                self.out.append(Tok("cmd", "one", raw[at].start, raw[stop - 1].end, font))
            else:
                self.out.append(Tok("num", inner[0].text, inner[0].start, inner[0].end))
            return stop
        return start

    def letter_in_font(self, text: str, start: int, end: int, font: str) -> None:
        if text in U.UNICODE:
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
        base = Preparer(_ungroup(raw[second:stop])).run()
        if raw[at].text == "underset" and base and base[0].text in _LIMIT_WORDS:
            self.out.extend(base)
            self.put("op", "_", raw[at])
            self.put("op", "{", raw[at])
            self.out.extend(Preparer(_ungroup(raw[first:middle])).run())
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
        self.out.extend(Preparer(_ungroup(raw[start:stop])).run())
        self.put("op", "}", raw[at])
        mark = skip_space(raw, stop)
        if mark < len(raw) and raw[mark].text in ("_", "^") and raw[mark].kind == "char":
            stop = group_end(raw, skip_space(raw, mark + 1))
        return stop


def _ungroup(tokens: list[Token]) -> list[Token]:
    return tokens[1:-1] if len(tokens) >= 2 and tokens[0].text == "{" and tokens[-1].text == "}" else tokens
