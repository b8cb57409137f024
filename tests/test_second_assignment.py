"""A second assignment, to show that the engine knows nothing of the first: its rubrics, its examples, the notation it brought,
and both side by side."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, cases

from grader.api import compare
from grader.assignment import Assignment, shipped
from grader.errors import AuthorError
from grader.grade import grade
from grader.lint import lint
from grader.maths.stored import decoded, encoded
from grader.model import Outcome, Report
from grader.packaging.kit import kit_files
from grader.report.to_json import dumps, report_data
from grader.selftest import selftest

FOLDER = ROOT / "assignments" / "generative_models"
EXAMPLES = sorted(p for p in (FOLDER / "submissions_example").iterdir() if p.suffix in (".tex", ".md"))
RIGHT = sorted((ROOT / "tests" / "cases" / "generative").iterdir())
FIRST = ("en_careful.tex", "fr_careful.md", "en_macros.tex")
ROWS = cases("second.yaml")


@cache
def second() -> Assignment:
    return Assignment(FOLDER)


@cache
def graded(path: Path) -> Report:
    return grade([path], second())


def test_lint_finds_nothing() -> None:
    assert [str(fault) for fault in lint(FOLDER)] == []


def test_rubrics_and_examples_prove_themselves() -> None:
    faults = {row.what: row.faults for row in selftest(second(), FOLDER / "submissions_example") if row.faults}
    assert faults == {}


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["id"])
def test_notation(row: dict[str, Any]) -> None:
    verdict = compare(row["a"], row["b"], part=row["part"], assignment=second())
    assert verdict.outcome.value == row["want"], (verdict.note, verdict.detail, verdict.witness)


@pytest.mark.parametrize("path", RIGHT, ids=lambda p: p.stem)
def test_right_answers_lose_nothing(path: Path) -> None:
    """Answers written without a look at the rubrics: no line is called wrong, and no point is lost for sure."""
    report = graded(path)
    assert [s.reads for p in report.parts for s in p.steps if s.outcome is Outcome.INCORRECT] == []
    assert [(p.id, c.id) for p in report.parts for c in p.checks if c.points.max < c.points.out_of] == []


def test_false_lines_are_found() -> None:
    """Nine of the eleven false lines of one hand; two follow from an earlier one. No answer of its finals is taken for right."""
    report = graded(ROOT / "tests" / "cases" / "generative_wrong.md")
    wrong = [s.reads for p in report.parts for s in p.steps if s.outcome is Outcome.INCORRECT]
    assert len(wrong) == 9
    finals = {f"{p.id}.{c.id}" for p in report.parts for c in p.checks if c.outcome is Outcome.INCORRECT}
    assert finals == {
        *("G1.2.formula", "G2.1.optimum", "G2.2.value", "G3.1.closed_form", "G3.2.closed_form"),
        *("G4.1.variance", "G4.2.mean", "G4.2.variance", "G5.1.field"),
    }


@pytest.mark.parametrize(
    ("law", "outcome"),
    [
        (r"\mathcal N(\sqrt{\alpha_t}x_{t-1}, 1-\alpha_t)", Outcome.CORRECT),
        (r"\mathcal N(\sqrt{\alpha_t}x_{t-1}, \sqrt{1-\alpha_t})", Outcome.UNDECIDED),
        (r"\mathcal N(\alpha_tx_{t-1}, 1-\alpha_t)", Outcome.INCORRECT),
        (r"\mathcal N(x_t; \sqrt{\alpha_t}x_{t-1}, 1-\alpha_t)", Outcome.CORRECT),
        (r"\mathcal N(x_t; \sqrt{\alpha_t}x_{t-1}, \sqrt{1-\alpha_t})", Outcome.UNDECIDED),
        (r"\mathcal N(x_t; \sqrt{\alpha_t}x_{t-1}, (1-\alpha_t)^2)", Outcome.INCORRECT),
    ],
)
def test_a_law_may_be_given_by_its_standard_deviation(law: str, outcome: Outcome, tmp_path: Path) -> None:
    """Whether the second entry is a variance is a convention: the other one is not called wrong."""
    path = tmp_path / "law.md"
    path.write_text(f"## Question 4\n\n### 4.1\n\n$q(x_t|x_{{t-1}})={law}$\n", encoding="utf-8")
    report = grade([path], second())
    assert [s.outcome for p in report.parts if p.id == "G4.1" for s in p.steps] == [outcome]


def test_most_points_of_right_answers_are_decided() -> None:
    """Of 300 points; 150 of the first 180 and 108 of the last 120 were decided at first sight."""
    assert sum(graded(path).score.min for path in RIGHT) >= 280


def test_most_points_of_the_examples_are_decided() -> None:
    open_points = sum(graded(path).score.max - graded(path).score.min for path in EXAMPLES)
    assert open_points <= 0.13 * 30 * len(EXAMPLES)


@pytest.mark.parametrize("name", FIRST)
def test_answers_to_the_first_assignment_are_no_wrong_answers_to_this_one(name: str) -> None:
    _nothing_is_decided(grade([ROOT / "submissions_example" / name], second()))


@pytest.mark.parametrize("path", [p for p in EXAMPLES if "wrong" not in p.stem], ids=lambda p: p.stem)
def test_answers_to_this_assignment_are_no_wrong_answers_to_the_first(path: Path) -> None:
    _nothing_is_decided(grade([path], Assignment(shipped())))


def _nothing_is_decided(report: Report) -> None:
    """Everything is missing or for a person, and no true line is called wrong."""
    outcomes = {c.outcome for p in report.parts for c in p.checks}
    assert not outcomes & {Outcome.CORRECT, Outcome.INCORRECT, Outcome.FAULT}
    assert report.score.min == 0
    assert [s.reads for p in report.parts for s in p.steps if s.outcome is Outcome.INCORRECT] == []


def test_both_live_side_by_side() -> None:
    """Graded in turns in one process, each gives the bytes it gives alone."""
    first, mine, theirs = Assignment(shipped()), EXAMPLES[0], ROOT / "submissions_example" / "fr_terse.tex"
    alone = [dumps(report_data(r)) for r in (grade([mine], second()), grade([theirs], first))]
    assert dumps(report_data(grade([mine], second()))) == alone[0]
    assert dumps(report_data(grade([theirs], first))) == alone[1]
    assert not {part.id for _, part in first.parts} & {part.id for _, part in second().parts}
    references = {first.reference("q4").module.__name__, second().reference("dirac_gan").module.__name__}
    assert len(references) == 2
    assert first.sha256 != second().sha256


def test_a_kit_of_it_is_refused_in_one_line() -> None:
    with pytest.raises(AuthorError, match=r"G1\.1: a kit cannot yet seal"):
        kit_files(FOLDER)


def test_its_worlds_can_be_stored() -> None:
    for _, part in second().parts:
        judge = second().judge(part.id)
        assert judge is not None
        stored = decoded(json.loads(json.dumps(encoded(judge.world))))
        assert (stored.families, stored.symbols, stored.notation) == (
            judge.world.families,
            judge.world.symbols,
            judge.world.notation,
        )
        for letter, recipe in {**judge.world.joints, **judge.world.linear}.items():
            sizes = dict.fromkeys(judge.world.sizes, 3)
            assert list({**stored.joints, **stored.linear}[letter](sizes)) == list(recipe(sizes))


def test_the_engine_names_nothing_of_it() -> None:
    """Neither a part of the assignment nor one of its references stands in the program."""
    names = {part.id for _, part in second().parts} | {f'"{q.reference}"' for q in second().questions}
    for path in sorted((ROOT / "grader").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not {name for name in names if name in text}, path
