"""Laws of verdicts: what says the same has the same verdict, and verdicts do not contradict each other.

On formulas generated from the names of a part's own world, on bound variables, and on the rows of the case tables.
`HYPOTHESIS_PROFILE=long` tries twenty times as many, other ones in each run.
"""

from __future__ import annotations

import random
import re
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from conftest import ROOT, cases, tries
from hypothesis import given
from hypothesis import strategies as st
from spellings import SPELLINGS
from test_laws import Expr, expressions, far_apart, latex, mutate, rewrite

from grader.api import compare
from grader.assignment import Assignment, shipped
from grader.errors import ReadError
from grader.maths import syntax as T
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.maths.variants import rewritings
from grader.model import Outcome, Verdict

DECIDED = {Outcome.CORRECT, Outcome.INCORRECT}
FIRST = Assignment(shipped())
SECOND = Assignment(ROOT / "assignments" / "generative_models")
ROWS = [(row, FIRST) for name in ("pairs.yaml", "hunted.yaml") for row in cases(name) if "known_wrong" not in row]
ROWS += [(row, SECOND) for row in cases("second.yaml")]
seeds = st.integers(0, 10**9)


def verdict(row: dict[str, Any], assignment: Assignment, a: str, b: str) -> Verdict:
    return compare(a, b, part=row.get("part"), assume=row.get("assume", ()), assignment=assignment)


# verdicts do not contradict each other


@tries(60)
@given(expressions, seeds)
def test_equality_is_transitive(e: Expr, seed: int) -> None:
    """a = b and b = c make a = c; a = b and b ≠ c make a ≠ c: never the opposite is said."""
    rng = random.Random(seed)
    again = rewrite(e, rng)
    a, b, c, d = (latex(x) for x in (e, again, rewrite(again, rng), mutate(again, rng)))
    first = compare(a, b).outcome
    if first is Outcome.CORRECT and compare(b, c).outcome is Outcome.CORRECT:
        assert compare(a, c).outcome is not Outcome.INCORRECT, (a, c)
    if first is Outcome.CORRECT and compare(b, d).outcome is Outcome.INCORRECT:
        assert compare(a, d).outcome is not Outcome.CORRECT, (a, d)


def consistent(outcomes: dict[frozenset[str], Outcome], texts: list[str]) -> list[tuple[str, str, str]]:
    """Triples of which two are equal to each other and the third is equal to one and wrong for the other."""
    out = []
    for a, b, c in combinations(texts, 3):
        sides = [outcomes[frozenset(pair)] for pair in ((a, b), (b, c), (a, c))]
        if sides.count(Outcome.CORRECT) == 2 and Outcome.INCORRECT in sides:
            out.append((a, b, c))
    return out


@cache
def pools() -> list[tuple[str, tuple[str, ...]]]:
    """Formulas of the tables without assumptions, by the part they answer."""
    found: dict[str, dict[str, None]] = {}
    for row, assignment in ROWS:
        if assignment is FIRST and not row.get("assume") and row["want"] in ("correct", "incorrect"):
            found.setdefault(row.get("part") or "", {}).update({row["a"]: None, row["b"]: None})
    return [(part, tuple(texts)) for part, texts in sorted(found.items()) if len(texts) >= 3]


@tries(8)
@given(st.data())
def test_verdicts_on_answers_to_a_part_are_an_equivalence(data: st.DataObject) -> None:
    """Neighbours in the table are often equal: three of them in a row, and two from elsewhere."""
    part, texts = data.draw(st.sampled_from(pools()))
    at = data.draw(st.integers(0, len(texts) - 3))
    chosen = [*texts[at : at + 3], *data.draw(st.lists(st.sampled_from(texts), max_size=2))]
    chosen = list(dict.fromkeys(chosen))
    outcomes = {
        frozenset(pair): compare(*pair, part=part or None, assignment=FIRST).outcome for pair in combinations(chosen, 2)
    }
    assert consistent(outcomes, chosen) == []


