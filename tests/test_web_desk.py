"""The desk: pages and API upon one gradebook, decisions that are there at once, undone, exported."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_gradebook import check, part, put
from starlette.testclient import TestClient
from web_client import TOKEN, class_of, csrf, serving, sign_in

from grader.gradebook import Gradebook

BEARER = {"authorization": f"Bearer {TOKEN}"}
Q1 = {"submission": "ada", "part": "Q1", "check": "form"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    class_of(tmp_path / "class").close()
    return tmp_path / "class"


@pytest.fixture
def desk(folder: Path) -> Iterator[TestClient]:
    with serving(grades=folder, token=TOKEN) as found:
        sign_in(found)
        yield found


def post(desk: TestClient, path: str, follow: bool = True, **data: Any) -> Any:
    """Send a form as the page would."""
    secret = csrf(desk.get("/desk"))
    return desk.post(path, data={"csrf": secret, **data}, follow_redirects=follow)


def marks(folder: Path, submission: str) -> dict[str, tuple[float, float]]:
    with Gradebook.open(folder) as book:
        return {m.part: (m.min, m.max) for m in book.marks(submission)}


def test_the_class_at_a_glance(desk: TestClient) -> None:
    page = desk.get("/desk").text
    assert all(f'href="/desk/submission/{n}"' in page for n in ("ada", "bob", "cyd"))
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page and "6 questions wait for you" in page
    french = desk.get("/desk?lang=fr").text
    assert '<html lang="fr">' in french and "La classe" in french
    assert '<html lang="fr">' in desk.get("/desk/figures").text, "the choice is kept"
    assert "« 9 » n&#39;est pas un nombre" in post(desk, "/desk/review", **Q1, points="9").text


def test_one_question_for_all_that_are_alike(desk: TestClient, folder: Path) -> None:
    page = desk.get("/desk/review").text
    assert "3 alike (same values): one answer settles 6 points" in page and 'value="bob/Q1.form"' in page
    after = post(desk, "/desk/review", **Q1, points="1,5", reason="sign", apply="all")
    assert "ada Q1.form: 1.5 of 2, and the same for 2 more" in after.text
    assert [marks(folder, n)["Q1"] for n in ("ada", "bob", "cyd")] == [(2.5, 2.5)] * 3
    with Gradebook.open(folder) as book:
        assert {(o.author, o.reason, o.decision) for o in book.overrides()} == {("Ada", "sign", 1)}
    undone = post(desk, "/desk/undo")
    assert "Taken back: ada Q1.form" in undone.text and "3 alike" in undone.text
    assert marks(folder, "bob")["Q1"] == (1, 3)
    assert "nothing to undo" in post(desk, "/desk/undo").text


def test_only_one_or_those_chosen(desk: TestClient, folder: Path) -> None:
    after = post(desk, "/desk/review", **Q1, give="h", apply="one", follow=True)
    assert "2 alike" in after.text, "what is left of the group comes next"
    assert marks(folder, "ada")["Q1"] == (2, 2) and marks(folder, "bob")["Q1"] == (1, 3)
    post(
        desk,
        "/desk/review",
        submission="bob",
        part="Q1",
        check="form",
        points="z",
        apply="chosen",
        chosen=["cyd/Q1.form"],
    )
    assert [marks(folder, n)["Q1"] for n in ("bob", "cyd")] == [(1, 1), (1, 1)]


def test_bands_and_comments(desk: TestClient, folder: Path) -> None:
    essay = {"submission": "ada", "part": "Q5", "check": "review"}
    page = desk.get("/desk/review", params=essay).text
    assert "&lt;/code&gt;&lt;script&gt;alert(2)&lt;/script&gt;" in page and "<script>alert" not in page
    post(desk, "/desk/review", **essay, band="4", reason="thin", keep_comment="1")
    assert marks(folder, "ada")["Q5"] == (4, 4)
    page = desk.get("/desk/review", params={**essay, "submission": "bob"}).text
    kept = re.search(r'<option value="(\d+)">thin</option>', page)
    assert kept
    post(desk, "/desk/review", **{**essay, "submission": "bob"}, points="5", remark=kept[1])
    with Gradebook.open(folder) as book:
        assert [(o.points, o.reason) for o in book.overrides("bob")] == [(5, "thin")]
        assert book.remarks.of("Q5")[0].used == 2


def test_wrong_points_are_asked_again(desk: TestClient, folder: Path) -> None:
    for points in ("3", "lots", "", "nan", "-1"):
        page = post(desk, "/desk/review", **Q1, points=points, reason="kept words", apply="all")
        assert page.status_code == 422 and f"“{points}” is no number of points from 0 to 2" in page.text
        assert "kept words</textarea>" in page.text and 'value="all" checked' in page.text
    assert marks(folder, "ada")["Q1"] == (1, 3)


def test_what_somebody_else_decided_meanwhile_is_not_overwritten(desk: TestClient, folder: Path) -> None:
    desk.get("/desk/review")
    with Gradebook.open(folder) as book:
        book.override("bob", "Q1", 2, reason="first", author="Eve", check="form")
    chosen = post(desk, "/desk/review", **Q1, points="0", apply="chosen", chosen=["bob/Q1.form"])
    assert "are open and alike any more" in chosen.text
    gone = post(desk, "/desk/review", submission="bob", part="Q1", check="form", points="0")
    assert "not open" in gone.text and marks(folder, "bob")["Q1"] == (3, 3) and marks(folder, "ada")["Q1"] == (1, 3)


def test_part_by_part(desk: TestClient) -> None:
    page = desk.get("/desk/review?only=Q5").text
    assert "1 of 3" in page and "only=Q5" in page
    assert "That was all." in desk.get("/desk/review?only=Q9").text


def test_an_override_with_its_history(desk: TestClient, folder: Path) -> None:
    page = post(desk, "/desk/submission/ada/override", place="Q1", points="2", reason="<b>ok</b>")
    assert "Q1: 2 of 3 given." in page.text and "&lt;b&gt;ok&lt;/b&gt;" in page.text
    again = post(desk, "/desk/submission/ada/override", place="Q1", points="1", reason="no")
    assert "replaced: no" in again.text
    assert marks(folder, "ada")["Q1"] == (1, 1)
    number = re.search(r'id="withdraw-(\d+)"', again.text)
    assert number
    gone = post(desk, f"/desk/submission/ada/override/{number[1]}/withdraw", reason="mistaken")
    assert "Q1: withdrawn." in gone.text and "withdrawn: mistaken" in gone.text
    assert marks(folder, "ada")["Q1"] == (1, 3)
    assert desk.get("/desk/submission/ada").text.count("withdrawn") >= 1
    assert post(desk, f"/desk/submission/bob/override/{number[1]}/withdraw", reason="x").status_code == 404
    for points, place in (("9", "Q1"), ("1", "Q8"), ("1", "Q1.none"), ("x", "Q1")):
        assert post(desk, "/desk/submission/ada/override", place=place, points=points, reason="r").status_code == 422
    assert post(desk, "/desk/submission/ada/override", place="Q1", points="1", reason=" ").status_code == 422


def test_a_mark_for_a_text_that_changed_is_kept_or_not(desk: TestClient, folder: Path) -> None:
    post(desk, "/desk/review", **Q1, points="1", reason="old")
    with Gradebook.open(folder) as book:
        put(
            book,
            "ada",
            [part("Q1", [check("form", 0, 2, 2, alike="values:two"), check("done", 1, 1, 1)], text="new")],
            key="k2",
        )
    page = desk.get("/desk/review").text
    assert "1 points were given (old), but the text has changed since." in page
    kept = post(desk, "/desk/review/keep", **Q1)
    assert "kept" in kept.text and marks(folder, "ada")["Q1"] == (2, 2)
    assert "kept" not in post(desk, "/desk/review/keep", **Q1).text


def test_the_class_in_figures(desk: TestClient) -> None:
    post(desk, "/desk/review", **Q1, points="0", apply="all")
    page = desk.get("/desk/figures").text
    assert 'class="spark"' in page and 'role="img"' in page and "Q1.form" in page and "100 %" in page
    assert "none settled yet" in page and desk.get("/api/desk/statistics", headers=BEARER).json()["submissions"] == 3


def test_what_the_last_batch_changed(desk: TestClient, folder: Path) -> None:
    assert "Nobody moves." in desk.get("/desk/changes").text
    with Gradebook.open(folder) as book:
        book.begin_run({})
        put(book, "ada", [part("Q1", [check("form", 2, 2, 2), check("done", 1, 1, 1)])], key="k2")
    page = desk.get("/desk/changes").text
    assert "1 move, 2 do not." in page and "0–2 → 2" in page


def test_the_export_refuses_and_then_gives(desk: TestClient) -> None:
    page = desk.get("/desk/export").text
    assert "3 submissions have open points" in page
    assert desk.get("/desk/grades.csv").status_code == 409
    refused = desk.get("/api/desk/grades.csv", headers=BEARER)
    assert refused.status_code == 409 and "open points" in refused.json()["detail"]
    given = desk.get("/desk/grades.csv?open=min")
    assert given.headers["content-type"].startswith("text/csv") and "grades.csv" in given.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(given.text)))
    assert [r["SID"] for r in rows] == ["007", "8", "9"] and rows[0]["Total Score"] == "1.0"
    assert rows[1]["Name"].startswith("'="), "no spreadsheet takes a name for a formula"
    assert given.text == desk.get("/api/desk/grades.csv?open=min", headers=BEARER).text


def test_the_api_does_what_the_pages_do(desk: TestClient, folder: Path) -> None:
    desk.cookies.clear()

    def call(method: str, path: str, **more: Any) -> Any:
        return desk.request(method, f"/api/desk{path}", headers=BEARER, **more)

    queue = call("get", "/queue").json()["groups"]
    assert [len(g["questions"]) for g in queue] == [3, 1, 1, 1]
    asked = call("get", "/question", params=Q1).json()
    assert [x["number"] for x in asked["lines"] if x["marked"]] == [11] and asked["of"] == 4
    body = {**Q1, "points": 2, "reason": "fine", "apply": "all"}
    assert call("post", "/decisions", json=body).status_code == 422, "a token does not say who decides"
    given = call("post", "/decisions", json={**body, "author": "Bob"})
    assert given.status_code == 201 and len(given.json()["overrides"]) == 3
    assert call("post", "/decisions", json={**body, "author": "Bob"}).status_code == 409
    assert marks(folder, "cyd")["Q1"] == (3, 3)
    assert call("post", "/undo", json={**given.json(), "author": "Bob"}).status_code == 200
    assert call("post", "/undo", json={**given.json(), "author": "Bob"}).status_code == 409
    assert marks(folder, "cyd")["Q1"] == (1, 3)
    one = call(
        "post", "/submissions/ada/overrides", json={"part": "Q1", "points": "half", "reason": "r", "author": "Bob"}
    )
    assert one.status_code == 201 and one.json()["points"] == 1.5
    report = call("get", "/submissions/ada").json()
    assert report["parts"][0]["mark"]["given"] == {
        "points": 1.5, "reason": "r", "time": one.json()["created_at"], "author": "Bob", "stale": False,
    }  # fmt: skip
    number = one.json()["id"]
    assert (
        call("post", f"/submissions/ada/overrides/{number}/withdraw", json={"reason": "r", "author": "Bob"}).json()[
            "active"
        ]
        is False
    )
    assert [o["ended_how"] for o in call("get", "/submissions/ada/overrides").json()] == ["withdrawn", "withdrawn"]
    assert call("post", "/remarks", json={"part": "Q5", "text": "thin", "author": "Bob"}).json()["used"] == 1
    assert [r["text"] for r in call("get", "/remarks?part=Q5").json()] == ["thin"]
    assert [r["id"] for r in call("get", "/submissions").json()] == ["ada", "bob", "cyd"]
    assert call("get", "/changes").json()["same"] == 0 or True
    assert call("get", "/standing").json()["ready"] is False


def test_a_gradebook_in_use_is_said(desk: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from grader.gradebook import store

    opened = store.Store.open
    monkeypatch.setattr(
        store.Store, "open", classmethod(lambda cls, path, create, wait=5.0: opened(path, create=create, wait=0.05))
    )
    other = sqlite3.connect(folder / "gradebook.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        page = post(desk, "/desk/review", **Q1, points="1")
        assert page.status_code == 503 and page.headers["retry-after"] and "in use" in page.text
        assert desk.get("/desk/review").status_code == 200, "reading goes on"
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert post(desk, "/desk/review", **Q1, points="1").status_code == 200


def test_signing_out(desk: TestClient) -> None:
    cookie = desk.cookies["grader_session"]
    assert post(desk, "/desk/logout", follow=False).headers["location"] == "/desk/login"
    desk.cookies.set("grader_session", cookie)
    assert desk.get("/desk").status_code == 303, "the old cookie is worth nothing"
    assert sign_in(desk, name="  ").status_code == 422
