"""The mark of a part: what a person gave, else what the result says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.gradebook.records import Mark, Override
from grader.gradebook.summary import PartMark, Summary


def mark_of(part: PartMark, overrides: Sequence[Override]) -> Mark:
    """A part's mark from its result and the overrides of it that count.

    An override of the part settles it. Overrides of checks move the part's range by as much as they move the check's, and
    never below 0 or above what the part is worth; one of a check that is there no more moves nothing.
    """
    whole = next((o for o in overrides if o.check is None), None)
    if whole is not None:
        points = min(whole.points, part.out_of)
        return Mark(part.id, points, points, part.out_of, part.status, (whole,))
    checks = {check.id: check for check in part.checks}
    low, high = part.min, part.max
    used = []
    for override in overrides:
        check = checks.get(override.check or "")
        if check is None:
            continue
        points = min(override.points, check.out_of)
        low += points - check.min
        high += points - check.max
        used.append(override)
    low, high = (round(min(max(x, 0.0), part.out_of), 6) for x in (low, high))
    return Mark(part.id, low, high, part.out_of, part.status, tuple(used))


def counted(summary: Summary, overrides: Sequence[Override]) -> Summary:
    """The points of a result with the overrides that count; of its checks what the program says."""
    if not overrides:
        return summary
    marks = {p.id: mark_of(p, [o for o in overrides if o.part == p.id]) for p in summary.parts}
    parts = tuple(replace(p, min=marks[p.id].min, max=marks[p.id].max) for p in summary.parts)
    low, high = (round(sum(getattr(m, end) for m in marks.values()), 6) for end in ("min", "max"))
    return replace(summary, min=low, max=high, parts=parts)
