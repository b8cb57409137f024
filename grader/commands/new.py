"""`grader new`: a folder to begin an assignment from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.common import fail


def new_command(name: Annotated[str, typer.Argument(help="The folder to make, such as hw4.")]) -> None:
    """Make a folder with one worked question: its reference, its rubric and two examples with their keys.

    It passes lint and selftest as it is. Nothing is overwritten. Exit status: 0, or 2 for usage.
    """
    from grader.errors import OperatorError
    from grader.scaffold import scaffold

    try:
        for path in scaffold(name, Path.cwd()):
            typer.echo(path.as_posix())
    except OperatorError as error:
        fail(str(error), 2)
    typer.echo(f"\nnext: grader lint --assignment {name}\n      grader selftest --assignment {name}")