@tries(60)
@given(st.sampled_from(ROWS), st.booleans())
def test_a_row_read_from_right_to_left(row: tuple[dict[str, Any], Assignment], itself: bool) -> None:
    """The verdict is the same in both directions, and no formula is wrong for itself."""
    one, assignment = row
    a, b = (one["a"], one["a"]) if itself else (one["a"], one["b"])
    forth, back = verdict(one, assignment, a, b).outcome, verdict(one, assignment, b, a).outcome
    assert forth is back, (a, b)
    assert not (itself and forth is Outcome.INCORRECT)


# what says the same has the same verdict


@tries(90)
@given(
    st.sampled_from(ROWS),
    st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=1, max_size=3, unique=True),
    seeds,
    st.booleans(),
)
def test_another_spelling_keeps_the_verdict(
    row: tuple[dict[str, Any], Assignment], names: list[str], seed: int, first: bool
) -> None:
    one, assignment = row
    rng = random.Random(seed)
    text = one["a" if first else "b"]
    for name in names:
        text = SPELLINGS[name](text, rng)
    a, b = (text, one["b"]) if first else (one["a"], text)
    found = verdict(one, assignment, a, b)
    assert found.outcome.value in {one["want"], one.get("open", one["want"])}, (names, text, found)


@tries(60)
@given(st.sampled_from(ROWS), seeds)
def test_a_rewriting_of_a_row_is_never_called_wrong(row: tuple[dict[str, Any], Assignment], seed: int) -> None:
    """Terms and factors in another order, products multiplied out, logarithms split, indices renamed."""
    one, assignment = row
    judge = assignment.judge(one["part"]) if one.get("part") else None
    try:
        tree = parse(one["a"], judge.world.notation) if judge else parse(one["a"])
    except ReadError:
        return
    text = to_latex(rewritings(tree, random.Random(seed)))
    if r"\text{" in text:
        return  # words are not printed as formulas
    assert verdict(one, assignment, one["a"], text).outcome is not Outcome.INCORRECT, text
    if one["want"] == "correct":
        assert verdict(one, assignment, text, one["b"]).outcome is not Outcome.INCORRECT, text


LETTERS = ("i", "j", "k", "n", "m")
BOUND = {
    "sum": r"\sum_{{{0}=1}}^{{3}} \left( {1} \right)",
    "product": r"\prod_{{{0}=1}}^{{3}} \left( {1} \right)",
    "symbolic": r"\frac{{1}}{{N}}\sum_{{{0}=1}}^{{N}} \left( {1} \right)",
    "maximum": r"\sum_{{{0}=1}}^{{2}} \max\left(0, {1} \right)",
}


@tries(50)
@given(expressions, st.sampled_from(sorted(BOUND)), st.sampled_from(LETTERS), st.sampled_from(LETTERS), seeds)
def test_the_letter_of_a_bound_variable_is_free(e: Expr, kind: str, one: str, other: str, seed: int) -> None:
    rng = random.Random(seed)
    body, again = latex(e), latex(rewrite(e, rng))
    texts = [
        BOUND[kind].format(letter, re.sub(r"(?<![A-Za-z])x(?![A-Za-z])", f" {letter} ", inner))
        for letter, inner in ((one, body), (other, again))
    ]
    found = compare(*texts)
    assert found.outcome is not Outcome.INCORRECT, texts
    assert found.outcome is Outcome.CORRECT or found.note in ("too_deep", "budget", "undefined"), (texts, found)


