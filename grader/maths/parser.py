"""Precedence-climbing parser: formula tokens to the unevaluated tree, with alternatives where two readings are
plausible.

The first reading takes the first option at each ambiguous place. `readings` yields the others, all places of one kind
switched together, because a student who writes `1/2x` for one meaning does so throughout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from grader.errors import ReadError
from grader.limits import FORMULA_TOKENS, READINGS
from grader.maths import symbols as S
from grader.maths import syntax as T
from grader.maths.notation import DEFAULT, Notation
from grader.maths.parse_atoms import AtomParser
from grader.maths.tokens import Tok, tokenize

_SINCE = (
    "since",
    "because",
    "car",
    "puisque",
    "as ",
    "by ",
    "par ",
    "par",
    "by",
    "d'après",
    "due",
    "from",
    "using",
    "see",
    "où",
    "where",
    "with",
    "avec",
    "vu",
    "définition",
    "definition",
    "def",
)
_IF = ("if", "si", "for", "pour", "when", "lorsque", "quand", "for all", "pour tout", "whenever", "in case", "provided")


class Parser(AtomParser):
    """Relations, logic and lists on top of expressions."""

    def row(self) -> T.Node:
        """A whole formula: everything up to the last token must be read."""
        self.skip_filler()
        if self.at_end():
            raise ReadError("empty", "nothing is written here", self.peek().start)
        node = self.logic()
        self.skip_filler()
        if not self.at_end():
            tok = self.peek()
            raise self.error("unexpected", f"unexpected {self.show(tok)}", tok)
        return node

    def skip_filler(self) -> None:
        while not self.at_end():
            tok = self.peek()
            if tok.kind in ("amp", "row") or (tok.kind == "op" and tok.text in (".", ",", ";")) or tok.text == "quad":
                self.next()
            else:
                return

    # logic

    def logic(self) -> T.Node:
        left = self.listing()
        while self.peek().kind == "rel" and self.peek().text in ("=>", "<=>") and not self.at_end():
            op = self.next().text
            self.skip_filler()
            if self.at_end():
                break
            right = self.listing()
            left = T.Logic(op, (left, right), start=left.start, end=right.end)
        return left

    def listing(self) -> T.Node:
        """Relations separated by commas, "and", "or"; words of condition or reason close the claim."""
        items: list[T.Node] = []
        ops: list[str] = []
        start = self.peek().start
        while True:
            tok = self.peek()
            if tok.kind == "text":
                if not items:  # words before the first formula say how to take it; context is the reader's business
                    self.next()
                    continue
                word = tok.text.lower().strip(" ,.;:()")
                if word in S.AND_WORDS or word in S.OR_WORDS:
                    self.next()
                    ops.append("or" if word in S.OR_WORDS else "and")
                    self.skip_filler()
                    if self.at_end():
                        break
                elif word in S.NEXT_WORDS and items:
                    self.next()
                    ops.append("list")
                    self.skip_filler()
                    if self.at_end():
                        break
                elif word.startswith(_IF) and not word.startswith(("sin",)):
                    return self.conditional(items, ops, start)
                else:
                    self.reason()
                    break
            elif self.at_separator():
                self.next()
                self.skip_filler()
                if self.at_end() or self.closes(self.peek()):
                    break
                if self.peek().kind == "text" or (self.peek().kind == "rel" and self.peek().text in ("=>", "<=>")):
                    continue
                ops.append("list")
            elif items and tok.kind == "op" and tok.text == "(" and self.peek(1).kind == "text":
                self.reason()
                break
            elif items:
                break
            items.append(self.relation())
        node = self.join(items, ops, start)
        return node

    def at_separator(self) -> bool:
        tok = self.peek()
        if tok.kind == "cmd" and tok.text in ("quad", "wedge", "vee"):
            return True
        if tok.kind == "op" and tok.text == ":":
            return self.modes[-1] == "top"  # `g : z \in R \to R`, `Cas : a \neq 0`
        return (tok.kind == "op" and tok.text in (",", ";")) or tok.kind in ("amp", "row")

    def join(self, items: list[T.Node], ops: list[str], start: int) -> T.Node:
        if len(items) == 1:
            return items[0]
        if not items:
            raise self.error("empty", "nothing is written here", self.peek())
        op = "or" if "or" in ops else "and" if ops and all(o == "and" for o in ops) else "list"
        return T.Logic(op, tuple(items), start=start, end=items[-1].end)

    def conditional(self, items: list[T.Node], ops: list[str], start: int) -> T.Node:
        node = self.join(items, ops, start)
        self.next()
        mark = self.i
        try:
            condition = self.listing()
        except ReadError:
            self.i = mark
            self.reason()
            return node
        return T.Logic("if", (node, condition), start=start, end=condition.end)

    def reason(self) -> None:
        """Words that justify the claim: the rest of the row belongs to them, up to the next implication."""
        while not self.at_end() and not (self.peek().kind == "rel" and self.peek().text in ("=>", "<=>")):
            if self.closes(self.peek()) and self.modes[-1] != "top":
                return
            self.next()

    def given_law(self) -> T.Node | None:
        """`x_t | x_0` on the left of `\\sim`, as a density without a letter; None where nothing of the kind stands here."""
        ahead = self.toks[self.i : self.stop]
        sign = next((k for k, t in enumerate(ahead) if t.kind == "rel"), None)
        if sign is None or ahead[sign].text != "~" or not any(t.text in ("|", "mid") for t in ahead[:sign]):
            return None
        place, start = self.i, self.peek().start
        groups: list[list[T.Node]] = [[], []]
        side = 0
        try:
            while self.peek().kind != "rel":
                if self.peek().text in ("|", "mid") and not side and groups[0]:
                    side = 1
                elif self.peek().text != ",":
                    groups[side].append(self.bare_name())
                    continue
                self.next()
        except ReadError:
            groups = [[], []]
        if not all(groups):
            self.i = place
            return None
        return T.Density("", "", tuple(groups[0]), tuple(groups[1]), start=start, end=groups[1][-1].end)

    def law_of(self, left: T.Node, right: T.Node) -> T.Node:
        """`q(x|y) = N(m, v)`: the density at x, where v may also be meant for a standard deviation."""
        if not (isinstance(right, T.Normal) and right.var is None and isinstance(left, T.Density)):
            return right
        if len(left.args) != 1 or not isinstance(left.args[0], T.Name):
            return right
        return replace(right, var=left.args[0], variance=self.variance(right.variance))

    def relation(self) -> T.Node:
        tok = self.peek()
        if tok.kind == "cmd" and tok.text in ("forall", "exists"):
            return self.quantified()
        operands: list[T.Node] = []
        relations: list[str] = []
        start = tok.start
        if tok.kind == "rel" and tok.text not in ("=>", "<=>"):
            operands.append(T.Empty(start=tok.start, end=tok.start))
        else:
            operands.append(self.bare_interval(tok) or self.given_law() or self.expression())
        while True:
            tok = self.peek()
            if tok.kind in ("amp", "row", "text") or tok.text == "quad":
                onward = self.chain_goes_on()
                if onward is not None:
                    self.i = onward
                    continue
            if tok.kind != "rel" or tok.text in ("=>", "<=>") or self.at_end():
                break
            self.next()
            relation = tok.text
            while self.peek().kind == "amp" or (self.peek().text == "quad"):
                self.next()
            nxt = self.peek()
            if nxt.kind == "rel" and nxt.text == "=" and relation == "=":
                self.next()
            opens_set = relation in ("in", "notin", "subset") and self.peek().text == "]"
            if self.at_end() or (self.closes(self.peek()) and not opens_set) or self.peek().kind == "text":
                relations.append(relation)
                operands.append(T.Empty(start=tok.end, end=tok.end))
                break
            relations.append(relation)
            operands.append(self.set_or_expression() if relation in ("in", "notin", "subset") else self.expression())
            if relation in ("=", ":="):
                operands[-1] = self.law_of(operands[-2], operands[-1])
        if not relations:
            return operands[0]
        return T.Rel(tuple(operands), tuple(relations), start=start, end=operands[-1].end)

    def bare_interval(self, tok: Tok) -> T.Node | None:
        """An interval that is the whole formula; None for `(a + b) E[x]`, which begins and ends alike."""
        if not self.is_bare_interval(tok):
            return None
        mark, lists = self.i, self.lists
        try:
            return self.interval(tok)
        except ReadError:
            self.i, self.lists = mark, lists
            return None

    def is_bare_interval(self, tok: Tok) -> bool:
        """`]0, 1[` or `(0, 1]` as the whole answer: brackets that only an interval has."""
        stop = self.stop
        while stop > 1 and self.toks[stop - 1].kind == "op" and self.toks[stop - 1].text in (".", ",", ";"):
            stop -= 1  # the end of a sentence
        last = self.toks[stop - 1] if stop else self.eof
        if tok.kind != "op" or last.kind != "op" or self.modes[-1] != "top":
            return False
        return tok.text + last.text in ("][", "]]", "[[", "(]", "[)", "])", "([")

    def chain_goes_on(self) -> int | None:
        """Index of the relation with which the chain goes on behind layout or a reason; None if it ends."""
        j = self.i
        reason = False
        while j < self.stop:
            tok = self.toks[j]
            if tok.kind == "text":
                word = tok.text.lower().strip(" ,.;:()")
                if word in S.AND_WORDS or word in S.OR_WORDS or word in S.NEXT_WORDS or word.startswith(_IF):
                    return None
                reason = True
            elif tok.kind == "row":
                reason = False
            elif tok.kind == "rel" and not reason:
                return None if tok.text in ("=>", "<=>") else j
            elif tok.kind != "amp" and tok.text != "quad" and not reason:
                return None
            j += 1
        return None

    def quantified(self) -> T.Node:
        """`\\forall x \\in A, claim` or a trailing `\\forall x`."""
        tok = self.next()
        if tok.text == "exists" and self.is_op("!"):
            self.next()  # that there is no other claims more than is judged here
        bound = self.relation()
        items = [bound]
        while self.peek().kind == "op" and self.peek().text in (",", ":") and not self.at_end():
            self.next()
            while self.peek().text == "quad" and not self.at_end():
                self.next()
            if self.at_end() or self.peek().kind == "text":
                break
            items.append(self.relation())
        return T.Logic(tok.text, tuple(items), start=tok.start, end=items[-1].end)


def parse_tokens(
    toks: Sequence[Tok], notation: Notation = DEFAULT, choices: dict[str, int] | None = None
) -> tuple[T.Node, dict[str, int]]:
    """The tree of formula tokens and the ambiguous places met (`kind -> number of options`).

    Raises ReadError with the position where reading stopped.
    """
    if len(toks) > FORMULA_TOKENS:
        raise _too_long(toks)
    parser = Parser(toks, notation, choices or {})
    return parser.row(), parser.ambiguous


@dataclass(frozen=True, slots=True)
class Parsed:
    """The likeliest reading of formula tokens (None where `error` says why there is none), whether there are others,
    and what was asked of the notation: for every notation that answers alike this is the reading.
    """

    tree: T.Node | None
    error: ReadError | None
    ambiguous: bool
    asked: Mapping[tuple[str, str], bool]

    def fits(self, notation: Notation) -> bool:
        """Whether the tokens would be read so in this notation too."""
        return all(notation.says(*question) == answer for question, answer in self.asked.items())


def parsed(toks: Sequence[Tok], notation: Notation) -> Parsed:
    """The likeliest reading, failure included."""
    parser = Parser(toks, notation, {})
    try:
        if len(toks) > FORMULA_TOKENS:
            raise _too_long(toks)
        tree = parser.row()
    except ReadError as error:
        return Parsed(None, error.kept(), False, parser.asked)
    return Parsed(tree, None, bool(parser.ambiguous), parser.asked)


def _too_long(toks: Sequence[Tok]) -> ReadError:
    said = f"a formula of {len(toks)} tokens is too long: at most {FORMULA_TOKENS} are read"
    return ReadError("formula_too_long", said, toks[0].start, toks[-1].end)


_KNOWN: dict[str, list[Parsed]] = {}
_MOST_KNOWN = 4096


def parse(text: str, notation: Notation = DEFAULT) -> T.Node:
    """The first reading of LaTeX text.

    Rubrics and references give few texts to many worlds: each is read once for all notations that answer alike, so that
    what is found out about its tree is found out once, too.
    """
    known = _KNOWN.get(text)
    if known is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        known = _KNOWN[text] = []
    for found in known:
        if found.tree is not None and found.fits(notation):
            return found.tree
    fresh = parsed(tokenize(text), notation)
    if fresh.tree is None:
        assert fresh.error is not None
        raise fresh.error
    known.append(fresh)
    return fresh.tree


_STRAINED = frozenset({"decimal_comma", "inverse", "reach", "capital_transpose"})
"""Kinds of places where the second option is possible but strained: it may excuse an answer, not make it right."""


def readings(toks: Sequence[Tok], notation: Notation = DEFAULT) -> Iterator[tuple[T.Node, bool]]:
    """All plausible readings, the likeliest first, at most `limits.READINGS`, each with whether it is a natural one.

    Raises ReadError if the likeliest cannot be read; other readings that cannot are passed over.
    """
    first, ambiguous = parse_tokens(toks, notation)
    yield first, True
    if not ambiguous:
        return
    seen = [first]
    kinds = sorted(ambiguous)
    options = sorted(product(*(range(ambiguous[k]) for k in kinds)), key=lambda c: sum(1 for x in c if x))
    for combination in options[1 : 4 * READINGS]:
        if len(seen) >= READINGS:
            return
        try:
            node, _ = parse_tokens(toks, notation, dict(zip(kinds, combination, strict=True)))
        except ReadError:
            continue
        if node not in seen:
            seen.append(node)
            yield node, not any(k in _STRAINED and c for k, c in zip(kinds, combination, strict=True))


def moved(node: T.Node, start: int, end: int) -> T.Node:
    """The node with another place in the source."""
    return replace(node, start=start, end=end)
