"""The points at which a Python answer is tried: arguments drawn from the part's world, and what is right there.

What is right is the reference's form, evaluated over the same samples; nothing is typed in again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np

from grader.checks.program_specs import ProgramSpec, State, Table
from grader.checks.specs import Target
from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.evaluate import Evaluator
from grader.maths.parser import parse
from grader.maths.rules_density import variable_keys
from grader.maths.rules_truth import truth
from grader.maths.side_by_side import number
from grader.maths.values import Tens, Value
from grader.maths.worlds import Block

PLAIN: Final = "plain"
EDGE: Final = "edge"
SCALE: Final = "scale"

_ONE_BY_ONE: Final = 8
"""Ordinary points taken of each block where a function is called for one at a time; special ones come on top."""
_SPECIAL: Final = 2

Targets = Callable[[Target], T.Node]


@dataclass(slots=True)
class Draw:
    """Samples of one block, S of them.

    `arguments` have shapes (S,) or (S, n, ..); `right` is (S, *entries), as are the `instead`; `kinds` says of each sample
    whether it is an ordinary one, on an edge of the domain or of unusual size; `rows` are the checks it counts for.
    """

    evaluator: Evaluator
    names: tuple[str, ...]
    arguments: tuple[N.Array, ...]
    right: N.Array
    instead: tuple[N.Array, ...]
    kinds: tuple[str, ...]
    rows: frozenset[int]
    apart: bool = False  # whether the samples differ in shape from those of other blocks: never called for at once

    def value(self, node: T.Node, bound: Mapping[str, N.Array] | None = None) -> N.Array:
        """A formula over the samples, with shape (S, ..); `bound` gives names values of shape (S,).

        Raises EvaluationError.
        """
        ev = self.evaluator
        saved = dict(ev.bound)
        block = ev.block
        for key, values in (bound or {}).items():
            ev.bound[key] = values.reshape(-1, *([1] * (block.ndim - 1)))
        ev.steps = 0
        try:
            with np.errstate(all="ignore"):
                return laid_out(ev.value(node), block)
        finally:
            ev.bound = saved

    def values(self, sample: int) -> dict[str, Any]:
        """The arguments of one sample for a witness."""
        return {n: as_json(a[sample]) for n, a in zip(self.names, self.arguments, strict=True)}


def draws_of(spec: ProgramSpec, judge: Judge, target: Targets) -> list[Draw]:
    """All draws for a function, those of its checks' conditions apart.

    Raises EvaluationError where the reference has no value, ReadError where a formula of the rubric cannot be read.
    """
    regions: dict[tuple[str, ...], set[int]] = {}
    for i, row in enumerate(spec.counts):
        regions.setdefault(row.where, set()).add(i)
    out: list[Draw] = []
    for where, rows in regions.items():
        world = judge.world
        conditions = tuple(parse(text, world.notation) for text in where)
        here = Judge(replace(world, conditions=(*world.conditions, *conditions))) if conditions else judge
        goals = [target(t) for t in ((spec.target,) if spec.target is not None else spec.terms)]
        for block in here.blocks(goals):
            out.extend(_of_block(spec, block, goals, target, frozenset(rows)))
    return out


def _of_block(
    spec: ProgramSpec, block: Block, goals: Sequence[T.Node], target: Targets, rows: frozenset[int]
) -> list[Draw]:
    found: list[Draw] = []
    for extra in ({}, *(spec.scales if not block.degenerate else ())):
        ev = Evaluator(block)
        for text, size in extra.items():
            name = parse(text, block.world.notation)
            assert isinstance(name, T.Name)
            ev.bound[name.key] = np.full((block.samples, *([1] * (block.ndim - 1))), size)
        allowed = _allowed(ev)
        if extra and not allowed:
            continue
        if any(isinstance(a, (State, Table)) for a in spec.arguments):
            found.append(_of_tables(spec, ev, goals, rows))
            continue
        names, arguments = _arguments(spec, ev)
        draw = Draw(ev, names, arguments, np.empty(0), (), (), rows)
        draw.apart = any(a.ndim > 1 for a in arguments)
        draw.right = _right(spec, draw, goals)
        draw.instead = tuple(_instead(draw, target(other.target)) for other in spec.instead)
        usual = SCALE if extra else PLAIN
        draw.kinds = tuple(
            EDGE if (block.special[s] or block.degenerate) and usual == PLAIN else usual for s in range(block.samples)
        )
        chosen = allowed[:_SPECIAL] if extra else _chosen(draw, _sized(draw))
        found.append(_picked(draw, chosen))
    return found


def _instead(draw: Draw, goal: T.Node) -> N.Array:
    """What is easily taken for the right value; no number where a student's kit does not know it."""
    try:
        return draw.value(goal)
    except EvaluationError as error:
        if error.note != "sealed":
            raise
        return np.full(draw.right.shape, np.nan, dtype=complex)


