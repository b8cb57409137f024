"""Question 1: importance weighted bounds and their gradient by reparameterization.

First derivation: the forms are put together from the definition of the weights; SymPy derives the logarithm of the mean
weight for k = 3 and compares it with the normalised weights. Second: enumeration of random tables by loops, and complex steps.
"""

from __future__ import annotations

import cmath
import itertools
import math
import random
from collections.abc import Mapping
from typing import Any

Factor = tuple[tuple[str, ...], tuple[str, ...]]


def _copies(sizes: Mapping[str, int]) -> list[Factor]:
    """x, and given x one latent variable z with independent copies z_1, .., z_{k+1}."""
    names = ["z", *(f"z_{i}" for i in range(1, sizes["k"] + 2))]
    return [(("x",), ()), *(((name,), ("x",)) for name in names)]


def _noise(sizes: Mapping[str, int]) -> list[Factor]:
    """Independent noises of one law."""
    return [((name,), ()) for name in ("epsilon", *(f"epsilon_{i}" for i in range(1, sizes["k"] + 1)))]


_W = r"\frac{p(x, z_i)}{q(z_i|x)}"
_INDICES: dict[str, Any] = {
    "sizes": ["k"],
    "size_values": {"k": (3, 4, 2, 1)},
    "indices": {"i": (1, "k"), "j": (1, "k")},
}
_BOUNDS: dict[str, Any] = {
    **_INDICES,
    "joints": {"q": _copies, "p": _copies},
    "copies": ["z"],
    "given": ["x"],
    "families": {
        "w_i": ("i", _W),
        r"\tilde w_i": ("i", r"\frac{w_i}{\sum_{j=1}^k w_j}"),
        "L_j": ("j", r"\mathbb{E}_{z_{1:j} \sim q(z|x)}\left[\log\left(\frac{1}{j}\sum_{i=1}^j w_i\right)\right]"),
    },
    "definitions": {"w": r"\frac{p(x, z)}{q(z|x)}"},
    "shorthand": {"ELBO": r"\mathbb{E}_{q(z|x)}\left[\log\frac{p(x, z)}{q(z|x)}\right]"},
    "scalars": ["x", "z", "w", "k", "i", "j", "L"],
    "applied": ["w"],
}
_GRADIENT: dict[str, Any] = {
    **_INDICES,
    "size_values": {"k": (3, 2, 1)},
    "joints": {"r": _noise},
    "densities": ["p", "q", "r"],
    "copies": ["epsilon"],
    "symbols": {
        r"\phi": {"kind": "real", "low": 0.3, "high": 1.2},
        **{f"c_{{g{i}}}": {"kind": "real", "low": 0.3, "high": 1.0} for i in range(3)},
        **{f"c_{{w{i}}}": {"kind": "real", "low": 0.2, "high": 0.8} for i in range(3)},
    },
    "functions": {"g": {"params": [r"\epsilon", r"\phi"], "body": r"c_{g0}\phi + \epsilon e^{c_{g1}\phi}"}},
    "families": {
        "z_i": ("i", r"c_{g0}\phi + \epsilon_i e^{c_{g1}\phi}"),
        "w_i": ("i", r"e^{c_{w0} z_i + c_{w1} \phi z_i^2 + c_{w2} \phi^2}"),
        r"\tilde w_i": ("i", r"\frac{w_i}{\sum_{j=1}^k w_j}"),
        "L_j": ("j", r"\mathbb{E}_{r(\epsilon_{1:j})}\left[\log\left(\frac{1}{j}\sum_{i=1}^j w_i\right)\right]"),
    },
    "scalars": ["x", "z", "w", "k", "i", "j", "L", "phi", "epsilon"],
    "applied": ["g"],
}


def worlds() -> dict[str, dict[str, Any]]:
    """Tables for the bounds; for the gradient any law of the noise and smooth weights."""
    return {"G1.1": _BOUNDS, "G1.2": _GRADIENT}


def derive() -> dict[str, str]:
    """The forms as LaTeX."""
    _prove_gradient()
    each = r"\mathbb{E}_{z_{1:k} \sim q(z|x)}"
    noise = r"\mathbb{E}_{r(\epsilon_{1:k})}"
    return {
        "evidence": r"\log p(x)",
        "bound": rf"{each}\left[\log\left(\frac{{1}}{{k}}\sum_{{i=1}}^k {_W}\right)\right]",
        "single": r"\mathbb{E}_{q(z|x)}\left[\log\frac{p(x, z)}{q(z|x)}\right]",
        "mean_weight": rf"{each}\left[\frac{{1}}{{k}}\sum_{{i=1}}^k {_W}\right]",
        "gradient": rf"{noise}\left[\sum_{{i=1}}^k \frac{{w_i}}{{\sum_{{j=1}}^k w_j}}\frac{{\partial \log w_i}}{{\partial \phi}}\right]",
    }


