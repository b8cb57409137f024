"""The student's kit: it holds no solution, and it says what the full grader says or that it cannot tell."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from conftest import ROOT
from typer.testing import CliRunner
from unsafe_runner import UnsafeRunner

from grader.assignment import Assignment, build_world, shipped
from grader.cli import app
from grader.grade import grade
from grader.kit_reference import load_kit_reference
from grader.maths import syntax as T
from grader.maths.sealed import slow_hash
from grader.maths.stored import decoded, encoded
from grader.maths.worlds import World
from grader.model import CheckResult, Outcome, PartReport, Report
from grader.packaging.kit import kit_files
from grader.packaging.zipped import write_folder

FULL = Assignment(shipped())
EXAMPLES = sorted(p for p in (ROOT / "submissions_example").iterdir() if p.suffix in (".tex", ".md"))
FEW = [p for p in EXAMPLES if p.stem in ("en_wrong", "fr_terse")]
POINT = "### 4.1\n\n$(\\psi_0^*, \\psi_1^*, \\theta^*) = (0, 0, 0)$\n\n"
STATEMENT = {"relu", "mixture", "elbo", "posterior"}
"""Forms that the questions themselves define."""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit without the points that inequalities choose, which take the longest to sample."""
    folder = tmp_path_factory.mktemp("kit")
    files, told = kit_files(shipped(), thorough=False)
    assert told.sealed == 51 and not told.checks
    write_folder(folder, files)
    return folder


@pytest.fixture(scope="module")
def loaded(kit: Path) -> Assignment:
    return Assignment(kit / "assignment")


@pytest.fixture(scope="module")
def trees(loaded: Assignment) -> set[T.Node]:
    """Every formula in the kit, whole and in parts."""
    found: set[T.Node] = set()
    for reference in loaded.kits.values():
        roots = list(reference.forms.values())
        for name in reference.names():
            world = reference.built(name)
            assert world is not None
            roots += [*world.definitions.values(), *world.rest.values(), *world.defaults.values(), *world.equations]
            roots += [f.body for f in world.functions.values() if f.body is not None]
        found |= {node for root in roots for node in T.walk(root)}
    return found


def texts(kit: Path) -> Iterator[tuple[str, str]]:
    """The kit's own files (the program's source is the same for every assignment) without spaces."""
    for path in sorted(kit.rglob("*")):
        if path.is_file() and "grader" not in path.relative_to(kit).parts[:1]:
            yield (
                str(path.relative_to(kit)),
                re.sub(r"\s|\\\\", "", path.read_text(encoding="utf-8").replace("\\\\", "\\")),
            )


# no solution


def test_no_reference_source_and_no_notes(kit: Path) -> None:
    names = {str(p.relative_to(kit)) for p in kit.rglob("*") if p.is_file()}
    assert not any(n.startswith("assignment") and n.endswith(".py") for n in names)
    assert {n for n in names if "/" not in n} == {"README.md", "LISEZMOI.md", "check", "check.py", "requirements.txt"}
    assert not any(n.startswith(("tests", "docs", "submissions_example", "rubrics", "reference")) for n in names)
    for name, text in texts(kit):
        assert "derive(" not in text and "second(" not in text, name
    for path in (kit / "assignment" / "rubrics").glob("q*.yaml"):
        data = json.loads(path.read_text(encoding="utf-8"))
        assert not any({"accepts", "rejects", "bands", "notes"} & set(c) for p in data["parts"] for c in p.get("checks", ()))
    notes = [
        line.partition("#")[2].strip()
        for path in (ROOT / "rubrics").glob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("#")
    ]
    assert notes and not any(re.sub(r"\s", "", note) in text for note in notes for _, text in texts(kit))


def sealed_forms() -> Iterator[tuple[str, T.Node, str]]:
    for question in FULL.questions:
        if question.reference is None:
            continue
        part = question.parts[0]
        judge = FULL.judge(part.id)
        assert judge is not None
        for name, text in FULL.reference(question.reference).derived.items():
            if name not in STATEMENT:
                yield name, FULL.target(question, judge, name, None), text


