"""What a rubric tells the person who marks: titles, notes and bands, per check. Nothing of it is mathematics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.plain_yaml import load_yaml


@dataclass(frozen=True, slots=True)
class Guidance:
    """Of one check, or of a part as a whole: texts in the languages of the rubric; `bands` by their points, most first."""

    title: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    bands: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def guidance(folder: Path) -> dict[tuple[str, str | None], Guidance]:
    """The guidance of every part (check None) and check of an assignment; what cannot be read is left out, never raised."""
    out: dict[tuple[str, str | None], Guidance] = {}
    head, _, _ = load_yaml(folder / "rubrics" / "assignment.yaml")
    for name in _list(head, "questions"):
        question, _, _ = load_yaml(folder / "rubrics" / str(name))
        for part in _list(question, "parts"):
            if not isinstance(part, dict) or "id" not in part:
                continue
            checks = [c for c in _list(part, "checks") if isinstance(c, dict) and "id" in c]
            lone = checks[0] if len(checks) == 1 else {}
            out[part["id"], None] = Guidance(_text(part.get("title")), _text(lone.get("notes")), _bands(lone))
            for check in checks:
                out[part["id"], check["id"]] = Guidance(
                    _text(check.get("title")), _text(check.get("notes")), _bands(check)
                )
    return out


def _list(data: Any, key: str) -> list[Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, list) else []


def _text(data: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in data.items()} if isinstance(data, dict) else {}


def _bands(check: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    bands = check.get("bands")
    return {str(k): _text(v) for k, v in bands.items()} if isinstance(bands, dict) else {}
