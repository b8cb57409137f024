"""What is fuzzed: each target has texts to begin with, a way to change one, and what must hold of every input.

A target raises nothing for an input that is well treated. What the project declares (`ReadError`, `OperatorError`, ..) is good
treatment of a bad input; `Broken` says that a promise was not kept; anything else is a crash.
"""

from __future__ import annotations

import random
import re
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from fuzz import material
from fuzz.mutator import Mutator
from grader.api import compare
from grader.assignment import Assignment, shipped
from grader.errors import AuthorError, OperatorError, ReadError
from grader.grade import grade, one_submission
from grader.intake.archive import ArchiveError, Caps, unpack
from grader.intake.gradescope import read_metadata
from grader.intake.roster import read_roster
from grader.lint.reading import read_rubric
from grader.maths import syntax as T
from grader.maths.lexer import scan
from grader.maths.parser import parse, readings
from grader.maths.printer import to_latex
from grader.maths.tokens import formula_tokens
from grader.model import Outcome
from grader.plain_yaml import load_yaml
from grader.reading.claims import read_part
from grader.reading.document import Document
from grader.reading.files import decode
from grader.reading.macros import Expander, package_macros
from grader.reading.markdown import read_markdown
from grader.reading.notebook import read_notebook
from grader.reading.python import read_python
from grader.reading.sections import locate
from grader.reading.tex import read_tex
from grader.source import SourceMap
from grader.validation import validated

DECLARED = (ReadError, OperatorError, AuthorError, ArchiveError)
BETWEEN = "\x1e"
"""Between the parts of an input that has several: the two formulas of a pair, the part and the text of an answer."""


