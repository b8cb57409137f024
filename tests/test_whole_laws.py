"""Laws of whole answers: other signs change no score, right work never costs, wrong work never pays, order and process do not matter.

On the derivations of the case tables. `HYPOTHESIS_PROFILE=long` tries more, other ones in each run.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import LONG, ROOT, tries
from hypothesis import given
from hypothesis import strategies as st
from spellings import DOCUMENTS
from test_derivations import ASSIGNMENT, BROKEN, RIGHT, ROWS, graded_text

import grader.mutants as mutation
from benchmarks.trust import heading
from grader.api import compare
from grader.errors import ReadError
from grader.grade import grade
from grader.maths import syntax as T
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.maths.slips import mutants
from grader.model import Outcome, PartReport
from grader.right_answers import UNIQUE, answers

EPSILON = 1e-9
BAD = (Outcome.INCORRECT, Outcome.FAULT)
seeds = st.integers(0, 10**9)


@cache
def graded(index: int) -> PartReport:
    return graded_text(ROWS[index]["part"], ROWS[index]["text"])[0]


@tries(14)
@given(st.sampled_from(RIGHT), st.sampled_from(sorted(DOCUMENTS)), seeds)
def test_a_right_derivation_in_other_signs_is_never_called_wrong(row: dict[str, Any], how: str, seed: int) -> None:
    text = DOCUMENTS[how](row["text"], random.Random(seed))
    part = graded_text(row["part"], text)[0]
    assert [s.reads for s in part.steps if s.outcome in BAD] == [], text
    lost = (*BAD, Outcome.MISSING) if row.get("complete", True) else BAD
    assert [c.id for c in part.checks if c.outcome in lost] == [], text


@tries(10)
@given(st.integers(0, len(ROWS) - 1), st.floats(0, 1))
def test_going_on_rightly_never_costs(index: int, share: float) -> None:
    """Right work behind right work takes nothing back for good. What is sure may become open: a remark, `for f(z) = -z the function
    is not invertible`, can speak against a conclusion as far as words are understood."""
    row = ROWS[index]
    pieces = re.split(r"\n[^\S\n]*\n", row["text"])
    if not row["right"] or len(pieces) < 2:
        return
    begun = "\n\n".join(pieces[: 1 + int(share * (len(pieces) - 2))])
    before, after = graded_text(row["part"], begun)[0], graded(index)
    lost = (Outcome.INCORRECT, Outcome.MISSING, Outcome.FAULT)
    right = {c.id for c in before.checks if c.outcome is Outcome.CORRECT}
    assert [c.id for c in after.checks if c.id in right and c.outcome in lost] == [], begun
    if row.get("complete", True):
        assert after.score.max >= before.score.max - EPSILON, begun


def slipped(row: dict[str, Any], rng: random.Random) -> str | None:
    """A false line made of a true one of the text: its sides with a slip in one; None if there is none to make."""
    judge = ASSIGNMENT.judge(row["part"])
    displays = re.findall(r"\$\$([^$&\\]*(?:\\(?![\\&])[^$&\\]*)*)\$\$", row["text"])
    rng.shuffle(displays)
    for text in displays[:3]:
        try:
            tree = parse(text, judge.world.notation) if judge else parse(text)
        except ReadError:
            continue
        if not isinstance(tree, T.Rel) or set(tree.relations) != {"="} or T.contains(tree, T.Empty):
            continue
        left, right = tree.operands[0], tree.operands[-1]
        found = list(mutants(right))
        rng.shuffle(found)
        for _, fresh in found[:4]:
            said = to_latex(left), to_latex(fresh)
            verdicts = [
                compare(side, said[1], part=row["part"], assignment=ASSIGNMENT).outcome
                for side in (said[0], to_latex(right))
            ]
            if (
                r"\text{" not in "".join(said)
                and verdicts[1] is Outcome.INCORRECT
                and verdicts[0] is not Outcome.CORRECT
            ):
                return f"$$ {said[0]} = {said[1]} $$"
    return None


@tries(10)
@given(st.integers(0, len(ROWS) - 1), seeds)
def test_a_false_line_more_never_pays(index: int, seed: int) -> None:
    """Or, seen from the other side, to strike out a false line never costs. Under a condition of the answer it may be true."""
    row, rng = ROWS[index], random.Random(seed)
    line = slipped(row, rng)
    if line is None:
        return
    part, before = graded_text(row["part"], f"{row['text'].rstrip()}\n\n{line}\n")
    last = before + row["text"].rstrip().count("\n") + 3
    if any(s.outcome in (Outcome.CORRECT, Outcome.ASSUMED) for s in part.steps if s.span.line >= last):
        return
    old, new = graded(index).score, part.score
    assert new.min <= old.min + EPSILON and new.max <= old.max + EPSILON, line


@pytest.mark.parametrize("number", range(5 if not LONG else 60))
def test_a_slip_in_a_final_answer_costs_or_is_open(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the grade of the part; other ways to write the answer cost nothing. `selftest --mutants` tries all of them."""
    monkeypatch.setattr(mutation, "MUTANTS", 4)
    monkeypatch.setattr(mutation, "REWRITTEN", 2)
    every = [a for a in answers(ASSIGNMENT, tmp_path) if isinstance(a.spec, UNIQUE)]
    tally = mutation.tried(ASSIGNMENT, every[(number * 7) % len(every)])
    assert tally.faults == []
    assert tally.real >= 1


def summary(part: PartReport) -> tuple[object, ...]:
    """What a part earns and what is said of its lines, without their places."""
    checks = [(c.id, c.outcome, c.points, c.note) for c in part.checks]
    return part.status, part.score, checks, [(s.kind, s.outcome, s.reads, s.note) for s in part.steps]


@tries(3)
@given(st.data())
def test_the_order_of_questions_does_not_matter(data: st.DataObject) -> None:
    """Answers to different questions, each under its heading."""
    by_question: dict[str, list[dict[str, Any]]] = {}
    for row in [*RIGHT, *BROKEN]:
        by_question.setdefault(row["part"].split(".")[0], []).append(row)
    chosen = [data.draw(st.sampled_from(rows)) for _, rows in sorted(by_question.items())]
    orders = chosen, data.draw(st.permutations(chosen))
    reports = []
    for k, rows in enumerate(orders):
        path = Path(os.environ["GRADER_CACHE"]) / f"order{k}.md"
        path.write_text("\n\n".join(heading(row["part"]) + row["text"] for row in rows), encoding="utf-8")
        report = grade([path], ASSIGNMENT)
        reports.append({part.id: summary(part) for part in report.parts})
    assert reports[0] == reports[1]


def test_a_report_does_not_depend_on_the_process() -> None:
    """Byte for byte the same where Python orders its sets otherwise."""
    code = (
        "import sys, hashlib; from pathlib import Path; from grader.assignment import Assignment, shipped; from grader.grade import grade\n"
        "from grader.report.to_json import dumps, report_data\n"
        "text = dumps(report_data(grade([Path(sys.argv[1])], Assignment(shipped()))))\n"
        "print(hashlib.sha256(text.encode()).hexdigest(), len(text))"
    )
    said = set()
    for seed in ("1", "2"):
        environment = dict(os.environ, PYTHONHASHSEED=seed)
        call = [sys.executable, "-c", code, str(ROOT / "submissions_example" / "fr_terse.tex")]
        said.add(subprocess.run(call, capture_output=True, text=True, check=True, cwd=ROOT, env=environment).stdout)
    assert len(said) == 1 and int(said.pop().split()[1]) > 10_000
