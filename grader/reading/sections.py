"""Where the answer to each part stands.

Statement text before an answer mark is left out. Within a question the labels of one style that best follow the parts'
order are taken as the parts; others (nested cases, footnotes that look like numbering) stay content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grader.reading.document import Block, Document, Kind
from grader.reading.marks import (
    AnswerMark,
    Label,
    QuestionMark,
    answer_mark,
    folded,
    label_mark,
    ordinal,
    question_mark,
)


@dataclass(frozen=True, slots=True)
class PartOutline:
    """A part's id, its label within the question, and words that name it in headings."""

    id: str
    label: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionOutline:
    number: int
    words: tuple[str, ...]
    parts: tuple[PartOutline, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Blocks `first..last` (inclusive) of an answer; `rest` is the text behind a label in the first block."""

    first: int
    last: int


@dataclass(slots=True)
class Located:
    """Pieces per part; parts whose label stands there with nothing behind; text of the answers under no label."""

    parts: dict[str, list[Piece]] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    unplaced: dict[int, list[Piece]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Region:
    """Blocks `start..stop` of one question; `part` if its heading names one."""

    question: QuestionOutline
    start: int
    stop: int
    part: str
    heading_is_content: bool = False


def locate(document: Document, outline: Sequence[QuestionOutline]) -> Located:
    """Find the answers of all parts."""
    located = Located()
    blocks = document.blocks
    regions = _regions(blocks, outline)
    merged: dict[int, list[_Region]] = {}
    for region in regions:
        merged.setdefault(region.question.number, []).append(region)
    for group in merged.values():
        for region in group:
            _Question(blocks, region, located, len(group) > 1).run()
    return located


# questions


def _regions(blocks: Sequence[Block], outline: Sequence[QuestionOutline]) -> list[_Region]:
    by_number = {q.number: q for q in outline}
    found: list[tuple[int, QuestionOutline, str]] = []
    environments = 0
    current: QuestionOutline | None = None
    section_level = _question_level(blocks, by_number)
    for at, block in enumerate(blocks):
        if not block.fresh:
            continue
        mark = question_mark(block, at)
        if block.kind is Kind.QUESTION and (mark is None or mark.number not in by_number):
            environments += 1
            named = _by_words(block.text, outline) if block.text else None
            question = named or by_number.get(environments)
            if question is not None:
                environments = question.number
                found.append((at, question, ""))
                current = question
            continue
        if mark is not None and mark.number in by_number:
            if block.kind is Kind.HEADING and not mark.part and not _says_question(block.text) and block.level > section_level:
                continue  # \subsection{1} below \section{2} labels a part
            if current is not None and not _says_question(block.text) and not mark.part and _is_label_here(mark, current, block, section_level):
                continue
            question = by_number[mark.number]
            if mark.part and _part_by_label(question, mark.part) is None:
                continue
            found.append((at, question, mark.part))
            current = question
            environments = max(environments, question.number)
            continue
        label = label_mark(block, at) if block.kind in (Kind.TEXT, Kind.HEADING, Kind.ITEM) else None
        if label is not None and "." in label.label:
            number, part = label.label.split(".", 1)
            dotted = by_number.get(int(number))
            if dotted is not None and _part_by_label(dotted, part) and (current is None or dotted is not current) and (
                current is None or dotted.number > current.number or block.kind is Kind.HEADING
            ):
                found.append((at, dotted, part))
                current = dotted
                continue
        if block.kind is Kind.HEADING:
            named = _by_words(block.text, outline)
            if named is not None and block.level <= max(section_level, 1) and named is not current:
                found.append((at, named, ""))
                current = named
    if not found:
        found = _by_order(blocks, outline)
    regions = []
    for i, (at, question, part) in enumerate(found):
        stop = found[i + 1][0] if i + 1 < len(found) else len(blocks)
        regions.append(_Region(question, at, stop, part))
    return regions


def _says_question(text: str) -> bool:
    return folded(text).lstrip("-*+ ").startswith(("q", "ex", "prob", "reponse", "solution", "answer"))


def _is_label_here(mark: QuestionMark, current: QuestionOutline, block: Block, level: int) -> bool:
    return block.kind is Kind.HEADING and block.level > level


def _question_level(blocks: Sequence[Block], by_number: dict[int, QuestionOutline]) -> int:
    """The heading level at which questions stand: the outermost one with numbers of questions."""
    levels = [
        block.level
        for at, block in enumerate(blocks)
        if block.kind is Kind.HEADING and (mark := question_mark(block, at)) is not None and mark.number in by_number
    ]
    return min(levels, default=1)


def _by_words(text: str, outline: Sequence[QuestionOutline]) -> QuestionOutline | None:
    """The question whose title words a heading uses, if exactly one does best."""
    plain = folded(text)
    scores = [(sum(folded(word) in plain for word in q.words), q) for q in outline]
    best = max((s for s, _ in scores), default=0)
    winners = [q for s, q in scores if s == best and s > 0]
    return winners[0] if len(winners) == 1 else None


def _by_order(blocks: Sequence[Block], outline: Sequence[QuestionOutline]) -> list[tuple[int, QuestionOutline, str]]:
    """Headings without numbers or known titles: the n-th of the outermost level is question n, if the count fits."""
    levels = sorted({b.level for b in blocks if b.kind is Kind.HEADING})
    for level in levels:
        heads = [i for i, b in enumerate(blocks) if b.kind is Kind.HEADING and b.level == level]
        if len(heads) >= 2 or len(outline) == 1:
            return [(at, q, "") for at, q in zip(heads, outline, strict=False)]
    tops = [
        (i, label) for i, b in enumerate(blocks)
        if b.kind in (Kind.ITEM, Kind.TEXT) and b.fresh and (label := label_mark(b, i)) is not None and label.label.isdigit()
    ]
    style = tops[0][1].style if tops else ""
    found = []
    expected = 1
    for i, label in tops:
        if label.style == style and int(label.label) == expected:
            question = next((q for q in outline if q.number == expected), None)
            if question is not None:
                found.append((i, question, ""))
            expected += 1
    return found


def _part_by_label(question: QuestionOutline, label: str) -> PartOutline | None:
    """The part a label means: its own label, else its position."""
    for part in question.parts:
        if part.label == label:
            return part
    place = ordinal(label)
    if 1 <= place <= len(question.parts) and len(question.parts) > 1:
        return question.parts[place - 1]
    return None


# parts within a question


class _Question:
    """Cuts one region into parts."""

    def __init__(self, blocks: Sequence[Block], region: _Region, located: Located, several: bool) -> None:
        self.blocks = blocks
        self.region = region
        self.located = located
        self.question = region.question
        self.answers: list[AnswerMark] = []
        self.labels: list[Label] = []
        for at in range(region.start, region.stop):
            block = blocks[at]
            mark = answer_mark(block, at)
            if mark is not None:
                self.answers.append(mark)
                continue
            if at == region.start:
                continue
            label = self.label_at(block, at)
            if label is not None:
                self.labels.append(label)

    def label_at(self, block: Block, at: int) -> Label | None:
        """A label of this question's parts: by number or by the part's own words (review sections)."""
        if not block.fresh or block.kind not in (Kind.TEXT, Kind.HEADING, Kind.ITEM):
            return None
        named = self.named(block)
        if named is not None:
            return Label(at, named.label, "named", "")
        label = label_mark(block, at)
        if label is None:
            return None
        text = label.label
        if "." in text:
            number, part = text.split(".", 1)
            if int(number) != self.question.number:
                return None
            text = part
        if _part_by_label(self.question, text) is None:
            return None
        return Label(at, text, label.style, label.rest)

    def named(self, block: Block) -> PartOutline | None:
        words = folded(block.text.strip().lstrip("-*+0123456789.) (abcdeivx§")) if block.kind is not Kind.ITEM else folded(block.text)
        for part in self.question.parts:
            for word in part.words:
                if words.startswith(folded(word)):
                    rest = words[len(folded(word)) :].lstrip("s")
                    if not rest or block.kind is Kind.HEADING or rest.lstrip()[:1] in (":", ".", "[", "(", "-", "–"):
                        return part
        return None

    def run(self) -> None:
        region = self.region
        if region.part:
            part = _part_by_label(self.question, region.part)
            if part is not None:
                self.single(part)
            return
        if len(self.question.parts) == 1:
            self.single(self.question.parts[0])
            return
        self.several_parts()

    def single(self, part: PartOutline) -> None:
        """The whole region answers one part: from its answer mark on, or from behind its heading."""
        self.located.labels.setdefault(part.id, self.region.start)
        starts = [m for m in self.answers if not m.closes]
        if not starts:
            first = self.region.start
            block = self.blocks[first]
            mark = question_mark(block, first)
            label = label_mark(block, first)
            rest = mark.rest if mark is not None else label.rest if label is not None else ""
            content = block.kind is not Kind.HEADING and bool(rest.strip(" .:()[]0123456789-–")) and mark is None
            self.add(part, first if content else first + 1, self.region.stop - 1)
            return
        for i, mark in enumerate(starts):
            stop = starts[i + 1].at if i + 1 < len(starts) else self.region.stop
            end = next((m.at for m in self.answers if m.closes and mark.at < m.at < stop), None)
            self.add(part, mark.at if mark.rest else mark.at + 1, (end if end is not None else stop) - 1)

    def several_parts(self) -> None:
        starts = [m for m in self.answers if not m.closes]
        labels = self.labels
        if not starts:
            chosen = self.choose(labels)
            self.lay(chosen, self.region.start + 1, self.region.stop)
            return
        after_first = [lab for lab in labels if lab.at > starts[0].at]
        chosen_after = self.choose(after_first)
        if len(starts) == 1 and chosen_after:
            # one mark for the whole question; the labels behind it are the answers'
            stop = next((m.at for m in self.answers if m.closes and m.at > starts[0].at), self.region.stop)
            inside = [lab for lab in chosen_after if lab.at < stop]
            if inside:
                self.lay(inside, starts[0].at if starts[0].rest else starts[0].at + 1, stop)
                return
        self.marked_parts(starts)

    def marked_parts(self, starts: Sequence[AnswerMark]) -> None:
        """Each part has its own answer mark, the statement (or only the label) standing before it."""
        chosen = self.choose(self.labels)
        if not chosen:
            for i, mark in enumerate(starts):
                stop = starts[i + 1].at if i + 1 < len(starts) else self.region.stop
                if len(starts) == len(self.question.parts):
                    self.add(self.question.parts[i], mark.at if mark.rest else mark.at + 1, stop - 1)
                else:
                    self.leave(mark.at + 1, stop - 1)
            return
        used: set[str] = set()
        for i, mark in enumerate(starts):
            stop = starts[i + 1].at if i + 1 < len(starts) else self.region.stop
            closing = next((m.at for m in self.answers if m.closes and mark.at < m.at < stop), None)
            before = [lab for lab in chosen if lab.at < mark.at]
            inner = [lab for lab in chosen if mark.at < lab.at < stop]
            end = closing if closing is not None else inner[0].at if inner else stop
            first = mark.at if mark.rest else mark.at + 1
            if not before:
                self.leave(first, end - 1)
                continue
            part = _part_by_label(self.question, before[-1].label)
            assert part is not None
            if part.id in used and closing is None and not inner:
                self.add(part, first, end - 1)
                continue
            used.add(part.id)
            self.add(part, first, end - 1)
            if closing is None and i + 1 == len(starts) and len(starts) * 2 <= len(self.question.parts) and len(inner) > 0:
                self.lay(inner, inner[0].at, stop)  # few marks, many labels: the later parts have no mark
        for lab in chosen:
            part = _part_by_label(self.question, lab.label)
            if part is not None:
                self.located.labels.setdefault(part.id, lab.at)

    def lay(self, chosen: Sequence[Label], start: int, stop: int) -> None:
        """Parts one after another, each from its label to the next one."""
        if not chosen:
            self.leave(start, stop - 1)
            return
        self.leave(start, chosen[0].at - 1)
        for i, lab in enumerate(chosen):
            part = _part_by_label(self.question, lab.label)
            assert part is not None
            end = chosen[i + 1].at if i + 1 < len(chosen) else stop
            self.located.labels.setdefault(part.id, lab.at)
            block = self.blocks[lab.at]
            shares_line = bool(lab.rest) and block.kind is Kind.TEXT
            self.add(part, lab.at if shares_line else lab.at + 1, end - 1)

    def choose(self, labels: Sequence[Label]) -> list[Label]:
        """The labels that begin parts: of the style that covers most, in increasing order, plus parts out of order."""
        if not labels:
            return []
        styles: dict[str, list[Label]] = {}
        for lab in labels:
            styles.setdefault(lab.style, []).append(lab)

        def worth(style: str) -> tuple[int, int, int, int]:
            members = styles[style]
            native = {lab.label for lab in members if any(p.label == lab.label for p in self.question.parts)}
            covered = {ordinal(lab.label) for lab in members}
            chain = len(self.increasing(members))
            first = min(ordinal(lab.label) for lab in members)
            return (int(style == "named") * len(members), min(chain, len(native) if native else chain), -first, len(covered))

        best = max(styles, key=lambda s: (*worth(s), -styles[s][0].at))
        chosen = self.increasing(styles[best])
        covered = {self.place(lab) for lab in chosen}
        for lab in styles[best]:
            if self.place(lab) not in covered:
                chosen.append(lab)
                covered.add(self.place(lab))
        chosen.sort(key=lambda lab: lab.at)
        self.fill(chosen, [lab for lab in labels if lab.style != best], covered)
        return sorted(chosen, key=lambda lab: lab.at)

    def fill(self, chosen: list[Label], others: Sequence[Label], covered: set[int]) -> None:
        """Parts whose label is written in another style, where it stands in order and at the same depth."""
        for lab in others:
            place = self.place(lab)
            if place in covered or lab.style.startswith("- ") != chosen[0].style.startswith("- "):
                continue
            if not any(p.label == lab.label for p in self.question.parts) or lab.style[-2:] != chosen[0].style[-2:]:
                continue
            before = [c for c in chosen if c.at < lab.at]
            after = [c for c in chosen if c.at > lab.at]
            if all(self.place(c) < place for c in before) and all(self.place(c) > place for c in after):
                chosen.append(lab)
                covered.add(place)
                chosen.sort(key=lambda c: c.at)

    def place(self, lab: Label) -> int:
        part = _part_by_label(self.question, lab.label)
        return self.question.parts.index(part) if part is not None else -1

    def increasing(self, labels: Sequence[Label]) -> list[Label]:
        """The longest run of labels in the parts' order, the earliest where several are as long."""
        best: list[list[Label]] = []
        for lab in labels:
            chain = [lab]
            for k, other in enumerate(best):
                if self.place(other[-1]) < self.place(lab) and len(best[k]) + 1 > len(chain):
                    chain = [*best[k], lab]
            best.append(chain)
        longest = max(best, key=len, default=[])
        return longest

    def add(self, part: PartOutline, first: int, last: int) -> None:
        pieces = self.located.parts.setdefault(part.id, [])
        first, last = self.trim(first, last)
        if first <= last:
            pieces.append(Piece(first, last))

    def leave(self, first: int, last: int) -> None:
        first, last = self.trim(first, last)
        if first <= last:
            self.located.unplaced.setdefault(self.question.number, []).append(Piece(first, last))

    def trim(self, first: int, last: int) -> tuple[int, int]:
        empty = (Kind.BREAK, Kind.LIST_END, Kind.ANSWER, Kind.ANSWER_END)
        while first <= last and self.blocks[first].kind in empty:
            first += 1
        while first <= last and self.blocks[last].kind in empty:
            last -= 1
        return first, last
