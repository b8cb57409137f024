"""LaTeX tokens made ready for reading: dead text taken out, environments and macros of answers and questions marked.

A token of the kind `mark` is ours: `opaque` stands for code, `answer`, `proof`, `question` (and `/answer`, ..) open and
close what a student's own macro or environment sets. `scan` never makes such tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from grader.maths.lexer import Token, bracket_end, group_end, skip_space
from grader.reading.groups import name_in_braces
from grader.reading.macros import Expander, Macro
from grader.reading.names import UNREAD, VERBATIM, role_of

_FAILURES = 10
"""Definitions not taken in before no more are tried: each may have drawn an unclosed brace to the file's end."""

_LONG_NAME = 5
"""`\\Answer{..}` holds an answer; shorter names (`\\ans{..}`, `\\sol{..}`) as often set off a result within one."""


def live(tokens: list[Token]) -> list[Token]:
    """The tokens of one file that LaTeX would set: no comments, no `\\iffalse`, nothing behind the document's end."""
    out: list[Token] = []
    at = 0
    endless: set[str] = set()  # environments that never end behind here
    while at < len(tokens):
        token = tokens[at]
        if token.kind != "cmd":
            out.append(token)
            at += 1
        elif token.text == "iffalse":
            at = _branch_end(tokens, at + 1)
        elif token.text in ("begin", "end"):
            name, stop = name_in_braces(tokens, at + 1)
            if token.text == "end" and name == "document":
                return out
            if not name:
                at += 1  # a broken \begin is no environment
            elif token.text == "begin" and (name in VERBATIM or name in UNREAD) and name not in endless:
                end = _environment_end(tokens, stop, name)
                if end < 0:
                    endless.add(name)
                    at = stop
                    continue
                if name in VERBATIM:
                    out.append(Token("mark", "opaque", token.start, tokens[end - 1].end))
                elif name == "thebibliography":
                    out.append(Token("mark", "references", token.start, token.end))
                at = end
            else:
                out.extend(tokens[at:stop])
                at = stop
        elif token.text in ("verb", "lstinline", "mintinline"):
            at = _inline_code(tokens, at)
        else:
            out.append(token)
            at += 1
    return out


def _branch_end(tokens: list[Token], at: int) -> int:
    """Behind the `\\fi` or `\\else` that ends a dead branch."""
    depth = 1
    while at < len(tokens):
        if tokens[at].kind == "cmd":
            text = tokens[at].text
            if text == "fi":
                depth -= 1
                if not depth:
                    return at + 1
            elif text == "else" and depth == 1:
                return at + 1
            elif text.startswith("if") and text != "iff":
                depth += 1
        at += 1
    return at


def _environment_end(tokens: list[Token], at: int, name: str) -> int:
    while at < len(tokens):
        if tokens[at].kind == "cmd" and tokens[at].text == "end":
            found, stop = name_in_braces(tokens, at + 1)
            if found == name:
                return stop
        at += 1
    return -1


def _inline_code(tokens: list[Token], at: int) -> int:
    """Behind `\\verb|..|`; behind the command alone if it does not close on its line."""
    start = at + 1
    if tokens[at].text != "verb":
        start = bracket_end(tokens, start)
    if start < len(tokens) and tokens[start].text == "*":
        start += 1
    if tokens[at].text == "mintinline":
        start = name_in_braces(tokens, start)[1]
    if start >= len(tokens):
        return at + 1
    mark = "}" if tokens[start].text == "{" else tokens[start].text
    for i in range(start + 1, min(start + 400, len(tokens))):
        if tokens[i].text == mark:
            return i + 1
        if "\n" in tokens[i].text:
            break
    return at + 1


def with_roles(tokens: list[Token], expander: Expander) -> list[Token]:
    """The tokens without the definitions of text environments and of macros named like answers, taken in marked.

    So `\\begin{sol}` opens an answer whatever the student made it look like.
    """
    out: list[Token] = []
    at = failures = 0
    while at < len(tokens):
        token = tokens[at]
        stop = at
        take = _TAKEN.get(token.text) if token.kind == "cmd" and failures < _FAILURES else None
        if take is not None:
            stop = take(tokens, at, expander)
            failures += stop == at
        if stop > at:
            at = stop
        else:
            out.append(token)
            at += 1
    return out


def _take_environment(tokens: list[Token], at: int, expander: Expander) -> int:
    start = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].text == "*")
    name, behind = name_in_braces(tokens, start)
    if not name:
        return at
    arguments, default, first = _signature(tokens, behind)
    stop = group_end(tokens, first)
    second = skip_space(tokens, stop)
    end = group_end(tokens, second)
    if second >= len(tokens) or tokens[first].text != "{" or tokens[second].text != "{":
        return at
    begin, close = tuple(tokens[first + 1 : stop - 1]), tuple(tokens[second + 1 : end - 1])
    role = role_of(name)
    names_itself = any(t.kind == "cmd" and "section" in t.text for t in begin) or any(t.kind == "word" for t in begin)
    if role in ("answer", "proof") or (role in ("question", "statement") and not names_itself):
        place = tokens[at]
        begin = (Token("mark", role, place.start, place.end), *begin)
        close = (*close, Token("mark", "/" + role, place.start, place.end))
    expander.environments[name] = (Macro(name, arguments, begin, default), close)
    return end


