"""The pages of docs/: what they show is what happens, links lead somewhere, and nothing of the command line is left out."""

from __future__ import annotations

import ast
import doctest
import fnmatch
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, cases
from markdown_it import MarkdownIt
from markdown_it.token import Token
from test_architecture import LAYERS
from tutorial import play, steps
from typer.main import get_command

from grader.assignment import Assignment
from grader.cli import app
from grader.grade import grade
from grader.report.to_json import report_data
from grader.sandbox.doctor import can_run, examine

sys.path.insert(0, str(ROOT / "docs"))
from made.reports import EVIDENCE
from made.right_rows import filled
from make_reference import PAGES as MADE

DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS]
BY_HAND = [path for path in PAGES if path.name not in MADE]


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# examples


PLAYED = [p for p in BY_HAND if p.name != "writing_a_rubric.md" and any(s.command for s in steps(p))]


@pytest.mark.parametrize("page", PLAYED, ids=lambda p: p.name)
def test_a_page_does_what_it_shows(page: Path, tmp_path: Path) -> None:
    runs_python = ".py\n" not in text_of(page) or can_run(examine())
    assert play(page, tmp_path, runs_python=runs_python) >= 1


def test_pages_have_examples() -> None:
    assert {"README.md", "student.md", "ta.md", "compare.md", "setup.md"} <= {p.name for p in PLAYED}


@cache
def tokens_of(path: Path) -> list[Token]:
    return MarkdownIt().enable("table").parse(text_of(path))


def fences() -> Iterator[tuple[str, str, str]]:
    """Pages, languages and texts of all blocks of code."""
    for page in BY_HAND:
        for token in tokens_of(page):
            if token.type == "fence" and token.info:
                yield page.name, token.info, token.content


def test_snippets_are_what_they_say() -> None:
    """YAML, JSON and Python are read by their own readers; sessions of Python are played."""
    read: dict[str, Any] = {
        "yaml": yaml.safe_load,
        "json": lambda text: [json.loads(line) for line in text.splitlines()],
        "python": ast.parse,
    }
    kinds = set()
    for name, language, text in fences():
        assert language in {*read, "console", "markdown", "csv", "pycon"}, (name, language)
        if language in read:
            read[language](text)
        elif language == "pycon":
            test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
            assert test.examples and doctest.DocTestRunner(verbose=False).run(test).failed == 0
        kinds.add(language)
    assert {"yaml", "json", "python", "pycon", "console"} <= kinds


# links


def inline(page: Path) -> Iterator[Token]:
    for token in tokens_of(page):
        yield from token.children or ()


@cache
def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    out: set[str] = set()
    for before, token in pairwise(tokens_of(page)):
        if before.type == "heading_open":
            words = "".join(t.content for t in token.children or ())
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            out.add(next(s for s in (slug, *(f"{slug}-{i}" for i in range(1, 99))) if s not in out))
    return out


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for token in inline(page):
        target = token.attrs.get("href") or token.attrs.get("src")
        if target is None or str(target).startswith(("https://", "mailto:")):
            continue
        path, _, anchor = str(target).partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_file(), (page.name, target)
        assert not anchor or anchor in anchors(there), (page.name, target)


def test_every_page_is_linked() -> None:
    linked = {
        (page.parent / str(token.attrs["href"]).partition("#")[0]).resolve()
        for page in PAGES
        for token in inline(page)
        if "href" in token.attrs
    }
    assert [p.name for p in DOCS if p not in linked] == []


# the command line


def commands() -> Mapping[str, Any]:
    found: Mapping[str, Any] = get_command(app).commands  # type: ignore[attr-defined,union-attr,unused-ignore]
    return found


def options(command: Any) -> set[str]:
    names = {o for p in command.params if p.param_type_name == "option" for o in (*p.opts, *p.secondary_opts)}
    return {n for n in names if n.startswith("--")} - {"--help"}


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_has_a_page(name: str) -> None:
    """Not only in the list that is made of the program: on a page that somebody wrote."""
    pages = [text_of(p) for p in BY_HAND if re.search(rf"grader {name}\b", text_of(p)) and p.name != "CHANGELOG.md"]
    assert pages
    said = {o for text in pages for o in re.findall(r"--[a-z][a-z-]*", text)}
    assert options(commands()[name]) <= said


def test_commands_on_pages_exist() -> None:
    known = commands()
    seen = 0
    for page in PAGES:
        for name, rest in re.findall(r"(?:^\$ |[`/]|^)grader ([a-z]+)\b([^`\n;|]*)", text_of(page), re.MULTILINE):
            assert name in known, (page.name, name)
            used = set(re.findall(r"(?<!\S)\[?(--[a-z][a-z-]*)", rest.split(" # ")[0]))
            assert used <= options(known[name]) | {"--help"}, (page.name, name, used)
            seen += 1
    assert seen > 100


