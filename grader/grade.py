"""The main line: a submission's files to a report.

file -> Document (blocks with spans) -> parts -> chains -> checks in the part's world -> findings -> points -> report
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from grader.assignment import Assignment
from grader.checks import CHECKS
from grader.checks.context import Finding, PartContext
from grader.checks.specs import Target
from grader.errors import EvaluationError
from grader.maths.notation import DEFAULT as _PLAIN
from grader.maths.worlds import SEED
from grader.model import CheckResult, Outcome, PartReport, Points, Report, Role, Status
from grader.reading.claims import PartText, read_part
from grader.reading.reader import read_files
from grader.reading.sections import locate
from grader.rubric import Part, Question
from grader.scoring import points_of, status_of, total
from grader.source import SourceMap
from grader.steps import steps_of

BUGS = (ArithmeticError, LookupError, TypeError, ValueError, AssertionError, AttributeError, RecursionError)
"""What a mistake of ours raises; student and author errors have classes of their own."""


_NOT_RIGHT = frozenset({Outcome.INCORRECT, Outcome.UNDECIDED, Outcome.UNREADABLE, Outcome.FAULT})


def grade(paths: Sequence[Path], assignment: Assignment, submission_id: str | None = None) -> Report:
    """Grade the files of one submission together.

    Raises OperatorError for files that cannot be opened, ReadError when nothing at all can be read.
    """
    document, digest = read_files(paths)
    located = locate(document, assignment.outline())
    texts: dict[str, PartText] = {}
    for _, part in assignment.parts:
        judge = assignment.judge(part.id)
        notation = judge.world.notation if judge else _PLAIN
        texts[part.id] = read_part(document.blocks, located.parts.get(part.id, []), notation, part.id)
    parts: list[PartReport] = []
    outcomes: dict[str, Outcome] = {}
    for question, part in assignment.parts:
        orders = frozenset(order for p in question.parts for order in texts[p.id].tuples)
        parts.append(_grade_part(question, part, texts[part.id], orders, outcomes, assignment, document.source))
    problems = tuple(
        {"note": p.note, "message": p.message, **_span(document.source, p.start, p.end)} for p in document.problems
    )
    score = total([p.score for p in parts], assignment.file.points)
    name = submission_id or paths[0].stem
    return Report(name, tuple(p.name for p in paths), digest, provenance(assignment), score, tuple(parts), problems)


def _grade_part(
    question: Question,
    part: Part,
    text: PartText,
    orders: frozenset[tuple[str, ...]],
    outcomes: dict[str, Outcome],
    assignment: Assignment,
    source: SourceMap,
) -> PartReport:
    judge = assignment.judge(part.id)
    steps = steps_of(text, judge, source, part.id)
    checks: list[CheckResult] = []
    if judge is None or not part.checks:
        finding = (
            Finding(Outcome.MISSING, "nothing_handed_in") if text.empty else Finding(Outcome.UNDECIDED, "no_rubric_yet")
        )
        checks.append(_result("manual", Role.MANUAL, finding, part.points, part.title.model_dump(), source))
    else:

        def target(wanted: Target) -> Any:
            return assignment.target(question, judge, wanted.derived, wanted.latex)

        context = PartContext(text, judge, target, orders)
        for spec in part.checks:
            try:
                finding = CHECKS[spec.type](spec, context)
            except EvaluationError as error:
                finding = Finding(Outcome.UNDECIDED, error.note, evidence={"detail": error.detail})
            except BUGS as error:  # ours, so never the student's: the check goes to a person
                finding = Finding(Outcome.FAULT, "fault", evidence={"detail": f"{type(error).__name__}: {error}"})
            if finding.outcome is Outcome.INCORRECT and any(outcomes.get(name) in _NOT_RIGHT for name in spec.after):
                finding = replace(finding, outcome=Outcome.UNDECIDED, note="may_follow_from_earlier", fraction=None)
            outcomes[f"{part.id}.{spec.id}"] = finding.outcome
            checks.append(_result(spec.id, spec.role, finding, spec.points, spec.title.model_dump(), source))
    score = total([c.points for c in checks], part.points)
    readable = bool(text.chains) or bool(text.prose)
    status = status_of(checks, score, handed_in=not text.empty, readable=readable)
    found = tuple(c.spans[0] for c in checks if c.spans and c.id == "manual")
    return PartReport(part.id, part.title.model_dump(), score, status, tuple(checks), steps, found)


def _result(
    name: str, role: Role, finding: Finding, points: float, title: dict[str, str], source: SourceMap
) -> CheckResult:
    evidence: dict[str, Any] = {**finding.evidence}
    if finding.witness is not None:
        evidence["witness"] = {
            "values": finding.witness.values,
            "left": finding.witness.left,
            "right": finding.witness.right,
        }
    if finding.diagnosis:
        evidence["diagnosis"] = finding.diagnosis
    spans = tuple(source.span(start, end) for start, end in finding.places)
    if finding.places:
        evidence["quote"] = source.text(*finding.places[-1])[:400]
    return CheckResult(
        name, role, finding.outcome, points_of(finding, points), finding.note, title, evidence, spans, finding.fraction
    )


def _span(source: SourceMap, start: int, end: int) -> dict[str, Any]:
    span = source.span(start, end)
    excerpt, column = source.excerpt(start)
    return {"file": span.file, "line": span.line, "column": span.column, "source": excerpt, "source_column": column}


def provenance(assignment: Assignment) -> dict[str, Any]:
    """What the result depends on."""
    return {
        "grader": metadata.version("homework-grader"),
        "rubric_sha256": assignment.sha256,
        "seed": SEED,
        "numpy": metadata.version("numpy"),
        "sympy": metadata.version("sympy"),
    }


def unreadable_report(
    paths: Sequence[Path], assignment: Assignment, note: str, message: str, place: dict[str, Any]
) -> Report:
    """A report that says that nothing could be read; every part goes to a person."""
    parts = []
    for _, part in assignment.parts:
        checks = tuple(
            CheckResult(c.id, c.role, Outcome.UNREADABLE, Points(0.0, c.points, c.points), note, c.title.model_dump())
            for c in part.checks
        ) or (
            CheckResult(
                "manual",
                Role.MANUAL,
                Outcome.UNREADABLE,
                Points(0.0, part.points, part.points),
                note,
                part.title.model_dump(),
            ),
        )
        parts.append(
            PartReport(
                part.id, part.title.model_dump(), Points(0.0, part.points, part.points), Status.UNREADABLE, checks, ()
            )
        )
    digest = hashlib.sha256(b"".join(str(p).encode() for p in paths)).hexdigest()
    score = Points(0.0, assignment.file.points, assignment.file.points)
    problem = {"note": note, "message": message, **place}
    return Report(
        paths[0].stem, tuple(p.name for p in paths), digest, provenance(assignment), score, tuple(parts), (problem,)
    )
