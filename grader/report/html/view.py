"""What a page shows of a report: plain records, made of its JSON data, for one language and one audience."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from grader.report import messages as M
from grader.report.audience import REFERENCE_SIDE
from grader.report.html.formula import formula, wide
from grader.report.html.phrases import phrase
from grader.report.reading_words import reading
from grader.report.words import REMARKED, WORDS, given_in, replaced

SHAPES: Final = {
    "correct": "right",
    "incorrect": "wrong",
    "undecided": "unclear",
    "unreadable": "unread",
    "fault": "fault",
    "missing": "missing",
    "assumed": "given",
}
"""The class of each outcome: shape, word and colour follow from it."""
_WORST: Final = ("incorrect", "fault", "unreadable", "undecided", "correct", "assumed")
_SILENT: Final = frozenset({"correct", "assumed"})
_READ: Final = 600
"""Characters of a formula as it was read that are shown beside it."""
_BEFORE, _BEHIND = 24, 60
"""Characters of an unread line that are shown before and behind the place."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers that prove a failure: the names' values, and what stands on each side there."""

    values: tuple[tuple[Markup, str], ...]
    sides: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of one line: its shape, where, what, how it was read, the numbers and the mending."""

    shape: str
    line: int
    said: str
    read: Markup | None = None
    numbers: Numbers | None = None
    diagnosis: str = ""
    remarks: tuple[str, ...] = ()
    source: str = ""
    caret: int = 0
    hint: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The sign beside a line or a formula."""

    shape: str
    word: str


@dataclass(frozen=True, slots=True)
class Bit:
    """A stretch of a paragraph: escaped text or a formula, with a mark where one is due."""

    content: Markup
    mark: Mark | None = None
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph or the row of a display; `kind` is `text`, `heading`, `item`, `row` or `code`.

    It stands on the lines `number` to `last` of `file`.
    """

    kind: str
    anchor: str
    file: str
    number: int
    last: int
    bits: tuple[Bit, ...]
    mark: Mark | None
    notes: tuple[Note, ...]
    label: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A check: its shape, what it asks for, the points, what is said and the evidence."""

    id: str
    shape: str
    title: str
    said: str
    points: str
    lines: tuple[tuple[str, str], ...] = ()
    quote: Markup | None = None
    numbers: Numbers | None = None
    diagnosis: str = ""
    details: tuple[str, ...] = ()
    passages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave, with the reason; `who` is empty for students."""

    title: str
    points: str
    reason: str
    who: str
    stale: bool


@dataclass(frozen=True, slots=True)
class PartView:
    """A part of the page."""

    id: str
    title: str
    status: str
    said: str
    points: str
    out_of: str
    sure: float
    possible: float
    open: bool
    findings: tuple[Finding, ...]
    given: tuple[Given, ...]
    lines: tuple[Line, ...]
    elsewhere: tuple[Note, ...]
    counts: tuple[tuple[str, int], ...]


def part_view(part: Mapping[str, Any], lang: str, audience: str) -> PartView:
    """One part of a report."""
    return _Builder(part, lang, audience).view()


def points(low: float, high: float) -> str:
    """Points, or their range."""
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def anchor(part: str, file: str, line: int) -> str:
    """The name of a line's place in the page."""
    return "l-" + "-".join("".join(c if c.isalnum() else "_" for c in piece) for piece in (part, file, str(line)))


