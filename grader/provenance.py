"""What a result depends on besides the submission: the assignment's files, the program and the libraries it computes with.

Light (no NumPy), so that a command can ask before a worker starts.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

from grader.errors import OperatorError

_FILES: Final = ("rubrics/*.yaml", "reference/*.py", "reference/*.json")


def shipped() -> Path:
    """The assignment that comes with the program. Raises OperatorError if none does."""
    here = Path(__file__).resolve().parent
    for folder in (here.parent, here / "shipped"):
        if (folder / "rubrics" / "assignment.yaml").is_file():
            return folder
    raise OperatorError("no assignment is shipped with this installation; name one with --assignment DIR")


def assignment_files(folder: Path) -> list[Path]:
    """All rubric and reference files of an assignment."""
    return sorted(file for pattern in _FILES for file in folder.glob(pattern))


def assignment_sha256(folder: Path) -> str:
    """Hash of all rubric and reference files of an assignment."""
    digest = hashlib.sha256()
    for path in assignment_files(folder):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def engine_sha256() -> str:
    """Hash of the program's own source, its limits included: a result is not reused by a program that might differ.

    The assignment that an installed program has with it is not its source: the same program beside its sources has the same hash.
    """
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256(metadata.version("homework-grader").encode())
    for path in sorted(p for p in here.rglob("*.py") if p.relative_to(here).parts[0] != "shipped"):
        digest.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def libraries() -> tuple[str, ...]:
    """The libraries whose results may differ from version to version."""
    return tuple(f"{name} {_version(name)}" for name in ("numpy", "sympy", "mpmath", "pylatexenc"))


@cache
def sandbox() -> tuple[str, ...]:
    """What Python answers are run by."""
    names = ("torch", "nbformat")
    locked = "bwrap" if shutil.which("bwrap") else ""
    return (*(f"{name} {_version(name)}" for name in names), f"python {platform.python_version()}", locked)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
