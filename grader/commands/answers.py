"""Decisions that a person wrote into a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grader.errors import OperatorError

COLUMNS: Final[dict[str, str]] = {
    **dict.fromkeys(("submission", "part", "points", "reason"), "needed"),
    **dict.fromkeys(("check", "author", "apply"), ""),
}
"""Names of columns, and whether each is needed."""
_MOST: Final = 20_000_000
"""Bytes of a file of decisions; a class of a thousand needs less than one."""


@dataclass(frozen=True, slots=True)
class Row:
    """A decision as it stands in a file: `place` says where (`file:line`), `alike` whether it is for all that are alike.

    `part` may name a check too (`Q7.b.terms`); `points` is as written.
    """

    place: str
    submission: str
    part: str
    points: str
    reason: str
    author: str
    alike: bool


def read_rows(path: Path) -> tuple[Row, ...]:
    """The decisions of a CSV (columns submission, part, points, reason; check, author, apply if wanted) or a JSON list of such.

    `apply` is `one` or `all`: all answers that are alike. Raises OperatorError with every fault, each with its place.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST + 1).decode("utf-8-sig")
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise OperatorError(f"{path}: is not UTF-8") from None
    if len(text) > _MOST:
        raise OperatorError(f"{path}: is too large for a file of decisions")
    rows: list[Row] = []
    faults: list[str] = []
    entries = _json(path, text) if path.suffix.lower() == ".json" else _csv(path, text)
    for place, entry in entries:
        row = _row(place, entry)
        if isinstance(row, str):
            faults.append(row)
        else:
            rows.append(row)
    if faults:
        raise OperatorError("\n".join(faults))
    return tuple(rows)


def _row(place: str, entry: Mapping[str, Any]) -> Row | str:
    unknown = [str(k) for k in entry if k not in COLUMNS]
    if unknown:
        return f"{place}: unknown column {', '.join(unknown)}; known are {', '.join(COLUMNS)}"
    values = {k: "" if entry.get(k) is None else str(entry[k]).strip() for k in COLUMNS}
    missing = [k for k, need in COLUMNS.items() if need and not values[k]]
    if missing:
        return f"{place}: {', '.join(missing)} is missing"
    apply = values["apply"] or "one"
    if apply not in ("one", "all"):
        return f"{place}: apply {apply!r}: one or all"
    part = f"{values['part']}.{values['check']}" if values["check"] else values["part"]
    return Row(place, values["submission"], part, values["points"], values["reason"], values["author"], apply == "all")


def _csv(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        head = [name.strip().casefold() for name in next(reader, [])]
        if not {"submission", "part", "points"} <= set(head):
            raise OperatorError(f"{path}:1: columns submission, part, points and reason are needed")
        for cells in reader:
            place = f"{path}:{reader.line_num}"
            if not any(c.strip() for c in cells):
                continue
            if len(cells) > len(head):
                raise OperatorError(f"{place}: {len(cells)} cells under {len(head)} columns")
            yield place, dict(zip(head, cells, strict=False))
    except csv.Error as error:
        raise OperatorError(f"{path}: is no CSV ({error})") from None


def _json(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OperatorError(f"{path}: is no JSON ({error})") from None
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise OperatorError(f"{path}: a list of decisions is needed, each an object")
    for i, entry in enumerate(data, 1):
        yield f"{path}: decision {i}", entry
