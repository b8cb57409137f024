"""What all syntax nodes are made of: frozen records that keep what was once found out about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

_C = TypeVar("_C")
_N = TypeVar("_N", bound="Room")
_V = TypeVar("_V")

_put = object.__setattr__


class Room:
    """Room beside the fields of a frozen record: its hash, and answers to what is asked of every tree."""

    __slots__ = ("_answers", "_hash")
    _answers: dict[Any, Any]
    _hash: int


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[_C]) -> type[_C]:
    """A frozen dataclass with slots whose hash is computed once: trees are keys of all that is kept about them.

    It is the type checker that holds them frozen: `frozen=True` would set each field through `object.__setattr__`, and
    making nodes would take more than twice as long.
    """
    made = dataclass(slots=True, unsafe_hash=True)(kind)
    of_fields: Callable[[Any], int] = made.__hash__

    def kept_hash(self: Any) -> int:
        try:
            return self._hash  # type: ignore[no-any-return]
        except AttributeError:
            found = of_fields(self)
            _put(self, "_hash", found)
            return found

    made.__hash__ = kept_hash  # type: ignore[method-assign]
    return made


def kept(function: Callable[[_N], _V]) -> Callable[[_N], _V]:
    """A function of a tree alone, asked again and again: its answer stays with the tree."""

    def answer(node: _N) -> _V:
        try:
            answers = node._answers
        except AttributeError:
            answers = {}
            _put(node, "_answers", answers)
        found: _V
        try:
            found = answers[function]
        except KeyError:
            found = answers[function] = function(node)
        return found

    answer.__name__, answer.__doc__ = function.__name__, function.__doc__
    return answer
