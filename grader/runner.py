"""What runs Python answers: the sandbox, made when the first submission needs it and kept warm for those after it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from grader.programs import Case, Program, Ran, Runner

WEAK: Final = "GRADER_SANDBOX"
"""Set to `weak` where a container is itself the sandbox: the operator's word for the weaker mode, and never a default."""


class LazyRunner:
    """A sandbox, made when first asked for; where nothing can be locked in, every case is `not_run`."""

    def __init__(self) -> None:
        self._sandbox: Runner | None = None

    def run(self, program: Program, cases: Sequence[Case]) -> list[Ran]:
        """Run the cases of a program, one result for each."""
        if self._sandbox is None:
            from grader.sandbox import Mode, Sandbox  # a submission without Python does not need it

            mode = Mode.WEAK if os.environ.get(WEAK) == "weak" else Mode.STRICT
            self._sandbox = Sandbox(mode=mode, torch=program.torch)
        return self._sandbox.run(program, cases)
