"""Q4: gradient dynamics of the Dirac-GAN, without and with the R1 penalty.

Everything follows from L = log σ(ψ1) + log σ(-(ψ0 θ + ψ1)). First derivation: SymPy (gradients, Jacobian at the
stationary point, characteristic polynomial). Second: complex-step derivatives of the field, `numpy.linalg.eigvals`, and
`torch.func.jacrev` where torch is installed.
"""

from __future__ import annotations

import cmath
from typing import Any

_SHARED: dict[str, Any] = {
    "symbols": {
        r"\psi_0": {"kind": "real", "low": 0.2, "high": 1.8},
        r"\psi_1": {"kind": "real", "low": 0.2, "high": 1.8},
        r"\theta": {"kind": "real", "low": 0.2, "high": 1.8},
        r"\lambda": {"kind": "real", "low": 0.2, "high": 2.5},
        "x": {"kind": "real"},
    },
    "functions": {
        r"C_\psi": {"params": ["x"], "body": r"\psi_0 x + \psi_1"},
        "C": {"params": ["x"], "body": r"\psi_0 x + \psi_1"},
    },
    "measures": {
        "p_D": {"kind": "dirac", "var": "x", "args": ["0"]},
        r"p_\theta": {"kind": "dirac", "var": "x", "args": [r"\theta"]},
    },
    "groups": {r"\psi": [r"\psi_0", r"\psi_1"]},
    "definitions": {
        "L": r"\mathbb{E}_{p_D} \log(\sigma(C_\psi(x))) + \mathbb{E}_{p_\theta} \log(\sigma(-C_\psi(x)))",
        "u": r"\psi_0\theta + \psi_1",
        r"\psi_0^*": "0",
        r"\psi_1^*": "0",
        r"\theta^*": "0",
        "I": r"\begin{pmatrix} 1 & 0 & 0 \\ 0 & 1 & 0 \\ 0 & 0 & 1 \end{pmatrix}",
    },
    "shorthand": {  # σ and σ' without argument are taken at the discriminator's value
        r"\sigma": r"\sigma(\psi_0\theta + \psi_1)",
        r"\sigma'": r"\sigma'(\psi_0\theta + \psi_1)",
        "e_1": r"\begin{pmatrix} 1 \\ 0 \\ 0 \end{pmatrix}",
        "e_2": r"\begin{pmatrix} 0 \\ 1 \\ 0 \end{pmatrix}",
        "e_3": r"\begin{pmatrix} 0 \\ 0 \\ 1 \end{pmatrix}",
        "I_3": "I",
    },
    "scalars": ["psi", "theta", "lambda", "gamma", "u", "J", "v", "I", "x"],
    "applied": [
        "L",
        "v",
        r"v_\psi",
        r"v_\theta",
        r"\bar v",
        r"\bar v_\psi",
        r"\bar v_\theta",
        "R_1",
        r"C_\psi",
        "C",
        "J",
        r"\bar J",
        r"\bar L",
    ],
}
_ORDER = (r"\psi_0", r"\psi_1", r"\theta")


def _at_rest(field: tuple[str, str, str]) -> str:
    """The matrix of partial derivatives of a field at the stationary point, as LaTeX."""
    return rf"\left. {_partials(field)} \right|_{{" + ", ".join(f"{x} = 0" for x in _ORDER) + "}"


def _partials(field: tuple[str, str, str]) -> str:
    """The matrix of partial derivatives of a field at any point, as LaTeX."""
    rows = [" & ".join(rf"\frac{{\partial {v}}}{{\partial {x}}}" for x in _ORDER) for v in field]
    return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"


def _linear(component: str) -> str:
    """The first-order part at the origin of a component of a field, as LaTeX."""
    at = ", ".join(f"{x} = 0" for x in _ORDER)
    return " + ".join(rf"\left. \frac{{\partial {component}}}{{\partial {x}}} \right|_{{{at}}} {x}" for x in _ORDER)


