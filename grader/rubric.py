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
    """The earlier check, as `Q7.1.slope`."""
    names: tuple[str, ...]
    """Names of this part that stand for the entries of that answer, or one for all of it."""
    then: dict[str, str] = Field(default_factory=dict)
    """Names for what follows from it, with their formulas."""


class Part(Strict):
    """One part of a question: what it is worth, how it is found in a submission, and what is checked of it."""

    id: str = Field(pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$")
    """Its id in reports: `Q7.b`. `Q7` is the question."""
    points: float = Field(gt=0, allow_inf_nan=False)
    """What it is worth: the sum of its checks."""
    title: Text
    """What is asked, in a few words."""
    label: str = Field(pattern=r"\S")
    """How students number it within the question: `b`, `2`."""
    words: tuple[str, ...] = ()
    """Words of a heading by which it is found where there is no number."""
    world: str | None = None
    """The world of the reference in which it is judged, where its name is not the part's id."""
    given: bool = False
    """Whether the statement gives the result: to restate it earns nothing."""
    own: tuple[Own, ...] = ()
    """Earlier answers of the student on which it builds."""
    checks: tuple[Check, ...] = ()
    """What is looked for in it, in the order in which it is shown."""
    programs: tuple[ProgramSpec, ...] = ()
    """Functions that answer the part in Python, each an alternative to some of the checks."""


class Question(Strict):
    """A rubric file: one question with its parts."""

    number: int = Field(ge=1)
    """Its number in the assignment."""
    title: Text
    """Its title."""
    words: tuple[str, ...]
    """Words of a heading by which it is found where there is no number."""
    reference: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The module of `reference/` with its worlds and derived forms; nothing for one that only people mark."""
    parts: tuple[Part, ...] = Field(min_length=1)
    """Its parts, in order."""


class Assignment(Strict):
    """The file `assignment.yaml`: which questions there are, in order."""

    id: str = Field(pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$")
    """Its name in reports and packages."""
    title: Text
    """Its title."""
    points: float = Field(gt=0, allow_inf_nan=False)
    """The sum of all parts, said once more so that a slip is seen."""
    questions: tuple[str, ...] = Field(min_length=1)
    """The files of its questions, in order."""
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
