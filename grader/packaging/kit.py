"""The student's kit: the engine, the rubrics without what gives answers away, the references sealed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np

from grader.assignment import Assignment
from grader.checks.draws import draws_of
from grader.checks.specs import PointCheck, Target
from grader.errors import AuthorError, EvaluationError, OperatorError, ReadError
from grader.examples import example_faults
from grader.kit_reference import kit_data
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.evaluate import Evaluator
from grader.maths.parser import parse
from grader.maths.worlds import Block, World
from grader.packaging.kit_texts import CHECK, CHECK_PY, README
from grader.packaging.sealing import Recorder, is_number, pool, sealed_world, usual_conditions
from grader.packaging.zipped import Packed, engine_files, requirements, write_folder
from grader.rubric import Part, Question, targets_of

_LEFT_OUT: Final = frozenset({"accepts", "rejects", "bands", "notes"})
"""Of a check: examples of right and wrong answers, and what a mark stands for."""
_ADDED: Final = frozenset({"added", "then"})
"""Fields with what is added to an earlier answer."""


class Recording(Assignment):
    """An assignment whose targets and worlds are sealed and write down what is asked of them."""

    def __init__(self, folder: Path, salt: str | None = None) -> None:
        super().__init__(folder)
        self.plain = Assignment(folder)
        self.salt = salt
        self.recorders: dict[str, Recorder] = {}
        self.forms: dict[str, dict[T.Node, str]] = {}
        self._points: dict[str, dict[str, T.Node]] = {}
        self.additions = {text for _, part in self.parts for text in _added(part.model_dump())}

    def recorder(self, reference: str) -> Recorder:
        """What seals the forms of one reference."""
        if reference not in self.recorders:
            self.recorders[reference] = Recorder(self.salt)
            self.forms[reference] = {}
        return self.recorders[reference]

    def point(self, question: Question) -> Mapping[str, T.Node]:
        """The coordinates of the point that a question asks for, as leaves that follow the answer."""
        reference = question.reference or ""
        if reference not in self._points:
            found = self._points[reference] = {}
            for part in question.parts:
                for check in part.checks:
                    judge = self.plain.judge(part.id)
                    if isinstance(check, PointCheck) and judge is not None:
                        target = self.plain.target(question, judge, check.target.derived, check.target.latex)
                        sealed = self.recorder(reference).sealed(target, judge.world)
                        refs = [n.ref for n in T.of_kind(sealed, T.Sealed)]
                        keys = [
                            n.key for c in check.coordinates if isinstance(n := parse(c, judge.world.notation), T.Name)
                        ]
                        if len(refs) == len(keys):
                            leaves = (self.recorder(reference).follower(ref, refs) for ref in refs)
                            found.update(zip(keys, leaves, strict=True))
        return self._points[reference]

    def world(self, question: Question, name: str) -> Judge | None:
        """A world of the question with its answers sealed."""
        place = f"{question.reference}/{name}"
        if place not in self._judges:
            found = self.plain.world(question, name)
            if found is None or question.reference is None:
                return None
            world = sealed_world(found.world, self.recorder(question.reference), self.point(question))
            self._judges[place] = Judge(world)
        return self._judges[place]

    def target(self, question: Question, judge: Judge, derived: str | None, latex: str | None) -> T.Node:
        """A target, sealed unless the statement itself gives it."""
        tree = super().target(question, judge, derived, latex)
        if latex in self.additions and question.reference is not None:
            return self.recorder(question.reference).added(tree, judge.world)
        if question.reference is None or _open(tree, judge.world, derived):
            return tree
        return self.recorder(question.reference).sealed(tree, judge.world)

    def name(self, question: Question, judge: Judge, wanted: Target) -> str:
        """The name of a target in the kit."""
        tree = self.target(question, judge, wanted.derived, wanted.latex)
        forms = self.forms[question.reference or ""]
        return forms.setdefault(tree, f"t{len(forms) + 1}")


def _open(tree: T.Node, world: World, derived: str | None) -> bool:
    """Whether a target may stand in the kit as it is: a given name or function, a density, a number typed beside a
    relation."""
    if isinstance(tree, (T.Name, T.Density)):
        return True
    if isinstance(tree, T.Apply):
        return tree.head.key in world.functions and all(isinstance(a, T.Name) for a in tree.args)
    return derived is None and is_number(tree)


@dataclass(slots=True)
class Told:
    """How much of an assignment the kit can tell: points of checks by what becomes of them."""

    sealed: float = 0.0
    elsewhere: float = 0.0
    checks: list[str] = field(default_factory=list)
    """Checks that only the full grader decides."""


def _can_be_sealed(world: World) -> bool:
    """Whether every formula over a world is known by the values of the names it is written with."""
    sized = any(isinstance(symbol.dim, str) for symbol in world.symbols.values())
    return not (world.families or world.copies or world.linear or sized)


def kit_files(
    folder: Path, *, salt: str | None = None, thorough: bool = True, phrases: bool = True
) -> tuple[dict[str, Packed], Told]:
    """All files of the kit, and what it cannot tell.

    `thorough` samples what conditions of students choose as well, which takes a while; without `phrases` explanations are
    left to the full grader. Raises AuthorError for an assignment that cannot be sealed.
    """
    recording = Recording(folder, salt)
    for _, part in recording.parts:
        judge = recording.judge(part.id)
        if judge is not None and not _can_be_sealed(judge.world):
            raise AuthorError(f"{part.id}: a kit cannot yet seal families of names, copies, chains and sizes by name")
    _record(recording, thorough)
    told = Told()
    files: dict[str, Packed] = {
        "README.md": Packed(README["en"].encode()),
        "LISEZMOI.md": Packed(README["fr"].encode()),
        "check": Packed(CHECK.encode(), executable=True),
        "check.py": Packed(CHECK_PY.encode()),
        "requirements.txt": Packed("".join(f"{row}\n" for row in requirements()).encode()),
        **engine_files(),
        "assignment/rubrics/assignment.yaml": _json(recording.file.model_dump(mode="json", exclude_defaults=True)),
    }
    for name, question in zip(recording.file.questions, recording.questions, strict=True):
        files[f"assignment/rubrics/{name}"] = _json(_rubric(recording, question, told, phrases))
        if question.reference is not None:
            reference = question.reference
            worlds = {
                n: judge.world
                for n in recording.reference(reference).names()
                if (judge := recording.world(question, n)) is not None
            }
            forms = {n: tree for tree, n in recording.forms[reference].items()}
            data = kit_data(worlds, forms, recording.recorder(reference).vault())
            files[f"assignment/reference/{reference}.json"] = _json(data, indent=None)
    return files, told


def _json(data: Any, indent: int | None = 1) -> Packed:
    separators = (",", ":") if indent is None else None
    return Packed((json.dumps(data, ensure_ascii=False, indent=indent, separators=separators) + "\n").encode())


# the rubric


def _rubric(recording: Recording, question: Question, told: Told, phrases: bool) -> dict[str, Any]:
    data: dict[str, Any] = question.model_dump(mode="json", exclude_defaults=True)
    for part, row in zip(question.parts, data["parts"], strict=True):
        judge = recording.judge(part.id)
        for check in row.get("checks", ()):
            for key in _LEFT_OUT & set(check):
                del check[key]
            if check["type"] == "prose" and not phrases:
                told.elsewhere += check["points"]
                told.checks.append(f"{part.id}.{check['id']}")
                kept = {k: check[k] for k in ("id", "role", "points", "title")}
                check.clear()
                check.update(kept, type="manual")
            elif check["type"] == "point" and check.pop("phrases", None):  # a phrase would name the point
                check.setdefault("mentions", ".")
            told.sealed += check["points"] if check["type"] not in ("manual", "review") else 0
        if judge is not None:
            _named(recording, question, judge, row)
    return data


def _named(recording: Recording, question: Question, judge: Judge, data: Any) -> None:
    """Targets by their names in the kit, everywhere in a part."""
    if isinstance(data, list):
        for item in data:
            _named(recording, question, judge, item)
    elif isinstance(data, dict):
        if data and set(data) <= {"derived", "latex"}:
            for key, text in data.items():  # one of the two; which one, checks may ask
                data[key] = recording.name(question, judge, Target(**{key: text}))
            return
        for key, item in data.items():
            if key == "added":
                data[key] = [recording.name(question, judge, Target(latex=text)) for text in item]
            elif key == "then":
                data[key] = {k: recording.name(question, judge, Target(latex=text)) for k, text in item.items()}
            else:
                _named(recording, question, judge, item)


# what is written down


def _added(data: Any) -> Iterator[str]:
    """The formulas that a rubric adds to earlier answers."""
    if isinstance(data, dict):
        for key, item in data.items():
            if key in _ADDED:
                yield from item.values() if isinstance(item, dict) else item
            else:
                yield from _added(item)
    elif isinstance(data, (list, tuple)):
        for item in data:
            yield from _added(item)


def _record(recording: Recording, thorough: bool) -> None:
    for question, part in recording.parts:
        judge = recording.judge(part.id)
        if judge is None or question.reference is None:
            continue
        trees = {
            recording.target(question, judge, t.derived, t.latex) for t in targets_of((part.checks, part.programs))
        }
        trees |= {recording.target(question, judge, None, text) for text in _added(part.model_dump())}
        trees |= set(judge.world.defaults.values())
        sealed = [tree for tree in trees if T.contains(tree, T.Sealed)]
        for world in _worlds(recording, question, part, judge, thorough):
            _evaluate(world, sealed)
        if thorough:
            for block in pool(judge):
                _in_block(block, sealed)
        _programs(recording, question, part, judge)
    if thorough:
        example_faults(recording)


def _worlds(recording: Recording, question: Question, part: Part, judge: Judge, thorough: bool) -> Iterator[Judge]:
    patterns = {getattr(check, "families", "") for check in part.checks} - {""}
    judges = [judge, *(j for p in sorted(patterns) for j in recording.worlds(question, p))]
    yield from judges
    groups: list[tuple[str, ...]] = []
    if thorough:
        yield from (j.wider() for j in judges)
        groups += [(c,) for c in usual_conditions(judge.world)]
    texts = [c for check in part.checks if isinstance(check, PointCheck) for c in check.coordinates]
    groups += [tuple(f"{c} = 0" for c in some) for n in (2, 3) for some in combinations(texts, n)]
    for check in part.checks:
        groups += [getattr(check, "regime", ()), getattr(check, "under", ())]
    groups += [row.where for program in part.programs for row in program.counts]
    for group in dict.fromkeys(g for g in groups if g):
        with suppress(ReadError):
            conditions = tuple(parse(text, judge.world.notation) for text in group)
            yield Judge(replace(judge.world, conditions=(*judge.world.conditions, *conditions)))


def _evaluate(judge: Judge, trees: list[T.Node]) -> None:
    for tree in trees:
        with suppress(EvaluationError), np.errstate(all="ignore"):
            for block in judge.blocks([tree]):
                _in_block(block, [tree])


def _in_block(block: Block, trees: Sequence[T.Node]) -> None:
    for tree in trees:
        with suppress(EvaluationError), np.errstate(all="ignore"):
            Evaluator(block).value(tree)


def _programs(recording: Recording, question: Question, part: Part, judge: Judge) -> None:
    for spec in part.programs:
        symbols = {k: replace(s, dim=1) if s.kind in ("vector", "unit") else s for k, s in judge.world.symbols.items()}
        for world in (judge, Judge(replace(judge.world, symbols=symbols))):  # vectors of one entry for expressions
            with suppress(EvaluationError):
                draws_of(spec, world, lambda t: recording.target(question, judge, t.derived, t.latex))


def write_kit(folder: Path, out: Path, *, phrases: bool = True) -> Told:
    """Write the kit, over an older one if there is one.

    Raises OperatorError if the folder holds something else, AuthorError for an assignment that cannot be sealed, OSError.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "check.py").is_file())):
        raise OperatorError(f"{out}: is not empty and no kit")
    files, told = kit_files(folder, phrases=phrases)
    for old in ("assignment", "grader"):  # of an older kit nothing stays
        shutil.rmtree(out / old, ignore_errors=True)
    write_folder(out, files)
    return told
