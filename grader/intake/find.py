"""The submissions in files, folders, archives and Gradescope's exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import OperatorError
from grader.intake.archive import CLASS, UPLOAD, ArchiveError, unpack
from grader.intake.entry import HANDED_IN, READ, Entry, files_in, hidden, main_files, of_files, shown
from grader.intake.gradescope import Uploaded, metadata_of, read_metadata
from grader.intake.identify import ARCHIVE, EXPORT


@dataclass(frozen=True, slots=True)
class Found:
    """The submissions, and what the operator should know about how they were found."""

    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()


def find(paths: Sequence[Path], workspace: Path | None = None) -> Found:
    """The submissions in files and folders, in order of their names; every id once.

    In a folder each file is a submission (files of one stem are read together) and each folder within is one; an archive
    counts as the folder it holds. In Gradescope's export each submission of its metadata is one, also where nothing is in
    it. Archives are unpacked into the workspace; without one they wait for a person. Raises OperatorError for a path that
    does not exist, cannot be opened or where nothing was handed in, and for an export whose metadata cannot be read.
    """
    entries: list[Entry] = []
    warnings: list[str] = []
    for path in paths:
        if not path.exists():
            raise OperatorError(f"{path}: no such file or folder")
        found = sorted(_in_path(path, workspace, warnings), key=lambda e: e.id)
        if not found:
            raise OperatorError(
                f"{path}: no submissions here (files ending in {', '.join(sorted(READ)[:6])} .. or folders of such)"
            )
        source = _text(path.resolve())
        entries.extend(
            replace(e, source=source, name=e.id, origin=e.origin or f"{ARCHIVE}{source}!{e.id}") for e in found
        )
    taken: set[str] = set()
    out = []
    for entry in entries:
        name, number = entry.id, 1
        while name.casefold() in taken:
            number += 1
            name = f"{entry.id}-{number}"
        taken.add(name.casefold())
        out.append(replace(entry, id=name))
    return Found(tuple(out), tuple(warnings))


def _text(path: Path) -> str:
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _in_path(path: Path, workspace: Path | None, warnings: list[str]) -> Iterator[Entry]:
    try:
        if path.is_dir():
            yield from _in_folder(path, workspace)
        elif path.suffix.lower() == ".zip" and workspace is not None:
            unpacked = unpack(path, workspace, CLASS)
            warnings.extend(f"{path.name}: {note}" for note in unpacked.notes)
            for entry in _in_folder(_unwrapped(unpacked.folder), workspace):
                numbered = entry.origin.startswith(EXPORT)
                yield entry if numbered else replace(entry, origin="")  # the archive and the name say which it is
        else:
            yield _placed(of_files(path.stem, [path]), path.parent / path.stem)
    except ArchiveError as error:
        raise OperatorError(f"{path}: {error}") from None
    except OSError as error:
        if error.filename is not None and not str(error.filename).startswith(str(workspace)):
            raise OperatorError(f"{error.filename}: cannot be read ({error.strerror})") from None
        raise


def _unwrapped(folder: Path) -> Path:
    """An archive of a class often holds one folder with everything in it."""
    inner = [p for p in folder.iterdir() if not hidden(p.name)]
    return inner[0] if len(inner) == 1 and inner[0].is_dir() else folder


def _in_folder(folder: Path, workspace: Path | None) -> Iterator[Entry]:
    metadata = metadata_of(folder)
    if metadata is not None:
        yield from _in_export(metadata, workspace)
        return
    flat: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.startswith((".", "_")) or _is_output(path, workspace):
            continue
        if path.is_symlink():
            if path.suffix.lower() in READ | HANDED_IN or path.is_dir():
                entry = of_files(path.stem, [], notes=[f"{shown(path.name)} is a link and is not followed"])
                yield _placed(entry, folder / path.stem)
        elif path.is_dir():
            entry = _of_folder(path, workspace)
            if entry.files or entry.unread or entry.notes:
                yield _placed(entry, path)
        elif path.suffix.lower() in READ | HANDED_IN:
            flat.setdefault(path.stem, []).append(path)
    for stem, files in flat.items():
        yield _placed(_of_flat(stem, files, workspace), folder / stem)


def _is_output(path: Path, workspace: Path | None) -> bool:
    """Whether a folder holds grades: that of this batch, or an earlier one's."""
    if workspace is not None and path.resolve() == workspace.parent.resolve():
        return True
    return (path / "gradebook.sqlite").is_file()


def _placed(entry: Entry, path: Path) -> Entry:
    """An entry with its place as its origin: a folder, or files without their endings."""
    return replace(entry, origin=_text(path.resolve()))


def _of_folder(folder: Path, workspace: Path | None) -> Entry:
    """A submission that has a folder to itself; files that nobody could take for answers are passed over."""
    files, notes = files_in(folder)
    known = [p for p in files if p.suffix.lower() in READ | HANDED_IN]
    if not known:
        notes = [*notes, *(f"{shown(p.name)} is of a kind that is not read here" for p in files[:3])]
    archives = [p for p in known if p.suffix.lower() == ".zip"]
    if len(archives) == 1 and len(known) == 1:
        return _of_archive(folder.name, archives[0], workspace, notes)
    return of_files(folder.name, main_files(known), folder, notes)


def _of_flat(stem: str, files: Sequence[Path], workspace: Path | None) -> Entry:
    if len(files) == 1 and files[0].suffix.lower() == ".zip":
        return _of_archive(stem, files[0], workspace, [])
    return of_files(stem, files)


def _of_archive(name: str, archive: Path, workspace: Path | None, notes: Sequence[str]) -> Entry:
    """A submission that was handed in as one archive: what it holds, opened once; archives inside it stay closed."""
    if workspace is None:
        return of_files(name, [archive], notes=notes)
    try:
        unpacked = unpack(archive, workspace, UPLOAD)
    except ArchiveError as error:
        return of_files(name, [archive], notes=[*notes, f"{shown(archive.name)} {error}"])
    entry = _of_folder_unopened(_unwrapped(unpacked.folder))
    return replace(entry, id=of_files(name, []).id, notes=(*notes, *unpacked.notes, *entry.notes))


def _of_folder_unopened(folder: Path) -> Entry:
    return _of_folder(folder, None)


def _in_export(metadata: Path, workspace: Path | None) -> Iterator[Entry]:
    """The submissions of Gradescope's export: those of the metadata, and what lies there that it does not tell of."""
    folder = metadata.parent
    known = read_metadata(metadata)
    seen: set[str] = set()
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if hidden(path.name) or path == metadata:
            continue
        uploaded = known.get(path.name)
        if path.is_symlink():
            entry = of_files(path.stem, [], notes=[f"{shown(path.name)} is a link and is not followed"])
        elif path.is_dir():
            entry = _of_folder(path, workspace)
        elif uploaded is not None or path.suffix.lower() in READ | HANDED_IN:
            entry = _of_flat(path.stem, [path], workspace)
        else:
            continue
        if uploaded is None:
            note = "the export's metadata does not tell who handed it in"
            yield replace(entry, notes=(*entry.notes, note), origin=f"{EXPORT}{path.name}")
        else:
            seen.add(path.name)
            yield _uploaded(entry, uploaded)
    for key, uploaded in known.items():
        if key not in seen:
            entry = of_files(key.removesuffix(".pdf"), [], notes=["the export holds no files of it"])
            yield _uploaded(entry, uploaded)


def _uploaded(entry: Entry, uploaded: Uploaded) -> Entry:
    return replace(
        entry, submitters=uploaded.submitters, created_at=uploaded.created_at, origin=f"{EXPORT}{uploaded.key}"
    )
