"""LaTeX files: included files, macros, environments, lists, headings and formulas become blocks."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Final

from grader.errors import ReadError, TooLarge
from grader.limits import FILE_BYTES, INPUT_FILES, TOKENS
from grader.maths.lexer import Token, bracket_end, group_end, scan, skip_space
from grader.reading.document import Block, Document, Kind, Problem
from grader.reading.files import decode, inside, load_bytes
from grader.reading.macros import Expander, package_macros

DISPLAYS: Final = frozenset(
    """equation equation* align align* alignat alignat* gather gather* multline multline* flalign flalign* eqnarray
    eqnarray* displaymath dmath dmath* math split aligned gathered cases subequations IEEEeqnarray IEEEeqnarray*""".split()
)
_SKIPPED: Final = frozenset("verbatim verbatim* lstlisting minted comment tikzpicture filecontents filecontents* thebibliography".split())
_LISTS: Final = frozenset("enumerate itemize description compactenum compactitem enumerate* itemize* parts subparts questions".split())
_ANSWERS: Final = frozenset(
    """answer Answer answers solution Solution solutions proof preuve Preuve reponse Reponse réponse Réponse sol soln
    myanswer demonstration corrige ans response""".split()
)
_QUESTIONS: Final = frozenset("exercise Exercise exercice Exercice question Question problem Problem probleme Probleme homeworkProblem".split())
_HEADINGS: Final = {
    "part": 0, "chapter": 0, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4, "subparagraph": 5,
}
_NO_TEXT: Final = {
    "label": 1, "ref": 1, "eqref": 1, "cite": 1, "vspace": 1, "hspace": 1, "includegraphics": 1, "usepackage": 1,
    "documentclass": 1, "bibliography": 1, "bibliographystyle": 1, "pagestyle": 1, "thispagestyle": 1, "footnote": 1,
    "footnotetext": 1, "setlength": 2, "addtolength": 2, "geometry": 1, "hypersetup": 1, "color": 1, "textcolor": 1, "title": 1,
    "author": 1, "date": 1, "input": 1, "include": 1, "graphicspath": 1, "RequirePackage": 1, "bibitem": 1, "todo": 1, "fancyhead": 1,
    "fancyfoot": 1, "lhead": 1, "rhead": 1, "chead": 1, "lfoot": 1, "rfoot": 1, "cfoot": 1, "setcounter": 2, "addtocounter": 2,
    "definecolor": 3, "tcbuselibrary": 1, "usetikzlibrary": 1, "theoremstyle": 1, "url": 1, "caption": 1, "colorbox": 1,
    "pagenumbering": 1, "hyphenation": 1, "linespread": 1, "setstretch": 1, "numberwithin": 2, "newcounter": 1, "markboth": 2,
}
_ACCENTS: Final = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "c": "\u0327", "=": "\u0304",
                   "u": "\u0306", "v": "\u030c", "H": "\u030b", "r": "\u030a", "k": "\u0328"}
_LETTERS: Final = {"oe": "œ", "OE": "Œ", "ae": "æ", "AE": "Æ", "ss": "ß", "o": "ø", "aa": "å", "l": "ł", "i": "i", "j": "j",
                   "og": "« ", "fg": " »", "guillemotleft": "«", "guillemotright": "»", "dots": "...", "ldots": "...",
                   "textbackslash": "\\", "ier": "er", "LaTeX": "LaTeX", "TeX": "TeX", "S": "§", "dag": "†"}
_NUMBERINGS: Final = ("1", "a", "i", "A")


def read_tex(path: Path, data: bytes, document: Document) -> None:
    """Read a LaTeX file and all it includes into the document.

    Raises ReadError/TooLarge when nothing can be made of it.
    """
    text, base = decode(data, document.source, path.name, document.problems)
    loader = _Loader(path.parent, document)
    tokens = loader.includes(scan(text, base), 0)
    body = _body(tokens)
    if len(tokens) > TOKENS:
        raise TooLarge("too_many_tokens", f"{len(tokens)} tokens; at most {TOKENS} are read", tokens[0].start)
    expander = Expander(package_macros())
    expander.expand(loader.style_tokens)
    try:
        expanded = expander.expand(body)
    except TooLarge as error:
        document.problems.append(Problem(error.note, error.message, error.start, error.end))
        expanded = body  # formulas that need the macro will say so one by one
    _Builder(document, expander).run(expanded)


class _Loader:
    """Draws in `\\input` files and attached style files, once each, from the submission's folder only."""

    def __init__(self, folder: Path, document: Document) -> None:
        self.folder = folder
        self.document = document
        self.style_tokens: list[Token] = []
        self.files = 0
        self.bytes = 0

    def includes(self, tokens: list[Token], depth: int) -> list[Token]:
        out: list[Token] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind == "cmd" and token.text in ("input", "include", "subfile") and depth < 8:
                start = skip_space(tokens, at + 1)
                stop = group_end(tokens, start)
                name = "".join(t.text for t in tokens[start:stop]).strip("{} \n")
                piece = self.load(name, (".tex", ""), token)
                if piece is not None:
                    out.extend(self.includes(piece, depth + 1))
                at = stop
                continue
            if token.kind == "cmd" and token.text in ("usepackage", "RequirePackage"):
                start = skip_space(tokens, at + 1)
                start = skip_space(tokens, bracket_end(tokens, start))
                stop = group_end(tokens, start)
                for name in "".join(t.text for t in tokens[start:stop]).strip("{}").split(","):
                    path = inside(self.folder, name.strip() + ".sty")
                    if path is not None:
                        piece = self.load(name.strip() + ".sty", ("",), token)
                        self.style_tokens.extend(self.includes(piece or [], depth + 1))
                at = stop
                continue
            out.append(token)
            at += 1
        return out

    def load(self, name: str, endings: tuple[str, ...], token: Token) -> list[Token] | None:
        for ending in endings:
            path = inside(self.folder, name + ending)
            if path is None:
                continue
            self.files += 1
            try:
                data = load_bytes(path)
                self.bytes += len(data)
                if self.files > INPUT_FILES or self.bytes > FILE_BYTES:
                    raise TooLarge("too_many_files", "the included files are too many or too large", token.start)
                text, base = decode(data, self.document.source, name + ending, self.document.problems)
            except ReadError as error:
                self.document.problems.append(Problem(error.note, f"{name}: {error.message}", token.start, token.end))
                return None
            return scan(text, base)
        known = ("math_commands", "math_commands.tex")
        if name not in known:
            self.document.problems.append(
                Problem("missing_file", f"\\input{{{name}}}: no such file in the submission", token.start, token.end)
            )
        return None


