"""Final answers found, and judged, in the text around them: the table `finals.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import cases

from grader.assignment import Assignment
from grader.grade import grade

ROWS = cases("finals.yaml")


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["id"])
def test_final_answer(row: dict[str, Any], assignment: Assignment, tmp_path: Path) -> None:
    path = tmp_path / "answer.md"
    question, _, part = row["part"][1:].partition(".")
    label = f"## {question}.{part}\n\n" if part else ""
    path.write_text(f"# Question {question}\n\n{label}{row['text']}\n", encoding="utf-8")
    report = grade([path], assignment)
    found = next(c for p in report.parts if p.id == row["part"] for c in p.checks if c.id == row["check"])
    assert found.outcome.value == row["outcome"], (found.note, found.evidence)
    if row["outcome"] == "incorrect":
        assert found.evidence["witness"]
        assert found.spans
