"""Clocks and memory, shared by the measures: work in alternation, processes with what they used, growth as an exponent."""

from __future__ import annotations

import gc
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from benchmarks.row import ROOT

Work = Callable[[], object]

PAUSE = 0.002
"""Seconds between two looks at a process that is waited for: the error of its wall time."""


def processor_seconds(work: Work) -> float:
    """Processor time of one piece of work in this process.

    The cyclic collector is off meanwhile: what it does depends on all that is alive, not on the work.
    """
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        work()
        return time.process_time() - start
    finally:
        gc.enable()


def alternated(works: Sequence[Work], runs: int) -> list[list[float]]:
    """Processor seconds of each work, `runs` times, one after the other in each run; a first run that warms is not counted.

    So a machine that is slow for a while is slow for all of them, and ratios within a run hold.
    """
    for work in works:
        work()
    rounds = [[processor_seconds(work) for work in works] for _ in range(runs)]
    return [list(column) for column in zip(*rounds, strict=True)]


def median_seconds(work: Work, runs: int) -> float:
    """The median processor time of a warm piece of work."""
    return statistics.median(alternated([work], runs)[0])


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """p of the power law size^p closest to these times (least squares of the logarithms)."""
    x, y = [math.log(s) for s in sizes], [math.log(s) for s in seconds]
    return statistics.linear_regression(x, y).slope


@dataclass(frozen=True)
class Ended:
    """A process that has ended, and what it used."""

    status: int
    """Exit status; negative: the signal that ended it."""
    wall: float
    processor: float
    """Seconds, with those of the processes it started and waited for."""
    main_mb: float
    """Most memory of the process itself (resident); 0 if nobody looked."""
    below_mb: float
    """Most memory of any one process below it."""
    said: str
    """What it wrote, both streams."""
    stopped: bool = False
    """Whether it took too long and was killed."""


def run(
    command: Sequence[str],
    *,
    limit: float = 120.0,
    look: float = 0.0,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Ended:
    """Run a process to its end, at the root of the project.

    Every `look` seconds its memory and that of all below it is looked at; 0: never, for looking takes time from a processor.
    """
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        main = below = 0.0
        stopped, looked = False, start
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            if look and time.monotonic() - looked >= look:
                looked = time.monotonic()
                main = max(main, peak_mb(process.pid))
                below = max([below, *(peak_mb(pid) for pid in descendants(process.pid))])
            if not stopped and time.monotonic() - start > limit:
                stopped = True
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(PAUSE)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for here, not by Popen
        out.seek(0)
        said = out.read().decode("utf-8", errors="replace")
    return Ended(process.returncode, wall, used.ru_utime + used.ru_stime, main, below, said, stopped)


def grader(
    *words: str, limit: float = 120.0, look: float = 0.0, environment: Mapping[str, str] = MappingProxyType({})
) -> Ended:
    """Run a command of the grader."""
    return run([sys.executable, "-m", "grader", *words], limit=limit, look=look, environment=environment)


def peak_mb(pid: int) -> float:
    """The most memory a process had so far, resident; 0 when it is gone.

    Not that of `wait4`: it begins with the memory of whoever started the process.
    """
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def descendants(pid: int) -> list[int]:
    """All processes below a process."""
    found = [pid]
    for each in found:
        try:
            tasks = list(Path(f"/proc/{each}/task").iterdir())
            found += [int(p) for task in tasks for p in (task / "children").read_text().split()]
        except OSError:
            continue
    return found[1:]


def process_seconds(pid: int) -> float:
    """Processor seconds that a process, and those it waited for, used so far; of this system's clock ticks. 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
