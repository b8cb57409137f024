"""What is kept of a report beside the report: points per part and check. From the data of schema `grader/report/1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckMark:
    """A check's outcome and range; `title` in the languages of the rubric.

    `note` is the machine tag of why, `alike` is the same for open answers that a person would judge alike (`values:..`,
    `line:..`, `formulas:..` or `words:..`), empty for one that stands for itself. Both are empty in a gradebook of before they were kept.
    """

    id: str
    role: str
    outcome: str
    min: float
    max: float
    out_of: float
    title: Mapping[str, str]
    note: str = ""
    alike: str = ""

    @property
    def open(self) -> bool:
        """Whether its points are not settled."""
        return self.max > self.min


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A wrong line or final answer: `value` is the same for the same mistake, `follows` if it may follow from one before."""

    value: str
    follows: bool


@dataclass(frozen=True, slots=True)
class PartMark:
    """A part's range and its checks; `text_sha256` is the hash of the text that was graded, empty if none was read.

    `wrong` are its wrong lines in order; None in a result of before they were kept.
    """

    id: str
    status: str
    min: float
    max: float
    out_of: float
    text_sha256: str
    checks: tuple[CheckMark, ...]
    wrong: tuple[WrongLine, ...] | None = None

    @property
    def open(self) -> bool:
        """Whether the part's points are not settled."""
        return self.max > self.min


@dataclass(frozen=True, slots=True)
class Summary:
    """The points of a report."""

    min: float
    max: float
    out_of: float
    parts: tuple[PartMark, ...]

    def part(self, part: str) -> PartMark | None:
        """The part of this id."""
        return next((p for p in self.parts if p.id == part), None)

    def place(self, text: str) -> tuple[str, str | None]:
        """What `Q7.b` or `Q7.b.terms` names: a part, or a part and its check; also where there is none of that name."""
        if self.part(text) is not None or "." not in text:
            return text, None
        known = [p.id for p in self.parts if text.startswith(f"{p.id}.")]
        part = max(known, key=len, default=text.rpartition(".")[0] if text.count(".") > 1 else text)
        return part, text[len(part) + 1 :] or None

    def questions(self) -> dict[str, tuple[float, float, float]]:
        """Points of each question (sure, possible, out of), summed over its parts."""
        out: dict[str, tuple[float, float, float]] = {}
        for part in self.parts:
            name = part.id.split(".")[0]
            low, high, most = out.get(name, (0.0, 0.0, 0.0))
            out[name] = (low + part.min, high + part.max, most + part.out_of)
        return out

    def decided(self, roles: tuple[str, ...] = ()) -> tuple[float, float]:
        """Points that are settled, and all, of the checks a machine can judge (of these roles)."""
        sure = worth = 0.0
        for part in self.parts:
            for check in part.checks:
                if check.role == "manual" or (roles and check.role not in roles):
                    continue
                worth += check.out_of
                sure += check.out_of - (check.max - check.min)
        return sure, worth


def summarize(report: Mapping[str, Any]) -> dict[str, Any]:
    """The summary of a report as plain data, small enough to keep for every submission."""
    return {
        "score": report["score"],
        "parts": [
            {
                "id": part["id"],
                "status": part["status"],
                "score": part["score"],
                "text": part.get("text_sha256", ""),
                "checks": [
                    [
                        c["id"],
                        c["role"],
                        c["outcome"],
                        c["points"]["min"],
                        c["points"]["max"],
                        c["points"]["out_of"],
                        c["title"],
                        c.get("note", ""),
                        c.get("evidence", {}).get("alike", ""),
                    ]
                    for c in part["checks"]
                ],
                **({"wrong": [[w["value"], w["follows"]] for w in part["wrong"]]} if "wrong" in part else {}),
            }
            for part in report["parts"]
        ],
    }


def summary_of(data: Mapping[str, Any]) -> Summary:
    """A summary from the data that `summarize` gives."""
    parts = tuple(
        PartMark(
            part["id"],
            part["status"],
            part["score"]["min"],
            part["score"]["max"],
            part["score"]["out_of"],
            part["text"],
            tuple(CheckMark(*row) for row in part["checks"]),
            tuple(WrongLine(*row) for row in part["wrong"]) if "wrong" in part else None,
        )
        for part in data["parts"]
    )
    score = data["score"]
    return Summary(score["min"], score["max"], score["out_of"], parts)
