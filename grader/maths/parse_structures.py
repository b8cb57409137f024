"""Matrices, cases, sets and intervals."""

from __future__ import annotations

from abc import abstractmethod

from grader.errors import ReadError
from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.parse_prob import ProbabilityParser
from grader.maths.tokens import Tok


class StructureParser(ProbabilityParser):
    """Rules that start at an environment, a brace or a set."""

    @abstractmethod
    def items(self, closing: str) -> list[T.Node]: ...

    @abstractmethod
    def row(self) -> T.Node: ...

    def environment(self, tok: Tok) -> T.Node:
        kind = S.ENVIRONMENT_MATRICES.get(tok.text)
        self.next()
        if tok.text in S.CASES:
            return self.cases(tok)
        if tok.text in S.ALIGNED:
            inner = self.row()
            self.close_environment(tok)
            return inner
        if kind is None:
            raise self.error("environment", f"the environment {tok.text} is not read inside a formula", tok)
        rows = self.within("cell", self.matrix_rows, bars="none")
        end = self.close_environment(tok)
        matrix = T.Matrix(rows, start=tok.start, end=end)
        if kind == "det":
            return T.Call("det", (matrix,), start=tok.start, end=end)
        if kind == "norm":
            return T.Norm(matrix, start=tok.start, end=end)
        return matrix

    def close_environment(self, tok: Tok) -> int:
        closing = self.peek()
        if closing.kind != "end":
            raise self.error("unclosed", f"the environment {tok.text} is never closed", tok)
        self.next()
        return closing.end

    def matrix_rows(self) -> tuple[tuple[T.Node, ...], ...]:
        rows: list[tuple[T.Node, ...]] = []
        row: list[T.Node] = []
        while True:
            tok = self.peek()
            if tok.kind == "end" or self.at_end():
                break
            if tok.kind == "row":
                self.next()
                if row:
                    rows.append(tuple(row))
                row = []
            elif tok.kind == "amp":
                self.next()
                if self.peek().kind in ("amp", "row", "end"):
                    row.append(T.Empty(start=tok.start, end=tok.end))
            elif tok.kind == "op" and tok.text in (",", "."):
                self.next()
            else:
                row.append(self.loose())
        if row:
            rows.append(tuple(row))
        if not rows:
            raise self.error("empty", "an empty matrix", self.peek())
        if len({len(r) for r in rows}) > 1:
            raise self.error("ragged", "the rows of a matrix differ in length", self.peek())
        return tuple(rows)

    def cases(self, tok: Tok) -> T.Node:
        branches = self.within("cell", self.case_rows, bars="none")
        end = self.close_environment(tok)
        if not branches:
            raise self.error("empty", "no case is written", tok)
        if len(branches) > 1 and all(isinstance(v, T.Rel) and c is None for v, c in branches):
            return T.Logic("and", tuple(v for v, _ in branches), start=tok.start, end=end)  # a system of equations
        return T.Cases(tuple(branches), start=tok.start, end=end)

    def case_rows(self) -> list[tuple[T.Node, T.Node | None]]:
        branches: list[tuple[T.Node, T.Node | None]] = []
        while self.peek().kind != "end" and not self.at_end():
            if self.peek().kind == "row":
                self.next()
                continue
            values = [self.loose()]
            while self.peek().kind == "op" and self.peek().text in (",", ";") and not self.at_end():
                self.next()
                if self.peek().kind in ("amp", "row", "end", "text") or self.peek().text == "quad":
                    break
                values.append(self.loose())
            whole = T.SetOf(tuple(values), start=values[0].start, end=values[-1].end)
            value: T.Node = values[0] if len(values) == 1 else whole
            conditions: list[T.Node] = []
            while not self.at_end() and self.peek().kind not in ("row", "end"):
                here = self.peek()
                if here.kind in ("amp", "text") or here.text in (",", ".", "quad", ";"):
                    self.next()
                else:
                    conditions.append(self.loose())
            condition: T.Node | None = conditions[0] if conditions else None
            if len(conditions) > 1:
                condition = T.Logic("and", tuple(conditions), start=conditions[0].start, end=conditions[-1].end)
            branches.append((value, condition))
        return branches

    def set_or_expression(self) -> T.Node:
        """What stands behind `\\in`: an interval (French brackets too), a set, or an expression."""
        tok = self.peek()
        if tok.kind == "op" and tok.text in ("(", "[", "]"):
            mark = self.i
            try:
                return self.interval(tok)
            except ReadError:
                self.i = mark
        return self.expression()

    def interval(self, tok: Tok) -> T.Node:
        self.next()
        self.lists += 1
        low = self.within("paren", self.expression)
        self.lists -= 1
        if not (self.is_op(",") or self.is_op(";")):
            raise self.error("unexpected", "an interval needs two ends", self.peek())
        self.next()
        self.intervals += 1
        try:
            high = self.within("paren", self.expression)
        finally:
            self.intervals -= 1
        closing = self.peek()
        if not (closing.kind == "op" and closing.text in (")", "]", "[")):
            raise self.error("unclosed", "an interval is never closed", tok)
        self.next()
        return T.Interval(low, high, tok.text == "[", closing.text == "]", start=tok.start, end=closing.end)

    def set_or_system(self, tok: Tok) -> T.Node:
        self.next()
        items = self.within("paren", lambda: self.items("\\}"), bars="given")
        if self.is_op("right."):
            self.next()
            if (
                len(items) == 1
                and isinstance(items[0], T.Matrix)
                and all(len(row) == 1 and isinstance(row[0], T.Rel) for row in items[0].rows)
            ):
                items = [row[0] for row in items[0].rows]
            return items[0] if len(items) == 1 else T.Logic("and", tuple(items), start=tok.start, end=items[-1].end)
        if self.is_op("|") or self.is_op(":"):
            self.next()
            condition = self.within("paren", lambda: self.items("\\}"), bars="none")
            end = self.expect("\\}", tok).end
            return T.Call("set_builder", (*items, *condition), start=tok.start, end=end)
        end = self.expect("\\}", tok).end
        return T.SetOf(tuple(items), start=tok.start, end=end)

    def named_set(self, tok: Tok) -> T.Node:
        self.next()
        name = tok.text
        while self.peek().kind == "op" and self.peek().text in ("_", "^"):
            self.next()
            start, end = self.group()
            name += "".join(t.text for t in self.toks[start:end])
        return T.NamedSet(name, start=tok.start, end=self.toks[self.i - 1].end)
