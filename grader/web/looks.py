"""The report as the pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

try:
    from grader.report.html.page import report_body, report_page
    from grader.report.html.style import stylesheet
except ImportError:

    def report_body(data: Mapping[str, Any], *, lang: str = "en", audience: str = "student") -> Markup:
        rows = [
            escape(f"{p['id']} {p['title'][lang]}: {p['status']} {p['score']['min']}–{p['score']['max']}")
            for p in data["parts"]
        ]
        return Markup('<section class="report"><h2>Report</h2><ul>%s</ul></section>') % Markup("").join(
            Markup("<li>%s</li>") % r for r in rows
        )

    def report_page(data: Mapping[str, Any], *, lang: str = "en", audience: str = "student") -> str:
        return f"<!doctype html><html lang={lang}><title>Report</title>{report_body(data, lang=lang)}"

    def stylesheet() -> str:
        return (
            ":root{color-scheme:light dark;--ink:#1d2328;--paper:#fdfdfb;--line:#dcdfe2;--muted:#5c666f;--accent:#2f5d8a;"
            "--right:#2b6b3f;--wrong:#a33327;--unclear:#8a5a00;--unread:#5f5a87}"
            "@media (prefers-color-scheme:dark){:root{--ink:#e6e8ea;--paper:#16191c;--line:#333a40;--muted:#9aa4ad;--accent:#8db7e0;"
            "--right:#7fc492;--wrong:#ef9286;--unclear:#e0b15c;--unread:#b3abe8}}"
        )


__all__ = ["report_body", "report_page", "stylesheet"]
