"""Reading and deciding happen in a process of their own, which can be killed from outside.

The parent stays light (no NumPy); requests and answers are single lines of JSON. Nothing here needs fork or POSIX.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

from grader.limits import PROGRAM_SECONDS, WORKER_SECONDS

_START: Final = (
    "import sys; usual = sys.path[:]; sys.path.insert(0, sys.argv[1]); import grader; "
    "sys.path[:] = [*usual, sys.argv[1]]; "
    "from grader.worker import main; main()"
)
"""Starts the worker from where this module lies; never with modules of the current folder, which may be a student's."""


class WorkerTimeout(Exception):
    """The worker did not answer in time and was killed."""


class WorkerDied(Exception):
    """The worker ended without an answer; the text holds its last words."""


_begun: list[subprocess.Popen[str]] = []


def begin() -> None:
    """Start a process that the first worker takes over; it ends with this one if none does."""
    _begun.append(_process(apart=False))
    atexit.register(_end_begun)


def _end_begun() -> None:
    for process in _begun:
        process.kill()
        process.wait()


def _process(*, apart: bool) -> subprocess.Popen[str]:
    environment = dict(
        os.environ,
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        PYTHONHASHSEED="0",
        PYTHONUTF8="1",
        PYDANTIC_DISABLE_PLUGINS="__all__",
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _START, str(Path(__file__).resolve().parent.parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
        process_group=0 if apart else None,
    )


class Worker:
    """One warm worker; a context manager that leaves no process behind."""

    def __init__(self, seconds: float = WORKER_SECONDS, *, apart: bool = False) -> None:
        """`apart` keeps it out of the way of a Ctrl-C that is meant for its parent (POSIX)."""
        self.seconds = seconds
        self._apart = apart and os.name == "posix"
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._lines = queue.Queue()
            self._process = _begun.pop() if _begun and not self._apart else _process(apart=self._apart)
            threading.Thread(target=_pump, args=(self._process, self._lines), daemon=True).start()
        return self._process

    def start(self) -> None:
        """Start the process now, so that it gets ready while the caller does something else."""
        self._start()

    def ask(self, request: dict[str, Any], *, most: float = math.inf) -> Any:
        """Send one request and wait for its answer.

        Raises WorkerTimeout after `seconds` (and the time of its programs, where files hold some) and after `most` in any case,
        WorkerDied if the process ends; a new worker serves the next request.
        """
        process = self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except OSError:
            raise WorkerDied(self._last_words()) from None
        try:
            line = self._lines.get(timeout=min(self.seconds + program_seconds(request), most))
        except queue.Empty:
            self.close()
            raise WorkerTimeout from None
        if line is None:
            raise WorkerDied(self._last_words())
        return json.loads(line)

    def _last_words(self) -> str:
        process = self._process
        if process is None or process.stderr is None:
            return ""
        process.wait()
        return process.stderr.read()[-2000:]

    def close(self) -> None:
        """End the worker now."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue


def program_seconds(request: dict[str, Any]) -> float:
    """Time for the Python answers among the files of a request: that of their calls, and as much around them."""
    return 2 * PROGRAM_SECONDS * sum(str(name).lower().endswith((".py", ".ipynb")) for name in request.get("files", ()))


def _pump(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(line)
    except ValueError:
        pass  # closed while reading: the worker was killed
    lines.put(None)
