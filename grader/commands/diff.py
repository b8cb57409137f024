"""`grader diff`: who moves between two batches, by how much and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.common import LangOption, fail, one_of, write_json


def diff_command(
    old: Annotated[Path, typer.Argument(help="A folder that grader grade wrote into, or its gradebook.")],
    new: Annotated[
        Path | None,
        typer.Argument(help="What to compare it with; left out: OLD before its last batch against OLD now."),
    ] = None,
    json_out: Annotated[
        str | None, typer.Option("--json", help="Write the differences as JSON to this file (- is standard output).")
    ] = None,
    lang: LangOption = "en",
) -> None:
    """Compare two batches: who moves, by how much, which check caused it, which overrides are in conflict.

    Exit status: 0, also where something differs; 2 usage.
    """
    one_of("--lang", lang, "en", "fr")
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook, State, difference

    try:
        with Gradebook.open(old) as before, Gradebook.open(new or old) as after:
            found = difference(State(before, previous=new is None), State(after))
    except OperatorError as error:
        fail(str(error), 2)
    if json_out is not None:
        write_json(json_out, found.data())
    if json_out != "-":
        from grader.report.diff_table import show_difference

        show_difference(found, lang=lang)
