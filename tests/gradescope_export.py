"""A Gradescope bulk export as a class hands it in, made up: deterministic by its seed.

Submissions are the examples with rewritten formulas and slips of `grader.maths.slips`; among them are groups, people without
an e-mail address or a number, empty, broken and hostile ones, PDFs, archives, and what a Mac leaves behind.

    python tests/gradescope_export.py DIR [COUNT] [SEED]
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grader.errors import GraderError
from grader.maths.parser import parse
from grader.maths.printer import to_latex
from grader.maths.slips import mutants
from grader.maths.variants import rewritings

EXAMPLES = Path(__file__).resolve().parent.parent / "submissions_example"
_FIRST = [
    "Ada",
    "Émile",
    "Chloé",
    "Đặng",
    "Björn",
    "Zoë",
    "José",
    "Łukasz",
    "Mía",
    "Noor",
    "O'Neil",
    "Saïd",
    "Yuki",
    "李",
]
_LAST = [
    "Tremblay",
    "Nguyễn",
    "García",
    "Roy",
    "Côté",
    "Øster",
    "Singh",
    "Müller",
    "Fortin",
    "de la Cruz",
    "Smith-Osei",
    "王",
]
SMALL = (
    "## Question 1\n\nFrom the definition, with the moments of the normal law:\n\n"
    r"$$KL[q\|p] = \log\frac{\sigma_1}{\sigma_2} + \frac{\sigma_2^2+(\mu_1-\mu_2)^2}{2\sigma_1^2}-\frac12$$" + "\n"
)


@dataclass(frozen=True)
class Person:
    """A student, as the roster knows them and as the metadata may not."""

    first: str
    last: str
    sid: str
    email: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass
class Export:
    """What was written: the kind of each submission by id, who handed it in, and the roster."""

    folder: Path
    roster_csv: Path
    kinds: dict[str, str] = field(default_factory=dict)
    submitters: dict[str, list[Person]] = field(default_factory=dict)
    roster: list[Person] = field(default_factory=list)
    absent: list[Person] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> list[str]:
        """The ids of these kinds."""
        return [name for name, kind in self.kinds.items() if kind in kinds]


# what is handed in


@cache
def _examples() -> list[tuple[str, str]]:
    found = []
    for path in sorted(EXAMPLES.iterdir()):
        if path.suffix in (".tex", ".md"):
            found.append((path.suffix, path.read_text(encoding="utf-8")))
    return found


_MEMBER = re.compile(
    r"(?<=[=])([^=$&\\\n]*(?:\\(?:frac|log|sigma|mu|alpha|beta|gamma|psi|theta|lambda|cdot|left|right|tilde)\b[^=$&\\\n]*)+)"
)


def variant(rng: random.Random, *, slips: int, rewrites: int) -> tuple[str, str]:
    """An example with some right members changed: the ending and the text."""
    ending, text = rng.choice(_examples())
    for count, change in ((rewrites, _rewritten), (slips, _slipped)):
        members = list(_MEMBER.finditer(text))
        rng.shuffle(members)
        done: list[tuple[int, int, str]] = []
        for match in members:
            if len(done) == count:
                break
            fresh = change(match.group(1), rng)
            if fresh is not None:
                done.append((match.start(1), match.end(1), fresh))
        for start, end, fresh in sorted(done, reverse=True):
            text = f"{text[:start]} {fresh} {text[end:]}"
    return ending, text


def _slipped(member: str, rng: random.Random) -> str | None:
    try:
        found = [tree for _, tree in mutants(parse(member))]
        return to_latex(rng.choice(found)) if found else None
    except (GraderError, RecursionError):
        return None


def _rewritten(member: str, rng: random.Random) -> str | None:
    try:
        tree = parse(member)
        fresh = rewritings(tree, rng)
        return to_latex(fresh) if fresh != tree else None
    except (GraderError, RecursionError):
        return None


Maker = Callable[[Path, random.Random], None]


def _ordinary(folder: Path, rng: random.Random) -> None:
    ending, text = variant(rng, slips=rng.choice([0, 0, 1, 2, 4]), rewrites=rng.choice([0, 1, 3]))
    (folder / f"{rng.choice(['hw3', 'devoir 3', 'main', 'réponses'])}{ending}").write_text(text, encoding="utf-8")


def _small(folder: Path, rng: random.Random) -> None:
    text = (
        SMALL
        if rng.random() < 0.5
        else SMALL.replace(r"-\frac12", rf"+\frac{{{rng.randint(1, 9)}}}{{{rng.randint(2, 9)}}}")
    )
    (folder / "hw3.md").write_text(text, encoding="utf-8")


def _python(folder: Path, rng: random.Random) -> None:
    (folder / "hw3.py").write_bytes((EXAMPLES / rng.choice(["py_numpy.py", "py_wrong.py", "py_sympy.py"])).read_bytes())


def _project(folder: Path, rng: random.Random) -> None:
    ending, text = variant(rng, slips=1, rewrites=1)
    (folder / "src").mkdir()
    (folder / "src" / f"main{ending}").write_text(text, encoding="utf-8")
    (folder / "src" / "figure.png").write_bytes(b"\x89PNG\r\n\x1a\n" + rng.randbytes(300))


def _zipped(folder: Path, rng: random.Random) -> None:
    ending, text = variant(rng, slips=0, rewrites=1)
    with zipfile.ZipFile(folder / "devoir.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"devoir/hw3{ending}", text)
        archive.writestr("__MACOSX/devoir/._hw3", b"\0\5")


def _pdf(folder: Path, rng: random.Random) -> None:
    (folder / "scan.pdf").write_bytes(b"%PDF-1.4\n" + f"% {rng.random()}\n".encode())


def _nothing(folder: Path, rng: random.Random) -> None:
    pass


def _blank(folder: Path, rng: random.Random) -> None:
    (folder / "hw3.tex").write_bytes(b" \n")


def _noise(folder: Path, rng: random.Random) -> None:
    (folder / "hw3.tex").write_bytes(rng.randbytes(4000))


def _cut(folder: Path, rng: random.Random) -> None:
    ending, text = variant(rng, slips=1, rewrites=0)
    (folder / f"hw3{ending}").write_text(text[: len(text) // rng.randint(2, 6)], encoding="utf-8")


def _towers(folder: Path, rng: random.Random) -> None:
    tower = "9^{" * 40 + "9" + "}" * 40
    (folder / "hw3.md").write_text(f"## Question 1\n\n$$KL = {tower} = 10^{{9}}!$$\n" + SMALL, encoding="utf-8")


def _script(folder: Path, rng: random.Random) -> None:
    text = r"$$KL = \text{<script>alert(1)</script>} = \href{javascript:alert(1)}{x}$$"
    (folder / "=cmd|' 'A1.md").write_text(f"## Question 1\n\n{text}\n\n‮ {SMALL}", encoding="utf-8")


def _thief(folder: Path, rng: random.Random) -> None:
    (folder / "hw3.tex").write_text(
        "\\section*{Question 1}\n\\input{/etc/passwd}\n\\input{../submission_100/hw3}\n" + SMALL, encoding="utf-8"
    )


def _linked(folder: Path, rng: random.Random) -> None:
    (folder / "hw3.tex").symlink_to("/etc/passwd")


def _bomb(folder: Path, rng: random.Random) -> None:
    with zipfile.ZipFile(folder / "hw3.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hw3.md", b"0" * 250_000_000)


def _slip(folder: Path, rng: random.Random) -> None:
    with zipfile.ZipFile(folder / "hw3.zip", "w") as archive:
        archive.writestr("../../../escaped.md", SMALL)
        archive.writestr("/escaped.md", SMALL)
        archive.writestr("hw3.md", SMALL)


ODD: dict[str, Maker] = {
    "python": _python,
    "project": _project,
    "zipped": _zipped,
    "pdf": _pdf,
    "nothing": _nothing,
    "blank": _blank,
    "noise": _noise,
    "cut": _cut,
    "towers": _towers,
    "script": _script,
    "thief": _thief,
    "linked": _linked,
    "slip": _slip,
    "bomb": _bomb,
}
"""Kinds besides the ordinary, each there at least once in an export that is large enough."""
UNREAD = ("pdf", "nothing", "blank", "noise", "linked", "bomb")
"""Kinds of which nothing can be read: every part of theirs waits for a person."""


def write_export(folder: Path, count: int, seed: int = 0, *, small: bool = False, odd: bool = True) -> Export:
    """Write an export of `count` submissions into a new folder, and beside it its roster.

    `small` makes every ordinary submission a short one; without `odd` all are ordinary.
    """
    rng = random.Random(seed)
    folder.mkdir(parents=True)
    export = Export(folder, folder.with_name(f"{folder.name}_roster.csv"))
    kinds = ["ordinary"] * count
    if odd:
        places = rng.sample(range(count), min(count, max(len(ODD), count // 8)))
        for i, place in enumerate(places):
            kinds[place] = list(ODD)[i % len(ODD)]
    blocks = []
    for i, kind in enumerate(kinds):
        key = f"submission_{100 + i}"
        people = [_person(rng, len(export.roster) + j) for j in range(rng.choice([1] * 9 + [2, 3]))]
        export.roster.extend(people)
        export.kinds[key], export.submitters[key] = kind, people
        (folder / key).mkdir()
        make = ODD.get(kind) or (_small if small else _ordinary)
        make(folder / key, random.Random(f"{seed} {i}"))
        blocks.append(_metadata(key, people, rng))
    for _ in range(count // 20 + 1):
        export.absent.append(_person(rng, len(export.roster)))
        export.roster.append(export.absent[-1])
    (folder / "submission_metadata.yml").write_text("---\n" + "".join(blocks), encoding="utf-8")
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._submission_metadata.yml").write_bytes(b"\0\5\x16\7")
    export.roster_csv.write_text(_roster(export.roster), encoding="utf-8-sig")
    return export


def _person(rng: random.Random, number: int) -> Person:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    sid = f"{number:08d}"  # leading zeros, as some schools have them
    return Person(first, last, sid, f"s{number}@example.edu")


def _metadata(key: str, people: list[Person], rng: random.Random) -> str:
    """A submission's block as Gradescope writes it: symbols of Ruby as keys, what is unknown left out."""
    lines = [f"{key}:", "  :submitters:"]
    forget = rng.random()
    for person in people:
        lines.append(f"  - :name: {json.dumps(person.name, ensure_ascii=False)}")
        if forget > 0.05:
            lines.append(f"    :sid: '{person.sid}'")
        if not 0.05 < forget < 0.15:
            lines.append(f"    :email: {person.email}")
    day, hour = rng.randint(1, 5), rng.randint(0, 23)
    lines.append(f"  :created_at: 2022-12-{day:02d} {hour:02d}:15:00.362580000 Z")
    lines += ["  :score: 0.0", "  :status: processed", "  :results:", "    tests: []", "    output: !ruby/symbol none"]
    lines += ["  :history:", "  - :id: 1", "    :created_at: 2022-12-01 10:00:00 Z"]
    return "\n".join(lines) + "\n"


def _roster(people: list[Person]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["First Name", "Last Name", "SID", "Email", "Sections", "Role"])
    writer.writerow(["Terry", "Assistant", "", "ta@example.edu", "", "TA"])
    for p in people:
        writer.writerow([p.first, p.last, p.sid, p.email, "A", "Student"])
    return out.getvalue()


if __name__ == "__main__":
    made = write_export(
        Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 40, int(sys.argv[3]) if len(sys.argv) > 3 else 0
    )
    print(f"{len(made.kinds)} submissions in {made.folder}, {len(made.roster)} students in {made.roster_csv}")
