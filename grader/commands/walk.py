"""The review queue walked through in a terminal: a question, an answer, what is alike, the next question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from grader.desk.answers import chosen, points_of
from grader.gradebook import Given, Gradebook, Group, Question
from grader.report.asked import KINDS, Beside, one_line
from grader.report.question import show_question

_LISTED: Final = 40
_WORDS: Final = {
    "prompt": {"en": "points 0–{0:g}", "fr": "points 0–{0:g}"},
    "keys": {"en": "f h z · s c m u q ?", "fr": "f h z · s c m u q ?"},
    "help": {
        "en": "a number, f full, h half, z zero; a reason may follow (1.5 the sign is lost) or a comment (1.5 #2)\n"
        "s skip · c comments (kept for next time) · m the whole text · k keep what was given · u undo · q quit",
        "fr": "un nombre, f tout, h la moitié, z zéro ; une raison peut suivre (1,5 signe perdu) ou un commentaire (1,5 #2)\n"
        "s passer · c commentaires (gardés) · m tout le texte · k garder ce qui a été donné · u annuler · q quitter",
    },
    "reason": {"en": "read by a person", "fr": "lu par une personne"},
    "given": {"en": "{0}: {1} of {2:g}", "fr": "{0} : {1} sur {2:g}"},
    "rest": {
        "en": "{0} more ({1}): the same for them?  [a all · n none · l list · or 1 3-5]",
        "fr": "{0} de plus ({1}) : de même pour elles ?  [a toutes · n aucune · l liste · ou 1 3-5]",
    },
    "applied": {"en": "the same for {0} more", "fr": "de même pour {0} de plus"},
    "range": {"en": "{0:g} is not between 0 and {1:g}", "fr": "{0:g} n'est pas entre 0 et {1:g}"},
    "unknown": {"en": "{0!r} is none of: {1}", "fr": "{0!r} n'est pas parmi : {1}"},
    "no_remark": {"en": "there is no comment #{0}", "fr": "il n'y a pas de commentaire #{0}"},
    "undone": {"en": "undone: {0}", "fr": "annulé : {0}"},
    "no_undo": {"en": "nothing to undo", "fr": "rien à annuler"},
    "comment": {
        "en": "a number, or a new comment (empty: none)",
        "fr": "un numéro, ou un nouveau commentaire (vide : aucun)",
    },
    "with": {"en": "the next points come with: {0}", "fr": "les prochains points viennent avec : {0}"},
    "no_keep": {
        "en": "nothing was given here that could be kept",
        "fr": "rien n'a été donné ici qui puisse être gardé",
    },
    "all": {"en": "that was all  [u undo · Enter ends]", "fr": "c'est tout  [u annuler · Entrée termine]"},
    "end": {"en": "questions decided: {0}, left: {1}", "fr": "questions décidées : {0}, restantes : {1}"},
}

Ask = Callable[[str], str]
"""Shows a prompt and gives what was typed; raises EOFError at the end of the input."""


@dataclass(frozen=True, slots=True)
class _Done:
    """A decision that can be undone: the queue as it stood before, and the overrides it gave."""

    at: int
    groups: tuple[Group, ...]
    overrides: tuple[int, ...]
    said: str


class Walk:
    """One sitting. Every decision is in the gradebook before the next question is asked."""

    def __init__(
        self,
        book: Gradebook,
        groups: Sequence[Group],
        ask: Ask,
        console: Console,
        *,
        author: str,
        lang: str = "en",
        beside: Callable[[Question], Beside] = lambda question: Beside(),
    ) -> None:
        self.book, self.ask, self.console, self.author, self.lang, self.beside = (
            book,
            ask,
            console,
            author,
            lang,
            beside,
        )
        self.groups = tuple(groups)
        self.at = 0
        self.decided = 0
        self.done: list[_Done] = []
        self.comment = ""  # what the next points come with
        self._above = ("", "")  # whose text of which part was shown last
        self._report: tuple[str, Mapping[str, Any]] | None = None

    def run(self) -> None:
        """Ask until the queue or the input ends or the person quits. Raises OperatorError, KeyboardInterrupt."""
        try:
            while self._question(self.groups[self.at]) if self.at < len(self.groups) else self._back():
                pass
        except EOFError:
            self.console.print()

    def summary(self) -> str:
        """How far it has come, in words."""
        return self.word("end", self.decided, sum(len(g.questions) for g in self.groups[self.at :]))

    def word(self, key: str, *values: object) -> str:
        return _WORDS[key][self.lang].format(*values)

    def say(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style))

    def _question(self, group: Group) -> bool:
        """One question until it is left; False if the person quits."""
        self._show(group)
        question = group.first
        while True:
            typed = self.ask(f"{self.word('prompt', question.out_of)}  [{self.word('keys')}] ").strip()
            word, _, rest = typed.partition(" ")
            key = word.casefold()
            if key == "q":
                return False
            if key == "s":
                self.at += 1
                self.comment = ""
                return True
            if key == "u":
                if self._undo():
                    return True
            elif key == "c":
                self._choose_comment(question, rest)
            elif key == "m":
                self._show(group, whole=True)
            elif key == "k" and question.stale is not None:
                stale = question.stale
                self._decide(group, stale.points, rest.strip() or stale.reason)
                return True
            elif key == "k":
                self.say(self.word("no_keep"), "yellow")
            elif self._points(group, word, rest):
                return True

    def _back(self) -> bool:
        """At the end of the queue: whether the last decision is undone, and the queue goes on there."""
        typed = self.ask(f"{self.word('all')} ").strip().casefold() if self.done else ""
        return typed == "u" and self._undo()

    def _show(self, group: Group, *, whole: bool = False) -> None:
        report = self._report_of(group.first.submission)
        show_question(
            group, report, self.beside(group.first), self.console,
            number=self.at + 1, count=len(self.groups), lang=self.lang, whole=whole,
            above=not whole and self._above == (group.first.submission, group.first.part),
        )  # fmt: skip
        self._above = (group.first.submission, group.first.part)

    def _report_of(self, submission: str) -> Mapping[str, Any]:
        """The report of a submission; the last one is kept, since questions of one stand together."""
        if self._report is None or self._report[0] != submission:
            found = self.book.report(submission)
            assert found is not None  # it has a result, or nothing would be asked
            self._report = (submission, found)
        return self._report[1]

    def _points(self, group: Group, word: str, rest: str) -> bool:
        """Give what was typed, if it is points; whether it was."""
        question = group.first
        points = points_of(word, question.out_of)
        if points is None:
            known = word in ("", "?")
            if not known:
                self.say(self.word("unknown", word, self.word("keys")), "yellow")
            self.say(self.word("help"), "bright_black")
            return False
        if not 0 <= points <= question.out_of:
            self.say(self.word("range", points, question.out_of), "yellow")
            return False
        reason = self._reason(question, rest.strip())
        if reason is None:
            return False
        self._decide(group, points, reason)
        return True

    def _reason(self, question: Question, typed: str) -> str | None:
        """The reason: what was typed, the comment of that number, the comment chosen, or that a person read it."""
        if typed.startswith("#"):
            remarks = self.book.remarks.of(question.part)
            number = typed[1:].strip()
            if not number.isdecimal() or len(number) > 6 or not 1 <= int(number) <= len(remarks):
                self.say(self.word("no_remark", number), "yellow")
                return None
            typed = remarks[int(number) - 1].text
            self.book.remarks.use(question.part, typed, author=self.author)
        return typed or self.comment or self.word("reason")

    def _choose_comment(self, question: Question, typed: str) -> None:
        """Pick a comment by its number, or write a new one that is kept."""
        remarks = self.book.remarks.of(question.part)
        if not typed.strip():
            for i, remark in enumerate(remarks, 1):
                self.say(f"#{i} {remark.text}")
            typed = self.ask(f"{self.word('comment')} ")
        typed = typed.strip().removeprefix("#") if typed.strip()[:1] == "#" else typed.strip()
        if not typed:
            self.comment = ""
            return
        if typed.isdecimal() and len(typed) < 6 and 1 <= int(typed) <= len(remarks):
            typed = remarks[int(typed) - 1].text
        elif typed.isdecimal():
            self.say(self.word("no_remark", typed), "yellow")
            return
        self.comment = self.book.remarks.use(question.part, typed, author=self.author).text
        self.say(self.word("with", self.comment), "bright_black")

    def _decide(self, group: Group, points: float, reason: str) -> None:
        """Write the decision, then offer it to what is alike."""
        question = group.first
        before = self.groups
        given = Given((question.submission,), question.part, question.check, points, reason, self.author)
        numbers = list(self.book.give([given]))
        said = self.word("given", f"{question.submission} {question.place}", f"{points:g}", question.out_of)
        self.say(f"✔ {said}", "green")
        self.done.append(_Done(self.at, before, tuple(numbers), said))
        self.decided += 1
        self.comment = ""
        rest = group.questions[1:]
        self._leave(before, group, rest)
        if rest:
            self._leave(before, group, self._offer(group, rest, given))

    def _leave(self, before: tuple[Group, ...], group: Group, rest: tuple[Question, ...]) -> None:
        """The queue as it stands once `rest` of the group now asked is left; without any, the next one is asked."""
        at = self.done[-1].at
        left = group.without([q for q in group.questions if q not in rest])
        self.groups = (*before[:at], left or group, *before[at + 1 :])
        self.at = at if left else at + 1

    def _offer(self, group: Group, rest: tuple[Question, ...], given: Given) -> tuple[Question, ...]:
        """Offer a decision to the others of its group; those it was not taken for."""
        while True:
            typed = self.ask(f"{self.word('rest', len(rest), KINDS[group.kind][self.lang])} ").strip().casefold()
            if typed in ("n", ""):
                return rest
            if typed == "l":
                self._list(rest)
                continue
            places = range(1, len(rest) + 1) if typed == "a" else chosen(typed, len(rest))
            if places is None:
                self.say(self.word("unknown", typed, "a n l 1 3-5"), "yellow")
                continue
            taken = [rest[i - 1] for i in places]
            number = self.book.give(group.decisions(taken, given.points, given.reason, self.author))
            last = self.done[-1]
            self.done[-1] = _Done(last.at, last.groups, (*last.overrides, *number), last.said)
            self.decided += len(taken)
            self.say(f"✔ {self.word('applied', len(taken))}", "green")
            return tuple(q for q in rest if q not in taken)

    def _list(self, questions: Sequence[Question]) -> None:
        width = max(self.console.width - 44, 20)
        for i, question in enumerate(questions[:_LISTED], 1):
            self.say(f"{i:>4}  {one_line(question, self.book.report(question.submission), self.lang, width)}")
        if len(questions) > _LISTED:
            self.say(f"      … +{len(questions) - _LISTED}")

    def _undo(self) -> bool:
        if not self.done:
            self.say(self.word("no_undo"), "yellow")
            return False
        last = self.done.pop()
        self.book.take_back(last.overrides, author=self.author)
        self.decided -= len(last.overrides)
        self.at, self.groups = last.at, last.groups
        self.say(self.word("undone", last.said), "yellow")
        return True
