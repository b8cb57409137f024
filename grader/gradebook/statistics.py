"""A class in figures: per part and check, what goes wrong most and where, what the program could not decide.

Results and reports are read one after the other; only counts and a few examples stay in memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from grader.gradebook.book import Gradebook
from grader.gradebook.marks import mark_of
from grader.gradebook.records import Override
from grader.gradebook.summary import CheckMark, PartMark

BINS: Final = 10
_EXAMPLES: Final = 5
_KINDS: Final = 200
"""Diagnoses counted apart: the kinds of slips are some forty, times the parts."""


@dataclass(frozen=True, slots=True)
class PartFigures:
    """The marks of one part, what people gave included."""

    id: str
    """The part; empty for the whole."""
    out_of: float
    """What it is worth."""
    settled: int
    """Submissions in which no point is open."""
    open: int
    """Submissions in which points are left."""
    histogram: tuple[int, ...]
    """Settled marks in ten bins of equal width from 0 to `out_of`, the last with full marks."""
    quartiles: tuple[float, float, float, float, float] | None
    """Of settled marks: least, first quartile, median, third, most; linear between neighbours; null without any."""
    mean: float | None
    """Of settled marks; null without any."""
    mean_min: float
    """The mean over all, with what is sure."""
    mean_max: float
    """The mean over all, with what is possible."""


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """One check over the class."""

    part: str
    """The part."""
    check: str
    """The check."""
    title: Mapping[str, str]
    """Its title, by language."""
    out_of: float
    """What it is worth."""
    full: int
    """Submissions that got all its points."""
    partial: int
    """Some of them."""
    none: int
    """None of them."""
    missing: int
    """Of these, those that wrote nothing there."""
    open: int
    """Submissions in which it waits for a person."""
    open_points: float
    """Points that are open in them."""

    @property
    def failing(self) -> float | None:
        """The share of those settled that did not get all; None if nothing is settled."""
        settled = self.full + self.partial + self.none
        return (self.partial + self.none) / settled if settled else None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What goes wrong in wrong lines and answers."""

    part: str
    """The part."""
    kind: str
    """The slip, or the note where none is known."""
    count: int
    """In so many submissions."""
    examples: tuple[tuple[str, str, int], ...]
    """Where, for example: submission, file, line."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The class in figures."""

    submissions: int
    """Submissions with a result."""
    total: PartFigures
    """The figures of the whole."""
    parts: tuple[PartFigures, ...]
    """The figures of each part."""
    checks: tuple[CheckFigures, ...]
    """The figures of each check."""
    diagnoses: tuple[Diagnosis, ...]
    """What goes wrong in wrong lines and answers, the most frequent first."""

    def undecided(self) -> tuple[CheckFigures, ...]:
        """The checks that leave most points open, first those with most."""
        return tuple(sorted((c for c in self.checks if c.open), key=lambda c: (-c.open_points, c.part, c.check)))

    def data(self) -> dict[str, Any]:
        """As plain data, schema `grader/stats/1`."""
        checks = [{**asdict(c), "failing": c.failing} for c in self.checks]
        return {
            "schema": "grader/stats/1",
            "submissions": self.submissions,
            "total": asdict(self.total),
            "parts": [asdict(p) for p in self.parts],
            "checks": checks,
            "diagnoses": [asdict(d) for d in self.diagnoses],
            "undecided": [{"part": c.part, "check": c.check, "open": c.open, "points": c.open_points} for c in self.undecided()],
        }  # fmt: skip


@dataclass(slots=True)
class _Part:
    """Counts of one part while results go by: marks are multiples of some share of a point, so few values occur."""

    id: str
    out_of: float
    marks: Counter[float] = field(default_factory=Counter)
    open: int = 0
    low: float = 0.0
    high: float = 0.0

    def add(self, low: float, high: float) -> None:
        self.low += low
        self.high += high
        if high > low:
            self.open += 1
        else:
            self.marks[round(low, 4)] += 1

    def figures(self) -> PartFigures:
        bins = [0] * BINS
        for mark, n in self.marks.items():
            bins[min(int(BINS * mark / self.out_of + 1e-9), BINS - 1) if self.out_of else 0] += n
        settled = self.marks.total()
        mean = sum(m * n for m, n in self.marks.items()) / settled if settled else None
        count = settled + self.open
        return PartFigures(
            self.id, self.out_of, settled, self.open, tuple(bins), quartiles(self.marks),
            None if mean is None else round(mean, 4), round(self.low / count, 4), round(self.high / count, 4),
        )  # fmt: skip


