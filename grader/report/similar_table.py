"""Submissions with the same mistakes, side by side in a terminal: for who marks, never for students."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from grader.gradebook.similar import PartBeside, Row, Similar, SimilarPair, WrittenLine
from grader.report.visible import visible

WORDS: Final = {
    "none": {
        "en": "no two submissions have more mistakes in common than chance explains",
        "fr": "aucune paire de remises n'a plus d'erreurs en commun que le hasard n'en explique",
    },
    "hint": {
        "en": "A hint for a person, never a verdict. Equal mistakes have innocent causes: a slip that several make, an error in the "
        "statement, the lecture or a textbook, help from the same person, work in a group where it is allowed, one text handed in by "
        "two of a group or twice, one slip whose consequences were not recognised as such, or a right line that this program takes "
        "for wrong. Read both texts as a whole, and hear those who wrote them, before you conclude anything.",
        "fr": "Un indice pour une personne, jamais un verdict. Des erreurs égales ont des causes innocentes : une faute que plusieurs "
        "commettent, une erreur de l'énoncé, du cours ou d'un manuel, l'aide d'une même personne, un travail de groupe là où il "
        "est permis, un texte remis par deux membres d'un groupe ou deux fois, une seule faute dont les suites n'ont pas été "
        "reconnues, ou une ligne juste que ce programme croit fausse. Lire les deux textes en entier, et entendre leurs auteurs, "
        "avant toute conclusion.",
    },
    "pair": {"en": "{0} equal mistakes in the same order", "fr": "{0} erreurs égales dans le même ordre"},
    "expected": {
        "en": "were mistakes independent, a class of {1} would have {0} pairs with just these by chance",
        "fr": "si les erreurs étaient indépendantes, une classe de {1} aurait {0} paires avec justement celles-ci par hasard",
    },
    "weak": {
        "en": "weak: among so many pairs one like this is no surprise",
        "fr": "faible : parmi tant de paires, une pareille ne surprend pas",
    },
    "same_text": {
        "en": "the text is the same, letter for letter",
        "fr": "le texte est le même, lettre pour lettre",
    },
    "held": {"en": "{0} of {1} have it", "fr": "chez {0} sur {1}"},
    "follows": {"en": "follows from a line before, counts nothing", "fr": "suit d'une ligne précédente, ne compte pas"},
    "alone": {"en": "only here", "fr": "seulement ici"},
    "equal": {"en": "equal, but common or out of order: counts nothing", "fr": "égales, mais fréquentes ou dans un autre ordre : ne compte pas"},
    "line": {"en": "line {0}", "fr": "ligne {0}"},
    "answer": {"en": "final answer", "fr": "réponse finale"},
    "groups": {
        "en": "belong together: {0} (the more they are, the likelier a common source)",
        "fr": "vont ensemble : {0} (plus elles sont nombreuses, plus une source commune est probable)",
    },
    "unknown": {
        "en": "{0} submissions were graded by an earlier version, which did not keep what this needs: grade them again (--resume)",
        "fr": "{0} remises ont été notées par une version antérieure, qui ne gardait pas ce qu'il faut : les noter de nouveau (--resume)",
    },
    "same_people": {
        "en": "handed in by the same people, not compared with each other: {0}",
        "fr": "remises par les mêmes personnes, non comparées entre elles : {0}",
    },
}  # fmt: skip


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
        console.print(Text(WORDS["none"][lang]))
    for number, (pair, parts) in enumerate(beside, 1):
        console.print(
            Rule(Text(f"{number}  {visible(pair.first)}  –  {visible(pair.second)}", style="bold"), align="left")
        )
        console.print(Text(WORDS["pair"][lang].format(len(pair.shared)), style="yellow"))
        console.print(Text(WORDS["expected"][lang].format(chance(pair.expected), found.hands)))
        if pair.weak:
            console.print(Text(WORDS["weak"][lang]))
        for part in parts:
            console.print(_part(pair, part, lang))
    if found.unknown:
        console.print(Text(WORDS["unknown"][lang].format(found.unknown), style="yellow"))
    for group in found.groups:
        if len(group) > 2:
            console.print(Text(WORDS["groups"][lang].format(visible(", ".join(group)))))
    for group in found.same_people:
        console.print(Text(WORDS["same_people"][lang].format(visible(", ".join(group))), style="bright_black"))
    if found.pairs:
        console.print(Text(WORDS["hint"][lang], style="italic"))


def chance(expected: float) -> str:
    """A number of pairs in words of a person: `0.02`, or `1e-06` and less as `< 0.0001`."""
    return f"{expected:.2g}" if expected >= 0.0001 else "< 0.0001"


def _part(pair: SimilarPair, part: PartBeside, lang: str) -> Table:
    title = f"{part.part}  {part.title.get(lang, '')}" + (f"  ({WORDS['same_text'][lang]})" if part.same_text else "")
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
    place = f"{line.file} {WORDS['line'][lang].format(line.line)}" + (
        f", {WORDS['answer'][lang]}" if line.check else ""
    )
    return Text.assemble((str(visible(place)), "cyan"), "\n", str(visible(line.text)))


def said(row: Row, lang: str) -> str:
    """What a row means for its pair."""
    if row.shared is not None:
        return WORDS["held"][lang].format(row.shared.held_by, row.shared.of)
    if row.first is None or row.second is None:
        return WORDS["alone"][lang]
    return WORDS["follows" if row.first.follows or row.second.follows else "equal"][lang]
