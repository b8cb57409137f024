"""Samples that satisfy a world's conditions, with values on the boundary among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.errors import EvaluationError
from grader.maths import syntax as T
from grader.maths.assumptions import parsed
from grader.maths.evaluate import Evaluator
from grader.maths.rules_truth import truth
from grader.maths.worlds import Block, World

OVERSAMPLE = 24
"""Under conditions so many times as many samples are drawn as are chosen."""
_FORCED = 4


def conditioned(
    world: World, index: int, sizes: Mapping[str, int], variables: Sequence[str], samples: int
) -> Block | None:
    """A block whose samples satisfy the world's conditions, boundary values forced in some."""
    block = Block(world, index, sizes, variables, samples)
    counted = {*sizes, *world.indices}
    about_sizes = [c for c in world.conditions if world.indices and T.names_in(c) <= counted]
    if about_sizes:  # `t \\ge 2`: blocks in which it holds
        try:
            if not all(truth(Evaluator(block), c).all() for c in about_sizes):
                return None
        except EvaluationError:
            return None
        kept = tuple(c for c in world.conditions if c not in about_sizes)
        world = replace(world, conditions=kept)
        block = Block(world, index, sizes, variables, samples)
    if world.conditions:
        wide = Block(world, index, sizes, variables, samples)
        wide.raw_samples = samples * OVERSAMPLE
        wide.special = np.zeros(wide.raw_samples, dtype=bool)
        mask = np.ones(wide.raw_samples, dtype=bool)
        for condition in world.conditions:
            here = truth(Evaluator(wide), condition)
            here = np.broadcast_to(here, np.broadcast_shapes(here.shape, (wide.raw_samples, *([1] * (wide.ndim - 1)))))
            mask = mask & here.reshape(here.shape[0], -1).all(axis=1)
        chosen = np.flatnonzero(mask)
        if not len(chosen):
            return None
        picked = chosen[np.linspace(0, len(chosen) - 1, min(samples, len(chosen))).astype(int)]
        block.raw_samples = wide.raw_samples
        block.take = picked
        block.samples = len(picked)
        block.special = np.zeros(len(picked), dtype=bool)
    _force_boundaries(world, block)
    return block


def _force_boundaries(world: World, block: Block) -> None:
    edges: list[tuple[str, T.Node]] = []
    for condition in world.conditions:
        if isinstance(condition, T.Rel):
            for i, relation in enumerate(condition.relations):
                left, right = condition.operands[i], condition.operands[i + 1]
                if relation in (">=", "<="):
                    if isinstance(left, T.Name):
                        edges.append((left.key, right))
                    elif isinstance(right, T.Name):
                        edges.append((right.key, left))
    for key, symbol in world.symbols.items():
        edges.extend((key, parsed(text, world)) for text in symbol.boundary)
    edges = [
        (key, value)
        for key, value in edges
        if key not in block.sizes and key not in block.variables and key not in _reached(value, world)
    ]
    free = list(range(block.samples - 1, max(block.samples // 2, 0), -1))
    for key, value in edges:
        for _ in range(min(_FORCED, max(len(free) // max(len(edges), 1), 1))):
            if not free:
                return
            sample = free.pop(0)
            block.forced.setdefault(key, []).append((sample, value))
            block.special[sample] = True
    if world.conditions and block.forced:
        for condition in world.conditions:
            mask = truth(Evaluator(block), condition)
            mask = np.broadcast_to(mask, np.broadcast_shapes(mask.shape, (block.samples, *([1] * (block.ndim - 1)))))
            bad = set(np.flatnonzero(~mask.reshape(mask.shape[0], -1).all(axis=1)).tolist())
            for key in block.forced:
                block.forced[key] = [(s, n) for s, n in block.forced[key] if s not in bad]
        block.cache, block.drawn = {}, {}
        block.values.clear()


def _reached(value: T.Node, world: World) -> set[str]:
    """Keys a value rests on: `\\alpha + r \\ge r` forces nothing."""
    seen: set[str] = set()
    waiting = list(T.names_in(value))
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting.extend(T.names_in(world.definitions[key]) if key in world.definitions else ())
    return seen
