"""A batch that is killed, finds the disk full or the gradebook locked: nothing lost, nothing doubled, one clear line."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT
from gradescope_export import SMALL, write_export
from test_gradebook import HOLD

from grader.gradebook import Gradebook, RunLock

STUB = '''
import json, os, sys, time
if "grade" in sys.argv[1:] and "grader.worker" not in " ".join(sys.orig_argv):
    import grader.batch as batch
    left = [int(os.environ.get("KILL_AT", "-1"))]

    def moment():
        """One of the moments at which everything may end."""
        if left[0] == 0:
            os.kill(os.getpid(), 9)
        left[0] -= 1

    def between(function):
        def called(*args, **kwargs):
            moment()
            answer = function(*args, **kwargs)
            moment()
            return answer
        return called

    if os.environ.get("STUB_TASK"):
        # without a worker: what is tested is what the batch does around it
        def task(request):
            time.sleep(0.002)
            head = {"id": request["id"], "files": [request["id"] + ".md"], "size": os.path.getsize(request["files"][0])}
            score = {"min": 1, "max": 1, "out_of": 71}
            report = {"submission": head, "provenance": {"grader": "", "rubric_sha256": ""}, "score": score, "parts": []}
            text = json.dumps(report) + "\\n"
            summary = {"score": {"min": 1, "max": 1, "out_of": 71}, "parts": []}
            return {"status": "decided", "notes": request["notes"], "text": text, "summary": summary}
        batch.grade_task = task
    from grader.gradebook import Gradebook
    for name in ("register", "begin_run", "want", "begin", "put_result", "end_run"):
        setattr(Gradebook, name, between(getattr(Gradebook, name)))
    from grader.intake import files
    os.fsync = between(os.fsync)
    files.Path.replace = between(files.Path.replace)
'''


def command(*args: str, stub: Path | None = None, **env: str) -> tuple[list[str], dict[str, str]]:
    paths = [*([str(stub)] if stub else []), str(ROOT)]
    environment = dict(os.environ, COLUMNS="100", PYTHONUTF8="1", PYTHONPATH=os.pathsep.join(paths), **env)
    return [sys.executable, "-m", "grader", *args], environment


def call(*args: str, stub: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    words, environment = command(*args, stub=stub, **env)
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=600)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def written(out: Path) -> dict[str, str]:
    """What is in a folder for people, by its hash; no half of a file may be among it."""
    assert not list(out.rglob(".*.part"))
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.glob("*") if p.suffix in (".json", ".csv")}


def check_nothing_doubled(out: Path, count: int) -> None:
    with sqlite3.connect(out / "gradebook.sqlite") as db:
        assert db.execute("SELECT count(*), count(DISTINCT submission) FROM results").fetchone() == (count, count)
        assert db.execute("SELECT count(*) FROM submissions WHERE graded = wanted AND graded != ''").fetchone() == (count,)
        # an attempt that is done is never made again
        assert db.execute("SELECT count(*), count(DISTINCT submission) FROM attempts WHERE outcome = 'done'").fetchone() == (count, count)
    db.close()


def class_of(tmp_path: Path, count: int) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    for i in range(count):
        (folder / f"s{i}.md").write_text(f"{SMALL}\n\n{'x' * i}\n", encoding="utf-8")
    return folder


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    folder = tmp_path / "stub"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(STUB, encoding="utf-8")
    return folder


def killed_everywhere(tmp_path: Path, stub: Path, moments: list[int]) -> None:
    folder = class_of(tmp_path, 3)
    assert call("grade", str(folder), "--out", str(tmp_path / "whole"), stub=stub, STUB_TASK="1").returncode == 0
    wanted = written(tmp_path / "whole")
    killed = 0
    for moment in moments:
        out = tmp_path / f"out{moment}"
        first = call("grade", str(folder), "--out", str(out), stub=stub, STUB_TASK="1", KILL_AT=str(moment))
        killed += first.returncode == -signal.SIGKILL
        if moment % 3 == 0:  # twice, the second time a little later
            call("grade", str(folder), "--out", str(out), stub=stub, STUB_TASK="1", KILL_AT=str(moment + 3))
        again = ["--resume"] if (out / "gradebook.sqlite").exists() and moment > 8 else [str(folder)]
        assert call("grade", *again, "--out", str(out), stub=stub, STUB_TASK="1").returncode == 0, moment
        assert written(out) == wanted, moment
        check_nothing_doubled(out, 3)
        shutil.rmtree(out)
    assert killed >= len(moments) - 6, "the batch has fewer moments than thought"


def test_killed_at_any_moment(tmp_path: Path, stub: Path) -> None:
    killed_everywhere(tmp_path, stub, [0, 2, 5, 8, 11, 14, 17, 21, 25])


@pytest.mark.slow
def test_killed_at_every_moment(tmp_path: Path, stub: Path) -> None:
    killed_everywhere(tmp_path, stub, list(range(44)))


def kill_often(tmp_path: Path, count: int, kills: int, seed: int, *, small: bool, pause: float) -> None:
    """A real batch on an export, ended by SIGKILL again and again: the bytes are those of a batch left alone."""
    export = write_export(tmp_path / "export", count, seed, small=small)
    whole = call("grade", str(export.folder), "--out", str(tmp_path / "whole"), "--jobs", "2")
    assert whole.returncode == 0, whole.stderr
    out = tmp_path / "out"
    rng = random.Random(seed)
    for i in range(kills):
        words, environment = command("grade", str(export.folder), "--out", str(out), "--jobs", "2", *(["--resume"] if i else []))
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = len(list(out.glob("*.json")))
        end = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < end and len(list(out.glob("*.json"))) < before + rng.randint(1, 3):
            time.sleep(0.01)
        time.sleep(rng.random() * pause)
        process.kill()
        process.wait()
    done = call("grade", "--out", str(out), "--resume", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert written(out) == written(tmp_path / "whole")
    check_nothing_doubled(out, count)


@pytest.mark.slow
def test_killed_in_earnest(tmp_path: Path) -> None:
    kill_often(tmp_path, 16, 3, 5, small=True, pause=0.2)


@pytest.mark.slow
def test_killed_five_times_in_a_real_class(tmp_path: Path) -> None:
    kill_often(tmp_path, 60, 5, 6, small=False, pause=1.5)


def test_stopped_by_hand(tmp_path: Path) -> None:
    """Ctrl-C: one line, nothing held against what was running, and it goes on."""
    folder = class_of(tmp_path, 40)
    out = tmp_path / "out"
    words, environment = command("grade", str(folder), "--out", str(out), "--jobs", "2")
    process = subprocess.Popen(words, cwd=ROOT, env=environment, text=True, stderr=subprocess.PIPE, start_new_session=True)
    end = time.monotonic() + 60
    while not list(out.glob("*.json")) and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers as well
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in said
    assert said.splitlines()[-1] == f"grader: stopped; what is graded is kept: grader grade --out {out} --resume goes on"
    with sqlite3.connect(out / "gradebook.sqlite") as db:
        outcomes = {row[0] for row in db.execute("SELECT DISTINCT outcome FROM attempts")}
    db.close()
    assert outcomes <= {"done", "given_up", "died"} and "given_up" in outcomes
    assert call("grade", "--out", str(out), "--resume").returncode == 0
    check_nothing_doubled(out, 40)


def test_workers_end_with_the_batch(tmp_path: Path) -> None:
    folder = class_of(tmp_path, 30)
    words, environment = command("grade", str(folder), "--out", str(tmp_path / "out"), "--jobs", "2", DESK_MARK=str(tmp_path))
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not list((tmp_path / "out").glob("*.json")) and time.monotonic() < end:
        time.sleep(0.02)
    process.kill()
    process.wait()
    end = time.monotonic() + 10
    while (left := marked(str(tmp_path))) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []


def marked(text: str) -> list[int]:
    """Processes that carry a text in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if f"DESK_MARK={text}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes():
                found.append(int(pid))
        except OSError:
            continue
    return found


