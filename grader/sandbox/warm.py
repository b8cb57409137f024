"""One warm worker, seen from outside: start it, hand it one case at a time, take what the child says, end it.

The request and the answer of a case go between this process and the child directly, through descriptors handed over; the
worker itself carries neither.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import Any, Final

from grader.programs import Limits
from grader.sandbox.inside.wire import FRAME_BYTES
from grader.sandbox.launch import Mode, command

START_SECONDS: Final = 120.0
"""Loading torch takes two seconds on a quiet machine; a cold disk and many neighbours take longer."""
FLOOD_FACTOR: Final = 16
"""Output beyond this many times what is kept ends a case."""
LATE_SECONDS: Final = 30.0
"""After four times its time and this, a worker that says nothing is taken for dead."""


class WorkerBroken(Exception):
    """The worker does not answer or could not make a child: our fault, or the machine's."""


class NoIsolation(Exception):
    """This machine cannot lock a child in; the text says why."""


@dataclass(frozen=True, slots=True)
class Raw:
    """How one child ended: its bytes, its output (bytes kept), the wait status; `cut` is "", "time", "flood" or "result";
    `seconds` are wall time, `kilobytes` the most memory it held."""

    answer: bytes
    output: bytes
    status: int
    cut: str
    seconds: float
    kilobytes: int


class Warm:
    """A worker process; not for use from two threads at once, nor from a thread that ends before it."""

    def __init__(self, mode: Mode, torch: bool) -> None:
        self.mode, self.torch = mode, torch
        self.versions: dict[str, str] = {}
        self.guards: tuple[str, ...] = ()
        self._number = 0
        self._ready = False
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        line = ["the interpreter"]
        try:
            line, environment = command(mode, torch, theirs.fileno())
            self._process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                pass_fds=(theirs.fileno(),),
                close_fds=True,
                cwd="/",
                start_new_session=True,  # a keyboard interrupt is the grader's to handle
            )
        except (OSError, ValueError) as error:
            ours.close()
            raise NoIsolation(f"{line[0]}: {error}") from None
        finally:
            theirs.close()

    def wait_ready(self) -> None:
        """Wait until it is warm. Raises NoIsolation where it never can be, WorkerBroken if this one did not come up."""
        if self._ready:
            return
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        data = b""
        if poll.poll(START_SECONDS * 1000):
            with contextlib.suppress(OSError):
                data = self._control.recv(65536)
        if not data:
            why = self._last_words()
            status = self._process.returncode
            self.kill()
            if status is None or status < 0 or status >= 128:  # too slow, or ended by a signal
                raise WorkerBroken(why)
            raise NoIsolation(why)
        reply: dict[str, Any] = json.loads(data)
        if not reply["ready"]:
            self.close()
            raise NoIsolation(reply["why"])
        self.versions, self.guards, self._ready = reply["versions"], tuple(reply["guards"]), True

    def run(self, request: bytes, limits: Limits) -> Raw:
        """Run one request (`frames.request`) in a child. Raises WorkerBroken; the worker is of no use then."""
        self.wait_ready()
        self._number += 1
        given = os.memfd_create("request", os.MFD_CLOEXEC)
        answer, answer_in = os.pipe2(os.O_CLOEXEC)
        output, output_in = os.pipe2(os.O_CLOEXEC)
        with contextlib.ExitStack() as stack:
            for fd in (answer, output):
                stack.callback(os.close, fd)
            try:
                _write_all(given, request)
                os.lseek(given, 0, os.SEEK_SET)
                order = {"id": self._number, "seconds": limits.seconds, "memory": limits.memory_mb << 20}
                socket.send_fds(self._control, [json.dumps(order).encode()], [given, answer_in, output_in])
            except OSError as error:
                raise WorkerBroken(f"the worker is gone ({error.strerror})") from None
            finally:
                for fd in (given, answer_in, output_in):
                    os.close(fd)
            return self._collect(answer, output, limits)

    def _collect(self, answer: int, output: int, limits: Limits) -> Raw:
        """Read both pipes to their ends and the worker's reply, whatever order they come in."""
        kept = limits.output_kb << 10
        caps = {answer: (FRAME_BYTES, "result"), output: (FLOOD_FACTOR * kept, "flood")}
        said: dict[int, bytearray] = {answer: bytearray(), output: bytearray()}
        sizes = {answer: 0, output: 0}
        cut = ""
        reply: dict[str, Any] | None = None
        poll = select.poll()
        for fd in (answer, output, self._control.fileno()):
            poll.register(fd, select.POLLIN)
        open_pipes = {answer, output}
        deadline = time.monotonic() + 4 * limits.seconds + LATE_SECONDS
        while open_pipes or reply is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise WorkerBroken("the worker does not answer")
            for fd, _ in poll.poll(left * 1000):
                if fd == self._control.fileno():
                    reply = self._reply()
                    continue
                part = os.read(fd, 1 << 16)
                if not part:
                    poll.unregister(fd)
                    open_pipes.discard(fd)
                    continue
                sizes[fd] += len(part)
                most, name = caps[fd]
                room = (most if fd == answer else kept) - len(said[fd])
                said[fd] += part[: max(0, room)]
                if sizes[fd] > most and not cut:
                    cut = name
                    if reply is None:
                        self._control.send(json.dumps({"stop": self._number}).encode())
        if reply["why"]:
            raise WorkerBroken(reply["why"])
        return Raw(
            bytes(said[answer]),
            bytes(said[output]),
            reply["status"],
            cut or reply["cut"],
            reply["wall"],
            reply["kilobytes"],
        )

    def _reply(self) -> dict[str, Any]:
        try:
            data = self._control.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise WorkerBroken(f"the worker ended: {self._last_words()}")
        reply: dict[str, Any] = json.loads(data)
        if reply["id"] != self._number:
            raise WorkerBroken("the worker answers something else")
        return reply

    def _last_words(self) -> str:
        """The last line a worker wrote before it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        if self._process.poll() is None:
            return "it does not start"
        assert self._process.stderr is not None
        os.set_blocking(self._process.stderr.fileno(), False)
        lines = (self._process.stderr.read() or b"").decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else f"it ended with status {self._process.returncode}"

    def close(self) -> None:
        """End the worker and everything in it."""
        self._control.close()  # it ends by itself at this
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def kill(self) -> None:
        """End it without asking."""
        self._process.kill()
        self.close()


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
