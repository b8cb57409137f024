"""The student's macros: definitions are collected in document order and calls replaced, bounded in number and depth.

Tokens of a macro's body take the place of the call; arguments keep their own places. So every span points into the
student's file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from grader.errors import TooLarge
from grader.limits import EXPANDED_TOKENS, EXPANSION_DEPTH, EXPANSIONS
from grader.maths import symbols as S
from grader.maths.lexer import Token, bracket_end, group_end, scan, skip_space
from grader.maths.package_macros import LETTER_MACROS, PACKAGE_MACROS

_DEFINERS: Final = frozenset(
    [
        "newcommand",
        "renewcommand",
        "providecommand",
        "DeclareRobustCommand",
        "def",
        "gdef",
        "edef",
        "xdef",
        "DeclareMathOperator",
        "let",
        "DeclarePairedDelimiter",
        "NewDocumentCommand",
        "RenewDocumentCommand",
        "newenvironment",
        "renewenvironment",
        "newtheorem",
    ]
)
_NEVER_REDEFINED: Final = frozenset({"begin", "end", "item", "section", "documentclass", "left", "right", "frac", "\\"})


@dataclass(frozen=True, slots=True)
class Macro:
    """`pattern` is the number of arguments, `default` the tokens of an optional first one."""

    name: str
    arguments: int
    body: tuple[Token, ...]
    default: tuple[Token, ...] | None = None
    starred: bool = False
    pattern: tuple[Token, ...] = ()
    """Parameter text of a `\\def` with delimited arguments, such as `(#1,#2)`."""


@dataclass(slots=True)
class Expander:
    """Macros known so far and the work done; one per submission."""

    macros: dict[str, Macro] = field(default_factory=dict)
    environments: dict[str, tuple[Macro, tuple[Token, ...]]] = field(default_factory=dict)
    theorems: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    made: int = 0

    def expand(self, tokens: list[Token]) -> list[Token]:
        """All tokens with definitions removed and calls replaced.

        Raises TooLarge when macros multiply without end.
        """
        out: list[Token] = []
        # a stack of (tokens, index, depth) keeps recursion out
        stack: list[tuple[list[Token], int, int]] = [(tokens, 0, 0)]
        while stack:
            here, at, depth = stack.pop()
            while at < len(here):
                token = here[at]
                if token.kind != "cmd":
                    out.append(token)
                    at += 1
                    continue
                name = token.text
                if name in _DEFINERS:
                    after = self._define(here, at)
                    if after > at:
                        at = after
                        continue
                if name in ("begin", "end") and self.environments:
                    found = self._environment(here, at)
                    if found is not None:
                        body, at = found
                        self._count(token, len(body), depth)
                        stack.append((here, at, depth))
                        here, at, depth = body, 0, depth + 1
                        continue
                macro = self.macros.get(name)
                if macro is None or name in _NEVER_REDEFINED:
                    out.append(token)
                    at += 1
                    continue
                body, at = self._call(macro, here, at)
                self._count(token, len(body), depth)
                stack.append((here, at, depth))
                here, at, depth = body, 0, depth + 1
        return out

    def _count(self, token: Token, made: int, depth: int) -> None:
        self.calls += 1
        self.made += made
        if self.calls > EXPANSIONS or self.made > EXPANDED_TOKENS or depth > EXPANSION_DEPTH:
            reason = "calls itself without end" if depth > EXPANSION_DEPTH else "makes too much text"
            raise TooLarge("macro_too_large", f"the macro \\{token.text} {reason}", token.start, token.end)

    def _call(self, macro: Macro, tokens: list[Token], at: int) -> tuple[list[Token], int]:
        """The body of a call with its arguments in, and the index behind the call."""
        call = tokens[at]
        at += 1
        if macro.pattern:
            return self._delimited(macro, tokens, at, call)
        if macro.starred and at < len(tokens):
            at += tokens[at].text == "*"
            sized = skip_space(tokens, at)
            if (
                sized + 1 < len(tokens)
                and tokens[sized].text == "["
                and tokens[sized + 1].text.lower().startswith("big")
            ):
                at = bracket_end(tokens, sized)
        args: list[list[Token]] = []
        wanted = macro.arguments
        if macro.default is not None:
            start = skip_space(tokens, at)
            stop = bracket_end(tokens, start)
            if stop > start:
                args.append(tokens[start + 1 : stop - 1])
                at = stop
            else:
                args.append(list(macro.default))
            wanted -= 1
        for _ in range(wanted):
            start = skip_space(tokens, at)
            stop = group_end(tokens, start)
            piece = tokens[start:stop]
            args.append(piece[1:-1] if len(piece) > 1 and piece[0].text == "{" else piece)
            at = stop
        return _substitute(macro.body, args, _whole(call, tokens, at)), at

    def _delimited(self, macro: Macro, tokens: list[Token], at: int, call: Token) -> tuple[list[Token], int]:
        """A call whose arguments end at the tokens of the definition's pattern."""
        args: list[list[Token]] = []
        pattern = [t for t in macro.pattern if t.kind != "ws"]
        i = 0
        while i < len(pattern):
            if pattern[i].text == "#":
                stop_text = pattern[i + 2].text if i + 2 < len(pattern) and pattern[i + 2].text != "#" else None
                start = at
                if stop_text is None:
                    at = group_end(tokens, skip_space(tokens, at))
                else:
                    while at < len(tokens) and tokens[at].text != stop_text:
                        at = group_end(tokens, at)
                piece = tokens[start:at]
                args.append(piece[1:-1] if len(piece) > 1 and piece[0].text == "{" else piece)
                i += 2
            else:
                at = skip_space(tokens, at)
                at += at < len(tokens) and tokens[at].text == pattern[i].text
                i += 1
        return _substitute(macro.body, args, _whole(call, tokens, at)), at

    def _environment(self, tokens: list[Token], at: int) -> tuple[list[Token], int] | None:
        start = skip_space(tokens, at + 1)
        stop = group_end(tokens, start)
        name = "".join(t.text for t in tokens[start + 1 : stop - 1])
        found = self.environments.get(name)
        if found is None:
            return None
        begin, end = found
        if tokens[at].text == "end":
            return [t._replace(start=tokens[at].start, end=tokens[at].end) for t in end], stop
        body, after = self._call(begin, tokens, stop - 1)
        return body, after

    # definitions

    def _define(self, tokens: list[Token], at: int) -> int:
        """Record the definition at `at`; the index behind it, or `at` if it is not understood."""
        kind = tokens[at].text
        if kind in ("def", "gdef", "edef", "xdef"):
            return self._define_plain(tokens, at)
        if kind == "let":
            return self._let(tokens, at)
        if kind == "newtheorem":
            return self._theorem(tokens, at)
        start = skip_space(tokens, at + 1)
        if start < len(tokens) and tokens[start].text == "*":
            start = skip_space(tokens, start + 1)
        stop = group_end(tokens, start)
        inner = [t for t in tokens[start:stop] if t.kind not in ("ws", "par") and t.text not in ("{", "}")]
        if kind in ("newenvironment", "renewenvironment"):
            return self._define_environment(tokens, "".join(t.text for t in inner), stop)
        if len(inner) != 1 or inner[0].kind != "cmd":
            return at
        name = inner[0].text
        if kind == "DeclareMathOperator":
            body_start = skip_space(tokens, stop)
            body_stop = group_end(tokens, body_start)
            place = tokens[at]
            body = (Token("cmd", "operatorname", place.start, place.end), *tokens[body_start:body_stop])
            self.macros[name] = Macro(name, 0, body)
            return body_stop
        if kind == "DeclarePairedDelimiter":
            left_start = skip_space(tokens, stop)
            left_stop = group_end(tokens, left_start)
            right_start = skip_space(tokens, left_stop)
            right_stop = group_end(tokens, right_start)
            place = tokens[at]
            body = (
                Token("cmd", "left", place.start, place.end),
                *tokens[left_start + 1 : left_stop - 1],
                Token("char", "#", place.start, place.end),
                Token("num", "1", place.start, place.end),
                Token("cmd", "right", place.start, place.end),
                *tokens[right_start + 1 : right_stop - 1],
            )
            self.macros[name] = Macro(name, 1, body, starred=True)
            return right_stop
        arguments, default, body_start = self._signature(tokens, stop, kind)
        body_stop = group_end(tokens, body_start)
        if body_start >= len(tokens):
            return at
        piece = tokens[body_start:body_stop]
        body = tuple(piece[1:-1] if piece and piece[0].text == "{" else piece)
        if kind == "providecommand" and name in self.macros:
            return body_stop
        self.macros[name] = Macro(name, arguments, body, default)
        return body_stop

    def _signature(self, tokens: list[Token], at: int, kind: str) -> tuple[int, tuple[Token, ...] | None, int]:
        """Number of arguments, default of an optional one, and where the body starts."""
        start = skip_space(tokens, at)
        if kind.endswith("DocumentCommand"):
            stop = group_end(tokens, start)
            letters = "".join(t.text for t in tokens[start + 1 : stop - 1])
            default: tuple[Token, ...] | None = () if letters.strip().startswith(("o", "O")) else None
            return sum(letters.count(c) for c in "mo") + letters.count("O"), default, skip_space(tokens, stop)
        arguments, default = 0, None
        stop = bracket_end(tokens, start)
        if stop > start:
            digits = "".join(t.text for t in tokens[start + 1 : stop - 1]).strip()
            arguments = int(digits) if digits.isdigit() and len(digits) == 1 else 0
            start = skip_space(tokens, stop)
            stop = bracket_end(tokens, start)
            if stop > start:
                default = tuple(tokens[start + 1 : stop - 1])
                start = skip_space(tokens, stop)
        return arguments, default, start

    def _define_plain(self, tokens: list[Token], at: int) -> int:
        """`\\def\\name#1#2{body}`."""
        start = skip_space(tokens, at + 1)
        if start >= len(tokens) or tokens[start].kind != "cmd":
            return at
        name = tokens[start].text
        arguments = 0
        i = start + 1
        while i < len(tokens) and tokens[i].text != "{":
            if tokens[i].kind == "num":
                arguments += len(tokens[i].text)
            i += 1
        pattern = tuple(tokens[start + 1 : i])
        plain = all(t.kind in ("num", "ws") or t.text == "#" for t in pattern)
        stop = group_end(tokens, i)
        self.macros[name] = Macro(name, arguments, tuple(tokens[i + 1 : stop - 1]), pattern=() if plain else pattern)
        return stop

    def _let(self, tokens: list[Token], at: int) -> int:
        start = skip_space(tokens, at + 1)
        if start >= len(tokens) or tokens[start].kind != "cmd":
            return at
        source = skip_space(tokens, start + 1)
        if source < len(tokens) and tokens[source].text == "=":
            source = skip_space(tokens, source + 1)
        if source >= len(tokens):
            return at
        name, target = tokens[start].text, tokens[source]
        known = self.macros.get(target.text) if target.kind == "cmd" else None
        if known is not None:
            self.macros[name] = Macro(name, known.arguments, known.body, known.default)
        elif target.text != name:
            self.macros[name] = Macro(name, 0, (target,))
        return source + 1

    def _theorem(self, tokens: list[Token], at: int) -> int:
        """`\\newtheorem{exercise}{Question}[section]`: what the environment's heading says."""
        start = skip_space(tokens, at + 1)
        if start < len(tokens) and tokens[start].text == "*":
            start = skip_space(tokens, start + 1)
        stop = group_end(tokens, start)
        name = "".join(t.text for t in tokens[start + 1 : stop - 1])
        second = skip_space(tokens, stop)
        skipped = bracket_end(tokens, second)
        second = skip_space(tokens, skipped) if skipped > second else second
        end = group_end(tokens, second)
        if end <= second:
            return at
        self.theorems[name] = "".join(t.text for t in tokens[second + 1 : end - 1]).strip()
        last = skip_space(tokens, end)
        after = bracket_end(tokens, last)
        return after if after > last else end

    def _define_environment(self, tokens: list[Token], name: str, at: int) -> int:
        arguments, default, start = self._signature(tokens, at, "newenvironment")
        stop = group_end(tokens, start)
        second = skip_space(tokens, stop)
        end = group_end(tokens, second)
        begin = Macro(name, arguments, tuple(tokens[start + 1 : stop - 1]), default)
        body, closing = begin.body, tuple(tokens[second + 1 : end - 1])
        text = "".join(t.text for t in body)
        if any(t.kind == "cmd" and t.text == "begin" for t in body) or any(w in text for w in ("Question", "Answer")):
            self.environments[name] = (begin, closing)
        return end


