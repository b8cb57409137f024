"""What became of a rubric's mutants: lines for a terminal, and Markdown for a pull request. Works on plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Data = Mapping[str, Any]
"""One answer: `rubric`, `name`, `source`, `derivation`, counts by kind, lists of what is shown."""

_SHOWN: Final = {
    "kept": "keep full marks: faults of the rubric",
    "lost": "right rewritings that lose marks: faults of the rubric",
    "open": "cost nothing for sure: a person decides",
    "unseen": "slips in a derivation that are not seen",
    "right": "earn full marks, or may, where there are several right answers: look whether they are",
    "equal": "equal at all samples, not proved",
}


def line(data: Data) -> str:
    """One answer in one line."""
    word = "FAIL" if data["faults"] else "ok  "
    text = f"{word}  {data['name']}: {data['killed']} of {data['real']} mutants killed, {data['operators']} operators"
    seen = [f"{len(data[k])} {k}" for k in ("kept", "open", "unseen") if data[k]]
    if data["noticed"]:
        seen.insert(0, f"{data['noticed']} shown as wrong lines")
    if data["rewritten"]:
        seen.append(f"{data['rewritten'] - len(data['lost'])} of {data['rewritten']} rewritings right")
    return f"{text}; {', '.join(seen)}" if seen else text


def scores(rows: Sequence[Data]) -> Iterator[tuple[str, int, int, int, int]]:
    """For each rubric: mutants of final answers killed and all, slips in steps and derivations seen and all."""
    for rubric in dict.fromkeys(row["rubric"] for row in rows):
        ours = [row for row in rows if row["rubric"] == rubric]
        answers = [row for row in ours if row["final"]]
        derivations = [row for row in ours if not row["final"]]
        yield (
            rubric,
            sum(row["killed"] for row in answers),
            sum(row["real"] for row in answers),
            sum(row["killed"] + row["noticed"] for row in derivations),
            sum(row["real"] for row in derivations),
        )


def markdown(rows: Sequence[Data]) -> str:
    """A summary for a pull request."""
    out = ["## Mutation testing of the rubrics", ""]
    faults = sum(row["faults"] for row in rows)
    verdict = "No fault." if not faults else f"**{faults} fault{'s' if faults > 1 else ''}.**"
    words = "A mutant of a right answer is killed if it can no longer earn full marks; a slip in a step or a derivation is seen if"
    out += [f"{verdict} {words} it costs something or its line is called wrong.", ""]
    out += ["| rubric | final answers: killed | steps and derivations: seen |", "|---|---:|---:|"]
    for rubric, killed, real, seen, slips in scores(rows):
        out.append(f"| {rubric} | {_share(killed, real)} | {_share(seen, slips)} |")
    out += ["", "<details><summary>Each answer</summary>", ""]
    out += ["| answer | from | mutants | operators | killed | wrong line | open | unseen | kept | equal | rewritings |"]
    out += ["|---|---|" + "---:|" * 9]
    for row in rows:
        equal = f"{row['proved']} + {len(row['equal']) + len(row['right'])}"
        right = f"{row['rewritten'] - len(row['lost'])} of {row['rewritten']}"
        counts = [row["real"], row["operators"], row["killed"], row["noticed"]]
        counts += [len(row[k]) for k in ("open", "unseen", "kept")]
        cells = [row["name"], row["source"], *map(str, counts), equal, right]
        out.append("| " + " | ".join(cells) + " |")
    out += ["", "`equal`: proved by exact arithmetic + shown below.", "", "</details>"]
    for kind, words in _SHOWN.items():
        found = [(row["name"], item) for row in rows for item in row[kind]]
        if found:
            out += ["", f"<details><summary>{len(found)} {words}</summary>", ""]
            out += [f"- {name}, {operator}: {_code(formula)} ({why})" for name, (operator, formula, why) in found]
            out += ["", "</details>"]
    return "\n".join(out) + "\n"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "-"


def _code(text: str) -> str:
    """Text as inline code, whatever stands in it."""
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{' '.join(text.split())}{ticks}"
