"""Brings the pages of a folder of grades up to date."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.gradebook import Gradebook
    from grader.report.class_table import Row


def write_pages(book: Gradebook, folder: Path, rows: Iterable[Row], lang: str) -> None:
    """Write what is out of date, and the index. Raises OSError, OperatorError."""
    from grader.intake.files import write_whole
    from grader.report.html.folder import INDEX, class_index, outdated

    for name, text in outdated(book, folder, lang):
        write_whole(folder / name, text)
    write_whole(folder / INDEX, class_index(rows, folder, lang=lang))


def refresh_pages(book: Gradebook, folder: Path) -> None:
    """The same after people have decided, where the last batch wrote pages. Raises OperatorError."""
    from grader.batch import said
    from grader.desk.overview import class_rows

    last = book.last_run()
    lang = str(last.arguments.get("pages") or "") if last is not None else ""
    if lang and folder.is_dir():
        with said(folder):
            write_pages(book, folder, class_rows(book), lang)
