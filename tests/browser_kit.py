"""A real browser: Debian's chromium, driven by Playwright; `make test` installs it where it can."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent / "browser"
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_QUIET = ["--no-first-run", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
THEMES = ("light", "dark")
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One browser for all tests; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=[*_QUIET, *(["--no-sandbox"] if root else [])])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages in a size and theme; fails the test on an error in a page's console."""
    contexts = []
    said: list[str] = []

    def open_page(address: str = "", *, size: str = "desktop", theme: str = "light", free: bool = False, refused: bool = False, **more: Any) -> Any:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, bypass_csp=free, **more)
        contexts.append(context)
        page = context.new_page()
        if not refused:  # a browser tells of every refusal
            page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        if address:
            page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not said, said


@pytest.fixture
def accessible(opened: Callable[..., Any]) -> Callable[[Any], None]:
    """Runs axe-core in an open page (one whose policy lets tests in) and fails on anything it finds."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (npm ci in tests/browser)")

    def check(page: Any) -> None:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
        faults = [
            f"{v['id']}: {v['help']}: {node['html'][:160]} {node['any'][:1] and node['any'][0]['message']}"
            for v in found["violations"]
            for node in v["nodes"][:3]
        ]
        assert not faults, "\n".join(faults)

    return check


