"""A report with the marks that count: what people gave beside what the program found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grader.gradebook.book import Gradebook
from grader.gradebook.marks import mark_of
from grader.gradebook.records import Mark, Override
from grader.gradebook.summary import summarize, summary_of


def marked(report: Mapping[str, Any], overrides: Sequence[Override], *, audience: str = "student") -> dict[str, Any]:
    """The report with `mark` (schema `grader/mark/1`) at its head, in every part and in every check that was overridden.

    A `mark` is the range that counts now, `given` the points, reason and time of what a person gave (for an assistant also by
    whom, and whether the text changed since). The program's own `score` stays beside it. `overrides` are those that count.
    """
    parts = []
    marks = []
    for data, part in zip(report["parts"], summary_of(summarize(report)).parts, strict=True):
        own = [o for o in overrides if o.part == part.id]
        mark = mark_of(part, own)
        marks.append(mark)
        by_check = {o.check: o for o in mark.overrides}
        checks = [
            {**c, "mark": {"given": _given(by_check[c["id"]], audience)}} if c["id"] in by_check else c
            for c in data["checks"]
        ]
        whole = {"given": _given(by_check[None], audience)} if None in by_check else {}
        parts.append({**data, "mark": {**_range([mark]), **whole}, "checks": checks})
    head = {"schema": "grader/mark/1", **_range(marks)}
    return {**report, "mark": head, "parts": parts}


def marked_report(book: Gradebook, submission: str, *, audience: str = "student") -> dict[str, Any] | None:
    """The report of a submission with the marks that count; None if it has no result. Raises OperatorError (unknown id)."""
    book.submission(submission)
    report = book.report(submission)
    return None if report is None else marked(report, book.overrides(submission), audience=audience)


def _range(marks: Sequence[Mark]) -> dict[str, float]:
    sums = {name: round(sum(getattr(m, name) for m in marks), 4) for name in ("min", "max", "out_of")}
    return {name: int(x) if x == int(x) else x for name, x in sums.items()}


def _given(override: Override, audience: str) -> dict[str, Any]:
    out: dict[str, Any] = {
        "points": override.points,
        "reason": override.reason,
        "time": override.created_at,
    }
    return {**out, "author": override.author, "stale": override.stale} if audience == "ta" else out
