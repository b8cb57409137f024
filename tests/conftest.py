"""Shared by all tests: case tables, the shipped assignment, the seed submission where it is present."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser_kit import accessible, browser, opened
from hypothesis import HealthCheck, Phase, settings

__all__ = ["ROOT", "SEED", "accessible", "browser", "cases", "opened", "tries"]

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT.parent / "shared" / "seed" / "submission_fr.md"

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
"""Whether properties are to be tried twenty times as often, with other inputs in each run."""


def tries(count: int) -> settings:
    """How often a property is tried: always on the same inputs, or with the profile `long` on more and others."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=count * (20 if LONG else 1),
        deadline=None,
        derandomize=not LONG,
        suppress_health_check=slow,
        phases=(Phase.explicit, Phase.generate),  # inputs are small; to look for smaller ones takes minutes
    )


def cases(name: str) -> list[dict[str, Any]]:
    """The rows of a table in tests/cases."""
    rows: list[dict[str, Any]] = yaml.load(
        (ROOT / "tests" / "cases" / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return rows


@pytest.fixture(scope="session")
def assignment() -> Any:
    from grader.assignment import Assignment, shipped

    return Assignment(shipped())


@pytest.fixture(scope="session")
def seed() -> Path:
    if not SEED.is_file():
        pytest.skip("the seed submission is not beside the project")
    return SEED


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Derived references are cached in a folder of the test run."""
    before = os.environ.get("GRADER_CACHE")
    os.environ["GRADER_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["GRADER_CACHE"]
    else:
        os.environ["GRADER_CACHE"] = before
