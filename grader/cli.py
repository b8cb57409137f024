"""The command line. It stays light: mathematics runs in a worker process that can be killed from outside."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from grader.commands import (
    diff,
    export,
    grade,
    new,
    override,
    review,
    schema,
    selftest,
    serve,
    show,
    similar,
    stats,
)
from grader.commands.common import AssignmentOption, fail, write_text
from grader.packaging.command import package

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Grade mathematical homework: reads the derivation as written and tests every claim with numbers.",
)


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    """A worker's answer, or the end of the program with the message it carries."""
    if answer.get("ok"):
        return answer
    fail(answer["message"], {"operator": 2, "author": 2}.get(answer["kind"], 3))


@app.command()
def check(
    files: Annotated[
        list[Path],
        typer.Argument(help="Submissions (.tex, .md, .txt, .py, .ipynb), graded in turn; with --together, the files of one."),
    ],
    json_out: Annotated[
        str | None, typer.Option("--json", help="Write the report as JSON to this file (- is standard output).")
    ] = None,
    html_out: Annotated[
        str | None,
        typer.Option(
            "--html", help="Write the report as a page to this file; of several submissions into this folder."
        ),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the report: en or fr.")] = "en",
    audience: Annotated[str, typer.Option("--audience", help="student (no reference values) or ta.")] = "student",
    together: Annotated[bool, typer.Option("--together", help="All files are one submission.")] = False,
    assignment: AssignmentOption = None,
) -> None:
    """Check a submission: what was read, what holds, what breaks and where.

    Exit status: 0 nothing incorrect, 1 something incorrect, 2 usage or nothing readable, 3 our fault.
    """
    if lang not in ("en", "fr"):
        fail(f"--lang {lang}: en or fr", 2)
    if audience not in ("student", "ta"):
        fail(f"--audience {audience}: student or ta", 2)
    for path in files:
        if not path.exists():
            fail(f"{path}: no such file", 2)
    from grader.isolate import Worker, WorkerDied, WorkerTimeout
    from grader.report.audience import for_student
    from grader.report.to_json import dumps

    groups = [files] if together else [[f] for f in files]
    reports = []
    worst = 0
    with Worker() as worker:
        worker.start()
        if "-" not in (json_out, html_out):  # loaded while the worker gets ready
            from rich.console import Console

            from grader.report.terminal import show
        for group in groups:
            request = {
                "op": "check",
                "files": [str(p) for p in group],
                "assignment": str(assignment) if assignment else None,
            }
            try:
                answer = _answer(worker.ask(request))
            except WorkerTimeout:
                typer.echo(
                    f"grader: {group[0]}: reading took longer than {worker.seconds:g} s and was stopped; "
                    "nothing is concluded, a person should look",
                    err=True,
                )
                worst = max(worst, 2)
                continue
            except WorkerDied as error:
                last = str(error).strip().splitlines()[-1:] or ["no message"]
                typer.echo(f"grader: {group[0]}: the grader itself failed ({last[0]}); this is our fault", err=True)
                worst = max(worst, 3)
                continue
            data = answer["report"]
            if audience == "student":
                data = for_student(data)
            reports.append(data)
            worst = max(worst, _status(data, answer["readable"]))
    if json_out is not None:
        text = dumps(reports[0] if len(groups) == 1 and reports else reports)
        if json_out == "-":
            sys.stdout.write(text)
        else:
            Path(json_out).write_text(text, encoding="utf-8")
    if html_out is not None:
        _write_pages(html_out, reports, alone=len(groups) == 1, lang=lang, audience=audience)
    if "-" not in (json_out, html_out):
        console = Console(highlight=False, soft_wrap=False)
        for data in reports:
            show(data, console, lang=lang, audience=audience)
    raise typer.Exit(worst)


def _write_pages(out: str, reports: list[dict[str, Any]], *, alone: bool, lang: str, audience: str) -> None:
    """A page for one report, or a folder of pages; a name that is there twice gets a number."""
    from grader.report.html.page import report_page

    pages = [report_page(data, lang=lang, audience=audience) for data in reports]
    if alone:
        for page in pages:
            write_text(out, page)
        return
    if out == "-":
        fail("--html -: of several submissions the pages go into a folder", 2)
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{out}: cannot be written ({error.strerror})", 2)
    taken: Counter[str] = Counter()
    for data, page in zip(reports, pages, strict=True):
        name = Path(data["submission"]["id"]).name
        taken[name.casefold()] += 1
        count = taken[name.casefold()]
        write_text(str(Path(out) / f"{name}{f'-{count}' if count > 1 else ''}.html"), page)


def _status(data: dict[str, Any], readable: bool) -> int:
    outcomes = {c["outcome"] for part in data["parts"] for c in part["checks"]}
    if not readable:
        return 2
    if "fault" in outcomes:
        return 3
    lines = {s["outcome"] for part in data["parts"] for s in part["steps"]}
    return 1 if "incorrect" in outcomes | lines else 0


app.command(name="grade")(grade.grade_command)
app.command(name="diff")(diff.diff_command)
app.command(name="review")(review.review_command)
app.command(name="override")(override.override_command)
app.command(name="show")(show.show_command)
app.command(name="stats")(stats.stats_command)
app.command(name="similar")(similar.similar_command)
app.command(name="export")(export.export_command)
app.command(name="serve")(serve.serve_command)
app.command(name="schema")(schema.schema_command)
app.command(name="new")(new.new_command)
app.command(name="selftest")(selftest.selftest_command)


@app.command(name="lint")
def lint_command(
    strict: Annotated[bool, typer.Option("--strict", help="What could not be verified is a fault too.")] = False,
    github: Annotated[bool, typer.Option("--github", help="Print faults as GitHub annotations.")] = False,
    assignment: AssignmentOption = None,
) -> None:
    """Check rubrics and references: every fault in one run as `file:line:column: message`.

    Exit status: 0 no fault, 1 some fault, 2 usage.
    """
    from grader.isolate import Worker, WorkerDied, WorkerTimeout
    from grader.report.github import annotation

    with Worker(seconds=600) as worker:
        try:
            request = {"op": "lint", "assignment": str(assignment) if assignment else None, "strict": strict}
            answer = _answer(worker.ask(request))
        except (WorkerTimeout, WorkerDied) as error:
            last = str(error).strip().splitlines()[-1:] or ["it took too long"]
            fail(f"lint itself failed: {last[0]}", 3)
    errors = 0
    here = Path.cwd()
    for path, line, column, message, severity in answer["faults"]:
        place = Path(path)
        shown = place.relative_to(here) if place.is_absolute() and place.is_relative_to(here) else place
        errors += severity == "error"
        if github:
            typer.echo(annotation(severity, shown.as_posix(), line, column, message))
        else:
            typer.echo(f"{shown}:{line}:{column}: {'' if severity == 'error' else 'warning: '}{message}")
    if not errors:
        typer.echo("no fault" if not answer["faults"] else "no fault, but see the warnings", err=True)
    raise typer.Exit(1 if errors else 0)


@app.command()
def doctor(
    json_out: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    lang: Annotated[str, typer.Option("--lang", help="Language: en or fr.")] = "en",
) -> None:
    """Say what this machine has to run Python answers, what is missing and how to get it.

    Exit status: 0 Python answers can be run, 1 they cannot; 2 usage.
    """
    if lang not in ("en", "fr"):
        fail(f"--lang {lang}: en or fr", 2)
    from grader.sandbox.doctor import as_json, as_text, can_run, examine

    findings = examine()
    typer.echo(json.dumps(as_json(findings), ensure_ascii=False, indent=1) if json_out else as_text(findings, lang))
    raise typer.Exit(0 if can_run(findings) else 1)


@app.command(context_settings={"ignore_unknown_options": True})
def compare(
    a: Annotated[str | None, typer.Argument(help="An answer in LaTeX.")] = None,
    b: Annotated[str | None, typer.Argument(help="The answer to compare it with.")] = None,
    part: Annotated[str | None, typer.Option("--part", help="Take notation and givens of this part.")] = None,
    assume: Annotated[
        list[str] | None, typer.Option("--assume", help='A condition such as "sigma_1>0"; may be repeated.')
    ] = None,
    prove: Annotated[bool, typer.Option("--prove", help="Try a proof by exact arithmetic as well.")] = False,
    jsonl: Annotated[
        Path | None, typer.Option("--jsonl", help="Pairs as JSON lines: id, a, b, part?, assume?.")
    ] = None,
    assignment: AssignmentOption = None,
) -> None:
    """Decide whether two answers say the same, with a witness if they do not.

    Exit status: 0 correct, 1 incorrect, 3 neither; with --jsonl always 0; 2 usage.
    """
    from grader.isolate import Worker

    folder = str(assignment) if assignment else None
    with Worker() as worker:
        if jsonl is not None:
            if a is not None:
                fail("--jsonl takes no further arguments", 2)
            _compare_lines(worker, jsonl, folder)
            return
        if a is None or b is None:
            fail("two answers are needed (or --jsonl FILE)", 2)
        verdict = _decide(
            worker, {"a": a, "b": b, "part": part, "assume": assume or [], "assignment": folder, "prove": prove}
        )
    _show_verdict(verdict, {"a": a, "b": b})
    raise typer.Exit({"correct": 0, "incorrect": 1}.get(verdict["outcome"], 3))


def _decide(worker: Any, request: dict[str, Any], strict: bool = True) -> dict[str, Any]:
    from grader.isolate import WorkerDied, WorkerTimeout

    try:
        answer = worker.ask({"op": "compare", **request})
    except WorkerTimeout:
        return {"outcome": "undecided", "note": "timeout", "witness": None, "detail": ""}
    except WorkerDied as error:
        last = str(error).strip().splitlines()[-1:] or [""]
        return {"outcome": "undecided", "note": "fault", "witness": None, "detail": last[0]}
    if not strict and not answer.get("ok"):
        return {"outcome": "undecided", "note": answer["kind"], "witness": None, "detail": answer["message"]}
    found: dict[str, Any] = _answer(answer)["verdict"]
    return found


def _compare_lines(worker: Any, path: Path, folder: str | None) -> None:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path}: not readable ({error})", 2)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            request = {
                "a": str(row["a"]),
                "b": str(row["b"]),
                "part": row.get("part"),
                "assume": row.get("assume") or [],
                "assignment": folder,
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            typer.echo(f"grader: {path}:{number}: not a pair ({error})", err=True)
            continue
        verdict = _decide(worker, request, strict=False)
        out = {
            "id": row.get("id"),
            "outcome": verdict["outcome"],
            "note": verdict["note"],
            "witness": verdict["witness"],
        }
        typer.echo(json.dumps(out, ensure_ascii=False, allow_nan=False))


def _show_verdict(verdict: dict[str, Any], texts: dict[str, str]) -> None:
    from grader.report import messages as M

    said = "the two differ" if verdict["note"] == "differs" else M.note(verdict["note"], "en")
    text = f"{verdict['outcome']}: {said}"
    if verdict.get("detail"):
        text += f" ({verdict['detail']})"
    typer.echo(text)
    if verdict.get("place"):
        side, column = verdict["place"]
        line = texts[side].replace("\n", " ")
        first = max(0, column - 60)
        typer.echo(f"  {line[first : first + 100]}")
        typer.echo("  " + " " * (column - 1 - first) + f"^ column {column}")
    witness = verdict.get("witness")
    if witness:
        at = ", ".join(f"{k} = {M.number(v)}" for k, v in witness["values"].items())
        typer.echo(
            f"  {'at ' + at + ': ' if at else ''}left {M.number(witness['left'])}, right {M.number(witness['right'])}"
        )


app.command()(package)
