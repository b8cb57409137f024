"""LaTeX of students as MathML that is safe to show: what cannot be shown whole stands as its source.

latex2mathml does the conversion. It lets markup and addresses through, accepts what is cut off and raises whatever it likes, so
its tree is rebuilt here from the elements and attributes of a table.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape
from itertools import zip_longest
from typing import Final
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

LONGEST: Final = 4_000
"""Characters of one formula; the longest row in real files has 900."""
DEEPEST: Final = 60
"""Nesting of braces and brackets: conversion recurses, and no formula that a person reads is so deep."""

_ELEMENTS: Final = frozenset([
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mstyle", "mpadded",
    "mphantom", "menclose",
])  # fmt: skip
_TOKENS: Final = frozenset({"mi", "mn", "mo", "ms", "mtext"})
_ROWS: Final = frozenset({"math", "mrow", "mtd", "mstyle", "menclose"})
_ATTRIBUTES: Final = {
    "display": {"block", "inline"},
    "displaystyle": {"true", "false"},
    "scriptlevel": {"0", "1", "2"},
    "stretchy": {"true", "false"},
    "fence": {"true", "false"},
    "form": {"prefix", "infix", "postfix"},
    "accent": {"true", "false"},
    "movablelimits": {"true", "false"},
    "linethickness": {"0"},
}
_LENGTH: Final = re.compile(r"[+-]?\d{0,2}(?:\.\d{1,4})?(?:em|ex|px|pt|mu)?")
_LENGTHS: Final = frozenset({"width", "height", "depth", "lspace", "rspace", "minsize", "maxsize"})
_ALPHABETS: Final = {
    "bold": "BOLD",
    "italic": "ITALIC",
    "bold-italic": "BOLD ITALIC",
    "double-struck": "DOUBLE-STRUCK",
    "script": "SCRIPT",
    "bold-script": "BOLD SCRIPT",
    "fraktur": "FRAKTUR",
    "bold-fraktur": "BOLD FRAKTUR",
    "sans-serif": "SANS-SERIF",
    "monospace": "MONOSPACE",
}
_WRAPPERS: Final = re.compile(
    r"\\(?:begin|end)\s*\{(?:equation|align|aligned|alignat|gather|gathered|multline|split|eqnarray|flalign|displaymath|math|dmath|IEEEeqnarray)\*?\}"
    r"(?:\s*\[[tbc]\])?"
)
_UNSEEN: Final = re.compile(
    r"\\(?:nonumber|notag|allowdisplaybreaks|displaybreak|hfill|noindent|centering|hline|qedhere)(?![A-Za-z])"
    r"|\\(?:label|tag\*?|hspace\*?|vspace\*?|cssId|class|style|htmlClass|htmlId|htmlStyle|htmlData|phantomsection)\s*\{[^{}]*\}"
)
_LINKS: Final = re.compile(r"\\(?:href|url)\s*\{[^{}]*\}")
_COLOURS: Final = re.compile(r"\\(?:color|textcolor|colorbox)\s*(?:\[[^\]]*\])?\s*\{[^{}]*\}")
_TABULAR: Final = re.compile(r"\\begin\s*\{[A-Za-z]*(?:matrix|cases|array)\*?\}")
_BARS: Final = frozenset({"|", "\u2016", "\u2223", "\u2225", "&#x0007C;", "&#x02016;"})
_INK: Final = re.compile(r"\\[A-Za-z]+|[_^]")
_NARROW: Final = 24
"""Signs that have room on a phone."""
_NAMED: Final = re.compile(r"\\[A-Za-z]+")


def formula(latex: str, *, display: bool = False) -> Markup:
    """A formula as MathML, or its source in a `code` element."""
    shown = _converted(latex, display)
    return shown if shown is not None else Markup('<code class="source">{}</code>').format(latex)


def wide(latex: str) -> bool:
    """Whether a formula may need more room than a phone has: it then scrolls, which the keyboard has to reach."""
    return len(_INK.sub("x", latex.replace("{", "").replace("}", "").replace(" ", ""))) > _NARROW


@lru_cache(maxsize=4096)
def _converted(latex: str, display: bool) -> Markup | None:
    if len(latex) > LONGEST:
        return None
    text = _plain(latex)
    if not text or not _closed(text):
        return None
    try:
        tree = convert_to_element(text, display="block" if display else "inline")
    except Exception:  # of a converter that raises StopIteration, IndexError and more on odd input: the source is shown
        return None
    out: list[str] = []
    if not _write(tree, out):
        return None
    return Markup("".join(out))


def _plain(latex: str) -> str:
    """Without numbers, labels, links, colours and the environment around it; alignment marks go where no table stands."""
    text = _LINKS.sub("", _COLOURS.sub("", _UNSEEN.sub("", _WRAPPERS.sub(" ", latex))))
    if not _TABULAR.search(text):
        text = re.sub(r"(?<!\\)&", " ", text)
        text = re.sub(r"\\\\(?:\s*\[[^\]]*\])?\s*$", "", text.strip())
    return text.replace("||", r"\|").replace("<=", r"\le ").replace(">=", r"\ge ").strip()


def _closed(text: str) -> bool:
    """Whether every brace that opens closes, and not too deep; the converter takes what is cut off for whole."""
    depth = 0
    skip = False
    for sign in text:
        if skip:
            skip = False
        elif sign == "\\":
            skip = True
        elif sign == "{":
            depth += 1
            if depth > DEEPEST:
                return False
        elif sign == "}":
            depth -= 1
            if depth < 0:
                return False
    lefts = len(re.findall(r"\\left(?![A-Za-z])", text))
    return depth == 0 and lefts == len(re.findall(r"\\right(?![A-Za-z])", text)) and lefts <= DEEPEST


def _write(element: Element, out: list[str], alphabet: str = "") -> bool:
    """Append an element as text; False if any of it is not in the tables."""
    tag = "mrow" if element.tag in _TOKENS and len(element) else element.tag  # no markup may stand in a token
    if tag not in _ELEMENTS:
        return False
    if tag == "mo" and len(element.text or "") > 1 and (element.text or "").isalpha():
        tag = "mi"  # \operatorname: the spacing of an operator between two operands is not meant
    alphabet = element.get("mathvariant", alphabet)
    attributes = ['mathvariant="normal"'] if alphabet == "normal" and tag == "mi" else []
    for name, value in element.attrib.items():
        if value in _ATTRIBUTES.get(name, ()) or (name in _LENGTHS and _LENGTH.fullmatch(value)):
            attributes.append(f'{name}="{value}"')
    if tag == "menclose":  # not in MathML Core
        tag, attributes = "mrow", ['class="boxed"']
    if tag == "mtd" and element.get("columnalign") == "left":
        attributes.append('class="left"')
    out.append(f"<{' '.join([tag, *attributes])}>")
    text = unescape(element.text or "")
    if tag == "mi" and _NAMED.fullmatch(text):  # a command that the converter does not know
        text = text[1:]
    out.append(str(escape(_in_alphabet(text, alphabet))))
    children = list(element)
    _stretch_bars(children)
    for child, after in zip_longest(children, children[1:]):
        if not _write(child, out, alphabet):
            return False
        if tag in _ROWS and after is not None and _apart(child, after):
            out.append('<mspace width="0.17em"></mspace>')
    out.append(f"</{tag}>")
    return True


def _stretch_bars(children: list[Element]) -> None:
    """Bars beside a table are as high as it: a determinant, a norm."""
    for at, child in enumerate(children):
        beside = [*children[max(at - 1, 0) : at], *children[at + 1 : at + 2]]
        if child.tag == "mo" and child.text in _BARS and any(b.tag == "mtable" for b in beside):
            child.set("stretchy", "true")
            child.set("fence", "true")


def _apart(element: Element, after: Element) -> bool:
    """Whether the name of a function stands beside what is neither a sign nor a bracket."""
    return (_is_word(element) and not _opens(after)) or (_is_word(after) and element.tag not in ("mo", "mspace"))


def _is_word(element: Element) -> bool:
    """Whether it is the name of a function, with an index or power or without."""
    if element.tag in ("msub", "msup", "msubsup") and len(element):
        element = element[0]
    text = element.text or ""
    return element.tag in ("mi", "mo") and len(text) > 1 and text.isalpha()


def _opens(element: Element) -> bool:
    """Whether nothing is to be put before it: a bracket, a sign of punctuation, a relation."""
    while len(element):
        element = element[0]
    return element.tag == "mspace" or (element.tag == "mo" and not (element.text or "").isalpha())


def _in_alphabet(text: str, alphabet: str) -> str:
    """Letters and digits of a mathematical alphabet as characters: browsers ignore `mathvariant`."""
    name = _ALPHABETS.get(alphabet)
    return "".join(_letter(sign, name) for sign in text) if name else text


@lru_cache(maxsize=1024)
def _letter(sign: str, alphabet: str) -> str:
    if not sign.isalnum():
        return sign
    try:
        plain = unicodedata.name(sign)
    except ValueError:
        return sign
    kind = "CAPITAL" if " CAPITAL " in plain else "SMALL" if " SMALL " in plain else "DIGIT" if "DIGIT" in plain else ""
    last = plain.rsplit(" ", 1)[-1]
    for style in (alphabet, alphabet.replace("ITALIC", "").strip()):
        names = [f"MATHEMATICAL {style} {kind} {last}"]
        if style == "DOUBLE-STRUCK":
            names.append(f"DOUBLE-STRUCK {kind} {last}")
        if style in ("SCRIPT", "FRAKTUR"):
            names.append(f"{style if style == 'SCRIPT' else 'BLACK-LETTER'} {kind} {last}")
        for name in names:
            try:
                return unicodedata.lookup(name.replace("DIGIT DIGIT", "DIGIT"))
            except KeyError:
                continue
    return sign
