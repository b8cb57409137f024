"""Where the time of grading goes, by stage and by group of modules: what explains a figure of `whole_file` that misses its target.

    python -m benchmarks.profiled [FILE]...      (default: all LaTeX and Markdown examples)

A signal asks a thousand times a second of processor time what is being done (POSIX): unlike under cProfile, many small calls look no
dearer than they are. Shares are given as multiples of what `LatexWalker` takes for the same texts, too.
"""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from benchmarks.row import EXAMPLES, ROOT

RUNS = 3
TOP = 15
"""Functions that are named one by one."""
STAGES = {
    "read_files": "files to blocks",
    "read": "blocks to parts, formulas and trees",
    "placed": "blocks to parts, formulas and trees",
    "judged": "every link judged",
    "check_chain": "ways through the chains looked for",
    "run_check": "final answers and other checks",
    "exchanged": "answers under another heading",
    "written": "what was read, for the report",
    "report_data": "the report as JSON",
    "dumps": "the report as JSON",
}
"""Functions of the grader, and the stage that runs in them unless a function of another stage runs inside."""
PARSING = ("pars", "lexer", "token", "syntax", "node", "symbols", "places")
"""How the names of modules begin that make trees of text."""


def group(file: str) -> str:
    """What a module belongs to: a package of the grader (of `maths` one of two halves), a library, or Python itself."""
    path = Path(file)
    if path.is_relative_to(ROOT / "grader"):
        package, *rest = path.relative_to(ROOT / "grader").with_suffix("").parts
        if package == "maths":
            return "maths: text to trees" if rest[0].startswith(PARSING) else "maths: values and verdicts"
        return package
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1]
    return "Python"


class Sampler:
    """Counts what is being done, at each tick of processor time, while it is entered."""

    def __init__(self) -> None:
        self.ticks = 0
        self.stages: Counter[str] = Counter()
        self.groups: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()

    def _tick(self, _: int, frame: FrameType | None) -> None:
        self.ticks += 1
        if frame is not None:
            self.groups[group(frame.f_code.co_filename)] += 1
            self.functions[f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}"] += 1
        self.stages[next(_stages(frame), "the rest")] += 1

    def __enter__(self) -> Sampler:
        signal.signal(signal.SIGPROF, self._tick)
        signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stages(frame: FrameType | None) -> Iterator[str]:
    """The stages of the functions of the grader that are running, the innermost first."""
    while frame is not None:
        stage = STAGES.get(frame.f_code.co_name)
        if stage is not None and Path(frame.f_code.co_filename).is_relative_to(ROOT / "grader"):
            yield stage
        frame = frame.f_back


def main(words: list[str]) -> None:
    """Grade every file once to be warm and `RUNS` times under the sampler; print stages, groups and functions."""
    from pylatexenc.latexwalker import LatexWalker

    from grader.assignment import Assignment, shipped
    from grader.grade import grade
    from grader.report.to_json import dumps, report_data

    paths = [Path(w) for w in words] or [p for p in sorted(EXAMPLES.iterdir()) if p.suffix in (".tex", ".md")]
    assignment = Assignment(shipped())
    sampler = Sampler()
    ours = walker = 0.0
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        grade([path], assignment)
        LatexWalker(text).get_latex_nodes()
        for _ in range(RUNS):
            start = time.process_time()
            LatexWalker(text).get_latex_nodes()
            middle = time.process_time()
            with sampler:
                dumps(report_data(grade([path], assignment)))
            walker += middle - start
            ours += time.process_time() - middle
    ratio = ours / walker
    print(f"grading over LatexWalker: {ratio:.1f} ({len(paths)} files, {sampler.ticks} ticks)")
    for title, found in (("stage", sampler.stages), ("own time, by group", sampler.groups)):
        print(f"\n{title:44} share  times LatexWalker")
        for name, ticks in found.most_common():
            share = ticks / sampler.ticks
            print(f"{name:44} {100 * share:4.0f} % {share * ratio:6.2f}")
    print("\nown time, by function")
    for name, ticks in sampler.functions.most_common(TOP):
        print(f"{name:44} {100 * ticks / sampler.ticks:4.1f} %")


if __name__ == "__main__":
    main(sys.argv[1:])
