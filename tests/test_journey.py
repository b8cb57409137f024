"""A teaching assistant's way with a class: graded, killed, resumed, marked by hand, regraded after a change of the rubric, compared.

Each step leaves the folder as the next one finds it; steps that come with other commands go in between.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT
from gradescope_export import UNREAD, Export, write_export
from test_durable import call, check_nothing_doubled, command, written

from grader.gradebook import Gradebook


@dataclass
class Journey:
    """The class, the folder it is graded into, and the assignment, which changes on the way."""

    export: Export
    out: Path
    assignment: Path
    kills: int

    @classmethod
    def of(cls, tmp_path: Path, count: int, kills: int, *, small: bool) -> Journey:
        export = write_export(tmp_path / "assignment_42_export", count, seed=42, small=small)
        assignment = tmp_path / "assignment"
        for part in ("rubrics", "reference"):
            shutil.copytree(ROOT / part, assignment / part)
        return cls(export, tmp_path / "grades", assignment, kills)

    def grade(self) -> None:
        """One command, killed on the way and resumed."""
        first = ["grade", str(self.export.folder), "--out", str(self.out), "--roster", str(self.export.roster_csv)]
        first += ["--assignment", str(self.assignment), "--jobs", "2"]
        rng = random.Random(1)
        share = len(self.export.kinds) // (self.kills + 1)
        for i in range(self.kills):
            words, environment = command(*(first if i == 0 else ["grade", "--out", str(self.out), "--resume", "--jobs", "2"]))
            process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            end = time.monotonic() + 600
            while process.poll() is None and len(list(self.out.glob("*.json"))) < share * (i + 1) and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(rng.random() * 0.3)
            process.kill()
            process.wait()
        done = call("grade", "--out", str(self.out), "--resume", "--jobs", "2")
        assert done.returncode == 0, done.stderr
        check_nothing_doubled(self.out, len(self.export.kinds))

    def everybody_is_accounted_for(self) -> None:
        """Every student of the roster is graded or absent, and only what can be read got points."""
        with Gradebook.open(self.out) as book:
            balance = book.balance()
            assert balance.reasons() == () and balance.students == len(self.export.roster)
            assert [s.sid for s in balance.absent] == [p.sid for p in self.export.absent]
            assert [s.id for s in book.submissions()] == list(self.export.kinds)
            for result in book.results():
                kind = self.export.kinds[result.submission]
                assert result.status not in ("fault", "timeout"), result
                assert (result.status in ("unreadable", "needs_a_person")) == (kind in UNREAD), (kind, result)
                if kind in UNREAD:
                    assert (result.summary.min, result.summary.max) == (0, 71), "unread is not wrong"
        texts = "".join(p.read_text(encoding="utf-8") for p in self.out.glob("*.json"))
        assert "root:" not in texts, "nobody reads the machine's files"
        assert not list(self.out.parent.glob("**/escaped.md"))

    def mark_by_hand(self) -> None:
        """A scan is marked as a whole, one answer decided, several decided at once."""
        (scan, *_) = self.export.of_kind("pdf")
        ordinary = self.export.of_kind("ordinary")
        with Gradebook.open(self.out) as book:
            for part, points in (("Q1", 4.5), ("Q5.1", 3)):
                book.override(scan, part, points, reason="marked on paper", author="ta@example.edu")
            book.override(ordinary[0], "Q1", 2, reason="explained in the office hour", author="ta@example.edu")
            book.decide(ordinary[1:4], "Q1", 1, signature="x", reason="as agreed", author="prof", check="closed_form")

    def change_the_rubric(self) -> Counter[str]:
        """The closed form of Q1 is worth more; only what this touches moves, and every override is there."""
        kept = self.out.with_name("before")
        shutil.copytree(self.out, kept)
        path = self.assignment / "rubrics" / "q1.yaml"
        text = path.read_text(encoding="utf-8")
        for check, points in (("closed_form", "1.5"), ("moments", "0.5")):
            at = text.index("points: 1\n", text.index(f"id: {check}\n"))
            text = text[:at] + f"points: {points}\n" + text[at + len("points: 1\n") :]
        path.write_text(text, encoding="utf-8")
        assert call("grade", "--out", str(self.out), "--resume", "--jobs", "2").returncode == 0
        marked = self.export.of_kind("ordinary")[0]
        with Gradebook.open(self.out) as book:
            assert [m.min for m in book.marks(marked) if m.part == "Q1"] == [2]
            assert len(book.overrides()) == 6 and not any(o.stale for o in book.overrides())
        found = json.loads(call("diff", str(kept), str(self.out), "--json", "-").stdout)
        assert found["only_old"] == found["only_new"] == [] and found["moves"]
        assert len(found["moves"]) + found["same"] == len(self.export.kinds)
        assert all(c["part"] == "Q1" for m in found["moves"] for c in m["checks"])
        assert marked not in [m["submission"] for m in found["moves"]], "an override holds"
        assert {c["why"] for c in found["conflicts"]} == {"result"}
        assert found == json.loads(call("diff", str(self.out), "--json", "-").stdout), "the folder knows how it was before"
        return Counter(c["check"] for m in found["moves"] for c in m["checks"])

    def hand_in_again(self) -> None:
        """A student hands in another text: graded again, alone, and the override is flagged."""
        name = self.export.of_kind("ordinary")[0]
        (path,) = (self.export.folder / name).iterdir()
        path.write_text("## Question 1\n\nI do not know.\n", encoding="utf-8")
        done = call("grade", str(self.export.folder), "--out", str(self.out), "--assignment", str(self.assignment))
        assert f"{len(self.export.kinds) - 1} as before" in done.stderr and "text that has changed since" in done.stdout
        with Gradebook.open(self.out) as book:
            assert [(o.submission, o.points) for o in book.overrides() if o.stale] == [(name, 2)]

    def come_back_later(self) -> None:
        """A further call changes nothing."""
        before = written(self.out)
        done = call("grade", "--out", str(self.out), "--resume")
        assert done.returncode == 0 and f"{len(self.export.kinds)} as before" in done.stderr
        assert written(self.out) == before


def travel(journey: Journey) -> None:
    journey.grade()
    journey.everybody_is_accounted_for()
    journey.mark_by_hand()
    moved = journey.change_the_rubric()
    assert {"closed_form", "moments"} <= set(moved) <= {"closed_form", "moments", "q1_kl"}, moved
    journey.hand_in_again()
    journey.come_back_later()


def test_a_small_class(tmp_path: Path) -> None:
    travel(Journey.of(tmp_path, 24, 2, small=True))


@pytest.mark.slow
def test_a_class_of_three_hundred(tmp_path: Path) -> None:
    travel(Journey.of(tmp_path, 300, 3, small=False))
