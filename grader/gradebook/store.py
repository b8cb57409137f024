"""The file: opening, migrating, transactions; what SQLite says becomes one clear sentence for the operator."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from grader.errors import OperatorError
from grader.gradebook.schema import STEPS, VERSION

_MARK: Final = 0x47524442
"""`application_id` of a gradebook, so that another program's database is not taken for one."""

WAIT_SECONDS: Final = 5.0
"""How long a writer waits for another: transactions here take milliseconds, so longer means that somebody holds the file."""


class GradebookError(OperatorError):
    """The gradebook cannot be used as it is; the message names the file and what to do."""


class Locked(GradebookError):
    """Another process holds the gradebook."""


class DiskFull(GradebookError):
    """Nothing more can be written; what was written stays."""


class Store:
    """A connection with explicit transactions. For one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, wait: float) -> None:
        self.path = path
        self._db = connection
        self._wait = wait

    @classmethod
    def open(cls, path: Path, *, create: bool, wait: float = WAIT_SECONDS) -> Store:
        """Open a gradebook, bringing an older one up to date.

        Raises GradebookError if there is none (unless `create`), if the file is no gradebook, damaged, or of a newer
        version; Locked if another process holds it; DiskFull.
        """
        if not create and not path.is_file():
            raise GradebookError(f"{path}: no gradebook here (grader grade makes one)")
        with said(path, wait):
            connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
            store = cls(path, connection, wait)
            try:
                store._prepare()
            except BaseException:
                connection.close()
                raise
        return store

    def _prepare(self) -> None:
        db = self._db
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        mark = int(db.execute("PRAGMA application_id").fetchone()[0])
        tables = int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
        if (tables or version) and mark != _MARK:
            raise GradebookError(f"{self.path}: is a database of another program, not a gradebook")
        if version > VERSION:
            raise GradebookError(
                f"{self.path}: was written by a newer grader (gradebook version {version}, this one reads up to {VERSION}): "
                "update the grader; nothing was changed"
            )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        if version == VERSION:
            return
        with self.transaction():
            # asked again inside: another process may have brought it up to date meanwhile
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            for step in STEPS[version:]:
                for statement in step.split(";"):
                    db.execute(statement)
            db.execute(f"PRAGMA application_id = {_MARK}")
            db.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Close the file; what was committed is there."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside, or nothing. Raises Locked, DiskFull, GradebookError."""
        with said(self.path, self._wait):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """One statement inside a transaction; the id of the row it made."""
        return int(self._db.execute(sql, values).lastrowid or 0)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one after the other."""
        with said(self.path, self._wait):
            yield from self._db.execute(sql, values)

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        return next(self.rows(sql, values), None)


@contextmanager
def said(path: Path, wait: float) -> Iterator[None]:
    """What SQLite raises inside, as a GradebookError in words."""
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(path, wait, error).with_traceback(None) from None


def _in_words(path: Path, wait: float, error: sqlite3.Error) -> GradebookError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Locked(
            f"{path}: locked by another process for more than {wait:g} s; end it, or try again when it is done"
        )
    if name.startswith("SQLITE_FULL") or name in ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE"):
        return DiskFull(f"{path}: cannot be written further, the disk is full; what was graded is kept")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return GradebookError(
            f"{path}: is damaged or no gradebook ({error}); set it aside and grade again, or restore a copy"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return GradebookError(f"{path}: cannot be opened for writing ({error})")
    return GradebookError(f"{path}: {error}")
