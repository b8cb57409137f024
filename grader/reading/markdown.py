"""Markdown and plain text with LaTeX formulas: lines, headings and formulas become blocks.

One pass from left to right. At the beginning of a line the forms of whole lines are tried (`_OPENING`), within a line
the next formula or comment is looked for; every search remembers what it found, so that no text is read twice.
"""

from __future__ import annotations

import re
from typing import Final

from grader.errors import TooLarge
from grader.limits import TOKENS
from grader.maths.lexer import Token, scan
from grader.reading.containers import Containers
from grader.reading.document import Block, Document, Kind, Problem
from grader.reading.macros import Expander, package_macros
from grader.reading.names import DISPLAYS, role_of
from grader.reading.plain import clean, leading_emphasis, split_labels

_PIECES: Final = re.compile(
    r"""(?P<comment><!--)
    |(?P<tick>(?<!\\)`[^`\n]+`)
    |(?P<escaped>\\\$)
    |(?P<double>\$\$)
    |(?P<single>\$)
    |(?P<bracket>\\\[)
    |(?P<paren>\\\()
    |(?P<env>\\(?P<edge>begin|end)\{(?P<name>[^\W\d_]{1,30}\*?)\})
    |(?P<newline>\r?\n)""",
    re.VERBOSE,
)
_CLOSING: Final = {"double": "$$", "single": "$", "bracket": "\\]", "paren": "\\)"}
_FENCE: Final = re.compile(r"[ ]{0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n?")
_HEADING: Final = re.compile(r"[ ]{0,3}(?P<marks>#{1,6})(?:[ \t]+|(?=[^\W_])|(?=\r?\n|\Z))(?P<title>[^\n]*)")
_TEX_HEADING: Final = re.compile(r"[ \t]*\\(?P<depth>(?:sub){0,2})section\*?\{(?P<title>[^\n{}]*)\}[ \t]*(?=\r?\n|\Z)")
_HTML_HEADING: Final = re.compile(
    r"[ \t]*<h(?P<level>[1-6])\b[^>\n]{0,200}>(?P<title>[^\n]*?)</h[1-6]>[ \t]*(?=\r?\n|\Z)", re.IGNORECASE
)
_UNDERLINE: Final = re.compile(r"\r?\n[ ]{0,3}(?P<line>=+|-{2,})[ \t]*(?=\r?\n|\Z)")
_QUOTE: Final = re.compile(r"[ ]{0,3}(?:>[ \t]?)+")
_IMAGE: Final = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{1,400}\)|<img\b[^>\n]{0,400}>", re.IGNORECASE)
_ATTRIBUTES: Final = re.compile(r"[ \t]*\{[#.\-=a-z][^{}\n]{0,200}\}[ \t]*$", re.IGNORECASE)
_DEFINITION: Final = re.compile(
    r"\\(?:(?:re|provide)?newcommand|providecommand|DeclareMathOperator|DeclarePairedDelimiter|[gx]?def\s*\\|let\s*\\)"
)
_BLANK: Final = re.compile(r"\n[ \t\r\f]*\n")
_MATHS: Final = re.compile(r"\\[A-Za-z]+\*?(?:\{[^{}\n]{0,200}\})?")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_BREAKS_OFF: Final = re.compile(
    r"^\s{0,3}(?:#{1,6}\s|>\s|[-*+]\s+\(?\w{1,3}[).]|\(?(?:\d{1,2}|[a-h]|[ivx]{1,4})[).]\s|\*\*|(?:r[ée]ponse|answer|solution|question)\b)",
    re.MULTILINE | re.IGNORECASE,
)
_INDENT: Final = 12
_BLANKS: Final = 2
"""A display may hold this many blank lines (OCR leaves some); its end beyond belongs to another one."""
_DEFINITIONS: Final = 20_000
_LINE: Final = 400
"""Titles and rules are looked for in this many characters of a line."""


def read_markdown(text: str, base: int, document: Document) -> None:
    """Read Markdown (or plain text) with formulas into the document.

    Raises TooLarge where a named limit is passed.
    """
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")  # lines of an old Mac
    expander = Expander(package_macros())
    _define(text, base, document, expander)
    _Lines(text, base, document, expander).run(_front_matter(text))


