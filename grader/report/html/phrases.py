"""Words that only pages need, English and French."""

from __future__ import annotations

from typing import Final

_PHRASES: Final[dict[str, dict[str, str]]] = {
    "right": {"en": "right", "fr": "juste"},
    "wrong": {"en": "wrong", "fr": "faux"},
    "unclear": {"en": "unclear", "fr": "pas clair"},
    "unread": {"en": "not read", "fr": "non lu"},
    "fault": {"en": "our fault", "fr": "notre faute"},
    "missing": {"en": "missing", "fr": "absent"},
    "given": {"en": "taken as given", "fr": "admis"},
    "left": {"en": "left side", "fr": "à gauche"},
    "right_side": {"en": "right side", "fr": "à droite"},
    "yours": {"en": "yours", "fr": "la vôtre"},
    "expected": {"en": "reference", "fr": "référence"},
    "under": {"en": "under", "fr": "sous"},
    "where": {"en": "for example where", "fr": "par exemple où"},
    "read_as": {"en": "read as", "fr": "lu comme"},
    "derivation": {"en": "As written", "fr": "Tel qu'écrit"},
    "findings": {"en": "What was looked for", "fr": "Ce qui était cherché"},
    "elsewhere": {"en": "Other lines", "fr": "Autres lignes"},
    "points": {"en": "points", "fr": "points"},
    "of": {"en": "of", "fr": "sur"},
    "report": {"en": "Report", "fr": "Rapport"},
    "parts": {"en": "Parts", "fr": "Parties"},
    "line": {"en": "line", "fr": "ligne"},
    "sure": {"en": "sure now", "fr": "acquis"},
    "possible": {"en": "possible once a person has looked", "fr": "possible après relecture"},
    "legend": {"en": "How to read this", "fr": "Comment lire"},
    "empty": {"en": "Nothing was handed in for this part.", "fr": "Rien n'a été rendu pour cette partie."},
    "trust": {
        "en": "“Unclear” and “not read” cost nothing by themselves: a person looks at them.",
        "fr": "« Pas clair » et « non lu » ne coûtent rien en eux-mêmes : une personne les regarde.",
    },
    "ta": {
        "en": "for assistants: holds reference values",
        "fr": "pour les auxiliaires : contient des valeurs de référence",
    },
    "graded_by": {"en": "Graded by homework-grader {0}, rubric {1}", "fr": "Noté par homework-grader {0}, barème {1}"},
    "stale": {"en": "given for a text that has changed since", "fr": "donné pour un texte qui a changé depuis"},
    "marked": {"en": "Given by a person", "fr": "Donné par une personne"},
    "skip": {"en": "Skip to the report", "fr": "Aller au rapport"},
    "class": {"en": "Submissions", "fr": "Remises"},
    "submission": {"en": "Submission", "fr": "Remise"},
    "total": {"en": "Total", "fr": "Total"},
    "open": {"en": "open", "fr": "ouvert"},
    "no_result": {"en": "no result yet", "fr": "pas encore de résultat"},
    "decided": {"en": "decided", "fr": "décidé"},
}


def phrase(key: str, lang: str) -> str:
    """A word in a language."""
    return _PHRASES[key][lang]
