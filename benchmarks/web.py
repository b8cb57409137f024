"""Fifty students who check at once, over HTTP: how long they wait, and that nobody is lost.

    python benchmarks/web.py [--students 50] [--workers 2]

Starts `grader serve` by itself. Students have an address each (127.0.0.2, ..; Linux) or sit behind one, told apart by their
browsers' cookies. First each sends one question, then a whole homework; last, one of them sends without end while another
sends now and then.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2 as httpx

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(p for p in (ROOT / "submissions_example").iterdir() if p.suffix in (".tex", ".md"))
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


def at_once(students: list[Student], jobs: list[tuple[str, bytes]], title: str) -> None:
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
    times = sorted(t for s in students for t in s.times)
    lost = [x for s in students for x in s.lost]
    again = sum(s.again for s in students)
    print(
        f"{title:<46} median {statistics.median(times):6.2f} s   p95 {times[int(0.95 * (len(times) - 1))]:6.2f} s   "
        f"max {times[-1]:6.2f} s   {len(times) / took:5.2f}/s   asked again {again}   lost {len(lost)}"
    )
    for line in lost[:3]:
        print(f"    {line}")


def alone(student: Student, name: str, data: bytes, title: str, count: int = 5) -> None:
    """One after the other, nobody else there."""
    student.times = []
    for _ in range(count):
        student.check(name, data)
    print(f"{title:<46} median {statistics.median(student.times):6.2f} s   max {max(student.times):6.2f} s")


def greedy(url: str) -> None:
    """One address floods with ten browsers; another checks five times meanwhile."""
    stop = threading.Event()
    flood = [Student(url, 0, True) for _ in range(10)]

    def send(student: Student) -> None:
        while not stop.is_set():
            answer = student.http.post("/api/check", files={"files": (EXAMPLES[0].name, EXAMPLES[0].read_bytes())})
            if answer.status_code != 200:
                time.sleep(0.2)  # as soon as it may, and sooner

    threads = [threading.Thread(target=send, args=(s,), daemon=True) for s in flood for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    alone(Student(url, 7, True), "question.md", QUESTION.encode(), "one question while somebody floods")
    stop.set()
    for thread in threads:
        thread.join()


def main() -> None:
    """Start a server, ask it, stop it."""
    options = argparse.ArgumentParser()
    options.add_argument("--students", type=int, default=50)
    options.add_argument("--workers", type=int, default=2)
    asked = options.parse_args()
    command = [sys.executable, "-m", "grader", "serve", "--port", "0", "--workers", str(asked.workers)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+:\d+", server.stdout.readline())
        assert found, "the server did not start"
        url = found[0]
        whole = [(p.name, p.read_bytes()) for p in EXAMPLES]
        alone(Student(url, 99, True), "question.md", QUESTION.encode(), "one question, alone")
        alone(Student(url, 98, True), *whole[1], "a whole homework, alone")
        for own, where in ((True, "an address each"), (False, "behind one address")):
            students = [Student(url, i, own) for i in range(asked.students)]
            at_once(
                students,
                [("question.md", QUESTION.encode())] * len(students),
                f"{len(students)} at once, one question, {where}",
            )
            if not own:
                time.sleep(40)  # a room full of students may send two a second in the long run
            jobs = [whole[i % len(whole)] for i in range(len(students))]
            at_once(students, jobs, f"{len(students)} at once, whole homework, {where}")
        greedy(url)
        print(httpx.get(f"{url}/healthz").json())
    finally:
        server.terminate()
        print("stopped with", server.wait(60))


if __name__ == "__main__":
    main()
