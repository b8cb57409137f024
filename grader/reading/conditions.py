"""The conditions under which a passage stands: cases in words, at the head of items, and where they end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.maths import syntax as T
from grader.reading import phrases
from grader.reading.document import Block, Kind
from grader.reading.marks import folded

_MARKER = re.compile(
    r"^(?:([-*+\u2022])|\(?(\d{1,2})[.)]|\(?([a-hj-uwyz])[.)]|\(?([ivx]{1,4})[.)]|([A-H])[.)])(?=\s|$)"
)
_ORDERED = frozenset({"<", ">", "<=", ">=", "!=", "=", "in"})
_BETWEEN = frozenset({",", "et", "and", "ou", "or", "&", ", et", ", and"})
_INDICES = frozenset("ijkn")
_STRUCTURED = (T.Deriv, T.Expect, T.KL, T.Density, T.Matrix, T.Tup)


UNREAD: Final = T.Rel((T.Word("unread"), T.Word("unread")), ("=",))
"""A condition that could not be read: nothing it may restrict is called wrong."""


class Conditions:
    """What holds here; a new item of a list begins where the list began."""

    def __init__(self) -> None:
        self.current: list[T.Node] = []
        self._lists: dict[str, list[T.Node]] = {}  # by style of item, in the order they were opened
        self._latex: list[list[T.Node]] = []
        self.full_stop = False  # whether the prose so far ends a sentence
        self._group: list[T.Node] = []  # the conditions stated last, joined by "and"
        self._aside: list[T.Node] | None = None  # what held before an open parenthesis
        self._sentence: list[T.Node] = []  # equalities with which a sentence began: "If a = 0, then .."
        self._heads: list[T.Node] = []  # special cases that stand at the head of a passage: "Cas b = 0."

    def wide(self) -> None:
        """Words such as "in all cases" end all cases."""
        self.current = []

    def block(self, block: Block) -> None:
        """What a block's place in lists does to the conditions."""
        if block.kind is Kind.LIST:
            self._latex.append(list(self.current))
        elif block.kind is Kind.LIST_END:
            if self._latex:
                self.current = self._latex.pop()
        elif block.kind is Kind.ITEM:
            if self._latex:
                self.current = list(self._latex[-1])
        elif block.kind is Kind.TEXT and block.fresh:
            if block.para and self.full_stop and self._sentence:
                # `If T = 1, then ..` is over with its paragraph
                self.current = [c for c in self.current if not any(c is old for old in self._sentence)]
                self._sentence = []
            found = _MARKER.match(block.text)
            if found is not None:
                self._item(f"{found.lastindex}/{block.level}")

    def _item(self, style: str) -> None:
        if style not in self._lists:
            self._lists[style] = list(self.current)
            return
        opened = list(self._lists)
        for later in opened[opened.index(style) + 1 :]:
            del self._lists[later]
        self.current = list(self._lists[style])

    def closed(self) -> None:
        """A parenthesis ends, and what was supposed in it."""
        if self._aside is not None:
            self.current, self._aside = self._aside, None

    def enter(self, tree: T.Node, *, sentence: bool = False, aside: bool = False, head: bool = False) -> list[T.Node]:
        """New conditions; they replace those about the same names.

        With `sentence` they begin one: special cases with which earlier sentences began are over, and with a case of
        several conditions (`a \\ne 0` and `b \\ne 0`) all of it. With `head` they name a passage: so are the special
        cases that earlier passages were about.
        """
        found = relations_of(tree)
        if sentence or head:
            names = frozenset(key for c in found for key in T.names_in(c))
            if any(T.names_in(c) & names for c in self._group):
                self.current = [c for c in self.current if not (_is_case(c) and any(c is old for old in self._group))]
        if head:
            self.current = [c for c in self.current if not any(c is old for old in self._heads)]
            self._heads = [c for c in found if _is_case(c)]
        if aside and self._aside is None:
            self._aside = list(self.current)
        if sentence:
            self.current = [c for c in self.current if not any(c is old for old in self._sentence)]
            self._sentence = [c for c in found if isinstance(c, T.Rel) and c.relations == ("=",)]
        for condition in found:
            names = T.names_in(condition)
            at = next((i for i, c in enumerate(self.current) if _contrary(c, condition)), None)
            if at is not None:  # `b < 0` behind `b > 0` and `z <= -c/b`: what was said under the other case is over
                self.current = [*self.current[:at], *(c for c in self.current[at:] if not T.names_in(c) & names)]
            mine = [c for c in self.current if any(c is other for other in found)]
            self.current = [c for c in self.current if any(c is m for m in mine) or not _over(c, condition, names)]
            self.current.append(condition)
        self._group = found
        return found

    def also(self, tree: T.Node) -> None:
        """`if A and B`: both hold, even where they speak of the same name."""
        group = list(self._group)
        found = self.enter(tree)
        lost = [c for c in group if not any(c is kept for kept in self.current)]
        self.current = [*lost, *self.current]
        self._group = [*group, *found]

    def otherwise(self) -> None:
        """`Otherwise`: the special cases in force turn into their contrary."""
        kept: list[T.Node] = []
        for condition in self.current:
            items = condition.items if isinstance(condition, T.Logic) and condition.op == "or" else (condition,)
            if all(isinstance(i, T.Rel) and i.relations == ("=",) for i in items):
                kept.extend(T.Rel(i.operands, ("!=",)) for i in items if isinstance(i, T.Rel))  # written nowhere
            elif not isinstance(condition, T.Logic):
                kept.append(condition)
        self.current = kept

    def alternative(self, tree: T.Node) -> None:
        """`if A or B`: the last condition is widened."""
        if self.current:
            found = relations_of(tree)
            if found:
                either = T.Logic("or", (self.current[-1], found[0]))
                names = T.names_in(either)
                self.current = [c for c in self.current[:-1] if not (T.names_in(c) & names)]
                self.current.append(either)


