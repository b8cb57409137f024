"""Holds a sandbox for the tests, as whatever user it is started as; takes calls as pickles on standard input."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from grader.programs import Case, Program, Ran
from grader.sandbox import Mode, Sandbox

SENTINEL_OUTSIDE = "outside-" + "kingfisher" * 4  # in this process's memory, which holds what a grader knows


class Driver:
    """What the tests can ask for."""

    def __init__(self) -> None:
        self.boxes: dict[str, Sandbox] = {}
        secret = Path("/tmp") / f"sandbox-test-secret-{os.getpid()}"
        secret.write_text("inherited-secret")
        self.secret = os.open(secret, os.O_RDONLY)
        secret.unlink()
        os.set_inheritable(self.secret, True)

    def box(self, mode: str) -> Sandbox:
        if mode not in self.boxes:
            self.boxes[mode] = Sandbox(mode=Mode(mode))
        return self.boxes[mode]

    def run(self, program: Program, cases: list[Case], mode: str = "strict") -> list[Ran]:
        return self.box(mode).run(program, cases)

    def reason(self, torch: bool = False, mode: str = "strict") -> str:
        return self.box(mode).reason(torch)

    def workers(self) -> list[tuple[int, str]]:
        """Processes below this one: number and name, in order."""
        return descendants(os.getpid())

    def guards(self, mode: str) -> tuple[str, ...]:
        return self.box(mode)._workers[False].guards

    def state(self) -> dict[str, Any]:
        """Processes below this one, its mounts, how many descriptors it holds."""
        return {
            "workers": sorted(self.workers()),
            "mounts": Path("/proc/self/mountinfo").read_text(),
            "descriptors": len(os.listdir("/proc/self/fd")),
        }

    def run_and_kill(self, program: Program, case: Case, times: int, which: str) -> Ran:
        """Run a case; so many times, while it runs, kill the launcher or the worker."""
        self.box("strict").reason()

        def kill() -> None:
            killed: set[int] = set()
            deadline = time.monotonic() + 60
            left = times
            while left and time.monotonic() < deadline:
                found = descendants(os.getpid())  # launcher, its first process, the worker, a child
                fresh = [pid for pid, name in found if name.startswith(which) and pid not in killed]
                if fresh and len(found) >= 4:
                    time.sleep(0.2)
                    os.kill(fresh[0], signal.SIGKILL)
                    killed |= {pid for pid, _ in found}
                    left -= 1
                time.sleep(0.02)

        thread = threading.Thread(target=kill)
        thread.start()
        ran = self.box("strict").run(program, [case])[0]
        thread.join()
        return ran

    def close_mode(self, mode: str) -> None:
        self.boxes.pop(mode).close()

    def close(self) -> list[tuple[int, str]]:
        for box in self.boxes.values():
            box.close()
        self.boxes.clear()
        return descendants(os.getpid())


def descendants(root: int) -> list[tuple[int, str]]:
    """Processes below `root`, zombies included."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            name = text[text.index("(") + 1 : text.rindex(")")]
            parents.setdefault(int(text[text.rindex(")") + 2 :].split()[1]), []).append((int(entry), name))
    found: list[tuple[int, str]] = []
    todo = [root]
    while todo:
        for child in parents.get(todo.pop(), []):
            found.append(child)
            todo.append(child[0])
    return found


def main() -> None:
    driver = Driver()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            name, args, named = pickle.load(sys.stdin.buffer)
        except EOFError:
            driver.close()
            return
        answer: Any
        try:
            answer = getattr(driver, name)(*args, **named)
        except Exception as error:  # for the test to raise
            answer = error
        pickle.dump(answer, out)
        out.flush()


if __name__ == "__main__":
    main()
