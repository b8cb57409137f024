"""The engine knows nothing of any assignment: no file under grader/ names a question, a reference or an answer of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from grader.assignment import Assignment

SOURCES: dict[Path, str] = {p: p.read_text(encoding="utf-8") for p in sorted((ROOT / "grader").rglob("*.py"))}
EVERYTHING = "\n".join(SOURCES.values())
FOLDERS = [ROOT, *sorted(p.parent.parent for p in ROOT.glob("assignments/*/rubrics/assignment.yaml"))]


def names_of(assignment: Assignment) -> Iterator[tuple[str, str]]:
    """What an assignment calls its own, with the pattern that finds it."""
    yield assignment.file.id, rf"\b{re.escape(assignment.file.id)}\b"
    for file in assignment.file.questions:
        yield file, rf"(?<![\w.]){re.escape(file)}\b"
    for question in assignment.questions:
        yield f"Q{question.number}", rf"\bQ{question.number}\b(?!\()"
        if question.reference is not None:
            name = re.escape(question.reference)
            yield question.reference, rf"[\"'`]{name}[\"'`]|reference[./]{name}\b|\b{name}\.py\b|import {name}\b"
            for form in assignment.reference(question.reference).derived:
                yield form, rf"\b{re.escape(form)}\b" if "_" in form else rf"derived\W+{re.escape(form)}\b"
        for part in question.parts:
            yield part.id, rf"\b{re.escape(part.id)}\b"
            for spec in part.checks:
                yield f"{part.id}.{spec.id}", rf"\b{re.escape(spec.id)}\b" if "_" in spec.id else rf"\.{spec.id}[\"'`]"
            for program in part.programs:
                yield program.function, rf"\b{re.escape(program.function)}\b"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_no_source_names_what_is_an_assignments_own(folder: Path) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, m.start()) + 1}: {name}"
        for name, pattern in sorted(set(names_of(Assignment(folder))))
        if re.search(pattern, EVERYTHING)
        for path, text in SOURCES.items()
        for m in re.finditer(pattern, text)
    ]
    assert found == []


def test_the_names_are_looked_for() -> None:
    names = dict(names_of(Assignment(ROOT)))
    assert len(names) > 150
    assert (
        re.search(names["q4"], 'load("q4")')
        and re.search(names["Q3.b"], "# as in Q3.b")
        and not re.search(names["q4"], "q4 = 3")
    )
