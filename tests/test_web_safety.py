"""What an enemy tries: scripts, forged forms, wrong tokens, names, archives, sizes, speed."""

from __future__ import annotations

import io
import re
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from web_client import TOKEN, another, answered, class_of, csrf, serving, sign_in

from grader.intake.archive import Caps
from grader.intake.upload import display_name, uploaded
from grader.web import student as student_side
from grader.web.guard import address_of
from grader.web.limits import WAITING_CLIENT
from grader.web.rates import CHECKS_CLIENT


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("class")
    class_of(folder).close()
    with serving(grades=folder, token=TOKEN) as found:
        yield found


def test_every_answer_keeps_to_itself(desk: TestClient) -> None:
    for path in (
        "/",
        "/healthz",
        "/desk/login",
        "/nothing",
        "/static/site.css",
        "/api/openapi.json",
        "/api/desk/queue",
        "/desk",
    ):
        head = desk.get(path).headers
        policy = head["content-security-policy"]
        assert (
            policy.startswith("default-src 'none';") and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        )
        assert head["x-content-type-options"] == "nosniff" and head["referrer-policy"] == "same-origin"
    cookie = desk.get("/").headers.get("set-cookie", "") or another(desk, "10.0.0.9").get("/").headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower() and "secure" not in cookie.lower()


def test_no_page_has_a_script_or_style_of_its_own(desk: TestClient) -> None:
    sign_in(desk)
    paths = ("/", "/desk", "/desk/review", "/desk/submission/ada", "/desk/figures", "/desk/changes", "/desk/export")
    for path in paths:
        page = desk.get(path)
        assert page.status_code == 200, path
        assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son\w+=|javascript:", page.text), path
    desk.cookies.clear()


def test_other_names_of_the_server_are_refused(desk: TestClient) -> None:
    assert desk.get("/", headers={"host": "evil.example"}).status_code == 421
    assert desk.get("/", headers={"host": "127.0.0.1.evil.example:8000"}).status_code == 421
    assert desk.get("/", headers={"host": ""}).status_code == 421
    for name in ("localhost:8000", "127.0.0.1:9", "[::1]:8000", "LOCALHOST"):
        assert desk.get("/", headers={"host": name}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_forms_from_elsewhere_are_refused(desk: TestClient, headers: dict[str, str]) -> None:
    for path in ("/", "/api/check", "/desk/login", "/desk/review", "/api/desk/decisions"):
        assert desk.post(path, headers=headers, data={}).status_code == 403, path


def test_a_wrong_token_lets_nobody_in(desk: TestClient) -> None:
    who = another(desk, "10.0.0.1")
    for wrong in ("", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper()):
        answer = sign_in(who, token=wrong)
        assert answer.status_code in (403, 429) and "grader_session" not in answer.headers.get("set-cookie", "")
    slow = sign_in(who)  # the right one now waits, too
    assert slow.status_code == 429 and int(slow.headers["retry-after"]) > 0
    for path in (
        "/desk",
        "/desk/review",
        "/desk/submission/ada",
        "/desk/figures",
        "/desk/changes",
        "/desk/export",
        "/desk/grades.csv",
    ):
        assert who.get(path).headers["location"] == "/desk/login"
        assert who.get(path, headers={"cookie": "grader_session=x"}).status_code == 303
    other = another(desk, "10.0.0.2")
    assert sign_in(other).status_code == 303


def test_the_api_asks_who_calls(desk: TestClient) -> None:
    who = another(desk, "10.0.1.1")
    for path in (r.path for r in _routes(desk) if r.path.startswith("/api/desk")):
        path = path.replace("{submission}", "ada").replace("{number}", "1")
        for method in ("get", "post"):
            answer = who.request(method, path)
            assert answer.status_code in (401, 405), (method, path)
    assert who.get("/api/desk/queue").headers["www-authenticate"].startswith("Bearer")
    for i in range(5):
        wrong = who.get("/api/desk/queue", headers={"authorization": f"Bearer wrong{i}"})
        assert wrong.status_code == 401
    assert who.get("/api/desk/queue", headers={"authorization": "Bearer wrong"}).status_code == 429
    right = another(desk, "10.0.1.2").get("/api/desk/queue", headers={"authorization": f"Bearer {TOKEN}"})
    assert right.status_code == 200


def _routes(desk: TestClient) -> list[Any]:
    found = []
    for route in desk.app.app.routes:  # type: ignore[attr-defined]
        found.extend(getattr(route, "routes", None) or [route])
    return [r for r in found if hasattr(r, "path")]


def test_every_form_of_the_desk_has_its_secret(desk: TestClient) -> None:
    ada, eve = another(desk, "10.0.2.1"), another(desk, "10.0.2.2")
    sign_in(ada)
    sign_in(eve, "Eve")
    theirs = csrf(eve.get("/desk"))
    posts = ("/desk/review", "/desk/review/keep", "/desk/undo", "/desk/logout", "/desk/submission/ada/override",
             "/desk/submission/ada/override/1/withdraw", "/desk/submission/ada/override/1/keep")  # fmt: skip
    for path in posts:
        for data in ({}, {"csrf": ""}, {"csrf": theirs}, {"csrf": "x"}):
            assert ada.post(path, data=data).status_code == 403, (path, data)
    calls = ("/api/desk/decisions", "/api/desk/undo", "/api/desk/remarks", "/api/desk/submissions/ada/overrides")
    for path in calls:
        assert ada.post(path, json={}).status_code == 403
        assert ada.post(path, json={}, headers={"x-csrf-token": theirs}).status_code == 403
        assert ada.post(path, json={}, headers={"x-csrf-token": csrf(ada.get("/desk"))}).status_code == 422
    assert ada.get("/api/desk/submissions").status_code == 200


def test_without_grades_there_is_no_desk() -> None:
    with serving() as who:
        for path in ("/desk", "/desk/login", "/api/desk/queue"):
            assert who.get(path).status_code == 404
        assert "/desk" not in who.get("/").text
        assert not any(p.startswith("/api/desk") for p in who.get("/api/openapi.json").json()["paths"])


def test_too_fast_is_told_when_to_come_back(desk: TestClient) -> None:
    who = another(desk, "10.0.3.1")
    who.get("/")
    answers = [who.post("/api/check", json={"text": "x"}) for _ in range(int(CHECKS_CLIENT.burst) + 3)]
    assert [a.status_code for a in answers[: int(CHECKS_CLIENT.burst)]] == [200] * int(CHECKS_CLIENT.burst)
    assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) >= 1
    assert who.post("/", files={"text": (None, "x")}).status_code == 429
    fresh = another(desk, "10.0.3.1")  # another browser behind the same address is not held up
    fresh.get("/")
    assert fresh.post("/api/check", json={"text": "x"}).status_code == 200


