"""The Python answers of a submission: each function that a rubric asks for is tried, in as few runs as its cases need.

What runs the cases is handed in; without it every function is `not_run` and waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from grader.assignment import Assignment
from grader.checks.context import Finding
from grader.checks.draws import Draw, draws_of
from grader.checks.own_programs import followed, may_follow, settled
from grader.checks.program import Earning, Judged, judged
from grader.checks.program_specs import ProgramSpec
from grader.checks.specs import Target
from grader.checks.sympy_trees import Converter, Unmatched, holds_tree
from grader.checks.trials import Trial
from grader.errors import BUGS, EvaluationError
from grader.limits import PROGRAM_SECONDS
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.model import Outcome
from grader.programs import Array, Case, Ending, Limits, Plain, Program, Ran, Runner
from grader.reading.document import Code, Document
from grader.rubric import Part, Question

_ROUNDS: Final = 60
"""Runs of one file; each asks for something new, so that this is never reached."""
_IMPORT: Final = Case("__name__")
"""Reading this name runs the module and nothing of it: what fails here fails for all its functions."""
_MOST_NUMBERS: Final = 40
_LARGEST: Final = 1e6
"""Of the constants that a function without arguments returns."""
_OURS: Final = frozenset({Ending.FAULT, Ending.NOT_RUN})


@dataclass(frozen=True, slots=True)
class Answered:
    """One function handed in for a part: what is said of it, what each check gets, and where it stands."""

    spec: ProgramSpec
    finding: Finding
    earned: tuple[Earning, ...]


class NotRun:
    """The runner where there is none."""

    def __init__(self, message: str) -> None:
        self.message = message

    def run(self, program: Program, cases: Sequence[Case]) -> list[Ran]:
        return [Ran(Ending.NOT_RUN, message=self.message) for _ in cases]


def python_answers(
    document: Document, assignment: Assignment, runner: Runner | None
) -> Mapping[str, tuple[Answered, ...]]:
    """What is said of each part's functions; parts for which none was handed in are left out."""
    if not document.code:
        return {}
    used = runner if runner is not None else NotRun("")
    found: dict[str, list[Answered]] = {}
    asked = [(q, p, spec) for q, p in assignment.parts for spec in p.programs]
    for code in document.code:
        session = _Session(assignment, code, used)
        mine = [row for row in asked if _last(document, row[2].function) is code]
        for part, answered in session.answers(mine):
            found.setdefault(part.id, []).append(answered)
    order = {(p.id, spec.function): i for i, (_, p, spec) in enumerate(asked)}
    return {part: tuple(sorted(rows, key=lambda a: order[(part, a.spec.function)])) for part, rows in found.items()}


def _last(document: Document, function: str) -> Code | None:
    """The file that binds a name last; one in which it is broken counts only where no other has it."""
    whole = [code for code in document.code if function in code.heads]
    found = whole or [code for code in document.code if function in code.broken]
    return found[-1] if found else None


