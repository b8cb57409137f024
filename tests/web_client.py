"""A server for tests: the whole application without a network, and people who ask it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from made_gradebook import check, made, part
from starlette.testclient import TestClient

from grader.gradebook import Gradebook, Person
from grader.web.app import create_app
from grader.web.serve import Server, configured, listen
from grader.web.settings import Settings

TOKEN = "a-token-that-is-long-enough"
BROKEN = r"""# Question 1
$$\begin{aligned}
KL[q\|p] &= \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2 + (\mu_1-\mu_2)^2}{2\sigma_1^2} - \frac12 \\
&= \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2 + (\mu_1-\mu_2)^2}{\sigma_1^2} - \frac12
\end{aligned}$$
"""
MENDED = BROKEN.replace(r"{\sigma_1^2} - \frac12" + "\n", r"{2\sigma_1^2} - \frac12" + "\n")


def answered(request: dict[str, Any]) -> dict[str, Any]:
    """Instead of grading: a report that says which files would have been graded, and what stands in the first."""
    files = [Path(f) for f in request["files"]]
    report: dict[str, Any] = {
        "schema": "grader/report/1",
        "submission": {"id": request["id"], "files": [f.name for f in files], "sha256": request["sha256"]},
        "provenance": {"grader": "0", "rubric_sha256": "0", "text": files[0].read_text("utf-8", "replace")[:1000]},
        "score": {"min": 0, "max": 0, "out_of": 1}, "problems": [], "parts": [],
    }  # fmt: skip
    return {"report": report}


@contextmanager
def serving(address: str = "127.0.0.1", **settings: Any) -> Iterator[TestClient]:
    """The application as somebody at an address asks it, started and stopped in order."""
    guard = create_app(Settings(**{"workers": 1, "grade": answered, **settings}))
    with _client(guard, address) as found:
        yield found


def another(of: TestClient, address: str, **more: Any) -> TestClient:
    """Somebody else who asks the same server, with cookies of their own."""
    found = _client(of.app, address, **more)
    found.portal = of.portal  # everything of a server happens in one event loop
    return found


def _client(app: Any, address: str, **more: Any) -> TestClient:
    return TestClient(app, "http://127.0.0.1", client=(address, 1), follow_redirects=False, **more)


def csrf(page: Any) -> str:
    """The secret of the forms of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def sign_in(who: TestClient, name: str = "Ada", token: str = TOKEN) -> Any:
    """Sign in to the desk."""
    return who.post("/desk/login", data={"name": name, "token": token})


def class_of(path: Path) -> Gradebook:
    """Three who wrote alike in Q1, with an essay each; one of them has a name that wants to do something."""
    return made(
        path,
        {
            n: [
                part("Q1", [check("form", 0, 2, 2, alike="values:one", line=11), check("done", 1, 1, 1)], text="a\n$x=1$\nc"),
                part(
                    "Q5",
                    [
                        check(
                            "review", 0, 5, 5, role="manual", note="for_a_person", words=12, without_passage=[],
                            passages={"topic": "<script>alert(1)</script>"},
                        )
                    ],
                    text="</code><script>alert(2)</script>",
                ),
            ]
            for n in ("ada", "bob", "cyd")
        },
        {"ada": [Person("<b>Ada</b>", "007", "a@x")], "bob": [Person("=cmd|'/c calc'!A0", "8", "b@x")], "cyd": [Person("Cyd", "9")]},
    )  # fmt: skip


@contextmanager
def listening(**settings: Any) -> Iterator[tuple[str, Any]]:
    """The server on a free port of this machine, in a thread; its address, and what its requests share."""
    ready = threading.Event()
    with listen("127.0.0.1", 0) as sock:
        guard = create_app(Settings(**{"workers": 1, "grade": answered, **settings}))
        server = Server(configured(guard), guard, ready.set)
        thread = threading.Thread(target=lambda: server.run(sockets=[sock]))
        thread.start()
        try:
            assert ready.wait(30)
            yield f"http://127.0.0.1:{sock.getsockname()[1]}", guard
        finally:
            server.should_exit = True
            thread.join()
