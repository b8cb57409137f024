"""What a server is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from grader.web.checking import Grade, grade_here

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Settings:
    """`grades` is a folder that `grader grade` wrote into, or None: then there is only the students' side.

    `token` lets who knows it in to the desk. `workers` checks run at a time. `hosts` are the names under which the server may
    be asked for, `lang` the language of who asks for none. `grade` is how files are graded: by a warm process beside each
    thread, or elsewhere (`grade_by` an executor).
    """

    token: str = field(default="", repr=False)
    grades: Path | None = None
    workers: int = 2
    assignment: Path | None = None
    lang: str = ""
    hosts: tuple[str, ...] = LOOPBACK
    grade: Grade = grade_here
