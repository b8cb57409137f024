"""Ids and points: each id once and well formed, whatever is referred to there and before, points that sum."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from grader.lint.fault import Fault
from grader.lint.reading import RubricFile
from grader.plain_yaml import Path_
from grader.rubric import Part
from grader.validation import meant


@dataclass(slots=True)
class Known:
    """What rubrics may refer to: all checks in order (`Q7.check`), all functions, and what a fault kept from being read."""

    checks: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, files: Sequence[RubricFile]) -> Known:
        known = cls()
        for file in files:
            known.lost |= file.lost
            for _, part, spec in file.checks():
                known.checks.setdefault(f"{part.id}.{spec.id}", len(known.checks))
            for _, _, program in file.programs():
                known.functions.setdefault(program.function, len(known.functions))
        return known


def name_faults(files: Sequence[RubricFile], known: Known) -> Iterator[Fault]:
    """Ids that stand twice and references to what is not there."""
    parts: set[str] = set()
    functions: set[str] = set()
    numbers: dict[int, str] = {}
    for file in files:
        if file.question is None:
            continue
        number = file.question.number
        if number in numbers:
            yield file.fault(("number",), f"the number {number} is that of {numbers[number]}")
        numbers.setdefault(number, file.path.name)
        labels: dict[str, str] = {}
        for where, part in file.parts():
            if part.id in parts:
                yield file.fault((*where, "id"), f"the part id {part.id} stands twice")
            elif part.label in labels:
                text = f"the label {part.label!r} is that of {labels[part.label]}: nobody can tell the two apart"
                yield file.fault((*where, "label"), text)
            parts.add(part.id)
            labels.setdefault(part.label, part.id)
            if not part.checks and file.complete(where):
                yield file.fault((*where, "id"), f"{part.id} has no checks")
            for k, own in enumerate(part.own):
                yield from _before(file, (*where, "own", k, "answer"), f"{part.id} builds on", own.answer, known)
        yield from _in_checks(file, known)
        for where, part, program in file.programs():
            name, here = program.function, {c.id for c in part.checks}
            if name in functions:
                yield file.fault((*where, "function"), f"the function {name} stands twice")
            functions.add(name)
            if name in here:
                yield file.fault((*where, "function"), f"{name} is both a function and a check of {part.id}")
            for k, row in enumerate(program.counts):
                if row.check not in here and f"{part.id}.{row.check}" not in known.lost:
                    text = (
                        f"{name} counts for {row.check}, which is no check of {part.id}{meant(row.check, list(here))}"
                    )
                    yield file.fault((*where, "counts", k, "check"), text)
            after = program.follows.after if program.follows is not None else None
            if after is not None and after not in known.lost:
                if after not in known.functions:
                    text = f"{name} follows from {after}, which is no function{meant(after, list(known.functions))}"
                    yield file.fault((*where, "follows", "after"), text)
                elif known.functions[after] >= known.functions[name]:
                    text = f"{name} follows from {after}, which does not stand before it"
                    yield file.fault((*where, "follows", "after"), text)


def _in_checks(file: RubricFile, known: Known) -> Iterator[Fault]:
    """What checks say of other checks."""
    seen: dict[str, list[str]] = {}
    for where, part, spec in file.checks():
        earlier = seen.setdefault(part.id, [])
        if spec.id in earlier:
            yield file.fault((*where, "id"), f"the check id {spec.id} stands twice in {part.id}")
        all_of_part = [c.id for c in part.checks]
        for key in ("needs", "covers"):
            for n, name in enumerate(getattr(spec, key)):
                if name in earlier or f"{part.id}.{name}" in known.lost:
                    continue
                why = "which does not stand before it" if name in all_of_part else "which is no check of"
                text = f"{spec.id} {key} {name}, {why} {'in ' if name in all_of_part else ''}{part.id}"
                yield file.fault((*where, key, n), text + ("" if name in all_of_part else meant(name, earlier)))
        for n, name in enumerate(spec.shown.final if spec.shown is not None else ()):
            if name not in all_of_part and f"{part.id}.{name}" not in known.lost:
                text = f"{spec.id} is shown by {name}, which is no check of {part.id}{meant(name, all_of_part)}"
                yield file.fault((*where, "shown", "final", n), text)
        for n, name in enumerate(spec.after):
            place = (*where, "after", n)
            yield from _before(file, place, f"{spec.id} comes after", name, known, f"{part.id}.{spec.id}")
        for n, carried in enumerate(spec.carried):
            place = (*where, "carried", n, "after")
            own = f"{part.id}.{spec.id}"
            yield from _before(file, place, f"{spec.id} follows from", carried.after, known, own)
        earlier.append(spec.id)


def _before(
    file: RubricFile, where: Path_, what: str, name: str, known: Known, own: str | None = None
) -> Iterator[Fault]:
    """A check named with its part (`Q7.check`) that is to be there and to stand earlier."""
    if name in known.checks:
        if name == own:
            yield file.fault(where, f"{what.split()[0]} comes after itself")
        elif own is not None and known.checks[name] > known.checks.get(own, -1):
            yield file.fault(where, f"{what} {name}, which stands later")
    elif name not in known.lost:
        yield file.fault(where, f"{what} {name}, which is no check{meant(name, list(known.checks))}")


def point_faults(
    files: Sequence[RubricFile], wanted: float, index: str, place: tuple[int, int], whole: bool
) -> Iterator[Fault]:
    """Points of checks that do not sum to their part's, and of parts that do not sum to the assignment's.

    Nothing is said of sums of which a term could not be read (`whole`: all files were read).
    """
    fine = True
    parts: list[Part] = []
    for file in files:
        for where, part in file.parts():
            parts.append(part)
            worth = sum(c.points for c in part.checks)
            if part.checks and file.complete(where) and not math.isclose(worth, part.points, abs_tol=1e-9):
                fine = False
                text = f"the checks of {part.id} are worth {worth:g}, the part {part.points:g}"
                yield file.fault((*where, "points"), text)
    total = sum(part.points for part in parts)
    if whole and fine and not math.isclose(total, wanted, abs_tol=1e-9):
        yield Fault(index, *place, f"the parts are worth {total:g} points and the assignment {wanted:g}")
