"""Where the time of grading goes, by group of modules: what explains a figure of `whole_file` that misses its target.

    python -m benchmarks.profiled [FILE]...      (default: all LaTeX and Markdown examples)

Own time under cProfile, which makes many small calls look dearer than they are: shares, not milliseconds.
"""

from __future__ import annotations

import cProfile
import sys
from collections import Counter, defaultdict
from pathlib import Path
from types import CodeType

from benchmarks.row import EXAMPLES, ROOT

TOP = 15
"""Functions that are named one by one."""
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


def main(words: list[str]) -> None:
    """Grade every file once to be warm and once under the profiler; print a table of groups and one of functions."""
    from grader.assignment import Assignment, shipped
    from grader.grade import grade
    from grader.report.to_json import dumps, report_data

    paths = [Path(w) for w in words] or [p for p in sorted(EXAMPLES.iterdir()) if p.suffix in (".tex", ".md")]
    assignment = Assignment(shipped())
    profile = cProfile.Profile()
    for path in paths:
        grade([path], assignment)
        with profile:
            dumps(report_data(grade([path], assignment)))
    groups: defaultdict[str, float] = defaultdict(float)
    functions: defaultdict[str, float] = defaultdict(float)
    calls: Counter[str] = Counter()
    for entry in profile.getstats():
        code = entry.code
        if isinstance(code, CodeType):
            place, name = group(code.co_filename), f"{Path(code.co_filename).stem}.{code.co_qualname}"
        else:
            place, name = ("numpy" if "numpy" in code else "built into Python"), code
        groups[place] += entry.inlinetime
        functions[name] += entry.inlinetime
        calls[name] += entry.callcount
    whole = sum(groups.values())
    print("| group | share of own time |\n|---|---:|")
    for place, seconds in _largest(groups):
        print(f"| {place} | {100 * seconds / whole:.0f} % |")
    print("\n| function | share | calls |\n|---|---:|---:|")
    for name, seconds in _largest(functions):
        print(f"| `{name}` | {100 * seconds / whole:.1f} % | {calls[name]} |")


def _largest(shares: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda item: -item[1])[:TOP]


if __name__ == "__main__":
    main(sys.argv[1:])
