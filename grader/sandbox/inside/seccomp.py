"""The filter of system calls as a classic BPF program: an allow list, built by hand so that no library is needed."""

from __future__ import annotations

import ctypes
import errno
import functools
import struct
from typing import Final

from . import syscalls as calls

ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000  # the whole process
REFUSE: Final = 0x00050000 | errno.EPERM

_LOAD: Final = 0x20  # a word of struct seccomp_data
_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_NUMBER, _ARCH = 0, 4


def _argument(i: int) -> int:
    """Offset of the low half of argument i; both machines are little-endian."""
    return 16 + 8 * i


Instruction = tuple[int, int, int, int]


def program(machine: str, pid: int) -> list[Instruction]:
    """Instructions (code, jump if true, jump if false, operand) for a process that sees itself as `pid`.

    Raises KeyError for a machine without a table.
    """
    column, arch = calls.MACHINES[machine]
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for numbers in calls.ALLOWED.values():
        number = numbers[column]
        if number is not None:
            code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, ALLOW)]
    for numbers, argument, values in (
        (calls.FCNTL, 1, calls.FCNTL_COMMANDS),
        (calls.IOCTL, 1, calls.IOCTL_COMMANDS),
        (calls.PRCTL, 0, calls.PRCTL_OPTIONS),
        (calls.TGKILL, 0, (pid,)),
        (calls.PRLIMIT, 0, (0, pid)),
    ):
        block: list[Instruction] = [(_LOAD, 0, 0, _argument(argument))]
        for value in values:
            block += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, ALLOW)]
        block.append((_RETURN, 0, 0, REFUSE))
        code += [(_EQUAL, 0, len(block), numbers[column]), *block]
    code.append((_RETURN, 0, 0, REFUSE))
    return code


@functools.cache
def assembled(machine: str, pid: int) -> bytes:
    """The instructions as the kernel reads them."""
    return b"".join(struct.pack("=HBBI", *line) for line in program(machine, pid))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def load(machine: str, pid: int) -> None:
    """Put the filter on this process, for good. Raises OSError if the kernel has none, KeyError for an unknown machine."""
    raw = assembled(machine, pid)
    buffer = ctypes.create_string_buffer(raw, len(raw))
    wanted = _Program(len(raw) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    set_no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
    if libc.prctl(set_no_new_privileges, 1, 0, 0, 0) or libc.prctl(
        set_seccomp, mode_filter, ctypes.byref(wanted), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "seccomp filter refused")
