"""The claims of one part: chains of lines through displays and prose, inline formulas, and the conditions they
stand under.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from grader.errors import ReadError
from grader.maths import syntax as T
from grader.maths.lexer import Token
from grader.maths.memory import Table
from grader.maths.notation import Notation
from grader.maths.parser import parse
from grader.reading import phrases
from grader.reading.conditions import (
    UNREAD,
    Conditions,
    case_of,
    explains,
    heads_case,
    is_condition,
    is_range,
    relations_of,
    trails,
)
from grader.reading.displays import goes_on_at, inside
from grader.reading.document import Block, Kind
from grader.reading.marks import folded
from grader.reading.part_text import Bare, Chain, PartText
from grader.reading.rows import Line, cut, operands
from grader.reading.sections import Piece


def read_part(blocks: Sequence[Block], pieces: Sequence[Piece], notation: Notation, prefix: str) -> PartText:
    """The chains and prose of a part's pieces, in order."""
    reader = _Reader(notation, prefix)
    for piece in pieces:
        reader.run(blocks[piece.first : piece.last + 1])
    return reader.part


class _Reader:
    def __init__(self, notation: Notation, prefix: str) -> None:
        self.notation = notation
        self.prefix = prefix
        self.part = PartText()
        self.words = ""  # prose since the last formula, folded
        self.conditions = Conditions()
        self.conditional = False  # the last formula was a condition
        self.open: Chain | None = None  # the display chain that may go on
        self.last_role = "claim"
        self.formula: Chain | None = None  # the chain that the text behind may deny
        self.hypothetical = False
        self.supposed: int | None = None  # how many chains stood before "suppose" was read in this paragraph
        self.named: T.Name | None = None  # the name just written in running text
        self.supposing = False  # whether words such as "if" lead to it
        self.claimed = -1  # the order of the chain just claimed in running text
        self.stopped = False  # whether the last formula ends with a full stop
        self.led = False  # whether that chain begins its line
        self.goes_on: Chain | None = None  # the chain of running text that a formula beginning with `=` goes on with

    def run(self, blocks: Sequence[Block]) -> None:
        at = 0
        for block in blocks:
            self.part.written.append(block.text or f"${_source(block)}$")
        while at < len(blocks):
            block = blocks[at]
            self.conditions.block(block)
            if block.kind in (Kind.TEXT, Kind.HEADING, Kind.ITEM):
                self.prose(block)
            elif block.kind is Kind.INLINE:
                case = heads_case(blocks, at, self.words == "")
                self.inline(block, case, last=_ends_sentence(blocks, at))
            elif block.kind is Kind.DISPLAY:
                at += self.display(blocks, at)
                continue
            elif block.kind is Kind.OPAQUE:
                self.part.opaque += 1
            at += 1

    def prose(self, block: Block) -> None:
        self.conditions.full_stop = block.text.rstrip().endswith((".", "!"))
        self.part.prose.append(block)
        self.part.story.append(block.text)
        text = folded(block.text)
        if self.formula is not None and phrases.DENIED_AFTER.match(text):
            self.formula.role, self.part.denied = "denied", True  # `(note that .. would be false in general)`
        if ")" in text.split("(", 1)[0]:
            self.conditions.closed()
        if self.named is not None and self.supposing:
            self.predicate(self.named, text)
        starts = self.stopped and block.text.lstrip()[:1].isupper()  # a sentence of its own
        if self.formula is not None and not self.formula.after and not starts:
            self.formula.after = text[:80]
        self.contradiction(block, text)
        if phrases.HYPOTHETICAL.search(f"{self.words[-60:]} {text}"):
            self.hypothetical = True
        elif phrases.CONTRADICTION.search(text):
            self.hypothetical = False
        self.formula = None
        if (self.named is not None and phrases.CONSTANT.match(text)) or phrases.ALL_CONSTANT.search(text):
            self.part.constant.append((self.named, tuple(self.conditions.current), (block.start, block.end)))
        self.named = None
        if phrases.WIDE.search(text):
            self.conditions.wide()
        elif phrases.OTHERWISE.search(text):
            self.conditions.otherwise()
        lowered = block.text.lower()
        written = [*phrases.PLAIN_CASE.finditer(lowered), *phrases.PLAIN_CLAIM.finditer(block.text)]
        for found in sorted(written, key=lambda match: match.start()):
            if found.re is phrases.PLAIN_CASE:
                self.conditions.enter(_placed(parse(" ".join(found.groups()), self.notation), block))
            else:
                self.plain(found.group(1), block, folded(block.text[: found.start()]))
        if block.kind in (Kind.HEADING, Kind.ITEM):
            self.hypothetical = bool(phrases.HYPOTHETICAL.search(text))
            self.words = text
        else:
            self.words = f"{self.words} {text}"[-300:]

    def contradiction(self, block: Block, text: str) -> None:
        """Where `suppose ..` ends in what is absurd, all between them may be false, and is not claimed."""
        begins = block.fresh and block.para and not block.text.lstrip()[:1].islower()  # `which is impossible` goes on
        if begins or block.kind is not Kind.TEXT:
            self.supposed = None
        if self.supposed is not None and phrases.REACHED.search(text):
            for chain in self.part.chains[self.supposed :]:
                chain.hypothetical = True
        if phrases.SUPPOSES.search(text) and self.supposed is None:
            self.supposed = len(self.part.chains)

    def predicate(self, name: T.Name, text: str) -> None:
        """`if $a$ is zero`, `quand $b$ est strictement positif`: a condition whose relation stands in words."""
        words = self.words.rstrip(" \u00a4")
        found = phrases.PREDICATE.match(text)
        if found is None or trails(words):
            return
        relation = next(r for word, r in phrases.PREDICATES.items() if found.group("what").startswith(word))
        relation = phrases.CONTRARY[relation] if found.group("no") else relation
        rel = T.Rel((name, T.Num(Fraction(0))), (relation,), start=name.start, end=name.end)
        self.conditions.enter(
            rel, sentence=bool(phrases.SENTENCE_IF.search(words)), head=bool(phrases.CASE_HEAD.search(words))
        )

    def plain(self, text: str, block: Block, before: str) -> None:
        """A claim written without dollars; what does not read as one is prose."""
        try:
            tree = parse(text.replace("\u2019", "'"), self.notation)
        except ReadError:
            return
        if operands(tree) is None:
            return
        start, end = block.start, block.end
        tree = _placed(tree, block)
        words, self.words = self.words, f"{self.words} {before}"[-300:]
        self.chain([Line([], "", start, end, tree=tree)], "inline", self.role())
        self.words = words

    def inline(self, block: Block, case: bool, last: bool = False) -> None:
        """A formula in running text; `case` if it stands alone before a colon, as the name of a case, `last` if it ends its
        sentence."""
        self.stopped = False
        self.part.story.append(f"${_source(block)}$")
        lines = cut(block.tokens, self.notation, block.start, block.end).lines
        self.part.formulas += len(lines)
        again = self.last_role == "claim" and bool(phrases.THAT_IS.search(self.words))
        condition = case or (bool(phrases.CONDITION.search(self.words)) and not again)
        restricts = bool(phrases.RESTRICTS.search(self.words))
        joined = self.conditional and phrases.JOINED.search(self.words)
        remark = condition and last and bool(phrases.LEAVES_OPEN.search(self.words))
        trailing = trails(self.words) and bool(self.part.chains) and self.part.chains[-1].order == self.claimed
        self.conditional = False
        self.claimed = -1
        opened: Chain | None = None
        for line in lines:
            if line.error is not None or line.tree is None:
                if not _only_named(line):
                    self.part.unread.append(line)
                    if condition and line.error is not None:
                        self.conditions.enter(
                            UNREAD, sentence=True
                        )  # `for $f = \\tanh$`: what follows holds there only
                continue
            gap = self.words.rsplit("\u00a4", 1)[-1]  # words before it may name another subject
            follows = not re.search(r"\w", gap) or (block.fresh and self.led and bool(phrases.REASON.match(gap)))
            if line.lead == "continues" and line is lines[0] and self.goes_on is not None and follows:
                self.goes_on.lines.append(line)
                continue
            says = operands(line.tree) is not None or isinstance(line.tree, T.Logic)
            if line.lead in ("=>", "<=>") and says and opened is not None and opened.role == "claim":
                opened.lines.append(line)  # `bz + c \\le 0 \\iff z \\le -c/b`: one follows from the other
                continue
            named = case_of(line.tree)
            if named is not None:
                line.tree, condition = named, True
            self.note_tuples(line.tree)
            line.tree = self.called(line.tree)
            rel = operands(line.tree)
            if rel is None and not isinstance(line.tree, (T.Logic, T.Boxed, T.Tup, T.SetOf)):
                if self.role() == "denied":
                    continue
                self.part.bare.append(
                    Bare(line, len(self.part.chains), self.words[-160:], tuple(self.conditions.current))
                )
                self.named = line.tree if isinstance(line.tree, T.Name) else None
                self.supposing = condition
                continue
            role = self.role()
            if (condition or joined) and explains(self.words, line.tree):
                condition, joined = False, None
            if condition and phrases.ELSE.search(self.words) and self._of_function(rel):
                condition = False  # `otherwise g = 0` says what g is then
            if joined and is_condition(line.tree):
                if joined.group(1) in ("ou", "or"):
                    self.conditions.alternative(line.tree)
                else:
                    self.conditions.also(line.tree)
                role, self.conditional = "hypothesis", True
            elif remark and is_condition(line.tree):
                role = "hypothesis"  # `no, wrong if b < 0.` ends what it is said of
            elif trailing and is_condition(line.tree):
                before = self.part.chains[-1]
                before.context = (*before.context, *relations_of(line.tree))
                before.after = ""  # what the words behind it restrict it to is known
                role = "hypothesis"
            elif (condition or (restricts and is_range(line.tree))) and is_condition(line.tree):
                aside = "(" in self.words and ")" not in self.words[self.words.rindex("(") :]
                begins, head = phrases.SENTENCE_IF.search(self.words), phrases.CASE_HEAD.search(self.words)
                self.conditions.enter(line.tree, sentence=bool(begins), aside=aside, head=bool(head))
                role, self.conditional = "hypothesis", True
            self.chain([line], "inline", role)
            opened = self.part.chains[-1]
            self.goes_on, self.led = None, block.fresh
            if role == "claim":
                self.claimed = self.part.chains[-1].order
                self.goes_on = self.part.chains[-1]
        self.words = f"{self.words} \u00a4"[-300:]

    def called(self, tree: T.Node) -> T.Node:
        """`call the right side $\\rho(r)$`: the name with what it stands for; any other formula as it is."""
        side = phrases.CALLED_SIDE.search(self.words)
        if side is None or not isinstance(tree, (T.Name, T.Apply)) or not self.part.chains:
            return tree
        last = self.part.chains[-1].lines[-1].tree
        rel = operands(last) if last is not None else None
        if rel is None or isinstance(rel.operands[0], T.Empty):
            return tree
        body = rel.operands[0] if (side.group(1) or side.group(2)) in ("left", "gauche") else rel.operands[-1]
        return T.Rel((tree, body), (":=",), start=tree.start, end=tree.end)

    def _of_function(self, rel: T.Rel | None) -> bool:
        """Whether a relation gives a function of the question its values."""
        return (
            rel is not None and isinstance(rel.operands[0], T.Name) and rel.operands[0].key in self.notation.functions
        )

    def note_tuples(self, tree: T.Node) -> None:
        for node in T.of_kind(tree, T.Tup):
            if all(isinstance(i, T.Name) for i in node.items):
                self.part.tuples.add(tuple(i.key.replace("^*", "") for i in node.items if isinstance(i, T.Name)))

    def role(self) -> str:
        role = _role(self.words, self.last_role)
        self.part.denied = self.part.denied or role == "denied"
        return role

    def display(self, blocks: Sequence[Block], at: int) -> int:
        """Read a display, with the next one where a bracket stays open between them; how many blocks were used."""
        block = blocks[at]
        self.goes_on = None
        rows = cut(block.tokens, self.notation, block.start, block.end)
        used = 1
        last = rows.lines[-1] if rows.lines else None
        if last is not None and last.error is not None and last.error.note == "unclosed":
            ahead = at + 1
            while ahead < len(blocks) and blocks[ahead].kind is Kind.BREAK:
                ahead += 1
            if ahead < len(blocks) and blocks[ahead].kind is Kind.DISPLAY:
                joined = cut((*block.tokens, *blocks[ahead].tokens), self.notation, block.start, blocks[ahead].end)
                if all(line.error is None for line in joined.lines):
                    rows, used = joined, ahead - at + 1
        while (more := goes_on_at(blocks, at + used)) is not None:  # `= A` and `+ B` in two displays
            tokens = (*inside(block.tokens), *inside(blocks[more].tokens))
            joined = cut(tokens, self.notation, block.start, blocks[more].end)
            if any(line.error is not None for line in joined.lines[len(rows.lines) - 1 :]):
                break
            block = replace(block, tokens=tokens, end=blocks[more].end)
            rows, used = joined, more - at + 1
        self.part.formulas += len(rows.lines)
        self.stopped = bool(_STOPS.search(_source(block)))
        spoken = " ".join(t.text for line in rows.lines for t in line.toks if t.kind == "text")
        if len(spoken) > 3:  # `\\Rightarrow g \\text{ is strictly increasing}` speaks too
            self.part.prose.append(replace(block, kind=Kind.TEXT, text=spoken, tokens=()))
            self.part.story.append(spoken)
        role = self.role()
        if not self.words.strip() and self.last_role == "goal" and self.open is not None and _is_zero(rows.lines):
            role, self.words = "goal", self.open.words  # `il faut montrer que` two displays
        if role == "goal" and (len(rows.lines) > 2 or self.words.endswith("\u00a4")):
            role = "claim"  # what was to be shown stood before: this is how it is shown
        named = case_of(rows.lines[0].tree) if len(rows.lines) == 1 and rows.lines[0].tree is not None else None
        if named is not None:
            rows.lines[0].tree = named
            self.conditions.enter(named)
            role = "hypothesis"
        if (
            phrases.CONDITION.search(self.words.rstrip(" \u00a4"))
            and not (self.last_role == "claim" and phrases.THAT_IS.search(self.words))
            and len(rows.lines) == 1
            and rows.lines[0].tree is not None
        ):
            if is_condition(rows.lines[0].tree):
                self.conditions.enter(rows.lines[0].tree)
                role = "hypothesis"
        current: list[Line] = []
        for line in rows.lines:
            if line.error is not None:
                self.part.unread.append(line)
            elif line.tree is not None:
                self.note_tuples(line.tree)
            if line.lead and not current and self.open is not None:
                self.open.lines.append(line)
                continue
            if line.lead and current:
                current.append(line)
                continue
            if current:
                self.chain(current, "display", role)
            current = [line]
            self.open = None
        if current:
            self.chain(current, "display", role)
            self.open = self.part.chains[-1]
        self.words = ""
        return used

    def chain(self, lines: list[Line], kind: str, role: str) -> None:
        self.last_role = role
        number = len(self.part.chains) + 1
        self.part.chains.append(
            Chain(
                f"{self.prefix}:c{number}",
                lines,
                kind,
                lines[0].start,
                tuple(self.conditions.current),
                role,
                number,
                self.words[-120:],
            )
        )
        self.formula = self.part.chains[-1]
        self.formula.hypothetical = self.hypothetical


