"""How the time of grading grows with the number of links: one chain of so many rows, and so many short chains, at 1, 4 and
16 times the first size, warm, in one run.

`python benchmarks/growth.py [RUNS]`
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from grader.assignment import Assignment, shipped
from grader.grade import grade
from grader.model import Outcome

SIZES = (1, 4, 16)
UNIT = 12
"""Rows of the smallest chain; short chains of the smallest file."""


def one_chain(rows: int) -> str:
    """A derivation in one display: every row is the closed form with another number added and taken away."""
    closed = r"\log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2 + (\mu_1-\mu_2)^2}{2\sigma_1^2} - \frac12"
    lines = [rf"&= {closed} + \frac{{{n}\mu_1}}{{{n + 1}}} - \frac{{{n}\mu_1}}{{{n + 1}}} \\" for n in range(1, rows + 1)]
    return "\n".join([r"\begin{align*}", r"KL[q\|p]", *lines, r"\end{align*}"])


def many_chains(chains: int) -> str:
    """As many displays of three links each, a little different from one another."""
    return "\n\n".join(
        rf"\[ \mathbb{{E}}_q[(x-{n}\mu_1)^2] = \mathbb{{E}}_q[x^2] - {2 * n}\mu_1\mathbb{{E}}_q[x] + {n * n}\mu_1^2"
        rf" = \sigma_2^2 + \mu_2^2 - {2 * n}\mu_1\mu_2 + {n * n}\mu_1^2 = \sigma_2^2 + (\mu_2 - {n}\mu_1)^2 \]"
        for n in range(1, chains + 1)
    )


def measured(text: str, assignment: Assignment, runs: int) -> tuple[int, int, float]:
    """Links in all, links confirmed, median seconds of grading the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.md"
        path.write_text(f"## Question 1\n\n{text}\n", encoding="utf-8")
        grade([path], assignment)
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            report = grade([path], assignment)
            times.append(time.perf_counter() - start)
    steps = next(p.steps for p in report.parts if p.id == "Q1")
    return len(steps), sum(s.outcome is Outcome.CORRECT for s in steps), statistics.median(times)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    assignment = Assignment(shipped())
    for title, make in (("one chain of rows", one_chain), ("chains of three links", many_chains)):
        base = None
        for size in SIZES:
            links, confirmed, seconds = measured(make(UNIT * size), assignment, runs)
            each = seconds / links
            base = base or each
            print(
                f"{title:<22} {size:>3}×: {links:>4} links ({confirmed} confirmed) {1e3 * seconds:7.1f} ms, "
                f"{1e3 * each:5.2f} ms a link, {each / base:4.2f} of the first"
            )


if __name__ == "__main__":
    main()
