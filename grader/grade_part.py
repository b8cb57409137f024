"""One part: its checks run, answers that stand elsewhere looked for, findings to results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from grader.assignment import Assignment
from grader.carry import carried_targets, own_answer
from grader.checks import CHECKS
from grader.checks.context import Finding, PartContext
from grader.checks.specs import CheckBase, Target
from grader.checks.unseen import Unseen
from grader.errors import BUGS, EvaluationError
from grader.likeness import likeness
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.worlds import World
from grader.model import CheckResult, Outcome, PartReport, Points, Role, Verdict, WrongValue
from grader.python_answers import Answered
from grader.reading.part_text import PartText
from grader.rubric import Part, Question
from grader.scoring import better, points_of, status_of, total
from grader.source import SourceMap
from grader.steps import steps_of
from grader.submission import Submission
from grader.wrong_values import wrong_values

_BLOCKS = 4_000
_FORMULAS = 1_500
"""Beyond these sizes answers are not looked for under other headings; the longest real homework has 400 formulas."""
SEALED = "sealed"
"""The note of what a student's kit cannot tell; the full grader can."""
_NOT_RIGHT = frozenset({Outcome.INCORRECT, Outcome.UNDECIDED, Outcome.UNREADABLE, Outcome.FAULT})


def grade_part(submission: Submission, question: Question, part: Part) -> PartReport:
    """All that is said about one part."""
    text = submission.texts[part.id]
    judge = submission.assignment.judge(part.id)
    source = submission.document.source
    results: list[CheckResult] = []
    answers: dict[str, Finding] = {}
    if judge is None and part.checks and all(spec.role is Role.MANUAL for spec in part.checks):
        judge = Judge(World())  # nothing is evaluated: a person marks it
    if judge is None or not part.checks:
        empty = Finding(Outcome.MISSING, "nothing_handed_in")
        finding = empty if text.empty else Finding(Outcome.UNDECIDED, "no_rubric_yet")
        results.append(_result(submission, "manual", Role.MANUAL, finding, part.points, part.title.model_dump()))
    else:
        submission.assignment.offer(question, part, judge, text.chains)
        first_found = [(spec, _recorded(submission, question, part, judge, spec)) for spec in part.checks]
        found = _excused(submission, question, part, judge, first_found)
        misplaced = any(first.note in _MISPLACED for _, first in found)
        here = submission.contexts.get(id(text))
        unseen = Unseen.of(here, found, given=part.given, misplaced=misplaced) if here is not None else None
        for spec, first in found:
            finding = unseen.settled(spec, first) if unseen is not None and first.note != SEALED else first
            submission.outcomes[f"{part.id}.{spec.id}"] = finding.outcome
            answers[spec.id] = finding
            if finding.note == "follows_from_earlier":
                submission.carried.add(f"{part.id}.{spec.id}")
            context = submission.contexts.get(id(text))
            if finding.answer is not None and context is not None:
                submission.answers[f"{part.id}.{spec.id}"] = own_answer(context, finding.answer)
            result = _result(submission, spec.id, spec.role, finding, spec.points, spec.title.model_dump())
            results.append(_with_likeness(result, finding, text, context, source))
    answered = submission.programs.get(part.id, ())
    if answered:
        results = list(better(results, [_offer(submission, question, part, a) for a in answered]))
    score = total([r.points for r in results], part.points)
    readable = bool(text.chains) or bool(text.prose) or bool(answered)
    handed_in = (
        bool(answered) or not text.empty or any(r.note in ("found_elsewhere", "text_without_place") for r in results)
    )
    status = status_of(results, score, handed_in=handed_in, readable=readable or text.empty)
    context = submission.contexts.get(id(text))
    if context is None and judge is not None:
        context = PartContext(text, judge, lambda wanted: T.Empty())
    steps = steps_of(text, context.links if context is not None else [], source, part.id)
    wrong: tuple[WrongValue, ...] = ()
    if context is not None:
        carried = bool(context.earlier) or any(_wrong_before(submission, question, spec, part) for spec in part.checks)
        wrong = wrong_values(part.id, context, answers, carried=carried)
    return PartReport(part.id, part.title.model_dump(), score, status, tuple(results), steps, wrong=wrong)


