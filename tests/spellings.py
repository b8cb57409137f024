"""Other ways to write the same formula in LaTeX: none of them may change a verdict."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[A-Za-z]+|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_NAMED = re.compile(
    r"\\(begin|end|text\w*|operatorname|math\w+|mbox|tag|label|ensuremath|verb|hspace|color|textcolor)(?![A-Za-z])"
)
"""Commands whose argument is no formula: blanks and braces mean something there."""
_SINGLE = re.compile(r"(?<=[\^_])([A-Za-z0-9])(?![\w{])")
_UNICODE = {
    r"\sigma": "σ",
    r"\mu": "μ",
    r"\alpha": "α",
    r"\beta": "β",
    r"\gamma": "γ",
    r"\theta": "θ",
    r"\le": "≤",
    r"\ge": "≥",
    r"\ne": "≠",
    r"\cdot": "·",
}
Spelling = Callable[[str, random.Random], str]


def blanks(text: str, rng: random.Random) -> str:
    """Blanks and line ends between tokens."""
    if _NAMED.search(text) or "'" in text or "{,}" in text:
        return text
    tokens = _TOKEN.findall(text)
    return "".join(t + rng.choice(("", "", " ", "  ", "\n")) for t in tokens)


def fractions(text: str, rng: random.Random) -> str:
    """`\\dfrac` and `\\tfrac` for `\\frac`, or the other way round."""
    other = rng.choice(("frac", "dfrac", "tfrac"))
    return re.sub(r"\\[dt]?frac(?![A-Za-z])", lambda _: "\\" + other, text)


def braced(text: str, _: random.Random) -> str:
    """Braces around a script of one sign and the arguments of `\\frac12`."""
    text = re.sub(r"(\\[dt]?frac)\s*(\d)(\d)", r"\1{\2}{\3}", text)
    return _SINGLE.sub(r"{\1}", text)


def sized(text: str, rng: random.Random) -> str:
    """Brackets that grow, by `\\left` and `\\right` or by `\\big`."""
    if _NAMED.search(text) or re.search(r"\\(left|right|[bB]igg?[lrm]?)(?![A-Za-z])", text):
        return text
    opening, closing = rng.choice((("\\left", "\\right"), ("\\big", "\\big"), ("\\bigl", "\\bigr")))
    tokens = _TOKEN.findall(text)
    stack: list[int] = []
    for at, token in enumerate(tokens):
        if token in "({":
            stack.append(at)
        elif token in ")}":
            if not stack or tokens[stack[-1]] != {")": "(", "}": "{"}[token]:
                return text
            start = stack.pop()
            if token == ")":
                tokens[start], tokens[at] = opening + "(", closing + ")"
        elif token in ("&", r"\\", "[", "]", "|"):
            return text  # a bracket may open in one cell and close in another; intervals are left alone
    return text if stack else "".join(tokens)


def macro(text: str, rng: random.Random) -> str:
    """A macro of the student's for one command, with its scripts or arguments or without."""
    found = re.findall(r"\\(?:sigma|mu|alpha|beta|gamma|theta|psi|epsilon|lambda)(?:_\d)?(?![A-Za-z])", text)
    if found and rng.random() < 0.6:
        chosen = rng.choice(found)
        return rf"\newcommand{{\mine}}{{{chosen}}} " + re.sub(
            re.escape(chosen) + r"(?![A-Za-z\d_])", lambda _: r"\mine{}", text
        )
    if re.search(r"\\frac\{", text):
        return r"\newcommand{\mine}[2]{\frac{#1}{#2}} " + re.sub(r"\\frac(?=\{)", lambda _: r"\mine", text)
    return text


def comma(text: str, _: random.Random) -> str:
    """Decimals as in French."""
    return re.sub(r"(?<![\d.])(\d+)\.(\d+)(?![\d.])", r"\1{,}\2", text)


def aligned(text: str, _: random.Random) -> str:
    """A chain of equalities over several lines."""
    if (
        _NAMED.search(text)
        or any(mark in text for mark in ("&", r"\\", ",", r"\iff", ":", ">", "<"))
        or text.count("=") < 1
    ):
        return text
    depth, out, count = 0, [], 0
    for token in _TOKEN.findall(text):
        depth += (token in "([{" or token in (r"\{", r"\left")) - (token in ")]}" or token in (r"\}", r"\right"))
        if token == "=" and depth == 0:
            out.append(r"\\ &=" if count else "&=")
            count += 1
        else:
            out.append(token)
    return rf"\begin{{aligned}} {''.join(out)} \end{{aligned}}" if count else text


