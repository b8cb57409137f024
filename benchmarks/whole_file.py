"""Grading a whole submission, warm, everything included, against `pylatexenc.LatexWalker` only parsing the same text; and how
many chains of such texts are judged in a second.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.growth import links_of
from benchmarks.measuring import alternated
from benchmarks.row import EXAMPLES, Options, Row, at_most

TARGET = at_most(2)


def measure(options: Options) -> Iterator[Row]:
    """Ratios of processor time: over all examples, of the worst one, by format, and of each file that was named."""
    from pylatexenc.latexwalker import LatexWalker

    from grader.assignment import Assignment, shipped
    from grader.grade import grade
    from grader.maths.lexer import scan
    from grader.report.to_json import dumps, report_data

    assignment = Assignment(shipped())
    runs = options.count(5, 1)

    def times(path: Path) -> tuple[float, float, float]:
        """Median seconds of grading, of the walker, and of our tokens alone."""
        text = path.read_text(encoding="utf-8", errors="replace")
        works = (
            lambda: dumps(report_data(grade([path], assignment))),
            lambda: LatexWalker(text).get_latex_nodes(),
            lambda: scan(text),
        )
        ours, walker, tokens = (statistics.median(column) for column in alternated(works, runs))
        return ours, walker, tokens

    paths = [p for p in sorted(EXAMPLES.iterdir()) if p.suffix in (".tex", ".md")]
    paths = paths[: options.count(len(paths), 1)]
    found = {path: times(path) for path in paths}
    for name, suffixes in (("all examples", (".tex", ".md")), ("LaTeX", (".tex",)), ("Markdown", (".md",))):
        chosen = [found[p] for p in paths if p.suffix in suffixes]
        if chosen:
            ours, walker, _ = (sum(column) for column in zip(*chosen, strict=True))
            note = f"{len(chosen)} files, on average {1e3 * ours / len(chosen):.0f} ms against {1e3 * walker / len(chosen):.0f} ms"
            yield Row(f"grading over LatexWalker, {name}", ours / walker, "×", TARGET, note)
    worst = max(paths, key=lambda p: found[p][0] / found[p][1])
    yield _one(f"grading over LatexWalker, the worst ({worst.name})", found[worst])
    for path in options.files:
        yield _one(f"grading over LatexWalker, {path.name}", times(path))
    chains, links, _ = (sum(column) for column in zip(*(links_of(grade([p], assignment)) for p in paths), strict=True))
    seconds = sum(found[p][0] for p in paths)
    yield Row(
        "chains judged, in the examples as a whole", chains / seconds, "/s", note=f"{links / seconds:.0f} links/s"
    )
    tokens, walker = sum(found[p][2] for p in paths), sum(found[p][1] for p in paths)
    yield Row("our tokens alone over LatexWalker", tokens / walker, "×", note="the floor of any reading")


def _one(what: str, found: tuple[float, float, float]) -> Row:
    ours, walker, _ = found
    return Row(what, ours / walker, "×", TARGET, f"{1e3 * ours:.0f} ms against {1e3 * walker:.0f} ms")
