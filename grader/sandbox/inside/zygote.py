"""The warm worker: loads the libraries once, then makes a child for every case and ends it in time.

It never reads a program or an answer: a child takes its request from one descriptor and answers into another, both of
which come from outside. So its memory, which every child inherits, holds nothing of any student.
"""

from __future__ import annotations

import contextlib
import gc
import json
import linecache
import os
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from . import jail, landlock, pages, run, wire

SETUP_SECONDS: Final = 20.0
"""A child is ready within some milliseconds; a machine under load gets more."""
STRETCH: Final = 4.0
"""Wall time at most, in terms of what a case may use, however long it had to wait for a processor."""

_exit = os._exit


@dataclass(frozen=True, slots=True)
class Inside:
    """How children are kept: `strict` in namespaces, else as another user in a folder below `home`, kept to files by `rules`
    (a descriptor, -1 without) and to computing by a filter of system calls."""

    strict: bool
    user: int
    null: int
    home: str
    rules: int
    filtered: bool


PROBE: Final[dict[str, Any]] = {"id": 0, "seconds": 20.0, "memory": 64 << 20}
"""A first child, to see whether one can be locked in."""


def main(argument: str) -> None:
    """Serve until the other end of the control socket is closed. The argument is a JSON object: `control`, a descriptor;
    `strict`, `user`, `torch`; `folders` to import from; `readable` files for the weaker mode."""
    told = json.loads(argument)
    control = socket.socket(fileno=told["control"])
    sys.argv[:], sys.orig_argv[:] = ["-c"], []
    # the libraries of the grader's own environment, not those that lie beside the interpreter
    sys.path = [p for p in sys.path if not p.endswith(("site-packages", "dist-packages"))] + told["folders"]
    try:
        versions = load(told["torch"])
        jail.hide_memory()
        inside = _inside(told)
        reply = supervise(inside, control, PROBE, [])
        if reply["why"].startswith("filter:") and not inside.strict:
            inside = replace(inside, filtered=False)
            reply = supervise(inside, control, PROBE, [])
        why = reply["why"] or ("" if reply["status"] == 0 else f"a first child ended with status {reply['status']}")
    except (ImportError, OSError) as error:
        control.send(json.dumps({"ready": False, "why": f"{type(error).__name__}: {error}"}).encode())
        return
    guards = [name for name, there in (("seccomp", inside.filtered), ("landlock", inside.rules >= 0)) if there]
    control.send(json.dumps({"ready": not why, "why": why, "guards": guards, "versions": versions}).encode())
    try:
        while not why:  # until nobody is there any more
            data, fds, _, _ = socket.recv_fds(control, 4096, 3)
            if not data:
                return
            order = json.loads(data)
            if "stop" not in order:  # else it was for a case that ended by itself meanwhile
                control.send(json.dumps(supervise(inside, control, order, fds)).encode())
    except OSError:
        return
    finally:
        if inside.home:
            shutil.rmtree(inside.home, ignore_errors=True)


def _inside(told: dict[str, Any]) -> Inside:
    null = os.open("/dev/null", os.O_RDWR)
    if told["strict"]:
        return Inside(True, told["user"], null, "", -1, True)
    home = tempfile.mkdtemp(prefix="grader-sandbox-")
    os.chmod(home, 0o711)
    try:
        rules = landlock.rules(told["readable"], [home, "/dev/null"])
    except OSError:
        rules = -1
    return Inside(False, told["user"], null, home, rules, True)


def load(torch: bool) -> dict[str, str]:
    """Import what students use, and do once what is slow the first time. Raises ImportError."""
    import mpmath
    import numpy
    import sympy

    versions = {"numpy": numpy.__version__, "sympy": sympy.__version__, "mpmath": mpmath.__version__}
    numpy.linalg.eigvals(numpy.eye(2))
    sympy.lambdify(sympy.Symbol("x"), sympy.Symbol("x") + 1)(1.0)
    if torch:
        warm: Any = __import__("torch")
        versions["torch"] = warm.__version__
        warm.set_num_threads(1)
        # threads are refused to students; asking for some is no mistake of theirs
        warm.set_num_threads = warm.set_num_interop_threads = _ignore
        x = warm.ones(2, 2, dtype=warm.float64, requires_grad=True)
        warm.linalg.eigvals(x).abs().sum().backward()
        (x @ x).exp().log().sum().backward()
        # what torch.func and autograd.functional import at their first use takes two seconds
        warm.func.vmap(warm.func.grad(warm.sin))(warm.ones(2, dtype=warm.float64))
        warm.func.hessian(lambda y: y.sin().sum())(x.detach())
        warm.autograd.functional.jacobian(warm.sin, x.detach())
        warm.manual_seed(0)
    _rehearse()
    numpy.random.seed(0)  # the same numbers for every child
    jail.prepare()
    if len(os.listdir("/proc/self/task")) > 1:
        raise OSError("the warm worker has more than one thread")
    gc.collect()
    gc.freeze()  # children must not touch these pages
    pages.collapse()
    return versions


def _rehearse() -> None:
    """Run a program of our own here, so that what a first run imports and builds is there for every child."""
    source = "import numpy as np\ndef f(x):\n    return np.log(x) + 1, 0.5\n"
    call = {"function": "f", "feed": "numpy", "gradient": False, "named": True, "args": [["a", "float64", [1]]]}
    program = {"name": "rehearsal", "file": "rehearsal.py", "source": source}
    run.answer(wire.pack(program | call, struct.pack("=d", 2.0)))
    del sys.modules["rehearsal"]
    linecache.cache.clear()


def _ignore(*_: object) -> None:
    return None


