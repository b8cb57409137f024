"""A submission as plain data, to be graded on a machine that shares no folder with this one, to the same bytes.

`packed` puts into it all that a worker may open (the files, what TeX may draw in, rubrics and references) and what the worker
must have in common with this machine; `graded` unpacks it there under the same names and grades it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from threading import Lock
from typing import Any, Final

from grader import provenance
from grader.intake.entry import TEX
from grader.limits import FILE_BYTES
from grader.task import grade_task

MOST: Final = 64_000_000
"""Bytes of one parcel; a submission with more beside its answers (photographs) is graded where it lies."""
_STYLES: Final = frozenset({".sty", ".cls"})
_guard = Lock()
_unpacked: dict[str, Path] = {}

Files = list[tuple[str, bytes | int]]
"""Names relative to a folder with what stands there; of a file too large to be read only the size."""


class TooMuch(Exception):
    """A submission is too large to be sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An assignment as it was when it was read: its files with their hash."""

    folder: Path
    sha256: str
    files: tuple[tuple[str, bytes], ...]

    @classmethod
    def read(cls, folder: Path) -> Sent:
        """The assignment of a folder. Raises OSError if a file cannot be read."""
        return cls(folder, provenance.assignment_sha256(folder), tuple(
            (path.relative_to(folder).as_posix(), path.read_bytes()) for path in provenance.assignment_files(folder)
        ))  # fmt: skip


def packed(request: Mapping[str, Any], assignment: Sent, expected: Sequence[str]) -> dict[str, Any]:
    """A request of `grade_task` with all it needs. Raises OSError if a file cannot be read, TooMuch beyond `MOST`."""
    paths = [Path(p) for p in request["files"]]
    roots = list(dict.fromkeys(p.parent for p in paths))
    left = MOST
    folders: list[Files] = []
    for root in roots:
        here = [p for p in paths if p.parent == root]
        folders.append([])
        for path in _opened(root, here, bool(request["alone"])):
            size = path.stat().st_size
            data = path.read_bytes() if size <= FILE_BYTES else size
            left -= len(data) if isinstance(data, bytes) else 0
            if left < 0:
                raise TooMuch
            folders[-1].append((path.relative_to(root).as_posix(), data))
    return {
        "request": {**request, "files": [[roots.index(p.parent), p.name] for p in paths], "assignment": None},
        "folders": folders,
        "assignment": {"folder": str(assignment.folder), "sha256": assignment.sha256, "files": assignment.files},
        "expected": list(expected),
    }


def _opened(root: Path, files: Sequence[Path], alone: bool) -> Iterator[Path]:
    """What grading these files of a folder may open: they themselves, and what TeX may draw in."""
    yield from files
    if not any(p.suffix.lower() in TEX for p in files):
        return
    if alone:  # others' files lie there too
        beside = (p for p in root.iterdir() if p.suffix in _STYLES)
    else:
        beside = (Path(place, name) for place, _, names in os.walk(root) for name in names)
    whole = root.resolve()
    own = set(files)
    for path in sorted(beside):
        if path not in own and path.is_file() and path.resolve().is_relative_to(whole):
            yield path


def graded(parcel: Mapping[str, Any], name: str, place: str | None = None) -> dict[str, Any]:
    """Grade what a parcel holds, as `grade_task` does; refused where this machine, called `name`, is not as expected.

    What is unpacked lies in the folder `place`, by default where temporary files do.
    """
    request = parcel["request"]
    expected = parcel["expected"]
    wrong = differing(expected, facts(programs=len(expected) > len(facts())), name)
    if wrong:
        return {"refused": wrong}
    sent = parcel["assignment"]
    assignment = _assignment(sent, place)
    with TemporaryDirectory(prefix="submission-", dir=place) as folder:
        for i, files in enumerate(parcel["folders"]):
            _write(Path(folder, str(i)), files)
        paths = [str(Path(folder, str(i), own)) for i, own in request["files"]]
        answer = grade_task({**request, "files": paths, "assignment": str(assignment)})
    if "refused" in answer:  # a fault of the rubric: named by its place where it is kept
        answer["refused"] = answer["refused"].replace(str(assignment), sent["folder"])
    return answer


def _write(folder: Path, files: Sequence[tuple[str, bytes | int]]) -> None:
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            if isinstance(data, int):
                file.truncate(data)  # it is not read beyond its size
            else:
                file.write(data)


def _assignment(sent: Mapping[str, Any], place: str | None) -> Path:
    """The folder of an assignment that was sent, unpacked once a process."""
    with _guard:
        found = _unpacked.get(sent["sha256"])
        if found is None or not found.is_dir():
            found = Path(mkdtemp(prefix="assignment-", dir=place))
            _write(found, sent["files"])
            _unpacked[sent["sha256"]] = found
    return found


# what two machines must have in common


@cache
def facts(*, programs: bool = False) -> tuple[str, ...]:
    """What results depend on besides the submission and the assignment; with `programs` what runs Python answers too."""
    found = (f"grader {provenance.engine_sha256()}", *provenance.libraries())
    if not programs:
        return found
    from grader.sandbox.doctor import can_run, examine

    runs = "can be run" if can_run(examine()) else "cannot be run"
    return (*found, *(f or "no bwrap" for f in provenance.sandbox()), f"Python answers {runs}")


def differing(expected: Sequence[str], found: Sequence[str], name: str) -> str:
    """A sentence that says what a machine has otherwise than this one; empty where all is alike."""
    for here, there in zip(expected, found, strict=True):
        if here == there:
            continue
        if here.startswith("grader "):
            return (
                f"the worker {name} has another version of the grader (source {there[7:19]}, here {here[7:19]}): "
                "install the same there and start it again"
            )
        return f"the worker {name} differs: {_had(there)} there, {_had(here)} here; results must not depend on where"
    return ""


def _had(fact: str) -> str:
    """A fact in words: a library without a version is not there."""
    return f"no {fact.strip()}" if fact.endswith(" ") else fact
