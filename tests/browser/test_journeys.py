"""The two journeys in a real browser: a student mends a line, an assistant marks a class and exports it."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from grader.cli import app

TOKEN = "a-token-for-the-tests-of-the-desk"
GOOD = r"""# Question 1

The log-densities are $\log q(x) = -\frac12\log(2\pi\sigma_2^2)-\frac{(x-\mu_2)^2}{2\sigma_2^2}$ and
$\log p(x) = -\frac12\log(2\pi\sigma_1^2)-\frac{(x-\mu_1)^2}{2\sigma_1^2}$.

$$\begin{aligned}
KL[q\|p] &= \mathbb{E}_q[\log q(x)] - \mathbb{E}_q[\log p(x)] \\
&= \frac12\log\frac{\sigma_1^2}{\sigma_2^2} - \frac12 + \frac{\mathbb{E}_q[(x-\mu_1)^2]}{2\sigma_1^2} \\
&= \log\frac{\sigma_1}{\sigma_2} - \frac12 + \frac{\sigma_2^2+(\mu_1-\mu_2)^2}{2\sigma_1^2}
\end{aligned}$$
"""
BROKEN = GOOD.replace(r"\frac12\log\frac{\sigma_1^2}{\sigma_2^2} - \frac12 +", r"\log\frac{\sigma_1^2}{\sigma_2^2} - \frac12 +")
PAPER = "\n\n# Question 5\n\n## 5.1\n\nThe paper proposes a bijective network whose layers are cheap to invert, and {0}.\n"


@dataclass(frozen=True)
class Served:
    """A running server and the folder it serves."""

    url: str
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    pytest.importorskip("fastapi")
    place = tmp_path_factory.mktemp("served")
    (place / "class").mkdir()
    for i, said in enumerate(("compares it", "tests it", "times it")):
        (place / "class" / f"student{i}.md").write_text(BROKEN + PAPER.format(said), encoding="utf-8")
    (place / "roster.csv").write_text("SID,Name,Email\n" + "".join(f"{i},Student {i},student{i}@x.org\n" for i in range(3)))
    run = CliRunner().invoke(app, ["grade", str(place / "class"), "--out", str(place / "grades")])
    assert run.exit_code == 0, run.output
    (place / "token").write_text(TOKEN, encoding="utf-8")
    command = [sys.executable, "-m", "grader", "serve", "--port", "0", "--workers", "1", "--grades", str(place / "grades")]
    with subprocess.Popen(
        [*command, "--token-file", str(place / "token")], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ, PYTHONUNBUFFERED="1")
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+?:\d+", process.stdout.readline())
        assert found is not None
        yield Served(found[0], place)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, "it stops in order"


def _fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def _signed_in(served: Served, opened: Callable[..., Any], **how: Any) -> Any:
    page = opened(f"{served.url}/desk/login", **how)
    page.get_by_label("name", exact=False).first.fill("Ada")
    page.locator("#token").fill(TOKEN)
    page.locator("#sign-in").click()
    page.wait_for_url("**/desk")
    return page


def test_a_student_mends_a_line(served: Served, opened: Callable[..., Any]) -> None:
    page = opened(served.url)
    page.locator("#text").fill(BROKEN)
    began = time.monotonic()
    page.locator("#text").press("Control+Enter")
    row = page.locator("#p-Q1 .line.of-wrong").first
    row.wait_for()
    assert time.monotonic() - began < 15
    assert row.locator(".number").first.inner_text() == "8", "the line in what was pasted"
    words = row.inner_text()
    assert "left side" in words and "right side" in words and re.search(r"\d\.\d{3}", words)
    assert page.locator("#text").input_value() == BROKEN, "nothing of the text is lost"
    page.locator("#text").fill(GOOD)
    page.locator("#go").click()
    page.locator("#p-Q1 .line.of-right").nth(2).wait_for()
    assert page.locator("#p-Q1 .of-wrong").count() == 0
    with page.expect_download() as download:
        page.locator("#keep-html").click()
    assert b"<math" in Path(download.value.path()).read_bytes()


def test_a_student_without_scripts(served: Served, opened: Callable[..., Any]) -> None:
    page = opened(served.url, java_script_enabled=False)
    page.locator("#text").fill(BROKEN)
    page.locator("#go").click()
    assert page.locator("#p-Q1 .line.of-wrong").count() == 1
    assert page.locator("#text").input_value().strip() == BROKEN.strip()


def test_an_assistant_marks_a_class_by_keyboard_and_exports_it(served: Served, opened: Callable[..., Any], tmp_path: Path) -> None:
    page = _signed_in(served, opened, accept_downloads=True)
    assert page.locator("tbody tr").count() == 3
    page.goto(f"{served.url}/desk/export")
    assert page.locator("#reasons").is_visible(), "nothing is exported while points are open"

    # one decision for all that are alike
    page.goto(f"{served.url}/desk/review?only=Q1")
    page.locator("#alike-said").wait_for()
    page.keyboard.press("a")
    page.keyboard.press("h")
    page.keyboard.press("Enter")
    page.locator("#flash").wait_for()
    assert "2" in page.locator("#flash").inner_text()

    # the paper review, with its own words, kept for the next
    page.goto(f"{served.url}/desk/review?only=Q5")
    page.locator("#points").fill("4")
    page.locator("#reason").fill("clear, but no limits are named")
    page.locator("#keep_comment").check()
    page.locator("#decide-go").click()
    page.locator("#flash").wait_for()

    # an override with its reason
    page.goto(f"{served.url}/desk/submission/student1")
    page.locator("#place").select_option("Q1")
    page.locator("#override #points").fill("4.5")
    page.locator("#override #reason").fill("one factor only")
    page.locator("#give").click()
    assert "4.5" in page.locator("#history").inner_text() and "Ada" in page.locator("#history").inner_text()

    # all the rest, by keyboard alone
    page.goto(f"{served.url}/desk/review")
    for _ in range(40):
        if not page.locator("#decide").count():
            break
        if page.locator("#apply-all").count():
            page.locator("#apply-all").check()
        page.locator("#points").focus()
        with page.expect_navigation():
            page.keyboard.type("f")
            page.keyboard.press("Enter")
    assert not page.locator("#decide").count(), "the queue comes to its end"

    page.goto(f"{served.url}/desk/export")
    assert not page.locator("#reasons").count(), page.locator("main").inner_text()
    with page.expect_download() as download:
        page.locator("#download").click()
    download.value.save_as(tmp_path / "grades.csv")
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert {row[next(k for k in row if k.startswith("1"))] for row in rows} >= {"4.5"}


def test_a_wrong_token_lets_nobody_in(served: Served, opened: Callable[..., Any]) -> None:
    page = opened(f"{served.url}/desk/submission/student1", refused=True)
    assert page.url.endswith("/desk/login")
    page.locator("#name").fill("Eve")
    page.locator("#token").fill(TOKEN + "x")
    with page.expect_response("**/desk/login") as answer:
        page.locator("#sign-in").click()
    page.locator("#login-error").wait_for()
    assert answer.value.status == 403


_PAGES = {
    ("phone", "dark"): ("/desk/review", "/desk/submission/student0", "/desk/login?lang=fr"),
    ("desktop", "light"): ("/desk", "/desk/review", "/desk/figures", "/desk/similar", "/desk/changes", "/desk/export"),
}


@pytest.mark.parametrize(("size", "theme"), list(_PAGES))
def test_every_page_is_accessible(served: Served, opened: Callable[..., Any], accessible: Callable[[Any], None], size: str, theme: str) -> None:
    page = opened(served.url, size=size, theme=theme, free=True)
    page.locator("#text").fill(BROKEN)
    page.locator("#go").click()
    page.locator("#p-Q1 .line.of-wrong").first.wait_for()
    assert _fits(page)
    accessible(page)
    page = _signed_in(served, opened, size=size, theme=theme, free=True)
    for path in _PAGES[size, theme]:
        page.goto(served.url + path)
        assert _fits(page), path
        accessible(page)
