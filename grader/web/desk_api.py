"""The desk for programs: the same as the pages, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from grader.desk.exports import grades, standing
from grader.desk.overview import class_rows
from grader.desk.reviewing import Asked, Gone, Place, give
from grader.errors import OperatorError
from grader.gradebook import Gradebook, Group, Override, State, difference, marked_report
from grader.gradebook.store import GradebookError
from grader.web import models
from grader.web.acting import decided, known, override_of, question
from grader.web.desk_pages import csv_file
from grader.web.entrance import Who, caller
from grader.web.site import desk_of

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    s: {"model": models.Problem} for s in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}
router = APIRouter(prefix="/api/desk", tags=["desk"], dependencies=[Depends(caller)], responses=_PROBLEMS)
Known = Annotated[str, Path(max_length=200)]
Number = Annotated[int, Path(ge=1, le=2**53)]
Filter = Annotated[str, Query(max_length=200)]
Lang = Annotated[models.Lang, Query()]
Ends = Annotated[Literal["min", "max", "blank"] | None, Query()]


@router.get("/submissions")
def submissions(request: Request) -> list[models.SubmissionRow]:
    """All submissions with what counts now."""
    with desk_of(request).open() as book:
        return [
            models.SubmissionRow(
                id=name, who=who, status=status if summary is not None else "", notes=list(notes),
                score=None if summary is None else models.Points(min=summary.min, max=summary.max, out_of=summary.out_of),
                open=0 if summary is None else sum(p.open for p in summary.parts),
            )
            for name, who, summary, status, notes in class_rows(book)
        ]  # fmt: skip


@router.get("/submissions/{submission}", response_model=models.Report)
def submission(request: Request, submission: Known) -> Any:
    """A report for who marks, with the marks that count. It holds reference values."""
    with desk_of(request).open() as book:
        known(book, submission)
        report = marked_report(book, submission, audience="ta")
    if report is None:
        raise HTTPException(404, "result")
    return report


@router.get("/submissions/{submission}/overrides")
def history(request: Request, submission: Known) -> list[models.Override]:
    """All that was ever given to a submission, oldest first."""
    with desk_of(request).open() as book:
        known(book, submission)
        return [_override(o) for o in book.history(submission)]


@router.post("/submissions/{submission}/overrides", status_code=201)
def override(request: Request, submission: Known, asked: models.Give, who: Who) -> models.Override:
    """Give a part, or one check of it, points. What counted before stays in the history."""
    author = who.signs(asked.author)
    with desk_of(request).open() as book:
        known(book, submission)
        made, _ = _said(
            lambda: give(book, submission, asked.part, asked.check, _points(asked.points), asked.reason, author)
        )
        return _override(made)


@router.post("/submissions/{submission}/overrides/{number}/withdraw")
def withdraw(request: Request, submission: Known, number: Number, asked: models.Withdraw, who: Who) -> models.Override:
    """Let an override count no more."""
    author = who.signs(asked.author)
    with desk_of(request).open() as book:
        known(book, submission)
        override_of(book, submission, number)
        return _override(_said(lambda: book.withdraw(number, reason=asked.reason, author=author), 409))


@router.post("/submissions/{submission}/overrides/{number}/keep")
def keep(request: Request, submission: Known, number: Number, asked: models.Keep, who: Who) -> models.Override:
    """Let an override hold for the changed text too."""
    author = who.signs(asked.author)
    with desk_of(request).open() as book:
        known(book, submission)
        override_of(book, submission, number)
        return _override(_said(lambda: book.confirm(number, author=author)))


@router.get("/queue")
def queue(request: Request, part: Filter = "") -> models.Queue:
    """What is open, in the order in which it is best answered; of a part (`Q7.b`), a question (`Q7`), or all."""
    desk = desk_of(request)
    with desk.open() as book:
        return models.Queue(groups=[_group(g) for g in desk.queue(book, part)])


@router.get("/question")
def ask(
    request: Request, submission: Filter, part: Filter, check: Filter = "", lang: Lang = "en", whole: bool = False
) -> models.Asked:
    """One question with what stands there and beside it."""
    desk = desk_of(request)
    with desk.open() as book:
        found = _said(lambda: question(desk, book, (submission, part, check or None), lang=lang, whole=whole))
        if found is None:
            raise HTTPException(404, "question")
        return _asked(book, found, lang)


@router.post("/decisions", status_code=201)
def decide(request: Request, asked: models.Decision, who: Who) -> models.Decided:
    """Decide a question that is open, and those alike."""
    desk, author = desk_of(request), who.signs(asked.author)
    place: Place = (asked.submission, asked.part, asked.check)
    apply = None if asked.apply == "all" else () if asked.apply == "one" else tuple(asked.apply)
    with desk.open() as book:
        done, _ = _said(lambda: decided(desk, book, place, _points(asked.points), asked.reason, author, apply=apply))
    return models.Decided(overrides=list(done.overrides))


@router.post("/undo")
def undo(request: Request, asked: models.Undo, who: Who) -> models.Decided:
    """Take overrides back that were just given, all or none; what each replaced counts again."""
    author = who.signs(asked.author)
    with desk_of(request).open() as book:
        _said(lambda: book.take_back(asked.overrides, author=author), 409)
    return models.Decided(overrides=asked.overrides)


@router.get("/remarks")
def remarks(request: Request, part: Filter) -> list[models.Remark]:
    """The comments that were kept for a part."""
    with desk_of(request).open() as book:
        return [
            models.Remark(**{k: v for k, v in asdict(r).items() if k != "created_at"}) for r in book.remarks.of(part)
        ]


@router.post("/remarks", status_code=201)
def remark(request: Request, asked: models.NewRemark, who: Who) -> models.Remark:
    """Keep a comment for a part, or note that it was used again."""
    author = who.signs(asked.author)
    with desk_of(request).open() as book:
        made = _said(lambda: book.remarks.use(asked.part, asked.text, author=author))
    return models.Remark(id=made.id, part=made.part, text=made.text, author=made.author, used=made.used)


@router.get("/statistics", response_model=models.Figures)
def figures(request: Request) -> Any:
    """The class in figures."""
    desk = desk_of(request)
    with desk.open() as book:
        return desk.statistics(book).data()


@router.get("/changes", response_model=models.Difference)
def changes(request: Request) -> Any:
    """Before the last batch against now: who moves and why."""
    with desk_of(request).open() as book:
        return difference(State(book, previous=True), State(book)).data()


@router.get("/standing")
def ready(request: Request, open: Ends = None) -> models.Standing:
    """Whether the marks can be exported; `open` says what is written where points are open."""
    with desk_of(request).open() as book:
        found = standing(book, open)
    return models.Standing(
        ready=not found.reasons, reasons=[str(r) for r in found.reasons], warnings=[str(r) for r in found.warnings]
    )


@router.get(
    "/grades.csv", response_class=Response, responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
)
def export(request: Request, open: Ends = None, lang: Lang = "en") -> Response:
    """The class as Gradescope's grades CSV; refused (409) as long as something speaks against it."""
    with desk_of(request).open() as book:
        found = standing(book, open)
        if found.reasons:
            raise HTTPException(409, "; ".join(str(r) for r in found.reasons))
        return csv_file(grades(book, found.balance, ends=open or "min", lang=lang)[0])


