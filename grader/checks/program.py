"""What the results of a Python answer say: right, wrong with a witness and the change that explains it, or for a person.

`incorrect` is said where two ordinary points have no right value under any way of calling; edges of the domain and unusual
sizes alone, small gaps and what is not ours to judge leave it to a person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from grader.checks import program_values as V
from grader.checks.context import Finding
from grader.checks.draws import EDGE, PLAIN, as_json
from grader.checks.program_specs import ProgramSpec
from grader.checks.trials import STUDENTS, Point, Trial
from grader.maths import numeric as N
from grader.maths.diagnose import numeric_change
from grader.model import Outcome, Witness
from grader.programs import Ending

MIN_WITNESSES: Final = 2
_UNREAD: Final = re.compile(r"object of type '(?:set|frozenset|dict|matrix|MaskedArray)'")
"""Values that hold the right numbers perhaps, in a form that is not handed out of the sandbox."""
_ENDLESS: Final = frozenset({"timeout", "memory"})
_NOT_HERE: Final = "ModuleNotFoundError"
"""A package that the student has and the sandbox has not says nothing of the answer."""


@dataclass(frozen=True, slots=True)
class Earning:
    """What one of the checks that a function stands for gets of it: a range of shares of its points."""

    check: str
    outcome: Outcome
    low: float
    high: float
    most: float = 1.0


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one function: the finding as a whole, and what each check gets."""

    finding: Finding
    earned: tuple[Earning, ...]


def judged(trial: Trial) -> Judged:
    """What a trial says of its function."""
    return _Verdict(trial.spec, trial).judged()


