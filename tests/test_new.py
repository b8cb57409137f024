"""A new assignment passes lint and selftest as it is made, and nothing is overwritten."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from grader.assignment import Assignment
from grader.cli import app
from grader.errors import OperatorError
from grader.lint import lint
from grader.scaffold import scaffold
from grader.selftest import selftest


@pytest.mark.parametrize("name", ["hw4", "no", "2022-12-05", "10", "a.b_c-d"])
def test_it_passes_at_once(tmp_path: Path, name: str) -> None:
    scaffold(name, tmp_path)
    assert [str(fault) for fault in lint(tmp_path / name)] == []
    assert Assignment(tmp_path / name).file.id == name
    if name == "hw4":
        rows = list(selftest(Assignment(tmp_path / name)))
        assert [row for row in rows if row.faults] == []
        assert any("ada.md" in row.what for row in rows)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a b", "-x", "x;rm", "é", "a" * 81, "a\n", ".hidden"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OperatorError, match="a name is letters"):
        scaffold(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "folder", "link"):
        with pytest.raises(OperatorError, match="exists already"):
            scaffold(name, tmp_path)
    assert (tmp_path / "file").read_text() == "mine"
    assert list((tmp_path / "folder").iterdir()) == []


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be written"):
        scaffold("x", tmp_path / "missing")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["new", "hw4"])
    assert done.exit_code == 0 and "grader lint --assignment hw4" in done.stdout
    assert CliRunner().invoke(app, ["new", "hw4"]).exit_code == 2
    assert CliRunner().invoke(app, ["new", "../hw5"]).exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["hw4"]


def test_the_templates_are_shipped() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    globs = setup["package-data"]["grader"]
    files = [
        p.relative_to(ROOT / "grader").as_posix() for p in (ROOT / "grader" / "templates").rglob("*") if p.is_file()
    ]
    assert files and all(any(fnmatch(f, g) for g in globs) for f in files)
