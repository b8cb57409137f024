"""Errors by audience: the student's text, the rubric author's files, the operator's call. Each says where."""

from __future__ import annotations

from typing import Self


class GraderError(Exception):
    """Base of all errors that carry a message for a person."""

    def kept(self) -> Self:
        """The error as a record, without the frames that raised it: they hold all that was being read."""
        self.__traceback__ = self.__context__ = self.__cause__ = None
        return self


class ReadError(GraderError):
    """A formula or a file could not be read; `start` and `end` are source offsets.

    `note` is a machine tag, the message plain English for the report.
    """

    def __init__(self, note: str, message: str, start: int, end: int | None = None) -> None:
        super().__init__(message)
        self.note = note
        self.message = message
        self.start = start
        self.end = end if end is not None else start + 1


class TooLarge(ReadError):
    """A named cap of `grader.limits` was passed."""


class EvaluationError(GraderError):
    """A tree has no value here; `note` says why (`unknown_name`, `unsupported`, `shape`, `budget`...)."""

    def __init__(self, note: str, detail: str = "") -> None:
        super().__init__(f"{note}: {detail}" if detail else note)
        self.note = note
        self.detail = detail


class AuthorError(GraderError):
    """A fault in a rubric or reference, with its place `file:line:column`."""

    def __init__(self, message: str, path: str = "", line: int = 0, column: int = 0) -> None:
        place = ":".join(str(x) for x in (path, line or "", column or "") if x != "")
        super().__init__(f"{place}: {message}" if place else message)
        self.path, self.line, self.column = path, line, column


class OperatorError(GraderError):
    """A wrong call: a missing file, an unusable folder, an unknown part."""


BUGS = (ArithmeticError, LookupError, TypeError, ValueError, AssertionError, AttributeError, RecursionError)
"""What a mistake of ours raises; student and author errors have classes of their own."""