def greek(text: str, _: random.Random) -> str:
    """Signs of Unicode for commands."""
    for command, sign in _UNICODE.items():
        text = re.sub(re.escape(command) + r"(?![A-Za-z])\s?", sign, text)
    return text


def logarithm(text: str, _: random.Random) -> str:
    """`\\ln` for `\\log`."""
    return re.sub(r"\\log(?![A-Za-z])", r"\\ln", text)


def dressed(text: str, rng: random.Random) -> str:
    """A full stop behind it, thin spaces, a style before it, a comment, a frame."""
    return rng.choice(
        (
            text + ".",
            text + r"\,.",
            r"\displaystyle " + text,
            text + " % as asked\n",
            r"\;" + text,
            r"\boxed{" + text + "}",
        )
    )


def grouped(text: str, rng: random.Random) -> str:
    """Braces around a letter, which print nothing."""
    if _NAMED.search(text) or "'" in text:
        return text
    tokens = _TOKEN.findall(text)
    places = [
        i for i, t in enumerate(tokens)
        if t in ("a", "b", "c", "x", "z", r"\alpha", r"\gamma", r"\theta") and (i == 0 or (tokens[i - 1] not in ("_", "^") and not tokens[i - 1].startswith("\\")))
        and (i + 1 == len(tokens) or tokens[i + 1] not in ("_", "^", "("))
    ]  # fmt: skip
    if places:
        at = rng.choice(places)
        tokens[at] = "{" + tokens[at] + "}"
    return "".join(tokens)


SPELLINGS: dict[str, Spelling] = {
    "blanks": blanks, "fractions": fractions, "braced": braced, "sized": sized, "macro": macro, "comma": comma, "aligned": aligned,
    "greek": greek, "logarithm": logarithm, "dressed": dressed, "grouped": grouped,
}  # fmt: skip


def in_document(text: str, rng: random.Random, share: float = 0.5) -> str:
    """A share of the formulas of a Markdown text in other spellings, one each."""
    names = sorted(
        set(SPELLINGS) - {"aligned", "macro", "dressed"}
    )  # for what may be aligned already, or go on elsewhere

    def change(found: re.Match[str]) -> str:
        if rng.random() > share:
            return found.group()
        mark = "$$" if found.group().startswith("$$") else "$"
        inner = SPELLINGS[rng.choice(names)](found.group()[len(mark) : -len(mark)], rng)
        if mark == "$":
            inner = inner.replace("\n", " ").strip() or inner
        return mark + inner.rstrip("\n") + mark

    return _FORMULA.sub(change, text)


_FORMULA = re.compile(r"\$\$[^$]+\$\$|\$[^$\n]+\$")


def line_ends(text: str, rng: random.Random) -> str:
    """Line ends of Windows, or blanks before them."""
    return text.replace("\n", rng.choice(("\r\n", " \n", "\t\n")))


def displays(text: str, rng: random.Random) -> str:
    """`\\[..\\]` and environments for dollars."""
    opening, closing = rng.choice(
        (("\\[", "\\]"), ("\\begin{equation*}", "\\end{equation*}"), ("\\begin{equation}\n", "\n\\end{equation}"))
    )

    def change(found: re.Match[str]) -> str:
        if found.group().startswith("$$"):
            inner = found.group()[2:-2]
            return found.group() if "\\begin{" in inner or "\\tag" in inner else f"{opening}{inner}{closing}"
        return f"\\({found.group()[1:-1]}\\)"

    return _FORMULA.sub(change, text)


def defined(text: str, _: random.Random) -> str:
    """Macros of the student's for what is written often, defined at the beginning."""
    macros = (
        r"$\newcommand{\sg}{\sigma}\newcommand{\qf}[2]{\frac{#1}{#2}}\newcommand{\Esp}[2]{\mathbb{E}_{#1}\left[#2\right]}$"
        + "\n\n"
    )
    changed = re.sub(r"\\sigma(?![A-Za-z])", r"\\sg ", re.sub(r"\\frac(?=\{)", r"\\qf", text))
    head, _, body = changed.partition("\n")
    return f"{head}\n\n{macros}{body}"


DOCUMENTS: dict[str, Spelling] = {
    "formulas": in_document, "line_ends": line_ends, "displays": displays, "defined": defined,
    "both": lambda text, rng: displays(in_document(text, rng), rng),
}  # fmt: skip
"""Other ways to write a whole answer in Markdown."""
