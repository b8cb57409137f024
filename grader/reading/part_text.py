"""A part as read: its chains of formulas, bare formulas, prose, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.maths import syntax as T
from grader.reading.document import Block
from grader.reading.rows import Line, operands


@dataclass(slots=True)
class Chain:
    """A run of lines that hang together; `head` is what its first line says on the left.

    `context` holds the conditions in force, `kind` is display or inline, `role` claim, goal, hypothesis or denied.
    """

    id: str
    lines: list[Line]
    kind: str
    start: int
    context: tuple[T.Node, ...] = ()
    role: str = "claim"
    order: int = 0
    words: str = ""
    """The prose before it, folded."""
    after: str = ""
    """The prose behind it, folded."""
    hypothetical: bool = False
    """Whether it stands in a proof by contradiction or speaks of two solutions."""

    @property
    def end(self) -> int:
        return max((line.end for line in self.lines), default=self.start)

    @property
    def boxed(self) -> bool:
        """Whether a box stands around any line."""
        return any(
            line.tree is not None and any(isinstance(n, T.Boxed) for n in T.walk(line.tree)) for line in self.lines
        )

    @property
    def aside(self) -> bool:
        """Whether it claims nothing: what is still to be shown, or what the words deny."""
        return self.role in ("goal", "denied")

    def head(self) -> T.Node | None:
        """The left side of the first line, if it was read and says one."""
        first = self.lines[0]
        if first.tree is None:
            return None
        rel = operands(first.tree)
        if rel is None:
            return first.tree if not isinstance(first.tree, T.Logic) else None
        left = rel.operands[0]
        return None if isinstance(left, T.Empty) else left


@dataclass(frozen=True, slots=True)
class Bare:
    """A formula without a relation in running text: `order` tells the chains before it, `words` the prose, `context`
    the conditions in force."""

    line: Line
    order: int
    words: str
    context: tuple[T.Node, ...] = ()


@dataclass(slots=True)
class PartText:
    """One part as read: its chains, its prose, and what could not be read."""

    chains: list[Chain] = field(default_factory=list)
    unread: list[Line] = field(default_factory=list)
    prose: list[Block] = field(default_factory=list)
    formulas: int = 0
    tuples: set[tuple[str, ...]] = field(default_factory=set)
    """Tuples of names that occur, such as an order of variables."""
    bare: list[Bare] = field(default_factory=list)
    """Formulas in running text that claim nothing by themselves."""
    denied: bool = False
    """Whether words deny some formula: what is not claimed may stand there."""
    constant: list[tuple[T.Name | None, tuple[T.Node, ...], tuple[int, int]]] = field(default_factory=list)
    """Functions that words call constant (None: "the function"), the conditions in force, and where."""
    story: list[str] = field(default_factory=list)
    """The prose with its inline formulas in place, as source without spaces between dollars."""
    written: list[str] = field(default_factory=list)
    """Everything in order, words and formulas, as source without spaces between dollars."""

    opaque: int = 0
    """Code and pictures among it, which are not read."""

    @property
    def empty(self) -> bool:
        return not (self.chains or self.unread or self.opaque) and not any(len(b.text) > 1 for b in self.prose)
