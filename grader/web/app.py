"""The application: routes, errors, what starts and ends with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from grader import provenance
from grader.errors import OperatorError
from grader.gradebook.store import GradebookError, Locked
from grader.plain_yaml import load_yaml
from grader.web import desk_api, desk_pages, entrance, models, similar_pages, student
from grader.web.book import Desk
from grader.web.checker import Checker
from grader.web.entrance import Away
from grader.web.fair import FairQueue
from grader.web.guard import Guard, problem
from grader.web.limits import CHECK_SECONDS, WAITING, WAITING_ADDRESS, WAITING_CLIENT
from grader.web.sessions import Sessions
from grader.web.settings import Settings
from grader.web.site import Site, page, site_of

_STATUS = {
    400: "bad",
    401: "token",
    403: "csrf",
    404: "unknown",
    405: "method",
    408: "slow",
    413: "size",
    422: "invalid",
}


def create_app(settings: Settings) -> Guard:
    """The application with its guard. Raises OperatorError where gradebook or assignment cannot be opened."""
    folder = settings.assignment or provenance.shipped()
    head, _, _ = load_yaml(folder / "rubrics" / "assignment.yaml")
    if not isinstance(head, dict):
        raise OperatorError(f"{folder}: no assignment here (rubrics/assignment.yaml is missing or cannot be read)")
    title = head.get("title")
    desk = Desk(settings.grades) if settings.grades is not None else None

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        checker = Checker(settings.workers, settings.grade, FairQueue(WAITING, WAITING_ADDRESS, WAITING_CLIENT))
        titles = (
            {str(k): str(v) for k, v in title.items()} if isinstance(title, dict) else {"en": str(title or folder.name)}
        )
        app.state.site = Site(settings, titles, checker, desk, Sessions(settings.token))
        guard.refuse = checker.refuse
        try:
            try:
                await checker.warm(str(settings.assignment) if settings.assignment else None)
            except RuntimeError as error:
                guard.why = str(error)  # the process says it and ends
            yield
        finally:
            await checker.close(CHECK_SECONDS)
            if desk is not None:
                desk.close()

    app = FastAPI(
        title="homework-grader", version="1", lifespan=life, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        exception_handlers={
            HTTPException: _refused, RequestValidationError: _invalid, Away: _away, Locked: _locked, GradebookError: _broken,
            Exception: _failed,
        },
    )  # fmt: skip
    app.include_router(student.router)
    app.get("/healthz", responses={503: {"model": models.Health}}, tags=["server"])(health)
    app.get("/static/{name}", include_in_schema=False)(static)
    if desk is not None:
        app.include_router(entrance.router)
        app.include_router(desk_pages.router)
        app.include_router(desk_api.router)
        app.include_router(similar_pages.router)
    guard = Guard(app, settings.hosts)
    return guard


async def health(request: Request) -> models.Health:
    """Whether the server takes checks, and how busy it is."""
    checker = site_of(request).checker
    state = models.Health(ready=checker.ready, workers=checker.slots, busy=checker.busy, waiting=checker.waiting)
    if not state.ready:
        return JSONResponse(state.model_dump(), 503)  # type: ignore[return-value]
    return state


async def static(request: Request, name: str) -> Response:
    """One of the few files a page draws in; a name is looked up, never made a path of."""
    found = site_of(request).static.get(name)
    if found is None:
        raise HTTPException(404, "unknown")
    return Response(found[0], media_type=found[1], headers={"cache-control": "public, max-age=86400"})


def _api(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/healthz", "/static/"))


async def _refused(request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    if _api(request):
        code, text = student.problem_of(error.detail)
        if code == "refused":
            code = _STATUS.get(error.status_code, code)
        return problem(error.status_code, code, text, headers)
    answer = page(request, "error.html", status=error.status_code, status_code=error.status_code)
    answer.headers.update(headers)
    return answer


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    if _api(request):
        return problem(422, "invalid", student.first_fault(error))
    return page(request, "error.html", status=422, status_code=404)


async def _away(request: Request, error: Away) -> Response:
    return RedirectResponse("/desk/login", 303)


async def _locked(request: Request, error: Locked) -> Response:
    if _api(request):
        return problem(503, "locked", "The gradebook is in use elsewhere; nothing was lost.", {"retry-after": "5"})
    answer = page(request, "error.html", status=503, status_code=503)
    answer.headers["retry-after"] = "5"
    return answer


async def _broken(request: Request, error: GradebookError) -> Response:
    return await _failed(request, error)


async def _failed(request: Request, error: Exception) -> Response:
    """Ours: the log has it whole, the page says only that it was."""
    if _api(request):
        return problem(500, "fault", "Something failed on our side.")
    return page(request, "error.html", status=500, status_code=500)
