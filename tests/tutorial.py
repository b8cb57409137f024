"""A page as what it is: files that it tells to write, and commands with the output they show."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conftest import ROOT

_BLOCK = re.compile(r"(?:^File `([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A file to write (`path`, `text`), or a command with the output shown below it."""

    path: str = ""
    text: str = ""
    command: str = ""
    output: str = ""


def steps(document: Path) -> Iterator[Step]:
    """All steps of a document in order."""
    for path, language, text in _BLOCK.findall(document.read_text(encoding="utf-8")):
        if path:
            yield Step(path=path, text=text)
        elif language == "console":
            for piece in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, output = piece.partition("\n")
                yield Step(command=command, output=output)


def run(command: str, folder: Path) -> str:
    """What a command prints, both streams, as a user sees it in a terminal of 80 columns."""
    tools = folder / ".tools"
    if not tools.is_dir():
        tools.mkdir()
        script = tools / "grader"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m grader "$@"\n', encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    env = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120
    )
    return done.stdout.decode("utf-8")


def agrees(shown: str, got: str) -> bool:
    """Whether an output is the one shown; a line `...` stands for any lines."""
    pattern = ["(?:.*\n)*" if line == "..." else re.escape(line.rstrip()) + "\n" for line in shown.rstrip().splitlines()]
    return re.fullmatch("".join(pattern), "".join(f"{line.rstrip()}\n" for line in got.rstrip().splitlines())) is not None


def play(document: Path, folder: Path, *, runs_python: bool = True) -> int:
    """Do what a page says, in a folder: files are written, commands given, outputs compared. How many outputs it showed.

    Where Python answers cannot be run, commands on `.py` files are passed over.
    """
    compared = 0
    for step in steps(document):
        if step.path:
            path = folder / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            continue
        if ".py" in step.command and not runs_python:
            continue
        got = run(step.command, folder)
        assert agrees(step.output, got), f"{step.command}\n{got}"
        compared += bool(step.output)
    return compared
