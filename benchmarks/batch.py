"""How fast a class is graded and how much memory that takes: made-up Gradescope exports on 1 and 2 processes and 2 Dask workers.

    python benchmarks/batch.py speed [COUNT]      submissions per second, ordinary submissions; with Dask where it is installed
    python benchmarks/batch.py memory [COUNT..]   peak memory, short submissions
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

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from gradescope_export import write_export  # noqa: E402


def peak(pid: int) -> float:
    """The most memory a process had so far, in MB; 0 when it is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def children(pid: int) -> list[int]:
    """Processes a process started."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(p) for task in tasks for p in (task / "children").read_text().split()]
    except OSError:
        return []


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

        while not address.exists():
            time.sleep(0.1)
        with Client(scheduler_file=str(address)) as client:
            client.wait_for_workers(workers, timeout=60)
        yield str(address)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def grade(export: Path, out: Path, *options: str) -> tuple[float, float, float, float]:
    """Seconds, seconds of processors, and the peak memory of the main process and of the largest worker it started."""
    command = [sys.executable, "-m", "grader", "grade", str(export), "--out", str(out), *options]
    start = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(ROOT)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    main = worker = 0.0
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        main = max(main, peak(process.pid))
        worker = max([worker, *(peak(p) for p in children(process.pid))])
        time.sleep(0.05)
    assert status == 0
    return time.monotonic() - start, used.ru_utime + used.ru_stime, main, worker


def main(what: str, counts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        for count in counts:
            export = write_export(Path(folder) / f"export{count}", count, small=what == "memory", odd=False)
            for jobs in (1, 2):
                out = Path(folder) / f"out{count}-{jobs}"
                seconds, used, main_mb, worker_mb = grade(export.folder, out, "--jobs", str(jobs))
                print(
                    f"{count} submissions, {jobs} processes: {seconds:.1f} s, {count / seconds:.2f}/s, "
                    f"{used / count:.2f} s of a processor each; "
                    f"peak memory: main {main_mb:.0f} MB, worker {worker_mb:.0f} MB",
                    flush=True,
                )
            if what == "speed" and find_spec("distributed"):
                with dask(Path(folder), 2) as address:
                    seconds, _, main_mb, _ = grade(export.folder, Path(folder) / f"out{count}-dask", "--cluster", address)
                print(
                    f"{count} submissions, 2 Dask workers: {seconds:.1f} s, {count / seconds:.2f}/s; peak memory: main {main_mb:.0f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1], [int(n) for n in sys.argv[2:]] or ([40] if sys.argv[1] == "speed" else [100, 1000]))
