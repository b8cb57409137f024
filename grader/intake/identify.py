"""Which submission of a gradebook an entry is: the same one again, or another of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from grader.gradebook import Submission
from grader.intake.entry import Entry

EXPORT: Final = "gradescope:"
"""How the origin of a submission begins that Gradescope numbered: its number is the same in every download."""
ARCHIVE: Final = "archive:"
"""How the origin of one begins that lies in an archive: then the archive's path and the name in it."""


def identified(entries: Sequence[Entry], known: Sequence[Submission]) -> list[Entry]:
    """The entries under the ids they have in the gradebook.

    An entry found where one was found before is the same submission, whatever else was given this time. One that has only
    the id in common is the same if nothing is left where that was found (a folder was moved), else it is another and
    gets a number.
    """
    ids = {s.origin: s.id for s in known}
    here = {e.origin for e in entries}
    taken = {s.id.casefold(): s for s in known}
    used: set[str] = {ids[e.origin].casefold() for e in entries if e.origin in ids}
    out = []
    for entry in entries:
        name = ids.get(entry.origin)
        if name is None:
            name, number = entry.name, 1
            while name.casefold() in used or _another(taken.get(name.casefold()), here):
                number += 1
                name = f"{entry.name}-{number}"
            used.add(name.casefold())
        out.append(replace(entry, id=name))
    return out


def _another(submission: Submission | None, here: set[str]) -> bool:
    """Whether an id belongs to a submission that is still where it was found."""
    if submission is None:
        return False
    if submission.origin in here:
        return True
    if submission.origin.startswith(EXPORT):
        return True
    if submission.origin.startswith(ARCHIVE):
        return Path(submission.origin.removeprefix(ARCHIVE).rpartition("!")[0]).exists()
    place = Path(submission.origin)  # a folder, or files without their endings
    try:
        return place.exists() or any(p.stem == place.name for p in place.parent.iterdir())
    except OSError:
        return False
