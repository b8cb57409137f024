"""Files of a submission in one space of offsets, so that a position is a single integer through macro expansion."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from grader.model import Span


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: `name` as the student knows it, `text` decoded, `base` its first offset."""

    name: str
    text: str
    base: int


@dataclass(slots=True)
class SourceMap:
    """All files read for one submission; offsets of different files never overlap."""

    files: list[SourceFile] = field(default_factory=list)
    _lines: dict[int, list[int]] = field(default_factory=dict)

    def add(self, name: str, text: str) -> SourceFile:
        """Register a file and give it its range of offsets."""
        base = self.files[-1].base + len(self.files[-1].text) + 1 if self.files else 0
        file = SourceFile(name, text, base)
        self.files.append(file)
        return file

    def file_at(self, offset: int) -> SourceFile:
        """The file an offset falls in."""
        at = bisect_right([f.base for f in self.files], offset) - 1
        return self.files[max(at, 0)]

    def place(self, offset: int) -> tuple[str, int, int]:
        """File name, line and column (both from 1) of an offset."""
        file = self.file_at(offset)
        starts = self._lines.get(file.base)
        if starts is None:
            starts = [0]
            text = file.text
            at = text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = text.find("\n", at + 1)
            self._lines[file.base] = starts
        local = min(max(offset - file.base, 0), len(file.text))
        line = bisect_right(starts, local)
        return file.name, line, local - starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets; the end is exclusive and on the last character's line."""
        name, line, column = self.place(start)
        _, end_line, end_column = self.place(max(end, start + 1) - 1)
        return Span(name, line, column, end_line, end_column + 1)

    def line_text(self, offset: int) -> str:
        """The whole source line an offset falls in."""
        file = self.file_at(offset)
        local = min(max(offset - file.base, 0), len(file.text))
        start = file.text.rfind("\n", 0, local) + 1
        stop = file.text.find("\n", local)
        return file.text[start : stop if stop >= 0 else len(file.text)].rstrip("\r")

    def excerpt(self, offset: int, reach: int = 120) -> tuple[str, int]:
        """Up to `reach` characters on each side of an offset within its line, and the column of the offset in it."""
        line = self.line_text(offset)
        column = self.place(offset)[2]
        first = max(0, column - 1 - reach)
        return line[first : column - 1 + reach], column - first

    def text(self, start: int, end: int) -> str:
        """The source between two offsets of one file, as written."""
        file = self.file_at(start)
        return file.text[start - file.base : max(end - file.base, 0)]
