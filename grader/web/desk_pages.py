"""The desk in a browser: the class, a submission, the review queue, figures, changes, the export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from grader.desk.exports import grades, standing
from grader.desk.overview import class_rows
from grader.desk.reviewing import Asked, Gone, Place, WrongPoints, give, keep, key_of, place_of
from grader.errors import OperatorError
from grader.gradebook import Gradebook, Question, State, difference, marked_report
from grader.gradebook.store import GradebookError
from grader.report import messages as M
from grader.report.asked import KINDS
from grader.report.grades_csv import OPEN
from grader.report.html.formula import formula
from grader.report.html.page import lines_body, report_body
from grader.report.stats_tables import mistake
from grader.report.visible import visible
from grader.web.acting import decided, known, override_of, place_name, question, reason_of
from grader.web.charts import histogram, range_bar, share_bar, spark
from grader.web.entrance import Own, OwnForm, SignedIn
from grader.web.sessions import Done, Session
from grader.web.site import desk_of, lang_of, page
from grader.web.words import words

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST_MISTAKES = 15
_ENDED = frozenset({"unreadable", "timeout", "fault", "needs_a_person"})
_BLANK = {"points": "", "reason": "", "apply": "one", "band": "", "remark": ""}


def desk_page(request: Request, template: str, session: Session, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the desk with what the session has to tell."""
    said, wrong = session.told()
    return page(request, template, status=status, session=session, said=said, said_wrong=wrong, **values)


@router.get("/desk")
def overview(request: Request, session: SignedIn) -> Response:
    desk = desk_of(request)
    sums = [0.0, 0.0]
    with desk.open() as book:
        rows = []
        heads: dict[str, float] = {}
        for name, who, summary, status, notes in class_rows(book):
            questions = summary.questions() if summary is not None else {}
            heads = heads or {q: worth for q, (_, _, worth) in questions.items()}
            if summary is not None:
                sure, worth = summary.decided()
                sums[0] += sure
                sums[1] += worth
            rows.append((name, visible(who), summary, status, visible(list(notes)), questions))
        waiting = sum(len(g.questions) for g in desk.queue(book))
    share = sums[0] / sums[1] if sums[1] else 1.0
    told = any(who or notes or status in _ENDED for _, who, _, status, notes, _ in rows)
    return desk_page(
        request, "class.html", session, rows=rows, heads=heads, told=told, waiting=waiting, share=share, bar=range_bar, num=num,
        span=span, name=desk.name,
    )  # fmt: skip


@router.get("/desk/submission/{submission}")
def submission_page(request: Request, submission: str, session: SignedIn) -> Response:
    return _submission(request, submission, session)


