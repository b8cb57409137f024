"""Faults of an assignment: every one in one run, with file, line and column where they have one."""

from __future__ import annotations

import importlib.util
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.assignment import Assignment
from grader.checks.draws import draws_of
from grader.checks.program_specs import ProgramSpec
from grader.checks.specs import (
    ChainCheck,
    CheckBase,
    ComponentCheck,
    ComponentsCheck,
    EigenvaluesCheck,
    FactorizationCheck,
    PointCheck,
    ProseCheck,
    Target,
    ValueCheck,
    Way,
    Words,
)
from grader.errors import AuthorError, EvaluationError, GraderError, OperatorError, ReadError
from grader.maths.blocks import Judge
from grader.maths.parser import parse
from grader.model import Role
from grader.references import disagreements
from grader.rubric import Assignment as AssignmentFile
from grader.rubric import Part, Positions, Question, load_model, load_yaml


@dataclass(frozen=True, slots=True)
class Fault:
    """`severity` is error or warning; line and column count from 1."""

    path: str
    line: int
    column: int
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


def lint(folder: Path, *, strict: bool = False) -> list[Fault]:
    """All faults of the assignment in a folder; with `strict` what could not be verified is a fault too.

    Raises OperatorError if there is no assignment at all.
    """
    index = folder / "rubrics" / "assignment.yaml"
    if not index.is_file():
        raise OperatorError(f"{folder}: no assignment here (rubrics/assignment.yaml is missing)")
    faults: list[Fault] = []
    file, found = load_model(index, AssignmentFile)
    faults += [_of(f) for f in found]
    if not isinstance(file, AssignmentFile):
        return faults
    questions: list[tuple[Path, Question, Positions]] = []
    for name in file.questions:
        path = folder / "rubrics" / name
        question, found = load_model(path, Question)
        faults += [_of(f) for f in found]
        if isinstance(question, Question):
            questions.append((path, question, load_yaml(path)[1]))
    unread = bool(faults)
    known = {p.name for p in (folder / "rubrics").glob("*.yaml")} - set(file.questions) - {"assignment.yaml"}
    faults += [Fault(str(folder / "rubrics" / name), 1, 1, "no assignment uses this file") for name in sorted(known)]
    total = sum(p.points for _, q, _ in questions for p in q.parts)
    if len(questions) == len(file.questions) and not math.isclose(total, file.points, abs_tol=1e-9):
        faults.append(
            Fault(str(index), 1, 1, f"the parts are worth {total:g} points and the assignment {file.points:g}")
        )
    ids = Counter(p.id for _, q, _ in questions for p in q.parts)
    if not unread:
        assignment = Assignment(folder)
        for path, question, positions in questions:
            faults += _Linter(assignment, path, question, positions, ids).run()
        faults += _references(assignment, strict)
    return faults


def _of(error: AuthorError) -> Fault:
    message = str(error).split(": ", 1)[-1] if error.path else str(error)
    return Fault(error.path, error.line or 1, error.column or 1, message)


def _references(assignment: Assignment, strict: bool) -> Iterator[Fault]:
    """Each reference against its second derivation, for the forms that the rubrics use."""
    torch = importlib.util.find_spec("torch") is not None
    used: dict[str, set[str]] = {}
    for question, part in assignment.parts:
        if question.reference is not None:
            forms = used.setdefault(question.reference, set())
            wanted = [t for s in part.checks for t in targets_of(s)]
            wanted += [t for program in part.programs for t in targets_of_program(program)]
            forms.update(t.derived for t in wanted if t.derived is not None)
    for name, forms in sorted(used.items()):
        path = assignment.folder / "reference" / f"{name}.py"
        try:
            reference = assignment.reference(name)
        except GraderError as error:
            yield Fault(str(path), 1, 1, str(error))
            continue
        except Exception as error:  # a reference is the author's program: whatever it raises is a fault of his
            yield Fault(str(path), 1, 1, f"cannot be loaded ({type(error).__name__}: {error})")
            continue
        for text in disagreements(reference, sorted(forms), torch=torch):
            yield Fault(str(path), 1, 1, text)
        if not torch and hasattr(reference.module, "second_torch"):
            text = "torch is not installed: the second derivation in torch was not run"
            yield Fault(str(path), 1, 1, text, "error" if strict else "warning")


