"""From a world and the formulas to be judged to blocks of samples: sizes, variables of densities, conditions,
boundaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from grader.errors import EvaluationError
from grader.maths import rules_algebra as _algebra  # noqa: F401  (their rules register themselves)
from grader.maths import rules_calculus as _calculus  # noqa: F401
from grader.maths import rules_divergence as _divergence  # noqa: F401
from grader.maths import rules_functions as _functions  # noqa: F401
from grader.maths import syntax as T
from grader.maths.evaluate import Evaluator
from grader.maths.node import kept
from grader.maths.rules_density import variable_keys
from grader.maths.rules_truth import truth
from grader.maths.worlds import SIZES, Block, Symbol, World

OVERSAMPLE = 24
"""Under conditions so many times as many samples are drawn as are chosen."""
_FORCED = 4
_WIDE = 160
_FAR = 60
_MOST_BRANCHES = 4
_INDEX_LETTERS = frozenset("ijkltnm")


class Judge:
    """Blocks of one world, kept between the claims judged in it."""

    def __init__(self, world: World) -> None:
        branches = _branches(world)
        self.world = _solve_equalities(branches[0] if len(branches) == 1 else world)
        self._branches = [Judge(b) for b in branches] if len(branches) > 1 else []
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
        return sizes, tuple(_structure(nodes)) if self._discrete(nodes) else ()

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
                block = _conditioned(world, index, chosen, variables, samples)
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


def _structure(nodes: Sequence[T.Node]) -> list[str]:
    """What decides which variables the densities of these formulas have."""
    return sorted(frozenset[str]().union(*map(_parts, nodes)))


@kept
def _parts(node: T.Node) -> frozenset[str]:
    found = {repr(x) for x in T.walk(node) if isinstance(x, (T.Density, T.Big, T.Integral))}
    return frozenset(found | {repr(x.over) for x in T.walk(node) if isinstance(x, T.Expect)})


def integer_names(nodes: Sequence[T.Node]) -> set[str]:
    """Names that must be whole numbers: limits of sums, ends of ranges, arguments of factorials."""
    found: set[str] = set()
    bound: set[str] = set()
    for node in nodes:
        whole, indices = _whole(node)
        found |= whole
        bound |= indices
    return found - bound


@kept
def _whole(root: T.Node) -> tuple[frozenset[str], frozenset[str]]:
    """The names that must be whole numbers in a formula, and those that are indices of its sums."""
    found: set[str] = set()
    bound: set[str] = set()
    if not T.contains(root, T.Big, T.Range, T.Factorial, T.Call):
        return frozenset(), frozenset()
    for node in T.walk(root):
        limits: tuple[T.Node | None, ...] = ()
        if isinstance(node, T.Big):
            limits = (node.low, node.high)
            if node.var is not None and node.low is not None:
                bound.add(node.var.key)
        elif isinstance(node, T.Range):
            limits = (node.low, node.high)
        elif isinstance(node, T.Factorial):
            limits = (node.value,)
        elif isinstance(node, T.Call) and node.func == "binom":
            limits = node.args
        for limit in limits:
            if limit is not None:
                found |= {n.key for n in T.walk(limit) if isinstance(n, T.Name) and not n.sub}
    return frozenset(found), frozenset(bound)


@kept
def quadrature_depth(node: T.Node) -> int:
    """How many integrals stand inside one another."""
    if not T.contains(node, T.Integral, T.Expect, T.KL):
        return 0
    inner = max((quadrature_depth(c) for c in T.children(node)), default=0)
    return inner + 1 if isinstance(node, (T.Integral, T.Expect, T.KL)) else inner


def discover(world: World, nodes: Sequence[T.Node], sizes: Mapping[str, int]) -> list[str]:
    """The variables of all densities in these formulas, sums written out."""
    probe = Evaluator(Block(world, 0, sizes, (), 1))
    found: set[str] = set()

    for node in nodes:
        _visit(node, probe, found)
    if not found and any(T.contains(n, T.KL, T.Expect) for n in nodes):
        found.add("x")  # `KL(q || p)` without variables: they have one
    for letter in world.joints:
        for factor in world.joints[letter](sizes):
            found.update(factor.args)
            found.update(factor.given)
    return sorted(found)


def _visit(node: T.Node, probe: Evaluator, found: set[str]) -> None:
    """Collect the variables of the densities in one formula, at the probe's sizes."""
    if isinstance(node, T.Big) and node.var is not None and node.low is not None and node.high is not None:
        try:
            low, high = probe.integer(node.low), probe.integer(node.high)
        except EvaluationError:
            low, high = 1, 1
        for i in range(low, min(high, low + 12) + 1):
            saved = probe.indices.get(node.var.key)
            probe.indices[node.var.key] = i
            _visit(node.body, probe, found)
            if saved is None:
                del probe.indices[node.var.key]
            else:
                probe.indices[node.var.key] = saved
        return
    if isinstance(node, T.Density):
        for arg in (*node.args, *node.given):
            try:
                found.update(variable_keys(probe, arg))
            except EvaluationError:
                continue
        return
    if isinstance(node, T.Expect) and node.dist is not None:
        for arg in node.over:
            found.update(variable_keys(probe, arg))
    for child in T.children(node):
        _visit(child, probe, found)


