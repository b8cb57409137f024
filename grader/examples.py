"""Examples of a rubric: answers that a check must accept or reject, graded as a part of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from grader.assignment import Assignment
from grader.checks.context import Finding
from grader.checks.specs import CheckBase
from grader.grade_part import run_check
from grader.maths.blocks import Judge
from grader.maths.worlds import World
from grader.model import Outcome
from grader.reading.outline import Located, Piece
from grader.reading.reader import read_files
from grader.rubric import Part, Question
from grader.submission import Submission


def as_markdown(text: str) -> str:
    """An example as a file: a text without a dollar is one formula."""
    body = text if "$" in text or "\n" in text else f"$$ {text} $$"
    return (body if text.strip() else "-") + "\n"


def graded(assignment: Assignment, question: Question, part: Part, spec: CheckBase, text: str) -> Finding:
    """What one check says of a text that is the whole part.

    A text without a dollar is one formula; checks that `spec` needs are taken to be met.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "example.md"
        path.write_text(as_markdown(text), encoding="utf-8")
        document, _ = read_files([path])
    pieces = [Piece(0, len(document.blocks) - 1)] if document.blocks and text.strip() else []
    submission = Submission(assignment, document, Located({part.id: pieces}, {}))
    judge = assignment.judge(part.id)
    judge = judge or Judge(World())
    for _, other in assignment.parts:
        world = assignment.judge(other.id)
        notation = world.world.notation if world else judge.world.notation
        submission.texts[other.id] = submission.part_text(other.id, world, notation)
    return run_check(submission, question, judge, spec, submission.texts[part.id])


def example_faults(assignment: Assignment) -> Mapping[tuple[str, str], list[str]]:
    """For each check the examples that do not come out as they should, in words."""
    out: dict[tuple[str, str], list[str]] = {}
    for question, part in assignment.parts:
        for spec in part.checks:
            faults = []
            for text in spec.accepts:
                found = graded(assignment, question, part, spec, text)
                if found.outcome is not Outcome.CORRECT:
                    faults.append(f"is to be accepted and is {found.outcome} ({found.note}): {text}")
            for text in spec.rejects:
                found = graded(assignment, question, part, spec, text)
                if found.outcome in (Outcome.CORRECT, Outcome.FAULT):
                    faults.append(f"is to be rejected and is {found.outcome} ({found.note}): {text}")
            if faults:
                out[(part.id, spec.id)] = faults
    return out