def _prove_gradient() -> None:
    """The derivative of the log of the mean weight is the mean of the log-weights' derivatives by normalised weights.

    Raises ValueError if it were not so.
    """
    import sympy as sp

    phi = sp.Symbol("phi")
    weights = [sp.Function(f"w_{i}", positive=True)(phi) for i in range(3)]
    left = sp.diff(sp.log(sum(weights) / 3), phi)
    right = sum(w / sum(weights) * sp.diff(sp.log(w), phi) for w in weights)
    if sp.simplify(left - right) != 0:
        raise ValueError("the gradient is not the weighted mean of the gradients")


def second(value: Any) -> list[str]:
    """Every form by loops over random tables; the gradient by a complex step."""
    faults = []
    for seed, k in ((5, 2), (9, 3)):
        faults += _bounds(value, random.Random(seed), k)
        faults += _gradient(value, random.Random(seed + 1), k)
    return faults


def _row(rng: random.Random) -> list[float]:
    weights = [rng.uniform(0.2, 1.0) for _ in range(2)]
    return [w / sum(weights) for w in weights]


def _bounds(value: Any, rng: random.Random, k: int) -> list[str]:
    p_x, p_z, q_z = _row(rng), [_row(rng) for _ in range(2)], [_row(rng) for _ in range(2)]
    names = ["x", "z", *(f"z_{i}" for i in range(1, k + 1))]
    tables = {}
    for letter, latent in (("p", p_z), ("q", q_z)):
        mass = {}
        for point in itertools.product((0, 1), repeat=len(names)):
            mass[point] = p_x[point[0]] * math.prod(latent[point[0]][z] for z in point[1:])
        tables[letter] = (names, mass)
    faults = []
    for x in (0, 1):
        w = [p_x[x] * p_z[x][z] / q_z[x][z] for z in (0, 1)]
        draws = list(itertools.product((0, 1), repeat=k))
        mass_of = [math.prod(q_z[x][z] for z in draw) for draw in draws]
        means = [sum(w[z] for z in draw) / k for draw in draws]
        direct = {
            "evidence": math.log(p_x[x]),
            "bound": sum(m * math.log(v) for m, v in zip(mass_of, means, strict=True)),
            "single": sum(q_z[x][z] * math.log(w[z]) for z in (0, 1)),
            "mean_weight": sum(m * v for m, v in zip(mass_of, means, strict=True)),
        }
        if not direct["single"] <= direct["bound"] <= direct["evidence"]:
            faults.append("the bounds are not in their order")
        for name, number in direct.items():
            at = dict.fromkeys(names, 0) | {"x": x}
            derived = value(name, {}, tables=tables, at=at, given=["x"], sizes={"k": k}, givens={"copies": ["z"]})
            if abs(derived - number) > 1e-9:
                faults.append(f"{name} with k = {k}, x = {x}: derived {derived}, by enumeration {number}")
    return faults


def _gradient(value: Any, rng: random.Random, k: int) -> list[str]:
    """Weights w_i = exp(a φ + φ² ε_i), the noise 0 or 1."""
    r, a, phi, step = _row(rng), 0.3, 0.7, 1e-30
    names = ["epsilon", *(f"epsilon_{i}" for i in range(1, k + 1))]
    points = list(itertools.product((0, 1), repeat=len(names)))
    tables = {"r": (names, {point: math.prod(r[e] for e in point) for point in points})}

    def bound(at: complex) -> complex:
        total = 0j
        for draw in itertools.product((0, 1), repeat=k):
            weights = [cmath.exp(a * at + at**2 * e) for e in draw]
            total += math.prod(r[e] for e in draw) * cmath.log(sum(weights) / k)
        return total

    direct = bound(phi + 1j * step).imag / step
    derived = value(
        "gradient",
        {"phi": phi},
        tables=tables,
        at=dict.fromkeys(names, 0),
        sizes={"k": k},
        givens={"families": {"w_i": ("i", rf"e^{{{a}\phi + \phi^2\epsilon_i}}")}, "copies": ["epsilon"]},
        support=[0.0, 1.0],
    )
    return [] if abs(derived - direct) < 1e-9 else [f"gradient with k = {k}: derived {derived}, by a step {direct}"]
