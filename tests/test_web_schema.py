"""The OpenAPI is true: what schemathesis makes of it is answered as described, and never with 500 or more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from web_client import TOKEN, class_of, listening

Served = tuple[str, Any]
THERE = {
    "submission": ["ada", "bob", "cyd", "nobody"],
    "part": ["Q1", "Q5", "Q9"],
    "check": ["form", "review", "done", "none"],
    "points": [0, 1, 2.5, -1, "full", "half", "x", 1e300],
    "number": [1, 2, 3, 2**53],
}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("class")
    class_of(folder).close()
    with listening(grades=folder, token=TOKEN) as found:
        yield found


NEGATIVE = schemathesis.GenerationMode.NEGATIVE


def try_all(server: Served, examples: int) -> dict[str, set[int]]:
    """Try every operation with so many made-up calls; the statuses they were answered with."""
    told = httpx.get(f"{server[0]}/api/openapi.json").json()
    _hint(told)
    operations = [found.ok() for found in schemathesis.openapi.from_dict(told).get_all_operations()]
    return {f"{o.method.upper()} {o.path}": _try(server, o, examples) for o in operations}


def _hint(told: dict[str, Any]) -> None:
    """Let made-up calls speak of what there is: else they would be of nobody's submission."""
    for operations in told["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in THERE:
                    parameter["schema"] = {"enum": THERE[parameter["name"]]}
    for name in ("Decision", "Give"):
        for field, schema in told["components"]["schemas"][name]["properties"].items():
            if field in THERE:
                schema.clear()
                schema["enum"] = THERE[field]


def _try(server: Served, operation: Any, examples: int) -> set[int]:
    url, guard = server
    site = guard.app.state.site
    seen = set()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=st.one_of(operation.as_strategy(), operation.as_strategy(generation_mode=NEGATIVE)))
    def one(case: Any) -> None:
        for buckets in (site.per_client, site.per_address, guard._rate):
            buckets._left.clear()  # rates are tested elsewhere
        answer = case.call(base_url=url, headers={"authorization": f"Bearer {TOKEN}"})
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    one()
    return seen


def test_nothing_made_up_makes_it_fail(server: Served) -> None:
    seen = try_all(server, 8)
    assert len(seen) >= 17
    good = {name for name, codes in seen.items() if codes & {200, 201}}
    assert {"POST /api/check", "GET /healthz", "GET /api/desk/submissions", "GET /api/desk/queue"} <= good


@pytest.mark.slow
def test_nothing_made_up_makes_it_fail_longer(server: Served) -> None:
    try_all(server, 400)
