"""Sealing: which formulas of an assignment hide behind values, and what those values are.

The grader itself runs on the sealed trees while their formulas are still at hand; every point that is asked for is
written down. What the kit then knows is what was met: the worlds of all parts, usual conditions, the rubric's examples.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import mpmath
import numpy as np

from grader.errors import AuthorError, EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.conditioned import OVERSAMPLE
from grader.maths.evaluate import Evaluator
from grader.maths.parser import parse
from grader.maths.sealed import (
    MODEL,
    Formula,
    Vault,
    cells,
    hidden,
    inputs_at,
    locked,
    model_at,
    place_and_pad,
    slow_hash,
    written,
)
from grader.maths.values import Tens, Value
from grader.maths.worlds import Block, World, precise_array, rests_on

_STEP: Final = 36
_BUDGET: Final = 10_000_000
_NUMBER: Final = (T.Num, T.Neg, T.Div, T.Pow, T.Const, T.Add, T.Mul, T.Call)


class Recorder:
    """Takes the place of a kit's vault while the kit is made: it knows the formulas and writes down their values."""

    def __init__(self, salt: str | None = None) -> None:
        self.salt = salt or secrets.token_hex(16)
        self.missed = 0
        self.trees: dict[str, T.Node] = {}
        self._whole: dict[tuple[T.Node, tuple[str, ...]], T.Node] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._kinds: dict[str, str] = {}
        self._values: dict[str, dict[bytes, tuple[bytes, str]]] = {}
        self._constants: dict[str, str] = {}
        self._follows: dict[str, tuple[str, tuple[str, ...]]] = {}

    # what is sealed

    def sealed(self, tree: T.Node, world: World) -> T.Node:
        """The tree with its formulas sealed: entries of vectors, matrices and sets one by one, all of them as functions of
        the names that some rest on, so that a zero looks like the others."""
        keys = (MODEL,) if world.joints else _drawn(tree, world)
        place = (tree, keys)
        if place not in self._whole:
            self._whole[place] = self._entries(tree, world, keys, _reads(tree) if keys else ())
        return self._whole[place]

    def _entries(self, tree: T.Node, world: World, keys: tuple[str, ...], reads: tuple[T.Node, ...]) -> T.Node:
        def entries(items: Sequence[T.Node]) -> tuple[T.Node, ...]:
            return tuple(self._entries(item, world, keys, reads) for item in items)

        if isinstance(tree, T.Boxed):
            return self._entries(tree.value, world, keys, reads)
        if isinstance(tree, (T.Tup, T.SetOf)):
            return replace(tree, items=entries(tree.items))
        if isinstance(tree, T.Matrix):
            return replace(tree, rows=tuple(entries(row) for row in tree.rows))
        return self._leaf(tree, world, keys, reads)

    def added(self, tree: T.Node, world: World) -> T.Node:
        """The tree of what is added to an earlier answer: its names stay, of a matrix all entries look alike."""
        place = (tree, ("added", *_drawn(tree, world)))
        if place not in self._whole:
            self._whole[place] = self._added(tree, world)
        return self._whole[place]

    def _added(self, tree: T.Node, world: World) -> T.Node:
        if isinstance(tree, T.Name):
            return tree
        if isinstance(tree, T.Add):
            return replace(tree, terms=tuple(self._added(term, world) for term in tree.terms))
        if isinstance(tree, T.Matrix):
            return self._entries(tree, world, _drawn(tree, world), _reads(tree))
        return tree if is_number(tree) else self._leaf(tree, world, _drawn(tree, world), _reads(tree))

    def _leaf(self, tree: T.Node, world: World, keys: tuple[str, ...], reads: tuple[T.Node, ...]) -> T.Node:
        """A leaf of its own, so that equal entries do not look equal."""
        ref = f"s{len(self.trees) + 1}"
        self.trees[ref], self._keys[ref] = tree, keys
        if keys:
            self._values[ref] = {}
        else:
            self._constants[ref] = locked(slow_hash(self.salt, _constant(tree, world)), ref)
        return T.Sealed(ref, reads + (_speaks_of(tree) if MODEL in keys else ()), vault=self)

    def follower(self, of: str, group: Sequence[str]) -> T.Node:
        """A leaf with the value of a constant, known as soon as the whole group is."""
        ref = f"f{of}"
        self._follows[ref] = (of, tuple(group))
        self.trees[ref] = self.trees[of]
        return T.Sealed(ref, vault=self)

    # as a vault

    def value(self, ev: Evaluator, node: T.Sealed) -> Value:
        """The value of the formula, written down at high precision for all samples of the block."""
        tree = self.trees[node.ref]
        try:
            found = ev.value(tree)
        except EvaluationError as error:
            keys = self._keys.get(node.ref, ())
            if MODEL in keys:  # an empty range at these sizes, which says something to who compares
                place, pad = place_and_pad(self.salt, node.ref + model_at(ev, keys), ())
                self._values[node.ref][place] = pad, f"! {error.note}"
            raise
        if node.ref in self._values and not ev.precise:
            self._record(ev, node.ref, tree, found)
        return found

    @contextmanager
    def meets(self, *_: object) -> Iterator[None]:
        yield

    def _record(self, ev: Evaluator, ref: str, tree: T.Node, rough: Value) -> None:
        keys = self._keys[ref]
        place_of = ref + model_at(ev, keys)
        if MODEL in keys:
            if isinstance(rough, (Tens, N.Dual)):
                raise AuthorError(f"a value of this kind cannot be sealed over a model: {type(tree).__name__}")
            axes = [k for k, axis in ev.block.variables.items() if axis < rough.ndim and rough.shape[axis] > 1]
            keys = (MODEL, *axes)
            place, pad = place_and_pad(self.salt, place_of, ())
            self._values[ref][place] = pad, " ".join(axes)
        try:
            shape, points = cells(inputs_at(ev, keys))
        except EvaluationError:
            return
        places = [place_and_pad(self.salt, place_of, point) for point in points]
        known = self._values[ref]
        if all(place in known for place, _ in places):
            return
        block = ev.block
        fine = Evaluator(block.at_high_precision(range(block.samples)), _BUDGET)
        fine.indices = dict(ev.indices)
        fine.bound = {k: _precise(v) for k, v in ev.bound.items()}
        try:
            with mpmath.workdps(40), np.errstate(all="ignore"):
                value = fine.value(tree)
        except EvaluationError:
            return  # too large at this precision: the kit will not know it
        kind, entries = ("", [value]) if not isinstance(value, Tens) else (value.kind, value.items)
        if any(isinstance(e, (Tens, N.Dual)) for e in entries) or self._kinds.setdefault(ref, kind) != kind:
            raise AuthorError(f"a value of this kind cannot be sealed: {type(tree).__name__}")
        columns = [np.broadcast_to(np.asarray(N.primal(e)), shape).reshape(-1) for e in entries]  # type: ignore[arg-type]
        for i, (place, pad) in enumerate(places):
            known[place] = pad, ";".join(written(column[i]) for column in columns)

    def vault(self) -> Vault:
        """What the kit will know."""
        formulas = {ref: self._formula(ref) for ref in self._values}
        return Vault(self.salt, formulas, self._constants, self._follows)

    def _formula(self, ref: str) -> Formula:
        rows = self._values[ref]
        longest = max((len(value) for _, value in rows.values()), default=0)
        width = -(-longest // _STEP) * _STEP  # a zero is as long as any other number
        raw = b"".join(place + hidden(value, pad, width) for place, (pad, value) in sorted(rows.items()))
        return Formula(self._keys[ref], self._kinds.get(ref, ""), width, base64.b64encode(raw).decode())


def _precise(value: Value) -> Value:
    if isinstance(value, Tens):
        return Tens(value.kind, [_precise(item) for item in value.items])
    if isinstance(value, N.Dual):
        raise EvaluationError("unsupported", "a derivative of a sealed formula")
    return value if value.dtype == object else precise_array(value)


def _drawn(tree: T.Node, world: World) -> tuple[str, ...]:
    """The names that a formula rests on and that are drawn; families as `a_*`."""
    bound = {n.var.key for n in T.of_kind(tree, T.Big) if n.var is not None}
    found = set()
    for key in rests_on(world, T.names_in(tree) - bound, functions=True, measures=True):
        base, _, index = key.partition("_")
        if key in world.symbols:
            found.add(key)
        elif index and (base in world.simplex or f"{base}_*" in world.symbols):
            found.add(f"{base}_*")
        elif key in world.sizes or key in world.indices:
            found.add(key)
    return tuple(sorted(found))


def _reads(tree: T.Node) -> tuple[T.Node, ...]:
    """The names in a formula: all its entries have them, so that a constant one does not stand out."""
    found = {n.key: n for n in T.of_kind(tree, T.Name)}
    return tuple(found[key] for key in sorted(found))


def _speaks_of(tree: T.Node) -> tuple[T.Node, ...]:
    """Which densities a formula over a model is about and which variables without an index, and no more of it."""
    densities = {n.letter: n for n in T.of_kind(tree, T.Density)}
    names = {n.key: n for d in T.of_kind(tree, T.Density) for n in (*d.args, *d.given) if isinstance(n, T.Name)}
    latent = tuple(names[key] for key in sorted(names) if "_" not in key and ":" not in key)
    return tuple(replace(densities[letter], args=latent, given=()) for letter in sorted(densities))


def _constant(tree: T.Node, world: World) -> complex:
    block = Judge(world).blocks([tree])[0]
    value = Evaluator(block).value(tree)
    if isinstance(value, (Tens, N.Dual)):
        raise AuthorError("a constant with entries cannot be sealed")
    return complex(value.reshape(-1)[0])


def is_number(tree: T.Node) -> bool:
    """Whether a formula is written with numbers alone."""
    return all(isinstance(n, _NUMBER) for n in T.walk(tree))


def sealed_world(world: World, recorder: Recorder, point: Mapping[str, T.Node]) -> World:
    """A world without answers: the coordinates of a point asked for (`psi_0^*`, a bar `|_{theta = 0}`) follow the answer
    to it, what a discriminant would be is sealed."""

    def follows(key: str, tree: T.Node) -> T.Node | None:
        leaf = point.get(key.replace("^*", "").rstrip("*"))
        return leaf if leaf is not None and is_number(tree) else None

    def change(node: T.Node) -> T.Node | None:
        if not isinstance(node, T.At):
            return None
        where = []
        for rel in node.where:
            if isinstance(rel, T.Rel) and rel.relations == ("=",) and isinstance(rel.operands[0], T.Name):
                leaf = follows(rel.operands[0].key, rel.operands[1])
                rel = rel if leaf is None else replace(rel, operands=(rel.operands[0], leaf))
            where.append(rel)
        return replace(node, where=tuple(where))

    def open_tree(tree: T.Node) -> T.Node:
        return T.rebuild(tree, change)

    return replace(
        world,
        definitions={k: follows(k, v) or open_tree(v) for k, v in world.definitions.items()},
        rest={k: follows(k, v) or open_tree(v) for k, v in world.rest.items()},
        equations=tuple(map(open_tree, world.equations)),
        related=tuple(map(open_tree, world.related)),
        defaults={k: recorder.sealed(v, world) for k, v in world.defaults.items()},
    )


def pool(judge: Judge) -> Iterator[Block]:
    """All samples from which conditions choose, and the same on each edge of the domain: whatever inequality a student
    writes, its samples are among these."""
    world = judge.world
    edges = [(key, parse(text, world.notation)) for key, s in world.symbols.items() for text in s.boundary]
    for rel in world.conditions:
        if isinstance(rel, T.Rel) and len(rel.relations) == 1 and rel.relations[0] in (">=", "<="):
            if isinstance(rel.operands[0], T.Name):
                edges.append((rel.operands[0].key, rel.operands[1]))
    for definitions in ({}, *({key: value} for key, value in edges)):
        here = replace(world, definitions={**world.definitions, **definitions})
        for block in Judge(replace(here, conditions=())).blocks([]):
            if not block.variables:
                yield Block(here, block.index, block.sizes, (), block.raw_samples * OVERSAMPLE)


def usual_conditions(world: World) -> Iterator[str]:
    """Conditions under which students look at special cases, as LaTeX of the world's symbols."""
    plain = [s for s in world.symbols.values() if s.kind in ("real", "positive") and "*" not in s.key]
    for symbol in plain:
        name = _latex(symbol.key)
        for value in dict.fromkeys(("0", "1", *symbol.boundary)):
            for relation in ("=", ">", "<", r"\ge", r"\le", r"\ne"):
                yield f"{name} {relation} {value}"
    for i, one in enumerate(plain):
        for other in plain[i + 1 :]:
            if one.key.split("_")[0] == other.key.split("_")[0]:
                for relation in ("=", ">", "<"):
                    yield f"{_latex(one.key)} {relation} {_latex(other.key)}"


_LETTERS: Final = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "rho"}
    | {"sigma", "tau", "phi", "chi", "psi", "omega"}
)


def _latex(key: str) -> str:
    base, _, index = key.partition("_")
    return ("\\" if base in _LETTERS else "") + base + (f"_{{{index}}}" if index else "")
