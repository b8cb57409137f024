"""`grader package`: the autograder for Gradescope, or the student's kit. Light: the work is imported when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def package(
    out: Annotated[Path | None, typer.Option("--out", help="Write an autograder for Gradescope to this zip.")] = None,
    student: Annotated[
        Path | None, typer.Option("--student", help="Write the student's kit, which holds no solution, to this folder.")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of what students read: en or fr.")] = "en",
    visibility: Annotated[
        str,
        typer.Option("--visibility", help="When students see it: visible, after_due_date, after_published, hidden."),
    ] = "visible",
    output_format: Annotated[str, typer.Option("--format", help="Of the feedback on Gradescope: md or text.")] = "md",
    phrases: Annotated[
        bool, typer.Option(help="Whether the kit looks for phrases of explanations, which can be read in it.")
    ] = True,
    torch: Annotated[bool, typer.Option("--torch", help="With torch, for Python answers that use it.")] = False,
    assignment: Annotated[
        Path | None,
        typer.Option("--assignment", help="Folder with rubrics/ and reference/ (default: the one shipped)."),
    ] = None,
) -> None:
    """Package an assignment: an autograder zip for Gradescope (--out), or a self-check for students (--student).

    Exit status: 0 written, 2 usage, 3 our fault.
    """
    from grader.errors import AuthorError, OperatorError
    from grader.report.gradescope import VISIBILITIES

    if (out is None) == (student is None):
        _usage("give --out autograder.zip or --student DIR, one of the two")
    if lang not in ("en", "fr"):
        _usage(f"--lang {lang}: en or fr")
    if visibility not in VISIBILITIES:
        _usage(f"--visibility {visibility}: {', '.join(VISIBILITIES)}")
    if output_format not in ("md", "text"):
        _usage(f"--format {output_format}: md or text")
    try:
        if out is not None:
            from grader.assignment import Assignment, shipped
            from grader.packaging.autograder import build

            folder = assignment or shipped()
            Assignment(folder)  # a zip that cannot grade is not written
            build(out, folder, lang=lang, visibility=visibility, output_format=output_format, torch=torch)
            typer.echo(
                f"{out}: upload it as the autograder of a programming assignment; its options: {lang}, {visibility}"
            )
        elif student is not None:
            from grader.assignment import shipped
            from grader.packaging.kit import write_kit

            told = write_kit(assignment or shipped(), student, phrases=phrases)
            typer.echo(f"{student}: checks worth {told.sealed:g} points can be told offline; see its README.md")
            if told.checks:
                typer.echo(f"left to the full grader: {', '.join(told.checks)} ({told.elsewhere:g} points)")
    except (AuthorError, OperatorError) as error:
        _usage(str(error))
    except OSError as error:
        _usage(f"{out or student}: cannot be written ({error.strerror})")


def _usage(message: str) -> None:
    typer.echo(f"grader: {message}", err=True)
    raise typer.Exit(2)
