"""References derived twice, rubrics whose examples come out as they should."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from grader.assignment import Assignment, shipped
from grader.checks.specs import ComponentsCheck, EigenvaluesCheck, PointCheck, ValueCheck
from grader.maths import syntax as T
from grader.maths.answers import read_answer
from grader.maths.compare import compare_answers
from grader.maths.equations import same_equation
from grader.maths.evaluate import Evaluator
from grader.maths.numeric import primal
from grader.maths.parser import parse, readings
from grader.maths.tokens import tokenize
from grader.maths.values import Tens, Value
from grader.maths.worlds import Block, World
from grader.model import Outcome

ASSIGNMENT = Assignment(shipped())
NAMES = sorted({q.reference for q in ASSIGNMENT.questions if q.reference})


def evaluator(name: str) -> Callable[[str, dict[str, float]], Any]:
    """Evaluate a derived form of a reference at numbers."""
    import numpy as np

    derived = ASSIGNMENT.reference(name).derived

    def number(v: Value) -> Any:
        if isinstance(v, Tens):
            return [number(item) for item in v.items]
        out = complex(primal(v).reshape(-1)[0])
        return out.real if out.imag == 0 else out

    def value(form: str, numbers: dict[str, float]) -> Any:
        ev = Evaluator(Block(World(), 0, {}, (), 1))
        ev.bound.update({k: np.array([float(x)]) for k, x in numbers.items()})
        return number(ev.value(parse(derived[form])))

    return value


@pytest.mark.parametrize("name", NAMES)
def test_second_derivation_agrees(name: str) -> None:
    assert ASSIGNMENT.reference(name).module.second(evaluator(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_reference_is_noticed(name: str) -> None:
    """Changing any derived form that is checked makes the second derivation disagree."""
    value = evaluator(name)

    def shifted(form: str, numbers: dict[str, float]) -> Any:
        def shift(v: Any) -> Any:
            return [shift(x) for x in v] if isinstance(v, list) else v + 1e-3

        return shift(value(form, numbers))

    assert ASSIGNMENT.reference(name).module.second(shifted)


@pytest.mark.parametrize("name", NAMES)
def test_torch_agrees(name: str) -> None:
    pytest.importorskip("torch")
    assert ASSIGNMENT.reference(name).module.second_torch(evaluator(name)) == []


def rows() -> list[tuple[str, Any, Any, str, bool]]:
    out = []
    for question, part in ASSIGNMENT.parts:
        for spec in part.checks:
            out += [(part.id, question, spec, text, True) for text in spec.accepts]
            out += [(part.id, question, spec, text, False) for text in spec.rejects]
    return out


@pytest.mark.parametrize(
    "part,question,spec,text,good", rows(), ids=lambda x: x if isinstance(x, str) and len(x) < 60 else ""
)
def test_accepted_and_rejected_answers(part: str, question: Any, spec: Any, text: str, good: bool) -> None:
    from dataclasses import replace

    from grader.maths.blocks import Judge

    assert isinstance(spec, (ValueCheck, ComponentsCheck, PointCheck, EigenvaluesCheck))
    judge = ASSIGNMENT.judge(part)
    assert judge is not None
    if isinstance(spec, EigenvaluesCheck):
        conditions = tuple(parse(r, judge.world.notation) for r in spec.regime)
        judge = Judge(replace(judge.world, conditions=(*judge.world.conditions, *conditions)))
    target = ASSIGNMENT.target(question, judge, spec.target.derived, spec.target.latex)
    outcomes = set()
    for tree, _ in readings(tokenize(text), judge.world.notation):
        answer = read_answer(tree)
        if answer.kind == "equation":
            outcomes.add(same_equation(judge, answer.items, (target, parse("0"))).outcome)
        elif isinstance(spec, PointCheck) and len(answer.items) == 1 and not isinstance(answer.items[0], T.Matrix):
            pass  # `a = b = c = 0` names the coordinates one by one: test_examples grades it
        else:
            outcomes.add(compare_answers(judge, answer, read_answer(target)).outcome)
    if good:
        assert Outcome.CORRECT in outcomes or not outcomes
    else:
        assert Outcome.CORRECT not in outcomes
        assert outcomes, "nothing was compared"


def test_points_sum_as_the_statement_has_them() -> None:
    per_question = {1: [5], 2: [5, 5, 5, 6], 3: [3, 5, 2, 2, 3], 4: [1, 2, 1, 1, 2, 3], 5: [5, 5, 5, 5]}
    for question in ASSIGNMENT.questions:
        assert [p.points for p in question.parts] == per_question[question.number]
        for part in question.parts:
            if part.checks:
                assert sum(c.points for c in part.checks) == pytest.approx(part.points)
    assert sum(p.points for _, p in ASSIGNMENT.parts) == ASSIGNMENT.file.points == 71