_FIELD = (
    r"\frac{\partial L}{\partial \psi_0}",
    r"\frac{\partial L}{\partial \psi_1}",
    r"-\frac{\partial L}{\partial \theta}",
)
_PLAIN = {
    "J^*": _at_rest(("v_1", "v_2", "v_3")),
    "v": r"(v_1, v_2, v_3)",
    r"v_\psi": r"(\frac{\partial L}{\partial \psi_0}, \frac{\partial L}{\partial \psi_1})",
    r"v_\theta": r"-\frac{\partial L}{\partial \theta}",
    r"v_{\psi_0}": "v_1",
    r"v_{\psi_1}": "v_2",
    r"\dot\psi_0": "v_1",
    r"\dot\psi_1": "v_2",
    r"\dot\theta": "v_3",
    "v_1": r"\frac{\partial L}{\partial \psi_0}",
    "v_2": r"\frac{\partial L}{\partial \psi_1}",
    "v_3": r"-\frac{\partial L}{\partial \theta}",
}
_PENALISED = {
    r"\bar J^*": _at_rest((r"\bar v_1", r"\bar v_2", r"\bar v_3")),
    "R_1": r"\mathbb{E}_{p_D} \|\frac{\partial}{\partial x}(\psi_0 x + \psi_1)\|^2",
    r"v_\psi": r"(\frac{\partial L}{\partial \psi_0}, \frac{\partial L}{\partial \psi_1})",
    r"v_\theta": r"-\frac{\partial L}{\partial \theta}",
    r"\bar v_\psi": r"(\bar v_1, \bar v_2)",
    r"\bar v_\theta": r"-\frac{\partial L}{\partial \theta}",
    r"\bar v": r"(\bar v_1, \bar v_2, \bar v_3)",
    r"\bar v_1": r"\frac{\partial L}{\partial \psi_0} - \frac{\gamma}{2}\frac{\partial R_1}{\partial \psi_0}",
    r"\bar v_{\psi_0}": r"\bar v_1",
    r"\bar v_{\psi_1}": r"\bar v_2",
    r"\dot\psi_0": r"\bar v_1",
    r"\dot\psi_1": r"\bar v_2",
    r"\dot\theta": r"\bar v_3",
    r"\bar v_2": r"\frac{\partial L}{\partial \psi_1}",
    r"\bar v_3": r"-\frac{\partial L}{\partial \theta}",
}
_WITHOUT_BAR = {  # beside the penalised field, the names of 4.1 still mean what they meant there
    "v": _PLAIN["v"],
    "v_1": _PLAIN["v_1"],
    "v_2": _PLAIN["v_2"],
    "v_3": _PLAIN["v_3"],
    r"\bar L": r"L - \frac{\gamma}{2} R_1",
}
_GAMMA = {r"\gamma": {"kind": "positive", "low": 0.15, "high": 3.2, "boundary": ["1"]}}


def worlds() -> dict[str, dict[str, Any]]:
    """The givens of each part; the penalised parts know γ > 0."""
    out: dict[str, dict[str, Any]] = {}
    for i in range(1, 7):
        part = dict(_SHARED)
        part["symbols"] = {**_SHARED["symbols"], **(_GAMMA if i > 3 else {})}
        part["definitions"] = {**_SHARED["definitions"], **(_PENALISED if i > 3 else _PLAIN)}
        part["shorthand"] = {**_SHARED["shorthand"], **(_WITHOUT_BAR if i > 3 else {})}
        part["shorthand"]["J"] = _partials(("v_1", "v_2", "v_3"))
        if i > 3:
            part["shorthand"][r"\bar J"] = _partials((r"\bar v_1", r"\bar v_2", r"\bar v_3"))
        part["rest"] = dict.fromkeys(_ORDER, "0")
        part["unknowns"] = [r"\lambda"]
        matrix = "J^*" if i < 4 else r"\bar J^*"
        part["equations"] = [rf"\det({matrix} - \lambda I) = 0"]
        if i > 3:  # the eigenvalues without penalty are compared with
            part["related"] = [rf"\det({_at_rest(_FIELD)} - \lambda I) = 0"]
        if i == 6:  # of the quadratic factor of the characteristic polynomial
            part["defaults"] = {r"\Delta": r"\gamma^2 - 1"}
        out[f"Q4.{i}"] = part
        if i in (2, 5):  # derivatives are often written at the stationary point, whose coordinates are zero
            rest = {r"\psi_0": "0", r"\psi_1": "0", r"\theta": "0"}
            out[f"Q4.{i} at rest"] = {**part, "definitions": {**part["definitions"], **rest}}
        if i in (3, 6):  # dots may stand for the system linearised at the origin
            field = _FIELD if i < 4 else (r"\bar v_1", r"\bar v_2", r"\bar v_3")
            linear = {
                dot: _linear(v) for dot, v in zip((r"\dot\psi_0", r"\dot\psi_1", r"\dot\theta"), field, strict=True)
            }
            out[f"Q4.{i} linear"] = {**part, "definitions": {**part["definitions"], **linear}}
            bare = {
                "J": matrix,
                **({r"\bar J": matrix} if i > 3 else {}),
            }  # without a star it is the matrix found before
            out[f"Q4.{i} matrix"] = {**part, "definitions": {**part["definitions"], **bare}}
        if i == 5:  # without a bar the matrix may be that of 4.2, or the new one
            for name, meant in (("earlier", _at_rest(_FIELD)), ("new", r"\bar J^*")):
                out[f"Q4.5 {name} matrix"] = {**part, "definitions": {**part["definitions"], "J^*": meant}}
    return out


