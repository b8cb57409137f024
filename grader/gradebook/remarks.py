"""Reusable comments of a gradebook: what an assistant writes more than once."""

from __future__ import annotations

from dataclasses import dataclass

from grader.errors import OperatorError
from grader.gradebook.rows import now
from grader.gradebook.store import Store


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment for a part (`Q7.1`), with how often it was used."""

    id: int
    part: str
    text: str
    author: str
    created_at: str
    used: int


class Remarks:
    """The comments of one gradebook. Every method raises GradebookError where the file cannot be read or written."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, part: str) -> tuple[Remark, ...]:
        """The comments for a part: those used most first, then the oldest."""
        rows = self._store.rows(
            "SELECT id, part, text, author, created_at, used FROM remarks WHERE part = ? ORDER BY used DESC, id",
            (part,),
        )
        return tuple(Remark(*row) for row in rows)

    def use(self, part: str, text: str, *, author: str) -> Remark:
        """Note that a comment was used for a part; a new one is kept from now on. Raises OperatorError for an empty one."""
        text = text.strip()
        if not text:
            raise OperatorError("a comment needs a text")
        with self._store.transaction():
            self._store.write(
                "INSERT INTO remarks (part, text, author, created_at, used) VALUES (?, ?, ?, ?, 1) "
                "ON CONFLICT (part, text) DO UPDATE SET used = used + 1",
                (part, text, author, now()),
            )
        return next(r for r in self.of(part) if r.text == text)
