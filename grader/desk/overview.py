"""The class as rows, for tables on screens and in files."""

from __future__ import annotations

from collections.abc import Iterator

from grader.gradebook import Gradebook, Override, counted
from grader.report.class_table import Row


def class_rows(book: Gradebook) -> Iterator[Row]:
    """All submissions, whether they have a result or not; what people gave is counted."""
    given: dict[str, list[Override]] = {}
    for override in book.overrides():
        given.setdefault(override.submission, []).append(override)
    results = book.results()
    result = next(results, None)
    for submission in book.each():
        who = ", ".join(p.name or p.email or p.sid for p in submission.submitters)
        if result is not None and result.submission == submission.id:
            summary = counted(result.summary, given.get(submission.id, ()))
            yield submission.id, who, summary, result.status, result.notes
            result = next(results, None)
        else:
            yield submission.id, who, None, "fault", ()
