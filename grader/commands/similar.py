"""`grader similar`: the same mistakes in two submissions, side by side, as a hint."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from grader.commands.common import LangOption, fail, known_part, one_of, write_json


def similar_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that grader grade wrote into.")],
    part: Annotated[str, typer.Option("--part", help="Only this part (Q7.b) or question (Q7).")] = "",
    json_out: Annotated[
        str | None, typer.Option("--json", help="Write the pairs as JSON to this file (- is standard output).")
    ] = None,
    lang: LangOption = "en",
) -> None:
    """Show pairs of submissions with more mistakes in common, in the same order, than chance explains.

    A hint for a person, never a verdict, and never for students. Exit status: 0, whatever is found; 2 usage.
    """
    one_of("--lang", lang, "en", "fr")
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook, side_by_side, similar

    try:
        with Gradebook.open(folder) as book:
            if part and not known_part(book, part):
                fail(f"--part {part}: no such part or question here", 2)
            found = similar(book, part)
            beside = [(pair, side_by_side(book, pair)) for pair in found.pairs]
    except OperatorError as error:
        fail(str(error), 2)
    if json_out is not None:
        data = found.data()
        for pair, (_, parts) in zip(data["pairs"], beside, strict=True):
            pair["parts"] = [asdict(p) for p in parts]
        write_json(json_out, data)
    if json_out != "-":
        from grader.report.similar_table import show_similar

        show_similar(found, beside, lang=lang)
