"""The JSON report: schema `grader/report/1`."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from grader.model import CheckResult, PartReport, Points, Report, Span, Step
from grader.report import messages as M


def report_data(report: Report) -> dict[str, Any]:
    """A report as plain data; no NaN, keys in the schema's order."""
    return {
        "schema": "grader/report/1",
        "submission": {"id": report.submission_id, "files": list(report.files), "sha256": report.sha256},
        "provenance": dict(report.provenance),
        "score": _points(report.score),
        "problems": list(report.problems),
        "parts": [_part(p) for p in report.parts],
    }


def dumps(data: Any) -> str:
    """JSON text, the same bytes for the same data; halves of characters (in names of files) become question marks."""
    return _text(data, "\n").encode("utf-8", "replace").decode("utf-8") + "\n"


def _text(value: Any, margin: str) -> str:
    """What `json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)` gives, whose indenting is slow."""
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or type(value) is int:
        return "null" if value is None else repr(value)
    inner = margin + " "
    if isinstance(value, dict):
        items = [f"{_key(k)}: {_text(v, inner)}" for k, v in value.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{margin}}}" if items else "{}"
    if isinstance(value, (list, tuple)):
        entries = [_text(v, inner) for v in value]
        return f"[{inner}{f',{inner}'.join(entries)}{margin}]" if entries else "[]"
    return _plain(value)


@lru_cache(maxsize=1024)
def _key(key: Any) -> str:
    return encode_basestring(key if isinstance(key, str) else _plain(key))


_plain = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _points(points: Points) -> dict[str, float]:
    return {"min": _short(points.min), "max": _short(points.max), "out_of": _short(points.out_of)}


def _short(value: float) -> float:
    rounded = round(value, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def _span(span: Span) -> dict[str, Any]:
    return {name: getattr(span, name) for name in _SPAN}


_SPAN = tuple(f.name for f in fields(Span))


def _check(check: CheckResult) -> dict[str, Any]:
    said = {"note": check.note, "evidence": check.evidence}
    return {
        "id": check.id,
        "role": check.role.value,
        "outcome": check.outcome.value,
        "points": _points(check.points),
        "note": check.note,
        "message": M.check_note(said, "en"),
        "title": check.message,
        "evidence": check.evidence,
        "spans": [_span(s) for s in check.spans],
    }


def _step(step: Step) -> dict[str, Any]:
    witness = None
    if step.witness is not None:
        witness = {"values": step.witness.values, "left": step.witness.left, "right": step.witness.right}
    return {
        "id": step.id,
        "chain": step.chain,
        "kind": step.kind,
        "outcome": step.outcome.value,
        "relation": step.relation,
        "left": step.left,
        "right": step.right,
        "reads": step.reads,
        "context": list(step.context),
        "left_span": _span(step.left_span) if step.left_span else None,
        "span": _span(step.span),
        "note": step.note,
        "detail": step.detail,
        "source": step.source,
        "source_column": step.source_column,
        "diagnosis": step.diagnosis,
        "repairs": step.repairs,
        "repaired_by": step.repaired_by,
        "consequence_of": step.consequence_of,
        "charged": step.charged,
        "witness": witness,
    }


def _part(part: PartReport) -> dict[str, Any]:
    return {
        "id": part.id,
        "title": part.title,
        "score": _points(part.score),
        "status": part.status.value,
        "text_sha256": part.text_sha256,
        "found": [{**_span(p.span), "text": p.text} for p in part.found],
        "written": [
            {"kind": w.kind, "text": w.text, "fresh": w.fresh, "spaced": w.spaced, **_span(w.span)}
            for w in part.written
        ],
        "checks": [_check(c) for c in part.checks],
        "steps": [_step(s) for s in part.steps],
        "wrong": [{"value": w.value, "follows": w.follows, "step": w.step, "check": w.check} for w in part.wrong],
    }
