"""Text of students in a terminal: nothing in it moves the cursor, changes a colour or the direction of what follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Controls but tab and line break, and marks of direction."""


def visible(value: Any) -> Any:
    """A text, or data with texts in it, in which such characters are shown as `\ufffd`."""
    if isinstance(value, str):
        return _UNSEEN.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: visible(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [visible(item) for item in value]
    return value


def few(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    return str(visible(", ".join(names[:12]))) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