def test_no_formula_of_a_reference(kit: Path, trees: set[T.Node]) -> None:
    everything = "".join(text for _, text in texts(kit))
    looked_for = 0
    for name, tree, latex in sealed_forms():
        parts = [n for n in T.walk(tree) if sum(1 for _ in T.walk(n)) > 12 and not isinstance(n, T.Density)]
        looked_for += len(parts)
        assert not (set(parts[:1]) & trees), name
        plain = re.sub(r"\s", "", latex)
        assert len(plain) < 12 or plain not in everything, name
    assert looked_for > 100


def test_no_accepted_or_rejected_answer(kit: Path) -> None:
    everything = "".join(text for _, text in texts(kit))
    answers = [a for _, p in FULL.parts for c in p.checks for a in (*c.accepts, *c.rejects) if len(a) > 20]
    assert len(answers) > 200
    assert not [a for a in answers if re.sub(r"\s", "", a) in everything]


def test_no_constant_in_plain_form(kit: Path, trees: set[T.Node]) -> None:
    """The Jacobian's entries, the eigenvalues, the stationary point."""
    text = (kit / "assignment" / "reference" / "q4.json").read_text(encoding="utf-8")
    data = json.loads(text)
    blobs = {found[3] for found in data.pop("formulas").values()}
    data.pop("constants")
    rest = json.dumps(data) + (kit / "assignment" / "rubrics" / "q4.yaml").read_text(encoding="utf-8")
    assert not re.search(r'"-?1/2"|[^{]frac12|frac\{1\}\{2\}', rest)
    for blob in blobs:
        raw = base64.b64decode(blob)
        assert b"0.5" not in raw and b"0.0" not in raw
    reference = load_kit_reference(kit / "assignment" / "reference" / "q4.json")
    for name in reference.names():
        world = reference.built(name)
        assert world is not None
        assert all(isinstance(v, T.Sealed) for v in world.rest.values())
        stars = [v for k, v in world.definitions.items() if "*" in k and k.split("_")[0] in ("psi", "theta")]
        assert stars and all(isinstance(v, T.Sealed) for v in stars)
    bars = [rel for node in trees if isinstance(node, T.At) for rel in node.where]
    assert bars and all(isinstance(rel, T.Rel) and isinstance(rel.operands[1], T.Sealed) for rel in bars)
    assert not any(c.get("phrases") for q in json_rubric(kit, "q4") for c in q["checks"] if c["type"] == "point")


def json_rubric(kit: Path, name: str) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = json.loads((kit / "assignment" / "rubrics" / f"{name}.yaml").read_text())["parts"]
    return parts


def test_constants_are_hashed_slowly_and_with_salt(kit: Path) -> None:
    began = time.perf_counter()
    first = slow_hash("00" * 16, complex(time.time()))
    assert time.perf_counter() - began > 0.003
    assert slow_hash("00" * 16, -0.0) == slow_hash("00" * 16, 0.0) != slow_hash("11" * 16, 0.0) != first
    data = json.loads((kit / "assignment" / "reference" / "q4.json").read_text(encoding="utf-8"))
    hashes = list(data["constants"].values())
    assert len(hashes) == len(set(hashes)) >= 15, "three zeros, nine entries and three eigenvalues, none like another"


# the same outcomes


def told_alike(full: Report, kit: Report) -> tuple[Counter[str], list[str]]:
    """How many checks and steps are told alike or left open; what contradicts the full grader."""
    count: Counter[str] = Counter()
    wrong = []
    for one, other in zip(full.parts, kit.parts, strict=True):
        wrong += contradictions(one, other, count)
    return count, wrong


def contradictions(one: PartReport, other: PartReport, count: Counter[str]) -> list[str]:
    wrong = []
    for check, told in zip(one.checks, other.checks, strict=True):
        if (check.outcome, check.points) == (told.outcome, told.points):
            count["same"] += 1
        elif told.outcome is Outcome.UNDECIDED and within(check, told):
            count["open"] += 1
        else:
            wrong.append(
                f"{one.id}.{check.id}: {check.outcome} ({check.note}), in the kit {told.outcome} ({told.note})"
            )
    lines = {s.id: s for s in one.steps}
    for step in other.steps:
        usual = lines.get(step.id)
        count["step" if usual is not None and usual.outcome is step.outcome else "step open"] += 1
        if usual is not None and usual.outcome is not Outcome.INCORRECT and step.outcome is Outcome.INCORRECT:
            wrong.append(f"{one.id}: {step.reads}: {usual.outcome}, in the kit {step.outcome}")
    return wrong


