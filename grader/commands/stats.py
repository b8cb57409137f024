"""`grader stats`: the class in figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.common import LangOption, fail, one_of, write_json


def stats_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that grader grade wrote into.")],
    json_out: Annotated[
        str | None, typer.Option("--json", help="Write the figures as JSON to this file (- is standard output).")
    ] = None,
    lang: LangOption = "en",
) -> None:
    """Show marks per part, the checks that fail most, frequent mistakes and where they stand, and what was undecided most.

    What people gave is counted. Exit status: 0; 2 usage.
    """
    one_of("--lang", lang, "en", "fr")
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook, statistics

    try:
        with Gradebook.open(folder) as book:
            found = statistics(book)
    except OperatorError as error:
        fail(str(error), 2)
    if json_out is not None:
        write_json(json_out, found.data())
    if json_out != "-":
        from grader.report.stats_tables import show_statistics

        show_statistics(found, lang=lang)
