"""The class at a glance: a table in the terminal and the same as CSV; progress while it is graded."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

Row = tuple[str, dict[str, Any] | None, str, list[str]]
"""Id, report as data, status, notes."""

_WORDS = {
    "submission": {"en": "submission", "fr": "remise"},
    "total": {"en": "total", "fr": "total"},
    "open": {"en": "open", "fr": "ouvert"},
    "parts": {"en": "{0}", "fr": "{0}"},
    "mean": {"en": "mean", "fr": "moyenne"},
    "decided": {
        "en": "{0} submissions; {1:.0%} of the points of the machine-graded questions are decided",
        "fr": "{0} remises ; {1:.0%} des points des questions corrigées automatiquement sont décidés",
    },
    "decided_answers": {
        "en": "of those that final answers and explanations carry: {0:.0%}",
        "fr": "de ceux des réponses finales et des explications : {0:.0%}",
    },
    "review": {"en": "", "fr": ""},
    "unreadable": {"en": "could not be read", "fr": "illisible"},
    "timeout": {"en": "took too long", "fr": "trop long"},
    "fault": {"en": "our fault", "fr": "notre faute"},
    "needs_a_person": {"en": "not read here", "fr": "non lu ici"},
}

_ENDED = frozenset({"unreadable", "timeout", "fault", "needs_a_person"})
"""Statuses that are said in the table; else the number of open parts is."""


@contextmanager
def progress_of(total: int) -> Iterator[Callable[[Any], None]]:
    """A bar where a person watches, nothing elsewhere; called with each result."""
    console = Console(stderr=True)
    if not console.is_terminal or total < 2:
        yield lambda result: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("grading", total=total)
        yield lambda result: bar.update(task, advance=1, description=result.entry.id[:24])


def questions_of(report: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Ranges per question, summed over its parts."""
    out: dict[str, tuple[float, float, float]] = {}
    for part in report["parts"]:
        name = part["id"].split(".")[0]
        low, high, most = out.get(name, (0.0, 0.0, 0.0))
        score = part["score"]
        out[name] = (low + score["min"], high + score["max"], most + score["out_of"])
    return out


def show_class(rows: Sequence[Row], *, lang: str = "en", console: Console | None = None) -> None:
    """Print the class table."""
    console = console or Console(highlight=False)
    reports = [report for _, report, _, _ in rows if report is not None]
    names = list(questions_of(reports[0])) if reports else []
    worth = questions_of(reports[0]) if reports else {}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_WORDS["submission"][lang], no_wrap=True, overflow="ellipsis", min_width=14)
    for name in names:
        table.add_column(f"{name}\n/{worth[name][2]:g}", justify="right", no_wrap=True)
    total = sum(most for _, _, most in worth.values())
    table.add_column(f"{_WORDS['total'][lang]}\n/{total:g}", justify="right", no_wrap=True)
    table.add_column(_WORDS["open"][lang], overflow="fold")
    for name, report, status, notes in rows:
        if report is None:
            table.add_row(name, *[""] * (len(names) + 1), Text(_WORDS[status][lang], style="red"))
            continue
        cells = [_range(*questions_of(report)[q][:2]) for q in names]
        score = report["score"]
        open_parts = sum(p["score"]["max"] > p["score"]["min"] for p in report["parts"])
        said = _WORDS[status][lang] if status in _ENDED else ""
        said = said or _WORDS["parts"][lang].format(open_parts)
        note = Text(said, style="magenta" if status in ("unreadable", "needs_a_person", "timeout", "fault") else "")
        if notes:
            note.append(f"  {notes[0]}", style="bright_black")
        table.add_row(name, *cells, Text(_range(score["min"], score["max"]), style="bold"), note)
    console.print(table)
    if reports:
        every, answers = decided(reports), decided(reports, ("final_answer", "explanation"))
        console.print(Text(_WORDS["decided"][lang].format(len(rows), every), style="bright_black"))
        console.print(Text(_WORDS["decided_answers"][lang].format(answers), style="bright_black"))


def decided(reports: Sequence[dict[str, Any]], roles: tuple[str, ...] = ()) -> float:
    """The share of points that are decided, of checks that a machine can judge (of these roles)."""
    sure = worth = 0.0
    for report in reports:
        for part in report["parts"]:
            for check in part["checks"]:
                if check["role"] == "manual" or (roles and check["role"] not in roles):
                    continue
                points = check["points"]
                worth += points["out_of"]
                sure += points["out_of"] - (points["max"] - points["min"])
    return sure / worth if worth else 1.0


def _range(low: float, high: float) -> str:
    low, high = round(low, 1), round(high, 1)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def summary_csv(rows: Sequence[Row]) -> str:
    """One line per submission: ranges of every part and of the total; cells are safe in spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    parts = next(([p["id"] for p in report["parts"]] for _, report, _, _ in rows if report is not None), [])
    head = ["submission", "status", "min", "max", "out_of"]
    writer.writerow([*head, *(f"{p} {end}" for p in parts for end in ("min", "max")), "notes"])
    for name, report, status, notes in rows:
        if report is None:
            writer.writerow([_cell(name), status, "", "", "", *[""] * (2 * len(parts)), _cell("; ".join(notes))])
            continue
        score = report["score"]
        ends = [p["score"][end] for p in report["parts"] for end in ("min", "max")]
        writer.writerow(
            [_cell(name), status, score["min"], score["max"], score["out_of"], *ends, _cell("; ".join(notes))]
        )
    return out.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
