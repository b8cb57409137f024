"""The benchmarks run and say what they measured; how fast anything is, is not tested here."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from conftest import ROOT

sys.path.append(str(ROOT))

from benchmarks import bench, report
from benchmarks.measuring import alternated, exponent, run
from benchmarks.row import Options, Row, at_least, at_most, missing

QUICK = Options(quick=True)


@pytest.mark.parametrize("name", bench.ALL)
def test_every_measure_is_there(name: str) -> None:
    if name == "web":
        pytest.importorskip("httpx2")
    module, function = bench.ALL[name]
    assert callable(getattr(importlib.import_module(f"benchmarks.{module}"), function))


def test_growth_gives_rows() -> None:
    (section,) = bench.sections(["growth"], QUICK)
    assert len(section.rows) == 4 and all(row.measured is not None for row in section.rows), section.rows
    assert "links, all confirmed" in section.rows[0].note
    text = report.markdown([section], load=0.0)
    assert text.count("\n| growth with the ") == 3 and "Python 3." in text


def test_what_is_missing_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "math_verify", None)  # the import fails
    monkeypatch.setitem(sys.modules, "antlr4", None)
    (section,) = bench.sections(["pairs"], QUICK)
    absent = [row for row in section.rows if row.measured is None]
    assert ["math-verify" in absent[0].what, "SymPy" in absent[1].what, len(absent)] == [True, True, 2]
    assert next(row for row in section.rows if row.what.endswith("this grader: right")).measured == 100


def test_targets() -> None:
    assert Row("a", 2.0, "s", at_most(2)).reached and not Row("a", 2.1, "s", at_most(2)).reached
    assert Row("a", 20.0, "×", at_least(20)).reached and not Row("a", 19.0, "×", at_least(20)).reached
    assert Row("a", 1.0, "s").reached is None and missing("a", "no tool").reached is None
    sections = [report.Section("one", (Row("a | b", 3.0, "s", at_most(2), "why"), missing("c", "no tool")))]
    assert report.summary(sections) == "0 of 1 targets reached"
    assert "| a \\| b | 3 s | ≤ 2 | **no** | why |" in report.markdown(sections, load=0.0)


def test_the_table_is_renewed_and_the_prose_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    for value in (1.0, 2.0):
        report.written_into(page, [report.Section("one", (Row("a", value, "s"),))], load=0.0)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith(f"{report.END}\nafter\n")
    assert "| a | 2 s |" in text and "1 s" not in text and "old" not in text
    assert report.has_markers(ROOT / "docs" / "benchmarks.md")


def test_a_partial_table_replaces_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main(["--only", "growth", "--out", str(ROOT / "docs" / "benchmarks.md")])
    with pytest.raises(SystemExit, match="2"):
        bench.main(["--out", str(ROOT / "README.md")])
    assert "markers" in capsys.readouterr().err


def test_growth_is_an_exponent() -> None:
    assert exponent([1, 2, 4, 8], [3.0, 12.0, 48.0, 192.0]) == pytest.approx(2)
    first, second = alternated([lambda: None, lambda: sum(range(200_000))], 3)
    assert len(first) == len(second) == 3 and sorted(first)[1] < sorted(second)[1]


def test_processes_are_measured_and_stopped() -> None:
    ended = run(
        [sys.executable, "-c", "x = bytearray(60_000_000); print('said'); import time; time.sleep(.1)"], look=0.005
    )
    assert (ended.status, ended.said.strip(), ended.stopped) == (0, "said", False)
    assert ended.wall >= 0.1 and ended.main_mb > 57 and ended.below_mb == 0
    hung = run([sys.executable, "-c", "while True: pass"], limit=0.2)
    assert hung.stopped and hung.status == -9
