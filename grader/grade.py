"""The main line: a submission's files to a report.

file -> Document (blocks with spans) -> parts -> chains -> checks in the part's world -> findings -> points -> report
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from grader.assignment import Assignment
from grader.exchange import exchanged
from grader.grade_part import Submission, grade_part
from grader.handed_in import passages, text_sha256
from grader.maths.memory import forget
from grader.maths.notation import DEFAULT
from grader.maths.worlds import SEED
from grader.model import CheckResult, Outcome, PartReport, Points, Report, Role, Status
from grader.programs import Runner
from grader.python_answers import Answered, python_answers
from grader.reading.claims import PartText
from grader.reading.document import Document, Problem
from grader.reading.outline import Located
from grader.reading.reader import read_files
from grader.reading.sections import locate
from grader.scoring import total
from grader.written import written

Programs = Mapping[str, tuple[Answered, ...]]
"""What is said of the Python answers to each part."""


def grade(
    paths: Sequence[Path],
    assignment: Assignment,
    submission_id: str | None = None,
    runner: Runner | None = None,
    *,
    alone: bool = False,
) -> Report:
    """Grade the files of one submission together; `runner` runs its Python answers, which else wait for a person.

    With `alone` the files lie beside others' and may draw in none of them.
    Raises OperatorError for files that cannot be opened, ReadError when nothing at all can be read.
    """
    with one_submission():
        return _graded(paths, assignment, submission_id, runner, alone)


def _graded(
    paths: Sequence[Path], assignment: Assignment, submission_id: str | None, runner: Runner | None, alone: bool
) -> Report:
    document, digest = read_files(paths, alone=alone)
    programs = python_answers(document, assignment, runner)
    submission = read(document, assignment, programs)
    parts = [grade_part(submission, question, part) for question, part in assignment.parts]

    def trial(located: Located, part_id: str) -> PartReport:
        question, part = assignment.part(part_id)
        return grade_part(placed(document, assignment, located, programs, only=part_id), question, part)

    located, pairs = exchanged(submission.located, assignment.questions, parts, trial)
    if pairs:
        submission = placed(document, assignment, located, programs)
        parts = [grade_part(submission, question, part) for question, part in assignment.parts]
    parts = [
        replace(
            report,
            text_sha256=text_sha256(document, located, question, part, programs),
            found=passages(document, located, question, part) if report.score.max > report.score.min else (),
            written=written(document, located, question, part),
        )
        for report, (question, part) in zip(parts, assignment.parts, strict=True)
    ]
    score = total([p.score for p in parts], assignment.file.points)
    found = [*document.problems, *(misplaced(submission, *pair) for pair in pairs)]
    problems = tuple(submission.problem(p) for p in found)
    name = submission_id or paths[0].stem
    files = tuple(p.name for p in paths)
    return Report(name, files, digest, provenance(assignment), score, tuple(parts), problems)


@contextmanager
def one_submission() -> Iterator[None]:
    """What is found out about a submission's formulas is let go of at its end.

    The cyclic garbage collector waits until then: trees have no cycles and are many.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        forget()
        if running:
            gc.enable()


def read(document: Document, assignment: Assignment, programs: Programs | None = None) -> Submission:
    """A document's parts, read in their notation and not yet judged."""
    return placed(document, assignment, locate(document, assignment.outline()), programs)


def placed(
    document: Document, assignment: Assignment, located: Located, programs: Programs | None = None, only: str = ""
) -> Submission:
    """A document's parts as they are placed; with `only`, that part's text alone."""
    submission = Submission(assignment, document, located, programs=programs or {})
    for question, part in assignment.parts:
        judge = assignment.judge(part.id)
        notation = judge.world.notation if judge else DEFAULT
        here = not only or part.id == only
        text = submission.texts[part.id] = submission.part_text(part.id, judge, notation) if here else PartText()
        if judge is not None:  # what later parts rest on may decide how they are read
            assignment.offer(question, part, judge, text.chains)
    return submission


def misplaced(submission: Submission, one: str, other: str) -> Problem:
    """That two answers stand under each other's heading, at the first of them."""
    pieces = submission.located.parts[one] + submission.located.parts[other]
    block = submission.document.blocks[min(piece.first for piece in pieces)]
    text = f"the answers to {one} and {other} stand under each other's heading; each is graded for what it answers"
    return Problem("exchanged", text, block.start, block.end)


def provenance(assignment: Assignment) -> dict[str, Any]:
    """What the result depends on."""
    return {
        "grader": metadata.version("homework-grader"),
        "rubric_sha256": assignment.sha256,
        "seed": SEED,
        "numpy": metadata.version("numpy"),
        "sympy": metadata.version("sympy"),
        **({"kit": True} if assignment.kits else {}),
    }


def unreadable_report(
    paths: Sequence[Path], assignment: Assignment, note: str, message: str, sha256: str = ""
) -> Report:
    """A report that says that nothing could be read; every part goes to a person. `sha256` is the hash of the files."""
    parts = []
    for _, part in assignment.parts:
        title = part.title.model_dump()
        points = Points(0.0, part.points, part.points)
        checks = [
            CheckResult(c.id, c.role, Outcome.UNREADABLE, Points(0.0, c.points, c.points), note, c.title.model_dump())
            for c in part.checks
        ] or [CheckResult("manual", Role.MANUAL, Outcome.UNREADABLE, points, note, title)]
        part_report = PartReport(part.id, title, points, Status.UNREADABLE, tuple(checks), (), text_sha256=sha256)
        parts.append(part_report)
    score = Points(0.0, assignment.file.points, assignment.file.points)
    problem = {"note": note, "message": message, "file": paths[0].name, "line": 1, "column": 1}
    names = tuple(p.name for p in paths)
    return Report(paths[0].stem, names, sha256, provenance(assignment), score, tuple(parts), (problem,))
