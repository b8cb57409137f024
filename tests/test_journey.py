"""A teaching assistant's way with a class: graded, killed, resumed, reviewed, marked by hand, regraded after a change of the rubric,
compared, exported.

Each step leaves the folder as the next one finds it.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from gradescope_export import UNREAD, Export, write_export
from test_durable import call, check_nothing_doubled, command, written

from grader.gradebook import Gradebook, Override


@dataclass
class Journey:
    """The class, the folder it is graded into, and the assignment, which changes on the way."""

    export: Export
    out: Path
    assignment: Path
    kills: int
    given: dict[tuple[str, str, str | None], float] = field(default_factory=dict)
    """What people gave so far, by submission, part and check."""

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

    def review(self) -> None:
        """One cluster decided, one answer given other points, one essay marked; the queue is that much shorter."""
        groups = self.queue()
        read = [g for g in groups if g["kind"] != "submission" and g["questions"][0]["role"] != "manual"]
        alike = max(read, key=lambda g: len(g["questions"]))
        first = alike["questions"][0]
        assert len(alike["questions"]) > 1 and alike["kind"]
        essay = next(g["questions"][0] for g in groups if g["questions"][0]["place"] == "Q5.1.review")
        rows = self.out.with_name("decisions.csv")
        with rows.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["submission", "part", "check", "points", "reason", "apply"])
            writer.writerow([first["submission"], first["part"], first["check"], "half", "half of the steps", "all"])
            writer.writerow([essay["submission"], "Q5.1.review", "", "4", "one prompt is thin", "one"])
        done = call("review", str(self.out), "--batch", str(rows), "--author", "ta@example.edu")
        assert done.returncode == 0, done.stderr
        half = round(first["out_of"] / 2, 4)
        self.given |= {(q["submission"], q["part"], q["check"]): half for q in alike["questions"]}
        self.given[essay["submission"], "Q5.1", "review"] = 4
        assert call("review", str(self.out), "--batch", str(rows), "--author", "ta@example.edu").returncode == 0, "twice is once"
        self.everything_given_is_there()
        left = self.queue()
        asked = {(q["submission"], q["part"], q["check"]) for g in left for q in g["questions"]}
        assert not asked & set(self.given)
        assert len(asked) == sum(len(g["questions"]) for g in groups) - len(alike["questions"]) - 1

    def queue(self) -> list[Any]:
        data = json.loads(call("review", str(self.out), "--list", "--json", "-").stdout)
        for group in data["groups"]:
            for q in group["questions"]:
                q["place"] = f"{q['part']}.{q['check']}" if q["check"] else q["part"]
        groups: list[Any] = data["groups"]
        return groups

    def everything_given_is_there(self) -> tuple[Override, ...]:
        with Gradebook.open(self.out) as book:
            found = book.overrides()
        assert {(o.submission, o.part, o.check): o.points for o in found} == self.given and len(found) == len(self.given)
        return found

    def mark_by_hand(self) -> None:
        """A scan is marked as a whole, one answer decided, several decided at once."""
        (scan, *_) = self.export.of_kind("pdf")
        ordinary = self.export.of_kind("ordinary")
        for part, points in (("Q1", 4.5), ("Q5.1", 3)):
            words = ["override", str(self.out), scan, part, str(points), "--reason", "marked on paper", "--author", "ta@example.edu"]
            assert call(*words).returncode == 0
            self.given[scan, part, None] = points
        with Gradebook.open(self.out) as book:
            book.override(ordinary[0], "Q1", 2, reason="explained in the office hour", author="ta@example.edu")
            book.decide(ordinary[1:4], "Q1", 1, signature="x", reason="as agreed", author="prof", check="closed_form")
        self.given[ordinary[0], "Q1", None] = 2
        self.given |= {(name, "Q1", "closed_form"): 1 for name in ordinary[1:4]}
        self.everything_given_is_there()
        assert "explained in the office hour" in call("show", str(self.out), ordinary[0]).stdout

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
        assert not any(o.stale for o in self.everything_given_is_there())
        found = json.loads(call("diff", str(kept), str(self.out), "--json", "-").stdout)
        assert found["only_old"] == found["only_new"] == [] and found["moves"]
        assert len(found["moves"]) + found["same"] == len(self.export.kinds)
        assert all(c["part"] == "Q1" for m in found["moves"] for c in m["checks"])
        assert marked not in [m["submission"] for m in found["moves"]], "an override holds"
        assert {c["why"] for c in found["conflicts"]} == {"result"}
        assert {c["part"] for c in found["conflicts"]} == {"Q1"}, "what else was given stands on what it stood on"
        assert found == json.loads(call("diff", str(self.out), "--json", "-").stdout), "the folder knows how it was before"
        return Counter(c["check"] for m in found["moves"] for c in m["checks"])

    def hand_in_again(self) -> None:
        """A student hands in another text: graded again, alone, and the override is flagged."""
        name = self.export.of_kind("ordinary")[0]
        (path,) = (self.export.folder / name).iterdir()
        path.write_text("## Question 1\n\nI do not know.\n", encoding="utf-8")
        done = call("grade", str(self.export.folder), "--out", str(self.out), "--assignment", str(self.assignment))
        assert f"{len(self.export.kinds) - 1} as before" in done.stderr and "text that has changed since" in done.stdout
        stale = {(o.submission, o.part, o.check) for o in self.everything_given_is_there() if o.stale}
        assert stale == {key for key in self.given if key[0] == name}
        asked = {(q["submission"], q["part"], q["check"]) for g in self.queue() for q in g["questions"] if q["stale"]}
        assert asked == stale if (name, "Q1", None) not in stale else (name, "Q1", None) in asked
        done = call("export", str(self.out), "--csv", str(self.out.with_name("grades.csv")))
        assert done.returncode == 1 and "a text that has changed since" in done.stderr and "open points" in done.stderr
        for _, part, check in stale:
            place = f"{part}.{check}" if check else part
            assert call("override", str(self.out), name, place, "--keep", "--author", "ta@example.edu").returncode == 0
        assert not any(o.stale for o in self.everything_given_is_there())

    def export_the_class(self) -> None:
        """A row for each student of the roster with the marks that count; nobody is lost and nobody is there twice."""
        path = self.out.with_name("grades.csv")
        assert not path.exists(), "refused before"
        done = call("export", str(self.out), "--csv", str(path), "--open", "min", "--feedback", str(self.out.with_name("feedback")))
        assert done.returncode == 0, done.stderr
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, strict=True))
        assert [r["SID"] for r in rows] == [p.sid for p in self.export.roster], "every student once, in the roster's order"
        assert {r["SID"] for r in rows if r["Status"] == "Missing"} == {p.sid for p in self.export.absent}
        whose = {p.sid: name for name, people in self.export.submitters.items() for p in people}
        heads = {head.partition(":")[0]: head for head in rows[0] if head.endswith("pts)")}
        with Gradebook.open(self.out) as book:
            for row in rows:
                if row["Status"] == "Missing":
                    continue
                assert row["Submission ID"] == whose[row["SID"]]
                marks = {m.part.removeprefix("Q"): m for m in book.marks(row["Submission ID"])}
                assert {part: float(row[head]) for part, head in heads.items()} == {p: round(m.min, 4) for p, m in marks.items()}
                assert float(row["Total Score"]) == pytest.approx(sum(m.min for m in marks.values()))
                assert not any(cell.lstrip()[:1] in ("=", "+", "-", "@") for cell in row.values())
        for name, part, check in self.given:
            if check is None:
                row = next(r for r in rows if r["Submission ID"] == name)
                assert float(row[heads[part.removeprefix("Q")]]) == self.given[name, part, check]
        reports = list(self.out.with_name("feedback").glob("*.json"))
        assert len(reports) == len(self.export.kinds)
        figures = json.loads(call("stats", str(self.out), "--json", "-").stdout)
        assert figures["submissions"] == len(self.export.kinds) and len(figures["parts"]) == 20

    def come_back_later(self) -> None:
        """A further call changes nothing."""
        before = written(self.out)
        done = call("grade", "--out", str(self.out), "--resume")
        assert done.returncode == 0 and f"{len(self.export.kinds)} as before" in done.stderr
        assert written(self.out) == before


def travel(journey: Journey) -> None:
    began = time.monotonic()

    def told(step: str) -> None:
        nonlocal began
        print(f"{step}: {time.monotonic() - began:.1f} s")
        began = time.monotonic()

    journey.grade()
    told("graded, killed and resumed")
    journey.everybody_is_accounted_for()
    journey.review()
    told("reviewed")
    journey.mark_by_hand()
    told("marked by hand")
    moved = journey.change_the_rubric()
    assert {"closed_form", "moments"} <= set(moved) <= {"closed_form", "moments", "q1_kl"}, moved
    told("regraded and compared")
    journey.hand_in_again()
    told("handed in again")
    journey.export_the_class()
    told("exported")
    journey.come_back_later()
    told("nothing more to do")


def test_a_small_class(tmp_path: Path) -> None:
    travel(Journey.of(tmp_path, 24, 2, small=True))


@pytest.mark.slow
def test_a_class_of_three_hundred(tmp_path: Path) -> None:
    travel(Journey.of(tmp_path, 300, 3, small=False))
