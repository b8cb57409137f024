"""How texts are worded: a question asked, an answer not yet written, the furniture of a page.

Phrase tables on folded text (lower case, no accents); a formula stands as `FORMULA`, one displayed as `DISPLAYED`.
"""

from __future__ import annotations

import re
from typing import Final

_LINE: Final = 160
"""A running header is no longer than this."""

_PARAGRAPH: Final = 4000
"""A paragraph is judged by this many characters."""

_SHORT: Final = 100
"""A placeholder is no longer than this."""

FORMULA: Final = "\u00a4"
DISPLAYED: Final = "\u00a5"


def _any(*phrases: str) -> str:
    """A pattern for any of the phrases, given several to a string with bars between them."""
    return "(?:" + "|".join(phrases) + ")"


_ADDRESSED: Final = re.compile(
    r"\b(?:re-?)?"
    + _any(
        "montrez|demontrez|prouvez|derivez|trouvez|calculez|donnez|determinez|expliquez|justifiez|discutez|repetez",
        "etablissez|verifiez|deduisez|exprimez|decomposez|fournissez|decrivez|comparez|ecrivez|completez|identifiez",
        "proposez|considerez|supposez|utilisez|rappelez|pouvez[- ]vous|can you|could you|are you able",
    )
    + r"\b"
)
"""Forms that only ever address the reader."""

_ASKED: Final = re.compile(
    _any(
        r"(?:montre|demontre|prouve)\s+(?:que|ca|cela)|montrer|demontrer|prouver|justifier|expliquer|discuter",
        "show|prove|demonstrate|justify|explain|discuss|describe|compare|provide|repeat",
    )
    + r"\b"
)
"""Forms that ask when they begin a sentence, or the clause behind "Given ..,"."""

_TASKED: Final = re.compile(
    "(?:re-?)?"
    + _any(
        "deriver|trouver|calculer|donner|determiner|verifier|deduire|exprimer|etablir|comparer|decrire|proposer|ecrire",
        "derive|find|give|determine|compute|calculate|verify|deduce|decompose|write down|state",
    )
    + r"\b"
)
"""The same, but a student may so begin a step, with its result displayed behind it."""

_WONDERS: Final = re.compile(
    _any(
        "is it|is this|is there|are there|are they|does|do you|did|what|why|how|which|where|when|any|or",
        "est-ce|c['’]est le meme|pourquoi|comment|quel|y a-t-il|ou|des|une?|de quoi|que|qu['’]",
    )
    + r"\b"
)
"""Beginnings of sentences that a question mark ends."""

_GIVEN: Final = re.compile(
    _any(
        "let|given|for|if|suppose|assume|assuming|using|use|from|with|consider|recall|in|by|under|when|where",
        "soi(?:t|ent)|etant donne|pour|si|en utilisant|a partir|dans|on suppose",
    )
    + r"\b"
)
_SETTING: Final = re.compile(
    r"(?:\(?(?:\d|[a-h]|i{1,3}|iv)\)\s*)?"
    + _any(
        "let|consider|given|we consider|in this (?:question|exercise|problem|part)|now (?:suppose|consider|let)",
        "soi(?:t|ent)|considere[rz]|etant donnee?s?|on considere|nous considerons|dans cett?e?|maintenant|enonce",
        "hint|indice|rappel|recall",
    )
    + r"\b"
)
"""Beginnings of the sentences that set a question out."""

_ARGUES: Final = re.compile(
    r"\b"
    + _any(
        "donc|d['’]ou|on a|on obtient|on trouve|on resout|on en deduit|il vient|ainsi(?! que)|par consequent",
        "nous avons|nous obtenons|hence|thus|therefore|we have|we get|we obtain|we find|we solve|it follows",
    )
    + r"\b"
)
"""Words of conclusion, which students use and statements do not."""

_WORKED: Final = 2
"""So many formulas and a conclusion: a student's work, whatever is said behind it."""

_CONCLUDES: Final = re.compile(
    rf"{_ARGUES.pattern}|\bso\b(?! (?:that|far|called|as))|\balors\b|\bcar\b|\bbecause\b|=>|[\u21d2\u2192\u2234]"
)
"""The same, and shorter words and signs, which count only beside formulas."""

_RECALLS: Final = re.compile(r"\w+\b[^:]{0,25}:\s.*\b(?:had|was|were|got|found|avait|avions|etait|etaient)\b")
"""`Compare with 4.3: there we had ..`: told, not asked."""

_NOTES: Final = "hint|indice|indication|rappel|recall|note|nb|remarque|you (?:may|can)|vous pouvez"
_HINT: Final = re.compile(_any(_NOTES) + r"\b")
_AFTERWARDS: Final = re.compile(_any(_NOTES, "where|ou|c['’]est le meme|e\\.g|justif|expli"))
_JOINED: Final = re.compile(rf"(?:[{FORMULA}{DISPLAYED}\s.,;:()\d]|\b(?:and|et|ou|or|where|avec|with|puis|then)\b)*")

