"""The most memory of a command, all its processes together (each one's own peak, added up)."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.cold_start import MARKDOWN, SAME, TEX
from benchmarks.measuring import grader
from benchmarks.row import Options, Row, at_most

TARGET = at_most(250)
LOOK = 0.005
"""Seconds between two looks; a peak is kept by the system, so only the very last moment can be missed."""


def measure(options: Options) -> Iterator[Row]:
    """Megabytes of a check and of a comparison: what the terminal waits in, and the worker that reads and decides."""
    for what, words in (
        ("check, LaTeX", ("check", TEX)),
        ("check, Markdown", ("check", MARKDOWN)),
        ("check, LaTeX, with its page", ("check", TEX, "--html", "-")),
        ("compare", ("compare", *SAME)),
    ):
        runs = [grader(*words, look=LOOK) for _ in range(options.count(3, 1))]
        most = max(runs, key=lambda run: run.main_mb + run.below_mb)
        note = f"main {most.main_mb:.0f} MB, worker {most.below_mb:.0f} MB"
        yield Row(f"peak memory: {what}", most.main_mb + most.below_mb, "MB", TARGET, note)
