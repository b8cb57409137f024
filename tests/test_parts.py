"""Where the answer to each part stands: the case table, the seed, hostile inputs, work that grows with the text."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.errors import ReadError
from grader.reading.document import Document, Kind
from grader.reading.files import decode
from grader.reading.markdown import read_markdown
from grader.reading.sections import Located, PartOutline, QuestionOutline, locate
from grader.reading.tex import read_tex
from grader.source import SourceMap

ROOT = Path(__file__).parents[1]
SEED = ROOT.parent / "shared" / "seed" / "submission_fr.md"
ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "cases" / "parts.yaml").read_text(encoding="utf-8")
)

KNOWN_FAILURES = {
    "en-tex-titled-sections": "a sub-heading right under a part's own heading is taken as the first line of its answer here, "
    "as en-md-problem-word-and-nested-headings has it; this row does not count it",
}


def _parts(question: int, labels: str) -> tuple[PartOutline, ...]:
    return tuple(PartOutline(f"Q{question}.{label}", label) for label in labels)


OUTLINE = (
    QuestionOutline(
        1,
        ("kullback", "kl divergence", "kl-divergence", "kl between", "divergence kl", "divergence de k", "divergence"),
        (PartOutline("Q1", "1"),),
    ),
    QuestionOutline(
        2, ("flux normalisant", "normalizing flow", "normalising flow", "flows", "flux"), _parts(2, "1234")
    ),
    QuestionOutline(3, ("diffusion", "variation", "vae", "ddpm", "auto-encod"), _parts(3, "abcde")),
    QuestionOutline(4, ("antagonist", "gan", "adversarial", "dirac"), _parts(4, "123456")),
    QuestionOutline(
        5,
        ("paper", "revue", "review", "papier", "article"),
        (
            PartOutline("Q5.1", "1", ("summary", "sommaire", "résumé")),
            PartOutline("Q5.2", "2", ("strength", "force", "points forts")),
            PartOutline("Q5.3", "3", ("weakness", "faiblesse", "points faibles")),
            PartOutline("Q5.4", "4", ("reflection", "reflet", "réflexion", "réflection")),
        ),
    ),
)


def read(folder: Path, name: str, data: bytes, files: dict[str, str] | None = None) -> Document:
    """A document from a file and the files beside it."""
    document = Document(SourceMap())
    for other, text in (files or {}).items():
        path = folder / other
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    if name.endswith(".tex"):
        read_tex(folder / name, data, document)
    else:
        text, base = decode(data, document.source, name, document.problems)
        read_markdown(text, base, document)
    return document


def ranges(document: Document, located: Located, name: str) -> dict[str, list[Any]]:
    """First and last line of each answer, as the table writes them."""
    out: dict[str, list[Any]] = {}
    for part, pieces in located.parts.items():
        if pieces:
            file, first, _ = document.source.place(document.blocks[pieces[0].first].start)
            _, last, _ = document.source.place(document.blocks[pieces[-1].last].end - 1)
            out[part] = [first, last] if file == name else [file, first, last]
    return out


def bare(text: str) -> str:
    """Text without what reading takes away: space, dollar signs, braces and emphasis marks."""
    return "".join(c for c in text if not c.isspace() and c not in "$*_{}^")


def claimed(document: Document, located: Located, part: str) -> str:
    """All that may become a claim of a part."""
    out: list[str] = []
    for piece in located.parts[part]:
        for block in document.blocks[piece.first : piece.last + 1]:
            if block.kind in (Kind.INLINE, Kind.DISPLAY):
                out.extend(("\\" if t.kind == "cmd" else "") + t.text for t in block.tokens)
            else:
                out.append(block.text)
    return bare("".join(out))


def case(row: dict[str, Any]) -> Any:
    reason = KNOWN_FAILURES.get(row["id"])
    return pytest.param(row, id=row["id"], marks=[pytest.mark.xfail(reason=reason, strict=True)] if reason else [])


@pytest.mark.parametrize("row", [case(row) for row in ROWS])
def test_parts(row: dict[str, Any], tmp_path: Path) -> None:
    document = read(tmp_path, row["name"], row["text"].encode("utf-8"), row.get("files"))
    located = locate(document, OUTLINE)
    assert ranges(document, located, row["name"]) == row["parts"]
    for part in row.get("empty", ()):
        assert part in located.labels
        assert not located.parts.get(part)
    for part in located.parts:
        text = claimed(document, located, part)
        for never in row.get("never", ()):
            assert bare(never) not in text, part


def test_every_piece_lies_within_the_blocks_and_holds_something(tmp_path: Path) -> None:
    for row in ROWS:
        document = read(tmp_path, row["name"], row["text"].encode("utf-8"), row.get("files"))
        located = locate(document, OUTLINE)
        pieces = [p for ps in (*located.parts.values(), *located.unplaced.values()) for p in ps]
        for piece in pieces:
            assert 0 <= piece.first <= piece.last < len(document.blocks)


SEED_RANGES = {
    "Q1": [20, 72],
    "Q2.1": [94, 184],
    "Q2.2": [186, 247],
    "Q2.3": [249, 259],
    "Q2.4": [261, 290],
    "Q3.a": [325, 351],
    "Q3.b": [353, 399],
    "Q3.c": [401, 411],
    "Q3.d": [413, 420],
    "Q4.1": [458, 522],
    "Q4.2": [524, 531],
    "Q4.3": [533, 559],
    "Q4.4": [561, 593],
    "Q4.5": [595, 598],
    "Q4.6": [600, 654],
    "Q5.1": [693, 697],
    "Q5.2": [701, 709],
    "Q5.3": [713, 715],
    "Q5.4": [719, 721],
}


@pytest.mark.skipif(not SEED.exists(), reason="the real submission is not at hand")
def test_seed(tmp_path: Path) -> None:
    document = read(tmp_path, SEED.name, SEED.read_bytes())
    located = locate(document, OUTLINE)
    assert ranges(document, located, SEED.name) == SEED_RANGES
    assert "Q3.e" in located.labels
    assert not located.unplaced
    assert "fixez v=0" not in claimed(document, located, "Q4.1")


# submissions made by rule: every way to head a question, to label a part and to mark an answer, with each other

HEADS = ("# Question {n}", "## Exercice {n} : {title}", "**Problem {n}**", "Q{n}", "# {title}", "# {n}. {title}")
TEX_HEADS = (
    "\\section*{{Question {n}}}",
    "\\section{{{n}}}",
    "\\textbf{{Exercise {n}}}",
    "Problem {n} \\\\",
    "\\section*{{{title}}}",
)
LABELS = ("### {n}.{k}", "### Part {k}", "({k}) ", "{k}) ", "**{n}.{k}** ", "**({k})**\n\n")
TEX_LABELS = (
    "\\subsection*{{{n}.{k}}}\n",
    "\\paragraph{{{k})}} ",
    "({k}) ",
    "\\textbf{{{n}.{k}}} ",
    "\\underline{{({k})}}\n\n",
)
MARKS = ("**Answer:**\n\n", "Réponse :\n\n", "*Solution.* ", "#### Solution\n")
TEX_MARKS = ("\\textbf{Answer:}\n\n", "R\\'eponse :\n\n", "\\emph{Solution.} ", "\\begin{solution}\n")
STATEMENTS = (
    "Let $g(z)=z$. Show that $p \\geq q$.",
    "Montrez que $g$ est croissante.",
    "Derive $v$ and find the points.",
)
ANSWERS = (
    "We get $x={x}$.",
    "La dérivée est $u>{x}$.\n\nDonc elle est croissante.",
    "By Jensen:\n$$a_{x} \\geq b$$\nand we are done.",
    "Step one: $u={x}$.\n\n- $b=0$\n- $b>0$\n\nIt holds.",
)
TITLES = {2: "Normalizing flows", 3: "Modèle de diffusion", 4: "GAN dynamics"}


def made(rng: random.Random) -> tuple[str, str, dict[str, list[int]], set[str]]:
    """A submission: its name, text, the lines of each answer, and the parts left empty."""
    tex = rng.random() < 0.5
    head, label = rng.choice(TEX_HEADS if tex else HEADS), rng.choice(TEX_LABELS if tex else LABELS)
    mark = rng.choice(TEX_MARKS if tex else MARKS) if rng.random() < 0.6 else ""
    lines = ["\\begin{document}"] if tex else []
    want: dict[str, list[int]] = {}
    empty: set[str] = set()

    def write(text: str) -> None:
        """Go on with the last line."""
        first, *others = text.split("\n")
        lines[-1:] = [lines[-1] + first, *others]

    for question in OUTLINE[1:4]:
        lines += ["", head.format(n=question.number, title=TITLES[question.number]), "", ""]
        for part in question.parts[: rng.randint(2, len(question.parts))]:
            lines += ["", ""]
            write(label.format(n=question.number, k=part.label))
            if "#" in label:
                write("\n")
            if mark:
                write(rng.choice(STATEMENTS) + "\n\n" + mark)
            if rng.random() < 0.1:
                empty.add(part.id)
            else:
                first = len(lines)
                write(rng.choice(ANSWERS).format(x=rng.randrange(90)))
                want[part.id] = [first, len(lines)]
            if "begin" in mark:
                write("\n\\end{solution}")
    text = "\n".join([*lines, "\\end{document}" if tex else ""])
    return "made.tex" if tex else "made.md", text, want, empty


@pytest.mark.parametrize("seed", range(120))
def test_made_submissions(seed: int, tmp_path: Path) -> None:
    name, text, want, empty = made(random.Random(seed))
    document = read(tmp_path, name, text.encode("utf-8"))
    located = locate(document, OUTLINE)
    assert ranges(document, located, name) == want, text
    assert empty <= set(located.labels)


# work

HOSTILE: dict[str, Callable[[int], bytes]] = {
    "dollars.md": lambda n: b"$" * n,
    "spaced-dollars.md": lambda n: b"$ " * n,
    "brackets.md": lambda n: b"\\[\n\n" * n,
    "headings.md": lambda n: b"### 1.\n\n" * n,
    "labels.md": lambda n: b"".join(b"%d. so what\n" % (i % 9) for i in range(n)),
    "quotes.md": lambda n: b">  " * n,
    "fences.md": lambda n: b"```\n~~~\n" * n,
    "answers.md": lambda n: b"# Question 2\n" + b"1. Let x.\n\nProof. Show that x.\n\n" * n,
    "align.tex": lambda n: b"\\begin{document}" + b"\\begin{align}" * n,
    "displays.tex": lambda n: b"\\begin{document}" + b"\\begin{align}\\begin{gather}\n\n" * n,
    "sections.tex": lambda n: b"\\begin{document}" + b"\\section{" * n,
    "environments.tex": lambda n: b"\\newenvironment{a}{\\textbf{" * n,
    "items.tex": lambda n: b"\\begin{document}\\begin{enumerate}" + b"\\item x\n\\begin{enumerate}" * n,
}


def work(name: str, size: int, folder: Path) -> int:
    """Events of the interpreter while a file is read and its parts are found: calls, of Python and of C."""
    count = 0

    def seen(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += 1

    data = HOSTILE[name](size)
    sys.setprofile(seen)
    try:
        locate(read(folder, name, data), OUTLINE)
    except ReadError:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_work_grows_with_the_text(name: str, tmp_path: Path) -> None:
    small, large = work(name, 300, tmp_path), work(name, 2400, tmp_path)
    assert large < 12 * small + 2000


def damaged(text: str, rng: random.Random) -> str:
    """The text cut short, or with characters deleted, doubled or exchanged."""
    what = rng.random()
    if what < 0.3:
        return text[: rng.randrange(len(text) + 1)]
    if what < 0.45:
        return text[rng.randrange(len(text) + 1) :]
    chars = list(text)
    for _ in range(rng.randint(1, 40)):
        at = rng.randrange(len(chars))
        chars[at] = rng.choice(("", "", "", chars[at] * 2, rng.choice(chars), "{", "}", "\\", "$", "\n", "[", "]", "#"))
    return "".join(chars)


def test_damaged_submissions_are_read_or_refused(tmp_path: Path) -> None:
    rng = random.Random(20)
    for _ in range(200):
        row = rng.choice(ROWS)
        text = damaged(row["text"], rng)
        name = row["name"] if rng.random() < 0.9 else rng.choice(("x.md", "x.tex"))
        try:
            document = read(tmp_path, name, text.encode("utf-8", errors="replace"), row.get("files"))
        except ReadError:
            continue
        located = locate(document, OUTLINE)
        for piece in (p for pieces in located.parts.values() for p in pieces):
            assert 0 <= piece.first <= piece.last < len(document.blocks)
