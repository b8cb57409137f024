"""What a person types as a decision: points in several forms, places in a list."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

SHARES: Final = {"f": 1.0, "full": 1.0, "h": 0.5, "half": 0.5, "z": 0.0, "zero": 0.0}


def points_of(text: str, out_of: float) -> float | None:
    """Points from `1.5`, `1,5`, `f`, `half`, `z` ..; None if it is nothing of the kind."""
    word = text.strip().casefold()
    if word in SHARES:
        return round(SHARES[word] * out_of, 4)
    try:
        value = float(word.replace(",", ".", 1))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def chosen(text: str, count: int) -> Sequence[int] | None:
    """Places from 1 to `count` as in `1 3-5, 7`; None if it is nothing of the kind."""
    out: list[int] = []
    for word in text.replace(",", " ").split():
        low, dash, high = word.partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()) or len(word) > 12:
            return None
        first, last = int(low), int(high or low)
        if not 1 <= first <= last <= count:
            return None
        out.extend(range(first, last + 1))
    return tuple(dict.fromkeys(out)) or None