def test_targets_of_make_exist() -> None:
    rules = re.findall(r"^([a-z][\w%-]*):", text_of(ROOT / "Makefile"), re.MULTILINE)
    for page in (*PAGES[:1], *DOCS):
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", text_of(page), re.MULTILINE):
            assert any(fnmatch.fnmatch(target, rule.replace("%", "*")) for rule in rules), (page.name, target)


# what is made of the program


@pytest.mark.parametrize("name", MADE)
def test_the_committed_page_is_what_the_program_says(name: str) -> None:
    assert text_of(ROOT / "docs" / name) == MADE[name](), "run: python docs/make_reference.py"


def test_reports_have_no_key_that_the_reference_does_not_know() -> None:
    page = text_of(ROOT / "docs" / "reference_report.md")
    known = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) | {"en", "fr", "sha256", "files"}
    assignment = Assignment(ROOT)

    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, list):
            for item in value:
                yield from keys(item)
        elif isinstance(value, dict):
            for key, item in value.items():
                yield key
                yield from keys(item) if key not in ("evidence", "provenance", "values", "left", "right") else ()

    for name in ("fr_terse.tex", "py_broken.py"):
        data = report_data(grade([ROOT / "submissions_example" / name], assignment))
        assert set(keys(data)) <= known
        evidence = {key for part in data["parts"] for check in part["checks"] for key in check["evidence"]}
        assert len(evidence) > 3 and evidence <= set(EVIDENCE)


def test_the_keys_of_worlds_are_those_that_are_read() -> None:
    source = text_of(ROOT / "grader" / "assignment.py")
    start = source.index("def build_world(")
    read = set(re.findall(r'data(?:\.get\(|\[)"(\w+)"', source[start : source.index("\n\n\n", start)]))
    page = text_of(ROOT / "docs" / "rubric_author.md")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page[page.index("## What a world says") :], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == read


# architecture


def test_what_the_architecture_names_exists() -> None:
    """Paths in `grader/` or in the project (`x` stands for any name); a bare name is that of some file."""
    files = [*(ROOT / "grader").rglob("*.*"), *ROOT.glob("*.*"), *ROOT.glob("*/*.yaml"), *ROOT.glob("tests/cases/*")]
    names = {path.name for path in files}
    missing = []
    for name in ("architecture.md", "adding.md", "trust.md"):
        for path in re.findall(r"`([\w./*-]+?(?:\.(?:py|yaml|css|toml)|/))`", text_of(ROOT / "docs" / name)):
            pattern = path.rstrip("/").replace("/x.py", "/*.py")
            there = any(any(folder.glob(pattern)) for folder in (ROOT / "grader", ROOT))
            if not there and not fnmatch.filter(names, path):
                missing.append((name, path))
    assert missing == []


def test_every_package_and_module_of_the_top_is_in_the_architecture() -> None:
    """Modules deeper down are listed in modules.md, by their own first lines."""
    page = text_of(ROOT / "docs" / "architecture.md")
    top = [p for p in (ROOT / "grader").iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()]
    names = {f"{p.name}/" if p.is_dir() else p.name for p in top if p.name not in ("__init__.py", "__main__.py")}
    assert len(names) > 40
    assert (
        sorted(n for n in names if not re.search(rf"`{re.escape(n)}|\b{re.escape(n.removesuffix('.py'))}\b", page))
        == []
    )


def test_the_layers_of_the_architecture_are_those_that_are_held() -> None:
    page = text_of(ROOT / "docs" / "architecture.md")
    said = page.partition("holds it: ")[2].partition(".\n`gradebook` knows")[0]
    assert [re.findall(r"[a-z_]+", layer) for layer in said.split("<-")] == [x for x in LAYERS if x != ["__main__"]]


# trust


def test_the_right_rows_of_trust_are_those_of_the_tables() -> None:
    """What is right is never called wrong, by the test of each table."""
    page = text_of(ROOT / "docs" / "trust.md")
    assert page == filled(page), "run: python docs/make_reference.py"
    total = re.search(r"\*\*in all\*\* \| \*\*([\d,]+)\*\*", page)
    assert total is not None and int(total[1].replace(",", "")) >= 1900


def test_the_known_wrong_rows_are_as_many_as_trust_says() -> None:
    known = sum("known_wrong" in row for row in cases("hunted.yaml"))
    assert f"{known} rows of `tests/cases/hunted.yaml`" in text_of(ROOT / "docs" / "trust.md")
