"""What lint finds, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass

from grader.errors import AuthorError


@dataclass(frozen=True, slots=True)
class Fault:
    """`severity` is error or warning; line and column count from 1."""

    path: str
    line: int
    column: int
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


def of(error: AuthorError) -> Fault:
    """An author's error as a fault."""
    place = ":".join(str(x) for x in (error.path, error.line or "", error.column or "") if x != "")
    message = str(error).removeprefix(f"{place}: ") if place else str(error)
    return Fault(error.path, error.line or 1, error.column or 1, message)
