"""The gradebook: what is written stays, overrides survive, and whatever is wrong with the file is one clear sentence."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from grader.errors import OperatorError
from grader.gradebook import Gradebook, GradebookError, Locked, Person, RunLock, Student, Upload
from grader.gradebook.schema import STEPS, VERSION


def report(low: float = 1, high: float = 3, text: str = "aa", part: str = "Q1") -> dict[str, Any]:
    """A small report: one part of two checks, the second open."""
    check = {"role": "derivation", "outcome": "correct", "title": {"en": "t", "fr": "t"}}
    return {
        "score": {"min": low, "max": high, "out_of": 5},
        "parts": [
            {
                "id": part,
                "status": "needs_review",
                "text_sha256": text,
                "score": {"min": low, "max": high, "out_of": 5},
                "checks": [
                    {**check, "id": "closed_form", "points": {"min": low, "max": low, "out_of": 1}},
                    {**check, "id": "derivation", "points": {"min": 0, "max": high - low, "out_of": 4}},
                ],
            }
        ],
    }


def put(book: Gradebook, submission: str, key: str = "k", **kind: Any) -> None:
    book.want(submission, key, "content")
    book.put_result(submission, key, json.dumps(report(**kind)), status="review")


@pytest.fixture
def book(tmp_path: Path) -> Any:
    with Gradebook.open(tmp_path / "gradebook.sqlite", create=True) as opened:
        opened.register([Upload("ada", "class", "class", ("ada.md",), (Person("Ada", "007", "ada@x"),)),
                         Upload("bob", "class", "class", ("bob.md",))])  # fmt: skip
        yield opened


def test_a_result_counts_once_it_is_there(book: Gradebook) -> None:
    assert book.result("ada") is None and book.report("ada") is None and book.marks("ada") == ()
    assert not book.want("ada", "k", "content")
    run = book.begin_run({"jobs": 2})
    attempt = book.begin(run, "ada", "k")
    assert book.crashes("ada", "k").left_open == 1, "committed before it runs"
    book.put_result("ada", "k", json.dumps(report()), status="review", notes=["n"], attempt=attempt)
    assert (book.crashes("ada", "k").left_open, book.crashes("ada", "k").died) == (0, 0)
    assert book.submission("ada").current
    assert book.report("ada") == report()
    result = book.result("ada")
    assert result is not None and result.notes == ("n",) and result.summary.part("Q1") is not None
    assert book.want("ada", "k", "content"), "graded already"
    assert not book.want("ada", "other", "content") and not book.submission("ada").current
    assert book.result("ada") == result, "the old one counts until the new one is there"
    assert book.want("ada", "k", "content") and book.submission("ada").current
    assert [r.submission for r in book.results()] == ["ada"]


def test_overrides_have_a_history_and_survive_a_regrade(book: Gradebook) -> None:
    put(book, "ada")
    first = book.override("ada", "Q1", 4, reason="shown orally", author="ta")
    second = book.override("ada", "Q1", 4.5, reason="read again", author="ta2")
    assert [o.points for o in book.overrides("ada")] == [4.5]
    history = book.history("ada", "Q1")
    assert [(o.points, o.ended_how, o.ended_by) for o in history] == [(4, "replaced", "ta2"), (4.5, "", "")]
    assert history[0].id == first.id and history[0].ended_why == "read again"
    put(book, "ada", "after a change of the rubric", low=0, high=1)
    (mark,) = book.marks("ada")
    assert (mark.min, mark.max, mark.stale, mark.open) == (4.5, 4.5, False, False)
    put(book, "ada", "after a change of the text", text="bb")
    (mark,) = book.marks("ada")
    assert (mark.min, mark.max, mark.stale) == (4.5, 4.5, True), "flagged, never dropped"
    assert not book.confirm(second.id, author="ta").stale and not book.marks("ada")[0].stale
    gone = book.withdraw(book.overrides("ada")[0].id, reason="mistaken", author="ta")
    assert gone.ended_how == "withdrawn" and not gone.active
    assert (book.marks("ada")[0].min, book.marks("ada")[0].max) == (1, 3)
    assert len(book.history("ada")) == 3
    with pytest.raises(OperatorError, match="counts no more"):
        book.withdraw(gone.id, reason="again", author="ta")


def test_an_override_of_a_check_moves_the_range(book: Gradebook) -> None:
    put(book, "ada")
    book.override("ada", "Q1", 3, reason="r", author="ta", check="derivation")
    assert [(m.min, m.max) for m in book.marks("ada")] == [(4, 4)]
    book.override("ada", "Q1", 2, reason="r", author="ta")
    assert [(m.min, m.max) for m in book.marks("ada")] == [(2, 2)], "the part's own settles it"


def test_an_override_of_what_the_rubric_has_no_more_is_flagged(book: Gradebook) -> None:
    put(book, "ada")
    book.override("ada", "Q1", 1, reason="r", author="ta", check="closed_form")
    other = report()
    other["parts"][0]["checks"][0]["id"] = "renamed"
    book.want("ada", "k2", "c")
    book.put_result("ada", "k2", json.dumps(other), status="review")
    assert [o.stale for o in book.overrides("ada")] == [True] and book.marks("ada")[0].overrides == ()
    put(book, "ada", "k3", part="Q2")
    assert [o.stale for o in book.overrides("ada")] == [True]
    put(book, "ada")
    assert [o.stale for o in book.overrides("ada")] == [False], "and it is back with the check"


def test_one_decision_serves_many(book: Gradebook) -> None:
    put(book, "ada")
    put(book, "bob")
    number = book.decide(["ada", "bob"], "Q1", 1, signature="same values", reason="r", author="ta", check="closed_form")
    assert {o.decision for o in book.overrides()} == {number} and len(book.overrides()) == 2
    with pytest.raises(OperatorError):
        book.decide(["ada", "nobody"], "Q1", 2, signature="s", reason="r", author="ta")
    assert all(o.points == 1 for o in book.overrides()), "all or none"


@pytest.mark.parametrize(
    "change",
    [{"points": 6}, {"points": -1}, {"points": float("nan")}, {"reason": " "}, {"author": ""}, {"part": "Q9"},
     {"submission": "nobody"}, {"check": "none"}, {"check": "closed_form", "points": 2}, {"submission": "bob"}],
)  # fmt: skip
def test_what_cannot_be_an_override(book: Gradebook, change: dict[str, Any]) -> None:
    put(book, "ada")
    with pytest.raises(OperatorError):
        book.override(**{"submission": "ada", "part": "Q1", "points": 1.0, "reason": "r", "author": "ta", **change})
    assert book.history() == ()


def test_what_a_source_no_longer_holds_is_set_aside(book: Gradebook) -> None:
    put(book, "ada")
    book.override("ada", "Q1", 4, reason="r", author="ta")
    book.register([Upload("bob", "class", "class", ("bob.md",)), Upload("cleo", "late", "late", ("cleo.md",))])
    assert [s.id for s in book.submissions()] == ["bob", "cleo"]
    assert [s.id for s in book.submissions(gone=True)] == ["ada", "bob", "cleo"]
    assert not list(book.results()) and book.overrides() == ()
    book.register([Upload("ada", "class", "class", ("ada.md",)), Upload("bob", "class", "class", ("bob.md",))])
    assert [s.id for s in book.submissions()] == ["ada", "bob", "cleo"]
    assert book.overrides()[0].points == 4


def test_the_balance_accounts_for_everybody(book: Gradebook) -> None:
    put(book, "ada")
    without = book.balance()
    assert without.students == 2 and len(without.graded) == 1 and "no result that counts (bob)" in without.reasons()[0]
    book.put_roster([Student("Ada L", "007", "other@x"), Student("Bob", "8", "BOB"), Student("Cleo", "9", "c@x")])
    put(book, "bob")
    found = book.balance()
    assert [s.name for s, _ in found.graded] == ["Ada L", "Bob"], "by number, else by address; a bare file by its name"
    assert [s.name for s in found.absent] == ["Cleo"] and found.reasons() == ()
    book.register([Upload("xy", "late", "late", ("xy.md",)), Upload("ada-late", "late", "late", ("a.md",), (Person(email=" Other@x "),))])
    reasons = " ".join(book.balance().reasons())
    assert "nobody in the roster (xy)" in reasons and "Ada L: ada, ada-late" in reasons


# the file


def test_an_older_gradebook_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.sqlite"
    with Gradebook.open(path, create=True) as book:
        book.register([Upload("ada", "class", "class", ("ada.md",))])
        put(book, "ada")
        book.override("ada", "Q1", 4, reason="r", author="ta")
        put(book, "ada", "newer")
    old = tmp_path / "old.sqlite"
    with sqlite3.connect(old) as db:
        db.executescript(STEPS[0])
        db.executescript(f"PRAGMA application_id = {0x47524442}; PRAGMA user_version = 1;")
        db.execute("ATTACH ? AS new", (str(path),))
        for table in ("runs", "submissions", "attempts", "results", "decisions", "overrides"):
            db.execute(f"INSERT INTO {table} SELECT * FROM new.{table}")
    db.close()
    with Gradebook.open(old) as book:
        assert book.marks("ada")[0].min == 4 and book.report("ada") == report()
        book.put_roster([Student("Ada")])
        assert book.roster() == (Student("Ada"),)
    with sqlite3.connect(old) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_a_newer_gradebook_is_refused_and_untouched(book: Gradebook, tmp_path: Path) -> None:
    book.close()
    with sqlite3.connect(book.path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    before = book.path.read_bytes()
    with pytest.raises(GradebookError, match=r"newer grader .* update"):
        Gradebook.open(book.path)
    assert book.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_gradebook(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gradebook.sqlite"
    path.write_bytes(content)
    with pytest.raises(GradebookError, match=r"gradebook.sqlite: is damaged or no gradebook"):
        Gradebook.open(path, create=True)
    assert path.read_bytes() == content


def test_a_foreign_database_and_none(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="no gradebook here"):
        Gradebook.open(tmp_path)
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()
    with pytest.raises(GradebookError, match="another program"):
        Gradebook.open(tmp_path)


def test_pages_torn_out_of_the_middle(book: Gradebook) -> None:
    for i in range(60):
        book.register([Upload(f"s{i}", "many", "many", ("a.md",))])
        put(book, f"s{i}")
    book.close()
    data = bytearray(book.path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    book.path.write_bytes(data)
    with pytest.raises(GradebookError, match="damaged"), Gradebook.open(book.path) as torn:
        [torn.marks(s.id) for s in torn.submissions()]


HOLD = (
    "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None); db.execute('BEGIN IMMEDIATE');"
    "print('held', flush=True); sys.stdin.read()"
)


def test_a_gradebook_held_by_another_process(book: Gradebook) -> None:
    put(book, "ada")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(book.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with Gradebook.open(book.path, wait=0.2) as other:
            assert other.marks("ada"), "readers do not wait"
            with pytest.raises(Locked, match=r"gradebook.sqlite: locked by another process"):
                other.override("ada", "Q1", 1, reason="r", author="ta")
    finally:
        holder.communicate("")
    book.override("ada", "Q1", 1, reason="r", author="ta")


def test_one_batch_at_a_time(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from grader.gradebook import RunLock\nwith RunLock(Path(sys.argv[1])): print('in')"
    command = [sys.executable, "-c", code, str(tmp_path / "lock")]
    with RunLock(tmp_path / "lock"):
        second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert "another batch is at work in this folder (process " in second.stderr
    assert subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout == "in\n"
