"""The pages: a report of one submission, whole or to stand in another page, and the index of a class."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.gradebook import Summary
from grader.report import messages as M
from grader.report.audience import for_student
from grader.report.html.phrases import phrase
from grader.report.html.style import stylesheet
from grader.report.html.view import around, part_view, points
from grader.report.reading_words import reading
from grader.report.visible import visible
from grader.report.words import WORDS


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the index: `summary` is None where there is no result; `page` is the address of its report."""

    name: str
    who: str
    summary: Summary | None
    page: str


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("grader.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def report_page(data: Mapping[str, Any], *, lang: str = "en", audience: str = "student", state: str = "") -> str:
    """A report (JSON data of schema `grader/report/1`) as one self-contained page: no script, nothing loaded.

    For students reference values are left out, whatever the data holds. `state` tells pages of one report apart.
    """
    body = report_body(data, lang=lang, audience=audience)
    title = f"{visible(data['submission']['id'])} – {phrase('report', lang)}"
    return _page(title, body, lang, state)


def report_body(data: Mapping[str, Any], *, lang: str = "en", audience: str = "student") -> Markup:
    """The report alone, to stand in a page that has the style sheet."""
    data = visible(for_student(dict(data)) if audience != "ta" else data)
    parts = [part_view(part, lang, audience) for part in data["parts"]]
    score = data.get("mark", data["score"])
    unread = all(part["status"] == "unreadable" for part in data["parts"])
    provenance = data["provenance"]
    return Markup(
        _templates()
        .get_template("report.html.j2")
        .render(
            lang=lang,
            audience=audience,
            word=partial(phrase, lang=lang),
            name=data["submission"]["id"],
            files=", ".join(data["submission"]["files"]),
            total={
                "points": points(score["min"], score["max"]),
                "out_of": f"{score['out_of']:g}",
                "sure": score["min"] / (score["out_of"] or 1),
                "possible": score["max"] / (score["out_of"] or 1),
                "open": score["max"] > score["min"],
                "said": f"{score['min']:g} " + WORDS["sure"][lang].format(f"{score['max']:g}"),
            },
            problems=[_problem(p, lang) for p in data.get("problems", ())],
            nothing=WORDS["nothing"][lang] if unread else "",
            parts=parts,
            provenance=phrase("graded_by", lang).format(provenance["grader"], provenance["rubric_sha256"][:12]),
        )
    )


def lines_body(part: Mapping[str, Any], near: Collection[tuple[str, int]], *, lang: str = "en") -> Markup:
    """The lines of a part's derivation that stand on these lines of these files, marked, for assistants; empty if none does."""
    view = part_view(visible(part), lang, "ta")
    lines = [one for one in view.lines if any((one.file, n) in near for n in range(one.number, one.last + 1))]
    word = partial(phrase, lang=lang)
    return Markup(_templates().get_template("lines.html.j2").render(lang=lang, word=word, lines=lines) if lines else "")


def index_page(entries: Iterable[Entry], *, lang: str = "en") -> str:
    """The class as a table, each submission with the address of its report."""
    rows: list[dict[str, Any]] = []
    heads: list[tuple[str, str]] = []
    out_of = ""
    for entry in entries:
        row: dict[str, Any] = {"name": visible(entry.name), "who": visible(entry.who), "cells": (), "page": ""}
        row["page"] = quote(entry.page)
        if entry.summary is not None:
            questions = entry.summary.questions()
            heads = heads or [(name, f"{most:g}") for name, (_, _, most) in questions.items()]
            score = entry.summary
            out_of = out_of or f"{score.out_of:g}"
            row |= {
                "cells": [points(round(low, 2), round(high, 2)) for low, high, _ in questions.values()],
                "total": points(round(score.min, 2), round(score.max, 2)),
                "sure": score.min / (score.out_of or 1),
                "possible": score.max / (score.out_of or 1),
                "open": sum(p.open for p in score.parts),
            }
        rows.append(row)
    body = (
        _templates()
        .get_template("index.html.j2")
        .render(lang=lang, word=partial(phrase, lang=lang), rows=rows, heads=heads, out_of=out_of)
    )
    return _page(phrase("class", lang), Markup(body), lang)


def _page(title: str, body: Markup, lang: str, state: str = "") -> str:
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            lang=lang,
            title=title,
            body=body,
            style=Markup(stylesheet()),
            state=state,
            word=partial(phrase, lang=lang),
        )
    )


def _problem(problem: Mapping[str, Any], lang: str) -> dict[str, Any]:
    hint = M.say(M.HINTS, problem["note"], lang) if problem["note"] in M.HINTS else ""
    source, caret = around(problem.get("source", ""), problem.get("source_column", 1) - 1)
    return {
        "place": f"{problem.get('file', '')}:{problem.get('line', 1)}:{problem.get('column', 1)}",
        "said": reading(problem["note"], problem["message"], lang),
        "source": source,
        "caret": caret,
        "hint": f"{WORDS['hint'][lang]}: {hint}" if hint else "",
    }
