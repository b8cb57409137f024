"""A batch on a real Dask scheduler with two workers: the bytes of a local run, whatever is lost on the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from grader import cluster as C
from grader import parcel as P
from grader.batch import GRADEBOOK, Plan
from grader.batch import run as run_batch
from grader.errors import OperatorError
from grader.intake.find import find
from grader.provenance import shipped
from grader.sandbox.doctor import can_run, examine
from grader.task import close_workers, grade_task

pytest.importorskip("distributed")

FORMULA = r"$$KL[q\|p] = \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2+(\mu_1-\mu_2)^2}{2\sigma_1^2}-\frac12$$"
STUB = '''
import os, sys, time
if "grader.worker" in " ".join(sys.orig_argv) and os.environ.get("GRADED"):
    import grader.grade as g
    usual = g.grade
    def grade(paths, assignment, name, *args, **kwargs):
        with open(os.environ["GRADED"], "a") as log:
            log.write(f"{os.getppid()} {os.getpid()} {name}\\n")
        hold = os.environ["GRADED"] + ".hold"
        if os.path.exists(hold) and open(hold).read() == str(os.getppid()):
            time.sleep(30)
        return usual(paths, assignment, name, *args, **kwargs)
    g.grade = grade
'''
"""On the workers: what is begun is written down; a worker that is named in a file does not come to the end of it."""


@dataclass
class Dask:
    """A scheduler and its workers, as processes of this machine that share no folder with the batch but their code."""

    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return str(self.folder / "scheduler.json")

    def start(self, name: str, kind: str, *words: str, **env: str) -> None:
        stub = self.folder / "stub"
        stub.mkdir(exist_ok=True)
        (stub / "sitecustomize.py").write_text(STUB, encoding="utf-8")
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(stub), str(ROOT)]), GRADED=str(self.folder / "graded"), **env)
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", self.address, *words],
                cwd=self.folder, env=environment, stdout=log, stderr=log,
            )  # fmt: skip

    def scheduler(self, **env: str) -> None:
        self.start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--idle-timeout", "600", **env)

    def worker(self, name: str) -> None:
        self.start(
            name, "worker", "--no-nanny", "--nthreads", "1", "--no-dashboard", "--death-timeout", "60", "--name", name,
            "--local-directory", str(self.folder / name),
        )  # fmt: skip

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def graded(self) -> list[tuple[int, int, str]]:
        """What was begun: the Dask worker's process, that of its grader, and the submission."""
        path = self.folder / "graded"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [(int(a), int(b), c) for a, b, c in (line.split() for line in lines)]

    def hold(self, name: str) -> None:
        """What this worker begins from now on it does not end."""
        (self.folder / "graded.hold").write_text(str(self.processes[name].pid), encoding="utf-8")

    def end(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        graders = {pid for _, pid, _ in self.graded()}
        until = time.monotonic() + 10
        while any(running(pid) for pid in graders) and time.monotonic() < until:
            time.sleep(0.1)
        assert not any(running(pid) for pid in graders), "a grader ends with its worker"


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    found = Dask(tmp_path_factory.mktemp("dask"))
    try:
        found.scheduler()
        found.worker("one")
        found.worker("two")
        until = time.monotonic() + 60
        while not Path(found.address).is_file() and time.monotonic() < until:
            time.sleep(0.05)
        yield found
    finally:
        found.end()


@pytest.fixture(scope="module")
def homework(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve submissions: what is drawn in from a folder and beside, what is too large, broken, empty or no answer at all."""
    root = tmp_path_factory.mktemp("class")
    for i in range(5):
        (root / f"s{i}.md").write_text(f"## Question 1\n\n{FORMULA.replace('2', str(i + 1), 1)}\n", encoding="utf-8")
    (root / "folder" / "sub").mkdir(parents=True)
    (root / "folder" / "main.tex").write_text(
        "\\documentclass{article}\\usepackage{mine}\\begin{document}\\input{sub/q1}\\end{document}\n", encoding="utf-8"
    )
    (root / "folder" / "mine.sty").write_text("\\newcommand{\\s}{\\sigma}\n", encoding="utf-8")
    (root / "folder" / "sub" / "q1.tex").write_text("\\section*{Question 1}\n" + FORMULA.replace("\\sigma", "\\s"), encoding="utf-8")
    (root / "beside.tex").write_text(
        "\\documentclass{article}\\usepackage{ours}\\begin{document}\\section*{Question 1}\n" + FORMULA.replace("\\sigma", "\\t")
        + "\\input{s1.md}\\end{document}\n",
        encoding="utf-8",
    )  # fmt: skip
    (root / "ours.sty").write_text("\\newcommand{\\t}{\\sigma}\n", encoding="utf-8")
    (root / "large.md").write_bytes(b"x" * 2_000_001)
    (root / "broken.tex").write_bytes(bytes(range(256)) * 40)
    (root / "empty.md").write_text("\n", encoding="utf-8")
    (root / "scan.pdf").write_bytes(b"%PDF-1.4 nothing")
    (root / "both.md").write_text("## Question 2\n\n### 2.3\n\n$g'(z) = 1 + f'(z) > 0$\n", encoding="utf-8")
    (root / "both.pdf").write_bytes(b"%PDF-1.4 nothing")
    return root


@pytest.fixture(scope="module")
def local(homework: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a local run writes."""
    out = tmp_path_factory.mktemp("local")
    run_batch(find([homework]).entries, Plan(out, jobs=2))
    found = written(out)
    assert len(found) == 12
    return found


def written(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in out.glob("*.json")}


def attempts(out: Path) -> Counter[str]:
    db = sqlite3.connect(out / GRADEBOOK)
    rows = db.execute("SELECT outcome FROM attempts").fetchall()
    done = db.execute("SELECT count(*), count(DISTINCT submission) FROM attempts WHERE outcome = 'done'").fetchone()
    results = db.execute("SELECT count(*), count(DISTINCT submission) FROM results").fetchone()
    db.close()
    assert done[0] == done[1] and results[0] == results[1], "nothing is doubled"
    return Counter(row[0] for row in rows)


def test_the_command_gives_the_bytes_of_a_local_run(dask: Dask, homework: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grader", "grade", str(homework), "--out", str(tmp_path / "out"), "--cluster", dask.address]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=dict(os.environ, PYTHONPATH=str(ROOT), COLUMNS="100")
    )
    assert done.returncode == 0, done.stderr
    assert "distributed" not in done.stderr and "Traceback" not in done.stderr
    assert written(tmp_path / "out") == local
    assert attempts(tmp_path / "out") == {"done": 12}
    assert len({worker for worker, _, _ in dask.graded()}) == 2, "both workers had something to do"


def test_the_server_grades_on_it(dask: Dask, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    from grader.web.checking import check, grade_here
    from grader.web.clustered import on_cluster

    asked = {"files": [("text.md", f"## Question 1\n\n{FORMULA}\n".encode())], "assignment": None}
    with on_cluster(dask.address, None) as (grade, width):
        there = check(asked, grade)
    close_workers()
    assert width >= 1 and there["report"]["parts"][0]["steps"]
    assert there == check(asked, grade_here)


@pytest.mark.slow
def test_python_answers_are_locked_in_there_as_well(dask: Dask, tmp_path: Path) -> None:
    if not can_run(examine()):
        pytest.skip("Python answers are not run here")
    code = "import socket\n\ndef q4_stationary_point():\n    socket.create_connection(('127.0.0.1', 9))\n"
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / "net.py").write_text(code, encoding="utf-8")
    (tmp_path / "hw" / "right.py").write_text("def q4_stationary_point():\n    return (0.0, 0.0, 0.0)\n", encoding="utf-8")
    entries = find([tmp_path / "hw"]).entries
    run_batch(entries, Plan(tmp_path / "a"))
    with C.connect(dask.address) as found:
        run_batch(entries, Plan(tmp_path / "b"), executor=found, width=lambda: found.width)
    assert written(tmp_path / "a") == written(tmp_path / "b") and len(written(tmp_path / "b")) == 2
    assert b'"error"' in written(tmp_path / "b")["net.json"]


def test_a_worker_that_is_killed_costs_nothing(dask: Dask, homework: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    """It is killed while it grades; what it had is done again by the other, within the same attempt."""
    out = tmp_path / "out"
    before = len(dask.graded())
    victim = dask.processes["one"].pid
    events: list[str] = []
    caught: list[str] = []

    def done(event: Any) -> None:
        events.append(event.id)
        until = time.monotonic() + 30
        while len(events) == 1 and not caught and time.monotonic() < until:
            caught.extend(name for worker, _, name in dask.graded()[before:] if worker == victim)
            time.sleep(0.01)
        if len(events) == 1:
            dask.kill("one")

    dask.hold("one")
    with C.connect(dask.address, programs=False) as found:
        counts = run_batch(find([homework]).entries, Plan(out), executor=found, width=lambda: found.width, done=done)
    assert sum(counts.values()) == 12 and sorted(events) == sorted(n.removesuffix(".json") for n in local)
    assert written(out) == local
    assert attempts(out) == {"done": 12}
    begun = Counter(name for _, _, name in dask.graded()[before:])
    assert len(caught) == 1 and begun[caught[0]] == 2, "the one it had was begun again"
    assert sum(begun.values()) == len(begun) + 1, "and nothing else"


def test_all_workers_must_be_as_this_machine(dask: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = P.facts()
    for i, other in ((0, "grader 0123456789abcdef"), (1, "numpy 1.0.0")):
        changed = (*usual[:i], other, *usual[i + 1 :])
        monkeypatch.setattr(C, "facts", lambda changed=changed, **_: changed)
        said = r"the worker tcp://127\.0\.0\.1:\d+ .*" + other[:12].split()[0]
        with pytest.raises(OperatorError, match=said), C.connect(dask.address, programs=False):
            pass


def test_the_scheduler_is_lost(dask: Dask, homework: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    """The batch ends with one sentence, nothing is held against what was running, and the next call goes on."""
    out = tmp_path / "out"
    entries = find([homework]).entries
    events: list[str] = []

    def done(event: Any) -> None:
        events.append(event.id)
        if len(events) == 4:
            dask.kill("scheduler")

    said = r"the Dask scheduler at .* was lost.*--resume goes on"
    with pytest.raises(OperatorError, match=said), C.connect(dask.address, programs=False) as found:
        run_batch(entries, Plan(out), executor=found, width=lambda: found.width, done=done)
    seen = attempts(out)
    assert seen["done"] == len(events) < 12 and set(seen) <= {"done", "given_up"}
    run_batch(entries, Plan(out))
    assert written(out) == local


def test_nobody_there_and_nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(C, "_CONNECT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "127.0.0.1", "tcp://127.0.0.1:notaport"):
        with pytest.raises(OperatorError, match="no Dask scheduler answers there"), C.connect(address):
            pass
    tried: list[str] = []

    def never(**_: Any) -> None:
        tried.append("once more")
        raise AssertionError  # as Dask does where its thread does not start in time

    with monkeypatch.context() as patched:
        patched.setattr("distributed.Client", never)
        with pytest.raises(OperatorError, match="could not be started here"), C.connect("tcp://127.0.0.1:9"):
            pass
    assert len(tried) == 2
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(OperatorError, match=r"pip install 'homework-grader\[cluster\]'"), C.connect("tcp://127.0.0.1:9"):
        pass


# what is sent


def request(*files: Path, alone: bool = True) -> dict[str, Any]:
    return {
        "id": "x", "files": [str(p) for p in files], "unread": [], "alone": alone, "assignment": None, "notes": [], "sha256": "",
        "give_up": "",
    }  # fmt: skip


@pytest.fixture(scope="module")
def sent() -> P.Sent:
    return P.Sent.read(shipped().resolve())


def test_only_what_may_be_read_is_sent(homework: Path, sent: P.Sent, tmp_path: Path) -> None:
    def names(*files: Path, alone: bool = True) -> list[list[str]]:
        return [[name for name, _ in folder] for folder in P.packed(request(*files, alone=alone), sent, ())["folders"]]

    assert names(homework / "s1.md") == [["s1.md"]]
    assert names(homework / "beside.tex") == [["beside.tex", "ours.sty"]], "of what lies beside only style files"
    assert names(homework / "folder" / "main.tex", alone=False) == [["main.tex", "mine.sty", "sub/q1.tex"]]
    assert P.packed(request(homework / "large.md"), sent, ())["folders"] == [[("large.md", 2_000_001)]], "only its size"
    outside = tmp_path / "secret.tex"
    outside.write_text("secret", encoding="utf-8")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a.tex").write_text("\\input{b}", encoding="utf-8")
    (mine / "b.tex").symlink_to(outside)
    assert names(mine / "a.tex", alone=False) == [["a.tex"]], "a link leads nowhere"
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.tex").write_text("x", encoding="utf-8")
    assert names(mine / "a.tex", other / "a.tex") == [["a.tex"], ["a.tex"]]


def test_too_much_is_graded_here(homework: Path, sent: P.Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(P, "MOST", 10)
    with pytest.raises(P.TooMuch):
        P.packed(request(homework / "s1.md"), sent, ())


def test_a_worker_that_comes_later_is_asked_too(homework: Path, sent: P.Sent) -> None:
    expected = list(P.facts())
    parcel = P.packed(request(homework / "s1.md"), sent, ["grader 0123", *expected[1:]])
    assert "another version of the grader" in P.graded(parcel, "tcp://w:1")["refused"]
    answer = P.graded(P.packed(request(homework / "s1.md"), sent, expected), "tcp://w:1")
    usual = grade_task(request(homework / "s1.md"))
    close_workers()
    assert answer == usual


@pytest.mark.slow
def test_one_that_takes_every_worker_with_it(homework: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    """Where Dask does not do a task again the batch does; nobody else pays, and no worker at all is said in one sentence."""
    found = Dask(tmp_path / "dask")
    found.folder.mkdir()
    try:
        found.scheduler(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
        found.worker("one")
        found.worker("two")
        while not Path(found.address).is_file():
            time.sleep(0.05)
        events: list[str] = []

        def done(event: Any) -> None:
            events.append(event.id)
            while len(events) == 1 and not any(worker == victim for worker, _, _ in found.graded()):
                time.sleep(0.01)
            if len(events) == 1:
                found.kill("one")

        victim = found.processes["one"].pid
        found.hold("one")
        out = tmp_path / "out"
        with C.connect(found.address, programs=False) as executor:
            run_batch(find([homework]).entries, Plan(out), executor=executor, width=lambda: executor.width, done=done)
            assert written(out) == local
            seen = attempts(out)
            assert set(seen) == {"done", "died"} and seen["done"] == 12 and seen["died"] <= 2
            C._WORKER_SECONDS = 3.0  # type: ignore[misc]
            found.kill("two")
            future = executor.submit(grade_task, request(homework / "s1.md"))
            with pytest.raises(BrokenExecutor, match="has had no worker for"):
                future.result(timeout=30)
    finally:
        C._WORKER_SECONDS = 60.0  # type: ignore[misc]
        found.end()
