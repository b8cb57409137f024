"""References derived twice, rubrics whose examples come out as they should, faults that lint must see."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from grader.assignment import Assignment, shipped
from grader.examples import example_faults
from grader.lint import lint
from grader.references import Forms, disagreements
from grader.selftest import selftest

ASSIGNMENT = Assignment(shipped())
NAMES = sorted({q.reference for q in ASSIGNMENT.questions if q.reference})
MATHEMATICAL = [p for _, p in ASSIGNMENT.parts if not p.id.startswith("Q5")]


@pytest.mark.parametrize("name", NAMES)
def test_every_form_is_derived_twice_and_a_change_is_noticed(name: str) -> None:
    reference = ASSIGNMENT.reference(name)
    assert disagreements(reference, sorted(reference.derived)) == []


@pytest.mark.parametrize("name", NAMES)
def test_torch_agrees(name: str) -> None:
    pytest.importorskip("torch")
    module = ASSIGNMENT.reference(name).module
    if hasattr(module, "second_torch"):
        assert module.second_torch(Forms(module.derive())) == []


def test_accepted_and_rejected_answers() -> None:
    assert example_faults(ASSIGNMENT) == {}


@pytest.mark.parametrize("part", MATHEMATICAL, ids=lambda p: p.id)
def test_each_mathematical_part_has_six_of_each(part: object) -> None:
    checks = part.checks  # type: ignore[attr-defined]
    assert max(len(c.accepts) for c in checks) >= 6
    assert max(len(c.rejects) for c in checks) >= 6


def test_points_sum_as_the_statement_has_them() -> None:
    per_question = {1: [5], 2: [5, 5, 5, 6], 3: [3, 5, 2, 2, 3], 4: [1, 2, 1, 1, 2, 3], 5: [5, 5, 5, 5]}
    for question in ASSIGNMENT.questions:
        assert [p.points for p in question.parts] == per_question[question.number]
        for part in question.parts:
            assert sum(c.points for c in part.checks) == pytest.approx(part.points)
    assert sum(p.points for _, p in ASSIGNMENT.parts) == ASSIGNMENT.file.points == 71


def test_a_reference_answer_and_a_blank_come_out_as_they_should() -> None:
    rows = list(selftest(ASSIGNMENT, examples=ROOT / "rubrics"))  # a folder without examples: the rubrics alone
    assert len(rows) > 25
    assert [row for row in rows if row.faults] == []


# lint


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("rubrics", "reference"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def said(folder: Path, *, strict: bool = False) -> list[str]:
    return [str(f) for f in lint(folder, strict=strict) if f.severity == "error"]


def test_the_assignment_has_no_fault(copy: Path) -> None:
    assert said(copy) == []


# an edit of a reference, and what lint must say of it
BROKEN_REFERENCES = {
    "first derivation changed": ("q1", "(x - m) ** 2 / (2 * s**2)", "(x - m) ** 2 / (2 * s)", "kl_qp"),
    "first derivation removed": ("q2", "def derive()", "def derived()", "derive()"),
    "second derivation changed": (
        "q4",
        "return [-th * sigma(u) - gamma * p0",
        "return [th * sigma(u) - gamma * p0",
        "field",
    ),
    "second derivation removed": ("q3", "def second(", "def no_second(", "second()"),
    "one form no longer looked at": ("q2", '"rho_slope": (', '"rho_gone": (', "rho_"),
    "enumeration changed": (
        "q3",
        "reconstruction - inner - prior - elbo",
        "reconstruction + inner - prior - elbo",
        "(b)",
    ),
    "comparison made blind": ("q2", "> 1e-7 * max(1.0, abs(e))", "> 1e7", "not noticed"),
    "a form typed wrong": (
        "q3",
        r'"\log q(x_1|x_0) - \log q(x_T|x_0)"',
        r'"\log q(x_T|x_0) - \log q(x_1|x_0)"',
        "telescoped",
    ),
}


@pytest.mark.parametrize("name", BROKEN_REFERENCES)
def test_a_broken_reference_is_seen(copy: Path, name: str) -> None:
    module, old, new, word = BROKEN_REFERENCES[name]
    path = copy / "reference" / f"{module}.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    faults = said(copy)
    assert faults and any(word in fault for fault in faults), faults


def test_without_torch_lint_warns_and_strict_makes_it_a_fault(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert any(f.severity == "warning" and "torch" in f.message for f in lint(copy))
    assert any("torch" in fault for fault in said(copy, strict=True))


def test_rubric_files_are_yaml_without_surprises() -> None:
    for path in (ROOT / "rubrics").glob("*.yaml"):
        assert yaml.safe_load(path.read_text(encoding="utf-8"))
