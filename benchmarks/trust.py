"""What trust rests on, counted: right lines called wrong, false lines found, points decided without a person.

The rows are those of `tests/cases/derivations` and the files of `tests/right_work`, graded as answers to their parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from benchmarks.row import EXAMPLES, ROOT, Options, Row, at_least, at_most

if TYPE_CHECKING:
    from grader.assignment import Assignment
    from grader.model import PartReport

FALSE_FOUND = at_least(95)
DECIDED = at_least(85)


def heading(part: str) -> str:
    """What stands before the answer to a part."""
    question, _, label = part.partition(".")
    name = f"({label})" if question == "Q3" else f"{question[1:]}.{label}"
    return f"## Question {question[1:]}\n\n{'### ' + name if label else ''}\n\n"


def graded_text(part: str, text: str, assignment: Assignment) -> tuple[PartReport, int]:
    """The report of one part's answer, and how many lines stand before it."""
    from grader.grade import grade

    front = heading(part)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answer.md"
        path.write_text(front + text, encoding="utf-8")
        return next(p for p in grade([path], assignment).parts if p.id == part), front.count("\n")


def measure(options: Options) -> Iterator[Row]:
    """Right and wrong derivations, whole right submissions, the points decided of the examples."""
    from grader.assignment import Assignment, shipped
    from grader.grade import grade
    from grader.model import Outcome

    assignment = Assignment(shipped())
    marked = {p.id: p.points for q in assignment.questions if q.reference is not None for p in q.parts}
    wrong = (Outcome.INCORRECT, Outcome.FAULT)

    rows = [
        row
        for path in sorted((ROOT / "tests" / "cases" / "derivations").glob("*.yaml"))
        for row in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    ]
    rows = rows[:: 40 if options.quick else 1]
    seen: Counter[str] = Counter()
    for row in rows:
        part, before = graded_text(row["part"], row["text"], assignment)
        outcomes = [s.outcome for s in part.steps]
        if row["right"]:
            seen["right"] += 1
            seen["links"] += sum(o is not Outcome.ASSUMED for o in outcomes)
            seen["alarms"] += sum(o in wrong for o in outcomes) + sum(c.outcome in wrong for c in part.checks)
        elif row.get("breaks"):
            line = row["text"][: row["text"].index(row["breaks"])].count("\n") + 1
            seen["false"] += 1
            at_line = any(s.outcome is Outcome.INCORRECT and s.span.line - before == line for s in part.steps)
            seen["found"] += at_line
            seen["costly"] += at_line or any(c.outcome is Outcome.INCORRECT for c in part.checks)
    note = f"{seen['right']} derivations of parts, {seen['links']} lines"
    yield Row("right derivations: lines and checks called wrong", seen["alarms"], "", at_most(0), note)
    if seen["false"]:
        share = 100 * seen["found"] / seen["false"]
        yield Row(
            "false lines found, at their line", share, "%", FALSE_FOUND, f"{seen['found']} of {seen['false']}, by hand"
        )
        share = 100 * seen["costly"] / seen["false"]
        note = f"{seen['costly']} of {seen['false']}: there or by a check of the part"
        yield Row("false lines that cost points", share, "%", FALSE_FOUND, note)

    def whole(paths: list[Path]) -> tuple[int, int, float]:
        """Lines read and called wrong in some submissions, and the points that are sure or surely lost, of 1."""
        lines = alarms = 0
        open_points = points = 0.0
        for path in paths:
            parts = [p for p in grade([path], assignment).parts if p.id in marked]
            lines += sum(len(p.steps) for p in parts)
            alarms += sum(s.outcome in wrong for p in parts for s in p.steps)
            alarms += sum(c.outcome in wrong for p in parts for c in p.checks)
            open_points += sum(p.score.max - p.score.min for p in parts)
            points += sum(p.score.out_of for p in parts)
        return lines, alarms, 1 - open_points / points

    files = sorted((ROOT / "tests" / "right_work").iterdir())[:: 6 if options.quick else 1]
    lines, alarms, sure = whole(files)
    note = f"{len(files)} submissions written blind, {lines} lines; {100 * sure:.0f} % of their points decided"
    yield Row("right submissions: lines and checks called wrong", alarms, "", at_most(0), note)
    examples = [p for p in sorted(EXAMPLES.iterdir()) if p.suffix in (".tex", ".md")][:: 8 if options.quick else 1]
    _, _, sure = whole(examples)
    yield Row(
        "points decided in the examples",
        100 * sure,
        "%",
        DECIDED,
        f"{len(examples)} of LaTeX and Markdown, right and wrong",
    )
