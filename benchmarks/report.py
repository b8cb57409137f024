"""The table, for the terminal and for docs/benchmarks.md, under a line that names the machine and the versions."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from benchmarks.row import Row

BEGIN: Final = "<!-- figures: written by make bench -->"
END: Final = "<!-- end of the figures -->"
PEERS: Final = (
    "pylatexenc",
    "math-verify",
    "sympy",
    "antlr4-python3-runtime",
    "numpy",
    "mpmath",
    "distributed",
    "torch",
)
"""Packages whose versions the figures depend on."""
_REACHED: Final = {True: "yes", False: "**no**", None: ""}
BUSY: Final = 0.5
"""Processes that want a processor before we start, above which wall times say little."""
WIDTH: Final = 180
"""Columns of the table where it does not go to a terminal."""


@dataclass(frozen=True)
class Section:
    """The rows of one measure."""

    name: str
    rows: tuple[Row, ...]


def figure(row: Row) -> str:
    """The measured value with its unit."""
    if row.measured is None:
        return "–"
    value = row.measured
    digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {row.unit}".strip()


def machine(load: float) -> list[str]:
    """Lines that say where and with what was measured; `load` is that of the minute before."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = "; the machine was busy: wall times say little" if load > BUSY else ""
    return [
        f"{_processor()}, {os.cpu_count()} processors, {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]}, load {load:.1f} at the start{busy}",
        ", ".join([f"Python {platform.python_version()}", *_versions(), _bubblewrap()]),
    ]


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _versions() -> Iterator[str]:
    for name in PEERS:
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} not installed"


def _bubblewrap() -> str:
    if shutil.which("bwrap") is None:
        return "bubblewrap not installed"
    return subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False).stdout.strip()


def summary(sections: Sequence[Section]) -> str:
    """How many targets there are and how many are reached."""
    known = [row.reached for section in sections for row in section.rows if row.reached is not None]
    return f"{sum(known)} of {len(known)} targets reached"


def printed(sections: Sequence[Section], load: float) -> None:
    """The table on standard output."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    table = Table(*("what", "measured", "target", "reached", "with"), header_style="bold")
    table.columns[1].justify = "right"
    for section in sections:
        table.add_section()
        for row in section.rows:
            reached = {True: "yes", False: "NO", None: ""}[row.reached]
            table.add_row(
                row.what,
                figure(row),
                str(row.target or ""),
                reached,
                row.note,
                style="red" if row.reached is False else None,
            )
    console.print(table, markup=False)
    for line in [*machine(load), summary(sections)]:
        console.print(line, markup=False, highlight=False)


def markdown(sections: Sequence[Section], load: float) -> str:
    """The same in Markdown."""
    lines = [*(f"- {line}" for line in machine(load)), f"- {summary(sections)}", ""]
    lines += ["| what | measured | target | reached | with |", "|---|---:|---|---|---|"]
    for section in sections:
        lines.append(f"| **{section.name}** | | | | |")
        for row in section.rows:
            cells = (row.what, figure(row), str(row.target or ""), _REACHED[row.reached], row.note)
            lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines)


def has_markers(path: Path) -> bool:
    """Whether a page has a place for the table."""
    return path.is_file() and BEGIN in (text := path.read_text(encoding="utf-8")) and END in text.partition(BEGIN)[2]


def written_into(path: Path, sections: Sequence[Section], load: float) -> None:
    """Renew what stands between the markers of a page that has them."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{markdown(sections, load)}\n{END}{after}", encoding="utf-8")
