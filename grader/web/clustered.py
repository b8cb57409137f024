"""Checks graded on a cluster, also after it was lost and came back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

from grader.cluster import Cluster, connect
from grader.errors import OperatorError
from grader.web.checking import LOST, Grade, grade_by

_AGAIN_SECONDS: Final = 5.0
"""Between two attempts to reach a cluster that was lost: those who wait are told sooner than that."""
Connect = Callable[[], AbstractContextManager[Cluster]]


class Reconnecting:
    """Grades on what `connecting` gives, and connects anew where it was lost. For any thread."""

    def __init__(self, connecting: Connect, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises OperatorError where nothing can be reached."""
        self._connecting, self._clock = connecting, clock
        self._guard = Lock()
        self._stack = ExitStack()
        self._tried = clock()
        self._cluster = self._stack.enter_context(connecting())

    @property
    def width(self) -> int:
        """Checks that can run at a time."""
        return self._cluster.width

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        used = self._cluster
        answer = grade_by(used)(request)
        if answer.get("failed") == LOST and self._anew(used):
            answer = grade_by(self._cluster)(request)
        return {**answer, "failed": "fault"} if answer.get("failed") == LOST else answer

    def _anew(self, used: Cluster) -> bool:
        """Whether there is another connection than the one that was lost."""
        with self._guard:
            if self._cluster is not used:
                return True
            if self._clock() - self._tried < _AGAIN_SECONDS:
                return False
            self._tried = self._clock()
            stack = ExitStack()
            try:
                self._cluster = stack.enter_context(self._connecting())
            except OperatorError:
                return False
            self._stack.close()
            self._stack = stack
            return True

    def close(self) -> None:
        """Let go of the cluster."""
        self._stack.close()


@contextmanager
def on_cluster(address: str, assignment: Path | None) -> Iterator[tuple[Grade, int]]:
    """How checks are graded on a cluster, and how many at a time. Raises OperatorError where it cannot be used."""
    grade = Reconnecting(lambda: connect(address, assignment))
    try:
        yield grade, grade.width
    finally:
        grade.close()
