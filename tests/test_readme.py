"""The class that README shows is the one of the examples; what else it shows is run by `test_docs`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_class_is_the_one_shown(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grader", "grade", "submissions_example", "--out", str(tmp_path), "--jobs", "2"],
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
