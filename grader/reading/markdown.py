"""Markdown and plain text with LaTeX formulas: lines, headings and formulas become blocks."""

from __future__ import annotations

import re

from grader.errors import TooLarge
from grader.limits import TOKENS
from grader.maths.lexer import Token, scan
from grader.reading.document import Block, Document, Kind, Problem
from grader.reading.macros import Expander, package_macros
from grader.reading.tex import DISPLAYS

_PIECES = re.compile(
    r"""(?P<code>^[ ]{0,3}(?P<fence>```+|~~~+)[^\n]*\n.*?(?:^[ ]{0,3}(?P=fence)[^\n]*$|\Z))
    |(?P<comment><!--.*?(?:-->|\Z))
    |(?P<tick>(?<!\\)`[^`\n]+`)
    |(?P<escaped>\\\$)
    |(?P<double>\$\$)
    |(?P<single>\$)
    |(?P<bracket>\\\[)
    |(?P<paren>\\\()
    |(?P<env>\\begin\{(?P<name>[A-Za-z]+\*?)\})
    |(?P<newline>\r?\n)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_DEFINITION = re.compile(r"\\(?:re|provide)?(?:newcommand|newcommand\*)|\\(?:def|gdef|let)\s*\\|\\DeclareMathOperator|\\DeclarePairedDelimiter|\\(?:re|provide)newcommand")
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_RULE = re.compile(r"^\s*(?:-{3,}|\*{3,}|_{3,}|={3,})\s*$")
_QUOTE = re.compile(r"^\s*(?:>\s?)+")


def read_markdown(text: str, base: int, document: Document) -> None:
    """Read Markdown (or plain text) with formulas into the document."""
    expander = Expander(package_macros())
    body_start = _front_matter(text)
    if _DEFINITION.search(text):
        for found in _DEFINITION.finditer(text):
            stop = text.find("\n\n", found.start())
            piece = text[found.start() : stop if stop >= 0 else len(text)]
            try:
                expander.expand(scan(piece[:20000], base + found.start()))
            except TooLarge as error:
                document.problems.append(Problem(error.note, error.message, error.start, error.end))
                break
    _Lines(text, base, document, expander).run(body_start)


def _front_matter(text: str) -> int:
    """Length of a YAML header."""
    if not text.startswith("---"):
        return 0
    stop = re.compile(r"^(?:---|\.\.\.)\s*$", re.MULTILINE).search(text, 4)
    return stop.end() if stop else 0


class _Lines:
    """One pass over the text; formulas are found first, what is left is cut into lines."""

    def __init__(self, text: str, base: int, document: Document, expander: Expander) -> None:
        self.text = text
        self.base = base
        self.document = document
        self.expander = expander
        self.blocks = document.blocks
        self.line_start = True
        self.tokens = 0

    def run(self, at: int) -> None:
        text = self.text
        last = at
        while True:
            found = _PIECES.search(text, at)
            if found is None:
                self.words(last, len(text))
                return
            kind = found.lastgroup if found.lastgroup not in ("fence", "name") else None
            kind = kind or ("code" if found.group("code") is not None else "env")
            start, end = found.span()
            if kind == "newline":
                self.words(last, start)
                if self.line_start and last == start:
                    self.blocks.append(Block(Kind.BREAK, self.base + start, self.base + end))
                self.line_start = True
                last = at = end
                continue
            if kind in ("tick", "escaped"):
                at = end
                continue
            if kind in ("code", "comment"):
                self.words(last, start)
                last = at = end
                continue
            self.words(last, start)
            stop = self.formula(kind, start, end, found.group("name") if kind == "env" else "")
            last = at = stop

    def formula(self, kind: str, start: int, end: int, name: str) -> int:
        """Emit a formula that opens at `start`; the index behind it."""
        text = self.text
        if kind == "env":
            if name not in DISPLAYS:
                self.words(start, end)
                return end
            close = text.find(f"\\end{{{name}}}", end)
            closing = len(f"\\end{{{name}}}")
        else:
            mark = {"double": "$$", "single": "$", "bracket": "\\]", "paren": "\\)"}[kind]
            close = text.find(mark, end)
            while kind == "single" and close > 0 and text[close - 1] == "\\":
                close = text.find(mark, close + 1)
            closing = len(mark)
        blank = re.compile(r"\n[ \t]*\r?\n").search(text, end)
        limit = blank.start() if blank else len(text)
        inline = kind in ("single", "paren")
        if close < 0 or (close > limit and (inline or self.interrupted(end, close))):
            if kind == "single" and (close < 0 or close > limit):
                # a lone dollar sign is text
                self.words(start, end)
                return end
            self.document.problems.append(
                Problem("unclosed", f"'{text[start:end]}' is never closed", self.base + start, self.base + end)
            )
            close, closing = limit, 0
        inner_start = start if kind == "env" else end
        inner_end = close + closing if kind == "env" else close
        raw = scan(text[inner_start:inner_end], self.base + inner_start, comments=False)
        self.tokens += len(raw)
        if self.tokens > TOKENS:
            raise TooLarge("too_many_tokens", f"more than {TOKENS} tokens", self.base + start)
        self.emit(Kind.INLINE if inline else Kind.DISPLAY, raw, start, close + closing)
        return close + closing

    def interrupted(self, start: int, stop: int) -> bool:
        """Whether a heading or answer mark stands before a formula's end: the end belongs to another one."""
        piece = self.text[start:stop]
        return piece.count("\n\n") > 2 or re.search(r"^\s{0,3}#{1,6}\s|^\s*(?:R[ée]ponse|Answer|Question)\b", piece, re.MULTILINE) is not None

    def emit(self, kind: Kind, raw: list[Token], start: int, end: int) -> None:
        try:
            tokens = self.expander.expand(raw) if self.expander.macros else raw
        except TooLarge as error:
            self.document.problems.append(Problem(error.note, error.message, error.start, error.end))
            tokens = raw
        self.blocks.append(
            Block(kind, self.base + start, self.base + end, tokens=tuple(tokens), fresh=self.line_start)
        )
        self.line_start = False

    def words(self, start: int, end: int) -> None:
        """Text between formulas on one line."""
        piece = self.text[start:end]
        if not piece.strip():
            return
        if self.line_start:
            heading = _HEADING.match(piece)
            if heading and self.at_line_end(end):
                level = len(heading.group(1))
                self.blocks.append(
                    Block(Kind.HEADING, self.base + start, self.base + end, clean(heading.group(2)), level, fresh=True, style=f"#{level}")
                )
                self.line_start = False
                return
            if _RULE.match(piece) and self.at_line_end(end):
                return
            quoted = _QUOTE.match(piece)
            if quoted:
                start, piece = start + quoted.end(), piece[quoted.end() :]
        lead = len(piece) - len(piece.lstrip())
        indent = piece[:lead].expandtabs(4).count(" ") if self.line_start else 0
        self.blocks.append(
            Block(Kind.TEXT, self.base + start + lead, self.base + start + len(piece.rstrip()), clean(piece), indent // 2,
                  fresh=self.line_start)
        )
        self.line_start = False

    def at_line_end(self, end: int) -> bool:
        return end >= len(self.text) or self.text[end] in "\r\n" or self.text[end] == "$"


def clean(text: str) -> str:
    """Text without emphasis marks, escapes and HTML tags."""
    text = re.sub(r"</?[A-Za-z][^>]{0,80}>", " ", text)
    text = re.sub(r"\\([-_*#.()\[\]])", r"\1", text)
    text = re.sub(r"\*\*|__", "", text)
    text = re.sub(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text)
    text = re.sub(r"\\(?:underline|textbf|textit|emph|mathbf|text)\s*\{([^{}]*)\}", r"\1", text)
    return " ".join(text.split())