def _wrong_before(submission: Submission, question: Question, spec: CheckBase, part: Part) -> bool:
    """Whether a check builds on an answer to another part that is not known to be right."""
    others = (name for name in spec.after if not name.startswith(f"{part.id}."))
    return any(name in submission.carried or not_right(submission, question, name) for name in others)


def _offer(
    submission: Submission, question: Question, part: Part, answered: Answered
) -> tuple[CheckResult, dict[str, Points]]:
    """A Python answer as a result, and what it would earn of each check that it stands for.

    A value that differs after an earlier answer that is not right may only follow from it, as with written answers.
    """
    spec, finding = answered.spec, answered.finding
    worth = {check.id: check for check in part.checks}
    names = [row.check for row in spec.counts]
    excused = finding.note in _DIFFERENT and any(
        earlier in submission.carried or not_right(submission, question, earlier)
        for name in names
        for earlier in worth[name].after
    )
    if excused:
        finding = replace(finding, outcome=Outcome.UNDECIDED, note="may_follow_from_earlier", fraction=None)
    earned: dict[str, Points] = {}
    for row, got in zip(spec.counts, answered.earned, strict=True):
        points = worth[row.check].points
        low, high = (0.0, row.share) if excused and got.outcome is Outcome.INCORRECT else (got.low, got.high)
        earned[row.check] = Points(round(points * low, 6), round(points * high, 6), points)
    title = spec.title.model_dump()
    result = _result(submission, spec.function, Role.FINAL_ANSWER, finding, 0.0, title)
    most = sum(p.out_of for p in earned.values())
    low, high = sum(p.min for p in earned.values()), sum(p.max for p in earned.values())
    evidence = {**result.evidence, "alone": {"min": low, "max": high, "out_of": most}}
    evidence.pop("quote", None)
    return replace(result, evidence=evidence), earned


_DIFFERENT = frozenset({"differs", "some_entries", "shape"})


def not_right(submission: Submission, question: Question, check: str) -> bool:
    """Whether an earlier answer, written or in Python, was given and is not known to be right."""
    part, _, name = check.partition(".") if check.count(".") == 1 else check.rpartition(".")
    by_program = [
        got.outcome for answered in submission.programs.get(part, ()) for got in answered.earned if got.check == name
    ]
    if by_program:
        return any(outcome in _NOT_RIGHT for outcome in by_program)
    return submission.outcomes.get(check) in _NOT_RIGHT


def _recorded(submission: Submission, question: Question, part: Part, judge: Judge, spec: CheckBase) -> Finding:
    """One check, its outcome and its answer known to those behind it, in this part too."""
    finding = _judge(submission, question, part, judge, spec)
    submission.outcomes[f"{part.id}.{spec.id}"] = finding.outcome
    context = submission.contexts.get(id(submission.texts[part.id]))
    if finding.answer is not None and context is not None:
        submission.answers[f"{part.id}.{spec.id}"] = own_answer(context, finding.answer)
    return finding


def _excused(
    submission: Submission, question: Question, part: Part, judge: Judge, found: Sequence[tuple[CheckBase, Finding]]
) -> list[tuple[CheckBase, Finding]]:
    """The findings once the lines that only follow from an earlier error are not held against the part."""
    context = submission.contexts.get(id(submission.texts[part.id]))
    places = [place for _, finding in found if finding.note == "follows_from_earlier" for place in finding.places]
    if context is None or not places:
        return list(found)
    false = [k for k in context.false_links if any(a <= k.right.start and k.right.end <= b for a, b in places)]
    for link in false:
        context.links[link.number] = replace(
            link, verdict=Verdict(Outcome.CORRECT, "follows_from_earlier"), charged=False
        )
        context.charged.pop(link.number, None)
    again = {spec.id for spec, finding in found if finding.note in ("some_link_fails", "slip")}
    return [
        (spec, _recorded(submission, question, part, judge, spec) if spec.id in again else finding)
        for spec, finding in found
    ]


