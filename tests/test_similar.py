"""The same rare mistakes in the same order are shown to who marks, as a hint; what chance or one slip explains is not."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from made_gradebook import check, made, part, step
from rich.console import Console

from grader.grade import grade
from grader.gradebook import Gradebook, Person, Similar, side_by_side, similar
from grader.gradebook.similar import aligned, pairs_in
from grader.report.audience import for_student
from grader.report.similar_table import show_similar
from grader.report.similar_words import SIMILAR as WORDS
from grader.report.similar_words import chance
from grader.report.to_json import report_data

# made-up gradebooks: who is shown


def parts_of(words: str) -> list[dict[str, Any]]:
    """Parts from `P1: a b (c); P2: d`: the values of wrong lines in order, in brackets what only follows."""
    out = []
    given_ = dict(piece.strip().split(":") for piece in words.split(";") if piece.strip())
    for name in ("P1", "P2", "P3"):
        values = given_.get(name, "").split()
        steps = [{**step(i + 1), "left": f"x_{i}", "relation": "=", "right": v.strip("()")} for i, v in enumerate(values)]
        one = part(name, [check("all", 0, 0, 1)], text=f"{words} {name}", steps=steps)
        one["wrong"] = [
            {"value": v.strip("()"), "follows": v.startswith("("), "step": s["id"], "check": None} for v, s in zip(values, steps, strict=True)
        ]
        out.append(one)
    return out


def pairs_of(found: Similar) -> list[tuple[str, str]]:
    return [(p.first, p.second) for p in found.pairs]


def of_class(tmp_path: Path, rows: Mapping[str, str], size: int = 20, people: Mapping[str, Sequence[Person]] | None = None) -> Similar:
    """A class of that size in which all others make no mistakes."""
    everybody = {**rows, **{f"z{i:02}": "" for i in range(size - len(rows))}}
    with made(tmp_path / "book", {name: parts_of(words) for name, words in everybody.items()}, people) as book:
        return similar(book)


TABLE: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "two rare ones in two parts": ({"a": "P1: x; P2: y", "b": "P1: x; P2: y"}, [("a", "b")]),
    "one rare one": ({"a": "P1: x; P2: y", "b": "P1: x; P2: w"}, []),
    "two rare ones in one part may be one belief": ({"a": "P1: x y", "b": "P1: x y"}, []),
    "three rare ones in one part": ({"a": "P1: x y z", "b": "P1: x y z"}, [("a", "b")]),
    "the same in another order": ({"a": "P1: x y z", "b": "P1: z y x"}, []),
    "others between them": ({"a": "P1: x u y z; P2: v", "b": "P1: x y w z"}, [("a", "b")]),
    "what follows counts nothing": ({"a": "P1: x (y) (z); P2: (w)", "b": "P1: x (y) (z); P2: (w)"}, []),
    "the value in another part": ({"a": "P1: x; P2: y", "b": "P1: y; P2: x"}, []),
    "a slip of many": (dict.fromkeys("abcdefghij", "P1: x; P2: y"), []),
    "a slip of many beside a rare one": ({**dict.fromkeys("cdefghij", "P1: x"), "a": "P1: x; P2: y", "b": "P1: x; P2: y"}, []),
    "two of three who share one more": (
        {"a": "P1: x; P2: y; P3: z", "b": "P1: x; P2: y; P3: z", "c": "P1: x"},
        [("a", "b")],
    ),
    "three together": (
        dict.fromkeys("abc", "P1: x; P2: y; P3: z w"),
        [("a", "b"), ("a", "c"), ("b", "c")],
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_who_is_shown(tmp_path: Path, name: str) -> None:
    rows, expected = TABLE[name]
    found = of_class(tmp_path, rows)
    assert pairs_of(found) == expected
    for pair in found.pairs:
        assert pair.expected <= 0.15
        assert all(2 <= s.held_by <= s.of == 20 for s in pair.shared)


def test_a_small_class_says_little(tmp_path: Path) -> None:
    rows = {"a": "P1: x; P2: y", "b": "P1: x; P2: y"}
    assert [bool(of_class(tmp_path / str(n), rows, n).pairs) for n in (2, 4, 7, 200)] == [False, False, True, True]


def test_groups_and_the_same_people(tmp_path: Path) -> None:
    rows = dict.fromkeys("abc", "P1: x; P2: y; P3: z w")
    ada = Person("Ada", "007", "ada@x.org")
    people = {"a": [ada], "b": [Person("A.", "", "ADA@x.org "), Person("Bob", "8")], "c": [Person("Cleo", "9", "")]}
    found = of_class(tmp_path, rows, people=people)
    assert found.same_people == (("a", "b"),) and found.hands == 19, "twice by the same person, or by a member of the group"
    assert len(found.pairs) == 1 and "c" in pairs_of(found)[0]
    assert of_class(tmp_path / "nobody", rows).groups == (("a", "b", "c"),)


def test_what_was_graded_before_is_told(tmp_path: Path) -> None:
    old = parts_of("P1: x; P2: y")
    for one in old:
        del one["wrong"]
    with made(tmp_path, {"a": old, "b": parts_of("")}) as book:
        found = similar(book)
    assert (found.unknown, found.pairs, found.data()["unknown"]) == (1, (), 1)
    console = Console(width=200, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    show_similar(found, [], console=console)
    assert "--resume" in console.export_text()


def test_one_part_alone(tmp_path: Path) -> None:
    rows = {"a": "P1: x; P2: y u v", "b": "P1: x; P2: y u v"}
    everybody = {**rows, **{f"z{i:02}": "" for i in range(18)}}
    with made(tmp_path, {name: parts_of(words) for name, words in everybody.items()}) as book:
        assert pairs_of(similar(book, "P2")) == [("a", "b")] and not similar(book, "P1").pairs


def test_side_by_side(tmp_path: Path) -> None:
    rows = {"a": "P1: x u (q) y; P2: v", "b": "P1: w x (q) y; P2: v", "c": "P2: t"}
    everybody = {**rows, **{f"z{i:02}": "" for i in range(17)}}
    with made(tmp_path, {name: parts_of(words) for name, words in everybody.items()}) as book:
        (pair,) = similar(book).pairs
        first, second = side_by_side(book, pair)
    assert [s.value for s in pair.shared] == ["x", "y", "v"]
    texts = [[line.text[6:] if line else "" for line in (r.first, r.second)] for r in first.rows]
    assert texts == [["", "w"], ["x", "x"], ["u", ""], ["q", "q"], ["y", "y"]]
    assert [bool(r.shared) for r in first.rows] == [False, True, False, False, True]
    assert (second.part, len(second.rows)) == ("P2", 1)
    assert first.rows[1].first is not None and (first.rows[1].first.file, first.rows[1].first.line) == ("hw.md", 1)
    for lang in ("en", "fr"):
        console = Console(width=100, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
        show_similar(similar_of(tmp_path), [(pair, (first, second))], lang=lang, console=console)
        text = console.export_text()
        assert "x_0 = x" in text and "2 of 20" in text if lang == "en" else "chez 2 sur 20" in text
        assert WORDS["hint"][lang][:40] in text, "that it is a hint stands beside it"


def similar_of(folder: Path) -> Similar:
    with Gradebook.open(folder) as book:
        return similar(book)


def test_numbers_for_people() -> None:
    assert [chance(x) for x in (0.12, 0.000333, 1e-7)] == ["0.12", "0.00033", "< 0.0001"]


def test_independent_students_make_no_strong_pair() -> None:
    """Sixteen parts, thirty mistakes each, some of them frequent; one who copies five mistakes stands out."""
    rng = random.Random(2)
    weak = 0
    for _ in range(20):
        made_: dict[str, list[tuple[str, str]]] = {}
        for i in range(100):
            parts = [f"P{p:02}" for p in range(16) if rng.random() < 0.3]
            made_[f"s{i:02}"] = [(p, str(rng.choices(range(30), [1 / (k + 1) for k in range(30)])[0])) for p in parts]
        answered = {f"P{p:02}": 100 for p in range(16)}
        found = pairs_in(made_, {name: name for name in made_}, answered)
        assert all(p.weak for p in found)
        weak += len(found)
        copied = max(made_, key=lambda name: len(made_[name]))
        found = pairs_in({**made_, "copy": made_[copied]}, {name: name for name in (*made_, "copy")}, answered)
        assert {"copy", copied} in [{p.first, p.second} for p in found if not p.weak]
    assert weak <= 20, "about one of two classes has a weak one"


VALUES = st.lists(st.sampled_from("abcdefgh"), max_size=5, unique=True)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([f"s{i:02}" for i in range(12)]), st.tuples(VALUES, VALUES), min_size=4), st.randoms())
def test_laws(rows: dict[str, tuple[list[str], list[str]]], rng: random.Random) -> None:
    """Pairs do not depend on the order of the class; what is shared stands in both, rare and in order; chance does not explain it."""
    sequences = {name: [("P1", v) for v in one] + [("P2", v) for v in two] for name, (one, two) in rows.items()}
    shuffled = list(sequences.items())
    rng.shuffle(shuffled)
    hands = {f"s{i:02}": f"s{i:02}" for i in range(20)}
    found, again = (pairs_in(dict(s), hands, {"P1": 20, "P2": 20}) for s in (list(sequences.items()), shuffled))
    assert Counter((frozenset((p.first, p.second)), p.expected) for p in found) == Counter(
        (frozenset((p.first, p.second)), p.expected) for p in again
    )
    for pair in found:
        assert len(pair.shared) >= 2 and pair.expected <= 0.15
        for name in (pair.first, pair.second):
            left = sequences[name]
            for shared in pair.shared:
                left = left[left.index((shared.part, shared.value)) + 1 :]
        assert all(s.held_by <= 4 for s in pair.shared), "a fifth of the class at most"


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_alignment(one: list[str], other: list[str]) -> None:
    keys = [("P", v) for v in one], [("P", v) for v in other]
    places = aligned(*keys)
    assert all(one[i] == other[j] for i, j in places)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(places))
    assert len(places) == len(aligned(keys[1], keys[0]))


# real submissions

COPIED = r"""## Question 1

