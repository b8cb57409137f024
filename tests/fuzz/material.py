"""What inputs are made of: formulas, lines and whole texts of the example submissions and of the case tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
EXAMPLES = ROOT / "submissions_example"
_FORMULA = re.compile(
    r"\$\$(.+?)\$\$|\$([^$\n]+)\$|\\\[(.+?)\\\]|\\begin\{(align\*?|equation\*?)\}(.+?)\\end\{\4\}", re.DOTALL
)
_LINES = 40
"""A whole submission is cut into pieces of so many lines: small inputs are tried more often."""


def rows(name: str) -> list[dict[str, Any]]:
    """A case table."""
    found: list[dict[str, Any]] = yaml.load(
        (TESTS / "cases" / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return found


@cache
def formulas() -> tuple[str, ...]:
    """LaTeX formulas, of the pair tables and of the submissions."""
    found = [row[side] for name in ("pairs.yaml", "hunted.yaml", "second.yaml") for row in rows(name) for side in "ab"]
    found += [row["text"] for row in rows("constructs.yaml")]
    for text in texts(".tex") + texts(".md"):
        found += [next(g for g in m.group(1, 2, 3, 5) if g) for m in _FORMULA.finditer(text)]
    return tuple(dict.fromkeys(f.strip() for f in found if f.strip() and len(f) < 600))


@cache
def pairs() -> tuple[tuple[str, str, str], ...]:
    """Pairs of formulas and what is to be said of them without a part: `correct` or `incorrect`."""
    return tuple((r["a"], r["b"], r["want"]) for r in rows("pairs.yaml") if not r.get("part") and not r.get("assume"))


@cache
def texts(ending: str) -> tuple[str, ...]:
    """Texts of submissions with an ending, in pieces, and those of the tables."""
    found = [
        piece for path in sorted(EXAMPLES.glob(f"*{ending}")) for piece in _pieces(path.read_text(encoding="utf-8"))
    ]
    for row in rows("parts.yaml"):
        if str(row.get("name", "")).endswith(ending):
            found.append(row["text"])
    if ending == ".tex":
        found += [row["text"] for row in rows("displays.yaml")]
        found += [f"{row.get('preamble') or ''}\n${row['text']}$" for row in rows("constructs.yaml")]
    if ending == ".md":
        found += [answer for _, answer in answers()]
        found += [f"# Question 2\n1. {row['text']}" for row in rows("contexts.yaml")]
    return tuple(dict.fromkeys(found))


@cache
def answers() -> tuple[tuple[str, str], ...]:
    """Answers to single parts as files in Markdown, with the part's id: right and wrong derivations."""
    found = []
    for path in sorted((TESTS / "cases" / "derivations").glob("*.yaml")):
        found += [(row["part"], headed(row["part"], row["text"])) for row in rows(f"derivations/{path.name}")]
    return tuple(found)


def headed(part: str, text: str) -> str:
    """An answer under the heading of its part."""
    question, _, label = part.partition(".")
    name = f"({label})" if label.isalpha() else f"{question[1:]}.{label}"
    return f"## Question {question[1:]}\n\n{'### ' + name if label else ''}\n\n{text}"


def _pieces(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for at in range(0, len(lines), _LINES):
        yield "\n".join(lines[at : at + _LINES])
