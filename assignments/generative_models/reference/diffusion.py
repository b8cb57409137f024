"""Question 4: the forward process of a diffusion model, one coordinate of it (all are independent and alike).

First derivation: SymPy makes one step from the law of x_{t-1} given x_0, and completes the square of the exponent of
q(x_t | x_{t-1}) q(x_{t-1} | x_0). Second: NumPy builds the covariance of all variables of a chain and conditions by blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _steps(sizes: Mapping[str, int]) -> list[tuple[str, str, str, str]]:
    """x_s = √α_s x_{s-1} + √(1 - α_s) noise."""
    return [
        (f"x_{{{s}}}", f"x_{{{s - 1}}}", rf"\sqrt{{\alpha_{{{s}}}}}", rf"1 - \alpha_{{{s}}}")
        for s in range(1, sizes["T"] + 1)
    ]


_WORLD: dict[str, Any] = {
    "sizes": ["T"],
    "indices": {"t": (2, "T")},
    "symbols": {
        r"\alpha_*": {"kind": "between", "low": 0.25, "high": 0.95},
        "x_*": {"kind": "real", "low": 0.3, "high": 1.6},
        "x": {"kind": "real"},
        "y": {"kind": "real"},
    },
    "dummies": ["x", "y"],
    "vectors": ["x", "epsilon", "eta", "mu", "m"],
    "linear": {"q": _steps},
    "families": {
        r"\bar\alpha_t": ("t", r"\prod_{s=1}^t \alpha_s"),
        r"\beta_t": ("t", r"1 - \alpha_t"),
        "m_t": ("t", r"\sqrt{\bar\alpha_t} x_0"),
        "v_t": ("t", r"1 - \bar\alpha_t"),
        r"\tilde\beta_t": ("t", r"\frac{(1 - \bar\alpha_{t-1})(1 - \alpha_t)}{1 - \bar\alpha_t}"),
        r"\tilde\mu_t": (
            "t",
            r"\frac{\sqrt{\alpha_t}(1 - \bar\alpha_{t-1}) x_t + \sqrt{\bar\alpha_{t-1}}(1 - \alpha_t) x_0}{1 - \bar\alpha_t}",
        ),
    },
    "definitions": {"I": "1"},
    "shorthand": {r"\epsilon": r"\frac{x_t - \sqrt{\bar\alpha_t} x_0}{\sqrt{1 - \bar\alpha_t}}"},
    "applied": [r"\tilde\mu_t"],
    "scalars": ["x", "alpha", "beta", "mu", "epsilon", "t", "T", "I", "m", "v"],
}


def worlds() -> dict[str, dict[str, Any]]:
    """The same givens for both parts."""
    return {"G4.1": _WORLD, "G4.2": _WORLD}


def derive() -> dict[str, str]:
    """One step of the law given x_0, and the law between two neighbours of it."""
    import sympy as sp

    alpha, before, now = sp.symbols(r"\alpha_t \bar\alpha_{t-1} \bar\alpha_t", positive=True)
    start, here, y = sp.symbols("x_0 x_t x_{t-1}", real=True)
    mean_before, variance_before = sp.sqrt(before) * start, 1 - before
    mean = sp.powsimp(sp.sqrt(alpha) * mean_before, force=True)
    variance = sp.expand(alpha * variance_before + 1 - alpha)
    mean, variance = (e.subs({alpha * before: now, sp.sqrt(alpha * before): sp.sqrt(now)}) for e in (mean, variance))
    if not variance.free_symbols <= {now} or not mean.free_symbols <= {now, start}:
        raise ValueError("the law given x_0 does not rest on the product alone")
    beta = 1 - alpha
    exponent = -((here - sp.sqrt(alpha) * y) ** 2) / (2 * beta) - (y - mean_before) ** 2 / (2 * variance_before)
    square, linear, _ = sp.Poly(sp.expand(exponent), y).all_coeffs()
    posterior_variance = sp.factor(-1 / (2 * square))
    posterior_mean = sp.factor(sp.simplify(-linear / (2 * square)))
    return {
        "mean": sp.latex(mean),
        "variance": sp.latex(variance),
        "precision": sp.latex(sp.expand(-2 * square)),
        "exponent": sp.latex(exponent),
        "posterior_mean": sp.latex(posterior_mean),
        "posterior_variance": sp.latex(posterior_variance),
        "bayes": r"\frac{q(x_t|x_{t-1}) q(x_{t-1}|x_0)}{q(x_t|x_0)}",
    }


def second(value: Any) -> list[str]:
    """Conditioning by blocks of the covariance of (x_1, .., x_T) given x_0."""
    import numpy as np

    faults = []
    for alphas, points in (((0.9, 0.5, 0.7), (0.4, -1.2, 0.8, 0.3)), ((0.3, 0.8), (-0.7, 1.1, 0.5))):
        last = len(alphas)
        factors, noise = np.ones(last + 1), np.zeros((last + 1, last))
        for s, a in enumerate(alphas, start=1):
            factors[s] = np.sqrt(a) * factors[s - 1]
            noise[s] = np.sqrt(a) * noise[s - 1]
            noise[s, s - 1] = np.sqrt(1 - a)
        covariance, means = noise @ noise.T, factors * points[0]
        gain = covariance[last - 1, last] / covariance[last, last]
        between = means[last - 1] + gain * (points[last] - means[last])
        left = covariance[last - 1, last - 1] - gain * covariance[last - 1, last]

        def normal(x: float, mean: float, variance: float) -> float:
            return float(np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))

        step = normal(points[last], np.sqrt(alphas[-1]) * points[last - 1], 1 - alphas[-1])
        marginals = [normal(points[s], means[s], covariance[s, s]) for s in (last - 1, last)]
        exponent = -((points[last] - np.sqrt(alphas[-1]) * points[last - 1]) ** 2) / (2 * (1 - alphas[-1]))
        exponent -= (points[last - 1] - means[last - 1]) ** 2 / (2 * covariance[last - 1, last - 1])
        direct = {
            "mean": means[last],
            "variance": covariance[last, last],
            "precision": 1 / left,
            "exponent": exponent,
            "posterior_mean": between,
            "posterior_variance": left,
            "bayes": normal(points[last - 1], between, left),
        }
        if abs(step * marginals[0] / marginals[1] - direct["bayes"]) > 1e-12:
            faults.append("Bayes and conditioning by blocks disagree")
        numbers = {f"alpha_{s}": a for s, a in enumerate(alphas, start=1)}
        numbers |= {f"alpha_{s}-": float(np.prod(alphas[:s])) for s in range(1, last + 1)}
        numbers |= {f"x_{s}": x for s, x in enumerate(points)}
        for name, number in direct.items():
            derived = value(name, numbers, sizes={"t": last, "T": last}, givens={"linear": {"q": _steps}})
            if abs(derived - number) > 1e-9:
                faults.append(f"{name} with {last} steps: derived {derived}, by blocks {number}")
    return faults