@lru_cache(maxsize=4096)
def _role(words: str, before: str) -> str:
    """What words make of the chain behind them, and the role of the chain before it; a part is often read twice."""
    if phrases.DENIED.search(words) or phrases.NAIVE.search(words):
        return "denied"
    if phrases.GOES_ON.search(words) and before != "denied":
        return before  # `posons d = .. et r = ..`
    bare = words.rstrip(" \u00a4")
    if phrases.GOAL.search(bare) and not phrases.REASONING.search(bare):
        return "goal"
    if phrases.HYPOTHESIS.search(bare) and not (before == "claim" and phrases.THAT_IS.search(bare)):
        return "hypothesis"
    return "claim"


def _ends_sentence(blocks: Sequence[Block], at: int) -> bool:
    """Whether a formula in running text is the last of its sentence, or of its text."""
    after = blocks[at + 1] if at + 1 < len(blocks) else None
    return after is None or after.kind is not Kind.TEXT or after.text.lstrip()[:1] in (".", ";", "!")


_STOPS = re.compile(r"\.(?:\\(?:end\{\w+\*?\}|\]|quad|qquad|,|;)|[\s$}])*$")
_SHORT_NAME = 8
_SHORT_COMPOSITION = 16


def _only_named(line: Line) -> bool:
    """Whether a formula in running text only names an operator (`the $\\log$ is concave`) or a composition of functions."""
    if line.error is None:
        return False
    if any(tok.text == "circ" for tok in line.toks):
        return len(line.toks) <= _SHORT_COMPOSITION
    related = any(tok.kind == "rel" for tok in line.toks)
    return line.error.note == "missing_argument" and not related and len(line.toks) <= _SHORT_NAME


def _is_zero(lines: Sequence[Line]) -> bool:
    """Whether a display is one equation of a formula with 0."""
    rel = operands(lines[0].tree) if len(lines) == 1 and lines[0].tree is not None else None
    return rel is not None and rel.relations == ("=",) and isinstance(rel.operands[1], T.Num)


def _placed(tree: T.Node, block: Block) -> T.Node:
    """A tree read from plain text, standing where its block stands."""
    placed = T.rebuild(tree, lambda node: replace(node, start=block.start, end=block.end))
    return replace(placed, start=block.start, end=block.end)


_SOURCES = Table()


def _source(block: Block) -> str:
    """A formula as it was written, without spaces."""
    place = id(block.tokens)
    found: tuple[tuple[Token, ...], str] | None = _SOURCES.get(place)
    if found is None:
        parts = [f"\\{t.text}" if t.kind == "cmd" else t.text for t in block.tokens if t.kind not in ("ws", "par")]
        found = _SOURCES.keep(place, (block.tokens, "".join(parts)))  # kept with them: the identity stays theirs
    return found[1]
