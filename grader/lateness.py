"""Lateness: how late a submission was, from its metadata, and what a policy would take off; never from the clock.

The score is not changed by it: a person sees both and decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DAY: Final = 86400


class Step(BaseModel):
    """What more than `after_hours` of lateness costs, in percent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after_hours: float = Field(ge=0, allow_inf_nan=False)
    """Hours after the due date, of which more must have passed."""
    percent: float = Field(gt=0, le=100, allow_inf_nan=False)
    """What it then costs, in percent of the score."""


class LatePolicy(BaseModel):
    """What lateness costs, in percent of the score: so much for each day, or steps, `maximum` at most.

    The grace period is not charged: what comes after it is counted from its end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grace_minutes: float = Field(default=0, ge=0, allow_inf_nan=False)
    """So much lateness costs nothing."""
    percent_per_day: float = Field(default=0, ge=0, le=100, allow_inf_nan=False)
    """What a day costs, in percent of the score; this or `steps`."""
    days: Literal["begun", "exact"] = "begun"
    """Whether a day that has begun counts whole (`begun`) or in proportion (`exact`)."""
    steps: tuple[Step, ...] = ()
    """What it costs after so many hours; the last step passed counts."""
    maximum: float = Field(default=100, gt=0, le=100, allow_inf_nan=False)
    """At most so many percent."""
    due: str | None = None
    """The due date where the metadata of a submission has none: `2022-12-05T23:59:00-05:00`."""
    zone: str = "UTC"
    """The time zone of times that name none: `America/Toronto`."""

    @model_validator(mode="after")
    def _one_way(self) -> LatePolicy:
        if bool(self.percent_per_day) == bool(self.steps):
            raise ValueError("give percent_per_day or steps, one of the two")
        hours = [step.after_hours for step in self.steps]
        if any(later <= earlier for earlier, later in pairwise(hours)):
            raise ValueError("steps stand in the order of after_hours, each once")
        if self.due is not None and moment(self.due, self.zone) is None:
            raise ValueError(f"due: {self.due!r} is no date and time such as 2022-12-05T23:59:00-05:00")
        return self

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str) -> str:
        if _zone(name) is None:
            raise ValueError(f"{name!r} is no time zone such as America/Toronto")
        return name

    def percent(self, seconds: float) -> float:
        """What so many seconds after the due date cost, in percent of the score."""
        counted = seconds - self.grace_minutes * 60
        if counted <= 0:
            return 0.0
        if self.steps:
            passed = [step.percent for step in self.steps if counted > step.after_hours * 3600]
            return min(max(passed, default=0.0), self.maximum)
        days = counted / DAY
        return min(self.percent_per_day * (math.ceil(days) if self.days == "begun" else days), self.maximum)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late one submission was: `seconds` after `due` (0: in time), and `percent` that the policy would take off.

    `closed`: handed in after the last moment that was allowed.
    """

    created: datetime
    due: datetime
    seconds: float
    percent: float
    closed: bool

    def as_json(self) -> dict[str, Any]:
        """As plain data, times in ISO 8601."""
        return {
            "created_at": self.created.isoformat(),
            "due_date": self.due.isoformat(),
            "seconds_late": round(self.seconds, 3),
            "percent": round(self.percent, 4),
            "after_late_due_date": self.closed,
        }


def lateness(metadata: Mapping[str, Any], policy: LatePolicy | None) -> Lateness | None:
    """The lateness that a submission's metadata tells (Gradescope's `submission_metadata.json`, or an entry of a bulk
    export with its `:created_at`); None where it tells no time or no due date.

    A due date that a student has for themself goes before the assignment's; of a group the latest counts. Raises nothing.
    """
    zone = policy.zone if policy is not None else "UTC"
    created = moment(_get(metadata, "created_at"), zone)
    due = _latest(metadata, "due_date", zone) or (moment(policy.due, zone) if policy is not None else None)
    if created is None or due is None:
        return None
    seconds = max(0.0, (created - due).total_seconds())
    last = _latest(metadata, "late_due_date", zone)
    closed = last is not None and created > last > due
    return Lateness(created, due, seconds, policy.percent(seconds) if policy is not None else 0.0, closed)


def moment(value: Any, zone: str = "UTC") -> datetime | None:
    """A time as it stands in metadata: ISO 8601, Ruby's `2022-12-06 04:59:00.000000000 Z`, or a datetime.

    A time without a zone is taken in `zone`. None for anything else.
    """
    if isinstance(value, str):
        text = value.strip()
        text = f"{text.removesuffix('UTC').strip()} Z" if text.endswith("UTC") else text
        date, space, rest = text.partition(" ")
        if space:  # Ruby: `date time zone`
            text = f"{date}T{rest.replace(' ', '')}"
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    known: datetime = value if value.tzinfo is not None else value.replace(tzinfo=_zone(zone) or UTC)
    try:
        return known.astimezone(UTC)
    except OverflowError:
        return None


def spoken(seconds: float) -> str:
    """`2 d 03:04:05`: a stretch of time in figures, for either language (a French day is a `j`, which the caller sets)."""
    whole = timedelta(seconds=round(seconds))
    hours, rest = divmod(whole.seconds, 3600)
    clock = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{whole.days} d {clock}" if whole.days else clock


def _zone(name: str) -> tzinfo | None:
    if name == "UTC":  # known without a database of zones
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _get(data: Any, key: str) -> Any:
    """An entry under its plain key or under Ruby's, `:created_at`."""
    if not isinstance(data, Mapping):
        return None
    return data.get(key, data.get(f":{key}"))


def _latest(metadata: Mapping[str, Any], key: str, zone: str) -> datetime | None:
    own = [t for t in _of_users(metadata, key, zone) if t is not None]
    return max(own) if own else moment(_get(_get(metadata, "assignment"), key), zone)


def _of_users(metadata: Mapping[str, Any], key: str, zone: str) -> Iterator[datetime | None]:
    users = _get(metadata, "users")
    for user in users if isinstance(users, list) else ():
        yield moment(_get(_get(user, "assignment"), key), zone)
