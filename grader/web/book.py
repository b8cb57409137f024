"""The gradebook as the server sees it: opened anew for every request, with what is dear to work out kept until it changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from grader.gradebook import Gradebook, Group, Statistics, Watch, queue, statistics

T = TypeVar("T")


class Desk:
    """One folder that `grader grade` wrote into. For any thread; every method raises GradebookError."""

    def __init__(self, folder: Path) -> None:
        """Raises GradebookError where there is no gradebook."""
        with Gradebook.open(folder) as book:
            self._path = book.path
        self._watch = Watch(self._path)
        self._kept: dict[str, tuple[int, Any]] = {}
        self._guard = Lock()

    @property
    def name(self) -> str:
        """What to call it: the folder's name."""
        return self._path.resolve().parent.name

    def open(self) -> Gradebook:
        """The gradebook, for the thread that asks; a context manager."""
        return Gradebook.open(self._path)

    def queue(self, book: Gradebook, part: str = "") -> tuple[Group, ...]:
        """What is open, of one part or question or of all."""
        if not part:
            return self._keep("queue", lambda: queue(book))
        return tuple(g for g in self.queue(book) if part in (g.first.part, g.first.part.split(".")[0]))

    def statistics(self, book: Gradebook) -> Statistics:
        """The figures of the class."""
        return self._keep("statistics", lambda: statistics(book))

    def _keep(self, name: str, work: Callable[[], T]) -> T:
        """What `work` gives, as long as nobody wrote since."""
        with self._guard:
            version = self._watch.version()  # before the work: a commit meanwhile only makes it be done again
            kept = self._kept.get(name)
            if kept is None or kept[0] != version:
                kept = self._kept[name] = (version, work())
            value: T = kept[1]
            return value

    def close(self) -> None:
        """Look no more."""
        self._watch.close()
