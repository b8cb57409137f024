"""Q2: invertibility of four transformations.

First derivation: SymPy (solving for points with one image, derivatives, the positive root of the quadratic for r).
Second: complex-step derivatives, a scan of the ReLU over a grid of parameters, bisection for r on random vectors, and
`torch.autograd` where torch is installed.
"""

from __future__ import annotations

import cmath
import math
import random
from typing import Any

_RELU: dict[str, Any] = {
    "symbols": {
        "a": {"kind": "real"},
        "b": {"kind": "real"},
        "c": {"kind": "real"},
        **{name: {"kind": "real"} for name in ("z", "x", "y", "t")},
    },
    "functions": {
        "f": {"params": ["x"], "body": r"\max(0, x)"},
        "g": {"params": ["z"], "body": r"a\max(0, bz + c)"},
    },
    "scalars": ["a", "b", "c", "x", "z", "t"],
}
_REALS = {name: {"kind": "real", "low": 0.1, "high": 1.6} for name in ("z", "x", "y", "u", "t", "s", "v", "X")}
_MIXTURE: dict[str, Any] = {
    "symbols": {
        **_REALS,
        "a_*": {"kind": "positive", "low": 0.3, "high": 1.8},
        "b_*": {"kind": "real", "low": 0.2, "high": 1.5},
    },
    "sizes": ["N"],
    "indices": {"i": (1, "N"), "j": (1, "N")},
    "simplex": {"w": "N"},
    "functions": {
        "g": {
            "params": ["z"],
            "body": r"\log\frac{\sum_{i=1}^{N} w_i\sigma(a_i z + b_i)}{1 - \sum_{i=1}^{N} w_i\sigma(a_i z + b_i)}",
        },
    },
    "variable": "z",
    "dummies": ["x", "y", "u", "t", "s", "v", "X"],
    "scalars": ["a", "b", "w", "z", "N", "i"],
}
_RESIDUAL: dict[str, Any] = {
    # f has f' > -1 everywhere and is neither increasing nor a contraction: f' lies between κ - 1 and κ - 1 + 2 μ ν
    "symbols": {
        **{
            n: {"kind": "real"}
            for n in ("z", "x", "y", "u", "t", "z_1", "z_2", "x_1", "x_2", "z'", "a", "b", "c", "v", r"\xi", r"\zeta")
        },
        r"\kappa": {"kind": "positive", "low": 0.1, "high": 1.2},
        r"\mu": {"kind": "positive", "low": 0.4, "high": 1.8},
        r"\nu": {"kind": "positive", "low": 0.5, "high": 2.0},
        r"\delta": {"kind": "real"},
    },
    "functions": {
        "f": {"params": ["z"], "body": r"(\kappa - 1 + \mu\nu) z + \mu\sin(\nu z + \delta)"},
        "g": {"params": ["z"], "body": r"z + (\kappa - 1 + \mu\nu) z + \mu\sin(\nu z + \delta)"},
    },
    "definitions": {
        "f": r"(\kappa - 1 + \mu\nu) z + \mu\sin(\nu z + \delta)",
        "g": r"z + (\kappa - 1 + \mu\nu) z + \mu\sin(\nu z + \delta)",
    },
    "variable": "z",
    "generic": ["f"],
    "scalars": ["z", "x", "y"],
}
_RADIAL: dict[str, Any] = {
    "symbols": {
        r"\alpha": {"kind": "positive", "low": 0.3, "high": 2.0},
        r"\beta": {"kind": "real", "low": 0.1, "high": 1.5},
        "r": {"kind": "positive", "low": 0.05, "high": 2.5},
        "r_1": {"kind": "positive", "low": 0.05, "high": 2.5},
        "s": {"kind": "positive", "low": 0.05, "high": 2.5},  # another radius, where the student does not explain it
        "t": {"kind": "positive", "low": 0.05, "high": 2.5},
        "r_2": {"kind": "positive", "low": 0.05, "high": 2.5},
        "z_0": {"kind": "vector"},
        r"\tilde z": {"kind": "unit"},
    },
    "conditions": [r"\beta \ge -\alpha"],
    "definitions": {
        "z": r"z_0 + r\tilde z",
        "y": r"z_0 + r\tilde z + \beta\frac{r\tilde z}{\alpha + r}",
        "h": r"\frac{1}{\alpha + r}",
    },
    "defaults": {  # of the quadratic for r in scalars, r^2 + (α + β - s) r - α s = 0 with s = |y - z_0|
        r"\Delta": r"(\alpha + \beta - \|y - z_0\|)^2 + 4\alpha\|y - z_0\|",
    },
    "functions": {
        "h": {"params": [r"\alpha", "r"], "body": r"\frac{1}{\alpha + r}"},
        "g": {"params": ["z"], "body": r"z + \beta\frac{1}{\alpha + r}(z - z_0)"},
    },
    "variable": "r",
    "dummies": ["s", "t"],
    "scalars": [r"alpha", "beta", "r", "z", "y", "D"],
}