def _is_case(condition: T.Node) -> bool:
    """A special value or its exclusion, not a range."""
    if isinstance(condition, T.Logic):
        return all(_is_case(i) for i in condition.items)
    return isinstance(condition, T.Rel) and set(condition.relations) <= {"=", "!="}


_CONTRARY = {"<": {">", ">=", "="}, ">": {"<", "<=", "="}, "<=": {">"}, ">=": {"<"}, "=": {"!=", "<", ">"}, "!=": {"="}}


def _contrary(old: T.Node, new: T.Node) -> bool:
    """Whether two conditions compare the same with contrary outcomes: `b > 0` and `b < 0`."""
    if not (isinstance(old, T.Rel) and isinstance(new, T.Rel) and len(old.relations) == len(new.relations) == 1):
        return False
    return old.operands == new.operands and new.relations[0] in _CONTRARY.get(old.relations[0], ())


def _over(old: T.Node, new: T.Node, names: frozenset[str]) -> bool:
    """Whether a case is over when a new condition is stated: one on the same names, or `b = 0` before `b \\neq 0`."""
    about = T.names_in(old)
    if about == names:
        return True
    special = isinstance(old, T.Logic) or (isinstance(old, T.Rel) and "=" in old.relations)
    return special and bool(about & names) and isinstance(new, T.Rel) and "!=" in new.relations


def relations_of(tree: T.Node) -> list[T.Node]:
    """The relations a condition consists of; `a, b \\neq 0` speaks of both names."""
    node = T.unboxed(tree)
    if isinstance(node, T.Logic) and node.op == "or":
        return [node]
    if not (isinstance(node, T.Logic) and node.op in ("and", "list")):
        return next(([n] for n in T.walk(node) if isinstance(n, T.Rel)), [])
    out: list[T.Node] = []
    waiting: list[T.Name] = []
    for item in node.items:
        item = T.unboxed(item)
        if isinstance(item, T.Name):
            waiting.append(item)
            continue
        for rel in [n for n in T.walk(item) if isinstance(n, T.Rel)][:1]:
            out.extend(T.Rel((name, *rel.operands[1:]), rel.relations) for name in waiting)
            waiting = []
            out.append(rel)
    return out


