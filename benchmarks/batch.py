"""How fast a class is graded, on 1 and 2 processes and on 2 Dask workers, and how much memory that takes: Gradescope exports
made up from the examples.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import Ended, grader
from benchmarks.row import ROOT, Options, Row, at_most, missing

sys.path.append(str(ROOT / "tests"))

from gradescope_export import write_export

MEMORY = at_most(250)
"""MB of each process that grades LaTeX."""
LOOK = 0.05
START_SECONDS = 60.0
"""Time for a scheduler and its workers to get ready."""


def measure(options: Options) -> Iterator[Row]:
    """Submissions per second on full homework, and the peak memory of main process and worker."""
    count = options.count(40, 4)
    with TemporaryDirectory() as folder:
        export = write_export(Path(folder) / "export", count, odd=False).folder
        rates: dict[int, float] = {}
        for jobs in (1, 2):
            ended = _graded(export, Path(folder) / f"out{jobs}", "--jobs", str(jobs))
            what = f"batch of {count} on {jobs} process{'es' if jobs > 1 else ''}"
            rates[jobs] = count / ended.wall
            note = f"{ended.wall:.1f} s, {ended.processor / count:.2f} s of a processor each"
            yield Row(what, rates[jobs], "/s", note=note)
            yield Row(f"{what}: peak memory, main", ended.main_mb, "MB")
            yield Row(f"{what}: peak memory, a worker", ended.below_mb, "MB", MEMORY)
        yield Row("batch, 2 processes over 1", rates[2] / rates[1], "×", note=f"{os.cpu_count()} processors")
        what = f"batch of {count} on 2 Dask workers"
        if find_spec("distributed") is None:
            yield missing(what, "distributed is not installed")
            return
        with dask(Path(folder), 2) as address:
            ended = _graded(export, Path(folder) / "out-dask", "--cluster", address)
        rate = count / ended.wall
        yield Row(
            what,
            rate,
            "/s",
            note=f"{ended.wall:.1f} s, the workers' first start included; {rate / rates[2]:.2f} of 2 processes",
        )


def measure_memory(options: Options) -> Iterator[Row]:
    """Peak memory of classes of different sizes, short submissions: it should hardly grow."""
    with TemporaryDirectory() as folder:
        for count in (options.count(100, 2), options.count(1000, 8)):
            export = write_export(Path(folder) / f"export{count}", count, small=True, odd=False).folder
            ended = _graded(export, Path(folder) / f"out{count}", "--jobs", "2")
            what = f"batch of {count} short ones on 2 processes"
            yield Row(what, count / ended.wall, "/s")
            yield Row(f"{what}: peak memory, main", ended.main_mb, "MB")
            yield Row(f"{what}: peak memory, a worker", ended.below_mb, "MB", MEMORY)


def _graded(export: Path, out: Path, *options: str) -> Ended:
    ended = grader("grade", str(export), "--out", str(out), *options, limit=1200, look=LOOK)
    if ended.status:
        raise RuntimeError(f"grade ended with {ended.status}: {ended.said[-500:]}")
    return ended


@contextmanager
def dask(folder: Path, workers: int) -> Iterator[str]:
    """A scheduler with workers of one thread each, ready and idle; its address."""
    address = folder / "scheduler.json"
    common = ["--scheduler-file", str(address), "--no-dashboard"]
    commands = [["distributed.cli.dask_scheduler", *common, "--host", "127.0.0.1", "--port", "0"]]
    commands += [
        ["distributed.cli.dask_worker", *common, "--no-nanny", "--nthreads", "1", "--local-directory", str(folder)]
    ] * workers
    processes = []
    try:
        for words in commands:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", *words], cwd=folder, env=dict(os.environ, PYTHONPATH=str(ROOT)),
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
            )  # fmt: skip
        from distributed import Client

        until = time.monotonic() + START_SECONDS
        while not address.exists():
            if time.monotonic() > until:
                raise RuntimeError("the Dask scheduler did not start")
            time.sleep(0.1)
        with Client(scheduler_file=str(address)) as client:
            client.wait_for_workers(workers, timeout=START_SECONDS)
        yield str(address)
    finally:
        for process in processes:
            process.kill()
            process.wait()
