"""One batch at a time in a folder: a file locked by the operating system, so that it is free again however a batch ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from grader.gradebook.store import Locked


class RunLock:
    """Held while a batch works. A context manager; raises Locked if another process holds it, OSError if it cannot be made."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def __enter__(self) -> RunLock:
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(self._file)
        except OSError:
            who = os.pread(self._file, 20, 0).decode("ascii", "replace") if hasattr(os, "pread") else ""
            os.close(self._file)
            self._file = None
            other = f"process {who}" if who else "another process"
            raise Locked(
                f"{self.path}: another batch is at work in this folder ({other}); wait for it or end it"
            ) from None
        try:
            os.ftruncate(self._file, 0)
            os.write(self._file, str(os.getpid()).encode("ascii"))
        except OSError:
            pass  # the number is for the message only
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, 1 << 20, os.SEEK_SET)  # behind the number, which stays readable
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