def _solve_equalities(world: World) -> World:
    """Conditions `name = value` become definitions; the rest stay conditions."""
    if not world.conditions:
        return world
    definitions = dict(world.definitions)
    symbols = dict(world.symbols)
    simplex = dict(world.simplex)
    families = dict(world.families)
    kept: list[T.Node] = []
    for condition in world.conditions:
        for part in _conjuncts(condition):
            if isinstance(part, T.Rel) and (_simplex(part, simplex) or _family(part, symbols)):
                continue
            member = all_members(part, world)
            if member is not None:
                families[member[0].base] = (T.sub_text(member[0].sub[0]), member[1])
                continue
            if isinstance(part, T.Rel) and part.relations == ("=",):
                solved_for = _solved_for(part, definitions)
                if solved_for is not None:
                    definitions[solved_for[0]] = solved_for[1]
                    continue
            kept.append(part)
    solved = set(definitions) - set(world.definitions)
    for key, symbol in list(symbols.items()):
        if symbol.boundary and solved:  # a forced value must not lead back to a name that is now defined
            kept_edges = tuple(b for b in symbol.boundary if not T.names_in(_parsed(b, world)) & solved)
            symbols[key] = replace(symbol, boundary=kept_edges)
    return replace(
        world,
        definitions=definitions,
        symbols=symbols,
        simplex=simplex,
        families=families,
        conditions=tuple(kept),
    )


def all_members(part: T.Node, world: World) -> tuple[T.Name, T.Node] | None:
    """`w_j = 1/N`: a formula for every member of a family, as the member and the formula."""
    if not (isinstance(part, T.Rel) and part.relations == ("=",)):
        return None
    name, value = part.operands
    if not (isinstance(name, T.Name) and len(name.sub) == 1 and isinstance(name.sub[0], T.Name)):
        return None
    known = name.base in world.simplex or name.base + "_*" in world.symbols
    known = known and name.sub[0].key in _INDEX_LETTERS and name.sub[0].key not in world.sizes
    return (name, value) if known and all(n.base != name.base for n in T.of_kind(value, T.Name)) else None


def _solved_for(part: T.Rel, definitions: Mapping[str, T.Node]) -> tuple[str, T.Node] | None:
    """An equality as a name and its value: `x = ..`, or a sum in which a name stands alone, as in `x - y = 1`."""
    for left, right in (part.operands, part.operands[::-1]):
        if isinstance(left, T.Name) and left.key not in T.names_in(right) and left.key not in definitions:
            return left.key, right
    for left, right in (part.operands, part.operands[::-1]):
        terms = left.terms if isinstance(left, T.Add) else (left,)
        for i, term in enumerate(terms):
            name = term.value if isinstance(term, T.Neg) else term
            if not isinstance(name, T.Name) or name.key in definitions or name.key in T.names_in(right):
                continue
            others = terms[:i] + terms[i + 1 :]
            if any(name.key in T.names_in(o) for o in others):
                continue
            value = T.Add((right, *(T.Neg(o) for o in others))) if others else right
            return name.key, T.Neg(value) if isinstance(term, T.Neg) else value
    return None


