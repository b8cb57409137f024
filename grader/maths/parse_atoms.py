"""Atoms: names with their scripts, function calls, groups, bars, constants."""

from __future__ import annotations

from dataclasses import replace

from grader.errors import ReadError
from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.parse_names import NameParser, decimal
from grader.maths.tokens import Tok


class AtomParser(NameParser):
    """The smallest pieces of a formula."""

    def loose(self) -> T.Node:
        """An expression, or relations and lists of them (inside scripts, braces and brackets)."""
        left = self.expression()
        operands, relations = [left], []
        while self.peek().kind == "rel" and not self.at_end() and self.peek().text not in ("=>", "<=>"):
            relations.append(self.next().text)
            rel = relations[-1]
            operands.append(self.set_or_expression() if rel in ("in", "notin") else self.expression())
        if not relations:
            return left
        return T.Rel(tuple(operands), tuple(relations), start=left.start, end=operands[-1].end)

    def atom(self) -> T.Node:
        tok = self.peek()
        kind = tok.kind
        if kind == "num":
            self.next()
            return self.number(tok)
        if kind == "id":
            return self.letter(tok)
        if kind == "name":
            return self.word(tok)
        if kind == "cmd":
            if tok.text == "cdot" and self.i and self.toks[self.i - 1].text == "(" and self.peek(1).text == ")":
                self.next()  # `\\sigma(\\cdot)` names the function
                return T.Word("cdot", start=tok.start, end=tok.end)
            return self.command(tok)
        if kind == "op":
            return self.bracket(tok)
        if kind == "begin":
            return self.environment(tok)
        if kind == "eof" or self.at_end():
            raise self.error("missing_operand", "the formula ends where a term should stand", tok)
        if kind == "text":
            return self.text_atom(tok)
        raise self.error("missing_operand", f"a term is missing before {self.show(tok)}", tok)

    def text_atom(self, tok: Tok) -> T.Node:
        """A word where a quantity should stand: read as one name if the writer set it as text."""
        if tok.text.isalpha() and tok.text.lower() not in S.PROSE_WORDS and len(tok.text) <= 12 and self.end_is_near():
            self.next()
            return T.Name(tok.text, start=tok.start, end=tok.end)
        raise self.error("unexpected_text", f"words stand where a term should stand: '{tok.text}'", tok)

    def end_is_near(self) -> bool:
        nxt = self.peek(1)
        return nxt.kind in ("rel", "eof", "op")

    def number(self, tok: Tok) -> T.Node:
        text = tok.text
        end = tok.end
        nxt, after = self.peek(), self.peek(1)
        if (
            "." not in text
            and nxt.kind == "op"
            and nxt.text == ","
            and after.kind == "num"
            and "." not in after.text
            and not self.lists
            and self.is_decimal_comma(tok.end == nxt.start and nxt.end == after.start)
        ):
            self.next()
            self.next()
            text, end = f"{text}.{after.text}", after.end
        places = len(text.split(".")[1]) if "." in text else None
        if text == "1" and self.is_op("_") and not self.at_end():
            self.i -= 1
            return self.indicator(tok)
        return T.Num(decimal(text), places, start=tok.start, end=end)

    def is_decimal_comma(self, tight: bool) -> bool:
        """Whether a comma between two numbers is taken for a decimal one; with blanks, which print nothing, second only."""
        return self.choose("decimal_comma", 2) == (0 if tight and self.says("decimal_comma") else 1)

    # words and functions

    def word(self, tok: Tok) -> T.Node:
        text = tok.text
        if self.is_expectation(tok):
            return self.expectation()
        if text in S.KL_WORDS or text in S.JS_WORDS:
            self.next()
            return self.divergence(tok.start, "JS" if text in S.JS_WORDS else "KL")
        if text in S.CALL_FUNCTIONS:
            self.next()
            return self.function(S.CALL_FUNCTIONS[text], tok)
        if text in S.NORMAL_WORDS and self.peek(1).text == "(":
            self.next()
            found = self.gaussian(tok.start)
            if found is not None:
                return found
            raise self.error("arguments", "a Gaussian takes a mean and a variance", tok)
        self.next()
        sub, marks, primes, power, end = self.scripts()
        name = T.Name(text, sub, marks, start=tok.start, end=end)
        return self.after_name(name, primes, power)

    def function(self, func: str, tok: Tok) -> T.Node:
        """A function of the tables after its name: exponent, base, primes, then its arguments."""
        sub, marks, primes, power, _ = self.scripts()
        if marks.startswith("^") and len(marks) > 1:
            raise self.error("unexpected", f"'{marks}' on a function", tok)
        if power is not None and "".join(t.text for t in self.toks[power[0] : power[1]]) == "-1" and func in S.INVERSES:
            if func in S.TRIGONOMETRIC or self.choose("inverse", 2) == 0:
                func, power = S.INVERSES[func], None
        if func in ("max", "min") and sub:
            body = self.term()
            return T.Call(func + "_over", (sub[0], body), start=tok.start, end=body.end)
        args = self.function_argument(func)
        end = self.toks[self.i - 1].end
        node: T.Node
        if func == "log" and sub:
            if isinstance(sub[0], T.Range):
                raise self.error("unexpected", "a logarithm to a base that is no number", tok)
            bottom = T.Call("log", (sub[0],), start=tok.start, end=end)
            node = T.Div(T.Call("log", args, start=tok.start, end=end), bottom, start=tok.start, end=end)
        elif primes:
            node = T.Apply(T.Name(func, start=tok.start, end=tok.end), primes, args, start=tok.start, end=end)
        else:
            node = T.Call(func, args, start=tok.start, end=end)
        return self.with_power(node, power)

    def bracketed_argument(self, func: str) -> tuple[T.Node, ...]:
        """`log(x)`; a power behind the bracket may belong to the argument: both readings."""
        start = self.peek().start
        opening = self.peek()
        close = self.closing_index(self.i) if opening.text != "\\{" else self.i
        follows = self.toks[close + 1] if close + 1 < self.stop else self.eof
        args = self.call_arguments()
        if func == "logit" or len(args) != 1:
            return args
        if follows.kind == "op" and follows.text == "^" and self.is_op("^"):
            if self.choose("power_behind", 2) == 0:
                node = self.postfix(args[0])
                return (replace_place(node, start),)
        elif (
            self.starts_factor(self.peek())
            and func in ("log", "exp")
            and self.peek().text in ("(", "[")
            and self.choose("reach_brackets", 2) == 1
        ):
            factors = list(args)
            while self.peek().text in ("(", "[") and self.starts_factor(self.peek()):
                factors.append(self.factor())
            return (self.product(factors, start),)
        return args

    # brackets and bars

    def bracket(self, tok: Tok) -> T.Node:
        text = tok.text
        if text == "{":
            return self.braces(tok)
        if text in ("(", "["):
            return self.parentheses(tok)
        if text == "\\{":
            return self.set_or_system(tok)
        if text in ("|", "||"):
            return self.bars_atom(tok)
        if text == "left.":
            return self.evaluated_at(tok)
        raise self.error("missing_operand", f"a term is missing before {self.show(tok)}", tok)

    def braces(self, tok: Tok) -> T.Node:
        start, end = self.group()
        if start == end:
            if self.starts_factor(self.peek()) or self.is_op("("):
                return self.atom()
            raise self.error("empty_argument", "an empty group stands where a term should stand", tok)
        over = [j for j in range(start, end) if self.toks[j].kind == "cmd" and self.toks[j].text in ("over", "choose")]
        if over:
            top = self.slice(start, over[0], self.loose)
            bottom = self.slice(over[0] + 1, end, self.loose)
            if self.toks[over[0]].text == "choose":
                return T.Call("binom", (top, bottom), start=tok.start, end=bottom.end)
            return T.Div(top, bottom, start=tok.start, end=self.toks[end].end)
        node = self.slice(start, end, self.loose)
        if isinstance(node, T.Name) and self.peek().kind == "op" and self.peek().text in ("_", "'", "(", "^"):
            sub, marks, primes, power, stop = self.scripts()
            node = replace(node, sub=node.sub or sub, marks=node.marks + marks, end=stop)
            return self.after_name(node, primes, power)
        return replace_place(node, tok.start, self.toks[end].end)

    def parentheses(self, tok: Tok) -> T.Node:
        self.next()
        closing = ")" if tok.text == "(" else "]"
        items = self.within("paren", lambda: self.items(closing), bars="none")
        end = self.expect(closing, tok).end
        if len(items) > 1:
            node: T.Node = T.Tup(tuple(items), tok.text == "[", start=tok.start, end=end)
        else:
            node = replace_place(items[0], tok.start, end)
        if self.is_op("_") and not isinstance(node, T.Name):
            mark = self.next()
            start, stop = self.group()
            return self.subscripted_group(node, mark, start, stop)
        return node

    def subscripted_group(self, node: T.Node, mark: Tok, start: int, stop: int) -> T.Node:
        """`[f]_{x=0}` is f at x=0; `(J)_{12}` is not read."""
        try:
            where = self.slice(start, stop, self.loose)
        except ReadError:
            where = T.Empty()
        if isinstance(where, T.Rel) and where.relations == ("=",):
            return T.At(node, (where,), start=node.start, end=where.end)
        raise self.error("unexpected", "a subscript on a bracket", mark)

    def bars_atom(self, tok: Tok) -> T.Node:
        self.next()
        double = tok.text == "||"
        inner = self.within("paren", self.loose, bars="norm" if double else "abs")
        closing = self.peek()
        if closing.kind == "op" and closing.text == "||" and not double and self.half != self.i:
            self.close_half()
            return T.Abs(inner, start=tok.start, end=closing.end)
        if not (closing.kind == "op" and closing.text == tok.text):
            raise self.error("unclosed", f"{self.show(tok)} is never closed", tok)
        end = self.next().end
        if not double:
            if isinstance(inner, T.Matrix):
                return T.Call("det", (inner,), start=tok.start, end=end)
            return T.Abs(inner, start=tok.start, end=end)
        order = "2"
        if self.is_op("_"):
            self.next()
            start, stop = self.group()
            order = "".join(t.text for t in self.toks[start:stop])
        return T.Norm(inner, order, start=tok.start, end=end)


def replace_place(node: T.Node, start: int, end: int | None = None) -> T.Node:
    """The node with the place of the brackets around it."""
    return replace(node, start=start, end=end if end is not None else node.end)
