"""Many submissions: each graded once, in any number of calls, whatever ends them.

The gradebook in the folder knows what was begun and what is done: an attempt is committed before it runs, its result together
with its end. Submissions go through a `concurrent.futures.Executor`; only this process writes.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from grader import provenance
from grader.errors import OperatorError
from grader.gradebook import DiskFull, Gradebook, RunLock, Student, Upload
from grader.intake.convert import Converted, conversion_sha256, stopping
from grader.intake.entry import Entry, content_sha256, shown
from grader.intake.files import write_whole
from grader.intake.identify import identified
from grader.limits import PDF_SECONDS
from grader.task import close_workers, convert_task, grade_task

GRADEBOOK: Final = "gradebook.sqlite"
_DEATHS: Final = 2
"""Attempts in which a submission may end its worker; then it waits for a person."""
_CUT_OFF: Final = 4
"""Attempts during which the whole batch may end (a power cut, a kill); that it is the submission's fault is less likely."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FAILED: Final = frozenset({"timeout", "fault"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch is asked: `out` its folder, `assignment` a folder or None for the one shipped.

    `retry` grades again what took too long or failed on our side, `again` everything. `pages` is the language of the page that is
    written beside each report, empty for none.
    """

    out: Path
    assignment: Path | None = None
    jobs: int = 1
    pdf_command: str | None = None
    pdf_seconds: float = PDF_SECONDS
    retry: bool = False
    again: bool = False
    arguments: dict[str, object] = field(default_factory=dict)
    pages: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One submission has its result; `cached` if it had it before."""

    id: str
    status: str
    cached: bool


@dataclass(slots=True)
class _Job:
    """A submission on its way: where it stands, and the attempt that is running."""

    entry: Entry
    sha256: str = ""
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    unread: tuple[Path, ...] = ()
    conversion: str = ""
    converted: bool = False
    late: bool = False
    key: str = ""
    attempt: int = 0
    give_up: str = ""


def run(
    entries: Sequence[Entry],
    plan: Plan,
    *,
    roster: Sequence[Student] | None = None,
    done: Callable[[Event], None] = lambda event: None,
    executor: Executor | None = None,
    width: Callable[[], int] | None = None,
) -> Counter[str]:
    """Grade every entry into the folder's gradebook and `<id>.json`; how many have each status.

    What has a result for its files, rubric, references, program and limits is not graded again. A status `""` counts
    submissions for which not even a report could be made. `executor` runs `grade_task` and `convert_task`, by default in
    threads that each keep a worker process; `width` says how many tasks it should be given at a time, by default the plan's
    `jobs`. Raises OperatorError (DiskFull, Locked among them) where the batch cannot go on:
    all that is done stays and counts in the next call.
    """
    folder = plan.assignment or provenance.shipped()
    if not (folder / "rubrics" / "assignment.yaml").is_file():
        raise OperatorError(f"{folder}: no assignment here (rubrics/assignment.yaml is missing)")
    with opened(plan.out) as book:
        for left in (*plan.out.glob(".*.part"), *plan.out.glob("converted/*/.*.part")):  # of a batch that was killed
            left.unlink(missing_ok=True)
        if roster is not None:
            book.put_roster(roster)
        entries = identified(entries, book.submissions(gone=True))
        book.register([_upload(e) for e in entries])
        number = book.begin_run(plan.arguments)
        pool = executor or ThreadPoolExecutor(max_workers=max(1, plan.jobs))
        rubric = provenance.assignment_sha256(folder)
        batch = _Batch(book, plan, number, rubric, pool, done, width or (lambda: plan.jobs))
        try:
            batch.run(entries)
        finally:
            if executor is None:
                close_workers()
                pool.shutdown(cancel_futures=True)
                stopping.clear()
        book.end_run(number)
        return batch.counts


@contextmanager
def opened(out: Path) -> Iterator[Gradebook]:
    """The gradebook of a folder, for one batch alone; a full disk and the like said in one sentence.

    Raises OperatorError (Locked, DiskFull among them).
    """
    with said(out):
        out.mkdir(parents=True, exist_ok=True)
        with RunLock(out / ".gradebook.lock"), Gradebook.open(out / GRADEBOOK, create=True) as book:
            yield book


@contextmanager
def said(out: Path) -> Iterator[None]:
    """What goes wrong while something is written into a folder, in one sentence. Raises OperatorError (DiskFull among them)."""
    try:
        yield
    except DiskFull:
        raise DiskFull(_full(out)) from None
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(_full(out)) from None
        raise OperatorError(f"{out}: cannot be written ({error.strerror or error})") from None


