"""Shapes of formulas that tell how far a derivation has come, where all its lines have one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from grader.maths import syntax as T
from grader.maths.node import kept


def _has(*kinds: type[T.Node]) -> Callable[[T.Node], bool]:
    return lambda node: T.contains(node, *kinds)


def _averages(node: T.Node) -> bool:
    """An expectation, an integral or a sum over states of densities stands in it."""
    return T.contains(node, T.Expect, T.Integral) or any(
        n.op == "sum" and T.contains(n.body, T.Density) for n in T.of_kind(node, T.Big)
    )


def _log_of_mean(node: T.Node) -> bool:
    """`log E[..]`, `log ∫ ..`."""
    return any(n.func == "log" and any(_averages(a) for a in n.args) for n in T.of_kind(node, T.Call))


def _mean_of_log(node: T.Node) -> bool:
    """`E[log ..]`, `∫ q log ..`."""
    means: tuple[T.Expect | T.Integral, ...] = (*T.of_kind(node, T.Expect), *T.of_kind(node, T.Integral))
    return any(m.func == "log" for n in means for m in T.of_kind(n.body, T.Call))


def _log_of_sum(node: T.Node) -> bool:
    """`log Σ ..`, the sum inside the logarithm."""
    return any(n.func == "log" and any(T.contains(a, T.Big) for a in n.args) for n in T.of_kind(node, T.Call))


def _logs_in_sum(node: T.Node) -> bool:
    """`Σ log ..`, the logarithm inside the sum."""
    sums = [n for n in T.of_kind(node, T.Big) if n.op == "sum"]
    return any(m.func == "log" for n in sums for m in T.of_kind(n.body, T.Call))


def _sum_from_two(node: T.Node) -> bool:
    return any(isinstance(n.low, T.Num) and n.low.value == 2 for n in T.of_kind(node, T.Big))


def _joint(node: T.Node) -> bool:
    """A density of a whole path, such as `p(x_{0:T})`."""
    return any(
        isinstance(a, T.Name) and any(isinstance(s, T.Range) for s in a.sub)
        for n in T.of_kind(node, T.Density)
        for a in n.args
    )


FEATURES: Final[dict[str, Callable[[T.Node], bool]]] = {
    "expectation": _has(T.Expect, T.Integral),
    "derivative": lambda node: T.contains(node, T.Deriv, T.Grad) or any(n.primes > 0 for n in T.of_kind(node, T.Apply)),
    "divergence": _has(T.KL),
    "jensen_shannon": lambda node: any(n.op == "JS" for n in T.of_kind(node, T.KL)),
    "norm": _has(T.Norm, T.Abs),
    "logistic": lambda node: (
        any(n.func in ("logistic", "exp") for n in T.of_kind(node, T.Call))
        or any(n.head.base == "logistic" for n in T.of_kind(node, T.Apply))
        or any(isinstance(n.base, T.Const) for n in T.of_kind(node, T.Pow))
    ),
    "partial": _has(T.Deriv, T.Grad),
    "matrix": _has(T.Matrix, T.Tup),
    "sum": lambda node: any(n.op == "sum" for n in T.of_kind(node, T.Big)),
    "product": lambda node: any(n.op == "prod" for n in T.of_kind(node, T.Big)),
    "log_of_mean": _log_of_mean,
    "mean_of_log": _mean_of_log,
    "log_of_sum": _log_of_sum,
    "logs_in_sum": _logs_in_sum,
    "sum_from_two": _sum_from_two,
    "joint": _joint,
    "ratio": _has(T.Div),
}


@kept
def densities(node: T.Node) -> frozenset[object]:
    """The densities of a formula without parameters and order: `p_\\phi(x_0|x_1, c)` is `p(x_0|c, x_1)`."""
    return frozenset(
        (n.letter, frozenset(T.sub_text(a) for a in n.args), frozenset(T.sub_text(g) for g in n.given))
        for n in T.of_kind(node, T.Density)
    )
