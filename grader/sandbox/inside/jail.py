"""A child that can do nothing but compute: namespaces, private folders, limits, no capabilities, few system calls."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from dataclasses import dataclass
from typing import Final

from . import seccomp
from . import syscalls as calls

MACHINE: Final = platform.machine()
COLUMN: Final = calls.MACHINES.get(MACHINE, (0, 0))[0]

SANDBOX_ID: Final = 65534
TMP_BYTES: Final = 64 << 20
"""Files of one case, in memory: a homework writes none. They are gone with the child."""
TMP_FILES: Final = 1024
SHM_BYTES: Final = 1 << 20
OPEN_FILES: Final = 64
RESERVE: Final = 32 << 20
"""Bytes beyond the student's memory with which the child can still say that memory ran out."""

_NEW_USER, _NEW_PID, _NEW_MOUNT, _NEW_IPC, _NEW_NET = 0x10000000, 0x20000000, 0x00020000, 0x08000000, 0x40000000
_SIGCHLD: Final = 17
_READ_ONLY, _NOSUID, _NODEV, _NOEXEC = 1, 2, 4, 8
_SET_DUMPABLE, _CAPBSET_DROP, _SET_DEATH_SIGNAL, _CAP_AMBIENT = 4, 24, 1, 47

# PyDLL keeps the interpreter's lock, so that the child of a clone holds it as the parent did
_libc: Final = ctypes.PyDLL(None, use_errno=True)
_python: Final = ctypes.pythonapi


@dataclass(frozen=True, slots=True)
class Order:
    """What one child may use: wall clock in seconds (less the time it waits for a processor), memory in bytes on top of
    the interpreter's."""

    seconds: float
    memory: int


def check(result: int, what: str) -> int:
    """A system call's result; raises OSError where it failed."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def clone() -> int:
    """Like `os.fork`, into new user, pid, mount, ipc and network namespaces. Raises OSError where they are refused."""
    flags = _NEW_USER | _NEW_PID | _NEW_MOUNT | _NEW_IPC | _NEW_NET | _SIGCHLD
    _python.PyOS_BeforeFork()
    pid: int = _libc.syscall(*(ctypes.c_long(x) for x in (calls.CLONE[COLUMN], flags, 0, 0, 0, 0)))
    if pid == 0:
        _python.PyOS_AfterFork_Child()
        return 0
    code = ctypes.get_errno()
    _python.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(code, f"new namespaces: {os.strerror(code)}")
    return pid


def hide_memory() -> None:
    """No other process of this user may read this one's memory."""
    check(_libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0), "prctl")


def die_with_parent() -> None:
    """SIGKILL when the process that made this one ends."""
    check(_libc.prctl(_SET_DEATH_SIGNAL, 9, 0, 0, 0), "prctl")


def enter_namespaces() -> None:
    """In the child of `clone`: be somebody, then cover what children could share with folders of their own."""
    check(_libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0), "prctl")  # its own /proc files are root's otherwise
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{SANDBOX_ID} {SANDBOX_ID} 1"),
        ("gid_map", f"{SANDBOX_ID} {SANDBOX_ID} 1"),
    ):
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(fd, text.encode())
        os.close(fd)
    check(_libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0), "prctl")  # a crash leaves no image with the machine's collector
    quiet = _NOSUID | _NODEV | _NOEXEC
    _tmpfs("/tmp", quiet, f"size={TMP_BYTES},nr_inodes={TMP_FILES},mode=0700")
    _tmpfs("/dev/shm", quiet, f"size={SHM_BYTES},nr_inodes=64,mode=0700")
    _tmpfs("/proc", quiet | _READ_ONLY, "size=4096,nr_inodes=2,mode=0555")
    os.chdir("/tmp")


def _tmpfs(where: str, flags: int, options: str) -> None:
    text = [s.encode() for s in ("tmpfs", where, "tmpfs", options)]
    result = _libc.syscall(
        ctypes.c_long(calls.MOUNT[COLUMN]), text[0], text[1], text[2], ctypes.c_ulong(flags), text[3]
    )
    check(result, f"private {where}")


def virtual_bytes() -> int:
    """Address space of this process, bytes; needs /proc."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def set_limits(order: Order, baseline: int) -> None:
    """Hard limits of this process; `baseline` is the address space it has before the student's code."""
    most = baseline + order.memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most + RESERVE))
    for what, amount in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, TMP_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(what, (amount, amount))


def use_reserve() -> None:
    """Lift the memory limit to the hard one, to report that memory ran out."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def drop_capabilities() -> None:
    """No capability is left in any set, and none can be had again."""
    capability = 0
    while _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    _libc.prctl(_CAP_AMBIENT, 4, 0, 0, 0)
    header = struct.pack("=Ii", 0x20080522, 0)
    check(_libc.syscall(ctypes.c_long(calls.CAPSET[COLUMN]), header, bytes(24)), "capset")


def be_somebody_else(user: int) -> None:
    """Weaker mode: another user, where this process may choose."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def prepare() -> None:
    """In the worker: make the filter of its children, who see themselves as the first process."""
    if MACHINE in calls.MACHINES:
        seccomp.assembled(MACHINE, 1)


def filter_system_calls() -> None:
    """Nothing but computing from here on. Raises OSError or KeyError where there is no filter."""
    seccomp.load(MACHINE, os.getpid())


def close_all_but(*kept: int) -> None:
    """Close every descriptor above 2 but these."""
    low = 3
    for fd in sorted(kept):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, 4096)
