"""Laws that hold for all formulas: symmetry, equivalence under rewriting, mutants are not correct, print and parse."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.api import compare
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.model import Outcome

# Expressions as nested tuples, with a LaTeX writer and an evaluator of the tests' own.
Expr = tuple[Any, ...]
NAMES = ["a", "b", "x", r"\mu_1", r"\mu_2", r"\sigma_1", r"\gamma"]
SETTINGS = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def latex(e: Expr) -> str:
    op = e[0]
    if op == "num":
        return str(e[1])
    if op == "name":
        return str(e[1])
    inner = [latex(x) for x in e[1:]]
    return {
        "+": lambda: f"({inner[0]} + {inner[1]})",
        "-": lambda: f"({inner[0]} - {inner[1]})",
        "*": lambda: (
            f"{inner[0]} \\cdot {inner[1]}" if e[1][0] != "neg" and e[2][0] != "neg" else f"({inner[0]})({inner[1]})"
        ),
        "/": lambda: f"\\frac{{{inner[0]}}}{{{inner[1]}}}",
        "sq": lambda: f"\\left({inner[0]}\\right)^2",
        "neg": lambda: f"(-{inner[0]})",
        "exp": lambda: f"e^{{{inner[0]}}}",
        "log1": lambda: f"\\log\\left(1 + e^{{{inner[0]}}}\\right)",
        "sig": lambda: f"\\sigma({inner[0]})",
        "sqrt1": lambda: f"\\sqrt{{1 + ({inner[0]})^2}}",
        "logexp": lambda: f"\\ln\\exp({inner[0]})",
    }[op]()


def value(e: Expr, at: dict[str, float]) -> float:
    op = e[0]
    if op == "num":
        return float(e[1])
    if op == "name":
        return at[e[1]]
    v = [value(x, at) for x in e[1:]]
    return {
        "+": lambda: v[0] + v[1],
        "-": lambda: v[0] - v[1],
        "*": lambda: v[0] * v[1],
        "/": lambda: v[0] / v[1],
        "sq": lambda: v[0] ** 2,
        "neg": lambda: -v[0],
        "exp": lambda: math.exp(v[0]),
        "log1": lambda: math.log1p(math.exp(v[0])),
        "sig": lambda: 1 / (1 + math.exp(-v[0])),
        "sqrt1": lambda: math.sqrt(1 + v[0] ** 2),
        "logexp": lambda: v[0],
    }[op]()


leaves = st.one_of(
    st.sampled_from(NAMES).map(lambda n: ("name", n)),
    st.integers(1, 9).map(lambda n: ("num", n)),
)
bounded = leaves.map(lambda e: ("sig", e))
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*"]), inner, inner),
        st.tuples(st.just("/"), inner, st.tuples(st.just("sqrt1"), inner)),
        st.tuples(st.sampled_from(["sq", "neg", "sig", "log1", "sqrt1"]), leaves),
        st.tuples(st.just("exp"), bounded),
    ),
    max_leaves=8,
)


def rewrite(e: Expr, rng: random.Random) -> Expr:
    """The same value, written otherwise."""
    if len(e) > 1 and isinstance(e[1], tuple):
        e = (e[0], *(rewrite(x, rng) for x in e[1:]))
    moves = [
        lambda: e,
        lambda: ("-", ("+", e, ("num", 1)), ("num", 1)),
        lambda: ("neg", ("neg", e)),
        lambda: ("logexp", e),
        lambda: ("/", ("*", e, ("num", 3)), ("num", 3)),
    ]
    if e[0] == "+":
        moves += [lambda: ("+", e[2], e[1])] * 3
    if e[0] == "*":
        moves += [lambda: ("*", e[2], e[1])] * 3
        if e[1][0] == "+":
            moves += [lambda: ("+", ("*", e[1][1], e[2]), ("*", e[1][2], e[2]))] * 3
    if e[0] == "-":
        moves += [lambda: ("neg", ("-", e[2], e[1])), lambda: ("+", e[1], ("neg", e[2]))]
    if e[0] == "sq":
        moves += [lambda: ("*", e[1], e[1])] * 3
    if e[0] == "sig":
        moves += [
            lambda: ("/", ("exp", e[1]), ("+", ("num", 1), ("exp", e[1]))),
            lambda: ("-", ("num", 1), ("sig", ("neg", e[1]))),
        ] * 2
    if e[0] == "/":
        moves += [lambda: ("*", e[1], ("/", ("num", 1), e[2]))] * 2
    return rng.choice(moves)()


def mutate(e: Expr, rng: random.Random) -> Expr:
    """One small change somewhere."""
    if len(e) > 1 and isinstance(e[1], tuple) and rng.random() < 0.7:
        k = rng.randrange(1, len(e))
        return (*e[:k], mutate(e[k], rng), *e[k + 1 :])
    if e[0] == "name":
        return ("name", rng.choice([n for n in NAMES if n != e[1]]))
    if e[0] == "num":
        return ("num", e[1] + 1)
    return rng.choice([("neg", e), ("*", ("num", 2), e), ("sq", e), ("+", e, ("num", 1))])


def far_apart(e: Expr, f: Expr) -> bool:
    rng = random.Random(7)
    gaps = 0
    for _ in range(8):
        at = {n: rng.uniform(0.3, 2.2) for n in NAMES}
        u, v = value(e, at), value(f, at)
        gaps += abs(u - v) > 1e-6 * max(abs(u), abs(v), 1e-3)
    return gaps >= 6


@SETTINGS
@given(expressions, expressions)
def test_symmetry(e: Expr, f: Expr) -> None:
    assert compare(latex(e), latex(f)).outcome is compare(latex(f), latex(e)).outcome


@SETTINGS
@given(expressions, st.integers(0, 10**9))
def test_a_rewriting_is_correct(e: Expr, seed: int) -> None:
    other = rewrite(e, random.Random(seed))
    verdict = compare(latex(e), latex(other))
    assert verdict.outcome is Outcome.CORRECT, (latex(e), latex(other), verdict)


@SETTINGS
@given(expressions, st.integers(0, 10**9))
def test_a_mutant_that_changes_the_value_is_incorrect(e: Expr, seed: int) -> None:
    other = mutate(e, random.Random(seed))
    if far_apart(e, other):
        verdict = compare(latex(e), latex(other))
        assert verdict.outcome is Outcome.INCORRECT, (latex(e), latex(other), verdict)
        assert verdict.witness is not None


@SETTINGS
@given(expressions)
def test_parse_and_print_round_trip(e: Expr) -> None:
    tree = parse(latex(e))
    assert parse(to_latex(tree)) == tree


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, derandomize=True)
@given(expressions, st.integers(0, 10**9))
def test_two_thousand_rewritings(e: Expr, seed: int) -> None:
    other = rewrite(rewrite(e, random.Random(seed)), random.Random(seed + 1))
    verdict = compare(latex(e), latex(other))
    if verdict.note != "too_deep":  # beyond `limits.NESTING` nothing is read, by design
        assert verdict.outcome is Outcome.CORRECT, (latex(e), latex(other), verdict)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet=r"\{}[]()^_&|$%~,.;:'!+-*/=<>ab12 \n" + "ασ²½", max_size=40))
def test_any_text_gets_an_outcome(text: str) -> None:
    """The reader never fails otherwise than by saying so."""
    assert compare(text, "a").outcome in tuple(Outcome)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            [
                r"\frac",
                "{",
                "}",
                r"\sum",
                "_",
                "^",
                "i=1",
                r"\left(",
                r"\right)",
                r"\log",
                "x",
                r"\mathbb{E}",
                "[",
                "]",
                "|",
                "p(",
                "q(x|y)",
                ")",
                r"\begin{pmatrix}",
                r"\end{pmatrix}",
                "&",
                r"\\",
                r"\int",
                "dx",
                "=",
                r"\partial",
                "2",
                "'",
                r"\text{if}",
                r"\in",
                r"\sigma",
                r"\pm",
                ",",
            ]
        ),
        max_size=16,
    )
)
def test_any_tokens_get_an_outcome(pieces: list[str]) -> None:
    assert compare(" ".join(pieces), "x").outcome in tuple(Outcome)
