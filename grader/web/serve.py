"""The server's process: it listens, and stops in order."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn

from grader.errors import OperatorError
from grader.web.app import create_app
from grader.web.guard import Guard
from grader.web.limits import CHECK_SECONDS, FORM_BYTES
from grader.web.settings import Settings

_CONNECTIONS: Final = 500
"""Open at a time: those who wait for a check, and as many who read."""


class Server(uvicorn.Server):
    """Refuses what waits as soon as it is told to stop; uvicorn then lets answer what runs."""

    def __init__(self, config: uvicorn.Config, guard: Guard, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._guard, self._ready = guard, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._guard.why:
            self.should_exit = True
        elif self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._guard.refuse()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in order; also when told twice, since what runs is short. The exit status stays that of a command that ended."""
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A socket to serve on. Raises OperatorError where it cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise OperatorError(f"--host {host}: {error.strerror}") from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OperatorError(f"--host {host} --port {port}: cannot listen there ({error.strerror})") from None
    return sock


def configured(guard: Guard, proxy: str | None = None) -> uvicorn.Config:
    """How uvicorn serves an application; `proxy` is the address of a proxy whose word on clients is believed."""
    return uvicorn.Config(
        guard, log_level="warning", access_log=False, server_header=False, date_header=True, lifespan="on",
        proxy_headers=proxy is not None, forwarded_allow_ips=proxy or "", limit_concurrency=_CONNECTIONS, timeout_keep_alive=15,
        timeout_graceful_shutdown=int(CHECK_SECONDS), h11_max_incomplete_event_size=FORM_BYTES, ws="none",
    )  # fmt: skip


def serve(settings: Settings, sock: socket.socket, *, proxy: str | None, ready: Callable[[], None]) -> None:
    """Serve until a signal says to stop. Raises OperatorError where gradebook or assignment cannot be used."""
    guard = create_app(settings)
    server = Server(configured(guard, proxy), guard, ready)
    server.run(sockets=[sock])
    if guard.why:
        raise OperatorError(guard.why)