def is_condition(tree: T.Node) -> bool:
    """Whether a formula can be a condition on what follows: `where g(z) = ..` explains g and is none."""
    node = T.unboxed(tree)
    if isinstance(node, T.Logic):
        return not _counts(node) and any(is_condition(i) for i in node.items)
    if isinstance(node, T.Rel) and node.relations[0] == "=":
        first = node.operands[0]
        if isinstance(first, T.Apply) or (len(node.relations) > 1 and not isinstance(first, (T.Name, T.Tup))):
            return False  # `det(J) = .. = 0` is worked out, not supposed
        if not any(T.names_in(o) for o in node.operands):
            return False  # `where \\sigma(0) = 1/2` recalls a number
    return (
        isinstance(node, T.Rel)
        and set(node.relations) <= _ORDERED
        and not any(isinstance(n, _STRUCTURED) for n in T.walk(node))
    )


def _counts(node: T.Logic) -> bool:
    """`i = 1, 2`: the values of an index."""
    first = node.items[0]
    name = first.operands[0] if isinstance(first, T.Rel) and first.relations == ("=",) else None
    index = (isinstance(name, T.Const) and name.name == "i") or (isinstance(name, T.Name) and name.key in _INDICES)
    return node.op == "list" and index and all(isinstance(item, T.Num) for item in node.items[1:])


def explains(words: str, tree: T.Node) -> bool:
    """Whether a formula straight behind another one says what a name in it stands for: `.. d^2, where d = x - y`."""
    node = T.unboxed(tree)
    if not (isinstance(node, T.Rel) and set(node.relations) == {"="} and phrases.EXPLAINS.search(words)):
        return False
    name, value = node.operands[:2]
    return isinstance(name, T.Name) and not isinstance(value, (T.Name, T.Num)) and bool(T.names_in(value) - {name.key})


def is_range(tree: T.Node) -> bool:
    """Whether a formula excludes values of a name or bounds it: `a \\ne 0`."""
    found = relations_of(tree)
    return bool(found) and all(
        isinstance(c, T.Rel) and set(c.relations) <= {"<", ">", "<=", ">=", "!="} and isinstance(c.operands[0], T.Name)
        for c in found
    )


def heads_case(blocks: Sequence[Block], at: int, first: bool) -> bool:
    """Whether the formula at `at` names a case: it (or a list of such) begins its line or item and a colon follows."""
    start = at
    while start >= 2 and blocks[start - 1].kind is Kind.TEXT and blocks[start - 1].text.strip() in _BETWEEN:
        if blocks[start - 2].kind is not Kind.INLINE:
            break
        start -= 2
    before = blocks[start - 1] if start else None
    begins = (
        blocks[start].fresh
        or (before is not None and before.fresh and bool(phrases.REGIME.match(folded(_unmarked(before)))))
        or (first and start == at)
        or (before is not None and before.kind is Kind.ITEM)
        or (before is not None and before.fresh and bool(_only_marker(before)))
    )
    if not begins:
        return False
    stop = at
    while stop + 2 < len(blocks) and blocks[stop + 1].kind is Kind.TEXT and blocks[stop + 1].text.strip() in _BETWEEN:
        if blocks[stop + 2].kind is not Kind.INLINE:
            break
        stop += 2
    following = blocks[stop + 1] if stop + 1 < len(blocks) else None
    return following is not None and following.kind is Kind.TEXT and following.text.lstrip().startswith(":")


def _only_marker(block: Block) -> bool:
    return _MARKER.match(block.text) is not None and not _unmarked(block).strip()


def _unmarked(block: Block) -> str:
    """A block's text without the marker of its item."""
    found = _MARKER.match(block.text)
    return block.text[found.end() :] if found is not None else block.text


def case_of(tree: T.Node) -> T.Node | None:
    """The condition of `\\mathbf{Cas} : b = 0`, a case named inside the formula; None for anything else."""
    node = T.unboxed(tree)
    if not (isinstance(node, T.Logic) and node.op == "list" and len(node.items) == 2):
        return None
    first = node.items[0]
    letters = first.factors if isinstance(first, T.Mul) else (first,)
    word = "".join(n.base if isinstance(n, T.Name) else n.text if isinstance(n, T.Word) else "?" for n in letters)
    return node.items[1] if word.lower() in ("cas", "case") else None


def trails(words: str) -> bool:
    """`claim if condition`: the words lead from a claim straight to its condition."""
    return bool(phrases.TRAILING.search(words))
