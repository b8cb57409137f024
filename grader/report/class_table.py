"""The class at a glance: a table in the terminal and the same as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.gradebook import Summary
from grader.report.cells import safe
from grader.report.visible import visible

Row = tuple[str, str, Summary | None, str, Sequence[str]]
"""Id, who handed it in (empty if nobody knows), points, status, notes. Rows come one after the other: a class never stands in memory."""

_WORDS = {
    "submission": {"en": "submission", "fr": "remise"},
    "total": {"en": "total", "fr": "total"},
    "open": {"en": "open", "fr": "ouvert"},
    "parts": {"en": "{0}", "fr": "{0}"},
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

_PAGE: Final = 100
"""Rows of one table: a class of a thousand is not laid out in memory."""

_WIDE: Final = 10_000
"""Columns in which every table has room."""

_ENDED = frozenset({"unreadable", "timeout", "fault", "needs_a_person"})
"""Statuses that are said in the table; else the number of open parts is."""


def show_class(rows: Iterable[Row], *, lang: str = "en", console: Console | None = None) -> None:
    """Print the class table, in pages of a hundred with a head each."""
    console = console or Console(highlight=False)
    every, answers = [0.0, 0.0], [0.0, 0.0]
    table: Table | None = None
    questions: list[str] = []
    failed: list[Row] = []  # they say nothing of the columns, so they come last
    count = 0
    for row in rows:
        if row[2] is None:
            failed.append(row)
            continue
        if table is not None and count % _PAGE == 0:
            fit(table, console)
            table = None
        if table is None:
            table, questions = _page(row[2], lang)
        count += 1
        table.add_row(*_cells(row, questions, lang))
        for sums, roles in ((every, ()), (answers, ("final_answer", "explanation"))):
            sure, worth = row[2].decided(roles)
            sums[0] += sure
            sums[1] += worth
    if table is None:
        table, questions = _page(None, lang)
    for row in failed:
        table.add_row(*_cells(row, questions, lang))
    fit(table, console)
    if every[1]:
        console.print(Text(_WORDS["decided"][lang].format(count + len(failed), _share(every)), style="bright_black"))
        console.print(Text(_WORDS["decided_answers"][lang].format(_share(answers)), style="bright_black"))


def fit(table: Table, console: Console) -> None:
    """Print a table; where it is wider than the terminal its last column alone gives way. In a file nothing does."""
    wanted = console.measure(table, options=console.options.update(max_width=_WIDE)).maximum
    if console.file is sys.stdout and not console.is_terminal:
        console.width = max(wanted, console.width)
    table.expand = wanted > console.width
    console.print(table)


def _page(first: Summary | None, lang: str) -> tuple[Table, list[str]]:
    """A table with its head, and the questions in it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_WORDS["submission"][lang], no_wrap=True, overflow="ellipsis", max_width=30)
    questions = first.questions() if first is not None else {}
    for name, (_, _, worth) in questions.items():
        table.add_column(f"{name}\n/{worth:g}", justify="right", no_wrap=True)
    total = sum(worth for _, _, worth in questions.values())
    table.add_column(f"{_WORDS['total'][lang]}\n/{total:g}", justify="right", no_wrap=True)
    table.add_column(_WORDS["open"][lang], no_wrap=True, overflow="ellipsis", ratio=1)
    return table, list(questions)


def _cells(row: Row, questions: Sequence[str], lang: str) -> list[str | Text]:
    name, who, summary, status, notes = row
    if summary is None:
        return [name, *[""] * (len(questions) + 1), Text(_WORDS[status][lang], style="red")]
    own = summary.questions()
    cells = [_range(*own.get(q, (0.0, 0.0, 0.0))[:2]) for q in questions]
    said = _WORDS[status][lang] if status in _ENDED else ""
    said = said or _WORDS["parts"][lang].format(sum(p.open for p in summary.parts))
    note = Text(said, style="magenta" if status in _ENDED else "")
    for more in (who, *notes[:1]):
        note.append(f"  {visible(more)}" if more else "", style="bright_black")
    return [name, *cells, Text(_range(summary.min, summary.max), style="bold"), note]


def _share(sums: Sequence[float]) -> float:
    return sums[0] / sums[1] if sums[1] else 1.0


def _range(low: float, high: float) -> str:
    low, high = round(low, 1), round(high, 1)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def write_summary(rows: Iterable[Row], out: TextIO) -> None:
    """One line per submission: ranges of every part and of the total; cells are safe in spreadsheets."""
    writer = csv.writer(out, lineterminator="\n")
    parts: list[str] | None = None
    for name, who, summary, status, notes in rows:
        if parts is None and (summary is not None):
            parts = [p.id for p in summary.parts]
            head = ["submission", "status", "min", "max", "out_of"]
            writer.writerow([*head, *(f"{p} {end}" for p in parts for end in ("min", "max")), "submitters", "notes"])
        said = (safe(who), safe("; ".join(notes)))
        if summary is None:
            writer.writerow([safe(name), status, "", "", "", *[""] * (2 * len(parts or ())), *said])
            continue
        by_id = {p.id: p for p in summary.parts}
        ends = [x for p in parts or () for x in ((by_id[p].min, by_id[p].max) if p in by_id else ("", ""))]
        writer.writerow([safe(name), status, summary.min, summary.max, summary.out_of, *ends, *said])
