"""Plain data as a model, every fault in plain words and where it stands."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from json import dumps
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from grader.errors import AuthorError
from grader.plain_yaml import Path_, Positions


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Where data is not what its model asks for, whether it is only a key too much, and which key was likely meant."""

    where: Path_
    error: AuthorError
    extra: bool = False
    meant: str = ""


def validated(
    kind: type[BaseModel], data: Any, positions: Positions, path: str
) -> tuple[BaseModel | None, list[SchemaFault]]:
    """The model (None if the data cannot be one) and all faults of the data.

    Nothing is turned into something else: a number in quotes is no number. What the file itself is already blamed for
    is not said again.
    """
    try:
        text = dumps(data)
    except RecursionError:
        return None, [SchemaFault((), AuthorError("nested too deep", path, 1, 1))]
    try:
        return kind.model_validate_json(text, strict=True), []
    except ValidationError as error:
        found: dict[Path_, SchemaFault] = {}
        for item in error.errors(include_url=False):
            where = _real(item["loc"], data, item["type"])
            if where in found or positions.at_fault(where):
                continue  # the other members of a union
            if item["type"] == "too_short" and len(_at(data, where)) >= item["ctx"]["min_length"]:
                continue  # items with faults of their own are not counted
            if item["type"] == "union_tag_invalid":
                where = (*where, "type")
            message = _message(item, where, data, kind)
            at = where[:-1] if item["type"] == "missing" else where
            extra = item["type"] == "extra_forbidden"
            line, column = positions.key(at) if extra else positions.nearest(at)
            instead = _instead(where, data, kind) if extra else ""
            found[where] = SchemaFault(where, AuthorError(message, path, line, column), extra, instead)
        return None, list(found.values())


