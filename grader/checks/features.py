"""Shapes of formulas that tell how far a derivation has come, where all its lines have one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from grader.maths import syntax as T


def _has(kind: type[T.Node] | tuple[type[T.Node], ...]) -> Callable[[T.Node], bool]:
    return lambda node: any(isinstance(n, kind) for n in T.walk(node))


def _averages(node: T.Node) -> bool:
    """An expectation, an integral or a sum over states of densities stands in it."""
    return any(
        isinstance(n, (T.Expect, T.Integral))
        or (isinstance(n, T.Big) and n.op == "sum" and any(isinstance(m, T.Density) for m in T.walk(n.body)))
        for n in T.walk(node)
    )


def _log_of_mean(node: T.Node) -> bool:
    """`log E[..]`, `log ∫ ..`."""
    return any(isinstance(n, T.Call) and n.func == "log" and any(_averages(a) for a in n.args) for n in T.walk(node))


def _mean_of_log(node: T.Node) -> bool:
    """`E[log ..]`, `∫ q log ..`."""
    return any(
        isinstance(n, (T.Expect, T.Integral)) and any(isinstance(m, T.Call) and m.func == "log" for m in T.walk(n.body))
        for n in T.walk(node)
    )


def _sum_from_two(node: T.Node) -> bool:
    return any(isinstance(n, T.Big) and isinstance(n.low, T.Num) and n.low.value == 2 for n in T.walk(node))


def _joint(node: T.Node) -> bool:
    """A density of a whole path, such as `p(x_{0:T})`."""
    return any(
        isinstance(n, T.Density)
        and any(isinstance(a, T.Name) and any(isinstance(s, T.Range) for s in a.sub) for a in n.args)
        for n in T.walk(node)
    )


FEATURES: Final[dict[str, Callable[[T.Node], bool]]] = {
    "expectation": _has((T.Expect, T.Integral)),
    "derivative": lambda node: any(
        isinstance(n, (T.Deriv, T.Grad)) or (isinstance(n, T.Apply) and n.primes > 0) for n in T.walk(node)
    ),
    "divergence": _has(T.KL),
    "norm": _has((T.Norm, T.Abs)),
    "logistic": lambda node: (
        any(isinstance(n, T.Call) and n.func in ("logistic", "exp") for n in T.walk(node))
        or any(isinstance(n, T.Apply) and n.head.base == "logistic" for n in T.walk(node))
        or any(isinstance(n, T.Pow) and isinstance(n.base, T.Const) for n in T.walk(node))
    ),
    "partial": _has((T.Deriv, T.Grad)),
    "matrix": _has((T.Matrix, T.Tup)),
    "sum": lambda node: any(isinstance(n, T.Big) and n.op == "sum" for n in T.walk(node)),
    "product": lambda node: any(isinstance(n, T.Big) and n.op == "prod" for n in T.walk(node)),
    "log_of_mean": _log_of_mean,
    "mean_of_log": _mean_of_log,
    "sum_from_two": _sum_from_two,
    "joint": _joint,
    "ratio": _has(T.Div),
}


def densities(node: T.Node) -> set[object]:
    """The densities of a formula without parameters and order: `p_\\phi(x_0|x_1, c)` is `p(x_0|c, x_1)`."""
    return {
        (n.letter, frozenset(T.sub_text(a) for a in n.args), frozenset(T.sub_text(g) for g in n.given))
        for n in T.walk(node)
        if isinstance(n, T.Density)
    }
