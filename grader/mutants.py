"""Mutation testing of rubrics: right answers spoilt by one slip, which must cost something, and rewritten, which must not.

Answers are the reference's own (as a student would claim them), those that a check accepts, and whole derivations of
examples that earn full marks. A mutant is killed if the highest possible score falls below full. One that is not is either
equal to what it came from (by exact arithmetic, or at all samples), another right answer to a question that has many, or a
fault of the rubric; all three are shown.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Final

from grader.assignment import Assignment
from grader.checks.context import Finding
from grader.checks.specs import (
    CheckBase,
    ComponentsCheck,
    EigenvaluesCheck,
    PointCheck,
    ValueCheck,
)
from grader.derivation.definitions import flat_relations
from grader.errors import ReadError
from grader.examples import as_markdown
from grader.grade import one_submission, placed
from grader.grade_part import Submission, grade_part, run_check
from grader.invariants import reference_answer
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.certify import proved
from grader.maths.decide import equal
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.maths.slips import answer_mutants, mutants
from grader.maths.variants import rewritings
from grader.model import Outcome, Role
from grader.reading.outline import Located, Piece
from grader.reading.reader import read_files
from grader.reading.sections import locate
from grader.rubric import Part, Question
from grader.scoring import points_of

MUTANTS: Final = 24
"""Mutants tried of one answer, taken from its operators in turn."""
REWRITTEN: Final = 6
_UNIQUE: Final = (ValueCheck, ComponentsCheck, PointCheck, EigenvaluesCheck)
"""Checks whose question has one answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A right answer as text: to one check, or (without one) to a whole part."""

    question: Question
    part: Part
    spec: CheckBase | None
    text: str
    source: str

    @property
    def name(self) -> str:
        return f"{self.part.id} {self.spec.id}" if self.spec is not None else f"{self.part.id} (derivation)"


@dataclass(frozen=True, slots=True)
class Shown:
    """A mutant that is shown to a person: its operator, the formula, and why."""

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
    equal: list[Shown] = field(default_factory=list)
    right: list[Shown] = field(default_factory=list)
    survived: list[Shown] = field(default_factory=list)
    rewritten: int = 0
    lost: list[Shown] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return self.killed + self.proved + len(self.equal) + len(self.right) + len(self.survived)

    @property
    def score(self) -> float:
        """The share of mutants that are really others which were killed."""
        real = self.killed + len(self.survived)
        return self.killed / real if real else 1.0


def tallies(assignment: Assignment, examples: Path, only: str = "") -> Iterator[Tally]:
    """Every answer of every mathematical part (of one part with `only`), tried."""
    for answer in answers(assignment, examples):
        if not only or answer.part.id == only:
            yield tried(assignment, answer)


def answers(assignment: Assignment, examples: Path) -> Iterator[Answer]:
    """All right answers: one for each check that has one, and the derivations of examples that earn full marks."""
    whole = _derivations(assignment, examples)
    for question, part in assignment.parts:
        for spec in part.checks:
            if spec.role is Role.MANUAL or spec.type == "prose":
                continue
            reference = reference_answer(assignment, question, part, spec)
            if reference is not None and isinstance(spec, _UNIQUE):
                yield Answer(question, part, spec, _claim(spec, reference), "the reference")
            elif spec.accepts:
                yield Answer(question, part, spec, spec.accepts[0], "accepted")
        if part.id in whole:
            yield Answer(question, part, None, *whole[part.id])


def _claim(spec: CheckBase, formula: str) -> str:
    if isinstance(spec, (ValueCheck, ComponentsCheck)) and spec.named:
        return f"$$ {spec.named[0]} = {formula} $$"
    if isinstance(spec, PointCheck):
        return f"$$ ({', '.join(spec.coordinates)}) = {formula} $$"
    if isinstance(spec, EigenvaluesCheck):
        return rf"$$ {spec.label} \in {formula} $$"
    return f"$$ {formula} $$"


def _derivations(assignment: Assignment, examples: Path) -> dict[str, tuple[str, str]]:
    """For each part the text of the first example in Markdown by which all of it is right, and the example's name."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(examples.glob("*.md")):
        document, _ = read_files([path])
        located = locate(document, assignment.outline())
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        for question, part in assignment.parts:
            pieces = located.parts.get(part.id)
            if part.id in found or not pieces or len(pieces) > 1 or all(c.role is Role.MANUAL for c in part.checks):
                continue
            with one_submission():
                report = grade_part(placed(document, assignment, located, only=part.id), question, part)
            if report.score.min < part.points:
                continue
            first, last = document.blocks[pieces[0].first], document.blocks[pieces[0].last]
            start = document.source.span(first.start, first.end).line
            end = document.source.span(last.start, last.end).end_line
            found[part.id] = "\n".join(lines[start - 1 : end]) + "\n", path.name
    return found


