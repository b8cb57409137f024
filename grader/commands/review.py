"""`grader review`: what is open, question by question, or decided from a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.commands.common import AuthorOption, LangOption, author_of, fail, known_part, one_of, write_json

if TYPE_CHECKING:
    from grader.commands.answers import Row
    from grader.gradebook import Given, Gradebook, Group


def review_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that grader grade wrote into.")],
    part: Annotated[str | None, typer.Option("--part", help="Only this part (Q7.b) or question (Q7).")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List what is open and ask nothing.")] = False,
    json_out: Annotated[
        str | None, typer.Option("--json", help="With --list: write it as JSON to this file (- is standard output).")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            "--batch", help="Decisions from a CSV or JSON file: submission, part, check, points, reason, apply."
        ),
    ] = None,
    author: AuthorOption = None,
    lang: LangOption = "en",
) -> None:
    """Walk through everything undecided: what stands there, what was read, why it is open; answers that are alike together.

    Every answer is kept at once. Exit status: 0; 2 usage, a wrong file of decisions, a locked gradebook; 130 stopped.
    """
    one_of("--lang", lang, "en", "fr")
    from grader.commands.pages import refresh_pages
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook, queue

    try:
        with Gradebook.open(folder) as book:
            if batch is not None:
                _decide(book, batch, author_of(author))
                refresh_pages(book, folder)
                return
            groups = queue(book, part)
            if part is not None and not groups and not known_part(book, part):
                fail(f"--part {part}: no such part or question here", 2)
            if listing or json_out is not None:
                _list(groups, json_out, lang)
            elif not groups:
                typer.echo({"en": "nothing is open", "fr": "rien n'est ouvert"}[lang])
            elif not sys.stdin.isatty():
                fail("a terminal is needed to ask; --list shows what is open, --batch FILE decides from a file", 2)
            else:
                _walk(book, groups, author_of(author), lang)
                refresh_pages(book, folder)
    except OperatorError as error:
        fail(str(error), 2)
    except KeyboardInterrupt:
        fail("stopped", 130)


def _walk(book: Gradebook, groups: Sequence[Group], author: str, lang: str) -> None:
    from rich.console import Console

    from grader.commands.walk import Walk
    from grader.desk.beside import beside_of

    console = Console(highlight=False, soft_wrap=False)
    walk = Walk(
        book, groups, lambda prompt: console.input(prompt, markup=False), console,
        author=author, lang=lang, beside=beside_of(book, lang),
    )  # fmt: skip
    try:
        walk.run()
    except KeyboardInterrupt:
        typer.echo(err=True)
        fail(f"stopped; what is decided is kept ({walk.summary()})", 130)
    typer.echo(walk.summary())


def _list(groups: Sequence[Group], json_out: str | None, lang: str) -> None:
    if json_out is not None:
        write_json(json_out, {"schema": "grader/queue/1", "groups": [g.data() for g in groups]})
        if json_out == "-":
            return
    from grader.report.queue_table import show_queue

    show_queue(groups, lang=lang)


def _decide(book: Gradebook, path: Path, author: str) -> None:
    """Take over the decisions of a file: all of them, or none where one is wrong."""
    from grader.commands.answers import read_rows
    from grader.desk.answers import points_of
    from grader.errors import OperatorError
    from grader.gradebook import Given, find_group, queue

    rows = read_rows(path)
    groups = queue(book) if any(row.alike for row in rows) else ()
    faults: list[str] = []
    given: list[tuple[Row, Given]] = []
    for row in rows:
        try:
            result = book.result(row.submission)
            part, check = result.summary.place(row.part) if result is not None else (row.part, None)
            draft = Given((row.submission,), part, check, 0.0, row.reason, row.author or author)
            mark = book.valid(row.submission, draft)
            worth = next((c.out_of for c in mark.checks if c.id == check), mark.out_of)
            points = points_of(row.points, worth)
            if points is None:
                raise OperatorError(f"{row.points!r} is no number of points, nor full, half or zero")
            group = find_group(groups, row.submission, part, check) if row.alike else None
            name = row.author or author
            decisions = [Given((row.submission,), part, check, points, row.reason, name)]
            if group is not None:
                decisions = group.decisions(group.questions, points, row.reason, name)
            for decision in decisions:
                for submission in decision.submissions:
                    book.valid(submission, decision)
            given.extend((row, decision) for decision in decisions)
        except OperatorError as error:
            faults.append(f"{row.place}: {error}")
    faults.extend(_twice(given))
    if faults:
        raise OperatorError("\n".join([*faults, "nothing was decided"]))
    count = len(book.give([decision for _, decision in given]))
    typer.echo(f"{len(rows)} decisions for {count} questions")


def _twice(given: Sequence[tuple[Row, Given]]) -> list[str]:
    """Decisions of one file on one and the same thing: it would be chance which counts."""
    seen: dict[tuple[str, str, str | None], float] = {}
    out = []
    for row, decision in given:
        for name in decision.submissions:
            key = (name, decision.part, decision.check)
            if seen.setdefault(key, decision.points) != decision.points:
                place = f"{decision.part}.{decision.check}" if decision.check else decision.part
                out.append(f"{row.place}: {name} {place} is decided twice with other points")
    return out
