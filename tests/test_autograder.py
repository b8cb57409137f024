"""The autograder zip, run as Gradescope runs it: its tree in a folder of its own, without network."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from test_gradescope import Results, checked
from typer.testing import CliRunner

from grader.cli import app

METADATA = {
    "id": 123,
    "created_at": "2022-12-06T01:00:00.000000-05:00",
    "assignment": {"due_date": "2022-12-05T23:59:00.000000-05:00", "late_due_date": None, "total_points": "71.0"},
    "users": [{"email": "a@example.org", "id": 1, "name": "A"}],
    "previous_submissions": [],
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zip") / "autograder.zip"
    done = CliRunner().invoke(app, ["package", "--out", str(path)])
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    """Where `/autograder` would be: other users can come in, as there."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name) / "autograder"


@pytest.fixture(scope="module")
def ready(archive: Path, tree: Path) -> Path:
    """The tree as Gradescope makes it: the zip in `source`, `run_autograder` beside it."""
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            packed.extract(info, tree / "source")
            (tree / "source" / info.filename).chmod(info.external_attr >> 16 & 0o777)
    shutil.copy2(tree / "source" / "run_autograder", tree / "run_autograder")
    said, _ = set_up(tree)
    assert said.returncode == 0 and said.stdout.endswith("ready: 20 parts\n"), said.stderr
    return tree


WRAPPER = """#!/bin/sh
case "$*" in *compileall*) exit 0;; esac
exec "$REAL" "$@"
"""
STUBS = {
    "apt-get": '#!/bin/sh\necho "apt-get $*" >> "$STUBS/log"\n',
    "sleep": "#!/bin/sh\n",
    "python3": '#!/bin/sh\nmkdir -p "$3/bin" && cp "$STUBS/pip" "$3/bin/python"\n',
    "python3.11": '#!/bin/sh\nmkdir -p "$3/bin" && cp "$STUBS/wrapper" "$3/bin/python"\n',
    "pip": '#!/bin/sh\ncp "$STUBS/uv" "$(dirname "$0")/uv"\n',
    "wrapper": WRAPPER,
    "uv": """#!/bin/sh
echo "uv $*" >> "$STUBS/log"
case "$1" in
  python) [ -z "$NO_STANDALONE" ];;
  venv) for dir; do :; done; mkdir -p "$dir/bin" && cp "$STUBS/wrapper" "$dir/bin/python";;
esac
""",
}
"""What setup.sh calls, without network: the Python that runs these tests stands in for the one it would make."""


