"""The tutorial is run as it stands: its files written, its commands given, their output compared."""

from __future__ import annotations

from pathlib import Path

import yaml
from conftest import ROOT
from tutorial import agrees, play, steps

DOCUMENT = ROOT / "docs" / "writing_a_rubric.md"


def test_the_tutorial_does_what_it_shows(tmp_path: Path) -> None:
    assert play(DOCUMENT, tmp_path) >= 6
    assert (tmp_path / "hw4" / "reference" / "posterior.py").is_file()


def test_its_workflow_is_that_of_the_page_about_ci() -> None:
    """The same file is shown twice; readers copy either."""
    ours = next(s.text for s in steps(DOCUMENT) if s.path.startswith(".github/"))
    theirs = next(s.text for s in steps(ROOT / "docs" / "ci.md") if s.path.startswith(".github/"))
    assert ours == theirs
    assert yaml.safe_load(ours)["jobs"]


def test_outputs_are_compared() -> None:
    assert agrees("a\n...\nc\n", "a\nb\nb\nc\n") and agrees("a\n", "a  \n") and agrees("", "")
    assert not agrees("a\n", "b\n") and not agrees("a\n...\nc\n", "a\nb\n") and not agrees("a\n", "a\nb\n")
