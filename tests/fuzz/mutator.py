"""Inputs that are nearly right: formulas and lines cut, spliced, nested and damaged, by a random generator alone.

Plain bytes find little in a reader of LaTeX: nearly all of them are unreadable in the same way.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]+|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_SPAN = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
WORDS = tuple(
    bytes(match.group(1), "utf-8").decode("unicode_escape")
    for match in re.finditer(
        r'^"(.*)"$', (Path(__file__).parent / "latex.dict").read_text(encoding="utf-8"), re.MULTILINE
    )
)
"""The dictionary, which libFuzzer reads as well."""
_AROUND = (
    ("{", "}"), ("(", ")"), ("\\left(", "\\right)"), ("\\left[", "\\right."), ("|", "|"), ("\\|", "\\|"), ("\\frac{", "}{2}"),
    ("\\frac{1}{", "}"), ("\\sqrt{", "}"), ("e^{", "}"), ("\\log ", ""), ("\\log(", ")"), ("_{", "}"), ("^{", "}"),
    ("\\text{", "}"), ("\\boxed{", "}"), ("\\underbrace{", "}_{=0}"), ("\\mathbb{E}_{q}[", "]"), ("\\sum_{i=1}^N ", ""),
    ("\\prod_{t=1}^T{", "}"), ("\\int ", " dx"), ("\\begin{pmatrix}", "\\end{pmatrix}"), ("\\begin{cases}", "\\end{cases}"),
    ("\\overset{(a)}{", "}"), ("\\mathrm{", "}"), ("KL(", "\\|p)"), ("\\frac{\\partial}{\\partial x}", ""), ("\\max(0,", ")"),
    ("\\cancel{", "}"), ("\\{", "\\}"), ("[", "["), ("]", "["), ("-", ""), ("", "!"), ("", "'"), ("", "^\\top"), ("", "^2"),
)  # fmt: skip
_LINES = (
    "", "# Question 2", "## 2.3", "(b)", "b)", "2.", "- ", "**Réponse :**", "\\section{Question 3}", "\\begin{enumerate}", "\\item",
    "\\end{enumerate}", "\\begin{align*}", "\\end{align*}", "\\begin{align}", "\\[", "\\]", "$$", "```", "```python", "> ", "\\end{document}",
    "\\begin{document}", "\\newcommand{\\x}[1]{#1^2}", "\\newcommand{\\y}{\\y}", "\\def\\z#1.{#1}", "\\DeclareMathOperator{\\KL}{KL}",
    "\\let\\a\\b", "\\newenvironment{sol}{\\begin{align*}}{\\end{align*}}", "\\begin{sol}", "\\end{sol}", "\\iffalse", "\\fi", "\\else",
    "\\input{x}", "\\verb|$x$|", "\\begin{verbatim}", "\\end{verbatim}", "%", "\\begin{answer}", "\\end{answer}", "<!--", "-->", "<details>",
    "Si $c > 0$, alors", "Sinon,", "Montrons que", "donc", "where", "| a | b |", "|---|---|", "---", "===", "\\begin{proof}", "\\end{proof}",
    "Question 2", "Exercice 1", "\\question", "\\part", "\\begin{tabular}{c}", "\\end{tabular}", "&", "\\\\", "\f", "\u2028", "1. a\n   1. b",
)  # fmt: skip
_ODD = "\x00\x01\x0b\x0c\x1b\x7f\x85\xa0\xad²³½ωσΣ∑∏∫∂∇≤≥≠∈×÷·−–—‖∣⊤𝜎𝔼１，。（）\u0301\u200b\u200f\u202e\u2028\ufeff\U0001f600\ud7ff\uffff"
Edit = Callable[["Mutator", str], str]


class Mutator:
    """Changes texts; all that is chosen comes from `rng`."""

    def __init__(
        self, rng: random.Random, others: Sequence[str], fragments: Sequence[str], *, longest: int = 6000
    ) -> None:
        """`others` are texts like those changed, `fragments` are formulas to splice in; longer results are cut."""
        self.rng = rng
        self.others = others
        self.fragments = fragments
        self.longest = longest

    def formula(self, text: str) -> str:
        """A formula with one to four changes."""
        return self._changed(text, _FORMULA_EDITS)[: self.longest]

    def document(self, text: str) -> str:
        """A text with one to four changes of its lines, its formulas or its signs."""
        return self._changed(text, _DOCUMENT_EDITS)[: self.longest]

    def _changed(self, text: str, edits: Sequence[Edit]) -> str:
        for _ in range(self.rng.choice((1, 1, 2, 2, 3, 4))):
            text = self.rng.choice(edits)(self, text)
        return text

    def span(self, size: int, most: int) -> tuple[int, int]:
        """A stretch of at most so many of `size` things; it may be empty."""
        start = self.rng.randrange(size + 1)
        return start, min(size, start + self.rng.randrange(most + 1))


def _cut(m: Mutator, text: str) -> str:
    tokens = TOKEN.findall(text)
    i, j = m.span(len(tokens), 4)
    return "".join(tokens[:i] + tokens[j:])


def _doubled(m: Mutator, text: str) -> str:
    tokens = TOKEN.findall(text)
    i, j = m.span(len(tokens), 6)
    return "".join(tokens[:j] + tokens[i:])


def _swapped(m: Mutator, text: str) -> str:
    tokens = TOKEN.findall(text)
    if tokens:
        i, j = m.rng.randrange(len(tokens)), m.rng.randrange(len(tokens))
        tokens[i], tokens[j] = tokens[j], tokens[i]
    return "".join(tokens)


def _inserted(m: Mutator, text: str) -> str:
    tokens = TOKEN.findall(text)
    i, j = m.span(len(tokens), 1)
    return "".join([*tokens[:i], f" {m.rng.choice(WORDS)} ", *tokens[j:]])


def _spliced(m: Mutator, text: str) -> str:
    tokens, other = TOKEN.findall(text), TOKEN.findall(m.rng.choice(m.fragments))
    i, j = m.span(len(tokens), 6)
    k, n = m.span(len(other), 12)
    return "".join(tokens[:i] + other[k:n] + tokens[j:])


def _joined(m: Mutator, text: str) -> str:
    between = m.rng.choice(
        (" = ", " + ", ", ", " \\\\ &= ", " \\iff ", " \\le ", " \\text{ or } ", " ", " \\cdot ", " \\in ")
    )
    return text + between + m.rng.choice(m.fragments)


def _wrapped(m: Mutator, text: str) -> str:
    tokens = TOKEN.findall(text)
    i, j = m.span(len(tokens), 10)
    before, after = m.rng.choice(_AROUND)
    times = m.rng.choice((1, 1, 1, 1, 2, 3, 12, 60))
    return "".join([*tokens[:i], before * times, *tokens[i:j], after * times, *tokens[j:]])


def _unbalanced(m: Mutator, text: str) -> str:
    places = [i for i, c in enumerate(text) if c in "{}()[]$&|\\"]
    if not places:
        return text
    at = m.rng.choice(places)
    return text[:at] + text[at + 1 :]


def _renamed(m: Mutator, text: str) -> str:
    tokens = TOKEN.findall(text)
    if len(tokens) < 2:
        return text
    old, new = m.rng.choice(tokens), m.rng.choice((*tokens, *WORDS))
    return "".join(new if t == old else t for t in tokens)


def _number(m: Mutator, text: str) -> str:
    new = m.rng.choice(
        ("0", "-1", "1", "2", "0.5", "1e9", "10000000000", "0{,}5", "0,5", "1/0", "9" * 30, "999999", "3.14159")
    )
    return re.sub(r"\d+", lambda _: new, text, count=1) if re.search(r"\d", text) else text + new


def _odd(m: Mutator, text: str) -> str:
    i, j = m.span(len(text), 1)
    return text[:i] + m.rng.choice(_ODD) + text[j:]


def _lines_moved(m: Mutator, text: str) -> str:
    lines = text.split("\n")
    i, j = m.span(len(lines), 4)
    piece = lines[i:j]
    rest = lines[:i] + lines[j:]
    at = m.rng.randrange(len(rest) + 1)
    return "\n".join(rest[:at] + piece * m.rng.choice((0, 1, 1, 2)) + rest[at:])


def _line_inserted(m: Mutator, text: str) -> str:
    lines = text.split("\n")
    at = m.rng.randrange(len(lines) + 1)
    lines[at:at] = [m.rng.choice((" " * m.rng.randrange(5), "")) + m.rng.choice(_LINES)]
    return "\n".join(lines)


def _lines_joined(m: Mutator, text: str) -> str:
    lines = text.split("\n")
    at = m.rng.randrange(len(lines))
    return "\n".join([*lines[:at], " ".join(lines[at : at + 2]), *lines[at + 2 :]])


def _lines_spliced(m: Mutator, text: str) -> str:
    lines, other = text.split("\n"), m.rng.choice(m.others).split("\n")
    i, j = m.span(len(lines), 3)
    k, n = m.span(len(other), 8)
    return "\n".join(lines[:i] + other[k:n] + lines[j:])


def _cut_off(m: Mutator, text: str) -> str:
    return text[: m.rng.randrange(len(text) + 1)]


def _formula_changed(m: Mutator, text: str) -> str:
    spans = list(_SPAN.finditer(text))
    if not spans:
        return m.rng.choice(_FORMULA_EDITS)(m, text)
    found = m.rng.choice(spans)
    signs = len(found.group()) - len(found.group().lstrip("$"))
    inner = found.group()[signs:-signs]
    mark = "$" * signs
    return text[: found.start()] + mark + m.rng.choice(_FORMULA_EDITS)(m, inner) + mark + text[found.end() :]


_FORMULA_EDITS: tuple[Edit, ...] = (
    _cut, _doubled, _swapped, _inserted, _inserted, _spliced, _spliced, _joined, _wrapped, _wrapped, _unbalanced, _renamed, _number, _odd,
)  # fmt: skip
_DOCUMENT_EDITS: tuple[Edit, ...] = (
    _lines_moved, _line_inserted, _line_inserted, _lines_joined, _lines_spliced, _cut_off, _formula_changed, _formula_changed,
    _formula_changed, _cut, _inserted, _wrapped, _unbalanced, _renamed, _odd,
)  # fmt: skip
