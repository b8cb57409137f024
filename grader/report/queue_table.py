"""The review queue as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.gradebook import Group
from grader.report import messages as M
from grader.report.asked import KINDS
from grader.report.class_table import fit

_WORDS: Final = {
    "place": {"en": "question", "fr": "question"},
    "who": {"en": "submission", "fr": "remise"},
    "alike": {"en": "alike", "fr": "semblables"},
    "open": {"en": "open", "fr": "ouvert"},
    "why": {"en": "why", "fr": "pourquoi"},
    "stale": {"en": "the text changed since it was marked", "fr": "le texte a changé depuis la note"},
    "end": {
        "en": "{0} questions in {1} groups, {2} points open",
        "fr": "{0} questions en {1} groupes, {2} points ouverts",
    },
}


def show_queue(groups: Sequence[Group], *, lang: str = "en", console: Console | None = None) -> None:
    """Print a line per group, in the order in which they are asked."""
    console = console or Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", justify="right", no_wrap=True, style="bright_black")
    table.add_column(_WORDS["place"][lang], no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column(_WORDS["who"][lang], no_wrap=True, overflow="ellipsis", max_width=24)
    table.add_column(_WORDS["alike"][lang], no_wrap=True)
    table.add_column(_WORDS["open"][lang], no_wrap=True, justify="right")
    table.add_column(_WORDS["why"][lang], overflow="ellipsis", no_wrap=True, ratio=1)
    for i, group in enumerate(groups, 1):
        first = group.first
        count = len(group.questions)
        alike = f"{count}, {KINDS[group.kind][lang]}" if count > 1 else ""
        why = _WORDS["stale"][lang] if first.stale is not None else M.note(first.note, lang)
        points = f"{round(group.open, 2):g}"
        cells = (str(i), Text(first.place), Text(first.submission), alike, points, Text(why, style="bright_black"))
        table.add_row(*cells)
    fit(table, console)
    total = f"{round(sum(g.open for g in groups), 2):g}"
    said = _WORDS["end"][lang].format(sum(len(g.questions) for g in groups), len(groups), total)
    console.print(Text(said, style="bold"))
