"""The queue: what is asked, in which order, and what one answer settles."""

from __future__ import annotations

from pathlib import Path

from made_gradebook import check, made, part, put

from grader.gradebook import find_group, queue

OPEN = {"note": "some_link_fails", "alike": "line:x"}


def test_alike_answers_are_one_group_and_the_largest_comes_first(tmp_path: Path) -> None:
    def q2(alike: str) -> dict:  # type: ignore[type-arg]
        return part("Q2", [check("sign", 0, 1, 1, alike=alike)])

    reports = {
        "ada": [part("Q1", [check("final", 1, 1, 1), check("steps", 0, 2, 2)]), q2("values:a")],
        "bob": [part("Q1", [check("final", 0, 0, 1), check("steps", 0, 2, 2)]), q2("values:b")],
        "cyd": [part("Q1", [check("final", 1, 1, 1), check("steps", 2, 2, 2)]), q2("values:a")],
        "dan": [part("Q1", [check("final", 1, 1, 1), check("steps", 2, 2, 2)]), q2("values:a")],
    }
    with made(tmp_path, reports) as book:
        groups = queue(book)
        assert [(g.kind, g.first.place, [q.submission for q in g.questions], g.open) for g in groups] == [
            ("values", "Q2.sign", ["ada", "cyd", "dan"], 3),
            ("", "Q1.steps", ["ada"], 2),
            ("", "Q1.steps", ["bob"], 2),
            ("", "Q2.sign", ["bob"], 1),
        ]
        assert [g.first.place for g in queue(book, "Q1")] == ["Q1.steps", "Q1.steps"]
        assert queue(book, "Q7") == ()
        found = find_group(groups, "cyd", "Q2", "sign")
        assert found is not None and [q.submission for q in found.questions] == ["cyd", "ada", "dan"]
        assert find_group(groups, "cyd", "Q1", "steps") is None
        assert groups[0].data()["questions"][0]["submission"] == "ada"


def test_parts_stand_in_the_order_of_the_rubric(tmp_path: Path) -> None:
    names = ["Q2", "Q10", "Q1"]
    with made(tmp_path, {"ada": [part(n, [check("b", 0, 1, 1), check("a", 0, 1, 1)]) for n in names]}) as book:
        assert [g.first.place for g in queue(book)] == [f"{n}.{c}" for n in names for c in "ba"]


def test_checks_over_one_text_stay_together(tmp_path: Path) -> None:
    """So that a text is read once: first all that is asked of ada and bob, who wrote the same."""

    def q1(alike: str) -> dict:  # type: ignore[type-arg]
        return part("Q1", [check(n, 0, 1, 1, alike=f"formulas:{alike}{n}") for n in ("x", "y", "z")])

    with made(
        tmp_path, {"ada": [q1("1")], "bob": [q1("1")], "cyd": [q1("2")], "dan": [q1("2")], "eve": [q1("2")]}
    ) as book:
        order = [(g.first.submission, g.first.check) for g in queue(book)]
    assert order == [("cyd", "x"), ("cyd", "y"), ("cyd", "z"), ("ada", "x"), ("ada", "y"), ("ada", "z")]


def test_what_only_a_person_marks_comes_behind_and_what_was_not_read_last(tmp_path: Path) -> None:
    unread = [check(n, 0, 1, 1, outcome="unreadable", note="needs_a_person") for n in ("x", "y")]
    review = check("review", 0, 5, 5, role="manual", note="for_a_person")
    reports = {
        "scan": [part("Q1", unread, text="", status="unreadable"), part("Q5", [{**review, "outcome": "unreadable"}], text="", status="unreadable")],
        "ada": [part("Q1", [check("x", 0, 1, 1), check("y", 1, 1, 1)]), part("Q5", [review])],
    }  # fmt: skip
    with made(tmp_path, reports) as book:
        found = [(g.first.submission, g.first.place) for g in queue(book)]
    assert found == [("ada", "Q1.x"), ("ada", "Q5.review"), ("scan", "Q1")]


def test_what_was_not_read_is_one_group_by_share(tmp_path: Path) -> None:
    """An empty file is decided once: what one part gets, the others get in proportion."""
    unread = {"outcome": "unreadable", "note": "empty"}
    parts = [
        part(n, [check("x", 0, worth, worth, **unread), check("y", 0, 1, 1, **unread)], text="", status="unreadable")
        for n, worth in (("Q1", 3), ("Q2", 1), ("Q3", 0.5))
    ]
    with made(tmp_path, {"blank": parts, "also": parts}) as book:
        (first, second) = queue(book)
        assert [(g.kind, g.first.submission, len(g.questions)) for g in (first, second)] == [("submission", "blank", 3), ("submission", "also", 3)]  # fmt: skip
        book.give(first.decisions(first.questions, 2, "half is there", "me"))
        assert {o.part: o.points for o in book.overrides()} == {"Q1": 2, "Q2": 1, "Q3": 0.75}
        book.give(second.decisions(second.questions, 0, "nothing handed in", "me"))
        assert queue(book) == () and {o.points for o in book.overrides("also")} == {0}


def test_what_is_decided_is_asked_no_more_unless_the_text_changes(tmp_path: Path) -> None:
    parts = [part("Q1", [check("x", 0, 1, 1), check("y", 0, 1, 1)]), part("Q2", [check("x", 0, 1, 1)])]
    with made(tmp_path, {"ada": parts, "bob": parts}) as book:
        book.override("ada", "Q1", 1, check="x", reason="r", author="me")
        book.override("ada", "Q2", 1, reason="r", author="me")
        assert [(g.first.submission, g.first.place) for g in queue(book)] == [("ada", "Q1.y"), ("bob", "Q1.x"), ("bob", "Q1.y"), ("bob", "Q2.x")]  # fmt: skip
        changed = [part("Q1", parts[0]["checks"], text="other"), part("Q2", parts[1]["checks"], text="other")]
        put(book, "ada", changed, key="again")
        found = [(g.first.submission, g.first.place, g.first.stale is not None) for g in queue(book)]
        assert found[:2] == [("ada", "Q1.x", True), ("ada", "Q2", True)]
        assert ("ada", "Q1.y", False) in found and len(found) == 6
        stale = queue(book)[0].first.stale
        assert stale is not None
        book.confirm(stale.id, author="me")
        assert [g.first.place for g in queue(book) if g.first.stale is not None] == ["Q2"]


def test_undoing_brings_back_what_counted_before(tmp_path: Path) -> None:
    with made(tmp_path, {n: [part("Q1", [check("x", 0, 2, 2)])] for n in ("ada", "bob")}) as book:
        first = book.override("ada", "Q1", 1, check="x", reason="first", author="prof")
        number = book.decide(["ada", "bob"], "Q1", 2, check="x", signature="s", reason="second", author="me")
        book.take_back(book.of_decision(number), author="me")
        assert [(o.id, o.points, o.author) for o in book.overrides()] == [(first.id, 1, "prof")]
        assert [(o.reason, o.ended_how, o.ended_why) for o in book.history("bob")] == [
            ("second", "withdrawn", "undone")
        ]
        assert len(book.history()) == 3, "nothing is forgotten"
