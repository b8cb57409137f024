"""The pages in a folder of grades: one per submission, for assistants, and an index; which of them are out of date."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from grader.gradebook import Gradebook, Override, Summary, marked
from grader.report.html.page import Entry, index_page, report_page

INDEX: Final = "index.html"
_STATE: Final = re.compile(rb'<meta name="state" content="([0-9a-f]*)">')
_HEAD: Final = 1024
"""Bytes of a page in which its state stands."""


def page_name(submission: str) -> str:
    """The file of a submission's page; no submission takes the place of the index."""
    return f"{submission}.html" if submission.casefold() != "index" else "index.report.html"


def state_of(report_text: str, overrides: Sequence[Override], lang: str) -> str:
    """What a page was made of: the report, what people gave, the language."""
    given = [[o.part, o.check, o.points, o.reason, o.author, o.created_at, o.stale] for o in overrides]
    return hashlib.sha256(json.dumps([report_text, given, lang]).encode("utf-8", "replace")).hexdigest()[:32]


def first_page(report_text: str, lang: str) -> str:
    """The page of a report that nobody has looked at yet."""
    return report_page(json.loads(report_text), lang=lang, audience="ta", state=state_of(report_text, (), lang))


def outdated(book: Gradebook, folder: Path, lang: str) -> Iterator[tuple[str, str]]:
    """The name and the text of every page that is not there as it should be. Raises OSError."""
    for submission in book.each():
        text = book.report_text(submission.id)
        if text is None:
            continue
        overrides = book.overrides(submission.id)
        state = state_of(text, overrides, lang)
        path = folder / page_name(submission.id)
        if _state_in(path) == state:
            continue
        data = marked(json.loads(text), overrides, audience="ta") if overrides else json.loads(text)
        yield path.name, report_page(data, lang=lang, audience="ta", state=state)


def class_index(rows: Iterable[tuple[str, str, Summary | None, str, Sequence[str]]], folder: Path, *, lang: str) -> str:
    """The index of a class, each row with the address of its page where there is one."""
    entries = (
        Entry(name, who, summary, page_name(name) if (folder / page_name(name)).is_file() else "")
        for name, who, summary, _, _ in rows
    )
    return index_page(entries, lang=lang)


def _state_in(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = _STATE.search(file.read(_HEAD))
    except FileNotFoundError:
        return ""
    return found[1].decode() if found else ""