def worlds() -> dict[str, dict[str, Any]]:
    """The givens of each part."""
    return {"Q2.1": _RELU, "Q2.2": _MIXTURE, "Q2.3": _RESIDUAL, "Q2.4": _RADIAL}


def derive() -> dict[str, str]:
    """Witnesses, derivatives and the inverse of the radial flow as LaTeX, derived with SymPy."""
    import sympy as sp

    out: dict[str, str] = {}
    b, c, z = sp.symbols("b c z", real=True)
    inside = b * z + c
    for name, level in (("witness_1", -1), ("witness_2", -2)):  # any two negative values of b z + c will do
        (point,) = sp.solve(sp.Eq(inside, level), z)
        out[name] = sp.latex(point)
    out["relu"] = r"a\max(0, b z + c)"

    u = sp.Symbol("u", real=True)
    logistic = 1 / (1 + sp.exp(-u))
    slope = sp.simplify(sp.diff(logistic, u) - logistic * (1 - logistic))
    if slope != 0:
        raise ValueError("the derivative of the logistic function")
    s = sp.Symbol("s", positive=True)
    outer = sp.factor(sp.diff(sp.log(s / (1 - s)), s))
    total = r"\sum_{i=1}^{N} w_i \sigma(a_i z + b_i)"
    inner = r"\sum_{i=1}^{N} w_i a_i \sigma(a_i z + b_i)(1 - \sigma(a_i z + b_i))"
    out["mixture"] = total
    out["mixture_slope"] = inner
    shape = sp.latex(sp.simplify(1 / outer).subs(s, sp.Symbol("S"))).replace("S", rf"\left({total}\right)")
    out["dg_mixture"] = rf"\frac{{{inner}}}{{{shape}}}"

    f = sp.Function("f")
    residual = sp.diff(z + f(z), z)
    out["dg_residual"] = sp.latex(residual.replace(sp.Derivative(f(z), z), sp.Symbol("f'(z)")))

    alpha, beta, r, length = sp.symbols(r"\alpha \beta r \ell", positive=True)
    rho = r + beta * r / (alpha + r)
    out["rho"] = sp.latex(rho)
    out["rho_slope"] = sp.latex(sp.simplify(sp.diff(rho, r)))
    roots = sp.solve(sp.numer(sp.together(rho - length)), r)
    positive = [x for x in roots if x.subs({alpha: 1, beta: sp.Rational(1, 2), length: 2}) > 0]
    if len(positive) != 1:
        raise ValueError("one positive radius is expected")
    out["radius"] = sp.latex(positive[0]).replace(r"\ell", r"\|y - z_0\|")
    out["direction"] = rf"\frac{{y - z_0}}{{{sp.latex(rho)}}}"
    return out


def _mixture(w: list[float], a: list[float], b: list[float], z: complex) -> complex:
    total = sum(wi / (1 + cmath.exp(-(ai * z + bi))) for wi, ai, bi in zip(w, a, b, strict=True))
    return cmath.log(total / (1 - total))


def second(value: Any) -> list[str]:
    """Each derived form by other means; `value(name, numbers)` evaluates a form at numbers and lists of numbers."""
    return _second_relu(value) + _second_mixture(value) + _second_residual(value) + _second_radial(value)


def _second_relu(value: Any) -> list[str]:
    """The points found have one image and differ, for all signs of the parameters; a = 0 and b = 0 give constants."""
    faults = []
    for a in (-1.3, 0.0, 0.7):
        for b in (-2.1, -0.4, 0.6):
            for c in (-1.1, 0.0, 0.9):
                points = [value(name, {"b": b, "c": c}) for name in ("witness_1", "witness_2")]
                images = [a * max(0.0, b * z + c) for z in points]
                for z, image in zip(points, images, strict=True):
                    if abs(value("relu", {"a": a, "b": b, "c": c, "z": z}) - image) > 1e-12:
                        faults.append(f"Q2.1 relu at a={a}, b={b}, c={c}, z={z}")
                if abs(images[0] - images[1]) > 1e-12 or abs(points[0] - points[1]) < 1e-9:
                    faults.append(f"Q2.1 witnesses at a={a}, b={b}, c={c}: {points} with images {images}")
                for name, z, level in zip(("witness_1", "witness_2"), points, (-1.0, -2.0), strict=True):
                    if abs(b * z + c - level) > 1e-9:
                        faults.append(f"Q2.1 {name}: b z + c is {b * z + c}, not {level}")
    return faults


