"""How displays are cut into lines of reasoning: the table `displays.yaml`, written without sight of the reader."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from conftest import cases

from grader.errors import ReadError
from grader.maths import syntax as T
from grader.maths.notation import DEFAULT
from grader.maths.parser import parse
from grader.reading.document import Document, Kind
from grader.reading.rows import cut
from grader.reading.tex import read_tex
from grader.source import SourceMap

ROWS = cases("displays.yaml")
RELATIONS = {
    r"\le": "<=",
    r"\ge": ">=",
    r"\ne": "!=",
    r"\neq": "!=",
    r"\approx": "~=",
    r"\Rightarrow": "=>",
    r"\iff": "<=>",
    r"\equiv": "=",
    r"\propto": "propto",
    r"\sim": "~",
}
KNOWN = {
    "fbox-with-dollars": "dollar signs inside a box inside a display end the display",
    "forall-before": "the quantified claim is one logical item, its chain goes on inside it",
    "bracket-never-closed": "doubtful: nobody knows where the bracket should close",
    "parenthesised-reason-in-row": "doubtful: the condition behind a claim is kept as a claim of its own",
    "condition-in-own-column": "doubtful: the condition behind a claim is kept as a claim of its own",
    "therefore-sign": "doubtful: a therefore sign is read as an implication from the line above",
    "damaged-begin-split": "doubtful: the damaged first row is unreadable",
    "damaged-truncated-chain": "doubtful: the truncated row is unreadable",
    "ocr-array-columns-lost": "doubtful: a display that starts with an equivalence goes on with the one before",
}


def flat(node: T.Node) -> list[list[Any]]:
    """Chains of one line: operands and relations alternating."""
    node = T.unboxed(node)
    if isinstance(node, T.Rel):
        out: list[Any] = [node.operands[0]]
        for relation, operand in zip(node.relations, node.operands[1:], strict=True):
            out += [relation, operand]
        return [out]
    if isinstance(node, T.Logic) and node.op in ("list", "and", "or"):
        return [c for item in node.items for c in flat(item)]
    if isinstance(node, T.Logic) and node.op == "if":
        return flat(node.items[0])
    if isinstance(node, T.Logic) and node.op in ("forall", "exists"):
        return []
    if isinstance(node, T.Logic) and node.op in ("=>", "<=>"):
        left, right = side(node.items[0]), side(node.items[1])
        return [[*left, node.op, *right]]
    return [[node]]


def side(node: T.Node) -> list[Any]:
    """One side of an arrow: a chain, or a system of conditions as a whole."""
    whole = T.unboxed(node)
    return [whole] if isinstance(whole, T.Logic) and whole.op == "and" else flat(node)[0]


def chains_of(text: str) -> list[list[Any]]:
    document = Document(SourceMap())
    read_tex(Path("display.tex"), text.encode(), document)
    got: list[list[Any]] = []
    for block in document.blocks:
        if block.kind not in (Kind.DISPLAY, Kind.INLINE):
            continue
        lines = cut(block.tokens, DEFAULT, block.start, block.end).lines
        for line, after in zip_longest(lines, lines[1:]):
            if line.tree is None:
                got.append(["unread"])
                continue
            beside = line.lead in ("=>", "<=>") or (after is not None and after.lead in ("=>", "<=>"))
            system = beside and isinstance(T.unboxed(line.tree), T.Logic) and T.unboxed(line.tree).op == "and"
            for k, chain in enumerate([side(line.tree)] if system else flat(line.tree)):
                if got and k == 0 and line.lead == "continues" and isinstance(chain[0], T.Empty):
                    got[-1] += chain[1:]
                elif got and k == 0 and line.lead in ("=>", "<=>"):
                    got[-1] += [line.lead, *(chain[1:] if isinstance(chain[0], T.Empty) else chain)]
                else:
                    got.append(chain)
    return got


def wanted(chain: list[str]) -> list[Any]:
    out: list[Any] = []
    for i, item in enumerate(chain):
        if i % 2:
            out.append(RELATIONS.get(item, item))
        else:
            out.append(T.Empty() if item == "" else T.unboxed(parse(item)))
    return out


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["id"])
def test_display(row: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if row["id"] in KNOWN:
        request.node.add_marker(pytest.mark.xfail(reason=KNOWN[row["id"]], strict=True))
    try:
        expected = [wanted(chain) for chain in row["chains"]]
    except ReadError as error:
        pytest.fail(f"the table's own formula is not read: {error}")
    got = chains_of(row["text"])
    assert [[T.unboxed(x) if isinstance(x, T.Node) else x for x in c] for c in got] == expected
