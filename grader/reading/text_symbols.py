"""Symbols of running text that have no row of ours, from pylatexenc's tables; loaded only when a file uses one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _table() -> Any:
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()


@lru_cache(maxsize=4096)
def symbol_text(name: str) -> str:
    """The characters a command without arguments stands for in text, such as `\\textquoteright`; "" if none."""
    replacement = getattr(_table().get_macro_spec(name), "simplify_repl", None)
    return replacement if isinstance(replacement, str) and "%" not in replacement else ""
