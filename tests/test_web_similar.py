"""The desk shows the same mistakes side by side, with what they may come from; nobody else sees any of it."""

from __future__ import annotations

from pathlib import Path

from made_gradebook import made
from test_similar import parts_of
from web_client import TOKEN, serving, sign_in

from grader.report.similar_words import SIMILAR

PATH = "/desk/similar"


def test_a_pair_stands_side_by_side_with_the_hint(tmp_path: Path) -> None:
    rows = {"<b>eve": "P1: x; P2: y", "bob": "P1: x; P2: y", **{f"z{i:02}": "" for i in range(18)}}
    made(tmp_path / "class", {name: parts_of(words) for name, words in rows.items()}).close()
    with serving(grades=tmp_path / "class", token=TOKEN) as desk:
        assert desk.get(PATH).headers["location"] == "/desk/login"
        assert desk.get("/api/desk/similar").status_code == 401
        told = desk.get("/api/desk/similar", headers={"authorization": f"Bearer {TOKEN}"}).json()
        assert [{p["first"], p["second"]} for p in told["pairs"]] == [{"<b>eve", "bob"}] and told["hands"] == 20
        sign_in(desk)
        page = desk.get(PATH).text
        assert SIMILAR["hint"]["en"].replace("'", "&#39;") in page and "2 equal mistakes in the same order" in page
        assert "&lt;b&gt;eve" in page and "<b>eve" not in page
        assert page.count("own-line") >= 4, "both lines of both parts"
        assert SIMILAR["pair"]["fr"].format(2) in desk.get(f"{PATH}?lang=fr").text


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    made(tmp_path / "class", {f"z{i:02}": parts_of("") for i in range(3)}).close()
    with serving(grades=tmp_path / "class", token=TOKEN) as desk:
        sign_in(desk)
        assert SIMILAR["none"]["en"] in desk.get(PATH).text
