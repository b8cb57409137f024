"""`python -m fuzz [TARGET...] [--seconds N] [--plain] [--out DIR]`: fuzz targets, one after the other, and print a table.

Guided by coverage where atheris is installed (the extra `fuzz`), otherwise or with `--plain` by the mutator alone. Finds are
written to DIR/TARGET; the exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

from fuzz.plain import run
from fuzz.targets import TARGETS

_COVERED = re.compile(r"^#\d+\s+(?:INITED|NEW|REDUCE|DONE)\s+cov: (\d+)", re.MULTILINE)
"""Edges, from the moment that all seeds have been run."""
_ROW = "{:<10} {:>9} {:>8} {:>7} {:>16} {:>6}  {}"


def main() -> int:
    """Run what the command line asks for; the number of the exit status."""
    ask = argparse.ArgumentParser(prog="fuzz")
    ask.add_argument("targets", nargs="*", default=list(TARGETS))
    ask.add_argument("--seconds", type=float, default=60.0)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--plain", action="store_true")
    ask.add_argument("--out", type=Path, default=Path("build/fuzz"))
    told = ask.parse_args()
    unknown = set(told.targets) - TARGETS.keys()
    if unknown:
        ask.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    guided = not told.plain and importlib.util.find_spec("atheris") is not None
    found = 0
    print(
        _ROW.format("target", "inputs", "seconds", "slowest", "edges", "finds", "memory in MB: start, warm, end"),
        flush=True,
    )
    for name in told.targets:
        folder = (told.out / name).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        found += (_guided if guided else _plain)(name, told.seconds, told.seed, folder)
    if found:
        print(f"{found} finds in {told.out}")
    return 1 if found else 0


def _plain(name: str, seconds: float, seed: int, folder: Path) -> int:
    done = run(name, seed, seconds=seconds)
    for key, (find, data) in done.finds.items():
        stem = folder / hashlib.sha256(key.encode()).hexdigest()[:12]
        stem.with_suffix(".input").write_bytes(data)
        stem.with_suffix(".txt").write_text(f"{key}\n\n{find.text}", encoding="utf-8")
    megabytes = ", ".join(str(m >> 20) for m in done.memory)
    print(
        _ROW.format(
            name, done.executions, f"{done.seconds:.0f}", f"{done.slowest[0]:.2f}", "", len(done.finds), megabytes
        ),
        flush=True,
    )
    return len(done.finds)


def _guided(name: str, seconds: float, seed: int, folder: Path) -> int:
    log = folder / "libfuzzer.log"
    with log.open("wb") as out:
        call = [sys.executable, "-m", "fuzz.guided", name, str(seconds), str(folder), str(seed)]
        status = subprocess.run(call, stdout=out, stderr=subprocess.STDOUT).returncode
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    edges = [int(n) for n in _COVERED.findall(log.read_text(encoding="utf-8", errors="replace"))] or [0]
    sizes = [size >> 20 for _, size in state["memory"]]
    megabytes = f"{sizes[0]}, {sizes[len(sizes) // 5]}, {sizes[-1]}"
    finds = len(state["finds"])
    print(
        _ROW.format(
            name,
            state["executions"],
            f"{state['seconds']:.0f}",
            f"{state['slowest']:.2f}",
            f"{edges[0]} to {edges[-1]}",
            finds,
            megabytes,
        ),
        flush=True,
    )
    if status:  # libFuzzer itself stopped it: too much memory, or a hang in one call of C
        print(f"  ended with status {status}, see {log}")
        return finds + 1
    return finds


if __name__ == "__main__":
    sys.exit(main())
