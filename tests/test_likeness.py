"""Answers that a person would judge alike have the same mark of likeness, others have not."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from grader.grade import grade
from grader.maths.blocks import Judge
from grader.maths.fingerprint import fingerprint
from grader.maths.parser import parse
from grader.maths.slips import mutants
from grader.maths.variants import rewritings
from grader.model import PartReport
from grader.report.to_json import dumps, report_data

EXAMPLES = ROOT / "submissions_example"
RIGHT = r"\log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2+(\mu_1-\mu_2)^2}{2\sigma_1^2}-\frac12"


def q1(assignment: Any) -> Judge:
    judge: Judge = assignment.judge("Q1")
    return judge


def test_equal_formulas_have_one_fingerprint(assignment: Any) -> None:
    judge = q1(assignment)
    tree = parse(RIGHT, judge.world.notation)
    value = fingerprint(judge, tree)
    assert value is not None and value == fingerprint(Judge(judge.world), tree), "samples go by names, not by chance"
    rng = random.Random(3)
    for _ in range(30):
        assert fingerprint(judge, rewritings(tree, rng)) == value
    others = [fingerprint(judge, wrong) for _, wrong in mutants(tree)]
    assert others and value not in others


def test_what_has_no_value_has_no_fingerprint(assignment: Any) -> None:
    judge = q1(assignment)
    assert fingerprint(judge, parse("Z + 1", judge.world.notation)) is None


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (r"a + b", r"b + a", True),
        (r"\frac{a^2 - b^2}{a - b}", r"a + b", True),
        (r"a + b", r"a + b + 10^{-4}", False),
        (r"(a, b)", r"(b, a)", False),
    ],
)
def test_pairs(assignment: Any, one: str, other: str, alike: bool) -> None:
    judge = assignment.judge("Q2.1")
    first, second = (fingerprint(judge, parse(t, judge.world.notation)) for t in (one, other))
    assert first is not None and second is not None
    assert (first == second) is alike


def graded(tmp_path: Path, assignment: Any, name: str, text: str, part: str) -> PartReport:
    path = tmp_path / f"{name}.md"
    path.write_text(text, encoding="utf-8")
    return next(p for p in grade([path], assignment).parts if p.id == part)


def marks(report: PartReport) -> dict[str, str]:
    return {c.id: c.evidence["alike"] for c in report.checks if "alike" in c.evidence}


def example(tmp_path: Path, assignment: Any, file: str, part: str, old: str = "", new: str = "") -> dict[str, str]:
    """The marks of a part of an example in which one formula is written in another way."""
    text = (EXAMPLES / file).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / f"hw{Path(file).suffix}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return marks(next(p for p in grade([path], assignment).parts if p.id == part))


def test_a_final_answer_goes_by_its_values(tmp_path: Path, assignment: Any) -> None:
    """Q4.6 of a student whose matrix was wrong: the eigenvalues are left to a person, however they are written."""
    answer = r"\lambda_2=-\frac12,\qquad\lambda_3=-\frac12"
    usual = example(tmp_path, assignment, "en_plea.tex", "Q4.6", answer, answer)["eigenvalues_from_one"]
    again = r"\lambda_2=-0.5,\qquad\lambda_3=\frac{-2}{4}"
    other = r"\lambda_2=-\frac13,\qquad\lambda_3=-\frac12"
    assert usual.startswith("values:")
    assert example(tmp_path, assignment, "en_plea.tex", "Q4.6", answer, again)["eigenvalues_from_one"] == usual
    assert example(tmp_path, assignment, "en_plea.tex", "Q4.6", answer, other).get("eigenvalues_from_one") != usual


def test_the_same_false_line_is_one_question(tmp_path: Path, assignment: Any) -> None:
    """Two students make one mistake in texts of their own."""
    one = example(tmp_path, assignment, "en_conceptual.md", "Q3.c")
    other = example(tmp_path, assignment, "en_wrong.md", "Q3.c")
    for name in ("marginalisation", "jensen"):
        assert one[name] == other[name] and one[name].startswith("line:")
    assert one["marginalisation"] != one["jensen"]


def test_an_open_part_shows_its_text_and_a_settled_one_nothing(tmp_path: Path, assignment: Any) -> None:
    text = (EXAMPLES / "fr_ocr.md").read_text(encoding="utf-8")
    path = tmp_path / "hw.md"
    path.write_text(text, encoding="utf-8")
    report = grade([path], assignment)
    open_ = [p for p in report.parts if p.score.max > p.score.min]
    assert len(open_) >= 5
    lines = text.split("\n")
    for passage in (found for part in open_ for found in part.found):
        assert passage.text in text and passage.span.file == "hw.md"
        assert lines[passage.span.line - 1][passage.span.column - 1 :].startswith(passage.text.split("\n")[0])
    assert all(p.found for p in open_)
    assert all(p.found == () for p in report.parts if p.score.max == p.score.min)
    assert all("alike" not in c.evidence for p in report.parts for c in p.checks if c.points.max == c.points.min)
    assert dumps(report_data(report)) == dumps(report_data(grade([path], assignment))), "the same bytes"


def test_words_are_alike_up_to_case_and_space(tmp_path: Path, assignment: Any) -> None:
    first = "## Question 5\n\n**1. Summary** The paper PRESENTS a method;  results are good.\n"
    again = "## Question 5\n\n**1. Summary** The paper presents a method; results\nare good.\n"
    other = "## Question 5\n\n**1. Summary** The paper presents a method; results are bad.\n"
    found = [
        marks(graded(tmp_path, assignment, n, t, "Q5.1")) for n, t in zip("abc", (first, again, other), strict=True)
    ]
    assert found[0] == found[1] != found[2] and all(m["review"].startswith("words:") for m in found)
