"""The commands of running text in LaTeX: braces, emphasis, colours, accents, counters, what is passed over."""

from __future__ import annotations

from dataclasses import dataclass

from grader.maths.lexer import Token, bracket_end, skip_space
from grader.reading import names as N
from grader.reading.counters import numeral
from grader.reading.document import Document, Kind
from grader.reading.emit import Emitter
from grader.reading.groups import between_dollars, name_in_braces, short_group
from grader.reading.macros import Expander
from grader.reading.plain import readable


@dataclass(slots=True)
class Group:
    """What an open brace holds: `kind` is answer, box or empty; what it changed comes back when it closes."""

    kind: str = ""
    emphasis: int = 0
    ink: str = ""


class Commands(Emitter):
    """One method for each kind of command: of the tokens and the place of the command, giving the place behind it."""

    def __init__(self, document: Document, expander: Expander) -> None:
        super().__init__(document, expander)
        self.groups: list[Group] = []
        self.pending = Group()
        self.environments: list[tuple[str, str]] = []  # (name, what its end means)

    def char(self, tokens: list[Token], at: int) -> int:
        token = tokens[at]
        text = token.text
        if text == "$":
            width = 2 if at + 1 < len(tokens) and tokens[at + 1].text == "$" and tokens[at + 1].kind == "char" else 1
            kind = Kind.DISPLAY if width == 2 else Kind.INLINE
            return self.formula(kind, tokens, at, between_dollars(tokens, at, width))
        if text == "{":
            pending, self.pending = self.pending, Group()
            if pending.kind == "box":
                self.open_box("frame")
            if pending.ink:
                self.flush()
            self.groups.append(Group(pending.kind, pending.emphasis, self.ink))
            self.emphasis += pending.emphasis
            if pending.ink:
                self.ink = "" if pending.ink == "black" else pending.ink
        elif text == "}":
            self.group_ends(token)
        elif text == "~" or text == "&":
            self.put(" ", token)
        else:
            self.put(text, token)
        return at + 1

    def group_ends(self, token: Token) -> None:
        if not self.groups:
            return
        group = self.groups.pop()
        self.emphasis -= group.emphasis
        if group.ink != self.ink:
            self.flush()
            self.ink = group.ink
        if group.kind == "box":
            self.close_box()
        elif group.kind in ("answer", "proof"):
            self.role(group.kind, False, token.start, token.end)

    def breaks(self, tokens: list[Token], at: int) -> int:
        if tokens[at].text in ("\\", "newline"):
            self.fresh_paragraph()
        else:
            self.break_off(tokens[at])
        nxt = at + 1
        if nxt < len(tokens) and tokens[nxt].text == "*":
            nxt += 1
        return bracket_end(tokens, nxt)

    def skip_arguments(self, tokens: list[Token], at: int, count: int) -> int:
        i = at + 1
        if i < len(tokens) and tokens[i].text == "*":
            i += 1
        for _ in range(count):
            start = skip_space(tokens, i)
            stop = bracket_end(tokens, start)
            start = skip_space(tokens, stop) if stop > start else start
            if start >= len(tokens) or tokens[start].text != "{":
                return max(i, stop)
            i = short_group(tokens, start)
        return i

    def silent(self, tokens: list[Token], at: int) -> int:
        return self.skip_arguments(tokens, at, N.NO_TEXT[tokens[at].text])

    def picture(self, tokens: list[Token], at: int) -> int:
        stop = self.skip_arguments(tokens, at, 1)
        self.flush()
        self.add(Kind.OPAQUE, tokens[at].start, tokens[stop - 1].end)
        self.fresh = self.para = False
        return stop

    def emphasise(self, tokens: list[Token], at: int) -> int:
        self.pending.emphasis = 1
        return self.to_brace(tokens, at + 1)

    def to_brace(self, tokens: list[Token], at: int) -> int:
        """The index of the brace that opens next; without one, what was pending is forgotten."""
        start = skip_space(tokens, at)
        if start < len(tokens) and tokens[start].text == "{" and tokens[start].kind == "char":
            return start
        self.pending = Group()
        return at

    def switch_emphasis(self, tokens: list[Token], at: int) -> int:
        if self.groups and not self.groups[-1].emphasis:
            self.groups[-1].emphasis = 1
            self.emphasis += 1
        return at + 1

    def colour(self, tokens: list[Token], at: int) -> int:
        name, stop = name_in_braces(tokens, at + 1)
        if not name:
            return at + 1
        if tokens[at].text == "textcolor":
            self.pending.ink = name
            return self.to_brace(tokens, stop)
        self.flush()
        self.ink = "" if name == "black" else name
        return stop

    def framed(self, tokens: list[Token], at: int) -> int:
        """`\\fbox{..}`, `\\colorbox{grey}{..}`."""
        colours = {"colorbox": 1, "fcolorbox": 2}.get(tokens[at].text, 0)
        start = (
            self.skip_arguments(tokens, at, colours) if colours else bracket_end(tokens, bracket_end(tokens, at + 1))
        )
        self.pending.kind = "box"
        return self.to_brace(tokens, start)

    def letter(self, tokens: list[Token], at: int) -> int:
        self.put(N.LETTERS[tokens[at].text], tokens[at])
        after = at + 1
        return after + (after < len(tokens) and tokens[after].kind == "ws" and "\n" not in tokens[after].text)

    def accent(self, tokens: list[Token], at: int) -> int:
        start = skip_space(tokens, at + 1)
        stop = short_group(tokens, start)
        letters = "".join(
            N.LETTERS.get(t.text, t.text) if t.kind == "cmd" else t.text
            for t in tokens[start:stop]
            if t.text not in ("{", "}")
        )
        if letters:
            self.put(letters[0] + N.ACCENTS[tokens[at].text] + letters[1:], tokens[at])
            self.places[-1] = (tokens[at].start, tokens[stop - 1].end)
        return stop

    def counted(self, tokens: list[Token], at: int) -> int:
        """`\\arabic{subq}` and the like print a counter."""
        name, stop = name_in_braces(tokens, at + 1)
        if name:
            self.put(numeral(self.counters.value(name), N.COUNTERS[tokens[at].text]), tokens[at])
        return stop

    def literal(self, tokens: list[Token], at: int) -> int:
        self.put(tokens[at].text, tokens[at])
        return at + 1

    def space(self, tokens: list[Token], at: int) -> int:
        self.put(" ", tokens[at])
        return at + 1

    def set_counter(self, tokens: list[Token], at: int) -> int:
        return max(self.counters.command(tokens, at), at + 1)

    def plain(self, tokens: list[Token]) -> str:
        """The words of a group, for headings and labels."""
        inner = Commands(Document(self.document.source), self.expander)
        inner.counters = self.counters
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind == "cmd" and (
                (token.text in N.ACCENTS and not token.text.isalpha()) or token.text in N.LETTERS
            ):
                at = (inner.accent if token.text in N.ACCENTS else inner.letter)(tokens, at)
            elif token.kind == "cmd" and token.text in N.COUNTERS:
                at = inner.counted(tokens, at)
            elif token.kind == "cmd" and token.text in N.NO_TEXT:
                at = inner.silent(tokens, at)
            else:
                if (
                    token.kind in ("ws", "par")
                    or token.text == "~"
                    or (token.kind == "cmd" and token.text in ("\\", *N.SPACES))
                ):
                    inner.put(" ", token)
                elif (
                    (token.kind == "cmd" and token.text in N.LITERALS)
                    or token.kind in ("word", "num")
                    or (token.kind == "char" and token.text not in "{}$")
                ):
                    inner.put(token.text, token)
                at += 1
        return " ".join(readable("".join(inner.text)).split())
