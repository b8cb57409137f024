"""Whether a gradebook changed since somebody looked, so that what was worked out of it can be kept meanwhile."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Lock

from grader.gradebook.store import WAIT_SECONDS, GradebookError, said


class Watch:
    """Looks at one gradebook file, from any thread; it never writes and holds nothing up."""

    def __init__(self, path: Path) -> None:
        """Raises GradebookError if the file cannot be opened."""
        self._path = path
        self._guard = Lock()
        if not path.is_file():
            raise GradebookError(f"{path}: no gradebook here (grader grade makes one)")
        with said(path, WAIT_SECONDS):
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)

    def version(self) -> int:
        """A number that is another one after every commit of anybody. Raises GradebookError."""
        with self._guard, said(self._path, WAIT_SECONDS):
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Look no more."""
        with self._guard:
            self._db.close()
