"""The report in a terminal: per part a line with score and status, per finding where, what was read, what breaks."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from grader.report import messages as M
from grader.report.audience import REFERENCE_SIDE
from grader.report.reading_words import reading
from grader.report.visible import visible
from grader.report.words import REMARKED, WORDS, given_in, replaced

_MARKS = {
    "correct": ("✔", "green"),
    "incorrect": ("✘", "red"),
    "undecided": ("?", "yellow"),
    "unreadable": ("…", "magenta"),
    "fault": ("!", "red"),
    "missing": ("○", "bright_black"),
}
_STATUS_STYLES = {
    "correct": "green",
    "partial": "yellow",
    "incorrect": "red",
    "empty": "bright_black",
    "unreadable": "magenta",
    "needs_review": "yellow",
}
_MOST_LINES = 6


def show(data: dict[str, Any], console: Console, *, lang: str = "en", audience: str = "student") -> None:
    """Print a report (the JSON data) for a reader."""
    data = visible(data)
    view = _View(console, lang, audience)
    view.header(data)
    for problem in data.get("problems", []):
        view.problem(problem)
    if all(part["status"] == "unreadable" for part in data["parts"]):
        view.nothing_read()
        if not any(given_in(part) for part in data["parts"]):
            return
    for part in data["parts"]:
        view.part(part)
    view.footer(data)


class _View:
    def __init__(self, console: Console, lang: str, audience: str) -> None:
        self.console = console
        self.lang = lang
        self.audience = audience

    def word(self, key: str, *values: object) -> str:
        return WORDS[key][self.lang].format(*values)

    def header(self, data: dict[str, Any]) -> None:
        files = ", ".join(data["submission"]["files"])
        self.console.print(Rule(Text(files, style="bold"), style="bright_black"))

    def nothing_read(self) -> None:
        self.console.print(Text(self.word("nothing"), style="magenta"))

    def footer(self, data: dict[str, Any]) -> None:
        score = data.get("mark", data["score"])
        line = Text()
        line.append(f"{self.word('total')}  ", style="bold")
        line.append(f"{score['min']:g} / {score['out_of']:g} ", style="bold")
        if score["max"] > score["min"]:
            line.append(self.word("sure", f"{score['max']:g}"), style="bright_black")
        self.console.print(Rule(style="bright_black"))
        self.console.print(line)

    def problem(self, problem: dict[str, Any]) -> None:
        place = f"{problem.get('file', '')}:{problem.get('line', 1)}:{problem.get('column', 1)}"
        said = reading(problem["note"], problem["message"], self.lang)
        self.console.print(Text.assemble((f"{place}: ", "bold"), said))
        self.caret(problem.get("source", ""), problem.get("source_column", 1))
        self.hint(problem["note"])

    def caret(self, source: str, column: int, indent: int = 6) -> None:
        """The source line with a caret under the column, cut to the terminal's width."""
        if not source.strip():
            return
        width = max(self.console.width - indent - 4, 30)
        shift = max(0, column - 1 - width * 2 // 3)
        shown = ("…" if shift else "") + source[shift : shift + width].replace("\t", " ")
        self.console.print(Padding(Text(shown, style="cyan", no_wrap=True, overflow="crop"), (0, 0, 0, indent)))
        self.console.print(
            Padding(Text(" " * (column - 1 - shift + bool(shift)) + "^", style="magenta"), (0, 0, 0, indent))
        )

    def hint(self, note: str) -> None:
        if note in M.HINTS:
            self.console.print(
                Padding(Text(f"{self.word('hint')}: {M.say(M.HINTS, note, self.lang)}", style="italic"), (0, 0, 0, 6))
            )

    def part(self, part: dict[str, Any]) -> None:
        score, status = part.get("mark", part["score"]), part["status"]
        given = given_in(part)
        whole = bool(given) and given[-1][0] is None
        settled = bool(given) and score["min"] == score["max"]
        style = "cyan" if settled else _STATUS_STYLES[status]
        low, high, most = score["min"], score["max"], score["out_of"]
        points = f"{low:g}" if low == high else f"{low:g}–{high:g}"
        line = Text()
        line.append(f"{part['id']:<5}", style="bold")
        line.append(_bar(low, high, most), style=style)
        line.append(f" {points:>8} / {most:<4g}", style="bold")
        said = self.word("by_hand") if settled else M.say(M.STATUSES, status, self.lang)
        line.append(f" {said:<20}", style=style)
        line.append(f" {part['title'][self.lang]}")
        self.console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
        if status == "empty" or all(c["id"] == "manual" for c in part["checks"]):
            self.unread(part)
            self.given(given)
            return
        if whole:  # what a person gave stands for all of it
            self.given(given)
            return
        self.right(part)
        shown: set[str] = set()
        for check in part["checks"]:
            if check["outcome"] != "correct" and not replaced(check) and "mark" not in check:
                self.check(check, shown)
        self.given(given)
        self.broken(part, shown)
        self.unread(part)

    def given(self, given: list[tuple[dict[str, Any] | None, dict[str, Any], float]]) -> None:
        """What a person gave, and why."""
        for check, entry, out_of in given:
            line = Text.assemble(("✎ ", "cyan"), f"{check['title'][self.lang]}: " if check is not None else "")
            line.append(f"{entry['points']:g} / {out_of:g}", style="bold")
            line.append(f"  {entry['reason']}")
            if "author" in entry:
                line.append(f"  ({entry['author']}, {entry['time'][:10]})", style="bright_black")
            if entry.get("stale"):
                line.append(f"  {self.word('stale')}", style="magenta")
            self.console.print(Padding(line, (0, 0, 0, 6)))

    def broken(self, part: dict[str, Any], shown: set[str]) -> None:
        """Lines that do not hold, each with its numbers, what is amiss and whether it is made good."""
        lines = {s["id"]: s["span"]["line"] for s in part["steps"]}
        wrong = [s for s in part["steps"] if s["outcome"] == "incorrect"]
        for step in wrong[:_MOST_LINES]:
            mark, style = _MARKS["incorrect"]
            head = Text.assemble((f"{mark} ", style), (f"{self.word('line')} {step['span']['line']}  ", "bold"))
            said = self.word("differs") if step["note"] == "differs" else M.note(step["note"], self.lang)
            head.append(said, style="bright_black")
            if step["consequence_of"] in lines:
                head.append(f" – {self.word('consequence', lines[step['consequence_of']])}", style="bright_black")
            if step["repaired_by"] in lines:
                head.append(f" – {self.word('repaired', lines[step['repaired_by']])}", style="green")
            self.console.print(Padding(head, (0, 0, 0, 6)))
            if step["reads"] not in shown:
                self.console.print(Padding(Text(step["reads"][:400], style="cyan"), (0, 0, 0, 10)))
            if step["diagnosis"]:
                cause = Text(M.diagnosis(step["diagnosis"], self.lang), style="bold")
                self.console.print(Padding(cause, (0, 0, 0, 10)))
            witness = step["witness"]
            if witness is not None:
                at = ", ".join(f"{k} = {M.number(v)}" for k, v in witness["values"].items())
                text = f"{self.word('at')} {at}: " if at else ""
                if step["note"] in REFERENCE_SIDE and self.audience != "ta":
                    text += f"{self.word('yours')} {M.number(witness['left'])}"
                else:
                    sides = (M.number(witness[side], self.lang) for side in ("left", "right"))
                    text += self.word("sides", *sides)
                self.console.print(Padding(Text(text), (0, 0, 0, 10)))
        if len(wrong) > _MOST_LINES:
            more = Text(self.word("more", len(wrong) - _MOST_LINES), style="bright_black")
            self.console.print(Padding(more, (0, 0, 0, 6)))

    def right(self, part: dict[str, Any]) -> None:
        """What is right, in one line."""
        found = [c for c in part["checks"] if c["outcome"] == "correct"]
        if not found:
            return
        mark, style = _MARKS["correct"]
        line = Text()
        for i, check in enumerate(found):
            line.append(" · " if i else "", style="bright_black")
            line.append(check["title"][self.lang])
            if "function" in check["evidence"]:
                line.append(self.stands(check), style="bright_black")
            elif check["spans"]:
                line.append(f" ({self.lines(check['spans'][-1:])})", style="bright_black")
            if check["note"] in REMARKED:
                line.append(f" – {M.note(check['note'], self.lang)}", style="bright_black")
        row = Table.grid(padding=(0, 1))
        row.add_row(Text(mark, style=style), line)
        self.console.print(Padding(row, (0, 0, 0, 6)))

    def check(self, check: dict[str, Any], shown: set[str]) -> None:
        outcome = check["outcome"]
        mark, style = _MARKS[outcome]
        line = Text(check["title"][self.lang])
        line.append(f"  {M.check_note(check, self.lang)}", style="bright_black")
        if "function" in check["evidence"]:
            line.append(self.stands(check), style="bright_black")
        elif check["spans"]:
            line.append(f"  ({self.lines(check['spans'][:4])})", style="bright_black")
        row = Table.grid(padding=(0, 1))
        row.add_row(Text(mark, style=style), line)
        self.console.print(Padding(row, (0, 0, 0, 6)))
        if outcome == "incorrect":
            self.evidence(check)
        if check["note"] == "for_a_person":
            self.passages(check["evidence"])

    def lines(self, spans: list[dict[str, Any]]) -> str:
        """`line 3, 7`, and of a notebook the cell."""
        numbers = ", ".join(str(n) for n in sorted({span["line"] for span in spans}))
        cell = spans[0]["file"].rpartition(":cell ")[2] if ":cell " in spans[0]["file"] else ""
        return f"{self.word('line')} {numbers}" + (f", {self.word('cell')} {cell}" if cell else "")

    def stands(self, check: dict[str, Any]) -> str:
        """Of a Python answer: the function, its file (and cell) and line, and whether the written answer counts."""
        out = f"  ({check['evidence']['function']}"
        for span in check["spans"][:1]:
            out += f", {span['file'].partition(':cell ')[0]}, {self.lines([span])}"
        out += ")"
        if not check["points"]["out_of"]:
            out += f" – {self.word('other_counts')}"
        return out

    def passages(self, evidence: dict[str, Any]) -> None:
        """Of a text for a person: its length, what it speaks of, and (for the assistant) the passages."""
        if "passages" not in evidence:
            return
        text = self.word("words", evidence["words"])
        missing = [M.say(M.PROMPTS, p, self.lang) for p in evidence["without_passage"]]
        if missing:
            text += "; " + self.word("no_passage", ", ".join(missing))
        self.console.print(Padding(Text(text, style="bright_black"), (0, 0, 0, 10)))
        if self.audience == "ta":
            for prompt, passage in evidence["passages"].items():
                line = Text.assemble((f"{M.say(M.PROMPTS, prompt, self.lang)}: ", "bold"), (f"“{passage}”", "cyan"))
                self.console.print(Padding(line, (0, 0, 0, 10)))

    def evidence(self, check: dict[str, Any]) -> None:
        evidence = check["evidence"]
        quote = " ".join(str(evidence.get("quote", "")).split())
        if quote:
            self.console.print(Padding(Text(quote[:300], style="cyan"), (0, 0, 0, 10)))
        if evidence.get("diagnosis"):
            self.console.print(
                Padding(Text(M.diagnosis(evidence["diagnosis"], self.lang), style="bold"), (0, 0, 0, 10))
            )
        witness = evidence.get("witness")
        if witness:
            at = ", ".join(f"{k} = {M.number(v)}" for k, v in witness["values"].items())
            text = f"{self.word('at')} {at}: " if at else ""
            text += f"{self.word('yours')} {M.number(witness['left'])}"
            if self.audience == "ta" and witness.get("right") is not None:
                text += f", {self.word('expected')} {M.number(witness['right'])}"
            self.console.print(Padding(Text(text), (0, 0, 0, 10)))

    def unread(self, part: dict[str, Any]) -> None:
        steps = part["steps"]
        unread = [s for s in steps if s["outcome"] == "unreadable"]
        confirmed = sum(s["outcome"] == "correct" for s in steps)
        if confirmed:
            self.console.print(
                Padding(Text(self.word("confirmed", confirmed, len(steps)), style="bright_black"), (0, 0, 0, 6))
            )
        for step in unread[:5]:
            span = step["span"]
            self.console.print(
                Padding(
                    Text.assemble(
                        ("… ", "magenta"),
                        (f"{self.word('line')} {span['line']}:{span['column']}: ", "bold"),
                        reading(step["note"], step["detail"], self.lang),
                    ),
                    (0, 0, 0, 6),
                )
            )
            self.caret(step["source"], step["source_column"], 8)
            self.hint(step["note"])


def _bar(low: float, high: float, most: float, width: int = 10) -> str:
    sure = round(width * low / most) if most else 0
    open_points = round(width * high / most) - sure if most else 0
    return "█" * sure + "▒" * open_points + "·" * (width - sure - open_points)
