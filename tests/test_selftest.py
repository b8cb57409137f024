"""A rubric proves itself: what selftest must notice, on a tiny assignment that is spoilt in one place at a time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import ROOT

from grader.assignment import Assignment
from grader.invariants import answers_lowering
from grader.selftest import Row, selftest

KEY = """file: ada.md
parts:
  Q1.a: {mark: 4, max_width: 0}
  Q1.b: {mark: 3, max_width: 0}
  Q2: {mark: null, max_width: 2}
"""
ADA = r"""# Question 1

## (a)

$$ g'(z) = \frac{d}{dz} g(z) = \frac{d}{dz}(a z^2 + b z) = 2 a z + b $$

It is a polynomial, so it is differentiable.

## (b)

$$ g(z) = z (a z + b) = 0 \iff z = 0 \text{ or } z = -\frac{b}{a} $$

If $b \ne 0$ then $g(0) = 0 = g(-\frac{b}{a})$.

# Question 2

Because it is short.
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    shutil.copytree(ROOT / "tests" / "tiny", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "submissions_example").mkdir()
    (folder / "submissions_example" / "ada.md").write_text(ADA, encoding="utf-8")
    (folder / "submissions_example" / "ada.key.yaml").write_text(KEY, encoding="utf-8")
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(folder: Path) -> list[str]:
    rows: list[Row] = list(selftest(Assignment(folder)))
    return [f"{row.what}: {fault}" for row in rows for fault in row.faults]


def test_the_tiny_assignment_proves_itself(tiny: Path) -> None:
    assert faults(tiny) == []


SPOILT = {
    "an accepted answer that is not": ("rubrics/q1.yaml", "'2 a z + b'", "'2 a z - b'", "is to be accepted"),
    "a rejected answer that is right": ("rubrics/q1.yaml", "- 'a z + b'\n      - id", "- 'b + 2 z a'\n      - id", "is to be rejected"),
    "a mark that is not reached": ("submissions_example/ada.key.yaml", "mark: 4", "mark: 3", "does not hold 3"),
    "a range that is wider": ("submissions_example/ada.md", "It is a polynomial, so it is differentiable.", "It exists.", "wider than 0"),
    "a check that nothing meets": ("submissions_example/ada.md", "If $b \\ne 0$ then $g(0) = 0 = g(-\\frac{b}{a})$.", "", "folds: no text here is right by it"),
    "a reference that disagrees": ("reference/tiny.py", '"2 a z + b"', '"2 a z - b"', "slope at"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_is_noticed(tiny: Path, name: str) -> None:
    file, old, new, word = SPOILT[name]
    edit(tiny / file, old, new)
    assert any(word in fault for fault in faults(tiny)), faults(tiny)


def test_a_score_that_falls_where_right_answers_are_added_is_noticed(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grader.invariants as invariants

    assignment = Assignment(tiny)
    path = tiny / "submissions_example" / "ada.md"
    assert list(answers_lowering(assignment, path)) == []
    real = invariants._answers
    monkeypatch.setattr(
        invariants, "_answers", lambda *args: [text[:-1].replace("g'", "g'(z)") + " + 1}" for text in real(*args)]
    )
    assert list(answers_lowering(assignment, path)) != []