def targets_of(spec: CheckBase) -> Iterator[Target]:
    """All targets a check speaks of."""
    if isinstance(
        spec, (ValueCheck, PointCheck, EigenvaluesCheck, FactorizationCheck, ComponentCheck, ComponentsCheck)
    ):
        yield spec.target
    if isinstance(spec, ComponentsCheck):
        yield from spec.entries
    if isinstance(spec, ComponentCheck):
        yield spec.whole
    if isinstance(spec, ChainCheck):
        for way in spec.any_of:
            yield from _way_targets(way)
    any_of = getattr(spec, "any_of", ())
    for group in any_of:
        if isinstance(group, tuple):
            yield from (t for t in group if isinstance(t, Target))


def targets_of_program(program: ProgramSpec) -> Iterator[Target]:
    """All targets that a Python answer is compared with."""
    if program.target is not None:
        yield program.target
    yield from program.terms
    yield from (other.target for other in program.instead)


def _way_targets(way: Way) -> Iterator[Target]:
    yield from (t for t in (way.start, way.end, way.occurs) if t is not None)
    for step in way.together:
        yield from _way_targets(step)


def _words_of(spec: CheckBase) -> Iterator[Words | ProseCheck]:
    if isinstance(spec, ProseCheck):
        yield spec
    if isinstance(spec, ValueCheck) and spec.otherwise is not None:
        yield spec.otherwise
    if isinstance(spec, ChainCheck):
        yield from (way.also for way in spec.any_of if way.also is not None)
        if spec.partly is not None:
            yield spec.partly
    if isinstance(spec, ComponentCheck) and spec.named:
        yield Words(phrases=(spec.named,))


