"""What is said of a single line, English and French."""

from __future__ import annotations

from typing import Final

STEP_NOTES: Final[dict[str, dict[str, str]]] = {
    "agrees_with_earlier": {"en": "agrees with a line before it", "fr": "s'accorde avec une ligne précédente"},
    "another_reading": {"en": "may be read in another way", "fr": "peut se lire autrement"},
    "condition_unread": {
        "en": "stands under a condition that could not be read",
        "fr": "dépend d'une condition qui n'a pas pu être lue",
    },
    "definition": {"en": "gives a name its meaning", "fr": "donne son sens à un nom"},
    "denied": {"en": "the words around it deny it", "fr": "nié par les mots qui l'entourent"},
    "does_not_follow": {"en": "does not follow from the line before", "fr": "ne découle pas de la ligne précédente"},
    "does_not_solve": {"en": "does not solve the equation", "fr": "n'est pas solution de l'équation"},
    "equation": {"en": "an equation to solve", "fr": "une équation à résoudre"},
    "every_line_holds": {
        "en": "every line holds and leads to the right answer",
        "fr": "toutes les lignes sont vraies et mènent à la bonne réponse",
    },
    "example": {"en": "an example", "fr": "un exemple"},
    "follows": {"en": "follows from what stands before", "fr": "découle de ce qui précède"},
    "goal": {"en": "still to be shown", "fr": "reste à montrer"},
    "goal_false": {"en": "cannot be shown: it is false", "fr": "ne peut pas être montré : c'est faux"},
    "holds_elsewhere": {
        "en": "holds under another condition stated in the part",
        "fr": "vrai sous une autre condition énoncée dans la partie",
    },
    "in_a_family": {"en": "holds in a model of the form asked for", "fr": "vrai dans un modèle de la forme demandée"},
    "may_follow": {"en": "may rest on an equation before it", "fr": "repose peut-être sur une équation précédente"},
    "membership": {"en": "says where a name lives", "fr": "dit où vit un nom"},
    "not_followed": {"en": "the step could not be followed", "fr": "l'étape n'a pas pu être suivie"},
    "not_the_discriminant": {
        "en": "is not the discriminant of the equation",
        "fr": "n'est pas le discriminant de l'équation",
    },
    "order_of_entries": {
        "en": "right if the entries stand in another order",
        "fr": "juste si les composantes sont dans un autre ordre",
    },
    "qualified": {"en": "words restrict it: a person looks", "fr": "des mots le restreignent : une personne relit"},
    "same_solutions": {
        "en": "has the same solutions as a line before",
        "fr": "mêmes solutions qu'une ligne précédente",
    },
    "slip": {"en": "a slip that a later line makes good", "fr": "un lapsus réparé par une ligne suivante"},
    "solves": {"en": "solves the equation", "fr": "est solution de l'équation"},
    "statement": {"en": "a statement", "fr": "un énoncé"},
    "undefined": {"en": "is not defined there", "fr": "n'y est pas défini"},
    "value": {"en": "a value given to a name", "fr": "une valeur donnée à un nom"},
}

MENDINGS: Final[dict[str, dict[str, str]]] = {
    "mend_sign": {"en": "one sign is reversed", "fr": "un signe est inversé"},
    "mend_index": {"en": "one index is another", "fr": "un indice est à changer"},
    "mend_time": {"en": "one time index is off by one", "fr": "un indice de temps est décalé de un"},
    "mend_argument": {"en": "the sign of an argument is reversed", "fr": "le signe d'un argument est inversé"},
    "mend_inverted": {"en": "a fraction is upside down", "fr": "une fraction est renversée"},
    "mend_divergence_reversed": {"en": "the divergence is reversed", "fr": "la divergence est dans l'autre sens"},
    "mend_transposed": {"en": "the matrix is transposed", "fr": "la matrice est transposée"},
    "mend_range": {"en": "a sum or product begins elsewhere", "fr": "une somme ou un produit commence ailleurs"},
    "mend_squared": {"en": "a square is lost", "fr": "un carré est perdu"},
    "mend_power": {"en": "a square is too many", "fr": "un carré de trop"},
    "mend_expected": {"en": "an outer expectation is missing", "fr": "il manque une espérance extérieure"},
}
