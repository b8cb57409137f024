"""What all requests share, and how a page is made of a template."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from grader.report.html.style import stylesheet
from grader.web.book import Desk
from grader.web.checker import Checker
from grader.web.fair import Client
from grader.web.guard import address_of
from grader.web.rates import CHECKS_ADDRESS, CHECKS_CLIENT, LOGINS_ADDRESS, LOGINS_ALL, Buckets
from grader.web.sessions import Session, Sessions
from grader.web.settings import Settings
from grader.web.words import words

LANGS: Final = ("en", "fr")
VISIT: Final = "grader_visit"
"""A random name of a browser, so that those behind one address take turns; it lives as long as the browser is open."""
SESSION: Final = "grader_session"
LANG: Final = "grader_lang"
_STATIC: Final = {"check.js": "text/javascript", "desk.js": "text/javascript", "icon.svg": "image/svg+xml"}


@dataclass(slots=True)
class Site:
    """One server. `desk` is None where there is only the students' side."""

    settings: Settings
    title: dict[str, str]
    checker: Checker
    desk: Desk | None
    sessions: Sessions
    per_address: Buckets = field(default_factory=lambda: Buckets(CHECKS_ADDRESS))
    per_client: Buckets = field(default_factory=lambda: Buckets(CHECKS_CLIENT))
    logins: Buckets = field(default_factory=lambda: Buckets(LOGINS_ADDRESS))
    logins_all: Buckets = field(default_factory=lambda: Buckets(LOGINS_ALL))
    static: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    version: str = ""
    pages: Environment = field(default_factory=lambda: _environment())

    def __post_init__(self) -> None:
        folder = files("grader.web") / "static"
        for name, kind in _STATIC.items():
            self.static[name] = ((folder / name).read_bytes(), kind)
        style = stylesheet() + "\n" + (folder / "site.css").read_text(encoding="utf-8")
        self.static["site.css"] = (style.encode(), "text/css")
        digest = hashlib.sha256(b"".join(data for data, _ in self.static.values()))
        self.version = digest.hexdigest()[:12]


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("grader.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def site_of(request: Request) -> Site:
    """The server that a request came to."""
    found: Site = request.app.state.site
    return found


def desk_of(request: Request) -> Desk:
    """The gradebook; only asked where there is one."""
    desk = site_of(request).desk
    assert desk is not None
    return desk


def client_of(request: Request) -> Client:
    """Whose turn a request takes: the address the network tells, within it the visitor the browser says it is."""
    return Client(address_of(request.scope), request.cookies.get(VISIT, "")[:64])


def lang_of(request: Request) -> str:
    """The language asked for: by the page's address, an earlier choice, the operator, the browser."""
    site = site_of(request)
    for wish in (request.query_params.get("lang"), request.cookies.get(LANG), site.settings.lang):
        if wish in LANGS:
            return wish
    for wish in request.headers.get("accept-language", "").lower().split(","):
        if wish.strip()[:2] in LANGS:
            return wish.strip()[:2]
    return "en"


def secure(request: Request) -> bool:
    """Whether cookies may go by https only."""
    return request.url.scheme == "https"


def page(
    request: Request, template: str, *, status: int = 200, session: Session | None = None, lang: str = "", **values: Any
) -> HTMLResponse:
    """A page. Its template has the words of the language as `w`, the session (or None) and the place of the files it draws in."""
    site = site_of(request)
    lang = lang or lang_of(request)
    here = request.url.path
    text = site.pages.get_template(template).render(
        w=words(lang), lang=lang, session=session, v=site.version, here=here, query=_query(request),
        homework=site.title.get(lang) or next(iter(site.title.values()), ""), has_desk=site.desk is not None, **values,
    )  # fmt: skip
    answer = HTMLResponse(text, status)
    if request.query_params.get("lang") in LANGS:
        answer.set_cookie(LANG, lang, httponly=True, samesite="strict", secure=secure(request))
    return answer


def _query(request: Request) -> dict[str, str]:
    """The address of this page in another language keeps what else it says."""
    rest = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return {lang: urlencode([*rest, ("lang", lang)]) for lang in LANGS}
