"""The JSON Schemas that editors use: as the models are, found by the rubrics, and of one mind with lint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from grader.cli import app
from grader.plain_yaml import load_yaml
from grader.schema import KINDS, file_name, head_line, schema_text

RUBRICS = sorted((ROOT / "rubrics").glob("*.yaml"))


def kind_of(path: Path) -> str:
    return "assignment" if path.name == "assignment.yaml" else "rubric"


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_up_to_date(kind: str) -> None:
    committed = (ROOT / "schema" / file_name(kind)).read_text(encoding="utf-8")
    assert committed == schema_text(kind), f"run: grader schema {kind} --out schema/{file_name(kind)}"


@pytest.mark.parametrize("path", RUBRICS, ids=lambda p: p.stem)
def test_rubrics_tell_editors_where_it_is(path: Path) -> None:
    line = path.read_text(encoding="utf-8").splitlines()[0]
    assert line == head_line(kind_of(path))
    assert (path.parent / line.partition("=")[2]).resolve().is_file()


@pytest.mark.parametrize("path", RUBRICS, ids=lambda p: p.stem)
def test_rubrics_are_valid_by_it(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json.loads(schema_text(kind_of(path))))
    assert [e.message for e in validator.iter_errors(load_yaml(path)[0])] == []


@pytest.mark.parametrize(
    "old,new",
    [
        ("role: final_answer", "role: final_answer\n        colour: red"),
        ("type: value", "type: valeu"),
        ("points: 2\n", "points: two\n"),
        ("points: 2\n", "points: -1\n"),
        ('title: {en: "Its slope", fr: "Sa pente"}', 'title: {en: "Its slope"}'),
        ('named: ["g\'"]', 'named: "g\'"'),
    ],
)
def test_what_is_wrong_by_lint_is_wrong_by_the_schema(tmp_path: Path, old: str, new: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = (ROOT / "tests" / "tiny" / "rubrics" / "q1.yaml").read_text(encoding="utf-8")
    path = tmp_path / "q1.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    validator = jsonschema.Draft202012Validator(json.loads(schema_text("rubric")))
    assert list(validator.iter_errors(load_yaml(path)[0]))


def test_the_command(tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    assert CliRunner().invoke(app, ["schema", "assignment", "--out", str(out)]).exit_code == 0
    assert out.read_text(encoding="utf-8") == schema_text("assignment")
    assert CliRunner().invoke(app, ["schema"]).stdout == schema_text("rubric")
    assert CliRunner().invoke(app, ["schema", "question"]).exit_code == 2
    assert CliRunner().invoke(app, ["schema", "--out", str(tmp_path / "no" / "x.json")]).exit_code == 2


def test_fields_are_explained() -> None:
    check = json.loads(schema_text("rubric"))["$defs"]["ChainCheck"]["properties"]
    assert check["families"].get("description") or check["under"]["description"]
    assert "must be correct" in check["needs"]["description"]
