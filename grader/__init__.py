"""A grader for mathematical homework: reads derivations as written, tests every claim with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.api import compare

__all__ = ["compare"]


def __getattr__(name: str) -> Any:
    """`grader.compare`, imported when first used: the command line's help needs no NumPy."""
    if name == "compare":
        from grader.api import compare

        return compare
    raise AttributeError(name)
