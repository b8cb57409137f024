"""One submission as found on disk, before anything of it is read."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.gradebook import Person
from grader.limits import FILE_BYTES, UPLOAD_BYTES

READ: Final = frozenset(
    {".tex", ".ltx", ".latex", ".md", ".markdown", ".txt", ".text", ".qmd", ".rmd", ".py", ".ipynb"}
)
"""Endings that are read (kept in step with `reading.reader`, which a test holds)."""
HANDED_IN: Final = frozenset({".pdf", ".docx", ".odt", ".zip", ".html", ".rtf", ".doc"})
"""Endings that are somebody's answers though they cannot be read here: they wait for a person."""
TEX: Final = frozenset({".tex", ".ltx", ".latex"})
_STYLES: Final = frozenset({".sty", ".cls"})
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(1, 10)), *(f"lpt{i}" for i in range(1, 10))}
)
_ID_LENGTH: Final = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission.

    `files` are read together, `unread` are not read here. `folder` is the submission's own folder; None where it lies
    beside others, and then it may draw in none of them. `notes` say what was left aside and why. `source` is the path
    given to the batch under which it was found, `origin` the place of this very submission; `name` is its id before it is
    told apart from others of that name.
    """

    id: str
    files: tuple[Path, ...]
    unread: tuple[Path, ...] = ()
    folder: Path | None = None
    source: str = ""
    submitters: tuple[Person, ...] = ()
    created_at: str = ""
    notes: tuple[str, ...] = ()
    name: str = ""
    origin: str = ""


def safe_id(name: str) -> str:
    """A name that can be a file's on every system, whatever a student or an export called it."""
    text = unicodedata.normalize("NFC", name)
    text = re.sub(r"[^\w.@+-]+", "_", text).strip("._") or "submission"
    if text.split(".")[0].lower() in _RESERVED:
        text = f"_{text}"
    if len(text) > _ID_LENGTH or len(text.encode()) > 2 * _ID_LENGTH:
        text = f"{text[: _ID_LENGTH // 2]}_{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    return text


def shown(name: str) -> str:
    """A file's name for people: what is no text in it becomes a question mark."""
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode("utf-8"))


def of_files(name: str, files: Sequence[Path], folder: Path | None = None, notes: Sequence[str] = ()) -> Entry:
    """An entry of these files."""
    read = tuple(p for p in files if p.suffix.lower() in READ)
    return Entry(safe_id(name), read, tuple(p for p in files if p not in read), folder, notes=tuple(notes))


def hidden(name: str) -> bool:
    """Whether a file or folder is a system's own: `.DS_Store`, `__MACOSX`."""
    return name.startswith((".", "__"))


def files_in(folder: Path) -> tuple[list[Path], list[str]]:
    """The regular files of a submission's folder in order of their paths, and what was left aside.

    A link is followed nowhere: what it points to is not what was handed in. Devices and pipes are left aside too.
    """
    files: list[Path] = []
    notes: list[str] = []

    def closed(error: OSError) -> None:
        notes.append(f"{shown(Path(str(error.filename)).name)} cannot be opened ({error.strerror})")

    for place, folders, names in os.walk(folder, onerror=closed, followlinks=False):
        linked = [n for n in folders if os.path.islink(os.path.join(place, n))]
        folders[:] = sorted(n for n in folders if not hidden(n) and n not in linked)
        for name in sorted([*names, *linked]):
            path = Path(place, name)
            if hidden(name):
                continue
            if path.is_symlink():
                notes.append(f"{shown(name)} is a link and is not followed")
            elif path.is_file():
                files.append(path)
            else:
                notes.append(f"{shown(name)} is no file")
    return sorted(files, key=lambda p: p.relative_to(folder).as_posix()), sorted(notes)


_INPUT: Final = re.compile(rb"\\(?:input|include)\s*\{?\s*([^}\s]+)")


def main_files(files: Sequence[Path]) -> list[Path]:
    """The files of a folder without those that another draws in by `\\input`."""
    drawn: set[Path] = set()
    for path in files:
        if path.suffix.lower() in TEX:
            try:
                with path.open("rb") as file:
                    text = file.read(500_000)
            except OSError:
                continue
            for match in _INPUT.finditer(text):
                name = match.group(1).decode("utf-8", "replace")
                if "\0" in name:
                    continue
                for candidate in (path.parent / name, path.parent / f"{name}.tex"):
                    drawn.add(Path(os.path.normpath(candidate)))
    kept = [p for p in files if Path(os.path.normpath(p)) not in drawn]
    return kept or list(files)


def content_sha256(entry: Entry) -> str:
    """Hash of all that a submission's result can depend on: the names and bytes of its files, and what was left aside.

    Raises OSError if a file cannot be read. Of a file above the largest that is read only the size counts, of one that is
    not read here at most 200 MB.
    """
    digest = hashlib.sha256(repr(entry.notes).encode())
    for name, path in _parts(entry):
        digest.update(b"\0" + name.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(file_sha256(path).encode())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes; of its size and first bytes where it is larger than anything that is read."""
    most = FILE_BYTES if path.suffix.lower() in READ else UPLOAD_BYTES
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= most:
            return hashlib.file_digest(file, "sha256").hexdigest()
        return hashlib.sha256(b"%d" % size + file.read(1_000_000)).hexdigest()


def _parts(entry: Entry) -> Iterator[tuple[str, Path]]:
    own = [*entry.files, *entry.unread]
    for i, path in enumerate(own):
        yield f"{i} {path.name}", path
    if entry.folder is None:  # style files that lie beside it may be used
        beside = {p for path in own for p in path.parent.iterdir() if p.suffix.lower() in _STYLES}
    else:
        beside = set(files_in(entry.folder)[0])
    root = entry.folder or (own[0].parent if own else Path())
    for path in sorted(beside - set(own)):
        yield path.relative_to(root).as_posix(), path
