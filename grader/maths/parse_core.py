"""The arithmetic levels of the parser: sums, products, powers, function arguments."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.parse_stream import Stream
from grader.maths.tokens import Tok

R = TypeVar("R")

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
        return self.under_bar(terms, lambda inner: T.Add(inner, start=start, end=terms[-1].end))

    def under_bar(self, parts: list[T.Node], build: Callable[[tuple[T.Node, ...]], T.Node]) -> T.Node:
        """A sum or product whose last part alone has an evaluation bar stands under it as a whole."""
        last = parts[-1]
        inner = last.value if isinstance(last, T.Neg) else last
        if not isinstance(inner, T.At) or not any(inner is bar for bar in self.barred):
            return build(tuple(parts))
        if any(isinstance(n, T.At) for part in parts[:-1] for n in T.walk(part)):
            return build(tuple(parts))
        freed = T.Neg(inner.body, start=last.start, end=inner.body.end) if isinstance(last, T.Neg) else inner.body
        whole = build((*parts[:-1], freed))
        node = T.At(whole, inner.where, start=whole.start, end=inner.end)
        self.barred.append(node)
        return node

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
        return self.under_bar(factors, lambda inner: T.Mul(inner, start=start, end=factors[-1].end))

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
            elif tok.text == "|" and self.is_evaluation_bar():
                self.i += 2
                start, end = self.group()
                where = self.slice(start, end, lambda: self.items(""))
                node = T.At(node, tuple(where), start=node.start, end=self.toks[self.i - 1].end)
                self.barred.append(node)
            else:
                break
        return node

    def is_evaluation_bar(self) -> bool:
        """`f \\Big|_{x=0}`: a bar with a subscript where no absolute value is open."""
        after = self.toks[self.i + 1] if self.i + 1 < self.stop else self.eof
        return after.text == "_" and not (self.bars and self.bars[-1] in ("abs", "norm", "given"))

    def primed(self, node: T.Node) -> T.Node:
        """`(\\sigma^{-1})'(s)`: the derivative of a function given by an expression."""
        primes = 0
        while self.peek().text in ("'", "prime") and not self.at_end():
            self.next()
            primes += 1
        end = self.toks[self.i - 1].end
        inverse = isinstance(node, T.Pow) and node.exponent in (T.Neg(T.Num(Fraction(1))), T.Num(Fraction(-1)))
        if isinstance(node, T.Pow) and inverse and isinstance(node.base, T.Name) and self.is_op("("):
            known = self.says("logistic", node.base.base) and not node.base.sub
            head = T.Name("logit") if known else T.Name(node.base.base, node.base.sub, node.base.marks + "^-1")
            args = self.call_arguments()
            return T.Apply(head, primes, args, start=node.start, end=self.toks[self.i - 1].end)
        composed = self.composed(node, primes)
        return composed or T.Call("prime", (node,), start=node.start, end=end)

    def composed(self, node: T.Node, primes: int) -> T.Node | None:
        """`(\\log \\sigma)'(t)`: a function of a function, derived; None for anything else."""
        inner = node.args[0] if isinstance(node, T.Call) and len(node.args) == 1 else None
        if not (isinstance(node, T.Call) and isinstance(inner, T.Name) and self.is_op("(")):
            return None
        logistic = self.says("logistic", inner.base) and not inner.sub
        if not logistic and not self.says("functions", inner.base):
            return None
        mark = self.i
        args = self.call_arguments()
        end = self.toks[self.i - 1].end
        if len(args) != 1 or not isinstance(args[0], T.Name):
            self.i = mark
            return None
        made: T.Node = T.Call("logistic", args) if logistic else T.Apply(inner, 0, args)
        made = replace(made, start=node.start, end=end)
        return T.Deriv(args * primes, replace(node, args=(made,)), start=node.start, end=end)

    @abstractmethod
    def call_arguments(self) -> tuple[T.Node, ...]: ...

    @abstractmethod
    def items(self, closing: str) -> list[T.Node]: ...

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
                and (
                    self.is_matrix_like(base)
                    or mark.font == "mathsf"
                    or (strained and self.choose("capital_transpose", 2) == 1)
                )
            ):
                return T.Transpose(base, start=base.start, end=stop)
        exponent = self.slice(start, end, self.loose)
        if isinstance(base, T.Pow) and base.start == base.base.start:
            raise self.error("double_power", "two exponents follow each other", self.toks[start])
        return T.Pow(base, exponent, start=base.start, end=self.toks[self.i - 1].end)

    def is_matrix_like(self, node: T.Node) -> bool:
        """Whether a T above it is a transpose: a matrix, a tuple, or what is made of names known to be vectors."""
        return isinstance(node, (T.Matrix, T.Tup)) or any(self.says("vectors", n.base) for n in T.of_kind(node, T.Name))

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
        if self.of_a_sum(first, nxt, func):
            return (self.product([first, self.factor()], start),)
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

    def of_a_sum(self, first: T.Node, tok: Tok, func: str) -> bool:
        """Whether the argument is a multiple of a sum, `\\log \\frac1k \\sum_i w_i`: likely of a mean, else the other reading."""
        if func != "log" or tok.kind != "cmd" or tok.text not in ("sum", "prod", "int"):
            return False
        mean = isinstance(first, T.Div) and isinstance(first.num, T.Num)
        return (self.choose("reach_sum", 2) == 0) == mean

    def stops_argument(self, tok: Tok, func: str) -> bool:
        """A further function, sum or expectation ends the argument of a function without parentheses."""
        if tok.kind == "name" or (tok.kind == "cmd" and tok.text in S.PREFIX_FUNCTIONS):
            return tok.text != "exp" or func == "exp"
        if tok.kind == "id" and tok.text == "E" and tok.font.startswith("math"):
            return True
        return tok.kind == "cmd" and tok.text in ("sum", "prod", "int", "max", "min")

    @abstractmethod
    def bracketed_argument(self, func: str) -> tuple[T.Node, ...]: ...
