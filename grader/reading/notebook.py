"""Notebooks: Markdown cells are answers in LaTeX, code cells in their order are one program. Nothing is run.

A cell is a file of its own to the source map, `hw3.ipynb:cell 3`, so that a place names cell and line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from grader.errors import ReadError
from grader.reading.document import Document, Problem
from grader.reading.markdown import read_markdown
from grader.reading.python import Piece, add_program, named, syntax_problem

CELLS: Final = 2_000
"""Cells of one notebook; the longest homework has some dozens."""
_CELL_MAGIC: Final = re.compile(r"\A\s*%%(\w+)[^\n]*")
_TIMED: Final = frozenset({"time", "timeit", "capture", "prun"})
"""Cell magics that run the cell as Python; all others hand it to something else."""
_LINE_MAGIC: Final = re.compile(
    r"^([ \t]*)(?:[%!][^\n]*|[\w.]+\?{1,2}|\?{1,2}[\w.]+|[\w, ]+=[ \t]*[%!][^\n]*|get_ipython\(\)[^\n]*)$", re.MULTILINE
)


def read_notebook(text: str, base: int, name: str, document: Document) -> None:
    """Read a notebook into the document.

    Raises ReadError if it is no notebook; a code cell that is no Python leaves a problem and the others are read.
    """
    pieces: list[Piece] = []
    broken: dict[str, Problem] = {}
    for number, (kind, source) in enumerate(_cells(text, base), 1):
        file = document.source.add(f"{name}:cell {number}", source)
        if kind == "markdown":
            read_markdown(source, file.base, document)
        elif kind == "code":
            piece = _code(Piece(source, file.name, file.base))
            problem = syntax_problem(piece)
            if problem is None:
                pieces.append(piece)
            else:
                document.report(problem)
                broken.update(dict.fromkeys(named(piece.text), problem))
    if pieces or broken:
        add_program(pieces, name.rsplit(".", 1)[0], document, broken)


def _cells(text: str, base: int) -> Iterator[tuple[str, str]]:
    """Kind and source of each cell."""
    data = _loaded(text, base)
    cells = data.get("cells")
    if cells is None:  # of format 3, where pages come first and code is `input`
        sheets = data.get("worksheets")
        pages = [page for page in sheets if isinstance(page, Mapping)] if isinstance(sheets, list) else []
        cells = [c for page in pages for c in page.get("cells") or ()] if pages else None
    if not isinstance(cells, list):
        raise ReadError("not_a_notebook", "the file is no notebook (it has no cells)", base)
    for cell in cells[:CELLS]:
        if isinstance(cell, Mapping):
            source = cell.get("source", cell.get("input", ""))
            lines = source if isinstance(source, list) else [source]
            joined = "".join(line for line in lines if isinstance(line, str))
            yield str(cell.get("cell_type", "")), joined.replace("\r\n", "\n").replace("\r", "\n")


def _loaded(text: str, base: int) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"the file is no notebook (line {error.lineno} is no JSON)"
        raise ReadError("not_a_notebook", message, base + min(error.pos, max(len(text) - 1, 0))) from None
    except (RecursionError, ValueError):
        raise ReadError("not_a_notebook", "the file is no notebook (it is nested too deeply)", base) from None
    if not isinstance(data, Mapping):
        raise ReadError("not_a_notebook", "the file is no notebook (it has no cells)", base)
    return _upgraded(data)


def _upgraded(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The notebook in today's format, where nbformat is installed; formats 3 and 4 are read without it too."""
    if data.get("nbformat") == 4 or "cells" in data:
        return data
    try:
        from nbformat import ValidationError, convert, from_dict
    except ImportError:
        return data
    try:
        found: Mapping[str, Any] = convert(from_dict(dict(data)), 4)
    except (ValidationError, AttributeError, KeyError, TypeError, ValueError):
        return data
    return found


def _code(piece: Piece) -> Piece:
    """A code cell as Python: magics are dropped where the cell is no Python with them; no line moves."""
    magic = _CELL_MAGIC.match(piece.text)
    text = piece.text
    if magic is not None:
        rest = text[magic.end() :] if magic.group(1) in _TIMED else re.sub(r"[^\n]", "", text[magic.end() :])
        text = text[: magic.start()] + "\n" * magic.group().count("\n") + rest
    plain = Piece(text, piece.file, piece.base)
    if syntax_problem(plain) is None and "get_ipython" not in text:
        return plain
    return Piece(_LINE_MAGIC.sub(r"\1pass", text), piece.file, piece.base)
