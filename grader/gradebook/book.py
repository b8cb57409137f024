"""`Gradebook`: what a batch writes and what people, exports and the web read and decide."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from grader.errors import OperatorError
from grader.gradebook.balance import balance
from grader.gradebook.decisions import Decisions
from grader.gradebook.records import (
    Balance,
    Crashes,
    Result,
    Run,
    Student,
    Submission,
    Upload,
)
from grader.gradebook.remarks import Remarks
from grader.gradebook.rows import RESULT, SUBMISSION, now, result_of, submission_of
from grader.gradebook.store import WAIT_SECONDS, GradebookError, Store
from grader.gradebook.summary import summarize


class Gradebook(Decisions):
    """One gradebook file, for one thread; a context manager.

    Every method raises GradebookError (Locked, DiskFull) where the file cannot be read or written. Several processes may
    have it open: readers never wait, writers wait for each other up to five seconds.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def open(cls, path: Path, *, create: bool = False, wait: float = WAIT_SECONDS) -> Self:
        """Open the gradebook at `path` (a file, or the folder a batch wrote into).

        Raises GradebookError if there is none (unless `create`), for a damaged file and for one of a newer version; an
        older one is brought up to date.
        """
        return cls(Store.open(path / "gradebook.sqlite" if path.is_dir() else path, create=create, wait=wait))

    @property
    def path(self) -> Path:
        """The file."""
        return self._store.path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    @property
    def remarks(self) -> Remarks:
        """The reusable comments."""
        return Remarks(self._store)

    # what there is

    def submissions(self, *, gone: bool = False) -> tuple[Submission, ...]:
        """All submissions in the order they were found; with `gone` also those that are there no more."""
        return tuple(self.each(gone=gone))

    def each(self, *, gone: bool = False) -> Iterator[Submission]:
        """`submissions`, one after the other and never all in memory."""
        where = "" if gone else "WHERE present"
        rows = self._store.rows(f"SELECT {SUBMISSION} FROM submissions {where} ORDER BY position, id")
        return (submission_of(row) for row in rows)

    def submission(self, submission: str) -> Submission:
        """One submission. Raises OperatorError if the gradebook has none of this id."""
        row = self._store.row(f"SELECT {SUBMISSION} FROM submissions WHERE id = ?", (submission,))
        if row is None:
            raise OperatorError(f"{self.path}: no submission {submission!r}")
        return submission_of(row)

    def result(self, submission: str, *, previous: bool = False) -> Result | None:
        """The result that counts now, or (`previous`) that counted before the last batch began; None if there is none."""
        key = "previous" if previous else "graded"
        row = self._store.row(
            f"SELECT {RESULT} FROM results r JOIN submissions s ON s.id = r.submission AND s.{key} = r.key WHERE s.id = ?",
            (submission,),
        )
        return None if row is None else result_of(row)

    def results(self) -> Iterator[Result]:
        """The results that count, one after the other in the order of the submissions; never all in memory."""
        rows = self._store.rows(
            f"SELECT {RESULT} FROM submissions s JOIN results r ON s.id = r.submission AND s.graded = r.key "
            "WHERE s.present ORDER BY s.position, s.id"
        )
        return (result_of(row) for row in rows)

    def report_text(self, submission: str) -> str | None:
        """The report that counts, as the bytes of its JSON file decoded; None if there is none."""
        row = self._store.row(
            "SELECT r.report FROM results r JOIN submissions s ON s.id = r.submission AND s.graded = r.key WHERE s.id = ?",
            (submission,),
        )
        if row is None:
            return None
        try:
            return zlib.decompress(row[0]).decode("utf-8")
        except zlib.error:
            raise GradebookError(f"{self.path}: the report of {submission} is damaged; grade it again") from None

    def report(self, submission: str) -> dict[str, Any] | None:
        """The report that counts, as data of schema `grader/report/1` (for a teaching assistant: it holds reference values)."""
        text = self.report_text(submission)
        data: dict[str, Any] | None = None if text is None else json.loads(text)
        return data

    # what a batch writes

    def begin_run(self, arguments: Mapping[str, object]) -> int:
        """Record that a batch starts, with what it was asked; returns its number."""
        with self._store.transaction():
            last = self._store.row("SELECT ended_at FROM runs ORDER BY id DESC LIMIT 1")
            if last is None or last[0]:  # one that was cut off goes on in this one
                self._store.write("UPDATE submissions SET previous = graded")
            return self._store.write(
                "INSERT INTO runs (started_at, process, arguments) VALUES (?, ?, ?)",
                (now(), os.getpid(), json.dumps(dict(arguments))),
            )

    def end_run(self, run: int) -> None:
        """Record that a batch came to its end."""
        with self._store.transaction():
            self._store.write("UPDATE runs SET ended_at = ? WHERE id = ?", (now(), run))

    def last_run(self) -> Run | None:
        """The last batch; None if there was none."""
        row = self._store.row("SELECT id, started_at, ended_at, process, arguments FROM runs ORDER BY id DESC LIMIT 1")
        return None if row is None else Run(row[0], row[1], row[2], row[3], json.loads(row[4]))

    def register(self, uploads: Sequence[Upload]) -> None:
        """Record all submissions a batch found, in order, in one transaction.

        One that is known by its id keeps its results and overrides. Those found under the same source before and not
        any more are no longer present; those of other sources stay.
        """
        with self._store.transaction():
            top = self._store.row("SELECT ifnull(max(position), -1) FROM submissions")
            last = int(top[0]) if top else -1
            known = {row[0]: row[1] for row in self._store.rows("SELECT id, position FROM submissions")}
            for source in sorted({u.source for u in uploads}):
                self._store.write("UPDATE submissions SET present = 0 WHERE source = ?", (source,))
            for upload in uploads:
                if upload.id not in known:
                    last += 1
                submitters = json.dumps([asdict(p) for p in upload.submitters])
                self._store.write(
                    "INSERT INTO submissions (id, position, source, origin, folder, files, submitters, created_at) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET source = excluded.source, origin = excluded.origin, "
                    "folder = excluded.folder, files = excluded.files, submitters = excluded.submitters, "
                    "created_at = excluded.created_at, wanted = '', present = 1",
                    (
                        upload.id,
                        known.get(upload.id, last),
                        upload.source,
                        upload.origin,
                        upload.folder,
                        json.dumps(upload.files),
                        submitters,
                        upload.created_at,
                    ),
                )

    def want(self, submission: str, key: str, sha256: str) -> bool:
        """Say which result a submission should have; true if it is there, and then it counts from now on."""
        with self._store.transaction():
            found = self._store.row("SELECT 1 FROM results WHERE submission = ? AND key = ?", (submission, key))
            self._store.write("UPDATE submissions SET wanted = ?, sha256 = ? WHERE id = ?", (key, sha256, submission))
            if found is not None:
                self._store.write("UPDATE submissions SET graded = ? WHERE id = ?", (key, submission))
            return found is not None

    def crashes(self, submission: str, key: str, *, since: int = 0) -> Crashes:
        """Attempts at this key that came to nothing, in this batch and those before (from the batch `since` on)."""
        row = self._store.row(
            "SELECT count(*) FILTER (WHERE outcome = 'died'), count(*) FILTER (WHERE outcome = '') "
            "FROM attempts WHERE submission = ? AND key = ? AND run >= ?",
            (submission, key, since),
        )
        return Crashes(*row) if row else Crashes(0, 0)

    def begin(self, run: int, submission: str, key: str) -> int:
        """Commit that an attempt starts, before it does; returns its number. While open it counts as one that was cut off."""
        with self._store.transaction():
            return self._store.write(
                "INSERT INTO attempts (run, submission, key, started_at) VALUES (?, ?, ?, ?)",
                (run, submission, key, now()),
            )

    def end(self, attempt: int, outcome: str, message: str = "") -> None:
        """Record that an attempt ended without a result: `died` (its worker did) or `given_up` (the batch was stopped)."""
        with self._store.transaction():
            self._end(attempt, outcome, message)

    def _end(self, attempt: int, outcome: str, message: str) -> None:
        self._store.write(
            "UPDATE attempts SET ended_at = ?, outcome = ?, message = ? WHERE id = ?",
            (now(), outcome, message, attempt),
        )

    def put_result(
        self,
        submission: str,
        key: str,
        text: str,
        *,
        status: str,
        notes: Sequence[str] = (),
        summary: Mapping[str, Any] | None = None,
        attempt: int | None = None,
    ) -> None:
        """Store a report and, in the same transaction, that its attempt is done; from now on it counts.

        `text` is the JSON of the report, `summary` what `summarize` gives of it (worked out here if left out). A result
        that is there for this key already is replaced, never doubled.
        """
        data = summary if summary is not None else summarize(json.loads(text))
        raw = text.encode("utf-8")
        with self._store.transaction():
            self._store.write(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    submission,
                    key,
                    status,
                    json.dumps(list(notes)),
                    json.dumps(data, separators=(",", ":")),
                    zlib.compress(raw, 6),
                    hashlib.sha256(raw).hexdigest(),
                    now(),
                ),
            )
            self._store.write("UPDATE submissions SET graded = ? WHERE id = ?", (key, submission))
            if attempt is not None:
                self._end(attempt, "done", "")

    # the class

    def put_roster(self, students: Sequence[Student]) -> None:
        """Record the roster; it replaces the one before."""
        with self._store.transaction():
            self._store.write("DELETE FROM roster")
            for i, s in enumerate(students):
                self._store.write("INSERT INTO roster VALUES (?, ?, ?, ?, ?)", (i, s.name, s.sid, s.email, s.sections))

    def roster(self) -> tuple[Student, ...]:
        """The roster in its order; empty if none was given."""
        return tuple(
            Student(*row) for row in self._store.rows("SELECT name, sid, email, sections FROM roster ORDER BY position")
        )

    def balance(self) -> Balance:
        """Who is graded, who is not, who is missing, whose submission belongs to nobody: what an export asks first."""
        return balance(self.roster(), self.submissions())