@dataclass(frozen=True, slots=True)
class _Verdict:
    spec: ProgramSpec
    trial: Trial

    def judged(self) -> Judged:
        spec = self.spec
        if (stopped := self.trial.stopped) is not None and stopped.ending not in STUDENTS:
            fault = stopped.ending is Ending.FAULT
            outcome = Outcome.FAULT if fault else Outcome.UNDECIDED
            finding = Finding(outcome, "fault" if fault else "not_run", evidence=self._evidence(stopped.message))
            return Judged(finding, tuple(Earning(row.check, outcome, 0.0, row.share, row.share) for row in spec.counts))
        rows = [self._row(i) for i in range(len(spec.counts))]
        earned = tuple(
            Earning(row.check, f.outcome, low * row.share, high * row.share, row.share)
            for row, f in zip(spec.counts, rows, strict=True)
            for low, high in [_share(f)]
        )
        ranked = sorted(rows, key=lambda f: _GRAVITY[f.outcome], reverse=True)
        return Judged(ranked[0], earned)

    def _row(self, index: int) -> Finding:
        """What the points of one check say."""
        mine = [p for p in self.trial.points if index in p.draw.rows and p.rank >= 0]
        most = max((p.tried for p in mine), default=0)  # points that were not tried in every way say nothing
        mine = [p for p in mine if p.rank == V.AGREES or p.tried == most]
        plain = [p for p in mine if p.kind == PLAIN] or mine
        wrong = [p for p in plain if p.rank in (V.DIFFERS, V.BAD)]
        near = [p for p in plain if p.rank == V.CLOSE]
        special = [p for p in mine if p.rank != V.AGREES and p not in wrong and p not in near]
        right = sum(p.rank == V.AGREES for p in mine)
        if not mine or (self.trial.unfinished and any(p.rank != V.AGREES for p in mine)):
            return Finding(Outcome.UNDECIDED, "budget", evidence=self._evidence())
        doubtful = next((p for p in wrong if p.note in ("unmatched", "module")), None)
        doubtful = doubtful or next((p for p in wrong if _UNREAD.search(p.message)), None)
        missing = next((p for p in wrong if p.message.startswith(_NOT_HERE)), None)
        if doubtful is not None or missing is not None:
            point = missing or doubtful
            assert point is not None
            note = "module" if missing is not None else "unmatched"
            return Finding(Outcome.UNDECIDED, note, evidence=self._evidence(point.message, point.line))
        enough = min(MIN_WITNESSES, len(plain))
        if any(p.note in _ENDLESS for p in wrong):
            enough = 1  # it was called twice at least, in other ways
        if len(wrong) >= enough and wrong:
            return self._wrong(wrong, plain)
        if wrong or near:
            first = (wrong or near)[0]
            note = "one_point" if wrong else "nearly"
            return Finding(Outcome.UNDECIDED, note, evidence=self._evidence(), witness=self._witness(first))
        if special:
            note = "fails_at_boundary" if any(p.kind == EDGE for p in special) else "fails_at_scale"
            return Finding(
                Outcome.UNDECIDED, note, evidence=self._evidence(special[0].message), witness=self._witness(special[0])
            )
        if self.trial.slopes is False:
            return Finding(Outcome.UNDECIDED, "gradient_differs", evidence=self._evidence())
        evidence = {**self._evidence(), "points": right}
        return Finding(Outcome.CORRECT, "agrees", evidence=evidence)

    def _wrong(self, wrong: Sequence[Point], plain: Sequence[Point]) -> Finding:
        valued = [p for p in wrong if p.rank == V.DIFFERS]
        if not valued:
            point = wrong[0]
            witness = self._witness(point) if self.spec.arguments and point.note != "shape" else None
            evidence = self._evidence(point.message, point.line)
            return Finding(Outcome.INCORRECT, point.note or "error", evidence=evidence, witness=witness)
        known = [p for p in plain if p.value is not None and p.rank >= V.DIFFERS]
        values = np.stack([p.value for p in known if p.value is not None])
        right = np.stack([p.draw.right[p.sample] for p in known])
        note, diagnosis = "differs", self._diagnosis(known, values, right)
        fraction = None
        if self.spec.asks == "terms" and np.allclose(_balance(values), _balance(right), rtol=1e-6):
            return Finding(
                Outcome.UNDECIDED, "another_split", evidence=self._evidence(), witness=self._witness(valued[0])
            )
        if self.spec.entries:
            hits = np.abs(values - right) <= 1e-6 * np.maximum(np.abs(right), 1e-3)
            fraction = float(hits.all(axis=0).mean())
            note = "some_entries" if fraction else note
        return Finding(
            Outcome.INCORRECT,
            note,
            evidence=self._evidence(),
            witness=self._witness(valued[0]),
            diagnosis=diagnosis,
            fraction=fraction,
        )

    def _diagnosis(self, points: Sequence[Point], values: N.Array, right: N.Array) -> str | None:
        """The change that explains all points."""
        if self.spec.asks == "witness":
            gap = np.abs(values[:, 0] - values[:, 1])
            return "same_point" if (gap <= 1e-6).all() else None
        for i, other in enumerate(self.spec.instead):
            taken = np.stack([p.draw.instead[i][p.sample] for p in points])
            if taken.shape == values.shape and all(
                V.same(v, t, True, False) == V.AGREES for v, t in zip(values, taken, strict=True)
            ):
                return f"instead_of {other.name}"
        if self.spec.asks == "eigenvalues":
            opposite = all(V.same_set(-v, r, False, False) == V.AGREES for v, r in zip(values, right, strict=True))
            return "sign" if opposite else None
        if values.ndim == 3 and np.allclose(np.swapaxes(values, 1, 2), right, rtol=1e-6, atol=1e-9):
            return "transposed"
        return numeric_change(list(values.reshape(-1)), list(right.reshape(-1)))

    def _witness(self, point: Point) -> Witness:
        left = None if point.value is None else as_json(point.value)
        right = None if self.spec.asks == "witness" else as_json(point.draw.right[point.sample])
        return Witness(point.draw.values(point.sample), left, right)

    def _evidence(self, cause: str = "", line: int | None = None) -> dict[str, Any]:
        out: dict[str, Any] = {"function": self.spec.function}
        if cause:
            out["cause"] = cause[:300]
        if line is not None:
            out["line"] = line
        return out


_GRAVITY: Final = {
    Outcome.CORRECT: 0,
    Outcome.UNDECIDED: 1,
    Outcome.FAULT: 2,
    Outcome.INCORRECT: 3,
}


def _share(finding: Finding) -> tuple[float, float]:
    """The range of shares that a finding is worth."""
    if finding.outcome is Outcome.CORRECT:
        return 1.0, 1.0
    if finding.outcome is Outcome.INCORRECT:
        share = finding.fraction or 0.0
        return share, share
    return 0.0, 1.0


def _balance(values: N.Array) -> N.Array:
    """First minus the rest: what terms add up to."""
    return np.asarray(values[:, 0] - values[:, 1:].sum(axis=1))
