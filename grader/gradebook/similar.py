"""Submissions with the same mistakes in the same order, more than chance explains: a hint for a person, never a verdict.

Each wrong value counts by how rare it is in the class. What most get wrong says nothing; of a slip and what follows from it only
the slip counts; several in one part count less than as many in different parts, as one belief may stand behind them; submissions
of the same people are not compared with each other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any, Final

from grader.gradebook.book import Gradebook
from grader.gradebook.records import Submission
from grader.gradebook.summary import Summary

_COMMON: Final = 5
"""A mistake that more than one in so many make counts nothing."""
_LEAST: Final = 2
"""Mistakes in common."""
_EXPECTED: Final = 0.15
"""Pairs that a class may be expected to have by chance: two mistakes of different parts that nobody else makes are below it, in
classes from seven on."""
_STRONG: Final = 0.01
"""Below it a pair is more than the strongest of many: in made-up classes of independent students none was (a test holds it), while
up to one a class lies between the two."""

Mistake = tuple[str, str]
"""A part and the value of a wrong line in it."""


@dataclass(frozen=True, slots=True)
class SharedValue:
    """A mistake that two have in common."""

    part: str
    """The part."""
    value: str
    """The mistake's value."""
    held_by: int
    """So many make it."""
    of: int
    """Of so many who answered the part."""


@dataclass(frozen=True, slots=True)
class SimilarPair:
    """Two submissions (ids) with their common mistakes."""

    first: str
    """One submission."""
    second: str
    """The other."""
    shared: tuple[SharedValue, ...]
    """Their common mistakes, in order."""
    expected: float
    """How many such pairs the class would have if everybody made mistakes independently of the others."""
    same_text: tuple[str, ...] = ()
    """Parts with such a mistake whose text is the same letter for letter."""

    @property
    def weak(self) -> bool:
        """Whether some pair like it is to be expected among so many."""
        return self.expected > _STRONG


@dataclass(frozen=True, slots=True)
class Similar:
    """All pairs and the groups they form."""

    hands: int
    """How many handed in, the same people once."""
    pairs: tuple[SimilarPair, ...]
    """All pairs, the least likely first."""
    groups: tuple[tuple[str, ...], ...]
    """The groups that the pairs form."""
    same_people: tuple[tuple[str, ...], ...]
    """Submissions of those who handed in several."""
    unknown: int = 0
    """Results of before the values of wrong lines were kept, of which nothing can be said."""

    def pair(self, one: str, other: str) -> SimilarPair | None:
        """The pair of these two submissions, in either order."""
        return next((p for p in self.pairs if {p.first, p.second} == {one, other}), None)

    def data(self) -> dict[str, Any]:
        """As plain data, schema `grader/similar/1`."""
        return {
            "schema": "grader/similar/1",
            "hands": self.hands,
            "pairs": [{**asdict(p), "weak": p.weak} for p in self.pairs],
            "groups": [list(g) for g in self.groups],
            "same_people": [list(g) for g in self.same_people],
            "unknown": self.unknown,
        }


def similar(book: Gradebook, part: str = "") -> Similar:
    """The pairs of a gradebook as it is now, by all parts or by one part or question alone. Raises GradebookError."""
    hands = hands_of(book.submissions())
    sequences: dict[str, tuple[Mistake, ...]] = {}
    texts: dict[str, dict[str, str]] = {}
    answered: defaultdict[str, set[str]] = defaultdict(set)
    unknown = 0
    for result in book.results():
        name = result.submission
        unknown += any(p.wrong is None for p in result.summary.parts)
        for one in result.summary.parts:
            if one.status not in ("empty", "unreadable"):
                answered[one.id].add(hands[name])
        made = _mistakes(result.summary, part)
        if made:
            sequences[name] = made
            texts[name] = {p.id: p.text_sha256 for p in result.summary.parts}
    pairs = pairs_in(sequences, hands, {name: len(who) for name, who in answered.items()})
    pairs = tuple(replace(p, same_text=_same_text(texts, p)) for p in pairs)
    several = _joined(hands.items())
    return Similar(len(set(hands.values())), pairs, _joined((p.first, p.second) for p in pairs), several, unknown)


