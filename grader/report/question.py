"""A question of the review queue in a terminal: what stands there, what was read, why it is open, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from grader.gradebook import Group, Question, Remark
from grader.report import messages as M
from grader.report.visible import visible

_AROUND: Final = 2
"""Lines shown before and behind those a question is about."""
_WHOLE: Final = 24
"""Lines shown of a part as a whole, unless more are asked for."""
_READS: Final = 3
KINDS: Final = {
    "values": {"en": "same values", "fr": "mêmes valeurs"},
    "line": {"en": "same line", "fr": "même ligne"},
    "formulas": {"en": "same formulas", "fr": "mêmes formules"},
    "words": {"en": "same words", "fr": "mêmes mots"},
    "submission": {"en": "same submission, by share", "fr": "même remise, à proportion"},
}
"""What the answers of a group have in common."""
_WORDS: Final = {
    "open": {"en": "{0} of {1} points open", "fr": "{0} points sur {1} ouverts"},
    "settles": {"en": "{0} alike ({1}): one answer settles {2} points", "fr": "{0} semblables ({1}) : une réponse règle {2} points"},
    "read_as": {"en": "read as", "fr": "lu comme"},
    "at": {"en": "at", "fr": "en"},
    "sides": {"en": "left {0}, right {1}", "fr": "à gauche {0}, à droite {1}"},
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
    "words": {"en": "{0} words", "fr": "{0} mots"},
    "none_on": {"en": "nothing found on: {0}", "fr": "rien trouvé sur : {0}"},
    "whole": {"en": "the part as a whole", "fr": "la partie entière"},
    "comments": {"en": "comments", "fr": "commentaires"},
    "expected": {"en": "yours {0}, reference {1}", "fr": "réponse {0}, référence {1}"},
}  # fmt: skip
_SIGNS: Final = {
    "correct": ("✔", "green"),
    "incorrect": ("✘", "red"),
    "missing": ("○", "bright_black"),
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a question from elsewhere: who handed it in, the files, and what the rubric tells who marks."""

    who: str = ""
    files: str = ""
    title: str = ""
    notes: str = ""
    bands: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()
    given: Mapping[str | None, float] = field(default_factory=dict)
    """What people gave to checks of this part, by their ids."""


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


