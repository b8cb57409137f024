"""`grader review`: a sitting with answers as they would be typed, decisions from a file, and what goes wrong."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from made_gradebook import check, made, part, put
from rich.console import Console
from typer.testing import CliRunner

from grader.cli import app
from grader.commands.walk import Walk
from grader.desk.answers import chosen, points_of
from grader.gradebook import Gradebook, queue

PEOPLE = ("ada", "bob", "cyd", "dan")


def class_of(path: Path, names: Sequence[str] = PEOPLE) -> Gradebook:
    """Four alike in Q1, Q5 to be marked by hand; each with one check that is decided."""
    bands = {"5": {"en": "all", "fr": "tout"}, "0": {"en": "none", "fr": "rien"}}
    essay = check(
        "review", 0, 5, 5, role="manual", note="for_a_person",
        words=12, passages={"topic": "It is about flows."}, without_passage=["results"], bands=bands,
    )  # fmt: skip
    return made(
        path,
        {
            n: [
                part(
                    "Q1",
                    [check("final", 1, 1, 1), check("steps", 0, 2, 2, alike="line:s", line=11, note="some_link_fails")],
                ),
                part("Q5", [essay], text="It is about flows.\nI liked it."),
            ]
            for n in names
        },
    )


class Sitting:
    """A walk with answers typed beforehand; the input ends with them."""

    def __init__(self, book: Gradebook, answers: Sequence[str], part: str | None = None, lang: str = "en") -> None:
        self.out = io.StringIO()
        self.prompts: list[str] = []
        left = iter(answers)

        def ask(prompt: str) -> str:
            self.prompts.append(prompt)
            self.out.write(prompt)
            for answer in left:
                if answer == "^C":
                    raise KeyboardInterrupt
                return answer
            raise EOFError

        console = Console(file=self.out, width=100, color_system=None, highlight=False)
        self.walk = Walk(book, queue(book, part), ask, console, author="me", lang=lang)

    def run(self) -> str:
        self.walk.run()
        return self.out.getvalue()


def marks(book: Gradebook) -> list[tuple[str, str, str | None, float, str]]:
    return [(o.submission, o.part, o.check, o.points, o.reason) for o in book.overrides()]


def test_one_decision_serves_all_that_are_alike(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        sitting = Sitting(book, ["1.5 the sign is lost", "l", "a", "q"])
        said = sitting.run()
        assert marks(book) == [(n, "Q1", "steps", 1.5, "the sign is lost") for n in PEOPLE]
        assert "4 alike (same line): one answer settles 8 points" in said
        assert "▸   11 two" in said and "    12 three" in said, "the line as written, with its number"
        assert "on some line the two sides differ" in said
        assert all(f"{n}  Q1.steps" in said for n in PEOPLE[1:]), "the others are listed"
        decisions = {o.decision for o in book.overrides()}
        assert len(decisions) == 2 and None in decisions, "the first alone, the rest at once"
        assert [g.first.part for g in queue(book)] == ["Q5"] * 4
        assert sitting.walk.summary() == "questions decided: 4, left: 4"


def test_some_of_them_and_the_rest_is_asked_again(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        Sitting(book, ["f", "2-3", "h", ""]).run()
        assert [(o.submission, o.points) for o in book.overrides()] == [("ada", 2), ("cyd", 2), ("dan", 2), ("bob", 1)]
        assert {o.reason for o in book.overrides()} == {"read by a person"}
    with class_of(tmp_path / "none") as book:
        said = Sitting(book, ["z", "n", "f", "n"]).run()
        assert [(o.submission, o.points) for o in book.overrides()] == [("ada", 0), ("bob", 2)]
        assert "3 alike" in said


def test_undo_skip_and_what_is_not_understood(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        said = Sitting(book, ["nonsense", "3", "-1", "nan", "k", "u", "1", "a", "u", "s", "u", "4"], "Q1").run()
        assert book.overrides() == () and len(book.history()) == 4, "undone, and in the history"
        assert "'nonsense' is none of" in said and "3 is not between 0 and 2" in said and "-1 is not between" in said
        assert "nothing was given here that could be kept" in said and "nothing to undo" in said
        assert "undone: ada Q1.steps: 1 of 2" in said


def test_control_c_keeps_what_was_decided(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        sitting = Sitting(book, ["1", "^C"])
        with pytest.raises(KeyboardInterrupt):
            sitting.run()
        assert marks(book) == [("ada", "Q1", "steps", 1, "read by a person")]


def test_essays_have_bands_and_comments_that_are_used_again(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        said = Sitting(
            book, ["c", "results are missing", "4", "3 #1", "c 1", "2", "c", "9", "c", "", "5 #7", "5"], "Q5"
        ).run()
        assert [(o.submission, o.points, o.reason) for o in book.overrides()] == [
            ("ada", 4, "results are missing"),
            ("bob", 3, "results are missing"),
            ("cyd", 2, "results are missing"),
            ("dan", 5, "read by a person"),
        ]
        (remark,) = book.remarks.of("Q5")
        assert (remark.text, remark.used) == ("results are missing", 3)
        assert "I liked it." in said and "12 words; nothing found on: approach and results" in said
        assert "what it is about: “It is about flows.”" in said
        assert "there is no comment #9" in said and "there is no comment #7" in said


def test_in_french(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        said = Sitting(book, ["1,5", "a"], "Q1", "fr").run()
        assert {o.points for o in book.overrides()} == {1.5} and {o.reason for o in book.overrides()} == {
            "lu par une personne"
        }
        assert "4 semblables (même ligne) : une réponse règle 8 points" in said and "Partie Q1" in said
        assert "sur une ligne, les deux membres diffèrent en nombres" in said


def test_what_was_given_for_another_text_is_asked_first_and_kept_with_a_key(tmp_path: Path) -> None:
    with class_of(tmp_path, ["ada"]) as book:
        book.override("ada", "Q1", 2.5, reason="shown orally", author="prof")
        parts = [part("Q1", [check("final", 0, 0, 1), check("steps", 0, 2, 2)], text="another")]
        put(book, "ada", parts, key="again")
        said = Sitting(book, ["k"]).run()
        assert "2.5 points were given (shown orally), but the text has changed since" in said
        (override,) = book.overrides()
        assert (override.points, override.reason, override.author, override.stale) == (2.5, "shown orally", "me", False)


def test_a_submission_that_was_not_read_is_answered_once(tmp_path: Path) -> None:
    unread = {"outcome": "unreadable", "note": "empty"}
    parts = [
        part(n, [check("x", 0, 2, 2, **unread), check("y", 0, 2, 2, **unread)], text="", status="unreadable")
        for n in ("Q1", "Q2", "Q3")
    ]
    with made(tmp_path, {"ada": parts}) as book:
        said = Sitting(book, ["z nothing handed in", "1", "h", "n"]).run()
        assert [(o.part, o.check, o.points) for o in book.overrides()] == [
            ("Q1", None, 0),
            ("Q2", None, 0),
            ("Q3", None, 2),
        ]
        assert "3 alike (same submission, by share)" in said and "the file is empty" in said
    folder = tmp_path / "again"
    made(folder, {"ada": parts}).close()
    rows = tmp_path / "d.csv"
    rows.write_text("submission,part,points,reason,apply\nada,Q1,half,r,all\n", encoding="utf-8")
    assert call("review", folder, "--batch", rows, "--author", "me").stdout == "1 decisions for 3 questions\n"


def test_hostile_text_is_shown_as_text(tmp_path: Path) -> None:
    text = "[bold]\\frac{1}[/nothing]\x1b]0;title\x07\x1b[2J\n‮[link=x]y"
    with made(tmp_path, {"ada": [part("Q1", [check("x", 0, 1, 1)], text=text)]}) as book:
        said = Sitting(book, ["s"]).run()
    assert "[bold]" in said and "[link=x]" in said
    assert "\x1b" not in said and "\x07" not in said


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("f", 2),
        ("HALF", 1),
        ("z", 0),
        ("0", 0),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("x", None),
    ],
)
def test_points_as_they_are_typed(text: str, points: float | None) -> None:
    assert points_of(text, 2) == points


def test_places_as_they_are_typed() -> None:
    assert chosen("1 3-5, 7", 7) == (1, 3, 4, 5, 7)
    assert [chosen(t, 3) for t in ("", "0", "4", "2-9", "x", "1-", "99999999999999", "3-1")] == [None] * 8


# from the command line


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    class_of(tmp_path / "grades").close()
    yield tmp_path / "grades"


def test_the_class_table_counts_what_was_given(folder: Path) -> None:
    from grader.desk.overview import class_rows

    with Gradebook.open(folder) as book:
        book.override("ada", "Q1", 2, check="steps", reason="r", author="me")
        book.override("bob", "Q5", 4, reason="r", author="me")
        found = [
            (name, s.min, s.max, sum(p.open for p in s.parts)) for name, _, s, *_ in class_rows(book) if s is not None
        ]
    assert found == [("ada", 3, 8, 1), ("bob", 5, 7, 1), ("cyd", 1, 8, 2), ("dan", 1, 8, 2)]


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(w) for w in words])


def test_without_a_terminal_it_says_what_to_do(folder: Path) -> None:
    done = call("review", folder)
    assert done.exit_code == 2 and "--list" in done.stderr and "--batch" in done.stderr


def test_the_list_is_a_table_or_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    done = call("review", folder, "--list")
    assert (
        done.exit_code == 0
        and "4, same line" in done.stdout
        and "8 questions in 5 groups, 28 points open" in done.stdout
    )
    data = json.loads(call("review", folder, "--list", "--json", "-").stdout)
    assert data["schema"] == "grader/queue/1"
    assert [q["submission"] for q in data["groups"][0]["questions"]] == list(PEOPLE)
    assert call("review", folder, "--list", "--part", "Q7").exit_code == 2
    assert "4 questions" in call("review", folder, "--list", "--part", "Q5").stdout


def test_decisions_from_a_file(folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "decisions.csv"
    rows.write_text(
        "Submission,Part,Check,Points,Reason,Author,Apply\n"
        'bob,Q1,steps,"1,5",as agreed,prof,all\nada,Q5.review,full,well read,,one\n\ncyd,Q5,,0,off topic,,\n',
        encoding="utf-8",
    )
    text = rows.read_text(encoding="utf-8").replace("ada,Q5.review,full", "ada,Q5.review,,full")
    rows.write_text(text, encoding="utf-8")
    done = call("review", folder, "--batch", rows, "--author", "me")
    assert done.exit_code == 0, done.output
    assert done.stdout == "3 decisions for 6 questions\n"
    with Gradebook.open(folder) as book:
        assert {(o.submission, o.check, o.points, o.author) for o in book.overrides()} == {
            *((n, "steps", 1.5, "prof") for n in PEOPLE), ("ada", "review", 5, "me"), ("cyd", None, 0, "me")
        }  # fmt: skip


def test_json_decisions_and_every_fault_at_once(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    row = {"submission": "ada", "part": "Q1.steps", "points": 1, "reason": "r"}
    faulty = [row, {**row, "points": 7}, {**row, "submission": "zoe"}, {**row, "part": "Q9"}, {**row, "points": "lots"},
              {**row, "points": 2}]  # fmt: skip
    path.write_text(json.dumps(faulty), encoding="utf-8")
    done = call("review", folder, "--batch", path)
    assert done.exit_code == 2
    for said in (
        "decision 2: ada: 7 points",
        "decision 3: ",
        "no part 'Q9'",
        "'lots' is no number",
        "nothing was decided",
    ):
        assert said in done.stderr
    with Gradebook.open(folder) as book:
        assert book.overrides() == ()
    path.write_text(json.dumps([row, {**row, "points": 2}]), encoding="utf-8")
    assert "decided twice" in call("review", folder, "--batch", path).stderr
    path.write_text(json.dumps([row]), encoding="utf-8")
    assert call("review", folder, "--batch", path).exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("d.csv", b"", "columns submission"),
        ("d.csv", b"submission,part,points\nada,Q1,1\n", "reason is missing"),
        ("d.csv", b"submission,part,points,reason,extra\n", ""),
        ("d.csv", b"submission,part,points,reason\nada,Q1,1,r,more\n", "5 cells under 4 columns"),
        ("d.csv", b"submission,part,points,reason,apply\nada,Q1,1,r,some\n", "one or all"),
        ("d.csv", b"\xff\xfe", "not UTF-8"),
        ("d.json", b"{}", "a list of decisions"),
        ("d.json", b"[[]]", "a list of decisions"),
        ("d.json", b"[" * 100_000, "is no JSON"),
        ("d.json", b'[{"submission": "ada", "sum": 1}]', "unknown column sum"),
    ],
)
def test_files_of_decisions_that_are_wrong(folder: Path, tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    done = call("review", folder, "--batch", tmp_path / name)
    assert done.exit_code == (2 if said else 0) and said in done.stderr and "Traceback" not in done.output
    assert call("review", folder, "--batch", tmp_path / "not_there.csv").exit_code == 2


def test_overrides_from_the_command_line(folder: Path) -> None:
    def override(*words: object) -> Any:
        return call("override", folder, "--author", "me", *words)

    assert override("ada", "Q1.steps", "1.5", "--reason", "r").stdout == "ada Q1.steps: 1.5 of 2; Q1 is now 2.5 of 3\n"
    assert override("ada", "Q1", "half", "--reason", "again").stdout == "ada Q1: 1.5 of 3; Q1 is now 1.5 of 3\n"
    for words, said in (
        (("ada", "Q1", "3.5", "--reason", "r"), "it is worth 3"),
        (("ada", "Q1", "--reason", "r", "--", "-1"), "it is worth 3"),
        (("ada", "Q1", "nan", "--reason", "r"), "no number of points"),
        (("ada", "Q1.x", "1", "--reason", "r"), "has no check 'x'"),
        (("ada", "Q7", "1", "--reason", "r"), "no part 'Q7'"),
        (("zoe", "Q1", "1", "--reason", "r"), "no submission 'zoe'"),
        (("ada", "Q1", "1"), "--reason TEXT is needed"),
        (("ada", "Q1", "1", "--reason", " "), "--reason TEXT is needed"),
        (("ada", "Q5", "--withdraw"), "no override counts"),
        (("ada",), "are needed"),
    ):
        done = override(*words)
        assert done.exit_code == 2 and said in done.stderr, (words, done.output)
    assert "points withdrawn; Q1 is now 2.5 of 3" in override("ada", "Q1", "--withdraw", "--reason", "mistaken").stdout
    said = call("override", folder, "--history", "ada").stdout
    assert "Q1: 1.5  me: again" in said and "withdrawn" in said and "by me, mistaken" in said
    data = json.loads(call("override", folder, "--history", "ada", "--json", "-").stdout)
    assert [(o["points"], o["active"]) for o in data["overrides"]] == [(1.5, True), (1.5, False)]
    assert call("override", folder, "--history", "zoe").exit_code == 2
    assert "nothing was ever given" in call("override", folder, "--history", "bob").stdout


def test_a_student_reads_what_was_given_and_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    call("override", folder, "ada", "Q1.steps", "1.5", "--reason", "the sign is lost", "--author", "prof")
    call("override", folder, "ada", "Q5", "4", "--reason", "well read", "--author", "prof")
    said = call("show", folder, "ada").stdout
    assert "2.5 / 3" in said and "the steps: 1.5 / 2  the sign is lost" in said and "4 / 5  well read" in said
    assert "Total  6.5 / 8" in said and "prof" not in said and "marked by a person" in said
    assert "prof" in call("show", folder, "ada", "--audience", "ta").stdout
    data = json.loads(call("show", folder, "ada", "--json", "-").stdout)
    assert data["mark"] == {"schema": "grader/mark/1", "min": 6.5, "max": 6.5, "out_of": 8}
    assert data["score"]["min"] == 1, "what the program found stays beside it"
    q1, q5 = data["parts"]
    assert q1["mark"] == {"min": 2.5, "max": 2.5, "out_of": 3}
    assert (q5["mark"]["given"]["points"], q5["mark"]["given"]["reason"]) == (4, "well read")
    given = q1["checks"][1]["mark"]["given"]
    assert set(given) == {"points", "reason", "time"} and given["reason"] == "the sign is lost"
    assert "noté par une personne" in call("show", folder, "ada", "--lang", "fr").stdout
    assert call("show", folder, "zoe").exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_in_a_real_terminal_control_c_leaves_what_is_decided(folder: Path) -> None:
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "review", str(folder), "--author", "me"], cwd=ROOT,
        stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(follower)
    os.set_blocking(leader, False)
    said = ""

    def until(text: str) -> None:
        nonlocal said
        end = time.monotonic() + 30
        while text not in said and time.monotonic() < end:
            try:
                said += os.read(leader, 65536).decode("utf-8", "replace")
            except (BlockingIOError, OSError):
                time.sleep(0.02)
        assert text in said, said

    until("points 0–2")
    os.write(leader, b"1 half of it\n")
    until("the same for them?")
    os.write(leader, b"\x03")
    until("what is decided is kept")
    assert process.wait(timeout=30) == 130
    os.close(leader)
    assert "Traceback" not in said and "questions decided: 1, left: 7" in said
    with Gradebook.open(folder) as book:
        assert [(o.submission, o.points, o.reason) for o in book.overrides()] == [("ada", 1, "half of it")]
