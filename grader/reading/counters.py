"""LaTeX's counters and lists: the numbers that stand nowhere in the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grader.maths.lexer import Token, skip_space
from grader.reading.groups import name_in_braces
from grader.reading.macros import Expander
from grader.reading.names import COUNTED, NUMBERED

_NESTING: Final = 12
_ENUMS: Final = ("enumi", "enumii", "enumiii", "enumiv")
_EXAM: Final = {"question": "questions", "partno": "parts", "subpart": "subparts"}
_NUMBERINGS: Final = ("1", "a", "i", "A")
_STYLES: Final = (("alph", "a"), ("Alph", "A"), ("roman", "i"), ("Roman", "I"), ("arabic", "1"))


@dataclass(slots=True)
class OpenList:
    """A list that stands open; `numbering` is empty for one without numbers, `depth` counts the numbered ones."""

    name: str
    numbering: str
    depth: int
    counter: int = 0


class Counters:
    """Values of all counters, and the lists that stand open."""

    def __init__(self, expander: Expander) -> None:
        self.expander = expander
        self.values: dict[str, int] = {}
        self.lists: list[OpenList] = []
        self.last: dict[int, int] = {}  # depth of a list -> where the last one of that depth ended

    def step(self, name: str) -> int:
        """Count one up; what is counted within begins again."""
        self.values[name] = self.values.get(name, 0) + 1
        if name in COUNTED:
            for inner in COUNTED[COUNTED.index(name) + 1 :]:
                self.values[inner] = 0
        return self.values[name]

    def value(self, name: str) -> int:
        if name in _ENUMS:
            open_list = self.numbered(_ENUMS.index(name) + 1)
            return open_list.counter if open_list is not None else self.last.get(_ENUMS.index(name) + 1, 0)
        return self.values.get(name, 0)

    def numbered(self, depth: int) -> OpenList | None:
        return next((x for x in self.lists[:_NESTING] if x.numbering and x.depth == depth), None)

    def command(self, tokens: list[Token], at: int) -> int:
        """`\\setcounter`, `\\addtocounter`, `\\stepcounter`, `\\refstepcounter`; the index behind it."""
        what = tokens[at].text
        name, at = name_in_braces(tokens, at + 1)
        if what in ("stepcounter", "refstepcounter"):
            if name:
                self.step(name)
            return at
        start = skip_space(tokens, at)
        number = 0
        if start + 1 < len(tokens) and tokens[start].text == "{" and tokens[start + 1].text == "value":
            inner, behind = name_in_braces(tokens, start + 2)
            number = self.value(inner)
            stop = behind + (behind < len(tokens) and tokens[behind].text == "}")
        else:
            digits, stop = name_in_braces(tokens, start)
            if not digits.removeprefix("-").isdecimal() or len(digits) > 4:
                return stop
            number = int(digits)
        if what == "addtocounter":
            number += self.value(name)
        exam = _EXAM.get(name)
        if (
            exam is not None
            and (inner_list := next((x for x in self.lists[:_NESTING] if x.name == exam), None)) is not None
        ):
            inner_list.counter = number
        elif name in _ENUMS:
            open_list = self.numbered(_ENUMS.index(name) + 1)
            if open_list is not None:
                open_list.counter = number
        elif name:
            self.values[name] = number
        return stop

    # lists

    def open(self, name: str, options: str) -> None:
        """A list begins; its numbering follows its depth or its options."""
        is_numbered = name in NUMBERED
        depth = (self.lists[-1].depth if self.lists else 0) + is_numbered
        numbering = ""
        start = 0
        if is_numbered:
            numbering = _NUMBERINGS[min(depth - 1, 3)]
            if name == "parts":
                numbering = "a"
            counter = _ENUMS[min(depth, len(_ENUMS)) - 1]
            for macro in ("the" + counter, "label" + counter):
                body = self.expander.macros[macro].body if macro in self.expander.macros else ()
                numbering = next((kind for word, kind in _STYLES if any(t.text == word for t in body)), numbering)
            numbering = _from_options(options, numbering)
            if "resume" in options:
                start = self.last.get(depth, 0)
            if "start=" in options:
                digits = options.split("start=", 1)[1].split(",")[0].strip("]} ")[:3]
                start = int(digits) - 1 if digits.isdecimal() else 0
        self.lists.append(OpenList(name, numbering, depth, start))

    def close(self) -> None:
        if self.lists:
            ended = self.lists.pop()
            if ended.numbering:
                self.last[ended.depth] = ended.counter

    def item(self) -> str:
        """The number of the next item; empty in a list without numbers."""
        if not self.lists or not self.lists[-1].numbering:
            return ""
        self.lists[-1].counter += 1
        return numeral(self.lists[-1].counter, self.lists[-1].numbering)


def _from_options(options: str, default: str) -> str:
    """The numbering that `[label=(\\alph*)]` or `[(a)]` asks for."""
    for word, kind in _STYLES:
        if word in options:
            return kind
    plain = options.strip("[] ")
    if "=" not in plain:
        sign = plain.strip("().:-{} ")
        if sign in _NUMBERINGS or sign == "I":
            return sign
    return default


def numeral(number: int, numbering: str) -> str:
    """A counter's value in its numbering: 1, a, i, A or I."""
    if numbering in ("a", "A") and 1 <= number <= 26:
        return chr(ord(numbering) + number - 1)
    if numbering in ("i", "I") and 1 <= number <= 30:
        roman = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"][number % 10]
        text = "x" * (number // 10) + roman
        return text if numbering == "i" else text.upper()
    return str(number)
