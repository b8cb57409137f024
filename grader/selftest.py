"""A rubric proves itself: accepted and rejected answers, reference answers, blanks and whole example submissions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from grader.assignment import Assignment
from grader.checks.specs import CheckBase, SubtermCheck
from grader.errors import GraderError, OperatorError
from grader.examples import example_faults, graded
from grader.grade import grade
from grader.invariants import READ_AS_TEXT, answers_lowering, reference_answer
from grader.model import Outcome, Report, Role
from grader.programs import Runner
from grader.report.to_json import dumps, report_data
from grader.rubric import Part, Question


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was tested: what, and what is wrong with it (empty if nothing)."""

    what: str
    faults: tuple[str, ...] = ()


def selftest(
    assignment: Assignment,
    examples: Path | None = None,
    *,
    only_examples: bool = False,
    runner: Runner | None = None,
) -> Iterator[Row]:
    """All tests in order; each row says what was tested and what failed. `runner` runs the examples' Python answers."""
    met: set[tuple[str, str]] = set()
    if not only_examples:
        yield from _rubrics(assignment, met)
    folder = examples if examples is not None else assignment.folder / "submissions_example"
    if examples is not None and not folder.is_dir():
        raise OperatorError(f"{folder}: no such folder")
    for key in sorted(folder.glob("*.key.yaml")):
        yield _example(assignment, key, runner, met)
    for path in sorted(folder.glob("*")):
        if path.suffix in READ_AS_TEXT and path.with_suffix(".key.yaml").is_file():
            yield Row(f"{path.name}: right answers added lower nothing", tuple(answers_lowering(assignment, path)))
    if not only_examples and examples is None:
        yield Row("some text is right by every check", tuple(_never_met(assignment, met)))


def _never_met(assignment: Assignment, met: set[tuple[str, str]]) -> Iterator[str]:
    """Checks by which no reference answer, no accepted answer and no example is right: nothing shows that they can be met."""
    for _, part in assignment.parts:
        for spec in part.checks:
            if spec.role is not Role.MANUAL and (part.id, spec.id) not in met:
                yield f"{part.id} {spec.id}: no text here is right by it; add one that it accepts, or an example"


def _rubrics(assignment: Assignment, met: set[tuple[str, str]]) -> Iterator[Row]:
    yield Row("references", tuple(_reference_faults(assignment)))
    wrong = example_faults(assignment)
    for _, part in assignment.parts:
        met |= {(part.id, c.id) for c in part.checks if c.accepts and (part.id, c.id) not in wrong}
        count = sum(len(c.accepts) + len(c.rejects) for c in part.checks)
        faults = tuple(f"{check}: {text}" for (p, check), texts in wrong.items() if p == part.id for text in texts)
        if count:
            yield Row(f"{part.id}: {count} accepted and rejected answers", faults)
    for question, part in assignment.parts:
        own = {spec.id: list(_own_texts(assignment, question, part, spec)) for spec in part.checks}
        faults = tuple(_own_answer(assignment, question, part, own))
        met |= {(part.id, name) for name, texts in own.items() if texts and not faults}
        if any(own.values()):
            yield Row(f"{part.id}: the reference answer", faults)
    yield Row("an empty answer earns nothing", tuple(_blank(assignment)))


def _reference_faults(assignment: Assignment) -> Iterator[str]:
    from grader.references import disagreements

    for name in sorted({q.reference for q in assignment.questions if q.reference}):
        reference = assignment.reference(name)
        yield from disagreements(reference, sorted(reference.derived))


def _own_texts(assignment: Assignment, question: Question, part: Part, spec: CheckBase) -> Iterator[str]:
    """The reference's answers to a check, as a student would write them; each group where a check asks for formulas."""
    answer = reference_answer(assignment, question, part, spec)
    if answer is not None:
        yield answer
    if isinstance(spec, SubtermCheck) and question.reference is not None:
        derived = assignment.reference(question.reference).derived
        for group in spec.any_of:
            formulas = [t.latex if t.derived is None else derived[t.derived] for t in group]
            named = [rf"$$ \Omega_{n} = {formula} $$" for n, formula in enumerate(formulas, 1)]
            yield "\n\n".join(named)


def _own_answer(
    assignment: Assignment, question: Question, part: Part, own: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    for spec in part.checks:
        for text in own[spec.id]:
            found = graded(assignment, question, part, spec, text)
            if found.outcome is not Outcome.CORRECT:
                yield f"{spec.id}: the reference's own answer is {found.outcome} ({found.note}): {text[:120]}"


def _blank(assignment: Assignment) -> Iterator[str]:
    for question, part in assignment.parts:
        for spec in part.checks:
            found = graded(assignment, question, part, spec, "\n")
            if found.outcome is not Outcome.MISSING:
                yield f"{part.id} {spec.id}: an empty answer is {found.outcome} ({found.note})"


def _example(assignment: Assignment, key: Path, runner: Runner | None, met: set[tuple[str, str]]) -> Row:
    """A whole submission: each part's range holds the key's mark and is no wider than it says; twice the same bytes."""
    try:
        data: dict[str, Any] = yaml.safe_load(key.read_text(encoding="utf-8"))
        report = grade([key.parent / data["file"]], assignment, runner=runner)
        again = grade([key.parent / data["file"]], assignment, runner=runner)
    except (GraderError, OSError, KeyError, TypeError, yaml.YAMLError) as error:
        return Row(key.name, (f"cannot be graded ({error})",))
    met |= {(p.id, c.id) for p in report.parts for c in p.checks if c.outcome is Outcome.CORRECT}
    faults = list(range_faults(report, data))
    if dumps(report_data(report)) != dumps(report_data(again)):
        faults.append("two gradings differ")
    return Row(f"{data['file']}: {len(report.parts)} parts", tuple(faults))


def range_faults(report: Report, key: dict[str, Any]) -> Iterator[str]:
    """Parts whose range does not hold the mark of a key, or is wider than its `max_width`.

    A part with a Python answer that was not run may be wider by what that answer could earn.
    """
    for part in report.parts:
        expected = key["parts"].get(part.id)
        if expected is None:
            yield f"{part.id}: the key has no row for it"
            continue
        low, high, mark = part.score.min, part.score.max, expected.get("mark")
        if mark is not None and not low - 1e-9 <= mark <= high + 1e-9:
            yield f"{part.id}: {low:g} to {high:g} does not hold {mark:g} ({expected.get('why', '')})"
        width = expected.get("max_width")
        unrun = sum(c.points.max - c.points.min for c in part.checks if c.note == "not_run")
        if width is not None and high - low > width + unrun + 1e-9:
            yield f"{part.id}: {low:g} to {high:g} is wider than {width:g}"
        for name, outcome in key.get("programs", {}).items():
            said = next((c for c in part.checks if c.id == name), None)
            if said is not None and said.note != "not_run" and said.outcome.value != outcome:
                yield f"{part.id}: {name} is {said.outcome.value} ({said.note}), not {outcome}"
        if any(c.outcome is Outcome.FAULT for c in part.checks):
            yield f"{part.id}: a fault of ours"
