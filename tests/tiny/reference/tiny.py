"""A parabola g(z) = a z^2 + b z, small and quick: its rubrics are broken one by one to see what lint says."""

from __future__ import annotations

from typing import Any

_GIVENS: dict[str, Any] = {
    "symbols": {"a": {"kind": "positive"}, "b": {"kind": "real"}, "z": {"kind": "real"}},
    "functions": {"g": {"params": ["z"], "body": "a z^2 + b z"}},
    "scalars": ["a", "b", "z"],
}


def worlds() -> dict[str, dict[str, Any]]:
    return {"Q1.a": {**_GIVENS, "conditions": ["a < 5"]}, "zeros": {**_GIVENS, "conditions": ["a < 6"]}}


def derive() -> dict[str, str]:
    return {
        "slope": "2 a z + b",
        "zeros": r"\left\{ 0, -\frac{b}{a} \right\}",
    }


def second(value: Any) -> list[str]:
    faults = []
    for a, b, z in ((1.2, 0.7, -0.4), (0.5, -1.0, 2.0)):
        numbers = {"a": a, "b": b, "z": z}
        step = 1e-6
        slope = ((a * (z + step) ** 2 + b * (z + step)) - (a * (z - step) ** 2 + b * (z - step))) / (2 * step)
        if abs(value("slope", numbers) - slope) > 1e-6:
            faults.append(f"slope at {numbers}")
        if max(abs(a * r * r + b * r) for r in value("zeros", numbers)) > 1e-9:
            faults.append(f"zeros at {numbers}")
    return faults
