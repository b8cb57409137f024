"""Question 5: the Dirac-GAN with any concave f and the R1 penalty.

First derivation: SymPy, with f left open (its derivatives are functions of their own). Second: for two given functions,
complex-step derivatives of the field and `numpy.linalg.eigvals` of its Jacobian.
"""

from __future__ import annotations

import cmath
from typing import Any

_ORDER = (r"\psi", r"\theta")
_FIELD = (r"\frac{\partial L}{\partial \psi} - \gamma\psi", r"-\frac{\partial L}{\partial \theta}")


def _partials() -> str:
    rows = [" & ".join(rf"\frac{{\partial {v}}}{{\partial {x}}}" for x in _ORDER) for v in ("v_1", "v_2")]
    return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"


_AT_REST = rf"\left. {_partials()} \right|_{{\psi = 0, \theta = 0}}"
_BODY = r"c_{f0} + c_{f1} t - c_{f2} e^{c_{f3} t}"
"""Any concave function: f'(0) takes either sign."""

_WORLD: dict[str, Any] = {
    "symbols": {
        r"\psi": {"kind": "real", "low": 0.2, "high": 1.5},
        r"\theta": {"kind": "real", "low": 0.2, "high": 1.5},
        r"\lambda": {"kind": "real", "low": 0.2, "high": 2.5},
        r"\gamma": {"kind": "positive", "low": 0.2, "high": 4.5, "boundary": ["0"]},
        "c_{f0}": {"kind": "real"},
        "c_{f1}": {"kind": "real", "low": 0.4, "high": 2.0},
        "c_{f2}": {"kind": "positive", "low": 0.2, "high": 0.6},
        "c_{f3}": {"kind": "real", "low": 0.3, "high": 1.0},
        "t": {"kind": "real"},
        "x": {"kind": "real"},
        "u": {"kind": "real"},
    },
    "dummies": ["t", "x", "u"],
    "functions": {"f": {"params": ["t"], "body": _BODY}, "D": {"params": ["x"], "body": r"\psi x"}},
    "generic": ["f"],
    "outright": ["f"],
    "definitions": {
        "L": r"f(\psi\theta) + f(0)",
        "R_1": r"\frac{\gamma}{2}\psi^2",
        r"\psi^*": "0",
        r"\theta^*": "0",
        "v_1": _FIELD[0],
        "v_2": _FIELD[1],
        r"v_\psi": "v_1",
        r"v_\theta": "v_2",
        r"\dot\psi": "v_1",
        r"\dot\theta": "v_2",
        "v": "(v_1, v_2)",
        "J": _AT_REST,
        "J^*": _AT_REST,
        "I": r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}",
    },
    "shorthand": {
        "f'": r"f'(\psi\theta)",
        "f''": r"f''(\psi\theta)",
        "I_2": "I",
        r"\Delta": r"\gamma^2 - 4 f'(0)^2",
    },
    "scalars": ["psi", "theta", "lambda", "gamma", "J", "I", "u", "x", "t"],
    "applied": ["L", "v", r"v_\psi", r"v_\theta", "R_1", "J", "f"],
    "rest": dict.fromkeys(_ORDER, "0"),
    "unknowns": [r"\lambda"],
    "equations": [rf"\det({_AT_REST} - \lambda I) = 0"],
}


def worlds() -> dict[str, dict[str, Any]]:
    """The givens of both parts. The Jacobian may also be written with the variables left in, and dots be linearised."""
    anywhere = {**_WORLD["definitions"], "J": _partials()}
    linear = {
        dot: " + ".join(
            rf"\left. \frac{{\partial {v}}}{{\partial {x}}} \right|_{{\psi = 0, \theta = 0}} {x}" for x in _ORDER
        )
        for dot, v in ((r"\dot\psi", "v_1"), (r"\dot\theta", "v_2"))
    }
    at_rest = {r"\psi": "0", r"\theta": "0"}
    return {
        "G5.1": _WORLD,
        "G5.2": _WORLD,
        "G5.1 anywhere": {**_WORLD, "definitions": anywhere},
        "G5.1 at rest": {**_WORLD, "definitions": {**_WORLD["definitions"], **at_rest}},
        "G5.2 linear": {**_WORLD, "definitions": {**_WORLD["definitions"], **linear}},
    }


