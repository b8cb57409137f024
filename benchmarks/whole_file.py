"""Grading a whole submission against `pylatexenc.LatexWalker` only parsing it, warm, in alternation, as a ratio.

`python benchmarks/whole_file.py FILE [RUNS]`
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from pylatexenc.latexwalker import LatexWalker

from grader.assignment import Assignment, shipped
from grader.grade import grade
from grader.maths.lexer import scan
from grader.report.to_json import dumps, report_data


def main() -> None:
    path = Path(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    text = path.read_text(encoding="utf-8", errors="replace")
    assignment = Assignment(shipped())
    ratios, ours, walker, tokens = [], [], [], []
    for i in range(runs + 1):
        start = time.perf_counter()
        LatexWalker(text).get_latex_nodes()
        middle = time.perf_counter()
        dumps(report_data(grade([path], assignment)))
        end = time.perf_counter()
        scan(text)
        last = time.perf_counter()
        if i:
            walker.append(middle - start)
            ours.append(end - middle)
            ratios.append((end - middle) / (middle - start))
            tokens.append(last - end)
    print(f"LatexWalker parse: median {1e3 * statistics.median(walker):.0f} ms")
    print(f"our token pass:    median {1e3 * statistics.median(tokens):.0f} ms")
    print(f"grading, all in:   median {1e3 * statistics.median(ours):.0f} ms")
    print(f"ratio, run by run: median {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
