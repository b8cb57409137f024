"""A roster as a CSV file: Gradescope's roster or grades, or any table with such columns; matched by their names."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from grader.errors import OperatorError
from grader.gradebook import Student
from grader.limits import ROSTER_BYTES

_COLUMNS: Final = {
    "first": ("first name", "firstname", "given name", "prénom"),
    "last": ("last name", "lastname", "surname", "family name", "nom"),
    "name": ("name", "full name", "student", "nom complet"),
    "sid": ("sid", "student id", "id", "matricule", "student number"),
    "email": ("email", "e-mail", "email address", "courriel"),
    "sections": ("sections", "section", "groupe"),
    "role": ("role",),
}
"""Names of columns, in lower case."""


def read_roster(path: Path) -> list[Student]:
    """The students of a roster, in its order; rows of other roles than `student` are left out.

    Raises OperatorError, with the line, for a file that cannot be read, has no column to match by, tells nothing of a
    student to match by, or has two students with one id.
    """
    rows = _rows(path)
    if not rows:
        raise OperatorError(f"{path}: is empty")
    head = [cell.strip().lower() for cell in rows[0][1]]
    at = {kind: head.index(n) for kind, names in _COLUMNS.items() for n in names[::-1] if n in head}
    if "sid" not in at and "email" not in at:
        raise OperatorError(
            f"{path}:1: has no column SID or Email to match by; its columns are {', '.join(rows[0][1])}"
        )
    out: list[Student] = []
    lines: dict[tuple[str, str], int] = {}
    for line, cells in rows[1:]:
        found = {kind: cells[i].strip() if i < len(cells) else "" for kind, i in at.items()}
        if found.get("role", "student").lower() not in ("", "student"):
            continue
        name = found.get("name") or " ".join(x for x in (found.get("first", ""), found.get("last", "")) if x)
        row = Student(name, found.get("sid", ""), found.get("email", ""), found.get("sections", ""))
        if not row.sid and not row.email:
            raise OperatorError(f"{path}:{line}: a student without SID and Email ({row.name or 'and without a name'})")
        for kind, value in (("SID", row.sid), ("Email", row.email)):
            before = lines.setdefault((kind, value.casefold()), line) if value else line
            if before != line:
                raise OperatorError(f"{path}:{line}: the {kind} {value!r} stands on line {before} already")
        out.append(row)
    if not out:
        raise OperatorError(f"{path}: has no students in it")
    return out


def _rows(path: Path) -> list[tuple[int, Sequence[str]]]:
    """The rows that are not empty, with their lines."""
    try:
        if path.stat().st_size > ROSTER_BYTES:
            raise OperatorError(f"{path}: is larger than {ROSTER_BYTES // 1_000_000} MB; no roster is")
        data = path.read_bytes()
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read ({error.strerror})") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")  # what Excel calls Unicode text
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise OperatorError(f"{path}: is no text")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    except csv.Error as error:
        raise OperatorError(f"{path}:{reader.line_num}: {error}") from None
