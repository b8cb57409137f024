"""What an executor runs for a batch: one submission graded, or one submission's PDFs converted.

Both functions take plain data and give plain data, so that any `concurrent.futures.Executor` can run them, also on other
machines that share the folders. Each thread that runs them keeps one worker process warm.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock, local
from typing import Any

from grader.intake.convert import convert, stopping
from grader.isolate import Worker, WorkerDied, WorkerTimeout

_own = local()
_workers: list[Worker] = []
_guard = Lock()


def _worker() -> Worker:
    worker: Worker | None = getattr(_own, "worker", None)
    if worker is None:
        worker = _own.worker = Worker()
        with _guard:
            _workers.append(worker)
    return worker


def close_workers() -> None:
    """End the workers of this process and the conversions it runs, whatever they do."""
    stopping.set()
    with _guard:
        for worker in _workers:
            worker.close()
        _workers.clear()
    _own.__dict__.clear()


def grade_task(request: dict[str, Any]) -> dict[str, Any]:
    """Grade one submission.

    `request`: `id`, `files` (paths read together), `unread` (names of files that are not read), `alone` (others' files lie
    beside), `assignment` (a folder or None), `notes`, `sha256` (of the content), `give_up` with a status where no reading is to be
    tried any more, and `pages`, the language of a page or nothing. The answer is one of
    - `status`, `notes`, `text` (the report's JSON), `summary`, and `page` with `page_name` where one is wanted;
    - `died`: the worker ended, with its last words;
    - `refused`: the assignment or the call is at fault, no submission can be graded.
    """
    worker = _worker()
    notes = list(request["notes"])
    if request.get("give_up"):
        return _without(worker, request, request["give_up"], notes)
    if not request["files"]:
        return _without(worker, request, "needs_a_person", notes or ["nothing was handed in"])
    try:
        answer = worker.ask({"op": "grade", **_asked(request)})
    except WorkerTimeout:
        return _without(worker, request, "timeout", [*notes, f"stopped after {worker.seconds:g} s"])
    except WorkerDied as error:
        return {"died": (str(error).strip().splitlines()[-1:] or ["no message"])[0]}
    if not answer["ok"]:
        if answer["kind"] == "author":
            return {"refused": answer["message"]}
        status = "fault" if answer["kind"] == "fault" else "unreadable"
        return _without(worker, request, status, [*notes, answer["message"]])
    if not answer["readable"] and request["unread"]:  # scripts beside a PDF: the answers are in what is not read
        return _without(worker, request, "needs_a_person", notes)
    status = _status(answer["summary"]) if answer["readable"] else "unreadable"
    notes += [] if answer["readable"] else answer["problems"]
    return {"status": status, "notes": notes, **_made(answer)}


def _made(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: answer[key] for key in ("text", "summary", "page", "page_name") if key in answer}


def _asked(request: dict[str, Any]) -> dict[str, Any]:
    asked = {key: request[key] for key in ("id", "files", "assignment", "alone", "sha256")}
    return {**asked, "pages": request.get("pages", "")}


def _status(summary: dict[str, Any]) -> str:
    if any(check[2] == "fault" for part in summary["parts"] for check in part["checks"]):
        return "fault"
    return "review" if any(p["score"]["max"] > p["score"]["min"] for p in summary["parts"]) else "decided"


def _without(worker: Worker, request: dict[str, Any], status: str, notes: list[str]) -> dict[str, Any]:
    """A result without a reading: every part waits for a person."""
    names = [Path(f).name for f in request["files"]] + request["unread"]
    try:
        answer = worker.ask(
            {"op": "unread", **_asked(request), "names": names, "note": status, "message": "; ".join(notes)}
        )
    except WorkerTimeout:
        return {"died": "no answer in time"}
    except WorkerDied as error:
        return {"died": (str(error).strip().splitlines()[-1:] or ["no message"])[0]}
    if not answer["ok"]:
        return {"refused": answer["message"]}
    return {"status": status, "notes": notes, **_made(answer)}


def convert_task(request: dict[str, Any]) -> dict[str, Any]:
    """Convert the PDFs of one submission: `pdfs`, `folder`, `command`, `seconds`.

    The answer lists `path` (or None), `sha256`, `note` and `failure` of each; or is `error`, a number and a text of the
    operating system's, where the folder cannot be written.
    """
    try:
        made = [
            convert(Path(p), Path(request["folder"]), request["command"], request["seconds"]) for p in request["pdfs"]
        ]
    except OSError as error:
        return {"error": [error.errno or 0, error.strerror or str(error)]}
    return {"made": [[str(c.path) if c.path else None, c.sha256, c.note, c.failure] for c in made]}
