"""Pages: every line with its mark, nothing of a student's text as markup, nothing of the reference for students."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from grader.cli import app
from grader.grade import grade
from grader.report.audience import for_student
from grader.report.html.formula import formula
from grader.report.html.page import report_page
from grader.report.html.phrases import _PHRASES, phrase
from grader.report.html.view import SHAPES, part_view
from grader.report.messages import number
from grader.report.to_json import report_data

EXAMPLES = ROOT / "submissions_example"
VOID = {"meta", "path", "circle", "rect", "use", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """What a page holds: tags in balance, attributes, ids, addresses, text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [v for k, v in attrs if k == "id" and v]
        self.links += [v for k, v in attrs if k == "href" and v]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.links += [v for k, v in attrs if k == "href" and v]

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def graded(assignment: Any, name: str) -> dict[str, Any]:
    return json.loads(json.dumps(report_data(grade([EXAMPLES / name], assignment))))


@pytest.fixture(scope="module")
def reports(assignment: Any) -> dict[str, dict[str, Any]]:
    return {name: graded(assignment, name) for name in ("en_wrong.md", "en_macros.tex", "fr_ocr.md")}


def harmless(page: Page) -> None:
    assert not {"script", "iframe", "object", "embed", "form", "link", "base", "img"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on") and name not in ("src", "srcset", "style", "action"), (name, value)
    assert all(link.startswith("#") for link in page.links)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("audience", ["student", "ta"])
def test_a_page_is_whole_and_loads_nothing(reports: dict[str, dict[str, Any]], lang: str, audience: str) -> None:
    for data in reports.values():
        text = report_page(data, lang=lang, audience=audience)
        page = Page(text)
        harmless(page)
        assert "url(" not in text and "@import" not in text and "http" not in re.sub(r"http-equiv", "", text)
        assert len(page.ids) == len(set(page.ids)), "every place has one name"
        assert {link[1:] for link in page.links} <= set(page.ids), "every address leads somewhere"
        assert f'<html lang="{lang}">' in text and text == report_page(data, lang=lang, audience=audience)


def test_every_line_that_needs_a_word_has_one_and_only_one(reports: dict[str, dict[str, Any]]) -> None:
    for data in reports.values():
        for part in data["parts"]:
            view = part_view(part, "en", "ta")
            notes = [n for line in view.lines for n in line.notes] + list(view.elsewhere)
            wanted = [SHAPES[s["outcome"]] for s in part["steps"] if s["outcome"] not in ("correct", "assumed")]
            assert sorted(n.shape for n in notes) == sorted(wanted), part["id"]
            assert not view.elsewhere, "a step stands in the text that is shown"


def test_a_wrong_line_stands_with_its_numbers(reports: dict[str, dict[str, Any]]) -> None:
    part = next(p for p in reports["en_wrong.md"]["parts"] if p["id"] == "Q1")
    step = next(s for s in part["steps"] if s["outcome"] == "incorrect")
    view = part_view(part, "en", "student")
    line = next(line for line in view.lines if line.number == step["span"]["line"])
    assert line.mark is not None and line.mark.shape == "wrong"
    (note,) = [n for n in line.notes if n.shape == "wrong"]
    assert note.numbers is not None
    assert [value for _, value in note.numbers.sides] == [number(step["witness"][side]) for side in ("left", "right")]


def test_macros_are_written_out(reports: dict[str, dict[str, Any]]) -> None:
    texts = [w["text"] for p in reports["en_macros.tex"]["parts"] for w in p["written"] if w["kind"] in ("formula", "display", "row")]
    assert texts and not any("\\dkl" in t or "\\ave" in t for t in texts)
    shown = [str(formula(t)) for t in texts]
    assert sum(s.startswith("<math") for s in shown) >= 0.98 * len(shown), "almost everything is rendered"


def test_students_see_no_reference(reports: dict[str, dict[str, Any]]) -> None:
    looked_for = 0
    for data in reports.values():
        text = "".join(Page(report_page(data, audience="student")).words)
        whole = "".join(Page(report_page(data, audience="ta")).words)
        for part in data["parts"]:
            own = {number(s["witness"][side]) for s in part["steps"] if s["witness"] for side in ("left", "right")}
            for check in part["checks"]:
                witness = check["evidence"].get("witness")
                if witness is None or check["outcome"] != "incorrect":
                    continue
                expected = number(witness["right"])
                if len(expected) > 5 and expected not in own and expected != number(witness["left"]):
                    looked_for += 1
                    assert expected in whole and expected not in text, (part["id"], check["id"])
        assert for_student(data) != data
    assert looked_for, "there are references to look for"


HOSTILE = [
    r"\text{<script>alert(1)</script>}", r"\href{javascript:alert(1)}{x}", r"\url{javascript:alert(1)}", r"\text{&lt;img src=x onerror=alert(1)&gt;}",
    r"\class{x\" onclick=\"alert(1)}{y}", r"\style{background:url(http://x)}{y}", r"\cssId{p-Q1}{y}", r"\mathrm{<b>}", r"\verb|<script>|", r"\unicode{x3c}script",
    r"\color{red;background:url(x)}{x}", r"\includegraphics{http://x/y.png}", r"\operatorname{<svg onload=alert(1)>}", r"\tag{<i>}x", r"x^{<math href='x'>}",
    "</math><script>alert(1)</script>", "]]><script>", "<!--", r"\mathop{<a href=x>}", r"\htmlClass{a}{b}", r"\data{x}", r"\begin{array}{<b>}x\end{array}",
]  # fmt: skip


@pytest.mark.parametrize("latex", HOSTILE)
def test_nothing_of_a_formula_is_markup(latex: str) -> None:
    page = Page(f"<div>{formula(latex)}{formula(latex, display=True)}</div>")
    harmless(page)
    assert set(page.tags) <= {"div", "code"} | _MATHML


_MATHML = set(
    re.findall(
        r"\w+",
        "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts mprescripts mtable mtr mtd mstyle "
        "mpadded mphantom",
    )
)


@pytest.mark.parametrize(
    "latex",
    [r"\frac{1}{2", r"{", r"}", r"\left(x", r"x\right)", "", " ", r"\begin{pmatrix}1", "^", "_", r"\frac", r"\sqrt[", "{" * 200 + "}" * 200, "x" * 5000, r"\\", "&", "%"],
)  # fmt: skip
def test_what_is_cut_off_is_shown_as_written(latex: str) -> None:
    shown = str(formula(latex))
    assert shown.startswith(("<code", "<math"))
    if "{" in latex or "left" in latex or "right" in latex:
        assert shown.startswith("<code")


@given(st.lists(st.sampled_from([r"\frac", "{", "}", "x", "^", "_", r"\left(", r"\right)", "&", r"\\", r"\text{<i>}", r"\sum", "<", '"', "'", r"\begin{cases}", r"\end{cases}",
                                 r"\operatorname{", r"\mathbb{R}", r"\href{a}{b}", "%", "$", "~", "\u202e", "é", r"\foo", r"\hat", r"\sqrt[3]{x}", r"\limits", r"\overset{a}{b}"]), max_size=14))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_becomes_safe_text(pieces: list[str]) -> None:
    page = Page(f"<div>{formula(' '.join(pieces))}</div>")
    harmless(page)
    assert set(page.tags) <= {"div", "code"} | _MATHML


def test_hostile_prose_stays_text(tmp_path: Path, assignment: Any) -> None:
    path = tmp_path / "x.md"
    path.write_text(
        "# Question 1\n\n<script>alert(1)</script> and $\\text{<img src=x onerror=alert(1)>} = 1$ [a](javascript:alert(1))\n\n"
        "$$KL = <b>x</b> \\href{javascript:alert(1)}{y}$$\n",
        encoding="utf-8",
    )
    data = json.loads(json.dumps(report_data(grade([path], assignment, "<b onclick=x>"))))
    harmless(Page(report_page(data, audience="ta")))


def test_words_stand_in_both_languages() -> None:
    assert all({"en", "fr"} == set(entry) and all(entry.values()) for entry in _PHRASES.values())
    assert {phrase(shape, "fr") for shape in SHAPES.values()}, "every shape has a word"


def test_check_writes_a_page(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["check", str(EXAMPLES / "en_wrong.md"), "--html", str(out), "--lang", "fr"])
    assert done.exit_code == 1
    assert "Rapport" in out.read_text(encoding="utf-8")
    Page(out.read_text(encoding="utf-8"))


def test_a_class_has_a_page_each_and_an_index(tmp_path: Path) -> None:
    here, out = tmp_path / "class", tmp_path / "out"
    here.mkdir()
    for name in ("index", "other"):
        (here / f"{name}.md").write_text("# Question 1\n\n$$KL(q\\|p) = 1$$\n", encoding="utf-8")
    run = CliRunner().invoke
    assert run(app, ["grade", str(here), "--out", str(out)]).exit_code == 0
    page = Page((out / "index.html").read_text(encoding="utf-8"))
    linked = {link for link in page.links if not link.startswith("#")}
    assert linked == {"index.report.html", "other.html"} and all((out / link).is_file() for link in linked)
    before = (out / "other.html").read_bytes()
    assert run(app, ["grade", "--out", str(out), "--resume"]).exit_code == 0
    assert (out / "other.html").read_bytes() == before
    assert run(app, ["override", str(out), "other", "Q1", "2.25", "--reason", "by hand", "--author", "me"]).exit_code == 0
    after = (out / "other.html").read_text(encoding="utf-8")
    assert "2.25" in after and "by hand" in after and "2.25" in (out / "index.html").read_text(encoding="utf-8")
    (out / "other.html").unlink()
    assert run(app, ["grade", "--out", str(out), "--resume", "--lang", "fr"]).exit_code == 0
    again = (out / "other.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in again and "by hand" in again


def test_no_pages_where_none_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("# Question 1\n\n$$KL(q\\|p) = 1$$\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["grade", str(tmp_path / "x.md"), "--out", str(tmp_path / "out"), "--no-html"]).exit_code == 0
    assert not list((tmp_path / "out").glob("*.html"))
