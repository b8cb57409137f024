"""Question 2: the optimal discriminator and the value of the game there.

First derivation: SymPy maximises a log y + b log(1 - y) at one point and compares the value with the integrand of the
Jensen-Shannon divergence. Second: on random tables the maximum is searched state by state, and sums are taken by loops.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

_V = r"\mathbb{E}_{p(x)}[\log D(x)] + \mathbb{E}_{q(x)}[\log(1 - D(x))]"
_DATA = (r"p_{\text{data}}", "p_{data}", "p_d", "p_r", r"p_{\text{real}}")
_GENERATOR = ("p_g", "p_G", r"p_\theta", r"p_{\text{model}}", r"p_{\text{gen}}", r"q_\theta", "q_g")


def _of_x(_sizes: Mapping[str, int]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(("x",), ())]


_WORLD: dict[str, Any] = {
    "joints": {"p": _of_x, "q": _of_x},
    "told_apart": True,
    "symbols": {
        "a": {"kind": "positive"},
        "b": {"kind": "positive"},
        "y": {"kind": "between", "low": 0.05, "high": 0.95},
        "t": {"kind": "between", "low": 0.05, "high": 0.95},
        "d": {"kind": "between", "low": 0.05, "high": 0.95},
        "u": {"kind": "between", "low": 0.05, "high": 0.95},
        "c_{D1}": {"kind": "real"},
        "c_{D2}": {"kind": "real"},
    },
    "dummies": ["a", "b", "y", "t", "d", "u"],
    "functions": {
        "D": {"params": ["x"], "body": r"\frac{1}{1 + e^{-c_{D1} x - c_{D2}}}"},
        "V": {"params": ["D"], "body": _V},
    },
    "generic": ["D"],
    "outright": ["p", "q"],
    "definitions": {
        "D^*": r"\frac{p(x)}{p(x) + q(x)}",
        "m": r"\frac{p(x) + q(x)}{2}",
        **dict.fromkeys(_DATA, "p(x)"),
        **dict.fromkeys(_GENERATOR, "q(x)"),
    },
    "scalars": ["x", "a", "b", "y", "t", "d", "u"],
    "applied": ["V", "D", "D^*", "m"],
}


def worlds() -> dict[str, dict[str, Any]]:
    """The same givens for both parts: two densities on one finite set, and any discriminator."""
    return {"G2.1": _WORLD, "G2.2": _WORLD}


def derive() -> dict[str, str]:
    """The maximiser at one point, and V there as a constant and a multiple of the divergence."""
    import sympy as sp

    a, b, y = sp.symbols("a b y", positive=True)
    gain = a * sp.log(y) + b * sp.log(1 - y)
    (best,) = sp.solve(sp.diff(gain, y), y)
    if not sp.simplify(sp.diff(gain, y, 2).subs(y, best)).is_negative:
        raise ValueError("the stationary point is no maximum")
    mixture = (a + b) / 2
    twice = a * sp.log(a / mixture) + b * sp.log(b / mixture)  # of the integrand of JSD
    rest = sp.simplify(sp.expand_log(gain.subs(y, best) - twice, force=True))
    constant = sp.simplify(rest / (a + b)) * 2  # a + b integrates to 2
    names = {a: sp.Symbol("p(x)"), b: sp.Symbol("q(x)")}
    first, second_term = sp.log(best), sp.log(sp.simplify(1 - best))
    return {
        "optimum": sp.latex(best.subs(names)),
        "value": rf"{sp.latex(constant)} + 2 JSD(p\|q)",
        "substituted": rf"\mathbb{{E}}_{{p(x)}}\left[{sp.latex(first.subs(names))}\right]"
        rf" + \mathbb{{E}}_{{q(x)}}\left[{sp.latex(second_term.subs(names))}\right]",
    }


def second(value: Any) -> list[str]:
    """The best D of each state by golden section; V and the divergence by loops."""
    faults = []
    for seed in (3, 8):
        rng = random.Random(seed)
        p, q = (_table(rng) for _ in range(2))
        best = [_maximiser(p[i], q[i]) for i in range(2)]
        v = sum(p[i] * math.log(best[i]) + q[i] * math.log(1 - best[i]) for i in range(2))
        tables = {k: (("x",), {(i,): t[i] for i in range(2)}) for k, t in (("p", p), ("q", q))}
        m = [(p[i] + q[i]) / 2 for i in range(2)]
        divergence = sum(p[i] * math.log(p[i] / m[i]) + q[i] * math.log(q[i] / m[i]) for i in range(2)) / 2
        if abs(v - (2 * divergence - 2 * math.log(2))) > 1e-9:
            faults.append("the value of the game is not what the divergence says")
        for name, direct in {"optimum": best[1], "value": v, "substituted": v}.items():
            derived = value(name, {}, tables=tables, at={"x": 1})
            if abs(derived - direct) > 1e-7:
                faults.append(f"{name} with p = {p}, q = {q}: derived {derived}, searched {direct}")
    return faults


def _table(rng: random.Random) -> list[float]:
    weights = [rng.uniform(0.1, 1.0) for _ in range(2)]
    return [w / sum(weights) for w in weights]


def _maximiser(a: float, b: float) -> float:
    """Golden section of a log y + b log(1 - y) on (0, 1)."""
    low, high = 1e-9, 1 - 1e-9
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(100):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if a * math.log(left) + b * math.log1p(-left) < a * math.log(right) + b * math.log1p(-right):
            low = left
        else:
            high = right
    return (low + high) / 2
