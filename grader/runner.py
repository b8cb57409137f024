"""What runs Python answers: the sandbox, made when the first submission needs it and kept warm for those after it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from grader.programs import Case, Ending, Program, Ran, Runner


class LazyRunner:
    """A sandbox, made when first asked for; where this installation has none, every case is `not_run`."""

    def __init__(self) -> None:
        self._sandbox: Runner | None = None

    def run(self, program: Program, cases: Sequence[Case]) -> list[Ran]:
        """Run the cases of a program, one result for each."""
        if self._sandbox is None:
            try:
                module: Any = importlib.import_module("grader.sandbox")
            except ImportError:
                return [Ran(Ending.NOT_RUN, message="this installation has no sandbox") for _ in cases]
            self._sandbox = module.Sandbox(torch=program.torch)
        assert self._sandbox is not None
        return self._sandbox.run(program, cases)
