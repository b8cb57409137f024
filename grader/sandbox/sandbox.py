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
from grader.sandbox.warm import NoIsolation, Warm, WorkerBroken

TRIES: Final = 2
"""A fault of ours is tried once more, then a person looks."""
LOCKED_OUT: Final = "students' code cannot be locked in here"


class Sandbox:
    """Runs programs; a context manager that leaves nothing behind.

    With `torch` the worker that has torch loaded is started at once; else when the first program needs it. A sandbox is
    for one thread. Where students' code cannot be locked in, every case is `not_run`, with the reason.
    """

    def __init__(self, torch: bool = False, mode: Mode = Mode.STRICT) -> None:
        self.mode = mode
        self._workers: dict[bool, Warm] = {}
        self._reasons: dict[bool, str] = {}
        self._proved = False
        if torch:
            self.start(torch=True)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, torch: bool = False) -> None:
        """Start a worker now, so that it gets warm while the caller does something else."""
        try:
            self._worker(torch)
        except NoIsolation:
            return  # `run` says so of every case

    def reason(self, torch: bool = False) -> str:
        """Why nothing can be run (with torch); empty if it can. Starts the worker and waits for it."""
        try:
            self._warm(torch)
        except (NoIsolation, WorkerBroken) as error:
            return str(error)
        return ""

    def guards(self) -> tuple[str, ...]:
        """What holds students' code beside namespaces or another user: `seccomp`, `landlock`; known once a worker is warm."""
        return next((worker.guards for worker in self._workers.values()), ())

    def _worker(self, torch: bool) -> Warm:
        """A worker, perhaps still cold. Raises NoIsolation where there can be none."""
        if torch in self._reasons:
            raise NoIsolation(self._reasons[torch])
        if torch not in self._workers:
            missing = lacking(self.mode, torch)
            if missing:
                raise self._never(torch, missing)
            try:
                self._workers[torch] = Warm(self.mode, torch)
            except NoIsolation as error:
                raise self._never(torch, f"{LOCKED_OUT}: {error}") from None
        return self._workers[torch]

    def _never(self, torch: bool, reason: str) -> NoIsolation:
        self._reasons[torch] = reason
        return NoIsolation(reason)

    def _warm(self, torch: bool) -> Warm:
        """A worker that is ready. Raises NoIsolation where there can be none, WorkerBroken where it did not come up."""
        worker = self._worker(torch)
        try:
            worker.wait_ready()
        except NoIsolation as error:
            del self._workers[torch]
            if self._proved:  # it worked before: something else is wrong
                raise WorkerBroken(str(error)) from None
            raise self._never(torch, f"{LOCKED_OUT}: {error}") from None
        except WorkerBroken:
            del self._workers[torch]
            raise
        self._proved = True
        return worker

    def run(self, program: Program, cases: Sequence[Case]) -> list[Ran]:
        """Run the cases of one program in turn, each in a fresh child; one outcome each, in their order."""
        return [self._run(program, case) for case in cases]

    def _run(self, program: Program, case: Case) -> Ran:
        torch = program.torch or case.feed == "torch" or case.gradient
        asked = request(program, case)
        fault = ""
        for _ in range(TRIES):
            try:
                raw = self._warm(torch).run(asked, case.limits)
            except NoIsolation as error:
                return Ran(Ending.NOT_RUN, message=str(error))
            except WorkerBroken as error:
                fault = str(error)
                broken = self._workers.pop(torch, None)
                if broken is not None:
                    broken.kill()
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
        return "bubblewrap (bwrap) is not installed; see grader doctor"
    if torch and not has("torch"):
        return "needs the extra `python` (torch): pip install 'homework-grader[python]'"
    return ""
