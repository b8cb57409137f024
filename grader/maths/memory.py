"""What is found out about the formulas of one submission: kept while it is graded, let go of with it.

All of it is a function of a world and a tree, so that it changes no answer; equal trees share it, wherever they stand.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from weakref import WeakSet

_V = TypeVar("_V")

MOST: Final = 4096
"""Entries of one table; a block's values of tables over densities take a few kilobytes each."""


class Table(dict[Any, Any]):
    """Answers by what was asked; begun anew when it is full."""

    __slots__ = ("__weakref__",)
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __init__(self) -> None:
        _TABLES.add(self)

    def keep(self, key: Any, value: _V) -> _V:
        """Keep an answer and give it back."""
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value


class Lasting(Table):
    """A table that lasts until the submission is graded, whatever else is let go of."""

    __slots__ = ()


_TABLES: WeakSet[Table] = WeakSet()


def forget() -> None:
    """Let go of all that was found out: the next submission's formulas are others."""
    for table in list(_TABLES):
        table.clear()


def refresh() -> None:
    """Let go of what rests on values that were not known before; what lasts stays."""
    for table in list(_TABLES):
        if not isinstance(table, Lasting):
            table.clear()


@contextmanager
def one_submission() -> Iterator[None]:
    """What is found out about a submission's formulas is let go of at its end.

    The cyclic garbage collector waits until then: trees have no cycles and are many.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        forget()
        if running:
            gc.enable()