class _Read:
    """A text read as one part, all by itself."""

    def __init__(self, assignment: Assignment, answer: Answer, text: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answer.md"
            path.write_text(as_markdown(text), encoding="utf-8")
            self.document, _ = read_files([path])
        self.whole = as_markdown(text)
        part = answer.part
        judge = assignment.judge(part.id)
        assert judge is not None
        self.judge: Judge = judge
        pieces = [Piece(0, len(self.document.blocks) - 1)] if self.document.blocks else []
        self.submission = Submission(assignment, self.document, Located({part.id: pieces}, {}))
        for _, other in assignment.parts:
            world = assignment.judge(other.id) or judge
            self.submission.texts[other.id] = self.submission.part_text(other.id, world, world.world.notation)
        self.text = self.submission.texts[part.id]

    def finding(self, answer: Answer) -> Finding:
        """What the answer's check says, with what it needs taken to be met."""
        assert answer.spec is not None
        return run_check(self.submission, answer.question, self.judge, answer.spec, self.text)

    def members(self) -> list[tuple[int, int, T.Node]]:
        """The members of all formulas that claim something, but for the first of each, with their places in the text."""
        starts = [0]
        for line in self.whole.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        found: list[tuple[int, int, T.Node]] = []
        trees = [line.tree for chain in self.text.chains if not chain.aside for line in chain.lines]
        nodes: list[T.Node] = []
        for tree in trees:
            relations = list(flat_relations(tree)) if tree is not None else []
            if relations:
                nodes += [node for rel in relations for node in rel.operands[1:]]
            elif tree is not None:
                nodes.append(tree)
        nodes += [bare.line.tree for bare in self.text.bare if bare.line.tree is not None and not trees]
        source = self.document.source
        for node in nodes:
            if node.end <= node.start or isinstance(node, T.Empty):
                continue
            span = source.span(node.start, node.end)
            start, end = starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1
            if self.whole[start:end] == source.text(node.start, node.end):
                found.append((start, end, node))
        return found


def tried(assignment: Assignment, answer: Answer) -> Tally:
    """All mutants and rewritings of one answer, graded."""
    tally = Tally(answer)
    base = _Read(assignment, answer, answer.text)
    rng = random.Random(f"{answer.name} {answer.text}")
    members = base.members()
    for operator, (start, end, node), fresh in _chosen(members, answer, base.judge, rng):
        formula = to_latex(fresh)
        read, note, best, right = _graded(assignment, answer, base.whole[:start] + f" {formula} " + base.whole[end:])
        tally.operators.add(operator)
        if best < 1 - 1e-9:
            tally.killed += 1
            continue
        verdict = equal(base.judge, fresh, node)
        if verdict.outcome is Outcome.CORRECT and proved(fresh, node):
            tally.proved += 1
        elif verdict.outcome is Outcome.CORRECT:
            tally.equal.append(Shown(operator, formula, f"equal at {verdict.samples} samples"))
        elif right and not isinstance(answer.spec, _UNIQUE):
            tally.right.append(Shown(operator, formula, note))
        else:
            tally.survived.append(Shown(operator, formula, note))
        del read
    if answer.spec is not None:
        _rewritten(assignment, answer, base, members, rng, tally)
    return tally


def _graded(assignment: Assignment, answer: Answer, text: str) -> tuple[_Read, str, float, bool]:
    """What a changed text earns at most, as a share, with the note that tells why, and whether all of it is sure."""
    with one_submission():
        read = _Read(assignment, answer, text)
        if answer.spec is None:
            report = grade_part(read.submission, answer.question, answer.part)
            open_notes = [f"{c.id}: {c.note}" for c in report.checks if c.points.max > c.points.min]
            points, out_of = report.score, answer.part.points
            return read, ", ".join(open_notes) or "all right", points.max / out_of, points.min >= out_of - 1e-9
        finding = read.finding(answer)
        points = points_of(finding, answer.spec.points)
        share = points.max / answer.spec.points
        if share >= 1 and finding.outcome is not Outcome.CORRECT:
            report = grade_part(read.submission, answer.question, answer.part)
            result = next(c for c in report.checks if c.id == answer.spec.id)
            if answer.spec.needs == ():
                share = min(share, result.points.max / answer.spec.points)
        return read, finding.note, share, finding.outcome is Outcome.CORRECT


def _chosen(
    members: Sequence[tuple[int, int, T.Node]], answer: Answer, judge: Judge, rng: random.Random
) -> Iterator[tuple[str, tuple[int, int, T.Node], T.Node]]:
    """Mutants that can be written and read, from all operators in turn."""
    make = answer_mutants if answer.spec is not None else mutants
    by_operator: dict[str, list[tuple[tuple[int, int, T.Node], T.Node]]] = {}
    for member in members:
        for operator, fresh in make(member[2]):
            by_operator.setdefault(operator, []).append((member, fresh))
    for found in by_operator.values():
        rng.shuffle(found)
    count = 0
    seen: set[str] = set()
    for row in zip_longest(*([(name, *item) for item in found] for name, found in sorted(by_operator.items()))):
        for item in row:
            if item is None or count >= MUTANTS:
                continue
            operator, member, fresh = item
            formula = to_latex(fresh)
            key = f"{member[0]} {formula}"
            if key in seen or fresh == member[2] or not _readable(formula, judge):
                continue
            seen.add(key)
            count += 1
            yield operator, member, fresh


def _readable(formula: str, judge: Judge) -> bool:
    if r"\text{" in formula:
        return False
    try:
        parse(formula, judge.world.notation)
    except ReadError:
        return False
    return True


def _rewritten(
    assignment: Assignment,
    answer: Answer,
    base: _Read,
    members: Sequence[tuple[int, int, T.Node]],
    rng: random.Random,
    tally: Tally,
) -> None:
    seen: set[str] = set()
    for _ in range(4 * REWRITTEN):
        if tally.rewritten >= REWRITTEN or not members:
            return
        start, end, node = rng.choice(members)
        fresh = rewritings(node, rng)
        formula = to_latex(fresh)
        if fresh == node or formula in seen or not _readable(formula, base.judge):
            continue
        seen.add(formula)
        if equal(base.judge, fresh, node).outcome is not Outcome.CORRECT:
            continue  # it does not hold everywhere: no rewriting
        tally.rewritten += 1
        changed = base.whole[:start] + f" {formula} " + base.whole[end:]
        with one_submission():
            finding = _Read(assignment, answer, changed).finding(answer)
        if finding.outcome is not Outcome.CORRECT:
            tally.lost.append(Shown("rewriting", formula, finding.note))
