"""Sums, products, integrals and limits: the index, its range, and how far the body reaches."""

from __future__ import annotations

from fractions import Fraction

from grader.maths import syntax as T
from grader.maths.parse_structures import StructureParser
from grader.maths.tokens import Tok


class SumParser(StructureParser):
    """Rules that start at a big operator."""

    def big(self, tok: Tok) -> T.Node:
        self.next()
        var: T.Name | None = None
        low: T.Node | None = None
        high: T.Node | None = None
        condition: T.Node | None = None
        while self.peek().kind == "op" and self.peek().text in ("_", "^"):
            mark = self.next()
            start, end = self.group()
            if mark.text == "_":
                var, low, high, condition = self.slice(start, end, self.limits)
            else:
                high = self.slice(start, end, self.loose)
        if self.at_end() or not (self.starts_factor(self.peek()) or self.is_sign(self.peek())):
            raise self.error("missing_argument", f"nothing follows {self.show(tok)}", self.peek())
        if tok.text == "prod" and not self.is_sign(self.peek()):
            return self.product_over(tok, var, low, high, condition)
        body = self.signed_factor(tok) if self.is_sign(self.peek()) else self.term()
        return T.Big(tok.text, var, low, high, body, condition, start=tok.start, end=body.end)

    def product_over(
        self, tok: Tok, var: T.Name | None, low: T.Node | None, high: T.Node | None, condition: T.Node | None
    ) -> T.Node:
        """A product's factors reach to the last one that uses the index, and not over another sum or product."""
        start = self.peek().start
        factors = [self.factor()]
        while True:
            nxt, after = self.peek(), self.peek(1)
            explicit = nxt.kind in ("op", "cmd") and nxt.text in ("*", "times", "cdot") and not self.at_end()
            big = after if explicit else nxt
            if big.kind == "cmd" and big.text in ("sum", "prod", "int"):
                break
            if explicit:
                self.next()
                factors.append(self.signed_factor(nxt))
            elif nxt.kind == "op" and nxt.text == "/" and not self.at_end():
                self.next()
                factors = [self.slash(factors, nxt, start)]
            elif self.starts_factor(nxt):
                factors.append(self.factor())
            else:
                break
        reach = len(factors)
        if var is not None and any(_uses(f, var.key) for f in factors):
            reach = max(i + 1 for i, f in enumerate(factors) if _uses(f, var.key))
        body = self.product(factors[:reach], start)
        node: T.Node = T.Big("prod", var, low, high, body, condition, start=tok.start, end=body.end)
        return self.product([node, *factors[reach:]], tok.start)

    def limits(self) -> tuple[T.Name | None, T.Node | None, T.Node | None, T.Node | None]:
        """Index, lower and upper end, and whatever else stands there (`i \\ne j`, `i, j`) as a condition."""
        first = self.expression()
        tok = self.peek()
        var = first if isinstance(first, T.Name) else None
        if tok.kind == "rel" and tok.text == "=" and var is not None:
            self.next()
            low = self.expression()
            return var, low, None, self.rest_of_limits()
        if tok.kind == "rel" and tok.text in (">=", ">") and var is not None:  # `t \\ge 2`: from 2 on
            strict = self.next().text == ">"
            low = self.expression()
            return var, T.Add((low, T.Num(Fraction(1)))) if strict else low, None, self.rest_of_limits()
        if tok.kind == "rel" and tok.text in ("<=", "<") and isinstance(first, (T.Num, T.Name)):
            strict = self.next().text == "<"
            middle = self.expression()
            if isinstance(middle, T.Name) and self.peek().kind == "rel" and self.peek().text == "<=" and not strict:
                self.next()
                high = self.expression()
                return middle, first, high, self.rest_of_limits()
            rest = self.rest_of_limits()
            return var, None, None, rest or middle
        if var is not None:
            return var, None, None, self.rest_of_limits()
        raise self.error("limits", "the index of a sum is not read", tok)

    def rest_of_limits(self) -> T.Node | None:
        """Anything behind the index and its range."""
        if self.at_end():
            return None
        start = self.peek().start
        while not self.at_end():
            self.next()
        return T.Word("condition", start=start, end=self.toks[self.i - 1].end)

    def absorb(self, left: T.Node, more: T.Node, negative: bool) -> T.Node | None:
        """`\\sum_t a + b_t`: a following term that uses the index stands under the sum as well."""
        sign = isinstance(left, T.Neg)
        inner = left.value if isinstance(left, T.Neg) else left
        lead: tuple[T.Node, ...] = ()
        if isinstance(inner, T.Mul) and isinstance(inner.factors[-1], T.Big):
            lead, inner = inner.factors[:-1], inner.factors[-1]
        if not isinstance(inner, T.Big) or inner.var is None or inner.low is None:
            return None
        index = inner.var.key
        if inner.end != inner.body.end or not _uses(more, index):  # a bracketed sum ends with its bracket: closed
            return None
        item = T.Neg(more, start=more.start, end=more.end) if negative else more
        terms = (*inner.body.terms, item) if isinstance(inner.body, T.Add) else (inner.body, item)
        body = T.Add(terms, start=inner.body.start, end=more.end)
        big: T.Node = T.Big(
            inner.op, inner.var, inner.low, inner.high, body, inner.condition, start=inner.start, end=more.end
        )
        if lead:
            big = T.Mul((*lead, big), start=left.start, end=more.end)
        return T.Neg(big, start=left.start, end=more.end) if sign else big

    def integral(self, tok: Tok) -> T.Node:
        self.next()
        low: T.Node | None = None
        high: T.Node | None = None
        variables: list[T.Node] = []
        while self.peek().kind == "op" and self.peek().text in ("_", "^"):
            mark = self.next()
            start, end = self.group()
            if mark.text == "_":
                low = self.slice(
                    start, end, self.set_or_expression if self.toks[start].text in ("(", "[", "]") else self.loose
                )
            else:
                high = self.slice(start, end, self.loose)
        self.integrals += 1
        try:
            if self.at_differential():
                variables.extend(self.differentials())
                body = self.term()
            else:
                body = self.expression()
                variables.extend(self.differentials())
        finally:
            self.integrals -= 1
        if not variables and isinstance(low, T.Name) and high is None:
            variables, low = [low], None
        elif isinstance(low, T.Name) and high is None:
            low = None
        return T.Integral(tuple(variables), low, high, body, start=tok.start, end=self.toks[self.i - 1].end)

    def differentials(self) -> list[T.Node]:
        found: list[T.Node] = []
        while not self.at_end() and self.at_differential():
            self.next()
            if self.is_op("(") or self.is_op("{"):
                opening = self.next()
                closing = ")" if opening.text == "(" else "}"
                found.append(self.bare_name())
                while self.is_op(","):
                    self.next()
                    found.append(self.bare_name())
                self.expect(closing, opening)
            else:
                found.append(self.bare_name())
        return found

    def limit(self, tok: Tok) -> T.Node:
        self.next()
        if not self.is_op("_"):
            raise self.error("limits", "a limit without its variable", tok)
        self.next()
        start, end = self.group()
        where = self.slice(start, end, self.loose_arrow)
        body = self.term()
        return T.Limit(where[0], where[1], body, start=tok.start, end=body.end)

    def loose_arrow(self) -> tuple[T.Node, T.Node]:
        var = self.expression()
        if not (self.peek().kind == "rel" and self.peek().text == "->"):
            raise self.error("limits", "a limit needs an arrow", self.peek())
        self.next()
        to = self.expression()
        while not self.at_end():
            self.next()
        return var, to


def _uses(node: T.Node, key: str) -> bool:
    """Whether a name, or a subscript made of it, occurs free in the node."""
    if isinstance(node, T.Big) and node.var is not None and node.var.key == key:
        return False
    if isinstance(node, T.Name):
        return node.key == key or any(_uses(s, key) for s in node.sub)
    return any(_uses(child, key) for child in T.children(node))