_MISPLACED = frozenset({"found_elsewhere", "text_without_place", "budget"})


def _judge(submission: Submission, question: Question, part: Part, judge: Judge, spec: CheckBase) -> Finding:
    """One check, with what may excuse a wrong or a missing answer."""
    finding = run_check(submission, question, judge, spec, submission.texts[part.id])
    if finding.outcome in (Outcome.INCORRECT, Outcome.UNDECIDED) and any(
        n in submission.carried or submission.outcomes.get(n) in _NOT_RIGHT for n in spec.after
    ):
        again = _carried(submission, question, judge, spec, submission.texts[part.id])
        if again is not None and (again.outcome is Outcome.CORRECT or finding.outcome is Outcome.INCORRECT):
            return again
        if finding.outcome is Outcome.UNDECIDED:
            return finding
        return replace(finding, outcome=Outcome.UNDECIDED, note="may_follow_from_earlier", fraction=None)
    if finding.outcome is Outcome.INCORRECT and spec.role is Role.FINAL_ANSWER:
        other = _found_elsewhere(submission, question, part, judge, spec)
        if other is not None:
            note = SEALED if other.note == SEALED else "found_elsewhere"
            return replace(finding, outcome=Outcome.UNDECIDED, note=note, fraction=None)
    if finding.outcome is Outcome.CORRECT and spec.needs:
        if not any(submission.right(part, n) for n in spec.needs):
            return replace(finding, outcome=Outcome.UNDECIDED, note="rests_on_others", fraction=None, waits=True)
    if finding.outcome is Outcome.CORRECT and not all(submission.right(part, n) for n in spec.covers):
        return replace(finding, outcome=Outcome.UNDECIDED, note="cases_left", share=(0.5, 1.0))
    if finding.note == "not_mentioned" and any(submission.right(part, n) for n in spec.needs):
        return replace(finding, outcome=Outcome.UNDECIDED, note="no_phrase_known")  # what leads to it stands there
    if finding.outcome is Outcome.MISSING and submission.unplaced(question, part):
        return replace(finding, outcome=Outcome.UNDECIDED, note="text_without_place")
    if finding.outcome is Outcome.MISSING and spec.role is Role.FINAL_ANSWER:
        other = _found_elsewhere(submission, question, part, judge, spec)
        if other is not None:
            return other
    return finding


def _found_elsewhere(
    submission: Submission, question: Question, part: Part, judge: Judge, spec: CheckBase
) -> Finding | None:
    """A right answer under another heading, or that there is too much text to look for one; None if there is none."""
    for pieces in submission.elsewhere(question, part):
        if sum(p.last - p.first + 1 for p in pieces) > _BLOCKS or submission.formulas() > _FORMULAS:
            return Finding(Outcome.UNDECIDED, "budget")
        text = submission.read(pieces, judge.world.notation, part.id)
        other = run_check(submission, question, judge, spec, text, searching=True)
        if other.outcome is Outcome.CORRECT:
            return replace(other, outcome=Outcome.UNDECIDED, note="found_elsewhere", answer=None)
        if other.note == SEALED:
            return other
    return None


def _carried(
    submission: Submission, question: Question, judge: Judge, spec: CheckBase, text: PartText
) -> Finding | None:
    """The check against what follows from the student's own earlier answers; None if that says nothing sure."""
    context = submission.contexts.get(id(text))
    if context is None:
        return None
    differs = None
    usual = context.target
    for carried in spec.carried:
        own = submission.answers.get(carried.after)
        targets = carried_targets(spec, carried, own, context) if own is not None else None
        if targets is None:
            continue
        context.target = _first_from(targets, usual)
        try:
            found = run_check(submission, question, judge, spec, text)
        finally:
            context.target = usual
        if found.outcome is Outcome.CORRECT:
            return replace(found, note="follows_from_earlier")
        sure = submission.outcomes.get(carried.after) is Outcome.INCORRECT or carried.after in submission.carried
        if found.outcome is Outcome.INCORRECT and sure and set(spec.after) == {carried.after}:
            differs = replace(found, note="differs_from_own", witness=None, diagnosis=None)
    return differs


