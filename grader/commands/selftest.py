"""`grader selftest`: rubrics prove themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from grader.commands.common import AssignmentOption, fail


def selftest_command(
    examples: Annotated[
        Path | None, typer.Option("--examples", help="Folder of example submissions with their keys.")
    ] = None,
    only_examples: Annotated[bool, typer.Option("--only-examples", help="Grade the examples only.")] = False,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Instead, spoil right answers by one slip each: all must cost something.")
    ] = False,
    part: Annotated[str | None, typer.Option("--part", help="With --mutants: only this part.")] = None,
    summary: Annotated[
        Path | None, typer.Option("--summary", help="With --mutants: write a summary in Markdown to this file.")
    ] = None,
    assignment: AssignmentOption = None,
) -> None:
    """Let the rubrics prove themselves: references, accepted and rejected answers, whole example submissions.

    Exit status: 0 all as it should be, 1 some fault, 2 usage.
    """
    from grader.assignment import Assignment, shipped
    from grader.errors import AuthorError, OperatorError

    if not mutants and (part is not None or summary is not None):
        fail("--part and --summary go with --mutants", 2)
    if mutants and only_examples:
        fail("--mutants and --only-examples exclude each other", 2)
    if examples is not None and not examples.is_dir():
        fail(f"{examples}: no such folder", 2)
    try:
        loaded = Assignment(assignment or shipped())
        if mutants:
            failed = _mutants(loaded, examples or loaded.folder / "submissions_example", part, summary)
        else:
            failed = _selftest(loaded, examples, only_examples)
    except (AuthorError, OperatorError) as error:
        fail(str(error), 2)
    raise typer.Exit(1 if failed else 0)


def _selftest(loaded: Any, examples: Path | None, only_examples: bool) -> int:
    from grader.runner import LazyRunner
    from grader.selftest import selftest

    failed = tested = 0
    for row in selftest(loaded, examples, only_examples=only_examples, runner=LazyRunner()):
        tested += 1
        failed += bool(row.faults)
        typer.echo(f"{'FAIL' if row.faults else 'ok  '}  {row.what}")
        for fault in row.faults:
            typer.echo(f"      {fault}")
    typer.echo(f"{tested - failed} of {tested} as they should be")
    return failed


def _mutants(loaded: Any, examples: Path, part: str | None, summary: Path | None) -> int:
    from grader.intake.files import write_whole
    from grader.mutants import tallies
    from grader.report.mutation import line, markdown, scores

    if part is not None:
        loaded.part(part)
    rows = []
    for tally in tallies(loaded, examples, part or ""):
        rows.append(tally.as_data())
        typer.echo(line(rows[-1]))
        for shown in tally.faults:
            typer.echo(f"      {shown.operator}: {shown.formula} ({shown.why})")
    for rubric, killed, real, seen, slips in scores(rows):
        typer.echo(
            f"{rubric}: {killed} of {real} mutants of final answers killed, {seen} of {slips} slips in steps and derivations seen"
        )
    if summary is not None:
        try:
            write_whole(summary, markdown(rows))
        except OSError as error:
            fail(f"{summary}: cannot be written ({error.strerror})", 2)
    return sum(row["faults"] for row in rows)
