"""The style sheet of all pages."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """The CSS as text: colours and sizes are custom properties on `:root`, light and dark."""
    return files("grader.report.html").joinpath("style.css").read_text(encoding="utf-8")
