"""`grader export`: the class as Gradescope's grades CSV, and each student's report with the marks that count."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.common import LangOption, fail, one_of


def export_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that grader grade wrote into.")],
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the grades CSV to this file.")] = None,
    feedback: Annotated[
        Path | None,
        typer.Option("--feedback", help="Write each student's report with final marks into this folder, as JSON."),
    ] = None,
    open_points: Annotated[
        str | None, typer.Option("--open", help="Where points are still open: write min, max, or leave it blank.")
    ] = None,
    roster_complete: Annotated[
        bool, typer.Option("--roster-complete", help="Refuse also where somebody of the roster handed nothing in.")
    ] = False,
    lang: LangOption = "en",
) -> None:
    """Write the marks of the class, overrides counted, one row per student.

    Refuses unless every student of the roster is accounted for and no point is open (or --open says what to write).
    Exit status: 0 written, 1 refused, 2 usage.
    """
    one_of("--lang", lang, "en", "fr")
    if open_points is not None:
        one_of("--open", open_points, "min", "max", "blank")
    if csv is None and feedback is None:
        fail("--csv FILE or --feedback FOLDER is needed", 2)
    from grader.desk.exports import feedback as reports
    from grader.desk.exports import grades, standing
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook
    from grader.intake.files import write_whole
    from grader.report.to_json import dumps

    try:
        with Gradebook.open(folder) as book:
            found = standing(book, open_points, complete=roster_complete)
            for warning in found.warnings:
                typer.echo(f"grader: {warning}", err=True)
            if found.reasons:
                typer.echo("grader: not exported:\n" + "\n".join(f"  - {reason}" for reason in found.reasons), err=True)
                raise typer.Exit(1)
            if csv is not None:
                text, count = grades(book, found.balance, ends=open_points or "min", lang=lang)
                write_whole(csv, text)
                typer.echo(f"{csv}: {count} students")
            if feedback is not None:
                feedback.mkdir(parents=True, exist_ok=True)
                count = 0
                for submission, report in reports(book):
                    write_whole(feedback / f"{submission}.json", dumps(report))
                    count += 1
                typer.echo(f"{feedback}: {count} reports")
    except OperatorError as error:
        fail(str(error), 2)
    except OSError as error:
        fail(f"{error.filename or csv or feedback}: cannot be written ({error.strerror})", 2)
