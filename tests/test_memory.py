"""What is kept changes no answer: the same bytes whatever was graded before, and the layout of `json.dumps`."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import ROOT

from grader.assignment import Assignment, shipped
from grader.grade import grade
from grader.maths import syntax as T
from grader.maths.memory import Table, forget
from grader.maths.notation import DEFAULT
from grader.maths.parser import parse, parsed
from grader.maths.tokens import tokenize
from grader.report.to_json import dumps, report_data

EXAMPLES = ROOT / "submissions_example"


def report(path: Path, assignment: Assignment) -> str:
    return dumps(report_data(grade([path], assignment)))


def test_a_report_does_not_depend_on_what_was_graded_before() -> None:
    first, other = EXAMPLES / "fr_partial.tex", EXAMPLES / "en_sloppy.tex"
    alone = report(first, Assignment(shipped()))
    shared = Assignment(shipped())
    report(other, shared)
    assert report(first, shared) == alone == report(first, shared)


def test_what_was_found_out_is_let_go_of() -> None:
    table = Table()
    table.keep("asked", 1)
    forget()
    assert not table


def test_equal_trees_have_one_hash_wherever_they_stand() -> None:
    one, other = parse(r"\sigma_1^2 + x"), parse(r"y = \sigma_1^2 + x")
    assert isinstance(other, T.Rel)
    assert one == other.operands[1] and hash(one) == hash(other.operands[1])
    assert one.start != other.operands[1].start


def test_a_reading_fits_the_notations_that_say_the_same_of_its_names() -> None:
    found = parsed(tokenize("s(a + b)"), DEFAULT)
    assert found.fits(DEFAULT.with_names(functions=frozenset({"t"})))
    assert not found.fits(DEFAULT.with_names(functions=frozenset({"s"})))


def test_reports_are_laid_out_as_json_does() -> None:
    data = {"a": [1, 2.5, 1e-300, 1e22, True, None, 'é"\n\u2028', [], {}, [[]], {"b": {}}], "x": (1, 2)}
    assert dumps(data) == json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
