"""Zip archives unpacked as if written by an enemy: names are made, sizes are counted while reading, links are left out.

`zipfile.extractall` is not used: it trusts names and the sizes an archive tells of itself.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from grader.errors import GraderError
from grader.intake.entry import hidden, safe_id, shown
from grader.limits import ARCHIVE_BYTES, ARCHIVE_MEMBERS, NAME_BYTES, NAME_DEPTH, UPLOAD_BYTES, UPLOAD_MEMBERS

_CHUNK: Final = 1 << 16
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises for archives that are no archives, damaged, encrypted, or packed in a way it does not know."""
_ENTRY_BYTES: Final = 46 + 2 * NAME_BYTES
"""What one file takes in the directory of an archive."""


class ArchiveError(GraderError):
    """An archive that is not opened; the message says why, without its name."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Where an archive's files are, and what was left out of it and why."""

    folder: Path
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Caps:
    """Most files and bytes read from one archive."""

    members: int
    bytes: int


CLASS: Final = Caps(ARCHIVE_MEMBERS, ARCHIVE_BYTES)
UPLOAD: Final = Caps(UPLOAD_MEMBERS, UPLOAD_BYTES)


def unpack(path: Path, workspace: Path, caps: Caps) -> Unpacked:
    """Unpack an archive into a folder of the workspace that is named by its content; one that is there already is used.

    The folder appears whole or not at all. Raises ArchiveError for what is no archive, damaged as a whole or beyond the
    caps, OSError if it cannot be read or nothing can be written.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    target = workspace / f"{safe_id(path.stem)[:40]}-{digest[:16]}"
    notes_file = target.with_name(target.name + ".notes")
    if target.is_dir() and notes_file.is_file():
        return Unpacked(target, tuple(notes_file.read_text(encoding="utf-8").splitlines()))
    workspace.mkdir(parents=True, exist_ok=True)
    waiting = workspace / f".{target.name}.{os.getpid()}"
    shutil.rmtree(waiting, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    waiting.mkdir()
    try:
        notes = _unpack(path, waiting, caps)
        notes_file.write_text("".join(f"{n}\n" for n in notes), encoding="utf-8")
        waiting.replace(target)
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return Unpacked(target, tuple(notes))


def _unpack(path: Path, folder: Path, caps: Caps) -> list[str]:
    if caps is not CLASS:
        _look_first(path, caps)
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise ArchiveError(f"is no archive that can be opened ({_first_line(error)})") from None
    notes: list[str] = []
    with archive:
        infos = archive.infolist()
        if len(infos) > caps.members:
            raise ArchiveError(f"holds {len(infos)} files; at most {caps.members} are unpacked")
        left = caps.bytes
        for info, place in _Names(notes).of(infos):
            left = _member(archive, info, folder / place, left, caps, notes)
    return notes


def _look_first(path: Path, caps: Caps) -> None:
    """The size of the archive's directory before it is read: a million empty entries take gigabytes of memory."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if directory > caps.members * _ENTRY_BYTES:
        raise ArchiveError(f"holds more than {caps.members} files; so many are not unpacked")


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, left: int, caps: Caps, notes: list[str]
) -> int:
    """Write one file, counting what is really read; returns how many bytes may still come."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(info) as source, target.open("xb") as out:
            while chunk := source.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise ArchiveError(f"unpacks to more than {caps.bytes // 1_000_000} MB and was not unpacked")
                out.write(chunk)
    except (*_DAMAGED, OSError) as error:
        if (
            isinstance(error, OSError) and error.errno != errno.EINVAL
        ):  # it sends the reader before the file's beginning
            raise
        target.unlink(missing_ok=True)
        notes.append(f"{target.name}: damaged or encrypted in the archive ({_first_line(error)})")
    return left


@dataclass(slots=True)
class _Names:
    """Names for the files of an archive: relative, without surprises, different even where case does not count."""

    notes: list[str]
    taken: set[tuple[str, ...]] = field(default_factory=set)  # folded places, of files and folders
    folders: dict[tuple[str, ...], str] = field(default_factory=dict)  # a folder's name, by its parent and spelling

    def of(self, infos: list[zipfile.ZipInfo]) -> Iterator[tuple[zipfile.ZipInfo, str]]:
        """Each file that is unpacked, with its place."""
        for info in infos:
            if info.filename and info.is_dir():  # an empty name ends in nothing
                continue
            name = _decoded(info)
            parts = [p for p in name.replace("\\", "/").split("/") if p not in ("", ".")]
            if any(hidden(p) for p in parts if p != ".."):
                continue
            if why := _refused(name, parts, info):
                self.notes.append(f"{_shown(name)} in the archive was left out: {why}")
                continue
            place: tuple[str, ...] = ()
            for i, part in enumerate(parts):
                place = (*place, self._free(place, part, last=i + 1 == len(parts)))
            if place[-1] != parts[-1]:
                self.notes.append(f"{_shown(name)} stands twice in the archive")
            yield info, "/".join(place)

    def _free(self, parent: tuple[str, ...], part: str, *, last: bool) -> str:
        """A name in a folder that no other has, however it is spelled; the same folder keeps its name."""
        known = self.folders.get((*parent, part))
        if known is not None and not last:
            return known
        stem, dot, ending = part.partition(".")
        made, number = part, 1
        while (*parent, _folded(made)) in self.taken:
            number += 1
            made = f"{stem}~{number}{dot}{ending}"
        self.taken.add((*parent, _folded(made)))
        if not last:
            self.folders[(*parent, part)] = made
        return made


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _decoded(info: zipfile.ZipInfo) -> str:
    """The name: UTF-8 where an archive does not say which encoding it used and the bytes are UTF-8."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


def _refused(name: str, parts: list[str], info: zipfile.ZipInfo) -> str | None:
    if name.startswith(("/", "\\")) or name[1:2] == ":" or ".." in parts or not parts:
        return "its path leads out of the archive"
    if any(ord(c) < 32 or ord(c) == 127 for c in name) or any(
        len(p.encode("utf-8", "replace")) > NAME_BYTES or p.endswith((" ", ".")) or ":" in p for p in parts
    ):
        return "its name is not one that every system takes"
    if len(parts) > NAME_DEPTH:
        return f"it lies more than {NAME_DEPTH} folders deep"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "it is a link"
    if kind not in (0, stat.S_IFREG):
        return "it is no file"
    return None


def _shown(name: str) -> str:
    text = shown(name)
    return text if len(text) <= 60 else f"{text[:57]}.."


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:100]