def _right(spec: ProgramSpec, draw: Draw, goals: Sequence[T.Node]) -> N.Array:
    if spec.asks == "witness":  # what is right is settled by the answer's images
        return np.zeros((len(draw.evaluator.block.special), 2), dtype=complex)
    return draw.value(goals[0]) if spec.target is not None else np.stack([draw.value(g) for g in goals], axis=-1)


def _allowed(ev: Evaluator) -> list[int]:
    """The samples that satisfy the world's conditions: unusual sizes may not."""
    mask = np.ones(ev.block.samples, dtype=bool)
    for condition in ev.block.world.conditions:
        here = np.asarray(truth(ev, condition))
        mask &= np.broadcast_to(here.reshape(here.shape[0], -1).all(axis=1), mask.shape)
    return [int(s) for s in np.flatnonzero(mask)]


def _chosen(draw: Draw, sized: bool) -> list[int]:
    """The samples that are tried: all of them, or where each is a call of its own some ordinary and some special ones."""
    every = list(range(len(draw.kinds)))
    if not draw.names:
        return every[:1]
    if not draw.apart:
        return every
    if sized:
        return every[:3]
    plain = [s for s in every if draw.kinds[s] == PLAIN]
    return plain[:_ONE_BY_ONE] + [s for s in every if draw.kinds[s] != PLAIN][-_SPECIAL:]


def _sized(draw: Draw) -> bool:
    """Whether other blocks have other sizes, so that few samples of each are enough."""
    return bool(draw.evaluator.block.sizes)


def _picked(draw: Draw, chosen: Sequence[int]) -> Draw:
    block = draw.evaluator.block
    pick = np.asarray(chosen, dtype=int)
    ev = draw.evaluator
    if len(chosen) < block.samples:
        ev = Evaluator(block.some(pick))
        ev.bound = {k: v[pick] for k, v in draw.evaluator.bound.items() if isinstance(v, np.ndarray)}
    return Draw(
        ev,
        draw.names,
        tuple(a[pick] for a in draw.arguments),
        draw.right[pick],
        tuple(a[pick] for a in draw.instead),
        tuple(draw.kinds[s] for s in chosen),
        draw.rows,
        draw.apart,
    )


def _arguments(spec: ProgramSpec, ev: Evaluator) -> tuple[tuple[str, ...], tuple[N.Array, ...]]:
    """Names and values of the arguments: numbers, vectors, and families such as the weights w_1, .., w_N."""
    block = ev.block
    names: list[str] = []
    arrays: list[N.Array] = []
    for text in spec.arguments:
        assert isinstance(text, str)
        name = parse(text, block.world.notation)
        assert isinstance(name, T.Name)
        names.append(name.key)
        size = _family(name.key, block)
        with np.errstate(all="ignore"):
            if size:
                entries = [laid_out(ev.lookup(f"{name.key}_{i + 1}"), block) for i in range(size)]
                arrays.append(np.stack(entries, axis=1))
            else:
                arrays.append(laid_out(ev.lookup(name.key), block))
    return tuple(names), tuple(a.real for a in arrays)


