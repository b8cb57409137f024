"""The answers to the parts of one question.

Three ways to lay a question out are told apart: one answer mark for all parts, whose labels follow it; a mark per part,
behind its label and (perhaps) its statement; and no mark at all, where the answer begins at the label. Where a mark
stands, what precedes it is the statement and is placed nowhere.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from grader.reading.choice import choose
from grader.reading.document import CONTENT, Kind
from grader.reading.labels import WITHIN, Label, labels_of
from grader.reading.outline import Located, PartOutline
from grader.reading.page import Page, is_title
from grader.reading.pieces import Placer
from grader.reading.questions import Region
from grader.reading.statements import Statements
from grader.reading.titles import question_titled

_MARKED, _BARE, _FREE = "marked", "bare", "free"
"""Whether the answer stands open at a segment's start, the question has no marks, or only other parts have them."""

_LOOSE = 99
"""Level of a label that is no heading: no heading ends its part."""

_QUOTED = 40
"""What stands behind one of the statement's labels is no longer than this."""


def cut_region(page: Page, region: Region, located: Located) -> None:
    """Add the answers within a region to `located`."""
    _Cutter(page, region, located).run()


class _Cutter:
    def __init__(self, page: Page, region: Region, located: Located) -> None:
        self.page = page
        self.blocks = page.blocks
        self.region = region
        self.question = region.question
        self.placer = Placer(page, region.question.number, located)
        self.statements = Statements(page)
        self.first = self.behind_opening()
        self.ends: dict[int, int] = {}  # answer environment -> its end
        self.opens: list[int] = []
        self.weak: set[int] = set()
        self.find_marks()
        self.open_set = set(self.opens)

    def behind_opening(self) -> int:
        """The first block that may be content: the opening itself if the answer begins on its line."""
        at = self.region.start
        block, mark = self.blocks[at], self.page.marks[at]
        if block.kind is not Kind.TEXT or mark is None:
            return at + 1
        if mark.answer or (mark.question and mark.own and mark.labels):
            return at
        if not mark.rest or is_title(self.page, at):
            return at + 1
        title = mark.rest[0] in "([" or question_titled(mark.rest, (self.question,)) is not None
        if title and not (mark.labels and mark.rest[0] not in "(["):
            at += 1
            while at < self.region.stop and not self.blocks[at].fresh and self.blocks[at].kind in CONTENT:
                at += 1
            return at
        return at

    def find_marks(self) -> None:
        """Answer marks; a proof counts only where nothing but a statement precedes it, none does behind an argument."""
        stack: list[int] = []
        since = self.first
        for at in range(self.region.start, self.region.stop):
            block, mark = self.blocks[at], self.page.marks[at]
            if block.kind is Kind.ANSWER or (mark is not None and mark.answer):
                weak = (
                    block.style == "weak" if block.kind is Kind.ANSWER else mark is not None and mark.answer == "weak"
                )
                weak = weak or block.style == "inline"  # in the middle of a line
                if block.kind is Kind.ANSWER:
                    stack.append(at)
                if weak:
                    self.weak.add(at)
                    if self.page.content(since, at - 1) and not self.statements.is_statement(since, at - 1):
                        continue
                elif block.kind is Kind.TEXT and self.statements.is_derivation(since, at - 1):
                    continue  # "Solutions: .." at the end of a derivation
                self.opens.append(at)
                since = at + 1
            elif block.kind is Kind.ANSWER_END:
                if stack:
                    self.ends[stack.pop()] = at
                since = at + 1
            elif (mark is not None and mark.labels) or block.kind is Kind.HEADING:
                since = at if block.kind is Kind.TEXT and mark is not None and mark.rest else at + 1

    def run(self) -> None:
        region = self.region
        parts = region.parts or (self.question.parts if len(self.question.parts) == 1 else ())
        if parts:
            self.placer.note(parts, region.start)
            self.segment(parts, self.first, region.stop - 1, _BARE, _LOOSE)
            return
        labels = self.of_parts(self.noted(labels_of(self.page, self.question, region.start, region.stop)))
        if not self.opens:
            self.lay(choose(labels, len(self.question.parts)), self.first, region.stop, _BARE)
        elif not self.one_for_all(labels):
            self.one_each(labels)

    def of_parts(self, labels: Sequence[Label]) -> Sequence[Label]:
        """The labels without those that number two proofs or steps within one part: `Proof 1` under `2.4`, where 2.1
        and 2.2 have answers under their own labels. Behind a list of statements they are the parts' labels."""
        inner = {id(x) for group, others in WITHIN for x in self.numbering_within(labels, group, others)}
        return [x for x in labels if id(x) not in inner]

    def numbering_within(self, labels: Sequence[Label], group: str, others: Sequence[str]) -> list[Label]:
        """Labels of a group that stand within parts which labels of no group of `others` name."""
        outer = choose([x for x in labels if x.group not in others], len(self.question.parts), labels)
        if len({p for x in outer for p in x.places}) < 2:
            return []
        stops = [*(x.at for x in outer[1:]), self.region.stop]
        inner: list[Label] = []
        for label, stop in zip(outer, stops, strict=True):
            run = [x for x in labels if x.group == group and label.at < x.at < stop]
            strange = {p for x in run for p in x.places} - set(label.places)
            if strange:
                ends = [min(end, run[0].at) if x is label else end for x, end in zip(outer, stops, strict=True)]
                own = {p for x, end in zip(outer, ends, strict=True) if self.answered(x, end) for p in x.places}
                inner += run if 2 * len(strange & own) >= len(strange) else []
        return inner

    def answered(self, label: Label, stop: int) -> bool:
        """Whether more than a quoted statement stands behind a label, up to `stop`."""
        first = label.at if label.shares else label.at + 1
        home = self.blocks[self.region.start].box
        return self.page.content(first, stop - 1) and self.statements.own_text(first, stop - 1, home) is not None

    def argued(self, labels: Sequence[Label], stop: int) -> bool:
        """Whether a student argues behind at least half of the labels, the last one up to `stop`."""
        spans = zip(labels, [*(x.at for x in labels[1:]), stop], strict=True)
        return 2 * sum(self.statements.is_derivation(x.at, end - 1) for x, end in spans) >= len(labels)

    # layouts

    def one_for_all(self, labels: Sequence[Label]) -> bool:
        """One answer mark before the labels of the answers; False if the marks stand behind the labels."""
        count = len(self.question.parts)
        opening = self.opens[0]
        stop = self.ends.get(opening, self.region.stop)
        before = choose([replace(x, quoted=False) for x in labels if x.at < opening], count, labels)
        inside = choose([x for x in labels if opening <= x.at < stop], count, labels)
        stated = {p for x in before for p in x.places}
        again = bool(inside) and len(stated) > 1 and inside[0].places[0] in stated and not self.argued(before, opening)
        if before and not again:
            if len(stated) < 2 or len(self.opens) > 1 or inside or not self.all_stated(before):
                return False
            inside = []  # one mark behind several labels: nothing says whose answer it is
        if not before and not inside and len(self.opens) > 1 and self.opening_per_part():
            return True
        empty = not inside
        for i, at in enumerate(self.opens):
            if i and at < stop:
                continue
            stop = self.ends.get(at, self.region.stop)
            within = inside if not i else choose([x for x in labels if at <= x.at < stop], count, labels)
            self.lay(within, at if self.goes_on(at) else at + 1, stop, _MARKED)
            empty = empty and not within and not self.page.content(at + 1, stop - 1)
        if empty:
            self.placer.note(self.question.parts, opening)
        return True

    def all_stated(self, labels: Sequence[Label]) -> bool:
        """Whether nothing but the statement stands behind each label up to the last."""
        spans = [(x.at if x.shares else x.at + 1, y.at - 1) for x, y in pairwise(labels)]
        return all(
            not self.page.content(first, last) or self.statements.is_statement(first, last) for first, last in spans
        )

    def opening_per_part(self) -> bool:
        """As many answer marks as parts and no labels at all: they go by order."""
        if len(self.opens) != len(self.question.parts):
            return False
        for i, (part, at) in enumerate(zip(self.question.parts, self.opens, strict=True)):
            last = self.region.stop - 1
            if i + 1 < len(self.opens):
                last = self.statements.end_before(at + 1, self.opens[i + 1] - 1)
            self.placer.note((part,), at)
            self.segment((part,), at, last, _FREE, _LOOSE)
        return True

    def one_each(self, labels: Sequence[Label]) -> None:
        """An answer mark for each part, behind its label."""
        closed = [(a, self.ends[a]) for a in self.opens if a in self.ends]
        free: list[Label] = []
        i = 0
        for label in labels:
            while i < len(closed) and closed[i][1] < label.at:
                i += 1
            if i == len(closed) or not closed[i][0] < label.at:
                free.append(label)
        chosen = choose(free, len(self.question.parts), labels, guard=True)
        first = chosen[0].at if chosen else self.opens[0] + (not self.goes_on(self.opens[0]))
        self.lay(chosen, first, self.region.stop, _FREE)

    def noted(self, labels: Sequence[Label]) -> list[Label]:
        """The labels with it noted whether an answer mark follows before the next one of their group (`guarded`), and
        whether they only repeat the statement, where a label of the same part comes again (`quoted`)."""
        last = {x.places: x.at for x in labels}
        following: dict[str, int] = {}
        out: list[Label] = []
        i = len(self.opens)
        for label in reversed(labels):
            while i and self.opens[i - 1] >= label.at:
                i -= 1
            stop = following.get(label.group, self.region.stop)
            following[label.group] = label.at
            first = label.at if label.shares else label.at + 1
            if i < len(self.opens) and self.opens[i] < stop:
                label = replace(label, guarded=True)
            elif (
                last[label.places] > label.at
                and stop - first < _QUOTED
                and self.statements.is_statement(first, stop - 1)
            ):
                label = replace(label, quoted=True)
            out.append(label)
        return out[::-1]

    def lay(self, chosen: Sequence[Label], first: int, stop: int, mode: str) -> None:
        """Parts one after another, each from its label to the next one; what stands before the first is left."""
        if not chosen:
            self.placer.leave(first, stop - 1)
            return
        if mode != _FREE and not self.statements.is_statement(first, chosen[0].at - 1):
            self.placer.leave(first, chosen[0].at - 1)
        for i, label in enumerate(chosen):
            parts = tuple(self.question.parts[p] for p in label.places)
            end = chosen[i + 1].at if i + 1 < len(chosen) else stop
            self.placer.note(parts, label.at)
            if label.quoted:
                continue
            block = self.blocks[label.at]
            begins = label.at if label.shares or label.at in self.open_set else label.at + 1
            level = block.level if block.kind in (Kind.HEADING, Kind.ITEM) else _LOOSE
            if i + 1 < len(chosen) and end in self.open_set and end > begins:
                end = self.statements.end_before(begins, end - 1) + 1  # the next statement stands above its answer
            self.segment(parts, begins, end - 1, mode, level, block.kind is Kind.ITEM)

    # one part

    def segment(
        self, parts: Sequence[PartOutline], first: int, last: int, mode: str, level: int, item: bool = False
    ) -> None:
        """The answer within blocks `first..last`, all of which stand under the label of `parts`."""
        start = first if mode is _MARKED else -1  # of the answer that stands open
        waiting = first  # start of what was read before any answer mark
        weak = False
        spans: list[tuple[int, int]] = []
        marked = mode is _MARKED
        at = first
        while at <= last:
            block, mark = self.blocks[at], self.page.marks[at]
            if at in self.open_set and not (at in self.weak and (start >= 0 or not self.waits(waiting, at - 1))):
                begins = at if self.goes_on(at) else at + 1
                if start >= 0 and self.page.content(start, at - 1):
                    spans.append((start, self.statements.end_before(start, at - 1)))
                start, marked, weak = begins, True, at in self.weak
            elif (block.kind is Kind.ANSWER_END and start >= 0 and not weak) or (
                mark is not None and mark.statement and start >= 0 and self.page.content(start, at - 1)
            ):
                spans.append((start, at - 1))
                start, waiting = -1, at + 1
            elif (
                (start >= 0 or (not marked and at > self.last_open(last)))
                and self.closes(at, level, item)
                and self.page.content(start if start >= 0 else waiting, at - 1)
            ):
                self.placer.leave(at, last)
                last = at - 1
                break
            at += 1
        if start >= 0:
            spans.append((start, last))
        elif not marked:
            own = self.statements.own_text(waiting, last, self.blocks[self.region.start].box)
            if own == (waiting, last) and mode is _FREE and self.statements.only_names(waiting, last):
                self.placer.leave(waiting, last)
            elif own is not None:
                spans.append(own)
        elif not self.statements.is_statement(waiting, last):
            self.placer.leave(waiting, last)
        for begin, end in spans:
            self.placer.add(parts, begin, end)

    def last_open(self, last: int) -> int:
        """The last answer mark up to block `last`."""
        i = bisect_right(self.opens, last)
        return self.opens[i - 1] if i else -1

    def waits(self, first: int, last: int) -> bool:
        """Whether a proof may begin here: nothing or a statement stands before it."""
        return not self.page.content(first, last) or self.statements.is_statement(first, last)

    def goes_on(self, at: int) -> bool:
        """Whether an answer begins in the very block of its mark."""
        mark = self.page.marks[at]
        return self.blocks[at].kind is Kind.TEXT and mark is not None and bool(mark.rest)

    def closes(self, at: int, level: int, item: bool) -> bool:
        """Whether a part ends without a label: its list ends, or a heading of its own level or above stands there."""
        block = self.blocks[at]
        if item:
            return block.kind is Kind.LIST_END and block.level < level
        return block.kind is Kind.HEADING and block.level <= level < _LOOSE and self.page.marks[at] is None