def _first_from(known: Mapping[Target, T.Node], usual: Callable[[Target], Any]) -> Callable[[Target], Any]:
    return lambda wanted: known[wanted] if wanted in known else usual(wanted)


def run_check(
    submission: Submission,
    question: Question,
    judge: Judge,
    spec: CheckBase,
    text: PartText,
    *,
    searching: bool = False,
) -> Finding:
    """One check on one text; what goes wrong in it is our fault and never the student's.

    Where a text of another part is searched, only whether the answer stands there is asked.
    """

    assignment = submission.assignment

    def target(wanted: Target) -> Any:
        return assignment.target(question, judge, wanted.derived, wanted.latex)

    def other(pattern: str) -> list[Judge]:
        return assignment.worlds(question, pattern)

    try:
        context = submission.contexts.get(id(text))
        if context is None or context.base is not judge:
            shared = submission.before(question, text, judge.world.notation)
            patterns = sister_worlds(assignment, question, spec)
            own = submission.own_before(question, spec, judge)
            context = PartContext(text, judge, target, submission.orders(question), other, shared, patterns, own)
            answers = [own.answer for p in question.parts if any(s is spec for s in p.checks) for own in p.own]
            context.builds_on = any(submission.outcomes.get(name) is not Outcome.CORRECT for name in answers)
            submission.contexts[id(text)] = context
        context.searching = searching
        missed = assignment.missed()
        finding = CHECKS[spec.type](spec, context)
        if assignment.missed() > missed and finding.outcome is not Outcome.CORRECT:  # a kit does not know enough
            return Finding(Outcome.UNDECIDED, SEALED)
        return finding
    except EvaluationError as error:
        return Finding(Outcome.UNDECIDED, error.note, evidence={"detail": error.detail})
    except BUGS as error:  # ours, so never the student's: the check goes to a person
        return Finding(Outcome.FAULT, "fault", evidence={"detail": f"{type(error).__name__}: {error}"})


def sister_worlds(assignment: Assignment, question: Question, spec: CheckBase) -> tuple[str, ...]:
    """Patterns of the other worlds that the checks of a part allow, and those that bear its name (`Q7.1 another matrix`)."""
    part = next((p for p in question.parts if any(s is spec for s in p.checks)), None)
    found = [getattr(s, "families", "") for s in (part.checks if part is not None else (spec,))]
    named = [f"{part.id} *"] if part is not None and assignment.worlds(question, f"{part.id} *") else []
    return tuple(dict.fromkeys(pattern for pattern in [*found, *named] if pattern))


def _with_likeness(
    result: CheckResult, finding: Finding, text: PartText, context: PartContext | None, source: SourceMap
) -> CheckResult:
    """An open result with what it has in common with those of others that a person would judge alike."""
    if result.points.max <= result.points.min:
        return result
    try:
        alike = likeness(text, context, source, result.role, finding)
    except BUGS:  # then it stands for itself
        alike = ""
    return replace(result, evidence={**result.evidence, "alike": alike}) if alike else result


def _result(
    submission: Submission, name: str, role: Role, finding: Finding, points: float, title: dict[str, str]
) -> CheckResult:
    source = submission.document.source
    evidence: dict[str, Any] = {**finding.evidence}
    if finding.witness is not None:
        witness = finding.witness
        evidence["witness"] = {"values": witness.values, "left": witness.left, "right": witness.right}
    if finding.diagnosis:
        evidence["diagnosis"] = finding.diagnosis
    spans = tuple(source.span(start, end) for start, end in finding.places)
    if finding.places:
        evidence["quote"] = source.text(*finding.places[-1])[:400]
    worth = points_of(finding, points)
    return CheckResult(name, role, finding.outcome, worth, finding.note, title, evidence, spans, finding.fraction)
