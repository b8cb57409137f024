"""The weaker mode: another user, a filter of system calls and, where the kernel has it, Landlock; no namespaces."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from abuse.conftest import LEAK, Box, source_of
from grader.programs import Ending

ROWS: list[tuple[str, str, set[Ending], str]] = [
    ("fork_bomb", "while True: os.fork()", {Ending.ERROR}, "PermissionError"),
    ("thread_bomb", "import threading\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()", {Ending.ERROR}, "thread"),
    ("spin", "while True: pass", {Ending.TIMEOUT}, "stopped"),
    ("allocation", "return len(bytearray(4 << 30))", {Ending.MEMORY}, "256 MB"),
    ("output_flood", "while True: print('x' * 1000)", {Ending.FLOOD}, "printed"),
    ("os_exit", "os._exit(0)", {Ending.EXIT}, "status 0"),
    ("segfault", "import ctypes\nctypes.string_at(0)", {Ending.ERROR}, "segmentation"),
    ("kill_itself", "import signal\nsignal.raise_signal(signal.SIGKILL)", {Ending.ERROR}, "crashed"),
    ("kill_parent", "os.kill(os.getppid(), 9)", {Ending.ERROR}, "PermissionError"),
    ("kill_all", "os.kill(-1, 9)", {Ending.ERROR}, "PermissionError"),
    ("signal_parent", "import ctypes\nreturn ctypes.CDLL(None).syscall(234, os.getppid(), os.getppid(), 9)", {Ending.OK}, ""),
    ("limits_of_parent", "import resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))", {Ending.ERROR}, "PermissionError"),
    ("network", "import socket\nsocket.socket()", {Ending.ERROR}, "PermissionError"),
    ("exec", "os.execv('/usr/bin/env', ['env'])", {Ending.ERROR}, "PermissionError"),
    ("ptrace", "import ctypes\nreturn ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)", {Ending.OK}, ""),
    ("nan", "return float('nan')", {Ending.INVALID}, "NaN"),
    ("big_file", f"with open('{LEAK}', 'wb') as file:\n    while True: file.write(bytes(1 << 20))", {Ending.ERROR}, "OSError"),
    ("locked_folder", f"os.mkdir('{LEAK}')\nopen('{LEAK}/x', 'w')\nos.chmod('{LEAK}', 0)\nreturn -1", {Ending.OK}, ""),
]  # fmt: skip

FILES: list[tuple[str, str]] = [
    ("passwd", "return open('/etc/passwd').read()"),
    ("proc", "return open('/proc/self/environ').read()"),
    ("project", "return os.listdir({root!r})"),
    ("rubric", "return open({root!r} + '/rubrics/q1.yaml').read()"),
    ("write_tmp", f"return open('/tmp/{LEAK}', 'w')"),
    ("write_shm", f"return open('/dev/shm/{LEAK}', 'w')"),
    ("write_numpy", "import numpy\nreturn open(numpy.__file__, 'a')"),
]


@pytest.fixture
def weak_box(shared_box: Box) -> Iterator[Box]:
    """The box, whose weaker worker is as it was and leaves no file behind."""
    before = shared_box.neighbour("weak")
    if before.ending is Ending.NOT_RUN:
        pytest.skip(before.message)
    assert before.ending is Ending.OK, before
    workers = sorted(shared_box.ask("workers"))
    yield shared_box
    assert shared_box.neighbour("weak") == before
    assert sorted(shared_box.ask("workers")) == workers
    for home in Path("/tmp").glob("grader-sandbox-*"):
        if os.access(home, os.R_OK):
            assert list(home.iterdir()) == []
    assert not [p for d in ("/tmp", "/dev/shm") for p in Path(d).glob(f"*{LEAK}*")]


@pytest.fixture(scope="module", autouse=True)
def closed_afterwards(shared_box: Box) -> Iterator[None]:
    yield
    shared_box.ask("close_mode", "weak")
    if shutil.which("bwrap") is not None:
        shared_box.settle()


@pytest.mark.parametrize("name, body, endings, message", ROWS, ids=[row[0] for row in ROWS])
def test_weak(weak_box: Box, name: str, body: str, endings: set[Ending], message: str) -> None:
    if "seccomp" not in weak_box.ask("guards", "weak"):
        pytest.skip("no filter of system calls here")
    ran = weak_box.case(source_of(body), mode="weak", seconds=0.5 if Ending.TIMEOUT in endings else 5)
    assert ran.ending in endings, ran
    assert message in ran.message
    if ran.ending is Ending.OK:
        assert ran.value == -1


@pytest.mark.parametrize("name, body", FILES, ids=[row[0] for row in FILES])
def test_files_out_of_reach(weak_box: Box, name: str, body: str) -> None:
    if "landlock" not in weak_box.ask("guards", "weak"):
        pytest.skip("no Landlock here")
    root = str(Path(__file__).resolve().parent.parent.parent)
    ran = weak_box.case(source_of(body.format(root=root)), mode="weak")
    assert ran.ending is Ending.ERROR and "PermissionError" in ran.message, ran


def test_it_is_another_user(weak_box: Box) -> None:
    ran = weak_box.case(source_of("return os.getuid(), os.getgid(), os.listdir('.'), sorted(os.environ)"), mode="weak")
    assert ran.ending is Ending.OK, ran
    user, group, names, environment = ran.value  # type: ignore[misc]
    assert user == group == (65534 if weak_box.user == "root" else 12345 if os.geteuid() == 0 else os.getuid())
    assert names == ()
    assert not [name for name in environment if "TEST" in str(name) or "GRADER" in str(name)]  # type: ignore[union-attr]
