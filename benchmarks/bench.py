"""Measures everything and prints one table: what, measured, target, reached.

    python -m benchmarks.bench [--only NAME]... [--quick] [--file FILE]... [--out docs/benchmarks.md]

`--out` renews the table between two markers in a Markdown page; what people wrote around them stays.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.report import Section, figure, has_markers, printed, written_into
from benchmarks.row import Options, Row, missing

MEASURES: Final[Mapping[str, tuple[str, str]]] = {
    "whole_file": ("whole_file", "measure"),
    "growth": ("growth", "measure"),
    "trust": ("trust", "measure"),
    "pairs": ("pairs", "measure"),
    "batch": ("batch", "measure"),
    "cold_start": ("cold_start", "measure"),
    "memory": ("memory", "measure"),
    "sandbox": ("sandbox", "measure"),
    "hostile": ("hostile", "measure"),
}
"""By name the module and its function, in the order in which they run."""

LONG: Final[Mapping[str, tuple[str, str]]] = {
    "batch_memory": ("batch", "measure_memory"),
    "sandbox_class": ("sandbox", "measure_class"),
    "web": ("web", "measure"),
}
"""What takes many minutes by itself and is run by name only."""

ALL: Final[Mapping[str, tuple[str, str]]] = {**MEASURES, **LONG}


def measured(name: str, options: Options) -> Iterator[Row]:
    """The rows of one measure; where a package that it needs is missing, a row that says so."""
    module, function = ALL[name]
    try:
        yield from getattr(importlib.import_module(f"benchmarks.{module}"), function)(options)
    except ModuleNotFoundError as error:
        yield missing(name, f"{error.name} is not installed")
    except RuntimeError as error:  # a command of the grader, or a server, that did not do its work
        yield missing(name, str(error))


def sections(names: Sequence[str], options: Options) -> Iterator[Section]:
    """All rows by measure; each goes to standard error as soon as it is known, so that a run that is stopped was not in vain."""
    for name in names:
        start = time.monotonic()
        rows = []
        for row in measured(name, options):
            rows.append(row)
            print(f"{row.what}: {figure(row)}", file=sys.stderr, flush=True)
        print(f"-- {name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        yield Section(name, tuple(rows))


def main(words: Sequence[str] | None = None) -> int:
    """Run what is asked for; 0 whether targets are reached or not, 2 for usage."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=list(ALL), help="this measure; may be repeated")
    parser.add_argument("--quick", action="store_true", help="few runs on small inputs: whether it works, not how fast")
    parser.add_argument(
        "--file", action="append", type=Path, default=[], help="a further submission against LatexWalker"
    )
    parser.add_argument("--out", type=Path, help="renew the table in this Markdown page")
    asked = parser.parse_args(words)
    if asked.out and (asked.only or asked.quick):
        parser.error("--out takes the whole table: without --only and --quick")
    if asked.out and not has_markers(asked.out):
        parser.error(f"{asked.out}: no page with the markers between which the table stands")
    for path in asked.file:
        if not path.is_file():
            parser.error(f"{path}: no such file")
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # as the grader's own workers have it
    options = Options(asked.quick, tuple(path.resolve() for path in asked.file))
    load = os.getloadavg()[0]
    found = tuple(sections(asked.only or list(MEASURES), options))
    printed(found, load)
    if asked.out:
        written_into(asked.out, found, load)
    return 0


if __name__ == "__main__":
    sys.exit(main())
