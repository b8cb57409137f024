"""Under which conditions a claim stands; relations that hold over a whole world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment import Assignment, shipped
from grader.maths import syntax as T
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.maths.relations import MIRRORED, holds
from grader.model import Outcome
from grader.reading.claims import read_part
from grader.reading.outline import Piece
from grader.reading.reader import read_files

ROWS: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests" / "cases" / "contexts.yaml").read_text(encoding="utf-8"))
ASSIGNMENT = Assignment(shipped())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_conditions_of_a_claim(row: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "part.md"
    path.write_text(row["text"] + "\n", encoding="utf-8")
    document, _ = read_files([path])
    judge = ASSIGNMENT.judge("Q2.1")
    assert judge is not None
    text = read_part(document.blocks, [Piece(0, len(document.blocks) - 1)], judge.world.notation, "Q2.1")
    found = [
        "; ".join(to_latex(c) for c in chain.context)
        for chain in text.chains
        if any(isinstance(n, T.Apply) for line in chain.lines if line.tree for n in T.walk(line.tree))
    ]
    assert found == row["contexts"]


# part, relation, whether it holds everywhere (None: neither holds nor clearly fails)
RELATIONS = [
    ("Q2.2", r"\sum_{i=1}^N w_i\sigma(a_i z + b_i) < 1", True),
    ("Q2.2", r"\sum_{i=1}^N w_i\sigma(a_i z + b_i) > 0", True),
    ("Q2.2", r"\sum_{i=1}^N \sigma(a_i z + b_i) < 1", False),
    ("Q2.2", r"w_i \sigma(a_i z + b_i) < 1", True),
    ("Q2.2", "g'(z) > 0", True),
    ("Q2.2", "g'(z) > 1", False),
    ("Q2.3", "f'(z) > -1", True),
    ("Q2.3", "f'(z) > 0", False),
    ("Q2.3", "g'(z) \\ne 0", True),
    ("Q2.4", r"1 + \frac{\beta}{\alpha + r} \ge \frac{r}{\alpha + r}", True),
    ("Q2.4", r"1 + \frac{\beta}{\alpha + r} > \frac{r}{\alpha + r}", None),
    ("Q2.4", r"1 + \frac{\alpha\beta}{(\alpha + r)^2} > 0", True),
    ("Q2.4", r"\beta \ge 0", False),
    ("Q2.4", r"\alpha + \beta > 0", None),
    ("Q3.a", r"\log p(x_0) \ge L_{DDPM}", True),
    ("Q3.a", r"\log p(x_0) \le L_{DDPM}", False),
    ("Q3.a", r"KL[q(x_{1:T}|x_0) \| p(x_{1:T}|x_0)] \ge 0", True),
    ("Q3.b", r"q(x_t|x_0) \ne q(x_{t-1}|x_0)", True),
    ("Q4.6", r"\gamma > \sqrt{\gamma^2 - 1}", None),
]


@pytest.mark.parametrize("part,text,expected", RELATIONS, ids=[f"{p} {t}" for p, t, _ in RELATIONS])
def test_a_relation_over_the_whole_world(part: str, text: str, expected: bool | None) -> None:
    judge = ASSIGNMENT.judge(part)
    assert judge is not None
    rel = parse(text, judge.world.notation)
    assert isinstance(rel, T.Rel)
    left, right = rel.operands
    outcome = holds(judge, left, rel.relations[0], right).outcome
    wanted = {True: Outcome.CORRECT, False: Outcome.INCORRECT, None: Outcome.UNDECIDED}[expected]
    assert outcome is wanted
    assert holds(judge, right, MIRRORED[rel.relations[0]], left).outcome is wanted, "read from right to left"


@given(st.integers(-5, 5), st.integers(-5, 5), st.sampled_from(sorted(MIRRORED)))
def test_an_order_holds_or_fails_as_numbers_do(a: int, b: int, relation: str) -> None:
    judge = ASSIGNMENT.judge("Q2.3")
    assert judge is not None
    shift = parse("z^2")
    left, right = (T.Add((shift, parse(str(n)))) for n in (a, b))
    truth = {"=": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[relation]
    outcome = holds(judge, left, relation, right).outcome
    assert (outcome is Outcome.CORRECT) == truth
