"""Words and patterns by which `marks` reads questions, labels and answer marks. Data only; all see folded text."""

from __future__ import annotations

import re
from typing import Final

NUMERALS: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
NUMBER_WORDS: Final = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8},
}

FAMILIES: Final = {
    **dict.fromkeys(("question", "quest", "q", "qu"), "question"),
    **dict.fromkeys(("exercise", "exercice", "exo", "ex", "exc"), "exercise"),
    **dict.fromkeys(("problem", "probleme", "prob", "pb", "task"), "exercise"),
    **dict.fromkeys(("no", "n°", "nº", "num", "numero", "number", "nr", "#"), "number"),
}
"""Words that name a question; two families in one file may number questions and parts."""

PROOFS: Final = ("proof", "preuve", "dem")
"""Beginnings of the answer words that students also use within an answer."""

_SIMPLE = r"(?:\d{1,2}|[a-h]|[ivx]{1,4})"
_DOT = r"[.\-–_]"
_SPELT = "one|two|three|four|five|six|seven|eight|une?|deux|trois|quatre|cinq|sept|huit"
_PART = r"(?:sub-?part|part(?:ie)?|point|item|(?:sous[-\ ]?|sub-?)?question|volet|lettre|letter)"
_NUMBER = r"(?:number|numero|num|no|nr|n[°º])"

STARTS: Final = frozenset(
    word[:3]
    for word in [
        "question",
        "quest",
        "exercise",
        "exo",
        "exc",
        "problem",
        "task",
        "numero",
        "number",
        "part",
        "partie",
        "point",
        "item",
        "volet",
        "sous",
        "subpart",
        "reponse",
        "answer",
        "solution",
        "corrige",
        "resolution",
        "proof",
        "preuve",
        "demonstration",
        "response",
        "rep",
        "resp",
        "ans",
        "sol",
        "dem",
        "enonce",
        "statement",
        "consigne",
        "prompt",
        "rappel",
        "mon",
        "notre",
        "our",
        "votre",
        "your",
        "the",
        "full",
        "complete",
        "detailed",
        "iii",
        "vii",
        "xii",
    ]
)
"""The first three letters of every word that may open something."""

BULLET: Final = re.compile(r"(?:[-*+•–—]\s+|[►▶→➤➔■□●○◦‣⁃✓✔✅☑§»📝]\ufe0f?\s*)+")

QUESTION: Final = re.compile(
    rf"""(?P<word>{"|".join(sorted((re.escape(w) for w in FAMILIES), key=len, reverse=True))})
    \s*\.?\s*(?:{_NUMBER}\.?\s*|\#\s*)?
    (?:(?P<number>\d{{1,2}})(?!\d)|(?<=[\s.])(?P<spelt>[ivx]{{1,4}}|{_SPELT})(?!\w))""",
    re.VERBOSE,
)
IN_TITLE: Final = re.compile(
    r"(?<!\w)(?P<word>question|exercise|exercice|exo|problem|probleme|q)\s*(?:no\.?|n[°º]|\#)?\s*(?P<number>\d{1,2})"
    r"(?![\w.])"
)
GLUED_PAREN: Final = re.compile(r"\((?P<label>\d{1,2})\)")
"""`Q7(1)`; behind longer words it is points."""

PARTS: Final = (
    re.compile(rf"{_DOT}\(?(?P<label>\d{{1,2}}|[a-h]|[ivx]{{2,4}})\)?(?![\w])"),
    re.compile(r"(?P<label>[a-h])(?!\w)"),
    re.compile(r"\s*[.:,\-–—]?\s*\((?P<label>[a-h]|[ivx]{1,4})\)"),
    GLUED_PAREN,
    re.compile(
        rf"[\s,;:.\-–—(]*(?:{_PART.replace(chr(92) + ' ', ' ')}|{_NUMBER}|\#)\s*\.?\s*\(?(?:\d{{1,2}}{_DOT})?"
        rf"(?P<label>{_SIMPLE})\)?(?!\w)"
    ),
    re.compile(r"\s+(?P<label>[a-h])(?=\s*(?:$|[:.)—–-]))"),
    re.compile(r"\s*[\-–—,:/]\s*(?P<label>\d{1,2}|[a-h])(?=\s*(?:$|[:.](?:\s|$)))"),
)
"""The part a question is named with, tried in this order behind its number."""

OWN_LABEL: Final = re.compile(r"\s*[:.\-–—]?\s+(?P<open>\()?(?P<label>\d{1,2}|[a-h])\s?(?P<close>\))(?=\s|$)")
"""The first part's own label on the question's line: `Question 2 1) ..`."""

