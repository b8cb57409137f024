"""Who is served next: addresses in turn, and visitors of one address in turn, so that nobody can starve the others.

A plain structure for one thread. An address is what the network tells; a visitor is only what a browser says of itself (a
cookie), so it divides the share of its address and can never enlarge it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Client:
    """`address` is a network address (a /64 of IPv6), `visitor` empty for those without a cookie."""

    address: str
    visitor: str = ""


class Full(Exception):
    """Nobody more can wait; `of` is `all`, `address` or `client`."""

    def __init__(self, of: str) -> None:
        super().__init__(of)
        self.of = of


class FairQueue(Generic[T]):
    """Things that wait, each for a client; at most `total`, of these `address` for one address and `client` for one client."""

    def __init__(self, total: int, address: int, client: int) -> None:
        self._caps = (total, address, client)
        self._waiting: OrderedDict[str, OrderedDict[str, deque[T]]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, client: Client, thing: T) -> None:
        """Let a thing wait. Raises Full."""
        total, most_address, most_client = self._caps
        visitors = self._waiting.get(client.address, OrderedDict())
        if len(visitors.get(client.visitor, ())) >= most_client:
            raise Full("client")
        if sum(len(things) for things in visitors.values()) >= most_address:
            raise Full("address")
        if self._count >= total:
            raise Full("all")
        self._waiting.setdefault(client.address, visitors).setdefault(client.visitor, deque()).append(thing)
        self._count += 1

    def take(self) -> T | None:
        """The thing that is served next, and its client goes to the end of the turn; None if nothing waits."""
        if not self._waiting:
            return None
        address, visitors = self._waiting.popitem(last=False)
        visitor, things = visitors.popitem(last=False)
        thing = things.popleft()
        self._count -= 1
        if things:
            visitors[visitor] = things
        if visitors:
            self._waiting[address] = visitors
        return thing

    def drop(self, client: Client, thing: T) -> bool:
        """Let a thing wait no more; whether it did."""
        visitors = self._waiting.get(client.address)
        things = visitors.get(client.visitor) if visitors is not None else None
        if visitors is None or things is None or thing not in things:
            return False
        things.remove(thing)
        self._count -= 1
        if not things:
            del visitors[client.visitor]
        if not visitors:
            del self._waiting[client.address]
        return True

    def clear(self) -> list[T]:
        """All that waits; nothing waits any more."""
        out = []
        while (thing := self.take()) is not None:
            out.append(thing)
        return out
