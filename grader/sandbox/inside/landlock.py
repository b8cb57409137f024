"""Weaker mode: the files a process may touch, by the kernel's Landlock, which needs neither root nor namespaces."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every machine
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL: Final = (1 << 13) - 1
"""Every right of the first version: reading, writing, making and removing."""
_FILE_RIGHTS: Final = _EXECUTE | _WRITE_FILE | _READ_FILE
READ: Final = _EXECUTE | _READ_FILE | _READ_DIR

_libc: Final = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def rules(readable: list[str], writable: list[str]) -> int:
    """A descriptor of rules that allow reading below some paths and anything below others. Raises OSError without Landlock."""
    attributes = struct.pack("=Q", _ALL)
    made = _call(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    for paths, rights in ((readable, READ), (writable, _ALL)):
        for path in paths:
            try:
                fd = os.open(path, os.O_PATH)
            except OSError:
                continue  # what is not there needs no right
            allowed = rights if os.path.isdir(path) else rights & _FILE_RIGHTS
            _call(_ADD, ctypes.c_int(made), ctypes.c_int(1), struct.pack("=Qi", allowed, fd), ctypes.c_uint(0))
            os.close(fd)
    return made


def restrict(made: int) -> None:
    """Keep this process to the rules, for good. Raises OSError."""
    set_no_new_privileges = 38
    if _libc.prctl(set_no_new_privileges, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _call(_RESTRICT, ctypes.c_int(made), ctypes.c_uint(0))
