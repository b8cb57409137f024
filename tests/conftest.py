"""Shared by all tests: case tables, the shipped assignment, the seed submission where it is present."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser_kit import accessible, browser, opened

__all__ = ["ROOT", "SEED", "accessible", "browser", "cases", "opened"]

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT.parent / "shared" / "seed" / "submission_fr.md"


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
    import os

    before = os.environ.get("GRADER_CACHE")
    os.environ["GRADER_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["GRADER_CACHE"]
    else:
        os.environ["GRADER_CACHE"] = before
