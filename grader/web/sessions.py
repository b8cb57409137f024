"""Who is signed in to the desk: a token that lets in, sessions in memory, a secret in each form."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from grader.web.limits import SESSION_SECONDS, SESSIONS, UNDO


@dataclass(frozen=True, slots=True)
class Done:
    """A decision that can be taken back: the overrides it gave, in words, and where the question is."""

    overrides: tuple[int, ...]
    said: str
    place: tuple[str, str, str | None]


@dataclass(slots=True)
class Session:
    """Somebody who marks. `author` signs decisions, `csrf` must stand in every form, `done` can be taken back.

    `said` is what the next page tells of the last form, `wrong` whether that is bad news.
    """

    author: str
    csrf: str
    until: float
    done: list[Done] = field(default_factory=list)
    said: str = ""
    wrong: bool = False

    def tell(self, text: str, *, wrong: bool = False) -> None:
        """Let the next page say this."""
        self.said, self.wrong = text, wrong

    def told(self) -> tuple[str, bool]:
        """What this page says; the next one does not."""
        out = (self.said, self.wrong)
        self.said, self.wrong = "", False
        return out

    def did(self, done: Done) -> None:
        """Remember a decision; the oldest is forgotten."""
        self.done.append(done)
        del self.done[:-UNDO]

    def own_form(self, given: str) -> bool:
        """Whether a form is one that this session was sent."""
        return same(given, self.csrf)


class Sessions:
    """The sessions of one server; only hashes of their cookies are kept. For one thread."""

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token
        self._clock = clock
        self._open: OrderedDict[str, Session] = OrderedDict()

    def right(self, token: str) -> bool:
        """Whether a token is the one; takes as long for any wrong one. Without a token nothing is right."""
        return bool(self._token) and same(token, self._token)

    def begin(self, author: str) -> str:
        """A new session; returns its cookie."""
        cookie = secrets.token_urlsafe(32)
        self._open[_hash(cookie)] = Session(author, secrets.token_urlsafe(32), self._clock() + SESSION_SECONDS)
        while len(self._open) > SESSIONS:
            self._open.popitem(last=False)
        return cookie

    def of(self, cookie: str) -> Session | None:
        """The session of a cookie, unless it is over."""
        session = self._open.get(_hash(cookie)) if cookie else None
        if session is not None and session.until < self._clock():
            self.end(cookie)
            return None
        return session

    def end(self, cookie: str) -> None:
        """End a session."""
        self._open.pop(_hash(cookie), None)


def same(a: str, b: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing of them."""
    return hmac.compare_digest(_bytes(a), _bytes(b))


def _bytes(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _hash(cookie: str) -> str:
    return _bytes(cookie).hex()
