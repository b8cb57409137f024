"""Rubric files: YAML read strictly, every fault at once with file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from grader.checks.program_specs import ProgramSpec
from grader.checks.specs import Check, Strict, Target, Text
from grader.errors import AuthorError
from grader.lateness import LatePolicy
from grader.plain_yaml import load_yaml
from grader.validation import validated


class Own(Strict):
    """An earlier answer on which a part builds: `names` stand for its entries (or for all of it), `then` for what follows.

    Where the answer is wrong, lines that hold with it are consequences and cost nothing.
    """

    answer: str
    names: tuple[str, ...]
    then: dict[str, str] = Field(default_factory=dict)


class Part(Strict):
    """One part of a question: what it is worth, how it is found in a submission, and what is checked of it."""

    id: str = Field(pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$")
    points: float = Field(gt=0, allow_inf_nan=False)
    title: Text
    label: str = Field(pattern=r"\S")
    words: tuple[str, ...] = ()
    world: str | None = None
    given: bool = False
    """Whether the statement gives the result: to restate it earns nothing."""
    own: tuple[Own, ...] = ()
    checks: tuple[Check, ...] = ()
    programs: tuple[ProgramSpec, ...] = ()
    """Functions that answer the part in Python, each an alternative to some of the checks."""


class Question(Strict):
    """A rubric file: one question with its parts."""

    number: int = Field(ge=1)
    title: Text
    words: tuple[str, ...]
    reference: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    parts: tuple[Part, ...] = Field(min_length=1)


class Assignment(Strict):
    """The file `assignment.yaml`: which questions there are, in order."""

    id: str = Field(pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$")
    title: Text
    points: float = Field(gt=0, allow_inf_nan=False)
    questions: tuple[str, ...] = Field(min_length=1)
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


def load_model(path: Path, kind: type[BaseModel]) -> tuple[Any, list[AuthorError]]:
    """A YAML file as a model; the model is None if it cannot be one."""
    data, positions, faults = load_yaml(path)
    if data is None:
        return None, faults
    model, found = validated(kind, data, positions, str(path))
    return model, [*faults, *(fault.error for fault in found)]
