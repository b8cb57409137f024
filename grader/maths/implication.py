"""Whether one condition or equation implies another: tried at points that satisfy the first.

Inequalities are satisfied by some of the samples; points on an equation are found by root search along one free quantity
at a time, in the real domain of the world.
"""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.conditions import (
    Atom,
    Formula,
    all_roots,
    atoms,
    clear_of_edges,
    described,
    finite,
    formula,
    in_domain,
    truth_of,
)
from grader.maths.evaluate import Evaluator
from grader.maths.worlds import Block, World, rests_on
from grader.model import Outcome, Verdict, Witness

_SAMPLES = 24
_TOUCH = 1e-9
_BUDGET = 600_000
_MET = 3
_SURE = 2
_PLENTY = 40
_MOST_NAMES = 4

_WIDE: WeakKeyDictionary[Judge, Judge] = WeakKeyDictionary()
"""The judge of each world with an axis for the points found, kept as long as the judge."""


def follows(judge: Judge, premise: T.Node, conclusion: T.Node) -> Verdict:
    """`correct` if the conclusion holds at every point found on the premise, `incorrect` if it fails at two or more.

    No point found, or sides that cannot be evaluated: `undecided`.
    """
    subject = T.Name("x")
    try:
        a, b = formula(premise, subject), formula(conclusion, subject)
        wide = _WIDE.get(judge)
        if wide is None:
            wide = Judge(replace(judge.world, samples=_SAMPLES, quadratures=1, moved=True))
            _WIDE[judge] = wide
        nodes = [n for atom in (*atoms(a), *atoms(b)) for n in (atom.left, atom.right)]
        with np.errstate(all="ignore"):
            tally = _Tally()
            for block in wide.blocks(nodes):
                tally.block(block, a, b)
    except EvaluationError as error:
        return Verdict(Outcome.UNDECIDED, error.note, detail=error.detail)
    if tally.broken >= 2:
        return Verdict(Outcome.INCORRECT, "does_not_follow", tally.witness, samples=tally.met)
    if tally.broken or tally.met < _MET:
        return Verdict(Outcome.UNDECIDED, "not_followed", samples=tally.met)
    return Verdict(Outcome.CORRECT, "follows", samples=tally.met)


class _Tally:
    """Points on the premise: where the conclusion holds, and where it does not."""

    def __init__(self) -> None:
        self.met = self.broken = 0
        self.witness: Witness | None = None

    def block(self, block: Block, a: Formula | Atom, b: Formula | Atom) -> None:
        equations = [atom for atom in atoms(a) if atom.relation == "="]
        if not equations:
            self.count(Evaluator(block, budget=_BUDGET), block, a, b, None, None)
            return
        for atom in equations:
            for key in sorted(moved(atom, block.world) - set(block.sizes))[:_MOST_NAMES]:
                try:
                    roots, usable = all_roots(block, atom, key)
                    if not usable.any():
                        continue
                    ev = Evaluator(block, budget=_BUDGET)
                    ev.bound[key] = roots
                    self.count(ev, block, a, b, usable & in_domain(ev, key, roots), roots)
                except EvaluationError:
                    continue
                if self.broken >= _SURE or (self.met >= _PLENTY and not self.broken):
                    return  # one name moved over all samples of the others meets the whole solution set

    def count(
        self,
        ev: Evaluator,
        block: Block,
        a: Formula | Atom,
        b: Formula | Atom,
        usable: N.Array | None,
        roots: N.Array | None,
    ) -> None:
        x, y = truth_of(ev, a, _TOUCH), truth_of(ev, b, _TOUCH)
        shape = np.broadcast_shapes(x.shape, y.shape, (block.samples, *([1] * (block.ndim - 1))))
        if usable is not None and roots is not None:
            shape = np.broadcast_shapes(shape, roots.shape, usable.shape)
        here = np.broadcast_to(x, shape) & finite(ev, a, b) & clear_of_edges(ev, b)
        if usable is not None:
            here = here & np.broadcast_to(usable, shape)
        else:
            here = here & clear_of_edges(ev, a)
        wrong = here & ~np.broadcast_to(y, shape)
        self.met += int((here & y).sum())
        self.broken += int(wrong.sum())
        if wrong.any() and self.witness is None:
            where = np.argwhere(wrong)[0]
            self.witness = described(ev, block, int(where[0]), True, False, where)


def moved(atom: Atom, world: World) -> set[str]:
    """Free quantities an equation rests on, definitions followed."""
    seen = rests_on(world, T.names_in(atom.left) | T.names_in(atom.right), measures=True)
    return {k for k in seen if k in world.symbols and k not in world.definitions}
