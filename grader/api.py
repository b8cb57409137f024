"""The library's own entry points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.assignment import Assignment, shipped
from grader.errors import ReadError
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.compare import compare_tokens
from grader.maths.lexer import scan
from grader.maths.notation import DEFAULT
from grader.maths.parser import parse_tokens
from grader.maths.tokens import Tok, formula_tokens
from grader.maths.worlds import World
from grader.model import Outcome, Verdict
from grader.reading.macros import Expander, package_macros


def compare(
    a: str,
    b: str,
    part: str | None = None,
    assume: Sequence[str] = (),
    *,
    assignment: Assignment | None = None,
    prove: bool = False,
) -> Verdict:
    """Whether two answers, written in LaTeX, say the same.

    `part` takes the notation and the givens of a part of the assignment; `assume` adds conditions such as
    `sigma_1>0`; `prove` tries a proof by exact arithmetic (note `proved`). Without a part: log is natural,
    `\\sigma(..)` the logistic function, `\\sigma_1` a positive standard deviation, other names real, `i` imaginary.
    Outcomes: correct, incorrect (with a witness), undecided, unreadable. Raises OperatorError for an unknown part,
    ReadError for an assumption that cannot be read.
    """
    if part is not None:
        chosen = assignment or Assignment(shipped())
        chosen.part(part)
        base = chosen.judge(part)
        world = base.world if base is not None else World()
    else:
        base, world = None, World()
    conditions = tuple(_assumption(text, world) for text in assume)
    judge = base if base is not None and not conditions else Judge(_with(world, conditions))
    sides = []
    for side, text in (("a", a), ("b", b)):
        try:
            sides.append(_tokens(text))
        except ReadError as error:
            return Verdict(Outcome.UNREADABLE, error.note, detail=error.message, place=(side, error.start + 1))
    left, right = sides
    verdict = compare_tokens(judge, left, right)
    if prove and verdict.outcome is Outcome.CORRECT:
        return _with_proof(verdict, left, right, judge.world)
    return verdict


def _with_proof(verdict: Verdict, left: list[Tok], right: list[Tok], world: World) -> Verdict:
    """The verdict noted `proved` where exact arithmetic confirms it."""
    from grader.maths.answers import read_answer
    from grader.maths.certify import proved

    a, b = (read_answer(parse_tokens(t, world.notation)[0]) for t in (left, right))
    if a.kind == b.kind == "value" and proved(a.items[0], b.items[0]):
        return replace(verdict, note="proved")
    return verdict


def _with(world: World, conditions: tuple[T.Node, ...]) -> World:
    return replace(world, conditions=(*world.conditions, *conditions))


def _assumption(text: str, world: World) -> T.Node:
    """A condition; names may be written without backslash (`sigma_1 > 0`)."""
    from grader.maths.symbols import GREEK

    words = scan(text)
    tokens = [t._replace(kind="cmd") if t.kind == "word" and t.text in GREEK and len(t.text) > 1 else t for t in words]
    tree, _ = parse_tokens(formula_tokens(tokens), world.notation or DEFAULT)
    if not any(isinstance(n, T.Rel) for n in T.walk(tree)):
        raise ReadError("assumption", f"the assumption {text!r} is no condition", 0)
    return tree


def _tokens(text: str) -> list[Tok]:
    expander = Expander(dict(_PACKAGES))
    return formula_tokens(expander.expand(scan(text)))


_PACKAGES = package_macros()
