"""From findings to points: a range [min, max]; only correct, incorrect and missing become points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.checks.context import Finding
from grader.model import CheckResult, Outcome, Points, Status

_DECIDED = {Outcome.CORRECT: 1.0, Outcome.INCORRECT: 0.0, Outcome.MISSING: 0.0}


def points_of(finding: Finding, out_of: float) -> Points:
    """The points one finding is sure of and could still get."""
    if finding.share is not None:
        low, high = finding.share
        return Points(round(out_of * low, 6), round(out_of * high, 6), out_of)
    share = _DECIDED.get(finding.outcome)
    if share is None:
        return Points(0.0, out_of, out_of)
    if finding.fraction is not None and finding.outcome is Outcome.INCORRECT:
        share = finding.fraction
    value = round(out_of * share, 6)
    return Points(value, value, out_of)


def better(
    checks: Sequence[CheckResult], offers: Sequence[tuple[CheckResult, Mapping[str, Points]]]
) -> tuple[CheckResult, ...]:
    """The checks of a part and the answers that stand for some of them, each point counted once.

    An offer is a result and the points it would earn of each check, by id. Of each check the better answer counts and
    shows its points, out of the check's worth; the other is shown without points. What is sure of either is sure; of two
    that earn the same the written one counts.
    """
    own = {check.id: check for check in checks}
    counted = {result.id: Points(0.0, 0.0, 0.0) for result, _ in offers}
    for name, check in own.items():
        mine = check.points
        made = [(result.id, earned[name]) for result, earned in offers if name in earned]
        if not made:
            continue
        by, best = max(made, key=lambda offer: (offer[1].max, offer[1].min))
        sure = max(mine.min, *(points.min for _, points in made))
        written = check.outcome is not Outcome.MISSING
        if (best.max, best.min) < (mine.max, mine.min) or (written and best == mine):
            own[name] = replace(check, points=replace(mine, min=sure))
            continue
        so_far = counted[by]
        counted[by] = Points(so_far.min + sure, so_far.max + best.max, so_far.out_of + mine.out_of)
        evidence = {**check.evidence, "counted": by}
        own[name] = replace(check, points=Points(0.0, 0.0, 0.0), evidence=evidence)
    return (*own.values(), *(replace(result, points=_rounded(counted[result.id])) for result, _ in offers))


def _rounded(points: Points) -> Points:
    return Points(round(points.min, 6), round(points.max, 6), round(points.out_of, 6))


def total(points: Sequence[Points], out_of: float) -> Points:
    """The sum of ranges, never above what the part is worth."""
    low, high = sum(p.min for p in points), sum(p.max for p in points)
    return Points(round(min(low, out_of), 6), round(min(high, out_of), 6), out_of)


def status_of(checks: Sequence[CheckResult], score: Points, *, handed_in: bool, readable: bool) -> Status:
    """How a part stands: empty, waiting for a person, unreadable, or by its points."""
    if not handed_in:
        return Status.EMPTY
    if not readable:
        return Status.UNREADABLE
    if any(c.points.max > c.points.min for c in checks):
        return Status.NEEDS_REVIEW
    if score.min >= score.out_of:
        return Status.CORRECT
    return Status.PARTIAL if score.min > 0 else Status.INCORRECT