def derive() -> dict[str, str]:
    """Field, Jacobian, characteristic polynomial and eigenvalues, with f a function of which nothing is known."""
    import sympy as sp

    class Derived(sp.Function):  # type: ignore[misc]
        """A derivative of f, which prints with its primes."""

        primes = 0

        def fdiff(self, argindex: int = 1) -> Any:
            return kinds[self.primes + 1](self.args[0])

        def _latex(self, printer: Any, exp: str | None = None) -> str:
            text = f"f{self.primes * chr(39)}({printer._print(self.args[0])})"
            return text if exp is None else f"{{{text}}}^{{{exp}}}"

    kinds = [type(f"f{n}", (Derived,), {"primes": n}) for n in range(4)]
    psi, theta = sp.symbols(r"\psi \theta", real=True)
    gamma = sp.Symbol(r"\gamma", nonnegative=True)
    lam = sp.Symbol(r"\lambda")
    loss = kinds[0](psi * theta) + kinds[0](sp.Integer(0))
    field = sp.Matrix([sp.diff(loss, psi) - sp.diff(gamma / 2 * psi**2, psi), -sp.diff(loss, theta)])
    anywhere = field.jacobian([psi, theta])
    rest = {psi: 0, theta: 0}
    if any(component.subs(rest) != 0 for component in field):
        raise ValueError("the origin is not stationary")
    jacobian = anywhere.subs(rest)
    polynomial = sp.expand((jacobian - lam * sp.eye(2)).det())
    roots = [root for root, times in sp.roots(sp.Poly(polynomial, lam)).items() for _ in range(times)]
    return {
        "field": sp.latex(field),
        "field_1": sp.latex(field[0]),
        "field_2": sp.latex(field[1]),
        "jacobian_field": sp.latex(anywhere),
        "jacobian": sp.latex(jacobian),
        "polynomial": sp.latex(polynomial),
        "eigenvalues": r"\left\{" + ", ".join(sp.latex(root) for root in roots) + r"\right\}",
    }


_GAMES = {  # bodies as LaTeX, and the derivative of each written by hand
    r"-\log(1 + e^{-t})": lambda t: 1 / (1 + cmath.exp(t)),
    r"\sin t - t^2": lambda t: cmath.cos(t) - 2 * t,
}


def second(value: Any) -> list[str]:
    """Complex steps through the field of two given games, and numerical eigenvalues."""
    import numpy as np

    faults = []
    step = 1e-30
    for (body, slope), gamma in zip(_GAMES.items(), (0.7, 3.1), strict=True):

        def field(psi: complex, theta: complex, slope: Any = slope, gamma: float = gamma) -> Any:
            return np.array([theta * slope(psi * theta) - gamma * psi, -psi * slope(psi * theta)])

        def jacobian(psi: float, theta: float, field: Any = field) -> Any:
            columns = [field(psi + 1j * step, theta).imag / step, field(psi, theta + 1j * step).imag / step]
            return np.array(columns).T

        numbers = {"psi": 0.4, "theta": -1.1, "gamma": gamma, "lambda": 0.6}
        given = {"f": ("t", body)}
        at_rest = jacobian(0.0, 0.0)
        eigen = np.linalg.eigvals(at_rest.astype(complex))
        direct = {
            "field": field(0.4, -1.1).real,
            "field_1": field(0.4, -1.1).real[0],
            "field_2": field(0.4, -1.1).real[1],
            "jacobian_field": jacobian(0.4, -1.1),
            "jacobian": at_rest,
            "polynomial": np.linalg.det(at_rest - 0.6 * np.eye(2)),
            "eigenvalues": eigen,
        }
        for name, number in direct.items():
            derived = np.array(value(name, numbers, functions=given), dtype=complex)
            if name == "eigenvalues":  # a set: in either order
                derived = derived if np.abs(derived - number).max() < 1e-9 else derived[::-1]
            if np.abs(derived - number).max() > 1e-9:
                faults.append(f"{name} with f(t) = {body}: derived {derived.tolist()}, numerically {number}")
    return faults
