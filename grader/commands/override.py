"""`grader override`: points that a person gives, takes back, and looks up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.common import AuthorOption, LangOption, author_of, fail, one_of, write_json

if TYPE_CHECKING:
    from grader.gradebook import Gradebook, Override


def override_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that grader grade wrote into.")],
    submission: Annotated[str | None, typer.Argument(help="The submission's id.")] = None,
    place: Annotated[str | None, typer.Argument(metavar="PART[.CHECK]", help="Q7.b, or one check: Q7.b.terms.")] = None,
    points: Annotated[str | None, typer.Argument(help="Points, or full, half, zero.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; the student sees it.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what counts at PART[.CHECK].")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="What was given at PART[.CHECK] holds for the changed text too.")
    ] = False,
    history: Annotated[
        str | None,
        typer.Option("--history", metavar="SUBMISSION", help="Show all that was ever given to a submission."),
    ] = None,
    json_out: Annotated[
        str | None, typer.Option("--json", help="With --history: write it as JSON (- is standard output).")
    ] = None,
    author: AuthorOption = None,
    lang: LangOption = "en",
) -> None:
    """Give a part, or one check of it, points of your own; they hold through every regrade and stay in the history.

    Exit status: 0; 2 usage, unknown names, points outside of what it is worth.
    """
    one_of("--lang", lang, "en", "fr")
    from grader.commands.pages import refresh_pages
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook

    try:
        with Gradebook.open(folder) as book:
            if history is not None:
                _history(book, history, json_out, lang)
            elif submission is None or place is None:
                fail("SUBMISSION and PART[.CHECK] are needed (or --history SUBMISSION)", 2)
            elif withdraw:
                if points is not None:
                    fail("--withdraw takes no points", 2)
                old = _counting(book, submission, place)
                book.withdraw(old.id, reason=reason or "withdrawn", author=author_of(author))
                typer.echo(f"{submission} {place}: {old.points:g} points withdrawn; {_now(book, submission, old.part)}")
            elif keep:
                old = _counting(book, submission, place)
                book.confirm(old.id, author=author_of(author))
                typer.echo(f"{submission} {place}: {old.points:g} points kept")
            else:
                _give(book, submission, place, points, reason, author_of(author))
            refresh_pages(book, folder)
    except OperatorError as error:
        fail(str(error), 2)


def _give(book: Gradebook, submission: str, place: str, points: str | None, reason: str | None, author: str) -> None:
    from grader.desk.reviewing import give

    if points is None:
        fail("POINTS are needed", 2)
    if reason is None or not reason.strip():
        fail("--reason TEXT is needed: the student sees it", 2)
    book.submission(submission)
    result = book.result(submission)
    part, check = result.summary.place(place) if result is not None else (place, None)
    given, worth = give(book, submission, part, check, points, reason, author)
    typer.echo(f"{submission} {place}: {given.points:g} of {worth:g}; {_now(book, submission, part)}")


def _now(book: Gradebook, submission: str, part: str) -> str:
    mark = next(m for m in book.marks(submission) if m.part == part)
    low, high = f"{mark.min:g}", f"{mark.max:g}"
    return f"{part} is now {low if low == high else f'{low}–{high}'} of {mark.out_of:g}"


def _counting(book: Gradebook, submission: str, place: str) -> Override:
    """The override that counts at a place; ends the program where there is none."""
    book.submission(submission)
    for override in book.overrides(submission):
        if place == (f"{override.part}.{override.check}" if override.check else override.part):
            return override
    fail(f"{submission}: no override counts at {place}", 2)


def _history(book: Gradebook, submission: str, json_out: str | None, lang: str) -> None:
    from dataclasses import asdict

    from grader.report.history import show_history

    book.submission(submission)
    given = book.history(submission)
    if json_out is not None:
        write_json(
            json_out, {"schema": "grader/history/1", "overrides": [{**asdict(o), "active": o.active} for o in given]}
        )
    if json_out != "-":
        show_history(submission, given, lang=lang)
