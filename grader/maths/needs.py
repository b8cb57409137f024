"""What formulas need of samples: whole numbers, axes for integrals, the variables of their densities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.errors import EvaluationError
from grader.maths import syntax as T
from grader.maths.evaluate import Evaluator
from grader.maths.node import kept
from grader.maths.rules_density import variable_keys
from grader.maths.worlds import Block, World


def structure(nodes: Sequence[T.Node]) -> list[str]:
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
    """Collect the variables of the densities in one formula, at the probe's sizes. Raises EvaluationError `budget`."""
    if not T.contains(node, T.Density, T.Expect):
        return
    probe.steps += 1
    if probe.steps > probe.budget:
        raise EvaluationError("budget", "too many terms with densities")
    if isinstance(node, T.Big) and node.var is not None and node.low is not None and node.high is not None:
        try:
            low, high = probe.integer(node.low), probe.integer(node.high)
        except EvaluationError:
            low, high = 1, 1
        if node.var.key not in T.names_in(node.body):
            high = low
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
