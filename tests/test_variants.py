"""One line of a right derivation changed: a slip must be found at that line or behind it, a rewriting never called wrong.

The slips are those of `grader.maths.slips`; only those count that change the value in every setting of the line.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from test_derivations import ASSIGNMENT, RIGHT, graded_text

import grader.grade_part as grade_part
from benchmarks.trust import heading
from grader.checks.context import PartContext
from grader.derivation.derivation import Link
from grader.grade import read
from grader.maths.printer import to_latex
from grader.maths.screening import differ_clearly, same_up_to_order
from grader.maths.slips import mutants
from grader.maths.variants import rewritings
from grader.model import Outcome
from grader.reading.phrases import INTRODUCES
from grader.reading.reader import read_files

FOUND = 0.85
"""Share of slips that must be found; 0.95 is aimed at. Of 1,000 slips 855 are found: 94 % of those in whole derivations, 82 %
of those in the rows of hunts, which are about special values, other systems and contradictions. The slips are drawn among the
links that are confirmed; as rows and confirmed links are added others are drawn, and the figure moves by a percent either way."""
FOUND_IN_WHOLE = 0.93
"""Share of those in derivations that were written to cover a part."""
CONFIRMED = 0.90
DERIVED = [row for row in RIGHT if "aside" not in row]
"""Without single sentences that words restrict: what is not said in a formula there may make a slip right."""
TRIED = 14
"""Slips of one line tried until one changes the value."""


@dataclass(frozen=True)
class Place:
    """A confirmed link of a right derivation: its text around the right member, and where that stands."""

    row: dict[str, Any]
    link: Link
    context: PartContext
    before: str
    after: str
    line: int
    next_line: int | None


def places(rows: int) -> list[Place]:
    """All links of so many right derivations that are confirmed outright and claim something."""
    chosen = DERIVED if rows >= len(DERIVED) else random.Random(5).sample(DERIVED, rows)
    return [place for row in chosen for place in places_of(row)]


def places_of(row: dict[str, Any]) -> Iterator[Place]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answer.md"
        front = heading(row["part"])
        path.write_text(front + row["text"], encoding="utf-8")
        submission = read(read_files([path])[0], ASSIGNMENT)
        question, part = ASSIGNMENT.part(row["part"])
        grade_part.grade_part(submission, question, part)
    context = submission.contexts[id(submission.texts[row["part"]])]
    source = submission.document.source
    whole = front + row["text"]
    starts = [0]
    for line in whole.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for link in context.links:
        right, verdict = link.right, link.verdict
        if verdict.outcome is not Outcome.CORRECT or verdict.note not in ("agrees", "holds"):
            continue
        if link.kind not in ("identity", "inequality") or right.end <= right.start or introduced(link):
            continue
        span = source.span(right.start, right.end)
        start = starts[span.line - 1] + span.column - 1
        end = starts[span.end_line - 1] + span.end_column - 1
        if whole[start:end] != source.text(right.start, right.end) or whole[end:].lstrip().startswith(("_", "}")):
            continue  # a brace below belongs to it
        following = None
        if link.k + 2 < len(link.run.members):
            node = link.run.members[link.k + 2]
            following = source.span(node.start, node.end).line if node.end > node.start else None
        before = front.count("\n")
        yield Place(
            row,
            link,
            context,
            whole[len(front) : start],
            whole[end:],
            span.line - before,
            following and following - before,
        )


def introduced(link: Link) -> bool:
    """Whether words give the left side its meaning here: another right side is another meaning."""
    chain = link.run.chain
    return chain is not None and link.k == 0 and bool(INTRODUCES.search(chain.words))


def slip(place: Place, rng: random.Random) -> tuple[str, str] | None:
    """A slip that changes the value of the member in every setting, as LaTeX."""
    found = list(mutants(place.link.right))
    rng.shuffle(found)
    settings, run = place.context.settings, place.link.run
    judges = [j for j in [*settings.current(run), *settings.families] if settings.possible(j)]
    if place.link.run.relations[place.link.k] != "=":
        return None
    for name, fresh in found[:TRIED]:
        text = to_latex(fresh)
        if name == "transposed" and same_up_to_order(judges[0], place.link.right, fresh):
            continue  # the same matrix in another order of the variables
        if r"\text{" not in text and all(differ_clearly(judge, place.link.right, fresh) for judge in judges):
            return name, text
    return None


_FEW = 160
"""Right derivations that the quick tests take their lines from."""


def tried(count: int, seed: int) -> Iterator[tuple[Place, random.Random]]:
    rng = random.Random(seed)
    every = places(len(DERIVED) if count > 1000 else _FEW)
    rng.shuffle(every)
    for i in range(count):
        yield every[i % len(every)], rng


def check_slips(count: int, share: float = FOUND) -> None:
    tally: Counter[str] = Counter()
    elsewhere: list[str] = []
    for place, rng in tried(10 * count, 11):
        if tally["tried"] >= count:
            break
        found = slip(place, rng)
        if found is None:
            continue
        name, text = found
        part, before = graded_text(place.row["part"], f"{place.before} {text} {place.after}")
        if any(s.outcome is Outcome.UNREADABLE and s.span.line - before == place.line for s in part.steps):
            continue  # the text around it no longer fits, such as a brace below
        wrong = [s.span.line - before for s in part.steps if s.outcome is Outcome.INCORRECT]
        assert not any(s.outcome is Outcome.FAULT for s in part.steps), (place.row["id"], text)
        tally["tried"] += 1
        found_here = any(line in (place.line, place.next_line) for line in wrong)
        tally["found"] += found_here
        if "mark" in place.row:
            tally["whole"] += 1
            tally["found_in_whole"] += found_here
        if any(line not in (place.line, place.next_line) for line in wrong):
            elsewhere.append(f"{place.row['id']} {name}: {text}")
    assert tally["found"] >= share * tally["tried"], tally
    assert count < 1000 or tally["found_in_whole"] >= FOUND_IN_WHOLE * tally["whole"], tally
    assert len(elsewhere) <= 0.03 * tally["tried"], elsewhere


def check_rewritings(count: int) -> None:
    tally: Counter[str] = Counter()
    for place, rng in tried(3 * count, 12):
        fresh = rewritings(place.link.right, rng)
        text = to_latex(fresh)
        if tally["tried"] >= count or fresh == place.link.right or r"\text{" in text:
            continue
        part, before = graded_text(place.row["part"], f"{place.before} {text} {place.after}")
        wrong = [s.reads for s in part.steps if s.outcome is Outcome.INCORRECT]
        assert not wrong, (place.row["id"], text, wrong)
        here = [s for s in part.steps if s.span.line - before in (place.line, place.next_line)]
        claims = [s for s in here if s.outcome is not Outcome.ASSUMED]
        tally["tried"] += 1
        tally["links"] += len(claims)
        tally["correct"] += sum(s.outcome is Outcome.CORRECT for s in claims)
    assert tally["correct"] >= CONFIRMED * tally["links"], tally


def test_slips_are_found_where_they_are() -> None:
    check_slips(100, 0.76)  # a small sample


def test_rewritings_are_never_called_wrong() -> None:
    check_rewritings(100)


@pytest.mark.slow
def test_a_thousand_slips() -> None:
    check_slips(1000)


@pytest.mark.slow
def test_a_thousand_rewritings() -> None:
    check_rewritings(1000)
