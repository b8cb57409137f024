"""Expanded LaTeX tokens to blocks: the walk through text, commands, environments and lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from grader.maths.lexer import Token, bracket_end, skip_space
from grader.reading import names as N
from grader.reading.commands import Commands
from grader.reading.document import Kind
from grader.reading.emit import DEPTH
from grader.reading.groups import delimited, display, name_in_braces, option, short_group
from grader.reading.text_symbols import symbol_text

_BOX_LEVEL: Final = 7
_COUNTING: Final = ("setcounter", "addtocounter", "stepcounter", "refstepcounter")


class Builder(Commands):
    """Walks tokens in text mode."""

    def run(self, tokens: list[Token]) -> None:
        """Emit the blocks of a document; what stands before `\\begin{document}` is skipped."""
        at = next(
            (
                name_in_braces(tokens, i + 1)[1]
                for i, t in enumerate(tokens)
                if t.kind == "cmd" and t.text == "begin" and name_in_braces(tokens, i + 1)[0] == "document"
            ),
            0,
        )
        size = len(tokens)
        for i in range(at):  # counters may be set in the preamble
            if tokens[i].kind == "cmd" and tokens[i].text in _COUNTING:
                self.counters.command(tokens, i)
        while at < size:
            token = tokens[at]
            kind, text = token.kind, token.text
            if kind == "word" or kind == "num":
                self.put(text, token)
                at += 1
            elif kind == "ws":
                if "\n" in text:
                    self.flush()
                    self.fresh = True
                elif self.text:
                    self.put(" ", token)
                at += 1
            elif kind == "char":
                at = self.char(tokens, at)
            elif kind == "cmd":
                at = self.command(tokens, at)
            elif kind == "par":
                self.break_off(token)
                at += 1
            else:
                self.mark(token)
                at += 1
        self.flush()

    # single characters

    # control sequences

    def command(self, tokens: list[Token], at: int) -> int:
        token = tokens[at]
        text = token.text
        handler = _COMMANDS.get(text)
        if handler is not None:
            return handler(self, tokens, at)
        following = skip_space(tokens, at + 1)
        braced = following < len(tokens) and tokens[following].text == "{" and tokens[following].kind == "char"
        if braced and (role := N.role_of(text)):
            return self.unknown_role(role, tokens, at, following)
        if braced and text in N.ACCENTS:
            return self.accent(tokens, at)
        if not braced and text == "question" and self.counters.lists:
            return self.exam_question(tokens, at)
        # another text macro: its braced arguments are text; without any it may be a symbol
        if not braced and (symbol := symbol_text(text)):
            self.put(symbol, tokens[at])
        return at + 1

    def unknown_role(self, role: str, tokens: list[Token], at: int, brace: int) -> int:
        """A macro that the submission does not define, named like an answer, a question or a part."""
        name, stop = name_in_braces(tokens, brace)
        token = tokens[at]
        if role in ("question", "part") and name and len(name) <= 12:
            self.fresh_paragraph()
            if role == "question":
                self.add(Kind.QUESTION, token.start, tokens[stop - 1].end, f"Question {name}")
            else:
                self.add(Kind.TEXT, token.start, tokens[stop - 1].end, f"({name.strip('()')})")
            return stop
        if role in ("answer", "proof") and len(tokens[at].text) > 4:
            self.role(role, True, token.start, tokens[brace].end)
            self.pending.kind = role
        return brace

    def heading(self, tokens: list[Token], at: int) -> int:
        name = tokens[at].text
        if name == "part" and self.counters.lists and self.counters.lists[-1].name == "parts":
            return self.item(tokens, at)
        self.flush()
        level = N.HEADINGS[name]
        start = at + 1
        starred = start < len(tokens) and tokens[start].text == "*"
        start = skip_space(tokens, start + starred)
        start = skip_space(tokens, bracket_end(tokens, start))
        stop = short_group(tokens, start)
        number = ""
        if not starred and name in N.COUNTED:
            number = str(self.counters.step(name))
            if self.counters.values.get("secnumdepth", 3) < level:
                number = ""
        self.fresh = self.para = True
        self.add(
            Kind.HEADING,
            tokens[at].start,
            tokens[max(stop, at + 1) - 1].end,
            self.plain(tokens[start:stop]),
            level=level,
            style=f"h{level}",
            number=number,
        )
        return max(stop, at + 1)

    def appendix(self, tokens: list[Token], at: int) -> int:
        self.fresh_paragraph()
        self.add(Kind.HEADING, tokens[at].start, tokens[at].end, "Appendix", level=1, style="h1")
        return at + 1

    # environments and lists

    def environment(self, tokens: list[Token], at: int) -> int:
        name, stop = name_in_braces(tokens, at + 1)
        token = tokens[at]
        if not name:
            return at + 1
        opening = token.text == "begin"
        if opening and name in N.DISPLAYS:
            return self.formula(Kind.DISPLAY, tokens, at, display(tokens, at, stop, name))
        end = tokens[stop - 1].end
        if name in N.LISTS:
            self.fresh_paragraph()
            if not opening:
                self.counters.close()
                self.add(Kind.LIST_END, token.start, end, level=len(self.counters.lists))
                return stop
            after = bracket_end(tokens, skip_space(tokens, stop))
            self.add(Kind.LIST, token.start, end, level=len(self.counters.lists))
            self.counters.open(name, "".join(t.text for t in tokens[stop:after]))
            return max(after, stop)
        if not opening:
            self.environment_ends(name, token.start, end)
            return stop
        space = skip_space(tokens, stop)
        after = bracket_end(tokens, space)
        options = tokens[space + 1 : after - 1] if after > space else []
        behind = after if after > space else stop
        role = N.role_of(name) or N.role_of(self.expander.theorems.get(name, ""))
        self.fresh_paragraph()
        if role in ("answer", "proof", "question", "statement"):
            self.environments.append((name, role))
            number = str(self.counters.step(name)) if role == "question" else ""
            title = self.plain(options)
            written, further = name_in_braces(tokens, behind) if role == "question" and not options else ("", behind)
            if written.isdecimal() and len(written) < 3:
                number, behind = written, further
            self.role(role, True, token.start, end, title, number)
        elif name in N.FRAMES or name in N.QUOTES:
            self.frame(name, options, token.start, end)
        else:
            self.environments.append((name, ""))
            if name in ("minipage", "tabular", "multicols", "tabularx", "adjustwidth", "array"):
                return self.skip_arguments(tokens, stop - 1, 2 if name in ("tabularx", "adjustwidth") else 1)
        return behind

    def frame(self, name: str, options: list[Token], start: int, end: int) -> None:
        """A frame or quotation; its title may be a heading, an answer mark or say that it holds the statement."""
        title = self.plain(option(options, ("title", "frametitle", "adjusted title")))
        role = N.role_of(title.split(" ")[0]) if title else ""
        digits = any(c.isdigit() for c in title)
        if role in ("answer", "proof") or (role in ("question", "statement") and not digits):
            role = "statement" if role == "question" else role
            self.environments.append((name, role))
            self.role(role, True, start, end, title if role == "answer" else "")
            return
        self.environments.append((name, "box"))
        self.open_box("quote" if name in N.QUOTES else "frame")
        if title:
            self.add(Kind.HEADING, start, end, title, level=_BOX_LEVEL, style=f"h{_BOX_LEVEL}")

    def lower(self, tokens: list[Token], at: int) -> int:
        """`\\tcblower`: the lower half of a box answers the upper one."""
        self.role("answer", True, tokens[at].start, tokens[at].end)
        if self.environments and self.environments[-1][1] == "box":
            self.environments.append(("", "answer"))
        return at + 1

    def environment_ends(self, name: str, start: int, end: int) -> None:
        """Close the environment, with what was left open inside it; an end without a beginning means nothing."""
        self.fresh_paragraph()
        open_names = [n for n, _ in self.environments[-DEPTH:]]
        if name not in open_names:
            if N.role_of(name) in ("answer", "proof"):
                self.role(N.role_of(name), False, start, end)
            return
        while self.environments:
            found, meaning = self.environments.pop()
            if meaning == "box":
                self.close_box()
            elif meaning:
                self.role(meaning, False, start, end)
            if found == name:
                return

    def item(self, tokens: list[Token], at: int) -> int:
        self.fresh_paragraph()
        token = tokens[at]
        start = skip_space(tokens, at + 1)
        stop = bracket_end(tokens, start)
        level = min(len(self.counters.lists), DEPTH)
        end = token.end
        if stop > start and token.text == "item":
            label, style, end = self.plain(tokens[start + 1 : stop - 1]), f"item{level}", tokens[stop - 1].end
        else:
            label = self.counters.item()
            style = f"enum{level}{self.counters.lists[-1].numbering}" if label else f"list{level}"
        self.add(Kind.ITEM, token.start, end, label, level=level, style=style)
        return stop if stop > start else at + 1

    def exam_question(self, tokens: list[Token], at: int) -> int:
        """`\\question[5]` of the exam class."""
        self.fresh_paragraph()
        self.add(Kind.QUESTION, tokens[at].start, tokens[at].end, number=self.counters.item())
        return max(bracket_end(tokens, skip_space(tokens, at + 1)), at + 1)

    def round(self, tokens: list[Token], at: int) -> int:
        return self.formula(Kind.INLINE, tokens, at, delimited(tokens, at, ")"))

    def square(self, tokens: list[Token], at: int) -> int:
        return self.formula(Kind.DISPLAY, tokens, at, delimited(tokens, at, "]"))


_Handler = Callable[[Builder, list[Token], int], int]
_COMMANDS: Final[dict[str, _Handler]] = {
    **dict.fromkeys(N.NO_TEXT, Builder.silent),
    **dict.fromkeys(N.BREAKS, Builder.breaks),
    **dict.fromkeys(N.HEADINGS, Builder.heading),
    **dict.fromkeys(N.LITERALS, Builder.literal),
    **dict.fromkeys(N.SPACES, Builder.space),
    **dict.fromkeys(N.LETTERS, Builder.letter),
    **dict.fromkeys((a for a in N.ACCENTS if not a.isalpha()), Builder.accent),
    **dict.fromkeys(N.COUNTERS, Builder.counted),
    **dict.fromkeys(N.EMPHASIS, Builder.emphasise),
    **dict.fromkeys(N.EMPHASIS_SWITCHES, Builder.switch_emphasis),
    **dict.fromkeys(N.PICTURES, Builder.picture),
    **dict.fromkeys(_COUNTING, Builder.set_counter),
    **dict.fromkeys(("textcolor", "color"), Builder.colour),
    **dict.fromkeys(("fbox", "framebox", "colorbox", "fcolorbox"), Builder.framed),
    "appendix": Builder.appendix,
    "bibliography": Builder.appendix,
    "tcblower": Builder.lower,
    "begin": Builder.environment,
    "end": Builder.environment,
    "item": Builder.item,
    "(": Builder.round,
    "[": Builder.square,
}
