"""Densities, expectations, divergences and Gaussians."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from grader.errors import ReadError
from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.parse_core import ExpressionParser
from grader.maths.tokens import Tok

_SEPARATORS = frozenset({",", ";"})
_NO_OPERAND = frozenset({"+", "-", "/", "*", ",", ")", "]", "}", ";", "|"})
_INDICES = frozenset("ijkn0123456789")
_CLOSING = {"[": "]", "(": ")", "\\{": "\\}", "{": "}"}


class ProbabilityParser(ExpressionParser):
    """Rules that start at a density letter, `E`, `KL` or `N`."""

    def density(self, letter: T.Name, opening: Tok) -> T.Node | None:
        """`p_\\phi(x_{t-1} | x_t, c)` after its letter; None if the parentheses hold no variables."""
        mark = self.i
        self.next()
        closing = {"(": ")", "[": "]"}[opening.text]
        try:
            args, given = self.within("paren", lambda: self.variables(closing), bars="given")
            end = self.expect(closing, opening).end
        except ReadError:
            self.i = mark
            return None
        if not args:
            self.i = mark
            return None
        sub = ",".join(T.sub_text(s) for s in letter.sub) + letter.marks
        return T.Density(letter.base, sub, tuple(args), tuple(given), start=letter.start, end=end)

    def variables(self, closing: str) -> tuple[list[T.Node], list[T.Node]]:
        """`x_0, x_{1:T} | z, c`; a lost comma (`x_t c, z`) still separates two variables."""
        args: list[T.Node] = []
        given: list[T.Node] = []
        current = args
        dots = False
        while not (self.peek().kind == "op" and self.peek().text == closing):
            tok = self.peek()
            if self.at_end() or tok.kind == "eof":
                raise self.error("unclosed", "a density's parenthesis is never closed", tok)
            if tok.kind == "op" and tok.text in _SEPARATORS:
                self.next()
                if tok.text == ";" and current is args and args:
                    current = given
                continue
            if (tok.kind == "op" and tok.text in ("|", "||")) or (tok.kind == "cmd" and tok.text == "mid"):
                self.next()
                current = given
                continue
            if tok.kind == "op" and tok.text == "(":
                self.next()
                inner, more = self.within("paren", lambda: self.variables(")"), bars="given")
                self.expect(")", tok)
                current.extend(inner)
                given.extend(more)
                continue
            if tok.kind == "cmd" and tok.text in ("cdot", "dots"):
                self.next()
                if tok.text == "cdot":
                    current.append(T.Word("cdot", start=tok.start, end=tok.end))
                dots = tok.text == "dots"
                continue
            if tok.kind not in ("id", "name", "num", "cmd"):
                raise self.error("unexpected", f"unexpected {self.show(tok)} in a density", tok)
            node = self.variable()
            if self.peek().kind == "rel" and self.peek().text == "=":
                self.next()
                value = self.expression()
                node = T.Rel((node, value), ("=",), start=node.start, end=value.end)
            elif self.peek().kind == "op" and self.peek().text in ("+", "-", "/", "^"):
                raise self.error("unexpected", "arithmetic in a density's arguments", self.peek())
            add_member(current, node, dots)
            dots = False
        return args, given

    def variable(self) -> T.Node:
        tok = self.peek()
        if tok.kind == "num":
            self.next()
            return self.number(tok)
        node = self.bare_name()
        return node

    @abstractmethod
    def number(self, tok: Tok) -> T.Node: ...

    @abstractmethod
    def bare_name(self) -> T.Name: ...

    # expectations

    def is_expectation(self, tok: Tok) -> bool:
        """Whether an E is the expectation operator: by its font, or a bare E before a bracket or subscript."""
        if tok.text not in ("E", "Var", "V", "Cov"):
            return False
        nxt = self.peek(1)
        if nxt.kind in ("end", "rel") or (nxt.kind == "op" and nxt.text in _NO_OPERAND):
            return False  # `\\mathcal E - ..` is a quantity's name
        if nxt.kind == "cmd" and nxt.text in ("cdot", "times"):
            return False
        if tok.kind == "name":
            return tok.text in ("E", "Var")
        if tok.text == "V":
            return tok.font == "mathbb"
        if tok.font in (
            "mathbb",
            "mathbf",
            "bm",
            "boldsymbol",
            "operatorname",
            "text",
            "mathrm",
            "mathds",
            "mathcal",
            "bb",
        ):
            return tok.text == "E"
        if tok.text == "E" and nxt.text == "_" and nxt.kind == "op":
            braced = self.peek(2).text == "{" and self.peek(4).text == "}"
            behind = self.peek(5 if braced else 3)
            if self.peek(3 if braced else 2).text in _INDICES:
                return behind.kind == "op" and behind.text in ("[", "\\{")  # `E_i` is a name
        return tok.text == "E" and nxt.kind == "op" and nxt.text in ("[", "_", "(", "\\{")

    def expectation(self) -> T.Node:
        tok = self.next()
        op = "E" if tok.text == "E" else "Var"
        over: tuple[T.Node, ...] = ()
        dist: T.Node | None = None
        while self.peek().kind == "op" and self.peek().text in ("_", "^"):
            mark = self.next()
            first, last = self.group()
            if mark.text == "_":
                over, dist = self.slice(first, last, self.distribution)
        if over == () and dist is None and self.is_op("{"):
            over, dist = self.braced_distribution()
        nxt = self.peek()
        closing = _CLOSING.get(nxt.text) if nxt.kind == "op" else None
        if closing is None:
            return self.finish_expectation(tok, over, dist, op)
        self.next()
        body = self.within("paren", self.loose_listing, bars="given")
        if self.is_op("|"):
            self.next()
            ends_with = closing
            given = self.within("paren", lambda: self.given_list(ends_with))
            dist = dist or T.Word("given")
            if given:
                body = T.At(body, tuple(given), start=body.start, end=given[-1].end)
        stop = self.expect(closing, nxt)
        # [..]^2 is the square of the expectation: postfix sees to it; `E(x - m)^2` is often that of the square
        if closing == ")" and self.is_op("^") and (self.choose("mean_power", 2) == 0) != isinstance(body, T.Name):
            self.next()
            body = self.power(body, *self.group())
            return T.Expect(over, dist, body, op, start=tok.start, end=self.toks[self.i - 1].end)
        return T.Expect(over, dist, body, op, start=tok.start, end=stop.end)

    def braced_distribution(self) -> tuple[tuple[T.Node, ...], T.Node | None]:
        """The first argument of a macro such as `\\Ex{z \\sim q}{..}`; nothing if the braces hold the body itself."""
        place = self.i
        try:
            self.next()
            found = self.within("paren", self.distribution)
            if self.is_op("}"):
                self.next()
                following = self.peek()
                if following.kind == "op" and following.text in _CLOSING:
                    return found
        except ReadError:
            pass
        self.i = place
        return (), None

    def given_list(self, closing: str) -> list[T.Node]:
        items: list[T.Node] = []
        while not (self.is_op(closing) or self.at_end()):
            items.append(self.loose())
            if self.is_op(","):
                self.next()
        return items

    def loose_listing(self) -> T.Node:
        """The inside of E[...]: an expression; a tuple where commas stand."""
        return self.loose()

    def finish_expectation(self, tok: Tok, over: tuple[T.Node, ...], dist: T.Node | None, op: str) -> T.Node:
        """`E_q \\log f`: without brackets the operator takes the product that follows."""
        if self.at_end() or not self.starts_factor(self.peek()):
            raise self.error("missing_argument", "nothing stands under the expectation", self.peek())
        body = self.term()
        return T.Expect(over, dist, body, op, start=tok.start, end=body.end)

    def distribution(self) -> tuple[tuple[T.Node, ...], T.Node | None]:
        """A subscript of E: `q`, `q(x|y)`, `x \\sim q`, `x, z \\sim q(x,z)`, `p_D`, `x`; several are joined."""
        start = self.i
        sims = [j for j in range(self.i, self.stop) if self.toks[j].kind == "rel" and self.toks[j].text in ("~", "in")]
        if sims:
            over: list[T.Node] = []
            dists: list[T.Node] = []
            dots = False
            while self.i < self.stop:
                while self.peek().kind != "rel":
                    if self.at_end():
                        raise self.error("unexpected", "a distribution is missing", self.eof)
                    if self.peek().kind == "op" and self.peek().text in (",", "(", ")"):
                        self.next()
                        continue
                    if self.is_dots():
                        dots = True
                        continue
                    add_member(over, self.bare_name(), dots)
                    dots = False
                self.next()
                dists.append(self.measure())
                if self.is_op(","):
                    self.next()
                    if not any(j >= self.i for j in sims):
                        break
                elif self.peek().kind in ("op", "text", "cmd"):
                    break
            dist = dists[0] if len(dists) == 1 else T.Tup(tuple(dists), start=dists[0].start, end=dists[-1].end)
            while self.i < self.stop and self.modes[-1] == "paren" and not self.closes(self.peek()):
                self.next()
            return tuple(over), dist
        self.i = start
        items: list[T.Node] = []
        dots = False
        while not self.at_end() and not self.closes(self.peek()):
            if self.is_op(",") or self.is_op("|"):
                self.next()
                continue
            if items and self.is_dots():
                dots = True
                continue
            add_member(items, self.measure(), dots)
            dots = False
        if not items:
            raise self.error("empty_argument", "a distribution is missing", self.peek())
        if all(isinstance(x, T.Density) or self.is_measure_name(x) for x in items):
            dist = items[0] if len(items) == 1 else T.Tup(tuple(items), start=items[0].start, end=items[-1].end)
            return (), dist
        if len(items) == 1:
            return (items[0],), None
        return tuple(items), None

    def is_dots(self) -> bool:
        """Steps over dots between variables; False where there are none."""
        if self.peek().kind != "cmd" or self.peek().text != "dots":
            return False
        self.next()
        return True

    def is_measure_name(self, node: T.Node) -> bool:
        if isinstance(node, (T.Normal, T.Density, T.Apply, T.Mul)):
            return True
        return isinstance(node, T.Name) and (self.says("densities", node.base) or node.base in ("p", "q", "P", "Q"))

    def measure(self) -> T.Node:
        """A distribution standing where one is named."""
        tok = self.peek()
        if tok.kind in ("id", "name") and (tok.text == "N" or tok.text in S.NORMAL_WORDS):
            return self.atom()
        if tok.kind == "id":
            name = self.bare_name()
            if self.is_op("(") or self.is_op("["):
                found = self.density(name, self.peek())
                if found is not None:
                    return found
                return self.postfix(name)
            return name
        return self.expression()

    # divergences and Gaussians

    def divergence(self, start: int, op: str = "KL") -> T.Node:
        """`KL[q || p]`, `D_{KL}(q \\| p)`, `KL(q, p)`, `JSD(p \\| q)` after the operator's name."""
        tok = self.peek()
        while tok.kind == "op" and tok.text in ("_", "^"):
            self.next()
            self.group()
            tok = self.peek()
        closing = _CLOSING.get(tok.text) if tok.kind == "op" else None
        if closing is None:
            name = "KL" if op == "KL" else "JSD"
            return T.Name(name, start=start, end=self.toks[self.i - 1].end)  # a student's name for the quantity
        self.next()
        left, right = self.within("paren", self.two_measures, bars="given")
        end = self.expect(closing, tok).end
        return T.KL(left, right, op, start=start, end=end)

    def entropy(self, name: T.Name) -> T.Node | None:
        """`H(q)`, `H[q(x|y)]`, `H(q, p)` after the letter, as the expectations they are; None if it is something else."""
        mark = self.i
        opening = self.next()
        closing = _CLOSING[opening.text]
        try:
            found = [self.within("paren", self.measure, bars="given")]
            while self.is_op(","):
                self.next()
                found.append(self.within("paren", self.measure, bars="given"))
            end = self.expect(closing, opening).end
        except ReadError:
            found = []
        densities = all(isinstance(m, (T.Name, T.Density)) and self.is_density(m) for m in found)
        if not 1 <= len(found) <= 2 or not densities:
            self.i = mark
            return None
        log = T.Call("log", (found[-1],), start=found[-1].start, end=found[-1].end)
        mean = T.Expect((), found[0], log, start=name.start, end=end)
        return T.Neg(mean, start=name.start, end=end)

    def is_density(self, node: T.Node) -> bool:
        """Whether a distribution is named by a density letter."""
        return isinstance(node, T.Density) or (isinstance(node, T.Name) and self.says("densities", node.base))

    def two_measures(self) -> tuple[T.Node, T.Node]:
        left = self.factors_of_measure()
        tok = self.peek()
        if (tok.kind == "op" and tok.text in ("||", "|", ",", ";", ":", "/")) or (
            tok.kind == "cmd" and tok.text in ("mid", "/")
        ):
            self.next()
            if self.is_op("|") or self.is_op("||"):
                self.next()
        else:
            raise self.error("unexpected", f"expected '||' between the two distributions, found {self.show(tok)}", tok)
        right = self.factors_of_measure()
        return left, right

    def factors_of_measure(self) -> T.Node:
        """One side of a divergence: a density, or a product of them."""
        return self.term()

    def gaussian(self, start: int) -> T.Node | None:
        """`N(x; m, s)`, `N(x | m, s)` or `N(m, s)` after the letter; None if it is something else."""
        opening = self.peek()
        mark = self.i
        self.next()
        try:
            items, split = self.within("paren", self.gaussian_items, bars="given")
            end = self.expect({"(": ")", "[": "]"}.get(opening.text, ")"), opening).end
        except ReadError:
            self.i = mark
            return None
        if len(items) == 2:
            return T.Normal(None, items[0], items[1], start=start, end=end)
        if len(items) == 3 and split in (0, 1):
            return T.Normal(items[0], items[1], self.variance(items[2]), start=start, end=end)
        self.i = mark
        return None

    def variance(self, written: T.Node) -> T.Node:
        """The variance of a law from how its spread is written, which may also be meant for a standard deviation.

        A square and a multiple of the identity are variances, and numbers say what they are.
        """
        names = {n.base for n in T.of_kind(written, T.Name)}
        if (isinstance(written, T.Pow) and isinstance(written.exponent, T.Num)) or not names or "I" in names:
            return written
        if self.choose("spread", 2) == 0:
            return written
        return T.Pow(written, T.Num(Fraction(2)), start=written.start, end=written.end)

    def gaussian_items(self) -> tuple[list[T.Node], int]:
        items = [self.expression()]
        split = 0
        while self.peek().kind == "op" and self.peek().text in (",", ";", "|"):
            if self.next().text != ",":
                split = len(items)
            items.append(self.expression())
        return items, split


def add_member(found: list[T.Node], node: T.Node, dots: bool) -> None:
    """Add a variable; behind dots it ends the range that the one before them begins: `z_1, \\dots, z_k` is `z_{1:k}`."""
    first = found[-1] if found else None
    if (
        dots
        and isinstance(first, T.Name)
        and isinstance(node, T.Name)
        and (first.base, first.marks) == (node.base, node.marks)
        and len(first.sub) == len(node.sub) == 1
        and not isinstance(first.sub[0], T.Range)
    ):
        low, high = first.sub[0], node.sub[0]
        if isinstance(high, T.Num) and not isinstance(low, T.Num):
            low, high = high, low  # `x_{t-1}, \\dots, x_1`: among variables the order says nothing
        between = T.Range(low, high, start=first.start, end=node.end)
        found[-1] = T.Name(node.base, (between,), node.marks, start=first.start, end=node.end)
    else:
        found.append(node)
