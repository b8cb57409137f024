"""The mark of a part: what a person gave, else what the result says."""

from __future__ import annotations

from collections.abc import Sequence

from grader.gradebook.records import Mark, Override
from grader.gradebook.summary import PartMark


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
