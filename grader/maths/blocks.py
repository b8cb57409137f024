"""From a world and the formulas to be judged to blocks of samples: sizes, variables of densities, conditions,
boundaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from grader.errors import EvaluationError
from grader.limits import QUADRATURES
from grader.maths import rules_algebra as _algebra  # noqa: F401  (their rules register themselves)
from grader.maths import rules_calculus as _calculus  # noqa: F401
from grader.maths import rules_divergence as _divergence  # noqa: F401
from grader.maths import rules_functions as _functions  # noqa: F401
from grader.maths import syntax as T
from grader.maths.assumptions import branches, solve_equalities
from grader.maths.conditioned import conditioned
from grader.maths.needs import discover, integer_names, quadrature_depth, structure
from grader.maths.worlds import SIZES, Block, World

_WIDE = 160
_FAR = 60


class Judge:
    """Blocks of one world, kept between the claims judged in it."""

    def __init__(self, world: World) -> None:
        ways = branches(world)
        self.world = solve_equalities(ways[0] if len(ways) == 1 else world)
        self._branches = [Judge(way) for way in ways] if len(ways) > 1 else []
        self._blocks: dict[tuple[object, ...], list[Block] | EvaluationError] = {}
        self._small_first: dict[tuple[object, ...], list[Block]] = {}
        # the variables are the model's, whatever a formula names
        self._modelled = bool(self.world.joints) and not self.world.open
        self._wider: Judge | None = None
        self._far: Judge | None = None

    def wider(self) -> Judge:
        """The same world with many more samples, for what few of the usual ones show; itself if it has them."""
        if self._wider is None:
            self._wider = self if self.world.samples >= _WIDE else Judge(replace(self.world, samples=_WIDE))
        return self._wider

    def far(self) -> Judge:
        """The same world with samples that reach much farther, for what holds only near the usual ones."""
        if self._far is None:
            self._far = self if self.world.spread else Judge(replace(self.world, spread=True, samples=_FAR))
        return self._far

    def blocks(self, nodes: Sequence[T.Node]) -> list[Block]:
        """Samples fit for these formulas.

        Raises EvaluationError `no_world` if no sample satisfies the conditions.
        """
        return self._from_branches(nodes) if self._branches else self._found(self.needs(nodes), nodes)

    def small_first(self, nodes: Sequence[T.Node]) -> list[Block]:
        """The same, those that tell most for least work first."""
        if self._branches:
            return sorted(self._from_branches(nodes), key=_effort)
        needs = self.needs(nodes)
        found = self._small_first.get(needs)
        if found is None:
            found = self._small_first[needs] = sorted(self._found(needs, nodes), key=_effort)
        return found

    def needs(self, nodes: Sequence[T.Node]) -> tuple[object, ...]:
        """What these formulas need of the samples: axes for integrals, sizes, variables of densities."""
        quadratures = max([quadrature_depth(n) for n in nodes], default=0) + self.world.moved
        return max(quadratures, self.world.quadratures), *self.draws(nodes)

    def draws(self, nodes: Sequence[T.Node]) -> tuple[object, ...]:
        """What decides which samples are drawn for these formulas."""
        world = self.world
        sizes = world.sizes
        if world.open:
            sizes = tuple(sorted(set(sizes) | integer_names([*nodes, *world.conditions])))
        return sizes, tuple(structure(nodes)) if self._discrete(nodes) else ()

    def _discrete(self, nodes: Sequence[T.Node]) -> bool:
        """Whether the formulas say which variables their densities have."""
        if self._modelled or self.world.linear or (self.world.measures and not self.world.joints):
            return False
        return any(T.contains(n, T.Density, T.KL, T.Expect) for n in nodes)

    def _found(self, needs: tuple[Any, ...], nodes: Sequence[T.Node]) -> list[Block]:
        found = self._blocks.get(needs)
        if found is None:
            quadratures, sizes, _ = needs
            discrete = list(nodes) if self._discrete(nodes) else []
            try:
                found = self._make(list(sizes), quadratures, discrete, self._modelled)
            except EvaluationError as error:
                found = error.kept()
            self._blocks[needs] = found
        if isinstance(found, EvaluationError):
            raise EvaluationError(found.note, found.detail)
        return found

    def _from_branches(self, nodes: Sequence[T.Node]) -> list[Block]:
        """The blocks of all branches that are possible."""
        found: list[Block] = []
        for judge in self._branches:
            try:
                found.extend(judge.blocks(nodes))
            except EvaluationError as error:
                if error.note != "no_world":
                    raise
        if not found:
            raise EvaluationError("no_world", "no values satisfy the conditions")
        return found

    def _make(self, sizes: list[str], quadratures: int, discrete: list[T.Node], modelled: bool) -> list[Block]:
        if quadratures > QUADRATURES:
            raise EvaluationError("budget", "too many integrals inside one another")
        world = replace(self.world, quadratures=quadratures)
        blocks = []
        fixed = {
            name: int(value.value)
            for name in sizes
            if isinstance(value := world.definitions.get(name), T.Num) and 0 <= value.value <= 12
        }
        ranges = {name: world.size_values.get(name, SIZES) for name in sizes}
        rounds = max(map(len, ranges.values()), default=1)
        for index in range(rounds):
            chosen = {name: values[(index + j) % len(values)] for j, (name, values) in enumerate(ranges.items())}
            chosen.update(fixed)
            chosen.update(_indices(world, chosen, index))
            variables = discover(world, discrete, chosen) if discrete or modelled else []
            if variables and chosen and max(chosen.values()) > 4 and len(variables) > 7:
                continue
            samples = world.samples if rounds == 1 and not variables else 5
            with np.errstate(all="ignore"):  # a condition may divide by what is zero in some samples
                block = conditioned(world, index, chosen, variables, samples)
            if block is not None:
                blocks.append(block)
        if not blocks:
            raise EvaluationError("no_world", "no values satisfy the conditions")
        return blocks


def _indices(world: World, sizes: Mapping[str, int], index: int) -> dict[str, int]:
    """A value for each free index whose range is not empty; another one in each block."""
    found = {}
    for key, (low, size) in world.indices.items():
        high = sizes.get(size, 0)
        if high >= low:
            found[key] = high - index % (high - low + 1)
    return found


def _effort(block: Block) -> tuple[bool, int]:
    """Blocks with sizes of one say little and come last; among the others the smaller comes first."""
    return min(block.sizes.values(), default=2) < 2, len(block.variables) + max(block.sizes.values(), default=0)
