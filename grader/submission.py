"""One submission while it is graded: its document, where its parts lie, and what was read and found so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.assignment import Assignment
from grader.carry import own_names
from grader.checks.context import PartContext
from grader.checks.specs import CheckBase
from grader.derivation.definitions import defined
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.notation import Notation
from grader.model import Outcome
from grader.python_answers import Answered
from grader.reading.claims import read_part
from grader.reading.document import FORMULAS, Document, Kind, Problem
from grader.reading.part_text import Chain, PartText
from grader.reading.sections import Located, Piece
from grader.rubric import Part, Question

_DISPLAYS = 2
_WORKED = 8
"""So many displays or formulas under no label are an answer, and not the notation of a question."""
_FRONT = 400
"""Blocks before the first answer that are read for notation; a longer front is a quoted statement."""


@dataclass(slots=True)
class Submission:
    """A submission as read, and the outcomes of its checks so far (`Q7.1.slope`)."""

    assignment: Assignment
    document: Document
    located: Located
    texts: dict[str, PartText] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    answers: dict[str, T.Node] = field(default_factory=dict)
    carried: set[str] = field(default_factory=set)  # checks that only follow from an earlier error
    contexts: dict[int, PartContext] = field(default_factory=dict)
    programs: Mapping[str, tuple[Answered, ...]] = field(default_factory=dict)  # Python answers by part
    _reads: dict[tuple[tuple[Piece, ...], Notation], PartText] = field(default_factory=dict)

    def unplaced(self, question: Question, part: Part) -> bool:
        """Whether a question has text that may be a part's: it was found to be no part's at all, or the part has none and
        formulas are worked out under no label."""
        left = self.located.unplaced.get(question.number, [])
        if left and self.texts[part.id].empty:
            blocks = [b for p in left for b in self.document.blocks[p.first : p.last + 1]]
            displays = sum(b.kind is Kind.DISPLAY for b in blocks)
            if displays >= _DISPLAYS or sum(b.kind in FORMULAS for b in blocks) >= _WORKED:
                return True
        return bool(left) and all(self.texts[p.id].empty for p in question.parts)

    def part_text(self, part_id: str, judge: Judge | None, notation: Notation) -> PartText:
        """A part as read; read again where the student introduces functions, for `s(a + b)` may be a product."""
        pieces = self.located.parts.get(part_id, [])
        text = read_part(self.document.blocks, pieces, notation, part_id)
        if judge is None or not text.formulas:
            return text
        front = self.front(notation)
        names = defined(judge, text.chains, front)[0].notation.functions - notation.functions
        if not names:
            return text
        return read_part(self.document.blocks, pieces, notation.with_names(functions=names), part_id)

    def right(self, part: Part, check: str) -> bool:
        """Whether a check of a part is right, as written or in Python."""
        if self.outcomes.get(f"{part.id}.{check}") is Outcome.CORRECT:
            return True
        earned = [e for answered in self.programs.get(part.id, ()) for e in answered.earned]
        return any(e.check == check and e.outcome is Outcome.CORRECT for e in earned)

    def front(self, notation: Notation) -> list[Chain]:
        """The chains before the first answer, where notation is often explained."""
        first = min((p.first for pieces in self.located.parts.values() for p in pieces), default=0)
        return self.read([Piece(0, first - 1)], notation, "front").chains if 0 < first <= _FRONT else []

    def read(self, pieces: list[Piece], notation: Notation, name: str) -> PartText:
        """The chains of some pieces, read once per notation."""
        key = (tuple(pieces), notation)
        if key not in self._reads:
            self._reads[key] = read_part(self.document.blocks, pieces, notation, name)
        return self._reads[key]

    def formulas(self) -> int:
        """Lines of formulas in all parts."""
        return sum(text.formulas for text in self.texts.values())

    def orders(self, question: Question) -> frozenset[tuple[str, ...]]:
        """Tuples of names written anywhere in a question: orders of variables the student uses."""
        return frozenset(order for p in question.parts for order in self.texts[p.id].tuples)

    def elsewhere(self, question: Question, part: Part) -> list[list[Piece]]:
        """Where an answer to a part may stand under a wrong heading.

        The other parts of its question, text under no label, and questions of which nothing else is found.
        """
        places = [self.located.parts.get(p.id, []) for p in question.parts if p.id != part.id]
        places.extend(self.located.unplaced.values())
        if all(self.texts[p.id].empty for p in question.parts):
            places.extend(self.located.parts.get(p.id, []) for q in self.assignment.questions for p in q.parts)
        return [pieces for pieces in places if pieces]

    def before(self, question: Question, text: PartText, notation: Notation) -> list[Chain]:
        """What may introduce names for a part: the front of the file, the question's own words, its earlier parts."""
        pieces = [p for p in self.located.unplaced.get(question.number, []) if p.last - p.first <= _FRONT]
        chains = list(self.front(notation))
        if pieces:
            chains += self.read(pieces, notation, "shared").chains
        for part in question.parts:
            if self.texts[part.id] is text:
                break
            chains.extend(self.texts[part.id].chains)
        return chains

    def own_before(self, question: Question, spec: CheckBase, judge: Judge) -> dict[str, T.Node]:
        """What names mean by the student's own earlier answers, where those are not right."""
        found: dict[str, T.Node] = {}
        for own in next((p.own for p in question.parts if any(s is spec for s in p.checks)), ()):
            answer = self.answers.get(own.answer)
            right = self.outcomes.get(own.answer) is Outcome.CORRECT and own.answer not in self.carried
            if answer is not None and not right:

                def read(text: str) -> T.Node:
                    return self.assignment.target(question, judge, None, text)

                found.update(own_names(own.names, own.then, answer, judge.world.notation, read))
        return found

    def problem(self, problem: Problem) -> dict[str, Any]:
        """A reading problem with its place and an excerpt of its line."""
        source = self.document.source
        span = source.span(problem.start, problem.end)
        excerpt, column = source.excerpt(problem.start)
        return {
            "note": problem.note,
            "message": problem.message,
            "file": span.file,
            "line": span.line,
            "column": span.column,
            "source": excerpt,
            "source_column": column,
        }
