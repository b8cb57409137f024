"""Worlds: what the names of a part stand for, and samples of them.

A `World` is a description (data, hashable parts, no arrays). `Block` holds one draw of it: arrays over the samples,
shaped `(S, 1, ..., 1)` with one axis for each discrete variable of densities and for each quadrature.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import mpmath
import numpy as np

from grader.errors import EvaluationError
from grader.limits import TABLE_CELLS
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.memory import Table
from grader.maths.notation import DEFAULT, Notation
from grader.maths.structured import KINDS, entry, structured
from grader.maths.values import Value

SEED: Final = 20221205
SIZES: Final = (3, 5, 2, 1)
"""Values of symbolic sizes such as N and T; below 3 a failure alone is no witness."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A quantity and the values it may take.

    `kind`: real, positive, between; vector, unit (a unit vector) or positives, with `dim` entries; identity or definite
    (positive definite), square with `dim` rows. `dim` is a number or the name of a size. `low`/`high` bound the draw.
    `boundary`: LaTeX of values forced in some samples (the edge of the domain, or special cases).
    """

    key: str
    kind: str = "real"
    low: float = 0.3
    high: float = 2.2
    boundary: tuple[str, ...] = ()
    dim: int | str = 3


@dataclass(frozen=True, slots=True)
class LinearStep:
    """`var = factor · given + sqrt(variance) · noise`, a step of a linear Gaussian model."""

    var: str
    given: str
    factor: T.Node
    variance: T.Node


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the givens: its parameters' keys and its body, or a rule on values."""

    params: tuple[str, ...]
    body: T.Node | None = None
    rule: Callable[[Block, Sequence[Value]], Value] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A distribution of one variable: `gauss` (mean, standard deviation) or `dirac` (point), as trees."""

    kind: str
    var: str
    args: tuple[T.Node, ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """One conditional table `p(args | given)` of a joint."""

    args: tuple[str, ...]
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """The givens of a part; `open` worlds draw unknown names as reals, closed ones leave them unknown."""

    notation: Notation = DEFAULT
    symbols: Mapping[str, Symbol] = field(default_factory=dict)
    definitions: Mapping[str, T.Node] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    under: str = ""
    """The distribution under which an expectation is taken that names none."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    simplex: Mapping[str, str] = field(default_factory=dict)
    joints: Mapping[str, Callable[[Mapping[str, int]], Sequence[Factor]]] = field(default_factory=dict)
    linear: Mapping[str, Callable[[Mapping[str, int]], Sequence[LinearStep]]] = field(default_factory=dict)
    """Of density letters: the steps of a linear Gaussian model for given sizes."""
    copies: frozenset[str] = frozenset()
    """Bases of variables that are drawn alike: `z_1`, `z_2` and `z` have the same tables and the same values."""
    given: frozenset[str] = frozenset()
    indices: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Free indices of general terms: `t` runs from a number to a size; it takes one value in each block."""
    families: Mapping[str, tuple[str, T.Node]] = field(default_factory=dict)
    """Abbreviations with an index: `u_i = a_i z + b_i` under `u`, with the index's key."""
    variable: str = ""
    """The variable by which a prime on a plain name derives."""
    rest: Mapping[str, T.Node] = field(default_factory=dict)
    """The values at the point that a bar `|_{*}` or `|_0` speaks of."""
    defaults: Mapping[str, T.Node] = field(default_factory=dict)
    """What names stand for where the student does not say it, such as a discriminant."""
    shorthand: Mapping[str, T.Node] = field(default_factory=dict)
    """What names likely stand for where the student does not say it; nothing that rests on it is called wrong."""
    equations: tuple[T.Node, ...] = ()
    """What the unknowns are to solve, by the question."""
    related: tuple[T.Node, ...] = ()
    """Equations of neighbouring questions, whose solutions may be recalled."""
    dummies: frozenset[str] = frozenset()
    """Names drawn only because formulas often use them for any number: a student may give them a meaning."""
    unknowns: frozenset[str] = frozenset()
    """Names that equations are solved for: a value given to one must solve an equation."""
    generic: frozenset[str] = frozenset()
    """Functions of which only properties are given: a formula for one is an example."""
    told_apart: bool = False
    """Whether subscripts tell densities apart (`p_1`, `p_2`) and do not only name parameters (`p_\\theta`)."""
    outright: frozenset[str] = frozenset()
    """Functions and densities in which an answer may be written, such as f'(0) where f is any function."""
    conditions: tuple[T.Node, ...] = ()
    sizes: tuple[str, ...] = ()
    size_values: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Values of sizes where the usual ones do not do, the most telling first."""
    open: bool = True
    samples: int = 20
    quadratures: int = 0
    moved: bool = False
    """Whether the last axis is for points found on a condition: integrals take the axes before it."""
    spread: bool = False

    def family(self, key: str) -> tuple[str, T.Node, str] | None:
        """The index letter, formula and index of a member of a family (`u_3`, `\\bar u_t`); None for other names."""
        found = _MEMBER.fullmatch(key) if self.families else None
        family = self.families.get(found[1] + found[3]) if found else None
        return (*family, found[2]) if found and family is not None else None

    def names(self, key: str) -> bool:
        """Whether a name of just this key has a meaning."""
        return (
            key in self.symbols
            or key in self.definitions
            or key in self.functions
            or key in self.groups
            or key in self.sizes
            or key in self.indices
            or key in self.measures
        )

    def member(self, key: str) -> bool:
        """Whether a name is one of several that are explained or drawn alike: `a_i`, an entry of a vector."""
        base, _, index = key.partition("_")
        drawn = f"{base}_*" in self.symbols or (base in self.symbols and self.symbols[base].kind in KINDS)
        return bool(index) and (drawn or self.family(key) is not None)


_MEMBER: Final = re.compile(r"([^_]+)_([A-Za-z0-9]+)([^A-Za-z0-9,]*)")
"""A name with one plain subscript: base, index, marks."""
_GENERAL: Final = frozenset({"_i", "_j", "_k"})
_FAR: Final = (4.0, 12.0, 12.0, 45.0, 45.0, 0.02)
"""Scales of the last samples of an open world: a kink such as |x - 10| lies outside the usual draws."""
_SPREAD: Final = np.array([1.0, 0.4, 3.0, 10.0])
"""Scales of the samples of a world that is spread: conditions such as x > 5 need far points."""


def name_seed(key: str, salt: int) -> np.random.Generator:
    """A generator that depends on the name alone: both sides of a claim see the same values."""
    return np.random.default_rng([SEED, salt, zlib.crc32(key.encode())])


@lru_cache(maxsize=8192)
def _raw(key: str, salt: int, low: float, high: float, signed: bool, count: int, spread: bool, far: bool) -> N.Array:
    """The draw of one name; the same arguments always give the same numbers, so it is kept."""
    rng = name_seed(key, salt)
    values = rng.uniform(low, high, count)
    if signed:
        signs = rng.choice([-1.0, 1.0], count)
        signs[: (count + 1) // 2] = 1.0
        values = values * signs
    if spread:
        values = values * _SPREAD[np.arange(count) % len(_SPREAD)]
    elif far:
        values[-len(_FAR) :] *= np.array(_FAR)
    values.flags.writeable = False
    return values


def rests_on(world: World, keys: Iterable[str], *, functions: bool = False, measures: bool = False) -> set[str]:
    """The keys and all that they rest on, definitions and families followed; with `functions` the bodies of functions as well (without
    their parameters), with `measures` the parameters of distributions."""
    seen: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        if key in world.definitions:
            waiting.extend(T.names_in(world.definitions[key]))
        elif (family := world.family(key)) is not None:
            waiting.extend(T.names_in(family[1]) - {family[0]})
        if measures and key in world.measures:
            waiting.extend(name for arg in world.measures[key].args for name in T.names_in(arg))
        function = world.functions.get(key) if functions else None
        if function is not None and function.body is not None:
            waiting.extend(T.names_in(function.body) - set(function.params))
    return seen


class Block:
    """One draw of a world: fixed sizes, `S` samples; values are made when first asked for."""

    def __init__(
        self, world: World, index: int, sizes: Mapping[str, int], variables: Sequence[str], samples: int
    ) -> None:
        self.world = world
        self.index = index
        self.sizes = dict(sizes)
        self.variables = {key: axis + 1 for axis, key in enumerate(variables)}
        self.samples = samples
        self.raw_samples = samples
        self.take: N.Array | None = None
        self.ndim = 1 + len(variables) + world.quadratures
        self.cell = 2 if len(variables) > 3 else 3
        if samples * self.cell ** len(variables) > TABLE_CELLS * 8:
            raise EvaluationError("too_large", f"a joint table of {len(variables)} variables")
        self.degenerate = any(v < 3 for k, v in self.sizes.items() if k not in world.indices)
        self.special = np.zeros(samples, dtype=bool)
        self.far = world.open and not world.symbols and len(_FAR) * 2 < samples
        self.forced: dict[str, list[tuple[int, T.Node]]] = {}
        self.pick: N.Array | None = None  # indices of samples evaluated at high precision
        self.cache: dict[Any, Any] = {}
        self.drawn: dict[str, tuple[Value, set[str]]] = {}
        """Names that stand for nothing but their draw, forced samples put in, and the names those rest on."""
        self.values = Table()  # of trees, by what the evaluator met on the way
        self._tables: dict[Any, N.Array] | None = None

    @property
    def precise(self) -> bool:
        return self.pick is not None

    def at_high_precision(self, pick: Sequence[int]) -> Block:
        """The same draw at some samples, with mpmath numbers; made once, for many formulas are repeated there."""
        place = ("precise", tuple(pick))
        found: Block | None = self.values.get(place)
        return found or self.values.keep(place, self._made_precise(pick))

    def _made_precise(self, pick: Sequence[int]) -> Block:
        other = self._copied()
        other.pick = np.asarray(pick)
        return other

    def some(self, pick: N.Array) -> Block:
        """The same draw with some of its samples, given by their places."""
        other = self._copied()
        other.take = pick if self.take is None else self.take[pick]
        other.samples = len(pick)
        other.special = self.special[pick]
        place = {int(s): i for i, s in enumerate(pick)}
        other.forced = {k: [(place[s], n) for s, n in v if s in place] for k, v in self.forced.items()}
        return other

    def _copied(self) -> Block:
        """The same draw, with nothing found out about it yet."""
        other = object.__new__(Block)
        other.__dict__.update(self.__dict__)
        other.cache, other.drawn, other.values, other._tables = {}, {}, Table(), None
        return other

    def is_far(self, sample: int) -> bool:
        """Whether a sample was drawn at an unusual scale, where exponentials may overflow."""
        return self.far and sample >= self.samples - len(_FAR)

    def reshape(self, values: N.Array) -> N.Array:
        """Samples as an array that broadcasts over all axes; at high precision the picked ones as mpmath numbers."""
        if self.take is not None:
            values = values[self.take]
        if self.pick is not None:
            values = precise_array(values[self.pick])
        return values.reshape(values.shape[0], *([1] * (self.ndim - 1)))

    def raw(self, key: str, low: float, high: float, signed: bool) -> N.Array:
        """Uniform magnitudes; signed ones are all positive in the first half of the samples."""
        return _raw(key, self.index, low, high, signed, self.raw_samples, self.world.spread, self.far)

    def draw(self, key: str) -> Value | None:
        """The drawn value of a name, or None if this world does not know it."""
        found: Value | None = self.cache.get(key)
        if found is None:
            found = self._draw(key)
            if found is not None:
                self.cache[key] = found
        return found

    def _draw(self, key: str) -> Value | None:
        if key in self.sizes:
            return N.constant(self.sizes[key], self.precise)
        if key in self.variables:
            return self.support(key)
        base, _, index = key.partition("_")
        size = self.world.simplex.get(base)
        if size is not None and "_" in key:
            return self.weight(base, key, self.sizes.get(size, 3))
        symbols = self.world.symbols
        symbol = symbols.get(key) or symbols.get(base + "_*" if "_" in key else key)
        if symbol is None and key[-2:] in _GENERAL and len(key) == len(base) + 2:
            symbol = symbols.get(base + "_1")  # `r_k`: any of `r_1`, `r_2`
        if symbol is None:
            part = entry(self, key) if index else None
            if part is not None or not self.world.open:
                return part
            positive = base == "sigma"
            return self.reshape(self.raw(key, 0.3, 2.2, not positive))
        if symbol.kind in KINDS:
            return structured(self, key, symbol)
        if symbol.kind == "positive":
            return self.reshape(self.raw(key, symbol.low, symbol.high, False))
        if symbol.kind == "between":
            rng = name_seed(key, self.index)
            return self.reshape(rng.uniform(symbol.low, symbol.high, self.raw_samples))
        return self.reshape(self.raw(key, symbol.low, symbol.high, True))

    def weight(self, base: str, key: str, size: int) -> Value:
        """One weight of a convex combination; exact to the working precision."""
        total: N.Scalar | None = None
        own: N.Scalar | None = None
        for i in range(1, size + 1):
            value = self.reshape(self.raw(f"{base}_{i}", 0.2, 1.0, False))
            total = value if total is None else total + value
            if f"{base}_{i}" == key:
                own = value
        if own is None or total is None:
            raise EvaluationError("index", f"{key} lies outside the weights")
        return N.divide(own, total)

    # discrete variables

    def support(self, key: str) -> N.Array:
        """The numbers a discrete variable takes, along its own axis."""
        rng = name_seed("support " + self.kind_of(key), self.index)
        values = rng.uniform(-2.0, 2.0, (self.raw_samples, self.cell))
        return self.along(values, [key])

    def kind_of(self, key: str) -> str:
        """What a variable is drawn by: its name, of copies their common one."""
        base = key.split("_", 1)[0]
        return base if base in self.world.copies else key

    def along(self, values: N.Array, keys: Sequence[str]) -> N.Array:
        """`(raw samples, cells...)` as an array with these variables' axes."""
        if self.take is not None:
            values = values[self.take]
        if self.pick is not None:
            values = precise_array(values[self.pick])
        shape = [1] * self.ndim
        shape[0] = values.shape[0]
        order = sorted(range(len(keys)), key=lambda j: self.variables[keys[j]])
        values = values.transpose([0, *(1 + j for j in order)])
        for key in keys:
            shape[self.variables[key]] = self.cell
        return values.reshape(shape)

    @property
    def tables(self) -> dict[Any, N.Array]:
        """Joint and conditional tables; all blocks of one model share them, whatever else their worlds define."""
        if self._tables is None:
            pick = () if self.pick is None else tuple(self.pick.tolist())
            drawn = (self.index, tuple(self.sizes.items()), tuple(self.variables), self.raw_samples, self.cell)
            model = tuple(self.world.joints.items())
            self._tables = {} if self.take is not None else _tables(model, drawn, self.ndim, pick)
        return self._tables

    def joint(self, letter: str) -> N.Array:
        """The joint table of a density letter over all variables: positive, summing to one."""
        cached = self.tables.get(("joint", letter))
        if cached is not None:
            return cached
        recipe = self.world.joints.get(letter)
        factors: Sequence[Factor] = recipe(self.sizes) if recipe else [Factor(tuple(self.variables))]
        table: N.Array | None = None
        for factor in factors:
            keys = [k for k in (*factor.args, *factor.given) if k in self.variables]
            args = [k for k in factor.args if k in self.variables]
            if not args:
                continue
            args_named, given_named = (",".join(map(self.kind_of, names)) for names in (factor.args, factor.given))
            rng = name_seed(f"{letter}({args_named}|{given_named})", self.index)
            raw = rng.uniform(0.15, 1.0, (self.raw_samples, *([self.cell] * len(keys))))
            values = self.along(raw, keys)
            values = values / values.sum(axis=tuple(self.variables[k] for k in args), keepdims=True)
            table = values if table is None else table * values
        if table is None:
            raise EvaluationError("unsupported", f"the distribution {letter} has no variables here")
        self.tables[("joint", letter)] = table
        return table

    def conditional(self, letter: str, args: frozenset[str], given: frozenset[str]) -> N.Array:
        """`letter(args | given)` computed from the joint, so that Bayes and Markov hold."""
        place = ("conditional", letter, args, given)
        found = self.tables.get(place)
        if found is None:
            unknown = sorted((args | given) - self.variables.keys())
            if unknown:  # a subscript the student chose: `<..>_\\psi`, an average over x where x_0, .., x_T are known
                raise EvaluationError("unknown_name", unknown[0])
            joint = self.joint(letter)
            drop = tuple(axis for key, axis in self.variables.items() if key not in args and key not in given)
            top = joint.sum(axis=drop, keepdims=True) if drop else joint
            axes = tuple(self.variables[k] for k in args)
            found = top / top.sum(axis=axes, keepdims=True)
            self.tables[place] = found
        return found


@lru_cache(maxsize=64)
def _tables(model: object, drawn: object, axes: int, pick: tuple[int, ...]) -> dict[Any, N.Array]:
    """The place for the tables of a model as drawn for some sizes, at all samples or at picked ones."""
    return {}


def precise_array(values: N.Array) -> N.Array:
    """Floats as exact mpmath numbers."""
    exact = mpmath.mpc if np.iscomplexobj(values) else mpmath.mpf
    out = np.empty(values.shape, dtype=object)
    flat = out.reshape(-1)
    for i, v in enumerate(values.reshape(-1).tolist()):
        flat[i] = exact(v)
    return out