def _take_box(tokens: list[Token], at: int, expander: Expander) -> int:
    """`\\newtcolorbox[..]{answer}[1][]{title=#1}`: a frame; named like an answer it opens one."""
    start = skip_space(tokens, at + 1)
    options = bracket_end(tokens, start)
    name, behind = name_in_braces(tokens, options)
    if not name:
        return at
    arguments, default, first = _signature(tokens, behind)
    stop = group_end(tokens, first) if tokens[at].text == "newtcolorbox" else behind
    inner = tokens[first + 1 : stop - 1] if stop > first else tokens[start + 1 : options - 1]
    place = tokens[at]

    def frame(edge: str) -> list[Token]:
        text = (("cmd", edge), ("char", "{"), ("word", "tcolorbox"), ("char", "}"))
        return [Token(kind, word, place.start, place.end) for kind, word in text]

    begin = [
        *frame("begin"),
        Token("char", "[", place.start, place.end),
        *inner,
        Token("char", "]", place.start, place.end),
    ]
    close = frame("end")
    role = role_of(name)
    if role in ("answer", "proof", "question", "statement"):
        begin.append(Token("mark", role, place.start, place.end))
        close.insert(0, Token("mark", "/" + role, place.start, place.end))
    expander.environments[name] = (Macro(name, arguments, tuple(begin), default), tuple(close))
    return stop


def _take_macro(tokens: list[Token], at: int, expander: Expander) -> int:
    """`\\newcommand{\\Answer}[1]{..}`: its argument is an answer; without argument the macro only sets the mark."""
    start = skip_space(tokens, at + 1)
    start += start < len(tokens) and tokens[start].text == "*"
    braced = start < len(tokens) and tokens[start].text == "{"
    place = skip_space(tokens, start + braced)
    if place >= len(tokens) or tokens[place].kind != "cmd":
        return at
    name = tokens[place].text
    role = role_of(name)
    if len(name) < _LONG_NAME or role not in ("answer", "proof", "question"):
        return at
    probe = Expander()
    stop = _defined(tokens, at, probe)
    macro = probe.macros.get(name)
    if macro is None or not macro.arguments or macro.pattern:
        return at
    if role == "question" and any(t.kind == "word" or (t.kind == "cmd" and "section" in t.text) for t in macro.body):
        return at
    if any(t.kind == "cmd" and t.text in ("boxed", "ensuremath", "mathbf", "fbox") for t in macro.body):
        return at  # \newcommand{\ans}[1]{\boxed{#1}} is a formula's
    role = "statement" if role == "question" else role
    first, last = (Token("mark", edge + role, tokens[at].start, tokens[at].end) for edge in ("", "/"))
    expander.macros[name] = replace(macro, body=(first, *macro.body, last))
    return stop


def _defined(tokens: list[Token], at: int, probe: Expander) -> int:
    """Behind the definition at `at`, which `probe` takes in."""
    start = skip_space(tokens, at + 1)
    start += start < len(tokens) and tokens[start].text == "*"
    behind = group_end(tokens, start)
    if tokens[at].text == "def":
        while behind < len(tokens) and tokens[behind].text != "{":
            behind += 1
    elif tokens[at].text == "NewDocumentCommand":
        behind = group_end(tokens, skip_space(tokens, behind))
    else:
        for _ in range(2):
            space = skip_space(tokens, behind)
            options = bracket_end(tokens, space)
            behind = options if options > space else behind
    stop = group_end(tokens, skip_space(tokens, behind))
    probe.expand(tokens[at:stop])
    return stop


def _signature(tokens: list[Token], at: int) -> tuple[int, tuple[Token, ...] | None, int]:
    """Number of arguments, default of an optional first one, and where the body begins."""
    start = skip_space(tokens, at)
    stop = bracket_end(tokens, start)
    if stop == start:
        return 0, None, start
    digits = "".join(t.text for t in tokens[start + 1 : stop - 1]).strip()
    arguments = int(digits) if digits in tuple("123456789") else 0
    start = skip_space(tokens, stop)
    stop = bracket_end(tokens, start)
    if stop == start:
        return arguments, None, start
    return arguments, tuple(tokens[start + 1 : stop - 1]), skip_space(tokens, stop)


_TAKEN: Final[dict[str, Callable[[list[Token], int, Expander], int]]] = {
    "newenvironment": _take_environment,
    "renewenvironment": _take_environment,
    "newtcolorbox": _take_box,
    "newmdenv": _take_box,
    **dict.fromkeys(("newcommand", "renewcommand", "providecommand", "def", "NewDocumentCommand"), _take_macro),
}


def chosen_branches(tokens: list[Token]) -> list[Token]:
    """The tokens without the dead branches of the student's own `\\newif` switches; a switch never set is false."""
    known = {
        tokens[i + 1].text[2:]
        for i, t in enumerate(tokens[:-1])
        if t.kind == "cmd" and t.text == "newif" and tokens[i + 1].kind == "cmd"
    }
    if not known:
        return tokens
    set_true: set[str] = set()
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "cmd" and token.text == "newif":
            at += 2
            continue
        if token.kind == "cmd":
            text = token.text
            if text.endswith("true") and text[:-4] in known:
                set_true.add(text[:-4])
            elif text.endswith("false") and text[:-5] in known:
                set_true.discard(text[:-5])
            elif text.startswith("if") and text[2:] in known:
                at = at + 1 if text[2:] in set_true else _branch_end(tokens, at + 1)
                continue
            elif text == "else":
                at = _branch_end(tokens, at + 1)
                continue
        out.append(token)
        at += 1
    return out
