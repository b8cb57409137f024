"""The students' side with a real worker: what is checked, what comes back, what is kept (nothing), what is refused."""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient
from web_client import BROKEN, MENDED, answered, serving

from grader.isolate import Worker, WorkerDied, WorkerTimeout
from grader.task import close_workers
from grader.web import checking
from grader.web import student as student_side
from grader.web.checking import check, grade_by, grade_here

EXAMPLES = sorted(p for p in (ROOT / "submissions_example").iterdir() if not p.name.endswith(".yaml"))


@pytest.fixture(scope="module")
def student() -> Iterator[TestClient]:
    with serving(grade=grade_here) as client:
        yield client


@pytest.fixture(autouse=True)
def unhurried(student: TestClient) -> None:
    """Tests are faster than people."""
    site = student.app.app.state.site  # type: ignore[attr-defined]
    site.per_client._left.clear()
    site.per_address._left.clear()


def test_a_broken_line_is_shown_and_mended_is_right(student: TestClient) -> None:
    first = student.post("/", files={"text": (None, BROKEN)})
    assert first.status_code == 200
    assert "of-wrong" in first.text and "line 4" in first.text
    assert re.search(r'<textarea id="text"[^>]*>\n# Question 1', first.text), "the text is still there to be mended"
    second = student.post("/", files={"text": (None, MENDED)})
    assert "of-wrong" not in second.text and "Closed form" in second.text


def test_a_fragment_for_a_page_that_stays(student: TestClient) -> None:
    found = student.post("/", files={"text": (None, BROKEN), "lang": (None, "fr")}, headers={"X-Fragment": "1"})
    assert "<html" not in found.text and "<textarea" not in found.text and 'class="report" lang="fr"' in found.text


def test_the_copy_to_keep_is_in_the_page(student: TestClient) -> None:
    page = student.post("/", files={"text": (None, BROKEN)}).text
    copies = dict(re.findall(r'download="[^"]+\.(html|json)" href="data:[^,]+;base64,([^"]+)"', page))
    whole = base64.b64decode(copies["html"]).decode()
    assert whole.startswith("<!doctype html>") and "<script" not in whole
    assert json.loads(base64.b64decode(copies["json"]))["schema"] == "grader/report/1"


def test_the_api_gives_what_the_command_gives(student: TestClient, tmp_path: Path) -> None:
    by_json = student.post("/api/check", json={"text": BROKEN}).json()
    by_file = student.post("/api/check", files={"files": ("text.md", BROKEN)}).json()
    assert by_json == by_file
    path = tmp_path / "text.md"
    path.write_text(BROKEN, encoding="utf-8")
    by_hand = check({"files": [("text.md", BROKEN.encode())], "assignment": None}, grade_here)["report"]
    assert by_json == by_hand
    part = next(p for p in by_json["parts"] if p["id"] == "Q1")
    assert [s["span"]["line"] for s in part["steps"] if s["outcome"] == "incorrect"] == [4]


def test_an_executor_elsewhere_gives_the_same() -> None:
    """The seam that a cluster is put into."""
    request = {"files": [("text.md", BROKEN.encode())], "assignment": None}
    with ThreadPoolExecutor(1) as pool:
        there = check(request, grade_by(pool))["report"]
        close_workers()
    here = check(request, grade_here)["report"]
    checking.close_workers()
    assert {**there, "submission": 0} == {**here, "submission": 0}


def test_files_archives_and_programs(student: TestClient) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("hw/main.tex", "\\documentclass{article}\\begin{document}\\input{one}\\end{document}")
        out.writestr("hw/one.tex", "\\section*{Question 1}\n$$\\log\\frac{\\sigma_1}{\\sigma_2} = 0$$\n")
    report = student.post("/api/check", files={"files": ("My Homework (final).zip", archive.getvalue())}).json()
    assert report["submission"]["files"] == ["main.tex"] and report["submission"]["id"] == "My_Homework_final"
    assert next(p for p in report["parts"] if p["id"] == "Q1")["status"] != "empty"
    two = student.post("/api/check", files=[("files", ("b.md", BROKEN)), ("files", ("notes.pdf", b"%PDF"))]).json()
    assert two["submission"]["files"] == ["b.md"]
    assert [p["message"] for p in two["problems"]] == ["notes.pdf is of a kind that is not read here"]