def derive() -> dict[str, str]:
    """Fields, Jacobians, characteristic polynomials and eigenvalues as LaTeX, derived with SymPy."""
    import sympy as sp

    p0, p1, th = sp.symbols(r"\psi_0 \psi_1 \theta", real=True)
    lam = sp.Symbol(r"\lambda")
    gamma = sp.Symbol(r"\gamma", positive=True)

    def log_sigma(t: sp.Expr) -> sp.Expr:
        return -sp.log(1 + sp.exp(-t))

    loss = log_sigma(p1) + log_sigma(-(p0 * th + p1))
    variables = [p0, p1, th]
    plain = sp.Matrix([sp.diff(loss, p0), sp.diff(loss, p1), -sp.diff(loss, th)])
    penalty = sp.diff(p0 * sp.Symbol("x") + p1, sp.Symbol("x")) ** 2
    penalised = plain - gamma / 2 * sp.Matrix([sp.diff(penalty, p0), sp.diff(penalty, p1), 0])
    out: dict[str, str] = {}
    for name, field in (("", plain), ("_reg", penalised)):
        at = {p0: 0, p1: 0, th: 0}
        if any(sp.simplify(component.subs(at)) != 0 for component in field):
            raise ValueError("the origin is not stationary")
        out["jacobian_field" + name] = sp.latex(field.jacobian(variables))
        jacobian = field.jacobian(variables).subs(at)
        polynomial = sp.expand((jacobian - lam * sp.eye(3)).det())
        roots = sp.roots(sp.Poly(polynomial, lam))
        values = [root for root, times in roots.items() for _ in range(times)]
        out["field" + name] = sp.latex(field)
        for i, component in enumerate(field):
            out[f"field{name}_{i + 1}"] = sp.latex(component)
        out["jacobian" + name] = sp.latex(jacobian)
        out["polynomial" + name] = sp.latex(polynomial)
        out["eigenvalues" + name] = r"\left\{" + ", ".join(sp.latex(v) for v in values) + r"\right\}"
    out["point"] = "(0, 0, 0)"
    return out


def _field(p0: Any, p1: Any, th: Any, gamma: float) -> list[Any]:
    """The velocity field from the logistic function, written by hand from the definition of the game."""

    def sigma(t: complex) -> complex:
        return 1 / (1 + cmath.exp(-t))

    u = p0 * th + p1
    return [-th * sigma(u) - gamma * p0, sigma(-p1) - sigma(u), p0 * sigma(u)]