def _full(out: Path) -> str:
    return f"{out}: the disk is full (or a limit is reached); what is graded is kept: make room and go on with --resume"


def _upload(entry: Entry) -> Upload:
    names = tuple(p.name for p in (*entry.files, *entry.unread))
    paths = (*entry.files, *entry.unread)
    folder = entry.folder or (paths[0].parent if paths else None)
    return Upload(
        entry.id, entry.source, shown(str(folder or "")), names, entry.submitters, entry.created_at, entry.origin
    )


class _Batch:
    """One call of `run`."""

    def __init__(
        self,
        book: Gradebook,
        plan: Plan,
        number: int,
        rubric: str,
        pool: Executor,
        done: Callable[[Event], None],
        width: Callable[[], int],
    ) -> None:
        self.book, self.plan, self.number, self.rubric, self.pool, self.done = book, plan, number, rubric, pool, done
        self.width = width
        self.counts: Counter[str] = Counter()
        self.waiting: deque[_Job] = deque()
        self.late: deque[_Job] = deque()  # what ran when an earlier batch was cut off: last, and one after the other
        self.running: dict[Future[dict[str, Any]], _Job] = {}

    def run(self, entries: Sequence[Entry]) -> None:
        """Keep the executor busy until all have a result: the next begins before the last is written, unless it might end
        the batch."""
        coming = iter(entries)
        try:
            self._fill(coming)
            while self.running:
                finished, _ = wait(self.running, return_when=FIRST_COMPLETED)
                # may end the batch, and then none of them is done
                answers = [(future, _answer(future)) for future in finished]
                jobs = [(self.running.pop(future), answer) for future, answer in answers]
                if not self.late:
                    self._fill(coming)
                for job, answer in jobs:
                    self._finish(job, answer)
                self._fill(coming)
        except BaseException:
            self._stop()
            raise

    def _fill(self, coming: Iterator[Entry]) -> None:
        while len(self.running) < self.width():
            if self.waiting:
                job = self.waiting.popleft()
            elif (entry := next(coming, None)) is not None:
                job = _Job(entry, files=entry.files, unread=entry.unread, notes=entry.notes)
            elif self.late and not self.running:
                job = self.late.popleft()
                job.late = True
            else:
                return
            self._start(job)

    def _start(self, job: _Job) -> None:
        if not job.converted and self._convert(job):
            return
        if not job.key:
            self._describe(job)
            if self.book.want(job.entry.id, job.key, job.sha256) and self._cached(job):
                return
        if not job.give_up:
            crashes = self.book.crashes(job.entry.id, job.key, since=self.number if self._afresh else 0)
            if crashes.died >= _DEATHS or crashes.left_open >= _CUT_OFF:
                job.give_up = "fault"
                why = "ended the grader" if crashes.died >= _DEATHS else "was being graded when the batch was cut off"
                times = crashes.died if crashes.died >= _DEATHS else crashes.left_open
                job.notes = (*job.notes, f"{why} {times} times and is not tried again")
            elif crashes.left_open and not job.late:
                self.late.append(job)
                return
        job.attempt = self.book.begin(self.number, job.entry.id, job.key)
        self.running[self.pool.submit(grade_task, self._request(job))] = job

    @property
    def _afresh(self) -> bool:
        """Whether what happened in earlier batches is forgotten."""
        return self.plan.retry or self.plan.again

    def _convert(self, job: _Job) -> bool:
        """Start converting the PDFs of a submission that has no written answers besides; whether there is something to do."""
        job.converted = True
        pdfs = [p for p in job.unread if p.suffix.lower() == ".pdf"]
        command = self.plan.pdf_command
        if command is None or not pdfs or any(p.suffix.lower() != ".py" for p in job.files):
            job.notes = (*job.notes, *_unread_notes(job))
            return False
        request = {
            "pdfs": [str(p) for p in pdfs],
            "folder": str(self.plan.out / "converted" / job.entry.id),
            "command": command,
            "seconds": self.plan.pdf_seconds,
        }
        self.running[self.pool.submit(convert_task, request)] = job
        return True

    def _converted(self, job: _Job, answer: dict[str, Any]) -> None:
        if "error" in answer:
            raise OSError(*answer["error"])
        made = [Converted(Path(p) if p else None, *rest) for p, *rest in answer["made"]]
        job.conversion = conversion_sha256(self.plan.pdf_command or "", made)
        job.files = (*job.files, *(c.path for c in made if c.path))
        failed = [c.failure for c in made if c.failure]
        job.unread = tuple(p for p in job.unread if p.suffix.lower() != ".pdf" or failed)
        job.notes = (*job.notes, *failed, *(c.note for c in made if c.note))
        if failed:  # half of what was handed in is not graded as if it were all
            job.files = tuple(p for p in job.files if p.suffix.lower() == ".py")
        self.waiting.appendleft(job)

    def _describe(self, job: _Job) -> None:
        """Work out the key of the result: all that it depends on."""
        try:
            job.sha256 = content_sha256(job.entry)
        except OSError as error:
            job.sha256 = ""
            job.files = ()
            job.notes = (*job.notes, f"cannot be read ({error.strerror})")
        if len(job.files) > 1:
            job.notes = (*job.notes, f"{len(job.files)} files read together")
        runs = any(p.suffix.lower() in (".py", ".ipynb") for p in job.files)
        parts = [
            *(job.entry.id, job.sha256, list(job.notes), job.conversion, self.rubric, provenance.engine_sha256()),
            *(provenance.libraries(), provenance.sandbox() if runs else ()),
        ]
        job.key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _cached(self, job: _Job) -> bool:
        """Use the result that is there, unless it is to be made again; its file is written if it is not as it was."""
        result = self.book.result(job.entry.id)
        assert result is not None
        if self.plan.again or (self.plan.retry and result.status in _FAILED):
            return False
        path = self.plan.out / f"{job.entry.id}.json"
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != result.report_sha256:
            write_whole(path, self.book.report_text(job.entry.id) or "")
        self._count(job, result.status, cached=True)
        return True

    def _request(self, job: _Job) -> dict[str, Any]:
        return {
            "id": job.entry.id,
            "files": [str(p) for p in job.files],
            "unread": [p.name for p in job.unread],
            "alone": job.entry.folder is None,
            "assignment": str(self.plan.assignment) if self.plan.assignment else None,
            "notes": list(job.notes),
            "sha256": job.sha256,
            "give_up": job.give_up,
            "pages": self.plan.pages,
        }

    def _finish(self, job: _Job, answer: dict[str, Any]) -> None:
        name = job.entry.id
        if "made" in answer or "error" in answer:
            self._converted(job, answer)
        elif "died" in answer:
            self.book.end(job.attempt, "died", answer["died"])
            if job.give_up:
                self._count(job, "", cached=False)
            else:
                self.waiting.appendleft(job)
        elif "refused" in answer:
            self.book.end(job.attempt, "given_up", answer["refused"])
            raise OperatorError(answer["refused"])
        else:
            self.book.put_result(
                name,
                job.key,
                answer["text"],
                status=answer["status"],
                notes=answer["notes"],
                summary=answer["summary"],
                attempt=job.attempt,
            )
            write_whole(self.plan.out / f"{name}.json", answer["text"])
            if "page" in answer:
                write_whole(self.plan.out / answer["page_name"], answer["page"])
            self._count(job, answer["status"], cached=False)

    def _count(self, job: _Job, status: str, *, cached: bool) -> None:
        self.counts[status] += 1
        self.done(Event(job.entry.id, status, cached))

    def _stop(self) -> None:
        """The batch ends early, in order: what is running is not held against its submission."""
        for future, job in self.running.items():
            future.cancel()
            if job.attempt:
                try:
                    self.book.end(job.attempt, "given_up")
                except OperatorError:
                    return  # the disk is full: it stays open


def _answer(future: Future[dict[str, Any]]) -> dict[str, Any]:
    """What a task gave; one that raised, whatever it was, counts as one whose worker died: it costs only its submission."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError) as error:
        raise OperatorError(f"what grades ended unexpectedly ({error or 'cancelled'}); --resume goes on") from None
    except Exception as error:
        return {"died": f"{type(error).__name__}: {error}"}


def _unread_notes(job: _Job) -> list[str]:
    out = []
    for path in job.unread:
        if path.suffix.lower() == ".pdf" and not any(p.suffix.lower() != ".py" for p in job.files):
            out.append(f"{shown(path.name)}: PDF: needs a converter or a person")
        else:
            out.append(f"{shown(path.name)} is not read here: a person looks")
    return out
