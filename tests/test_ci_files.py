"""The action, the hook and the workflows that are shown: they parse, use what is declared, and their commands run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from tutorial import run, steps

from grader.scaffold import scaffold

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SCRIPTS = [s for s in ACTION["runs"]["steps"] if "grader " in s.get("run", "")]


def filled(text: str, inputs: dict[str, str]) -> str:
    """A value of the action with its inputs put in, as GitHub does."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: inputs[m[1]], text)


def test_the_action_uses_the_inputs_it_declares() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert ACTION["runs"]["using"] == "composite"
    for step in ACTION["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "run" not in step or step["shell"] == "bash"
        # nothing that a caller gives stands in a script: it comes by the environment
        assert "${{" not in step.get("run", "")
    for declared in ACTION["inputs"].values():
        assert declared["description"] and isinstance(declared["default"], str)


@pytest.mark.parametrize("strict", ["false", "true"])
@pytest.mark.parametrize("step", SCRIPTS, ids=lambda s: s["name"])
def test_its_scripts_run(tmp_path: Path, step: dict[str, Any], strict: str) -> None:
    if step["name"] == "Selftest" and strict == "true":
        pytest.skip("it has no such option")
    scaffold("hw4", tmp_path)
    run("true", tmp_path)  # puts the command `grader` there
    inputs = {k: v["default"] for k, v in ACTION["inputs"].items()} | {"assignment": "hw4", "strict": strict}
    env = {
        **os.environ,
        **{k: filled(v, inputs) for k, v in step["env"].items()},
        "PATH": f"{tmp_path / '.tools'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(script, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    path = tmp_path / "hw4" / "rubrics" / "q1.yaml"
    path.write_text(path.read_text().replace("x y}{x^2 + \\alpha}'", "x y}{x^2 + \\alpha'"), encoding="utf-8")
    done = subprocess.run(script, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    if step["name"] == "Lint":
        assert done.stdout.startswith("::error file=hw4/rubrics/q1.yaml,line="), done.stdout


def test_what_it_installs_is_a_package() -> None:
    install = next(s["run"] for s in ACTION["runs"]["steps"] if "pip install" in s.get("run", ""))
    assert '"$GITHUB_ACTION_PATH"' in install and (ROOT / "pyproject.toml").is_file()


def test_the_hook_runs_and_looks_at_the_right_files(tmp_path: Path) -> None:
    (hook,) = HOOKS
    assert {"id", "name", "entry", "language", "files"} <= set(hook) and hook["pass_filenames"] is False
    for path, wanted in {
        "rubrics/q1.yaml": True,
        "hw4/rubrics/q1.yaml": True,
        "hw4/reference/ridge.py": True,
        "grader/lint/fault.py": False,
        "hw4/submissions_example/ada.md": False,
    }.items():
        assert bool(re.search(hook["files"], path)) is wanted, path
    scaffold("hw4", tmp_path)
    (shown,) = [h for repo in shown_config()["repos"] for h in repo["hooks"]]
    assert shown["id"] == hook["id"]
    assert run(f"{hook['entry']} {' '.join(shown['args'])}", tmp_path).strip() == "no fault"


def shown_config() -> dict[str, Any]:
    found = re.search(r"```yaml\n(repos:.*?)```", CI, re.DOTALL)
    assert found is not None
    config: dict[str, Any] = yaml.safe_load(found[1])
    return config


def test_the_workflow_that_is_shown_gives_only_inputs_that_exist() -> None:
    text = next(s.text for s in steps(ROOT / "docs" / "ci.md") if s.path)
    workflow = yaml.safe_load(text)
    used = [step for job in workflow["jobs"].values() for step in job["steps"]]
    ours = [step for step in used if "homework-grader" in step["uses"]]
    assert ours and all(set(step.get("with", {})) <= set(ACTION["inputs"]) for step in ours)


def test_the_page_lists_every_input_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| `([^`]+)` \|", CI, re.MULTILINE))
    assert rows == {name: declared["default"] for name, declared in ACTION["inputs"].items()}


def test_options_in_the_docs_exist(tmp_path: Path) -> None:
    found = set(re.findall(r"`grader (\w+)[^`\n]*?(--[a-z-]+)", CI))
    assert len(found) >= 2
    for command, option in found:
        assert option in run(f"grader {command} --help", tmp_path), (command, option)
