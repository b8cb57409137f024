"""Submissions graded on a Dask cluster: an executor for `batch.run`, or for a server, that gives what a local run gives.

Dask is an extra and imported only where it is asked for. Every task carries its files and the assignment (`parcel`), so that nothing
need be shared; a worker that is lost costs nothing, since Dask gives its tasks to another.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from grader import provenance
from grader.errors import OperatorError
from grader.intake.convert import stopping
from grader.parcel import Sent, TooMuch, differing, facts, graded, packed
from grader.task import close_workers, grade_task

_CONNECT_SECONDS: Final = 10
_WORKER_SECONDS: Final = 60.0
"""How long there may be no worker at all before the batch ends: a nanny starts one again in some seconds."""
_LOOK_SECONDS: Final = 1.0


class Cluster(Executor):
    """Runs `grade_task` on the workers of a cluster, and what belongs to this machine (conversions) in threads here.

    A future whose scheduler is lost, or for which no worker is left, raises BrokenExecutor with one sentence.
    """

    def __init__(self, client: Any, address: str, assignment: Sent, expected: tuple[str, ...]) -> None:
        self._client = client
        self._address = address
        self._assignment = assignment
        self._expected = expected
        # not pure: a second attempt at a submission is to be made, not to be given the answer of the first
        self._remote: Executor = client.get_executor(pure=False)
        self._local = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
        self._used = False  # whether anything ran in them
        self._open: dict[Future[Any], Future[Any]] = {}
        self._guard = threading.Lock()
        self._broken = ""
        self._closing = threading.Event()
        self._threads: int = sum(client.nthreads().values())
        self._watch = threading.Thread(target=self._watched, daemon=True)
        self._watch.start()

    @property
    def width(self) -> int:
        """How many tasks should be on their way now: the threads there are, and a few that wait beside them."""
        return max(1, self._threads + max(1, self._threads // 4))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn` on the cluster if it is `grade_task`, else here."""
        if self._closing.is_set():
            raise RuntimeError("cannot schedule new futures after shutdown")
        if fn is not grade_task:
            return self._here(fn, *args, **kwargs)
        (request,) = args
        asked = Path(request["assignment"]) if request["assignment"] else provenance.shipped()
        if asked.resolve() != self._assignment.folder:
            raise ValueError(f"{asked}: the cluster was given {self._assignment.folder}")
        try:
            parcel = packed(request, self._assignment, self._expected)
        except (OSError, TooMuch):
            return self._here(fn, request)  # which says what is the matter with the files
        outer: Future[Any] = Future()
        try:
            inner = self._remote.submit(_there, parcel)
        except Exception:  # of many kinds, where the client was closed because its scheduler is gone
            outer.set_exception(BrokenExecutor(self._broken or self._lost()))
            return outer
        with self._guard:
            broken = self._broken
            if not broken:
                self._open[outer] = inner
        if broken:
            inner.cancel()
            outer.set_exception(BrokenExecutor(broken))
            return outer
        outer.add_done_callback(self._cancelled)
        inner.add_done_callback(lambda done: self._done(outer, done))
        return outer

    def _here(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        self._used = True
        return self._local.submit(fn, *args, **kwargs)

    def _cancelled(self, outer: Future[Any]) -> None:
        with self._guard:
            inner = self._open.pop(outer, None)
        if inner is not None:
            inner.cancel()

    def _done(self, outer: Future[Any], inner: Future[Any]) -> None:
        with self._guard:
            if self._open.pop(outer, None) is None:
                return  # cancelled, or the cluster is lost
        if not outer.set_running_or_notify_cancel():
            return
        try:
            outer.set_result(inner.result())
        except CancelledError:
            outer.set_exception(BrokenExecutor(self._lost()))
        except Exception as error:  # whatever a worker raised: the caller is told, as by any executor
            outer.set_exception(_in_words(error))

    def _lost(self) -> str:
        return f"the Dask scheduler at {self._address} was lost"

    def _watched(self) -> None:
        """Ends what waits for a cluster that is not there any more, and counts its threads."""
        seen = time.monotonic()
        while not self._closing.wait(_LOOK_SECONDS):
            try:
                if self._client.status != "running":
                    raise OSError
                self._threads = sum(self._client.nthreads().values())
            except Exception:  # of many kinds, as the connection ends while it is used
                if not self._closing.is_set():
                    self._break(self._lost())
                return
            if self._threads:
                seen = time.monotonic()
            elif time.monotonic() - seen > _WORKER_SECONDS:
                self._break(f"the Dask scheduler at {self._address} has had no worker for {_WORKER_SECONDS:g} s")
                return

    def _break(self, why: str) -> None:
        with self._guard:
            self._broken = why
            waiting, self._open = list(self._open), {}
        for outer in waiting:
            if outer.set_running_or_notify_cancel():
                outer.set_exception(BrokenExecutor(why))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more; what is running is dropped, on the cluster when its answer comes."""
        self._closing.set()
        with self._guard:
            waiting, self._open = dict(self._open), {}
        for outer, inner in waiting.items():
            outer.cancel()
            inner.cancel()
        if self._used:
            close_workers()
            self._local.shutdown(wait=wait, cancel_futures=True)
            stopping.clear()
        self._watch.join()


@contextmanager
def connect(address: str, assignment: Path | None = None, *, programs: bool = True) -> Iterator[Cluster]:
    """The workers of a Dask scheduler as an executor, once it is sure that all of them grade as this machine does.

    `address` is that of the scheduler (`tcp://host:8786`, `tls://..`) or the file it was told to write (`--scheduler-file`);
    `assignment` a folder or None for the one shipped; with `programs` workers must run Python answers as this machine does.
    Raises OperatorError where Dask is not installed, nobody answers, no worker is there, or a worker has other versions.
    """
    client = _client(address)
    try:
        expected = facts(programs=programs)
        _check(client, address, expected, programs)
        sent = Sent.read((assignment or provenance.shipped()).resolve())
        cluster = Cluster(client, address, sent, expected)
        try:
            yield cluster
        finally:
            cluster.shutdown()
    finally:
        client.close(timeout=2)


def _client(address: str) -> Any:
    try:
        from distributed import Client
        from distributed.versions import VersionMismatchWarning
    except ImportError:
        raise OperatorError("--cluster needs Dask: pip install 'homework-grader[cluster]'") from None
    for name in ("distributed", "tornado"):  # what goes wrong is said in our words
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore", VersionMismatchWarning)  # versions are asked for by `facts`
    warnings.filterwarnings("ignore", "Sending large graph")  # a submission with photographs
    where = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
    for last in (False, True):
        try:
            return Client(**where, timeout=_CONNECT_SECONDS, set_as_default=False)
        except AssertionError:  # on a busy machine Dask's own thread may not have started within its ten seconds
            if last:
                raise OperatorError(f"--cluster {address}: Dask could not be started here; try again") from None
        except (OSError, ValueError, TypeError, ImportError, KeyError) as error:
            why = _line(error) if isinstance(error, ValueError) else f"{_CONNECT_SECONDS} s tried"
            raise OperatorError(
                f"--cluster {address}: no Dask scheduler answers there ({why}); docs/cluster.md tells how to start one"
            ) from None
    raise AssertionError("both attempts end above")


def _check(client: Any, address: str, expected: tuple[str, ...], programs: bool) -> None:
    """Raises OperatorError where no worker comes, or one grades otherwise than this machine."""
    try:
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        answers = client.run(_facts_there, programs, on_error="return")
    except TimeoutError:
        raise OperatorError(
            f"--cluster {address}: no worker has come for {_WORKER_SECONDS:g} s; start some: dask worker {address}"
        ) from None
    except OSError as error:
        raise OperatorError(f"--cluster {address}: the scheduler was lost ({error})") from None
    for name, found in sorted(answers.items()):
        if isinstance(found, BaseException):
            raise OperatorError(
                f"the worker {name} cannot run the grader ({_line(found)}): install the same version there"
            )
        wrong = differing(expected, found, name)
        if wrong:
            raise OperatorError(wrong)


def _in_words(error: Exception) -> Exception:
    if type(error).__name__ == "KilledWorker":
        return RuntimeError("every worker that graded it was lost")
    return error


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


# on a worker


def _facts_there(programs: bool) -> tuple[str, ...]:
    return facts(programs=programs)


def _there(parcel: dict[str, Any]) -> dict[str, Any]:
    from distributed import get_worker

    worker = get_worker()
    return graded(parcel, worker.address, worker.local_directory)
