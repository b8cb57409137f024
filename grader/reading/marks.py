"""Marks that structure a submission: question headings, part labels, answer marks, in French and English."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from grader.reading.document import Block, Kind

_ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}

_QUESTION: Final = re.compile(
    r"""^(?:[-*+]\s+)?(?:(?:réponses?|solutions?|answers?|reponses?)\s+(?:to|à\s+la|a\s+la|de\s+la|for|of|pour\s+la)?\s*)?
    (?:question|exercise|exercice|problem|probl[eè]me|exo|ex|q)\s*\.?\s*(?:n[°o]\.?\s*|\#\s*)?
    (?P<number>\d{1,2}|[ivx]{1,4}\b)
    (?:\s*[.\-]\s*(?P<dotted>\d{1,2}|[a-h])(?![\w-])|\s*\(?(?P<letter>[a-h])\)(?!\w)|(?P<glued>[a-h])(?![\w]))?
    (?P<rest>.*)$""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBERED_HEADING: Final = re.compile(r"^(?P<number>\d{1,2})(?:\s*[.\-]\s*(?P<dotted>\d{1,2}|[a-h])(?!\w)|\s*\(?(?P<letter>[a-h])\))?(?P<rest>(?:[.):\s\-–].*)?)$", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"""^(?P<bullet>[-*+•]\s+)?(?:(?:sous-question|subquestion|partie|part|point)\s+)?
    (?P<open>[(\[])?(?P<label>\d{1,2}\.\d{1,2}|\d{1,2}\s?\.?\s?[a-h](?=[).])|\d{1,2}|[a-h]|[ivx]{1,4})
    (?P<close>\s?[.)\]:]\)?|\s[-–—](?=\s)|(?<=\.\d)(?=\s|$)|(?<=\.\d\d)(?=\s|$))
    \s*(?P<rest>.*)$""",
    re.VERBOSE | re.IGNORECASE,
)
_ANSWER: Final = re.compile(
    r"""^(?:[-*+]\s+)?(?:(?:ma|my|your|votre|our|notre|the|la)\s+)?
    (?:r[ée]ponses?|answers?|solutions?|proof|preuve|d[ée]monstration|corrig[ée]|my\s+answer|resp)\b
    (?P<tail>\s*(?:\(?[a-z0-9.]{1,4}\)?)?\s*(?:[:.\-–—]|$))\s*(?P<rest>.*)$""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class QuestionMark:
    """A heading of a question; `part` is the label of a part named with it (`Q2.1`)."""

    at: int
    number: int
    part: str
    rest: str
    level: int


@dataclass(frozen=True, slots=True)
class Label:
    """A label that may begin a part: `label` is normalised (`1`, `a`, `2.1`), `style` how it is written."""

    at: int
    label: str
    style: str
    rest: str


@dataclass(frozen=True, slots=True)
class AnswerMark:
    at: int
    closes: bool
    rest: str


def folded(text: str) -> str:
    """Lower case without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def question_mark(block: Block, at: int) -> QuestionMark | None:
    """The question a block opens, if it says so by word or, for headings, by number."""
    text = block.text.strip()
    if block.kind not in (Kind.TEXT, Kind.HEADING, Kind.ITEM, Kind.QUESTION) or not block.fresh:
        return None
    found = _QUESTION.match(text)
    if found:
        number = _number(found.group("number"))
        rest = found.group("rest").strip()
        part = (found.group("dotted") or found.group("letter") or found.group("glued") or "").lower()
        if number and (block.kind is not Kind.TEXT or _heads(text, rest)):
            return QuestionMark(at, number, part, rest, block.level if block.kind is Kind.HEADING else 0)
    if block.kind is Kind.HEADING:
        found = _NUMBERED_HEADING.match(text)
        if found and block.level <= 2:
            part = (found.group("dotted") or found.group("letter") or "").lower()
            return QuestionMark(at, int(found.group("number")), part, found.group("rest").strip(" .):-–"), block.level)
    return None


def _heads(text: str, rest: str) -> bool:
    """Whether a line that begins like a heading is one: a sentence that goes on is not."""
    if text[:1].islower() and not text.lower().startswith("q"):
        return False
    return not rest or rest[0] in ".:(-–—[)]|" or (len(rest) < 60 and not rest[0].islower() and rest[0] not in ",;")


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _ROMAN.get(text.lower(), 0)


def label_mark(block: Block, at: int) -> Label | None:
    """The part label a block begins with."""
    if not block.fresh:
        return None
    if block.kind is Kind.ITEM:
        text = block.text.strip()
        if not text:
            return None
        found = _LABEL.match(text if re.search(r"[.)\]:]$", text) else text + ")")
        if found:
            custom = block.style.startswith("item")
            return Label(at, _normal(found.group("label")), "item" + str(block.level) if custom else block.style, "")
        return None
    if block.kind not in (Kind.TEXT, Kind.HEADING):
        return None
    found = _LABEL.match(block.text.strip())
    if found is None and block.kind is Kind.HEADING:
        found = _LABEL.match(block.text.strip() + ".")
    if found is None:
        return None
    label = _normal(found.group("label"))
    kind = "dotted" if "." in label else "digit" if label[0].isdigit() else "roman" if label in _ROMAN and len(label) > 1 else "alpha"
    if block.kind is Kind.HEADING:
        style = f"{block.style}{kind}"
    else:
        style = f"{'- ' if found.group('bullet') else ''}{found.group('open') or ''}{kind}{found.group('close').strip()}@{block.level}"
    return Label(at, label, style, found.group("rest").strip())


def _normal(label: str) -> str:
    label = label.lower().replace(" ", "")
    glued = re.match(r"^(\d{1,2})\.?([a-h])$", label)
    return f"{glued.group(1)}.{glued.group(2)}" if glued else label


def answer_mark(block: Block, at: int) -> AnswerMark | None:
    """Where an answer starts (or, with `closes`, where an answer environment ends)."""
    if block.kind is Kind.ANSWER:
        return AnswerMark(at, False, "")
    if block.kind is Kind.ANSWER_END:
        return AnswerMark(at, True, "")
    if block.kind not in (Kind.TEXT, Kind.HEADING) or not block.fresh:
        return None
    text = block.text.strip()
    found = _ANSWER.match(text)
    if found is None or (text[:1].islower() and found.group("rest")):
        return None
    tail = found.group("tail").strip()
    if not tail and found.group("rest"):
        return None
    return AnswerMark(at, False, found.group("rest").strip())


def ordinal(label: str) -> int:
    """Position a label stands for: 1, a and i are the first; 0 if it stands for none."""
    if label.isdigit():
        return int(label)
    if len(label) == 1 and "a" <= label <= "h":
        return ord(label) - ord("a") + 1
    return _ROMAN.get(label, 0)
