"""Many submissions: found in folders, graded by warm worker processes, one result file each.

One submission's failure never ends the batch: a worker that dies or hangs is replaced, and the submission gets a result
that says so and waits for a person.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import local
from typing import Any, Final

from grader.errors import OperatorError
from grader.isolate import Worker, WorkerDied, WorkerTimeout

READ: Final = frozenset(
    {".tex", ".ltx", ".latex", ".md", ".markdown", ".txt", ".text", ".qmd", ".rmd", ".py", ".ipynb"}
)
"""Endings that are read (kept in step with `reading.reader`, which a test holds)."""
HANDED_IN: Final = frozenset({".pdf", ".docx", ".odt", ".zip", ".html", ".rtf", ".doc"})
"""Endings that are somebody's answers though they cannot be read here: they wait for a person."""
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission: its name, the files that are read together, and files that are not read."""

    id: str
    files: tuple[Path, ...]
    unread: tuple[Path, ...] = ()


@dataclass(slots=True)
class Result:
    """What became of one submission: the report as data, or why there is none; `notes` for the summary."""

    entry: Entry
    report: dict[str, Any] | None
    status: str
    notes: list[str] = field(default_factory=list)


def find(paths: Sequence[Path]) -> list[Entry]:
    """The submissions in files and folders, in order of their names; every id once.

    In a folder each file is a submission (files of one stem are read together) and each folder within is one. Raises
    OperatorError for a path that does not exist or where nothing was handed in.
    """
    entries: list[Entry] = []
    for path in paths:
        if not path.exists():
            raise OperatorError(f"{path}: no such file or folder")
        found = sorted(_in_folder(path), key=lambda e: e.id) if path.is_dir() else [_of_files(path.stem, [path])]
        if not found:
            raise OperatorError(
                f"{path}: no submissions here (files ending in {', '.join(sorted(READ)[:6])} .. or folders of such)"
            )
        entries.extend(found)
    taken: set[str] = set()
    out = []
    for entry in entries:
        name, number = entry.id, 1
        while name.lower() in taken:
            number += 1
            name = f"{entry.id}-{number}"
        taken.add(name.lower())
        out.append(Entry(name, entry.files, entry.unread))
    return out


def _in_folder(folder: Path) -> Iterator[Entry]:
    flat: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            files = [p for p in sorted(path.rglob("*")) if p.is_file() and not _hidden(p, path)]
            known = [p for p in files if p.suffix.lower() in READ | HANDED_IN]
            if known:
                yield _of_files(path.name, _main_files(known))
        elif path.suffix.lower() in READ | HANDED_IN:
            flat.setdefault(path.stem, []).append(path)
    for stem, files in flat.items():
        yield _of_files(stem, files)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.relative_to(root).parts)


_INPUT = re.compile(rb"\\(?:input|include)\s*\{?\s*([^}\s]+)")


def _main_files(files: Sequence[Path]) -> list[Path]:
    """The files of a folder without those that another draws in by `\\input`."""
    drawn: set[Path] = set()
    for path in files:
        if path.suffix.lower() in (".tex", ".ltx", ".latex"):
            try:
                text = path.read_bytes()[:500_000]
            except OSError:
                continue
            for match in _INPUT.finditer(text):
                name = match.group(1).decode("utf-8", "replace")
                for candidate in (path.parent / name, path.parent / f"{name}.tex"):
                    drawn.add(candidate.resolve())
    kept = [p for p in files if p.resolve() not in drawn]
    return kept or list(files)


def _of_files(name: str, files: Sequence[Path]) -> Entry:
    read = tuple(p for p in files if p.suffix.lower() in READ)
    return Entry(_safe(name), read, tuple(p for p in files if p not in read))


def _safe(name: str) -> str:
    """A name that can be a file's on every system."""
    return re.sub(r"[^\w.@+-]+", "_", name).strip("._") or "submission"


def grade_all(
    entries: Sequence[Entry],
    out: Path,
    assignment: Path | None,
    *,
    jobs: int = 1,
    done: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Grade every entry into `out/<id>.json`; results in the order of the entries, whatever order they finish in."""
    from grader.report.to_json import dumps

    out.mkdir(parents=True, exist_ok=True)
    workers: list[Worker] = []
    own = local()

    def one(entry: Entry) -> Result:
        worker = getattr(own, "worker", None)
        if worker is None:
            worker = own.worker = Worker()
            workers.append(worker)
        result = grade_one(worker, entry, assignment)
        if result.report is not None:
            write_whole(out / f"{entry.id}.json", dumps(result.report))
        done(result)
        return result

    try:
        with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
            return list(pool.map(one, entries))
    finally:
        for worker in workers:
            worker.close()


def grade_one(worker: Worker, entry: Entry, assignment: Path | None) -> Result:
    """One submission; a worker that dies is tried once more, then the submission waits for a person."""
    request = {
        "files": [str(p) for p in entry.files],
        "assignment": str(assignment) if assignment else None,
        "id": entry.id,
    }
    notes = [f"{p.name} is not read here: a person looks" for p in entry.unread]
    if len(entry.files) > 1:
        notes.append(f"{len(entry.files)} files read together")
    if not entry.files:
        return _without(worker, entry, request, "needs_a_person", notes)
    for attempt in range(_ATTEMPTS):
        try:
            answer = worker.ask({"op": "check", **request})
        except WorkerTimeout:
            notes.append(f"stopped after {worker.seconds:g} s")
            return _without(worker, entry, request, "timeout", notes)
        except WorkerDied as error:
            last = str(error).strip().splitlines()[-1:] or ["no message"]
            if attempt + 1 == _ATTEMPTS:
                notes.append(f"the grader itself failed twice: {last[0]}")
                return _without(worker, entry, request, "fault", notes)
            continue
        if not answer.get("ok"):
            if answer["kind"] == "author":
                raise OperatorError(answer["message"])
            notes.append(answer["message"])
            return _without(worker, entry, request, "unreadable", notes)
        report = answer["report"]
        if not answer["readable"] and entry.unread:  # scripts beside a PDF: the answers are in what is not read
            return _without(worker, entry, request, "needs_a_person", notes)
        if not answer["readable"]:
            notes += [p["message"] for p in report["problems"][:1]]
            return Result(entry, report, "unreadable", notes)
        faults = any(c["outcome"] == "fault" for p in report["parts"] for c in p["checks"])
        open_parts = sum(p["score"]["max"] > p["score"]["min"] for p in report["parts"])
        return Result(entry, report, "fault" if faults else "review" if open_parts else "decided", notes)
    raise AssertionError("unreachable")


def _without(worker: Worker, entry: Entry, request: dict[str, Any], status: str, notes: list[str]) -> Result:
    """A result without a reading: every part waits for a person."""
    files = [p.name for p in (*entry.files, *entry.unread)]
    try:
        answer = worker.ask({"op": "unread", **request, "names": files, "note": status, "message": "; ".join(notes)})
    except (WorkerTimeout, WorkerDied):
        return Result(entry, None, status, notes)
    return Result(entry, answer.get("report"), status, notes)


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    waiting.write_text(text, encoding="utf-8")
    os.replace(waiting, path)
