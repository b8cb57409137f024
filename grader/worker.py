"""The process that reads and decides: one JSON request per line on standard input, one answer per line on
standard output.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from grader.assignment import Assignment, shipped
from grader.errors import AuthorError, OperatorError, ReadError
from grader.model import Status
from grader.runner import LazyRunner

_assignments: dict[str, Assignment] = {}
_runner = LazyRunner()


def _assignment(folder: str | None) -> Assignment:
    path = Path(folder) if folder else shipped()
    found = _assignments.get(str(path))
    if found is None:
        found = Assignment(path)
        _assignments[str(path)] = found
    return found


def _check(request: dict[str, Any]) -> dict[str, Any]:
    from grader.grade import grade
    from grader.report.to_json import report_data
    from grader.unread import unreadable_report

    assignment = _assignment(request.get("assignment"))
    paths = [Path(p) for p in request["files"]]
    try:
        report = grade(paths, assignment, request.get("id"), _runner, alone=bool(request.get("alone")))
    except ReadError as error:
        report = unreadable_report(paths, assignment, error.note, error.message, request.get("sha256", ""))
        data = report_data(report)
        data["submission"]["id"] = request.get("id") or data["submission"]["id"]
        return {"ok": True, "readable": False, "report": data}
    data = report_data(report)
    readable = any(part.status is not Status.EMPTY for part in report.parts)
    if not readable:
        problem = {
            "note": "no_parts",
            "message": "no question of this homework was found in it",
            "file": paths[0].name,
            "line": 1,
            "column": 1,
        }
        data["problems"].append(problem)
    return {"ok": True, "readable": readable, "report": data}


def _grade(request: dict[str, Any]) -> dict[str, Any]:
    """`_check` for a batch: the report as the text of its file, and its summary, so that the caller need not read it."""
    answer = _check(request)
    report = answer["report"]
    problems = [p["message"] for p in report["problems"][:1]]
    return {"ok": True, "readable": answer["readable"], "problems": problems, **_as_text(report, request)}


def _as_text(report: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The report's text and summary, and its page in the language the request names."""
    from grader.gradebook import summarize
    from grader.report.to_json import dumps

    made: dict[str, Any] = {"text": dumps(report), "summary": summarize(report)}
    if request.get("pages"):
        from grader.report.html.folder import first_page, page_name

        made |= {
            "page": first_page(made["text"], request["pages"]),
            "page_name": page_name(report["submission"]["id"]),
        }
    return made


def _unread(request: dict[str, Any]) -> dict[str, Any]:
    """A report for files that were not read: all parts wait for a person."""
    from grader.report.to_json import report_data
    from grader.unread import unreadable_report

    names = [Path(n) for n in request["names"]] or [Path(request["id"])]
    assignment = _assignment(request.get("assignment"))
    report = unreadable_report(names, assignment, request["note"], request["message"], request.get("sha256", ""))
    data = report_data(report)
    data["submission"]["id"] = request["id"]
    return {"ok": True, **_as_text(data, request)}


def _lint(request: dict[str, Any]) -> dict[str, Any]:
    from grader.lint import lint

    folder = Path(request["assignment"]) if request.get("assignment") else shipped()
    faults = lint(folder, strict=bool(request.get("strict")))
    rows = [[f.path, f.line, f.column, f.message, f.severity] for f in faults]
    return {"ok": True, "faults": rows, "folder": str(folder)}


def _compare(request: dict[str, Any]) -> dict[str, Any]:
    from grader.api import compare

    verdict = compare(
        request["a"],
        request["b"],
        part=request.get("part"),
        assume=tuple(request.get("assume") or ()),
        assignment=_assignment(request.get("assignment")) if request.get("part") else None,
        prove=bool(request.get("prove")),
    )
    return {"ok": True, "verdict": verdict_data(verdict)}


def verdict_data(verdict: Any) -> dict[str, Any]:
    """A verdict as plain data."""
    witness = verdict.witness
    return {
        "outcome": verdict.outcome.value,
        "note": verdict.note,
        "detail": verdict.detail,
        "witness": None
        if witness is None
        else {"values": witness.values, "left": witness.left, "right": witness.right},
        "place": verdict.place,
        "samples": verdict.samples,
        "diagnosis": verdict.diagnosis,
    }


_OPERATIONS = {"check": _check, "grade": _grade, "compare": _compare, "unread": _unread, "lint": _lint}


def _end_with(parent: int) -> None:
    """End when the caller does, however it ended: nobody waits for an answer any more."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main() -> None:
    """Serve requests until standard input ends."""
    sys.setrecursionlimit(6000)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    out = sys.stdout
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = _OPERATIONS[request["op"]](request)
        except OperatorError as error:
            answer = {"ok": False, "kind": "operator", "message": str(error)}
        except ReadError as error:
            answer = {"ok": False, "kind": "operator", "message": error.message}
        except AuthorError as error:
            answer = {"ok": False, "kind": "author", "message": str(error)}
        except MemoryError:
            answer = {"ok": False, "kind": "fault", "message": "out of memory"}
        out.write(json.dumps(answer, allow_nan=False) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
