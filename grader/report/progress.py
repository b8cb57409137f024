"""How far a batch has come: a bar where a person watches, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_LINE_SECONDS: Final = 5.0
_SHORT: Final = {
    "decided": "decided",
    "review": "to review",
    "unreadable": "unreadable",
    "needs_a_person": "not read here",
    "timeout": "too long",
    "fault": "our fault",
    "": "no report",
}


class Told(Protocol):
    """What is told of each submission that has its result."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def cached(self) -> bool: ...


@contextmanager
def progress_of(total: int) -> Iterator[Callable[[Told], None]]:
    """Called with each result: rate and time left of what is really graded, and how many came out how."""
    console = Console(stderr=True)
    state = _State(total)
    if not console.is_terminal:
        yield state.line
        if total > 1:
            print(state.text(), file=sys.stderr)
        return
    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(told: Told) -> None:
            state.add(told)
            bar.update(task, advance=1, description=f"{state.rate():.1f}/s  {state.counted()}")

        yield advance


class _State:
    def __init__(self, total: int) -> None:
        self.total, self.done, self.cached = total, 0, 0
        self.counts: Counter[str] = Counter()
        self.start = self.last = time.monotonic()

    def add(self, told: Told) -> None:
        self.done += 1
        self.cached += told.cached
        self.counts[told.status] += 1

    def rate(self) -> float:
        """Submissions graded in a second."""
        return (self.done - self.cached) / max(time.monotonic() - self.start, 1e-3)

    def counted(self) -> str:
        parts = [f"{n} {_SHORT.get(status, status)}" for status, n in sorted(self.counts.items())]
        return ", ".join(parts + ([f"{self.cached} as before"] if self.cached else []))

    def text(self) -> str:
        left = self.total - self.done
        eta = f", about {left / self.rate():.0f} s left" if left and self.done > self.cached else ""
        return f"{self.done} of {self.total} ({self.rate():.1f}/s{eta}): {self.counted()}"

    def line(self, told: Told) -> None:
        self.add(told)
        now = time.monotonic()
        if now - self.last >= _LINE_SECONDS and self.done < self.total:
            self.last = now
            print(self.text(), file=sys.stderr, flush=True)
