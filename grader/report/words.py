"""What the terminal and the pages say in the same words, and what both pick from a part."""

from __future__ import annotations

from typing import Any, Final

REMARKED: Final = frozenset({"follows_from_earlier", "other_order_declared", "unchanged"})
"""Notes of right answers that are worth a word."""
WORDS: Final[dict[str, dict[str, str]]] = {
    "points": {"en": "points", "fr": "points"},
    "total": {"en": "Total", "fr": "Total"},
    "sure": {"en": "sure now; up to {0} once a person has looked", "fr": "acquis ; jusqu'à {0} après relecture"},
    "line": {"en": "line", "fr": "ligne"},
    "cell": {"en": "cell", "fr": "cellule"},
    "at": {"en": "for example at", "fr": "par exemple en"},
    "yours": {"en": "yours", "fr": "la vôtre"},
    "expected": {"en": "reference", "fr": "référence"},
    "sides": {"en": "left {0}, right {1}", "fr": "à gauche {0}, à droite {1}"},
    "words": {"en": "{0} words", "fr": "{0} mots"},
    "no_passage": {"en": "no passage found on: {0}", "fr": "aucun passage trouvé sur : {0}"},
    "unread": {"en": "{0} line(s) could not be read", "fr": "{0} ligne(s) non lue(s)"},
    "confirmed": {
        "en": "{0} of {1} lines confirmed with numbers",
        "fr": "{0} lignes sur {1} confirmées par des nombres",
    },
    "nothing": {
        "en": "Nothing could be read; no mark is concluded from that, a person will look.",
        "fr": "Rien n'a pu être lu ; aucune note n'en est tirée, une personne regardera.",
    },
    "differs": {"en": "the two sides differ", "fr": "les deux membres diffèrent"},
    "consequence": {
        "en": "follows from line {0}, costs nothing more",
        "fr": "découle de la ligne {0}, ne coûte rien de plus",
    },
    "repaired": {"en": "line {0} is right again", "fr": "la ligne {0} est de nouveau juste"},
    "more": {"en": "{0} more such lines", "fr": "{0} autres lignes de ce genre"},
    "other_counts": {"en": "another answer counts for it", "fr": "une autre réponse compte pour cela"},
    "by_hand": {"en": "marked by a person", "fr": "noté par une personne"},
    "stale": {"en": "given for a text that has changed since", "fr": "donné pour un texte qui a changé depuis"},
    "hint": {"en": "so that it can be read", "fr": "pour que ce soit lu"},
}


def given_in(part: dict[str, Any]) -> list[tuple[dict[str, Any] | None, dict[str, Any], float]]:
    """What people gave to a part: checks with their entries, and at last (None) the part's own."""
    found: list[tuple[dict[str, Any] | None, dict[str, Any], float]] = [
        (c, c["mark"]["given"], c["points"]["out_of"]) for c in part["checks"] if "mark" in c
    ]
    if "given" in part.get("mark", {}):
        found.append((None, part["mark"]["given"], part["mark"]["out_of"]))
    return found


def replaced(check: dict[str, Any]) -> bool:
    """Whether nothing was written and an answer in Python stands for it."""
    return check["outcome"] == "missing" and "counted" in check["evidence"]
