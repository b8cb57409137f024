"""Fractions, derivatives, sums, integrals and limits."""

from __future__ import annotations

from abc import abstractmethod

from grader.errors import ReadError
from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.parse_structures import StructureParser
from grader.maths.tokens import Tok

_DIFFERENTIALS = frozenset({"d", "partial", "delta"})


class CalculusParser(StructureParser):
    """Rules that start at a control sequence."""

    @abstractmethod
    def letter(self, tok: Tok, accent: str = "") -> T.Node: ...

    @abstractmethod
    def function(self, func: str, tok: Tok) -> T.Node: ...

    def command(self, tok: Tok) -> T.Node:
        text = tok.text
        if text == "frac":
            return self.fraction(tok)
        if text in S.PREFIX_FUNCTIONS or text in ("max", "min"):
            self.next()
            return self.function(S.CALL_FUNCTIONS[text], tok)
        if text in ("sum", "prod"):
            return self.big(tok)
        if text in ("int", "iint", "iiint", "oint"):
            return self.integral(tok)
        if text in S.ACCENTS:
            return self.accented(tok)
        if text == "sqrt":
            return self.root(tok)
        if text == "binom":
            self.next()
            top, bottom = self.argument(), self.argument()
            return T.Call("binom", (top, bottom), start=tok.start, end=self.toks[self.i - 1].end)
        if text == "boxed":
            self.next()
            start, end = self.group()
            inner = self.slice(start, end, self.boxed_content, mode="top")
            return T.Boxed(inner, start=tok.start, end=self.toks[self.i - 1].end)
        if text == "infty":
            self.next()
            return T.Const("inf", start=tok.start, end=tok.end)
        if text == "partial":
            return self.inline_derivative(tok)
        if text == "nabla":
            return self.gradient(tok)
        if text == "one":
            return self.indicator(tok)
        if text == "lim":
            return self.limit(tok)
        if text in ("dv", "pdv", "odv", "derivative"):
            return self.physics_derivative(tok)
        if text == "dots" and self.lists:
            self.next()
            return T.Word("dots", start=tok.start, end=tok.end)
        if text == "dots":
            raise self.error("dots", "dots stand for terms that are not written", tok)
        if text == "langle":
            return self.inner_product(tok)
        if text == "eval":
            return self.physics_eval(tok)
        if text == "varnothing":
            self.next()
            return T.SetOf((), start=tok.start, end=tok.end)
        raise self.error("unknown_macro", f"the macro {self.show(tok)} is not known", tok)

    def boxed_content(self) -> T.Node:
        node = self.row()
        self.i = self.stop
        return node

    def accented(self, tok: Tok) -> T.Node:
        accent = ""
        braces = 0
        here = tok
        while (here.kind == "cmd" and here.text in S.ACCENTS) or (here.kind == "op" and here.text == "{"):
            self.next()
            if here.kind == "cmd":
                accent += S.ACCENTS[here.text]
            else:
                braces += 1
            here = self.peek()
        if here.kind not in ("id", "name"):
            raise self.error("accent", f"an accent over {self.show(here)} is not read", here)
        if not braces:
            return self.letter(here, accent)
        # the group may hold scripts of its own: \tilde{z_0}
        self.next()
        from_braces = self.peek()
        sub: tuple[T.Node, ...] = ()
        if from_braces.kind == "op" and from_braces.text == "_":
            sub = self.scripts()[0]
        for _ in range(braces):
            self.expect("}", tok)
        outer, marks, primes, power, end = self.scripts()
        name = T.Name(here.text, outer or sub, accent + marks, start=tok.start, end=end)
        return self.after_name(name, primes, power, accent)

    @abstractmethod
    def scripts(self) -> tuple[tuple[T.Node, ...], str, int, tuple[int, int] | None, int]: ...

    @abstractmethod
    def after_name(self, name: T.Name, primes: int, power: tuple[int, int] | None, accent: str = "") -> T.Node: ...

    def root(self, tok: Tok) -> T.Node:
        self.next()
        degree: T.Node | None = None
        if self.is_op("["):
            opening = self.next()
            degree = self.within("paren", self.loose)
            self.expect("]", opening)
        value = self.atom() if self.is_op("(") else self.argument()  # `√(x)` and `\\sqrt(x)`
        end = self.toks[self.i - 1].end
        if degree is None:
            return T.Call("sqrt", (value,), start=tok.start, end=end)
        return T.Pow(value, T.Div(T.Num(1, start=tok.start, end=end), degree), start=tok.start, end=end)  # type: ignore[arg-type]

    # fractions and derivatives

    def fraction(self, tok: Tok) -> T.Node:
        self.next()
        top = self.group()
        bottom = self.group()
        end = self.toks[self.i - 1].end
        if self.differential_at(top) and (self.differential_at(bottom) or self.toks[top[0]].text == "partial"):
            found = self.derivative(tok, top, bottom)
            if found is not None:
                return self.at_arguments(found, top)
        return T.Div(self.slice(*top, self.loose), self.slice(*bottom, self.loose), start=tok.start, end=end)

    def at_arguments(self, node: T.Node, top: tuple[int, int]) -> T.Node:
        """`\\frac{df}{dx}(0)`: a derivative of a name, followed by where it is taken."""
        assert isinstance(node, T.Deriv)
        named = isinstance(node.body, T.Name) and node.body.start >= self.toks[top[0]].start and self.is_op("(")
        if not named or node.body.end > self.toks[top[1]].start:
            return node
        args = self.call_arguments()
        end = self.toks[self.i - 1].end
        if len(args) == 1 and len(set(node.by)) == 1 and not isinstance(args[0], T.Rel):
            where = T.Rel((node.by[0], args[0]), ("=",), start=args[0].start, end=args[0].end)
            return T.At(node, (where,), start=node.start, end=end)
        return T.Call("at_point", (node, *args), start=node.start, end=end)

    def differential_at(self, part: tuple[int, int]) -> bool:
        if part[0] >= part[1]:
            return False
        tok = self.toks[part[0]]
        if tok.text == "partial" and tok.kind == "cmd":
            return True
        return tok.kind == "id" and tok.text in ("d", "delta")

    def derivative(self, tok: Tok, top: tuple[int, int], bottom: tuple[int, int]) -> T.Node | None:
        """`\\frac{d^n f}{dx^n}` and `\\frac{\\partial}{\\partial x} f`; None if it is a plain fraction."""
        lost = not self.differential_at(bottom)
        sign = self.toks[top[0]].text
        at = top[0] + 1
        if at < top[1] and self.toks[at].text == "^":
            at += 1
            at = self.matching(at) + 1 if self.toks[at].text == "{" else at + 1
        try:
            if lost:
                if at >= top[1]:
                    return None
                by = [self.slice(*bottom, self.loose)]
                if not isinstance(by[0], T.Name):
                    return None
            else:
                by = self.slice(*bottom, lambda: self.variables_below(sign))
        except ReadError:
            return None
        if at < top[1]:
            body = self.slice(at, top[1], self.loose)
        else:
            body = self.derivative_body()
        return T.Deriv(tuple(by), body, lost, start=tok.start, end=max(body.end, self.toks[self.i - 1].end))

    def variables_below(self, sign: str) -> list[T.Node]:
        by: list[T.Node] = []
        while not self.at_end():
            tok = self.peek()
            if tok.text != sign or tok.kind not in ("id", "cmd"):
                raise self.error("unexpected", "a differential is missing", tok)
            self.next()
            if self.is_op("("):
                opening = self.next()
                node: T.Node = self.bare_name()
                self.expect(")", opening)
                by.append(node)
                continue
            node = self.bare_name()
            times = 1
            if isinstance(node, T.Name) and "^" in node.marks and node.marks.rsplit("^", 1)[1].strip("{}").isdigit():
                stem, order = node.marks.rsplit("^", 1)
                times = int(order.strip("{}"))
                node = T.Name(node.base, node.sub, stem, start=node.start, end=node.end)
            by.extend([node] * min(times, 6))
        return by

    def derivative_body(self) -> T.Node:
        """What an operator `d/dx` applies to: a bracketed group, or the product that follows."""
        tok = self.peek()
        if self.at_end() or not self.starts_factor(tok):
            raise self.error("missing_argument", "nothing follows the derivative operator", tok)
        if tok.kind == "op" and tok.text in ("(", "["):
            first = self.factor()
            if self.starts_factor(self.peek()) and self.choose("derivative_reach", 2) == 1:
                return self.product([first, self.term()], tok.start)
            return first
        first = self.factor()
        if not self.starts_factor(self.peek()) or self.choose("derivative_reach", 2) == 1:
            return first
        factors = [first]
        while self.starts_factor(self.peek()):
            factors.append(self.factor())
        return self.product(factors, tok.start)

    def inline_derivative(self, tok: Tok) -> T.Node:
        """`\\partial_x f`, or `\\partial f / \\partial x` on the line."""
        self.next()
        if self.is_op("_"):
            self.next()
            start, end = self.group()
            by = self.slice(start, end, self.bare_name)
            body = self.derivative_body()
            return T.Deriv((by,), body, start=tok.start, end=body.end)
        if self.is_op("/"):
            self.next()
            self.partial_sign()
            by = self.bare_name()
            body = self.derivative_body()
            return T.Deriv((by,), body, start=tok.start, end=body.end)
        body = self.factor()
        if self.is_op("/"):
            self.next()
            self.partial_sign()
            by = self.bare_name()
            return T.Deriv((by,), body, start=tok.start, end=by.end)
        raise self.error("differential", "a differential stands alone", tok)

    def quotient_of_differentials(self, tok: Tok) -> T.Node | None:
        """`dg/dz`, `\\delta L/\\delta W`; None if the letter is an ordinary one."""
        mark = self.i
        if self.integrals or not any(
            self.toks[j].text == "/" and self.toks[j + 1].text == tok.text
            for j in range(mark + 2, min(self.stop - 1, mark + 40))
        ):
            return None
        try:
            self.next()
            body = self.factor()
            if self.is_op("/") and self.peek(1).text == tok.text:
                self.next()
                self.next()
                by = self.bare_name()
                return T.Deriv((by,), body, start=tok.start, end=by.end)
        except ReadError:
            pass
        self.i = mark
        return None

    def partial_sign(self) -> None:
        tok = self.peek()
        if not (tok.kind == "cmd" and tok.text == "partial"):
            raise self.error("differential", "a differential is missing below the slash", tok)
        self.next()

    def physics_derivative(self, tok: Tok) -> T.Node:
        """`\\dv{f}{x}`, `\\dv[2]{f}{x}`, `\\pdv{f}{x}{y}`, `\\dv{x} f` of the physics package."""
        self.next()
        times = 1
        if self.is_op("["):
            opening = self.next()
            order = self.next()
            times = int(order.text) if order.kind == "num" and order.text.isdigit() else 1
            self.expect("]", opening)
        parts = [self.group()]
        while self.is_op("{") and len(parts) < 3:
            parts.append(self.group())
        if len(parts) == 1:
            by = [self.slice(*parts[0], self.bare_name)] * min(times, 6)
            body = self.derivative_body()
        else:
            body = self.slice(*parts[0], self.loose)
            by = [self.slice(*p, self.bare_name) for p in parts[1:]]
            by = by * min(times, 6) if len(by) == 1 else by
        return T.Deriv(tuple(by), body, start=tok.start, end=self.toks[self.i - 1].end)

    def physics_eval(self, tok: Tok) -> T.Node:
        self.next()
        body = self.argument()
        if not self.is_op("_"):
            return body
        self.next()
        start, end = self.group()
        where = self.slice(start, end, self.loose)
        return T.At(body, (where,), start=tok.start, end=where.end)

    def gradient(self, tok: Tok) -> T.Node:
        self.next()
        by: T.Node | None = None
        if self.is_op("_"):
            self.next()
            start, end = self.group()
            if self.toks[start].text == "(":
                by = self.slice(start, end, self.atom)
            else:
                try:
                    by = self.slice(start, end, self.bare_name)
                except ReadError:
                    by = self.slice(start, end, self.several_names)
        body = self.derivative_body()
        return T.Grad(by, body, start=tok.start, end=body.end)

    def several_names(self) -> T.Node:
        names: list[T.Node] = [self.bare_name()]
        while self.is_op(","):
            self.next()
            names.append(self.bare_name())
        return T.Tup(tuple(names), start=names[0].start, end=names[-1].end)

    # sums, products, integrals, limits

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

    def indicator(self, tok: Tok) -> T.Node:
        """`\\mathbb{1}[x > 0]`, `1_{x>0}`."""
        self.next()
        if self.is_op("_"):
            self.next()
            start, end = self.group()
            condition = self.slice(start, end, self.loose)
            if isinstance(condition, T.SetOf) and len(condition.items) == 1:
                condition = condition.items[0]
            if not isinstance(condition, T.Rel):
                raise self.error("indicator", "a subscript on 1 that is no condition", tok)
            return T.Call("indicator", (condition,), start=tok.start, end=condition.end)
        opening = self.peek()
        if opening.kind == "op" and opening.text in ("[", "(", "\\{"):
            self.next()
            condition = self.within("paren", self.loose)
            self.expect({"[": "]", "(": ")", "\\{": "\\}"}[opening.text], opening)
            return T.Call("indicator", (condition,), start=tok.start, end=condition.end)
        return T.Num(1, start=tok.start, end=tok.end)  # type: ignore[arg-type]

    def inner_product(self, tok: Tok) -> T.Node:
        self.next()
        left = self.within("paren", self.loose)
        if not self.is_op(","):
            raise self.error("unexpected", "an inner product needs two entries", self.peek())
        self.next()
        right = self.within("paren", self.loose)
        closing = self.peek()
        if closing.text != "rangle":
            raise self.error("unclosed", "'\\langle' is never closed", tok)
        self.next()
        if self.choose("angle", 2) == 1:
            return T.Tup((left, right), start=tok.start, end=closing.end)
        return T.Call("dot", (left, right), start=tok.start, end=closing.end)

    def evaluated_at(self, tok: Tok) -> T.Node:
        """`\\left. f \\right|_{x=0}`."""
        self.next()
        body = self.within("paren", self.loose, bars="none")
        self.expect("evalbar", tok)
        if not self.is_op("_"):
            return body
        self.next()
        start, end = self.group()
        where = self.slice(start, end, lambda: self.items(""))
        return T.At(body, tuple(where), start=tok.start, end=self.toks[self.i - 1].end)


def _uses(node: T.Node, key: str) -> bool:
    """Whether a name, or a subscript made of it, occurs free in the node."""
    if isinstance(node, T.Big) and node.var is not None and node.var.key == key:
        return False
    if isinstance(node, T.Name):
        return node.key == key or any(_uses(s, key) for s in node.sub)
    return any(_uses(child, key) for child in T.children(node))
