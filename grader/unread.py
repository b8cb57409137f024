"""Reports of submissions of which nothing could be read, and what any report depends on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from grader.assignment import Assignment
from grader.maths.worlds import SEED
from grader.model import CheckResult, Outcome, PartReport, Points, Report, Role, Status


@cache
def _version(package: str) -> str:
    """The version of an installed package; asked once, as its files are read for it."""
    return metadata.version(package)


def provenance(assignment: Assignment) -> dict[str, Any]:
    """What the result depends on."""
    return {
        "grader": _version("homework-grader"),
        "rubric_sha256": assignment.sha256,
        "seed": SEED,
        "numpy": _version("numpy"),
        "sympy": _version("sympy"),
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
