"""What an executor runs for a page: one self-check, from bytes to what a student may see; nothing of it stays.

Plain data in, plain data out, as in `grader.task`: any `concurrent.futures.Executor` will do, also on other machines.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, BrokenBarrierError, Lock, local
from typing import Any, Final

from grader.intake.archive import Caps
from grader.intake.upload import uploaded
from grader.isolate import Worker, WorkerDied, WorkerTimeout
from grader.report.audience import for_student
from grader.web.limits import CHECK_SECONDS, PROGRAMS, UNPACKED_BYTES, UNPACKED_MEMBERS

CAPS: Final = Caps(UNPACKED_MEMBERS, UNPACKED_BYTES)
_TRIES: Final = 2
"""A worker that dies may have been the system's doing; the second time it is the submission's."""
_own = local()
_workers: list[Worker] = []
_guard = Lock()


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


def check_task(request: dict[str, Any]) -> dict[str, Any]:
    """Check one submission.

    `request`: `files` (names and bytes), `assignment` (a folder or None). The answer is one of
    - `report` (for students) and `readable`;
    - `refused`: nothing of it is read here, with `notes`;
    - `failed`: `timeout`, `died` or `fault` with a `message`.
    """
    with TemporaryDirectory(prefix="grader-check-") as place:
        entry = uploaded(request["files"], Path(place), CAPS)
        if not entry.files:
            return {"refused": "unread", "notes": list(entry.notes)}
        if sum(p.suffix in (".py", ".ipynb") for p in entry.files) > PROGRAMS:
            return {"refused": "programs", "notes": []}
        asked = {
            "op": "check",
            "id": entry.id,
            "files": [str(p) for p in entry.files],
            "assignment": request["assignment"],
        }
        answer = _ask(asked)
    if "failed" in answer:
        return answer
    if not answer["ok"]:
        if answer["kind"] == "operator":
            return {"refused": "unread", "notes": [*entry.notes, answer["message"]]}
        return {"failed": "fault", "message": answer["message"]}
    report = for_student(answer["report"])
    report["problems"] += [
        {"note": "left_aside", "message": note, "file": entry.files[0].name, "line": 1, "column": 1}
        for note in entry.notes
    ]
    return {"report": report, "readable": answer["readable"]}


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    last = ""
    for _ in range(_TRIES):
        try:
            answer: dict[str, Any] = _worker().ask(request, most=CHECK_SECONDS)
            return answer
        except WorkerTimeout:
            return {"failed": "timeout", "message": f"{_worker().seconds:g}"}
        except WorkerDied as error:
            last = (str(error).strip().splitlines()[-1:] or ["no message"])[0]
    return {"failed": "died", "message": last}


_together: Barrier | None = None


def warm(threads: int) -> None:
    """Prepare for `warm_task` in that many threads of this process."""
    global _together
    _together = Barrier(threads)


def warm_task(assignment: str | None) -> bool:
    """Load the assignment in this thread's worker; of a pool of threads each does it, since they wait for each other."""
    if _together is not None:
        try:
            _together.wait(timeout=60)
        except BrokenBarrierError:
            pass  # fewer threads than thought: those that wait go on
    answer = check_task({"files": [("warm.md", b"# Question 1\n$1 = 1$\n")], "assignment": assignment})
    if "report" not in answer:
        raise RuntimeError(str(answer.get("message") or answer.get("notes")))
    return True
