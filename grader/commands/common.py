"""What commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from grader.gradebook import Gradebook

AssignmentOption = Annotated[
    Path | None, typer.Option("--assignment", help="Folder with rubrics/ and reference/ (default: the one shipped).")
]

LangOption = Annotated[str, typer.Option("--lang", help="Language: en or fr.")]
AuthorOption = Annotated[
    str | None,
    typer.Option(
        "--author", envvar="GRADER_AUTHOR", help="Who decides (default: your user name); students do not see it."
    ),
]


def fail(message: str, code: int) -> NoReturn:
    """End the program with one message and an exit status."""
    typer.echo(f"grader: {message}", err=True)
    raise typer.Exit(code)


def one_of(option: str, value: str, *known: str) -> None:
    """End the program where an option has a value that is none of those known."""
    if value not in known:
        fail(f"{option} {value}: {' or '.join(known)}", 2)


def known_part(book: Gradebook, part: str) -> bool:
    """Whether a gradebook has a part or a question of this name (or nothing at all)."""
    first = next(book.results(), None)
    return first is None or any(part in (p.id, p.id.split(".")[0]) for p in first.summary.parts)


def author_of(named: str | None) -> str:
    """Who decides: the name given, else the user's. Ends the program where there is neither."""
    if named is not None and named.strip():
        return named.strip()
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        fail("--author NAME is needed: this machine does not say who you are", 2)


def write_json(out: str, data: Any) -> None:
    """Write JSON to a file, whole or not at all, or (`-`) to standard output. Ends the program where it cannot be written."""
    from grader.report.to_json import dumps

    write_text(out, dumps(data))


def write_text(out: str, text: str) -> None:
    """The same with any text."""
    from grader.intake.files import write_whole

    if out == "-":
        typer.echo(text, nl=False)
        return
    try:
        write_whole(Path(out), text)
    except OSError as error:
        fail(f"{out}: cannot be written ({error.strerror})", 2)
