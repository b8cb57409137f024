"""The students' side: a page and an API that check a text or files and keep nothing of them."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from grader.intake.upload import display_name
from grader.report.html.page import report_body, report_page
from grader.report.to_json import dumps
from grader.web import models
from grader.web.checker import Closing
from grader.web.fair import Full
from grader.web.limits import ARCHIVE_BYTES, FILES, TEXT_BYTES
from grader.web.rates import seconds
from grader.web.site import LANGS, VISIT, client_of, lang_of, page, secure, site_of
from grader.web.words import words

router = APIRouter()
FORMATS: Final = {"auto": "", "tex": ".tex", "md": ".md", "py": ".py"}
_TEX: Final = re.compile(
    r"\\documentclass|\\begin\{(?:document|enumerate|proof|answer|solution)\}|\\(?:sub)*section\b|\\(?:new|renew)command|\\def\\"
)
_PYTHON: Final = re.compile(r"^(?:def \w+\(|import \w|from \w+ import )", re.MULTILINE)
_LOOK_SECONDS: Final = 1.0
_SHOWN: Final = frozenset({".tex", ".md", ".txt", ".py"})
"""Endings of files whose text the page shows, so that it can be mended there."""
_REFUSED: Final = {422: {"model": models.Problem}, 413: {"model": models.Problem}, 429: {"model": models.Problem},
                   400: {"model": models.Problem}, 415: {"model": models.Problem}, 503: {"model": models.Problem}}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sent: a text with its name, files."""

    text: str
    name: str
    format: str
    lang: str
    files: tuple[tuple[str, bytes], ...]

    def all(self) -> list[tuple[str, bytes]]:
        """The files with the text among them, if there is one. Raises HTTPException where there is nothing."""
        out = list(self.files)
        if self.text.strip():
            out.append((_named(self), self.text.encode("utf-8", "replace")))
        if not out:
            raise HTTPException(422, "empty")
        return out


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def form(request: Request) -> Response:
    return _visited(request, page(request, "check.html", sent=None, result=None))


@router.post("/", response_class=HTMLResponse, include_in_schema=False)
async def check_form(request: Request) -> Response:
    """The page again with the report, or (`X-Fragment`) the report alone for a page that stays."""
    fragment = request.headers.get("x-fragment") == "1"
    sent: Sent | None = None
    headers: dict[str, str] = {}
    status = 200
    try:
        _allowed(request)
        sent = await _form(request)
        result = await _result(request, sent)
    except HTTPException as refused:
        status, headers = refused.status_code, dict(refused.headers or {})
        result = {"error": _say(refused, lang_of(request) if sent is None else sent.lang)}
    lang = lang_of(request) if sent is None else sent.lang
    template = "_result.html" if fragment else "check.html"
    answer = page(
        request, template, status=status, lang=lang, sent=None if sent is None else _again(sent), result=result
    )
    answer.headers.update(headers)
    return _visited(request, answer)