def test_new_cookies_do_not_make_an_address_faster(desk: TestClient) -> None:
    codes = set()
    for i in range(140):
        who = another(desk, "10.0.4.1", cookies={"grader_visit": f"made up {i}"})
        codes.add(who.post("/api/check", json={"text": "x"}).status_code)
    assert codes == {200, 429}
    assert another(desk, "10.0.4.2").post("/api/check", json={"text": "x"}).status_code == 200


def test_a_household_is_one_address() -> None:
    def at(host: str) -> str:
        return address_of({"client": (host, 1)})

    assert at("2001:db8:1:2::1") == at("2001:db8:1:2:ffff::9") != at("2001:db8:1:3::1")
    assert at("::ffff:10.0.0.1") == at("10.0.0.1") == "10.0.0.1"
    assert address_of({"client": None}) == "local"


def test_headers_of_a_proxy_are_not_believed(desk: TestClient) -> None:
    spoofed = [
        another(desk, "10.0.5.1").post(
            "/api/desk/undo",
            headers={"authorization": "Bearer wrong", "x-forwarded-for": f"9.9.9.{i}", "x-real-ip": f"9.9.9.{i}"},
        )
        for i in range(7)
    ]
    assert spoofed[-1].status_code == 429


def test_a_full_queue_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def slow(request: dict[str, Any]) -> dict[str, Any]:
        if Path(request["files"][0]).name != "warm.md":
            go.wait(20)
        return answered(request)

    with serving(grade=slow) as who:
        site = who.app.app.state.site  # type: ignore[attr-defined]
        results: list[int] = []

        def ask() -> None:
            results.append(
                another(who, "127.0.0.1", cookies={"grader_visit": "one"})
                .post("/api/check", json={"text": "x"})
                .status_code
            )

        threads = [threading.Thread(target=ask) for _ in range(1 + WAITING_CLIENT)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 10
        while (site.checker.busy, site.checker.waiting) != (1, WAITING_CLIENT):
            assert not results and time.monotonic() < until
            time.sleep(0.01)
        refused = another(who, "127.0.0.1", cookies={"grader_visit": "one"}).post("/api/check", json={"text": "x"})
        assert (
            refused.status_code == 503
            and refused.json()["code"] == "full_client"
            and int(refused.headers["retry-after"]) >= 1
        )
        assert who.get("/healthz").json() == {"ready": True, "workers": 1, "busy": 1, "waiting": WAITING_CLIENT}
        go.set()
        for thread in threads:
            thread.join()
        assert results == [200] * (1 + WAITING_CLIENT)


def test_sizes_are_refused_before_they_are_read(desk: TestClient) -> None:
    who = another(desk, "10.0.6.1")
    told = who.post(
        "/api/check", content=b"x", headers={"content-length": "10000001", "content-type": "application/json"}
    )
    assert told.status_code == 413
    assert who.post("/desk/login", content=b"x", headers={"content-length": "64001"}).status_code == 413
    assert who.post("/desk/login", content=b"x", headers={"content-length": "-1"}).status_code == 400

    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 100_000
            yield b"x" * 100_000

    sent = who.post("/api/check", content=_some(endless(), 200), headers={"content-type": "application/json"})
    assert sent.status_code == 413
    sent = who.post(
        "/api/check", content=_some(endless(), 200), headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert sent.status_code in (400, 413)


def _some(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield next(chunks)


# files


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.tex", "passwd.tex"), ("C:\\temp\\hw.md", "hw.md"), ("/etc/passwd", "passwd"), ("..", "submission"),
        ("a\0b.tex", "a_b.tex"), ("con.tex", "_con.tex"), ("=cmd.md", "cmd.md"), ("x" * 500 + ".md", None), ("é\u202e.TeX", "é.tex"),
        (".htaccess", "submission.htaccess"), ("<script>.md", "script.md"), ("a.md.exe", "a.md.exe"), ("", "submission"),
    ],
)  # fmt: skip
def test_names_are_only_for_show(name: str, shown: str | None) -> None:
    found = display_name(name)
    assert re.fullmatch(r"[\w.@+-]{1,70}", found) and not found.startswith(".")
    assert shown is None or found == shown


def _zip(entries: dict[str, bytes], **more: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name) if more.get("plain") else name, data)
    return out.getvalue()


