"""The token stream and the arithmetic levels of the parser: sums, products, powers, function arguments."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeVar

from grader.errors import ReadError, TooLarge
from grader.limits import NESTING
from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.notation import Notation
from grader.maths.tokens import Tok

R = TypeVar("R")

_CLOSERS = frozenset({")", "]", "}", "\\}", "right.", "evalbar"})
_PRODUCT_SIGNS = frozenset({"*", "times", "cdot", "odot"})
_FACTOR_COMMANDS = frozenset(
    [
        "frac",
        "sqrt",
        "binom",
        "sum",
        "prod",
        "int",
        "iint",
        "iiint",
        "oint",
        "partial",
        "nabla",
        "boxed",
        "infty",
        "lim",
        "one",
        "tilde",
        "hat",
        "bar",
        "dot",
        "ddot",
        "check",
        "breve",
        "dots",
        "varnothing",
        "langle",
        "max",
        "min",
        "Re",
        "Im",
        "sup",
        "inf",
        "argmax",
        "argmin",
        "dv",
        "pdv",
        "odv",
        "fdv",
        "derivative",
        "choose",
        "eval",
        "pm0",
        "limsup",
        "liminf",
        "bigcup",
        "exp",
    ]
) | frozenset(S.PREFIX_FUNCTIONS)
_OPENERS = frozenset({"(", "[", "{", "\\{", "left."})


class Stream:
    """Formula tokens with a position, the notation in force, and the choices among readings."""

    def __init__(self, toks: Sequence[Tok], notation: Notation, choices: dict[str, int]) -> None:
        self.toks = toks
        self.i = 0
        self.stop = len(toks)
        self.notation = notation
        self.choices = choices
        self.ambiguous: dict[str, int] = {}
        self.depth = 0
        self.modes = ["top"]  # top: rows separate; paren: rows are layout; cell: & and \\ end an entry
        self.bars: list[str] = []  # what a bar at operator position means: "abs" closes, "given" stops
        self.integrals = 0
        self.half = -1  # index of a `||` whose first bar is consumed
        self.intervals = 0  # intervals being read: there `[` may close (]0, 1[)
        self.lists = 0  # bracketed lists around this place: there a comma is no decimal comma
        last = toks[-1].end if toks else 0
        self.eof = Tok("eof", "", last, last)
        self.indices = _index_letters(toks)

    def peek(self, ahead: int = 0) -> Tok:
        if self.modes[-1] == "paren":
            while self.i < self.stop and (self.toks[self.i].kind in ("amp", "row") or self.toks[self.i].text == "quad"):
                self.i += 1
        at = self.i + ahead
        if at >= self.stop:
            return self.eof
        tok = self.toks[at]
        return tok._replace(text="|") if at == self.half else tok

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


class ExpressionParser(Stream):
    """Sums, products, powers and the reach of functions written without parentheses."""

    @abstractmethod
    def atom(self) -> T.Node: ...

    @abstractmethod
    def absorb(self, left: T.Node, more: T.Node, negative: bool) -> T.Node | None: ...

    def expression(self) -> T.Node:
        """Terms joined by signs."""
        start = self.peek().start
        terms: list[T.Node] = []
        sign = ""
        tok = self.peek()
        if self.is_sign(tok):
            sign = self.next().text
            while self.is_sign(self.peek()):  # `+ -x`
                second = self.next().text
                sign = "-" if (sign == "-") != (second == "-") else "+"
        elif tok.kind == "cmd" and tok.text in ("pm", "mp"):
            self.next()
            right = self.term()
            terms.append(T.PlusMinus(None, right, tok.text == "mp", start=start, end=right.end))
        if not terms:
            first = self.term()
            terms.append(T.Neg(first, start=start, end=first.end) if sign == "-" else first)
        while True:
            self.skip_layout_before_sign()
            tok = self.peek()
            if self.is_sign(tok):
                self.next()
                sign = tok.text
                if self.at_end() or self.closes(self.peek()):
                    raise self.error("missing_operand", f"nothing follows {self.show(tok)}", tok)
                while self.is_sign(self.peek()):
                    second = self.next().text
                    sign = "-" if (sign == "-") != (second == "-") else "+"
                term = self.term()
                merged = self.absorb(terms[-1], term, sign == "-")
                if merged is not None:
                    terms[-1] = merged
                    continue
                terms.append(T.Neg(term, start=tok.start, end=term.end) if sign == "-" else term)
            elif tok.kind == "cmd" and tok.text in ("pm", "mp"):
                self.next()
                right = self.term()
                left = terms[0] if len(terms) == 1 else T.Add(tuple(terms), start=start, end=terms[-1].end)
                terms = [T.PlusMinus(left, right, tok.text == "mp", start=start, end=right.end)]
            else:
                break
        if len(terms) == 1:
            return terms[0]
        return T.Add(tuple(terms), start=start, end=terms[-1].end)

    def is_sign(self, tok: Tok) -> bool:
        return tok.kind == "op" and tok.text in ("+", "-")

    def skip_layout_before_sign(self) -> None:
        """`\\\\ & + b` continues a sum in a display; in a matrix `& -b` is the next entry."""
        if self.modes[-1] != "top":
            return
        j = self.i
        while j < self.stop and (self.toks[j].kind in ("amp", "row") or self.toks[j].text == "quad"):
            j += 1
        if (
            j > self.i
            and j < self.stop
            and (
                self.is_sign(self.toks[j])
                or (self.toks[j].text in ("times", "cdot", "*") and self.toks[j].kind in ("cmd", "op"))
            )
        ):
            self.i = j

    def term(self) -> T.Node:
        """Factors: explicit and implicit products, slashes."""
        start = self.peek().start
        factors: list[T.Node] = [self.factor()]
        while True:
            self.skip_layout_before_sign()
            tok = self.peek()
            if tok.kind in ("op", "cmd") and tok.text in _PRODUCT_SIGNS and not self.at_end():
                self.next()
                factors.append(self.signed_factor(tok))
            elif tok.kind == "op" and tok.text == "/" and not self.at_end():
                self.next()
                factors = [self.slash(factors, tok, start)]
            elif self.starts_factor(tok):
                factors.append(self.factor())
            else:
                break
        return self.product(factors, start)

    def product(self, factors: list[T.Node], start: int) -> T.Node:
        if len(factors) == 1:
            return factors[0]
        return T.Mul(tuple(factors), start=start, end=factors[-1].end)

    def signed_factor(self, sign: Tok) -> T.Node:
        """What follows a product sign: `a \\cdot -b` is allowed."""
        tok = self.peek()
        if self.at_end():
            raise self.error("missing_operand", f"nothing follows {self.show(sign)}", sign)
        if self.is_sign(tok):
            self.next()
            value = self.factor()
            return T.Neg(value, start=tok.start, end=value.end) if tok.text == "-" else value
        return self.factor()

    def slash(self, factors: list[T.Node], tok: Tok, start: int) -> T.Node:
        """`a/b c`: the denominator is `b`, or `b c` where that is as plausible."""
        num = self.product(factors, start)
        first_den = self.signed_factor(tok)
        den = [first_den]
        parenthesised = self.toks[self.i - 1].text in (")", "]")
        nxt = self.peek()
        if self.starts_factor(nxt) and not parenthesised:
            opens = (nxt.kind == "op" and nxt.text in ("(", "[")) or nxt.kind in ("name", "cmd")
            numeric = isinstance(first_den, T.Num)
            outside_first = numeric and (opens or not self.ends_like_power(num))
            option = self.choose("slash", 2)
            inside = option == (1 if outside_first or (not numeric and opens) else 0)
            if inside:
                while self.starts_factor(self.peek()):
                    den.append(self.factor())
        bottom = self.product(den, first_den.start)
        return T.Div(num, bottom, start=start, end=bottom.end)

    def ends_like_power(self, num: T.Node) -> bool:
        return isinstance(num, T.Pow) or (isinstance(num, T.Mul) and isinstance(num.factors[-1], T.Pow))

    def starts_factor(self, tok: Tok) -> bool:
        """Whether a token can begin a factor of an implicit product."""
        kind = tok.kind
        if kind == "id":
            if tok.text == "d" and self.integrals and self.at_differential():
                return False
            return True
        if kind in ("num", "name"):
            return True
        if kind == "op":
            if tok.text in _OPENERS:
                if tok.text == "[" and self.intervals:
                    return False
                return not (tok.text == "(" and self.peek(1).kind == "text")
            if tok.text in ("|", "||"):
                return self.bar_opens(tok)
            return False
        if kind == "cmd":
            return tok.text in _FACTOR_COMMANDS
        return kind == "begin" and (tok.text in S.ENVIRONMENT_MATRICES or tok.text in S.CASES)

    def bar_opens(self, tok: Tok) -> bool:
        """Whether a bar at operator position opens an absolute value rather than closing one or separating."""
        if tok.font == "left":
            return True
        if tok.font in ("right", "middle", "mid"):
            return False
        return not (self.bars and self.bars[-1] in ("abs", "norm", "given"))

    def at_differential(self) -> bool:
        if self.i >= self.stop:
            return False
        tok, nxt = self.toks[self.i], self.toks[self.i + 1] if self.i + 1 < self.stop else self.eof
        if tok.text != "d" or tok.kind != "id":
            return False
        return nxt.kind in ("id", "name") or nxt.text in ("{", "(", "tilde", "hat", "bar")

    def factor(self) -> T.Node:
        """An atom with its powers and factorials."""
        tok = self.peek()
        if tok.kind == "id" and tok.text in ("m", "b") and tok.font == "" and self.i + 1 < self.stop:
            after = self.toks[self.i + 1]
            if after.text == "{" and after.kind == "op" and after.start == tok.end:
                raise self.error("damaged", f"'{tok.text}{{' looks like a damaged macro", tok)
        node = self.atom()
        return self.postfix(node)

    def postfix(self, node: T.Node) -> T.Node:
        while not self.at_end():
            tok = self.peek()
            if tok.kind != "op" and not (tok.kind == "cmd" and tok.text == "prime"):
                break
            if tok.text == "^":
                self.next()
                start, end = self.group()
                node = self.power(node, start, end)
            elif tok.text in ("'", "prime"):
                node = self.primed(node)
            elif tok.text == "%":
                self.next()
                hundred = T.Num(Fraction(100), start=tok.start, end=tok.end)
                node = T.Div(node, hundred, start=node.start, end=tok.end)
            elif tok.text == "!":
                self.next()
                node = T.Factorial(node, start=node.start, end=tok.end)
            elif tok.text == "{" and self.i + 1 < self.stop and self.toks[self.i + 1].text == "}":
                self.i += 2
            else:
                break
        return node

    def primed(self, node: T.Node) -> T.Node:
        """`(\\sigma^{-1})'(s)`: the derivative of a function given by an expression."""
        primes = 0
        while self.peek().text in ("'", "prime") and not self.at_end():
            self.next()
            primes += 1
        end = self.toks[self.i - 1].end
        inverse = isinstance(node, T.Pow) and node.exponent in (T.Neg(T.Num(Fraction(1))), T.Num(Fraction(-1)))
        if isinstance(node, T.Pow) and inverse and isinstance(node.base, T.Name) and self.is_op("("):
            known = node.base.base in self.notation.logistic and not node.base.sub
            head = T.Name("logit") if known else T.Name(node.base.base, node.base.sub, node.base.marks + "^-1")
            args = self.call_arguments()
            return T.Apply(head, primes, args, start=node.start, end=self.toks[self.i - 1].end)
        return T.Call("prime", (node,), start=node.start, end=end)

    @abstractmethod
    def call_arguments(self) -> tuple[T.Node, ...]: ...

    def power(self, base: T.Node, start: int, end: int) -> T.Node:
        """`base^{tokens}`: a transpose where it is one, else a power."""
        here = self.toks[start:end]
        if len(here) == 1:
            mark = here[0]
            stop = mark.end
            if mark.kind == "cmd" and mark.text == "top":
                return T.Transpose(base, start=base.start, end=stop)
            strained = (
                mark.text == "T" and isinstance(base, T.Name) and not base.sub and self.starts_factor(self.peek())
            )
            if (
                mark.text == "T"
                and mark.kind in ("id", "name")
                and (self.is_matrix_like(base) or (strained and self.choose("capital_transpose", 2) == 1))
            ):
                return T.Transpose(base, start=base.start, end=stop)
        exponent = self.slice(start, end, self.loose)
        if isinstance(base, T.Pow) and base.start == base.base.start:
            raise self.error("double_power", "two exponents follow each other", self.toks[start])
        return T.Pow(base, exponent, start=base.start, end=self.toks[min(end, len(self.toks) - 1)].end)

    def is_matrix_like(self, node: T.Node) -> bool:
        return isinstance(node, (T.Matrix, T.Tup))

    # functions written without parentheses

    def function_argument(self, func: str) -> tuple[T.Node, ...]:
        """The arguments of a prefix function: a bracketed group, or the product that follows.

        Where it is unclear how far an unbracketed argument reaches both readings are offered.
        """
        tok = self.peek()
        if self.at_end() or self.closes(tok) or tok.kind in ("rel", "eof"):
            raise self.error("missing_argument", f"the argument of {func} is missing", tok)
        if tok.kind == "op" and tok.text in ("(", "[", "\\{"):
            return self.bracketed_argument(func)
        if self.is_sign(tok):
            self.next()
            value = self.factor()
            return (T.Neg(value, start=tok.start, end=value.end) if tok.text == "-" else value,)
        start = tok.start
        first = self.factor()
        factors = [first]
        if isinstance(first, (T.Big, T.Integral)):
            return (first,)
        nxt = self.peek()
        explicit = nxt.kind in ("op", "cmd") and nxt.text in _PRODUCT_SIGNS
        divided = nxt.kind == "op" and nxt.text == "/"
        if not explicit and not divided and not (self.starts_factor(nxt) and not self.stops_argument(nxt, func)):
            return (first,)
        # (reach: 0 = whole product, 1 = first factor); an explicit sign makes the short reach as likely
        if self.choose("reach_explicit" if explicit else "reach", 2) == 1:
            return (first,)
        while True:
            nxt = self.peek()
            if nxt.kind in ("op", "cmd") and nxt.text in _PRODUCT_SIGNS and not self.at_end():
                if self.i + 1 < self.stop and self.stops_argument(self.toks[self.i + 1], func):
                    break
                self.next()
                factors.append(self.signed_factor(nxt))
            elif nxt.kind == "op" and nxt.text == "/" and not self.at_end():
                self.next()
                factors = [self.slash(factors, nxt, start)]
            elif self.starts_factor(nxt) and not self.stops_argument(nxt, func):
                factors.append(self.factor())
            else:
                break
        return (self.product(factors, start),)

    def stops_argument(self, tok: Tok, func: str) -> bool:
        """A further function, sum or expectation ends the argument of a function without parentheses."""
        if tok.kind == "name" or (tok.kind == "cmd" and tok.text in S.PREFIX_FUNCTIONS):
            return tok.text != "exp" or func == "exp"
        if tok.kind == "id" and tok.text == "E" and tok.font.startswith("math"):
            return True
        return tok.kind == "cmd" and tok.text in ("sum", "prod", "int", "max", "min")

    @abstractmethod
    def bracketed_argument(self, func: str) -> tuple[T.Node, ...]: ...


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
