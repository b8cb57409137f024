"""`reference_report.md`: a report, from the records that it is written from; a key without words is an error."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from grader.model import (
    CheckResult,
    Outcome,
    PartReport,
    Passage,
    Points,
    Report,
    Role,
    Span,
    Status,
    Step,
    Witness,
    Written,
    WrongValue,
)
from grader.report import messages as M
from grader.report.program_words import PROGRAM_DIAGNOSES, PROGRAM_NOTES
from grader.report.step_words import MENDINGS, STEP_NOTES
from grader.report.to_json import report_data
from grader.schema import said
from made.markdown import MADE, doc, link, named_rows, plural, section, table


def type_words(hint: Any, named: Mapping[type, str]) -> str:
    """A type in words; records that have a section of their own are linked."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        known = [a for a in inner if a is not NoneType]
        return " or ".join([*(type_words(a, named) for a in known), *(["null"] if NoneType in inner else [])])
    if origin is Literal:
        return ", ".join(f"`{v}`" for v in inner)
    if origin is tuple:
        return f"list of {plural(type_words(inner[0], named))}" if inner[-1] is ... else f"list of {len(inner)}"
    if origin is not None and issubclass(origin, Mapping):
        return "object" if inner[1] is Any else f"{plural(type_words(inner[1], named))} by name"
    if hint in named:
        return link(named[hint])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{v.value}`" for v in hint)
    return {str: "text", int: "whole number", float: "number", bool: "`true`, `false`"}.get(hint, "any value")


Shape = tuple[str, type[Any], Mapping[str, Any], dict[str, tuple[str, str]]]
"""A section's name, the record behind it, a sample of the JSON, and what is said of keys that are no fields: value, meaning."""

TEXT: Final = "text"


def shapes(sample: Mapping[str, Any]) -> list[Shape]:
    """The objects of `grader/report/1`, from a sample of a report."""
    part = sample["parts"][0]
    submission = {
        "submission": ("object", "`id`, `files` (a list of names) and `sha256`, the hash of the files."),
        "schema": ("`grader/report/1`", "The name of this schema."),
    }
    check = {
        "message": (TEXT, "The note in English words."),
        "title": ("texts by name", said(CheckResult)["message"]),
    }
    return [
        ("Report", Report, sample, submission),
        ("Part of a report", PartReport, part, {}),
        ("Check", CheckResult, part["checks"][0], check),
        ("Step", Step, part["steps"][0], {}),
        ("Witness", Witness, part["steps"][0]["witness"], {}),
        ("Points", Points, part["score"], {}),
        ("Span", Span, part["steps"][0]["span"], {}),
        ("Written", Written, part["written"][0], _spread(Written)),
        ("Passage", Passage, part["found"][0], _spread(Passage)),
        ("Wrong value", WrongValue, part["wrong"][0], {}),
    ]


def _spread(cls: type[Any]) -> dict[str, tuple[str, str]]:
    """The keys of a span that stand among a record's own."""
    hints = get_type_hints(Span)
    return {key: (type_words(hints[key], {}), said(Span)[key]) for key in hints}


def sample_report() -> Report:
    """A report in which everything stands once."""
    span, points = Span("hw.md", 1, 1, 1, 2), Points(0, 1, 1)
    witness = Witness({"x": 1.0}, 1.0, 2.0)
    check = CheckResult("a", Role.FINAL_ANSWER, Outcome.CORRECT, points, "agrees", {"en": "A", "fr": "A"}, spans=(span,))
    step = Step("Q1:1", "Q1:c1", "identity", Outcome.CORRECT, "=", "x", "x", "x = x", "agrees", span, span, witness=witness)
    part = PartReport(
        *("Q1", {"en": "A", "fr": "A"}, points, Status.CORRECT, (check,), (step,), (Passage(span, "x"),)),
        *((Written("text", "x", span),), {}, "0", (WrongValue("0"),)),
    )
    return Report("hw", ("hw.md",), "0", {}, points, (part,))


def shape_table(shape: Shape, named: Mapping[type, str]) -> str:
    """The keys of a JSON object in the order in which they are written."""
    name, cls, sample, more = shape
    hints, words = get_type_hints(cls), said(cls)
    rows = []
    for key in sample:
        if key in more:
            value, meaning = more[key]
        elif key in hints and key in words:
            value, meaning = type_words(hints[key], named), words[key]
        else:
            raise SystemExit(f"{name}.{key} has no words below it in the source")
        rows.append((f"`{key}`", value, meaning))
    return table(("key", "value", "meaning"), rows)


EVIDENCE: Final[dict[str, str]] = {
    "quote": "The place that the outcome rests on, as written (400 characters at most).",
    "witness": "Numbers that prove it wrong: `values`, `left` (the student's), `right` (the reference's; not for students).",
    "diagnosis": "The smallest change that would mend it, as a machine tag.",
    "samples": "At so many points it agreed.",
    "links": "So many links hold.",
    "link": "The line that fails: `left`, `relation`, `right`, and `values`, `at_left`, `at_right` where there are numbers.",
    "values": "Parameters for which no point was found.",
    "detail": "More about the note, in English.",
    "alike": "The same for open answers that a person would judge alike; not for students.",
    "words": "Of a text for a person: how many words it has.",
    "passages": "For each prompt the passage that may answer it.",
    "without_passage": "Prompts for which none was found.",
    "bands": "For so many points, what a text must be.",
    "function": "Of a Python answer: its name.",
    "cause": "Why it has no value, in words.",
    "at": "The `file` and `line` where it failed.",
    "points": "Of a Python answer: at so many points it is right.",
    "alone": "What the function would earn by itself, a range of points.",
    "counted": "The other answer to the same check, which is better and counts.",
}

MARKS: Final = (
    ("`mark` of the report", "`schema` (`grader/mark/1`), `min`, `max`, `out_of`: the range that counts now"),
    ("`mark` of a part", "the same range, and `given` where a person marked the whole part"),
    ("`mark` of a check", "`given`, where a person marked it"),
    ("`given`", "`points`, `reason`, `time`; for assistants also `author` and `stale` (its text has changed since)"),
)


def report_page() -> str:
    """The reference of everything the program writes for other programs."""
    sample = report_data(sample_report())
    parts = shapes(sample)
    named: dict[type, str] = {cls: name for name, cls, _, _ in parts}
    out = [
        MADE,
        "# JSON and CSV\n\n",
        "What the commands write for other programs. Keys may be added; those below stay. There is never a NaN: a value that does not "
        "exist is null. Texts by language have the keys `en` and `fr`. Files are UTF-8.\n\n",
        table(
            ("file or option", "what it is"),
            [
                ("`grader check --json OUT`", f"{link('Report')}; of several submissions a list of them"),
                ("`DIR/<submission>.json` of `grader grade`", link("Report")),
                ("`grader show --json`, `grader export --feedback`", f"{link('Report')} with {link('Marks')}"),
                ("`DIR/summary.csv`", link("summary.csv").replace("#summary.csv", "#summarycsv")),
                ("`grader export --csv`", link("Grades CSV")),
                ("`grader stats --json`", link("Statistics")),
                ("`grader diff --json`", link("Difference")),
                ("`grader review --list --json`", link("Queue")),
                ("`grader review --batch FILE`", link("Decisions")),
                ("`grader override --history ID --json`", link("History")),
                ("`grader similar --json`", link("Similar")),
                ("`grader compare --jsonl`", link("Pairs")),
                ("`grader doctor --json`", link("Doctor")),
                ("`results.json` on Gradescope", link("Results for Gradescope")),
                ("`/api/` of `grader serve`", "the same objects; `/api/openapi.json` describes them"),
            ],
        ),
        "\n",
    ]
    for shape in parts:
        name, cls = shape[:2]
        text = "Schema `grader/report/1`." if name == "Report" else doc(cls)
        out.append(section(2, name, text, shape_table(shape, named)))
    out.append(
        section(
            2,
            "Values",
            "",
            "A value of a witness is a number (12 digits), `{\"re\": .., \"im\": ..}`, a list of values, a text, true or false (whether a "
            "condition holds), or null where it is undefined.\n",
        )
    )
    out.append(section(2, "Outcomes", "Of checks and steps; [trust.md](trust.md) says what to do with each.", outcomes()))
    out.append(section(2, "Statuses", "Of a part.", table(("status", "in words"), _english(M.STATUSES))))
    out.append(
        section(2, "Evidence", "What may stand in a check's `evidence`; all may be missing.", named_rows(EVIDENCE))
    )
    out.append(section(2, "Notes", "Why an outcome is what it is: machine tags, and their words.", notes()))
    out.append(section(2, "Diagnoses", "The first word of a `diagnosis`; `{0}` is what follows it.", diagnoses()))
    marks = table(("where", "what stands there"), MARKS)
    out.append(section(2, "Marks", "What people gave, laid over a report; the program's own `score` stays.", marks))
    return "".join(out)


def _english(texts: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(f"`{k}`", v["en"]) for k, v in texts.items()]


def outcomes() -> str:
    counts = {
        "correct": "full", "incorrect": "none", "missing": "none", "assumed": "(of a line; it claims nothing)",
    }  # fmt: skip
    rows = [(f"`{o.value}`", M.OUTCOMES[o.value]["en"], counts.get(o.value, "open: a range")) for o in Outcome]
    return table(("outcome", "in words", "points"), rows)


def notes() -> str:
    both = {**M.NOTES, **STEP_NOTES}
    rows = _english(dict(sorted(both.items())))
    rows += [(f"{tag} (Python)", words) for tag, words in _english(PROGRAM_NOTES) if tag.strip("`") not in both]
    return table(("note", "in words"), rows)


def diagnoses() -> str:
    return table(("diagnosis", "in words"), _english(dict(sorted({**M.DIAGNOSES, **MENDINGS, **PROGRAM_DIAGNOSES}.items()))))
