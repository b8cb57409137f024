"""The report as a person meets it: readable on a phone, in both themes, by keyboard, on paper."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from grader.grade import grade
from grader.report.html.page import report_page
from grader.report.to_json import report_data


def _fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, assignment: Any) -> str:
    data = json.loads(json.dumps(report_data(grade([ROOT / "submissions_example" / "en_wrong.md"], assignment))))
    data["parts"] = [part for part in data["parts"] if part["id"] in ("Q1", "Q2.4", "Q4.3", "Q5.1")]
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report_page(data, audience="ta"), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize(("size", "theme"), [("phone", "dark"), ("desktop", "light")])
def test_fits_and_is_accessible(report: str, opened: Callable[..., Any], accessible: Callable[[Any], None], size: str, theme: str) -> None:
    page = opened(report, size=size, theme=theme, free=True)
    assert _fits(page)
    accessible(page)


def test_the_broken_line_stands_beside_its_numbers(report: str, opened: Callable[..., Any]) -> None:
    page = opened(report)
    row = page.locator("#p-Q1 .line.of-wrong").first
    content, note = row.locator(".content").bounding_box(), row.locator(".note").first.bounding_box()
    assert note["x"] > content["x"] and note["y"] < content["y"] + content["height"], "beside it on a wide window"
    assert "1.9635" in row.inner_text() and "wrong" in row.inner_text()
    assert row.locator("math").count() >= 2, "rendered"
    phone = opened(report, size="phone")
    row = phone.locator("#p-Q1 .line.of-wrong").first
    content, note = row.locator(".content").bounding_box(), row.locator(".note").first.bounding_box()
    assert note["y"] >= content["y"] + content["height"] - 1, "below it on a phone"


def test_the_keyboard_reaches_the_parts(report: str, opened: Callable[..., Any]) -> None:
    page = opened(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#p-Q1"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#p-Q1" and page.locator("#p-Q1").bounding_box()["y"] < 60


def test_it_prints(report: str, opened: Callable[..., Any]) -> None:
    page = opened(report)
    page.emulate_media(media="print")
    assert page.locator("nav").first.is_hidden() and page.locator("#p-Q1 .note").first.is_visible()
    assert page.pdf(format="A4")[:5] == b"%PDF-"
