"""Files gathered under names of their own, and a zip of them whose bytes depend on nothing else."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

ENGINE: Final = Path(__file__).resolve().parent.parent
_NAME: Final = "homework-grader"
_OLDEST: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Packed:
    """The content of one file and whether it can be executed."""

    content: bytes
    executable: bool = False


def engine_files(prefix: str = "") -> dict[str, Packed]:
    """The program's own source and what its pages are made of, with the record of its name and version that Python's metadata
    reads."""
    out = {}
    for path in sorted([*ENGINE.rglob("*.py"), *(ENGINE / "report" / "html").rglob("*.css"), *ENGINE.rglob("*.j2")]):
        place = path.relative_to(ENGINE)
        if place.parts[0] != "shipped":  # of an installed program: the assignment that came with it
            out[f"{prefix}grader/{place.as_posix()}"] = Packed(path.read_bytes())
    version = metadata.version(_NAME)
    record = f"Metadata-Version: 2.1\nName: {_NAME}\nVersion: {version}\nRequires-Python: >=3.11\n"
    out[f"{prefix}{_NAME.replace('-', '_')}-{version}.dist-info/METADATA"] = Packed(record.encode())
    return out


def assignment_files(folder: Path, prefix: str = "") -> dict[str, Packed]:
    """The rubrics and references of an assignment."""
    found = sorted([*folder.glob("rubrics/*.yaml"), *folder.glob("reference/*.py")])
    return {f"{prefix}{p.parent.name}/{p.name}": Packed(p.read_bytes()) for p in found}


def requirements(extra: str = "") -> list[str]:
    """What the program needs, pinned as it pins it; with an extra, what that needs beside."""
    out = []
    for line in metadata.requires(_NAME) or []:
        name, _, marker = line.partition(";")
        wanted = marker.partition("extra ==")[2].strip().strip("\"'")
        if wanted == extra:
            out.append(name.strip())
    return sorted(out, key=str.lower)


def write_zip(path: Path, files: Mapping[str, Packed]) -> None:
    """Write the zip whole or not at all: the same files always give the same bytes. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".package-")
    try:
        with (
            os.fdopen(descriptor, "wb") as raw,
            zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out,
        ):
            for place in sorted(files):
                info = zipfile.ZipInfo(place, _OLDEST)
                info.create_system = 3  # Unix, wherever it is made: the mode counts
                info.external_attr = (0o100755 if files[place].executable else 0o100644) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(info, files[place].content, compresslevel=9)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_folder(folder: Path, files: Mapping[str, Packed]) -> None:
    """Write files below a folder. Raises OSError."""
    for place, packed in sorted(files.items()):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed.content)
        path.chmod(0o755 if packed.executable else 0o644)
