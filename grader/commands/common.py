"""What commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

AssignmentOption = Annotated[
    Path | None, typer.Option("--assignment", help="Folder with rubrics/ and reference/ (default: the one shipped).")
]


def fail(message: str, code: int) -> NoReturn:
    """End the program with one message and an exit status."""
    typer.echo(f"grader: {message}", err=True)
    raise typer.Exit(code)


def one_of(option: str, value: str, *known: str) -> None:
    """End the program where an option has a value that is none of those known."""
    if value not in known:
        fail(f"{option} {value}: {' or '.join(known)}", 2)
