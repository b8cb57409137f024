"""PDFs through the operator's command: run once, killable, its output kept; without a command a person looks."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from gradescope_export import SMALL

from grader.batch import Event, Plan, run
from grader.errors import OperatorError
from grader.gradebook import Gradebook, Result
from grader.intake.convert import checked, convert
from grader.intake.find import find

Tool = Callable[[str], str]


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """Makes a converter of a Python body that has `source` and `target`; counts its runs in `runs`."""

    def make(body: str, out: str = "{out}") -> str:
        script = tmp_path / "tool.py"
        script.write_text(
            "import os, subprocess, sys, time\n"
            f"open({str(tmp_path / 'runs')!r}, 'a').write('x')\n"
            f"source, target = sys.argv[1], (sys.argv + [''])[2]\n{body}\n",
            encoding="utf-8",
        )
        return f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {{in}} {out}".strip()

    return make


def runs(tmp_path: Path) -> int:
    return len((tmp_path / "runs").read_text()) if (tmp_path / "runs").exists() else 0


GOOD = f"open(target, 'w').write({SMALL!r})"


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "class" / "ada; rm -rf $HOME.pdf"
    path.parent.mkdir()
    path.write_bytes(b"%PDF-1.4")
    return path


def grade(tmp_path: Path, command: str | None, **kind: float) -> tuple[Result, list[Event]]:
    out = tmp_path / "out"
    events: list[Event] = []
    plan = Plan(out, pdf_command=command, pdf_seconds=kind.get("seconds", 20))
    run(find([tmp_path / "class"], out / "unpacked").entries, plan, done=events.append)
    with Gradebook.open(out) as book:
        (result,) = book.results()
        return result, events


def test_the_whole_way(tmp_path: Path, pdf: Path, tool: Tool) -> None:
    """Without a command; with one; the same again; mended by hand; another command."""
    result, _ = grade(tmp_path, None)
    assert result.status == "needs_a_person" and "PDF: needs a converter or a person" in result.notes[0]
    assert result.summary.min == 0 and result.summary.max == 71
    result, _ = grade(tmp_path, tool(GOOD))
    assert result.status == "review" and result.summary.min >= 1 and runs(tmp_path) == 1
    (text,) = (tmp_path / "out" / "converted").rglob("*.md")
    assert text.read_text() == SMALL, "kept beside the grade"
    again, events = grade(tmp_path, tool(GOOD))
    assert again == result and events[0].cached and runs(tmp_path) == 1
    text.write_text("## Question 1\n\nnothing\n")
    mended, events = grade(tmp_path, tool(GOOD))
    assert mended.summary.min == 0 and not events[0].cached and runs(tmp_path) == 1
    assert any("mended by hand" in note for note in mended.notes) and text.read_text().endswith("nothing\n")
    other, _ = grade(tmp_path, tool(GOOD) + " --better")
    assert other.summary.min >= 1 and runs(tmp_path) == 2, "another command converts again"
    (tmp_path / "class" / "ada; rm -rf $HOME.pdf").write_bytes(b"%PDF-1.4 corrected")
    _, events = grade(tmp_path, tool(GOOD) + " --better")
    assert not events[0].cached and runs(tmp_path) == 3, "another PDF as well"


@pytest.mark.parametrize(
    "body,said",
    [
        ("sys.exit('no GPU')", r"failed with status 1 \(no GPU\)"),
        ("pass", "wrote nothing"),
        ("open(target, 'w').close()", "wrote nothing"),
        ("os.symlink('/etc/passwd', target)", "wrote nothing"),
        ("os.kill(os.getpid(), 9)", "failed with status -9"),
    ],
)
def test_a_converter_that_fails_leaves_it_to_a_person(tmp_path: Path, pdf: Path, tool: Tool, body: str, said: str) -> None:
    found = convert(pdf, tmp_path / "made", tool(body), 20)
    import re

    assert found.path is None and re.search(said, found.failure), found
    assert list((tmp_path / "made").iterdir()) == []
    if body == "pass":
        result, _ = grade(tmp_path, tool(body))
        assert result.status == "needs_a_person" and "wrote nothing" in result.notes[0]
        grade(tmp_path, tool(GOOD))
        assert runs(tmp_path) == 3, "what failed is tried again in the next batch"


def test_a_converter_that_hangs_is_ended_with_all_it_started(tmp_path: Path, pdf: Path, tool: Tool) -> None:
    body = "subprocess.Popen(['sleep', '300']); print(os.getpgid(0), file=open(sys.argv[3], 'w'), flush=True); time.sleep(300)"
    start = time.monotonic()
    found = convert(pdf, tmp_path / "made", f"{tool(body)} {tmp_path / 'group'}", 1.5)
    assert "took longer than 1.5 s and was stopped" in found.failure and time.monotonic() - start < 10
    group = int((tmp_path / "group").read_text())
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)  # until whoever adopted it has buried it
    states = [Path(f"/proc/{p}/stat").read_text() for p in os.listdir("/proc") if p.isdigit() and os.getpgid(int(p)) == group]
    assert all(") Z " in s for s in states), states


@pytest.mark.parametrize("where", ["target", "stdout", "stderr"])
def test_a_converter_that_floods_is_ended(tmp_path: Path, pdf: Path, tool: Tool, where: str) -> None:
    body = {
        "target": "f = open(target, 'w')\nwhile True: f.write('x' * 100000)",
        "stdout": "while True: sys.stdout.write('x' * 100000)",
        "stderr": "while True: sys.stderr.write('x' * 100000)",
    }[where]
    found = convert(pdf, tmp_path / "made", tool(body, "" if where == "stdout" else "{out}"), 20)
    assert "wrote more than 2 MB" in found.failure
    assert list((tmp_path / "made").iterdir()) == []


def test_standard_output_is_the_text_where_no_file_is_named(tmp_path: Path, pdf: Path, tool: Tool) -> None:
    found = convert(pdf, tmp_path / "made", tool("print('héllo')", ""), 20)
    assert found.path is not None and found.path.read_text(encoding="utf-8") == "héllo\n"


@pytest.mark.parametrize(
    "command,said", [("tool {out}", "says nowhere {in}"), ("no_such_tool_here {in}", "no program"), ("a 'b {in}", "quotation")]
)
def test_commands_that_cannot_be_run(command: str, said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        checked(command)


def test_a_print_beside_the_source_is_not_converted(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "hw.md").write_text(SMALL, encoding="utf-8")
    (tmp_path / "class" / "ada" / "hw.pdf").write_bytes(b"%PDF")
    result, _ = grade(tmp_path, tool(GOOD))
    assert runs(tmp_path) == 0 and result.summary.min >= 1
