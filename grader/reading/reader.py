"""One submission's files to one document."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from grader.errors import OperatorError, ReadError
from grader.reading.document import Document, Problem
from grader.reading.files import decode, load_bytes
from grader.reading.markdown import read_markdown
from grader.reading.notebook import read_notebook
from grader.reading.python import read_python
from grader.reading.tex import read_tex
from grader.source import SourceMap

TEX = frozenset({".tex", ".ltx", ".latex"})
MARKDOWN = frozenset({".md", ".markdown", ".txt", ".text", ".qmd", ".rmd"})
PYTHON = frozenset({".py"})
NOTEBOOK = frozenset({".ipynb"})


def read_files(paths: Sequence[Path], *, alone: bool = False) -> tuple[Document, str]:
    """The document of all files in order, and the hash of their bytes; with `alone` they draw in no other's file.

    Raises OperatorError for files that cannot be opened or have an unknown ending, ReadError if none can be read.
    """
    document = Document(SourceMap(), own=frozenset(p.name for p in paths) if alone else None)
    digest = hashlib.sha256()
    failures: list[ReadError] = []
    for path in paths:
        data = load_bytes(path)
        digest.update(path.name.encode() + b"\0" + data + b"\0")
        try:
            _read_one(path, data, document)
        except ReadError as error:
            failures.append(error)
            document.problems.append(Problem(error.note, f"{path.name}: {error.message}", error.start, error.end))
    if failures and len(failures) == len(paths):
        raise failures[0]
    return document, digest.hexdigest()


def _read_one(path: Path, data: bytes, document: Document) -> None:
    ending = path.suffix.lower()
    if not data.strip():
        file = document.source.add(path.name, "")
        raise ReadError("empty", "the file is empty", file.base)
    if ending in TEX:
        read_tex(path, data, document)
    elif ending in MARKDOWN:
        text, base = decode(data, document.source, path.name, document.problems)
        read_markdown(text, base, document)
    elif ending in PYTHON:
        text, base = decode(data, document.source, path.name, document.problems)
        read_python(text, base, path.name, document)
    elif ending in NOTEBOOK:
        text, base = decode(data, document.source, path.name, document.problems)
        read_notebook(text, base, path.name, document)
    else:
        raise OperatorError(f"{path}: the ending {ending or '(none)'} is not read; .tex, .md, .txt, .py and .ipynb are")