def quartiles(marks: Mapping[float, int]) -> tuple[float, float, float, float, float] | None:
    """Least, first quartile, median, third quartile and most of counted values, linear between neighbours; None of none."""
    values = sorted(marks)
    count = sum(marks.values())
    if not count:
        return None

    def at(place: int) -> float:
        for value in values:
            place -= marks[value]
            if place < 0:
                return value
        return values[-1]

    def quantile(quarter: int) -> float:
        whole, rest = divmod(quarter * (count - 1), 4)
        return round(at(whole) + (at(whole + 1) - at(whole)) * rest / 4, 4)

    return quantile(0), quantile(1), quantile(2), quantile(3), quantile(4)


@dataclass(slots=True)
class _Check:
    title: Mapping[str, str]
    out_of: float
    counts: Counter[str] = field(default_factory=Counter)
    open_points: float = 0.0

    def add(self, check: CheckMark, override: Override | None, whole: bool) -> None:
        low, high = (override.points, override.points) if override is not None else (check.min, check.max)
        if override is None and whole:
            return  # a mark for the part says nothing of its checks
        if high > low:
            self.counts["open"] += 1
            self.open_points += high - low
            return
        self.counts["full" if low >= check.out_of else "partial" if low > 0 else "none"] += 1
        if override is None and check.outcome == "missing":
            self.counts["missing"] += 1

    def figures(self, part: str, check: str) -> CheckFigures:
        full, partial, none, missing, open_ = (self.counts[k] for k in ("full", "partial", "none", "missing", "open"))
        points = round(self.open_points, 4)
        return CheckFigures(part, check, self.title, self.out_of, full, partial, none, missing, open_, points)


def statistics(book: Gradebook) -> Statistics:
    """The figures of a gradebook as it is now, overrides counted. Raises GradebookError."""
    parts: dict[str, _Part] = {}
    checks: dict[tuple[str, str], _Check] = {}
    total = _Part("", 0.0)
    wrong = _Wrong()
    count = 0
    for result in book.results():
        count += 1
        given = book.overrides(result.submission)
        low = high = 0.0
        for part in result.summary.parts:
            own = [o for o in given if o.part == part.id]
            mark = mark_of(part, own)
            parts.setdefault(part.id, _Part(part.id, part.out_of)).add(mark.min, mark.max)
            low, high = low + mark.min, high + mark.max
            _add_checks(checks, part, own)
        total.out_of = max(total.out_of, sum(p.out_of for p in result.summary.parts))
        total.add(round(low, 6), round(high, 6))
        text = book.report_text(result.submission)
        if text is not None and '"incorrect"' in text:  # read only where there is something to count
            wrong.add(result.submission, json.loads(text))
    figures = [c.figures(part, check) for (part, check), c in checks.items()]
    whole = total.figures() if count else PartFigures("", 0.0, 0, 0, (0,) * BINS, None, None, 0.0, 0.0)
    return Statistics(count, whole, tuple(p.figures() for p in parts.values()), tuple(figures), wrong.most())


def _add_checks(checks: dict[tuple[str, str], _Check], part: PartMark, given: Iterable[Override]) -> None:
    by_check = {o.check: o for o in given}
    for check in part.checks:
        if not check.out_of:
            continue
        kept = checks.setdefault((part.id, check.id), _Check(check.title, check.out_of))
        kept.add(check, by_check.get(check.id), None in by_check)


class _Wrong:
    """Diagnoses by part and kind; each counts once a submission."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.examples: dict[tuple[str, str], list[tuple[str, str, int]]] = {}

    def add(self, submission: str, report: Mapping[str, Any]) -> None:
        found: dict[tuple[str, str], tuple[str, str, int]] = {}
        for part in report["parts"]:
            for step in part["steps"]:
                if step["outcome"] == "incorrect" and step["consequence_of"] is None:
                    kind = (step["diagnosis"] or step["note"]).partition(" ")[0]
                    found.setdefault((part["id"], kind), (submission, step["span"]["file"], step["span"]["line"]))
            for check in part["checks"]:
                if check["outcome"] == "incorrect":
                    kind = (check["evidence"].get("diagnosis") or check["note"]).partition(" ")[0]
                    file, line = next(((s["file"], s["line"]) for s in reversed(check["spans"])), ("", 0))
                    found.setdefault((part["id"], kind), (submission, file, line))
        for key, place in found.items():
            if key not in self.counts and len(self.counts) >= _KINDS:
                continue
            self.counts[key] += 1
            examples = self.examples.setdefault(key, [])
            if len(examples) < _EXAMPLES:
                examples.append(place)

    def most(self) -> tuple[Diagnosis, ...]:
        """Most frequent first."""
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Diagnosis(*key, n, tuple(self.examples[key])) for key, n in ranked)
