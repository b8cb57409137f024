"""How long each command takes from a cold start: wall time, as whoever types it waits; processor time in the note."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import Ended, grader
from benchmarks.row import EXAMPLES, Options, Row, Target, at_most, missing

HELP = at_most(0.3)
CHECK = at_most(1.5)
TEX, MARKDOWN, PYTHON = (str(EXAMPLES / name) for name in ("en_careful.tex", "fr_careful.md", "py_numpy.py"))
SAME = (r"\log\frac{\sigma_1}{\sigma_2}", r"\log\sigma_1 - \log\sigma_2")


@dataclass(frozen=True)
class Command:
    """A command line, and how long it may take."""

    what: str
    words: tuple[str, ...]
    target: Target | None = None
    once: bool = False
    """Whether it takes so long that one run has to do."""
    anew: bool = False
    """Whether nothing is cached: references are derived."""


def commands(folder: Path) -> list[Command]:
    """Every command that ends by itself; `folder` holds `grades`, what `grade` wrote for two examples."""
    grades = str(folder / "grades")
    return [
        Command("--help", ("--help",), HELP),
        Command("check --help", ("check", "--help")),
        Command("compare", ("compare", *SAME)),
        Command("check, LaTeX", ("check", TEX), CHECK),
        Command("check, Markdown", ("check", MARKDOWN), CHECK),
        Command("check --html", ("check", TEX, "--html", str(folder / "page.html"))),
        Command("check, Python", ("check", PYTHON)),
        Command("check, references derived anew", ("check", TEX), once=True, anew=True),
        Command("grade, one submission", ("grade", TEX, "--out", str(folder / "again"), "--resume", "--again")),
        Command("lint", ("lint",)),
        Command("selftest --only-examples", ("selftest", "--only-examples", "--examples", str(EXAMPLES)), once=True),
        Command("schema", ("schema",)),
        Command("doctor", ("doctor",)),
        Command("show", ("show", grades, "en_careful")),
        Command("stats", ("stats", grades)),
        Command("review --list", ("review", grades, "--list")),
        Command("similar", ("similar", grades)),
        Command("diff", ("diff", grades)),
        Command("package --out", ("package", "--out", str(folder / "autograder.zip")), once=True),
        Command("package --student", ("package", "--student", str(folder / "kit")), once=True),
    ]


def measure(options: Options) -> Iterator[Row]:
    """Median wall time of each command; all of them in turn, run after run."""
    rounds = options.count(5, 1)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for out, files in (("grades", [TEX, MARKDOWN]), ("again", [TEX])):
            made = grader("grade", *files, "--out", str(folder / out))
            if made.status:
                raise RuntimeError(f"grade ended with {made.status}: {made.said[-500:]}")
        chosen = [c for c in commands(folder) if not (options.quick and c.once)]
        found: dict[str, list[Ended]] = {command.what: [] for command in chosen}
        for number in range(rounds):
            for command in chosen:
                if not (number and command.once):
                    cache = {"GRADER_CACHE": str(folder / "empty")} if command.anew else {}
                    found[command.what].append(grader(*command.words, limit=300, environment=cache))
    for command in chosen:
        runs = found[command.what]
        bad = next((run for run in runs if run.status not in (0, 1)), None)  # 1: something is incorrect, or missing
        what = f"cold start: {command.what}"
        if bad is not None:
            yield missing(what, f"it ended with {bad.status}: {' '.join(bad.said.split())[-120:]}")
            continue
        note = f"processor {statistics.median(run.processor for run in runs):.2f} s"
        yield Row(
            what,
            statistics.median(run.wall for run in runs),
            "s",
            command.target,
            note + (", one run" if len(runs) == 1 else ""),
        )
