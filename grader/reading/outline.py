"""What an assignment asks, and where a submission answers it."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.reading.marks import ordinal


@dataclass(frozen=True, slots=True)
class PartOutline:
    """A part's id, its label within the question, and words that name it in headings."""

    id: str
    label: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionOutline:
    """A question's number, words that name it in headings, and its parts in order."""

    number: int
    words: tuple[str, ...]
    parts: tuple[PartOutline, ...]

    def part(self, label: str) -> PartOutline | None:
        """The part a label means: its own label, else its position."""
        for part in self.parts:
            if part.label == label:
                return part
        place = ordinal(label)
        if 1 <= place <= len(self.parts) and len(self.parts) > 1:
            return self.parts[place - 1]
        return None


@dataclass(frozen=True, slots=True)
class Piece:
    """Blocks `first..last` (inclusive) of an answer."""

    first: int
    last: int


@dataclass(slots=True)
class Located:
    """Pieces per part; the block of each part's label (also where nothing stands behind it); text under no label.

    `unplaced` holds, per question number, what stands between answers and may belong to one; quoted statements are in
    none of them.
    """

    parts: dict[str, list[Piece]] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    unplaced: dict[int, list[Piece]] = field(default_factory=dict)
