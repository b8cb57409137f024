"""What a question of the review queue shows, whoever shows it: the lines, how they were read, the numbers, what stands beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from grader.gradebook import Question, Remark
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
    "read_as": {"en": "read as", "fr": "lu comme"},
    "at": {"en": "at", "fr": "en"},
    "sides": {"en": "left {0}, right {1}", "fr": "à gauche {0}, à droite {1}"},
    "words": {"en": "{0} words", "fr": "{0} mots"},
    "none_on": {"en": "nothing found on: {0}", "fr": "rien trouvé sur : {0}"},
    "expected": {"en": "yours {0}, reference {1}", "fr": "réponse {0}, référence {1}"},
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


@dataclass(frozen=True, slots=True)
class Line:
    """A source line; `marked` if the question is about it, `gap` if lines were left out before it."""

    file: str
    number: int
    text: str
    marked: bool
    gap: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines to show and how many of the part are not among them; `marked` says whether any is marked."""

    lines: tuple[Line, ...]
    hidden: int
    marked: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One thing to say of a check: `kind` is `reads` (LaTeX), `numbers`, `diagnosis`, `detail`, `length` or `passage`."""

    kind: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another check of the part, so that nobody gives twice; `given` says that a person did."""

    id: str
    outcome: str
    points: str
    out_of: str
    given: bool


def check_of(part: Mapping[str, Any] | None, name: str | None) -> Mapping[str, Any] | None:
    """The check of this id."""
    return next((c for c in part["checks"] if c["id"] == name), None) if part is not None else None


def points(value: float) -> str:
    """Points as they are written."""
    return f"{round(value, 2):g}"


def excerpt(
    part: Mapping[str, Any], check: Mapping[str, Any] | None, question: Question, *, whole: bool = False
) -> Excerpt:
    """The lines as written, those the question is about marked; of a part as a whole its beginning, unless `whole`."""
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
    near = {(file, n + d) for file, n in marked for d in range(-_AROUND, _AROUND + 1)}
    shown = lines if whole or not marked else [row for row in lines if row[:2] in near]
    left = 0
    if not whole and not question.manual and len(shown) > _WHOLE and not marked:
        left = len(shown) - _WHOLE
        shown = shown[:_WHOLE]
    out = []
    before: tuple[str, int] | None = None
    for file, n, text in shown:
        gap = before is not None and (file != before[0] or n > before[1] + 2)
        out.append(Line(file, n, text, (file, n) in marked, gap))
        before = (file, n)
    return Excerpt(tuple(out), left or (len(lines) - len(shown) if not whole else 0), bool(marked))


def others(part: Mapping[str, Any], question: Question, beside: Beside) -> tuple[Other, ...]:
    """The other checks of the part that are worth something."""
    out = []
    for c in part["checks"]:
        if c["id"] == question.check or not c["points"]["out_of"] or len(part["checks"]) == 1:
            continue
        low, high = points(c["points"]["min"]), points(c["points"]["max"])
        given = c["id"] in beside.given
        said = points(beside.given[c["id"]]) if given else low if low == high else f"{low}–{high}"
        out.append(Other(c["id"], c["outcome"], said, points(c["points"]["out_of"]), given))
    return tuple(out)


def said(part: Mapping[str, Any], check: Mapping[str, Any], lang: str) -> tuple[Said, ...]:
    """How the lines were read, and the numbers that make them doubtful; of a text its length and passages."""
    out: list[Said] = []
    lines = {(s["file"], n) for s in check["spans"] for n in range(s["line"], s["end_line"] + 1)}
    steps = [s for s in part["steps"] if (s["span"]["file"], s["span"]["line"]) in lines and s["reads"]]
    if check["role"] != "manual":
        out.extend(Said("reads", _word("read_as", lang), s["reads"][:240]) for s in steps[:_READS])
    evidence = check["evidence"]
    link = evidence.get("link")
    if link and "values" in link:
        sides = _word("sides", lang, M.number(link["at_left"], lang), M.number(link["at_right"], lang))
        out.append(Said("numbers", "", f"{_values(link['values'], lang)}{sides}"))
    witness = evidence.get("witness")
    if witness:
        both = (M.number(witness["left"], lang), M.number(witness.get("right"), lang))
        out.append(Said("numbers", "", f"{_values(witness['values'], lang)}{_word('expected', lang, *both)}"))
    if evidence.get("diagnosis"):
        out.append(Said("diagnosis", "", M.diagnosis(evidence["diagnosis"], lang)))
    if evidence.get("detail"):
        out.append(Said("detail", "", str(evidence["detail"])))
    if "passages" in evidence:
        out.extend(_prompts(evidence, lang))
    return tuple(out)


def _prompts(evidence: Mapping[str, Any], lang: str) -> list[Said]:
    """Of a text for a person: its length and the passage for each prompt."""
    text = _word("words", lang, evidence["words"])
    missing = [M.say(M.PROMPTS, p, lang) for p in evidence["without_passage"]]
    if missing:
        text += "; " + _word("none_on", lang, ", ".join(missing))
    passages = evidence["passages"].items()
    return [
        Said("length", "", text),
        *(Said("passage", M.say(M.PROMPTS, p, lang), " ".join(text.split())) for p, text in passages),
    ]


def one_line(question: Question, report: Mapping[str, Any] | None, lang: str, width: int = 72) -> str:
    """A question in one line: whose, where, and the beginning of what stands there."""
    text = f"{question.submission}  {question.place}"
    quote = beginning(question, report)
    if quote:
        text += f"  {quote[:width]}{'…' if len(quote) > width else ''}"
    return str(visible(text))


def beginning(question: Question, report: Mapping[str, Any] | None) -> str:
    """What stands where a question is asked, as one line; empty if nothing is known of it."""
    if report is None:
        return ""
    part = next((p for p in report["parts"] if p["id"] == question.part), None)
    check = check_of(part, question.check)
    quote = " ".join(str(check["evidence"].get("quote", "")).split()) if check is not None else ""
    if not quote and part is not None and part["found"]:
        quote = " ".join(part["found"][0]["text"].split())
    return quote


def _values(values: Mapping[str, Any], lang: str) -> str:
    at = ", ".join(f"{k} = {M.number(v, lang)}" for k, v in values.items())
    return f"{_word('at', lang)} {at}: " if at else ""


def _word(key: str, lang: str, *values: object) -> str:
    return _WORDS[key][lang].format(*values)
