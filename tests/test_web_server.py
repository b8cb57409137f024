"""`grader serve` as a process: it starts, says where it is, and stops without losing anything."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from conftest import ROOT
from typer.testing import CliRunner
from web_client import BROKEN, TOKEN, class_of

from grader.cli import app
from grader.errors import OperatorError
from grader.gradebook import Gradebook
from grader.web.checking import grade_here
from grader.web.settings import Settings


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The process, its address and what it said, once it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "serve", "--port", "0", "--workers", "1", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None and process.stderr is not None
        said = [process.stdout.readline()]
        if "--grades" in options:
            said.append(process.stdout.readline())
        found = re.search(r"http://\S+:\d+", said[0])
        assert found, process.communicate(timeout=20)[1]
        yield process, found[0], said
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def children(pid: int) -> list[int]:
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(x) for x in out.split()]


def test_it_serves_and_stops_in_order(tmp_path: Path) -> None:
    class_of(tmp_path / "class").close()
    with running("--grades", str(tmp_path / "class")) as (process, url, said):
        token = re.search(r"#token=(\S+)", said[1])
        assert token and len(token[1]) >= 32
        with httpx.Client(base_url=url) as who:
            assert who.get("/healthz").json() == {"ready": True, "workers": 1, "busy": 0, "waiting": 0}
            assert who.post("/desk/login", data={"name": "Ada", "token": token[1]}).status_code == 303
            secret = re.search(r'name="csrf" value="([^"]+)"', who.get("/desk").text)
            assert secret
            decision = {"csrf": secret[1], "submission": "ada", "part": "Q1", "check": "form", "points": "1"}
            assert who.post("/desk/review", data=decision).status_code == 303
        workers = children(process.pid)
        assert workers
        answers: list[httpx.Response | Exception] = []

        def ask() -> None:
            try:
                answers.append(httpx.post(f"{url}/api/check", json={"text": BROKEN * 40}, timeout=60))
            except httpx.TransportError as error:
                answers.append(error)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 20
        while httpx.get(f"{url}/healthz").json()["waiting"] < 3 and not answers:
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert process.wait(60) == 0
        codes = [a.status_code if isinstance(a, httpx.Response) else a for a in answers]
        assert len(codes) == 4 and set(codes) <= {200, 503}, codes
        assert codes.count(200) >= 1, "what was running was answered"
        assert all(
            a.json()["code"] == "closing" for a in answers if isinstance(a, httpx.Response) and a.status_code == 503
        )
        until = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in workers):
            assert time.monotonic() < until, "no worker is left"
            time.sleep(0.05)
    with Gradebook.open(tmp_path / "class") as book:
        assert [(o.submission, o.points, o.author) for o in book.overrides()] == [("ada", 1, "Ada")]


def test_what_keeps_it_from_starting_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        calls = [
            (["--port", port], "cannot listen there"), (["--grades", str(tmp_path)], "no gradebook here"),
            (["--assignment", str(tmp_path)], "no assignment here"), (["--token-file", str(tmp_path / "t")], "--grades DIR opens"),
            (["--lang", "de"], "en or fr"), (["--proxy", "everybody"], "the address of one proxy"), (["--host", "no.such.invalid"], "--host"),
        ]  # fmt: skip
        for options, said in calls:
            found = CliRunner().invoke(app, ["serve", *options])
            assert found.exit_code == 2 and said in found.stderr and "Traceback" not in found.stderr, (
                options,
                found.stderr,
            )
            assert len(found.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"), [("short", "at least 16"), ("two words of some length", "one word"), (None, "cannot be read")]
)
def test_a_token_has_to_be_long(tmp_path: Path, text: str | None, said: str) -> None:
    class_of(tmp_path / "class").close()
    if text is not None:
        (tmp_path / "token").write_text(text)
    found = CliRunner().invoke(
        app, ["serve", "--grades", str(tmp_path / "class"), "--token-file", str(tmp_path / "token")]
    )
    assert found.exit_code == 2 and said in found.stderr
    assert TOKEN not in found.output


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    found = CliRunner().invoke(app, ["serve"])
    assert found.exit_code == 2
    assert (
        found.stderr.strip()
        == "grader: the web pages need more (uvicorn is missing): pip install 'homework-grader[web]'"
    )


def test_a_cluster_grades_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `grader.cluster` gives is used for every check, as many at a time as it has room for."""
    pytest.importorskip("distributed")
    from grader.web import clustered, serve

    class Executor(ThreadPoolExecutor):
        width = 3

    asked: list[str] = []

    @contextmanager
    def connect(address: str, assignment: Path | None) -> Iterator[Executor]:
        asked.append(address)
        with Executor(1) as found:
            yield found

    settings: list[Settings] = []
    monkeypatch.setattr(clustered, "connect", connect)
    monkeypatch.setattr(serve, "serve", lambda given, sock, **_: settings.append(given))
    found = CliRunner().invoke(app, ["serve", "--port", "0", "--cluster", "tcp://there:8786"])
    assert found.exit_code == 0 and asked == ["tcp://there:8786"]
    assert settings[0].workers == 3 and settings[0].grade is not grade_here


def test_a_cluster_that_was_lost_is_found_again() -> None:
    """Whoever asks meanwhile is told that it is our fault, and not before some seconds is it tried again."""
    pytest.importorskip("distributed")
    from grader.web.clustered import Reconnecting

    class Executor:
        width = 2

        def __init__(self, number: int) -> None:
            self.number, self.lost = number, False

        def submit(self, task: Any, request: dict[str, Any]) -> Any:
            done: Future[Any] = Future()
            if self.lost:
                done.set_exception(BrokenExecutor("the scheduler was lost"))
            else:
                done.set_result({"status": "decided", "notes": [], "text": json.dumps({"by": self.number})})
            return done

    made: list[Executor] = []
    left: list[int] = []
    now = [0.0]
    gone = [False]

    @contextmanager
    def connect() -> Iterator[Any]:
        if gone[0]:
            raise OperatorError("nobody answers")
        own = Executor(len(made))
        made.append(own)
        yield own
        left.append(own.number)

    grade = Reconnecting(connect, lambda: now[0])
    assert grade({})["report"] == {"by": 0} and grade.width == 2
    made[0].lost = gone[0] = True
    assert grade({}) == {"failed": "fault", "message": "the scheduler was lost"}
    now[0] = 60.0
    assert grade({})["failed"] == "fault"
    gone[0] = False
    assert grade({})["failed"] == "fault", "it was tried a moment ago"
    now[0] = 120.0
    assert grade({})["report"] == {"by": 1} and left == [0]
    grade.close()
    assert left == [0, 1]


def test_other_commands_load_nothing_of_it() -> None:
    code = (
        "import sys, grader.cli, grader.commands.serve\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('fastapi', 'uvicorn', 'starlette', 'jinja2', 'pydantic') "
        "or m.startswith('grader.web')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"
