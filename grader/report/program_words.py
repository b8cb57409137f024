"""What is said of Python answers, English and French."""

from __future__ import annotations

from typing import Final

PROGRAM_NOTES: Final[dict[str, dict[str, str]]] = {
    "agrees": {"en": "agrees at every point tried", "fr": "vérifié en tous les points essayés"},
    "differs": {"en": "returns another value", "fr": "renvoie une autre valeur"},
    "some_entries": {"en": "some components are not right", "fr": "certaines composantes sont inexactes"},
    "shape": {"en": "returns a value of another shape", "fr": "renvoie une valeur d'une autre forme"},
    "timeout": {"en": "did not finish in time", "fr": "n'a pas terminé à temps"},
    "memory": {"en": "needed too much memory", "fr": "a demandé trop de mémoire"},
    "flood": {"en": "printed too much", "fr": "a trop affiché"},
    "exit": {"en": "ended the program instead of returning", "fr": "a terminé le programme au lieu de renvoyer"},
    "error": {"en": "failed", "fr": "a échoué"},
    "invalid": {"en": "returned nothing that can be compared", "fr": "n'a rien renvoyé de comparable"},
    "not_run": {"en": "not run", "fr": "non exécuté"},
    "module": {
        "en": "needs a package that is not here: a person looks",
        "fr": "demande un paquet absent ici : une personne relit",
    },
    "unmatched": {
        "en": "what it returns could not be matched with what is asked: a person looks",
        "fr": "ce qu'elle renvoie n'a pas pu être rapproché de la question : une personne relit",
    },
    "nearly": {
        "en": "close to the right value but not equal: a person looks",
        "fr": "proche de la bonne valeur sans l'égaler : une personne relit",
    },
    "fails_at_scale": {
        "en": "right, but not for very large or very small values: a person looks",
        "fr": "juste, sauf pour de très grandes ou très petites valeurs : une personne relit",
    },
    "another_split": {
        "en": "the terms add up, but are split in another way: a person looks",
        "fr": "la somme est juste, mais répartie autrement : une personne relit",
    },
    "gradient_differs": {
        "en": "the value is right, its derivatives are not: a person looks",
        "fr": "la valeur est juste, ses dérivées non : une personne relit",
    },
    "budget": {"en": "the file took too long to try all of it", "fr": "fichier trop long à essayer en entier"},
}
PROGRAM_DIAGNOSES: Final[dict[str, dict[str, str]]] = {
    "instead_of": {"en": "this is {0}", "fr": "ceci est {0}"},
    "same_point": {"en": "the two points are one and the same", "fr": "les deux points n'en font qu'un"},
}
