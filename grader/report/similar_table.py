"""Submissions with the same mistakes, side by side in a terminal: for who marks, never for students."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from grader.gradebook.similar import PartBeside, Similar, SimilarPair, WrittenLine
from grader.report.similar_words import SIMILAR, chance, said
from grader.report.visible import visible


def show_similar(
    found: Similar,
    beside: Sequence[tuple[SimilarPair, Sequence[PartBeside]]],
    *,
    lang: str = "en",
    console: Console | None = None,
) -> None:
    """Print the pairs, each with its lines side by side, and what such a list can and cannot say."""
    console = console or Console(highlight=False)
    if not found.pairs:
        console.print(Text(SIMILAR["none"][lang]))
    for number, (pair, parts) in enumerate(beside, 1):
        console.print(
            Rule(Text(f"{number}  {visible(pair.first)}  –  {visible(pair.second)}", style="bold"), align="left")
        )
        console.print(Text(SIMILAR["pair"][lang].format(len(pair.shared)), style="yellow"))
        console.print(Text(SIMILAR["expected"][lang].format(chance(pair.expected), found.hands)))
        if pair.weak:
            console.print(Text(SIMILAR["weak"][lang]))
        for part in parts:
            console.print(_part(pair, part, lang))
    if found.unknown:
        console.print(Text(SIMILAR["unknown"][lang].format(found.unknown), style="yellow"))
    for group in found.groups:
        if len(group) > 2:
            console.print(Text(SIMILAR["groups"][lang].format(visible(", ".join(group)))))
    for group in found.same_people:
        console.print(Text(SIMILAR["same_people"][lang].format(visible(", ".join(group))), style="bright_black"))
    if found.pairs:
        console.print(Text(SIMILAR["hint"][lang], style="italic"))


def _part(pair: SimilarPair, part: PartBeside, lang: str) -> Table:
    title = f"{part.part}  {part.title.get(lang, '')}" + (f"  ({SIMILAR['same_text'][lang]})" if part.same_text else "")
    table = Table(box=box.SIMPLE_HEAD, title=Text(title), title_justify="left", pad_edge=False, show_lines=True)
    for name in (pair.first, pair.second):
        table.add_column(Text(str(visible(name))), ratio=1, overflow="fold")
    table.add_column("", overflow="fold", max_width=18)
    for row in part.rows:
        style = "" if row.shared is not None else "bright_black"
        table.add_row(_line(row.first, lang), _line(row.second, lang), Text(said(row, lang)), style=style)
    return table


def _line(line: WrittenLine | None, lang: str) -> Text:
    if line is None:
        return Text("")
    place = f"{line.file} {SIMILAR['line'][lang].format(line.line)}" + (
        f", {SIMILAR['answer'][lang]}" if line.check else ""
    )
    return Text.assemble((str(visible(place)), "cyan"), "\n", str(visible(line.text)))
