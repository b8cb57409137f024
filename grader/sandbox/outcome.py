"""What one ended child means for its student."""

from __future__ import annotations

import os
import re
import signal
import unicodedata
from typing import Final

from grader.programs import Case, Ending, Program, Ran
from grader.sandbox.frames import one_line, said
from grader.sandbox.inside.wire import Malformed
from grader.sandbox.launch import has
from grader.sandbox.warm import Raw

_CRASHES: Final = {
    signal.SIGSEGV: "segmentation fault",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "arithmetic fault",
    signal.SIGILL: "illegal instruction",
    signal.SIGABRT: "abort",
    signal.SIGSYS: "refused system call",
}


def ours(raw: Raw, strict: bool) -> str:
    """Why it is not the student's doing; empty if it is.

    Locked in, nobody inside can send SIGKILL: if the worker did not either, the machine ran out of memory or somebody
    interfered.
    """
    if not raw.cut and os.WIFSIGNALED(raw.status) and os.WTERMSIG(raw.status) == signal.SIGKILL and strict:
        return "the process was killed from outside"
    return ""


def shown(output: bytes) -> str:
    """What a program printed, fit for a terminal: no escape sequence, no control of direction."""
    text = output.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text)


def outcome(raw: Raw, program: Program, case: Case) -> Ran:
    """The student's outcome of one case."""
    output = shown(raw.output)

    def ran(ending: Ending, message: str, line: int | None = None, **details: str) -> Ran:
        return Ran(ending, None, message, line, output, raw.seconds, details)

    if raw.cut == "time":
        return ran(Ending.TIMEOUT, f"stopped: it ran longer than {case.limits.seconds:g} s", cause="time")
    if raw.cut == "flood":
        return ran(Ending.FLOOD, "stopped: it printed without end", cause="output")
    if raw.cut == "result":
        return ran(Ending.FLOOD, "stopped: its answer has no end", cause="result")
    if os.WIFSIGNALED(raw.status):
        number = os.WTERMSIG(raw.status)
        name = _CRASHES.get(signal.Signals(number), signal.Signals(number).name) if number < 32 else f"signal {number}"
        return ran(Ending.ERROR, f"the program crashed ({name})", cause="crash", signal=str(number))
    status = os.waitstatus_to_exitcode(raw.status)
    if not raw.answer:
        return ran(
            Ending.EXIT, f"the program ended itself (status {status}) before it gave an answer", status=str(status)
        )
    try:
        told = said(raw.answer)
    except Malformed as error:
        return ran(Ending.INVALID, str(error))
    seconds = min(told.seconds, raw.seconds)
    if told.ending == "ok":
        return Ran(Ending.OK, told.value, "", None, output, seconds)
    lines = program.source.count("\n") + 1
    line = told.line if told.line is not None and told.line <= lines else None
    if told.ending == "absent":
        return ran(Ending.ABSENT, f"the program does not define {case.function}")
    if told.ending == "invalid":
        return ran(Ending.INVALID, told.message or "the result is no value", line)
    if told.ending == "memory":
        return ran(Ending.MEMORY, f"stopped: it needs more than {case.limits.memory_mb} MB", line)
    if told.ending == "exit":
        return ran(Ending.EXIT, one_line(f"the program ended itself ({told.message or 'no status'})"), line)
    library = told.module.split(".")[0]
    if library and re.search(rf"\b{re.escape(library)}\b", program.source) and not has(library):
        return ran(Ending.NOT_RUN, f"it needs the module {library}, which is not here", line, module=library)
    text = f"{told.exception}: {told.message}" if told.message else told.exception
    return ran(Ending.ERROR, one_line(text) or "an error without a name", line, exception=told.exception)