def pairs_in(
    sequences: Mapping[str, Sequence[Mistake]], hands: Mapping[str, str], answered: Mapping[str, int]
) -> tuple[SimilarPair, ...]:
    """The pairs among submissions whose mistakes are known, the least likely first.

    `hands` has every submission, with the same value for those of the same people; of each two people the least likely pair is
    given. `answered` is how many people answered each part.
    """
    makers: defaultdict[Mistake, set[str]] = defaultdict(set)
    for name, made in sequences.items():
        for mistake in made:
            makers[mistake].add(hands[name])
    counts = {m: SharedValue(*m, len(who), max(answered.get(m[0], 0), len(who))) for m, who in makers.items()}
    rare = {m: v for m, v in counts.items() if 2 <= v.held_by <= max(2, v.of // _COMMON)}
    total = len(set(hands.values()))
    best: dict[frozenset[str], SimilarPair] = {}
    for first, second in _candidates(sequences, rare, hands):
        pair = _compared(first, second, sequences, rare, total)
        key = frozenset((hands[first], hands[second]))
        if pair is not None and (key not in best or pair.expected < best[key].expected):
            best[key] = pair
    return tuple(sorted(best.values(), key=lambda p: (p.expected, p.first, p.second)))


def _mistakes(summary: Summary, part: str) -> tuple[Mistake, ...]:
    """The mistakes of a submission in order, without what only follows from them; each once."""
    found = (
        (p.id, w.value)
        for p in summary.parts
        if not part or part in (p.id, p.id.split(".")[0])
        for w in p.wrong or ()
        if not w.follows
    )
    return tuple(dict.fromkeys(found))


def _same_text(texts: Mapping[str, Mapping[str, str]], pair: SimilarPair) -> tuple[str, ...]:
    one, other = texts[pair.first], texts[pair.second]
    return tuple(p for p in dict.fromkeys(s.part for s in pair.shared) if one[p] and one[p] == other[p])


def _candidates(
    sequences: Mapping[str, Sequence[Mistake]], rare: Mapping[Mistake, SharedValue], hands: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Pairs of submissions of different people with enough rare mistakes in common."""
    holders: defaultdict[Mistake, list[str]] = defaultdict(list)
    for name, made in sequences.items():
        for mistake in made:
            if mistake in rare:
                holders[mistake].append(name)
    common: defaultdict[tuple[str, str], int] = defaultdict(int)
    for names in holders.values():
        for pair in combinations(names, 2):
            common[pair] += 1
    return [pair for pair, n in common.items() if n >= _LEAST and hands[pair[0]] != hands[pair[1]]]


def _compared(
    first: str, second: str, sequences: Mapping[str, Sequence[Mistake]], rare: Mapping[Mistake, SharedValue], total: int
) -> SimilarPair | None:
    """The two as a pair; None where chance explains what they have in common."""
    one, other = ([m for m in sequences[name] if m in rare] for name in (first, second))
    shared = [rare[one[i]] for i, _ in aligned(one, other, {m: -math.log(_chance(rare[m])) for m in one})]
    expected = math.comb(total, 2) * _chance_of_all(shared)
    if len(shared) < _LEAST or expected > _EXPECTED:
        return None
    return SimilarPair(first, second, tuple(shared), float(f"{expected:.3g}"))


def _chance(value: SharedValue) -> float:
    """How likely somebody makes this mistake, by those outside the pair; never nothing."""
    return min(1.0, (value.held_by - 2 + 0.5) / max(value.of - 1, 1))


def _chance_of_all(shared: Sequence[SharedValue]) -> float:
    """How likely somebody makes all these mistakes: in each part the rarest in full, the others by the root."""
    parts: defaultdict[str, list[float]] = defaultdict(list)
    for value in shared:
        parts[value.part].append(_chance(value))
    return math.prod(min(found) * math.sqrt(math.prod(sorted(found)[1:])) for found in parts.values())


def aligned(
    one: Sequence[Mistake], other: Sequence[Mistake], weights: Mapping[Mistake, float] | None = None
) -> list[tuple[int, int]]:
    """The places of equal mistakes in both, in the same order, so that their weights (1 each if not given) sum to the most."""
    rows, columns = len(one), len(other)
    most = [[0.0] * (columns + 1) for _ in range(rows + 1)]

    def weight(i: int) -> float:
        return 1.0 if weights is None else weights[one[i]]

    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            taken = weight(i) + most[i + 1][j + 1] if one[i] == other[j] else 0.0
            most[i][j] = max(taken, most[i + 1][j], most[i][j + 1])
    out, i, j = [], 0, 0
    while i < rows and j < columns:
        if one[i] == other[j] and most[i][j] == weight(i) + most[i + 1][j + 1]:
            out.append((i, j))
            i, j = i + 1, j + 1
        elif most[i][j] == most[i + 1][j]:
            i += 1
        else:
            j += 1
    return out


# who is who


def hands_of(submissions: Iterable[Submission]) -> dict[str, str]:
    """For each submission the first one that the same people handed in, as far as numbers and addresses tell."""
    first: dict[str, str] = {}
    leads: dict[str, str] = {}

    def lead(name: str) -> str:
        while leads[name] != name:
            name = leads[name]
        return name

    for submission in submissions:
        leads[submission.id] = submission.id
        for person in submission.submitters:
            for known in (f"sid {person.sid}" if person.sid else "", person.email.strip().lower()):
                if known:
                    earlier = lead(first.setdefault(known, submission.id))
                    leads[lead(submission.id)] = earlier
    return {name: lead(name) for name in leads}


def _joined(links: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """The groups of two and more that links make, in order of their names."""
    groups: dict[str, set[str]] = {}
    for one, other in links:
        both = groups.get(one, {one}) | groups.get(other, {other})
        for name in both:
            groups[name] = both
    found = {tuple(sorted(group)) for group in groups.values() if len(group) > 1}
    return tuple(sorted(found))


# side by side


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A wrong line or a wrong final answer (`check`) as it was written, and where; `follows` if it may follow from one before."""

    file: str
    line: int
    text: str
    follows: bool
    check: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Lines beside each other: the same value in both, or a line that only one has.

    `shared` is set where the mistake counts for the pair.
    """

    first: WrittenLine | None
    second: WrittenLine | None
    shared: SharedValue | None = None


@dataclass(frozen=True, slots=True)
class PartBeside:
    """The wrong lines of a part in two submissions; `title` in the languages of the rubric."""

    part: str
    title: Mapping[str, str]
    same_text: bool
    rows: tuple[Row, ...]


def side_by_side(book: Gradebook, pair: SimilarPair) -> tuple[PartBeside, ...]:
    """The parts in which a pair has mistakes in common, with all wrong lines of both. Raises GradebookError."""
    reports = [book.report(name) or {"parts": []} for name in (pair.first, pair.second)]
    out = []
    for part in dict.fromkeys(s.part for s in pair.shared):
        found = [next((p for p in report["parts"] if p["id"] == part), None) for report in reports]
        if found[0] is None or found[1] is None:
            continue
        shared = {s.value: s for s in pair.shared if s.part == part}
        rows = _rows([_lines(p) for p in found if p is not None], part, shared)
        out.append(PartBeside(part, found[0]["title"], part in pair.same_text, rows))
    return tuple(out)


def _lines(part: Mapping[str, Any]) -> list[tuple[str, WrittenLine]]:
    steps = {s["id"]: s for s in part["steps"]}
    checks = {c["id"]: c for c in part["checks"]}
    out = []
    for wrong in part.get("wrong", ()):
        if wrong["step"] in steps:
            step = steps[wrong["step"]]
            text = " ".join(f"{step['left']} {step['relation']} {step['right']}".split())
            line = WrittenLine(step["span"]["file"], step["span"]["line"], text, wrong["follows"])
        elif wrong["check"] in checks:
            check = checks[wrong["check"]]
            span: Mapping[str, Any] = check["spans"][-1] if check["spans"] else {"file": "", "line": 0}
            text = " ".join(str(check["evidence"].get("quote", "")).split())
            line = WrittenLine(span["file"], span["line"], text, wrong["follows"], check["id"])
        else:
            continue
        out.append((wrong["value"], line))
    return out


def _rows(
    sides: Sequence[list[tuple[str, WrittenLine]]], part: str, shared: Mapping[str, SharedValue]
) -> tuple[Row, ...]:
    one, other = sides
    keys = [[(part, value) for value, _ in side] for side in sides]
    # what counts is aligned before all else
    weights = {key: 100.0 if key[1] in shared else 1.0 for key in keys[0]}
    rows: list[Row] = []
    i = j = 0
    counted: set[str] = set()
    for to_i, to_j in [*aligned(keys[0], keys[1], weights), (len(one), len(other))]:
        rows.extend(Row(line, None) for _, line in one[i:to_i])
        rows.extend(Row(None, line) for _, line in other[j:to_j])
        if to_i < len(one):
            value = one[to_i][0]
            rows.append(Row(one[to_i][1], other[to_j][1], shared.get(value) if value not in counted else None))
            counted.add(value)
        i, j = to_i + 1, to_j + 1
    return tuple(rows)
