"""Hostile submissions: size, depth, towers of powers, bombs of macros. How long until there is a clear verdict.

A clear verdict is a report, or one sentence that says why there is none: exit status 0, 1 or 2, and no traceback.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import descendants, grader, peak_mb, process_seconds
from benchmarks.row import Options, Row, at_most
from grader.limits import TEXT_BYTES

TARGET = at_most(2)
MEMORY = at_most(250)
LIMIT = 25.0
"""Seconds after which a run counts as hung; the grader itself gives up after 20."""
HEAD = "## Question 1\n\n"


def display(formula: str) -> bytes:
    """An answer to the first question that is this one formula."""
    return f"{HEAD}$$KL[q\\|p] = {formula}$$\n".encode()


def rows(lines: list[str]) -> bytes:
    """A chain with these rows after its first two members."""
    start = r"KL[q\|p] &= E_q[\log q(x)] - E_q[\log p(x)]"
    return (HEAD + "$$\\begin{aligned}\n" + "\\\\\n".join([start, *lines]) + "\n\\end{aligned}$$\n").encode()


def filled(text: str, before: str = "") -> bytes:
    """A text repeated until the largest size that is read."""
    room = TEXT_BYTES - len(before.encode()) - 1
    return (before + text * (room // len(text.encode()))).encode()


def nested(opening: str, closing: str, depth: int, core: str = "1") -> bytes:
    """An answer that is so deep."""
    return display(opening * depth + core + closing * depth)


def doubling(levels: int) -> bytes:
    """Macros of which each writes the next one twice."""
    names = [f"m{chr(97 + i)}" for i in range(levels + 1)]
    lines = [rf"\newcommand{{\{a}}}{{\{b}\{b}}}" for a, b in pairwise(names)]
    return ("\n".join(lines) + "\n\\section{Question 1}\n$$ KL = \\ma $$\n").encode()


HOSTILE: Mapping[str, tuple[str, bytes]] = {
    # size
    "ten megabytes": ("a.tex", b"$x=1$ a\n" * 1_300_000),
    "a megabyte of prose": ("a.md", filled("We know that it holds, and so on.\n\n", HEAD)),
    "a megabyte of formulas": ("a.md", filled("$x=1$ so\n", HEAD)),
    "a megabyte of displays": ("a.md", filled("$$KL = \\mu_1 + 1$$\n\n", HEAD)),
    "a megabyte of dollars": ("a.md", filled("$", HEAD)),
    "a megabyte of braces": ("a.tex", filled("{", "\\section{Question 1}")),
    "a megabyte of headings": ("a.md", filled("## Question 1\n\n")),
    "a megabyte of begin": ("a.tex", filled("\\begin{align}", "\\section{Question 1}")),
    "a megabyte of items": ("a.tex", filled("\\item x\n\\begin{enumerate}", "\\section{Question 1}")),
    "2,000 rows": ("a.md", rows([r"&= E_q[\log q(x)] - E_q[\log p(x)] + 1 - 1"] * 2000)),
    "2,000 false rows": ("a.md", rows([rf"&= E_q[\log q(x)] - E_q[\log p(x)] + {n}" for n in range(1, 2001)])),
    "a row of 20,000 characters": ("a.md", rows(["&= " + " + ".join([r"\mu_1^2 \sigma_1"] * 1250)])),
    "a row of 700 different terms": ("a.md", rows(["&= " + " + ".join(rf"\mu_1^{{{n}}}" for n in range(1, 700))])),
    "a determinant of 30 by 30": (
        "a.md",
        display(r"\det\begin{pmatrix}" + r"\\".join("&".join(rf"\mu_1^{{{(i * j) % 7}}}" for j in range(30)) for i in range(30)) + r"\end{pmatrix}"),
    ),
    "a number of 5,000 digits": ("a.md", display("7" * 5000)),
    # depth
    "2,000 brackets": ("a.md", nested("(", ")", 2000)),
    "40 brackets": ("a.md", nested("(1+", ")", 40)),
    "900 fractions": ("a.md", nested(r"\frac{1}{", "}", 900)),
    "40 fractions": ("a.md", nested(r"\frac{1}{1+", "}", 40)),
    "5,000 fractions": ("a.md", nested(r"\frac{1}{", "}", 5000)),
    "40 roots of absolute values": ("a.md", nested(r"\sqrt{|\mu_1 - ", "|}", 20, r"\mu_2")),
    "1,000 subscripts": ("a.md", nested("x_{", "}", 1000)),
    "3,000 environments": ("a.tex", b"\\section{Question 1}" + b"\\begin{itemize}\\item " * 3000),
    # towers, and what is large by a few signs
    "a tower of four nines": ("a.md", display("9^{9^{9^9}}")),
    "a tower of forty nines": ("a.md", nested("9^{", "}", 40, "9")),
    "a tower of variables": ("a.md", nested(r"\sigma_1^{", "}", 40, r"\sigma_2")),
    "a tower of exponentials": ("a.md", nested(r"\exp(", ")", 40, "10")),
    "a density of a hundred billion variables": ("a.md", display(r"\log p(x_{1:99999999999})")),
    "a billion terms by dots": ("a.md", display(r"\mu_1 + \dots + \mu_{999999999}")),
    "four integrals in one another": (
        "a.md",
        display(r"\int(\int(\int(\int e^{-x^2-y^2-z^2-u^2-\mu_1}\,dx)\,dy)\,dz)\,du"),
    ),
    "five integrals on the square": (
        "a.md",
        display(r"\int_0^1(\int_0^1(\int_0^1(\int_0^1(\int_0^1 \mu_1 xyzuw\,dx)\,dy)\,dz)\,du)\,dw"),
    ),
    "twelve sums of densities in one another": ("a.md", nested(r"\sum_{i=1}^N ", "", 12, r"\log p(x_i)")),
    "seventy integrals": ("a.md", nested(r"\int ", " dx", 70, r"\mu_1")),
    "the factorial of a billion": ("a.md", display("(10^9)!")),
    "factorials of factorials": ("a.md", display("3" + "!" * 30)),
    "a binomial of billions": ("a.md", display(r"\binom{10^9}{5 \cdot 10^8}")),
    "a sum of a billion terms": ("a.md", display(r"\sum_{i=1}^{10^9} \frac{1}{i^2}")),
    "six sums in one another": ("a.md", display("".join(rf"\sum_{{{i}=1}}^{{100}} " for i in "ijklmn") + "(i+j+k+l+m+n)")),
    "a product of sums": ("a.md", display(r"\prod_{i=1}^{1000} \sum_{j=1}^{1000} \frac{i}{j}")),
    "fifteen derivatives in one another": ("a.md", nested(r"\frac{\partial}{\partial \mu_1} (", ")", 15, r"\mu_1^{40} e^{\mu_1^2}")),
    "the thousandth derivative": ("a.md", display(r"\frac{\partial^{1000}}{\partial \mu_1^{1000}} e^{\mu_1^2}")),
    "integrals in one another": ("a.md", display("".join(r"\int_0^1 " for _ in "abcd") + r"e^{abcd} \, da \, db \, dc \, dd")),
    "expectations in one another": ("a.md", nested(r"\mathbb{E}_q[ x + ", "]", 12, r"\log q(x)")),
    # macros
    "a macro that calls itself": (
        "a.tex", b"\\newcommand{\\a}{\\b\\b}\\newcommand{\\b}{\\a\\a}\n\\section{Question 1}\n$$ KL = \\a $$",
    ),
    "macros that double": ("a.tex", doubling(25)),
    "macros that nearly reach the limit": ("a.tex", doubling(16)),
    "arguments that double": (
        "a.tex", b"\\newcommand{\\d}[1]{#1#1}\n\\section{Question 1}\n$$ KL = " + b"\\d{" * 30 + b"x" + b"}" * 30 + b" $$",
    ),
    "definitions without end": ("a.tex", filled("\\def\\x{\\y}\\def\\y{1}\n", "\\section{Question 1} $KL = 1$")),
    "a file that draws in itself": ("a.tex", b"\\section{Question 1}\n\\input{a}\\input{a}\n$$KL = 1$$"),
    "an environment around itself": (
        "a.tex", b"\\newenvironment{z}{\\begin{z}}{\\end{z}}\n\\section{Question 1}\n\\begin{z}$KL=1$\\end{z}",
    ),
    # what is no text
    "binary": ("a.tex", bytes(range(256)) * 4000),
    "directions and zero bytes": ("a.md", (HEAD + "$x = \u202e1$ \u2066 " * 5000).encode()),
}  # fmt: skip
"""By name: the file's name and its bytes."""


