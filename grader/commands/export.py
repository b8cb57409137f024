"""`grader export`: the class as Gradescope's grades CSV, and each student's report with the marks that count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.commands.common import LangOption, fail, few, one_of

if TYPE_CHECKING:
    from grader.gradebook import Balance, Gradebook, Mark
    from grader.report.grades_csv import Column, GradeRow


def export_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that grader grade wrote into.")],
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the grades CSV to this file.")] = None,
    feedback: Annotated[
        Path | None,
        typer.Option("--feedback", help="Write each student's report with final marks into this folder, as JSON."),
    ] = None,
    open_points: Annotated[
        str | None, typer.Option("--open", help="Where points are still open: write min, max, or leave it blank.")
    ] = None,
    roster_complete: Annotated[
        bool, typer.Option("--roster-complete", help="Refuse also where somebody of the roster handed nothing in.")
    ] = False,
    lang: LangOption = "en",
) -> None:
    """Write the marks of the class, overrides counted, one row per student.

    Refuses unless every student of the roster is accounted for and no point is open (or --open says what to write).
    Exit status: 0 written, 1 refused, 2 usage.
    """
    one_of("--lang", lang, "en", "fr")
    if open_points is not None:
        one_of("--open", open_points, "min", "max", "blank")
    if csv is None and feedback is None:
        fail("--csv FILE or --feedback FOLDER is needed", 2)
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook

    try:
        with Gradebook.open(folder) as book:
            balance = book.balance()
            reasons = [*balance.reasons(), *_undone(book, balance, open_points, roster_complete)]
            if reasons:
                typer.echo("grader: not exported:\n" + "\n".join(f"  - {reason}" for reason in reasons), err=True)
                raise typer.Exit(1)
            if balance.absent:
                names = few([s.label for s in balance.absent])
                typer.echo(f"grader: {len(balance.absent)} handed nothing in: {names}", err=True)
            if csv is not None:
                count = _write_csv(book, balance, csv, open_points or "min", lang)
                typer.echo(f"{csv}: {count} students")
            if feedback is not None:
                typer.echo(f"{feedback}: {_write_feedback(book, feedback)} reports")
    except OperatorError as error:
        fail(str(error), 2)
    except OSError as error:
        fail(f"{error.filename or csv or feedback}: cannot be written ({error.strerror})", 2)


def _undone(book: Gradebook, balance: Balance, open_points: str | None, complete: bool) -> Iterator[str]:
    """What else keeps the marks from being published."""
    if not balance.graded:
        yield "nobody has a result that counts"
    if complete and balance.absent:
        yield f"{len(balance.absent)} of the roster handed nothing in: {few([s.label for s in balance.absent])}"
    stale, lost = _doubtful(book)
    said = f"{len(stale)} overrides were given for a text that has changed since ({few(stale)})"
    if lost:
        yield f"{len(lost)} overrides are of what the rubric has no more ({few(lost)}): grader override --withdraw ends them"
    if open_points is not None:
        if stale:
            typer.echo(f"grader: {said}; they count", err=True)
        return
    left = [s.id for s in book.each() if any(m.open for m in book.marks(s.id))]
    if left:
        yield (
            f"{len(left)} submissions have open points ({few(left)}): grader review decides them, "
            "or --open min|max|blank says what to write"
        )
    if stale:
        yield f"{said}: grader review asks"


def _doubtful(book: Gradebook) -> tuple[list[str], list[str]]:
    """Overrides given for another text, and those of parts and checks that are no more: the latter count for nothing."""
    stale: list[str] = []
    lost: list[str] = []
    for override in book.overrides():
        if override.stale:
            used = any(o.id == override.id for m in book.marks(override.submission) for o in m.overrides)
            place = f"{override.part}.{override.check}" if override.check else override.part
            (stale if used else lost).append(f"{override.submission} {place}")
    return stale, lost


def _write_csv(book: Gradebook, balance: Balance, path: Path, ends: str, lang: str) -> int:
    from grader.intake.files import write_whole
    from grader.report.grades_csv import grades_csv

    policy = _policy(book)
    rows = list(_rows(book, balance, policy))
    write_whole(path, grades_csv(rows, _columns(book, lang), ends=ends, penalty=policy is not None))
    return len(rows)


def _columns(book: Gradebook, lang: str) -> list[Column]:
    """The parts in the order of the rubric, with the titles that reports have."""
    from grader.report.grades_csv import Column

    found: dict[str, Column] = {}
    for result in book.results():
        if all(part.id in found for part in result.summary.parts):
            continue
        report = book.report(result.submission) or {"parts": []}
        for part in report["parts"]:
            found.setdefault(part["id"], Column(part["id"], part["title"][lang], part["score"]["out_of"]))
    return list(found.values())


def _rows(book: Gradebook, balance: Balance, policy: Any) -> Iterator[GradeRow]:
    """A row per student, in the order of the roster; the members of a group have the same marks."""
    from grader.lateness import lateness
    from grader.report.grades_csv import GradeRow

    handed_in: dict[tuple[str, str, str], Sequence[str]] = {
        (s.sid, s.email, s.name): ids for s, ids in (*balance.graded, *balance.ungraded)
    }
    roster = book.roster() or tuple(s for s, _ in (*balance.graded, *balance.ungraded))
    marks: dict[str, Mapping[str, Mark]] = {}
    for student in roster:
        ids = handed_in.get((student.sid, student.email, student.name), ())
        if not ids:
            yield GradeRow(student)
            continue
        name = ids[-1]
        if name not in marks:
            marks[name] = {m.part: m for m in book.marks(name)}
        time = book.submission(name).created_at
        late = lateness({"created_at": time}, policy)
        yield GradeRow(
            student, name, time, len(ids), marks[name] or None,
            late.seconds if late is not None else None, late.percent if late is not None else 0.0,
        )  # fmt: skip


def _policy(book: Gradebook) -> Any:
    """The late policy of the assignment that was graded last; None if it has none."""
    from grader.provenance import shipped
    from grader.rubric import Assignment, load_model

    run = book.last_run()
    named = run.arguments.get("assignment") if run is not None else None
    file, _ = load_model((Path(str(named)) if named else shipped()) / "rubrics" / "assignment.yaml", Assignment)
    return file.late if file is not None else None


def _write_feedback(book: Gradebook, folder: Path) -> int:
    """What each student may read: the report without reference values, with the marks that count and their reasons."""
    from grader.gradebook import marked_report
    from grader.intake.files import write_whole
    from grader.report.audience import for_student
    from grader.report.to_json import dumps

    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for submission in book.each():
        report = marked_report(book, submission.id)
        if report is not None:
            write_whole(folder / f"{submission.id}.json", dumps(for_student(report)))
            count += 1
    return count
