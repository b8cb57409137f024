"""Mutation testing of rubrics: a good rubric kills, a weak one is found out, and what is shown is right."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from grader.assignment import Assignment
from grader.cli import app
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.maths.slips import CLAIMS, ENTRIES, MUTATIONS, answer_mutants
from grader.model import Role
from grader.mutants import MUTANTS, Tally, tallies
from grader.report.mutation import line, markdown, scores


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "tests" / "tiny", tmp_path / "tiny", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "tiny"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def tried(folder: Path) -> dict[str, Tally]:
    return {t.answer.name: t for t in tallies(Assignment(folder), folder / "submissions_example")}


def test_a_good_rubric_kills(tiny: Path) -> None:
    found = tried(tiny)
    slope, zeros = found["Q1.a slope"], found["Q1.b zeros"]
    for tally in (slope, zeros):
        assert tally.killed == tally.real >= 20, [tally.open, tally.kept]
        assert len(tally.operators) >= 6
        assert tally.faults == []
    assert slope.rewritten > 0


def test_what_the_rubric_does_not_look_at_keeps_full_marks_and_is_shown(tiny: Path) -> None:
    old = "        any_of:\n          - [{latex: 'a z + b'}]"
    edit(tiny / "rubrics" / "q1.yaml", old, "        accepts: ['$$ g(z) = z (a z + b) $$']\n" + old)
    terms = tried(tiny)["Q1.b terms"]
    assert {s.operator for s in terms.kept} >= {"scaled"}
    assert terms.faults == terms.lost + terms.kept


def test_runs_are_alike(tiny: Path) -> None:
    assert [t.as_data() for t in tried(tiny).values()] == [t.as_data() for t in tried(tiny).values()]


@pytest.mark.parametrize(
    "operator,formula,mutant",
    [
        ("sign", "a - b", "a + b"),
        ("index", r"\mu_1 + a", r"\mu_{2} + a"),
        ("lost_term", "a + b + 1", "a + b"),
        ("lost_factor", "2 a", "a"),
        ("power", r"\sigma^2", r"\sigma"),
        (
            "transposed",
            r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
            r"\begin{pmatrix} a & c \\ b & d \end{pmatrix}",
        ),
        ("value_dropped", r"\{a, b\}", r"\left\{a\right\}"),
        ("strict_for_weak", r"a \ge b", "a > b"),
        ("conditioning", "p(x|y)", "p(x)"),
        ("bar_exchanged", "p(x|y)", r"p(y \mid x)"),
        ("divergence_reversed", r"KL[q(x)\|p(x)]", r"\mathrm{KL}\left[p(x) \| q(x)\right]"),
        ("other_density", r"\mathbb{E}_{q(x)}[x]", r"\mathbb{E}_{p(x)}\left[x\right]"),
    ],
)
def test_operators(operator: str, formula: str, mutant: str) -> None:
    from grader.maths.notation import DEFAULT

    tree = parse(formula, DEFAULT)
    assert mutant in [to_latex(fresh) for name, fresh in answer_mutants(tree) if name == operator]


def test_operators_change_something() -> None:
    from grader.maths.notation import DEFAULT

    tree = parse(r"\frac{a}{2} - \log b_1^2", DEFAULT)
    found = list(answer_mutants(tree))
    assert all(fresh != tree for _, fresh in found)
    assert {name for name, _ in found} <= {*MUTATIONS, *CLAIMS, *ENTRIES}
    random.Random(1).shuffle(found)


def test_the_command_writes_a_summary(tiny: Path) -> None:
    out = tiny.parent / "summary.md"
    done = CliRunner().invoke(app, ["selftest", "--mutants", "--assignment", str(tiny), "--summary", str(out)])
    assert done.exit_code == 0, done.output
    text = out.read_text(encoding="utf-8")
    assert "| Q1 | " in text and "| Q1.a slope | the reference |" in text and "No fault." in text
    for wrong in (["--part", "Q1.a"], ["--mutants", "--only-examples"], ["--mutants", "--part", "Q9"]):
        assert CliRunner().invoke(app, ["selftest", "--assignment", str(tiny), *wrong]).exit_code == 2


def test_faults_are_told(tiny: Path) -> None:
    (tally, *_) = tried(tiny).values()
    data = tally.as_data() | {"faults": 1, "kept": [("sign", "a `b`", "agrees")]}
    assert line(data).startswith("FAIL") and "1 kept" in line(data)
    text = markdown([data])
    assert "**1 fault.**" in text and "`` a" not in text and "``a `b```" in text
    assert next(scores([data]))[0] == "Q1"


@pytest.mark.slow
def test_the_shipped_rubrics_have_no_fault_and_kill() -> None:
    assignment = Assignment(ROOT)
    found = list(tallies(assignment, ROOT / "submissions_example"))
    assert [(t.answer.name, t.faults) for t in found if t.faults] == []
    answers = [t for t in found if t.answer.spec is not None]
    assert all(t.real >= 20 and len(t.operators) >= 6 for t in answers), [(t.answer.name, t.real) for t in answers]
    assert sum(t.real for t in answers) <= MUTANTS * len(answers)
    for rubric, killed, real, seen, slips in scores([t.as_data() for t in found]):
        assert killed >= 0.98 * real and seen >= 0.85 * slips, (rubric, killed, real, seen, slips)
    mathematical = {p.id for _, p in assignment.parts if not p.id.startswith("Q5")}
    assert {t.answer.part.id for t in answers} == mathematical


# what the mutants of the shipped rubrics found, each at a part of its own
FOUND = {
    "Q2.1": "a false value on the way to two points with one image",
    "Q3.b": "another letter for the index of a sum",
    "Q3.d": "a factorization that fails in every model",
    "Q3.e": "a component within a claim of twice of it",
    "Q4.3": "a set in braces without all its values, a wrong polynomial",
}


@pytest.mark.parametrize("part", FOUND)
def test_what_was_found_stays_found(tmp_path: Path, assignment: Assignment, part: str) -> None:
    found = list(tallies(assignment, tmp_path, part))
    assert found and all(tally.faults == [] for tally in found)
    for tally in found:
        if tally.answer.spec is not None and tally.answer.spec.role is Role.FINAL_ANSWER:
            assert tally.killed == tally.real >= 20, [tally.open, tally.noticed]
    assert part != "Q3.b" or all(tally.rewritten >= 6 for tally in found)
    assert part != "Q4.3" or all(tally.killed >= 0.85 * tally.real for tally in found)