class _Session:
    """The functions of one program."""

    def __init__(self, assignment: Assignment, code: Code, runner: Runner) -> None:
        self.assignment, self.code, self.runner = assignment, code, runner
        self.seconds = 0.0

    def answers(self, rows: Sequence[tuple[Question, Part, ProgramSpec]]) -> list[tuple[Part, Answered]]:
        out: list[tuple[Part, Answered]] = []
        trials: list[tuple[Part, Trial]] = []
        for question, part, spec in rows:
            if spec.function in self.code.broken:
                out.append((part, self._broken(spec)))
                continue
            try:
                trials.append((part, self._trial_of(question, part, spec)))
            except EvaluationError as error:
                out.append((part, self._answered(spec, _unjudged(spec, Outcome.UNDECIDED, error.note, str(error)))))
            except BUGS as error:
                text = f"{type(error).__name__}: {error}"
                out.append((part, self._answered(spec, _unjudged(spec, Outcome.FAULT, "fault", text))))
        stopped = self._imported(trials)
        if stopped is not None:
            for _, trial in trials:
                trial.stopped_by(stopped)
        for _ in range(_ROUNDS):
            if not self._round([trial for _, trial in trials]):
                break
        said: dict[str, tuple[Trial, Judged]] = {}
        for part, trial in trials:
            if trial.absent:
                continue
            try:
                verdict = self._consequent(trial, judged(trial), said)
            except BUGS as error:
                verdict = _unjudged(trial.spec, Outcome.FAULT, "fault", f"{type(error).__name__}: {error}")
            said[trial.spec.function] = (trial, verdict)
            out.append((part, self._answered(trial.spec, verdict)))
        return out

    def _consequent(self, trial: Trial, verdict: Judged, said: Mapping[str, tuple[Trial, Judged]]) -> Judged:
        """A wrong value once more, beside what follows from the student's own earlier function."""
        link = trial.spec.follows
        if link is None or link.after not in said or not may_follow(verdict, said[link.after][1]):
            return verdict
        asked = followed(trial, link, said[link.after][0].spec)
        if asked is None or self.seconds >= PROGRAM_SECONDS:
            return verdict
        results = iter(self._run([case for cases in asked.cases for case in cases]))
        return settled(verdict, asked, [[next(results) for _ in cases] for cases in asked.cases])

    def _trial_of(self, question: Question, part: Part, spec: ProgramSpec) -> Trial:
        """The trial of a function; in a student's kit a constant is known once the function returns it."""
        try:
            return self._trial(question, part, spec)
        except EvaluationError as error:
            judge = self.assignment.judge(part.id)
            if error.note != "sealed" or spec.arguments or judge is None:
                raise
            own = spec.limits
            (ran,) = self._run([Case(spec.function, (), limits=Limits(own.seconds, own.memory_mb, own.output_kb))])
            self.assignment.open_by(question, spec, judge, written_out(ran.value))
            return self._trial(question, part, spec)

    def _trial(self, question: Question, part: Part, spec: ProgramSpec) -> Trial:
        judge = self.assignment.judge(part.id)
        if judge is None:
            raise EvaluationError("no_world", "the reference has no world for this part")

        def target(wanted: Target) -> T.Node:
            return self.assignment.target(question, judge, wanted.derived, wanted.latex)

        return Trial(
            spec,
            draws_of(spec, judge, target),
            judge,
            self.code.program.torch,
            _flat(spec, judge, target),
            goal=target(spec.target) if spec.target is not None else T.Empty(),
        )

    def _imported(self, trials: Sequence[tuple[Part, Trial]]) -> Ran | None:
        """How the module itself fails, if it does."""
        if not trials:
            return None
        own = trials[0][1].spec.limits
        (ran,) = self._run([replace(_IMPORT, limits=Limits(own.seconds, own.memory_mb, own.output_kb))])
        return None if ran.ending in (Ending.OK, Ending.ABSENT, Ending.INVALID) else ran

    def _round(self, trials: Sequence[Trial]) -> bool:
        """The next cases of all functions, in one run, those that take their time last; False where nothing is left to
        ask."""
        for group in ([t for t in trials if not t.slow], [t for t in trials if t.slow]):
            if self.seconds >= PROGRAM_SECONDS:
                return False
            asking = [(trial, cases) for trial in group if (cases := trial.cases())]
            if asking:
                break
        else:
            return False
        results = iter(self._run([case for _, cases in asking for case in cases]))
        for trial, cases in asking:
            mine = [next(results) for _ in cases]
            try:
                trial.take(mine)
            except EvaluationError as error:  # a student's kit does not know what is right there
                trial.stopped_by(Ran(Ending.NOT_RUN, message=str(error)))
            except BUGS as error:
                trial.stopped_by(Ran(Ending.FAULT, message=f"{type(error).__name__}: {error}"))
        return True

    def _run(self, cases: Sequence[Case]) -> list[Ran]:
        if not cases:
            return []
        results = self.runner.run(self.code.program, cases)
        self.seconds += sum(ran.seconds for ran in results)
        return results

    def _broken(self, spec: ProgramSpec) -> Answered:
        problem = self.code.broken[spec.function]
        evidence = {"function": spec.function, "cause": problem.message}
        finding = Finding(Outcome.INCORRECT, "error", ((problem.start, problem.end),), evidence)
        return Answered(spec, finding, tuple(Earning(r.check, Outcome.INCORRECT, 0.0, 0.0) for r in spec.counts))

    def _answered(self, spec: ProgramSpec, judged: Judged) -> Answered:
        """With the places: where the function stands, and the line that its failure speaks of."""
        finding = judged.finding
        head = self.code.heads.get(spec.function)
        places = (self.code.place(*head),) if head is not None else ()
        evidence = dict(finding.evidence)
        line = evidence.pop("line", None)
        if line is not None and 1 <= line <= len(self.code.program.places):
            file, number = self.code.program.places[line - 1]
            evidence["at"] = {"file": file, "line": number}
        return Answered(spec, replace(finding, places=places, evidence=evidence), judged.earned)


def _flat(spec: ProgramSpec, judge: Judge, target: Callable[[Target], T.Node]) -> Callable[[], Sequence[Draw]]:
    """The draws with vectors of one dimension."""

    def draws() -> Sequence[Draw]:
        world = judge.world
        symbols = {k: replace(s, dim=1) if s.kind in ("vector", "unit") else s for k, s in world.symbols.items()}
        return draws_of(spec, Judge(replace(world, symbols=symbols)), target)

    return draws


def written_out(value: Plain) -> list[T.Node]:
    """What a function without arguments returned, as formulas: an expression, or each of its numbers."""
    if holds_tree(value):
        try:
            return [Converter(()).node(value)]
        except Unmatched:
            return []
    return [simple(z) for z in flat_numbers(value)]


def flat_numbers(value: Plain) -> list[complex]:
    """The numbers in what a function returned, a few of them; none where it returned something else."""
    if isinstance(value, Array):
        try:
            found = np.frombuffer(value.data, dtype=value.dtype)[:_MOST_NUMBERS].astype(complex)
            return [complex(z) for z in found if abs(z) < _LARGEST]
        except (ValueError, TypeError):
            return []
    if isinstance(value, tuple):
        return [z for item in value[:_MOST_NUMBERS] for z in flat_numbers(item)][:_MOST_NUMBERS]
    return [complex(value)] if isinstance(value, (int, float, complex)) and abs(value) < _LARGEST else []


def simple(value: complex) -> T.Node:
    """A number as a formula: the simple fraction that it is to rounding, or all its digits."""

    def part(x: float) -> float | Fraction:
        near = Fraction(x).limit_denominator(720)
        return near if abs(float(near) - x) < 1e-10 else Fraction(x)

    real = T.Num(Fraction(part(value.real)))
    imaginary = Fraction(part(value.imag))
    return T.Add((real, T.Mul((T.Num(imaginary), T.Const("i"))))) if imaginary else real


def _unjudged(spec: ProgramSpec, outcome: Outcome, note: str, cause: str) -> Judged:
    finding = Finding(outcome, note, evidence={"function": spec.function, "cause": cause[:300]})
    return Judged(finding, tuple(Earning(row.check, outcome, 0.0, row.share, row.share) for row in spec.counts))