@tries(40)
@given(
    st.lists(
        st.sampled_from([r"\sigma_1", r"\sigma_2", "(1+x^2)", r"\sqrt{2}", "e^{a}", r"\sigma(z)"]),
        min_size=2,
        max_size=4,
    ),
    seeds,
)
def test_a_logarithm_may_be_split(factors: list[str], seed: int) -> None:
    rng = random.Random(seed)
    above = [rng.random() < 0.6 for _ in factors]
    powers = [rng.choice((1, 1, 2, 3)) for _ in factors]
    raised = [f if p == 1 else rf"\left({f}\right)^{{{p}}}" for f, p in zip(factors, powers, strict=True)]
    top = "".join(r for r, up in zip(raised, above, strict=True) if up) or "1"
    below = "".join(r for r, up in zip(raised, above, strict=True) if not up) or "1"
    terms = [
        ("+" if up else "-") + (f"{p}" if p > 1 else "") + rf"\ln {f}"
        for f, p, up in zip(factors, powers, above, strict=True)
    ]
    whole, split = rf"\log\frac{{{top}}}{{{below}}}", "".join(terms)
    found = compare(whole, split)
    assert found.outcome is Outcome.CORRECT, (whole, split, found)


# formulas over the names of a part's own world


@cache
def worlds() -> list[tuple[str, tuple[str, ...]]]:
    """Parts with plain numbers among their givens, and these as they are written."""
    found = []
    for _, part in FIRST.parts:
        judge = FIRST.judge(part.id)
        if judge is None:
            continue
        names = []
        for key, symbol in judge.world.symbols.items():
            base, _, index = key.partition("_")
            written = (base if len(base) == 1 else "\\" + base) + (f"_{{{index}}}" if index else "")
            if symbol.kind in ("real", "positive", "between") and "*" not in key and _is_name(written, part.id, key):
                names.append(written)
        if len(names) >= 2:
            found.append((part.id, tuple(names[:6])))
    return found


def _is_name(written: str, part: str, key: str) -> bool:
    judge = FIRST.judge(part)
    assert judge is not None
    try:
        tree = parse(written, judge.world.notation)
    except ReadError:
        return False
    return isinstance(tree, T.Name) and tree.key == key


def renamed(e: Expr, names: tuple[str, ...]) -> Expr:
    """The expression over other names."""
    if e[0] == "name":
        return ("name", names[sum(map(ord, e[1])) % len(names)])
    return e if e[0] == "num" else (e[0], *(renamed(x, names) for x in e[1:]))


@tries(60)
@given(st.data(), expressions, seeds)
def test_a_rewriting_is_right_in_every_world(data: st.DataObject, e: Expr, seed: int) -> None:
    part, names = data.draw(st.sampled_from(worlds()))
    rng = random.Random(seed)
    ours = renamed(e, names)
    texts = latex(ours), latex(rewrite(ours, rng))
    found = compare(*texts, part=part, assignment=FIRST)
    assert found.outcome is not Outcome.INCORRECT, (part, texts, found)
    again = compare(*reversed(texts), part=part, assignment=FIRST)
    assert {found.outcome, again.outcome} != DECIDED, (part, texts)


@tries(60)
@given(st.sampled_from(ROWS))
def test_what_is_printed_is_read_alike(row: tuple[dict[str, Any], Assignment]) -> None:
    one, assignment = row
    judge = assignment.judge(one["part"]) if one.get("part") else None
    notation = judge.world.notation if judge else None
    for side in "ab":
        try:
            tree = parse(one[side], notation) if notation else parse(one[side])
        except ReadError:
            continue
        text = to_latex(tree)
        if r"\text{" not in text:
            assert (parse(text, notation) if notation else parse(text)) == tree, (one[side], text)


def test_mutants_of_far_values_exist() -> None:
    """The generator of these laws makes what it is to make: mutants that differ."""
    rng = random.Random(3)
    e: Expr = ("+", ("name", "a"), ("*", ("name", "b"), ("num", 2)))
    assert sum(far_apart(e, mutate(e, rng)) for _ in range(40)) >= 30


@pytest.mark.slow
@tries(1500)
@given(expressions, seeds)
def test_many_transitive_triples(e: Expr, seed: int) -> None:
    test_equality_is_transitive.hypothesis.inner_test(e, seed)  # type: ignore[attr-defined]
