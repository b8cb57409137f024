"""Checks on their way: the fair queue in front of so many threads. Everything here happens in the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

from grader.web.checking import Grade, check, close_workers, warm
from grader.web.fair import Client, FairQueue

Task = Callable[[dict[str, Any], Grade], dict[str, Any]]


class Closing(Exception):
    """The server is being stopped and takes nothing more."""


@dataclass(eq=False, slots=True)
class _Job:
    client: Client
    request: dict[str, Any]
    answer: asyncio.Future[dict[str, Any]]
    began: float = 0.0


class Checker:
    """At most `slots` checks run at a time; the others wait in turn."""

    def __init__(self, slots: int, grade: Grade, queue: FairQueue[_Job], *, task: Task = check) -> None:
        self.slots, self._grade, self._queue, self._task = slots, grade, queue, task
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="check")
        self._busy: set[_Job] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._usual = 0.7  # seconds a check takes, about
        self.ready = False
        self.closing = False

    @property
    def busy(self) -> int:
        """Checks that run."""
        return len(self._busy)

    @property
    def waiting(self) -> int:
        """Checks that wait."""
        return len(self._queue)

    @property
    def delay(self) -> float:
        """Seconds until somebody who came now would have an answer, about."""
        return (self.waiting + self.busy + 1) * self._usual / self.slots

    async def warm(self, assignment: str | None) -> None:
        """Get all workers ready. Raises RuntimeError where something keeps them from it."""
        together = Barrier(self.slots)
        tasks = [self._pool.submit(warm, assignment, self._grade, together) for _ in range(self.slots)]
        await asyncio.gather(*(asyncio.wrap_future(t) for t in tasks))
        self.ready = True

    async def check(self, client: Client, request: dict[str, Any]) -> dict[str, Any]:
        """The answer of the task. Raises Full and Closing; a caller that is cancelled gives its place up."""
        if self.closing:
            raise Closing
        job = _Job(client, request, asyncio.get_running_loop().create_future())
        self._queue.put(client, job)
        self._next()
        try:
            return await job.answer
        finally:
            self._queue.drop(client, job)

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        while len(self._busy) < self.slots and (job := self._queue.take()) is not None:
            if job.answer.done():
                continue
            job.began = loop.time()
            self._busy.add(job)
            self._idle.clear()
            try:
                running = self._pool.submit(self._task, job.request, self._grade)
            except RuntimeError:  # shut down meanwhile
                self._over(job, None)
                continue
            running.add_done_callback(lambda done, job=job: loop.call_soon_threadsafe(self._over, job, done))  # type: ignore[misc]

    def _over(self, job: _Job, done: Future[dict[str, Any]] | None) -> None:
        self._busy.discard(job)
        if not self._busy:
            self._idle.set()
        self._usual += 0.1 * (asyncio.get_running_loop().time() - job.began - self._usual)
        if not job.answer.done():
            error = Closing() if done is None or done.cancelled() else done.exception()
            if error is not None:
                job.answer.set_exception(error)
            elif done is not None:
                job.answer.set_result(done.result())
        self._next()

    def refuse(self) -> None:
        """Take nothing more, and refuse what waits; what runs goes on."""
        self.closing = True
        self.ready = False
        for job in self._queue.clear():
            if not job.answer.done():
                job.answer.set_exception(Closing())

    async def close(self, seconds: float) -> None:
        """Refuse, wait for what runs at most so long, and end the workers."""
        self.refuse()
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            pass
        close_workers()
        await asyncio.to_thread(self._pool.shutdown, True, cancel_futures=True)
