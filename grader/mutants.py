"""Mutation testing of rubrics: right answers spoilt by one slip, which must cost something, and rewritten, which must not.

Answers are the reference's own (as a student would claim them), those that a check accepts, and whole derivations of
examples that earn full marks. A mutant is a formula that differs from what it came from at some numbers, with known names
only. It is killed if the highest possible score falls below full; open if a person decides (who may see the line called
wrong); kept if it is sure of full marks, which is a fault of the rubric. What is equal to what it came from, or another right
answer to a question that has many, is no mutant; both are shown unless they are proved.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from grader.assignment import Assignment
from grader.errors import ReadError
from grader.grade_part import grade_part
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.certify import proved
from grader.maths.memory import one_submission
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.maths.slips import answer_mutants, mutants
from grader.maths.variants import rewritings
from grader.model import Outcome, Role
from grader.right_answers import UNIQUE, Answer, Place, ReadAnswer, answers
from grader.scoring import points_of

MUTANTS: Final = 24
"""Mutants tried of one answer, taken from its operators in turn."""
REWRITTEN: Final = 6
_OTHERWISE_RIGHT: Final = frozenset({"proportional", "other_order", "other_order_declared", "opposite"})
"""Notes of answers that are right up to what the rubric leaves free: a constant factor, the order of the variables, the sign
of what may be a loss."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A mutant or a rewriting that is shown to a person: its operator, the formula, and why."""

    operator: str
    formula: str
    why: str


@dataclass(slots=True)
class Tally:
    """What became of one answer's mutants and rewritings."""

    answer: Answer
    operators: set[str] = field(default_factory=set)
    killed: int = 0
    proved: int = 0
    """Equal to what they came from by exact arithmetic."""
    equal: list[Shown] = field(default_factory=list)
    """Equal at all samples."""
    right: list[Shown] = field(default_factory=list)
    """Where there are many right answers: sure of full marks, and no line called wrong. A person looks whether they are."""
    noticed: list[Shown] = field(default_factory=list)
    """Open, with a line called wrong."""
    open: list[Shown] = field(default_factory=list)
    kept: list[Shown] = field(default_factory=list)
    rewritten: int = 0
    lost: list[Shown] = field(default_factory=list)
    """Rewritings that lose marks."""

    @property
    def real(self) -> int:
        """Mutants that are really others."""
        return self.killed + len(self.noticed) + len(self.open) + len(self.kept)

    @property
    def faults(self) -> list[Shown]:
        """What is wrong with the rubric: wrong answers that keep full marks, rewritings that lose some.

        A slip in one line of a whole derivation is none: where its line only says what a name means, nobody can see it.
        """
        return self.lost + (self.kept if self.answer.spec is not None else [])

    def as_data(self) -> dict[str, Any]:
        """As plain data, for reports."""
        whole = self.answer.spec is None
        lists = {"kept": [] if whole else self.kept, "lost": self.lost, "equal": self.equal, "right": self.right}
        lists |= {"open": [] if whole else self.open + self.noticed, "unseen": self.open + self.kept if whole else []}
        return {
            "rubric": f"Q{self.answer.question.number}",
            "name": self.answer.name,
            "source": self.answer.source,
            "derivation": whole,
            "final": self.answer.spec is not None and self.answer.spec.role is Role.FINAL_ANSWER,
            "real": self.real,
            "operators": len(self.operators),
            "killed": self.killed,
            "noticed": len(self.noticed),
            "proved": self.proved,
            "rewritten": self.rewritten,
            "faults": len(self.faults),
            **{kind: [(s.operator, s.formula, s.why) for s in found] for kind, found in lists.items()},
        }


def tallies(assignment: Assignment, examples: Path, only: str = "") -> Iterator[Tally]:
    """Every answer of every mathematical part (of one part with `only`), tried."""
    for answer in answers(assignment, examples):
        if not only or answer.part.id == only:
            tally = tried(assignment, answer)
            if tally.real or answer.spec is not None:  # a derivation without confirmed lines has none to spoil
                yield tally


def tried(assignment: Assignment, answer: Answer) -> Tally:
    """All mutants and rewritings of one answer, graded; of further texts as long as there are too few."""
    tally = Tally(answer)
    for text in (answer.text, *answer.more):
        if tally.real < MUTANTS or not tally.rewritten:
            _try(assignment, answer, text, tally)
    return tally