POINTS: Final = re.compile(
    r"[\s.:\-–—]*[(\[]\s*\d+(?:[.,]\d+)?(?:\s*[,;/+\-–]\s*\d+)*\s*(?:pts?|points?|marks?|%)?\.?\s*[)\]]"
    r"|\s*[\-–—:]\s*\d+\s*(?:pts?|points?)\b"
)

LABEL: Final = re.compile(
    rf"""(?P<word>{_PART}\s*\.?\s*)?(?P<open>[(\[])?\s?
    (?:
        (?P<question>\d{{1,2}})
        (?:\s?{_DOT}\s?(?=\d|[a-hivx]{{1,4}}(?![\w'’]))   # 2.1, 2-1, 3.b; `2. D'après` is none
          |(?=[a-h](?![\w'’]))                          # 3b
          |\s(?=[a-h][).])                              # 3 b)
          |\s?\((?=(?:[a-h]|[ivx]{{1,4}})\))            # 3(b)
        )
        (?P<part>\d{{1,2}}|[a-h]|[ivx]{{1,4}})
      |(?P<label>{_SIMPLE}|(?<=[a-z]\s)(?:{_SPELT}))
    )(?!\w)""",
    re.VERBOSE,
)
CLOSE: Final = re.compile(
    r"\s?[)\]]\s?[.:)]?|[.:](?=\s|$|[(\[])|\s?°\)?|/(?=\s)|\s[-–—:](?=\s|$)|[-–](?=\s)|[.:](?=\S)|$"
)
"""What closes a label: `)`, `.`, `:`, `/`, `°)`, a dash."""

MORE: Final = re.compile(
    rf"""\s?[)\]]?\s*(?P<link>,|;|\band\b|\bet\b|&|\+|/|\bto\b|\ba\b|-{{1,3}}|–|—)\s*
    (?:part(?:ie)?\s*)?(?:q\s?)?[(\[]?(?:\d{{1,2}}{_DOT}(?=\w))?(?P<label>{_SIMPLE})(?!\w)""",
    re.VERBOSE,
)
RANGES: Final = ("-", "--", "---", "–", "—", "to", "a")
CLOSES_SEVERAL: Final = re.compile(r"\s?[)\]]?")

ANSWER: Final = re.compile(
    r"""(?:(?:ma|mon|my|notre|our|votre|your|la|the|full|complete|detailed)\s+){0,2}
    (?P<word>
        (?:reponses?|answers?|solutions?|solns?|corriges?|resolution|proofs?|preuves?|demonstrations?|response)(?![\w'’])
      |(?:rep|resp|ans|sols?|dem|demo|r\W?e\W{0,2}ponses?)(?!\w)(?=\s*[.:]|\s*\(?\w{0,3}\)?\s*[:.]|\s*$)
    )""",
    re.VERBOSE,
)
LINK: Final = re.compile(r"\s*(?:(?:to|for|of|in|a|de|du|pour|au)\b|d['’])?\s*(?:(?:the|la|le|les)\b|l['’])?\s*")
TAIL: Final = re.compile(
    r"""\s*[)\]]?\s*
    (?:\(\s*(?:suite|continued|cont\.?d?)\s*\)\s*|(?:here|below|ici|ci-dessous|proposee?|detaillee?|complete|sketch)\s*)?
    (?:[(\[]\s*\d+(?:[.,]\d+)?\s*(?:pts?|points?|marks?)?\s*[)\]]\s*)?
    (?:[.:)\-–—|]+(?=\s|$|\w|[(\[\\«"])|$)""",
    re.VERBOSE,
)
"""What ends an answer mark: punctuation, or the end of the line."""

BEFORE_ANSWER: Final = re.compile(r"[\s.:)\-–—,(|]*")

STATEMENT: Final = re.compile(
    r"(?:(?:rappel\s+de\s+)?l['’]?\s*)?(?:enonces?|(?:problem |question )?statement|consignes?|question|exercise"
    r"|exercice|prompt|rappel de l['’]enonce)(?:\s*\([^)]{0,24}\))?\s*(?:[:.\-–—]|$)"
)
REFERS: Final = re.compile(
    r"(?:et|and|ou|or|donnent?|gives?|impl(?:y|ies|ique|iquent)|montrent?|shows?|yields?|is|are|was|est|sont|of|du|des"
    r"|above|ci-dessus|becomes|devient|follows|suit|in|from|says|states|combined)\b|[=<>≤≥+*/^]"
)
"""Words behind a number that is only spoken of: `(1) et (2) donnent`, `(3) implies`."""

FOREIGN: Final = re.compile(
    r"(?:[a-z0-9]{1,2}[.)]?\s+)?(?:appendi(?:x|ces)|annexes?\b|references?\b|bibliograph|works cited|acknowledg"
    r"|remerciements?|instructions?\b|honou?r code|code d['’]honneur|collaborat|declaration|table of contents"
    r"|table des matieres)"
)
"""Headings that belong to no question."""