From the definition, with the moments of the normal law under $q$:

$$E_q[(x-\mu_2)^2] = 2\sigma_2^2$$

$$E_q[(x-\mu_1)^2] = \sigma_2^2 - (\mu_1-\mu_2)^2$$

$$E_q[\log q(x)] = -\frac12\log(\pi\sigma_2^2)-\frac12$$

## Question 2

### 2.3

The derivative is

$$g'(z) = 1 - f'(z)$$
"""
COPY = r"""\documentclass{article}
\newcommand{\EE}[1]{\mathbb{E}_{q}\left[#1\right]}
\newcommand{\hlf}{\frac{1}{2}}
\begin{document}
\section*{Exercise 1}
We first collect what is needed. Write $s = \sigma_2^2$ for the variance and $m = \mu_1-\mu_2$ for the gap.
\begin{align*}
\EE{(x-\mu_2)^2} &= s + s,\\
\EE{(x-\mu_1)^2} &= -m^2 + s,\\
\EE{\log q(x)} &= -\hlf - \hlf\log(\pi s)
\end{align*}
\section*{Exercise 2}
\subsection*{2.3}
Differentiating both terms, \[ \frac{dg}{dz} = 1 - f'(z). \]
\end{document}
"""
ONE_BELIEF = r"""## Question 1

$$E_q[(x-\mu_2)^2] = \sigma_2$$

$$E_q[(x-\mu_1)^2] = \sigma_2 + (\mu_1-\mu_2)^2$$

$$E_q[\log q(x)] = -\frac12\log(2\pi\sigma_2)-\frac12$$

$$KL[q\|p] = \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2+(\mu_1-\mu_2)^2}{2\sigma_1^2}-\frac12$$
"""
COMMON = r"""## Question 1

$$E_q[(x-\mu_2)^2] = \sigma_2^2$$

$$E_q[(x-\mu_1)^2] = \sigma_1^2 + (\mu_1-\mu_2)^2$$

## Question 2

### 2.3

$$g'(z) = 1 + f(z)$$
"""


@pytest.fixture(scope="module")
def a_class(tmp_path_factory: pytest.TempPathFactory, assignment: Any) -> Path:
    """Eighteen: a copy in other words, letters and macros, two slips of six, twice the same belief, and right ones."""
    folder = tmp_path_factory.mktemp("class")
    texts = {"copied.md": COPIED, "copy.tex": COPY}
    texts |= {f"belief{i}.md": ONE_BELIEF for i in range(2)}
    texts |= {f"common{i}.md": COMMON for i in range(6)} | {f"right{i}.md": "## Question 1\n\n$$E_q[x] = \\mu_2$$\n" for i in range(8)}
    reports = {}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        reports[name.partition(".")[0]] = report_data(grade([folder / name], assignment))
    with made(folder, {name: data["parts"] for name, data in reports.items()}):
        pass
    return folder


def test_a_copied_derivation_is_found(a_class: Path) -> None:
    with Gradebook.open(a_class) as book:
        found = similar(book)
        assert pairs_of(found) == [("copied", "copy")]
        (pair,) = found.pairs
        beside = side_by_side(book, pair)
    assert [s.part for s in pair.shared] == ["Q1", "Q1", "Q1", "Q2.3"] and not pair.same_text
    last = beside[0].rows[-1]
    assert last.first is not None and last.second is not None and last.shared is not None
    assert last.first.text == r"E_q[\log q(x)] = -\frac12\log(\pi\sigma_2^2)-\frac12" and last.first.file == "copied.md"
    assert last.second.text == r"\EE{\log q(x)} = -\hlf - \hlf\log(\pi s)" and (last.second.file, last.second.line) == ("copy.tex", 10)
    assert (last.shared.held_by, last.shared.of) == (2, 18)


def test_what_one_slip_brings_counts_once(a_class: Path, assignment: Any) -> None:
    with Gradebook.open(a_class) as book:
        result = book.result("belief0")
    assert result is not None
    found = {p.id: [w.follows for w in p.wrong] for p in result.summary.parts if p.wrong}
    assert found == {"Q1": [False, True, True, True]}, "one belief, four lines"
    report = grade([ROOT / "submissions_example" / "en_wrong.md"], assignment)
    follows = {p.id: [w.follows for w in p.wrong] for p in report.parts}
    assert follows["Q1"] == [False, True], "said again as the answer"
    assert follows["Q4.2"] == [False] and follows["Q4.3"] and all(follows["Q4.3"]), "what rests on a wrong matrix"


def test_no_student_sees_it(a_class: Path, assignment: Any) -> None:
    report = report_data(grade([a_class / "copied.md"], assignment))
    values = [w["value"] for p in report["parts"] for w in p["wrong"]]
    assert len(values) == 4
    shown = json.dumps(for_student(report))
    assert not any(value in shown for value in values) and '"wrong"' not in shown
    from grader.report.gradescope import results

    assert not any(value in json.dumps(results(report)) for value in values)


def test_the_command(a_class: Path, tmp_path: Path) -> None:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ, COLUMNS="120", PYTHONPATH=str(ROOT), PYTHONUTF8="1")
        return subprocess.run([sys.executable, "-m", "grader", "similar", *args], capture_output=True, text=True, env=environment)

    done = run(str(a_class), "--json", str(tmp_path / "x.json"), "--lang", "fr")
    assert done.returncode == 0 and "jamais un verdict" in done.stdout, done.stderr
    data = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert [(p["first"], p["second"], len(p["shared"]), len(p["parts"])) for p in data["pairs"]] == [("copied", "copy", 4, 2)]
    assert run(str(a_class), "--part", "Q9").returncode == 2
    assert run(str(tmp_path / "nowhere")).returncode == 2
    none = run(str(a_class), "--part", "Q2.3")
    assert none.returncode == 0 and WORDS["none"]["en"] in none.stdout
