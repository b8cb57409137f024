"""Who comes to the desk: a session by its cookie, or the token in a header; forms and calls that are our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from grader.web.guard import address_of
from grader.web.limits import NAME_LENGTH, REASON_LENGTH, SESSION_SECONDS
from grader.web.rates import seconds
from grader.web.sessions import Session
from grader.web.site import SESSION, Site, lang_of, page, secure, site_of
from grader.web.words import words

router = APIRouter(include_in_schema=False)


class Away(Exception):
    """Nobody is signed in: the page to do so is shown instead."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API: `author` is empty where only the token says that they may."""

    author: str

    def signs(self, named: str | None) -> str:
        """Who decides. Raises HTTPException where nobody says."""
        if not (self.author or named):
            raise HTTPException(422, "author: is needed with a token, which says nothing of who decides")
        return self.author or named or ""


async def signed_in(request: Request) -> Session:
    """The session of a page. Raises Away."""
    session = site_of(request).sessions.of(request.cookies.get(SESSION, ""))
    if session is None:
        raise Away
    return session


@dataclass(frozen=True, slots=True)
class OwnForm:
    """What a form of ours sent, and the session it belongs to."""

    session: Session
    data: FormData

    def text(self, name: str) -> str:
        """A field; empty if it was not sent."""
        value = self.data.get(name)
        return value.strip().replace("\r\n", "\n")[:REASON_LENGTH] if isinstance(value, str) else ""

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a field that can be chosen several times."""
        return tuple(v for v in self.data.getlist(name) if isinstance(v, str))


async def own_form(request: Request) -> OwnForm:
    """A form that was sent from a page of its session. Raises Away, HTTPException (403)."""
    session = await signed_in(request)
    try:
        data = await request.form(max_files=0, max_fields=6000)
    except HTTPException as error:
        raise HTTPException(error.status_code, "form") from None
    given = data.get("csrf")
    if not isinstance(given, str) or not session.own_form(given):
        raise HTTPException(403, "csrf")
    return OwnForm(session, data)


async def caller(request: Request) -> Caller:
    """Who calls the API: the token as `Authorization: Bearer`, or a session with `X-CSRF-Token` where something may change."""
    site = site_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        wait = try_token(site, address_of(request.scope), token.strip())
        if wait is None:
            return Caller("")
        if wait:
            raise HTTPException(429, "token_rate", {"retry-after": seconds(wait)})
    else:
        session = site.sessions.of(request.cookies.get(SESSION, ""))
        if session is not None:
            if request.method != "GET" and not session.own_form(request.headers.get("x-csrf-token", "")):
                raise HTTPException(403, "csrf")
            return Caller(session.author)
    raise HTTPException(401, "token", {"www-authenticate": 'Bearer realm="desk"'})


SignedIn = Annotated[Session, Depends(signed_in)]
Own = Annotated[OwnForm, Depends(own_form)]
Who = Annotated[Caller, Depends(caller)]


def try_token(site: Site, address: str, token: str) -> float | None:
    """None if a token is right; else how long to wait before the next (0: not at all). Wrong ones are counted."""
    wait = max(site.logins.wait(address), site.logins_all.wait(""))
    if wait:
        return wait
    if site.sessions.right(token):
        return None
    site.logins.take(address)
    site.logins_all.take("")
    return 0.0


@router.get("/desk/login", response_class=HTMLResponse)
async def login_page(request: Request) -> Response:
    if site_of(request).sessions.of(request.cookies.get(SESSION, "")) is not None:
        return RedirectResponse("/desk", 303)
    return page(request, "login.html", error="", name="")


@router.post("/desk/login", response_class=HTMLResponse)
async def login(request: Request, token: str = Form(""), name: str = Form("")) -> Response:
    site = site_of(request)
    say = words(lang_of(request))
    name = " ".join(name.split())[:NAME_LENGTH]
    wait = try_token(site, address_of(request.scope), token.strip())
    if wait is not None:
        if wait:
            text = say["login_slow"].format(seconds(wait))
            answer = page(request, "login.html", status=429, error=text, name=name)
            answer.headers["retry-after"] = seconds(wait)
            return answer
        return page(request, "login.html", status=403, error=say["login_wrong"], name=name)
    if not name:
        return page(request, "login.html", status=422, error=say["login_name"], name=name)
    site.sessions.end(request.cookies.get(SESSION, ""))
    done = RedirectResponse("/desk", 303)
    done.set_cookie(
        SESSION, site.sessions.begin(name), max_age=int(SESSION_SECONDS), path="/", httponly=True, samesite="strict",
        secure=secure(request),
    )  # fmt: skip
    return done


@router.post("/desk/logout")
async def logout(request: Request) -> Response:
    await own_form(request)
    site_of(request).sessions.end(request.cookies.get(SESSION, ""))
    done = RedirectResponse("/desk/login", 303)
    done.delete_cookie(SESSION, path="/")
    return done