def _second_mixture(value: Any) -> list[str]:
    faults = []
    rng = random.Random(5)
    for size in (1, 2, 3, 5):
        raw = [rng.uniform(0.2, 1.0) for _ in range(size)]
        w = [x / sum(raw) for x in raw]
        a = [rng.uniform(0.3, 1.8) for _ in range(size)]
        b = [rng.uniform(-1.5, 1.5) for _ in range(size)]
        z = rng.uniform(-2, 2)
        step = 1e-30
        sums = sum(wi / (1 + math.exp(-(ai * z + bi))) for wi, ai, bi in zip(w, a, b, strict=True))
        shifted = sum(wi / (1 + cmath.exp(-(ai * (z + 1j * step) + bi))) for wi, ai, bi in zip(w, a, b, strict=True))
        direct = {
            "mixture": sums,
            "mixture_slope": shifted.imag / step,
            "dg_mixture": _mixture(w, a, b, z + 1j * step).imag / step,
        }
        numbers: dict[str, Any] = {"z": z, "N": size}
        for i in range(size):
            numbers.update({f"w_{i + 1}": w[i], f"a_{i + 1}": a[i], f"b_{i + 1}": b[i]})
        for name, number in direct.items():
            derived = value(name, numbers)
            if abs(derived - number) > 1e-9 * max(1.0, abs(number)):
                faults.append(f"Q2.2 {name} with N={size}: derived {derived}, by complex step {number}")
    return faults


def _second_residual(value: Any) -> list[str]:
    faults = []
    for z, k in ((0.3, 0.4), (-1.2, 2.5), (2.0, -0.6)):
        step = 1e-30
        moved = (z + 1j * step) + (k * (z + 1j * step) + 0.3 * cmath.sin(z + 1j * step))
        derived = value("dg_residual", {"z": z}, functions={"f": ("z", rf"({k}) z + 0.3\sin z")})
        if abs(derived - moved.imag / step) > 1e-10:
            faults.append(f"Q2.3 dg_residual at z={z}: derived {derived}, by complex step {moved.imag / step}")
    return faults


def _second_radial(value: Any) -> list[str]:
    """Vectors are drawn, y computed from them, and radius and direction found again by bisection on the norm."""
    faults = []
    rng = random.Random(8)
    for case in range(6):
        alpha = rng.uniform(0.3, 2.0)
        beta = -alpha if case < 2 else rng.uniform(-alpha, 3.0)
        r = rng.uniform(0.1, 2.5)
        raw = [rng.gauss(0, 1) for _ in range(3)]
        unit = [x / math.sqrt(sum(y * y for y in raw)) for x in raw]
        center = [rng.uniform(-1, 1) for _ in range(3)]
        y = [z0 + r * u + beta * r * u / (alpha + r) for z0, u in zip(center, unit, strict=True)]
        length = math.sqrt(sum((yi - zi) ** 2 for yi, zi in zip(y, center, strict=True)))
        low, high = 0.0, 50.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if middle * (1 + beta / (alpha + middle)) < length else (low, middle)
        step = 1e-30
        shifted = r + 1j * step
        numbers = {"alpha": alpha, "beta": beta, "r": r, "y": y, "z_0": center}
        direct: dict[str, Any] = {
            "rho": length,
            "rho_slope": (shifted * (1 + beta / (alpha + shifted))).imag / step,
            "radius": low,
            "direction": unit,
        }
        for name, found in direct.items():
            derived = value(name, numbers)
            pairs = zip(derived, found, strict=True) if isinstance(found, list) else [(derived, found)]
            if any(abs(d - e) > 1e-7 * max(1.0, abs(e)) for d, e in pairs):
                faults.append(f"Q2.4 {name} at alpha={alpha:.3f}, beta={beta:.3f}, r={r:.3f}: {derived}, not {found}")
    return faults


def second_torch(value: Any) -> list[str]:
    """Slopes by `torch.autograd.grad`."""
    import torch

    faults = []
    w, a, b, z = [0.2, 0.5, 0.3], [0.4, 1.5, 0.9], [-1.0, 0.3, 0.8], 0.37
    numbers: dict[str, Any] = {"z": z, "N": 3}
    for i in range(3):
        numbers.update({f"w_{i + 1}": w[i], f"a_{i + 1}": a[i], f"b_{i + 1}": b[i]})
    at = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    weights = [torch.tensor(t, dtype=torch.float64) for t in (w, a, b)]
    mixture = (weights[0] * torch.sigmoid(weights[1] * at + weights[2])).sum()
    (slope,) = torch.autograd.grad(torch.logit(mixture), at)
    if abs(float(slope) - value("dg_mixture", numbers)) > 1e-10:
        faults.append(f"Q2.2 dg_mixture: torch says {float(slope)}")
    radius = torch.tensor(0.8, dtype=torch.float64, requires_grad=True)
    (growth,) = torch.autograd.grad(radius * (1 - 0.5 / (1.2 + radius)), radius)
    if abs(float(growth) - value("rho_slope", {"alpha": 1.2, "beta": -0.5, "r": 0.8})) > 1e-10:
        faults.append(f"Q2.4 rho_slope: torch says {float(growth)}")
    return faults
