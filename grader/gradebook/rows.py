"""Rows of the tables as records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from grader.gradebook.records import Override, Person, Result, Submission
from grader.gradebook.summary import Summary, summary_of

SUBMISSION: Final = (
    "id, source, origin, folder, files, submitters, created_at, sha256, wanted, graded, previous, present"
)
RESULT: Final = "r.submission, r.key, r.status, r.notes, r.summary, r.report_sha256, r.created_at"
OVERRIDE: Final = (
    "id, submission, part, check_id, points, reason, author, created_at, text_sha256, decision, "
    "ended_at, ended_how, ended_by, ended_why"
)


def now() -> str:
    """The time, in UTC to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def submission_of(row: Sequence[Any]) -> Submission:
    """A row of SUBMISSION."""
    return Submission(
        id=row[0],
        source=row[1],
        origin=row[2],
        folder=row[3],
        files=tuple(json.loads(row[4])),
        submitters=tuple(Person(**p) for p in json.loads(row[5])),
        created_at=row[6],
        sha256=row[7],
        wanted=row[8],
        graded=row[9],
        previous=row[10],
        present=bool(row[11]),
    )


def result_of(row: Sequence[Any]) -> Result:
    """A row of RESULT."""
    return Result(row[0], row[1], row[2], tuple(json.loads(row[3])), summary_of(json.loads(row[4])), row[5], row[6])


def override_of(row: Sequence[Any], summary: Summary | None) -> Override:
    """A row of OVERRIDE, held against what is graded now."""
    part = summary.part(row[2]) if summary is not None else None
    there = part is not None and (row[3] is None or any(c.id == row[3] for c in part.checks))
    stale = not there or part is None or part.text_sha256 != row[8]
    return Override(
        id=row[0],
        submission=row[1],
        part=row[2],
        check=row[3],
        points=row[4],
        reason=row[5],
        author=row[6],
        created_at=row[7],
        text_sha256=row[8],
        decision=row[9],
        ended_at=row[10],
        ended_how=row[11],
        ended_by=row[12],
        ended_why=row[13],
        stale=stale,
    )
