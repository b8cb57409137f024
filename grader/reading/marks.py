"""Marks that structure a submission, read from the first words of a block: questions, part labels, answer marks.

One small grammar serves headings, list labels and plain lines, in French and English:

    [answer word] [question word number] [part label ...] [answer word] [punctuation] rest

Its words are data (`patterns`); they see folded text: lower case, no accents, as long as the original.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from grader.reading import patterns as P
from grader.reading.document import Block, Kind

_TITLE = 80
"""A heading longer than this does not name a question in its middle."""

TITLE = "title"
"""Style of a question named in the middle of a heading: it counts where none is named at the beginning of anything."""

_NO_WORD = frozenset("0123456789([")
_SEVERAL = 12
"""Parts answered at once, at most."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a block opens.

    `question` is the number of a question (0: none named) with the word's `family`; `labels` the parts named with it or
    alone (`own`: the label is the line's, not the question's); `number` is the question that a dotted label names
    (`2.1` -> 2). `style` tells ways of writing apart. `answer` is "strong" (answer, solution) or "weak" (proof).
    `statement` marks quoted questions. `rest` is what follows.
    """

    at: int
    question: int = 0
    family: str = ""
    labels: tuple[str, ...] = ()
    number: int = 0
    style: str = ""
    own: bool = False
    answer: str = ""
    statement: bool = False
    rest: str = ""


def folded(text: str) -> str:
    """Lower case without accents, of the same length."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)


