"""Runs one case of one program in the child, and says in one message what came of it."""

from __future__ import annotations

import errno
import linecache
import random
import sys
import time
import types
from typing import Any, Final

from . import jail, wire
from .values import Encoder, Unusable, arguments, gradients

MESSAGE: Final = 400
"""Characters kept of a student's error message."""


class Absent(Exception):
    """The program does not bind the name asked for."""


def answer(request: bytes) -> bytes:
    """The message that answers a request: an ending, and the value or what went wrong."""
    header, payload = wire.unpack(request)
    args = arguments(header["args"], payload, header["feed"], header["gradient"])
    started = time.perf_counter()
    body: dict[str, Any]
    encoder = Encoder()
    try:
        result = _call(header, args)
        seconds = time.perf_counter() - started
        body = {"ending": "ok", "value": encoder.encode(result), "seconds": seconds}
        message = wire.pack(body, bytes(encoder.payload))
        if len(message) > wire.FRAME_BYTES:
            raise Unusable("the result is too large")
        return message
    except Absent:
        body = {"ending": "absent"}
    except Unusable as error:
        body = {"ending": "invalid", "message": str(error)}
    # a student's code may raise anything, also KeyboardInterrupt and classes of its own
    except BaseException as error:
        body = _failure(error, header["file"])
    body["seconds"] = time.perf_counter() - started
    return wire.pack(body)


def _call(header: dict[str, Any], args: list[Any]) -> Any:
    module, stopped = _module(header)
    bound = vars(module)
    if header["function"] not in bound:
        if stopped is not None and header["named"]:
            raise stopped
        raise Absent
    value = bound[header["function"]]
    sympy: Any = sys.modules.get("sympy")
    if not callable(value) or (sympy is not None and isinstance(value, sympy.Basic)):
        return value
    try:
        result = value(*args)
    except NameError:
        if stopped is not None:  # what the function needs was to come after the line that failed
            raise stopped from None
        raise
    return gradients(result, args) if header["gradient"] else result


def _module(header: dict[str, Any]) -> tuple[types.ModuleType, BaseException | None]:
    """The program as a module, and what ended it early: functions bound before that can still be called."""
    random.seed(0)  # Python seeds it anew in every child; the other generators are as the worker left them
    source, file = header["source"].removeprefix("\ufeff"), header["file"]
    try:
        code = compile(source, file, "exec", dont_inherit=True)
    except (MemoryError, RecursionError):  # the parser says so of its own stack
        raise SyntaxError("the source is nested too deeply") from None
    module = types.ModuleType(header["name"])
    module.__file__ = file
    sys.modules.setdefault(header["name"], module)  # a homework called numpy.py must not hide NumPy
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    try:
        exec(code, vars(module))
    except MemoryError:
        raise
    except BaseException as error:  # an assertion or a plot at the end, an exit: see above
        return module, error
    return module, None


def _failure(error: BaseException, file: str) -> dict[str, Any]:
    """How an exception of the student's is told: its kind, its message, the line of the source where it was."""
    jail.use_reserve()
    kind = type.__dict__["__name__"].__get__(type(error))
    try:
        text = str(error)[:MESSAGE]
    except BaseException:  # its own __str__ fails
        text = ""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    body: dict[str, Any] = {"ending": "error", "exception": kind, "message": text, "line": line}
    if isinstance(error, SyntaxError) and line is None:
        body["line"], body["message"] = error.lineno, str(error.msg)[:MESSAGE]
    if isinstance(error, SystemExit):
        body["ending"] = "exit"
    elif (
        isinstance(error, MemoryError)
        or (isinstance(error, RuntimeError) and "allocate memory" in text)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
    ):
        body["ending"] = "memory"
    elif isinstance(error, ModuleNotFoundError):
        body["module"] = str(error.name)
    return body
