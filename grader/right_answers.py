"""Right answers of an assignment as texts, read as one part each, with the formulas in them that can be changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from grader.assignment import Assignment
from grader.checks.context import Finding
from grader.checks.specs import (
    CheckBase,
    ComponentCheck,
    ComponentsCheck,
    EigenvaluesCheck,
    PointCheck,
    ValueCheck,
)
from grader.derivation.definitions import flat_relations
from grader.errors import ReadError
from grader.examples import as_markdown
from grader.grade import placed
from grader.grade_part import grade_part, run_check
from grader.invariants import reference_answer
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.compare import compare_trees
from grader.maths.memory import one_submission
from grader.maths.parser import parse
from grader.model import Outcome, Role
from grader.reading.outline import Located, Piece
from grader.reading.phrases import INTRODUCES
from grader.reading.reader import read_files
from grader.reading.sections import locate
from grader.rubric import Part, Question
from grader.submission import Submission

_ORDER: Final = frozenset({"<", ">", "<=", ">="})
UNIQUE: Final = (ValueCheck, ComponentsCheck, PointCheck, EigenvaluesCheck, ComponentCheck)
"""Checks whose question has one answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A right answer as text: to one check, or (without one) to a whole part."""

    question: Question
    part: Part
    spec: CheckBase | None
    text: str
    source: str
    more: tuple[str, ...] = ()
    """Other right answers, for where the first gives too few mutants."""

    @property
    def name(self) -> str:
        return f"{self.part.id} {self.spec.id}" if self.spec is not None else f"{self.part.id} (derivation)"


@dataclass(frozen=True, slots=True)
class Place:
    """A formula of a text with the worlds it stands in."""

    start: int
    end: int
    node: T.Node
    judges: tuple[Judge, ...]
    choice: bool = False
    """Whether a student chooses the world, so that one of them suffices."""

    def with_instead(self, text: str, formula: str) -> str:
        return f"{text[: self.start]} {formula} {text[self.end :]}"

    def differs(self, fresh: T.Node) -> bool | None:
        """Whether another formula has other values, in every world; None if that cannot be said."""
        outcomes = {compare_trees(judge, fresh, self.node).outcome for judge in self.judges}
        if outcomes == {Outcome.INCORRECT}:
            return True
        return False if outcomes == {Outcome.CORRECT} or (self.choice and Outcome.CORRECT in outcomes) else None


def answers(assignment: Assignment, examples: Path) -> Iterator[Answer]:
    """All right answers: one for each check that has one, and the derivations of examples that earn full marks."""
    whole = _derivations(assignment, examples)
    for question, part in assignment.parts:
        for spec in part.checks:
            if spec.role is Role.MANUAL or spec.type == "prose":
                continue
            reference = reference_answer(assignment, question, part, spec)
            if reference is not None and not isinstance(spec, ComponentCheck):
                yield Answer(question, part, spec, _claim(spec, reference), "the reference", spec.accepts)
            elif spec.accepts:
                named = [text for text in spec.accepts if _claims(assignment, part, text)]
                # what is not claimed under a name may stand within something else
                texts = named if named and isinstance(spec, ComponentCheck) else [*named, *spec.accepts]
                yield Answer(question, part, spec, texts[0], "accepted", tuple(dict.fromkeys(texts[1:])))
        if part.id in whole:
            yield Answer(question, part, None, *whole[part.id])


def _claims(assignment: Assignment, part: Part, text: str) -> bool:
    """Whether a text claims its formula under a name."""
    judge = assignment.judge(part.id)
    try:
        tree = parse(text, judge.world.notation) if judge is not None else None
    except ReadError:
        return False
    return isinstance(tree, T.Rel) and isinstance(tree.operands[0], T.Name)


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


class ReadAnswer:
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
        # nothing before it is wrong, so that nothing can only follow from an error
        self.submission.outcomes |= {own.answer: Outcome.CORRECT for own in part.own}
        for _, other in assignment.parts:
            world = assignment.judge(other.id) or judge
            self.submission.texts[other.id] = self.submission.part_text(other.id, world, world.world.notation)
        self.text = self.submission.texts[part.id]

    def finding(self, answer: Answer) -> Finding:
        """What the answer's check says, with what it needs taken to be met."""
        assert answer.spec is not None
        return run_check(self.submission, answer.question, self.judge, answer.spec, self.text)

    def places(self, answer: Answer) -> list[Place]:
        """The formulas to be spoilt: what is claimed (but for the first member of each chain), or in a whole derivation what
        is confirmed to follow from the member before."""
        if answer.spec is None:
            return self._confirmed(answer)
        nodes: list[T.Node] = []
        trees = [line.tree for chain in self.text.chains if not chain.aside for line in chain.lines]
        for tree in trees:
            relations = list(flat_relations(tree)) if tree is not None else []
            for rel in relations:
                nodes += rel.operands[1:]
                if set(rel.relations) & _ORDER:
                    nodes.append(rel)
            if tree is not None and not relations:
                nodes.append(tree)
        nodes += [bare.line.tree for bare in self.text.bare if bare.line.tree is not None and not trees]
        families = getattr(answer.spec, "families", "")
        judges = tuple(self.submission.assignment.worlds(answer.question, families)) if families else (self.judge,)
        found = [place for node in nodes if (place := self._place(node, judges)) is not None]
        return [replace(place, choice=bool(families)) for place in found]

    def _confirmed(self, answer: Answer) -> list[Place]:
        grade_part(self.submission, answer.question, answer.part)
        context = self.submission.contexts[id(self.text)]
        found: list[Place] = []
        for link in context.links:
            right, verdict = link.right, link.verdict
            sure = (
                verdict.outcome is Outcome.CORRECT and verdict.note in ("agrees", "holds") and link.kind == "identity"
            )
            introduced = link.run.chain is not None and link.k == 0 and INTRODUCES.search(link.run.chain.words)
            if not sure or introduced or link.run.relations[link.k] != "=":
                continue
            settings = context.settings
            judges = [j for j in [*settings.current(link.run), *settings.families] if settings.possible(j)]
            place = self._place(right, tuple(judges))
            if place is not None:
                found.append(place)
        return found

    def _place(self, node: T.Node, judges: tuple[Judge, ...]) -> Place | None:
        """Where a formula stands in the text, if it stands there as it was read."""
        if node.end <= node.start or isinstance(node, T.Empty) or not judges:
            return None
        starts = [0]
        for line in self.whole.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        source = self.document.source
        span = source.span(node.start, node.end)
        start, end = starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1
        if self.whole[start:end] != source.text(node.start, node.end) or self.whole[end:].lstrip().startswith(
            ("_", "}")
        ):
            return None
        return Place(start, end, node, judges)
