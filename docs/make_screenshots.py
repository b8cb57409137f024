"""Takes the screenshots of README and docs anew: `python docs/make_screenshots.py` (needs the extras `web` and `dev`, and chromium)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "submissions_example"
TOKEN = "a-token-for-the-screenshots"


def take(url: str) -> None:
    """The self-check after an example was pasted, and a question of the review queue."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-gpu", *(["--no-sandbox"] if root else [])]
        )
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.goto(url)
        page.locator("#text").fill((EXAMPLES / "en_wrong.md").read_text(encoding="utf-8"))
        page.locator("#go").click()
        page.locator("#p-Q1").wait_for()
        _shot(page, "self_check.png")
        page.goto(f"{url}/desk/login")
        page.locator("#name").fill("Ada")
        page.locator("#token").fill(TOKEN)
        page.locator("#sign-in").click()
        page.wait_for_url("**/desk")
        page.goto(f"{url}/desk/review?only=Q3")
        _shot(page, "review.png")
        browser.close()


def report(place: Path) -> None:
    """A part of the page of an example."""
    out = place / "report.html"
    command = [sys.executable, "-m", "grader", "check", str(EXAMPLES / "en_wrong.md"), "--html", str(out)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-gpu", *(["--no-sandbox"] if root else [])]
        )
        page = browser.new_context(viewport={"width": 1240, "height": 960}).new_page()
        page.goto(out.as_uri())
        page.evaluate("window.scrollTo(0, document.querySelector('#p-Q1').getBoundingClientRect().top)")
        _shot(page, "report.png")
        browser.close()


def _shot(page: Any, name: str) -> None:
    page.wait_for_timeout(300)
    page.screenshot(path=str(HERE / name))


def main() -> None:
    """Grade the examples, serve them, take the pictures."""
    with TemporaryDirectory() as made:
        place = Path(made)
        report(place)
        grades = place / "grades"
        command = [sys.executable, "-m", "grader"]
        subprocess.run([*command, "grade", str(EXAMPLES), "--out", str(grades), "--no-html"], stdout=subprocess.DEVNULL, check=True)
        (place / "token").write_text(TOKEN, encoding="utf-8")
        serve = [*command, "serve", "--port", "0", "--workers", "1", "--grades", str(grades), "--token-file", str(place / "token")]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, env=dict(os.environ, PYTHONUNBUFFERED="1")) as process:
            assert process.stdout is not None
            found = re.search(r"http://\S+?:\d+", process.stdout.readline())
            assert found is not None
            try:
                take(found[0])
            finally:
                process.terminate()


if __name__ == "__main__":
    main()
