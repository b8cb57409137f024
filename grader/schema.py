"""The JSON Schemas of rubric and assignment files, from the models that read them, for editors."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from grader.checks.specs import Strict
from grader.lateness import LatePolicy
from grader.lateness import Step as LateStep
from grader.rubric import Assignment, Question

KINDS: Final[dict[str, type[BaseModel]]] = {"rubric": Question, "assignment": Assignment}
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def file_name(kind: str) -> str:
    """What the file of a schema is called."""
    return f"{kind}.schema.json"


def head_line(kind: str) -> str:
    """The first line of a YAML file in `rubrics/` that tells editors where its schema is."""
    return f"# yaml-language-server: $schema=../schema/{file_name(kind)}"


def schema_text(kind: str) -> str:
    """The schema of a kind of file as text; the same models give the same text."""
    model = KINDS[kind]
    schema = model.model_json_schema()
    # others, such as those of the web, may bear the same names
    known: list[type[BaseModel]] = [*_models(Strict), LatePolicy, LateStep]
    classes = {cls.__name__: cls for cls in known}
    for name, part in {model.__name__: schema, **schema.get("$defs", {})}.items():
        if name in classes:
            _describe(part, classes[name])
    return json.dumps({"$schema": _DRAFT, **schema}, ensure_ascii=False, indent=1) + "\n"


def _models(cls: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _models(sub)


def _describe(schema: dict[str, Any], cls: type[BaseModel]) -> None:
    """Give each field the words that stand below it in the source, so that an editor can show them."""
    fields = schema.get("properties", {})
    for owner in reversed([c for c in cls.__mro__ if c.__module__.startswith("grader.")]):
        for name, words in said(owner).items():
            if name in fields:
                fields[name]["description"] = " ".join(words.split())


def said(cls: type[Any]) -> dict[str, str]:
    """The words below the fields of a class in its source, by field."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name):
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[before.target.id] = str(after.value.value)
    return found
