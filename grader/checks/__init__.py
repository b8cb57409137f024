"""Checks: one module per family, one explicit table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from grader.checks.context import Finding, PartContext
from grader.checks.derivation import check_derivation, check_identity, check_subterm
from grader.checks.eigenvalues import check_eigenvalues
from grader.checks.final import check_value
from grader.checks.prose import check_manual, check_prose
from grader.checks.vectors import check_components, check_point

CHECKS: Final[dict[str, Callable[[Any, PartContext], Finding]]] = {
    "value": check_value,
    "components": check_components,
    "point": check_point,
    "eigenvalues": check_eigenvalues,
    "identity": check_identity,
    "subterm": check_subterm,
    "derivation": check_derivation,
    "prose": check_prose,
    "manual": check_manual,
}