class _Builder:
    def __init__(self, part: Mapping[str, Any], lang: str, audience: str) -> None:
        self.part, self.lang, self.audience = part, lang, audience
        self.lines_of = {step["id"]: step["span"]["line"] for step in part["steps"]}
        self.waiting: list[Mapping[str, Any]] = sorted(
            part["steps"], key=lambda s: (s["span"]["file"], s["span"]["line"], s["span"]["column"])
        )
        self.anchors: dict[tuple[str, int], str] = {}

    def view(self) -> PartView:
        part = self.part
        given = given_in(dict(part))
        score = part.get("mark", part["score"])
        lines = tuple(self.written())
        elsewhere = tuple(self.note(s) for s in self.waiting if s["outcome"] not in _SILENT)
        whole = bool(given) and given[-1][0] is None
        settled = bool(given) and score["min"] == score["max"]
        most = score["out_of"] or 1
        return PartView(
            part["id"],
            part["title"][self.lang],
            "settled" if settled else part["status"],
            WORDS["by_hand"][self.lang] if settled else M.say(M.STATUSES, part["status"], self.lang),
            points(score["min"], score["max"]),
            f"{score['out_of']:g}",
            score["min"] / most,
            score["max"] / most,
            score["max"] > score["min"],
            () if whole or part["status"] == "empty" else tuple(self.findings()),
            tuple(self.given(*one) for one in given),
            lines,
            elsewhere,
            tuple((SHAPES[o], n) for o in _WORST if (n := sum(s["outcome"] == o for s in part["steps"]))),
        )

    def given(self, check: Mapping[str, Any] | None, entry: Mapping[str, Any], out_of: float) -> Given:
        who = f"{entry['author']}, {entry['time'][:10]}" if "author" in entry else ""
        title = check["title"][self.lang] if check is not None else ""
        return Given(title, f"{entry['points']:g} / {out_of:g}", entry["reason"], who, bool(entry.get("stale")))

    # the derivation

    def written(self) -> Iterator[Line]:
        """Paragraphs and rows in order, each step where it stands."""
        open_: list[Mapping[str, Any]] = []
        for piece in self.part.get("written", ()):
            alone = piece["kind"] in ("display", "row", "code", "heading")
            begins = piece["kind"] == "item" or (piece["fresh"] and [p["kind"] for p in open_] != ["item"])
            if open_ and (alone or begins):
                yield self.line(open_)
                open_ = []
            if alone:
                yield self.line([piece])
            else:
                open_.append(piece)
        if open_:
            yield self.line(open_)

    def line(self, pieces: Sequence[Mapping[str, Any]]) -> Line:
        first = pieces[0]
        kind = {"display": "row", "formula": "text"}.get(first["kind"], first["kind"])
        label = first["text"] if kind == "item" else ""
        bits: list[Bit] = []
        notes: list[Note] = []
        judged: list[str] = []
        for piece in pieces[1:] if label else pieces:
            if bits and piece["spaced"]:
                bits.append(Bit(Markup(" ")))
            if piece["kind"] in ("formula", "display", "row"):
                steps = self.steps_in(piece)
                outcomes = [s["outcome"] for s in steps]
                judged += outcomes
                notes += [self.note(s) for s in steps if s["outcome"] not in _SILENT]
                mark = self.mark(outcomes) if piece["kind"] == "formula" else None
                inline = piece["kind"] == "formula"
                bits.append(Bit(formula(piece["text"], display=not inline), mark, inline and wide(piece["text"])))
            else:
                bits.append(Bit(escape(piece["text"])))
        name = anchor(self.part["id"], first["file"], first["line"])
        fresh = name not in self.anchors.values()
        for piece in pieces:
            for number in range(piece["line"], piece["end_line"] + 1):
                self.anchors.setdefault((piece["file"], number), name)
        mark = self.mark(judged) if kind == "row" else None
        return Line(
            kind,
            name if fresh else "",
            first["file"],
            first["line"],
            pieces[-1]["end_line"],
            tuple(bits),
            mark,
            tuple(notes),
            label,
            kind == "row" and wide(first["text"]),
        )

    def steps_in(self, piece: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The steps whose right-hand side begins in a formula, or that stop at its end; each stands in one."""
        start, end = (piece["line"], piece["column"]), (piece["end_line"], piece["end_column"])
        found = [
            s
            for s in self.waiting
            if s["span"]["file"] == piece["file"] and start <= (s["span"]["line"], s["span"]["column"]) <= end
        ]
        self.waiting = [s for s in self.waiting if s not in found]
        return found

    def mark(self, outcomes: Sequence[str]) -> Mark | None:
        worst = next((o for o in _WORST if o in outcomes), None)
        return None if worst is None else Mark(SHAPES[worst], phrase(SHAPES[worst], self.lang))

    def note(self, step: Mapping[str, Any]) -> Note:
        outcome, lang = step["outcome"], self.lang
        if outcome == "unreadable":
            said = reading(step["note"], step["detail"], lang)
        else:
            said = WORDS["differs"][lang] if step["note"] == "differs" else M.note(step["note"], lang)
        remarks = [
            WORDS[word][lang].format(self.lines_of[step[key]])
            for key, word in (("consequence_of", "consequence"), ("repaired_by", "repaired"))
            if step[key] in self.lines_of
        ]
        if step["context"] and outcome != "unreadable":
            remarks.append(f"{phrase('under', lang)} {', '.join(step['context'])}")
        hint = M.say(M.HINTS, step["note"], lang) if outcome == "unreadable" and step["note"] in M.HINTS else ""
        witness = step["witness"]
        own = step["note"] in REFERENCE_SIDE and self.audience != "ta"
        return Note(
            SHAPES[outcome],
            step["span"]["line"],
            said,
            formula(step["reads"]) if step["reads"] and len(step["reads"]) <= _READ else None,
            self.numbers(witness, own=own, names=("left", "right_side")) if witness is not None else None,
            M.diagnosis(step["diagnosis"], lang) if step["diagnosis"] else "",
            tuple(remarks),
            *around(step["source"] if outcome == "unreadable" else "", step["source_column"] - 1),
            f"{WORDS['hint'][lang]}: {hint}" if hint else "",
            wide(step["reads"]),
        )

    def numbers(self, witness: Mapping[str, Any], *, own: bool, names: tuple[str, str]) -> Numbers:
        values = tuple((_name(k), M.number(v, self.lang)) for k, v in witness["values"].items())
        left, right = names
        sides = [(phrase("yours" if own else left, self.lang), M.number(witness["left"], self.lang))]
        if not own:
            sides.append((phrase(right, self.lang), M.number(witness.get("right"), self.lang)))
        return Numbers(values, tuple(sides))

    # the checks

    def findings(self) -> Iterator[Finding]:
        for check in self.part["checks"]:
            if not replaced(check):
                yield self.finding(check)

    def finding(self, check: Mapping[str, Any]) -> Finding:
        lang, outcome, evidence = self.lang, check["outcome"], check["evidence"]
        said = M.check_note(check, lang) if outcome != "correct" or check["note"] in REMARKED else ""
        quote = " ".join(str(evidence.get("quote", "")).split())
        details: list[str] = []
        if "function" in evidence:
            details.append(evidence["function"])
            if not check["points"]["out_of"]:
                details.append(WORDS["other_counts"][lang])
        passages: list[tuple[str, str]] = []
        if "passages" in evidence:
            details.append(WORDS["words"][lang].format(evidence["words"]))
            missing = [M.say(M.PROMPTS, p, lang) for p in evidence["without_passage"]]
            details += [WORDS["no_passage"][lang].format(", ".join(missing))] if missing else []
            passages = [(M.say(M.PROMPTS, p, lang), t) for p, t in evidence["passages"].items()]
        elif evidence.get("detail") and self.audience == "ta":
            details.append(str(evidence["detail"]))
        witness = evidence.get("witness") if outcome == "incorrect" or self.audience == "ta" else None
        hidden = self.audience != "ta" or (witness is not None and witness.get("right") is None)
        score = check["points"]
        return Finding(
            check["id"],
            SHAPES[outcome],
            check["title"][lang],
            said,
            f"{points(score['min'], score['max'])} / {score['out_of']:g}" if score["out_of"] else "",
            tuple(self.places(check["spans"])),
            self.quoted(quote) if quote and outcome == "incorrect" else None,
            self.numbers(witness, own=hidden, names=("yours", "expected")) if witness else None,
            M.diagnosis(evidence["diagnosis"], lang) if evidence.get("diagnosis") else "",
            tuple(details),
            tuple(passages) if self.audience == "ta" else (),
        )

    def quoted(self, source: str) -> Markup:
        """What was written: as it is shown in the derivation where it stands there as a whole, else its source."""
        if any(sign in source for sign in ("$", "\\(", "\\[")):
            return Markup('<code class="source">{}</code>').format(source[:300])
        return formula(source)

    def places(self, spans: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
        """Lines with their anchors in the page, each once."""
        seen: set[str] = set()
        for span in spans[:4]:
            cell = span["file"].rpartition(":cell ")[2] if ":cell " in span["file"] else ""
            text = f"{WORDS['line'][self.lang]} {span['line']}" + (
                f", {WORDS['cell'][self.lang]} {cell}" if cell else ""
            )
            if text not in seen:
                seen.add(text)
                yield text, self.anchors.get((span["file"], span["line"]), "")


def around(source: str, caret: int) -> tuple[str, int]:
    """The stretch of a line about a place, and the place in it."""
    if not source.strip():
        return "", 0
    first = max(0, caret - _BEFORE)
    text = source[first : caret + _BEHIND]
    return ("…" if first else "") + text + ("…" if len(source) > caret + _BEHIND else ""), caret - first + bool(first)


def _name(name: str) -> Markup:
    """A name of a world (`sigma_1`, `x_t`, `f(z)`) as a formula where it is a plain one."""
    head, _, index = name.partition("_")
    if not (head.isalpha() and head.isascii()) or not (index == "" or index.replace(",", "").isalnum()):
        return Markup("<code>{}</code>").format(name)
    letter = "\\" + head if len(head) > 1 and head.lower() in _GREEK else head
    shown = letter if len(head) == 1 or letter != head else f"\\mathrm{{{head}}}"
    return formula(f"{shown}_{{{index}}}" if index else shown)


_GREEK: Final = frozenset([
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega",
])  # fmt: skip
