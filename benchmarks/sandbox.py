"""What the sandbox costs: a case in a warm worker against a process of its own, and a class of Python submissions.

Times are over the student's own time, which is what the child measured around the call.
"""

from __future__ import annotations

import os
import statistics
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import descendants, process_seconds
from benchmarks.row import Options, Row, missing

if TYPE_CHECKING:
    from grader.programs import Case, Program
    from grader.sandbox import Sandbox

NUMPY = """
import numpy as np
def q1_kl(mu_1, sigma_1, mu_2, sigma_2):
    return np.log(sigma_1 / sigma_2) + (sigma_2**2 + (mu_2 - mu_1)**2) / (2 * sigma_1**2) - 0.5
"""
TORCH = NUMPY.replace("numpy as np", "torch").replace("np.", "torch.")


def measure(options: Options) -> Iterator[Row]:
    """A warm case and a cold one, with NumPy and where it is installed with torch."""
    why = _why_not()
    if why:
        yield missing("sandbox, a warm case against a cold process", why)
        return
    for torch in (False, True):
        if torch and find_spec("torch") is None:
            yield missing("sandbox, torch", "torch is not installed")
        else:
            yield from _one_case(torch, options)


def measure_class(options: Options) -> Iterator[Row]:
    """A class of Python submissions on two workers, every fifth with torch where it is installed."""
    why = _why_not()
    if why:
        yield missing("sandbox, a class", why)
        return
    submissions, cases, workers = options.count(500, 4), options.count(30, 3), 2
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.25):
            peak = max(peak, _shares_kb(os.getpid()))

    start = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        futures = [pool.submit(_submission, i, cases) for i in range(submissions)]
        watcher = threading.Thread(target=watch)  # after the pool has made its processes
        watcher.start()
        ran = sum(future.result() for future in futures)
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    what = f"sandbox, {submissions} submissions of {cases} cases on {workers} workers"
    yield Row(
        what, submissions / seconds, "/s", note=f"{ran / seconds:.0f} cases/s, {ran} of {submissions * cases} ran"
    )
    yield Row(
        f"{what}: peak memory, all processes",
        peak / 1024,
        "MB",
        note="shared pages once; the workers' own need root to be read",
    )


def _why_not() -> str:
    """Why nothing can be run here; empty if it can."""
    from grader.sandbox.doctor import can_run, examine

    return "" if can_run(examine()) else "Python answers cannot be run here (grader doctor says why)"


def _program(torch: bool) -> Program:
    from grader.programs import Program

    return Program("homework", TORCH if torch else NUMPY, names=frozenset({"q1_kl"}), torch=torch)


def _case(torch: bool) -> Case:
    from grader.programs import Array, Case, Limits

    numbers = Array("float64", (5,), struct.pack("5d", 0.5, 1.0, 1.5, 2.0, 2.5))
    return Case("q1_kl", (numbers,) * 4, "torch" if torch else "numpy", limits=Limits(seconds=20))


def _one_case(torch: bool, options: Options) -> Iterator[Row]:
    from grader.sandbox import Sandbox

    name, count = "torch" if torch else "NumPy", options.count(200, 5)
    with Sandbox() as box:
        for _ in range(5):
            _extra(box, torch)
        before = _all_seconds()
        extra = [_extra(box, torch) for _ in range(count)]
        spent = (_all_seconds() - before) / count
    cold = []
    for _ in range(options.count(5, 1)):
        start = time.perf_counter()
        with Sandbox() as box:
            _extra(box, torch)
            cold.append(time.perf_counter() - start)
    warm, slow = statistics.median(extra), statistics.quantiles(extra, n=20)[18]
    note = f"95 % below {1e3 * slow:.1f} ms; processor {1e3 * spent:.1f} ms, all processes"
    yield Row(f"sandbox, {name}: a warm case", 1e3 * warm, "ms", note=note)
    yield Row(
        f"sandbox, {name}: a process of its own",
        1e3 * statistics.median(cold),
        "ms",
        note="from its start to the answer",
    )
    yield Row(f"sandbox, {name}: cold over warm", statistics.median(cold) / warm, "×")


def _extra(box: Sandbox, torch: bool) -> float:
    """Seconds of one case besides the student's own."""
    from grader.programs import Ending

    start = time.perf_counter()
    (ran,) = box.run(_program(torch), [_case(torch)])
    seconds = time.perf_counter() - start - ran.seconds
    if ran.ending is not Ending.OK:
        raise RuntimeError(f"a case ended with {ran.ending}")
    return seconds


_box: Sandbox | None = None


def _submission(number: int, cases: int) -> int:
    """Grade one submission in this process's sandbox. The number of cases that ran."""
    global _box
    from grader.programs import Ending
    from grader.sandbox import Sandbox

    if _box is None:
        _box = Sandbox()
    torch = number % 5 == 0 and find_spec("torch") is not None
    return sum(ran.ending is Ending.OK for ran in _box.run(_program(torch), [_case(torch)] * cases))


def _all_seconds() -> float:
    """Processor seconds of this process and all below it, those that ended included."""
    return sum(process_seconds(pid) for pid in [os.getpid(), *descendants(os.getpid())])


def _shares_kb(root: int) -> int:
    """Kilobytes of a process and all below it, shared pages counted in proportion."""
    total = 0
    for pid in [root, *descendants(root)]:
        try:
            lines = Path("/proc", str(pid), "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total