class _Linter:
    """Faults of one rubric file."""

    def __init__(
        self, assignment: Assignment, path: Path, question: Question, positions: Positions, ids: Counter[str]
    ) -> None:
        self.assignment, self.path, self.question, self.positions, self.ids = assignment, path, question, positions, ids
        self.faults: list[Fault] = []
        self.functions = Counter(f.function for _, p in assignment.parts for f in p.programs)

    def say(self, where: tuple[object, ...], message: str) -> None:
        line, column = self.positions.nearest(where)
        self.faults.append(Fault(str(self.path), line, column, message))

    def run(self) -> list[Fault]:
        for i, part in enumerate(self.question.parts):
            where: tuple[object, ...] = ("parts", i)
            if self.ids[part.id] > 1:
                self.say((*where, "id"), f"the part id {part.id} stands {self.ids[part.id]} times")
            if not part.checks:
                self.say((*where, "id"), f"{part.id} has no checks")
                continue
            worth = sum(c.points for c in part.checks)
            if not math.isclose(worth, part.points, abs_tol=1e-9):
                self.say((*where, "points"), f"the checks of {part.id} are worth {worth:g}, the part {part.points:g}")
            manual = all(c.role is Role.MANUAL for c in part.checks)
            judge = None if manual else self.world(part, where)
            names = [c.id for c in part.checks]
            for k, spec in enumerate(part.checks):
                here = (*where, "checks", k)
                if names.count(spec.id) > 1:
                    self.say((*here, "id"), f"the check id {spec.id} stands twice in {part.id}")
                for key, needed in (("needs", spec.needs), ("covers", spec.covers)):
                    for need in needed:
                        if need not in names[:k]:
                            self.say(
                                (*here, key), f"{spec.id} {key} {need}, which does not stand before it in {part.id}"
                            )
                self.check(part, spec, judge, here)
            for k, program in enumerate(part.programs):
                self.program(part, program, judge, (*where, "programs", k))
        return self.faults

    def world(self, part: Part, where: tuple[object, ...]) -> Judge | None:
        """The part's world, if there is one and some values satisfy it."""
        try:
            judge = self.assignment.judge(part.id)
            if judge is None:
                self.say(
                    (*where, "id"), f"the reference {self.question.reference} has no world {part.world or part.id!r}"
                )
                return None
            judge.blocks([])
            return judge
        except EvaluationError as error:
            self.say((*where, "id"), f"the world of {part.id}: {error}")
        except (GraderError, KeyError, TypeError, ValueError) as error:
            self.say((*where, "id"), f"the world of {part.id} cannot be built: {error}")
        return None

    def check(self, part: Part, spec: CheckBase, judge: Judge | None, where: tuple[object, ...]) -> None:
        for words in _words_of(spec):
            for pattern in (*words.phrases, *words.unless, *(p for group in words.together for p in group)):
                try:
                    re.compile(pattern)
                except re.error as error:
                    self.say(where, f"{spec.id}: the pattern {pattern!r} is none ({error})")
        for after in spec.after:
            if after not in {f"{p.id}.{c.id}" for _, p in self.assignment.parts for c in p.checks}:
                self.say((*where, "after"), f"{spec.id} comes after {after}, which is no check")
        if judge is None:
            return
        for target in targets_of(spec):
            try:
                self.assignment.target(self.question, judge, target.derived, target.latex)
            except (AuthorError, ReadError) as error:
                self.say(where, f"{spec.id}: {error}")
        for key in ("named", "coordinates", "variables", "must_name", "must_not_name", "regime", "region"):
            texts = getattr(spec, key, ())
            for text in texts if isinstance(texts, tuple) else ():
                self.reads(judge, text, (*where, key), spec.id)
        families = getattr(spec, "families", "")
        if families and not self.assignment.worlds(self.question, families):
            self.say((*where, "families"), f"{spec.id}: no world of the reference is named {families!r}")

    def program(self, part: Part, program: ProgramSpec, judge: Judge | None, where: tuple[object, ...]) -> None:
        """A function of the Python answers: its name, the checks it stands for, its arguments and what it is compared
        with."""
        name, known = program.function, {c.id for c in part.checks}
        if self.functions[name] > 1:
            self.say((*where, "function"), f"the function {name} stands {self.functions[name]} times")
        if name in known:
            self.say((*where, "function"), f"{name} is both a function and a check of {part.id}")
        for row in program.counts:
            if row.check not in known:
                self.say((*where, "counts"), f"{name} counts for {row.check}, which is no check of {part.id}")
        if program.follows is not None and program.follows.after not in self.functions:
            self.say((*where, "follows"), f"{name} follows from {program.follows.after}, which is no function")
        if (program.target is None) == (not program.terms):
            self.say(where, f"{name} needs either a target or terms")
            return
        if (program.asks == "witness") != bool(program.variable):
            self.say(where, f"{name}: a witness, and nothing else, has a variable")
            return
        if judge is None:
            return
        try:
            draws = draws_of(program, judge, lambda t: self.assignment.target(self.question, judge, t.derived, t.latex))
        except (AuthorError, ReadError) as error:
            self.say(where, f"{name}: {error}")
        except (EvaluationError, AssertionError, LookupError) as error:
            self.say((*where, "arguments"), f"{name}: no points to try it at ({error})")
        else:
            without = [row.check for i, row in enumerate(program.counts) if not any(i in d.rows for d in draws)]
            for check in without:
                self.say(
                    (*where, "counts"), f"{name}: no values satisfy the conditions under which it counts for {check}"
                )

    def reads(self, judge: Judge, text: str, where: tuple[object, ...], name: str) -> None:
        try:
            parse(text, judge.world.notation)
        except ReadError as error:
            self.say(where, f"{name}: {text!r} cannot be read ({error.message})")
