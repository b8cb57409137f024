"""Rubric files: YAML read strictly, every fault at once with file, line and column."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from grader.checks.program_specs import ProgramSpec
from grader.checks.specs import Check, Strict, Target, Text
from grader.errors import AuthorError
from grader.lateness import LatePolicy


class Own(Strict):
    """An earlier answer on which a part builds: `names` stand for its entries (or for all of it), `then` for what follows.

    Where the answer is wrong, lines that hold with it are consequences and cost nothing.
    """

    answer: str
    names: tuple[str, ...]
    then: dict[str, str] = Field(default_factory=dict)


class Part(Strict):
    id: str
    points: float = Field(gt=0)
    title: Text
    label: str
    words: tuple[str, ...] = ()
    world: str | None = None
    given: bool = False
    """Whether the statement gives the result: to restate it earns nothing."""
    own: tuple[Own, ...] = ()
    checks: tuple[Check, ...] = ()
    programs: tuple[ProgramSpec, ...] = ()
    """Functions that answer the part in Python, each an alternative to some of the checks."""


class Question(Strict):
    number: int
    title: Text
    words: tuple[str, ...]
    reference: str | None = None
    parts: tuple[Part, ...]


class Assignment(Strict):
    id: str
    title: Text
    points: float
    questions: tuple[str, ...]
    late: LatePolicy | None = None
    """What lateness would cost; nothing is said of it without."""


def targets_of(record: Any) -> Iterator[Target]:
    """All targets that a record of a rubric names, at any depth."""
    if isinstance(record, Target):
        yield record
    elif isinstance(record, (list, tuple)):
        for item in record:
            yield from targets_of(item)
    elif isinstance(record, Strict):
        for name in type(record).model_fields:
            yield from targets_of(getattr(record, name))


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is there: ten times faster


class _Loader(_Base):  # type: ignore[misc]
    """YAML without aliases and duplicate keys; `no`, `1e-3`, `010` and `12:30` stay what they look like or are
    faults.
    """


def _surprise(node: yaml.ScalarNode) -> str | None:
    """Why a plain scalar would not be what it looks like; None if it is fine."""
    text = node.value
    if node.style is not None:
        return None
    if node.tag.endswith(":bool") and text.lower() not in ("true", "false"):
        return f"{text!r} is read as a truth value by YAML: quote it"
    if node.tag.endswith(":int") and ((text.lstrip("+-").startswith("0") and text.lstrip("+-") != "0") or ":" in text):
        return f"{text!r} is read as an octal or sexagesimal number by YAML: quote it or write it plainly"
    if (
        node.tag.endswith(":str")
        and text[:1].isdigit()
        and "e" in text.lower()
        and text.replace("e", "").replace("-", "").replace(".", "").isdigit()
    ):
        return f"{text!r} is a string in YAML: write it with a decimal point"
    if node.tag.endswith(":timestamp"):
        return f"{text!r} is read as a date by YAML: quote it"
    return None


class Positions:
    """Line and column of every key path of a YAML file."""

    def __init__(self) -> None:
        self.places: dict[tuple[Hashable, ...], tuple[int, int]] = {}

    def nearest(self, path: tuple[Hashable, ...]) -> tuple[int, int]:
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def load_yaml(path: Path) -> tuple[Any, Positions, list[AuthorError]]:
    """A YAML file as plain data with positions, and all its faults."""
    faults: list[AuthorError] = []
    positions = Positions()
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=_Loader)
    except OSError as error:
        return None, positions, [AuthorError(f"cannot be read ({error.strerror})", str(path))]
    except UnicodeDecodeError:
        return None, positions, [AuthorError("is not UTF-8", str(path))]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return None, positions, [AuthorError(str(error.problem), str(path), line, column)]
    if root is None:
        return None, positions, [AuthorError("is empty", str(path))]
    seen: set[int] = set()

    def build(node: yaml.Node, where: tuple[Hashable, ...]) -> Any:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        positions.places.setdefault(where, (line, column))
        if id(node) in seen:
            faults.append(AuthorError("aliases (&, *) are not allowed", str(path), line, column))
            return None
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            out: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = key_node.value
                place = key_node.start_mark
                if key in out:
                    faults.append(
                        AuthorError(f"the key {key!r} stands twice", str(path), place.line + 1, place.column + 1)
                    )
                positions.places[(*where, key)] = (place.line + 1, place.column + 1)
                out[key] = build(value_node, (*where, key))
            return out
        if isinstance(node, yaml.SequenceNode):
            return [build(item, (*where, i)) for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        problem = _surprise(node)
        if problem:
            faults.append(AuthorError(problem, str(path), line, column))
        return _scalar(node)

    data = build(root, ())
    return data, positions, faults


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.style is not None or node.tag.endswith(":str"):
        return node.value
    loader = _Loader("")
    try:
        return loader.construct_object(node)
    except (ValueError, yaml.YAMLError):
        return node.value


def load_model(path: Path, kind: type[Strict]) -> tuple[Any, list[AuthorError]]:
    """A YAML file as a model; the model is None if there are faults."""
    data, positions, faults = load_yaml(path)
    if data is None:
        return None, faults
    try:
        return kind.model_validate(data), faults
    except ValidationError as error:
        for item in error.errors():
            where = tuple(p for p in item["loc"] if not (isinstance(p, str) and p in _TAGS))
            line, column = positions.nearest(where)
            name = ".".join(str(p) for p in where)
            faults.append(AuthorError(f"{name}: {item['msg']}", str(path), line, column))
        return None, faults


_TAGS = frozenset(
    {
        *("value", "components", "point", "eigenvalues", "identity", "subterm", "derivation", "chain"),
        *("factorization", "component", "not_injective", "review", "prose", "manual"),
        *("str", "Table", "State"),
    }
)
