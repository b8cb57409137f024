"""Question 3: divergences between Gaussians in d dimensions.

First derivation: from the log-densities, term by term: E[(x - m)ᵀ A (x - m)] under N(μ, Σ) is tr(A Σ) + (μ - m)ᵀ A (μ - m), which SymPy
proves for d = 2 from the moments of independent standard normals. Second: NumPy, by exact quadrature of log q - log p on a grid of
Gauss-Hermite points and by the eigenvalues of Σ₁⁻¹ Σ₀.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

_SIZES: dict[str, Any] = {
    "sizes": ["d"],
    "size_values": {"d": (3, 2)},
    "scalars": ["mu", "sigma", "Sigma", "d", "x", "z", "I", "j", "i"],
}
_GENERAL: dict[str, Any] = {
    **_SIZES,
    "symbols": {
        r"\mu_0": {"kind": "vector", "dim": "d"},
        r"\mu_1": {"kind": "vector", "dim": "d"},
        r"\Sigma_0": {"kind": "definite", "dim": "d"},
        r"\Sigma_1": {"kind": "definite", "dim": "d"},
        "x": {"kind": "vector", "dim": "d"},
        "I": {"kind": "identity", "dim": "d"},
    },
    "measures": {
        "q": {"kind": "gauss_variance", "var": "x", "args": [r"\mu_0", r"\Sigma_0"]},
        "p": {"kind": "gauss_variance", "var": "x", "args": [r"\mu_1", r"\Sigma_1"]},
    },
    "under": "q",
    "shorthand": {
        "I_d": "I",
        r"\mu_q": r"\mu_0",
        r"\mu_p": r"\mu_1",
        r"\Sigma_q": r"\Sigma_0",
        r"\Sigma_p": r"\Sigma_1",
        r"\Delta": r"\mu_0 - \mu_1",
        r"\delta": r"\mu_0 - \mu_1",
    },
}
_ENCODER: dict[str, Any] = {
    **_SIZES,
    "symbols": {
        r"\mu": {"kind": "vector", "dim": "d"},
        r"\sigma": {"kind": "positives", "dim": "d", "low": 0.4, "high": 2.2},
        "z": {"kind": "vector", "dim": "d"},
        "I": {"kind": "identity", "dim": "d"},
    },
    "indices": {"j": (1, "d"), "i": (1, "d")},
    "definitions": {
        r"\Sigma": r"\mathrm{diag}(\sigma^2)",
        r"\Sigma_0": r"\mathrm{diag}(\sigma^2)",
        r"\Sigma_1": "I",
        r"\mu_0": r"\mu",
    },
    "measures": {
        "q": {"kind": "gauss_variance", "var": "z", "args": [r"\mu", r"\mathrm{diag}(\sigma^2)"]},
        "p": {"kind": "gauss_variance", "var": "z", "args": ["0", "I"]},
    },
    "under": "q",
    "shorthand": {"I_d": "I", "D": "d", "J": "d", "n": "d"},
}


def worlds() -> dict[str, dict[str, Any]]:
    """Both laws with free parameters, and the encoder; beside it the second law's mean may keep its name of part 1."""
    prior_named = {**_ENCODER["definitions"], r"\mu_1": r"\mu - \mu"}
    return {
        "G3.1": _GENERAL,
        "G3.2": _ENCODER,
        "G3.2 prior named": {**_ENCODER, "definitions": prior_named},
    }


def derive() -> dict[str, str]:
    """The closed forms, put together from the log-densities and the moments of quadratic forms."""
    _prove_moments()
    log_ratio = r"\frac{1}{2}\log\frac{\det\Sigma_1}{\det\Sigma_0}"
    own = "d"  # E_q of (x - μ0)ᵀ Σ0⁻¹ (x - μ0): tr(Σ0⁻¹ Σ0) + 0
    other = r"\mathrm{tr}(\Sigma_1^{-1}\Sigma_0) + (\mu_0 - \mu_1)^\top\Sigma_1^{-1}(\mu_0 - \mu_1)"
    quadratic = r"(x - \mu_{i})^\top\Sigma_{i}^{-1}(x - \mu_{i})"
    first, second_form = (quadratic.replace("{i}", str(i)) for i in (0, 1))
    return {
        "log_ratio": rf"{log_ratio} - \frac{{1}}{{2}} {first} + \frac{{1}}{{2}} {second_form}",
        "form_chosen": own,
        "other_form": other,
        "kl": rf"{log_ratio} - \frac{{{own}}}{{2}} + \frac{{1}}{{2}}\left({other}\right)",
        "kl_encoder": r"\frac{1}{2}\sum_{j=1}^d\left(\sigma_j^2 + \mu_j^2 - 1 - \log\sigma_j^2\right)",
    }


