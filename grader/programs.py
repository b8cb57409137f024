"""Python answers as plain records, between reading, sandbox and checks: what to run, and what came of running it.

The lowest layer, beside `model`: imports nothing of ours. Nothing in these records can run code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Array:
    """Numbers as raw bytes in C order; `dtype` is a NumPy name of a bool, integer, float or complex type."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Tree:
    """A SymPy expression as a checked tree: `head` is a class name such as `Add` or `Symbol`."""

    head: str
    args: tuple[Plain, ...]


Plain = None | bool | int | float | complex | str | Array | Tree | tuple["Plain", ...]
"""What goes into a sandbox and comes out of it: exact types, no subclasses."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one case may use. `memory_mb` is on top of what the interpreter and its libraries take."""

    seconds: float = 5.0
    memory_mb: int = 512
    output_kb: int = 64
    """Standard output and error kept; what is beyond is dropped, a flood ends the case."""


Feed = Literal["float", "numpy", "torch"]
"""How the arrays of a case are handed to a function: as NumPy arrays or as torch tensors; with `float` an array of one
number is a Python number and a longer one a NumPy array. Plain numbers and tuples are handed over as they are."""


@dataclass(frozen=True, slots=True)
class Program:
    """The Python of one submission: `source` is run as one module called `name`.

    `places` gives, for line i + 1 of the source, the file and the line in it as the student sees it; `names` are the
    names bound at its top level, `torch` says that it imports torch.
    """

    name: str
    source: str
    places: tuple[tuple[str, int], ...] = ()
    names: frozenset[str] = frozenset()
    torch: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One call: `function` of a program with `args`. A name bound to anything but a function is read, not called.

    With `gradient` the sum of the result is differentiated by each argument (torch alone) and the tuple of gradients
    comes back.
    """

    function: str
    args: tuple[Plain, ...] = ()
    feed: Feed = "numpy"
    gradient: bool = False
    limits: Limits = Limits()


class Ending(StrEnum):
    """How a case ended. All but `fault` and `not_run` are the student's outcome."""

    OK = "ok"
    ABSENT = "absent"  # the program does not bind the name
    ERROR = "error"  # an exception, a signal of its own making
    EXIT = "exit"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    FLOOD = "flood"
    INVALID = "invalid"  # a value that no answer can have: NaN, an object, too much
    FAULT = "fault"  # ours, after a second try
    NOT_RUN = "not_run"  # no isolation, or torch is not installed


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one case. `message` is one line; `line` is the line of the source it speaks of; `seconds` are wall time
    in the child."""

    ending: Ending
    value: Plain = None
    message: str = ""
    line: int | None = None
    output: str = ""
    seconds: float = 0.0
    details: Mapping[str, str] = field(default_factory=dict)


class Runner(Protocol):
    """What runs cases; one result for each, in their order. Raises nothing: what goes wrong is an ending."""

    def run(self, program: Program, cases: Sequence[Case]) -> list[Ran]: ...
