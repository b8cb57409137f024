"""Q1: the divergence between two univariate Gaussians, derived from the densities.

First derivation: the log ratio is a polynomial in x, and E_q replaces its powers by the moments of q. Second: adaptive
quadrature of q·log(q/p), and `torch.distributions` where torch is installed.
"""

from __future__ import annotations

from typing import Any

import mpmath

GIVENS = {
    "symbols": {
        r"\mu_1": {"kind": "real"},
        r"\mu_2": {"kind": "real", "boundary": [r"\mu_1"]},
        r"\sigma_1": {"kind": "positive", "low": 0.4, "high": 2.5},
        r"\sigma_2": {"kind": "positive", "low": 0.4, "high": 2.5, "boundary": [r"\sigma_1"]},
        "x": {"kind": "real", "low": 0.2, "high": 2.5},
    },
    "definitions": {
        r"s_1": r"\sigma_1^2",
        r"s_2": r"\sigma_2^2",
        r"\tau_1": r"\frac{1}{\sigma_1^2}",
        r"\tau_2": r"\frac{1}{\sigma_2^2}",
    },
    "measures": {
        "p": {"kind": "gauss", "var": "x", "args": [r"\mu_1", r"\sigma_1"]},
        "q": {"kind": "gauss", "var": "x", "args": [r"\mu_2", r"\sigma_2"]},
    },
    "under": "q",
    "scalars": ["mu", "sigma", "s", "tau", "x"],
}


def worlds() -> dict[str, dict[str, Any]]:
    """The givens of the part."""
    return {"Q1": GIVENS}


def derive() -> dict[str, str]:
    """The closed forms as LaTeX, derived with SymPy."""
    import sympy as sp

    x = sp.Symbol("x", real=True)
    m1, m2 = sp.symbols(r"\mu_1 \mu_2", real=True)
    s1, s2 = sp.symbols(r"\sigma_1 \sigma_2", positive=True)

    def log_density(m: sp.Symbol, s: sp.Symbol) -> sp.Expr:
        return -sp.log(2 * sp.pi * s**2) / 2 - (x - m) ** 2 / (2 * s**2)

    def expectation(f: sp.Expr, m: sp.Symbol, s: sp.Symbol) -> sp.Expr:
        moments = {0: sp.Integer(1), 1: m, 2: m**2 + s**2}
        return sum(c * moments[k] for (k,), c in sp.Poly(sp.expand(f), x).terms())

    log_q, log_p = log_density(m2, s2), log_density(m1, s1)
    forward = expectation(log_q - log_p, m2, s2)
    backward = expectation(log_p - log_q, m1, s1)
    return {
        "kl_qp": sp.latex(forward),
        "kl_pq": sp.latex(backward),
        "log_q": sp.latex(log_q),
        "log_p": sp.latex(log_p),
    }


def second(value: Any) -> list[str]:
    """Independent second derivation; `value(name, numbers)` evaluates a derived form. Returns disagreements."""
    faults = []
    cases = [(0.3, -1.1, 0.8, 1.7), (1.2, 1.2, 0.5, 0.5), (-2.0, 0.4, 2.2, 0.6)]
    for m1, m2, s1, s2 in cases:
        numbers = {"mu_1": m1, "mu_2": m2, "sigma_1": s1, "sigma_2": s2}
        for name, (ma, sa, mb, sb) in {"kl_qp": (m2, s2, m1, s1), "kl_pq": (m1, s1, m2, s2)}.items():
            direct = _quadrature(ma, sa, mb, sb)
            derived = value(name, numbers)
            if abs(direct - derived) > 1e-8 * max(1.0, abs(direct)):
                faults.append(f"Q1 {name} at {numbers}: derived {derived}, by quadrature {direct}")
    for name, m, s in (("log_q", 0.4, 1.3), ("log_p", -0.2, 0.7)):
        letter = "2" if name == "log_q" else "1"
        numbers = {f"mu_{letter}": m, f"sigma_{letter}": s, "x": 0.9}
        direct = float(mpmath.log(mpmath.npdf(0.9, m, s)))
        if abs(direct - value(name, numbers)) > 1e-9:
            faults.append(f"Q1 {name} at {numbers}: derived {value(name, numbers)}, mpmath's density gives {direct}")
    return faults


def _quadrature(ma: float, sa: float, mb: float, sb: float) -> float:
    """∫ a log(a/b) by mpmath's adaptive quadrature."""

    def integrand(t: Any) -> Any:
        log_a = -mpmath.log(2 * mpmath.pi * sa**2) / 2 - (t - ma) ** 2 / (2 * sa**2)
        log_b = -mpmath.log(2 * mpmath.pi * sb**2) / 2 - (t - mb) ** 2 / (2 * sb**2)
        return mpmath.exp(log_a) * (log_a - log_b)

    return float(mpmath.quad(integrand, [ma - 14 * sa, ma - 3 * sa, ma, ma + 3 * sa, ma + 14 * sa]))


def second_torch(value: Any) -> list[str]:
    """The same against `torch.distributions.kl_divergence`."""
    import torch
    from torch.distributions import Normal, kl_divergence

    faults = []
    for m1, m2, s1, s2 in [(0.3, -1.1, 0.8, 1.7), (-2.0, 0.4, 2.2, 0.6)]:
        numbers = {"mu_1": m1, "mu_2": m2, "sigma_1": s1, "sigma_2": s2}
        p = Normal(torch.tensor(m1, dtype=torch.float64), torch.tensor(s1, dtype=torch.float64))
        q = Normal(torch.tensor(m2, dtype=torch.float64), torch.tensor(s2, dtype=torch.float64))
        for name, pair in {"kl_qp": (q, p), "kl_pq": (p, q)}.items():
            direct = float(kl_divergence(*pair))
            if abs(direct - value(name, numbers)) > 1e-9 * max(1.0, abs(direct)):
                faults.append(f"Q1 {name} at {numbers}: torch says {direct}")
    return faults
