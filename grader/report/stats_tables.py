"""The figures of a class in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.gradebook import CheckFigures, Diagnosis, PartFigures, Statistics
from grader.report import messages as M
from grader.report.program_words import PROGRAM_DIAGNOSES
from grader.report.step_words import MENDINGS

_SHOWN: Final = 12
_BARS: Final = " ▁▂▃▄▅▆▇█"
_WORDS: Final = {
    "part": {"en": "part", "fr": "partie"},
    "marks": {"en": "0 .. full", "fr": "0 .. tout"},
    "settled": {"en": "settled", "fr": "décidées"},
    "open": {"en": "open", "fr": "ouvertes"},
    "quartiles": {"en": "min  q1  median  q3  max", "fr": "min  q1  médiane  q3  max"},
    "mean": {"en": "mean", "fr": "moyenne"},
    "total": {"en": "total", "fr": "total"},
    "check": {"en": "check", "fr": "critère"},
    "failing": {"en": "not full", "fr": "pas tout"},
    "share": {"en": "share", "fr": "part"},
    "of": {"en": "of", "fr": "sur"},
    "nothing": {"en": "none at all", "fr": "rien du tout"},
    "points": {"en": "points", "fr": "points"},
    "what": {"en": "mistake", "fr": "erreur"},
    "count": {"en": "in", "fr": "dans"},
    "where": {"en": "for example", "fr": "par exemple"},
    "settled_only": {
        "en": "bars and quartiles: settled marks only; mean: all, from what is sure to what is possible",
        "fr": "barres et quartiles : notes décidées seulement ; moyenne : toutes, de l'acquis au possible",
    },
    "title_parts": {"en": "Marks per part ({0} submissions)", "fr": "Notes par partie ({0} remises)"},
    "title_checks": {"en": "Checks that most fail", "fr": "Critères les plus souvent manqués"},
    "title_wrong": {"en": "Most frequent mistakes", "fr": "Erreurs les plus fréquentes"},
    "title_open": {"en": "Left to a person most", "fr": "Laissé le plus à une personne"},
    "differs": {"en": "does not agree, no slip explains it", "fr": "ne correspond pas, sans lapsus qui l'explique"},
}  # fmt: skip


def show_statistics(found: Statistics, *, lang: str = "en", console: Console | None = None) -> None:
    """Print four tables: parts, checks, mistakes, what is open."""
    console = console or Console(highlight=False)
    _title(console, _WORDS["title_parts"][lang].format(found.submissions))
    console.print(_parts(found, lang))
    failing = sorted(
        (c for c in found.checks if c.failing),
        key=lambda c: (-(c.failing or 0), -(c.partial + c.none), c.part, c.check),
    )
    if failing:
        _title(console, _WORDS["title_checks"][lang])
        console.print(_failing(failing[:_SHOWN], lang))
    if found.diagnoses:
        _title(console, _WORDS["title_wrong"][lang])
        console.print(_wrong(found.diagnoses[:_SHOWN], lang))
    undecided = found.undecided()
    if undecided:
        _title(console, _WORDS["title_open"][lang])
        console.print(_undecided(undecided[:_SHOWN], lang))


def _title(console: Console, text: str) -> None:
    console.print(Text(f"\n{text}", style="bold"))


def _table(*columns: tuple[str, bool]) -> Table:
    """A table; of each column its head and whether it holds numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for head, numbers in columns:
        table.add_column(head, justify="right" if numbers else "left", no_wrap=True, overflow="ellipsis")
    return table


def _parts(found: Statistics, lang: str) -> Table:
    heads = [("part", False), ("marks", False), ("quartiles", False), ("mean", True), ("settled", True), ("open", True)]
    table = _table(*((_WORDS[name][lang], numbers) for name, numbers in heads))
    for part in (*found.parts, found.total):
        name = f"{part.id or _WORDS['total'][lang]} /{part.out_of:g}"
        table.add_row(
            Text(name, style="" if part.id else "bold"), Text(bars(part.histogram), style="cyan"), _five(part), _mean(part),
            str(part.settled), str(part.open) if part.open else "",
        )  # fmt: skip
    return table


def bars(counts: Sequence[int]) -> str:
    """A histogram in one line: the tallest bar is full, and what is there at all is seen."""
    most = max(counts, default=0)
    return "".join(_BARS[0 if not n else max(1, round(n / most * (len(_BARS) - 1)))] for n in counts)


def _five(part: PartFigures) -> str:
    return "  ".join(f"{x:>4.4g}" for x in part.quartiles) if part.quartiles is not None else ""


def _mean(part: PartFigures) -> str:
    low, high = f"{part.mean_min:.3g}", f"{part.mean_max:.3g}"
    return low if low == high else f"{low}–{high}"


def _failing(checks: Sequence[CheckFigures], lang: str) -> Table:
    heads = [("check", False), ("failing", True), ("share", True), ("of", True), ("nothing", True)]
    table = _table(*((_WORDS[name][lang], numbers) for name, numbers in heads), ("", False))
    for c in checks:
        settled = c.full + c.partial + c.none
        title = Text(c.title.get(lang, ""), style="bright_black")
        failed = c.partial + c.none
        table.add_row(f"{c.part}.{c.check}", str(failed), f"{c.failing:.0%}", str(settled), str(c.none), title)
    return table


def _wrong(diagnoses: Sequence[Diagnosis], lang: str) -> Table:
    heads = [("part", False), ("count", True), ("what", False), ("where", False)]
    table = _table(*((_WORDS[name][lang], numbers) for name, numbers in heads))
    for d in diagnoses:
        where = ", ".join(f"{who}:{line}" for who, _, line in d.examples[:2] if line)
        table.add_row(d.part, str(d.count), Text(mistake(d.kind, lang)), Text(where, style="bright_black"))
    return table


def mistake(kind: str, lang: str) -> str:
    """A kind of diagnosis, or the note of what is wrong where none is known, in words."""
    if kind == "differs":
        return _WORDS["differs"][lang]
    if kind in MENDINGS or kind in PROGRAM_DIAGNOSES or kind in M.DIAGNOSES:
        return M.diagnosis(f"{kind} …", lang)
    return M.note(kind, lang)


def _undecided(checks: Sequence[CheckFigures], lang: str) -> Table:
    heads = [("check", False), ("open", True), ("points", True)]
    table = _table(*((_WORDS[name][lang], numbers) for name, numbers in heads), ("", False))
    for c in checks:
        title = Text(c.title.get(lang, ""), style="bright_black")
        table.add_row(f"{c.part}.{c.check}", str(c.open), f"{c.open_points:.4g}", title)
    return table