def _define(text: str, base: int, document: Document, expander: Expander) -> None:
    """Take in the macros defined anywhere in the text, its YAML header included."""
    at = 0
    while (found := _DEFINITION.search(text, at)) is not None:
        blank = text.find("\n\n", found.start(), found.start() + _DEFINITIONS)
        at = blank if blank >= 0 else found.start() + _DEFINITIONS
        try:
            expander.expand(scan(text[found.start() : at], base + found.start()))
        except TooLarge as error:
            document.report(Problem(error.note, error.message, error.start, error.end))
            return


def _front_matter(text: str) -> int:
    """Length of a YAML header."""
    if not re.match(r"---[ \t]*\r?\n", text):
        return 0
    stop = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE).search(text, 4, 20_000)
    return stop.end() if stop else 0


class _Lines:
    """One pass over the text."""

    def __init__(self, text: str, base: int, document: Document, expander: Expander) -> None:
        self.text = text
        self.base = base
        self.document = document
        self.expander = expander
        self.add = document.add
        self.line_start = True
        self.para = True
        self.tokens = 0
        self.box = ""
        self.boxes = 0
        self.in_quote = False
        self.containers = Containers()
        self.found: dict[str, int] = {}  # where each closing mark stands next

    def run(self, at: int) -> None:
        text, size = self.text, len(self.text)
        last = at
        while at < size:
            if self.line_start and last == at:
                at = last = self.opening(at)
            found = _PIECES.search(text, at)
            if found is None:
                break
            start, end = found.span()
            kind = found.lastgroup or ""
            if kind == "newline":
                self.words(last, start)
                if self.line_start and not text[last:start].strip():
                    self.add(Block(Kind.BREAK, self.base + start, self.base + end))
                    self.para = True
                    if not self.in_quote and not self.containers.quoting:
                        self.quote_ends()
                self.line_start, self.in_quote = True, False
                last = at = end
            elif kind in ("tick", "escaped"):
                at = end
            elif kind == "comment":
                self.words(last, start)
                close = self.next("-->", end)
                blank = self.next_blank(end)
                last = at = close + 3 if close >= 0 else min(blank, size)
            elif kind == "env" and (found["edge"] == "end" or found["name"] not in DISPLAYS):
                self.words(last, start)
                self.environment(found["name"], found["edge"] == "begin", start, end)
                last = at = end
            else:
                self.words(last, start)
                last = at = self.formula(kind, start, end, found["name"] or "")
        self.words(last, size)

    def next(self, mark: str, at: int) -> int:
        """Where `mark` stands next, remembered; -1 for nowhere."""
        known = self.found.get(mark, -2)
        if known == -1 or known >= at:
            return known
        found = self.text.find(mark, at)
        self.found[mark] = found
        return found

    def next_blank(self, at: int) -> int:
        """The next blank line, remembered; the end of the text if there is none."""
        known = self.found.get("\n\n", -2)
        if known >= at:
            return known
        blank = _BLANK.search(self.text, at)
        found = blank.start() if blank else len(self.text)
        self.found["\n\n"] = found
        return found

    # whole lines

    def opening(self, at: int) -> int:
        """Read the forms of whole lines; the place from which the rest of the line is read."""
        text = self.text
        head = text[at : at + 1]
        if head.isalnum():
            return self.underlined(at)
        if head not in " \t#`~<-*_=>|\\:":
            return at
        fence = _FENCE.match(text, at)
        if fence is not None:
            return self.fence(fence, at)
        for pattern in (_HEADING, _TEX_HEADING, _HTML_HEADING):
            heading = pattern.match(text, at)
            if heading is not None:
                return self.heading(heading, at)
        if head in "-*_=|" and (stop := self.rule(at)) > at:
            self.para = True
            self.quote_ends()
            return stop
        if text.startswith("\\", at) and _DEFINITION.match(text, at):
            stop = text.find("\n", at)
            return stop if stop >= 0 else len(text)
        quote = _QUOTE.match(text, at)
        if quote is not None:
            return self.quoted(quote)
        behind = self.container(at)
        return behind if behind > at else self.underlined(at)

    def rule(self, at: int) -> int:
        """The end of a line that is a rule, or the rule of a table; `at` if it is neither."""
        stop = self.text.find("\n", at, at + _LINE)
        stop = stop if stop >= 0 else min(len(self.text), at + _LINE)
        line = self.text[at:stop].strip()
        signs = set(line) - {" ", "\t"}
        if line.count(line[:1]) < 3 and "---" not in line:
            return at
        return stop if len(signs) == 1 or (signs <= set("-|:") and "---" in line) else at

    def quoted(self, quote: re.Match[str]) -> int:
        """A line of a quotation, which may be a heading."""
        self.in_quote = True
        if not self.box:
            self.boxes += 1
            self.box = f"quote{self.boxes}"
            self.para = True
        at = quote.end()
        while (further := _QUOTE.match(self.text, at)) is not None:
            at = further.end()
        heading = _HEADING.match(self.text, at)
        return self.heading(heading, at) if heading is not None else at

    def quote_ends(self) -> None:
        if self.box.startswith("quote"):
            self.box = ""

    def fence(self, fence: re.Match[str], at: int) -> int:
        """A block of code; one that never closes is read as text."""
        mark = fence["fence"][:3]
        key = "fence" + mark[0]
        known = self.found.get(key, -2)
        if known != -1 and known < fence.end():
            closing = re.compile(rf"^[ ]{{0,3}}{re.escape(mark)}{re.escape(mark[0])}*[ \t]*\r?$", re.MULTILINE)
            found = closing.search(self.text, fence.end())
            known = self.found[key] = found.start() if found else -1
        if known < 0:
            return fence.end() - (1 if self.text[fence.end() - 1 : fence.end()] == "\n" else 0)
        stop = self.text.find("\n", known)
        stop = stop if stop >= 0 else len(self.text)
        if fence["info"].strip() == "math":
            self.emit(Kind.DISPLAY, fence.end(), known, at, stop)
        else:
            self.add(self.block(Kind.OPAQUE, at, stop))
        self.line_start = False
        self.para = True
        return stop

    def heading(self, heading: re.Match[str], at: int) -> int:
        groups = heading.groupdict()
        level = len(groups["marks"]) if "marks" in groups else 0
        if "depth" in groups:
            level = 1 + len(groups["depth"]) // 3
        elif "level" in groups:
            level = int(groups["level"])
        title = groups["title"][:_LINE].strip().rstrip("#").rstrip()
        title = _ATTRIBUTES.sub("", title)
        if not self.in_quote:
            self.quote_ends()
        self.add_heading(at, heading.end(), title, level)
        return heading.end()

    def add_heading(self, at: int, stop: int, title: str, level: int) -> None:
        """A heading from `at` to `stop`; what follows it begins a paragraph."""
        self.add(
            Block(
                Kind.HEADING,
                self.base + at,
                self.base + stop,
                clean(title.replace("$", "")),
                level,
                fresh=True,
                style=f"#{level}",
                para=True,
            )
        )
        self.line_start = False
        self.para = True

    def underlined(self, at: int) -> int:
        """A heading underlined with === or ---; the latter only under a title alone, not under a sentence."""
        text = self.text
        stop = text.find("\n", at, at + 200)
        if stop < 0:
            return at
        stop -= text[stop - 1 : stop] == "\r"
        under = _UNDERLINE.match(text, stop)
        if under is None or not self.para:
            return at
        title = text[at:stop].strip()
        if not title or (under["line"][0] == "-" and (title[-1] in ".,;:!?" or "$" in title or len(title) > 80)):
            return at
        level = 1 if under["line"][0] == "=" else 2
        self.add_heading(at, stop, title, level)
        return under.end()

    def container(self, at: int) -> int:
        """`<details>`, `<div class="answer">`, `:::` at a line's beginning; the place behind."""
        stop, signs = self.containers.read(self.text, at)
        for kind, start, end, style in signs:
            self.add(Block(kind, self.base + start, self.base + end, style=style))
        if stop > at:
            self.para = True
            if self.containers.quoting and not self.box:
                self.boxes += 1
                self.box = f"quote{self.boxes}"
            elif not self.containers.quoting:
                self.quote_ends()
        return stop

    def environment(self, name: str, begins: bool, start: int, end: int) -> None:
        """An environment of text: an answer's begins or ends, any other one is only left out."""
        role = role_of(name)
        if role in ("answer", "proof"):
            style = "strong" if role == "answer" else "weak"
            self.add(Block(Kind.ANSWER if begins else Kind.ANSWER_END, self.base + start, self.base + end, style=style))
        self.para = True

    # formulas

    def formula(self, kind: str, start: int, end: int, name: str) -> int:
        """Emit a formula that opens at `start`; the index behind it."""
        text = self.text
        inline = kind in ("single", "paren")
        mark = f"\\end{{{name}}}" if kind == "env" else _CLOSING[kind]
        close = self.next(mark, end)
        while kind == "single" and close > 0 and text[close - 1] == "\\":
            self.found[mark] = close = text.find(mark, close + 1)
        limit = self.next_blank(end)
        closing = len(mark)
        if close < 0 or (close > limit and (inline or self.interrupted(limit, close))):
            if kind == "single":
                self.words(start, end)  # a lone dollar sign is text
                return end
            self.document.report(
                Problem("unclosed", f"'{text[start:end]}' is never closed", self.base + start, self.base + end)
            )
            close, closing = limit, 0
        inner = (start, close + closing) if kind == "env" else (end, close)
        self.emit(Kind.INLINE if inline else Kind.DISPLAY, *inner, start, close + closing)
        return close + closing

    def interrupted(self, blank: int, stop: int) -> bool:
        """Whether prose, a heading or a label stands between a blank line and a formula's end: it ends another one."""
        text = self.text
        at = blank
        for _ in range(_BLANKS):
            further = _BLANK.search(text, at + 1, stop)
            if further is None:
                break
            at = further.start()
        else:
            return True
        if stop - blank > 4000:
            return True
        piece = text[blank:stop]
        if _BREAKS_OFF.search(piece):
            return True
        return any(len(_WORD.findall(_MATHS.sub(" ", line))) > 1 for line in piece.splitlines())

    def emit(self, kind: Kind, inner_start: int, inner_end: int, start: int, end: int) -> None:
        """Add a formula; one that holds nothing is none."""
        raw = scan(self.text[inner_start:inner_end], self.base + inner_start, comments=False)
        self.tokens += len(raw)
        if self.tokens > TOKENS:
            raise TooLarge("too_many_tokens", f"more than {TOKENS} tokens", self.base + start)
        tokens = self.expanded(raw)
        if any(t.kind not in ("ws", "par") for t in tokens):
            self.add(self.block(kind, start, end, tokens=tuple(tokens)))
        self.line_start = self.para = False

    def expanded(self, raw: list[Token]) -> list[Token]:
        if not any(t.kind == "cmd" for t in raw):
            return raw
        try:
            return self.expander.expand(raw)
        except TooLarge as error:
            self.document.report(Problem(error.note, error.message, error.start, error.end))
            return raw

    def block(self, kind: Kind, start: int, end: int, text: str = "", tokens: tuple[Token, ...] = ()) -> Block:
        return Block(
            kind,
            self.base + start,
            self.base + end,
            text,
            tokens=tokens,
            fresh=self.line_start,
            para=self.line_start and self.para,
            box=self.box,
        )

    # text

    def words(self, start: int, end: int) -> None:
        """Text between formulas on one line."""
        piece = self.text[start:end]
        if not piece.strip():
            return
        if "!" in piece or "<" in piece:
            piece = self.pictures(piece, start)
        lead = len(piece) - len(piece.lstrip())
        indent = min(piece[:lead].expandtabs(4).count(" ") // 2, _INDENT) if self.line_start else 0
        for at, part in split_labels(piece):
            text = clean(part)
            if not text:
                continue
            begin = start + at + (len(part) - len(part.lstrip()))
            self.add(
                Block(
                    Kind.TEXT,
                    self.base + begin,
                    self.base + start + at + len(part.rstrip()),
                    text,
                    0 if at else indent,
                    fresh=self.line_start,
                    style="inline" if at else "",
                    para=self.line_start and self.para,
                    box=self.box,
                    strong=leading_emphasis(part, text),
                )
            )
            self.line_start = self.para = False

    def pictures(self, piece: str, start: int) -> str:
        """The text without its pictures, which become opaque blocks."""
        for image in _IMAGE.finditer(piece):
            self.add(self.block(Kind.OPAQUE, start + image.start(), start + image.end()))
            self.line_start = self.para = False
        return _IMAGE.sub(lambda m: " " * len(m[0]), piece)
