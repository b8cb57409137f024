"""How late a submission was, by its metadata alone, and what a policy takes off."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from grader.lateness import LatePolicy, lateness, moment, spoken
from grader.rubric import Assignment, load_model

DUE = "2022-12-05T23:59:00.000000-05:00"


def metadata(created: Any, **more: Any) -> dict[str, Any]:
    return {"id": 1, "created_at": created, "assignment": {"due_date": DUE, "late_due_date": None, **more}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-12-06T04:59:00.000000Z", datetime(2022, 12, 6, 4, 59, tzinfo=UTC)),
        ("2022-12-05T23:59:00.000000-05:00", datetime(2022, 12, 6, 4, 59, tzinfo=UTC)),
        ("2022-12-06 04:59:00.000000000 Z", datetime(2022, 12, 6, 4, 59, tzinfo=UTC)),
        ("2022-12-05 23:59:00 -0500", datetime(2022, 12, 6, 4, 59, tzinfo=UTC)),
        ("2022-12-06 04:59:00 UTC", datetime(2022, 12, 6, 4, 59, tzinfo=UTC)),
        (datetime(2022, 12, 6, 4, 59), datetime(2022, 12, 6, 4, 59, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (17, None),
        (None, None),
    ],
)
def test_times_are_read_as_they_stand_in_metadata(text: Any, expected: datetime | None) -> None:
    assert moment(text) == expected


def test_a_time_without_zone_is_taken_in_the_zone_named() -> None:
    winter, summer = (moment(f"2022-{month}-05 23:59:00", "America/Toronto") for month in ("12", "07"))
    assert winter == datetime(2022, 12, 6, 4, 59, tzinfo=UTC)
    assert summer == datetime(2022, 7, 6, 3, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("created", "seconds", "percent"),
    [
        ("2022-12-05T23:58:00-05:00", 0, 0),
        ("2022-12-06T05:00:00+01:00", 0, 0),  # 23:00 in Montreal
        ("2022-12-06T00:09:00-05:00", 600, 0),  # within the grace period
        ("2022-12-06T00:20:00-05:00", 1260, 10),
        ("2022-12-07T00:13:00-05:00", 86400 + 840, 10),
        ("2022-12-07T00:20:00-05:00", 86400 + 1260, 20),
        ("2022-12-30T00:00:00-05:00", 24 * 86400 + 60, 50),
    ],
)
def test_days_begun_after_a_grace_period(created: str, seconds: float, percent: float) -> None:
    policy = LatePolicy(grace_minutes=15, percent_per_day=10, maximum=50)
    found = lateness(metadata(created), policy)
    assert found is not None
    assert (found.seconds, found.percent) == (seconds, percent)


def test_steps_and_days_in_proportion() -> None:
    steps = LatePolicy.model_validate(
        {"steps": [{"after_hours": 0, "percent": 5}, {"after_hours": 24, "percent": 25}], "maximum": 20}
    )
    assert [steps.percent(h * 3600) for h in (0, 1, 24, 25)] == [0, 5, 5, 20]
    assert LatePolicy(percent_per_day=10, days="exact").percent(36 * 3600) == 15


def test_an_extension_of_a_student_goes_before_the_assignment() -> None:
    data = metadata("2022-12-07T12:00:00-05:00")
    data["users"] = [
        {"id": 1, "assignment": {"due_date": "2022-12-06T23:59:00-05:00"}},
        {"id": 2, "assignment": {"due_date": "2022-12-08T23:59:00-05:00"}},
        {"id": 3},
    ]
    found = lateness(data, None)
    assert found is not None and found.seconds == 0


def test_an_entry_of_a_bulk_export_with_the_due_date_of_the_policy() -> None:
    policy = LatePolicy(percent_per_day=10, due="2022-12-05 23:59:00", zone="America/Toronto")
    found = lateness({":created_at": "2022-12-06 05:59:00.000000000 Z", ":score": 1.0}, policy)
    assert found is not None and found.seconds == 3600 and found.percent == 10


def test_after_the_last_date() -> None:
    found = lateness(metadata("2022-12-08T12:00:00-05:00", late_due_date="2022-12-07T23:59:00-05:00"), None)
    assert found is not None and found.closed and found.percent == 0
    assert found.as_json()["after_late_due_date"] is True


@pytest.mark.parametrize(
    "data", [{}, {"created_at": DUE}, {"assignment": {"due_date": DUE}}, {"assignment": [], "users": {}}]
)
def test_metadata_that_tells_nothing_gives_nothing(data: dict[str, Any]) -> None:
    assert lateness(data, LatePolicy(percent_per_day=10)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"percent_per_day": 10, "steps": [{"after_hours": 0, "percent": 5}]},
        {"percent_per_day": 101},
        {"percent_per_day": float("nan")},
        {"percent_per_day": 10, "zone": "Montreal"},
        {"percent_per_day": 10, "due": "next week"},
        {"percent_per_day": 10, "penalty": 3},
        {"steps": [{"after_hours": 24, "percent": 5}, {"after_hours": 24, "percent": 9}]},
    ],
)
def test_a_policy_that_says_nothing_clear_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LatePolicy.model_validate(wrong)


def test_a_fault_of_the_policy_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "assignment.yaml"
    path.write_text(
        "id: a\ntitle: {en: A, fr: A}\npoints: 3\nquestions: [q.yaml]\nlate:\n  percent_per_day: 10\n  zone: Mars\n"
    )
    _, faults = load_model(path, Assignment)
    assert [str(f).removeprefix(str(path)) for f in faults] == [
        ":7:9: late.zone: 'Mars' is no time zone such as America/Toronto"
    ]


def test_spoken() -> None:
    assert [spoken(s) for s in (61, 3600, 86400 * 2 + 3)] == ["00:01:01", "01:00:00", "2 d 00:00:03"]