class Broken(AssertionError):
    """A promise about the outcome was not kept; `kind` tells finds at one place apart."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Target:
    """`run` takes the bytes of an input; `change` makes another text of one; `seconds` of processor time are too many."""

    seeds: Callable[[], Sequence[str | bytes]]
    change: Callable[[Mutator, str], str]
    run: Callable[[bytes], None]
    seconds: float = 3.0
    raw: bool = False
    """Whether inputs are bytes: they are changed sign by sign, as Latin-1."""


def text_of(data: bytes) -> str:
    """The text of an input; lone surrogates may come out of a mutation and never out of a file."""
    return data.decode("utf-8", errors="replace")


@cache
def assignment() -> Assignment:
    """The shipped assignment, read once."""
    return Assignment(shipped())


# readers of whole files


def _understood(document: Document) -> None:
    """All that is done with a document before its lines are judged, and what must be true of it."""
    for block in document.blocks:
        if block.end < block.start:
            raise Broken(f"a block ends before it begins: {block.kind} {block.start}..{block.end}")
    with one_submission():
        located = locate(document, assignment().outline())
        for _, part in assignment().parts:
            judge = assignment().judge(part.id)
            pieces = located.parts.get(part.id)
            if judge is not None and pieces:
                found = read_part(document.blocks, pieces, judge.world.notation, part.id)
                for chain in found.chains:
                    for line in chain.lines:
                        document.source.span(line.start, line.end)


def _latex(data: bytes) -> None:
    document = Document(SourceMap(), own=frozenset())
    read_tex(Path("/nonexistent/hw3.tex"), data, document)
    _understood(document)


def _markdown(data: bytes) -> None:
    document = Document(SourceMap())
    text, base = decode(data, document.source, "hw3.md", document.problems)
    read_markdown(text, base, document)
    _understood(document)


def _python(data: bytes) -> None:
    document = Document(SourceMap())
    text, base = decode(data, document.source, "hw3.py", document.problems)
    read_python(text, base, "hw3.py", document)
    _places(document)
    _understood(document)


def _notebook(data: bytes) -> None:
    document = Document(SourceMap())
    text, base = decode(data, document.source, "hw3.ipynb", document.problems)
    read_notebook(text, base, "hw3.ipynb", document)
    _places(document)
    _understood(document)


def _places(document: Document) -> None:
    for code in document.code:
        for first, last in code.heads.values():
            start, end = code.place(first, last)
            document.source.span(start, end)
        if len(code.starts) != len(code.program.places):
            raise Broken("lines of a program without a place")


# formulas


def _formula(data: bytes) -> None:
    raw = Expander(package_macros()).expand(scan(text_of(data)))
    size = len(text_of(data))
    for tree, _ in readings(formula_tokens(raw)):
        hash(tree)
        if not 0 <= tree.start <= tree.end <= size:
            raise Broken(f"a tree stands at {tree.start}..{tree.end} of {size}")
        written = to_latex(tree)
        if r"\text{" in written or T.contains(tree, T.Empty):
            continue  # words are read again by what they say, a side that is left out is no formula
        try:
            parse(written)
        except ReadError as error:
            if error.note not in _GROWS:
                raise Broken(f"what was printed cannot be read: {written} ({error.message})", error.message) from None


_GROWS = frozenset({"too_deep", "too_many_groups", "stray_character"})
"""Printing puts brackets everywhere, so that it may go deeper; a stray sign in a name is printed as it stands."""


def _compare(data: bytes) -> None:
    a, _, b = text_of(data).partition(BETWEEN)
    verdict = compare(a, b)
    if verdict.outcome is Outcome.FAULT:
        raise Broken(f"a fault of ours: {verdict.note}")
    if verdict.outcome is Outcome.INCORRECT and verdict.witness is None:
        raise Broken("wrong without a witness")
    mirrored = compare(b, a).outcome
    if mirrored is not verdict.outcome and Outcome.UNREADABLE not in (mirrored, verdict.outcome):
        decided = {Outcome.CORRECT, Outcome.INCORRECT}
        if {mirrored, verdict.outcome} == decided:
            raise Broken(f"{verdict.outcome} one way, {mirrored} the other")
    for side in (a, b):
        _says_itself(side)


def _says_itself(formula: str) -> None:
    """A formula against itself, as it stands and written otherwise: never wrong."""
    for other in (formula, respelled(formula, random.Random(formula))):
        verdict = compare(formula, other)
        if verdict.outcome is Outcome.INCORRECT:
            raise Broken(f"not equal to itself: {formula!r} and {other!r}: {verdict.witness}")


_SPELLINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\\d?frac(?=\{)"), r"\\tfrac"),
    (re.compile(r"\\frac(?=\{)"), r"\\dfrac"),
    (re.compile(r"\\le(?![A-Za-z])"), r"\\leq "),
    (re.compile(r"\\ge(?![A-Za-z])"), r"\\geqslant "),
    (re.compile(r"\\(?:left|right)(?=[()\[\]])"), ""),
    (re.compile(r"(?<![\^_])(?<![\^_] )\\cdot(?![A-Za-z])"), r"\\times "),
    (re.compile(r"(?<![\\A-Za-z])\+"), r" + "),
    (re.compile(r"\\(?:,|;|quad)(?![A-Za-z])"), r"\\ "),
)


def respelled(formula: str, rng: random.Random) -> str:
    """The formula with one way of writing for another; what it says stays."""
    pattern, instead = rng.choice(_SPELLINGS)
    if "text" in formula:  # blanks between words are part of what they say
        return formula
    return pattern.sub(instead, formula)


def _graded(data: bytes) -> None:
    part_id, _, text = text_of(data).partition(BETWEEN)
    known = {part.id for _, part in assignment().parts}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.md"
        path.write_text(text, encoding="utf-8")
        report = grade([path], assignment())
    for part in report.parts:
        faults = [s.reads for s in part.steps if s.outcome is Outcome.FAULT]
        faults += [f"{c.id}: {c.note}" for c in part.checks if c.outcome is Outcome.FAULT]
        if faults:
            raise Broken(f"a fault of ours in {part.id if part_id in known else '?'}: {faults}")
        if not -1e-9 <= part.score.min <= part.score.max + 1e-9 <= part.score.out_of + 2e-9:
            raise Broken(f"a score of {part.score}")
        if any(s.outcome is Outcome.INCORRECT and s.witness is None for s in part.steps):
            raise Broken("a line is called wrong without a witness")


# what authors and operators hand in


def _rubric(data: bytes) -> None:
    from grader.rubric import Assignment as AssignmentFile
    from grader.rubric import Question

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "q1.yaml"
        path.write_bytes(data)
        read_rubric(path)
        loaded, positions, _ = load_yaml(path)
        if loaded is not None:
            for kind in (Question, AssignmentFile):
                _, faults = validated(kind, loaded, positions, str(path))
                if any(not f.error.line >= 1 for f in faults):
                    raise Broken("a fault without a line")


def _archive(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hw.zip"
        path.write_bytes(data)
        before = {p.name for p in Path(folder).iterdir()}
        try:
            unpacked = unpack(path, Path(folder) / "workspace", Caps(50, 1_000_000))
            total = 0
            for file in unpacked.folder.rglob("*"):
                if file.is_symlink():
                    raise Broken(f"a link was made: {file.name}")
                total += file.stat().st_size if file.is_file() else 0
            if total > 1_000_000:
                raise Broken(f"{total} bytes were unpacked")
        finally:
            strangers = {p.name for p in Path(folder).iterdir()} - before - {"workspace"}
            if strangers:
                raise Broken(f"files outside the workspace: {strangers}")


def _metadata(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "submission_metadata.yml"
        path.write_bytes(data)
        read_metadata(path)


def _roster(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.csv"
        path.write_bytes(data)
        read_roster(path)


# seeds that have no file of their own


def _pair_seeds() -> list[str]:
    return [f"{a}{BETWEEN}{b}" for a, b, _ in material.pairs()] + [f"{f}{BETWEEN}{f}" for f in material.formulas()[::7]]


def _change_pair(m: Mutator, text: str) -> str:
    a, _, b = text.partition(BETWEEN)
    kind = m.rng.randrange(4)
    if kind == 0:
        a = b = m.formula(a)
    elif kind == 1:
        a = m.formula(a)
    elif kind == 2:
        b = m.formula(b)
    else:
        a, b = m.formula(a), m.rng.choice(m.fragments)
    return f"{a[:400]}{BETWEEN}{b[:400]}"


def _change_answer(m: Mutator, text: str) -> str:
    part, _, rest = text.partition(BETWEEN)
    heading, _, body = rest.rpartition("\n\n\n") if rest.count("\n\n\n") else ("", "", rest)
    changed = m.document(body)
    return f"{part}{BETWEEN}{heading}\n\n{changed}" if m.rng.random() < 0.9 else f"{part}{BETWEEN}{m.document(rest)}"


def _archive_seeds() -> list[bytes]:
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for names in (["hw3.tex"], ["a/hw3.md", "a/b/x.sty"], ["é/q.tex", "A.tex", "a.tex"], ["../x", "/y", "C:\\z"]):
            made = BytesIO()
            with zipfile.ZipFile(made, "w", method) as archive:
                for name in names:
                    archive.writestr(name, "x" * 50)
            found.append(made.getvalue())
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return [*found, made.getvalue()]


_METADATA = """---
submission_1:
  :submitters:
  - :name: Ada
    :sid: '123'
    :email: ada@example.org
  :created_at: 2022-12-05 10:00:00.000000000 Z
  :score: 3.0
  :results: &a {x: [1, {y: z}]}
  :history: []
