"""Checks: one module per family, one explicit table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from grader.checks.chains import check_chain
from grader.checks.context import Finding, PartContext
from grader.checks.derivation import check_derivation, check_identity, check_subterm
from grader.checks.eigenvalues import check_eigenvalues
from grader.checks.factorization import check_component, check_factorization
from grader.checks.final import check_value
from grader.checks.injectivity import check_injectivity
from grader.checks.prose import check_manual, check_prose, check_review
from grader.checks.vectors import check_components, check_point

CHECKS: Final[dict[str, Callable[[Any, PartContext], Finding]]] = {
    "value": check_value,
    "components": check_components,
    "point": check_point,
    "eigenvalues": check_eigenvalues,
    "identity": check_identity,
    "subterm": check_subterm,
    "derivation": check_derivation,
    "chain": check_chain,
    "factorization": check_factorization,
    "component": check_component,
    "not_injective": check_injectivity,
    "prose": check_prose,
    "review": check_review,
    "manual": check_manual,
}
