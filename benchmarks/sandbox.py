"""What the sandbox costs: a case in a warm worker against a process of its own, and a class of Python submissions.

    python benchmarks/sandbox.py [--submissions 500] [--cases 30] [--workers 2] [--cold 5]

Times are wall time; a student's own time is what the child measured around the call. Memory is the proportional share of
all processes together (each shared page counts once), sampled; reading it of the workers needs root.
"""

from __future__ import annotations

import argparse
import os
import statistics
import struct
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from grader.programs import Array, Case, Ending, Limits, Program
from grader.sandbox import Sandbox

NUMPY = """
import numpy as np
def q1_kl(mu_1, sigma_1, mu_2, sigma_2):
    return np.log(sigma_1 / sigma_2) + (sigma_2**2 + (mu_2 - mu_1)**2) / (2 * sigma_1**2) - 0.5
"""
TORCH = NUMPY.replace("numpy as np", "torch").replace("np.", "torch.")
NUMBERS = Array("float64", (5,), struct.pack("5d", 0.5, 1.0, 1.5, 2.0, 2.5))
LIMITS = Limits(seconds=20)


def program(torch: bool) -> Program:
    return Program("homework", TORCH if torch else NUMPY, names=frozenset({"q1_kl"}), torch=torch)


def case(torch: bool) -> Case:
    return Case("q1_kl", (NUMBERS,) * 4, "torch" if torch else "numpy", limits=LIMITS)


def one_case(torch: bool, cold: int) -> None:
    """Warm and cold, one after the other in the same run."""
    name = "torch" if torch else "NumPy"
    with Sandbox() as box:
        box.run(program(torch), [case(torch)] * 5)
        extra, own = [], []
        before = processor(os.getpid())
        for _ in range(200):
            start = time.perf_counter()
            (ran,) = box.run(program(torch), [case(torch)])
            assert ran.ending is Ending.OK, ran
            own.append(ran.seconds)
            extra.append(time.perf_counter() - start - ran.seconds)
        spent = (processor(os.getpid()) - before) / 200
    q = statistics.quantiles(extra, n=20)
    print(
        f"{name:6} warm, over the student's own time: median {statistics.median(extra) * 1e3:.1f} ms, "
        f"95 % below {q[18] * 1e3:.1f} ms (own time {statistics.median(own) * 1e3:.1f} ms); processor time of all processes {spent * 1e3:.1f} ms"
    )
    times = []
    for _ in range(cold):
        start = time.perf_counter()
        with Sandbox() as box:
            (ran,) = box.run(program(torch), [case(torch)])
        assert ran.ending is Ending.OK, ran
        times.append(time.perf_counter() - start - ran.seconds)
    print(f"{name:6} cold, a process for the case alone: median {statistics.median(times):.2f} s")


_box: Sandbox | None = None


def submission(number: int, cases: int) -> int:
    """Grade one submission in this process's sandbox; every fifth uses torch. The number of cases that ran."""
    global _box
    if _box is None:
        _box = Sandbox()
    torch = number % 5 == 0
    return sum(ran.ending is Ending.OK for ran in _box.run(program(torch), [case(torch)] * cases))


def below(root: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def processor(root: int) -> float:
    """Seconds of processor time of all processes below `root`, those that ended included."""
    ticks = 0
    for pid in below(root):
        fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(x) for x in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def shares(root: int) -> int:
    """Kilobytes of all processes below `root`, shared pages counted in proportion."""
    total = 0
    for pid in below(root):
        try:
            lines = Path("/proc", str(pid), "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def a_class(submissions: int, cases: int, workers: int) -> None:
    """Many submissions on some workers: throughput and peak memory."""
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.25):
            peak = max(peak, shares(os.getpid()))

    start = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        futures = [pool.submit(submission, i, cases) for i in range(submissions)]
        watcher = threading.Thread(target=watch)  # after the pool has made its processes
        watcher.start()
        ran = sum(f.result() for f in futures)
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    print(
        f"{submissions} submissions of {cases} cases on {workers} workers: {seconds:.0f} s, {submissions / seconds:.1f} submissions/s, "
        f"{ran / seconds:.0f} cases/s, {ran} of {submissions * cases} ran, peak memory {peak / 1024:.0f} MB in all"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("submissions", 500), ("cases", 30), ("workers", 2), ("cold", 5)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    one_case(False, args.cold)
    one_case(True, args.cold)
    a_class(args.submissions, args.cases, args.workers)


if __name__ == "__main__":
    main()
