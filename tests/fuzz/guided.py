"""The engine with coverage: atheris (libFuzzer) over the instrumented package, with the same mutator beside its own.

Run as a process of its own, because libFuzzer ends it: `python -m fuzz.guided TARGET SECONDS FOLDER SEED`. A find does not stop the
run: it is written to the folder, once for each cause, with what it raised beside it.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import time
from pathlib import Path

import atheris
from atheris.import_hook import HookManager

# what its public call would do, but for the comparisons: tracing them makes runs ten times slower and the mutator knows the words
with HookManager({"grader"}, set(), enable_loader_override=True, trace_dataflow=False):
    from fuzz import targets
    from fuzz.watch import memory, tried

_OWN = 0.9
"""Share of the changes that are the mutator's; libFuzzer makes the rest, with its dictionary."""
_SEEDS = 300
"""Seeds that the corpus begins with: each is run before the first change is made."""


class Session:
    """One run: its finds, counts and memory, written to `state.json` now and then."""

    def __init__(self, name: str, seconds: float, folder: Path) -> None:
        self.name, self.folder, self.seconds = name, folder, seconds
        self.target = targets.TARGETS[name]
        self.executions = 0
        self.keys: dict[str, str] = {}
        self.memory: list[tuple[float, int]] = []
        self.start = time.monotonic()
        self.slowest = 0.0

    def one(self, data: bytes) -> None:
        """One input."""
        before = time.process_time()
        find = tried(self.target.run, data, 2 * self.target.seconds, targets.DECLARED)  # instrumented code is slower
        self.slowest = max(self.slowest, time.process_time() - before)
        self.executions += 1
        if find is not None and find.key not in self.keys:
            name = hashlib.sha256(find.key.encode()).hexdigest()[:12]
            self.keys[find.key] = name
            (self.folder / f"{name}.input").write_bytes(data)
            (self.folder / f"{name}.txt").write_text(f"{find.key}\n\n{find.text}", encoding="utf-8")
        if self.executions % 50 == 1 or find is not None:
            self.note()

    def note(self) -> None:
        """Write down how far it has come; libFuzzer may end the process at any time."""
        now = time.monotonic() - self.start
        if not self.memory or now - self.memory[-1][0] > self.seconds / 40:
            self.memory.append((round(now, 1), memory()))
        state = {
            "executions": self.executions, "seconds": round(now, 1), "finds": self.keys, "memory": self.memory,
            "slowest": round(self.slowest, 3),
        }  # fmt: skip
        (self.folder / "state.json").write_text(json.dumps(state), encoding="utf-8")


def main() -> None:
    """Fuzz one target."""
    name, seconds, folder, seed = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    begin = targets.seeds(name)
    for data in rng.sample(begin, min(len(begin), _SEEDS)):
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    session = Session(name, seconds, folder)
    change = targets.mutator(name, rng)

    def mutated(data: bytes, most: int, own_seed: int) -> bytes:
        rng.seed(own_seed)
        if rng.random() < _OWN:
            return change(bytes(data))[:most]
        return bytes(atheris.Mutate(data, most))

    longest = max(8192, *(len(d) for d in targets.seeds(name)))
    options = [
        sys.argv[0], f"-max_total_time={int(seconds)}", f"-max_len={longest}", f"-seed={seed}", "-rss_limit_mb=3000", "-timeout=120",
        f"-artifact_prefix={folder}/libfuzzer-", "-print_final_stats=1", f"-dict={Path(__file__).parent / 'latex.dict'}", str(corpus),
    ]  # fmt: skip
    atheris.Setup(options, session.one, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
