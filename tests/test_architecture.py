"""The house keeps its shape: imports point one way, heavy packages stay where they belong, modules stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, SEED

GRADER = ROOT / "grader"
# a module may import from its own layer and from those before it
LAYERS = [
    ["model", "errors", "limits", "programs", "provenance", "lateness"],
    ["plain_yaml"],
    ["validation"],
    ["source"],
    ["maths"],
    ["reading"],
    ["derivation"],
    ["checks"],
    ["rubric", "scoring"],
    ["schema"],
    ["scaffold"],
    ["kit_reference"],
    ["assignment", "guide"],
    ["steps"],
    ["carry", "python_answers"],
    ["exchange", "handed_in", "likeness", "wrong_values"],
    ["written"],
    ["submission"],
    ["grade_part", "unread"],
    ["grade"],
    ["api", "references", "examples", "invariants"],
    ["right_answers"],
    ["mutants"],
    ["lint", "selftest"],
    ["gradebook"],
    ["intake"],
    ["sandbox"],
    ["runner"],
    ["worker"],
    ["isolate"],
    ["task"],
    ["parcel"],
    ["cluster"],
    ["batch"],
    ["packaging"],
    ["desk"],
    ["web"],
    ["commands"],
    ["cli"],
    ["__main__"],
]
REPORT_MAY_USE = {"model", "errors", "gradebook", "report"}
GRADEBOOK_MAY_USE = {"model", "errors", "gradebook"}
SANDBOX_MAY_USE = {"model", "errors", "programs", "sandbox"}


def layer_of(module: str) -> int:
    head = module.split(".")[1] if "." in module else module
    for i, names in enumerate(LAYERS):
        if head in names:
            return i
    raise AssertionError(f"{module} belongs to no layer")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def modules() -> list[Path]:
    return sorted(p for p in GRADER.rglob("*.py") if p.name != "__init__.py" or p.parent.name == "checks")


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(GRADER)))
def test_imports_point_one_way(path: Path) -> None:
    own = "grader." + ".".join(path.relative_to(GRADER).with_suffix("").parts)
    for name in imports(path):
        if not name.startswith("grader"):
            continue
        head = name.split(".")[1] if "." in name else ""
        if own.startswith("grader.report"):
            assert head in REPORT_MAY_USE, f"{own} imports {name}"
        elif own.startswith("grader.gradebook"):
            assert head in GRADEBOOK_MAY_USE, f"{own} imports {name}"
        elif own.startswith("grader.sandbox"):
            assert head in SANDBOX_MAY_USE, f"{own} imports {name}"
        elif own in ("grader.cli", "grader.worker", "grader.isolate") or own.startswith(("grader.commands", "grader.packaging")) or (head == "report" and own.startswith(("grader.desk", "grader.web"))):
            continue
        elif head == "report":
            assert own == "grader.selftest", f"{own} imports {name}"
        elif head:
            assert layer_of(name) <= layer_of(own), f"{own} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(GRADER)))
def test_heavy_packages_stay_where_they_belong(path: Path) -> None:
    text = set(imports(path))
    assert not any(name.split(".")[0] == "torch" for name in text)
    if path.name != "certify.py" and path.parent.name != "inside":
        assert not any(name.split(".")[0] == "sympy" for name in text)


def test_the_web_is_loaded_by_its_command_alone() -> None:
    """Its packages are an extra; commands share what they do with it through `desk`."""
    for path in modules():
        names = list(imports(path))
        if path.parent.name == "web":
            assert not any(n.startswith(("grader.commands", "grader.cli", "typer", "rich")) for n in names), path
        else:
            foreign = {"fastapi", "uvicorn", "starlette", "python_multipart"} & {n.split(".")[0] for n in names}
            assert not foreign or path.name == "serve.py", path
            assert path.name == "serve.py" or not any(n.startswith("grader.web") for n in names), path


def test_what_runs_inside_the_sandbox_stands_alone() -> None:
    """It is bound there by itself, so it can import nothing of ours."""
    inside = GRADER / "sandbox" / "inside"
    assert not any(name.startswith("grader") for path in inside.glob("*.py") for name in imports(path))


def test_programs_are_plain_records() -> None:
    assert not any(name.startswith("grader") for name in imports(GRADER / "programs.py"))


def test_checks_hold_no_points_and_scoring_no_maths() -> None:
    assert not any(name.startswith("grader.maths") for name in imports(GRADER / "scoring.py"))
    for path in (GRADER / "checks").glob("*.py"):
        assert "scoring" not in " ".join(imports(path))


def test_every_package_is_in_the_wheel() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    there = {".".join(p.parent.relative_to(ROOT).parts) for p in GRADER.rglob("*.py")}
    assert there <= set(listed)


def test_modules_have_one_purpose_and_are_short() -> None:
    long = {
        str(p.relative_to(GRADER)): n for p in modules() if (n := len(p.read_text(encoding="utf-8").splitlines())) > 620
    }
    assert not long


def test_the_latex_path_never_imports_torch_or_sympy(tmp_path: Path) -> None:
    """Grading a file (the references being cached) loads neither."""
    target = SEED if SEED.is_file() else ROOT / "submissions_example" / "fr_careful.md"
    code = (
        "import sys; from pathlib import Path; from grader.assignment import Assignment, shipped; from grader.grade import grade\n"
        "a = Assignment(shipped()); grade([Path(sys.argv[1])], a)\n"
        "import grader; grader.compare('x', 'x')\n"
        "bad = [m for m in ('torch', 'sympy', 'pylatexenc') if m in sys.modules]\n"
        "print(bad)"
    )
    for _ in range(2):  # the first run may derive references with SymPy
        run = subprocess.run(
            [sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True, cwd=ROOT
        )
    assert run.stdout.strip() == "[]"


def test_the_help_needs_no_numpy() -> None:
    code = "import sys, grader.cli; print('numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "False"