def within(check: CheckResult, told: CheckResult) -> bool:
    return told.points.min <= check.points.min + 1e-9 and check.points.max <= told.points.max + 1e-9


def compared(paths: list[Path], loaded: Assignment) -> Counter[str]:
    total: Counter[str] = Counter()
    for path in paths:
        count, wrong = told_alike(grade([path], FULL), grade([path], loaded))
        assert wrong == [], path.name
        total += count
    return total


def test_kit_and_full_grader_say_the_same(loaded: Assignment) -> None:
    count = compared(FEW, loaded)
    assert count["same"] >= 0.98 * (count["same"] + count["open"]), count
    assert count["step open"] <= 2, count


@pytest.mark.slow
def test_kit_and_full_grader_say_the_same_of_all_examples(tmp_path: Path) -> None:
    files, _ = kit_files(shipped())
    write_folder(tmp_path, files)
    count = compared(EXAMPLES, Assignment(tmp_path / "assignment"))
    assert count["open"] <= 2 and count["step open"] == 0, count


@pytest.mark.slow
@pytest.mark.parametrize("name", ["py_numpy.py", "py_sympy.py", "py_wrong.py", "py_notebook.ipynb"])
def test_kit_and_full_grader_say_the_same_of_python_answers(loaded: Assignment, name: str) -> None:
    """Constants too: they are known once a function returns them."""
    runner = UnsafeRunner()
    try:
        reports = [grade([ROOT / "submissions_example" / name], a, runner=runner) for a in (FULL, loaded)]
    finally:
        runner.close()
    count, wrong = told_alike(*reports)
    assert wrong == [] and count["open"] == 0, count


def derivations() -> list[dict[str, Any]]:
    paths = sorted((ROOT / "tests" / "cases" / "derivations").glob("*.yaml"))
    return [row for path in paths for row in yaml.safe_load(path.read_text(encoding="utf-8"))]


@pytest.mark.slow
def test_kit_and_full_grader_say_the_same_of_derivations(tmp_path: Path) -> None:
    """Right and wrong ones, which had no part in what was sampled."""
    files, _ = kit_files(shipped())
    write_folder(tmp_path, files)
    loaded = Assignment(tmp_path / "assignment")
    count: Counter[str] = Counter()
    wrong = []
    for row in derivations():
        question, _, label = row["part"].partition(".")
        heading = f"({label})" if question == "Q3" else f"{question[1:]}.{label}"
        before = POINT if question == "Q4" and label != "1" else ""
        text = f"## Question {question[1:]}\n\n{before}{'### ' + heading if label else ''}\n\n{row['text']}"
        path = tmp_path / "answer.md"
        path.write_text(text, encoding="utf-8")
        one, other = (next(p for p in grade([path], a).parts if p.id == row["part"]) for a in (FULL, loaded))
        wrong += [f"{row['id']}: {said}" for said in contradictions(one, other, count)]
    assert wrong == []
    assert count["same"] >= 0.99 * (count["same"] + count["open"]), count


def asked(loaded: Assignment, text: str, part: str) -> PartReport:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answer.md"
        path.write_text(text, encoding="utf-8")
        return next(p for p in grade([path], loaded).parts if p.id == part)


MATRIX = r"$$J^* = \begin{pmatrix} 0 & 0 & %s \\ 0 & -\frac12 & 0 \\ \frac12 & 0 & 0 \end{pmatrix}$$"


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [(r"-\frac12", "correct"), (r"\frac14", "incorrect"), ("-0.5", "correct"), ("-0.51", "undecided")],
)
def test_a_constant_is_known_when_it_is_written(loaded: Assignment, entry: str, outcome: str) -> None:
    part = asked(loaded, f"## Question 4\n\n{POINT}### 4.2\n\n{MATRIX % entry}", "Q4.2")
    assert next(c for c in part.checks if c.id == "matrix").outcome.value == outcome


