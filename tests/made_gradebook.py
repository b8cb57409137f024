"""Gradebooks made up for tests: reports of a few parts, without grading anything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.gradebook import Gradebook, Person, Upload


def check(
    name: str,
    low: float,
    high: float,
    out_of: float,
    *,
    outcome: str = "",
    alike: str = "",
    role: str = "derivation",
    note: str = "not_found",
    line: int = 0,
    **evidence: Any,
) -> dict[str, Any]:
    """A check of a report; its outcome goes by its points unless it is given."""
    usual = "undecided" if high > low else "correct" if low == out_of else "incorrect"
    spans = [{"file": "hw.md", "line": line, "column": 1, "end_line": line, "end_column": 9}] if line else []
    return {
        "id": name, "role": role, "outcome": outcome or usual, "points": {"min": low, "max": high, "out_of": out_of},
        "note": note, "message": note, "title": {"en": f"the {name}", "fr": f"le {name}"},
        "evidence": {**evidence, **({"alike": alike} if alike else {})}, "spans": spans,
    }  # fmt: skip


def part(
    name: str,
    checks: Sequence[dict[str, Any]],
    *,
    text: str = "one\ntwo\nthree",
    status: str = "",
    sha256: str = "",
    steps: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """A part of a report; its points are the sum of its checks'."""
    sums = {end: sum(c["points"][end] for c in checks) for end in ("min", "max", "out_of")}
    open_ = sums["max"] > sums["min"]
    found = {"file": "hw.md", "line": 10, "column": 1, "end_line": 12, "end_column": 6, "text": text}
    return {
        "id": name, "title": {"en": f"Part {name}", "fr": f"Partie {name}"}, "score": sums,
        "status": status or ("needs_review" if open_ else "partial"), "text_sha256": sha256 or text,
        "found": [found] if open_ and text else [], "checks": list(checks), "steps": list(steps),
    }  # fmt: skip


def step(line: int, *, diagnosis: str | None = None, note: str = "differs", after: str | None = None) -> dict[str, Any]:
    """A line that does not hold."""
    span = {"file": "hw.md", "line": line, "column": 1, "end_line": line, "end_column": 9}
    return {
        "id": f"s{line}", "outcome": "incorrect", "note": note, "diagnosis": diagnosis, "consequence_of": after,
        "repaired_by": None, "span": span, "reads": "x = y", "witness": None,
    }  # fmt: skip


def report(name: str, parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A report of these parts."""
    score = {end: sum(p["score"][end] for p in parts) for end in ("min", "max", "out_of")}
    return {
        "schema": "grader/report/1", "submission": {"id": name, "files": ["hw.md"], "sha256": name}, "provenance": {"grader": "0", "rubric_sha256": "0"},
        "score": score, "problems": [], "parts": list(parts),
    }  # fmt: skip


def put(book: Gradebook, name: str, parts: Sequence[dict[str, Any]], key: str = "k") -> None:
    """Make this the result that counts."""
    book.want(name, key, "content")
    book.put_result(name, key, json.dumps(report(name, parts)), status="review")


def made(
    path: Path, reports: Mapping[str, Sequence[dict[str, Any]]], people: Mapping[str, Sequence[Person]] | None = None
) -> Gradebook:
    """A gradebook of submissions with their parts, open; its folder is made."""
    path.mkdir(parents=True, exist_ok=True)
    book = Gradebook.open(path / "gradebook.sqlite", create=True)
    people = people or {}
    times = "2022-12-06 05:59:00.000000000 Z"
    book.register([Upload(n, "class", f"class/{n}", ("hw.md",), tuple(people.get(n, ())), times) for n in reports])
    for name, parts in reports.items():
        put(book, name, parts)
    return book
