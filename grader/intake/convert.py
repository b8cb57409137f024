"""PDFs through a command the operator names, such as an OCR program that writes Markdown with LaTeX.

The command runs once per file, without a shell, in a process group of its own that is killed when its time is over or its
output grows too large. What it wrote is kept; a person may mend it there, and then the mended text is graded.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.errors import OperatorError
from grader.intake.entry import file_sha256, safe_id, shown
from grader.intake.files import write_whole
from grader.limits import CONVERTED_BYTES, PDF_SECONDS

_POLL_SECONDS: Final = 0.02
_LAST_WORDS: Final = 200

stopping: Final = threading.Event()
"""Set where the batch ends early: conversions end too."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The text made of a PDF, or why there is none (`failure`); `note` says what a person should know of it."""

    path: Path | None
    sha256: str
    note: str
    failure: str = ""


def checked(command: str) -> str:
    """The command, if it can be run. Raises OperatorError for bad quoting, a missing `{in}` or an unknown program."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise OperatorError(f"--pdf-command {command!r}: {error}") from None
    if not any("{in}" in word for word in words):
        raise OperatorError(f"--pdf-command {command!r}: says nowhere {{in}}, the file to convert")
    if shutil.which(words[0]) is None:
        raise OperatorError(f"--pdf-command {command!r}: no program {words[0]!r} here")
    return command


def name_of(command: str) -> str:
    """The program's name."""
    return Path(shlex.split(command)[0]).name


def convert(pdf: Path, folder: Path, command: str, seconds: float = PDF_SECONDS) -> Converted:
    """Convert a PDF into `folder`, unless that was done already by the same command.

    Of the command's words `{in}` and `{out}` are replaced; without `{out}` its standard output is the text. Raises OSError
    where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = safe_id(pdf.stem)
    text, record = folder / f"{stem}.md", folder / f"{stem}.json"
    source = file_sha256(pdf)
    made = {"pdf_sha256": source, "command": command}
    before = _record(record)
    if text.is_file() and {k: before.get(k) for k in made} == made:
        now = file_sha256(text)
        edited = now != before.get("output_sha256")
        return Converted(text, now, f"{shown(pdf.name)}: as converted" + (" and mended by hand" if edited else ""))
    waiting = folder / f".{stem}.{os.getpid()}.part"  # what an earlier batch left running writes elsewhere
    try:
        failure = _run(pdf, waiting, command, seconds)
        if failure:
            return Converted(None, "", "", f"{shown(pdf.name)}: {name_of(command)} {failure}")
        waiting.replace(text)
    finally:
        waiting.unlink(missing_ok=True)
        waiting.with_suffix(".err").unlink(missing_ok=True)
    output = file_sha256(text)
    write_whole(record, json.dumps({**made, "output_sha256": output}, indent=1) + "\n")
    return Converted(text, output, f"{shown(pdf.name)}: as converted")


def _record(path: Path) -> dict[str, str]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _run(pdf: Path, out: Path, command: str, seconds: float) -> str:
    """Run the command into `out`; why it failed, or an empty text."""
    words = [w.replace("{in}", str(pdf.resolve())).replace("{out}", str(out.resolve())) for w in shlex.split(command)]
    errors = out.with_suffix(".err")
    out.unlink(missing_ok=True)
    own_output = "{out}" in command
    with Path(os.devnull if own_output else out).open("wb") as stdout, errors.open("wb") as stderr:
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
            )
        except OSError as error:
            return f"cannot be started ({error.strerror})"
        try:
            failure = _watched(process, (out, errors), seconds)
        finally:
            _end(process)
    if failure:
        return failure
    if process.returncode != 0:
        return f"failed with status {process.returncode}{_last_words(errors)}"
    if not out.is_file() or out.is_symlink() or out.stat().st_size == 0:
        return f"wrote nothing{_last_words(errors)}"
    if out.stat().st_size > CONVERTED_BYTES:
        return f"wrote more than {CONVERTED_BYTES // 1_000_000} MB"
    return ""


def _watched(process: subprocess.Popen[bytes], files: tuple[Path, ...], seconds: float) -> str:
    end = time.monotonic() + seconds
    while process.poll() is None:
        if any(_size(f) > 2 * CONVERTED_BYTES for f in files):
            return f"wrote more than {CONVERTED_BYTES // 1_000_000} MB and was stopped"
        if stopping.is_set():
            return "was stopped"
        if time.monotonic() > end:
            return f"took longer than {seconds:g} s and was stopped"
        time.sleep(_POLL_SECONDS)
    return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and whatever it started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    if process.poll() is None:
        process.kill()
    process.wait()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _last_words(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, _size(path) - 2000))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    text = "".join(c for c in lines[-1] if c.isprintable())[:_LAST_WORDS] if lines else ""
    return f" ({text})" if text else ""


def conversion_sha256(command: str, outputs: list[Converted]) -> str:
    """What of the conversions a result depends on: the command, and what came out of each file."""
    if not outputs:
        return ""
    rows = [command, *((c.sha256 or c.failure) for c in outputs)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
