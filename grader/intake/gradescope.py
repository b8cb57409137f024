"""Gradescope's bulk export, untouched: `submission_metadata.yml` tells who handed in which folder or PDF and when.

The file is read event by event: no tag makes anything but text, an alias never stands for a list or a mapping, and results
and history, which may be megabytes, are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

from grader.errors import OperatorError
from grader.gradebook import Person
from grader.limits import METADATA_BYTES, METADATA_DEPTH, METADATA_EVENTS

METADATA: Final = "submission_metadata.yml"
_WANTED: Final = frozenset({"submitters", "created_at"})
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What the metadata says of one submission; `key` is the name of its folder or PDF."""

    key: str
    submitters: tuple[Person, ...]
    created_at: str


def metadata_of(folder: Path) -> Path | None:
    """The metadata of an export, in the folder or in the one folder it wraps; None if this is no export."""
    if (folder / METADATA).is_file():
        return folder / METADATA
    inner = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))]
    if len(inner) == 1 and not inner[0].is_symlink() and (inner[0] / METADATA).is_file():
        return inner[0] / METADATA
    return None


def read_metadata(path: Path) -> dict[str, Uploaded]:
    """What an export says of its submissions, by the name of their folder or file.

    Missing keys are tolerated. Raises OperatorError, with line and column, for what is no YAML, stands twice, or is larger
    or deeper than any export.
    """
    try:
        if path.stat().st_size > METADATA_BYTES:
            raise OperatorError(f"{path}: is larger than {METADATA_BYTES // 1_000_000} MB; no export is")
        with path.open("rb") as file:
            data = _Reader(path, yaml.parse(file, Loader=_Base)).document()
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, yaml.reader.ReaderError) as error:
        raise OperatorError(f"{path}: is no text in UTF-8 ({str(error).splitlines()[0]})") from None
    except yaml.MarkedYAMLError as error:
        raise OperatorError(f"{path}{_place(error.problem_mark)}: {error.problem}") from None
    if not isinstance(data, dict):
        raise OperatorError(f"{path}: holds no submissions; is this Gradescope's export?")
    return {key: _uploaded(key, value) for key, value in data.items()}


def _uploaded(key: str, data: Any) -> Uploaded:
    data = data if isinstance(data, dict) else {}
    people = data.get("submitters")
    submitters = []
    for person in people if isinstance(people, list) else []:
        fields = person if isinstance(person, dict) else {}
        name, sid, email = (text if isinstance(text := fields.get(k), str) else "" for k in ("name", "sid", "email"))
        if name or sid or email:
            submitters.append(Person(name.strip(), sid.strip(), email.strip()))
    time = data.get("created_at")
    return Uploaded(key, tuple(submitters), time if isinstance(time, str) else "")


class _Reader:
    """Builds text, lists and mappings from events; of a submission only what is wanted of it."""

    def __init__(self, path: Path, events: Iterator[yaml.Event]) -> None:
        self._path = path
        self._events = events
        self._count = 0
        self._texts: dict[str, str | None] = {}  # anchors of scalars: the only aliases that are followed

    def document(self) -> Any:
        event = self._next()
        while isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        return self._value(event, 0, "")

    def _next(self) -> yaml.Event:
        self._count += 1
        event = next(self._events)
        if self._count > METADATA_EVENTS:
            self._fail(event, f"more than {METADATA_EVENTS} entries; no export has so many")
        return event

    def _value(self, event: yaml.Event, depth: int, key: str) -> Any:
        if depth > METADATA_DEPTH:
            self._fail(event, f"nested more than {METADATA_DEPTH} levels deep; no export is")
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style is None and event.value in ("", "~", "null", "Null", "NULL")
            text = None if plain else event.value
            if event.anchor:
                self._texts[event.anchor] = text
            return text
        if isinstance(event, yaml.AliasEvent):
            if event.anchor is None or event.anchor not in self._texts:
                self._fail(event, "an alias (*) to a list or a mapping is not followed")
            return self._texts[event.anchor]
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := self._next(), yaml.SequenceEndEvent):
                items.append(self._value(event, depth + 1, key))
            return items
        assert isinstance(event, yaml.MappingStartEvent)
        out: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            name = self._value(event, depth + 1, key)
            if not isinstance(name, str):
                self._fail(event, "a key that is no text")
            name = name.removeprefix(":")
            if name in out:
                self._fail(event, f"the key {name!r} stands twice")
            value = self._next()
            if depth == 1 and name not in _WANTED:
                self._skip(value)
                continue
            out[name] = self._value(value, depth + 1, name)
        return out

    def _skip(self, event: yaml.Event) -> None:
        """Pass over a value, however large, without keeping anything of it but texts that have anchors."""
        depth = 0
        while True:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.ScalarEvent) and event.anchor:
                self._texts[event.anchor] = event.value
            if depth == 0:
                return
            event = self._next()

    def _fail(self, event: yaml.Event, message: str) -> NoReturn:
        raise OperatorError(f"{self._path}{_place(event.start_mark)}: {message}")


def _place(mark: Any) -> str:
    return f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
