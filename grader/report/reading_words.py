"""What could not be read, in French: the reader's own messages are English and name the place."""

from __future__ import annotations

from typing import Final

READING: Final[dict[str, str]] = {
    "accent": "un accent qui n'a pas pu être lu",
    "arguments": "des arguments qui n'ont pas pu être lus",
    "binary": "le fichier n'est pas du texte",
    "damaged": "le texte semble abîmé",
    "differential": "une différentielle qui n'a pas pu être lue",
    "dots": "des points de suspension qui n'ont pas pu être complétés",
    "double_power": "deux exposants de suite",
    "empty": "rien à lire",
    "empty_argument": "un argument vide",
    "environment": "un environnement qui n'a pas pu être lu",
    "exchanged": "deux réponses sous le titre l'une de l'autre ; chacune est notée pour la question à laquelle elle répond",
    "formula_too_long": "une formule trop longue",
    "indicator": "une indicatrice qui n'a pas pu être lue",
    "limits": "des bornes qui n'ont pas pu être lues",
    "missing_argument": "il manque un argument",
    "missing_file": "un fichier absent de la remise",
    "missing_operand": "il manque un terme ou un facteur",
    "no_parts": "aucune question de ce devoir n'y a été trouvée",
    "not_a_notebook": "ce fichier n'est pas un notebook",
    "not_utf8": "un octet qui n'est pas de l'UTF-8",
    "ragged": "des lignes de longueurs différentes dans une matrice",
    "stray_character": "un caractère inattendu",
    "syntax_error": "ce n'est pas du Python valide",
    "unclosed": "ce qui est ouvert n'est jamais fermé",
    "unexpected": "un signe inattendu",
    "unexpected_text": "un texte inattendu dans la formule",
    "unknown_macro": "une macro inconnue",
}


def reading(note: str, message: str, lang: str) -> str:
    """A message of the reader for a person: in French what it means, and behind it the message itself."""
    if lang != "fr" or note not in READING:
        return message
    return f"{READING[note]} ({message})"
