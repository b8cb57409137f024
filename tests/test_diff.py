"""`grader diff`: who moves, by how much, through which check, and which overrides are in doubt."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from test_durable import call
from test_gradebook import put, report

from grader.gradebook import Gradebook, State, Upload, difference
from grader.report.diff_table import show_difference


@pytest.fixture
def two(tmp_path: Path) -> Any:
    with (
        Gradebook.open(tmp_path / "old.sqlite", create=True) as old,
        Gradebook.open(tmp_path / "new.sqlite", create=True) as new,
    ):
        old.register([Upload(n, "c", "c", ("x.md",)) for n in ("ada", "bob", "cleo", "gone")])
        new.register([Upload(n, "c", "c", ("x.md",)) for n in ("ada", "bob", "cleo", "late")])
        for book in (old, new):
            for submission in book.submissions():
                put(book, submission.id)
        yield old, new


def test_nobody_moves(two: tuple[Gradebook, Gradebook]) -> None:
    found = difference(State(two[0]), State(two[1]))
    assert (found.moves, found.conflicts, found.same) == ((), (), 3)
    assert (found.only_old, found.only_new) == (("gone",), ("late",))


def test_who_moves_and_why(two: tuple[Gradebook, Gradebook]) -> None:
    old, new = two
    put(new, "ada", "k2", low=0.5, high=3)
    put(new, "bob", "k2", low=0, high=1)
    changed = report()
    changed["parts"][0]["checks"][1]["id"] = "renamed"
    new.want("cleo", "k2", "c")
    new.put_result("cleo", "k2", json.dumps(changed), status="review")
    found = difference(State(old), State(new))
    assert [(m.submission, m.before, m.after) for m in found.moves] == [("bob", (1, 3), (0, 1)), ("ada", (1, 3), (0.5, 3))], "most first"
    (first, second) = found.moves[1].checks
    assert (first.part, first.check, first.before, first.after) == ("Q1", "closed_form", (1, 1), (0.5, 0.5))
    assert first.title == {"en": "t", "fr": "t"} and first.outcome_before == first.outcome_after == "correct"
    assert second.after == (0, 2.5)
    assert found.same == 1, "another name for the same points moves nobody"
    data = json.loads(json.dumps(found.data()))
    assert data["schema"] == "grader/diff/1" and data["moves"][0]["submission"] == "bob"
    out = io.StringIO()
    show_difference(found, console=Console(file=out, width=110))
    text = out.getvalue()
    assert "2 move, 1 do not" in text and "Q1 closed_form (t): correct, 1 → 0.5" in text and "only in the new one: late" in text


def test_overrides_in_conflict(two: tuple[Gradebook, Gradebook]) -> None:
    old, new = two
    for book in two:
        for name in ("ada", "bob", "cleo"):
            book.override(name, "Q1", 2, reason="r", author="ta")
    put(new, "ada", "k2", low=0, high=3)
    put(new, "bob", "k2", text="other")
    new.override("cleo", "Q1", 3, reason="r2", author="ta")
    old.override("gone", "Q1", 3, reason="r2", author="ta")
    old.override("ada", "Q1", 1, reason="r", author="ta", check="derivation")
    found = difference(State(old), State(new))
    assert [(m.submission, m.before, m.after) for m in found.moves] == [("cleo", (2, 2), (3, 3))], "an override holds a mark"
    why = {(c.submission, c.check): (c.why, c.before, c.after) for c in found.conflicts}
    assert why == {
        ("ada", None): ("result", (1, 3), (0, 3)),
        ("ada", "derivation"): ("lost", (0, 2), (0, 3)),
        ("bob", None): ("text", (1, 3), (1, 3)),
        ("cleo", None): ("points", (1, 3), (1, 3)),
    }


def test_before_and_after_the_last_batch(tmp_path: Path) -> None:
    """One gradebook is compared with itself as it was; a batch that was cut off and went on counts as one."""
    with Gradebook.open(tmp_path / "gradebook.sqlite", create=True) as book:
        book.register([Upload("ada", "c", "c", ("x.md",))])
        book.end_run(book.begin_run({}))
        put(book, "ada")
        states = State(book, previous=True), State(book)
        book.begin_run({})
        put(book, "ada", "k2", low=0)
        book.end_run(book.begin_run({}))
        assert [m.after for m in difference(*states).moves] == [(0, 3)], "the second went on with the first"
        book.end_run(book.begin_run({}))
        assert difference(*states).moves == ()


def test_the_command(tmp_path: Path, two: tuple[Gradebook, Gradebook]) -> None:
    put(two[1], "ada", "k2", low=0)
    old, new = str(two[0].path), str(two[1].path)
    done = call("diff", old, new)
    assert done.returncode == 0 and "1 move, 2 do not" in done.stdout
    assert json.loads(call("diff", old, new, "--json", "-").stdout)["same"] == 2
    done = call("diff", old, new, "--json", str(tmp_path / "d.json"), "--lang", "fr")
    assert "1 bougent" in done.stdout and (tmp_path / "d.json").is_file()
    done = call("diff", old, str(tmp_path / "none"))
    assert done.returncode == 2 and "no gradebook here" in done.stderr