def _simplex(part: T.Rel, simplex: dict[str, str]) -> bool:
    """`\\sum_i w_i = 1` makes w a convex combination."""
    if part.relations != ("=",):
        return False
    total, one = part.operands
    if not (
        isinstance(total, T.Big) and total.op == "sum" and isinstance(total.body, T.Name) and len(total.body.sub) == 1
    ):
        return False
    if not (isinstance(one, T.Num) and one.value == 1):
        return False
    simplex[total.body.base] = total.high.key if isinstance(total.high, T.Name) else "N"
    return True


def _family(part: T.Rel, symbols: dict[str, Symbol]) -> bool:
    """`a_i > 0` speaks of every member of the family."""
    indexed = [
        o
        for o in part.operands
        if isinstance(o, T.Name) and len(o.sub) == 1 and isinstance(o.sub[0], T.Name) and o.sub[0].key in _INDEX_LETTERS
    ]
    numbers = [o for o in part.operands if isinstance(o, T.Num)]
    if len(indexed) != 1 or len(indexed) + len(numbers) != len(part.operands):
        return False
    key = indexed[0].base + "_*"
    values = [float(n.value) for n in numbers]
    if len(part.operands) == 3 and values == sorted(values) and set(part.relations) <= {"<", "<="}:
        symbols[key] = Symbol(key, "between", values[0], values[1])
        return True
    if part.relations == ("=",) and len(values) == 1:
        symbols[key] = Symbol(key, "between", values[0], values[0])  # `all b_i = 0`
        return True
    if values == [0.0] and part.relations[0] in (">", ">=") and part.operands[0] is indexed[0]:
        symbols[key] = Symbol(key, "positive")
        return True
    return False


def _conjuncts(node: T.Node) -> list[T.Node]:
    if isinstance(node, T.Logic) and node.op in ("and", "list"):
        return [p for item in node.items for p in _conjuncts(item)]
    if isinstance(node, T.Rel) and len(node.relations) > 1 and set(node.relations) == {"="}:
        last = node.operands[-1]
        return [T.Rel((o, last), ("=",)) for o in node.operands[:-1]]
    return [node]


def _branches(world: World) -> list[World]:
    """A world under `A or B` as the worlds of its branches: samples of an equality are not met by chance."""
    for i, condition in enumerate(world.conditions):
        found = _alternatives(condition)
        if len(found) > 1:
            rest = (*world.conditions[:i], *world.conditions[i + 1 :])
            return [w for item in found for w in _branches(replace(world, conditions=(*rest, item)))]
    return [world]


def _alternatives(condition: T.Node) -> list[T.Node]:
    """The branches of a condition that holds by equalities: `a = 0 or b = 0`, `ab = 0`."""
    node = T.unboxed(condition)
    if isinstance(node, T.Logic) and node.op == "or":
        return list(node.items[:_MOST_BRANCHES])
    if isinstance(node, T.Rel) and node.relations == ("=",) and isinstance(node.operands[0], T.Mul):
        zero = node.operands[1]
        factors = node.operands[0].factors
        if isinstance(zero, T.Num) and not zero.value and all(isinstance(f, T.Name) for f in factors):
            return [T.Rel((f, zero), ("=",)) for f in factors[:_MOST_BRANCHES]]
    return [node]


def _conditioned(
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
        edges.extend((key, _parsed(text, world)) for text in symbol.boundary)
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


def _parsed(text: str, world: World) -> T.Node:
    from grader.maths.parser import parse

    return parse(text, world.notation)
