"""Which of the labels in a question begin its parts.

The group of labels that best follows the parts is taken, with the labels of other groups that fit between; nested
cases, steps and footnotes that look like numbering stay content.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from grader.reading.labels import ITEM, SURE, Label

_NAMED = 6
"""Rank of labels that name their question or part: they count wherever they stand."""


def _by_position(labels: list[Label], count: int) -> list[Label]:
    """Markdown lets one write every item as `1.`: then their order numbers them."""
    groups: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        if not label.quoted:
            groups.setdefault(label.group, []).append(i)
    for members in groups.values():
        digits = "digit" in labels[members[0]].group
        if digits and 1 < len(members) <= count and all(labels[i].places == (0,) for i in members):
            for place, i in enumerate(members):
                labels[i] = replace(labels[i], places=(place,), native=True)
    return labels


def _continued(labels: list[Label], count: int) -> list[Label]:
    """Outer lists that begin again at 1 but together have an item for each part: the later ones go on counting."""
    outer = min((x.group for x in labels if x.rank == ITEM), default="")
    members = [i for i, x in enumerate(labels) if x.group == outer and not x.quoted]
    places = [labels[i].places[0] for i in members]
    begun = places.count(0)
    follows = all(b in (0, a + 1) for a, b in pairwise(places))
    first = bool(members) and all(x.at >= labels[members[0]].at or x.quoted for x in labels)
    if first and begun > 1 and len(members) == count and places[0] == 0 and follows:
        for place, i in enumerate(members):
            labels[i] = replace(labels[i], places=(place,))
    return labels


def choose(labels: Sequence[Label], count: int, known: Sequence[Label] = (), guard: bool = False) -> list[Label]:
    """The labels that begin parts, in order of the file; `count` parts there are.

    `known` are all labels of the question, where `labels` are only some: a way of writing is judged by all of them.
    """
    labels = _continued(_by_position(list(labels), count), count)
    groups = _groups([x for x in labels if not x.quoted])
    everywhere = _groups(known or labels)
    chains = {g: _rising(members, count, guard) for g, members in groups.items() if _eligible(everywhere[g], count)}
    chains = {g: chain for g, chain in chains.items() if chain}
    if not chains:
        return []
    automatic = [g for g in chains if g.startswith("auto")]
    if automatic and len(chains) > len(automatic) and any(_plain(c) for g, c in chains.items() if g not in automatic):
        chains = {
            g: c for g, c in chains.items() if g not in automatic or len(c) >= max(len(x) for x in chains.values())
        }

    def worth(group: str) -> tuple[bool, int, bool, bool, int, int, int]:
        chain = chains[group]
        inside = any(_encloses(chains[other], chain) for other in chains if other != group)
        native = 2 * sum(x.native for x in chain) >= len(chain)
        guarded = sum(x.guarded for x in chain) if guard else 0
        return (not inside, guarded, native, chain[0].rank >= SURE, len(chain), chain[0].rank, -chain[0].at)

    best = max(chains, key=worth)
    chosen = list(chains[best])
    covered = {p for x in chosen for p in x.places}
    if chosen[0].rank >= SURE:
        chosen = [x for x in groups[best] if not x.wrapped]
    else:
        inner = range(chosen[0].at, chosen[-1].at)
        for label in groups[best]:
            if not covered & set(label.places) and label.at not in inner and not label.wrapped:
                chosen.append(label)
                covered |= set(label.places)
    _fill(chosen, groups, best)
    chosen += [x for x in labels if x.quoted and x.group == best]
    return sorted(chosen, key=lambda x: x.at)


def _groups(labels: Iterable[Label]) -> dict[str, list[Label]]:
    groups: dict[str, list[Label]] = {}
    for label in labels:
        groups.setdefault(label.group, []).append(label)
    return groups


def _plain(chain: Sequence[Label]) -> bool:
    return chain[0].native and chain[0].rank >= 2


def _eligible(members: Sequence[Label], count: int) -> bool:
    """Whether a way of writing may label parts: one lone `(a)` in a question of numbers, or `(i)`, `(ii)`, may not."""
    if members[0].rank >= 4 and not members[0].group.endswith("roman"):
        return True
    distinct = len({x.places for x in members})
    if members[0].group.rstrip("@0123456789").endswith(("roman", "roman)", "roman.", "Roman", "Roman)", "Roman.")):
        return distinct >= min(3, count) or any(x.native for x in members)
    return distinct >= 2 or any(x.native for x in members)


def _encloses(outer: Sequence[Label], inner: Sequence[Label]) -> bool:
    """Whether all labels of `inner` stand within one part of `outer`; the more so if a sentence leads up to them."""
    if inner[0].at < outer[0].at or inner[0].rank >= SURE > outer[0].rank:
        return False
    if len(outer) < 2:
        return inner[0].led and outer[0].native
    after = [x.at for x in outer if x.at > inner[0].at]
    if after:
        return inner[-1].at < after[0]
    deeper = inner[0].rank == ITEM > outer[0].rank or _indentation(inner[0]) > _indentation(outer[0])
    return len(inner) <= len(outer) or inner[0].led or deeper


def _indentation(label: Label) -> int:
    """How far lines with labels of this group are indented."""
    return int(label.group.rpartition("@")[2]) if "@" in label.group else 0


def _rising(labels: Sequence[Label], count: int, guard: bool) -> list[Label]:
    """The longest run in the parts' order; of equal ones that which begins first, with paragraphs, with fewest gaps."""
    best: list[tuple[tuple[int, int, int, int, int], int, _Link] | None] = [None] * count
    previous = -1
    for i, label in enumerate(labels):
        first, last = label.places[0], label.places[-1]
        if label.wrapped and previous != first - 1:
            continue
        own = (int(guard and label.guarded), 1, int(i == 0), int(label.para), 0)
        found = (own, i, _Link(label, None))
        for before in best[:first]:
            if before is None:
                continue
            score, at, link = before
            reached = (score[0] + own[0], score[1] + 1, score[2], score[3] + own[3], score[4] - (at != i - 1))
            if reached > found[0]:
                found = (reached, i, _Link(label, link))
        held = best[last]
        if held is None or found[0] > held[0]:
            best[last] = found
        previous = last
    winner = max((b for b in best if b is not None), key=lambda b: b[0], default=None)
    chain: list[Label] = []
    step: _Link | None = winner[2] if winner is not None else None
    while step is not None:
        chain.append(step.label)
        step = step.before
    return chain[::-1]