CRASH = (
    "import os, sys\n"
    "if 'grader.worker' in ' '.join(sys.orig_argv):\n"
    "    import grader.grade as g\n"
    "    usual = g.grade\n"
    "    def grade(paths, *args, **kwargs):\n"
    "        if paths[0].name == 's1.md':\n"
    "            os.kill({whom}, 9)\n"
    "        return usual(paths, *args, **kwargs)\n"
    "    g.grade = grade\n"
)


def test_a_submission_that_ends_the_whole_batch_waits_for_a_person_at_last(tmp_path: Path) -> None:
    """It is put off to the end, so that the others are graded, and given up after a few times."""
    folder = class_of(tmp_path, 3)
    (tmp_path / "sitecustomize.py").write_text(CRASH.format(whom="os.getppid()"), encoding="utf-8")
    out = tmp_path / "out"
    for i in range(4):
        done = call("grade", str(folder), "--out", str(out), stub=tmp_path)
        assert done.returncode == -signal.SIGKILL
        if i == 1:
            assert (out / "s0.json").exists() and (out / "s2.json").exists()
    assert call("grade", str(folder), "--out", str(out), stub=tmp_path).returncode == 0
    with Gradebook.open(out) as book:
        result = book.result("s1")
        assert result is not None and result.status == "fault" and "not tried again" in result.notes[0]
    assert json.loads((out / "s1.json").read_text())["score"] == {"min": 0, "max": 71, "out_of": 71}
    done = call("grade", str(folder), "--out", str(out), "--retry")
    assert done.returncode == 0 and json.loads((out / "s1.json").read_text())["score"]["min"] >= 1, "once it is mended"


