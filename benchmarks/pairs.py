"""The table of answer pairs through this grader, math-verify, and SymPy's `parse_latex` + `simplify`.

Every pair goes through all three before the next one, so that they share what the machine does at the moment. A tool gives
"the same", "not the same", or nothing: it did not read one side, could not decide, or took longer than `LIMIT`.
"""

from __future__ import annotations

import logging
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import yaml

from benchmarks.row import ROOT, Options, Row, at_least, at_most, missing

LIMIT = 10
"""Seconds a tool may spend on one pair before it counts as undecided."""
OURS = "this grader"

Pair = Mapping[str, Any]
Verdict = bool | None  # None: not decided or not read
Judge = Callable[[Pair], Verdict]


class _TooSlow(BaseException):
    """Not an Exception: tools that catch those must not take it for a verdict."""


def _alarm(*_: object) -> None:
    raise _TooSlow


def ours(parts: Sequence[str]) -> Judge:
    """This grader, with these parts of the assignment at hand."""
    from grader.api import compare
    from grader.assignment import Assignment, shipped

    assignment = Assignment(shipped())
    for part in parts:
        compare("1", "1", part=part, assignment=assignment)

    def judge(pair: Pair) -> Verdict:
        verdict = compare(
            pair["a"], pair["b"], part=pair.get("part"), assume=pair.get("assume", ()), assignment=assignment
        )
        return {"correct": True, "incorrect": False}.get(verdict.outcome.value)

    return judge


def math_verify(parts: Sequence[str]) -> Judge:
    """math-verify as its page shows it; a side of which it kept the text alone was not read."""
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.ERROR)

    def judge(pair: Pair) -> Verdict:
        a, b = (parse(f"${pair[k]}$", parsing_timeout=None) for k in "ab")  # the time is kept here
        if any(all(isinstance(found, str) for found in side) for side in (a, b)):
            return None
        return bool(verify(a, b, timeout_seconds=None))

    return judge


def sympy_latex(parts: Sequence[str]) -> Judge:
    """SymPy: whether the difference simplifies to 0; of an equation its right side."""
    import antlr4  # noqa: F401  (what parse_latex needs and imports late)
    import sympy
    from sympy.parsing.latex import parse_latex

    def judge(pair: Pair) -> Verdict:
        a, b = (parse_latex(pair[k]) for k in "ab")
        a, b = (side.rhs if isinstance(side, sympy.Equality) else side for side in (a, b))
        return bool(sympy.simplify(a - b) == 0)

    return judge


TOOLS: Mapping[str, Callable[[Sequence[str]], Judge]] = {
    OURS: ours,
    "math-verify": math_verify,
    "SymPy parse_latex + simplify": sympy_latex,
}


def timed(judge: Judge, pair: Pair) -> tuple[Verdict, float]:
    """A verdict and the processor seconds it took; whatever a tool fails with counts as "not decided"."""
    start = time.process_time()
    verdict: Verdict = None
    signal.alarm(LIMIT)
    try:
        with suppress(Exception):  # a peer may raise anything
            verdict = judge(pair)
    except _TooSlow:
        pass
    finally:
        signal.alarm(0)
    return verdict, time.process_time() - start


def measure(options: Options) -> Iterator[Row]:
    """For each tool what it gets right and wrong and how long it takes; then each peer against ours on what both decide."""
    table = yaml.load((ROOT / "tests" / "cases" / "pairs.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    pairs = [row for row in table if row["want"] != "unreadable"]
    pairs = pairs[:: options.count(1, 60)]
    truth = [pair["want"] == "correct" for pair in pairs]
    judges: dict[str, Judge] = {}
    for name, make in TOOLS.items():
        try:
            judges[name] = make(sorted({pair["part"] for pair in pairs if pair.get("part")}))
        except ImportError as error:
            yield missing(f"pairs, {name}", f"{error.name} is not installed")
    found = _judged(pairs, judges)
    for name, results in found.items():
        yield from _accuracy(name, [verdict for verdict, _ in results], truth)
        seconds = [s for _, s in results]
        yield Row(
            f"pairs, {name}: time per pair",
            1e3 * statistics.mean(seconds),
            "ms",
            note=f"median {1e3 * statistics.median(seconds):.1f} ms",
        )
    kinds = [pair["kind"] for pair in pairs]
    for name in found:
        if name != OURS:
            yield from _against(name, found[name], found[OURS], truth, kinds)


def _judged(pairs: Sequence[Pair], judges: Mapping[str, Judge]) -> dict[str, list[tuple[Verdict, float]]]:
    warm = {"a": r"\frac{x^2}{2} + \log x", "b": r"\log x + x^2/2"}
    before = signal.signal(signal.SIGALRM, _alarm)
    try:
        for judge in judges.values():
            timed(judge, warm)
        found: dict[str, list[tuple[Verdict, float]]] = {name: [] for name in judges}
        for pair in pairs:
            for name, judge in judges.items():
                found[name].append(timed(judge, pair))
        return found
    finally:
        signal.signal(signal.SIGALRM, before)


def _accuracy(name: str, verdicts: Sequence[Verdict], truth: Sequence[bool]) -> Iterator[Row]:
    both = list(zip(verdicts, truth, strict=True))
    none = at_most(0) if name == OURS else None
    right = 100 * sum(v is t for v, t in both) / len(both)
    yield Row(f"pairs, {name}: right", right, "%", note=f"{len(both)} pairs, {sum(truth)} of them equivalent")
    yield Row(f"pairs, {name}: false accepts", sum(v is True and not t for v, t in both), "pairs", none)
    yield Row(f"pairs, {name}: false rejects", sum(v is False and t for v, t in both), "pairs", none)
    yield Row(f"pairs, {name}: undecided or unread", sum(v is None for v in verdicts), "pairs")


def _against(
    name: str,
    peer: Sequence[tuple[Verdict, float]],
    own: Sequence[tuple[Verdict, float]],
    truth: Sequence[bool],
    kinds: Sequence[str],
) -> Iterator[Row]:
    both = [i for i in range(len(truth)) if peer[i][0] is not None and own[i][0] is not None]
    for what, chosen in (
        ("both decide", both),
        ("both decide, plain expressions", [i for i in both if kinds[i] == "expression"]),
    ):
        if not chosen:
            continue
        ratio = sum(peer[i][1] for i in chosen) / sum(own[i][1] for i in chosen)
        right = [100 * sum(tool[i][0] is truth[i] for i in chosen) / len(chosen) for tool in (own, peer)]
        note = f"{len(chosen)} pairs; right: ours {right[0]:.1f} %, {name} {right[1]:.1f} %"
        yield Row(
            f"{name} over ours, time on the pairs that {what}",
            ratio,
            "×",
            at_least(20) if chosen is both else None,
            note,
        )
