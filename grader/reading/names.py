"""What LaTeX names mean to the reader of text: environments, headings, commands without text, accents. Data only."""

from __future__ import annotations

import re
from typing import Final

from grader.reading.marks import folded


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


DISPLAYS: Final = _set(
    "equation equation* align align* alignat alignat* gather gather* multline multline* flalign flalign* "
    "eqnarray eqnarray* "
    "displaymath dmath dmath* math split aligned gathered cases subequations IEEEeqnarray IEEEeqnarray* alignedat "
    "dcases rcases pmatrix bmatrix vmatrix matrix array"
)
VERBATIM: Final = _set(
    "verbatim verbatim* Verbatim lstlisting minted alltt pycode python tikzpicture algorithm algorithmic"
)
UNREAD: Final = _set("comment filecontents filecontents* thebibliography CCSXML abstract")
LISTS: Final = _set(
    "enumerate itemize description compactenum compactitem enumerate* itemize* inparaenum tasks parts subparts "
    "subsubparts questions list"
)
NUMBERED: Final = _set("enumerate compactenum enumerate* inparaenum tasks parts subparts subsubparts questions")
FRAMES: Final = _set(
    "tcolorbox mdframed framed shaded shaded* leftbar boxed fbox colorbox fcolorbox parbox framebox Sbox snugshade"
)
QUOTES: Final = _set("quote quotation displayquote blockquote verse")
HEADINGS: Final = {
    "part": 0,
    "chapter": 0,
    "section": 1,
    "subsection": 2,
    "subsubsection": 3,
    "paragraph": 4,
    "subparagraph": 5,
}
COUNTED: Final = ("chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
BREAKS: Final = _set(
    "\\ newline par linebreak smallskip medskip bigskip newpage clearpage pagebreak cleardoublepage tabularnewline"
)
EMPHASIS: Final = _set("textbf textit emph underline textsc texttt uline textsf textsl")
EMPHASIS_SWITCHES: Final = _set("bfseries bf itshape it em scshape sc")
PICTURES: Final = _set("includegraphics includepdf epsfig")

NO_TEXT: Final[dict[str, int]] = {
    **dict.fromkeys(
        _set(
            "label ref eqref cite citep citet vspace hspace usepackage documentclass bibliographystyle pagestyle "
            "thispagestyle footnote "
            "footnotetext geometry hypersetup title author date input include graphicspath RequirePackage "
            "bibitem todo fancyhead fancyfoot "
            "fancyhf lhead rhead chead lfoot rfoot cfoot tcbuselibrary usetikzlibrary theoremstyle url caption "
            "pagenumbering hyphenation "
            "linespread setstretch newcounter newlength selectlanguage phantom vphantom hphantom tag pagecolor "
            "tcbset lstset "
            "thanks stepcounter refstepcounter allowdisplaybreaks marginpar footnotemark cref Cref autoref "
            "nameref hyperref setlist captionof"
        ),
        1,
    ),
    **dict.fromkeys(
        _set("setlength addtolength setcounter addtocounter numberwithin markboth rule raisebox newif counterwithin"), 2
    ),
    "definecolor": 3,
    "titleformat": 5,
    "titlespacing": 4,
}
ACCENTS: Final = {
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    '"': "\u0308",
    "~": "\u0303",
    "c": "\u0327",
    "=": "\u0304",
    ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "r": "\u030a",
    "k": "\u0328",
}
LETTERS: Final = {
    "oe": "œ",
    "OE": "Œ",
    "ae": "æ",
    "AE": "Æ",
    "ss": "ß",
    "o": "ø",
    "aa": "å",
    "l": "ł",
    "i": "i",
    "j": "j",
    "og": "« ",
    "fg": " »",
    "guillemotleft": "«",
    "guillemotright": "»",
    "dots": "...",
    "ldots": "...",
    "dotfill": "...",
    "textbackslash": "\\",
    "ier": "er",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "S": "§",
    "dag": "†",
    "no": "n°",
    "No": "N°",
    "degree": "°",
    "textdegree": "°",
    "nobreakspace": " ",
    "textendash": "–",
    "textemdash": "—",
    "textasciitilde": "~",
    "bullet": "•",
    "textbullet": "•",
}
SPACES: Final = frozenset(
    (",", ";", " ", "!", ":", "quad", "qquad", "/", "@", "-", "enspace", "thinspace", "hfill", "hfil", "hspace*")
)
LITERALS: Final = frozenset("%&#_${}")
COUNTERS: Final = {"arabic": "1", "alph": "a", "Alph": "A", "roman": "i", "Roman": "I"}

_ROLES: Final = (
    (
        re.compile(
            r"(?:my|ma|the|la)?(?:answers?|solutions?|soln|sols?|ans|reponses?|rep|resp|response|corriges?)(?:box|env|text)?"
            r""
        ),
        "answer",
    ),
    (re.compile(r"\w*(?:answer|solution|reponse)\w{0,8}"), "answer"),
    (re.compile(r"(?:my)?(?:sub)?(?:proof|preuve|demonstration|demo|dem|pf)s?"), "proof"),
    (
        re.compile(r"(?:homework|hw|my|the)?(?:question|exercise|exercice|problem|probleme|exo|prob|pb)(?:s|box|env)?"),
        "question",
    ),
    (re.compile(r"(?:enonce|statement|prompt|consigne|instructions?|given)s?(?:box|env)?"), "statement"),
    (re.compile(r"(?:sub|sous)(?:question|problem|probleme|exercise|exercice|part)s?|subq|subpb|partie|qpart"), "part"),
)


def role_of(name: str) -> str:
    """What an environment or a command is for by its name or its printed title: answer, proof, question, "
    "statement, part."""
    plain = "".join(c for c in folded(name.rstrip("*")) if c.isalpha())
    if not plain or len(plain) > 40:
        return ""
    return next((role for pattern, role in _ROLES if pattern.fullmatch(plain)), "")
