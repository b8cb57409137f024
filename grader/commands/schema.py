"""`grader schema`: what editors need to help with rubric files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.common import fail, one_of


def schema_command(
    kind: Annotated[
        str, typer.Argument(help="Which files: rubric (one question) or assignment (assignment.yaml).")
    ] = "rubric",
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file instead of standard output.")] = None,
) -> None:
    """Print the JSON Schema of rubric files, for editors.

    A first line `# yaml-language-server: $schema=../schema/rubric.schema.json` in a rubric lets an editor complete keys,
    explain them and underline what is wrong. Exit status: 0, or 2 for usage.
    """
    from grader.intake.files import write_whole
    from grader.schema import schema_text

    one_of("KIND", kind, "rubric", "assignment")
    text = schema_text(kind)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        write_whole(out, text)
    except OSError as error:
        fail(f"{out}: cannot be written ({error.strerror})", 2)
