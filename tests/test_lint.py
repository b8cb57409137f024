"""Broken rubrics, one fault each, and files with several: lint points at each of them and at nothing else."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, cases

from grader.errors import OperatorError
from grader.lint import lint
from grader.report.github import annotation

TINY = ROOT / "tests" / "tiny"
ROWS = cases("broken_rubrics.yaml")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    shutil.copytree(TINY, tmp_path / "tiny", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "tiny"


def place(text: str) -> tuple[int, int]:
    """Line and column of the mark § in a text."""
    before = text[: text.index("§")]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def broken(folder: Path, row: dict[str, Any]) -> tuple[str, int, int]:
    """Make the edits of a row; the file, line and column that lint must name."""
    path = folder / row.get("file", "rubrics/q1.yaml")
    text = row["all"] if "all" in row else path.read_text(encoding="utf-8")
    edits = [(row["old"], row["new"])] if "old" in row else []
    for old, new in [*edits, *row.get("and", ())]:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text.replace("§", ""), encoding="utf-8")
    if "§" in text:
        return str(path), *place(text)
    named = folder / row.get("at_file", row.get("file", "rubrics/q1.yaml"))
    now = named.read_text(encoding="utf-8")
    assert row["at"].replace("§", "") in now
    return str(named), *place(now.replace(row["at"].replace("§", ""), row["at"], 1))


def test_the_tiny_assignment_has_no_fault(tiny: Path) -> None:
    assert lint(tiny) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_one_fault_is_found_where_it_is_and_nothing_else(tiny: Path, row: dict[str, Any]) -> None:
    path, line, column = broken(tiny, row)
    found = [str(fault) for fault in lint(tiny)]
    assert len(found) == 1, found
    assert found[0].startswith(f"{path}:{line}:{column}: "), (found, line, column)
    assert row["says"] in found[0], found


def test_there_are_enough_rows() -> None:
    assert len(ROWS) >= 40
    assert len({row["name"] for row in ROWS}) == len(ROWS)


# rows whose edits do not touch the same text: made together, all are found in one run, and again nothing else
TOGETHER = {
    "what stands under a misspelt key": [
        "the list of checks under another key",
        "a pattern that is none",
        "a phrase twice",
    ],
    "form, names and words of one file": [
        "a key of a check that is none",
        "a key of a part spelt wrong",
        "an answer carried from nowhere",
        "a name that cannot be read",
        "a pattern that is none",
        "a phrase that takes itself back",
        "a region that nothing satisfies",
        "a group that another one includes",
    ],
    "a check left out, the others looked at": [
        "words for a number",
        "an example that cannot be read",
        "a region that nothing satisfies",
        "a function that no world has",
    ],
    "several files": [
        "a truth value that looks like a word",
        "a part's id in another file",
        "a regime that nothing satisfies",
        "a derivation made once",
    ],
    "YAML's own surprises": [
        "a key twice",
        "a truth value that looks like a word",
        "a number in base eight",
        "a number that is a string",
        "a time that is a number",
    ],
}
FOLLOWS = {"a check left out, the others looked at": {"an example that cannot be read"}}
"""What cannot be seen behind another fault: an example of a check whose form is wrong."""


@pytest.mark.parametrize("name", TOGETHER)
def test_all_faults_of_a_run_are_found(tiny: Path, name: str) -> None:
    rows = [next(row for row in ROWS if row["name"] == wanted) for wanted in TOGETHER[name]]
    texts: dict[Path, str] = {}
    for number, row in enumerate(rows):
        path = tiny / row.get("file", "rubrics/q1.yaml")
        text = texts.get(path) or path.read_text(encoding="utf-8")
        assert row["old"] in text, row["name"]
        mark = f"§{number}§"
        texts[path] = text.replace(row["old"], row["new"].replace("§", mark), 1)
        if "at" in row:
            texts[path] = texts[path].replace(row["at"].replace("§", ""), row["at"].replace("§", mark), 1)
    wanted = {}
    for path, text in texts.items():
        while (found := re.search(r"§(\d+)§", text)) is not None:
            before = text[: found.start()]
            place = before.count("\n") + 1, len(before) - before.rfind("\n")
            wanted[int(found[1])] = (str(path), *place)
            text = text[: found.start()] + text[found.end() :]
        path.write_text(text, encoding="utf-8")
    there = {(f.path, f.line, f.column): f.message for f in lint(tiny)}
    expected = {wanted[i]: row["says"] for i, row in enumerate(rows) if row["name"] not in FOLLOWS.get(name, ())}
    assert set(there) == set(expected), [there, expected]
    assert all(says in there[place] for place, says in expected.items()), there


def test_aliases_do_not_explode(tiny: Path) -> None:
    path = tiny / "rubrics" / "q2.yaml"
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{other}: &{other} [" + ", ".join([f"*{one}"] * 9) + "]\n"
    path.write_text(bomb, encoding="utf-8")
    faults = [f for f in lint(tiny) if f.path == str(path)]
    assert sum("aliases" in f.message for f in faults) == 72


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 5000, "{a: " * 100_000])
def test_depth_is_bounded(tiny: Path, text: str) -> None:
    (tiny / "rubrics" / "q2.yaml").write_text(text, encoding="utf-8")
    assert any("nested more than" in f.message for f in lint(tiny))


def test_what_is_not_utf8_or_too_large_is_one_fault(tiny: Path) -> None:
    path = tiny / "rubrics" / "q2.yaml"
    for data, word in ((b"title: \xe9", "not UTF-8"), (b"#" * 2_000_001, "larger"), (b"a: \x07", "does not allow")):
        path.write_bytes(data)
        found = lint(tiny)
        assert len(found) == 1 and word in found[0].message, found


def test_a_missing_assignment_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no assignment here"):
        lint(tmp_path)


# what is printed


def test_annotations_are_escaped() -> None:
    text = annotation("error", "a,b:c%.yaml", 3, 7, "100 % wrong:\r\na, b")
    assert text == "::error file=a%2Cb%3Ac%25.yaml,line=3,col=7::100 %25 wrong:%0D%0Aa, b"


def command(*args: str, cwd: Path) -> tuple[int, list[str]]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "grader", *args], capture_output=True, text=True, cwd=cwd, env=env, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.splitlines()


def test_the_command_prints_places_and_annotations(tiny: Path) -> None:
    row = next(row for row in ROWS if row["name"] == "a regime outside the world")
    _, line, column = broken(tiny, row)
    message = "zeros: no values satisfy a > 7 in the part's world"
    assert command("lint", "--assignment", "tiny", cwd=tiny.parent) == (
        1,
        [f"tiny/rubrics/q1.yaml:{line}:{column}: {message}"],
    )
    assert command("lint", "--github", "--assignment", "tiny", cwd=tiny.parent) == (
        1,
        [f"::error file=tiny/rubrics/q1.yaml,line={line},col={column}::{message}"],
    )


def test_without_a_fault_nothing_is_annotated(tiny: Path) -> None:
    assert command("lint", "--github", "--assignment", "tiny", cwd=tiny.parent) == (0, [])


ODD = ["", "[]", "{}", "null", "true", "-1", ".nan", "'\\frac{'", "[a, b]", "{a: 1}", "[[]]", "'('", "'$$ x $$'", "[z]", "'a < b < c'"]  # fmt: skip


@pytest.mark.slow
def test_no_edit_makes_lint_fall_over(tiny: Path) -> None:
    """Lines lost, doubled, filled with something else or cut by a stray character: faults, never a traceback."""
    rng = random.Random(7)
    path = tiny / "rubrics" / "q1.yaml"
    original = path.read_text(encoding="utf-8").split("\n")
    for _ in range(400):
        lines = list(original)
        for _ in range(rng.choice([1, 1, 2, 3])):
            i, kind = rng.randrange(len(lines)), rng.random()
            if kind < 0.25:
                del lines[i]
            elif kind < 0.8 and ": " in lines[i]:
                lines[i] = lines[i].split(": ")[0] + ": " + rng.choice(ODD)
            elif kind < 0.9:
                lines.insert(i, rng.choice(lines))
            else:
                at = rng.randrange(len(lines[i]) + 1)
                lines[i] = lines[i][:at] + rng.choice("[]{}:,'\"*&!#- \\$") + lines[i][at:]
        path.write_text("\n".join(lines), encoding="utf-8")
        assert all(fault.message and fault.line >= 1 and fault.column >= 1 for fault in lint(tiny))
