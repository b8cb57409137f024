"""What is claimed by saying that a density or a variable has a Gaussian law: `q(x|y) = N(x; m, v)`, `x|y ~ N(m, v)`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from grader.checks.context import PartContext
from grader.checks.specs import Law
from grader.derivation.definitions import flat_relations
from grader.maths import syntax as T
from grader.maths.parser import parse
from grader.maths.screening import agrees
from grader.reading.part_text import Chain
from grader.reading.rows import Line


def law_claims(law: Law, context: PartContext, target: T.Node) -> Iterator[tuple[Chain, Line, T.Node]]:
    """The parameter asked for, wherever the law is said to be Gaussian.

    Who seems to write N(m, s) with a standard deviation claims nothing sure and is left out.
    """
    names = _names(parse(law.of, context.notation))
    for chain in context.text.chains:
        if chain.aside:
            continue
        for line in chain.lines:
            for rel in flat_relations(line.tree) if line.tree is not None else ():
                left, right = T.unboxed(rel.operands[0]), T.unboxed(rel.operands[-1])
                left = (chain.head() or left) if isinstance(left, T.Empty) else left
                if isinstance(left, T.Density):
                    left = replace(left, sub="")
                if not isinstance(right, T.Normal) or left not in names:
                    continue
                node = right.mean if law.asks == "mean" else right.variance
                squared = T.Pow(node, T.Num(Fraction(2)))
                if law.asks == "mean" or not agrees(context.judge, squared, target):
                    yield chain, line, node


def _names(of: T.Node) -> list[T.Node]:
    """What the law may be said of: the density, its variables given others, the variable alone where nothing is given."""
    if not isinstance(of, T.Density):
        return [of]
    return [of, T.Density("", "", of.args, of.given)] if of.given else [of, *of.args]
