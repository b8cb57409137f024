"""A rubric file as far as it can be used: what has a fault of its own is left out, so that the rest is still looked at."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.checks.program_specs import ProgramSpec
from grader.checks.specs import CheckBase
from grader.lint.fault import Fault, of
from grader.plain_yaml import Path_, Positions, load_yaml
from grader.rubric import Part, Question
from grader.validation import validated

_ITEMS = ("checks", "programs")


@dataclass(slots=True)
class RubricFile:
    """One question's file. `whole`: nothing was left out; `lost`: ids of what was (`Q7`, `Q7.check`, a function's name)."""

    path: Path
    positions: Positions
    data: Any
    question: Question | None = None
    whole: bool = True
    lost: set[str] = field(default_factory=set)
    places: dict[Path_, Path_] = field(default_factory=dict)
    """Where in the file stands what is at a place in the question."""

    def parts(self) -> Iterator[tuple[Path_, Part]]:
        for i, part in enumerate(self.question.parts if self.question else ()):
            yield self.places[("parts", i)], part

    def checks(self) -> Iterator[tuple[Path_, Part, CheckBase]]:
        for i, part in enumerate(self.question.parts if self.question else ()):
            for k, spec in enumerate(part.checks):
                yield self.places[("parts", i, "checks", k)], part, spec

    def programs(self) -> Iterator[tuple[Path_, Part, ProgramSpec]]:
        for i, part in enumerate(self.question.parts if self.question else ()):
            for k, program in enumerate(part.programs):
                yield self.places[("parts", i, "programs", k)], part, program

    def complete(self, where: Path_) -> bool:
        """Whether nothing of a part was left out."""
        kept = set(self.places.values())
        part = self.data["parts"][where[1]]
        return all((*where, kind, k) in kept for kind in _ITEMS for k in range(len(_items(part, kind))))

    def fault(self, where: Path_, message: str, *, key: bool = False) -> Fault:
        """A fault at a value of the file (or at its key)."""
        line, column = self.positions.key(where) if key else self.positions.nearest(where)
        return Fault(str(self.path), line, column, message)


def read_rubric(path: Path) -> tuple[RubricFile, list[Fault]]:
    """A question's file and the faults of its form."""
    data, positions, errors = load_yaml(path)
    faults = [of(error) for error in errors]
    file = RubricFile(path, positions, data)
    if data is None:
        file.whole = False
        return file, faults
    _, found = validated(Question, data, positions, str(path))
    faults += [of(fault.error) for fault in found]
    file.whole = not faults
    extra = {fault.where: fault.meant for fault in found if fault.extra}
    wrong = [fault.where for fault in found if not fault.extra] + sorted(positions.faulty, key=str)
    kept, places = _kept(file, extra, wrong)
    file.places = places
    question, still = validated(Question, kept, Positions(), str(path)) if kept is not None else (None, [])
    if isinstance(question, Question) and not still:
        file.question = question
    elif isinstance(data, dict):
        file.lost |= {name for part in _items(data, "parts") for name in _names(part)}
    return file, faults


def _kept(file: RubricFile, extra: dict[Path_, str], wrong: list[Path_]) -> tuple[Any, dict[Path_, Path_]]:
    """The data without what has faults (None if nothing is left), and where each item left stood."""
    out: set[Path_] = set()
    for where in wrong:
        if len(where) >= 4 and where[0] == "parts" and where[2] in _ITEMS:
            out.add(where[:4])
        elif len(where) >= 2 and where[0] == "parts":
            out.add(where[:2])
        else:
            return None, {}
    data = deepcopy(file.data)
    for where, meant in extra.items():
        node = data
        for step in where[:-1]:
            node = node[step]
        value = node.pop(where[-1], None)
        if meant:  # so that the rest is not blamed for it
            node[meant] = value
            file.positions.rename(where, (*where[:-1], meant))
    file.data = deepcopy(data)
    places: dict[Path_, Path_] = {}
    parts: list[Any] = []
    for i, part in enumerate(data.get("parts", ())):
        if ("parts", i) in out:
            file.lost |= set(_names(part))
            continue
        place = ("parts", len(parts))
        places[place] = ("parts", i)
        for kind in _ITEMS:
            items: list[Any] = []
            for k, item in enumerate(_items(part, kind)):
                if ("parts", i, kind, k) in out:
                    name = item.get("id", item.get("function")) if isinstance(item, dict) else None
                    file.lost |= {str(name), f"{part.get('id')}.{name}"}
                    continue
                places[(*place, kind, len(items))] = ("parts", i, kind, k)
                items.append(item)
            if kind in part:
                part[kind] = items
        parts.append(part)
    if not parts:
        return None, {}
    data["parts"] = parts
    return data, places


def _items(node: Any, key: str) -> list[Any]:
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, list) else []


def _names(part: Any) -> Iterator[str]:
    """The ids of a part, its checks and its functions."""
    if not isinstance(part, dict):
        return
    name = str(part.get("id"))
    yield name
    for kind in _ITEMS:
        for item in _items(part, kind):
            if isinstance(item, dict):
                own = str(item.get("id", item.get("function")))
                yield from (own, f"{name}.{own}")