def test_what_rests_on_an_earlier_answer_waits_for_it(loaded: Assignment) -> None:
    answer = (
        "### 4.3\n\n" + r"$$\det(J^* - \lambda I) = -\left(\lambda + \frac12\right)\left(\lambda^2 + \frac14\right)$$"
    )
    without = asked(loaded, f"## Question 4\n\n{answer}", "Q4.3")
    told = asked(loaded, f"## Question 4\n\n{POINT}{answer}", "Q4.3")
    again = asked(loaded, f"## Question 4\n\n{answer}", "Q4.3")  # nothing is carried to the next submission
    assert [(s.outcome, s.note) for s in without.steps] == [(Outcome.UNDECIDED, "sealed")]
    assert [s.outcome for s in told.steps] == [Outcome.CORRECT]
    assert (again.checks, again.steps) == (without.checks, without.steps)


def test_where_it_does_not_know_it_says_so(loaded: Assignment) -> None:
    text = r"## Question 1" "\n\n" r"If $\mu_1 = 3\mu_2$, then $$KL[q\|p] = \log\frac{\sigma_1}{\sigma_2} + 7$$"
    check = next(c for c in asked(loaded, text, "Q1").checks if c.id == "closed_form")
    assert check.outcome is Outcome.UNDECIDED and (check.points.min, check.points.max) == (0, 1)


@pytest.mark.parametrize("reference", ["q1", "q2", "q3", "q4"])
def test_worlds_come_back_as_they_were(reference: str) -> None:
    for name, data in FULL.reference(reference).worlds().items():
        world = build_world(data)
        back = decoded(json.loads(json.dumps(encoded(world))))
        assert isinstance(back, World)
        for letter, recipe in world.joints.items():
            for sizes in ({"T": 1}, {"T": 3}, {"T": 5}):
                assert list(recipe(sizes)) == list(back.joints[letter](sizes)), name
        for field in ("notation", "symbols", "definitions", "functions", "measures", "rest", "equations", "conditions"):
            assert getattr(back, field) == getattr(world, field), (name, field)


# as a student uses it


def run(kit: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, "-P", str(kit / "check.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def test_the_launcher(kit: Path, tmp_path: Path) -> None:
    (tmp_path / "hw.md").write_text(
        "# Question 1\n\n$$KL[q\\|p] = \\log\\frac{\\sigma_2}{\\sigma_1}$$\n", encoding="utf-8"
    )
    (tmp_path / "json.py").write_text("open('imported', 'w')\n", encoding="utf-8")
    done = run(kit, "hw.md", "--lang", "fr", "--audience", "ta", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "ne correspond pas à ce qui est demandé" in done.stdout
    assert "référence" not in done.stdout  # a student's report, whatever is asked
    assert not (tmp_path / "imported").exists()
    assert run(kit, "hw.md", "--html", "page.html", cwd=tmp_path).returncode == 1
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<math" in page and "<style>:root" in page, "pages need files beside the source"
    assert run(kit, "nothing.md", cwd=tmp_path).returncode == 2
    assert os.access(kit / "check", os.X_OK)


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x", encoding="utf-8")
    done = CliRunner().invoke(app, ["package", "--student", str(tmp_path / "mine")])
    assert done.exit_code == 2 and "is not empty" in done.output
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


@pytest.mark.slow
def test_the_command_writes_a_kit(tmp_path: Path) -> None:
    """Over an older one, of which nothing stays; without the phrases of explanations."""
    out = tmp_path / "kit"
    (out / "assignment" / "reference").mkdir(parents=True)
    (out / "assignment" / "reference" / "q1.py").write_text("secret = 1", encoding="utf-8")
    (out / "check.py").write_text("", encoding="utf-8")
    done = CliRunner().invoke(app, ["package", "--student", str(out), "--no-phrases"])
    assert done.exit_code == 0 and "left to the full grader: Q2.1.strategy" in done.output
    assert not (out / "assignment" / "reference" / "q1.py").exists()
    assert not any(c["type"] == "prose" for name in ("q2", "q4") for p in json_rubric(out, name) for c in p["checks"])
    assert Assignment(out / "assignment").judge("Q4.6") is not None
