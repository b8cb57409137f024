"""One self-check, from bytes to what a student may see; nothing of it stays. Runs in a thread of the server.

How the files are graded is a `Grade`: by a worker process of that thread, or by any executor that runs `grade_task`, such as
that of a cluster.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, BrokenBarrierError, Lock, local
from typing import Any, Final

from grader.intake.archive import Caps
from grader.intake.entry import content_sha256
from grader.intake.upload import uploaded
from grader.isolate import Worker, WorkerDied, WorkerTimeout
from grader.report.audience import for_student
from grader.task import grade_task
from grader.web.limits import CHECK_SECONDS, PROGRAMS, UNPACKED_BYTES, UNPACKED_MEMBERS

CAPS: Final = Caps(UNPACKED_MEMBERS, UNPACKED_BYTES)
_TRIES: Final = 2
"""A worker that dies may have been the system's doing; the second time it is the submission's."""
Grade = Callable[[dict[str, Any]], dict[str, Any]]
"""`id`, `files`, `assignment` (a folder or None) and `sha256` to `report`, or to `refused` or `failed` with a `message`."""
LOST: Final = "lost"
_own = local()
_workers: list[Worker] = []
_guard = Lock()


def check(request: dict[str, Any], grade: Grade) -> dict[str, Any]:
    """Check one submission.

    `request`: `files` (names and bytes), `assignment` (a folder or None). The answer is one of
    - `report`, for students;
    - `refused`: `unread` (nothing of it is read here) or `programs` (too many), with `notes`;
    - `failed`: `timeout`, `died` or `fault` with a `message`.
    """
    with TemporaryDirectory(prefix="grader-check-") as place:
        entry = uploaded(request["files"], Path(place), CAPS)
        if not entry.files:
            return {"refused": "unread", "notes": list(entry.notes)}
        if sum(p.suffix in (".py", ".ipynb") for p in entry.files) > PROGRAMS:
            return {"refused": "programs", "notes": []}
        answer = grade(
            {
                "id": entry.id,
                "files": [str(p) for p in entry.files],
                "assignment": request["assignment"],
                "sha256": content_sha256(entry),
            }
        )
    if "refused" in answer:
        return {"refused": "unread", "notes": [*entry.notes, answer["message"]]}
    if "failed" in answer:
        return answer
    report = for_student(answer["report"])
    report["problems"] += [
        {"note": "left_aside", "message": note, "file": entry.files[0].name, "line": 1, "column": 1}
        for note in entry.notes
    ]
    return {"report": report}


def grade_here(request: dict[str, Any]) -> dict[str, Any]:
    """Grade in the warm worker process of this thread, which is killed if it takes too long."""
    last = ""
    for _ in range(_TRIES):
        try:
            answer = _worker().ask({"op": "check", **request}, most=CHECK_SECONDS)
        except WorkerTimeout:
            return {"failed": "timeout", "message": f"stopped after {_worker().seconds:g} s"}
        except WorkerDied as error:
            last = (str(error).strip().splitlines()[-1:] or ["no message"])[0]
            continue
        if answer["ok"]:
            return {"report": answer["report"]}
        return {"refused" if answer["kind"] == "operator" else "failed": "fault", "message": answer["message"]}
    return {"failed": "died", "message": last}


def grade_by(executor: Executor) -> Grade:
    """Grade by an executor that runs `grade_task`, wherever it does; `failed` is `LOST` where it runs no more."""

    def grade(request: dict[str, Any]) -> dict[str, Any]:
        task = {**request, "unread": [], "alone": False, "notes": [], "pages": ""}
        try:
            answer = executor.submit(grade_task, task).result()
        except BrokenExecutor as error:
            return {"failed": LOST, "message": str(error)}
        except RuntimeError as error:
            return {"failed": "fault", "message": str(error)}
        if "text" not in answer:
            return {"failed": "died" if "died" in answer else "fault", "message": str(answer)}
        if answer["status"] in ("timeout", "fault"):
            return {"failed": answer["status"], "message": "; ".join(answer["notes"])}
        return {"report": json.loads(answer["text"])}

    return grade


def _worker() -> Worker:
    worker: Worker | None = getattr(_own, "worker", None)
    if worker is None:
        worker = _own.worker = Worker(apart=True)
        with _guard:
            _workers.append(worker)
    return worker


def close_workers() -> None:
    """End the workers of this process, whatever they do."""
    with _guard:
        for worker in _workers:
            worker.close()
        _workers.clear()


def warm(assignment: str | None, grade: Grade, together: Barrier) -> None:
    """Get this thread's worker ready; each thread of a pool does it, since they wait for each other.

    Raises RuntimeError where the assignment cannot be used.
    """
    try:
        together.wait(timeout=60)
    except BrokenBarrierError:
        pass  # fewer threads than thought: those that wait go on
    answer = check({"files": [("warm.md", b"# Question 1\n$1 = 1$\n")], "assignment": assignment}, grade)
    if "report" not in answer:
        raise RuntimeError(str(answer.get("message") or answer.get("notes")))
