"""Students' Python, run where it can do no harm: every case in a child of its own, every outcome a plain record."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import Final

from grader.programs import Case, Ending, Program, Ran
from grader.sandbox.frames import request
from grader.sandbox.launch import Mode, has
from grader.sandbox.outcome import ours, outcome
from grader.sandbox.warm import NoIsolation, Raw, Warm, WorkerBroken

TRIES: Final = 2
"""A fault of ours is tried once more, then a person looks."""


class Sandbox:
    """Runs programs; a context manager that leaves nothing behind.

    With `torch` the worker that has torch loaded is started at once; else when the first program needs it. A sandbox is
    for one thread. Where students' code cannot be locked in, every case is `not_run`, with the reason.
    """

    def __init__(self, torch: bool = False, mode: Mode = Mode.STRICT) -> None:
        self.mode = mode
        self._workers: dict[bool, Warm] = {}
        self._reasons: dict[bool, str] = {}
        if torch:
            self.start(torch=True)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, torch: bool = False) -> None:
        """Start a worker now, so that it gets warm while the caller does something else."""
        if torch in self._workers or torch in self._reasons:
            return
        missing = lacking(self.mode, torch)
        if missing:
            self._reasons[torch] = missing
            return
        try:
            self._workers[torch] = Warm(self.mode, torch)
        except NoIsolation as error:
            self._reasons[torch] = f"Python answers cannot be locked in here: {error}"

    def reason(self, torch: bool = False) -> str:
        """Why nothing can be run (with torch); empty if it can. Starts the worker and waits for it."""
        self.start(torch)
        worker = self._workers.get(torch)
        if worker is not None:
            try:
                worker.wait_ready()
            except NoIsolation as error:
                del self._workers[torch]
                self._reasons[torch] = f"Python answers cannot be locked in here: {error}"
        return self._reasons.get(torch, "")

    def run(self, program: Program, cases: Sequence[Case]) -> list[Ran]:
        """Run the cases of one program in turn, each in a fresh child; one outcome each, in their order."""
        return [self._run(program, case) for case in cases]

    def _run(self, program: Program, case: Case) -> Ran:
        torch = program.torch or case.feed == "torch" or case.gradient
        asked = request(program, case)
        fault = ""
        for _ in range(TRIES):
            reason = self.reason(torch)
            if reason:
                return Ran(Ending.NOT_RUN, message=reason)
            worker = self._workers[torch]
            try:
                raw: Raw = worker.run(asked, case.limits)
            except (WorkerBroken, NoIsolation) as error:
                fault = str(error)
                del self._workers[torch]
                worker.kill()
                continue
            fault = ours(raw, self.mode is Mode.STRICT)
            if not fault:
                return outcome(raw, program, case)
        return Ran(Ending.FAULT, message=f"it could not be run, which is our fault: {fault}")

    def close(self) -> None:
        """End the workers and everything in them."""
        workers, self._workers = self._workers, {}
        for worker in workers.values():
            worker.close()


def lacking(mode: Mode, torch: bool) -> str:
    """What is missing to run students' code, in words for the operator; empty if nothing obvious is."""
    if not sys.platform.startswith("linux"):
        return "Python answers are run on Linux only (they are locked in with its namespaces)"
    if mode is Mode.STRICT and shutil.which("bwrap") is None:
        return "Python answers are not run: bubblewrap (bwrap) is not installed; see grader doctor"
    if torch and not has("torch"):
        return "it needs torch, which is not installed: pip install 'homework-grader[python]'"
    return ""
