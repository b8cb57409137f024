"""The table of answer pairs through this grader, math-verify, and SymPy's `parse_latex` + `simplify`, in one run.

Prints accuracy, false accepts, false rejects and time per pair, and the ratio of times on the pairs that both read.
Run with `make bench-pairs` (it installs the peers into an environment of its own).
"""

from __future__ import annotations

import signal
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 10
"""Seconds a peer may spend on one pair before it counts as undecided."""

Verdict = bool | None  # None: not decided or not read
Judge = Callable[[dict[str, Any]], Verdict]


class _TooSlow(Exception):
    pass


def _alarm(*_: object) -> None:
    raise _TooSlow


def ours() -> Judge:
    from grader.api import compare
    from grader.assignment import Assignment, shipped
    from grader.errors import ReadError

    assignment = Assignment(shipped())

    def judge(row: dict[str, Any]) -> Verdict:
        try:
            verdict = compare(
                row["a"], row["b"], part=row.get("part"), assume=row.get("assume", ()), assignment=assignment
            )
        except ReadError:
            return None
        return {"correct": True, "incorrect": False}.get(verdict.outcome.value)

    return judge


def math_verify() -> Judge:
    from math_verify import parse, verify

    def judge(row: dict[str, Any]) -> Verdict:
        a, b = (parse(f"${row[k]}$", parsing_timeout=None) for k in "ab")
        if not a or not b:
            return None
        return bool(verify(a, b, timeout_seconds=None))

    return judge


def sympy_latex() -> Judge:
    import sympy
    from sympy.parsing.latex import parse_latex

    def judge(row: dict[str, Any]) -> Verdict:
        a, b = parse_latex(row["a"]), parse_latex(row["b"])
        if isinstance(a, sympy.Equality):
            a = a.rhs
        if isinstance(b, sympy.Equality):
            b = b.rhs
        return bool(sympy.simplify(a - b) == 0)

    return judge


def measure(rows: list[dict[str, Any]], judge: Judge) -> tuple[list[Verdict], list[float]]:
    """Verdicts and seconds, pair by pair; any failure of a peer counts as "not decided"."""
    verdicts: list[Verdict] = []
    seconds: list[float] = []
    for row in rows:
        start = time.perf_counter()
        signal.alarm(LIMIT)
        try:
            verdict = judge(row)
        except Exception:  # a peer may raise anything
            verdict = None
        finally:
            signal.alarm(0)
        seconds.append(time.perf_counter() - start)
        verdicts.append(verdict)
    return verdicts, seconds


def main() -> None:
    signal.signal(signal.SIGALRM, _alarm)
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "cases" / "pairs.yaml"
    rows = [r for r in yaml.safe_load(path.read_text(encoding="utf-8")) if r["want"] != "unreadable"]
    truth = [r["want"] == "correct" for r in rows]
    print(f"{len(rows)} pairs, {sum(truth)} equivalent")
    print(f"{'':28}{'right':>8}{'false accept':>14}{'false reject':>14}{'undecided':>11}{'ms/pair':>9}{'median':>8}")
    results: dict[str, tuple[list[Verdict], list[float]]] = {}
    for name, make in (("this grader", ours), ("math-verify", math_verify), ("parse_latex + simplify", sympy_latex)):
        try:
            judge = make()
        except ImportError as error:
            print(f"{name:28}not installed ({error})")
            continue
        measure(rows[:3], judge)  # warm
        verdicts, seconds = measure(rows, judge)
        results[name] = verdicts, seconds
        right = sum(v is t for v, t in zip(verdicts, truth, strict=True))
        accepts = sum(v is True and not t for v, t in zip(verdicts, truth, strict=True))
        rejects = sum(v is False and t for v, t in zip(verdicts, truth, strict=True))
        undecided = sum(v is None for v in verdicts)
        print(
            f"{name:28}{right / len(rows):8.1%}{accepts:14}{rejects:14}{undecided:11}"
            f"{1e3 * sum(seconds) / len(rows):9.2f}{1e3 * statistics.median(seconds):8.2f}"
        )
    own = results["this grader"]
    for name, (verdicts, seconds) in results.items():
        if name == "this grader":
            continue
        both = [i for i, v in enumerate(verdicts) if v is not None and own[0][i] is not None]
        if both:
            ratio = sum(seconds[i] for i in both) / sum(own[1][i] for i in both)
            own_right = sum(own[0][i] is truth[i] for i in both) / len(both)
            peer_right = sum(verdicts[i] is truth[i] for i in both) / len(both)
            print(
                f"on the {len(both)} pairs that {name} decides: {ratio:.1f} times its time to ours; right {own_right:.1%} against {peer_right:.1%}"
            )


if __name__ == "__main__":
    main()