@dataclass(frozen=True, slots=True)
class _Link:
    label: Label
    before: _Link | None


def _fill(chosen: list[Label], groups: dict[str, list[Label]], best: str) -> None:
    """Parts whose label is written in another way: named outright, or in order between their neighbours."""
    covered = {p for x in chosen for p in x.places}
    for group, members in groups.items():
        if group == best:
            continue
        if group == "part" and _encloses(chosen, members):
            continue
        if members[0].rank >= _NAMED:
            fresh = [x for x in members if not covered & set(x.places)]
            chosen.extend(fresh)
            covered.update(p for x in fresh for p in x.places)
            continue
        if not members[0].native or members[0].rank == 1 or (members[0].rank == ITEM != chosen[0].rank):
            continue
        chosen.sort(key=lambda x: x.at)
        for label in _fitting(members, chosen):
            chosen.append(label)
            covered |= set(label.places)
    chosen.sort(key=lambda x: x.at)


def _fitting(members: Sequence[Label], chosen: Sequence[Label]) -> list[Label]:
    """Members that lie in order between chosen labels, provided all members in that gap do."""
    gaps: dict[int, list[Label]] = {}
    at = 0
    for label in members:
        while at < len(chosen) and chosen[at].at < label.at:
            at += 1
        gaps.setdefault(at, []).append(label)
    lows = [-1, *accumulate((max(x.places) for x in chosen), max)]
    highs = [*[*accumulate((min(x.places) for x in reversed(chosen)), min)][::-1], 10**6]
    out: list[Label] = []
    for gap, inside in gaps.items():
        low, high = lows[gap], highs[gap]
        for label in inside:
            if not low < label.places[0] or not label.places[-1] < high or label.wrapped:
                break
            low = label.places[-1]
        else:
            out.extend(inside)
    return out