def test_one_file_of_text_comes_back_to_be_mended(student: TestClient) -> None:
    page = student.post("/", files={"files": ("hw3.md", BROKEN), "text": (None, "")}).text
    assert re.search(r'<textarea id="text"[^>]*>\n# Question 1', page) and 'id="name" value="hw3.md"' in page


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"text": (None, "  ")}, 422, "empty"),
        ({"files": ("photo.png", b"\x89PNG")}, 422, "unread"),
        ({"files": ("broken.zip", b"PK\x03\x04nothing")}, 422, "unread"),
        ({"files": ("x.tex", b"x" * 2_000_001)}, 413, "file"),
        ({"text": (None, "x" * 2_000_001)}, 413, "parts"),
        ([("files", (f"{i}.md", "x")) for i in range(21)], 413, "parts"),
        ([("files", (f"{i}.py", "x = 1")) for i in range(4)], 422, "programs"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_said(student: TestClient, sent: object, status: int, code: str) -> None:
    answer = student.post("/api/check", files=sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    page = student.post("/", files=sent, headers={"accept-language": "fr"})  # type: ignore[arg-type]
    assert page.status_code == status and 'role="alert"' in page.text and "<html" in page.text


@pytest.mark.parametrize(
    ("said", "status"),
    [({"failed": "timeout", "message": "20 s"}, 422), ({"failed": "died", "message": "killed"}, 500),
     ({"failed": "fault", "message": "out of memory"}, 500), ({"refused": "fault", "message": "is not UTF-8"}, 422)],
)  # fmt: skip
def test_what_went_wrong_is_nobodys_mistake(said: dict[str, str], status: int) -> None:
    with serving(grade=lambda request: said if "warm.md" not in request["files"][0] else answered(request)) as who:
        answer = who.post("/api/check", json={"text": "x"})
        assert answer.status_code == status and "killed" not in answer.text and "memory" not in answer.text
        page = who.post("/", files={"text": (None, "kept")})
        assert page.status_code == status and 'role="alert"' in page.text and "kept</textarea>" in page.text


def test_a_killed_worker_is_replaced_and_the_check_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Worker.ask
    calls = []

    def ask(self: Worker, request: dict[str, Any], **more: Any) -> Any:
        calls.append(request)
        if len(calls) == 1:
            raise WorkerDied("killed")
        return asked(self, request, **more)

    monkeypatch.setattr(Worker, "ask", ask)
    found = check({"files": [("a.md", b"# Question 1\n$1=1$\n")], "assignment": None}, grade_here)
    checking.close_workers()
    assert "report" in found and len(calls) == 2
    monkeypatch.setattr(Worker, "ask", lambda *_, **__: (_ for _ in ()).throw(WorkerDied("again")))
    assert check({"files": [("a.md", b"x")], "assignment": None}, grade_here) == {"failed": "died", "message": "again"}
    monkeypatch.setattr(Worker, "ask", lambda *_, **__: (_ for _ in ()).throw(WorkerTimeout()))
    assert check({"files": [("a.md", b"x")], "assignment": None}, grade_here)["failed"] == "timeout"


def test_who_closes_the_page_gives_the_place_up() -> None:
    class Gone:
        async def is_disconnected(self) -> bool:
            return True

    async def work() -> None:
        given_up = asyncio.Event()

        async def long() -> dict[str, Any]:
            try:
                await asyncio.sleep(60)
            finally:
                given_up.set()
            return {}

        with pytest.raises(HTTPException):
            await student_side._while_there(Gone(), long())  # type: ignore[arg-type]
        await asyncio.wait_for(given_up.wait(), 5)

    asyncio.run(work())


def test_other_bodies_are_refused(student: TestClient) -> None:
    assert student.post("/api/check", data={"text": "x"}).status_code == 415
    assert student.post("/api/check", content=b"{", headers={"content-type": "application/json"}).status_code == 422
    assert student.post("/api/check", json={"text": "x", "more": 1}).json()["detail"].startswith("more: ")
    bad = student.post("/api/check", content=b"--x", headers={"content-type": "multipart/form-data; boundary=x"})
    assert bad.status_code in (400, 422)
    assert student.post("/api/check", content=b"", headers={"content-type": "multipart/form-data"}).status_code == 400


def test_nothing_is_kept(student: TestClient) -> None:
    def there() -> set[str]:
        return {p.name for p in Path(tempfile.gettempdir()).glob("grader-check-*")}

    before = there()
    student.post("/", files={"text": (None, BROKEN)})
    assert there() <= before


def test_scripts_and_links_of_a_student_do_nothing(student: TestClient) -> None:
    text = (
        "# Question 1\n<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>\n"
        "$$\\text{<script>alert(2)</script>} = \\href{javascript:alert(3)}{\\sigma_1}$$\n$$\\log\\sigma_1 = 2\\log\\sigma_1$$\n"
    )
    page = student.post("/", files={"files": ("<b>x.md", text), "text": (None, "")}).text
    copies = [base64.b64decode(x).decode() for x in re.findall(r';base64,([^"]+)"', page)]
    for shown in (page, copies[0]):
        assert "alert" in shown, "it is shown"
        assert not re.search(
            r"<script(?! src=\"/static)|<img|<b>|<[a-z][^>]*\s(?:on\w+|style)=|href=\"javascript", shown
        )


@functools.cache
def formulas() -> frozenset[str]:
    """The reference answers of the shipped assignment as LaTeX, without spaces; those too short to be one are left out."""
    from grader.assignment import Assignment, shipped

    given = Assignment(shipped())
    found = {f for q in given.questions if q.reference for f in given.reference(q.reference).derived.values()}
    return frozenset(plain(f) for f in found if len(plain(f)) >= 14)


def plain(text: str) -> str:
    """A text without spaces, so that a formula is found however it is broken."""
    return re.sub(r"\s|\\[,;! ]", "", text)


@pytest.fixture(scope="module")
def reader() -> Iterator[Worker]:
    """Reads for assistants."""
    with Worker() as worker:
        yield worker


def leaks(student: TestClient, reader: Worker, path: Path) -> list[str]:
    """What only an assistant may see and a student is shown of a file: on the page, in the copies to keep of page and data."""
    full = reader.ask({"op": "check", "id": path.stem, "files": [str(path)], "assignment": None})["report"]
    data = path.read_bytes()
    page = student.post("/", files={"files": (path.name, data)})
    assert page.status_code == 200
    copies = dict(re.findall(r'download="[^"]+\.(html|json)" href="data:[^,]+;base64,([^"]+)"', page.text))
    html, told = (base64.b64decode(copies[kind]).decode() for kind in ("html", "json"))
    given = json.loads(told)
    shown = page.text + html + told
    evidence = [(p["id"], c["id"], c["evidence"]) for p in given["parts"] for c in p["checks"]]
    out = [f"{part}.{check}" for part, check, e in evidence if "alike" in e or "right" in (e.get("witness") or {})]
    own = json.dumps([s["witness"] for p in full["parts"] for s in p["steps"]])  # values of the student's own lines
    for part in full["parts"]:
        for witness in (c["evidence"].get("witness") for c in part["checks"]):
            value = json.dumps(witness["right"]) if witness and witness.get("right") is not None else ""
            if len(value) > 6 and value not in own and value in shown:  # a small whole number stands everywhere
                out.append(value)
    lines = " ".join(
        line["text"] for p in full["parts"] for line in p["written"]
    )  # with the student's macros written out
    written, visible = plain(data.decode("utf-8", "replace") + lines), plain(shown)
    return out + [f for f in formulas() if f in visible and f not in written]


def test_there_are_references_to_look_for() -> None:
    assert len(formulas()) >= 20


@pytest.mark.parametrize("name", ["en_wrong.md", "fr_swapped.md", "fr_partial.tex"])
def test_no_reference_answer_is_shown(student: TestClient, reader: Worker, name: str) -> None:
    assert leaks(student, reader, ROOT / "submissions_example" / name) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_no_reference_answer_is_shown_of_any_example(student: TestClient, reader: Worker, path: Path) -> None:
    assert leaks(student, reader, path) == []