def test_a_submission_that_ends_its_worker_is_not_tried_a_third_time(tmp_path: Path) -> None:
    folder = class_of(tmp_path, 2)
    (tmp_path / "sitecustomize.py").write_text(CRASH.format(whom="os.getpid()"), encoding="utf-8")
    out = tmp_path / "out"
    for _ in range(2):
        assert call("grade", str(folder), "--out", str(out), stub=tmp_path).returncode == 0
    with sqlite3.connect(out / "gradebook.sqlite") as db:
        rows = db.execute("SELECT outcome FROM attempts WHERE submission = 's1' ORDER BY id").fetchall()
    db.close()
    assert [r[0] for r in rows] == ["died", "died", "done"]


# what the world does


LIMITED = (
    "import resource, sys; n = int(sys.argv.pop(1)); resource.setrlimit(resource.RLIMIT_FSIZE, (n, n));"
    "from grader.__main__ import main; main()"
)


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """A limit on file sizes stops the batch with one line; what is done stays, and it goes on afterwards."""
    folder = class_of(tmp_path, 12)
    out = tmp_path / "out"
    _, environment = command()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "180000", "grade", str(folder), "--out", str(out)],
        capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"{out}: the disk is full (or a limit is reached); what is graded is kept" in done.stderr.splitlines()[-1]
    kept = written(out)
    assert call("grade", str(folder), "--out", str(out)).returncode == 0
    assert {k: v for k, v in written(out).items() if k in kept} == kept
    check_nothing_doubled(out, 12)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("unshare"), reason="mounts as root")
def test_a_disk_that_fills(tmp_path: Path) -> None:
    folder = class_of(tmp_path, 25)
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    grade = f"{sys.executable} -m grader grade {folder} --out {disk}/out --jobs 2"
    script = (
        f"mount -t tmpfs -o size=600k none {disk} || exit 99\n"
        f"{grade} 2>{kept}/said; echo $? >{kept}/status; ls {disk}/out >{kept}/before; cp {disk}/out/*.json {kept}/\n"
        f"mount -o remount,size=100m {disk} || exit 99\n"
        f"{grade} --resume >/dev/null 2>&1 || exit 1\n"
        f"cp -r {disk}/out {kept}/out\n"
    )
    _, environment = command()
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300)
    if done.returncode == 99:
        pytest.skip("mounting is not allowed here")
    said = (kept / "said").read_text()
    assert done.returncode == 0 and (kept / "status").read_text() == "2\n", said
    assert "Traceback" not in said and "the disk is full" in said.splitlines()[-1]
    early = {p.name: p.read_bytes() for p in kept.glob("*.json")}
    assert early and all((kept / "out" / name).read_bytes() == data for name, data in early.items())
    check_nothing_doubled(kept / "out", 25)


