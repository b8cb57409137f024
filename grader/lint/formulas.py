"""Formulas of a rubric in the world of their part: they are read, their targets are derived, their conditions can hold."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from grader.assignment import Assignment
from grader.checks.draws import draws_of
from grader.checks.program_specs import ProgramSpec
from grader.checks.specs import CheckBase, InjectivityCheck, Strict, Target
from grader.errors import AuthorError, EvaluationError, GraderError, ReadError
from grader.examples import as_markdown
from grader.lint.fault import Fault
from grader.lint.modules import Modules
from grader.lint.reading import RubricFile
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.parser import parse
from grader.model import Role
from grader.plain_yaml import Path_
from grader.reading.claims import read_part
from grader.reading.outline import Piece
from grader.reading.reader import read_files
from grader.rubric import Part
from grader.validation import meant

_NAMES: Final = frozenset(
    {
        *("named", "named_entries", "coordinates", "variables", "must_name", "must_not_name", "label", "function"),
        *("argument", "parameters", "over", "never", "contains", "without", "only", "names", "added"),
    }
)
"""Fields that hold names or formulas."""
_CONDITIONS: Final = ("regime", "region", "under")


def formula_faults(file: RubricFile, modules: Modules, assignment: Assignment) -> Iterator[Fault]:
    """All of one file. A part whose world is at fault is left alone: the world is blamed once."""
    question = file.question
    if question is None:
        return
    for where, part in file.parts():
        if all(c.role is Role.MANUAL for c in part.checks) and not part.programs:
            continue
        yield from _part(file, modules, assignment, where, part)


def _part(file: RubricFile, modules: Modules, assignment: Assignment, where: Path_, part: Part) -> Iterator[Fault]:
    assert file.question is not None
    reference = file.question.reference
    if reference is None:
        yield file.fault((*where, "id"), f"{part.id} is checked by the program and its question has no reference")
        return
    if modules.loaded.get(reference) is None:
        return
    name, worlds = part.world or part.id, modules.names(reference)
    if name not in worlds:
        place = (*where, "world" if part.world else "id")
        yield file.fault(place, f"the reference {reference} has no world {name!r}{meant(name, worlds)}")
        return
    judge = modules.judge(reference, name)
    for n, own in enumerate(part.own if judge is not None else ()):
        place = (*where, "own", n)
        assert judge is not None
        for text, at in [
            *((t, ("names", k)) for k, t in enumerate(own.names)),
            *((t, ("then", k)) for k, t in own.then.items()),
        ]:
            yield from _reads(file, judge, text, (*place, *at), part.id)
    if judge is None:
        return
    looker = _Looker(file, modules, assignment, judge)
    for here, owner, spec in file.checks():
        if owner is part:
            yield from looker.check(spec, here)
    for here, owner, program in file.programs():
        if owner is part:
            yield from looker.program(part, program, here)


def targets_at(record: Any, where: Path_) -> Iterator[tuple[Path_, Target]]:
    """All targets that a record of a rubric names, at any depth, with their places."""
    if isinstance(record, Target):
        yield where, record
    elif isinstance(record, tuple):
        for i, item in enumerate(record):
            yield from targets_at(item, (*where, i))
    elif isinstance(record, Strict):
        for name in type(record).model_fields:
            yield from targets_at(getattr(record, name), (*where, name))


def _texts_at(record: Any, where: Path_, asked: bool = False) -> Iterator[tuple[Path_, str]]:
    """All names and formulas of a record, with their places."""
    if isinstance(record, str) and asked and record:
        yield where, record
    elif isinstance(record, tuple):
        for i, item in enumerate(record):
            yield from _texts_at(item, (*where, i), asked)
    elif isinstance(record, Strict) and not isinstance(record, Target):
        for name in type(record).model_fields:
            pattern = name == "named" and getattr(record, "type", "") == "component"
            groups = name == "any_of" and getattr(record, "type", "") == "identity"
            wanted = (name in _NAMES or groups) and not pattern
            yield from _texts_at(getattr(record, name), (*where, name), wanted)


def _reads(file: RubricFile, judge: Judge, text: str, where: Path_, name: str) -> Iterator[Fault]:
    try:
        parse(text, judge.world.notation)
    except ReadError as error:
        yield file.fault(where, f"{name}: {text!r} cannot be read ({error.message})")


class _Looker:
    """The checks and functions of one part in its world."""

    def __init__(self, file: RubricFile, modules: Modules, assignment: Assignment, judge: Judge) -> None:
        self.file, self.modules, self.assignment, self.judge = file, modules, assignment, judge
        assert file.question is not None
        self.question = file.question
        self.forms = modules.forms(file.question.reference) or {}

    def check(self, spec: CheckBase, where: Path_) -> Iterator[Fault]:
        yield from self.targets(spec, where, spec.id)
        for place, text in _texts_at(spec, where):
            yield from _reads(self.file, self.judge, text, place, spec.id)
        for key in _CONDITIONS:
            yield from self.conditions(getattr(spec, key, ()), (*where, key), spec.id, apart=key == "under")
        families = getattr(spec, "families", "")
        if families and not self.assignment.worlds(self.question, families):
            yield self.file.fault((*where, "families"), f"{spec.id}: no world of the reference is named {families!r}")
        if isinstance(spec, InjectivityCheck) and spec.function not in self.judge.world.functions:
            yield self.file.fault((*where, "function"), f"{spec.id}: the world has no function {spec.function}")
        for key in ("accepts", "rejects"):
            for n, text in enumerate(getattr(spec, key)):
                yield from self.example(text, (*where, key, n), spec.id)

    def targets(self, record: Any, where: Path_, name: str) -> Iterator[Fault]:
        for place, target in targets_at(record, where):
            if (target.derived is None) == (target.latex is None):
                yield self.file.fault(place, f"{name}: a target has either 'derived' or 'latex'")
            elif target.derived is not None and target.derived not in self.forms:
                known = meant(target.derived, list(self.forms))
                text = f"{name}: the reference {self.question.reference} derives no {target.derived!r}{known}"
                yield self.file.fault((*place, "derived"), text)
            else:
                key = "latex" if target.derived is None else "derived"
                formula = target.latex or "" if target.derived is None else self.forms[target.derived]
                yield from _reads(self.file, self.judge, formula, (*place, key), name)

    def conditions(self, texts: Sequence[str], where: Path_, name: str, *, apart: bool) -> Iterator[Fault]:
        """Conditions that are read, are conditions, and hold for some values: all together, or each by itself."""
        trees = []
        for n, text in enumerate(texts):
            faults = list(_reads(self.file, self.judge, text, (*where, n), name))
            yield from faults
            if faults:
                return
            tree = parse(text, self.judge.world.notation)
            if T.contains(tree, T.Empty):
                yield self.file.fault((*where, n), f"{name}: {text!r} cannot be read (a side is missing)")
                return
            if not isinstance(tree, (T.Rel, T.Logic)):
                yield self.file.fault((*where, n), f"{name}: {text!r} is no condition")
                return
            trees.append(tree)
        groups = [((*where, n), (tree,)) for n, tree in enumerate(trees)] if apart else [(where, tuple(trees))]
        for place, group in groups:
            if group and not self.possible(group):
                yield self.file.fault(place, f"{name}: no values satisfy {' and '.join(texts)} in the part's world")

    def possible(self, conditions: tuple[T.Node, ...]) -> bool:
        world = self.judge.world
        try:
            Judge(replace(world, conditions=(*world.conditions, *conditions))).blocks([])
        except EvaluationError as error:
            return error.note != "no_world"
        return True

    def example(self, text: str, where: Path_, name: str) -> Iterator[Fault]:
        """An example that is read as a student's text is: whatever stays unread in it is a fault."""
        if not text.strip():
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "example.md"
            path.write_text(as_markdown(text), encoding="utf-8")
            document, _ = read_files([path])
        read = read_part(document.blocks, [Piece(0, len(document.blocks) - 1)], self.judge.world.notation, "example")
        if read.unread or document.problems:
            error = read.unread[0].error if read.unread else document.problems[0]
            yield self.file.fault(
                where, f"{name}: the example cannot be read ({error.message if error else 'no formula'})"
            )

    def program(self, part: Part, program: ProgramSpec, where: Path_) -> Iterator[Fault]:
        """A function of the Python answers: its arguments, and what it is compared with."""
        name = program.function
        if (program.target is None) == (not program.terms):
            yield self.file.fault(where, f"{name} needs either a target or terms")
            return
        if (program.asks == "witness") != bool(program.variable):
            yield self.file.fault(where, f"{name}: a witness, and nothing else, has a variable")
            return
        faults = list(self.targets(program, where, name))
        for n, row in enumerate(program.counts):
            faults += self.conditions(row.where, (*where, "counts", n, "where"), name, apart=False)
        yield from faults
        if faults:
            return
        try:
            draws_of(
                program,
                self.judge,
                lambda t: self.assignment.target(self.question, self.judge, t.derived, t.latex),
            )
        except (AuthorError, ReadError) as error:
            yield self.file.fault(where, f"{name}: {error}")
        except (EvaluationError, AssertionError, LookupError, GraderError) as error:
            yield self.file.fault((*where, "arguments"), f"{name}: no points to try it at ({error})")
