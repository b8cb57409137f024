"""What the desk's pages and its API both do: a decision, an override, taking it back."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException

from grader.desk.beside import beside_of
from grader.desk.reviewing import Asked, Place, asked, decide
from grader.errors import OperatorError
from grader.gradebook import Gradebook, Override, Question, Submission
from grader.web.book import Desk
from grader.web.sessions import Done
from grader.web.words import words


def known(book: Gradebook, submission: str) -> Submission:
    """A submission by its id, which is looked up and never made a path of. Raises HTTPException (404)."""
    try:
        return book.submission(submission)
    except OperatorError:
        raise HTTPException(404, "submission") from None


def question(
    desk: Desk, book: Gradebook, place: Place | None, *, only: str = "", lang: str = "en", whole: bool = False
) -> Asked | None:
    """A question of the queue; None if nothing is open. Raises Gone."""
    return asked(book, desk.queue(book, only), place, beside_of(book, lang), lang=lang, whole=whole)


def decided(
    desk: Desk,
    book: Gradebook,
    place: Place,
    points: str,
    reason: str,
    author: str,
    *,
    apply: Sequence[str] | None,
    only: str = "",
    lang: str = "en",
) -> tuple[Done, Question | None]:
    """Decide a question, as `desk.reviewing.decide` does; what was done, in words, and the next question."""
    given, after = decide(book, desk.queue(book, only), place, points, reason, author, apply)
    first = next(o for o in book.history(place[0], place[1]) if o.id == given[0])
    name = f"{place[0]} {place_name(place)}"
    worth = _worth(book, place)
    say = words(lang)
    if len(given) > 1:
        text = say["decided_more"].format(name, f"{first.points:g}", f"{worth:g}", len(given) - 1)
    else:
        text = say["decided_now"].format(name, f"{first.points:g}", f"{worth:g}")
    return Done(given, text, place), after


def place_name(place: Place) -> str:
    """`Q7.b`, or with a check `Q7.b.terms`."""
    return f"{place[1]}.{place[2]}" if place[2] else place[1]


def _worth(book: Gradebook, place: Place) -> float:
    result = book.result(place[0])
    part = result.summary.part(place[1]) if result is not None else None
    if part is None:
        return 0.0
    return next((c.out_of for c in part.checks if c.id == place[2]), part.out_of)


def override_of(book: Gradebook, submission: str, number: int) -> Override:
    """An override of a submission. Raises HTTPException (404)."""
    for override in book.history(submission):
        if override.id == number:
            return override
    raise HTTPException(404, "override")


def reason_of(book: Gradebook, part: str, typed: str, remark: str, keep: bool, author: str, lang: str) -> str:
    """The reason: what was typed, else the comment that was chosen, else that a person read it."""
    if typed:
        if keep:
            book.remarks.use(part, typed, author=author)
        return typed
    for kept in book.remarks.of(part):
        if str(kept.id) == remark:
            return book.remarks.use(part, kept.text, author=author).text
    return words(lang)["default_reason"]
