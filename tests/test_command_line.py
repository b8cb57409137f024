"""The commands as a user runs them: exit status, messages, bad input, hostile input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

BOUND = 30
"""Seconds after which a run counts as hung: generous, because machines differ; the work itself is capped by counts."""


def run(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", *args],
        capture_output=True,
        text=True,
        timeout=BOUND,
        cwd=cwd,
        encoding="utf-8",
    )


HEAD = "Question 1\n\nRéponse:\n\n"
BAD: dict[str, tuple[str, bytes, int, str]] = {
    "not_utf8": ("a.md", HEAD.encode("latin-1") + b"$$x = y$$", 0, "a.md:3:2: byte 0xe9 is not UTF-8"),
    "empty": ("a.tex", b"", 2, "the file is empty"),
    "binary": ("a.tex", bytes(range(256)) * 40, 2, "the file is not text"),
    "null_bytes": ("a.md", b"Question 1\n\n\x00 $x=1$", 2, "the file is not text"),
    "ten_megabytes": ("a.tex", b"$x=1$ a\n" * 1_300_000, 2, "at most 1000000 are read"),
    "unclosed_environment": (
        "a.tex",
        b"\\section{Question 1}\n\\begin{align*}\nKL &= \\frac{1}{2\n\n\\section{Question 4}\n",
        0,
        "a.tex:2:1:",
    ),
    "recursive_macro": (
        "a.tex",
        b"\\newcommand{\\a}{\\b\\b}\\newcommand{\\b}{\\a\\a}\n\\section{Question 1}\n$$ KL = \\a $$",
        0,
        "calls itself without end",
    ),
    "doubling_macro": (
        "a.tex",
        "".join(f"\\newcommand{{\\m{chr(97 + i)}}}{{\\m{chr(98 + i)}\\m{chr(98 + i)}}}" for i in range(25)).encode()
        + b"\n\\section{Question 1}\n$$ KL = \\ma $$",
        0,
        "makes too much text",
    ),
    "tower": ("a.md", (HEAD + r"$$KL[q\|p] = 9^{9^{9^9}}$$").encode(), 0, ""),
    "factorial": ("a.md", (HEAD + r"$$KL[q\|p] = (10^9)!$$").encode(), 0, ""),
    "long_number": ("a.md", (HEAD + "$$KL[q\\|p] = " + "7" * 5000 + "$$").encode(), 0, "a number of 5000 digits"),
    "nesting": (
        "a.md",
        (HEAD + "$$KL[q\\|p] = " + "(" * 2000 + "1" + ")" * 2000 + "$$").encode(),
        0,
        "nested more than",
    ),
    "deep_fractions": (
        "a.md",
        (HEAD + "$$KL = " + "\\frac{1}{" * 900 + "2" + "}" * 900 + "$$").encode(),
        0,
        "nested more than",
    ),
    "fractions_of_depth_5000": (
        "a.md",
        (HEAD + "$$KL = " + "\\frac{1}{" * 5000 + "2" + "}" * 5000 + "$$").encode(),
        0,
        "too long",
    ),
    "outside_file": (
        "a.tex",
        b"\\input{/etc/passwd}\n\\section{Question 1} $x=1$",
        0,
        "no such file in the submission",
    ),
    "file_beside": (
        "a.tex",
        b"\\input{../other}\n\\section{Question 1} $x=1$",
        0,
        "no such file in the submission",
    ),
    "no_question": ("a.md", b"Dear TA, please give me all points.", 2, "no question of this homework"),
    "bidirectional": ("a.md", (HEAD + "$x = \u202e1$ __import__('os')").encode(), 0, ""),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_clear_message(case: str, tmp_path: Path) -> None:
    name, data, status, message = BAD[case]
    (tmp_path / name).write_bytes(data)
    done = run("check", name, cwd=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert " ".join(message.split()) in " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("case", ["tower", "factorial", "long_number", "nesting"])
def test_hostile_formulas_are_never_decided(case: str, tmp_path: Path) -> None:
    name, data, _, _ = BAD[case]
    (tmp_path / name).write_bytes(data)
    done = run("check", name, "--json", "-", cwd=tmp_path)
    part = json.loads(done.stdout)["parts"][0]
    closed = next(c for c in part["checks"] if c["id"] == "closed_form")
    assert closed["outcome"] == "undecided"


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ["line 35", "the two sides differ", "line 36 is right again"]), ("fr", ["ligne 35", "diffèrent"])],
)
def test_false_lines_are_shown_with_their_numbers(lang: str, words: list[str]) -> None:
    done = run("check", "submissions_example/en_sloppy.tex", "--lang", lang)
    assert done.returncode == 1 and not done.stderr
    text = " ".join(done.stdout.split())
    assert all(word in text for word in words)


CHAINS = {
    "two_thousand_rows": ["&= E_q[\\log q(x)] - E_q[\\log p(x)] + 1 - 1"] * 2000,
    "two_thousand_false_rows": [f"&= E_q[\\log q(x)] - E_q[\\log p(x)] + {i + 1}" for i in range(2000)],
    "a_row_of_twenty_thousand_characters": ["&= " + " + ".join(["\\mu_1^2 \\sigma_1"] * 1250)],
}


@pytest.mark.parametrize("case", sorted(CHAINS))
def test_long_chains_get_a_verdict(case: str, tmp_path: Path) -> None:
    rows = "\\\\\n".join(["KL[q\\|p] &= E_q[\\log q(x)] - E_q[\\log p(x)]", *CHAINS[case]])
    path = tmp_path / "long.md"
    path.write_text(f"## Question 1\n\n$$\\begin{{aligned}}\n{rows}\n\\end{{aligned}}$$\n", encoding="utf-8")
    done = run("check", str(path), "--json", "-")
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_judged_under_contradictory_conditions(tmp_path: Path) -> None:
    path = tmp_path / "none.md"
    text = "Case $\\gamma > 2$ and $\\gamma < 1$:\n\n$$\\sqrt{\\gamma^2-1} = \\gamma$$\n"
    path.write_text(f"## Question 4\n\n### 4.6\n\n{text}", encoding="utf-8")
    data = json.loads(run("check", str(path), "--json", "-").stdout)
    steps = [s for p in data["parts"] for s in p["steps"] if s["outcome"] != "assumed"]
    assert [(s["outcome"], s["note"]) for s in steps] == [("undecided", "no_world")]


def test_a_condition_that_forces_its_own_name_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "forced.md"
    path.write_text("## Question 2\n\n### 2.4\n\nwhere $\\alpha+r\\ge r>0$.\n\n$$r = r$$\n", encoding="utf-8")
    assert run("check", str(path)).returncode == 0


def test_missing_file() -> None:
    done = run("check", "no_such_file.tex")
    assert done.returncode == 2
    assert "no_such_file.tex: no such file" in done.stderr


def test_an_unreadable_file_does_not_end_the_run(tmp_path: Path) -> None:
    (tmp_path / "bad.tex").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "good.md").write_text(
        HEAD + r"$$KL[q\|p] = \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2+(\mu_1-\mu_2)^2}{2\sigma_1^2}-\frac12$$",
        encoding="utf-8",
    )
    done = run("check", "bad.tex", "good.md", cwd=tmp_path)
    assert done.returncode == 2
    assert "good.md" in done.stdout and "✔ Closed form" in done.stdout


def test_a_student_never_sees_the_reference(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        HEAD + r"$$KL[q\|p] = \log\frac{\sigma_2}{\sigma_1} + \frac{\sigma_1^2+(\mu_1-\mu_2)^2}{2\sigma_2^2}-\frac12$$",
        encoding="utf-8",
    )
    student = run("check", "a.md", "--json", "-", cwd=tmp_path)
    ta = run("check", "a.md", "--json", "-", "--audience", "ta", cwd=tmp_path)
    assert student.returncode == ta.returncode == 1
    closed = [
        next(c for c in json.loads(d.stdout)["parts"][0]["checks"] if c["id"] == "closed_form") for d in (student, ta)
    ]
    assert closed[0]["outcome"] == "incorrect" and closed[0]["evidence"]["diagnosis"] == "indices_swapped"
    assert "right" not in closed[0]["evidence"]["witness"]
    assert "right" in closed[1]["evidence"]["witness"]


def test_french(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(HEAD + "$$KL = 1$$", encoding="utf-8")
    assert "ne correspond pas" in run("check", "a.md", "--lang", "fr", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    "a,b,options,status,word",
    [
        (r"\log(ab)", r"\log a + \log b", [], 0, "correct"),
        ("x", "-x", [], 1, "incorrect"),
        (r"\sqrt{x^2}", "x", ["--assume", "x>0"], 0, "correct"),
        (r"\sqrt{x^2}", "x", [], 1, "incorrect"),
        (r"\frac{1", "1", [], 3, "unreadable"),
        (
            r"KL[q\|p]",
            r"\log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2+(\mu_1-\mu_2)^2}{2\sigma_1^2}-\frac12",
            ["--part", "Q1"],
            0,
            "correct",
        ),
        ("x", "x", ["--part", "Q9"], 2, ""),
        ("x", "x", ["--assume", "nonsense"], 2, ""),
        ("(a+b)^2", "a^2+2ab+b^2", ["--prove"], 0, "proved"),
    ],
)
def test_compare(a: str, b: str, options: list[str], status: int, word: str) -> None:
    done = run("compare", a, b, *options)
    assert done.returncode == status, done.stdout + done.stderr
    assert word in done.stdout
    assert "Traceback" not in done.stderr


def test_compare_lines(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "a": "x", "b": "x"},
        {"id": "two", "a": "x", "b": "2x"},
        {"id": 3, "a": "x", "b": "x", "part": "Q9"},
        {"id": 4, "a": "\\beta \\ge -\\alpha", "b": "\\beta > -\\alpha", "assume": ["\\alpha > 0"]},
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps(r) for r in rows) + "\nnot json\n", encoding="utf-8")
    done = run("compare", "--jsonl", "pairs.jsonl", cwd=tmp_path)
    assert done.returncode == 0
    out = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["id"], r["outcome"]) for r in out] == [
        (1, "correct"),
        ("two", "incorrect"),
        (3, "undecided"),
        (4, "incorrect"),
    ]
    assert set(out[0]) == {"id", "outcome", "note", "witness"}
    assert "pairs.jsonl:5: not a pair" in done.stderr


def test_a_worker_that_hangs_is_killed_and_the_next_one_answers() -> None:
    from grader.isolate import Worker, WorkerTimeout

    with Worker(seconds=0.001) as worker:
        with pytest.raises(WorkerTimeout):
            worker.ask({"op": "compare", "a": "x", "b": "x"})
        worker.seconds = BOUND
        assert worker.ask({"op": "compare", "a": "x", "b": "x"})["verdict"]["outcome"] == "correct"


def test_a_worker_that_dies_says_so() -> None:
    from grader.isolate import Worker, WorkerDied

    with Worker(seconds=BOUND) as worker, pytest.raises(WorkerDied):
        worker.ask({"op": "no such operation"})


def test_modules_of_the_current_folder_are_not_imported(tmp_path: Path) -> None:
    """A folder of submissions may hold a `json.py`."""
    for name in ("json.py", "numpy.py", "grader.py"):
        (tmp_path / name).write_text("open('imported', 'w')\n", encoding="utf-8")
    (tmp_path / "hw.md").write_text("# Question 1\n\n$$KL[q\\|p] = 0$$\n", encoding="utf-8")
    command = [sys.executable, "-P", "-m", "grader", "check", "hw.md"]
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert run.returncode in (0, 1), run.stderr
    assert not (tmp_path / "imported").exists()
