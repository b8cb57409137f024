"""The figures of a class, on a gradebook small enough to count by hand."""

from __future__ import annotations

import json
import statistics as library
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from made_gradebook import check, made, part, put, step
from typer.testing import CliRunner

from grader.cli import app
from grader.gradebook import Gradebook, Upload, statistics
from grader.gradebook.statistics import quartiles
from grader.report.stats_tables import bars


def class_of(path: Path) -> Gradebook:
    """Five students; Q1 out of 4 with marks 0, 1, 2, 4 and one open between 1 and 3, Q2 out of 1."""

    def q1(final: float, steps: float, *lines: dict, most: float | None = None) -> dict:  # type: ignore[type-arg]
        high = steps if most is None else most
        wrote = "" if final or steps else "missing"
        return part(
            "Q1",
            [check("final", final, final, 2, outcome=wrote if not final else ""), check("steps", steps, high, 2)],
            steps=lines,
        )

    def q2(points: float, **kind: object) -> dict:  # type: ignore[type-arg]
        return part("Q2", [check("sign", points, points, 1, **kind)])  # type: ignore[arg-type]

    return made(
        path,
        {
            "ada": [q1(2, 2), q2(1)],
            "bob": [q1(2, 0, step(3, diagnosis="mend_sign"), step(4, after="s3")), q2(0, note="differs", line=20, diagnosis="sign")],
            "cyd": [q1(0, 1, step(7, diagnosis="mend_sign"), step(8, diagnosis="mend_sign")), q2(1)],
            "dan": [q1(0, 0), q2(0, note="differs", line=30)],
            "eve": [q1(1, 0, most=2), q2(0.5)],
        },
    )  # fmt: skip


def test_parts_and_the_whole(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        found = statistics(book)
    assert found.submissions == 5
    q1, q2 = found.parts
    assert (q1.id, q1.out_of, q1.settled, q1.open) == ("Q1", 4, 4, 1)
    assert q1.histogram == (1, 0, 1, 0, 0, 1, 0, 0, 0, 1), "0, 1, 2 and 4 of 4"
    assert q1.quartiles == (0, 0.75, 1.5, 2.5, 4)
    assert (q1.mean, q1.mean_min, q1.mean_max) == (1.75, 1.6, 2)
    assert (q2.settled, q2.open, q2.mean, q2.quartiles) == (5, 0, 0.5, (0, 0, 0.5, 1, 1))
    assert q2.histogram == (2, 0, 0, 0, 0, 1, 0, 0, 0, 2)
    assert (found.total.out_of, found.total.settled, found.total.open) == (5, 4, 1)
    assert found.total.quartiles == (0, 1.5, 2, 2.75, 5)
    assert found.total.mean_min == pytest.approx(2.1) and found.total.mean_max == pytest.approx(2.5)


def test_checks(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        found = {f"{c.part}.{c.check}": c for c in statistics(book).checks}
        final, steps, sign = (found[n] for n in ("Q1.final", "Q1.steps", "Q2.sign"))
        assert (final.full, final.partial, final.none, final.missing, final.open) == (2, 1, 2, 1, 0)
        assert final.failing == pytest.approx(0.6)
        assert (steps.full, steps.partial, steps.none, steps.open, steps.open_points) == (1, 1, 2, 1, 2)
        assert steps.failing == pytest.approx(0.75) and sign.failing == pytest.approx(0.6)
        assert [(c.part, c.check) for c in statistics(book).undecided()] == [("Q1", "steps")]


def test_what_people_gave_counts(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        book.override("eve", "Q1", 2, check="steps", reason="r", author="me")
        book.override("dan", "Q2", 1, reason="r", author="me")
        found = statistics(book)
        q1, q2 = found.parts
        assert (q1.settled, q1.open, q1.quartiles) == (5, 0, (0, 1, 2, 3, 4))
        assert q2.quartiles == (0, 0.5, 1, 1, 1)
        steps, sign = found.checks[1], found.checks[2]
        assert (steps.full, steps.open) == (2, 0)
        assert sign.full + sign.partial + sign.none == 4, "a mark for the part says nothing of its checks"


def test_mistakes_and_where_they_stand(tmp_path: Path) -> None:
    with class_of(tmp_path) as book:
        found = [(d.part, d.kind, d.count, d.examples) for d in statistics(book).diagnoses]
    assert ("Q1", "mend_sign", 2, (("bob", "hw.md", 3), ("cyd", "hw.md", 7))) in found, "once for each student"
    assert [count for _, _, count, _ in found] == sorted((count for _, _, count, _ in found), reverse=True)
    assert ("Q2", "differs", 1, (("dan", "hw.md", 30),)) in found
    assert ("Q2", "sign", 1, (("bob", "hw.md", 20),)) in found
    assert not any(line == 4 for *_, examples in found for _, _, line in examples), "what only follows is not counted"


@pytest.mark.parametrize("values", [[1], [1, 2], [0, 0, 3], [1, 2, 3, 4], [5, 1, 4, 4, 2, 2, 2], list(range(11)) * 3])
def test_quartiles_are_those_of_the_library(values: list[float]) -> None:
    found = quartiles(Counter(float(v) for v in values))
    assert found is not None and (found[0], found[4]) == (min(values), max(values))
    if len(values) > 1:
        assert list(found[1:4]) == library.quantiles(values, n=4, method="inclusive")
    assert quartiles({}) is None


def test_bars() -> None:
    assert bars([0, 1, 50, 100]) == " ▁▄█" and bars([]) == "" and bars([0, 0]) == "  "


def test_the_command_and_an_empty_gradebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    class_of(tmp_path / "grades").close()
    done = CliRunner().invoke(app, ["stats", str(tmp_path / "grades")])
    assert done.exit_code == 0
    for said in (
        "Marks per part (5 submissions)",
        "1.6–2",
        "Checks that most fail",
        "60%",
        "one sign is reversed",
        "bob:3, cyd:7",
    ):
        assert said in done.stdout, said
    data = json.loads(CliRunner().invoke(app, ["stats", str(tmp_path / "grades"), "--json", "-"]).stdout)
    assert data["schema"] == "grader/stats/1" and data["parts"][0]["quartiles"] == [0, 0.75, 1.5, 2.5, 4]
    assert data["checks"][0]["failing"] == 0.6 and data["undecided"] == [
        {"part": "Q1", "check": "steps", "open": 1, "points": 2}
    ]
    french = CliRunner().invoke(app, ["stats", str(tmp_path / "grades"), "--lang", "fr"]).stdout
    assert "Notes par partie" in french and "un signe est inversé" in french
    made(tmp_path / "none", {}).close()
    assert CliRunner().invoke(app, ["stats", str(tmp_path / "none")]).exit_code == 0
    assert CliRunner().invoke(app, ["stats", str(tmp_path / "not_there")]).exit_code == 2


def test_memory_does_not_grow_with_the_class(tmp_path: Path) -> None:
    """Reports are let go of one by one: ten times the class takes hardly more."""
    long = [step(n, diagnosis=f"constant_factor {n}") | {"reads": "x" * 500} for n in range(200)]

    def peak(count: int) -> int:
        with made(tmp_path / str(count), {}) as book:
            book.register([Upload(f"s{i}", "class", "class", ("hw.md",)) for i in range(count)])
            for i in range(count):
                put(book, f"s{i}", [part("Q1", [check("x", 0, 0, 2)], steps=long)])
            tracemalloc.start()
            statistics(book)
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return most

    assert peak(60) < 1.5 * peak(6) + 100_000
