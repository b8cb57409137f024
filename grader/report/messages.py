"""Machine notes in words, English and French. Prose lives here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from grader.report.program_words import PROGRAM_DIAGNOSES, PROGRAM_NOTES
from grader.report.step_words import MENDINGS, STEP_NOTES

Lang = str

OUTCOMES: Final[dict[str, dict[Lang, str]]] = {
    "correct": {"en": "right", "fr": "juste"},
    "incorrect": {"en": "not right", "fr": "inexact"},
    "undecided": {"en": "for a person", "fr": "à relire"},
    "unreadable": {"en": "not read", "fr": "non lu"},
    "fault": {"en": "our fault", "fr": "notre faute"},
    "missing": {"en": "not found", "fr": "absent"},
    "assumed": {"en": "assumed", "fr": "supposé"},
}
STATUSES: Final[dict[str, dict[Lang, str]]] = {
    "correct": {"en": "correct", "fr": "correct"},
    "partial": {"en": "partly right", "fr": "en partie juste"},
    "incorrect": {"en": "not right yet", "fr": "pas encore juste"},
    "empty": {"en": "nothing handed in", "fr": "rien de remis"},
    "unreadable": {"en": "could not be read", "fr": "illisible"},
    "needs_review": {"en": "a person will look", "fr": "une personne relira"},
}
NOTES: Final[dict[str, dict[Lang, str]]] = {
    "agrees": {"en": "agrees at every point tried", "fr": "vérifié en tous les points essayés"},
    "other_order": {
        "en": "right in another order of the variables than the usual one; say which order you use",
        "fr": "juste dans un autre ordre des variables que l'ordre habituel ; dites lequel vous utilisez",
    },
    "other_order_declared": {
        "en": "right in the order of the variables you declare",
        "fr": "juste dans l'ordre des variables que vous annoncez",
    },
    "may_follow_from_earlier": {
        "en": "differs, but may follow from an earlier answer: a person looks",
        "fr": "diffère, mais découle peut-être d'une réponse précédente : une personne relit",
    },
    "not_confirmed": {"en": "could not be confirmed", "fr": "n'a pas pu être confirmé"},
    "found_elsewhere": {
        "en": "an answer to this stands under another heading; a person looks",
        "fr": "une réponse se trouve sous un autre titre ; une personne relit",
    },
    "undefined_at_boundary": {
        "en": "one side is undefined on the boundary of the other",
        "fr": "un membre n'est pas défini au bord de l'autre",
    },
    "only_under_condition": {
        "en": "right under the condition stated before it, not in general",
        "fr": "juste sous la condition énoncée avant, pas en général",
    },
    "conditional": {"en": "holds under its own condition only", "fr": "ne vaut que sous sa propre condition"},
    "unchanged": {"en": "unchanged from before", "fr": "inchangé"},
    "proved": {"en": "proved by exact arithmetic", "fr": "démontré par calcul exact"},
    "where_defined": {
        "en": "agrees wherever both sides are defined",
        "fr": "vérifié partout où les deux membres sont définis",
    },
    "proportional": {
        "en": "the same equation up to a constant factor",
        "fr": "la même équation à un facteur constant près",
    },
    "entry_by_entry": {"en": "every component agrees", "fr": "chaque composante est vérifiée"},
    "coordinate_by_coordinate": {"en": "every coordinate is given", "fr": "chaque coordonnée est donnée"},
    "identity_holds": {"en": "shown, and it holds", "fr": "montré, et c'est exact"},
    "occurs": {"en": "found in the derivation", "fr": "trouvé dans le calcul"},
    "all_links_hold": {"en": "every line follows from the one before", "fr": "chaque ligne suit de la précédente"},
    "phrase": {"en": "explained in words", "fr": "expliqué en mots"},
    "differs": {"en": "does not agree with what is asked", "fr": "ne correspond pas à ce qui est demandé"},
    "opposite": {
        "en": "is the negative of what is asked, perhaps as a loss to be minimised: a person looks",
        "fr": "est l'opposé de ce qui est demandé, peut-être une perte à minimiser : une personne relit",
    },
    "shape": {"en": "has another shape than what is asked", "fr": "n'a pas la forme demandée"},
    "some_entries": {"en": "some components are not right", "fr": "certaines composantes sont inexactes"},
    "strictness": {"en": "differs on the boundary (strict or not)", "fr": "diffère au bord (stricte ou large)"},
    "condition_differs": {"en": "does not hold for the same values", "fr": "n'est pas vraie pour les mêmes valeurs"},
    "solutions_differ": {"en": "has other solutions", "fr": "a d'autres solutions"},
    "nothing_handed_in": {"en": "nothing stands here", "fr": "rien n'est écrit ici"},
    "not_claimed": {"en": "no such answer was found", "fr": "aucune réponse de ce genre n'a été trouvée"},
    "not_found": {"en": "not recognised automatically", "fr": "non reconnu automatiquement"},
    "no_rubric_yet": {"en": "marked by a person", "fr": "noté par une personne"},
    "for_a_person": {"en": "marked by a person", "fr": "noté par une personne"},
    "unread_lines": {
        "en": "some lines here could not be read, so nothing is concluded",
        "fr": "certaines lignes n'ont pas pu être lues : on ne conclut rien",
    },
    "contradicted_later": {
        "en": "right once, but a later line says otherwise",
        "fr": "juste, mais une ligne plus loin dit autre chose",
    },
    "some_link_unclear": {"en": "some line could not be confirmed", "fr": "une ligne n'a pas pu être confirmée"},
    "some_coordinates": {
        "en": "only some coordinates were recognised",
        "fr": "seules certaines coordonnées ont été reconnues",
    },
    "some_values": {
        "en": "only some of the values were recognised",
        "fr": "seules certaines valeurs ont été reconnues",
    },
    "some_entries_undecided": {
        "en": "some components could not be decided",
        "fr": "certaines composantes n'ont pu être tranchées",
    },
    "no_phrase_known": {"en": "the wording is left to a person", "fr": "la formulation est laissée à une personne"},
    "negated_or_contrary": {"en": "the wording needs a person", "fr": "la formulation demande une personne"},
    "no_words": {"en": "no explanation in words was found", "fr": "aucune explication en mots n'a été trouvée"},
    "unknown_name": {"en": "a symbol is used that is not introduced", "fr": "un symbole utilisé n'est pas introduit"},
    "unknown_function": {
        "en": "a function is used that is not introduced",
        "fr": "une fonction utilisée n'est pas introduite",
    },
    "unsupported": {"en": "a construct that is read but not computed", "fr": "une écriture lue mais non calculée"},
    "rounded": {"en": "agrees up to rounding of the decimals", "fr": "exact à l'arrondi des décimales près"},
    "strained_reading": {
        "en": "right only under an unusual reading",
        "fr": "juste seulement avec une lecture inhabituelle",
    },
    "order_unclear": {"en": "the right values in another order", "fr": "les bonnes valeurs dans un autre ordre"},
    "undefined_on_part": {"en": "not defined on part of the domain", "fr": "non défini sur une partie du domaine"},
    "fails_at_boundary": {
        "en": "fails only on the boundary of the domain",
        "fr": "ne tient pas seulement au bord du domaine",
    },
    "all_cases": {
        "en": "every case is covered by points that work",
        "fr": "chaque cas est couvert par des points qui conviennent",
    },
    "cases_left": {
        "en": "some values of the parameters are not covered",
        "fr": "certaines valeurs des paramètres ne sont pas couvertes",
    },
    "some_link_fails": {
        "en": "on some line the two sides differ in numbers; a person looks",
        "fr": "sur une ligne, les deux membres diffèrent en nombres ; une personne relit",
    },
    "rests_on_others": {
        "en": "said, but what leads to it was not recognised: a person looks",
        "fr": "affirmé, mais ce qui y mène n'a pas été reconnu : une personne relit",
    },
    "rests_on_a_name": {
        "en": "rests on a name whose meaning was only guessed: a person looks",
        "fr": "repose sur un nom dont le sens est seulement deviné : une personne relit",
    },
    "fails_in_every_model": {
        "en": "does not hold in any model of the form asked for",
        "fr": "ne vaut dans aucun modèle de la forme demandée",
    },
    "differs_from_own": {
        "en": "does not follow from your own earlier answer either",
        "fr": "ne suit pas non plus de votre réponse précédente",
    },
    "follows_from_earlier": {
        "en": "follows from your own earlier answer; not charged again",
        "fr": "suit de votre réponse précédente ; non pénalisé de nouveau",
    },
    "another_structure": {
        "en": "holds, but is not of the form asked for: a person looks",
        "fr": "exact, mais pas de la forme demandée : une personne relit",
    },
    "right_factor": {
        "en": "this factor is of the right form",
        "fr": "ce facteur a la bonne forme",
    },
    "in_words_only": {
        "en": "said in words only, no formula was found",
        "fr": "dit en mots seulement, aucune formule trouvée",
    },
    "sum_differs": {
        "en": "the sum does not equal the bound",
        "fr": "la somme n'égale pas la borne",
    },
    "not_mentioned": {
        "en": "nothing here speaks of it",
        "fr": "rien ici n'en parle",
    },
    "impossible_equation": {
        "en": "rests on an equation that no values satisfy",
        "fr": "repose sur une équation qu'aucune valeur ne vérifie",
    },
    "answers_alone": {
        "en": "the answers stand here, the steps to them were not seen",
        "fr": "les réponses sont là, les étapes qui y mènent n'ont pas été vues",
    },
    "rests_on_missing": {
        "en": "what it rests on is not here",
        "fr": "ce sur quoi cela repose n'est pas là",
    },
    "left_off": {
        "en": "not here, and you say that the part is not finished",
        "fr": "absent, et vous dites que la partie n'est pas terminée",
    },
    "without_reason": {
        "en": "said, but no reason was recognised",
        "fr": "affirmé, mais aucune raison n'a été reconnue",
    },
    "over_claim": {
        "en": "explained; one claim goes further than what was shown",
        "fr": "expliqué ; une affirmation va plus loin que ce qui est montré",
    },
    "text_without_place": {
        "en": "there is text for this question, but no heading says which part it answers",
        "fr": "il y a du texte pour cette question, mais aucun titre ne dit à quelle partie il répond",
    },
    "holds": {
        "en": "holds at every point tried",
        "fr": "vérifié en tous les points essayés",
    },
    "differs_generically": {
        "en": "the two sides differ, as said",
        "fr": "les deux membres diffèrent, comme annoncé",
    },
    "holds_somewhere": {
        "en": "holds at some point between the ends",
        "fr": "est vrai en un point entre les bornes",
    },
    "holds_nowhere": {
        "en": "holds at no point between the ends",
        "fr": "n'est vrai en aucun point entre les bornes",
    },
    "relation_fails": {
        "en": "does not hold",
        "fr": "n'est pas vrai",
    },
    "needs_a_person": {
        "en": "not read here: a person looks",
        "fr": "non lu ici : une personne relit",
    },
    "binary": {"en": "the file is not text", "fr": "le fichier n'est pas du texte"},
    "empty": {"en": "the file is empty", "fr": "le fichier est vide"},
    "unreadable": {"en": "could not be read: a person looks", "fr": "illisible : une personne relit"},
    "not_judged": {
        "en": "read, and left to a person",
        "fr": "lu, et laissé à une personne",
    },
    "hypothesis": {
        "en": "taken as given",
        "fr": "pris comme donné",
    },
    "fails_at_small_sizes": {
        "en": "fails only for very small sizes",
        "fr": "ne manque que pour de très petites tailles",
    },
    "too_few_samples": {
        "en": "too few points to say",
        "fr": "trop peu de points pour conclure",
    },
    "no_world": {
        "en": "no values satisfy the conditions stated",
        "fr": "aucune valeur ne satisfait les conditions énoncées",
    },
    "quadrature": {
        "en": "an integral was too hard to compute surely",
        "fr": "une intégrale trop difficile à calculer sûrement",
    },
    "one_point": {
        "en": "differs at one point only",
        "fr": "ne diffère qu'en un point",
    },
    "sealed": {
        "en": "cannot be told here; the full grader will",
        "fr": "ne peut pas être tranché ici ; le correcteur complet le fera",
    },
    "timeout": {"en": "took too long to read; nothing is concluded", "fr": "lecture trop longue ; on ne conclut rien"},
    "budget": {
        "en": "too much work for one formula; nothing is concluded",
        "fr": "trop de calcul pour une formule ; on ne conclut rien",
    },
    "too_large": {"en": "too large to compute", "fr": "trop grand pour être calculé"},
    "fault": {
        "en": "our program failed here; this is not held against the answer",
        "fr": "notre programme a échoué ici ; cela ne compte pas contre la réponse",
    },
}
DIAGNOSES: Final[dict[str, dict[Lang, str]]] = {
    "sign": {"en": "the sign is reversed", "fr": "le signe est inversé"},
    "indices_swapped": {"en": "the indices 1 and 2 seem swapped", "fr": "les indices 1 et 2 semblent échangés"},
    "transposed": {"en": "the matrix seems transposed", "fr": "la matrice semble transposée"},
    "constant_factor": {"en": "off by the constant factor {0}", "fr": "un facteur constant {0} d'écart"},
    "constant_term": {"en": "off by the constant term {0}", "fr": "un terme constant {0} d'écart"},
}
PROMPTS: Final[dict[str, dict[Lang, str]]] = {
    "topic": {"en": "what it is about", "fr": "le sujet"},
    "contribution": {"en": "the main contribution", "fr": "la contribution principale"},
    "results": {"en": "approach and results", "fr": "l'approche et les résultats"},
    "insight": {"en": "a new insight", "fr": "un nouvel aperçu"},
    "empirical_progress": {"en": "empirical progress", "fr": "un progrès empirique"},
    "concrete_results": {"en": "code or an algorithm", "fr": "du code ou un algorithme"},
    "experiments": {"en": "the experiments", "fr": "les expériences"},
    "use": {"en": "use for others", "fr": "l'utilité pour les autres"},
    "improvement": {"en": "what could be better", "fr": "ce qui pourrait être mieux"},
    "baselines_and_data": {"en": "baselines and data sets", "fr": "références et jeux de données"},
    "design_and_writing": {"en": "design and writing", "fr": "conception et écriture"},
    "novelty": {"en": "novelty", "fr": "la nouveauté"},
    "importance": {"en": "why one should care", "fr": "pourquoi s'en soucier"},
    "link_with_class": {"en": "the link with the class", "fr": "le lien avec le cours"},
    "next_directions": {"en": "next directions", "fr": "les prochaines directions"},
    "own_ideas": {"en": "own ideas", "fr": "ses propres idées"},
}
HINTS: Final[dict[str, dict[Lang, str]]] = {
    "unclosed": {
        "en": "close the bracket or environment, or keep the formula on one display",
        "fr": "fermez la parenthèse ou l'environnement, ou gardez la formule dans un seul bloc",
    },
    "damaged": {
        "en": "the text looks damaged (a macro lost its first letters); write the macro again",
        "fr": "le texte semble abîmé (une macro a perdu ses premières lettres) ; réécrivez-la",
    },
    "unknown_macro": {
        "en": "define the macro in the file, or write it out",
        "fr": "définissez la macro dans le fichier, ou écrivez-la en entier",
    },
    "missing_argument": {
        "en": "something is missing here; complete the formula",
        "fr": "il manque quelque chose ; complétez la formule",
    },
    "missing_operand": {
        "en": "a term is missing here; complete the formula",
        "fr": "il manque un terme ; complétez la formule",
    },
    "dots": {
        "en": "write the terms out, or use a sum with an index",
        "fr": "écrivez les termes, ou une somme avec un indice",
    },
    "unexpected": {
        "en": "check the brackets and signs around this place",
        "fr": "vérifiez les parenthèses et les signes à cet endroit",
    },
    "not_utf8": {"en": "save the file as UTF-8", "fr": "enregistrez le fichier en UTF-8"},
}


def say(table: dict[str, dict[Lang, str]], key: str, lang: Lang) -> str:
    """An entry in a language, or the key itself."""
    return table.get(key, {}).get(lang, key.replace("_", " "))


def note(tag: str, lang: Lang) -> str:
    """A machine note in words."""
    return say(STEP_NOTES if tag in STEP_NOTES else NOTES, tag, lang)


def check_note(check: Mapping[str, Any], lang: Lang) -> str:
    """The note of a check (as data) in words; of a Python answer with the cause of a failure and its place."""
    evidence = check["evidence"]
    if "function" not in evidence:
        return note(check["note"], lang)
    tag = check["note"]
    text = say(PROGRAM_NOTES, tag, lang) if tag in PROGRAM_NOTES else note(tag, lang)
    if evidence.get("cause"):
        text += f": {evidence['cause']}"
    at = evidence.get("at")
    if at is not None:
        text += f" ({at['file']}, {'ligne' if lang == 'fr' else 'line'} {at['line']})"
    return text


def diagnosis(tag: str, lang: Lang) -> str:
    """A diagnosis such as `constant_factor 1/pi` in words."""
    kind, _, rest = tag.partition(" ")
    table = next((t for t in (MENDINGS, PROGRAM_DIAGNOSES) if kind in t), DIAGNOSES)
    return say(table, kind, lang).format(rest)


_TRUTH: Final = {"en": ("true", "false"), "fr": ("vrai", "faux")}


def number(value: Any, lang: str = "en") -> str:
    """A number of a witness as a person reads it; of a condition, whether it holds."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _TRUTH[lang][not value]
    if isinstance(value, dict) and "re" in value:
        real, imaginary = value["re"], value["im"]
        sign = "+" if imaginary >= 0 else "-"
        lead = f"{real:.4g} {sign} " if real else ("-" if imaginary < 0 else "")
        size = "" if abs(imaginary) == 1 else f"{abs(imaginary):.4g}"
        return f"{lead}{size}i"
    if isinstance(value, list) and _size(value) > _LONG:
        return "(..)"
    if isinstance(value, list):
        return "(" + ", ".join(number(v) for v in value) + ")"
    if isinstance(value, float):
        return f"{value:.5g}"
    return str(value)


_LONG: Final = 9
"""So many numbers are shown, those of a 3×3 matrix; the tables of a longer one are in the JSON."""


def _size(value: Any) -> int:
    return sum(_size(item) for item in value) if isinstance(value, list) else 1
