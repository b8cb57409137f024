"""The sandbox from outside: the filter on both machines, what is bound, what comes back, and machines that cannot lock in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from grader.programs import Array, Case, Ending, Limits, Plain, Program, Tree
from grader.sandbox import Mode, Sandbox, frames, launch
from grader.sandbox.inside import seccomp, syscalls, wire
from grader.sandbox.outcome import ours, outcome
from grader.sandbox.warm import Raw

# --- the filter ---------------------------------------------------------------------------------------------------


def verdict(machine: str, number: int, *arguments: int, arch: int | None = None, pid: int = 1) -> int:
    """What the kernel would do: the program interpreted."""
    words = {0: number, 4: syscalls.MACHINES[machine][1] if arch is None else arch}
    for i in range(6):
        words[16 + 8 * i] = arguments[i] if i < len(arguments) else 0
    code = seccomp.program(machine, pid)
    accumulator = at = 0
    while True:
        operation, if_true, if_false, operand = code[at]
        at += 1
        if operation == 0x20:
            accumulator = words[operand]
        elif operation == 0x15:
            at += if_true if accumulator == operand else if_false
        else:
            return operand


@pytest.mark.parametrize("machine", syscalls.MACHINES)
def test_the_filter_allows_its_list_and_nothing_else(machine: str) -> None:
    column = syscalls.MACHINES[machine][0]
    allowed = {n for numbers in syscalls.ALLOWED.values() if (n := numbers[column]) is not None}
    asked = {
        numbers[column]
        for numbers in (syscalls.FCNTL, syscalls.IOCTL, syscalls.PRCTL, syscalls.TGKILL, syscalls.PRLIMIT)
    }
    for number in [*range(600), 0x40000000, 0x40000039, 0xFFFFFFFF]:
        expected = seccomp.ALLOW if number in allowed else seccomp.REFUSE
        if number not in asked:
            assert verdict(machine, number, 77, 77) == expected, number
    assert verdict(machine, next(iter(allowed)), arch=0x40000003) == seccomp.KILL


@pytest.mark.parametrize("machine", syscalls.MACHINES)
def test_the_filter_looks_at_arguments(machine: str) -> None:
    column = syscalls.MACHINES[machine][0]
    for numbers, arguments, fine in [
        (syscalls.FCNTL, (1, 3), True),
        (syscalls.FCNTL, (1, 8, 1), False),  # F_SETOWN: whom to signal
        (syscalls.FCNTL, (1, 1031, 1 << 20), False),  # F_SETPIPE_SZ
        (syscalls.IOCTL, (1, 0x5401), True),
        (syscalls.IOCTL, (1, 0x5412), False),  # TIOCSTI: typing into a terminal
        (syscalls.PRCTL, (15,), True),
        (syscalls.PRCTL, (4, 1), False),
        (syscalls.TGKILL, (1, 1, 9), True),
        (syscalls.TGKILL, (2, 2, 9), False),
        (syscalls.PRLIMIT, (0, 9), True),
        (syscalls.PRLIMIT, (2, 9), False),
    ]:
        expected = seccomp.ALLOW if fine else seccomp.REFUSE
        assert verdict(machine, numbers[column], *arguments) == expected


def test_no_dangerous_call_is_on_the_list() -> None:
    bad = "fork vfork clone clone3 execve execveat socket socketpair connect ptrace unshare setns mount kill tkill bpf keyctl"
    bad += " process_vm_readv process_vm_writev perf_event_open io_uring_setup memfd_create userfaultfd shmget msgget mknod"
    assert not set(bad.split()) & set(syscalls.ALLOWED)


@pytest.mark.parametrize(
    "machine, header, pattern",
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "__NR_"),
        ("aarch64", "/usr/include/asm-generic/unistd.h", "__NR_"),
    ],
)
def test_the_numbers_are_the_kernels(machine: str, header: str, pattern: str) -> None:
    path = Path(header)
    if not path.is_file():
        pytest.skip("no kernel headers here")
    known: dict[str, int] = {}
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) >= 3 and words[0] == "#define" and words[1].startswith("__NR") and words[2].isdigit():
            known[words[1].removeprefix("__NR3264_").removeprefix("__NR_")] = int(words[2])
    known.setdefault("newfstatat", known.get("fstatat", -1))
    column = syscalls.MACHINES[machine][0]
    named = {
        "fcntl": syscalls.FCNTL,
        "ioctl": syscalls.IOCTL, "prctl": syscalls.PRCTL, "tgkill": syscalls.TGKILL, "prlimit64": syscalls.PRLIMIT,
        "clone": syscalls.CLONE, "mount": syscalls.MOUNT, "capset": syscalls.CAPSET,
    }  # fmt: skip
    for name, numbers in {**syscalls.ALLOWED, **named}.items():
        assert numbers[column] == known.get(name), name


# --- what is bound ------------------------------------------------------------------------------------------------


def test_an_installed_grader_is_covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel the references lie beside NumPy: they are covered, in the weaker mode left out."""
    site = tmp_path / "site-packages"
    for name in ("numpy", "grader/shipped/reference", "homework_grader-1.dist-info", "__pycache__"):
        (site / name).mkdir(parents=True)
    (site / "homework_grader.pth").write_text("x")
    monkeypatch.setattr(launch, "library_folders", lambda: [site])
    monkeypatch.setattr(launch, "_package", lambda: site / "grader")
    line = launch.command(Mode.STRICT, False, 3)[0]
    for name in ("grader", "homework_grader-1.dist-info", "__pycache__"):
        at = line.index(f"/site0/{name}")
        assert line[at - 1 : at + 3] == ["--tmpfs", f"/site0/{name}", "--remount-ro", f"/site0/{name}"]
    assert line[line.index("/site0/homework_grader.pth") - 2] == "--ro-bind"
    readable = json.loads(launch.command(Mode.WEAK, False, 3)[0][-1])["readable"]
    assert str(site / "numpy") in readable
    assert not [p for p in readable if Path(p) in [site, *site.parents] or Path(p).is_relative_to(site / "grader")]


