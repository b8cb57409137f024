"""Trees and worlds as plain data and back, for what a kit carries: formulas of the statement, and sealed ones by name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from fractions import Fraction
from typing import Any, Final

from grader.errors import AuthorError
from grader.maths import syntax as T
from grader.maths.notation import Notation
from grader.maths.worlds import Factor, Function, LinearStep, Measure, Symbol, World

_MOST: Final = 12
"""The largest size for which a model's factors are written down."""
_RECORDS: Final[dict[str, type[Any]]] = {
    **{k.__name__: k for k in vars(T).values() if isinstance(k, type) and issubclass(k, T.Node)},
    **{k.__name__: k for k in (Factor, Function, LinearStep, Measure, Notation, Symbol, World)},
}
_NOT_STORED: Final = frozenset({"start", "end", "vault", "joints", "linear", "rule"})


def encoded(value: Any) -> Any:
    """A tree, a world or what they are made of, as data for JSON. Raises AuthorError for anything else."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Fraction):
        return {"fraction": str(value)}
    if isinstance(value, Mapping):
        return {"map": [[k, encoded(v)] for k, v in value.items()]}
    if isinstance(value, (tuple, list)):
        return [encoded(v) for v in value]
    if isinstance(value, frozenset):
        return {"set": sorted(value)}
    if is_dataclass(value) and type(value).__name__ in _RECORDS:
        out: dict[str, Any] = {"is": type(value).__name__}
        for f in fields(value):
            found = getattr(value, f.name)
            if f.name not in _NOT_STORED and (f.default is MISSING or found != f.default):
                out[f.name] = encoded(found)
        if isinstance(value, Function) and value.rule is not None:
            raise AuthorError("a function given by a rule cannot be put into a kit")
        if isinstance(value, World) and value.joints:
            out["joints"] = {letter: _tabulated(recipe, value.sizes) for letter, recipe in value.joints.items()}
        if isinstance(value, World) and value.linear:
            out["linear"] = {letter: _tabulated(recipe, value.sizes) for letter, recipe in value.linear.items()}
        return out
    raise AuthorError(f"a {type(value).__name__} cannot be put into a kit")


def decoded(data: Any, vault: Any = None) -> Any:
    """What `encoded` was given; sealed formulas are looked up in the vault. Raises AuthorError for other data."""
    if isinstance(data, list):
        return tuple(decoded(item, vault) for item in data)
    if not isinstance(data, dict):
        return data
    if "fraction" in data:
        return Fraction(data["fraction"])
    if "map" in data:
        return {key: decoded(value, vault) for key, value in data["map"]}
    if "set" in data:
        return frozenset(data["set"])
    kind = _RECORDS.get(data.get("is", ""))
    if kind is None:
        raise AuthorError("unknown data in a kit's reference")
    rest = {k: decoded(v, vault) for k, v in data.items() if k not in ("is", "joints", "linear")}
    if kind is T.Sealed:
        rest["vault"] = vault
    for models in ("joints", "linear"):
        if models in data:
            rest[models] = {letter: _recipe(repr(table), table) for letter, table in data[models].items()}
    return kind(**rest)


Recipe = Callable[[Mapping[str, int]], Sequence[Any]]


def _tabulated(recipe: Recipe, sizes: Sequence[str]) -> Any:
    """The factors or steps of a density letter for every choice of the sizes."""
    rows = []
    for chosen in itertools.product(range(1, _MOST + 1), repeat=len(sizes)):
        parts = recipe(dict(zip(sizes, chosen, strict=True)))
        rows.append([list(chosen), [_short(part) for part in parts]])
    return {"sizes": list(sizes), "rows": rows}


def _short(part: Any) -> Any:
    """A factor as two lists, anything else as a record."""
    return [list(part.args), list(part.given)] if isinstance(part, Factor) else encoded(part)


_RECIPES: dict[str, Recipe] = {}


def _recipe(place: str, data: Mapping[str, Any]) -> Recipe:
    """One function for one table: worlds of one model share what is drawn for it."""
    if place not in _RECIPES:
        names = data["sizes"]
        table = {
            tuple(c): [decoded(p) if isinstance(p, dict) else Factor(tuple(p[0]), tuple(p[1])) for p in parts]
            for c, parts in data["rows"]
        }

        def parts_of(sizes: Mapping[str, int]) -> Sequence[Any]:
            return table[tuple(sizes[name] for name in names)]

        _RECIPES[place] = parts_of
    return _RECIPES[place]
