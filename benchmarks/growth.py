"""How the time of grading grows: with the rows of one chain, with the chains of a file, with the samples of a world."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import exponent, median_seconds
from benchmarks.row import Options, Row, at_most

if TYPE_CHECKING:
    from grader.assignment import Assignment
    from grader.model import Report

SIZES = (1, 4, 16)
UNIT = 12
"""Rows of the smallest chain; short chains of the smallest file."""
SAMPLES = (20, 320, 5120, 81920)
"""Samples of a world; 20 are usual."""
LINEAR = at_most(1.1)
"""An exponent: 1 is linear, and noise has room."""
PAIRS = (
    (r"\log\frac{\sigma_1}{\sigma_2} - \frac12", r"\log\sigma_1 - \log\sigma_2 - \frac{1}{2}"),
    (r"\frac{\partial}{\partial x} x^3 e^{-x}", r"(3x^2 - x^3) e^{-x}"),
    (r"\sum_{i=1}^{n} i^2", r"\frac{n(n+1)(2n+1)}{6}"),
    (r"(a+b)^4", r"a^4 + 4a^3b + 6a^2b^2 + 4ab^3 + b^4"),
)
"""Equal, so that every sample counts and none is left out."""


def one_chain(rows: int) -> str:
    """A derivation in one display: every row is the closed form with another number added and taken away."""
    closed = r"\log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2 + (\mu_1-\mu_2)^2}{2\sigma_1^2} - \frac12"
    lines = [
        rf"&= {closed} + \frac{{{n}\mu_1}}{{{n + 1}}} - \frac{{{n}\mu_1}}{{{n + 1}}} \\" for n in range(1, rows + 1)
    ]
    return "\n".join([r"\begin{align*}", r"KL[q\|p]", *lines, r"\end{align*}"])


def many_chains(chains: int) -> str:
    """As many displays of three links each, a little different from one another, each with a sentence."""
    return "\n\n".join(
        rf"With the moments of $q$, for a shift by ${n}\mu_1$ we get"
        "\n\n"
        rf"\[ \mathbb{{E}}_q[(x-{n}\mu_1)^2] = \mathbb{{E}}_q[x^2] - {2 * n}\mu_1\mathbb{{E}}_q[x] + {n * n}\mu_1^2"
        rf" = \sigma_2^2 + \mu_2^2 - {2 * n}\mu_1\mu_2 + {n * n}\mu_1^2 = \sigma_2^2 + (\mu_2 - {n}\mu_1)^2 \]"
        for n in range(1, chains + 1)
    )


def measure(options: Options) -> Iterator[Row]:
    """Exponents of the last step, where what does not grow weighs least, and how many chains are judged in a second."""
    from grader.assignment import Assignment, shipped

    assignment = Assignment(shipped())
    sizes = SIZES[: options.count(3, 2)]
    runs, unit = options.count(5, 1), options.count(UNIT, 3)
    for what, make in (("rows of one chain", one_chain), ("chains of a file", many_chains)):
        reports, seconds = _graded([make(unit * size) for size in sizes], assignment, runs)
        chains, links, confirmed = links_of(reports[-1])
        note = f"{links} links, {'all' if confirmed == links else confirmed} confirmed"
        yield _grown(what, [unit * size for size in sizes], seconds, note)
        if make is many_chains:
            yield Row(
                "chains judged, in a file of short ones",
                chains / seconds[-1],
                "/s",
                note=f"{links / seconds[-1]:.0f} links/s",
            )
    counts = SAMPLES[: options.count(len(SAMPLES), 2)]
    times = [median_seconds(_decided(samples), runs) for samples in counts]
    yield _grown("samples of a world", counts, times, f"{len(PAIRS)} pairs, drawn and decided")


def _grown(what: str, sizes: Sequence[int], seconds: Sequence[float], note: str) -> Row:
    last, whole = exponent(sizes[-2:], seconds[-2:]), exponent(sizes, seconds)
    spans = f"{sizes[0]} to {sizes[-1]}: {1e3 * seconds[0]:.0f} to {1e3 * seconds[-1]:.0f} ms, exponent over all {whole:.2f}; {note}"
    return Row(f"growth with the {what}", last, "exponent", LINEAR, spans)


def _graded(texts: Sequence[str], assignment: Assignment, runs: int) -> tuple[list[Report], list[float]]:
    """Of each text as an answer to the first question its report and the median seconds of grading it."""
    from grader.grade import grade

    reports, seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            path = Path(folder) / f"answer{number}.md"
            path.write_text(f"## Question 1\n\n{text}\n", encoding="utf-8")
            reports.append(grade([path], assignment))
            seconds.append(median_seconds(partial(grade, [path], assignment), runs))
    return reports, seconds


def links_of(report: Report) -> tuple[int, int, int]:
    """Chains and links of a report, and how many links are confirmed."""
    from grader.model import Outcome

    steps = [step for part in report.parts for step in part.steps]
    return len({step.chain for step in steps}), len(steps), sum(step.outcome is Outcome.CORRECT for step in steps)


def _decided(samples: int) -> Callable[[], None]:
    """All pairs decided in fresh worlds of so many samples."""
    from grader.maths.blocks import Judge
    from grader.maths.compare import compare_tokens
    from grader.maths.lexer import scan
    from grader.maths.tokens import formula_tokens
    from grader.maths.worlds import World
    from grader.model import Outcome

    read = [(formula_tokens(scan(a)), formula_tokens(scan(b))) for a, b in PAIRS]

    def decide() -> None:
        judge = Judge(World(samples=samples))
        for a, b in read:
            verdict = compare_tokens(judge, a, b)
            assert verdict.outcome is Outcome.CORRECT, verdict

    return decide
