"""The main line: a submission's files to a report.

file -> Document (blocks with spans) -> parts -> chains -> checks in the part's world -> findings -> points -> report
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from grader.assignment import Assignment
from grader.exchange import exchanged, misplaced
from grader.grade_part import grade_part
from grader.handed_in import passages, text_sha256
from grader.maths.memory import one_submission
from grader.maths.notation import DEFAULT
from grader.model import PartReport, Report
from grader.programs import Runner
from grader.python_answers import Answered, python_answers
from grader.reading.document import Document
from grader.reading.outline import Located
from grader.reading.part_text import PartText
from grader.reading.reader import read_files
from grader.reading.sections import locate
from grader.scoring import total
from grader.submission import Submission
from grader.unread import provenance
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
    found = [*document.problems, *(misplaced(document, located, *pair) for pair in pairs)]
    problems = tuple(submission.problem(p) for p in found)
    name = submission_id or paths[0].stem
    files = tuple(p.name for p in paths)
    return Report(name, files, digest, provenance(assignment), score, tuple(parts), problems)


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
