"""Reading files: size, encoding, line ends; a submission never reaches outside its folder."""

from __future__ import annotations

from pathlib import Path

from grader.errors import OperatorError, ReadError, TooLarge
from grader.limits import FILE_BYTES, TEXT_BYTES
from grader.reading.document import Problem
from grader.source import SourceMap

_DECLARED = (
    (b"latin1", "cp1252"),
    (b"ansinew", "cp1252"),
    (b"cp1252", "cp1252"),
    (b"latin9", "iso8859-15"),
    (b"applemac", "mac-roman"),
)


def load_bytes(path: Path) -> bytes:
    """The content of a submission's file.

    Raises OperatorError if it is missing or no file, TooLarge beyond `limits.TEXT_BYTES` (`FILE_BYTES` for a notebook).
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise OperatorError(f"{path}: is a folder, not a file")
        most = FILE_BYTES if path.suffix.lower() == ".ipynb" else TEXT_BYTES
        if size > most:
            raise TooLarge("file_too_large", f"the file has {size} bytes; at most {most} are read", 0)
        return path.read_bytes()
    except FileNotFoundError:
        raise OperatorError(f"{path}: no such file") from None
    except PermissionError:
        raise OperatorError(f"{path}: not readable (permission denied)") from None
    except OSError as error:
        raise OperatorError(f"{path}: not readable ({error.strerror})") from None


def decode(data: bytes, source: SourceMap, name: str, problems: list[Problem]) -> tuple[str, int]:
    """The text of a file registered in the source map, and its first offset.

    Bytes that are no UTF-8 become replacement characters with a problem at their place. Raises ReadError for
    binary data.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
        return text, source.add(name, text).base
    head = data[:4096]
    if b"\x00" in data or (head and sum(b < 9 or 13 < b < 32 for b in head) > len(head) // 8):
        file = source.add(name, "")
        raise ReadError("binary", "the file is not text", file.base)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        declared = next(
            (codec for mark, codec in _DECLARED if mark in data[:8192] and b"inputenc" in data[:8192]), None
        )
        if declared:
            text = data.decode(declared, errors="replace")
        else:
            text = data.decode("utf-8", errors="replace")
            file = source.add(name, text)
            place = file.base + len(data[: error.start].decode("utf-8", errors="replace"))
            problems.append(Problem("not_utf8", f"byte {data[error.start]:#04x} is not UTF-8", place, place + 1))
            return text, file.base
    return text, source.add(name, text).base


def inside(folder: Path, name: str) -> Path | None:
    """A file named by `\\input`, if it lies in the submission's folder; None otherwise."""
    try:
        root = folder.resolve()
        path = (root / name.strip()).resolve()
        if not path.is_relative_to(root):
            return None
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None
