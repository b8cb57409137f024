"""What every request passes first and every answer last: host, origin, size, time, rate; headers that keep a page to itself."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.web.limits import BODY_SECONDS, CHECK_BYTES, FORM_BYTES
from grader.web.rates import REQUESTS, Buckets, seconds

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGE: Final = frozenset({"/", "/api/check"})
"""Where files are sent to."""


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self.app = app
        self._hosts = frozenset(h.lower() for h in hosts)
        self._rate = Buckets(REQUESTS)
        self.refuse: Callable[[], None] = lambda: None
        """Take no more checks: the server is being stopped."""
        self.why = ""
        """What kept the application from starting."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    out[name] = value
                if "cache-control" not in out:
                    out["cache-control"] = "no-store"
            await send(message)

        refused = self._refused(scope, headers)
        if refused is not None:
            await refused(scope, receive, sealed)
            return
        most = CHECK_BYTES if scope["path"] in _LARGE else FORM_BYTES
        await self.app(scope, _counted(receive, most), sealed)

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to what is not let in."""
        if _host(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("This server is not known under that name.", 421)
        wait = self._rate.take(address_of(scope))
        if wait:
            return problem(429, "rate", "Too many requests; wait a little.", {"retry-after": seconds(wait)})
        if scope["method"] in _SAFE:
            return None
        if not _own_origin(scope, headers):
            return problem(403, "origin", "This was sent from another page.")
        length = headers.get("content-length", "0")
        most = CHECK_BYTES if scope["path"] in _LARGE else FORM_BYTES
        if not (length.isascii() and length.isdecimal()):
            return problem(400, "length", "The length of the body is no number.")
        if len(length) > 15 or int(length) > most:
            return problem(413, "size", f"At most {most / 1e6:g} MB are taken.", {"connection": "close"})
        return None


def problem(status: int, code: str, text: str, headers: MutableMapping[str, str] | None = None) -> JSONResponse:
    """An error as the API says it."""
    return JSONResponse({"code": code, "detail": text}, status, headers)


def address_of(scope: Scope | MutableMapping[str, Any]) -> str:
    """The network address a request came from, of IPv6 the network of 64 bits that one household has."""
    host = (scope.get("client") or ("local", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


def _host(header: str) -> str:
    """The name in a Host header, without the port."""
    name = header.strip().lower()
    if name.startswith("["):
        return name[: name.find("]") + 1]
    return name.rsplit(":", 1)[0] if name.count(":") == 1 else name


def _own_origin(scope: Scope, headers: Headers) -> bool:
    """Whether a request that may change something comes from a page of ours, or from no browser at all."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.lower() == f"{scope['scheme']}://{headers.get('host', '').lower()}"


def _counted(receive: Receive, most: int) -> Receive:
    """The body, of which no more is read than allowed, in size and time; raises HTTPException."""
    count = 0
    over = False
    until = asyncio.get_running_loop().time() + BODY_SECONDS

    async def counted() -> Message:
        nonlocal count, over
        if over:
            return await receive()
        left = until - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(receive(), max(left, 0.001))
        except TimeoutError:
            raise HTTPException(408, "The body took too long to come.", {"connection": "close"}) from None
        if message["type"] == "http.request":
            count += len(message.get("body", b""))
            over = not message.get("more_body", False)
            if count > most:
                raise HTTPException(413, f"At most {most / 1e6:g} MB are taken.", {"connection": "close"})
        return message

    return counted