def _prove_moments() -> None:
    """E[(x - m)ᵀ A (x - m)] = tr(A L Lᵀ) + (μ - m)ᵀ A (μ - m) for x = μ + L u in two dimensions, u standard normal.

    Raises ValueError if it were not so.
    """
    import sympy as sp

    u = sp.Matrix(sp.symbols("u_1 u_2"))
    lower = sp.Matrix([[sp.Symbol("l_1"), 0], [sp.Symbol("l_2"), sp.Symbol("l_3")]])
    gap = sp.Matrix(sp.symbols("g_1 g_2"))  # μ - m
    a = sp.Matrix([[sp.Symbol("a_1"), sp.Symbol("a_2")], [sp.Symbol("a_2"), sp.Symbol("a_3")]])
    form = sp.Poly(sp.expand(((gap + lower * u).T * a * (gap + lower * u))[0]), *u)
    moments = {0: 1, 1: 0, 2: 1}
    mean = sum(c * moments[i] * moments[j] for (i, j), c in form.terms())
    if sp.expand(mean - (a * lower * lower.T).trace() - (gap.T * a * gap)[0]) != 0:
        raise ValueError("the moment of a quadratic form is not what the closed form uses")


def second(value: Any) -> list[str]:
    """Quadrature in two and three dimensions, and the divergence by generalised eigenvalues."""
    import numpy as np

    faults = []
    for seed, size in ((1, 2), (2, 3)):
        rng = np.random.default_rng(seed)
        m0, m1 = rng.normal(size=(2, size))
        roots = rng.uniform(-0.4, 0.4, (2, size, size)) + np.eye(size)
        s0, s1 = (r @ r.T for r in roots)
        x = rng.normal(size=size)
        numbers = {"mu_0": m0.tolist(), "mu_1": m1.tolist(), "x": x.tolist()}
        matrices = {"Sigma_0": s0.tolist(), "Sigma_1": s1.tolist()}
        points, weights = _grid(m0, np.linalg.cholesky(s0))
        forms = {i: _form(points, m, s) for i, (m, s) in enumerate(((m0, s0), (m1, s1)))}
        logs = 0.5 * (np.linalg.slogdet(s1)[1] - np.linalg.slogdet(s0)[1])
        kl = float(weights @ (logs - forms[0] / 2 + forms[1] / 2))
        ratios = np.linalg.eigvals(np.linalg.solve(s1, s0)).real
        by_eigenvalues = 0.5 * float(np.sum(ratios - 1 - np.log(ratios)) + (m0 - m1) @ np.linalg.solve(s1, m0 - m1))
        if abs(kl - by_eigenvalues) > 1e-9:
            faults.append("quadrature and eigenvalues disagree")
        direct = {
            "log_ratio": float(logs - _form(x[None], m0, s0)[0] / 2 + _form(x[None], m1, s1)[0] / 2),
            "form_chosen": float(weights @ forms[0]),
            "other_form": float(weights @ forms[1]),
            "kl": kl,
        }
        for name, number in direct.items():
            derived = value(name, {**numbers, **matrices}, sizes={"d": size})
            if abs(derived - number) > 1e-9:
                faults.append(f"{name} in {size} dimensions: derived {derived}, by quadrature {number}")
        mean, spread = rng.normal(size=size), rng.uniform(0.5, 2, size)
        points, weights = _grid(mean, np.diag(spread))
        logs = -float(np.log(spread).sum())
        number = float(weights @ (logs - _form(points, mean, np.diag(spread**2)) / 2 + (points**2).sum(axis=1) / 2))
        named = {
            f"{letter}_{i + 1}": float(v[i]) for letter, v in (("mu", mean), ("sigma", spread)) for i in range(size)
        }
        derived = value("kl_encoder", named, sizes={"d": size})
        if abs(derived - number) > 1e-9:
            faults.append(f"kl_encoder in {size} dimensions: derived {derived}, by quadrature {number}")
    return faults


def _grid(mean: Any, lower: Any) -> tuple[Any, Any]:
    """Points and weights that integrate polynomials of degree 7 in each direction under N(mean, L Lᵀ)."""
    import numpy as np

    nodes, weights = np.polynomial.hermite_e.hermegauss(4)
    weights = weights / math.sqrt(2 * math.pi)
    size = len(mean)
    grid = np.array(list(itertools.product(nodes, repeat=size)))
    weigh = np.array([math.prod(w) for w in itertools.product(weights, repeat=size)])
    return mean + grid @ lower.T, weigh


def _form(points: Any, mean: Any, covariance: Any) -> Any:
    """(x - m)ᵀ Σ⁻¹ (x - m) at points."""
    import numpy as np

    gaps = points - mean
    return np.einsum("ni,ni->n", gaps, np.linalg.solve(covariance, gaps.T).T)
