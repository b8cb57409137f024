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

FORMULA: Final = "\u00a4"
DISPLAYED: Final = "\u00a5"

# forms that only ever address the reader
_ADDRESSED: Final = re.compile(
    r"\b(?:re-?)?(?:montrez|demontrez|prouvez|derivez|trouvez|calculez|donnez|determinez|expliquez|justifiez"
    r"|discutez|repetez|etablissez"
    r"|verifiez|deduisez|exprimez|decomposez|fournissez|decrivez|comparez|ecrivez|completez|identifiez|proposez"
    r"|considerez"
    r"|supposez|utilisez|rappelez|pouvez[- ]vous|can you|could you|are you able)\b"
)
# forms that ask when they begin a sentence, or the clause behind "Given ..,"
_ASKED: Final = re.compile(
    r"(?:(?:montre|demontre|prouve)\s+(?:que|ca|cela)|montrer|demontrer|prouver|justifier|expliquer|discuter"
    r"|show|prove|demonstrate|justify|explain|discuss|describe|compare|provide|repeat)\b"
)
# the same, but a student may so begin a step, with the result displayed behind it
_TASKED: Final = re.compile(
    r"(?:re-?)?(?:deriver|trouver|calculer|donner|determiner|verifier|deduire|exprimer|etablir|comparer|decrire"
    r"|proposer|ecrire"
    r"|derive|find|give|determine|compute|calculate|verify|deduce|decompose|write down|state)\b"
)
_WONDERS: Final = re.compile(
    r"(?:is it|is this|is there|are there|are they|does|do you|did|what|why|how|which|where|when|est-ce"
    r"|c['’]est le meme|pourquoi|comment|quel"
    r"|y a-t-il|or|ou|any|des|une?|de quoi|que|qu['’])\b"
)
_GIVEN: Final = re.compile(
    r"(?:let|given|for|if|suppose|assume|assuming|using|use|from|with|consider|recall|soi(?:t|ent)|etant donne"
    r"|pour|si|en utilisant|a partir"
    r"|dans|in|by|on suppose|under|when|where)\b"
)
_SETTING: Final = re.compile(
    r"(?:\(?(?:\d|[a-h]|i{1,3}|iv)\)\s*)?(?:let|soi(?:t|ent)|consider|considere[rz]|given|etant donnee?s?"
    r"|we consider|on considere"
    r"|nous considerons|dans cette|dans cet|in this (?:question|exercise|problem|part)|we (?:want|wish) you"
    r"|maintenant|now (?:suppose|consider|let)"
    r"|hint|indice|rappel|recall|enonce)\b"
)
_ARGUES: Final = re.compile(
    r"\b(?:donc|d['’]ou|on a|on obtient|on trouve|on resout|on en deduit|il vient|ainsi(?! que)|par consequent"
    r"|nous avons|nous obtenons"
    r"|hence|thus|therefore|we have|we get|we obtain|we find|we solve|it follows)\b"
)
_HINT: Final = re.compile(r"(?:hint|indice|indication|rappel|recall|note|nb|remarque|you (?:may|can)|vous pouvez)\b")
_JOINED: Final = re.compile(rf"(?:[{FORMULA}{DISPLAYED}\s.,;:()\d]|\b(?:and|et|ou|or|where|avec|with|puis|then)\b)*")
_AFTERWARDS: Final = re.compile(
    r"(?:hint|indice|indication|rappel|recall|note|nb|remarque|you (?:may|can)|vous pouvez|where|ou"
    r"|c['’]est le meme|e\.g"
    r"|justif|expli)"
)
_LABEL: Final = re.compile(r"\s*(?:[-*+•]\s*)?(?:[(\[]?(?:\d{1,2}(?:\.\d{1,2}|[a-h])?|[a-h]|[ivx]{1,4})[)\].:]\]?\s*)+")
_SENTENCES: Final = re.compile(r"(?<=[.!?;])\s+|(?<=[.!?;])(?=\()")
_CLAUSES: Final = re.compile(r",\s*|:\s*|\s+(?:and|et|puis|then|ensuite)\s+")

_PLACEHOLDER: Final = re.compile(
    r"[\s\W_]*(?:"
    r"(?:(?:todo|to do|tbd|tba|a faire|a completer|a venir|a rediger|xx+|n/?a|fixme|wip|work in progress|vide"
    r"|empty|blank"
    r"|pas fait|non fait|not done|not answered|left blank|unanswered|skipped?|sans reponse|no answer)"
    r"|(?:\S{0,12}\s?){0,3}?(?:votre|vos|ta|your|the|ma|my|la|une|an|insert|type)?\s*(?:full |detailed )?"
    r"(?:reponses?|answers?|solutions?|proof|preuve|texte?|work|derivation)\s*"
    r"(?:(?:goes?|go|va|vient|should go|to be written|comes?)\s*)?(?:ici|here|below|ci-dessous|la))"
    r"(?:\s*[:\-]?\s*\w{0,12}){0,2}"
    r")?[\s\W_]*"
)
_WRITE_HERE: Final = re.compile(
    r"[\s\W_]*(?:please\s+|veuillez\s+)?(?:write|type|put|insert|enter|add|fill|ecri(?:re|vez)|inser(?:er|ez)"
    r"|mett(?:re|ez)|tapez|repond(?:re|ez)"
    r"|redigez|complet(?:er|ez))\b[^.]{0,40}[\s\W_]*"
)
_PAGE: Final = re.compile(r"page\s+\d{1,3}(?:\s*(?:/|of|sur|de)\s*\d{1,3})?", re.IGNORECASE)
_HEADER: Final = re.compile(
    r"(?:[A-Z]{2,4}[- ]?\d{4}[A-Z]?(?:\s*[-–]\s*[A-Z]?[a-z]{0,8}\s?\d{2,4})?(?:[\s,|–-]+|$))?"
    r"(?:[Pp]rof(?:\.|esseure?|essor)?\s*:.{0,120})?"
)


def asks(text: str) -> bool:
    """Whether a paragraph (folded) puts a question to the reader: it ends with one, or addresses the reader."""
    sentences = [s for s in _SENTENCES.split(text[:_PARAGRAPH]) if s.strip()]
    last = max((i for i, sentence in enumerate(sentences) if _sentence_asks(sentence)), default=-1)
    if last < 0:
        return False
    if all(_AFTERWARDS.match(s.strip()) for s in sentences[last + 1 :]):
        return True
    return not argues(text) and any(_ADDRESSED.search(s) for s in sentences)


def _sentence_asks(sentence: str) -> bool:
    label = _LABEL.match(sentence)
    plain = sentence[label.end() :].strip() if label else sentence.strip()
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
    if len(plain) > 100 or FORMULA in plain or DISPLAYED in plain:
        return False
    return _PLACEHOLDER.fullmatch(plain) is not None or _WRITE_HERE.fullmatch(plain) is not None


def is_furniture(text: str) -> bool:
    """Whether a line (as written) is a page number or a running header: a course's code, the professor's name."""
    plain = text.strip()
    if not 0 < len(plain) <= _LINE:
        return False
    return _PAGE.fullmatch(plain) is not None or _HEADER.fullmatch(plain) is not None