def test_libraries_inside_a_covered_tree_are_bound_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout below the interpreter's prefix, with its environment inside: the tree is covered, the libraries are not."""
    prefix = tmp_path / "prefix"
    site, package = prefix / "src/app/.venv/site-packages", prefix / "src/app/grader"
    for folder in (prefix / "bin", site / "numpy", package):
        folder.mkdir(parents=True)
    (prefix / "src/app/pyproject.toml").write_text("")
    monkeypatch.setattr(sys, "base_prefix", str(prefix))
    monkeypatch.setattr(launch, "interpreter", lambda: prefix / "bin/python3")
    monkeypatch.setattr(launch, "library_folders", lambda: [site])
    monkeypatch.setattr(launch, "_package", lambda: package)
    line = launch.command(Mode.STRICT, False, 3)[0]
    assert line[line.index("/py/src/app") - 1] == "--tmpfs"
    assert line[line.index("/site0") - 1] == str(site)
    assert json.loads(line[-1])["folders"] == ["/site0"]
    readable = json.loads(launch.command(Mode.WEAK, False, 3)[0][-1])["readable"]
    assert str(site / "numpy") in readable and not [p for p in readable if package.is_relative_to(p)]


# --- what comes back ----------------------------------------------------------------------------------------------

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**200), 2**200), st.floats(allow_nan=False, allow_infinity=False), st.complex_numbers(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.builds(lambda xs: Array("int16", (len(xs) // 2,), xs), st.binary(max_size=8).filter(lambda b: len(b) % 2 == 0)),
)  # fmt: skip


def branches(inner: st.SearchStrategy[Plain]) -> st.SearchStrategy[Plain]:
    members = st.lists(inner, max_size=3).map(tuple)
    return members | members.map(lambda args: Tree("Add", args))


VALUES = st.recursive(SCALARS, branches, max_leaves=10)


@given(VALUES)
def test_values_survive_the_wire(value: Plain) -> None:
    payload = bytearray()
    node = frames._node(value, payload)
    told = frames.said(wire.pack({"ending": "ok", "value": node, "seconds": 0.5}, bytes(payload)))
    assert told.value == value and repr(told.value) == repr(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_none(data: bytes) -> None:
    for frame in (data, len(data).to_bytes(4, "big") + bytes(4) + data):
        try:
            frames.said(frame)
        except wire.Malformed as error:
            assert str(error)


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.sampled_from(list("nbifcstay"))
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=8,
)


@given(JSON, st.binary(max_size=16), st.sampled_from(["ok", "error", "fault", "not_run", "exit"]))
def test_any_json_is_an_answer_or_none(value: Any, payload: bytes, ending: str) -> None:
    try:
        told = frames.said(
            wire.pack({"ending": ending, "value": value, "message": value, "line": value, "seconds": value}, payload)
        )
    except wire.Malformed:
        return
    assert ending not in ("fault", "not_run")
    assert told.message.isprintable()


def raw(**changes: Any) -> Raw:
    return Raw(**{"answer": b"", "output": b"", "status": 0, "cut": "", "seconds": 0.1, "kilobytes": 1, **changes})


def test_who_pays_for_a_kill() -> None:
    """Locked in, nobody inside can send SIGKILL; in the weaker mode a program can send it to itself."""
    killed = raw(status=signal.SIGKILL)
    assert ours(killed, strict=True) and not ours(killed, strict=False)
    assert not ours(raw(status=signal.SIGKILL, cut="time"), strict=True)
    assert not ours(raw(status=signal.SIGSEGV), strict=True)
    ran = outcome(killed, Program("p", ""), Case("f"))
    assert ran.ending is Ending.ERROR and "SIGKILL" in ran.message


def test_an_answer_does_not_outlive_its_time() -> None:
    answer = wire.pack({"ending": "ok", "value": ["f", 1.0], "seconds": 0.1})
    assert outcome(raw(answer=answer), Program("p", ""), Case("f")).value == 1.0
    assert outcome(raw(answer=answer, cut="time"), Program("p", ""), Case("f")).ending is Ending.TIMEOUT
    assert outcome(raw(answer=answer, status=signal.SIGSEGV), Program("p", ""), Case("f")).ending is Ending.ERROR


def test_a_module_that_is_none_is_an_error() -> None:
    for name in ("__main__", "numpy", "", ".", "a b", "*"):
        answer = wire.pack({"ending": "error", "exception": "ModuleNotFoundError", "message": "m", "module": name})
        assert outcome(raw(answer=answer), Program("p", "__main__ numpy a b . *"), Case("f")).ending in (
            Ending.ERROR,
            Ending.NOT_RUN,
        )


def test_output_is_fit_for_a_terminal() -> None:
    ran = outcome(raw(output=b"a\x1b[2J\r\nb\tc\xe2\x80\xae\xff\x00"), Program("p", ""), Case("f"))
    assert ran.output == "a\ufffd[2J\nb\tc\ufffd\ufffd\ufffd"


# --- machines that cannot lock in ---------------------------------------------------------------------------------

PROGRAM = Program("p", "def f(): return 1\n", names=frozenset({"f"}))


def run_all(mode: Mode = Mode.STRICT, program: Program = PROGRAM) -> list[Any]:
    with Sandbox(mode=mode) as box:
        return box.run(program, [Case("f", limits=Limits(20))] * 2)


@pytest.fixture
def hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing in it but what a test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_without_bubblewrap_nothing_is_run(hidden: Path) -> None:
    for ran in run_all():
        assert ran.ending is Ending.NOT_RUN
        assert "bubblewrap (bwrap) is not installed" in ran.message and "grader doctor" in ran.message


def test_where_namespaces_are_refused_nothing_is_run(hidden: Path) -> None:
    script(hidden / "bwrap", "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1")
    for ran in run_all():
        assert ran.ending is Ending.NOT_RUN
        assert "cannot be locked in" in ran.message and "setting up uid map: Permission denied" in ran.message


def test_a_launcher_that_dies_is_our_fault(hidden: Path) -> None:
    script(hidden / "bwrap", "kill -9 $$")
    for ran in run_all():
        assert ran.ending is Ending.FAULT and "our fault" in ran.message


def test_the_weaker_mode_is_never_chosen_for_you(hidden: Path) -> None:
    assert Sandbox().mode is Mode.STRICT
    assert {ran.ending for ran in run_all()} == {Ending.NOT_RUN}


def test_without_torch_its_programs_are_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    from grader.sandbox import sandbox

    monkeypatch.setattr(sandbox, "has", lambda name: False)
    (ran, _) = run_all(program=Program("p", "import torch\ndef f(): return 1\n", torch=True))
    assert ran.ending is Ending.NOT_RUN and "needs the extra `python`" in ran.message


def test_elsewhere_than_on_linux_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    (ran, _) = run_all()
    assert ran.ending is Ending.NOT_RUN and "Linux only" in ran.message


# --- doctor -------------------------------------------------------------------------------------------------------


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", "doctor", *arguments], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, **environment}, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def healthy() -> Iterator[dict[str, Any]]:
    ran = doctor("--json")
    yield {**json.loads(ran.stdout), "status": ran.returncode}


def test_doctor_says_what_is_there(healthy: dict[str, Any]) -> None:
    assert healthy["schema"] == "grader/doctor/1"
    assert healthy["status"] == (0 if healthy["python_answers"] else 1)
    names = [f["name"] for f in healthy["found"]]
    assert names[:2] == ["linux", "bubblewrap"] and {"numpy", "sympy", "torch", "nbformat", "weaker mode"} <= set(names)
    for finding in healthy["found"]:
        assert finding["purpose"] and bool(finding["remedy"]) is not finding["there"]


def test_doctor_says_what_is_missing_in_both_languages() -> None:
    english, french = doctor(PATH=""), doctor("--lang", "fr", PATH="")
    assert english.returncode == french.returncode == 1
    assert "MISSING   bubblewrap" in english.stdout and "apt-get install bubblewrap" in english.stdout
    assert english.stdout.splitlines()[-1].startswith("Python answers cannot be run here")
    assert "ABSENT    bubblewrap" in french.stdout and "à installer" in french.stdout
    assert doctor("--lang", "de").returncode == 2


def test_doctor_names_what_refuses(hidden: Path) -> None:
    script(
        hidden / "bwrap",
        "[ \"$1\" = --version ] && { echo bubblewrap 9; exit; }; echo 'bwrap: No permissions to create new namespace' >&2; exit 1",
    )
    ran = doctor()
    assert ran.returncode == 1
    assert "ok        bubblewrap (bubblewrap 9)" in ran.stdout
    assert "MISSING   isolation" in ran.stdout and "No permissions to create new namespace" in ran.stdout
