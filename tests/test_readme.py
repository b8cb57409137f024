"""README's examples do what it shows, and its commands exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def examples() -> list[tuple[str, str]]:
    """Commands of the code blocks with the output shown below them."""
    found = []
    for block in re.findall(r"```\n(\$ grader .*?)```", README, re.DOTALL):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = piece.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.parametrize("command,output", examples(), ids=lambda x: x[:40])
def test_example(command: str, output: str) -> None:
    words = shlex.split(command)
    assert words[0] == "grader"
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", *words[1:]], capture_output=True, text=True, cwd=ROOT, encoding="utf-8"
    )
    assert done.stdout == output


def test_the_class_is_the_one_shown(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", "grade", "submissions_example", "--out", str(tmp_path), "--jobs", "2"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "100"},
    )
    rows = [line.rstrip() for line in done.stdout.splitlines() if re.match(r" [a-z]+_", line)]
    assert len(rows) > 20
    # what Python answers get depends on what is installed: their keys are tested where they can be run
    assert not [row for row in rows if not row.startswith(" py_") and row not in README]
    assert all(row.split()[0] in README for row in rows)


def test_there_are_examples_and_the_targets_exist() -> None:
    assert len(examples()) >= 2
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE) or target == "bench-web", target  # of the pattern bench-%