def _family(key: str, block: Block) -> int:
    """How many members a family of indexed names has; 0 for a single name."""
    world = block.world
    size = world.simplex.get(key)
    if size is None and f"{key}_*" in world.symbols:
        size = next(iter(world.sizes), None)
    return block.sizes.get(size, 0) if size is not None else 0


# tables of densities


def _of_tables(spec: ProgramSpec, ev: Evaluator, goals: Sequence[T.Node], rows: frozenset[int]) -> Draw:
    """Samples of joint tables: for each two one state of the variable that is given."""
    block = ev.block
    states = [a.state for a in spec.arguments if isinstance(a, State)]
    given = [name.key for text in states if isinstance(name := parse(text, block.world.notation), T.Name)]
    chosen = [(s, s % block.cell) for s in range(min(2, block.samples))]
    names: list[str] = []
    columns: list[list[Any]] = []
    for argument in spec.arguments:
        if isinstance(argument, State):
            names.append(argument.state)
            columns.append([state for _, state in chosen])
        elif isinstance(argument, Table):
            names.append(argument.density)
            columns.append([_table(argument, ev, sample) for sample, _ in chosen])
    right = []
    with np.errstate(all="ignore"):
        values = [np.asarray(N.primal(_number(ev.value(goal)))) for goal in goals]
    for sample, state in chosen:
        right.append([_cell(v, block, sample, dict.fromkeys(given, state)) for v in values])
    kind = EDGE if block.degenerate else PLAIN
    kinds = tuple(kind for _ in chosen)
    arguments = tuple(np.asarray(column) for column in columns)
    return Draw(ev, tuple(names), arguments, np.asarray(right, dtype=complex), (), kinds, rows, True)


def _number(value: Value) -> N.Scalar:
    if isinstance(value, Tens):
        raise EvaluationError("shape", "a number is needed")
    return value


def _cell(values: N.Array, block: Block, sample: int, states: Mapping[str, int]) -> complex:
    place = [sample if values.shape[0] > 1 else 0] + [0] * (values.ndim - 1)
    for key, state in states.items():
        axis = block.variables[key]
        place[axis] = state if values.shape[axis] > 1 else 0
    return complex(values[tuple(place)])


def _table(argument: Table, ev: Evaluator, sample: int) -> N.Array:
    node = parse(argument.density, ev.block.world.notation)
    assert isinstance(node, T.Density)
    if not argument.over:
        return _density(node, ev, sample)
    last = ev.block.sizes[argument.last]
    index = parse(argument.over, ev.block.world.notation)
    assert isinstance(index, T.Name)
    tables = []
    for t in range(argument.first, last + 1):
        ev.indices[index.key] = t
        tables.append(_density(node, ev, sample))
        del ev.indices[index.key]
    return np.stack(tables)


def _density(node: T.Density, ev: Evaluator, sample: int) -> N.Array:
    block = ev.block
    values = np.asarray(N.primal(_number(ev.value(node))))
    keys = [key for part in (*node.given, *node.args) for key in variable_keys(ev, part)]
    axes = [block.variables[key] for key in keys]
    others = tuple(i for i in range(values.ndim) if i and i not in axes)
    return np.squeeze(values[[sample]].transpose([0, *axes, *others]), axis=(0, *range(1 + len(axes), values.ndim)))


# values as arrays


def laid_out(value: Value, block: Block) -> N.Array:
    """A value as a complex array of shape (S, *entries)."""
    if isinstance(value, Tens):
        return np.stack([laid_out(item, block) for item in value.items], axis=1)
    array = np.asarray(N.primal(value)).astype(complex)
    return np.broadcast_to(array.reshape(array.shape[0], -1)[:, 0], (block.samples,))


def as_json(value: Any) -> Any:
    """Numbers of any nesting for a witness."""
    array = np.asarray(value)
    if array.ndim:
        return [as_json(item) for item in array]
    return number(array.item())


def constant(value: complex) -> T.Node:
    """A number as a formula, exactly."""
    real: T.Node = T.Num(Fraction(value.real))
    if not value.imag:
        return real
    return T.Add((real, T.Mul((T.Num(Fraction(value.imag)), T.Const("i")))))