def set_up(tree: Path, **environment: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run setup.sh with stand-ins; what it asked of them."""
    with tempfile.TemporaryDirectory() as name:
        for stub, text in STUBS.items():
            (Path(name) / stub).write_text(text, encoding="utf-8")
            (Path(name) / stub).chmod(0o755)
        settings = {
            "PATH": f"{name}:/usr/bin:/bin",
            "STUBS": name,
            "REAL": sys.executable,
            "NO_STANDALONE": "",
            "AUTOGRADER_ROOT": str(tree),
            "AUTOGRADER_HOME": f"{name}/home",
            **environment,
        }
        command = ["bash", str(tree / "source" / "setup.sh")]
        said = subprocess.run(command, capture_output=True, text=True, env=settings, cwd="/", check=False)
        return said, (Path(name) / "log").read_text(encoding="utf-8").splitlines()


@pytest.mark.slow
def test_setup_makes_a_python_of_its_own(ready: Path) -> None:
    _, asked = set_up(ready)
    assert any(row.startswith("uv python install") for row in asked)
    assert any("requirements.txt" in row for row in asked) and not any("torch" in row for row in asked)


def test_where_none_can_be_fetched_ubuntu_s_own_stands_in(ready: Path) -> None:
    said, asked = set_up(ready, NO_STANDALONE="1")
    assert said.returncode == 0 and said.stdout.endswith("ready: 20 parts\n"), said.stderr
    assert sum(row.startswith("uv python install") for row in asked) == 4, "tried again before it is given up"
    assert any("python3.11-venv" in row for row in asked)


def graded(tree: Path, files: dict[str, bytes], **environment: str) -> Results:
    for name in ("submission", "results"):
        shutil.rmtree(tree / name, ignore_errors=True)
        (tree / name).mkdir()
    (tree / "submission_metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
    for name, content in files.items():
        path = tree / "submission" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return again(tree, **environment)


def again(tree: Path, **environment: str) -> Results:
    settings = {
        "PATH": os.environ["PATH"],
        "AUTOGRADER_ROOT": str(tree),
        "AUTOGRADER_PYTHON": sys.executable,
        "LANG": "C",
        **environment,
    }
    command = [*_apart(), str(tree / "run_autograder")]
    ran = subprocess.run(command, capture_output=True, text=True, env=settings, cwd="/", timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert [p.name for p in (tree / "results").iterdir()] == ["results.json"]
    return checked(json.loads((tree / "results" / "results.json").read_text(encoding="utf-8")))


@lru_cache
def _apart() -> list[str]:
    """As root, and where the kernel allows it: no network, and the Python used where every user can read it."""
    line = ["unshare", "--net", "-m", "--propagation", "private"]
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return []
    if subprocess.run([*line, "true"], capture_output=True, check=False).returncode:
        return []
    needed = ":".join(dict.fromkeys([str(Path(sys.base_prefix).resolve()), sys.prefix]))
    return [*line, sys.executable, str(ROOT / "tests" / "abuse" / "as_user.py"), "0", needed]


def is_no_verdict(found: Results, text: str) -> None:
    (test,) = found.tests
    assert found.score is None and test.max_score == 0 and test.visibility == "visible"
    assert "person will look" in test.name and text in test.output


def example(name: str) -> bytes:
    return (ROOT / "submissions_example" / name).read_bytes()


def test_the_zip_is_as_gradescope_wants_it(archive: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        infos = {info.filename: info for info in packed.infolist()}
        for name in ("setup.sh", "run_autograder"):
            assert infos[name].external_attr >> 16 & 0o111
            assert b"\r" not in packed.read(name) and packed.read(name).startswith(b"#!/usr/bin/env bash\n")
        pinned = packed.read("requirements.txt").decode().splitlines()
        assert pinned and all("==" in row for row in pinned) and not any("torch" in row for row in pinned)
        assert b"torch" not in packed.read("setup.sh")
        assert not any(name.startswith(("tests/", "submissions_example/")) or "__pycache__" in name for name in infos)


def test_the_same_bytes_every_time(archive: Path, tmp_path: Path) -> None:
    for name, more in (("a.zip", []), ("b.zip", ["--torch", "--lang", "fr", "--visibility", "after_published"])):
        assert CliRunner().invoke(app, ["package", "--out", str(tmp_path / name), *more]).exit_code == 0
    digests = [hashlib.sha256(p.read_bytes()).hexdigest() for p in (archive, tmp_path / "a.zip", tmp_path / "b.zip")]
    assert digests[0] == digests[1] != digests[2]
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        assert b"--torch-backend=cpu" in packed.read("setup.sh")
        assert b"torch==" in packed.read("requirements-torch.txt")
        assert json.loads(packed.read("options.json"))["visibility"] == "after_published"


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_the_scripts_are_sound(archive: Path, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(archive) as packed:
        path = Path(packed.extract(name, tmp_path))
    assert subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False).stderr == ""


def test_a_submission_is_graded(ready: Path) -> None:
    found = graded(ready, {"hw3.tex": example("en_careful.tex"), ".DS_Store": b"\0", "__MACOSX/x.tex": b"x"})
    assert found.score == 51 and [t.number for t in found.tests][:2] == ["1", "2.1"]
    assert found.extra_data["lateness"]["seconds_late"] == 3660  # told, and no rule of the course asks to show it
    assert found.execution_time and "en_careful" not in found.output
    assert (ready / "results").stat().st_mode & 0o077 == 0 and (ready / "source").stat().st_mode & 0o077 == 0


def test_a_late_policy_is_shown_apart(ready: Path) -> None:
    index = ready / "source" / "assignment" / "rubrics" / "assignment.yaml"
    before = index.read_text(encoding="utf-8")
    index.write_text(before + "late: {percent_per_day: 10}\n", encoding="utf-8")
    try:
        found = graded(ready, {"hw3.md": b"# Question 1\n\n$$KL[q\\|p] = 0$$\n"})
    finally:
        index.write_text(before, encoding="utf-8")
    assert found.tests[-1].name == "Lateness" and "01:01:00" in found.tests[-1].output
    assert "10 %" in found.tests[-1].output and found.extra_data["lateness"]["percent"] == 10


def test_nothing_handed_in(ready: Path) -> None:
    is_no_verdict(graded(ready, {}), "No file was handed in")


@pytest.mark.slow
def test_an_empty_file(ready: Path) -> None:
    is_no_verdict(graded(ready, {"hw3.md": b""}), "No mark is concluded")


def test_a_pdf_alone(ready: Path) -> None:
    is_no_verdict(graded(ready, {"hw3.pdf": b"%PDF-1.7"}), "needs a converter or a person")


@pytest.mark.slow
def test_a_pdf_beside_text_is_named(ready: Path) -> None:
    found = graded(ready, {"hw3.pdf": b"%PDF-1.7", "hw3.md": b"# Question 1\n\n$$KL[q\\|p] = 0$$\n"})
    assert "hw3.pdf" in found.output and len(found.tests) == 20


def test_out_of_time(ready: Path) -> None:
    is_no_verdict(graded(ready, {"hw3.tex": example("en_careful.tex")}, AUTOGRADER_SECONDS="0.05"), "took too long")


def test_stopped_from_outside(ready: Path) -> None:
    """The global time-out would score 0: the script's own comes first."""
    is_no_verdict(graded(ready, {"hw3.tex": example("en_careful.tex")}, AUTOGRADER_STOP="0.1"), "was stopped")


def test_the_python_is_broken(ready: Path) -> None:
    is_no_verdict(graded(ready, {"hw3.tex": b"x"}, AUTOGRADER_PYTHON="/nowhere/python"), "was stopped")


@pytest.mark.slow
def test_the_rubric_is_broken(ready: Path) -> None:
    rubric = ready / "source" / "assignment" / "rubrics" / "q1.yaml"
    before = rubric.read_bytes()
    rubric.write_bytes(b"number: [")
    try:
        is_no_verdict(graded(ready, {"hw3.tex": example("en_careful.tex")}), "The grader itself failed")
    finally:
        rubric.write_bytes(before)


def test_hostile_files(ready: Path, tmp_path: Path) -> None:
    """Modules beside the answers are not imported, links are not followed, towers of powers end."""
    mark = tmp_path / "imported"
    spy = f"open({str(mark)!r}, 'w')\n".encode()
    files = dict.fromkeys(("json.py", "grader/__init__.py", "numpy.py", "sitecustomize.py", "typing.py"), spy)
    files["hw3.tex"] = (
        b"\\section*{Question 1} $$KL = 9^{9^{9^{9^9}}}$$ \\input{/etc/passwd} \\def\\a{\\a\\a}\\a" + b"{" * 5000
    )
    graded(ready, files)
    (ready / "submission" / "secret.tex").symlink_to("/etc/passwd")
    found = again(ready)
    assert not mark.exists() and "root:" not in found.model_dump_json()


def test_students_code_can_reach_nothing(ready: Path) -> None:
    if not _apart():
        pytest.skip("only root can run code as another user, as Gradescope does")
    code = """
import os, glob
def q4_stationary_point():
    seen = []
    for place in ({root!r} + "/source/assignment/rubrics/q4.yaml", {root!r} + "/submission_metadata.json"):
        try:
            seen.append(open(place).read(40))
        except Exception as error:
            seen.append(type(error).__name__)
    try:
        open({root!r} + "/results/results.json", "w").write("{{}}")
        seen.append("written")
    except Exception as error:
        seen.append(type(error).__name__)
    raise RuntimeError(f"user {{os.getuid()}}: {{seen}}")
def q1_kl(mu_1, sigma_1, mu_2, sigma_2):
    import numpy as np
    return np.log(sigma_1 / sigma_2) + (sigma_2**2 + (mu_1 - mu_2)**2) / (2 * sigma_1**2) - 0.5
"""
    found = graded(ready, {"hw3.py": code.format(root=str(ready)).encode()})
    texts = {t.number: t.output for t in found.tests}
    assert "user 65534" in texts["4.1"] and "PermissionError" in texts["4.1"], texts["4.1"]
    assert "written" not in texts["4.1"] and "number:" not in texts["4.1"]
    assert next(t for t in found.tests if t.number == "1").score == 1


def test_every_package_is_shipped() -> None:
    """An installed program has all its folders."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {".".join(p.parent.relative_to(ROOT).parts) for p in (ROOT / "grader").rglob("*.py")}
    assert found <= set(listed), found - set(listed)


def test_usage(tmp_path: Path) -> None:
    def said(*arguments: str) -> tuple[int, Any]:
        done = CliRunner().invoke(app, ["package", *arguments])
        return done.exit_code, done.output

    assert said()[0] == 2 and "one of the two" in said()[1]
    assert said("--out", str(tmp_path / "a.zip"), "--visibility", "open")[0] == 2
    assert said("--out", str(tmp_path / "a.zip"), "--assignment", str(tmp_path))[0] == 2
    (tmp_path / "file").write_text("")
    assert said("--out", str(tmp_path / "file" / "a.zip"))[0] == 2
