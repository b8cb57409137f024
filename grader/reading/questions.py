"""Where each question begins and ends: by its number in words, by numbered headings, by titles, by counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from grader.reading.document import CONTENT, Kind
from grader.reading.marks import TITLE, Marks, is_foreign, ordinal
from grader.reading.outline import PartOutline, QuestionOutline
from grader.reading.page import Page, is_title
from grader.reading.titles import of_the_whole, part_named, question_titled

_ENVIRONMENT: Final = 40
_LINE: Final = 50
_BOLD: Final = 8
"""Ranks of question environments and plain lines beside the levels of headings (0 to 7); bold lines count as 8."""


@dataclass(frozen=True, slots=True)
class Region:
    """Blocks `start..stop-1` of one question; `parts` if its opening names them; `level` of its heading."""

    question: QuestionOutline
    start: int
    stop: int
    parts: tuple[PartOutline, ...] = ()
    level: int = _LINE


@dataclass(frozen=True, slots=True)
class _Opening:
    """A place where a question opens, or (`question` None) where whatever stands open closes."""

    at: int
    question: QuestionOutline | None
    parts: tuple[PartOutline, ...]
    level: int


def find_regions(page: Page, outline: Sequence[QuestionOutline]) -> list[Region]:
    """The regions of all questions, in order of the file."""
    return _Finder(page, outline).run()


class _Finder:
    def __init__(self, page: Page, outline: Sequence[QuestionOutline]) -> None:
        self.page = page
        self.blocks = page.blocks
        self.marks = page.marks
        self.outline = outline
        self.by_number = {q.number: q for q in outline}
        self.openings: dict[int, _Opening] = {}
        self.numbered_parts = any(m is not None and m.own and self.numbers_part(m) for m in page.marks)
        self.first_of: dict[int, int] = {}  # where each question opens first
        self.level = 0  # of the headings that open questions; 0: lines do

    def run(self) -> list[Region]:
        self.by_word()
        if self.openings:
            self.beside_words()
        else:
            found = self.by_heading_number() or self.by_environment() or self.by_title()
            if not found and not self.numbered_parts:
                self.by_list()
        self.by_part_words()
        return self.walk()

    def numbers_part(self, mark: Marks) -> bool:
        """Whether a label such as `2.1` names a part that there is."""
        question = self.by_number.get(mark.number)
        return question is not None and bool(mark.labels) and question.part(mark.labels[0]) is not None

    # ways to find questions

    def rank(self, at: int) -> int:
        kind = self.blocks[at].kind
        if kind is Kind.HEADING:
            return self.blocks[at].level
        return _ENVIRONMENT if kind is Kind.QUESTION else _LINE

    def by_word(self) -> None:
        """`Question 2`, `Exercice 3`, `Q7.1`; of two such words one may number parts (`Exercice 2`, `Question 1`)."""
        named = [(at, m) for at, m in enumerate(self.marks) if m is not None and m.question]
        plain = [(at, m) for at, m in named if m.style != TITLE]
        for at, mark in named if plain else ():
            if mark.style == TITLE:
                self.marks[at] = None
        named = plain or named
        if not named:
            return
        families: dict[tuple[int, str], list[int]] = {}
        for at, mark in named:
            families.setdefault((self.rank(at), mark.family), []).append(at)
        outer = min(families, key=lambda f: (f[0], families[f][0]))
        self.level = outer[0] if outer[0] < _ENVIRONMENT else 0
        inner = {family for family in families if family != outer and self.restarts(families[outer], families[family])}
        for at, mark in named:
            if (self.rank(at), mark.family) in inner and not (mark.labels and not mark.own):
                style = f"inner{self.rank(at)}digit"
                self.marks[at] = replace(mark, question=0, labels=(str(mark.question),), own=True, style=style)
                continue
            self.open(at, mark.question, mark.labels if not mark.own else ())

    def restarts(self, outer: Sequence[int], other: Sequence[int]) -> bool:
        """Whether numbers at `other` begin again under those at `outer`: then they number parts."""
        current = 0
        seen = False
        outer_places = set(outer)
        for at in sorted((*outer, *other)):
            mark = self.marks[at]
            assert mark is not None
            if at in outer_places:
                current, seen = mark.question or ordinal(mark.labels[0]), False
                continue
            number = mark.question or ordinal(mark.labels[0])
            if current and (number < current or (number == current and seen)):
                return True
            seen = True
        return False

    def beside_words(self) -> None:
        """Headings at the questions' level that bear only a number or a title."""
        if not self.level:
            return
        bare = [at for at in self.headings(self.level) if self.bare_number(at)]
        named = [at for at in self.openings if self.rank(at) == self.level]
        if bare and not self.restarts(named, bare):
            for at in bare:
                self.open(at, self.bare_number(at), ())
        opened = {o.question.number for o in self.openings.values() if o.question is not None}
        for at in self.headings(self.level):
            if self.marks[at] is None and at not in self.openings:
                question = self.titled(self.blocks[at].text)
                if question is not None and question.number not in opened:
                    self.open(at, question.number, ())

    def bare_number(self, at: int) -> int:
        """The number of a heading that bears a number and at most a title."""
        mark = self.marks[at]
        if mark is None or mark.question or mark.number or len(mark.labels) != 1 or mark.style.startswith("part"):
            return 0
        return ordinal(mark.labels[0]) if mark.labels[0].isdigit() or "Roman" in mark.style else 0

    def headings(self, level: int) -> list[int]:
        return [at for at, b in enumerate(self.blocks) if b.kind is Kind.HEADING and b.level == level]

    def by_heading_number(self) -> bool:
        """`\\section{2}`, `# 2 Flows`: the outermost level with numbers of questions."""
        numbered = [
            at
            for at, b in enumerate(self.blocks)
            if b.kind is Kind.HEADING and (n := self.bare_number(at)) in self.by_number and n
        ]
        if not numbered:
            return False
        level = min(self.blocks[at].level for at in numbered)
        explicit = [
            self.blocks[at].level
            for at, m in enumerate(self.marks)
            if m is not None and m.number in self.by_number and m.number and self.blocks[at].kind is Kind.HEADING
        ]
        if explicit and min(explicit) < level:
            return False  # "# 2.1" above "## 1": the latter are steps
        if any(
            self.names_question(at) for at, b in enumerate(self.blocks) if b.kind is Kind.HEADING and b.level < level
        ):
            return False  # titles of questions above numbers of parts
        self.level = level
        for at in self.headings(level):
            if self.bare_number(at):
                self.open(at, self.bare_number(at), ())
            elif self.marks[at] is None and (question := self.titled(self.blocks[at].text)) is not None:
                self.open(at, question.number, ())
        return True

    def names_question(self, at: int) -> bool:
        """Whether a heading without a mark has a question's own words, and is not the title of the whole."""
        text = self.blocks[at].text
        return self.marks[at] is None and not of_the_whole(text) and self.titled(text) is not None

    def by_environment(self) -> bool:
        """`\\begin{exercise}`, `\\question`: by their title, else by the counter."""
        for at, block in enumerate(self.blocks):
            if block.kind is not Kind.QUESTION:
                continue
            behind = self.blocks[at + 1].text if at + 1 < len(self.blocks) else ""
            title = block.text or (behind if behind.startswith("(") else "")
            question = self.titled(title) if title else None
            number = question.number if question is not None else int(block.number) if block.number.isdigit() else 0
            self.open(at, number, ())
        return bool(self.openings)

    def by_title(self) -> bool:
        """Headings with the questions' own words, at the level where most stand; then LaTeX's automatic numbers."""
        found: dict[int, dict[int, QuestionOutline]] = {}
        numbered: dict[int, list[int]] = {}
        for at, block in enumerate(self.blocks):
            level = block.level if block.kind is Kind.HEADING else _BOLD if self.bold_line(at) else -1
            if level < 0 or self.marks[at] is not None or is_foreign(block.text):
                continue
            if block.number:
                numbered.setdefault(level, []).append(at)
            question = self.titled(block.text)
            if question is not None:
                found.setdefault(level, {})[at] = question
        titles: dict[int, QuestionOutline] = {}
        agree = True
        if found:
            level = max(found, key=lambda lv: (len({q.number for q in found[lv].values()}), -lv))
            titles = found[level]
            agree = all(self.blocks[at].number in ("", str(q.number)) for at, q in titles.items())
        elif numbered and (len(numbered[min(numbered)]) > 1 or not self.blocks[numbered[min(numbered)][0]].text):
            level = min(numbered)
        else:
            return False
        self.level = level if level < _BOLD else 0
        for at, question in titles.items():
            self.open(at, question.number, ())
        for at in numbered.get(level, ()) if agree else ():
            if at not in titles:
                self.open(at, int(self.blocks[at].number), ())
        return bool(self.openings)

    def bold_line(self, at: int) -> bool:
        block = self.blocks[at]
        return block.kind is Kind.TEXT and block.para and block.strong >= len(block.text) and is_title(self.page, at)

    def titled(self, text: str) -> QuestionOutline | None:
        return question_titled(text, self.outline)

    def by_list(self) -> bool:
        """An outer numbered list of questions, with the parts' labels inside or as many items as questions."""
        tops: dict[str, list[int]] = {}
        for at, mark in enumerate(self.marks):
            if (
                mark is not None
                and self.blocks[at].kind in (Kind.ITEM, Kind.TEXT)
                and self.bare_number(at)
                and mark.own
            ):
                tops.setdefault(mark.style, []).append(at)
        for style, places in tops.items():
            chain = self.rising(places)
            complete = [self.bare_number(at) for at in chain] == [q.number for q in self.outline]
            if (complete and style.startswith(("item", "answer"))) or self.holds_parts(chain, style):
                for at in chain:
                    self.open(at, self.bare_number(at), ())
                return True
            break  # only the outermost list
        return False

    def rising(self, places: Sequence[int]) -> list[int]:
        """The longest run of numbers of questions in order."""
        chains: dict[int, list[int]] = {}
        for at in places:
            number = self.bare_number(at)
            if number in self.by_number:
                longest = max((c for n, c in chains.items() if n < number), key=len, default=[])
                if len(longest) >= len(chains.get(number, ())):
                    chains[number] = [*longest, at]
        return max(chains.values(), key=len, default=[])

    def holds_parts(self, chain: Sequence[int], style: str) -> bool:
        """Whether some item holds labels that fit the parts of the question of its number."""
        for i, at in enumerate(chain):
            question = self.by_number.get(self.bare_number(at))
            stop = chain[i + 1] if i + 1 < len(chain) else len(self.blocks)
            if question is None or len(question.parts) < 2:
                continue
            for inner in range(at + 1, stop):
                mark = self.marks[inner]
                if (
                    mark is not None
                    and mark.labels
                    and mark.style != style
                    and question.part(mark.labels[0]) is not None
                ):
                    return True
        return False

    def by_part_words(self) -> None:
        """A question that nothing names, found by the titles of its parts (`Summary`, `Strengths`)."""
        opened = {o.question.number for o in self.openings.values() if o.question is not None}
        for question in self.outline:
            if question.number in opened or not all(p.words for p in question.parts):
                continue
            places: dict[str, int] = {}
            for at, block in enumerate(self.blocks):
                if block.kind in (Kind.HEADING, Kind.TEXT) and block.fresh:
                    named = part_named(block.text, question, block.kind is Kind.HEADING)
                    if named is not None:
                        places.setdefault(named[0].id, at)
            headed = all(self.blocks[at].kind is Kind.HEADING for at in places.values())
            if len(places) >= (2 if headed else 3):
                first = min(places.values())
                self.openings.setdefault(
                    first, _Opening(first, question, (), self.blocks[first].level - 1 if headed else 0)
                )

    # openings

    def open(self, at: int, number: int, labels: Sequence[str]) -> None:
        question = self.by_number.get(number)
        parts = tuple(p for label in labels if question is not None and (p := question.part(label)) is not None)
        self.openings[at] = _Opening(at, question, parts, self.rank(at))

    def walk(self) -> list[Region]:
        """Regions from the openings, with labels that name their question (`4.2`), closed by other headings."""
        opened = {o.question.number for o in self.openings.values() if o.question is not None}
        for at in sorted(self.openings, reverse=True):
            question = self.openings[at].question
            if question is not None:
                self.first_of[question.number] = at
        regions: list[Region] = []
        current: _Opening | None = None
        answers_from = -1
        for at, mark in enumerate(self.marks):
            block = self.blocks[at]
            opening = self.openings.get(at)
            if opening is None and mark is not None and mark.own and mark.labels:
                opening = self.dotted(at, mark, current, opened) if mark.number else self.lone(at, mark, current)
                opening = opening or self.sibling(at, mark, current)
            if opening is not None:
                if (
                    mark is not None
                    and mark.answer
                    and current is not None
                    and opening.question is current.question
                    and (not current.parts or opening.parts == current.parts)
                ):
                    continue  # "Réponse à la question 2": an answer mark of the question that stands open
                self.close(regions, current, at)
                current = opening
            elif block.kind is Kind.HEADING:
                if self.heads_answers(at):
                    self.close(regions, current, at)
                    current, answers_from = None, at
                elif current is not None and self.ends(at, mark, current):
                    self.close(regions, current, at)
                    current = None
        self.close(regions, current, len(self.blocks))
        return [r for r in regions if r.start > answers_from]

    def close(self, regions: list[Region], current: _Opening | None, stop: int) -> None:
        if current is not None and current.question is not None:
            regions.append(Region(current.question, current.at, stop, current.parts, current.level))

    def dotted(self, at: int, mark: Marks, current: _Opening | None, opened: set[int]) -> _Opening | None:
        """A part named with its question's number, outside of that question or behind another part so named."""
        question = self.by_number.get(mark.number)
        if question is None or question.part(mark.labels[0]) is None or at in self.page.wrapped:
            return None
        parts = tuple(p for label in mark.labels if (p := question.part(label)) is not None)
        opening = _Opening(at, question, parts, self.rank(at))
        if current is None or current.question is None:
            return opening if current is None or self.blocks[at].kind is Kind.HEADING else None
        if current.question is question:
            return opening if current.parts else None
        heading = self.blocks[at].kind is Kind.HEADING
        return opening if heading or (mark.number not in opened and mark.number > current.question.number) else None

    def sibling(self, at: int, mark: Marks, current: _Opening | None) -> _Opening | None:
        """`Part 2` or `(b)` behind a part named with its question (`Problem 2 Part 1`), in a heading of its level."""
        if current is None or current.question is None or not current.parts or mark.number:
            return None
        parts = [current.question.part(label) for label in mark.labels]
        heading = self.blocks[at].kind is Kind.HEADING and self.blocks[at].level <= current.level
        alike = mark.style.startswith("part") and self.rank(at) == current.level
        if None in parts or at in self.page.wrapped or not (heading or alike):
            return None
        return _Opening(at, current.question, tuple(p for p in parts if p is not None), current.level)

    def lone(self, at: int, mark: Marks, current: _Opening | None) -> _Opening | None:
        """`1.` before `2.1.` and `2.2.`: a question without parts, where nothing but dotted labels opens questions."""
        if (
            self.openings
            or not mark.labels[0].isdigit()
            or not (self.numbered_parts or mark.style.startswith("answer"))
        ):
            return None
        question = self.by_number.get(int(mark.labels[0]))
        if question is None or len(question.parts) > 1 or (current is not None and current.question is not None):
            return None
        return _Opening(at, question, (), self.rank(at))

    def ends(self, at: int, mark: Marks | None, current: _Opening) -> bool:
        """Whether a heading ends the question that stands open."""
        block = self.blocks[at]
        lines = current.level >= _ENVIRONMENT
        if is_foreign(block.text) and (lines or block.level <= current.level + 1):
            return True
        if mark is not None or current.question is None or block.level > current.level or lines:
            return False
        return part_named(block.text, current.question, True) is None

    def heads_answers(self, at: int) -> bool:
        """`# Solutions` over all questions: an answer mark with a question that was opened before right behind it."""
        mark = self.marks[at]
        if mark is None or not mark.answer or mark.labels or mark.question:
            return False
        for ahead in range(at + 1, len(self.blocks)):
            opening = self.openings.get(ahead)
            if opening is not None:
                return opening.question is not None and self.first_of[opening.question.number] < at
            if self.blocks[ahead].kind in CONTENT or self.blocks[ahead].kind is Kind.HEADING:
                return False
        return False
