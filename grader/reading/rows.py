"""A display as lines of reasoning: rows joined where a bracket or a sum goes on, cut where a new claim begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from grader.errors import ReadError
from grader.maths import syntax as T
from grader.maths.lexer import Token, group_end, skip_space
from grader.maths.memory import Table
from grader.maths.notation import Notation
from grader.maths.parser import Parsed, parsed, readings
from grader.maths.tokens import Tok, formula_tokens
from grader.reading.row_tokens import with_systems_open, without_asides

_OPEN = {"(": ")", "[": "]", "\\{": "\\}"}
_CLOSE = frozenset(_OPEN.values())
_DEEPER = frozenset({*_OPEN, "{"})
_HIGHER = frozenset({*_CLOSE, "}"})
_GOES_ON = frozenset({"+", "-", "/", "*", "times", "cdot", "odot", "pm", "mp"})
_MAX_JOINED = 12


@dataclass(slots=True)
class Line:
    """One line of a chain.

    `lead` tells how it hangs on the line before: "" begins a chain, "continues" starts with a relation, "=>", "<=>" and
    "<=" follow by logic. `tree` is the likeliest reading, None where `error` says why it cannot be read.
    """

    toks: list[Tok]
    lead: str
    start: int
    end: int
    tree: T.Node | None = None
    error: ReadError | None = None
    ambiguous: bool = False

    def readings(self, notation: Notation) -> list[tuple[T.Node, bool]]:
        """All plausible readings with whether each is natural; empty if the line cannot be read."""
        if self.tree is None:
            return []
        if not self.ambiguous:
            return [(self.tree, True)]
        return list(readings(self.toks, notation))


@dataclass(slots=True)
class Rows:
    """The lines of one display; `boxed` if a box stands around any of it."""

    lines: list[Line] = field(default_factory=list)


_CUT = Table()


_READ = Table()


def cut(raw: Sequence[Token], notation: Notation, start: int, end: int) -> Rows:
    """The lines of a display's raw tokens; every failure stays with its line.

    A display is looked at for its own part and wherever answers are looked for. It is cut once, and a line is read
    again only where another notation says something else of the names in it.
    """
    place = (id(raw), start, end)
    found: tuple[Sequence[Token], Rows] | None = _CUT.get(place)
    if found is None:
        found = _CUT.keep(place, (raw, _cut(raw, start, end)))  # kept with them: the identity stays theirs
    lines = [replace(line) for line in found[1].lines]
    for line in lines:
        if line.error is None:
            _read(line, notation)
    return Rows(lines)


def _cut(raw: Sequence[Token], start: int, end: int) -> Rows:
    try:
        toks = formula_tokens(list(raw))
    except ReadError as error:
        return _row_by_row(raw, error, start, end)
    return _cut_tokens(toks)


def _row_by_row(raw: Sequence[Token], error: ReadError, start: int, end: int) -> Rows:
    """A display with damage in one row: the others are still read."""
    pieces = raw_rows(list(raw))
    if len(pieces) == 1:
        return Rows([Line([], "", start, end, error=error.kept())])
    out = Rows()
    for piece in pieces:
        if not any(t.kind not in ("ws", "par") for t in piece):
            continue
        try:
            out.lines.extend(_cut_tokens(formula_tokens(piece)).lines)
        except ReadError as failure:
            out.lines.append(Line([], "", piece[0].start, piece[-1].end, error=failure.kept()))
    return out


def raw_rows(raw: list[Token]) -> list[list[Token]]:
    """Raw tokens cut at the row ends that stand in no matrix, no cases and no array."""
    rows: list[list[Token]] = [[]]
    depth = 0
    at = 0
    while at < len(raw):
        token = raw[at]
        if token.kind == "cmd" and token.text in ("begin", "end"):
            stop = group_end(raw, skip_space(raw, at + 1))
            name = "".join(t.text for t in raw[at + 1 : stop])
            if "matrix" in name or "cases" in name or "array" in name:
                depth += 1 if token.text == "begin" else -1
            rows[-1].extend(raw[at:stop])
            at = stop
            continue
        if token.kind == "cmd" and token.text == "\\" and depth <= 0:
            rows.append([])
        else:
            rows[-1].append(token)
        at += 1
    return rows


def _cut_tokens(toks: list[Tok]) -> Rows:
    rows = _split_rows(with_systems_open(toks))
    rows = _join_open_brackets(rows)
    return Rows([line for column in _columns(rows) for line in _assemble(column)])


def _split_rows(toks: list[Tok]) -> list[list[Tok]]:
    rows: list[list[Tok]] = [[]]
    depth = 0
    for tok in toks:
        if tok.kind in ("begin", "end"):
            depth += 1 if tok.kind == "begin" else -1
        elif tok.kind == "op" and tok.text in ("{", "}"):
            depth += 1 if tok.text == "{" else -1
        if tok.kind == "row" and depth <= 0:
            rows.append([])
            depth = 0
        else:
            rows[-1].append(tok)
    rows = [without_asides(row) for row in rows]
    return [row for row in rows if any(t.kind != "amp" and t.text != "quad" for t in row)]


def _columns(rows: list[list[Tok]]) -> list[list[list[Tok]]]:
    """Displays with equations side by side (`a &= b & c &= d`) as one list of rows per column of equations."""
    if all(sum(tok.kind == "amp" for tok in row) < 3 for row in rows):
        return [rows]
    cells = [_cells(row) for row in rows]

    def pairs(row: list[list[Tok]]) -> list[list[Tok]]:
        return [[t for cell in row[i : i + 2] for t in cell] for i in range(0, len(row), 2)]

    side_by_side = any(
        len(row) >= 4
        and sum(any(t.kind == "rel" for t in _top(pair)) for pair in pairs(row)) >= 2
        and all(cell and cell[0].kind == "rel" for cell in row[1::2] if cell)
        for row in cells
    )
    goes_on = any(
        len(row) >= 4
        and not row[i]
        and row[i + 1]
        and row[i + 1][0].kind == "rel"
        and row[i + 1][0].text not in ("=>", "<=>")
        for row in cells
        for i in range(0, len(row) - 1, 2)
    )
    if not (side_by_side and goes_on):
        return [rows]
    width = max(len(pairs(row)) for row in cells)
    columns: list[list[list[Tok]]] = []
    for i in range(width):
        column = [pairs(row)[i] for row in cells if len(pairs(row)) > i and pairs(row)[i]]
        columns.append(column)
    return columns


def _nesting(tok: Tok) -> int:
    """How a token changes the depth of brackets, braces and environments: 1, -1 or 0."""
    if tok.kind == "op":
        return 1 if tok.text in _DEEPER else -1 if tok.text in _HIGHER else 0
    return 1 if tok.kind == "begin" else -1 if tok.kind == "end" else 0


def _cells(row: list[Tok]) -> list[list[Tok]]:
    """A row cut at its alignment marks outside brackets and environments."""
    cells: list[list[Tok]] = [[]]
    depth = 0
    for tok in row:
        depth = max(depth + _nesting(tok), 0)
        if tok.kind == "amp" and depth == 0:
            cells.append([])
        else:
            cells[-1].append(tok)
    return cells


def _balance(row: Sequence[Tok]) -> int:
    """Brackets opened and not closed; 0 for half-open intervals such as ]0, 1]."""
    depth = 0
    for tok in row:
        if tok.kind == "op":
            if tok.text in _OPEN:
                depth += 1
            elif tok.text in _CLOSE:
                depth -= 1
    return depth


def _join_open_brackets(rows: list[list[Tok]]) -> list[list[Tok]]:
    out: list[list[Tok]] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        balance = _balance(row)
        joined = 1
        if balance > 0:
            total, ahead = balance, at + 1
            while ahead < len(rows) and ahead - at < _MAX_JOINED and total > 0:
                total += _balance(rows[ahead])
                ahead += 1
            if total == 0:
                joined = ahead - at
                row = [t for r in rows[at:ahead] for t in r]
        out.append(row)
        at += joined
    return out


def _assemble(rows: list[list[Tok]]) -> list[Line]:
    """Rows to lines: a row that goes on with the member above is joined to it."""
    lines: list[Line] = []
    pending = ""  # an arrow alone in its row
    for row in rows:
        at = 0
        layout = False
        while at < len(row) and (row[at].kind == "amp" or row[at].text == "quad"):
            layout = True
            at += 1
        core = row[at:]
        while core and (core[-1].kind == "amp" or core[-1].text == "quad"):
            core = core[:-1]
        if not core:
            continue
        previous = lines[-1] if lines else None
        first = core[0]
        if previous is not None and _goes_on(previous, core, layout):
            previous.toks = [*previous.toks, *core]
            previous.end = max(previous.end, core[-1].end)
            continue
        lead = ""
        if first.kind == "rel":
            if first.text in ("=>", "<=>"):
                lead = first.text
                core = core[1:]
                while core and (core[0].kind == "amp" or core[0].text == "quad"):
                    core = core[1:]
                if not core:
                    pending = lead
                    continue
            else:
                lead = "continues"
                if previous is not None and previous.toks and previous.toks[-1].kind == "rel":
                    previous.toks = previous.toks[:-1]  # `= \\\\ =` is one relation
        lead, pending = lead or pending, ""
        lines.extend(_split_independent(core, lead, first.start))
    return lines


def _goes_on(previous: Line, core: list[Tok], layout: bool) -> bool:
    """Whether a row continues the last member of the line before it."""
    last = next((t for t in reversed(previous.toks) if t.kind not in ("amp", "text") and t.text != "quad"), None)
    first = core[0]
    if first.kind == "rel":
        return False
    if last is not None and last.kind != "rel" and first.kind == "text":
        return False
    if last is not None and ((last.text in _GOES_ON and last.kind in ("op", "cmd")) or last.kind == "rel"):
        return True
    if first.text not in _GOES_ON or first.kind not in ("op", "cmd"):
        return False
    # a row may begin a new claim with a minus sign, hardly with another
    return layout or first.text != "-" or not any(t.kind == "rel" for t in _top(core))


def _top(row: Sequence[Tok]) -> list[Tok]:
    """Tokens outside all brackets, braces and environments."""
    out: list[Tok] = []
    depth = 0
    for tok in row:
        change = _nesting(tok)
        depth = max(depth + change, 0)
        if not change and depth == 0:
            out.append(tok)
    return out


def _split_independent(core: list[Tok], lead: str, start: int) -> list[Line]:
    """Claims side by side in one row, parted by wide space: `a = b, \\qquad c = d`."""
    cuts: list[int] = []
    depth = 0
    arrows = any(tok.kind == "rel" and tok.text in ("=>", "<=>") for tok in core)
    for i, tok in enumerate(core if arrows else ()):
        depth = max(depth + _nesting(tok), 0)
        if depth == 0 and (tok.kind == "rel" and tok.text in ("=>", "<=>")) and i:
            cuts.append(i)
    if not cuts:
        return [Line(core, lead, start, core[-1].end)]
    lines: list[Line] = []
    begin = 0
    for i in [*cuts, len(core)]:
        piece = core[begin:i]
        mark = lead if begin == 0 else core[begin - 1].text
        piece = _trimmed(piece)
        if piece:
            lines.append(Line(piece, mark, piece[0].start, piece[-1].end))
        begin = i + 1
    return lines


def _trimmed(piece: list[Tok]) -> list[Tok]:
    """Without layout and commas at both ends."""
    first, last = 0, len(piece)
    while first < last and (piece[first].kind == "amp" or piece[first].text in ("quad", ",")):
        first += 1
    while last > first and (piece[last - 1].kind == "amp" or piece[last - 1].text in ("quad", ",")):
        last -= 1
    return piece[first:last]


def _read(line: Line, notation: Notation) -> None:
    place = id(line.toks)
    known: tuple[list[Tok], list[Parsed]] | None = _READ.get(place)
    if known is None:
        known = _READ.keep(place, (line.toks, []))  # kept with them: the identity stays theirs
    found = next((p for p in known[1] if p.fits(notation)), None)
    if found is None:
        found = parsed(line.toks, notation)
        known[1].append(found)
    line.tree, line.error, line.ambiguous = found.tree, found.error, found.ambiguous


def operands(tree: T.Node) -> T.Rel | None:
    """The chain a line's tree holds, without conditions written behind it; None if it is no relation."""
    node = T.unboxed(tree)
    while isinstance(node, T.Logic) and node.op in ("if", "forall") and node.items:
        node = T.unboxed(node.items[0] if node.op == "if" else node.items[-1])
    return node if isinstance(node, T.Rel) else None


def with_left(tree: T.Node, left: T.Node) -> T.Node:
    """A continued line with the member it hangs on put in front."""
    node = T.unboxed(tree)
    if isinstance(node, T.Logic) and node.op in ("if", "list", "and") and node.items:
        return replace(node, items=(with_left(node.items[0], left), *node.items[1:]))
    if isinstance(node, T.Rel) and isinstance(node.operands[0], T.Empty):
        return replace(node, operands=(left, *node.operands[1:]))
    return tree
