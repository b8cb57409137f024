"""Names with their scripts, accents and arguments: quantity, function, density or operator."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from grader.errors import ReadError
from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.parse_calculus import CalculusParser
from grader.maths.tokens import Tok

_MARKS = {"*": "*", "star": "*", "dagger": "+", "+": "+", "-": "-", "ast": "*", "circ": "o", "sharp": "#"}
_ACCENTED = frozenset(S.ACCENTS)


@lru_cache(maxsize=4096)
def decimal(text: str) -> Fraction:
    """The number that digits write."""
    return Fraction(text)


class NameParser(CalculusParser):
    """Rules that start at a letter."""

    def scripts(self) -> tuple[tuple[T.Node, ...], str, int, tuple[int, int] | None, int]:
        """Subscripts, marks, primes, the token range of an exponent, and the end offset."""
        sub: tuple[T.Node, ...] = ()
        marks, primes = "", 0
        power: tuple[int, int] | None = None
        end = self.toks[self.i - 1].end
        while self.i < self.stop:
            tok = self.peek()
            if tok.kind == "op" and tok.text == "_" and not sub:
                self.next()
                start, stop = self.group()
                sub = self.subscript(start, stop)
                end = self.toks[self.i - 1].end
            elif (tok.kind == "op" and tok.text == "'") or (tok.kind == "cmd" and tok.text == "prime"):
                self.next()
                primes += 1
                end = tok.end
            elif tok.kind == "op" and tok.text == "^" and power is None:
                mark = self.mark_at(self.i + 1)
                if mark is not None:
                    text, after = mark
                    self.i = after
                    if text.startswith("'"):
                        primes += len(text)
                    else:
                        marks += "^" + text
                    end = self.toks[self.i - 1].end
                    continue
                saved = self.i
                self.next()
                power = self.group()
                end = self.toks[self.i - 1].end
                if saved == self.i:
                    break
            elif tok.text == "{" and self.i + 1 < self.stop and self.toks[self.i + 1].text == "}":
                self.i += 2
            else:
                break
        return sub, marks, primes, power, end

    def mark_at(self, at: int) -> tuple[str, int] | None:
        """A superscript that is part of a name: `*`, `\\star`, primes, `(k)`; and the index past it."""
        if at >= self.stop:
            return None
        tok = self.toks[at]
        inner = [tok]
        after = at + 1
        if tok.kind == "op" and tok.text == "{":
            close = self.matching(at)
            inner = list(self.toks[at + 1 : close])
            after = close + 1
        if not inner:
            return None
        if all(t.text in ("'", "prime") for t in inner):
            return "'" * len(inner), after
        if len(inner) == 1 and inner[0].text in _MARKS and inner[0].kind in ("op", "cmd"):
            return _MARKS[inner[0].text], after
        if all(t.kind == "text" for t in inner):
            return "".join(t.text for t in inner), after
        if len(inner) >= 3 and inner[0].text == "(" and inner[-1].text == ")" and len(inner) <= 5:
            return "(" + "".join(t.text for t in inner[1:-1]) + ")", after
        return None

    def subscript(self, start: int, end: int) -> tuple[T.Node, ...]:
        """The content of a subscript: index expressions where it reads as such, else words."""
        toks = self.toks[start:end]
        if not toks:
            return ()
        if len(toks) == 1 and toks[0].kind in ("name", "text", "op", "rel"):
            return (T.Word(toks[0].text, start=toks[0].start, end=toks[0].end),)
        if toks[0].kind == "num" and len(toks) == 1:
            return (self.number_plain(toks[0]),)
        try:
            return self.slice(start, end, self.indices_list)
        except ReadError:
            text = "".join(t.text for t in toks)
            return (T.Word(text, start=toks[0].start, end=toks[-1].end),)

    def number_plain(self, tok: Tok) -> T.Node:
        places = len(tok.text.split(".")[1]) if "." in tok.text else None
        return T.Num(decimal(tok.text), places, start=tok.start, end=tok.end)

    def indices_list(self) -> tuple[T.Node, ...]:
        items: list[T.Node] = []
        saved = dict(self.ambiguous)
        while True:
            node = self.expression() if not self.is_op(":") else T.Empty()
            if self.is_op(":"):
                self.next()
                high = self.expression() if not self.at_end() else T.Empty()
                node = T.Range(node, high, start=node.start, end=high.end)
            elif self.peek().kind == "rel":
                self.next()
                node = T.Rel((node, self.expression()), ("=",), start=node.start)
            if isinstance(node, T.Mul) and all(
                isinstance(f, T.Num) or (isinstance(f, T.Name) and not f.sub and len(f.base) == 1) for f in node.factors
            ):
                items.extend(node.factors)  # x_{ij} has two indices
            else:
                items.append(node)
            if self.is_op(",") or self.is_op(";"):
                self.next()
                continue
            break
        self.ambiguous = saved
        return tuple(items)

    def bare_name(self) -> T.Name:
        """A name with subscripts and marks but no exponent or call (variables of densities)."""
        tok = self.peek()
        accent, start = "", tok.start
        braces = 0
        while (tok.kind == "cmd" and tok.text in _ACCENTED) or (tok.kind == "op" and tok.text == "{"):
            self.next()
            if tok.text == "{":
                braces += 1
            else:
                accent += S.ACCENTS[tok.text]
            tok = self.peek()
        if tok.kind not in ("id", "name"):
            raise self.error("unexpected", f"expected a variable, found {self.show(tok)}", tok)
        self.next()
        while braces:
            self.expect("}", tok)
            braces -= 1
        sub, marks, primes, power, end = self.scripts()
        if power is not None:
            here = self.toks[power[0] : power[1]]
            marks += "^" + "".join(t.text for t in here)
        return T.Name(tok.text, sub, accent + "'" * primes + marks, start=start, end=end)

    def letter(self, tok: Tok, accent: str = "", start: int | None = None) -> T.Node:
        """A letter with everything that hangs on it, and its arguments if it is a function; `start` is its accent's."""
        if not accent:
            if tok.text in ("d", "delta"):
                found = self.quotient_of_differentials(tok)
                if found is not None:
                    return found
            if self.is_expectation(tok):
                return self.expectation()
            if tok.text == "D":
                op = self.divergence_subscript() or ("KL" if self.bars_inside() else "")
                if op:
                    return self.divergence(tok.start, op)
            if tok.font in ("mathbb",) and tok.text in "RNZCQ" and tok.text != "E":
                return self.named_set(tok)
            if tok.text == "e" and tok.font in ("", "mathrm", "rm", "operatorname", "text"):
                nxt = self.peek(1)
                if not (nxt.kind == "op" and nxt.text == "_"):
                    self.next()
                    return T.Const("e", start=tok.start, end=tok.end)
            if tok.text == "i" and self.says("imaginary_unit") and tok.text not in self.indices:
                nxt = self.peek(1)
                if not (nxt.kind == "op" and nxt.text == "_"):
                    self.next()
                    return T.Const("i", start=tok.start, end=tok.end)
            if tok.text == "pi":
                nxt, inner, after = self.peek(1), self.peek(2), self.peek(3)
                of_one = nxt.text == "(" and inner.kind == "id" and after.text in (")", "_", "|", "mid")
                named = self.says("densities", "pi") or (of_one and self.says("functions", "pi"))
                if not (nxt.kind == "op" and nxt.text in ("_", "(")) or not named:
                    self.next()
                    if not self.is_op("_"):
                        return T.Const("pi", start=tok.start, end=tok.end)
                    self.i -= 1
        self.next()
        sub, marks, primes, power, end = self.scripts()
        name = T.Name(tok.text, sub, accent + marks, start=tok.start if start is None else start, end=end)
        if (
            tok.text == "N"
            and (tok.font in ("mathcal", "cal", "mathscr") or self.gaussian_ahead())
            and (self.is_op("(") or self.is_op("["))
        ):
            found = self.gaussian(tok.start)
            if found is not None:
                return found
        if tok.text == "delta" and self.is_op("(") and sub:
            return self.apply(name, primes, power)
        return self.after_name(name, primes, power, accent)

    def gaussian_ahead(self) -> bool:
        """`N(a, b)` with two or three entries."""
        if not self.is_op("("):
            return False
        depth = commas = 0
        for j in range(self.i, self.stop):
            text = self.toks[j].text
            if self.toks[j].kind != "op":
                continue
            if text in ("(", "["):
                depth += 1
            elif text in (")", "]"):
                depth -= 1
                if depth == 0:
                    break
            elif text in (",", ";") and depth == 1:
                commas += 1
        return commas in (1, 2)

    def divergence_subscript(self) -> str:
        """Which divergence the subscript of `D` names (KL or JS); steps over `D` and the subscript if it does."""
        if not (self.peek(1).kind == "op" and self.peek(1).text == "_"):
            return ""
        saved = self.i
        self.i += 2
        start, end = self.group()
        text = "".join(t.text for t in self.toks[start:end])
        if text.upper() in ("KL", "JS", "JSD"):
            return text.upper()[:2]
        self.i = saved
        return ""

    def bars_inside(self) -> bool:
        """Whether `D(..)` holds a double bar: a divergence; steps over `D` if so."""
        opening = self.peek(1)
        if not (opening.kind == "op" and opening.text in ("(", "[")):
            return False
        stop = self.closing_index(self.i + 1)
        if any(t.kind == "op" and t.text == "||" for t in self.toks[self.i + 2 : stop]):
            self.next()
            return True
        return False

    def after_name(self, name: T.Name, primes: int, power: tuple[int, int] | None, accent: str = "") -> T.Node:
        """Decide between a function applied, a density and a plain name; attach the exponent."""
        tok = self.peek()
        opens = tok.kind == "op" and tok.text in ("(", "[") and not self.at_end()
        if opens and name.base == "H" and not (name.sub or name.marks or primes or power):
            entropy = self.entropy(name)
            if entropy is not None:
                return entropy
        if opens and tok.text == "(":
            known = self.says("densities", name.base) or (name.base in ("p", "q") and self.bar_inside())
            if known and not accent and not primes and power is None:
                found = self.density(name, tok)
                if found is not None:
                    return found
            if self.says("logistic", name.base) and not name.sub and not name.marks:
                return self.logistic(name, primes, power)
            if self.applies(name, primes):
                return self.apply(name, primes, power)
        if primes:
            name = replace(name, marks=name.marks + "'" * primes)
        return self.with_power(name, power)

    def with_power(self, node: T.Node, power: tuple[int, int] | None) -> T.Node:
        return node if power is None else self.power(node, *power)

    def applies(self, name: T.Name, primes: int) -> bool:
        """Whether `name(` is an application; an unknown letter before a single name is read both ways."""
        base = self.says("functions", name.base) and not self.says("scalars", name.base)
        if base or self.says("functions", name.key):
            return True
        worded = any(isinstance(i, T.Word) and len(i.text) > 1 for i in name.sub)
        if self.of_density() or (worded and self.one_name()):
            return True
        if self.says("scalars", name.key) or self.says("scalars", name.base):
            return False
        if self.comma_inside():
            return True
        close = self.closing_index(self.i)
        inner = self.toks[self.i + 1 : close]
        single = (
            bool(inner)
            and all(t.kind in ("id", "num") or t.text in ("_", "{", "}", "*", "'", ".", "tilde") for t in inner)
            and (sum(t.kind == "id" for t in inner) <= 2)
        )
        if single and len(inner) and inner[0].kind == "num":
            single = False
        option = self.choose("call:" + name.key, 2)
        return (option == 0) == single

    def bar_inside(self) -> bool:
        """Whether what follows in parentheses has one bar: `p(x | y)` is a density, whatever the letter is elsewhere."""
        inner = self.toks[self.i + 1 : self.closing_index(self.i)]
        return sum(t.text in ("|", "mid") for t in inner) == 1

    def of_density(self) -> bool:
        """`(q)`: what depends on a distribution is no product with it."""
        return self.one_name() and self.says("densities", self.toks[self.i + 1].text)

    def one_name(self) -> bool:
        """`(z)`: a single letter in parentheses."""
        inner = self.toks[self.i + 1 : self.closing_index(self.i)]
        return len(inner) == 1 and inner[0].kind == "id"

    def comma_inside(self) -> bool:
        close = self.closing_index(self.i)
        depth = 0
        for tok in self.toks[self.i + 1 : close]:
            if tok.kind == "op":
                depth += tok.text in ("(", "[", "{", "\\{")
                depth -= tok.text in (")", "]", "}", "\\}")
                if tok.text == "," and depth == 0:
                    return True
        return False

    def closing_index(self, at: int) -> int:
        depth = 0
        for j in range(at, self.stop):
            tok = self.toks[j]
            if tok.kind == "op":
                if tok.text in ("(", "["):
                    depth += 1
                elif tok.text in (")", "]"):
                    depth -= 1
                    if depth == 0:
                        return j
        return self.stop

    def call_arguments(self) -> tuple[T.Node, ...]:
        """`(a, b)` as arguments."""
        opening = self.next()
        closing = {"(": ")", "[": "]", "\\{": "\\}"}[opening.text]
        items = self.within("paren", lambda: self.items(closing), bars="none")
        self.expect(closing, opening)
        return tuple(items)

    def items(self, closing: str) -> list[T.Node]:
        self.lists += 1
        items = [self.loose()]
        while self.peek().kind == "op" and self.peek().text in (",", ";"):
            self.next()
            if self.is_op(closing):
                break
            items.append(self.loose())
        self.lists -= 1
        return items

    def apply(self, name: T.Name, primes: int, power: tuple[int, int] | None) -> T.Node:
        found = re.search(r"\^\((\d)\)$", name.marks)
        if found:  # f^{(2)}(x) is the second derivative
            name = replace(name, marks=name.marks[: found.start()])
            primes += int(found.group(1))
        inverse = power is not None and "".join(t.text for t in self.toks[power[0] : power[1]]) == "-1"
        if inverse:
            name, power = replace(name, marks=name.marks + "^-1"), None
        args = self.call_arguments()
        end = self.toks[self.i - 1].end
        node: T.Node = T.Apply(name, primes, args, start=name.start, end=end)
        if len(args) == 1 and not primes and not inverse and isinstance(args[0], T.Add) and _speaks_of(args[0], name):
            return T.Mul((self.with_power(name, power), args[0]), start=name.start, end=end)  # `S(1 - S)`, `S^2(1 - S)`
        return self.with_power(node, power)

    def logistic(self, name: T.Name, primes: int, power: tuple[int, int] | None) -> T.Node:
        """`\\sigma(u)`, `\\sigma^{-1}(s)`, `\\sigma'(u)`."""
        func = "logistic"
        if power is not None and "".join(t.text for t in self.toks[power[0] : power[1]]) == "-1":
            func, power = "logit", None
        args = self.call_arguments()
        if len(args) == 1 and not primes and func == "logistic" and _speaks_of(args[0], name):
            return T.Mul((self.with_power(name, power), args[0]), start=name.start, end=self.toks[self.i - 1].end)
        if len(args) != 1:
            raise self.error("arguments", "the logistic function takes one argument", self.toks[self.i - 1])
        end = self.toks[self.i - 1].end
        node: T.Node
        if primes:
            node = T.Apply(T.Name(func, start=name.start, end=name.end), primes, args, start=name.start, end=end)
        else:
            node = T.Call(func, args, start=name.start, end=end)
        return self.with_power(node, power)


def _speaks_of(argument: T.Node, name: T.Name) -> bool:
    """Whether a function's own name stands alone in its argument: `\\sigma(1 - \\sigma)` is a product."""
    return any(isinstance(n, T.Name) and n.key == name.key for n in T.walk(argument))