CAPS = Caps(300, 40_000_000)


def test_an_archive_stays_in_its_folder(tmp_path: Path) -> None:
    evil = _zip({"../../evil.tex": b"x", "/abs.tex": b"x", "..\\up.tex": b"x", "ok/one.md": b"# Question 1"})
    (tmp_path / "here").mkdir()
    entry = uploaded([("evil.zip", evil)], tmp_path / "here", CAPS)
    assert [p.name for p in entry.files] == ["one.md"]
    assert sum("leads out" in n for n in entry.notes) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["here"]
    assert all((tmp_path / "here") in p.parents for p in entry.files)


def test_a_bomb_does_not_go_off(tmp_path: Path) -> None:
    big = _zip({"bomb.tex": b"\0" * 60_000_000})
    many = _zip({f"{i}.md": b"" for i in range(400)})
    assert len(big) < 100_000
    entry = uploaded([("big.zip", big), ("many.zip", many), ("a.md", b"x")], tmp_path, CAPS)
    assert [p.name for p in entry.files] == ["a.md"]
    assert any("unpacks to more than 40 MB" in n for n in entry.notes) and any(
        "300 are unpacked" in n or "more than 300" in n for n in entry.notes
    )
    assert sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file()) < 1_000_000


def test_a_link_in_an_archive_is_left_out(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link.tex")
    info.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "/etc/passwd")
        archive.writestr("a.md", "x")
    entry = uploaded([("l.zip", out.getvalue())], tmp_path, CAPS)
    assert [p.name for p in entry.files] == ["a.md"] and any("is a link" in n for n in entry.notes)


def test_names_that_collide_are_both_kept(tmp_path: Path) -> None:
    sent = [("a.md", b"1"), ("A.md", b"2"), ("a.md", b"3"), ("x.zip", _zip({"B.md": b"4", "b.md": b"5"}))]
    entry = uploaded(sent, tmp_path, CAPS)
    assert sorted(p.read_bytes() for p in entry.files) == [b"1", b"2", b"3", b"4", b"5"]
    assert len({p.as_posix().casefold() for p in entry.files}) == 5


def test_what_is_sent_stays_in_a_folder_that_goes(desk: TestClient) -> None:
    who = another(desk, "10.0.7.1")
    before = set(Path(tempfile.gettempdir()).glob("grader-check-*"))
    sent = [("files", ("../../../evil.tex", b"evil")), ("files", ("evil.tex", b"evil"))]
    report = who.post("/api/check", files=sent).json()
    assert report["submission"]["files"] == ["evil.tex", "evil~2.tex"]
    assert set(Path(tempfile.gettempdir()).glob("grader-check-*")) <= before


def test_a_text_cannot_leave_its_field(desk: TestClient) -> None:
    sent = another(desk, "10.0.7.2").post("/", files={"text": (None, "</textarea><script>alert(1)</script>")})
    assert "<script>alert" not in sent.text and "&lt;/textarea&gt;" in sent.text


def test_paths_in_ids_find_nothing(desk: TestClient) -> None:
    who = another(desk, "10.0.8.1")
    sign_in(who)
    for name in (
        "..%2f..%2fetc%2fpasswd",
        "../../etc/passwd",
        "ada%00",
        "nobody",
        "%ff",
        "ada%2f..%2fbob",
        "gradebook.sqlite",
    ):
        for path in (f"/desk/submission/{name}", f"/api/desk/submissions/{name}", f"/static/{name}"):
            assert who.get(path).status_code == 404, path
    assert who.get("/desk/submission/nobody").headers["content-type"].startswith("text/html")
    assert who.get("/api/desk/submissions/nobody").json()["code"] == "unknown"


def test_a_faulty_page_says_so_without_details(desk: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a secret of the program")

    monkeypatch.setattr(student_side, "_allowed", broken)
    who = another(desk, "10.0.9.1", raise_server_exceptions=False)
    for answer in (who.post("/api/check", json={"text": "x"}), who.post("/", files={"text": (None, "x")})):
        assert answer.status_code == 500 and "secret" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
