"""Programs that want all of the machine: each ends as its own author's outcome, with a clear line."""

from __future__ import annotations

import pytest

from abuse.conftest import LEAK, Box, source_of
from grader.programs import Ending

ROWS: list[tuple[str, str, set[Ending], str, float]] = [
    ("fork_bomb", "while True: os.fork()", {Ending.ERROR}, "PermissionError", 5),
    ("fork_bomb_stubborn", "while True:\n    try: os.fork()\n    except OSError: pass", {Ending.TIMEOUT}, "ran longer than 0.5 s", 0.5),
    ("pool", "import multiprocessing\nreturn multiprocessing.Pool(4).map(abs, [1])", {Ending.ERROR}, "Permission", 5),
    ("spawn", "os.posix_spawn('/usr/bin/true', ['true'], {})", {Ending.ERROR}, "PermissionError", 5),
    ("thread_bomb", "import threading\nwhile True: threading.Thread(target=time.sleep, args=(99,)).start()", {Ending.ERROR}, "new thread", 5),
    (
        "thread_bomb_stubborn",
        "import threading\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(99,)).start()\n    except RuntimeError: pass",
        {Ending.TIMEOUT, Ending.MEMORY},
        "stopped",
        0.5,
    ),
    ("allocation", "return len(bytearray(4 << 30))", {Ending.MEMORY}, "needs more than 256 MB", 5),
    ("allocation_numpy", "import numpy\nreturn numpy.ones((4 << 30) // 8)", {Ending.MEMORY}, "256 MB", 5),
    ("allocation_shared", "import mmap\nreturn len(mmap.mmap(-1, 4 << 30))", {Ending.MEMORY}, "256 MB", 5),
    ("growth", "kept = []\nwhile True: kept.append(bytearray(1 << 20))", {Ending.MEMORY}, "256 MB", 5),
    (
        "growth_stubborn",
        "kept = []\nwhile True:\n    try: kept.append(bytearray(1 << 12))\n    except MemoryError: pass",
        {Ending.TIMEOUT, Ending.MEMORY},
        "stopped",
        0.7,
    ),
    ("spin", "while True: pass", {Ending.TIMEOUT}, "ran longer than 0.5 s", 0.5),
    ("sleep", "time.sleep(1000)", {Ending.TIMEOUT}, "ran longer than 0.5 s", 0.5),
    ("interpreter_held", "return 9**9**9", {Ending.TIMEOUT, Ending.MEMORY}, "stopped", 0.5),
    (
        "signals_ignored",
        "import signal\nfor s in signal.valid_signals():\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
        "while True: pass",
        {Ending.TIMEOUT},
        "stopped",
        0.5,
    ),
    ("recursion", "return f(*args)", {Ending.ERROR}, "RecursionError", 5),
    ("recursion_unlimited", "sys.setrecursionlimit(10**9)\nreturn f(*args)", {Ending.ERROR, Ending.MEMORY, Ending.TIMEOUT}, "", 2),
    ("recursion_in_c", "sys.setrecursionlimit(10**9)\nx = ()\nfor _ in range(10**6): x = (x,)\nreturn hash(x)", {Ending.ERROR, Ending.MEMORY}, "", 5),
    ("descriptors", "kept = []\nwhile True: kept.append(open('/dev/null'))", {Ending.ERROR}, "Too many open files", 5),
    ("big_file", f"with open('/tmp/{LEAK}', 'wb') as file:\n    while True: file.write(bytes(1 << 20))", {Ending.ERROR}, "OSError", 5),
    ("big_file_shm", f"with open('/dev/shm/{LEAK}', 'wb') as file:\n    while True: file.write(bytes(1 << 16))", {Ending.ERROR}, "OSError", 5),
    ("many_files", f"for i in range(10**9): open(f'/tmp/{LEAK}{{i}}', 'w').close()", {Ending.ERROR}, "No space left", 5),
    ("sparse_file", f"with open('/tmp/{LEAK}', 'wb') as file: file.truncate(1 << 40)", {Ending.ERROR}, "File too large", 5),
    ("result_flood", "import numpy\nreturn numpy.zeros(10**6)", {Ending.INVALID}, "too many", 5),
    ("result_flood_members", "return [0.0] * 10**6", {Ending.INVALID}, "more than 20,000 members", 5),
    (
        "result_flood_raw",
        "for fd in range(3, 64):\n    try:\n        while True: os.write(fd, bytes(1 << 16))\n    except OSError: pass",
        {Ending.FLOOD},
        "no end",
        5,
    ),
    ("output_flood", "while True: print('x' * 1000)", {Ending.FLOOD}, "printed without end", 5),
    ("error_flood", "while True: os.write(2, b'x' * 65536)", {Ending.FLOOD}, "printed without end", 5),
    ("huge_traceback", "raise ValueError('x' * 10**7)", {Ending.ERROR}, "ValueError: xxx", 5),
    ("endless_message", "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E", {Ending.TIMEOUT}, "stopped", 0.5),
    ("chained_errors", "e = None\nfor i in range(10**4):\n    n = ValueError(i); n.__cause__ = e; e = n\nraise e", {Ending.ERROR}, "ValueError: 9999", 5),
]  # fmt: skip


@pytest.mark.parametrize("name, body, endings, message, seconds", ROWS, ids=[row[0] for row in ROWS])
def test_resources(box: Box, name: str, body: str, endings: set[Ending], message: str, seconds: float) -> None:
    ran = box.case(source_of(body), seconds=seconds)
    assert ran.ending in endings, ran
    assert message in ran.message
    assert 0 < len(ran.message) <= 300 and "\n" not in ran.message
    assert len(ran.output) <= 64 << 10
    assert ran.seconds < 4 * seconds + 3, "a busy machine may stretch it"


def test_what_is_printed_is_kept_up_to_its_cap(box: Box) -> None:
    ran = box.case(source_of("print('x' * 100_000)\nprint('y', file=sys.stderr)\nreturn 1"), output_kb=16)
    assert (ran.ending, ran.value) == (Ending.OK, 1)
    assert ran.output == "x" * (16 << 10)


def test_a_recursion_is_told_with_its_line(box: Box) -> None:
    assert box.case(source_of("return f(*args)")).line == 3


TORCH_ROWS = [
    ("threads", "import torch\ntorch.set_num_threads(64)\nreturn (torch.ones(500, 500) @ torch.ones(500, 500)).sum()", {Ending.OK}, ""),
    (
        "threads_openmp",
        "import torch, ctypes, glob\n"
        "for name in glob.glob(torch.__path__[0] + '/lib/libgomp*'): ctypes.CDLL(name).omp_set_num_threads(64)\n"
        "return (torch.ones(2000, 2000) + torch.ones(2000, 2000)).exp().sum()",
        {Ending.OK, Ending.ERROR, Ending.EXIT},
        "",
    ),
    ("allocation_torch", "import torch\nreturn torch.ones(1 << 32)", {Ending.MEMORY}, "256 MB"),
    ("data_loader", "import torch\nreturn list(torch.utils.data.DataLoader([1., 2.], num_workers=4))", {Ending.ERROR}, "Permission"),
]  # fmt: skip


@pytest.mark.parametrize("name, body, endings, message", TORCH_ROWS, ids=[row[0] for row in TORCH_ROWS])
def test_resources_with_torch(torch_box: Box, name: str, body: str, endings: set[Ending], message: str) -> None:
    ran = torch_box.case(source_of(body), torch=True, seconds=4)
    assert ran.ending in endings, ran
    assert message in ran.message


@pytest.mark.slow
def test_a_compiler_is_not_started(torch_box: Box) -> None:
    body = "import torch\nreturn torch.compile(lambda x: x + 1)(torch.ones(3))"
    ran = torch_box.case(source_of(body), torch=True, seconds=4)
    assert ran.ending not in (Ending.FAULT, Ending.OK), ran
