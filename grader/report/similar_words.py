"""What is said of submissions with the same mistakes, English and French."""

from __future__ import annotations

from typing import Final

from grader.gradebook.similar import Row

SIMILAR: Final = {
    "none": {
        "en": "no two submissions have more mistakes in common than chance explains",
        "fr": "aucune paire de remises n'a plus d'erreurs en commun que le hasard n'en explique",
    },
    "hint": {
        "en": "A hint for a person, never a verdict. Equal mistakes have innocent causes: a slip that several make, an error in the "
        "statement, the lecture or a textbook, help from the same person, work in a group where it is allowed, one text handed in by "
        "two of a group or twice, one slip whose consequences were not recognised as such, or a right line that this program takes "
        "for wrong. Read both texts as a whole, and hear those who wrote them, before you conclude anything.",
        "fr": "Un indice pour une personne, jamais un verdict. Des erreurs égales ont des causes innocentes : une faute que plusieurs "
        "commettent, une erreur de l'énoncé, du cours ou d'un manuel, l'aide d'une même personne, un travail de groupe là où il "
        "est permis, un texte remis par deux membres d'un groupe ou deux fois, une seule faute dont les suites n'ont pas été "
        "reconnues, ou une ligne juste que ce programme croit fausse. Lire les deux textes en entier, et entendre leurs auteurs, "
        "avant toute conclusion.",
    },
    "pair": {"en": "{0} equal mistakes in the same order", "fr": "{0} erreurs égales dans le même ordre"},
    "expected": {
        "en": "were mistakes independent, a class of {1} would have {0} pairs with just these by chance",
        "fr": "si les erreurs étaient indépendantes, une classe de {1} aurait {0} paires avec justement celles-ci par hasard",
    },
    "weak": {
        "en": "weak: among so many pairs one like this is no surprise",
        "fr": "faible : parmi tant de paires, une pareille ne surprend pas",
    },
    "same_text": {
        "en": "the text is the same, letter for letter",
        "fr": "le texte est le même, lettre pour lettre",
    },
    "held": {"en": "{0} of {1} have it", "fr": "chez {0} sur {1}"},
    "follows": {"en": "follows from a line before, counts nothing", "fr": "suit d'une ligne précédente, ne compte pas"},
    "alone": {"en": "only here", "fr": "seulement ici"},
    "equal": {"en": "equal, but common or out of order: counts nothing", "fr": "égales, mais fréquentes ou dans un autre ordre : ne compte pas"},
    "line": {"en": "line {0}", "fr": "ligne {0}"},
    "answer": {"en": "final answer", "fr": "réponse finale"},
    "groups": {
        "en": "belong together: {0} (the more they are, the likelier a common source)",
        "fr": "vont ensemble : {0} (plus elles sont nombreuses, plus une source commune est probable)",
    },
    "unknown": {
        "en": "{0} submissions were graded by an earlier version, which did not keep what this needs: grade them again (--resume)",
        "fr": "{0} remises ont été notées par une version antérieure, qui ne gardait pas ce qu'il faut : les noter de nouveau (--resume)",
    },
    "same_people": {
        "en": "handed in by the same people, not compared with each other: {0}",
        "fr": "remises par les mêmes personnes, non comparées entre elles : {0}",
    },
}  # fmt: skip


def chance(expected: float) -> str:
    """A number of pairs in words of a person: `0.02`, or `1e-06` and less as `< 0.0001`."""
    return f"{expected:.2g}" if expected >= 0.0001 else "< 0.0001"


def said(row: Row, lang: str) -> str:
    """What a row means for its pair."""
    if row.shared is not None:
        return SIMILAR["held"][lang].format(row.shared.held_by, row.shared.of)
    if row.first is None or row.second is None:
        return SIMILAR["alone"][lang]
    return SIMILAR["follows" if row.first.follows or row.second.follows else "equal"][lang]
