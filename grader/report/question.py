"""A question of the review queue in a terminal: what stands there, what was read, why it is open, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from grader.gradebook import Group, Question
from grader.report import messages as M
from grader.report.asked import KINDS, Beside, check_of, excerpt, others, points, said
from grader.report.visible import visible

_WORDS: Final = {
    "open": {"en": "{0} of {1} points open", "fr": "{0} points sur {1} ouverts"},
    "settles": {"en": "{0} alike ({1}): one answer settles {2} points", "fr": "{0} semblables ({1}) : une réponse règle {2} points"},
    "notes": {"en": "note", "fr": "note"},
    "bands": {"en": "bands", "fr": "barème"},
    "more": {"en": "… {0} more lines (m shows all)", "fr": "… encore {0} lignes (m montre tout)"},
    "above": {"en": "the text stands above (m shows it again)", "fr": "le texte est ci-dessus (m le montre encore)"},
    "files": {"en": "not read here; look at", "fr": "non lu ici ; voir"},
    "no_text": {"en": "no text was found for this part", "fr": "aucun texte trouvé pour cette partie"},
    "stale": {
        "en": "{0:g} points were given ({1}), but the text has changed since: k keeps them",
        "fr": "{0:g} points ont été donnés ({1}), mais le texte a changé depuis : k les garde",
    },
    "whole": {"en": "the part as a whole", "fr": "la partie entière"},
    "comments": {"en": "comments", "fr": "commentaires"},
}  # fmt: skip
_SIGNS: Final = {
    "correct": ("✔", "green"),
    "incorrect": ("✘", "red"),
    "missing": ("○", "bright_black"),
}
_STYLES: Final = {"diagnosis": "bold", "detail": "bright_black", "length": "bright_black"}


def show_question(
    group: Group,
    report: Mapping[str, Any],
    beside: Beside,
    console: Console,
    *,
    number: int,
    count: int,
    lang: str = "en",
    whole: bool = False,
    above: bool = False,
) -> None:
    """Print a group's first question; `report` is its submission's, `number` of `count` where the queue stands.

    `whole` shows all of the part's text; `above` says that it stands on the screen already.
    """
    part = visible(next(p for p in report["parts"] if p["id"] == group.first.part))
    _View(console, lang).question(group, part, beside, f"{number}/{count}", whole, above)


class _View:
    def __init__(self, console: Console, lang: str) -> None:
        self.console = console
        self.lang = lang

    def word(self, key: str, *values: object) -> str:
        return _WORDS[key][self.lang].format(*values)

    def put(self, text: Text | str, indent: int = 2, style: str = "") -> None:
        self.console.print(Padding(Text(text, style=style) if isinstance(text, str) else text, (0, 0, 0, indent)))

    def question(
        self, group: Group, part: Mapping[str, Any], beside: Beside, number: str, whole: bool, above: bool
    ) -> None:
        question = group.first
        check = check_of(part, question.check)
        self.console.print(
            Rule(Text(f"{number}  {question.part}  {part['title'][self.lang]}", style="bold"), align="left")
        )
        head = Text.assemble((question.submission, "bold"), f"  {visible(beside.who)}" if beside.who else "")
        head.append(f"  {self.word('open', points(question.open), points(question.out_of))}", style="yellow")
        self.put(head, 0)
        if len(group.questions) > 1:
            said = self.word("settles", len(group.questions), KINDS[group.kind][self.lang], points(group.open))
            self.put(said, 0, "cyan")
        self.beside_it(part, question, beside)
        self.console.print()
        self.passage(part, check, question, beside, whole, above)
        self.console.print()
        title = beside.title or (question.title.get(self.lang, "") if question.check else self.word("whole"))
        line = Text.assemble(("? ", "yellow"), (title, "bold"))
        note = M.check_note(check, self.lang) if check is not None else M.note(question.note, self.lang)
        line.append(f"  {note}", style="bright_black")
        self.put(line, 0)
        if check is not None:
            self.evidence(part, check)
        if question.stale is not None:
            self.put(self.word("stale", question.stale.points, visible(question.stale.reason)), 2, "magenta")
        if beside.notes:
            self.put(Text.assemble((f"{self.word('notes')}: ", "bold"), beside.notes))
        for worth, text in beside.bands.items():
            self.put(Text.assemble((f"{worth:>3} ", "bold"), text))
        for i, remark in enumerate(beside.remarks, 1):
            self.put(Text.assemble((f"#{i} ", "cyan"), visible(remark.text)))

    def beside_it(self, part: Mapping[str, Any], question: Question, beside: Beside) -> None:
        """The other checks of the part, so that nobody gives twice."""
        line = Text()
        for c in others(part, question, beside):
            sign, style = ("✎", "cyan") if c.given else _SIGNS.get(c.outcome, ("?", "yellow"))
            line.append(f"{sign}\u00a0", style=style)
            line.append(f"{c.id}\u00a0{c.points}/{c.out_of}   ", style="bright_black")
        if line:
            self.put(line, 0)

    def passage(
        self,
        part: Mapping[str, Any],
        check: Mapping[str, Any] | None,
        question: Question,
        beside: Beside,
        whole: bool,
        above: bool,
    ) -> None:
        """The lines as written, those the question is about marked; of a part as a whole its beginning."""
        if not part["found"]:
            unread = part["status"] == "unreadable" or question.outcome in ("unreadable", "fault")
            self.put(
                f"{self.word('files')}: {visible(beside.files)}" if unread and beside.files else self.word("no_text"),
                2,
                "magenta",
            )
            return
        found = excerpt(part, check, question, whole=whole)
        if above and not found.marked:
            self.put(self.word("above"), 2, "bright_black")
            return
        self.put(Text(found.lines[0].file if found.lines else "", style="bright_black"))
        for line in found.lines:
            if line.gap:
                self.put("…", 6, "bright_black")
            self.line(line.number, line.text, line.marked)
        if found.hidden:
            self.put(self.word("more", found.hidden), 6, "bright_black")

    def line(self, number: int, text: str, marked: bool) -> None:
        """A source line under its number, wrapped behind it."""
        head = Text(f"{'▸' if marked else ' '}{number:>5} ", style="yellow" if marked else "bright_black")
        width = max(self.console.width - 12, 30)
        rows = wrap(text.expandtabs(2), width, break_on_hyphens=False, replace_whitespace=False, drop_whitespace=False)
        for i, row in enumerate(rows or [""]):
            self.put(Text.assemble(Text(" " * 7) if i else head, row.rstrip()))

    def evidence(self, part: Mapping[str, Any], check: Mapping[str, Any]) -> None:
        """How the lines were read, and the numbers that make them doubtful."""
        for row in said(part, check, self.lang):
            if row.kind == "reads":
                self.put(Text.assemble((f"{row.label} ", "bright_black"), (row.text, "cyan")))
            elif row.kind == "passage":
                self.put(Text.assemble((f"{row.label}: ", "bold"), (f"“{row.text}”", "cyan")))
            else:
                self.put(row.text, 2, _STYLES.get(row.kind, ""))
