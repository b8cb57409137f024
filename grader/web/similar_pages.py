"""Submissions with the same mistakes, side by side, for who marks: a hint, never a verdict, and nothing of it for students."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from grader.gradebook import side_by_side, similar
from grader.report.html.formula import formula
from grader.report.similar_words import SIMILAR, chance, said
from grader.report.visible import visible
from grader.web import models
from grader.web.desk_pages import desk_page
from grader.web.entrance import SignedIn, caller
from grader.web.site import desk_of, lang_of

router = APIRouter()
_MOST = 20
"""Pairs that are laid out on one page; the least likely come first."""


@router.get("/desk/similar", include_in_schema=False, response_class=HTMLResponse)
def similar_page(request: Request, session: SignedIn) -> Response:
    lang = lang_of(request)
    with desk_of(request).open() as book:
        found = similar(book)
        pairs = [(pair, side_by_side(book, pair)) for pair in found.pairs[:_MOST]]
    say = {key: text[lang] for key, text in SIMILAR.items()}
    return desk_page(
        request, "similar.html", session, found=found, pairs=pairs, say=say, chance=chance,
        means=lambda row: said(row, lang), shown=_shown,
    )  # fmt: skip


@router.get("/api/desk/similar", response_model=models.SimilarPairs, tags=["desk"], dependencies=[Depends(caller)])
def similar_data(request: Request) -> Any:
    """Pairs of submissions with more mistakes in common than chance explains: a hint, never a verdict."""
    with desk_of(request).open() as book:
        return similar(book).data()


def _shown(text: str) -> Any:
    """A line as written: a formula, unless words stand in it."""
    text = str(visible(text))
    return text if "$" in text or "\\(" in text else formula(text)
