"""One input under watch: its processor time, what it raises, and the memory of the process over a run."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Final

_LIBC: Final = ctypes.CDLL(None)
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Hang(BaseException):
    """An input took too much processor time; no `except Exception` on the way catches it."""


@dataclass(frozen=True)
class Find:
    """What went wrong: `key` is the same for the same cause, `text` is what a person needs."""

    key: str
    text: str


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise Hang("too much processor time")


def tried(
    run: Callable[[bytes], None], data: bytes, seconds: float, declared: tuple[type[Exception], ...]
) -> Find | None:
    """Run one input for at most so many seconds of processor time; None if it was treated well."""
    before = signal.signal(signal.SIGVTALRM, _interrupted)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        run(data)
    except declared:
        return None
    except (Exception, Hang) as error:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return _find(error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return None


def _find(error: BaseException) -> Find:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "grader" in f.filename or "fuzz" in f.filename]
    last = frames[-1] if frames else None
    where = f"{os.path.basename(last.filename)}:{last.name}" if last else "?"
    if isinstance(error, Hang):  # it may be interrupted anywhere; the way into it is what they have in common
        where = " > ".join(f.name for f in frames[1:6])
    elif isinstance(error, AssertionError) and last is not None:
        where = f"{last.name}:{last.lineno} {getattr(error, 'kind', '')}"
    words = "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-12))
    return Find(f"{type(error).__name__} {where}", words[-4000:])


def memory() -> int:
    """Bytes of memory the process holds now, without what it has freed and the C library keeps for later.

    That is the high-water mark of the heaviest input, of some tens of megabytes, which a run may meet early or late.
    """
    gc.collect()
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE
