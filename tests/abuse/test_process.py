"""Programs that play with processes: they end themselves, or try to outlive or to end others."""

from __future__ import annotations

import pytest

from abuse.conftest import Box, source_of
from grader.programs import Case, Ending, Limits, Program

ROWS: list[tuple[str, str, set[Ending], str]] = [
    ("daemonise", "if os.fork(): os._exit(0)\nos.setsid()\nwhile True: pass", {Ending.ERROR}, "PermissionError"),
    ("daemonise_by_clone", "import ctypes\nreturn ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0)", {Ending.OK}, ""),
    ("own_session", "os.setsid()", {Ending.ERROR}, "PermissionError"),
    ("exit", "sys.exit()", {Ending.EXIT}, "ended itself"),
    ("exit_0", "sys.exit(0)", {Ending.EXIT}, "ended itself (0)"),
    ("exit_text", "sys.exit('all tests passed')", {Ending.EXIT}, "all tests passed"),
    ("quit", "quit()", {Ending.EXIT}, "ended itself"),
    ("os_exit_0", "os._exit(0)", {Ending.EXIT}, "status 0"),
    ("os_exit_1", "os._exit(1)", {Ending.EXIT}, "status 1"),
    ("segfault", "import ctypes\nctypes.string_at(0)", {Ending.ERROR}, "segmentation fault"),
    ("segfault_in_numpy", "import numpy\nreturn numpy.lib.stride_tricks.as_strided(numpy.ones(1), (1000,), (1 << 40,)).sum()", {Ending.ERROR}, "segmentation"),
    ("abort", "os.abort()", {Ending.ERROR}, "crashed"),
    ("kill_all", "os.kill(-1, 9)", {Ending.ERROR}, "PermissionError"),
    ("kill_parent", "os.kill(os.getppid(), 9)", {Ending.ERROR}, "PermissionError"),
    ("kill_group", "os.killpg(0, 9)", {Ending.ERROR}, "PermissionError"),
    ("kill_worker", "for pid in range(2, 3000):\n    try: os.kill(pid, 9)\n    except OSError: pass\nreturn os.getpid()", {Ending.OK}, ""),
    ("kill_itself", "import signal\nsignal.raise_signal(signal.SIGKILL)\nreturn 1", {Ending.OK}, ""),
    ("terminate_itself", "import signal\nsignal.raise_signal(signal.SIGTERM)\nreturn 1", {Ending.OK, Ending.ERROR}, ""),
    ("stop_itself", "import signal\nsignal.raise_signal(signal.SIGSTOP)\nreturn 1", {Ending.OK}, ""),
    ("interrupt", "raise KeyboardInterrupt", {Ending.ERROR}, "KeyboardInterrupt"),
    ("own_base_exception", "class E(BaseException): pass\nraise E('mine')", {Ending.ERROR}, "E: mine"),
    ("generator_exit", "raise GeneratorExit", {Ending.ERROR}, "GeneratorExit"),
    ("atexit", "import atexit\natexit.register(time.sleep, 1000)\nreturn 1", {Ending.OK}, ""),
    ("finalizer", "class A:\n    def __del__(self): time.sleep(1000)\nsys.kept = A()\nreturn 1", {Ending.OK}, ""),
    ("finalizer_now", "class A:\n    def __del__(self): time.sleep(1000)\nA()\nreturn 1", {Ending.TIMEOUT}, "stopped"),
    ("zombies", "for _ in range(100):\n    if os.fork() == 0: os._exit(0)\nreturn 1", {Ending.ERROR}, "PermissionError"),
    ("alarm", "import signal\nsignal.alarm(1)\ntime.sleep(1.2)\nreturn 1", {Ending.OK}, ""),
    ("close_descriptors", "os.closerange(0, 1000)\nreturn 1", {Ending.ERROR, Ending.EXIT}, ""),
    ("close_output", "sys.stdout.close()\nos.close(1)\nreturn 1", {Ending.OK}, ""),
    ("hanging_stdout", "class S:\n    def flush(self): time.sleep(1000)\n    write = flush\nsys.stdout = sys.stderr = S()\nreturn 1", {Ending.OK}, ""),
    ("priority", "os.nice(-20)", {Ending.ERROR}, "PermissionError"),
    ("input", "return input()", {Ending.ERROR}, "EOFError"),
    ("audit_hook", "sys.addaudithook(lambda *a: time.sleep(1000))\nimport wave", {Ending.TIMEOUT}, "stopped"),
    ("trace", "sys.settrace(lambda *a: time.sleep(1000))\nreturn (lambda: 1)()", {Ending.TIMEOUT}, "stopped"),
    ("memory_of_zero", "import ctypes\nctypes.memset(id(None), 0, 64)\nreturn None", {Ending.ERROR, Ending.TIMEOUT, Ending.EXIT}, ""),
]  # fmt: skip


@pytest.mark.parametrize("name, body, endings, message", ROWS, ids=[row[0] for row in ROWS])
def test_process(box: Box, name: str, body: str, endings: set[Ending], message: str) -> None:
    ran = box.case(source_of(body), seconds=0.5 if Ending.TIMEOUT in endings else 3)
    assert ran.ending in endings, ran
    assert message in ran.message
    if name == "daemonise_by_clone":
        assert ran.value == -1
    elif name == "kill_worker":
        assert ran.value == 1, "a child is the first process of its own world"
    elif ran.ending is Ending.OK:
        assert ran.value == 1


SLOW = Program("slow", "import time\ndef f():\n    time.sleep(1.2)\n    return 7\n")


@pytest.mark.parametrize("which", ["bwrap", pytest.param("python", marks=pytest.mark.slow)])
def test_a_worker_killed_from_outside_is_our_fault_and_tried_again(shared_box: Box, which: str) -> None:
    box = Box(shared_box.user)
    try:
        before = box.neighbour()
        ran = box.ask("run_and_kill", SLOW, Case("f", limits=Limits(seconds=4)), 1, which)
        assert (ran.ending, ran.value) == (Ending.OK, 7), ran
        assert box.neighbour() == before
        ran = box.ask("run_and_kill", SLOW, Case("f", limits=Limits(seconds=4)), 2, which)
        assert ran.ending is Ending.FAULT and "our fault" in ran.message
        assert box.neighbour() == before
        assert len(box.ask("workers")) == 3
    finally:
        box.close()


def test_a_batch_goes_on_past_what_kills(box: Box) -> None:
    """A fork bomb, an endless loop and a crash among 50 leave the other 47 as they are without them."""
    good = [f"def f():\n    return {i} / 7, 'answer {i}'\n" for i in range(50)]
    bad = {7: "while True: os.fork()", 23: "while True: pass", 31: "import ctypes\nctypes.string_at(0)"}

    def batch(sources: list[str]) -> list[tuple[Ending, object]]:
        ran = [box.case(source, seconds=0.5) for source in sources]
        return [(r.ending, r.value) for r in ran]

    alone = batch(good)
    mixed = batch([source_of(bad[i]) if i in bad else source for i, source in enumerate(good)])
    assert [x for i, x in enumerate(mixed) if i not in bad] == [x for i, x in enumerate(alone) if i not in bad]
    assert all(ending is Ending.OK for ending, _ in alone)
    assert [mixed[i][0] for i in bad] == [Ending.ERROR, Ending.TIMEOUT, Ending.ERROR]


def test_nothing_is_left_when_it_is_closed(shared_box: Box) -> None:
    box = Box(shared_box.user)
    try:
        box.neighbour()
        assert len(box.ask("workers")) == 3
        assert box.ask("close") == []
    finally:
        box.close()


def test_nothing_is_left_when_the_grader_is_killed(shared_box: Box) -> None:
    import os
    import time

    box = Box(shared_box.user)
    box.neighbour()
    workers = [pid for pid, _ in box.ask("workers")]
    assert len(workers) == 3
    box.process.kill()
    deadline = time.monotonic() + 10
    while any(os.path.exists(f"/proc/{pid}") for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in workers if os.path.exists(f"/proc/{pid}")]
    box.close()