class _Folds(dict[int, str]):
    """What each character folds to; found when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = char.lower() if char.isascii() else unicodedata.normalize("NFD", char)[0].lower()
        found = self[code] = plain if len(plain) == 1 else char
        return found


_FOLDS = _Folds()


def ordinal(label: str) -> int:
    """Position a label stands for: 1, a and i are the first; 0 if it stands for none."""
    if label.isdigit():
        return int(label)
    if len(label) == 1 and "a" <= label <= "h":
        return ord(label) - ord("a") + 1
    return P.NUMERALS.get(label, 0)


def kind_of(label: str, written: str = "") -> str:
    """Numbering a label belongs to: digit, alpha, roman; Alpha and Roman for capitals."""
    if label.isdigit():
        return "digit"
    kind = "alpha" if len(label) == 1 and label <= "h" else "roman"
    return kind.capitalize() if written[:1].isupper() else kind


def is_foreign(text: str) -> bool:
    """Whether a heading belongs to no question: an appendix, the references, instructions."""
    return P.FOREIGN.match(folded(text.strip())) is not None


def read_marks(block: Block, at: int, followed: bool = False) -> Marks | None:
    """The marks a block begins with; `followed` says that a formula stands behind it on its line."""
    text = block.text
    if not text or not (block.fresh or block.style == "inline"):
        return None
    if block.kind is Kind.TEXT and text[:3].isalpha() and folded(text[:3]) not in P.STARTS:
        return None  # most lines of prose open nothing
    return _Reader(block, at, followed).read()


class _Reader:
    """Reads one block with a cursor over its folded text."""

    def __init__(self, block: Block, at: int, followed: bool) -> None:
        self.block = block
        self.at = at
        self.text = block.text
        self.plain = folded(block.text)
        self.heading = block.kind is not Kind.TEXT
        self.followed = followed

    def read(self) -> Marks | None:
        plain = self.plain
        bullet = P.BULLET.match(plain)
        start = bullet.end() if bullet else 0
        answer = P.ANSWER.match(plain, start) if plain[start : start + 1].isalpha() else None
        if answer is None:
            found = self.named(start, "", bullet is not None)
            if found is None and P.STATEMENT.match(plain, start) and (self.block.para or self.heading):
                return Marks(self.at, statement=True)
            return self.title() if found is None and self.block.kind is Kind.HEADING else found
        linked = P.LINK.match(plain, answer.end())
        end = linked.end() if linked else answer.end()
        found = self.named(end, _strength(answer), bullet is not None)
        if found is None:
            return self.bare_answer(answer)
        if found.answer == "weak" and not found.number and not found.question and plain[answer.end() : end].strip():
            return Marks(self.at, answer="weak", rest=found.rest)  # "Proof of (i)" is within a part
        return found

    def set_off(self, length: int) -> bool:
        """Whether the first `length` characters are set in bold or italics."""
        return self.block.strong >= length > 0

    # answers

    def bare_answer(self, answer: re.Match[str]) -> Marks | None:
        """An answer word without a number: `Réponse :`, `Proof.`"""
        strength = _strength(answer)
        tail = P.TAIL.match(self.plain, answer.end())
        if tail is None:
            if self.heading and strength == "strong" and self.block.kind is not Kind.ITEM:
                return Marks(self.at, answer=strength)
            return None
        rest = self.text[tail.end() :].strip()
        bare = not self.plain[answer.end() : tail.end()].strip(" )]")
        if bare and not rest and self.followed and not self.set_off(answer.end()):
            return None  # "solution $x = 1$" goes on
        if self.text[:1].islower() and (rest or self.followed) and not self.block.para:
            return None
        return Marks(self.at, answer=strength, rest=rest)

    def answer_behind(self, pos: int) -> tuple[str, int]:
        """An answer word behind a number or label, `3. Answer:`: its strength and where it ends."""
        space = P.BEFORE_ANSWER.match(self.plain, pos)
        found = P.ANSWER.match(self.plain, space.end() if space else pos)
        if found is None:
            return "", pos
        tail = P.TAIL.match(self.plain, found.end())
        open_end = tail is not None and tail.end() == len(self.plain) == found.end() and self.followed
        if tail is None or (open_end and not self.set_off(found.end())):
            return "", pos
        return _strength(found), tail.end()

    # questions

    def named(self, pos: int, answer: str, bullet: bool) -> Marks | None:
        """A question or a part named at `pos`."""
        question = None if self.plain[pos : pos + 1] in _NO_WORD else P.QUESTION.match(self.plain, pos)
        if question is not None:
            if answer and P.FAMILIES.get(question["word"]) == "number":
                return self.label(question.start("number"), answer, bullet)  # "Réponse n° 2": of part 2
            found = self.question(question, answer)
            if found is not None:
                return found
        return self.label(pos, answer, bullet)

    def question(self, found: re.Match[str], answer: str) -> Marks | None:
        spelt = found["spelt"]
        number = int(found["number"]) if found["number"] else P.NUMERALS.get(spelt) or P.NUMBER_WORDS.get(spelt, 0)
        pos = found.end()
        labels: tuple[str, ...] = ()
        style, own = "", False
        for pattern in P.PARTS:
            part = pattern.match(self.plain, pos)
            if part is not None and (pattern is not P.GLUED_PAREN or found["word"] in ("q", "qu")):
                labels, pos = self.several(part["label"], part.end())
                style = f"named{kind_of(part['label'])}"
                break
        else:
            part = P.OWN_LABEL.match(self.plain, pos)
            if part is not None:
                labels, pos, own = (part["label"],), part.end(), True
                written = self.text[part.start("label") : part.end("label")]
                style = self.line_style("", part["open"] or "", kind_of(part["label"], written), ")")
        points = P.POINTS.match(self.plain, pos)
        pos = points.end() if points else pos
        strength, pos = self.answer_behind(pos)
        rest = self.text[pos:].strip()
        if not (self.heading or strength or points or own or self.heads(pos, rest, bool(labels))):
            return None
        rest = rest.lstrip(".:)]-–—| ")
        number_of_part = number if labels else 0
        return Marks(
            self.at,
            number,
            P.FAMILIES[found["word"]],
            labels,
            number_of_part,
            style,
            own,
            answer or strength,
            rest=rest,
        )

    def heads(self, pos: int, rest: str, part: bool) -> bool:
        """Whether a line opens a question; a sentence that goes on (`Question 1 a montré`) does not."""
        if not rest:
            return not self.followed or part or self.set_off(pos)
        if rest[0] in ".:(-–—[)]|":
            return rest[0] in ".:" or not _refers(rest.lstrip("-–—)]| "))
        return self.set_off(pos) or (rest[0].isupper() and (part or len(rest) < 60))

    def title(self) -> Marks | None:
        """A heading that names a question further on: `Homework 3, Question 2`."""
        found = P.IN_TITLE.search(self.plain)
        if found is None or len(self.plain) > _TITLE:
            return None
        rest = self.text[found.end() :].strip()
        return Marks(self.at, int(found["number"]), P.FAMILIES[found["word"]], style=TITLE, rest=rest)

    # labels

    def several(self, label: str, pos: int) -> tuple[tuple[str, ...], int]:
        """More labels behind the first one, `4.1 and 4.2`, `(a)-(c)`, where the line names nothing but them."""
        labels, end = [label], pos
        while (more := P.MORE.match(self.plain, end)) is not None and len(labels) < _SEVERAL:
            first, last = ordinal(labels[-1]), ordinal(more["label"])
            if kind_of(more["label"]) != kind_of(label) or not first < last <= first + _SEVERAL:
                break
            if more["link"] in P.RANGES:
                labels.extend(_label_at(i, label) for i in range(first + 1, last))
            labels.append(more["label"])
            end = more.end()
        if len(labels) == 1:
            return (label,), pos
        close = P.CLOSES_SEVERAL.match(self.plain, end)
        end = close.end() if close else end
        rest = self.text[end:].lstrip()
        alone = not rest and not self.followed
        if self.heading or self.set_off(end) or alone or rest[:1] in (":", ")", "."):
            return tuple(labels), end
        return (label,), pos

    def label(self, pos: int, answer: str, bullet: bool) -> Marks | None:
        """A part's label alone: `(a)`, `2.`, `2.1`, `Part b`, `2-1`."""
        found = P.LABEL.match(self.plain, pos)
        if found is None:
            return None
        word, opened, dotted = found["word"] or "", found["open"] or "", found["question"] is not None
        label = found["part"] or found["label"]
        if label in P.NUMBER_WORDS and not word:
            return None
        if word and not (word[-1] in " ." or opened or label.isdigit()):
            return None
        written = self.text[found.end() - len(label) : found.end()]
        label = str(P.NUMBER_WORDS.get(label, label))
        labels, end = self.several(label, found.end())
        explicit = dotted or bool(word) or bool(answer)
        closed = ("", end) if len(labels) > 1 else self.closing(end, explicit, opened)
        if closed is None:
            return None
        close, pos = closed
        points = P.POINTS.match(self.plain, pos)
        strength, pos = self.answer_behind(points.end() if points else pos)
        rest = self.text[pos:].strip()
        marked = self.heading or self.set_off(end)
        if not (marked or strength) and _refers(rest):
            return None
        if not (close or rest or explicit or marked):
            return None  # a number alone on its line
        kind = kind_of(label, written)
        if word and not dotted:
            style = f"part{kind}"
        elif answer or (strength and not self.heading) or self.block.kind is Kind.ANSWER:
            style = f"answer{kind}"
        elif self.heading:
            style = f"{'h' if self.block.kind is Kind.HEADING else 'item'}{self.block.level}{kind}"
        else:
            style = f"named{kind}" if dotted else self.line_style("-" * bullet, opened, kind, close)
        rest = rest.lstrip(".:)]-–— " if dotted else ":)]–— ")
        number = int(found["question"] or 0)
        return Marks(self.at, 0, "", labels, number, style, True, answer or strength, rest=rest)

    def closing(self, end: int, explicit: bool, opened: str) -> tuple[str, int] | None:
        """What closes a label, and where; None if it is none: `3.14`, `2.5 fois`, `(a` without its bracket."""
        close = P.CLOSE.match(self.plain, end)
        if close is not None and close[0][:1] == ".":
            after = self.text[end + 1 : end + 2]
            if after.isdigit() or (after.isalpha() and after.islower()):
                close = None
        text, pos = (close[0].strip(), close.end()) if close is not None else ("", end)
        if close is None and not self.stands_open(explicit, end):
            return None
        if opened and ")" not in text and "]" not in text:
            return None
        return text, pos

    def stands_open(self, explicit: bool, end: int) -> bool:
        """`2.1 Take b` and `### 2 Flows` do without punctuation; `2.5 fois` does not."""
        if self.block.kind in (Kind.HEADING, Kind.QUESTION):
            return True
        if self.block.kind is Kind.ITEM or not explicit:
            return self.block.kind is Kind.ITEM and end == len(self.plain)
        rest = self.text[end:].strip()
        return not rest or self.set_off(end) or rest[0].isupper() or rest[0] in "$\\([:"

    def line_style(self, bullet: str, opened: str, kind: str, close: str) -> str:
        close = close[:1].replace("–", "-").replace("—", "-")
        return f"{bullet}{opened}{kind}{close}@{self.block.level}"


def _refers(rest: str) -> bool:
    """Whether a label is only spoken of."""
    return not rest[:1].isupper() and P.REFERS.match(folded(rest)) is not None


def _strength(answer: re.Match[str]) -> str:
    return "weak" if answer["word"].startswith(P.PROOFS) else "strong"


def _label_at(place: int, like: str) -> str:
    """The label at a place in the numbering of another one."""
    return str(place) if like.isdigit() else chr(ord("a") + place - 1)
