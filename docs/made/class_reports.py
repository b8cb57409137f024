"""The second half of `reference_report.md`: what is written of a class, and for other programs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from grader.commands.answers import COLUMNS as DECISION_COLUMNS
from grader.gradebook.moves import CheckMove, Conflict, Difference, Move
from grader.gradebook.queue import Group, Question
from grader.gradebook.records import Override
from grader.gradebook.similar import SharedValue, Similar, SimilarPair
from grader.gradebook.statistics import CheckFigures, Diagnosis, PartFigures, Statistics
from grader.lateness import Lateness
from grader.report import grades_csv, gradescope
from grader.report.to_json import report_data
from grader.sandbox import doctor
from made.markdown import doc, link, named_rows, section, table
from made.reports import TEXT, sample_report, shape_table


def class_sections() -> Iterator[str]:
    """What is written of a class."""
    out_of = PartFigures("", 1, 0, 0, (), None, None, 0, 0)
    check = CheckFigures("Q1", "a", {}, 1, 0, 0, 0, 0, 0, 0)
    figures = Statistics(0, out_of, (out_of,), (check,), (Diagnosis("Q1", "x", 1, ()),))
    data = figures.data()
    named: dict[type, str] = {
        PartFigures: "Part figures", CheckFigures: "Check figures", Diagnosis: "Diagnosis",
        Move: "Move", CheckMove: "Check move", Conflict: "Conflict",
        Question: "Question", Override: "History", SharedValue: "Shared value", SimilarPair: "Pair",
    }  # fmt: skip
    schema = {"schema": ("`grader/stats/1`", "The name of this schema.")}
    undecided = {"undecided": ("list of objects", "Checks that wait for a person, first those with most points: `part`, `check`, `open`, `points`.")}
    failing = {"failing": ("number or null", "The share of those settled that did not get all; null if nothing is settled.")}

    def of(name: str, cls: type[Any], sample: Mapping[str, Any], more: dict[str, tuple[str, str]], level: int = 3) -> str:
        return section(level, name, doc(cls), shape_table((name, cls, sample, more), named))

    yield of("Statistics", Statistics, data, {**schema, **undecided}, 2)
    yield of("Part figures", PartFigures, data["parts"][0], {})
    yield of("Check figures", CheckFigures, data["checks"][0], failing)
    yield of("Diagnosis", Diagnosis, data["diagnoses"][0], {})
    move = Move("a", (0, 1), (0, 1), "", "", (CheckMove("Q1", "a", {}, None, None, None, None),))
    conflict = Conflict("a", "Q1", None, "text", 1, "", "", None, None)
    data = Difference((move,), (conflict,), (), (), 0).data()
    yield of("Difference", Difference, data, {"schema": ("`grader/diff/1`", "The name of this schema.")}, 2)
    yield of("Move", Move, data["moves"][0], {})
    yield of("Check move", CheckMove, data["moves"][0]["checks"][0], {})
    yield of("Conflict", Conflict, data["conflicts"][0], {})
    question = Question("a", "Q1", None, "", "", "", 0, 1, 1, {})
    data = Group("", (question,)).data()
    open_ = {"open": ("number", "The points that a decision settles.")}
    yield section(
        2, "Queue", "`schema` is `grader/queue/1`, `groups` a list in the order in which they are best answered.", ""
    ) + of("Group", Group, data, open_)
    yield of("Question", Question, data["questions"][0], {"open": ("number", "The points that the question is about.")})
    yield section(
        2,
        "Decisions",
        "What `grader review --batch` takes: a CSV with these columns, or a JSON list of objects with these keys. All faults are said at "
        "once, and nothing is written then.",
        table(("column", "", "meaning"), [(f"`{c}`", need, DECISIONS[c]) for c, need in DECISION_COLUMNS.items()]),
    )
    override = Override(1, "a", "Q1", None, 1, "", "", "", "", None, "", "", "", "", False)
    data = {f.name: getattr(override, f.name) for f in fields(override)} | {"active": True}
    yield section(
        2,
        "History",
        "`schema` is `grader/history/1`, `overrides` a list of all that was ever given to a submission, the oldest first.",
        shape_table(("History", Override, data, {"active": ("`true`, `false`", "Whether it counts.")}), named),
    )
    pair = SimilarPair("a", "b", (SharedValue("Q1", "0", 2, 9),), 0.1)
    data = Similar(2, (pair,), (), ()).data()
    yield of("Similar", Similar, data, {"schema": ("`grader/similar/1`", "The name of this schema.")}, 2)
    beside = {
        "weak": ("`true`, `false`", "Whether some pair like it is to be expected among so many."),
        "parts": ("list of objects", "The wrong lines of both side by side, for each part with a mistake in common."),
    }
    yield of("Pair", SimilarPair, {**data["pairs"][0], "parts": []}, beside)
    yield of("Shared value", SharedValue, data["pairs"][0]["shared"][0], {})
    yield section(2, "Pairs", "`grader compare --jsonl FILE` reads one JSON object a line and writes one for each.", pairs())
    finding = doctor.Finding("linux", True, True, remedy="linux!")
    found = doctor.as_json([finding])["found"][0]
    more = {"purpose": (TEXT, "What it is for."), "remedy": (TEXT, "How to get it, where it is missing.")}
    yield section(
        2,
        "Doctor",
        "`schema` is `grader/doctor/1`, `python_answers` whether Python answers can be run, `found` a list of what was looked for.",
        shape_table(("Doctor", doctor.Finding, found, more), named),
    )
    yield from tables()


DECISIONS: Final[dict[str, str]] = {
    "submission": "Its id.",
    "part": "The part, or part and check: `Q7.b.terms`.",
    "check": "The check, where `part` does not name it.",
    "points": "A number, or `full`, `half`, `zero`.",
    "reason": "Why; the student reads it.",
    "author": "Who decides; else that of the command.",
    "apply": "`one`, or `all`: all answers that are alike.",
}


def pairs() -> str:
    return table(
        ("key", "", "meaning"),
        [
            ("`a`, `b`", "read", "The two answers, LaTeX."),
            ("`id`", "read and written", "Whatever tells the pair."),
            ("`part`", "read, if there", "The part whose notation and givens hold."),
            ("`assume`", "read, if there", "A list of conditions."),
            ("`outcome`", "written", "`correct`, `incorrect`, `undecided` or `unreadable`."),
            ("`note`", "written", "Why, as a machine tag."),
            ("`witness`", "written", f"{link('Witness')} or null."),
        ],
    )


RESULTS: Final[dict[str, str]] = {
    "output": "What is read above all tests.",
    "output_format": "`md` or `text`.",
    "test_output_format": "The same.",
    "visibility": "When students see it: `visible`, `after_due_date`, `after_published`, `hidden`.",
    "stdout_visibility": "`hidden`: what programs print is nobody's.",
    "tests": "One for each part, and one for lateness where a due date is known.",
    "extra_data": "`graded`, the `score` and that of each part as ranges, `provenance`, `lateness`.",
    "score": "What is sure; not there if nothing could be graded, which is no 0.",
    "execution_time": "Seconds.",
}
TESTS: Final[dict[str, str]] = {
    "number": "The part's id without its first letter.",
    "name": "Its title; where points are open also the range.",
    "score": "What is sure.",
    "max_score": "What it is worth.",
    "output": "What was read, what breaks, where and with which numbers.",
    "output_format": "`md` or `text`.",
    "visibility": "As above.",
    "extra_data": "The `score` as a range, and the `status`.",
    "status": "`passed` or `failed` by full marks; not there while points are open.",
}


def tables() -> Iterator[str]:
    """The CSV files, and results.json."""
    yield section(
        2,
        "summary.csv",
        "A row per submission, in the order of the class table.",
        table(
            ("column", "meaning"),
            [
                ("`submission`", "Its id."),
                ("`status`", "`decided`, `review`, `unreadable`, `timeout`, `fault` or `needs_a_person`."),
                ("`min`, `max`, `out_of`", "The total."),
                ("`<part> min`, `<part> max`", "The range of each part."),
                ("`submitters`", "Who handed it in, where the export says it."),
                ("`notes`", "What went wrong."),
            ],
        ),
    )
    late = grades_csv.PENALTY
    rows = [
        *(f"`{c}`" for c in grades_csv.COLUMNS),
        f"`{late}`, where `late:` stands in `assignment.yaml`",
        "`<number>: <title> (<points> pts)` for each part",
    ]
    yield section(
        2,
        "Grades CSV",
        "A row per student, by Gradescope's columns. Status is Graded, Ungraded where points are open, Missing where nothing was handed in.",
        "\n".join(f"- {row}" for row in rows) + "\n",
    )
    made = gradescope.results(report_data(sample_report()), seconds=1.0)
    assert set(made) == set(RESULTS), set(made) ^ set(RESULTS)
    assert set(made["tests"][0]) <= set(TESTS)
    yield section(2, "Results for Gradescope", "What the autograder leaves as `results.json`.", named_rows(RESULTS))
    yield section(3, "Tests", "", named_rows(TESTS))
    words = {
        "created_at": "When it was handed in.", "due_date": "When it was due.", "seconds_late": "0 if in time.",
        "percent": "What the policy would take off, in percent of the score; nothing is taken off.",
        "after_late_due_date": "Whether it came after the last moment that was allowed.",
    }  # fmt: skip
    keys = re.findall(r'"(\w+)":', inspect.getsource(Lateness.as_json))
    assert set(keys) == set(words)
    yield section(3, "Lateness", "In `extra_data` and in a test of its own.", named_rows(words))
