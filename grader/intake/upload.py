"""What somebody sends: names and bytes to files in a folder, archives opened, nothing trusted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from grader.intake.archive import ArchiveError, Caps, unpack
from grader.intake.entry import READ, Entry, files_in, hidden, main_files, of_files, safe_id, shown

_STYLES: Final = frozenset({".sty", ".cls", ".bib"})
_LENGTH: Final = 60


def display_name(name: str) -> str:
    """The name a file is shown and kept under, whatever it was called: no folder, no sign that means something elsewhere."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem, dot, ending = last.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,8}", ending):
        stem, ending = last, ""
    stem = safe_id(stem)[:_LENGTH]
    return f"{stem}.{ending.lower()}" if ending else stem


def uploaded(files: Sequence[tuple[str, bytes]], folder: Path, caps: Caps) -> Entry:
    """Write what was sent into an empty folder, as one submission; archives are opened beside it.

    Two files of one name (also where only case differs) are both kept. Raises OSError if nothing can be written.
    """
    own = folder / "sent"
    own.mkdir()
    notes: list[str] = []
    found: list[Path] = []
    taken: set[str] = set()
    for name, data in files:
        path = own / _free(display_name(name), taken)
        path.write_bytes(data)
        if path.suffix == ".zip":
            found += _opened(path, folder / "opened", caps, notes)
            path.unlink()
        else:
            found.append(path)
    known = [p for p in found if p.suffix.lower() in READ]
    notes += [f"{shown(p.name)} is of a kind that is not read here" for p in found if not _useful(p)][:5]
    name = Path(display_name(files[0][0])).stem if files else ""
    entry = of_files(name, main_files(known) if known else [], own)
    return replace(entry, notes=tuple(notes))


def _useful(path: Path) -> bool:
    return path.suffix.lower() in READ | _STYLES


def _opened(path: Path, workspace: Path, caps: Caps, notes: list[str]) -> list[Path]:
    try:
        unpacked = unpack(path, workspace, caps)
    except ArchiveError as error:
        notes.append(f"{path.name} {error}")
        return []
    files, left = files_in(unpacked.folder)
    notes += [f"{path.name}: {note}" for note in (*unpacked.notes, *left)]
    return [p for p in files if not any(hidden(part) for part in PurePosixPath(p.relative_to(unpacked.folder)).parts)]


def _free(name: str, taken: set[str]) -> str:
    stem, dot, ending = name.partition(".")
    made, number = name, 1
    while made.casefold() in taken:
        number += 1
        made = f"{stem}~{number}{dot}{ending}"
    taken.add(made.casefold())
    return made
