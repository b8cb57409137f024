"""YAML read plainly: no tags, no aliases, no key twice, and no value that is not what it looks like; every fault at once.

Every key and value keeps its line and column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from grader.errors import AuthorError

Path_ = tuple[Hashable, ...]
"""Where something stands: keys and numbers from the root."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is there: ten times faster
_MOST_BYTES: Final = 2_000_000
_DEEPEST: Final = 60
_PREFIX: Final = "tag:yaml.org,2002:"
_WORTH: Final = frozenset({"int", "float", "bool", "null"})
"""What a plain scalar may be besides text."""
_EXPONENT: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+")


class _Loader(_Base):  # type: ignore[misc]
    """Only gives events and makes single values of them."""


class Positions:
    """Line and column (from 1) of every key and every value, and where the file itself is at fault."""

    def __init__(self) -> None:
        self.keys: dict[Path_, tuple[int, int]] = {}
        self.values: dict[Path_, tuple[int, int]] = {}
        self.faulty: set[Path_] = set()

    def key(self, path: Path_) -> tuple[int, int]:
        """The place of a key; of the nearest value around where there is no such key."""
        return self.keys[path] if path in self.keys else self.nearest(path)

    def nearest(self, path: Path_) -> tuple[int, int]:
        """The place of a value, or of the nearest one around it."""
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def rename(self, old: Path_, new: Path_) -> None:
        """Let what stands at a path be found at another as well."""
        for table in (self.keys, self.values):
            found = {path: place for path, place in table.items() if path[: len(old)] == old}
            table.update({(*new, *path[len(old) :]): place for path, place in found.items()})

    def at_fault(self, path: Path_) -> bool:
        """Whether a value, or one around it, could not be read for what it looks like."""
        return any(path[:n] in self.faulty for n in range(len(path) + 1))


def load_yaml(path: Path) -> tuple[Any, Positions, list[AuthorError]]:
    """A YAML file as plain data (None if there is none) with positions, and all its faults."""
    positions = Positions()
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None, positions, [AuthorError(f"is larger than {_MOST_BYTES} bytes", str(path), 1, 1)]
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None, positions, [AuthorError("no such file", str(path), 1, 1)]
    except OSError as error:
        return None, positions, [AuthorError(f"cannot be read ({error.strerror})", str(path), 1, 1)]
    except UnicodeDecodeError:
        return None, positions, [AuthorError("is not UTF-8", str(path), 1, 1)]
    if text.startswith("{"):  # what a program wrote: JSON has no surprises
        try:
            return json.loads(text), positions, []
        except (ValueError, RecursionError):
            pass
    builder = _Builder(text, str(path), positions)
    try:
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return None, positions, [*builder.faults, AuthorError(str(error.problem), str(path), line, column)]
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        return None, positions, [AuthorError("a character that YAML does not allow", str(path), *place)]
    return data, positions, builder.faults


class _Builder:
    """Plain data from the events of a file, one by one: an alias is a fault and is not followed, so that none explodes."""

    def __init__(self, text: str, path: str, positions: Positions) -> None:
        self.path, self.positions = path, positions
        self.faults: list[AuthorError] = []
        self.loader = _Loader(text)
        self.depth = 0

    def document(self) -> Any:
        """The only document of the file."""
        next_event = self.loader.get_event
        next_event()  # the stream begins
        if isinstance(event := next_event(), yaml.StreamEndEvent):
            self.faults.append(AuthorError("is empty", self.path, 1, 1))
            return None
        data = self.value(next_event(), ())
        next_event()  # the document ends
        if not isinstance(event := next_event(), yaml.StreamEndEvent):
            self.say("a second document (---): a file is to hold one", event, ())
        return data

    def say(self, message: str, event: yaml.Event, where: Path_) -> None:
        self.faults.append(AuthorError(message, self.path, *_place(event.start_mark)))
        self.positions.faulty.add(where)

    def value(self, event: yaml.Event, where: Path_) -> Any:
        self.positions.values.setdefault(where, _place(event.start_mark))
        if isinstance(event, yaml.AliasEvent):
            self.say("aliases (&, *) are not allowed: write it out", event, where)
            return None
        if getattr(event, "tag", None) is not None:
            self.say("tags (!) are not allowed", event, where)
        if isinstance(event, yaml.ScalarEvent):
            return event.value if where in self.positions.faulty else self.scalar(event, where)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem=f"nested more than {_DEEPEST} deep", problem_mark=event.start_mark)  # type: ignore[arg-type]
        data = self.mapping(where) if isinstance(event, yaml.MappingStartEvent) else self.sequence(where)
        self.depth -= 1
        return data

    def sequence(self, where: Path_) -> list[Any]:
        out: list[Any] = []
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            out.append(self.value(event, (*where, len(out))))
        return out

    def mapping(self, where: Path_) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.say("a key is to be a word", event, where)
                self.value(event, (*where, None))
                self.value(self.loader.get_event(), (*where, None))
                continue
            key = event.value
            here = (*where, key)
            value = self.loader.get_event()
            if key in out:
                self.say(f"the key {key!r} stands twice", event, here)
                self.value(value, (*where, None))
                continue
            self.positions.keys[here] = _place(event.start_mark)
            if isinstance(value, yaml.ScalarEvent) and not value.style and not value.value:
                line, column = _place(event.end_mark)
                self.positions.values[here] = line, column + 2  # where a value would stand
            out[key] = self.value(value, here)
        return out

    def scalar(self, event: yaml.ScalarEvent, where: Path_) -> Any:
        if event.style:
            return event.value
        tag = self.loader.resolve(yaml.ScalarNode, event.value, (True, False))
        problem = _surprise(event.value, tag.removeprefix(_PREFIX))
        if problem:
            self.say(problem, event, where)
        if tag.removeprefix(_PREFIX) not in _WORTH:
            return event.value
        try:
            return self.loader.construct_object(yaml.ScalarNode(tag, event.value))
        except (ValueError, yaml.YAMLError):
            return event.value


def _place(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _surprise(text: str, tag: str) -> str | None:
    """Why a plain scalar would not be what it looks like; None if it is fine."""
    if tag == "bool" and text.lower() not in ("true", "false"):
        return f"{text!r} is read as a truth value by YAML: quote it"
    if tag in ("int", "float") and "_" in text:
        return f"{text!r} is read as a number without its underscores by YAML: quote it or write it plainly"
    digits = text.lstrip("+-")
    if tag in ("int", "float") and ":" in text:
        return f"{text!r} is read as a sexagesimal number by YAML: quote it"
    if tag == "int" and digits.startswith("0") and digits != "0":
        return f"{text!r} is read as an octal, binary or hexadecimal number by YAML: quote it or write it plainly"
    if tag == "str" and _EXPONENT.fullmatch(text):
        return f"{text!r} is a string in YAML: write it plainly (0.001), or quote it"
    if tag == "timestamp":
        return f"{text!r} is read as a date by YAML: quote it"
    return None
