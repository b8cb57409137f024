"""Fifty students who check at once, over HTTP, on two workers: how long they wait, and that nobody is lost.

Starts `grader serve` by itself. Students have an address each (127.0.0.2, ..; Linux) or sit behind one, told apart by their
browsers' cookies. First each sends one question, then a whole homework; last, one of them sends without end while another
sends now and then.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2 as httpx

from benchmarks.row import EXAMPLES, ROOT, Options, Row, at_most

HOMEWORK = sorted(p for p in EXAMPLES.iterdir() if p.suffix in (".tex", ".md"))
QUESTION = r"""# Question 1
$$\begin{aligned}
KL[q\|p] &= \mathbb{E}_q[\log q(x) - \log p(x)] \\
&= \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2 + (\mu_1-\mu_2)^2}{2\sigma_1^2} - \frac12
\end{aligned}$$
"""


class Student:
    """Somebody with a browser; waits as it is told to when there is no room."""

    def __init__(self, url: str, number: int, own_address: bool) -> None:
        address = f"127.0.{1 + number // 200}.{2 + number % 200}" if own_address else "127.0.0.1"
        self.http = httpx.Client(base_url=url, transport=httpx.HTTPTransport(local_address=address), timeout=300)
        self.http.get("/")  # gets its cookie
        self.times: list[float] = []
        self.again = 0
        self.lost: list[str] = []

    def check(self, name: str, data: bytes) -> None:
        """One check, repeated while the server says that it is full; its time is that from the first click to the report."""
        began = time.perf_counter()
        while True:
            try:
                answer = self.http.post("/api/check", files={"files": (name, data)})
            except httpx.HTTPError as error:
                self.lost.append(repr(error))
                return
            if answer.status_code in (429, 503):
                self.again += 1
                time.sleep(float(answer.headers["retry-after"]))
                continue
            if answer.status_code != 200 or answer.json()["submission"]["id"] != Path(name).stem:
                self.lost.append(f"{answer.status_code} {answer.text[:100]}")
            self.times.append(time.perf_counter() - began)
            return


def measure(options: Options) -> Iterator[Row]:
    """Start a server, ask it in all these ways, stop it."""
    command = [sys.executable, "-m", "grader", "serve", "--port", "0", "--workers", "2"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        if server.stdout is None or not (found := re.search(r"http://\S+:\d+", server.stdout.readline())):
            raise RuntimeError("the server did not start")
        url = found[0]
        whole = [(p.name, p.read_bytes()) for p in HOMEWORK]
        question = ("question.md", QUESTION.encode())
        yield _alone(Student(url, 99, True), question, "one question, alone")
        yield _alone(Student(url, 98, True), whole[1], "a whole homework, alone")
        for own, where in ((True, "an address each"), (False, "behind one address")):
            students = [Student(url, i, own) for i in range(options.count(50, 3))]
            yield from _at_once(students, [question] * len(students), f"{len(students)} at once, one question, {where}")
            if not own and not options.quick:
                time.sleep(40)  # a room full of students may send two a second in the long run
            jobs = [whole[i % len(whole)] for i in range(len(students))]
            yield from _at_once(students, jobs, f"{len(students)} at once, whole homework, {where}")
        yield _greedy(url, question, whole[0])
    finally:
        server.terminate()
        status = server.wait(60)
    yield Row("web: status with which the server stops", status, "", at_most(0))


def _at_once(students: Sequence[Student], jobs: Sequence[tuple[str, bytes]], what: str) -> Iterator[Row]:
    """All of them check at the same moment."""
    for student in students:
        student.times, student.again = [], 0
    gate = threading.Barrier(len(students) + 1)

    def one(student: Student, job: tuple[str, bytes]) -> None:
        gate.wait()
        student.check(*job)

    threads = [threading.Thread(target=one, args=pair) for pair in zip(students, jobs, strict=True)]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    times = sorted(t for student in students for t in student.times)
    lost = [text for student in students for text in student.lost]
    if times:
        note = (
            f"95 % below {times[int(0.95 * (len(times) - 1))]:.2f} s, the last {times[-1]:.2f} s; {len(times) / took:.2f}/s; "
            f"asked again {sum(student.again for student in students)} times"
        )
        yield Row(f"web: {what}", statistics.median(times), "s", note=note)
    yield Row(f"web: {what}: lost", len(lost), "students", at_most(0), "; ".join(lost[:2]))


def _alone(student: Student, job: tuple[str, bytes], what: str, count: int = 5) -> Row:
    """One after the other."""
    student.times = []
    for _ in range(count):
        student.check(*job)
    return Row(
        f"web: {what}",
        statistics.median(student.times),
        "s",
        note=f"the longest of {count}: {max(student.times):.2f} s",
    )


def _greedy(url: str, question: tuple[str, bytes], homework: tuple[str, bytes]) -> Row:
    """One address floods with ten browsers; another checks five times meanwhile."""
    stop = threading.Event()
    flood = [Student(url, 0, True) for _ in range(10)]

    def send(student: Student) -> None:
        while not stop.is_set():
            if student.http.post("/api/check", files={"files": homework}).status_code != 200:
                time.sleep(0.2)  # as soon as it may, and sooner

    threads = [threading.Thread(target=send, args=(s,), daemon=True) for s in flood for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    row = _alone(Student(url, 7, True), question, "one question while somebody floods")
    stop.set()
    for thread in threads:
        thread.join()
    return row