def _substitute(body: tuple[Token, ...], args: list[list[Token]], call: Token) -> list[Token]:
    """The body with `#n` replaced; its own tokens get the call's place."""
    out: list[Token] = []
    i = 0
    while i < len(body):
        token = body[i]
        if token.text == "#" and token.kind == "char" and i + 1 < len(body) and body[i + 1].kind == "num":
            digits = body[i + 1].text
            number = int(digits[0])
            if 1 <= number <= len(args):
                out.extend(args[number - 1])
            if len(digits) > 1:
                out.append(Token("num", digits[1:], call.start, call.end))
            i += 2
            continue
        out.append(Token(token.kind, token.text, call.start, call.end))
        i += 1
    return out


def package_macros() -> dict[str, Macro]:
    """Macros of widely used packages and of the course's template, used where the student defines none."""
    table = {
        name: Macro(name, arguments, tuple(scan(body)), starred=arguments > 0)
        for name, (arguments, body) in PACKAGE_MACROS.items()
    }
    letters = "abcdefghijklmnopqrstuvwxyz"
    greek = (
        "alpha",
        "beta",
        "epsilon",
        "lambda",
        "mu",
        "nu",
        "omega",
        "phi",
        "pi",
        "psi",
        "sigma",
        "theta",
        "Sigma",
        "Lambda",
    )
    known = S.GREEK | set(S.ALIASES) | S.SPACING | set(S.RELATIONS) | S.FONTS
    for prefix, font in LETTER_MACROS.items():
        names = list(letters) + list(letters.upper())
        if prefix in ("v", "rv", "ev", "m"):
            names += list(greek)
        for letter in names:
            name = prefix + letter
            if name in known or name in table or name in _TAKEN:
                continue
            inner = f"\\{letter}" if len(letter) > 1 else letter
            table[name] = Macro(name, 0, tuple(scan(f"\\{font}{{{inner}}}")))
    return table


_TAKEN: Final = frozenset(
    [
        "mid",
        "min",
        "max",
        "mod",
        "mp",
        "ma",
        "gt",
        "ge",
        "gg",
        "vdots",
        "vec",
        "vert",
        "va",
        "vb",
        "vu",
        "eta",
        "emph",
        "sim",
        "sin",
        "sup",
        "sum",
        "sec",
        "sf",
        "sl",
        "se",
        "su",
        "sp",
        "so",
        "mu",
        "ms",
        "ev",
        "em",
        "eg",
        "es",
        "en",
        "verb",
        "st",
    ]
)


def _whole(call: Token, tokens: list[Token], behind: int) -> Token:
    """A macro's name with the stretch of its whole call, arguments included: what a reader would point at."""
    end = tokens[behind - 1].end if 0 < behind <= len(tokens) else call.end
    return call._replace(end=max(call.end, end))
