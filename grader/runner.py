"""What runs Python answers: the sandbox, made when the first submission needs it and kept warm for those after it."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

from grader.programs import Case, Ending, Program, Ran, Runner


class LazyRunner:
    """A sandbox of each kind (with torch and without), made when first asked for.

    Where there is none, every case is `not_run` with the reason.
    """

    def __init__(self) -> None:
        self._made: dict[bool, Runner | str] = {}

    def run(self, program: Program, cases: Sequence[Case]) -> list[Ran]:
        """Run the cases of a program, one result for each."""
        if program.torch not in self._made:
            self._made[program.torch] = _sandbox(program.torch)
        runner = self._made[program.torch]
        if isinstance(runner, str):
            return [Ran(Ending.NOT_RUN, message=runner) for _ in cases]
        return runner.run(program, cases)


def _sandbox(torch: bool) -> Runner | str:
    """The sandbox, or why there is none."""
    if torch and importlib.util.find_spec("torch") is None:
        return "needs the extra `python` (torch is not installed)"
    try:
        module: Any = importlib.import_module("grader.sandbox")
    except ImportError:
        return "this installation has no sandbox"
    runner: Runner = module.Sandbox(torch=torch)
    return runner