def meant(word: str, known: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    """`; did you mean 'x'?` where a known word is close, else nothing."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]!r}?" if close else ""


def _real(loc: tuple[int | str, ...], data: Any, kind: str) -> Path_:
    """The path in the data: without the names that pydantic puts in for the members of a union."""
    where: list[int | str] = []
    for i, step in enumerate(loc):
        in_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if in_list or (isinstance(data, Mapping) and step in data):
            data = data[step]
        elif not (kind == "missing" and i == len(loc) - 1):
            continue
        where.append(step)
    return tuple(where)


def _at(data: Any, where: Path_) -> Any:
    for step in where:
        data = data[step]
    return data


_WANTED: Final = {
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a mapping (keys with values)",
    "model_attributes_type": "a mapping (keys with values)",
    "dict_type": "a mapping (keys with values)",
    "finite_number": "finite",
}
_FORMS: Final = {
    r"\S": "is empty",
    r"^[a-z][a-z0-9_]*$": "is to be small letters, digits and _, a letter first",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "is to be letters, digits and _, no digit first",
    r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$": "is to be letters, digits and single . _ - between them",
}


def _message(item: Any, where: Path_, data: Any, kind: type[BaseModel]) -> str:
    """One fault in plain words."""
    what, context = item["type"], item.get("ctx", {})
    name = ".".join(str(step) for step in where[-2:] if isinstance(step, str) or len(where) == 1) or "the file"
    name = name.split(".")[-1] if what == "extra_forbidden" else name
    if what == "extra_forbidden":
        return _unknown(where, data, kind)
    if what == "missing":
        return f"{str(where[-1])!r} is missing"
    if what == "union_tag_not_found":
        return f"{context['discriminator'].strip(chr(39))!r} is missing"
    value = _at(data, where)
    if what == "union_tag_invalid":
        tags = [tag.strip("' ") for tag in context["expected_tags"].split(",")]
        return f"{context['tag']!r} is no type of check{meant(context['tag'], tags) or ': ' + ', '.join(tags)}"
    if what in ("literal_error", "enum"):
        return _one_of(name, value, where, kind, data)
    if what == "string_pattern_mismatch":
        return f"{name} {_FORMS.get(context['pattern'], 'does not have the form ' + context['pattern'])}"
    if what in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        words = {"greater_than": "greater than", "greater_than_equal": "at least", "less_than": "less than"}
        return f"{name} is to be {words.get(what, 'at most')} {next(iter(context.values())):g}, not {value!r}"
    if what == "too_short":
        return f"{name} is to have at least {context['min_length']}"
    if what in _WANTED:
        return f"{name} is to be {_WANTED[what]}, not {_shown(value)}"
    return f"{name}: {item['msg'].removeprefix('Value error, ')}"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "..."


def _one_of(name: str, value: Any, where: Path_, kind: type[BaseModel], data: Any) -> str:
    known = [str(v) for v in _literal_values(_kind_at(kind, where, data))]
    if not isinstance(value, str):
        return f"{name} is to be one of {', '.join(known)}, not {_shown(value)}"
    return f"{name}: {value!r} is none of those known{meant(value, known) or ': one of ' + ', '.join(known)}"


def _unknown(where: Path_, data: Any, kind: type[BaseModel]) -> str:
    key = str(where[-1])
    known = list(_fields(_kind_at(kind, where[:-1], data)))
    around = _at(data, where[:-1])
    instead = _instead(where, data, kind)
    hint = f"; did you mean {instead!r}?" if instead else meant(key, known)
    if not hint and isinstance(around, Mapping) and isinstance(around.get("type"), str) and len(where) > 3:
        elsewhere = any(key in _fields(other) for other in _members(_kind_at(kind, where[:-2], data)))
        if elsewhere:
            return f"a {around['type']} check has no key {key!r}"
    return f"unknown key {key!r}{hint}" + ("" if hint else f"; known are {', '.join(sorted(known))}" if known else "")


def _instead(where: Path_, data: Any, kind: type[BaseModel]) -> str:
    """The key that was likely meant and is not there; empty if none is close."""
    around = _at(data, where[:-1])
    missing = [name for name in _fields(_kind_at(kind, where[:-1], data)) if name not in around]
    return next(iter(get_close_matches(str(where[-1]), missing, n=1, cutoff=0.7)), "")


# what a model asks for at a place


def _fields(kind: Any) -> Mapping[str, Any]:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def _members(kind: Any) -> list[Any]:
    """The members of a union, or what stands in a list; the kind itself if it is neither."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return _members(typing.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return [member for part in typing.get_args(kind) for member in _members(part)]
    if origin in (tuple, list):
        return _members(typing.get_args(kind)[0])
    return [kind]


def _kind_at(kind: Any, where: Path_, data: Any) -> Any:
    """The model or type that is asked for at a path of the data."""
    for step in where:
        data = data[step]
        if isinstance(step, str):
            fields = _fields(kind)
            if step in fields:
                kind = fields[step].annotation
            else:
                kind = typing.get_args(kind)[-1] if typing.get_origin(kind) is dict else None
        elif typing.get_origin(kind) in (tuple, list):
            kind = typing.get_args(kind)[0]
        if isinstance(data, Mapping):
            kind = _chosen(kind, data)
    return kind


def _chosen(kind: Any, data: Mapping[str, Any]) -> Any:
    """The member of a union that some data is meant to be."""
    models = [member for member in _members(kind) if _fields(member)]
    if typing.get_origin(kind) in (tuple, list, dict) or not models:
        return kind
    for model in models:
        tag = _fields(model).get("type")
        if tag is not None and data.get("type") in typing.get_args(tag.annotation):
            return model
    return max(models, key=lambda model: len(set(_fields(model)) & set(data)))


@cache
def _literal_values(kind: Any) -> tuple[Any, ...]:
    """The words that a type of fixed words allows."""
    schema = TypeAdapter(kind).json_schema()
    found: list[Any] = []
    for part in [schema, *schema.get("anyOf", ()), *schema.get("$defs", {}).values()]:
        found += part.get("enum", ()) or ([part["const"]] if "const" in part else [])
    return tuple(found)