@router.post(
    "/api/check",
    response_model=models.Report,
    responses=_REFUSED,  # type: ignore[arg-type]
    tags=["students"],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": models.Text.model_json_schema()},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "files": {
                                "type": "array",
                                "items": {"type": "string", "format": "binary"},
                                "maxItems": FILES,
                            },
                            "text": {"type": "string"},
                            "format": {"enum": list(FORMATS)},
                        },
                    }
                },
            },
        }
    },
)
async def check_api(request: Request) -> Any:
    """Check files that are one submission, or a text. Nothing is kept. The report holds no reference answer."""
    _allowed(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            asked = models.Text.model_validate_json(await request.body())
        except ValidationError as error:
            raise HTTPException(422, first_fault(error)) from None
        sent = Sent(asked.text, "", asked.format, asked.lang, ())
    else:
        sent = await _form(request)
    return (await _checked(request, sent))["report"]


def first_fault(error: Any) -> str:
    """The first fault of a body in one line."""
    fault = error.errors()[0]
    place = ".".join(str(x) for x in fault["loc"] if x != "body")
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


def _allowed(request: Request) -> None:
    """Raises HTTPException (429) where a client asks too often; before its body is read."""
    site, client = site_of(request), client_of(request)
    wait = site.per_client.wait(client) or site.per_address.take(client.address)
    wait = wait or site.per_client.take(client)
    if wait:
        raise HTTPException(429, "rate", {"retry-after": seconds(wait)})


async def _form(request: Request) -> Sent:
    """What a form sent. Raises HTTPException for what is too much or no such form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(415, "form")
    try:
        parsed = request.form(max_files=FILES, max_fields=8, max_part_size=TEXT_BYTES)
        async with parsed as data:
            fields = {k: v for k, v in data.multi_items() if isinstance(v, str)}
            files = []
            for upload in data.getlist("files"):
                if not isinstance(upload, UploadFile) or not (upload.filename or upload.size):
                    continue
                name = display_name(upload.filename or "file")
                if (upload.size or 0) > (ARCHIVE_BYTES if name.endswith(".zip") else TEXT_BYTES):
                    raise HTTPException(413, "file")
                files.append((name, await upload.read()))
    except HTTPException as error:
        if error.status_code == 400:
            large = "maximum" in str(error.detail).lower()
            raise HTTPException(413 if large else 400, "parts" if large else "form") from None
        raise
    text = fields.get("text", "").replace("\r\n", "\n")
    lang = fields.get("lang", "")
    form = fields.get("format", "auto")
    return Sent(
        text,
        fields.get("name", ""),
        form if form in FORMATS else "auto",
        lang if lang in LANGS else lang_of(request),
        tuple(files),
    )


async def _checked(request: Request, sent: Sent) -> dict[str, Any]:
    """The task's answer. Raises HTTPException for all that is no report."""
    site = site_of(request)
    assignment = site.settings.assignment
    asked = {"files": sent.all(), "assignment": str(assignment) if assignment else None}
    try:
        answer = await _while_there(request, site.checker.check(client_of(request), asked))
    except Full as full:
        raise HTTPException(503, f"full_{full.of}", {"retry-after": seconds(site.checker.delay)}) from None
    except Closing:
        raise HTTPException(503, "closing", {"retry-after": "30"}) from None
    if "refused" in answer:
        raise HTTPException(422, "; ".join([answer["refused"], *answer["notes"][:5]]))
    if "failed" in answer:
        raise HTTPException(422 if answer["failed"] == "timeout" else 500, answer["failed"])
    return answer


async def _while_there(request: Request, work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """What `work` gives; it is given up, and with it the place in the queue, once nobody waits for it any more."""
    task = asyncio.create_task(work)
    while not task.done():
        await asyncio.wait({task}, timeout=_LOOK_SECONDS)
        if not task.done() and await request.is_disconnected():
            task.cancel()
            raise HTTPException(499, "gone")
    return task.result()


async def _result(request: Request, sent: Sent) -> dict[str, Any]:
    """What the page shows of a check: the report, and copies to keep."""
    report = (await _checked(request, sent))["report"]
    whole = report_page(report, lang=sent.lang, audience="student")
    found, absent = _found(report)
    if not sent.files and not sent.name:  # a text that was pasted has no name of its own
        found = {**found, "submission": {**found["submission"], "id": words(sent.lang)["text"], "files": []}}
    return {
        "error": "",
        "body": report_body(found, lang=sent.lang, audience="student"),
        "absent": absent,
        "html": _data("text/html", whole),
        "json": _data("application/json", dumps(report)),
        "name": report["submission"]["id"],
    }


def _found(report: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The report of the parts that were found, and the names of the others: somebody who checks one derivation looks for that."""
    parts = [p for p in report["parts"] if p["status"] != "empty"]
    if not parts:
        return report, []
    score = {end: round(sum(p["score"][end] for p in parts), 4) for end in ("min", "max", "out_of")}
    return {**report, "parts": parts, "score": score}, [p["id"] for p in report["parts"] if p["status"] == "empty"]


def _data(kind: str, text: str) -> str:
    """A file within a page: nothing has to be kept for it here."""
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}"


def _again(sent: Sent) -> Sent:
    """What the form holds when it comes back: one file of text can be mended in it."""
    if not sent.text.strip() and len(sent.files) == 1:
        name, data = sent.files[0]
        if any(name.endswith(ending) for ending in _SHOWN):
            return Sent(data.decode("utf-8", "replace").replace("\r\n", "\n"), name, sent.format, sent.lang, ())
    return sent


def _named(sent: Sent) -> str:
    """A name for a text, whose ending says how it is read."""
    ending = FORMATS[sent.format]
    own = display_name(sent.name) if sent.name else ""
    if own and (not ending or own.endswith(ending)) and any(own.endswith(e) for e in _SHOWN):
        return own
    if not ending:
        ending = ".tex" if _TEX.search(sent.text) else ".md"
        if ending == ".md" and _PYTHON.search(sent.text) and not re.search(r"\$|\\\(|\\\[|\\begin\{", sent.text):
            ending = ".py"
    return f"text{ending}"


def _say(refused: HTTPException, lang: str) -> str:
    """What the page says of a refusal."""
    tag, _, rest = str(refused.detail).partition("; ")
    w: Any = words(lang)
    said = str(w.get(f"refused_{tag}", w["refused"]))
    return f"{said} ({rest})" if rest else said


def messages(tag: str) -> str:
    """What the API says of a refusal, in English."""
    return str(words("en").get(f"refused_{tag}", tag))


def _visited(request: Request, answer: Response) -> Response:
    if not request.cookies.get(VISIT):
        answer.set_cookie(VISIT, secrets.token_urlsafe(12), httponly=True, samesite="strict", secure=secure(request))
    return answer


def problem_of(detail: Sequence[str] | str) -> tuple[str, str]:
    """Code and text of a refusal as the API says it."""
    tag, _, rest = str(detail).partition("; ")
    said = messages(tag)
    if said == tag:
        return "refused", str(detail)
    return tag, f"{said} ({rest})" if rest else said
