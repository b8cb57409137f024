"""From raw LaTeX tokens to the tokens of formulas."""

from __future__ import annotations

from grader.errors import TooLarge
from grader.limits import FORMULA_TOKENS
from grader.maths.lexer import Token, scan
from grader.maths.prepare import Preparer
from grader.maths.symbols import ACCENTS
from grader.maths.token_kinds import Tok

__all__ = ["Tok", "formula_tokens", "tokenize"]


def formula_tokens(raw: list[Token] | tuple[Token, ...]) -> list[Tok]:
    """Prepare raw tokens for the parser.

    Raises TooLarge for over-long numbers or formulas, ReadError for stray control characters.
    """
    if len(raw) > 4 * FORMULA_TOKENS:
        said = f"a formula of {len(raw)} tokens is too long: at most {FORMULA_TOKENS} are read"
        raise TooLarge("formula_too_long", said, raw[0].start, raw[-1].end)
    return _split_digits(_tidy(Preparer(list(raw)).run()))


def _tidy(toks: list[Tok]) -> list[Tok]:
    """Drop empty groups, braces around a relation and around an argument; an array used as an alignment becomes rows."""
    out: list[Tok] = []
    for tok in toks:
        if tok.kind == "op" and tok.text == "}" and out:
            before = out[-2] if len(out) > 1 else None
            if (
                out[-1].text == "{"
                and out[-1].kind == "op"
                and (before is None or (before.kind != "cmd" and before.text not in ("^", "_", "}")))
            ):
                out.pop()
                continue
            if out[-1].kind == "rel" and before is not None and before.text == "{" and before.kind == "op":
                out[-2:] = [out[-1]]
                continue
            opening = _alone(out)
            if opening is None:
                opening = _argument(out)
            if opening is not None:
                del out[opening]
                continue
        out.append(tok)
    starts = [i for i, tok in enumerate(out) if tok.kind == "begin" and tok.text == "array"]
    for start in reversed(starts):
        stop = next((j for j in range(start, len(out)) if out[j].kind == "end" and out[j].text == "array"), None)
        if stop is not None and any(
            out[j].kind == "amp" and out[j + 1].kind == "rel" and out[j + 2].kind == "amp"
            for j in range(start, stop - 1)
        ):
            del out[stop]
            del out[start]
    return out


_TAKES_A_GROUP = frozenset({"^", "_", "]"})
"""Before a group these may make it a script or an argument."""


def _alone(out: list[Tok]) -> int | None:
    """Where the brace opens that stands before nothing but a name, `{\\bf E}_q`, or a mean with its law, `{E_q}[x]`; None if
    what ends here is more, or an argument."""
    last = len(out) - 1
    at = _opening(out, last)
    if at > 1 and out[at - 1].kind == "op" and out[at - 1].text == "_" and out[at - 2].text == "E":
        at -= 2
    elif at != last:
        return None
    if at < 1 or out[at].kind != "id" or out[at - 1].kind != "op" or out[at - 1].text != "{":
        return None
    if at == last and out[at].text == "E":  # one token is an argument without braces, too
        return at - 1
    before = out[at - 2] if at > 1 else None
    if before is not None and before.kind == "op" and before.text == "}":
        script = _opening(out, at - 2) - 1
        return at - 1 if script >= 0 and out[script].kind == "op" and out[script].text in ("^", "_") else None
    free = before is None or (before.kind != "cmd" and not (before.kind == "op" and before.text in _TAKES_A_GROUP))
    return at - 1 if free else None


def _opening(out: list[Tok], at: int) -> int:
    """Where the group opens that ends at `at`, which may be a single token; -1 if it opens nowhere."""
    if out[at].kind != "op" or out[at].text != "}":
        return at
    depth = 0
    while at >= 0:
        depth += (out[at].text == "}") - (out[at].text == "{") if out[at].kind == "op" else 0
        if depth == 0:
            break
        at -= 1
    return at


_BEFORE_ARGUMENT = frozenset({"(", "[", "{", ",", "|", "||", ";"})


def _argument(out: list[Tok]) -> int | None:
    """Where the brace opens that stands before a name which is an argument, `p({\\bf x}_t|{x_0})`; None if what ends here is
    no such name."""
    last = len(out) - 1
    at = _opening(out, last)  # of a script or of what an accent stands over
    if at > 1 and ((out[at - 1].kind == "cmd" and out[at - 1].text in ACCENTS) or out[at - 1].text in ("_", "^")):
        at -= 1 if out[at - 1].kind == "cmd" else 2
    elif at != last:
        return None
    name = at > 0 and (out[at].kind == "id" or out[at].text in ACCENTS)
    if not name or out[at - 1].text != "{" or out[at - 1].kind != "op":
        return None
    before = out[at - 2] if at > 1 else None
    return at - 1 if before is not None and before.kind == "op" and before.text in _BEFORE_ARGUMENT else None


def _split_digits(toks: list[Tok]) -> list[Tok]:
    """TeX takes one digit as an argument: `\\frac12` is a half and `x^12` is x¹ times 2."""
    out: list[Tok] = []
    open_groups: list[int] = []
    need = 0
    for tok in toks:
        if tok.kind == "num" and need and len(tok.text) > 1 and tok.text.isdigit():
            step = 1 if tok.end - tok.start == len(tok.text) else 0
            at = 0
            while need and at < len(tok.text) - 1:
                out.append(
                    Tok("num", tok.text[at], tok.start + at * step, tok.start + (at + 1) * step if step else tok.end)
                )
                at += 1
                need -= 1
            out.append(Tok("num", tok.text[at:], tok.start + at * step, tok.end))
            need = max(need - 1, 0)
            continue
        out.append(tok)
        if tok.kind == "op" and tok.text == "{":
            open_groups.append(max(need - 1, 0))
            need = 0
        elif tok.kind == "op" and tok.text == "}":
            need = open_groups.pop() if open_groups else 0
        elif tok.kind == "cmd" and tok.text in ("frac", "binom"):
            need = 2
        elif tok.kind == "op" and tok.text in ("^", "_"):
            need += 1
        elif need:
            need -= 1
    return out


def tokenize(text: str, base: int = 0) -> list[Tok]:
    """Formula tokens of LaTeX text that needs no macro expansion of the student's."""
    return formula_tokens(scan(text, base))
