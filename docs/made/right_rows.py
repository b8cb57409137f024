"""The table of right rows in `trust.md`: how many there are in the tables of tests, none of which may be called wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from made.markdown import table

CASES: Final = Path(__file__).resolve().parents[2] / "tests" / "cases"
_FIRST: Final = "<!-- right rows, counted by docs/make_reference.py -->\n"
_LAST: Final = "<!-- end of the right rows -->"


def filled(page: str) -> str:
    """The page with the table counted anew."""
    head, _, rest = page.partition(_FIRST)
    return f"{head}{_FIRST}\n{right_rows()}\n{_LAST}{rest.partition(_LAST)[2]}"


def right_rows() -> str:
    """The table."""
    derivations = [row for path in sorted((CASES / "derivations").glob("*.yaml")) for row in _rows(path)]
    counted = (
        ("whole derivations of the 16 mathematical parts", sum(bool(r["right"]) for r in derivations), "test_derivations"),
        ("answers to a part, written without sight of the program", _count("answers", "right", True), "test_answers"),
        ("answers of the hunts", _count("hunted_answers", "right", True), "test_answers"),
        ("pairs of answers that say the same", _count("pairs", "want", "correct"), "test_pairs"),
        ("pairs of the hunts", _count("hunted", "want", "correct"), "test_pairs"),
        ("constructs that break naive readers", _count("constructs", "want", "correct"), "test_pairs"),
        ("notations of the second assignment", _count("second", "want", "correct"), "test_second_assignment"),
        ("whole submissions to the second assignment", len(list((CASES / "generative").iterdir())), "test_second_assignment"),
        ("final answers in the text around them", _count("finals", "outcome", "correct"), "test_finals"),
        ("Python functions", _count("programs", "says", "correct"), "test_programs"),
    )  # fmt: skip
    total = sum(n for _, n, _ in counted)
    rows = [(what, f"{n:,}", f"`tests/{test}.py`") for what, n, test in counted]
    return table(("what", "right rows", "test"), [*rows, ("**in all**", f"**{total:,}**", "none called wrong")])


def _rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return rows


def _count(name: str, key: str, value: object) -> int:
    return sum(row[key] == value for row in _rows(CASES / f"{name}.yaml"))