def one_line(question: Question, report: Mapping[str, Any] | None, lang: str, width: int = 72) -> str:
    """A question in one line: whose, where, and the beginning of what stands there."""
    text = f"{question.submission}  {question.place}"
    if report is not None:
        part = next((p for p in report["parts"] if p["id"] == question.part), None)
        check = _check(part, question.check) if part is not None else None
        quote = " ".join(str(check["evidence"].get("quote", "")).split()) if check is not None else ""
        if not quote and part is not None and part["found"]:
            quote = " ".join(part["found"][0]["text"].split())
        if quote:
            text += f"  {quote[:width]}{'…' if len(quote) > width else ''}"
    return str(visible(text))


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
        check = _check(part, question.check)
        self.console.print(
            Rule(Text(f"{number}  {question.part}  {part['title'][self.lang]}", style="bold"), align="left")
        )
        head = Text.assemble((question.submission, "bold"), f"  {visible(beside.who)}" if beside.who else "")
        head.append(f"  {self.word('open', _num(question.open), _num(question.out_of))}", style="yellow")
        self.put(head, 0)
        if len(group.questions) > 1:
            said = self.word("settles", len(group.questions), KINDS[group.kind][self.lang], _num(group.open))
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
        for points, text in beside.bands.items():
            self.put(Text.assemble((f"{points:>3} ", "bold"), text))
        for i, remark in enumerate(beside.remarks, 1):
            self.put(Text.assemble((f"#{i} ", "cyan"), visible(remark.text)))

    def beside_it(self, part: Mapping[str, Any], question: Question, beside: Beside) -> None:
        """The other checks of the part, so that nobody gives twice."""
        line = Text()
        for c in part["checks"]:
            if c["id"] == question.check or not c["points"]["out_of"] or len(part["checks"]) == 1:
                continue
            sign, style = _SIGNS.get(c["outcome"], ("?", "yellow"))
            low, high = _num(c["points"]["min"]), _num(c["points"]["max"])
            points = low if low == high else f"{low}–{high}"
            if c["id"] in beside.given:
                sign, style, points = "✎", "cyan", _num(beside.given[c["id"]])
            line.append(f"{sign}\u00a0", style=style)
            line.append(f"{c['id']}\u00a0{points}/{_num(c['points']['out_of'])}   ", style="bright_black")
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
        marked = {
            (span["file"], n)
            for span in (check["spans"] if check is not None and not question.manual else ())
            for n in range(span["line"], span["end_line"] + 1)
        }
        lines = [
            (found["file"], found["line"] + i, text)
            for found in part["found"]
            for i, text in enumerate(found["text"].split("\n"))
        ]
        lines = [row for i, row in enumerate(lines) if row[2].strip() or (i and lines[i - 1][2].strip())]
        marked &= {row[:2] for row in lines}
        if above and not marked:
            self.put(self.word("above"), 2, "bright_black")
            return
        near = {(file, n + d) for file, n in marked for d in range(-_AROUND, _AROUND + 1)}
        shown = lines if whole or not marked else [row for row in lines if row[:2] in near]
        left = 0
        if not whole and not question.manual and len(shown) > _WHOLE and not marked:
            left = len(shown) - _WHOLE
            shown = shown[:_WHOLE]
        self.put(Text(shown[0][0] if shown else "", style="bright_black"))
        before = None
        for file, n, text in shown:
            if before is not None and (file != before[0] or n > before[1] + 2):
                self.put("…", 6, "bright_black")
            self.line(n, text, (file, n) in marked)
            before = (file, n)
        hidden = left or (len(lines) - len(shown) if not whole else 0)
        if hidden:
            self.put(self.word("more", hidden), 6, "bright_black")

    def line(self, number: int, text: str, marked: bool) -> None:
        """A source line under its number, wrapped behind it."""
        head = Text(f"{'▸' if marked else ' '}{number:>5} ", style="yellow" if marked else "bright_black")
        width = max(self.console.width - 12, 30)
        rows = wrap(text.expandtabs(2), width, break_on_hyphens=False, replace_whitespace=False, drop_whitespace=False)
        for i, row in enumerate(rows or [""]):
            self.put(Text.assemble(Text(" " * 7) if i else head, row.rstrip()))

    def evidence(self, part: Mapping[str, Any], check: Mapping[str, Any]) -> None:
        """How the lines were read, and the numbers that make them doubtful."""
        lines = {(s["file"], n) for s in check["spans"] for n in range(s["line"], s["end_line"] + 1)}
        steps = [s for s in part["steps"] if (s["span"]["file"], s["span"]["line"]) in lines and s["reads"]]
        if check["role"] != "manual":
            for step in steps[:_READS]:
                self.put(Text.assemble((f"{self.word('read_as')} ", "bright_black"), (step["reads"][:240], "cyan")))
        evidence = check["evidence"]
        link = evidence.get("link")
        if link and "values" in link:
            sides = self.word("sides", M.number(link["at_left"], self.lang), M.number(link["at_right"], self.lang))
            self.put(f"{self._values(link['values'])}{sides}")
        witness = evidence.get("witness")
        if witness:
            both = (M.number(witness["left"], self.lang), M.number(witness.get("right"), self.lang))
            self.put(f"{self._values(witness['values'])}{self.word('expected', *both)}")
        if evidence.get("diagnosis"):
            self.put(M.diagnosis(evidence["diagnosis"], self.lang), 2, "bold")
        if evidence.get("detail"):
            self.put(str(evidence["detail"]), 2, "bright_black")
        if "passages" in evidence:
            self.prompts(evidence)

    def _values(self, values: Mapping[str, Any]) -> str:
        at = ", ".join(f"{k} = {M.number(v, self.lang)}" for k, v in values.items())
        return f"{self.word('at')} {at}: " if at else ""

    def prompts(self, evidence: Mapping[str, Any]) -> None:
        """Of a text for a person: its length and the passage for each prompt."""
        text = self.word("words", evidence["words"])
        missing = [M.say(M.PROMPTS, p, self.lang) for p in evidence["without_passage"]]
        if missing:
            text += "; " + self.word("none_on", ", ".join(missing))
        self.put(text, 2, "bright_black")
        for prompt, passage in evidence["passages"].items():
            self.put(
                Text.assemble(
                    (f"{M.say(M.PROMPTS, prompt, self.lang)}: ", "bold"), (f"“{' '.join(passage.split())}”", "cyan")
                )
            )


def _check(part: Mapping[str, Any], name: str | None) -> Mapping[str, Any] | None:
    return next((c for c in part["checks"] if c["id"] == name), None)


def _num(points: float) -> str:
    return f"{round(points, 2):g}"