def supervise(inside: Inside, control: socket.socket, order: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """Make a child for one order, end it when its time is over or when told to, and say how it ended."""
    limits = jail.Order(order["seconds"], order["memory"])
    ready, say = os.pipe()
    started = time.monotonic()
    folder = _folder(inside)
    try:
        pid = jail.clone() if inside.strict else os.fork()
    except OSError as error:
        for fd in (ready, say, *fds):
            os.close(fd)
        return {"id": order["id"], "why": str(error), "status": 0, "cut": "", "wall": 0.0}
    if pid == 0:
        try:
            child(inside, limits, fds, say, folder)
        finally:
            _exit(1)  # whatever a student has broken, a child never goes on as the worker
    for fd in (say, *fds):
        os.close(fd)
    why = _setup(ready)
    os.close(ready)
    handle = os.pidfd_open(pid)
    cut = "" if why else _watch(handle, pid, control, order, started)
    if why or cut:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    os.close(handle)
    _, status, usage = os.wait4(pid, 0)
    if inside.home:
        _clear(inside.home)
    return {
        "id": order["id"],
        "why": why,
        "status": status,
        "cut": cut,
        "wall": time.monotonic() - started,
        "kilobytes": usage.ru_maxrss,
    }


def _folder(inside: Inside) -> str:
    """A folder for one child of the weaker mode; the others have private file systems."""
    if inside.strict:
        return ""
    folder = tempfile.mkdtemp(dir=inside.home)
    if os.geteuid() == 0:
        os.chown(folder, inside.user, inside.user)
    return folder


def _clear(home: str) -> None:
    """Remove what children of the weaker mode left, also what they locked."""
    for place, names, _ in os.walk(home):
        for name in names:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                with contextlib.suppress(OSError):
                    os.chmod(path, 0o700)
    for entry in os.scandir(home):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                os.unlink(entry.path)


def _setup(ready: int) -> str:
    """Wait until the child is locked in; what it says otherwise."""
    said = b""
    deadline = time.monotonic() + SETUP_SECONDS
    watch = select.poll()
    watch.register(ready, select.POLLIN)
    while watch.poll(max(0.0, deadline - time.monotonic()) * 1000):
        part = os.read(ready, 4096)
        if not part:
            break
        said += part
    return "" if said == b"ready" else said.decode(errors="replace") or "a child did not get ready"


def _watch(handle: int, pid: int, control: socket.socket, order: dict[str, Any], started: float) -> str:
    """Wait for the end of a child: empty if it came by itself, else why it must be ended."""
    watch = select.poll()
    watch.register(handle, select.POLLIN)
    watch.register(control, select.POLLIN)
    while True:
        wall = time.monotonic() - started
        left = order["seconds"] - (wall - _waited(pid))
        if left <= 0 or wall > STRETCH * order["seconds"]:
            return "time"
        for fd, _ in watch.poll(max(1.0, left * 1000)):
            if fd == handle:
                return ""
            data = control.recv(4096)
            if not data:
                return "gone"  # nobody waits for it any more
            if json.loads(data).get("stop") == order["id"]:
                return "stop"


def _waited(pid: int) -> float:
    """Seconds a child was ready to run while others had the processor: not the student's."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def child(inside: Inside, limits: jail.Order, fds: list[int], say: int, folder: str) -> NoReturn:
    """In the child: lock oneself in, run, answer, end. Nothing of the student's runs before `ready` is said."""
    try:
        jail.die_with_parent()
        request = _read_all(fds[0]) if fds else b""
        result, output = (fds[1], fds[2]) if fds else (inside.null, inside.null)
        os.dup2(inside.null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        jail.close_all_but(result, say, *([inside.rules] if inside.rules >= 0 else []))
        sys.stdin, sys.stdout, sys.stderr = (_stream(i, "r" if i == 0 else "w") for i in range(3))
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_IGN if number != signal.SIGINT else signal.SIG_DFL)
        baseline = jail.virtual_bytes()
        if inside.strict:
            jail.enter_namespaces()
        else:
            _weaker(inside, folder)
        jail.set_limits(limits, baseline)
        if inside.strict:
            jail.drop_capabilities()
        if inside.filtered:
            try:
                jail.filter_system_calls()
            except (OSError, KeyError) as error:
                raise OSError(f"filter: {error}") from None
    except OSError as error:
        os.write(say, str(error).encode()[:2000] or b"failed")
        _exit(1)
    os.write(say, b"ready")
    os.close(say)
    if not request:
        _exit(0)
    out, err = sys.stdout, sys.stderr
    message = run.answer(request)
    for stream in (out, err):
        try:
            stream.flush()
        except (OSError, ValueError, MemoryError):
            continue
    view = memoryview(message)
    while view:
        view = view[os.write(result, view) :]
    _exit(0)  # no exit handler and no finalizer of the student's runs


def _weaker(inside: Inside, folder: str) -> None:
    """Another user, a folder of its own, no other files. Raises OSError where the libraries are out of reach then."""
    jail.be_somebody_else(inside.user)
    jail.die_with_parent()  # the change of user has undone it
    os.chdir(folder)
    os.environ["HOME"] = os.environ["TMPDIR"] = folder
    if inside.rules >= 0:
        landlock.restrict(inside.rules)
        os.close(inside.rules)
    for path in (os.__file__, sys.modules["numpy"].__file__):
        if not os.access(str(path), os.R_OK):
            raise OSError(f"the user {os.geteuid()} cannot read {path}: Python must be where everybody can")


def _stream(fd: int, mode: str) -> Any:
    return open(fd, mode, encoding="utf-8", errors="backslashreplace", buffering=1 << 14, closefd=False)


def _read_all(fd: int) -> bytes:
    parts = []
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    return b"".join(parts)


if __name__ == "__main__":
    main(sys.argv[1])