def test_a_gradebook_held_by_somebody_else(tmp_path: Path) -> None:
    folder = class_of(tmp_path, 1)
    out = tmp_path / "out"
    assert call("grade", str(folder), "--out", str(out)).returncode == 0
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(out / "gradebook.sqlite")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        done = call("grade", str(folder), "--out", str(out))
        assert done.returncode == 2 and "gradebook.sqlite: locked by another process" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    finally:
        holder.communicate("")
    assert call("grade", str(folder), "--out", str(out)).returncode == 0


def test_two_batches_in_one_folder(tmp_path: Path) -> None:
    folder = class_of(tmp_path, 1)
    out = tmp_path / "out"
    out.mkdir()
    with RunLock(out / ".gradebook.lock"):
        second = call("grade", str(folder), "--out", str(out))
        assert second.returncode == 2 and f"another batch is at work in this folder (process {os.getpid()})" in second.stderr
        assert not list(out.glob("*.json"))
    assert call("grade", str(folder), "--out", str(out)).returncode == 0


@pytest.mark.parametrize("what", ["newer", "damaged", "no folder"])
def test_a_folder_that_cannot_be_used(tmp_path: Path, what: str) -> None:
    folder = class_of(tmp_path, 1)
    out = tmp_path / "out"
    if what == "no folder":
        out.write_text("a file")
    else:
        out.mkdir()
        Gradebook.open(out / "gradebook.sqlite", create=True).close()
        if what == "newer":
            with sqlite3.connect(out / "gradebook.sqlite") as db:
                db.execute("PRAGMA user_version = 99")
            db.close()
        else:
            (out / "gradebook.sqlite").write_bytes(b"torn" * 2000)
    done = call("grade", str(folder), "--out", str(out))
    said = {"newer": "newer grader", "damaged": "damaged or no gradebook", "no folder": "cannot be written"}[what]
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1


# a second call


def test_a_second_call_grades_what_changed(tmp_path: Path) -> None:
    folder = class_of(tmp_path, 3)
    out = tmp_path / "out"
    assert call("grade", str(folder), "--out", str(out)).returncode == 0
    (folder / "s1.md").write_text(SMALL.replace("-", "+"), encoding="utf-8")
    (folder / "s3.md").write_text(SMALL, encoding="utf-8")
    (folder / "s2.md").unlink()
    (out / "s0.json").write_text("somebody wrote here")
    done = call("grade", "--resume", "--out", str(out))
    assert done.returncode == 0 and "1 as before" in done.stderr, done.stderr
    with Gradebook.open(out) as book:
        assert [s.id for s in book.submissions()] == ["s0", "s1", "s3"]
        assert (out / "s0.json").read_text(encoding="utf-8") == book.report_text("s0")
    again = call("grade", str(folder), "--out", str(out))
    assert "3 as before" in again.stderr
    assert "3 as before" not in call("grade", str(folder), "--out", str(out), "--again").stderr


def test_folders_are_not_mixed_by_mistake(tmp_path: Path) -> None:
    folder = class_of(tmp_path, 1)
    other = tmp_path / "late"
    other.mkdir()
    (other / "late.md").write_text(SMALL, encoding="utf-8")
    out = tmp_path / "out"
    assert call("grade", "--out", str(out), "--resume").returncode == 2
    assert call("grade", str(folder), "--out", str(out)).returncode == 0
    done = call("grade", str(other), "--out", str(out))
    assert done.returncode == 2 and "holds the grades of" in done.stderr
    assert call("grade", str(other), "--out", str(out), "--resume").returncode == 0
    with Gradebook.open(out) as book:
        assert [s.id for s in book.submissions()] == ["s0", "late"]


def test_grades_beside_the_class_are_no_submission(tmp_path: Path) -> None:
    folder = class_of(tmp_path, 2)
    for name in ("grades", "grades", "other"):
        done = call("grade", str(folder), "--out", str(folder / name))
        assert done.returncode == 0 and "2 of 2" in done.stderr
