"""Fractions, derivatives, gradients and values at a point."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from grader.errors import ReadError
from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.parse_sums import SumParser
from grader.maths.tokens import Tok

_DIFFERENTIALS = frozenset({"d", "partial", "delta"})


class CalculusParser(SumParser):
    """Rules that start at a control sequence."""

    @abstractmethod
    def letter(self, tok: Tok, accent: str = "", start: int | None = None) -> T.Node: ...

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
        if text == "dots" and (self.lists or self.between_terms()):
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
            return self.letter(here, accent, tok.start)
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
        return T.Pow(value, T.Div(T.Num(Fraction(1), start=tok.start, end=end), degree), start=tok.start, end=end)

    # fractions and derivatives

    def fraction(self, tok: Tok) -> T.Node:
        self.next()
        top = self.group()
        bottom = self.group()
        end = self.toks[self.i - 1].end
        if self.differential_at(top) and (self.differential_at(bottom) or self.toks[top[0]].text == "partial"):
            found = self.derivative(tok, top, bottom)
            if found is not None:  # else what is derived stands behind the fraction
                return self.at_arguments(found) if self.behind_sign(top) < top[1] else found
        return T.Div(self.slice(*top, self.loose), self.slice(*bottom, self.loose), start=tok.start, end=end)

    def at_arguments(self, node: T.Deriv) -> T.Node:
        """`\\frac{df}{dx}(0)`: a derivative of a name, followed by where it is taken, or by a factor: `\\frac{df}{du}(2x + 1)`."""
        if not (isinstance(node.body, T.Name) and self.is_op("(")):
            return node
        behind = self.i
        args = self.call_arguments()
        if len(args) == 1 and not isinstance(args[0], (T.Num, T.Name)) and self.choose("taken_at", 2) == 1:
            self.i = behind
            return node
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

    def behind_sign(self, top: tuple[int, int]) -> int:
        """The index behind `d` or `d^n` in a numerator."""
        at = top[0] + 1
        if at < top[1] and self.toks[at].text == "^":
            at += 1
            at = self.matching(at) + 1 if self.toks[at].text == "{" else at + 1
        return at

    def derivative(self, tok: Tok, top: tuple[int, int], bottom: tuple[int, int]) -> T.Deriv | None:
        """`\\frac{d^n f}{dx^n}` and `\\frac{\\partial}{\\partial x} f`; None if it is a plain fraction."""
        lost = not self.differential_at(bottom)
        sign = self.toks[top[0]].text
        at = self.behind_sign(top)
        if at < top[1] and self.toks[at].text == "_":
            return None  # `\\frac{\\partial_x f}{f}`
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

    def between_terms(self) -> bool:
        """Whether dots stand between two terms of a sum or two factors of a product."""
        if not self.i:
            return False
        before, after = self.toks[self.i - 1], self.peek(1)
        if before.text == "+":
            return after.text == "+"
        ends = before.kind in ("id", "num", "name") or before.text in (")", "]", "}")
        return ends and self.starts_factor(after)

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
        node = T.Deriv(tuple(by), body, start=tok.start, end=self.toks[self.i - 1].end)
        return self.at_arguments(node) if len(parts) > 1 else node

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
        return T.Num(Fraction(1), start=tok.start, end=tok.end)

    def inner_product(self, tok: Tok) -> T.Node:
        self.next()
        left = self.within("paren", self.loose)
        if self.peek().text == "rangle":
            return self.mean(tok, left)
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

    def mean(self, tok: Tok, body: T.Node) -> T.Node:
        """`\\langle x \\rangle_q`: an expectation as physicists write it."""
        over: tuple[T.Node, ...] = ()
        dist: T.Node | None = None
        end = self.next().end
        if self.is_op("_"):
            self.next()
            first, last = self.group()
            over, dist = self.slice(first, last, self.distribution)
            end = self.toks[self.i - 1].end
        return T.Expect(over, dist, body, start=tok.start, end=end)

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
