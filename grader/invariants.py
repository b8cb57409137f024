"""Laws of whole rubrics: more right work never lowers what an answer may earn.

What is added is the reference's own final answers, each boxed behind what the student wrote to its part; the part is then
graded by itself, before and after, so that nothing follows from other parts. Neither bound of its score may fall. A part of
which an answer was found under another heading is left out: where its text stands is then in doubt, and no longer is
after.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.assignment import Assignment
from grader.checks.specs import (
    CheckBase,
    ComponentCheck,
    ComponentsCheck,
    EigenvaluesCheck,
    PointCheck,
    ValueCheck,
)
from grader.grade import placed
from grader.grade_part import grade_part
from grader.maths.memory import one_submission
from grader.model import Points, Role
from grader.reading.document import Document
from grader.reading.reader import read_files
from grader.reading.sections import locate
from grader.rubric import Part, Question

_ASK_FOR_ONE: Final = (ValueCheck, ComponentsCheck, PointCheck, EigenvaluesCheck, ComponentCheck)
READ_AS_TEXT: Final = frozenset({".tex", ".md", ".txt"})


def reference_answer(assignment: Assignment, question: Question, part: Part, spec: CheckBase) -> str | None:
    """The reference's answer to a check as LaTeX; None for checks that ask for no one formula."""
    if not isinstance(spec, _ASK_FOR_ONE) or question.reference is None or assignment.judge(part.id) is None:
        return None
    if spec.target.derived is None:
        return None
    return assignment.reference(question.reference).derived[spec.target.derived]


def answers_lowering(assignment: Assignment, path: Path) -> Iterator[str]:
    """Parts of a submission whose score falls where right answers are added, in words."""
    document, _ = read_files([path])
    text = _with_answers(assignment, path, document)
    before = _alone(assignment, document)
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder) / path.name
        changed.write_text(text, encoding="utf-8")
        after = _alone(assignment, read_files([changed])[0])
    for part in sorted(before.keys() & after.keys()):
        old, new = before[part], after[part]
        if new.min < old.min - 1e-9 or new.max < old.max - 1e-9:
            yield f"{part}: {old.min:g} to {old.max:g}, and {new.min:g} to {new.max:g} with the right answers added"


def _alone(assignment: Assignment, document: Document) -> dict[str, Points]:
    """The score of each part that has final answers, graded as if nothing else had been handed in."""
    located = locate(document, assignment.outline())
    found = {}
    for question, part in assignment.parts:
        if located.parts.get(part.id) and _answers(assignment, question, part):
            with one_submission():
                submission = placed(document, assignment, located, only=part.id)
                report = grade_part(submission, question, part)
            if not any(c.note == "found_elsewhere" for c in report.checks):
                found[part.id] = report.score
    return found


def _answers(assignment: Assignment, question: Question, part: Part) -> list[str]:
    """What is added to a part, as formulas; sets that hold in one case only are left out."""
    found = []
    for spec in part.checks:
        answer = reference_answer(assignment, question, part, spec)
        if answer is None or spec.role is not Role.FINAL_ANSWER or (isinstance(spec, EigenvaluesCheck) and spec.regime):
            continue
        if isinstance(spec, (ValueCheck, ComponentsCheck)):
            name = f"{spec.named[0]} = " if spec.named else ""
            found.append(rf"{name}\boxed{{{answer}}}")
        elif isinstance(spec, EigenvaluesCheck):
            found.append(rf"{spec.label} \in {answer}")
        elif isinstance(spec, PointCheck):
            found.append(rf"\boxed{{{answer}}}")
    return found


def _with_answers(assignment: Assignment, path: Path, document: Document) -> str:
    """The file with the right answers behind each of its parts."""
    located = locate(document, assignment.outline())
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    behind: dict[int, list[str]] = {}
    for question, part in assignment.parts:
        pieces = located.parts.get(part.id)
        if pieces:
            block = document.blocks[pieces[-1].last]
            span = document.source.span(block.start, block.end)
            behind.setdefault(span.end_line, []).extend(_answers(assignment, question, part))
    for line in sorted(behind, reverse=True):
        lines[line:line] = ["", *(f"$$ {formula} $$\n" for formula in behind[line])]
    return "\n".join(lines)
