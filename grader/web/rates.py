"""How often a client may ask: buckets that fill with time."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from grader.web.limits import CLIENTS


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` requests at once, then `per_second`."""

    burst: float
    per_second: float


CHECKS_ADDRESS: Final = Rate(120, 2.0)
"""A lecture room behind one router; two workers answer about as many."""
CHECKS_CLIENT: Final = Rate(20, 0.5)
"""Somebody who mends a line and checks again, quickly."""
REQUESTS: Final = Rate(400, 20.0)
"""Anything, for one address."""
LOGINS_ADDRESS: Final = Rate(5, 0.05)
"""Wrong tokens from one address."""
LOGINS_ALL: Final = Rate(40, 0.5)
"""Wrong tokens in all: many addresses are no way around."""


class Buckets:
    """A bucket for each key; full at first. For one thread."""

    def __init__(self, rate: Rate, most: int = CLIENTS, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._most = most
        self._clock = clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # what is left, and when that was

    def wait(self, key: Hashable) -> float:
        """Seconds until the next request of this key is allowed; 0 now."""
        left = self._now(key)
        return 0.0 if left >= 1 else (1 - left) / self.rate.per_second

    def take(self, key: Hashable) -> float:
        """Use up one request if it is allowed; returns what `wait` does."""
        left = self._now(key)
        if left < 1:
            return (1 - left) / self.rate.per_second
        self._left[key] = (left - 1, self._clock())
        self._left.move_to_end(key)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return 0.0

    def _now(self, key: Hashable) -> float:
        left, since = self._left.get(key, (self.rate.burst, self._clock()))
        return min(self.rate.burst, left + (self._clock() - since) * self.rate.per_second)


def seconds(wait: float) -> str:
    """A time to wait as the header `Retry-After` has it."""
    return str(max(1, math.ceil(wait)))
