"""`grader grade`: a class in one call, or in as many as it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.commands.common import AssignmentOption, fail, one_of
from grader.report.visible import few

if TYPE_CHECKING:
    from grader.batch import Plan
    from grader.gradebook import Gradebook
    from grader.intake.entry import Entry


def grade_command(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="Folder for the gradebook, a JSON report and a page per submission, index.html and summary.csv.",
        ),
    ],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders of submissions (files, or folders of files), files, .zip archives, Gradescope exports."
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, help="Submissions graded at a time (default: 1, on a cluster all its threads)."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="ADDRESS", help="Grade on the workers of this Dask scheduler (tcp://host:8786)."
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on in a folder that holds grades; without PATHS on what it graded last."),
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Grade again what took too long or failed on our side.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Grade everything again, also what did not change.")] = False,
    roster: Annotated[
        Path | None, typer.Option("--roster", help="CSV of the class, matched by columns SID, Email, Name; kept.")
    ] = None,
    pdf_command: Annotated[
        str | None,
        typer.Option(
            "--pdf-command", help='Converts a PDF to Markdown with LaTeX: "mytool {in} {out}", or to standard output.'
        ),
    ] = None,
    html: Annotated[
        bool, typer.Option("--html/--no-html", help="Write a page per submission (for assistants) and index.html.")
    ] = True,
    pdf_seconds: Annotated[float, typer.Option("--pdf-seconds", min=1, help="Time for each PDF.")] = 300.0,
    lang: Annotated[str, typer.Option("--lang", help="Language of the table and the pages: en or fr.")] = "en",
    assignment: AssignmentOption = None,
) -> None:
    """Grade many submissions: a report and a page each, a gradebook, a table for the class.

    What did not change since the last call is not graded again. Exit status: 0 when every submission has a result, whatever
    it is; 2 usage, a full disk or a locked gradebook; 3 our fault; 130 stopped.
    """
    one_of("--lang", lang, "en", "fr")
    from grader.batch import GRADEBOOK, Plan, run, said
    from grader.commands.pages import write_pages
    from grader.desk.overview import class_rows
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook
    from grader.intake.convert import checked
    from grader.intake.find import find
    from grader.intake.roster import read_roster
    from grader.report.progress import progress_of

    try:
        before = _before(out / GRADEBOOK)
        chosen = _chosen(paths or [], out, resume, before)
        if before is not None and not paths:
            assignment = assignment or (Path(before["assignment"]) if before.get("assignment") else None)
            pdf_command = pdf_command or before.get("pdf_command")
        students = read_roster(roster) if roster else None
        command = checked(pdf_command) if pdf_command else None
        with said(out):
            found = find(chosen, out / "unpacked")
        for warning in found.warnings:
            typer.echo(f"grader: {warning}", err=True)
        arguments: dict[str, object] = {
            "paths": [str(p.resolve()) for p in chosen],
            "assignment": str(assignment.resolve()) if assignment else None,
            "pdf_command": command,
            "pages": lang if html else "",
        }
        plan = Plan(out, assignment, jobs or 1, command, pdf_seconds, retry, again, arguments, lang if html else "")
        with ExitStack() as stack:
            executor: Executor | None = None
            width: Callable[[], int] | None = None
            if cluster is not None:
                executor, width = _workers_of(stack, cluster, plan, found.entries, jobs)
            progress = stack.enter_context(progress_of(len(found.entries)))
            counts = run(found.entries, plan, roster=students, done=progress, executor=executor, width=width)
        with Gradebook.open(out) as book, said(out):
            _show(book, out, lang)
            if html:
                write_pages(book, out, class_rows(book), lang)
    except KeyboardInterrupt:
        fail(f"stopped; what is graded is kept: grader grade --out {out} --resume goes on", 130)
    except OperatorError as error:
        fail(str(error), 2)
    raise typer.Exit(3 if counts[""] else 0)


def _workers_of(
    stack: ExitStack, address: str, plan: Plan, entries: Sequence[Entry], jobs: int | None
) -> tuple[Executor, Callable[[], int]]:
    """The workers of a cluster until the stack ends, and how many submissions they are given at a time."""
    from grader.cluster import connect

    programs = any(p.suffix.lower() in (".py", ".ipynb") for e in entries for p in e.files)
    found = stack.enter_context(connect(address, plan.assignment, programs=programs))
    return found, lambda: jobs or found.width


def _before(path: Path) -> dict[str, Any] | None:
    """What the last batch in the folder was asked; None if there was none."""
    from grader.gradebook import Gradebook

    if not path.is_file():
        return None
    with Gradebook.open(path) as book:
        last = book.last_run()
        return dict(last.arguments) if last is not None else None


def _chosen(paths: Sequence[Path], out: Path, resume: bool, before: dict[str, Any] | None) -> list[Path]:
    """The paths to grade; ends the program where a folder would mix what does not belong together."""
    if not paths:
        if not resume:
            fail("PATHS are needed (or --resume)", 2)
        if before is None:
            fail(f"{out}: nothing to resume here", 2)
        return [Path(str(p)) for p in before["paths"]]
    if before is not None and not resume:
        known = set(before["paths"])
        if not known & {str(p.resolve()) for p in paths}:
            fail(
                f"{out}: holds the grades of {', '.join(sorted(known))} already; --resume adds to them, "
                "another --out keeps them apart",
                2,
            )
    return list(paths)


def _show(book: Gradebook, out: Path, lang: str) -> None:
    import io

    from grader.desk.overview import class_rows
    from grader.intake.files import write_whole
    from grader.report.class_table import show_class, write_summary

    text = io.StringIO()
    write_summary(class_rows(book), text)
    write_whole(out / "summary.csv", text.getvalue())
    show_class(class_rows(book), lang=lang)
    if book.roster():
        balance = book.balance()
        typer.echo(
            f"roster: {balance.students} students, {len(balance.graded)} graded, {len(balance.ungraded)} ungraded, "
            f"{len(balance.absent)} without a submission"
        )
        if balance.absent:
            typer.echo(f"  without a submission: {few([s.label for s in balance.absent])}")
        if balance.unmatched:
            typer.echo(f"  of nobody in the roster: {few(list(balance.unmatched))}")
        if balance.doubled:
            typer.echo(f"  in several submissions: {few([s.label for s, _ in balance.doubled])}")
    stale = [f"{o.submission} {o.part}" for o in book.overrides() if o.stale]
    if stale:
        typer.echo(f"overrides given for a text that has changed since: {few(stale)}")
