"""The tokens of a display before its rows are read: systems of equations opened, what stands beside a claim left out."""

from __future__ import annotations

import re

from grader.maths.tokens import Tok


def without_asides(row: list[Tok]) -> list[Tok]:
    """A row without the number given to it by hand and the values of an index behind its claim."""
    return _without_counting(_without_number(row))


def with_systems_open(toks: list[Tok]) -> list[Tok]:
    """A system of equations in braces as rows of their own where it stands alone; without alignment where it does not."""
    toks = _without_left_brace(toks)
    begin = next((i for i, t in enumerate(toks) if t.kind == "begin" and t.text in _SYSTEMS), None)
    end = next((i for i in range(len(toks) - 1, -1, -1) if toks[i].kind == "end" and toks[i].text in _SYSTEMS), None)
    if begin is None or end is None or end < begin or any(t.kind in ("begin", "end") for t in toks[begin + 1 : end]):
        return toks
    body = toks[begin + 1 : end]
    if not _system(body):
        return toks
    around = [*toks[:begin], *toks[end + 1 :]]
    if all(t.text in _FRAME for t in around):
        return body
    return [*toks[: begin + 1], *(t for t in body if t.kind != "amp"), *toks[end:]]


def _without_left_brace(toks: list[Tok]) -> list[Tok]:
    """A system aligned behind one brace, `\\left\\{ .. \\right.`, without the brace."""
    first = next((i for i, t in enumerate(toks) if t.text not in ("quad", "{")), None)
    last = next((i for i in range(len(toks) - 1, -1, -1) if toks[i].text == "right."), None)
    if first is None or last is None or toks[first].text != "\\{" or any(t.text == "\\}" for t in toks):
        return toks
    body = [t for t in toks[first + 1 : last] if t.kind != "begin" or t.text not in _SYSTEMS]
    if any(t.kind in ("begin", "end") for t in body) or not _system(body):
        return toks
    return [*body, *toks[last + 1 :]]


def _system(body: list[Tok]) -> bool:
    """Whether some rows are equations, two at least."""
    rows: list[list[Tok]] = [[]]
    for tok in body:
        if tok.kind == "row":
            rows.append([])
        else:
            rows[-1].append(tok)
    rows = [row for row in rows if any(t.kind != "amp" for t in row)]
    return len(rows) > 1 and all(_equation(row) for row in rows)


def _equation(row: list[Tok]) -> bool:
    """Whether a row of a system is a relation, aligned or not, and no value with its condition."""
    top = [t for t in row if t.text != "quad"]
    first = next((i for i, t in enumerate(top) if t.kind == "rel"), None)
    if first is None or any(t.kind == "text" for t in top):
        return False
    return all(
        k + 1 == first
        or k - 1 == first
        or (k and top[k - 1].kind == "rel")
        or top[min(k + 1, len(top) - 1)].kind == "rel"
        for k, t in enumerate(top)
        if t.kind == "amp"
    )


_SYSTEMS = frozenset({"cases", "array", "aligned", "split", "dcases", "gathered", "alignedat", "rcases"})
_FRAME = frozenset({"\\{", "\\}", "left.", "right.", "quad", ",", ".", ";", "{"})
"""What may stand around a system that stands alone."""


def _without_number(row: list[Tok]) -> list[Tok]:
    """A row without the number its writer gave it by hand: `.. \\quad (2)`."""
    end = len(row)
    while end and (row[end - 1].kind == "amp" or row[end - 1].text in ("quad", ".", ",")):
        end -= 1
    if end >= 4 and row[end - 1].text == ")" and row[end - 3].text == "(" and row[end - 4].text == "quad":
        middle = row[end - 2]
        if middle.kind == "num" or middle.text in ("*", "star", "dagger", "ast") or len(middle.text) == 1:
            return row[: end - 4]
    return row


def _without_counting(row: list[Tok]) -> list[Tok]:
    """A row without the values of an index behind its claim: `, \\quad i = 1, \\dots, N`."""
    for k in range(len(row) - 1, 0, -1):
        if row[k].kind == "rel" and row[k].text in ("=", "in") and row[k - 1].text in _INDICES:
            if not _COUNTS.match(" ".join(t.text for t in row[k + 1 :])):
                return row
            end = k - 1
            while end and (row[end - 1].kind == "text" or row[end - 1].text in _BEFORE_COUNTING):
                end -= 1
            return row[:end]
    return row


_INDICES = frozenset("ijkntl")
_BEFORE_COUNTING = frozenset({"quad", ",", "(", "forall", ";"})
_COUNTS = re.compile(
    r"(?:\\\{ |\{ )?[-\w]+ , (?:\w+ , )*(?:dots|\. \. \.|\.\.\.) , \w+(?: - 1| \+ 1)?(?: \\\}| \})?(?: [)\],.])*$"
)
"""Tokens of a list such as `1, \\dots, N`."""
