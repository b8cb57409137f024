"""Checks: one module per family, one explicit table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from grader.checks.context import Finding, PartContext
from grader.checks.derivation import check_derivation, check_identity, check_subterm
from grader.checks.final import check_components, check_eigenvalues, check_point, check_value
from grader.checks.prose import check_manual, check_prose

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