_LABEL: Final = re.compile(r"\s*(?:[-*+•]\s*)?(?:[(\[]?(?:\d{1,2}(?:\.\d{1,2}|[a-h])?|[a-h]|[ivx]{1,4})[)\].:]\]?\s*)+")
_SENTENCES: Final = re.compile(r"(?<=[.!?;])\s+|(?<=[.!?;])(?=\()")
_CLAUSES: Final = re.compile(r",\s*|:\s*|\s+(?:and|et|puis|then|ensuite)\s+")

_ANSWER_WORD: Final = "(?:reponses?|answers?|solutions?|proofs?|preuves?|demonstration|texte?|work|derivation)"
_PLACEHOLDER: Final = re.compile(
    r"[\s\W_]*(?:"
    r"(?:todo|to do|tbd|tba|fixme|a (?:faire|completer|venir|rediger))(?:\W+\w{1,12}){0,4}"
    r"|to be (?:completed|done|written|filled in)|lorem ipsum\b.*|xx+|n/?a|wip|work in progress|vide|empty|blank|left blank"
    r"|(?:pas|non) fait|not done|not answered|unanswered"
    r"|skip(?:ped)?|sans reponse|pas de reponse|no answer"
    rf"|(?:\S{{1,12}}\s){{0,4}}?{_ANSWER_WORD}\s+(?:(?:goes?|va|vient|should go|to be written|comes?)\s+)?"
    r"(?:ici|here|below|ci-dessous)"
    r")?[\s\W_]*"
)
_WRITE_HERE: Final = re.compile(
    r"[\s\W_]*(?:please\s+|veuillez\s+)?"
    + _any("write|type|put|insert|enter|add|fill", "(?:ecri|inser|mett|repond|redig|complet)(?:re|er|ez|vez)|tapez")
    + rf"\b[^.]{{0,30}}\b(?:{_ANSWER_WORD}|ici|here|below|ci-dessous)\b[^.]{{0,30}}[\s\W_]*"
)
_PAGE: Final = re.compile(r"page\s+\d{1,3}(?:\s*(?:/|of|sur|de)\s*\d{1,3})?", re.IGNORECASE)
_HEADER: Final = re.compile(
    r"(?:[A-Z]{2,4}[- ]?\d{4}[A-Z]?(?:\s*[-–]\s*[A-Z]?[a-z]{0,8}\s?\d{2,4})?(?:[\s,|–-]+|$))?"
    r"(?:[Pp]rof(?:\.|esseure?|essor)?\s*:.{0,120})?"
)


def asks(text: str) -> bool:
    """Whether a paragraph (folded) puts a question to the reader: it ends with one, or addresses the reader.

    A student who has drawn conclusions from formulas and goes on with `Compare: ..` or `Show injective now.` asks nothing.
    """
    sentences = [s for s in _SENTENCES.split(text[:_PARAGRAPH]) if s.strip()]
    asking = [i for i, sentence in enumerate(sentences) if _sentence_asks(sentence)]
    if not asking:
        return False
    before, last = " ".join(sentences[: asking[0]]), asking[-1]
    signs = before.count(FORMULA) + before.count(DISPLAYED)
    if signs >= _WORKED and _CONCLUDES.search(before) and not any(_ADDRESSED.search(s) for s in sentences):
        return False
    if all(_AFTERWARDS.match(s.strip()) for s in sentences[last + 1 :]):
        return True
    return not argues(text) and any(_ADDRESSED.search(s) for s in sentences)


def _sentence_asks(sentence: str) -> bool:
    label = _LABEL.match(sentence)
    plain = sentence[label.end() :].strip() if label else sentence.strip()
    if _RECALLS.match(plain):
        return False
    clauses = [c.strip() for c in _CLAUSES.split(plain)]
    if any(_ADDRESSED.match(c) for c in clauses):
        return True
    if plain.endswith("?") and _WONDERS.match(plain):
        return True
    starts = [plain, *clauses[1:]] if _GIVEN.match(plain) else [plain]
    if any(_ASKED.match(c) for c in starts):
        return True
    step = DISPLAYED in plain or plain.endswith(":")
    return not step and any(_TASKED.match(c) for c in starts)


def sets_out(text: str) -> bool:
    """Whether a paragraph (folded) begins like the setting of a question: `Let`, `Soit`, `Given`."""
    return _SETTING.match(text) is not None


def argues(text: str) -> bool:
    """Whether a text (folded) draws conclusions, as students do and statements do not."""
    return _ARGUES.search(text) is not None


def hints(text: str) -> bool:
    """Whether a paragraph (folded) is a hint that a statement gives."""
    return _HINT.match(text) is not None


def is_formula(text: str) -> bool:
    """Whether a paragraph is nothing but formulas, or words that join them."""
    return bool(text) and _JOINED.fullmatch(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether a whole answer (folded) is nothing but a place kept for one."""
    plain = text.strip()
    if len(plain) > _SHORT or FORMULA in plain or DISPLAYED in plain:
        return False
    return _PLACEHOLDER.fullmatch(plain) is not None or _WRITE_HERE.fullmatch(plain) is not None


def is_furniture(text: str) -> bool:
    """Whether a line (as written) is a page number or a running header: a course's code, the professor's name."""
    plain = text.strip()
    if not 0 < len(plain) <= _LINE:
        return False
    return _PAGE.fullmatch(plain) is not None or _HEADER.fullmatch(plain) is not None
