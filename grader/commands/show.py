"""`grader show`: one submission's report with the marks that count, as a student or an assistant reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.common import LangOption, fail, one_of, write_json, write_text


def show_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that grader grade wrote into.")],
    submission: Annotated[str, typer.Argument(help="The submission's id.")],
    json_out: Annotated[
        str | None, typer.Option("--json", help="Write it as JSON to this file (- is standard output).")
    ] = None,
    html_out: Annotated[
        str | None, typer.Option("--html", help="Write it as a page to this file (- is standard output).")
    ] = None,
    lang: LangOption = "en",
    audience: Annotated[str, typer.Option("--audience", help="student (no reference values) or ta.")] = "student",
) -> None:
    """Show a submission's report from the gradebook, with what people gave and why.

    Exit status: 0; 2 usage, or no result.
    """
    one_of("--lang", lang, "en", "fr")
    one_of("--audience", audience, "student", "ta")
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook, marked_report
    from grader.report.audience import for_student

    try:
        with Gradebook.open(folder) as book:
            data = marked_report(book, submission, audience=audience)
    except OperatorError as error:
        fail(str(error), 2)
    if data is None:
        fail(f"{submission}: has no result yet; grader grade --resume", 2)
    data = for_student(data) if audience == "student" else data
    if json_out is not None:
        write_json(json_out, data)
    if html_out is not None:
        from grader.report.html.page import report_page

        write_text(html_out, report_page(data, lang=lang, audience=audience))
    if "-" not in (json_out, html_out):
        from rich.console import Console

        from grader.report.terminal import show

        show(data, Console(highlight=False, soft_wrap=False), lang=lang, audience=audience)
