"""Errors carried forward between functions: does a wrong value follow from what an earlier function of the same file gives?

A matrix beside the derivatives of the student's own field (by differences at the origin), eigenvalues beside those of the
student's own matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from grader.checks import program_values as V
from grader.checks.context import Finding
from grader.checks.draws import PLAIN
from grader.checks.program import Judged
from grader.checks.program_specs import FollowsFrom, ProgramSpec
from grader.checks.trials import Point, Trial, spread
from grader.maths import numeric as N
from grader.model import Outcome
from grader.programs import Array, Case, Ending, Feed, Limits, Plain, Ran

_STEP: Final = 1e-4
_TOLERANCE: Final = 1e-5
"""Central differences with this step are right to some 1e-8 for a field of moderate slopes."""
_POINTS: Final = 4


@dataclass(frozen=True, slots=True)
class Followed:
    """What to run to see whether a trial's values follow from an earlier function: some cases for each of some points."""

    link: FollowsFrom
    points: tuple[Point, ...]
    cases: tuple[tuple[Case, ...], ...]


def may_follow(said: Judged, earlier: Judged) -> bool:
    """Whether a wrong value may come from an earlier one that is not right itself."""
    wrong = said.finding.outcome is Outcome.INCORRECT and said.finding.note in ("differs", "some_entries")
    before = earlier.finding.outcome is Outcome.INCORRECT or earlier.finding.note == "follows_from_earlier"
    return wrong and before


def followed(trial: Trial, link: FollowsFrom, earlier: ProgramSpec) -> Followed | None:
    """The cases of the earlier function; None where it cannot be called as the later one was."""
    known = set(trial.spec.arguments)
    free = [a for a in earlier.arguments if a not in known]
    if link.how == "eigenvalues" and (free or earlier.arguments != trial.spec.arguments):
        return None
    points = spread([p for p in trial.points if p.kind == PLAIN and p.value is not None], _POINTS)
    limits = trial.spec.limits
    cases = []
    for point in points:
        at = dict(zip(trial.spec.arguments, (float(a[point.sample]) for a in point.draw.arguments), strict=True))
        rows: list[tuple[float, ...]] = []
        if link.how == "eigenvalues":
            rows.append(tuple(at[a] for a in earlier.arguments))
        else:
            for moved in free:
                for step in (_STEP, -_STEP):
                    rows.append(tuple(at.get(a, step if a == moved else 0.0) for a in earlier.arguments))
        feed: Feed = "torch" if trial.torch else "float"
        own = Limits(limits.seconds, limits.memory_mb, limits.output_kb)
        cases.append(tuple(Case(earlier.function, tuple(map(_fed, row)), feed, limits=own) for row in rows))
    return Followed(link, tuple(points), tuple(cases)) if points else None


def _fed(number: float) -> Plain:
    """A number as an array, which alone becomes a tensor where tensors are asked for."""
    return Array("float64", (), np.float64(number).tobytes())


def settled(said: Judged, asked: Followed, results: Sequence[Sequence[Ran]]) -> Judged:
    """The judgement once it is known what follows from the earlier function: nothing is charged twice."""
    verdicts = []
    for point, rans in zip(asked.points, results, strict=True):
        own = _own(asked.link, point, rans)
        if own is None or point.value is None:
            return said
        verdicts.append(_agrees(asked.link, point.value, own))
    if all(verdicts):
        finding = Finding(Outcome.CORRECT, "follows_from_earlier", evidence=said.finding.evidence)
        earned = tuple(replace(e, outcome=Outcome.CORRECT, low=e.most, high=e.most) for e in said.earned)
        return Judged(finding, earned)
    return Judged(replace(said.finding, note="differs_from_own", witness=None, diagnosis=None), said.earned)


def _own(link: FollowsFrom, point: Point, rans: Sequence[Ran]) -> N.Array | None:
    """What the earlier function says should stand here; None where it gives nothing usable."""
    size = point.draw.right.shape[1]
    entries = (size, size) if link.how == "eigenvalues" else (size,)
    values = []
    for ran in rans:
        if ran.ending is not Ending.OK:
            return None
        try:
            values.append(V.numbers(ran.value, 1, entries, batch=False)[0].values[0])
        except (V.Unusable, V.WrongShape):
            return None
    if not all(np.isfinite(v).all() for v in values):
        return None
    if link.how == "eigenvalues":
        return np.asarray(np.linalg.eigvals(values[0]))
    columns = [(plus - minus) / (2 * _STEP) for plus, minus in zip(values[::2], values[1::2], strict=True)]
    return np.stack(columns, axis=1)


def _agrees(link: FollowsFrom, value: N.Array, own: N.Array) -> bool:
    if value.shape != own.shape:
        return False
    beside = V.matched(value, own) if link.how == "eigenvalues" else value
    return bool(np.abs(beside - own).max() <= _TOLERANCE * max(1.0, float(np.abs(own).max())) * 10)