def _said(work: Any, status: int = 422) -> Any:
    """What `work` gives; a refusal of the gradebook's as one of the API."""
    try:
        return work()
    except Gone as gone:
        raise HTTPException(409, str(gone)) from None
    except GradebookError:
        raise
    except OperatorError as error:
        raise HTTPException(status, str(error)) from None


def _points(points: float | str) -> str:
    return points if isinstance(points, str) else repr(points)


def _override(o: Override) -> models.Override:
    return models.Override(**{**asdict(o), "active": o.active, "text_sha256": None})


def _group(group: Group) -> models.Group:
    questions = [
        models.Question(
            submission=q.submission, part=q.part, check=q.check, role=q.role, outcome=q.outcome, note=q.note, low=q.low, high=q.high,
            out_of=q.out_of, open=q.open, title=dict(q.title),
        )
        for q in group.questions
    ]  # fmt: skip
    return models.Group(kind=group.kind, open=group.open, questions=questions)


def _asked(book: Gradebook, found: Asked, lang: str) -> models.Asked:
    kept = book.remarks.of(found.group.first.part)
    return models.Asked(
        group=_group(found.group), number=found.number, of=found.of, title=found.part["title"].get(lang, ""), who=found.beside.who,
        lines=[models.ExcerptLine(file=x.file, number=x.number, text=x.text, marked=x.marked) for x in found.excerpt.lines],
        hidden=found.excerpt.hidden, evidence=[models.Evidence(**asdict(s)) for s in found.said], notes=found.beside.notes,
        bands=dict(found.beside.bands),
        remarks=[models.Remark(id=r.id, part=r.part, text=r.text, author=r.author, used=r.used) for r in kept],
    )  # fmt: skip
