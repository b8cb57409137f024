"""What the wrong lines and wrong final answers of a part are worth, as text that is the same wherever the same mistake was made.

Kept in the report for a gradebook that compares submissions; a student never sees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from grader.checks.context import Finding, PartContext
from grader.derivation.derivation import Link
from grader.errors import BUGS
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.fingerprint import fingerprint
from grader.model import Outcome, WrongValue
from grader.steps import names_of

_MOST: Final = 40
"""Wrong lines of one part that are looked at; a part with more was misread rather than wrong."""


def wrong_values(
    part: str, context: PartContext, answers: Mapping[str, Finding], *, carried: bool
) -> tuple[WrongValue, ...]:
    """The wrong lines of a part in their order, then its wrong final answers (`answers` by check).

    A line has the values of both its sides, so that it is the same mistake in another
    writing. What may only follow is marked: a line whose error was made before, one said again, one that the same change would
    mend as one before (σ for σ² throughout is one belief), a final answer after a wrong line, everything in a part whose earlier
    answers are not right (`carried`).
    """
    false = context.false_links
    wrong = {name: f.answer for name, f in answers.items() if f.outcome is Outcome.INCORRECT and f.answer is not None}
    if not false and not wrong:
        return ()
    steps = names_of(context.text, context.links, part)
    order = {number: i for i, number in enumerate(steps)}
    out: list[WrongValue] = []
    seen: set[str] = set()
    for link in sorted(false, key=lambda link: order[link.number])[:_MOST]:
        value = _line(context, link)
        if value:
            known = {value, link.diagnosis or value}
            follows = carried or link.consequence_of is not None or bool(known & seen)
            out.append(WrongValue(value, follows, step=steps[link.number]))
            seen |= known
    for name, answer in wrong.items():
        worth = _worth(context.judge, answer)
        if worth is not None:
            out.append(WrongValue(_hashed("answer", worth), carried or bool(false), check=name))
    return tuple(out)


def _line(context: PartContext, link: Link) -> str:
    judge = context.judge
    sides = [_worth(judge, side) for side in (link.left, link.right)]
    if None in sides and context.settings.base is not judge:  # names that nothing explains are drawn as well
        sides = [_worth(context.settings.base, side) for side in (link.left, link.right)]
    if sides[1] is None:
        return ""
    relation = link.run.relations[link.k]
    found = [side or "" for side in sides]
    return _hashed(relation, *(sorted(found) if relation == "=" else found))


def _worth(judge: Judge, node: T.Node) -> str | None:
    try:
        return fingerprint(judge, T.unboxed(node))
    except BUGS:  # a formula of no value, as far as this goes
        return None


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:20]