"""
_ROSTER = "First Name,Last Name,SID,Email,Sections,Role\nAda,L,1,a@example.org,A,Student\nBo,M,2,b@example.org,B,TA\n"


def _files(*patterns: str) -> Callable[[], list[str]]:
    return lambda: [p.read_text(encoding="utf-8") for pattern in patterns for p in sorted(material.ROOT.glob(pattern))]


TARGETS: dict[str, Target] = {
    "latex": Target(lambda: material.texts(".tex"), Mutator.document, _latex),
    "markdown": Target(lambda: material.texts(".md"), Mutator.document, _markdown),
    "formula": Target(material.formulas, Mutator.formula, _formula),
    "compare": Target(_pair_seeds, _change_pair, _compare),
    "graded": Target(
        lambda: [f"{p}{BETWEEN}{t}" for p, t in material.answers()], _change_answer, _graded, seconds=12.0
    ),
    "python": Target(_files("submissions_example/*.py", "tests/tiny/reference/*.py"), Mutator.document, _python),
    "notebook": Target(_files("submissions_example/*.ipynb"), Mutator.document, _notebook),
    "rubric": Target(_files("rubrics/*.yaml", "tests/tiny/rubrics/*.yaml"), Mutator.document, _rubric),
    "archive": Target(_archive_seeds, Mutator.formula, _archive, raw=True),
    "metadata": Target(lambda: [_METADATA], Mutator.document, _metadata),
    "roster": Target(lambda: [_ROSTER], Mutator.document, _roster),
}


def seeds(name: str) -> list[bytes]:
    """The inputs a target begins with."""
    return [seed if isinstance(seed, bytes) else seed.encode("utf-8", "replace") for seed in TARGETS[name].seeds()]


def mutator(name: str, rng: random.Random) -> Callable[[bytes], bytes]:
    """Makes an input of another for one target."""
    target = TARGETS[name]
    code = "latin-1" if target.raw else "utf-8"
    longest = 60_000 if name in ("rubric", "notebook", "python") else 6000
    others = [seed.decode(code, "replace") for seed in seeds(name)]
    made = Mutator(rng, others, material.formulas(), longest=longest)
    return lambda data: target.change(made, data.decode(code, "replace")).encode(code, "replace")