def _submission(
    request: Request,
    submission: str,
    session: Session,
    *,
    status: int = 200,
    error: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    desk, lang = desk_of(request), lang_of(request)
    with desk.open() as book:
        own = known(book, submission)
        report = marked_report(book, submission, audience="ta")
        result = book.result(submission)
        values = {
            "own": own, "who": visible(", ".join(p.name or p.email or p.sid for p in own.submitters)),
            "notes": visible(list(result.notes)) if result is not None else [],
            "marks": book.marks(submission), "history": visible_history(book, submission),
            "parts": report["parts"] if report is not None else [],
            "program": {p["id"]: p["score"] for p in report["parts"]} if report is not None else {},
        }  # fmt: skip
    body = report_body(report, lang=lang, audience="ta") if report is not None else ""
    return desk_page(
        request, "submission.html", session, status, body=body, report=report, error=error, bar=range_bar, num=num, span=span,
        typed={"place": "", "points": "", "reason": ""} | (typed or {}), place_name=place_name, **values,
    )  # fmt: skip


def visible_history(book: Gradebook, submission: str) -> list[tuple[object, str, str, str]]:
    """All that was given, the latest first, with texts that do nothing on a page."""
    return [(o, visible(o.reason), visible(o.author), visible(o.ended_why)) for o in reversed(book.history(submission))]


@router.post("/desk/submission/{submission}/override")
def give_override(request: Request, submission: str, form: Own) -> Response:
    say = words(lang_of(request))
    typed = {k: form.text(k) for k in ("place", "points", "reason")}
    try:
        with desk_of(request).open() as book:
            known(book, submission)
            result = book.result(submission)
            part, check = result.summary.place(typed["place"]) if result is not None else (typed["place"], None)
            made, worth = give(book, submission, part, check, typed["points"], typed["reason"], form.session.author)
    except GradebookError:
        raise
    except OperatorError as error:
        return _submission(request, submission, form.session, status=422, error=_fault(error, request), typed=typed)
    place = (submission, part, check)
    text = say["given_now"].format(place_name(place), f"{made.points:g}", f"{worth:g}")
    form.session.did(Done((made.id,), f"{submission} {text}", place))
    form.session.tell(text)
    return RedirectResponse(f"/desk/submission/{quote(submission)}#marks", 303)


@router.post("/desk/submission/{submission}/override/{number}/withdraw")
def withdraw_override(request: Request, submission: str, number: int, form: Own) -> Response:
    why = form.text("reason") or words(lang_of(request))["withdrawn"]
    return _changed(
        request, submission, number, form, "withdrawn_now",
        lambda book: book.withdraw(number, reason=why, author=form.session.author),
    )  # fmt: skip


@router.post("/desk/submission/{submission}/override/{number}/keep")
def keep_override(request: Request, submission: str, number: int, form: Own) -> Response:
    return _changed(
        request, submission, number, form, "kept_now", lambda book: book.confirm(number, author=form.session.author)
    )


def _changed(
    request: Request, submission: str, number: int, form: OwnForm, told: str, change: Callable[[Gradebook], object]
) -> Response:
    """What becomes of an override, and the page it stands on."""
    try:
        with desk_of(request).open() as book:
            known(book, submission)
            old = override_of(book, submission, number)
            change(book)
        form.session.tell(words(lang_of(request))[told].format(place_name((submission, old.part, old.check))))
    except GradebookError:
        raise
    except OperatorError as error:
        form.session.tell(str(error), wrong=True)
    return RedirectResponse(f"/desk/submission/{quote(submission)}#marks", 303)


def _fault(error: OperatorError, request: Request) -> str:
    """What a page says of a decision that is none."""
    if isinstance(error, WrongPoints):
        return words(lang_of(request))["wrong_points"].format(error.typed, num(error.out_of))
    return str(error)


def review_path(found: Question | None, only: str = "", whole: bool = False) -> str:
    """The address of a question (None: the first) in the queue of one part or of all."""
    query: dict[str, str] = {"only": only} if only else {}
    if found is not None:
        query.update(submission=found.submission, part=found.part, **({"check": found.check} if found.check else {}))
    if whole:
        query["whole"] = "1"
    return f"/desk/review?{urlencode(query)}" if query else "/desk/review"


@router.get("/desk/review")
def review(
    request: Request,
    session: SignedIn,
    submission: str = "",
    part: str = "",
    check: str = "",
    only: str = "",
    whole: bool = False,
    find: bool = False,
) -> Response:
    """A question, by its place; with `find` the first open one of a part of a submission; without a submission the first of all."""
    place = (submission, part, check or None) if submission else None
    if find:
        desk = desk_of(request)
        with desk.open() as book:
            open_ = (q for g in desk.queue(book) for q in g.questions)
            place = next((place_of(q) for q in open_ if (q.submission, q.part) == (submission, part)), place)
    return _review(request, session, place, only, whole=whole)


def _review(
    request: Request,
    session: Session,
    place: Place | None,
    only: str,
    *,
    whole: bool = False,
    status: int = 200,
    error: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    desk, lang = desk_of(request), lang_of(request)
    with desk.open() as book:
        try:
            found = question(desk, book, place, only=only, lang=lang, whole=whole)
        except Gone:
            session.tell(words(lang)["gone"], wrong=True)
            return RedirectResponse(review_path(None, only), 303)
        parts = list(dict.fromkeys(g.first.part for g in desk.queue(book)))
        remarks = book.remarks.of(found.group.first.part) if found is not None else ()
    note = ""
    if found is not None:
        note = M.check_note(found.check, lang) if found.check is not None else M.note(found.group.first.note, lang)
    heads = list(dict.fromkeys(p.split(".")[0] for p in parts))
    return desk_page(
        request, "review.html", session, status, q=found, derivation=_derivation(found, lang),
        parts=sorted({*heads, *parts}), only=only, whole=whole, error=error,
        typed=_BLANK | (typed or {}), note=note, remarks=visible([(r.id, r.text) for r in remarks]), kinds=KINDS, num=num,
        path=review_path, math=formula, key_of=key_of,
        status_of=M.OUTCOMES,
    )  # fmt: skip


def _derivation(found: Asked | None, lang: str) -> str:
    """The lines around what is asked, rendered and marked; empty where there are no formulas, such as for a text."""
    if found is None or found.group.first.manual:
        return ""
    return lines_body(found.part, {(one.file, one.number) for one in found.excerpt.lines}, lang=lang)


@router.post("/desk/review")
def decide_question(request: Request, form: Own) -> Response:
    desk, lang, session = desk_of(request), lang_of(request), form.session
    only = form.text("only")
    place = (form.text("submission"), form.text("part"), form.text("check") or None)
    points = form.text("give") or form.text("points") or form.text("band")
    apply: tuple[str, ...] | None = ()
    if form.text("apply") == "all":
        apply = None
    elif form.text("apply") == "chosen":
        apply = form.many("chosen")
    try:
        with desk.open() as book:
            reason = reason_of(
                book,
                place[1],
                form.text("reason"),
                form.text("remark"),
                bool(form.text("keep_comment")),
                session.author,
                lang,
            )
            done, after = decided(desk, book, place, points, reason, session.author, apply=apply, only=only, lang=lang)
    except Gone as gone:
        session.tell(str(gone), wrong=True)
        return RedirectResponse(review_path(None, only), 303)
    except GradebookError:
        raise
    except OperatorError as error:
        typed = {k: form.text(k) for k in ("points", "reason", "apply", "band", "remark")}
        return _review(request, session, place, only, status=422, error=_fault(error, request), typed=typed)
    session.did(done)
    session.tell(done.said)
    return RedirectResponse(review_path(after, only), 303)


@router.post("/desk/review/keep")
def keep_question(request: Request, form: Own) -> Response:
    desk, session, only = desk_of(request), form.session, form.text("only")
    place = (form.text("submission"), form.text("part"), form.text("check") or None)
    try:
        with desk.open() as book:
            given, after = keep(book, desk.queue(book, only), place, session.author)
    except Gone as gone:
        session.tell(str(gone), wrong=True)
        return RedirectResponse(review_path(None, only), 303)
    said = words(lang_of(request))["kept_now"].format(f"{place[0]} {place_name(place)}")
    session.did(Done(given, said, place))
    session.tell(said)
    return RedirectResponse(review_path(after, only), 303)


@router.post("/desk/undo")
def undo(request: Request, form: Own) -> Response:
    session, only, say = form.session, form.text("only"), words(lang_of(request))
    if not session.done:
        session.tell(say["no_undo"], wrong=True)
        return RedirectResponse(review_path(None, only), 303)
    last = session.done.pop()
    with desk_of(request).open() as book:
        try:
            book.take_back(last.overrides, author=session.author)
        except GradebookError:
            session.done.append(last)
            raise
        except OperatorError as error:
            session.tell(str(error), wrong=True)
            return RedirectResponse(review_path(None, only), 303)
    session.tell(say["undone"].format(last.said))
    submission, part, check = last.place
    query = {
        "submission": submission,
        "part": part,
        **({"check": check} if check else {}),
        **({"only": only} if only else {}),
    }
    return RedirectResponse(f"/desk/review?{urlencode(query)}", 303)


@router.get("/desk/figures")
def figures(request: Request, session: SignedIn) -> Response:
    desk, lang = desk_of(request), lang_of(request)
    with desk.open() as book:
        found = desk.statistics(book)
    failing = sorted(
        (c for c in found.checks if c.failing),
        key=lambda c: (-(c.failing or 0), -(c.partial + c.none), c.part, c.check),
    )
    wrong = [(d, mistake(d.kind, lang)) for d in found.diagnoses[:_MOST_MISTAKES]]
    return desk_page(
        request, "figures.html", session, found=found, failing=failing, wrong=wrong, open_checks=found.undecided(), histogram=histogram, spark=spark,
        share=share_bar, num=num,
    )  # fmt: skip


@router.get("/desk/changes")
def changes(request: Request, session: SignedIn) -> Response:
    with desk_of(request).open() as book:
        found = difference(State(book, previous=True), State(book))
    return desk_page(request, "changes.html", session, found=visible(found.data()), num=num, ends=ends)


@router.get("/desk/export")
def export_page(request: Request, session: SignedIn, open: str = "") -> Response:
    with desk_of(request).open() as book:
        found = standing(book, open if open in OPEN else None)
        students = found.balance.students
    return desk_page(
        request, "export.html", session, reasons=found.reasons, warnings=found.warnings, students=students,
        open=open if open in OPEN else "", how=list(OPEN),
    )  # fmt: skip


@router.get("/desk/grades.csv")
def grades_file(request: Request, session: SignedIn, open: str = "") -> Response:
    chosen = open if open in OPEN else None
    with desk_of(request).open() as book:
        found = standing(book, chosen)
        if not found.reasons:
            text, _ = grades(book, found.balance, ends=chosen or "min", lang=lang_of(request))
            return csv_file(text)
    return desk_page(
        request, "export.html", session, 409, reasons=found.reasons, warnings=found.warnings, students=found.balance.students,
        open=chosen or "", how=list(OPEN),
    )  # fmt: skip


def csv_file(text: str) -> Response:
    """Grades as a file."""
    head = {"content-disposition": 'attachment; filename="grades.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=head)


def num(points: float, digits: int = 2) -> str:
    """Points as they are written."""
    return f"{round(points, digits):g}"


def span(low: float, high: float, digits: int = 2) -> str:
    """A range of points."""
    first, last = num(low, digits), num(high, digits)
    return first if first == last else f"{first}–{last}"


def ends(pair: list[float] | None) -> str:
    """A range of points, or that there is none."""
    return "–" if pair is None else span(pair[0], pair[1])