def measure(options: Options) -> Iterator[Row]:
    """The slowest of all, in a warm worker; the slowest of those from a cold start; the most memory any of them takes."""
    names = list(HOSTILE)[:: options.count(1, 12)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        warm = {each: _warm(_written(folder, each)) for each in names}
        slowest = sorted(names, key=lambda each: warm[each].seconds, reverse=True)[: options.count(5, 1)]
        cold = {each: grader("check", _written(folder, each), limit=LIMIT) for each in slowest}
    unclear = [each for each in names if not warm[each].clear]
    unclear += [each for each, ended in cold.items() if ended.status not in (0, 1, 2) or "Traceback" in ended.said]
    unclear = list(dict.fromkeys(unclear))
    yield Row(
        "hostile: inputs without a clear verdict",
        len(unclear),
        "inputs",
        at_most(0),
        "; ".join(unclear) or f"of {len(names)}",
    )
    for what, seconds in (
        ("warm, time of a processor", {each: ended.seconds for each, ended in warm.items()}),
        ("from a cold start, wall time", {each: ended.wall for each, ended in cold.items()}),
    ):
        yield Row(f"hostile: the slowest, {what}", max(seconds.values()), "s", TARGET, _slowest(seconds))
    most = max(names, key=lambda each: warm[each].peak_mb)
    over = [each for each in names if warm[each].peak_mb > MEMORY.bound]
    yield Row(
        "hostile: peak memory of the worker",
        warm[most].peak_mb,
        "MB",
        MEMORY,
        f"{most}; {len(over)} over {MEMORY.bound:g} MB",
    )


@dataclass(frozen=True)
class Warm:
    """One check by a worker that had graded nothing, and was warm."""

    seconds: float
    """Processor time of the worker."""
    peak_mb: float
    clear: bool
    """Whether it answered, in time."""


def _warm(path: str) -> Warm:
    from grader.isolate import Worker, WorkerDied, WorkerTimeout

    with Worker(seconds=LIMIT) as worker:
        worker.ask({"op": "compare", "a": "1", "b": "1", "part": "Q1"})
        (pid,) = descendants(os.getpid())
        before = process_seconds(pid)
        try:
            answer = worker.ask({"op": "check", "files": [path]})
        except (WorkerTimeout, WorkerDied):
            return Warm(LIMIT, 0.0, False)
        return Warm(process_seconds(pid) - before, peak_mb(pid), bool(answer.get("ok") or answer.get("message")))


def _written(folder: Path, name: str) -> str:
    """The path of a hostile file, in a folder of its own."""
    file, data = HOSTILE[name]
    place = folder / name.replace(" ", "_") / file
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    return str(place)


def _slowest(seconds: Mapping[str, float]) -> str:
    """How many take longer than they should, and the slowest ones with their times."""
    order = sorted(seconds, key=seconds.__getitem__, reverse=True)
    over = sum(s > TARGET.bound for s in seconds.values())
    return f"{over} of {len(order)} over {TARGET.bound:g} s: " + ", ".join(
        f"{n} {seconds[n]:.1f} s" for n in order[: max(3, over)]
    )
