"""The token stream of the parser: position, groups, choices among readings, and what a bar or a row means here."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeVar

from grader.errors import ReadError, TooLarge
from grader.limits import GROUPS, NESTING
from grader.maths import syntax as T
from grader.maths.notation import Notation
from grader.maths.tokens import Tok

R = TypeVar("R")

_LAYOUT = frozenset({"amp", "row"})
_CLOSERS = frozenset({")", "]", "}", "\\}", "right.", "evalbar"})


class Stream:
    """Formula tokens with a position, the notation in force, and the choices among readings."""

    def __init__(self, toks: Sequence[Tok], notation: Notation, choices: dict[str, int]) -> None:
        self.toks = toks
        self.i = 0
        self.stop = len(toks)
        self.notation = notation
        self.asked: dict[tuple[str, str], bool] = {}  # of the notation: where another says the same, this is its tree
        self.choices = choices
        self.ambiguous: dict[str, int] = {}
        self.barred: list[T.Node] = []  # values at a point whose bar stands behind: it may reach further left
        self.depth = 0
        self.groups = 0  # groups tried so far
        self.modes = ["top"]  # top: rows separate; paren: rows are layout; cell: & and \\ end an entry
        self.bars: list[str] = []  # what a bar at operator position means: "abs" closes, "given" stops
        self.integrals = 0
        self.half = -1  # index of a `||` whose first bar is consumed
        self.intervals = 0  # intervals being read: there `[` may close (]0, 1[)
        self.lists = 0  # bracketed lists around this place: there a comma is no decimal comma
        last = toks[-1].end if toks else 0
        self.eof = Tok("eof", "", last, last)
        self.indices = _index_letters(toks)

    def says(self, what: str, name: str = "") -> bool:
        """What the notation says of a name, noted down."""
        found = self.asked[what, name] = self.notation.says(what, name)
        return found

    def peek(self, ahead: int = 0) -> Tok:
        at, toks = self.i, self.toks
        if self.modes[-1] == "paren":
            while at < self.stop and (toks[at].kind in _LAYOUT or toks[at].text == "quad"):
                at += 1
            self.i = at
        at += ahead
        if at >= self.stop:
            return self.eof
        return toks[at] if at != self.half else toks[at]._replace(text="|")

    def close_half(self) -> None:
        """Take the first bar of `||` where it closes `|a|` before `|b|`."""
        self.half = self.i

    def next(self) -> Tok:
        tok = self.peek()
        self.i += 1
        return tok

    def at_end(self) -> bool:
        return self.i >= self.stop

    def closes(self, tok: Tok) -> bool:
        return (tok.kind == "op" and tok.text in _CLOSERS) or tok.kind == "end"

    def is_op(self, text: str) -> bool:
        tok = self.peek()
        return tok.kind == "op" and tok.text == text

    def expect(self, text: str, opened: Tok) -> Tok:
        tok = self.peek()
        if tok.kind == "op" and tok.text == text:
            return self.next()
        if self.at_end() or tok.kind == "eof":
            raise self.error("unclosed", f"{self.show(opened)} is never closed", opened)
        raise self.error("unexpected", f"expected {text!r} but found {self.show(tok)}", tok)

    def error(self, note: str, message: str, tok: Tok) -> ReadError:
        return ReadError(note, message, tok.start, max(tok.end, tok.start + 1))

    def show(self, tok: Tok) -> str:
        if tok.kind == "eof":
            return "the end of the formula"
        if tok.kind in ("cmd",) or tok.font == "greek":
            return "\\" + tok.text
        return {"amp": "'&'", "row": r"'\\'"}.get(tok.kind, f"'{tok.text}'")

    def choose(self, kind: str, options: int) -> int:
        """Record an ambiguous place and say which option this reading takes."""
        self.ambiguous[kind] = max(options, self.ambiguous.get(kind, 0))
        return min(self.choices.get(kind, 0), options - 1)

    def within(self, mode: str, rule: Callable[[], R], bars: str | None = None) -> R:
        """Run a rule inside a group: one level deeper, with its own meaning of rows and bars."""
        self.groups += 1
        if self.groups > GROUPS:  # from here on every group fails, so that what is tried otherwise ends too
            said = f"brackets that can be read in too many ways: at most {GROUPS} groups are tried"
            raise TooLarge("too_many_groups", said, self.peek().start)
        self.depth += 1
        if self.depth > NESTING:
            raise TooLarge("too_deep", f"nested more than {NESTING} deep", self.peek().start)
        self.modes.append(mode)
        if bars is not None:
            self.bars.append(bars)
        try:
            return rule()
        finally:
            if bars is not None:
                self.bars.pop()
            self.modes.pop()
            self.depth -= 1

    def group(self) -> tuple[int, int]:
        """Step over a `{...}` or a single token; the indices of its content."""
        tok = self.peek()
        if self.at_end():
            raise self.error("missing_argument", "an argument is missing at the end of the formula", tok)
        if not (tok.kind == "op" and tok.text == "{"):
            if self.closes(tok) or tok.kind in ("amp", "row", "rel"):
                raise self.error("missing_argument", f"an argument is missing before {self.show(tok)}", tok)
            self.i += 1
            return self.i - 1, self.i
        start = self.i + 1
        end = self.matching(self.i)
        self.i = end + 1
        return start, end

    def matching(self, at: int) -> int:
        """Index of the brace that closes the one at `at`."""
        depth = 0
        for j in range(at, self.stop):
            tok = self.toks[j]
            if tok.kind == "op":
                if tok.text == "{":
                    depth += 1
                elif tok.text == "}":
                    depth -= 1
                    if depth == 0:
                        return j
        raise self.error("unclosed", "'{' is never closed", self.toks[at])

    def slice(self, start: int, end: int, rule: Callable[[], R], mode: str = "paren") -> R:
        """Run a rule on the tokens `start:end` alone; all of them must be read."""
        saved = self.i, self.stop, self.integrals
        self.i, self.stop, self.integrals = start, end, 0
        try:
            if start >= end:
                place = self.toks[start - 1] if start else self.eof
                raise self.error("empty_argument", "an argument is empty", place)
            result = self.within(mode, rule, bars="none")
            if mode == "paren":
                self.peek()
            if self.i < self.stop:
                tok = self.toks[self.i]
                raise self.error("unexpected", f"unexpected {self.show(tok)}", tok)
            return result
        finally:
            self.i, self.stop, self.integrals = saved

    def argument(self) -> T.Node:
        """One macro argument as an expression."""
        start, end = self.group()
        return self.slice(start, end, self.loose)

    @abstractmethod
    def loose(self) -> T.Node:
        """An expression in which a relation is allowed too."""


def _index_letters(toks: Sequence[Tok]) -> frozenset[str]:
    """Letters used as an index somewhere (`\\sum_{i=1}`, `w_i`), which are then no imaginary unit."""
    found = set()
    for j in range(len(toks) - 1):
        if toks[j].kind == "op" and toks[j].text == "_":
            nxt = toks[j + 1]
            if nxt.kind == "id":
                found.add(nxt.text)
            elif nxt.text == "{":
                for tok in toks[j + 2 : j + 6]:
                    if tok.text == "}":
                        break
                    if tok.kind == "id":
                        found.add(tok.text)
        elif toks[j].kind == "cmd" and toks[j].text == "forall" and toks[j + 1].kind == "id":
            found.add(toks[j + 1].text)
    return frozenset(found)