def _try(assignment: Assignment, answer: Answer, text: str, tally: Tally) -> None:
    with one_submission():
        base = ReadAnswer(assignment, answer, text)
        rng = random.Random(f"{answer.name} {text}")
        places = base.places(answer)
        chosen = list(_chosen(places, answer, base.judge, rng, MUTANTS - tally.real))
        wanted = REWRITTEN - tally.rewritten if answer.spec is not None else 0
        fresh = list(_rewritten(places, base.judge, rng, wanted))
    most = _graded(assignment, answer, text).whole[1]  # what the part earns at most with the right answer
    for operator, place, node, differs in chosen:
        formula = to_latex(node)
        if not differs:
            if proved(node, place.node):
                tally.proved += 1
            else:
                tally.equal.append(Shown(operator, formula, "equal at all samples"))
            continue
        tally.operators.add(operator)
        result = _graded(assignment, answer, place.with_instead(base.whole, formula))
        shown = Shown(operator, formula, result.note)
        if (answer.spec is not None and result.most < 1 - 1e-9) or result.whole[1] < most - 1e-9:
            tally.killed += 1
        elif result.note in _OTHERWISE_RIGHT:
            tally.right.append(shown)
        elif answer.spec is None and result.noticed:
            tally.noticed.append(shown)  # a slip in one line costs at most a little, which a person decides
        elif result.least < 1 - 1e-9:
            (tally.noticed if result.noticed else tally.open).append(shown)
        elif result.noticed or answer.spec is None or isinstance(answer.spec, UNIQUE):
            tally.kept.append(shown)
        else:
            tally.right.append(shown)
    for place, node in fresh:
        tally.rewritten += 1
        formula = to_latex(node)
        result = _graded(assignment, answer, place.with_instead(base.whole, formula))
        if result.least < 1 - 1e-9:
            tally.lost.append(Shown("rewriting", formula, result.note))


@dataclass(frozen=True, slots=True)
class _Result:
    """What a text is sure of and what it earns at most, as shares; why; whether a line of it is called wrong."""

    least: float
    most: float
    note: str
    noticed: bool
    whole: tuple[float, float]
    """The same of the part."""


def _graded(assignment: Assignment, answer: Answer, text: str) -> _Result:
    """A changed text graded: by its check, with what that needs taken to be met, and as the whole part."""
    with one_submission():
        read = ReadAnswer(assignment, answer, text)
        finding = read.finding(answer) if answer.spec is not None else None
        report = grade_part(read.submission, answer.question, answer.part)
    noticed = any(step.outcome is Outcome.INCORRECT for step in report.steps)
    whole = report.score.min / answer.part.points, report.score.max / answer.part.points
    if finding is None or answer.spec is None:
        notes = [f"{c.id}: {c.note}" for c in report.checks if c.points.max > c.points.min]
        return _Result(*whole, ", ".join(notes) or "all right", noticed, whole)
    full = answer.spec.points
    points = points_of(finding, full)
    most = points.max
    if not answer.spec.needs:
        most = min(most, next(c.points.max for c in report.checks if c.id == answer.spec.id))
    return _Result(points.min / full, most / full, finding.note, noticed, whole)


def _chosen(
    places: Sequence[Place], answer: Answer, judge: Judge, rng: random.Random, wanted: int
) -> Iterator[tuple[str, Place, T.Node, bool]]:
    """Mutants that can be written and read, from all operators in turn, and whether each differs from what it came from."""
    symbols = [parse(key, judge.world.notation) for key in _written_names(judge)]
    names = [name for name in symbols if isinstance(name, T.Name)]

    def make(node: T.Node) -> Iterator[tuple[str, T.Node]]:
        return answer_mutants(node, names) if answer.spec is not None else mutants(node)

    by_operator: dict[str, list[tuple[Place, T.Node]]] = {}
    for place in places:
        for operator, fresh in make(place.node):
            by_operator.setdefault(operator, []).append((place, fresh))
    for found in by_operator.values():
        rng.shuffle(found)
    count = 0
    seen: set[tuple[int, str]] = set()
    for row in zip_longest(*([(name, *item) for item in found] for name, found in sorted(by_operator.items()))):
        for operator, place, fresh in filter(None, row):
            formula = to_latex(fresh)
            known = T.names_in(fresh) <= T.names_in(place.node) | set(judge.world.symbols)
            if count >= wanted or (place.start, formula) in seen or not known or not _readable(formula, judge):
                continue
            seen.add((place.start, formula))
            differs = place.differs(fresh)
            if differs is None or fresh == place.node:
                continue  # it has no value, or one that cannot be told
            count += differs
            yield operator, place, fresh, differs


def _written_names(judge: Judge) -> list[str]:
    """The first numbers of a world, as they are written."""
    keys = [key for key, symbol in judge.world.symbols.items() if symbol.kind in ("real", "positive")]
    written = (key if len(key.split("_")[0]) == 1 else "\\" + key for key in keys)
    return [name for name in written if _readable(name, judge)][:3]


def _readable(formula: str, judge: Judge) -> bool:
    if r"\text{" in formula:
        return False
    try:
        parse(formula, judge.world.notation)
    except ReadError:
        return False
    return True


def _rewritten(
    places: Sequence[Place], judge: Judge, rng: random.Random, wanted: int
) -> Iterator[tuple[Place, T.Node]]:
    """Rewritings that have the same values."""
    seen: set[str] = set()
    for _ in range(6 * REWRITTEN):
        if len(seen) >= wanted or not places:
            return
        place = rng.choice(places)
        fresh = rewritings(place.node, rng)
        formula = to_latex(fresh)
        if fresh == place.node or formula in seen or not _readable(formula, judge) or place.differs(fresh) is not False:
            continue
        seen.add(formula)
        yield place, fresh
