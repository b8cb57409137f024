"""The engine without coverage: seeds changed by the mutator, in an order that depends on the seed of a generator alone."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from fuzz.targets import DECLARED, TARGETS, mutator, seeds
from fuzz.watch import Find, memory, tried


@dataclass
class Run:
    """What a run found; `memory` has bytes at the start, after a fifth of it and at the end."""

    executions: int = 0
    seconds: float = 0.0
    finds: dict[str, tuple[Find, bytes]] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)
    slowest: tuple[float, bytes] = (0.0, b"")


def inputs(name: str, seed: int) -> Iterator[bytes]:
    """First all seeds as they are, then changed ones without end: half of them from a seed, half from one changed before."""
    rng = random.Random(seed)
    change = mutator(name, rng)
    known = seeds(name)
    first = list(known)
    rng.shuffle(first)
    yield from first
    kept: list[bytes] = []
    while True:
        data = change(rng.choice(known if not kept or rng.random() < 0.5 else kept))
        kept.append(data)
        if len(kept) > 200:
            kept.pop(rng.randrange(len(kept)))
        yield data


def run(name: str, seed: int, *, executions: int | None = None, seconds: float | None = None, most: int = 50) -> Run:
    """Fuzz one target for so many executions or seconds of processor time, or until `most` different finds."""
    target = TARGETS[name]
    done = Run(memory=[memory()])
    start = time.process_time()
    for data in inputs(name, seed):
        before = time.process_time()
        find = tried(target.run, data, target.seconds, DECLARED)
        now = time.process_time()
        done.executions += 1
        done.seconds = now - start
        if now - before > done.slowest[0]:
            done.slowest = (now - before, data)
        if find is not None and find.key not in done.finds:
            done.finds[find.key] = (find, data)
        share = done.executions / executions if executions else done.seconds / (seconds or 1.0)
        if len(done.memory) == 1 and share >= 0.2:
            done.memory.append(memory())
        if share >= 1 or len(done.finds) >= most:
            break
    done.memory.append(memory())
    return done