def second(value: Any) -> list[str]:
    """Complex-step Jacobians and numerical eigenvalues against the derived forms."""
    import numpy as np

    faults = []
    for gamma in (0.0, 0.3, 1.7, 5.0):
        name = "_reg" if gamma else ""
        numbers = {"psi_0": 0.4, "psi_1": -0.7, "theta": 1.1, "gamma": gamma}
        field = np.array(_field(0.4, -0.7, 1.1, gamma)).real
        derived = np.array(value("field" + name, numbers), dtype=complex).real
        if np.abs(field - derived).max() > 1e-10:
            faults.append(f"Q4 field{name} at {numbers}: derived {derived}, direct {field}")
        step = 1e-30
        moved = [
            np.array(
                _field(0.4 + 1j * step * (j == 0), -0.7 + 1j * step * (j == 1), 1.1 + 1j * step * (j == 2), gamma)
            ).imag
            / step
            for j in range(3)
        ]
        derived = np.array(value("jacobian_field" + name, numbers), dtype=complex).real
        if np.abs(np.array(moved).T - derived).max() > 1e-9:
            faults.append(f"Q4 jacobian_field{name} at {numbers}: derived {derived.tolist()}")
        points = [[1j * step if k == j else 0 for k in range(3)] for j in range(3)]
        columns = [np.array(_field(p[0], p[1], p[2], gamma)).imag / step for p in points]
        jacobian = np.array(columns).T
        derived = np.array(value("jacobian" + name, numbers), dtype=complex).real
        if np.abs(jacobian - derived).max() > 1e-10:
            faults.append(
                f"Q4 jacobian{name} at gamma={gamma}: derived {derived.tolist()}, complex step {jacobian.tolist()}"
            )
        for i in range(3):
            component = complex(value(f"field{name}_{i + 1}", numbers)).real
            if abs(component - field[i]) > 1e-10:
                faults.append(f"Q4 field{name}_{i + 1} at {numbers}: derived {component}, direct {field[i]}")
        for lam in (-1.3, 0.4, 2.0):
            derived_value = complex(value("polynomial" + name, {**numbers, "lambda": lam})).real
            direct = float(np.linalg.det(jacobian - lam * np.eye(3)))
            if abs(derived_value - direct) > 1e-9 * max(1.0, abs(direct)):
                faults.append(f"Q4 polynomial{name} at lambda={lam}, gamma={gamma}: {derived_value}, not {direct}")
        eigen = sorted(np.linalg.eigvals(jacobian), key=lambda z: (round(z.real, 9), round(z.imag, 9)))
        found = sorted(
            (complex(z) for z in value("eigenvalues" + name, numbers)),
            key=lambda z: (round(z.real, 9), round(z.imag, 9)),
        )
        if max(abs(a - b) for a, b in zip(eigen, found, strict=True)) > 1e-6:
            faults.append(f"Q4 eigenvalues{name} at gamma={gamma}: derived {found}, numpy {eigen}")
    origin = [complex(x).real for x in value("point", {})]
    if max(abs(complex(x)) for x in _field(origin[0], origin[1], origin[2], 0.9)) > 1e-12:
        faults.append(f"Q4 point: the field does not vanish at {origin}")
    return faults


def second_torch(value: Any) -> list[str]:
    """Field and Jacobian by `torch.func.grad` and `torch.func.jacrev`."""
    import torch
    from torch.func import grad, jacrev

    def loss(w: Any) -> Any:
        return torch.nn.functional.logsigmoid(w[1]) + torch.nn.functional.logsigmoid(-(w[0] * w[2] + w[1]))

    signs = torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)
    faults = []
    for gamma in (0.0, 0.8):
        name = "_reg" if gamma else ""

        def field(w: Any, weight: float = gamma) -> Any:
            penalty = torch.stack([weight * w[0], torch.zeros_like(w[0]), torch.zeros_like(w[0])])
            return signs * grad(loss)(w) - penalty

        w = torch.tensor([0.4, -0.7, 1.1], dtype=torch.float64)
        numbers = {"psi_0": 0.4, "psi_1": -0.7, "theta": 1.1, "gamma": gamma}
        pairs = [
            ("field" + name, field(w)),
            ("jacobian" + name, jacrev(field)(torch.zeros(3, dtype=torch.float64))),
        ]
        for key, tensor in pairs:
            derived = torch.tensor(
                [
                    [complex(e).real for e in row] if isinstance(row, list) else complex(row).real
                    for row in value(key, numbers)
                ],
                dtype=torch.float64,
            )
            if float((derived - tensor).abs().max()) > 1e-10:
                faults.append(f"Q4 {key} at gamma={gamma}: torch says {tensor.tolist()}")
    return faults