def _body(tokens: list[Token]) -> list[Token]:
    """The preamble (for its definitions) and the document up to its end; dead branches removed."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "cmd":
            if token.text == "iffalse":
                depth = 1
                at += 1
                while at < len(tokens) and depth:
                    if tokens[at].kind == "cmd":
                        if tokens[at].text == "fi":
                            depth -= 1
                        elif tokens[at].text == "else" and depth == 1:
                            at += 1
                            break
                        elif tokens[at].text.startswith("if"):
                            depth += 1
                    at += 1
                continue
            if token.text == "end":
                stop = group_end(tokens, skip_space(tokens, at + 1))
                if "".join(t.text for t in tokens[at + 1 : stop]).strip("{} ") == "document":
                    return out
            if token.text == "verb" and at + 1 < len(tokens):
                mark = tokens[at + 1].text
                at += 2
                while at < len(tokens) and tokens[at].text != mark and "\n" not in tokens[at].text:
                    at += 1
                at += 1
                continue
        out.append(token)
        at += 1
    return out


class _Builder:
    """Walks expanded tokens in text mode and emits blocks."""

    def __init__(self, document: Document, expander: Expander) -> None:
        self.document = document
        self.expander = expander
        self.blocks = document.blocks
        self.text: list[str] = []
        self.text_start = self.text_end = 0
        self.fresh = True
        self.lists: list[tuple[str, int, str]] = []  # (kind, counter, numbering)
        self.counters: dict[int, int] = {}
        self.closing: list[str] = []  # what each open brace means: "" or "answer"
        self.environments: list[str] = []

    def run(self, tokens: list[Token]) -> None:
        at = 0
        started = not any(
            t.kind == "cmd" and t.text == "begin" and i + 2 < len(tokens) and tokens[i + 2].text == "document"
            for i, t in enumerate(tokens)
        )
        while at < len(tokens):
            token = tokens[at]
            if not started:
                if token.kind == "cmd" and token.text == "begin" and tokens[at + 2 : at + 3] and tokens[at + 2].text == "document":
                    started = True
                    at = group_end(tokens, at + 1)
                else:
                    at += 1
                continue
            at = self.step(tokens, at)
        self.flush()

    def step(self, tokens: list[Token], at: int) -> int:
        token = tokens[at]
        kind, text = token.kind, token.text
        if kind == "cmd":
            return self.command(tokens, at)
        if kind == "par":
            self.flush()
            self.blocks.append(Block(Kind.BREAK, token.start, token.end))
            self.fresh = True
        elif kind == "ws":
            if "\n" in text:
                self.flush()
                self.fresh = True
            else:
                self.put(" ", token)
        elif kind == "char":
            if text == "$":
                double = at + 1 < len(tokens) and tokens[at + 1].text == "$" and tokens[at + 1].kind == "char"
                return self.dollars(tokens, at, 2 if double else 1)
            if text == "{":
                self.closing.append("")
            elif text == "}":
                if self.closing and self.closing.pop() == "answer":
                    self.flush()
                    self.blocks.append(Block(Kind.ANSWER_END, token.start, token.end))
            elif text == "~":
                self.put(" ", token)
            elif text not in "&":
                self.put(text, token)
        else:
            self.put(text, token)
        return at + 1

    def put(self, text: str, token: Token) -> None:
        if not self.text:
            if text == " ":
                return
            self.text_start = token.start
        self.text.append(text)
        self.text_end = token.end

    def flush(self) -> None:
        """Emit the text collected so far as one block."""
        if not self.text:
            return
        text = unicodedata.normalize("NFC", "".join(self.text)).strip()
        if text:
            self.blocks.append(Block(Kind.TEXT, self.text_start, self.text_end, text, fresh=self.fresh))
            self.fresh = False
        self.text = []

    # formulas

    def formula(self, kind: Kind, tokens: list[Token], start: int, end: int) -> None:
        self.flush()
        self.blocks.append(Block(kind, start, end, tokens=tuple(tokens), fresh=self.fresh))
        self.fresh = kind is Kind.DISPLAY

    def dollars(self, tokens: list[Token], at: int, width: int) -> int:
        """A formula between dollar signs; an unclosed one ends with its paragraph."""
        i = at + width
        while i < len(tokens):
            token = tokens[i]
            if token.kind == "par" or (token.kind == "cmd" and token.text in ("section", "subsection", "item")):
                break
            if token.kind == "char" and token.text == "$":
                if width == 1 or (i + 1 < len(tokens) and tokens[i + 1].text == "$"):
                    self.formula(Kind.DISPLAY if width == 2 else Kind.INLINE, tokens[at + width : i], tokens[at].start,
                                 tokens[i + width - 1].end)
                    return i + width
                break
            i += 1
        self.unclosed("$" * width, tokens, at, i)
        self.formula(Kind.DISPLAY if width == 2 else Kind.INLINE, tokens[at + width : i], tokens[at].start,
                     tokens[min(i, len(tokens)) - 1].end)
        return i

    def unclosed(self, what: str, tokens: list[Token], at: int, stop: int) -> None:
        self.document.problems.append(Problem("unclosed", f"'{what}' is never closed", tokens[at].start, tokens[at].end))

    def delimited(self, tokens: list[Token], at: int, closing: str, kind: Kind) -> int:
        i = at + 1
        while i < len(tokens):
            token = tokens[i]
            if token.kind == "cmd" and token.text == closing:
                self.formula(kind, tokens[at + 1 : i], tokens[at].start, token.end)
                return i + 1
            if token.kind == "par" or (token.kind == "cmd" and token.text in ("section", "subsection")):
                break
            i += 1
        self.unclosed("\\" + tokens[at].text, tokens, at, i)
        self.formula(kind, tokens[at + 1 : i], tokens[at].start, tokens[min(i, len(tokens)) - 1].end)
        return i

    # control sequences

    def command(self, tokens: list[Token], at: int) -> int:
        token = tokens[at]
        text = token.text
        if text == "(":
            return self.delimited(tokens, at, ")", Kind.INLINE)
        if text == "[":
            return self.delimited(tokens, at, "]", Kind.DISPLAY)
        if text in ("begin", "end"):
            return self.environment(tokens, at)
        if text == "item":
            return self.item(tokens, at)
        if text in _HEADINGS:
            return self.heading(tokens, at)
        if text in ("\\", "newline", "par", "linebreak", "smallskip", "medskip", "bigskip", "newpage", "clearpage", "pagebreak"):
            self.flush()
            if text != "\\" and text != "newline":
                self.blocks.append(Block(Kind.BREAK, token.start, token.end))
            self.fresh = True
            nxt = at + 1
            if nxt < len(tokens) and tokens[nxt].text == "*":
                nxt += 1
            return bracket_end(tokens, nxt)
        if text in ("setcounter", "addtocounter"):
            return self.set_counter(tokens, at)
        if text in _NO_TEXT:
            return self.skip_arguments(tokens, at, _NO_TEXT[text])
        following = skip_space(tokens, at + 1)
        braced = following < len(tokens) and tokens[following].text == "{" and tokens[following].kind == "char"
        if text in _ANSWERS and braced:
            self.flush()
            self.blocks.append(Block(Kind.ANSWER, token.start, tokens[following].end))
            self.fresh = True
            self.closing.append("answer")
            return following + 1
        if text in _QUESTIONS and braced:
            self.flush()
            self.blocks.append(Block(Kind.QUESTION, token.start, token.end, fresh=True))
            self.fresh = True
            return following
        if text in _ACCENTS and not text.isalpha() or text in _ACCENTS and braced:
            return self.accent(tokens, at)
        if text in _LETTERS:
            self.put(_LETTERS[text], token)
            after = at + 1
            return after + (after < len(tokens) and tokens[after].kind == "ws" and "\n" not in tokens[after].text)
        if text in ("%", "&", "#", "_", "$", "{", "}"):
            self.put(text, token)
            return at + 1
        if text in (",", ";", " ", "!", ":", "quad", "qquad", "/", "@", "-"):
            self.put(" ", token)
            return at + 1
        if text.isalpha() and len(text) > 1 and self.is_formula_macro(text):
            return self.bare_formula(tokens, at)
        # another text macro: its braced arguments are text
        return at + 1

    def is_formula_macro(self, text: str) -> bool:
        """A mathematical macro in running text, where dollar signs were forgotten."""
        from grader.maths.symbols import GREEK

        return text in GREEK or text in ("frac", "mathbb", "mathcal", "boldsymbol", "sum", "log")

    def bare_formula(self, tokens: list[Token], at: int) -> int:
        self.put(tokens[at].text, tokens[at])
        return at + 1

    def skip_arguments(self, tokens: list[Token], at: int, count: int) -> int:
        i = at + 1
        if i < len(tokens) and tokens[i].text == "*":
            i += 1
        for _ in range(count):
            start = skip_space(tokens, i)
            stop = bracket_end(tokens, start)
            start = skip_space(tokens, stop) if stop > start else start
            if start >= len(tokens) or tokens[start].text != "{":
                return i
            i = group_end(tokens, start)
        return i

    def accent(self, tokens: list[Token], at: int) -> int:
        start = skip_space(tokens, at + 1)
        stop = group_end(tokens, start)
        inner = [t for t in tokens[start:stop] if t.text not in "{}"]
        letters = "".join(_LETTERS.get(t.text, t.text) if t.kind == "cmd" else t.text for t in inner)
        if letters:
            self.put(letters[0] + _ACCENTS[tokens[at].text] + letters[1:], tokens[at])
            self.text_end = tokens[stop - 1].end
        return stop

    def heading(self, tokens: list[Token], at: int) -> int:
        self.flush()
        level = _HEADINGS[tokens[at].text]
        start = at + 1
        starred = start < len(tokens) and tokens[start].text == "*"
        start = skip_space(tokens, start + starred)
        start = skip_space(tokens, bracket_end(tokens, start))
        stop = group_end(tokens, start)
        title = self.plain(tokens[start:stop])
        style = f"h{level}" + ("*" if starred else "")
        self.blocks.append(Block(Kind.HEADING, tokens[at].start, tokens[stop - 1].end, title, level, fresh=True, style=style))
        self.fresh = True
        return stop

    def plain(self, tokens: list[Token]) -> str:
        """The words of a group, for headings."""
        inner = _Builder(Document(self.document.source), self.expander)
        at = 0
        while at < len(tokens):
            if tokens[at].text == "$":
                at += 1
                continue
            at = inner.step(tokens, at)
        inner.flush()
        return " ".join(b.text for b in inner.blocks if b.kind is Kind.TEXT)

    # environments and lists

    def environment(self, tokens: list[Token], at: int) -> int:
        start = skip_space(tokens, at + 1)
        stop = group_end(tokens, start)
        name = "".join(t.text for t in tokens[start:stop]).strip("{} \n")
        token = tokens[at]
        opening = token.text == "begin"
        if opening and name in DISPLAYS:
            return self.display_environment(tokens, at, stop, name)
        if opening and name in _SKIPPED:
            i = stop
            while i < len(tokens):
                if tokens[i].kind == "cmd" and tokens[i].text == "end":
                    end = group_end(tokens, skip_space(tokens, i + 1))
                    if "".join(t.text for t in tokens[i + 1 : end]).strip("{} ") == name:
                        return end
                i += 1
            return len(tokens)
        if name in _LISTS:
            self.flush()
            if opening:
                after = bracket_end(tokens, skip_space(tokens, stop))
                options = "".join(t.text for t in tokens[stop:after])
                self.open_list(name, options)
                return max(after, stop)
            if self.lists:
                self.counters[len(self.lists)] = self.lists[-1][1]
                self.lists.pop()
            self.blocks.append(Block(Kind.LIST_END, token.start, token.end, level=len(self.lists)))
            self.fresh = True
            return stop
        title = self.expander.theorems.get(name, "")
        if name in _ANSWERS or title.lower() in ("answer", "réponse", "reponse", "solution", "proof", "preuve"):
            self.flush()
            self.blocks.append(Block(Kind.ANSWER if opening else Kind.ANSWER_END, token.start, tokens[stop - 1].end))
            self.fresh = True
            return bracket_end(tokens, stop) if opening else stop
        if name in _QUESTIONS or title.lower().startswith(("question", "exerci", "probl")):
            self.flush()
            self.fresh = True
            if not opening:
                return stop
            after = bracket_end(tokens, skip_space(tokens, stop))
            words = self.plain(tokens[stop + 1 : after - 1]) if after > stop else ""
            self.blocks.append(Block(Kind.QUESTION, token.start, tokens[max(after, stop) - 1].end, words, fresh=True))
            return max(after, stop)
        self.flush()
        self.fresh = True
        if opening:
            if name in ("minipage", "tabular", "multicols", "tabularx", "adjustwidth"):
                return self.skip_arguments(tokens, stop - 1, 2 if name in ("tabularx", "adjustwidth") else 1)
            after = bracket_end(tokens, skip_space(tokens, stop))
            return after if after > skip_space(tokens, stop) else stop
        return stop

    def display_environment(self, tokens: list[Token], at: int, inner: int, name: str) -> int:
        """A display from `\\begin` to its `\\end`; an unclosed one ends at the next blank line or heading."""
        depth = 1
        i = inner
        while i < len(tokens):
            token = tokens[i]
            if token.kind == "cmd" and token.text in ("begin", "end"):
                stop = group_end(tokens, skip_space(tokens, i + 1))
                if "".join(t.text for t in tokens[i + 1 : stop]).strip("{} \n") == name:
                    depth += 1 if token.text == "begin" else -1
                    if depth == 0:
                        self.formula(Kind.DISPLAY, tokens[at:stop], tokens[at].start, tokens[stop - 1].end)
                        return stop
                i = stop
                continue
            if token.kind == "par" or (token.kind == "cmd" and token.text in (*_HEADINGS, "item")):
                break
            i += 1
        self.unclosed(f"\\begin{{{name}}}", tokens, at, i)
        self.formula(Kind.DISPLAY, tokens[inner:i], tokens[at].start, tokens[min(i, len(tokens)) - 1].end)
        return i

    def open_list(self, name: str, options: str) -> None:
        depth = sum(1 for kind, _, _ in self.lists if kind != "item") + 1
        numbered = name.startswith(("enumerate", "compactenum", "parts", "subparts", "questions"))
        numbering = _NUMBERINGS[min(depth - 1, 3)] if numbered else ""
        if numbered:
            for mark, kind in (("alph", "a"), ("Alph", "A"), ("roman", "i"), ("Roman", "I"), ("arabic", "1")):
                if mark in options:
                    numbering = kind
            plain = options.strip("[] ")
            if "label" not in plain and plain.strip("().: ") in ("a", "A", "i", "I", "1"):
                numbering = plain.strip("().: ")
        start = 0
        if "resume" in options:
            start = self.counters.get(len(self.lists) + 1, 0)
        if "start=" in options:
            digits = options.split("start=", 1)[1].split(",")[0].strip("] ")
            start = int(digits) - 1 if digits.isdigit() else 0
        self.lists.append(("enum" if numbered else "item", start, numbering))

    def set_counter(self, tokens: list[Token], at: int) -> int:
        start = skip_space(tokens, at + 1)
        middle = group_end(tokens, start)
        second = skip_space(tokens, middle)
        stop = group_end(tokens, second)
        name = "".join(t.text for t in tokens[start:middle]).strip("{} ")
        value = "".join(t.text for t in tokens[second:stop]).strip("{} ")
        if name.startswith("enum") and self.lists and value.lstrip("-").isdigit():
            kind, counter, numbering = self.lists[-1]
            number = int(value) if tokens[at].text == "setcounter" else counter + int(value)
            self.lists[-1] = (kind, number, numbering)
        return stop

    def item(self, tokens: list[Token], at: int) -> int:
        self.flush()
        token = tokens[at]
        start = skip_space(tokens, at + 1)
        stop = bracket_end(tokens, start)
        level = len(self.lists)
        label, style = "", f"list{level}"
        end = token.end
        if stop > start:
            label = self.plain(tokens[start + 1 : stop - 1])
            style = f"item{level}"
            end = tokens[stop - 1].end
        elif self.lists and self.lists[-1][0] == "enum":
            kind, counter, numbering = self.lists[-1]
            counter += 1
            self.lists[-1] = (kind, counter, numbering)
            label = numeral(counter, numbering)
            style = f"enum{level}{numbering}"
        self.blocks.append(Block(Kind.ITEM, token.start, end, label, level, fresh=True, style=style))
        self.fresh = True
        return stop if stop > start else at + 1


def numeral(number: int, numbering: str) -> str:
    """A counter's value in its numbering: 1, a, i, A or I."""
    if numbering in ("a", "A") and 1 <= number <= 26:
        return chr(ord(numbering) + number - 1)
    if numbering in ("i", "I") and 1 <= number <= 20:
        roman = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"][number % 10]
        text = "x" * (number // 10) + roman
        return text if numbering == "i" else text.upper()
    return str(number)
