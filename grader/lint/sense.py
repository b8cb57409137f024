"""What can never count: a way twice, a way that an easier one includes, a check that nothing meets, patterns that are none
or fit everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import dumps
from typing import Any, Final

from grader.checks.specs import (
    ChainCheck,
    CheckBase,
    ComponentCheck,
    ComponentsCheck,
    IdentityCheck,
    ProseCheck,
    SubtermCheck,
    ValueCheck,
    Way,
    Waypoint,
    Words,
)
from grader.lint.fault import Fault
from grader.lint.reading import RubricFile
from grader.model import Role
from grader.plain_yaml import Path_

_MAY_REPEAT: Final = frozenset(
    {"parts", "checks", "programs", "terms", "entries", "named_entries", "added", "past", "scales"}
)
"""Lists in which the same may stand twice, or whose ids are looked at elsewhere."""
_PATTERNS: Final = frozenset(
    {"phrases", "unless", "together", "minor", "against", "partly", "mentions", "traces", "traces_after", "prompts"}
)


def sense_faults(file: RubricFile) -> Iterator[Fault]:
    """All of one file."""
    yield from (file.fault(where, text) for where, text in _doubled(file.data, ()))
    for where, part, spec in file.checks():
        record = file.data
        for step in where:
            record = record[step]
        for place, text in (*_patterns(record, where), *_never(spec, where), *_examples(spec, where)):
            yield file.fault(place, text)
        earlier = part.checks[: part.checks.index(spec)]
        for other in earlier:
            if _same(other, spec):
                yield file.fault((*where, "id"), f"{spec.id} asks for the same as {other.id}")
        by_hand = {c.id for c in part.checks if c.role is Role.MANUAL}
        if spec.needs and set(spec.needs) <= by_hand:
            text = f"{spec.id} can never be right by itself: a person decides what it needs"
            yield file.fault((*where, "needs", 0), text)


def _same(one: CheckBase, other: CheckBase) -> bool:
    """Whether two checks differ in nothing but their names and what they are worth."""
    if type(one) is not type(other) or one.role is Role.MANUAL:
        return False
    apart = {"id", "title", "points", "notes", "role", "accepts", "rejects"}
    return one.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def _doubled(node: Any, where: Path_) -> Iterator[tuple[Path_, str]]:
    """Items of lists that stand twice."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _doubled(value, (*where, key))
    elif isinstance(node, list):
        seen: set[str] = set()
        for i, item in enumerate(node):
            text = dumps(item, sort_keys=True)
            if text in seen and where[-1] not in _MAY_REPEAT and item not in ([], ""):
                what = repr(item) if isinstance(item, str) and len(item) < 60 else "this item"
                yield (*where, i), f"{what} stands twice in {where[-1]!r}"
            seen.add(text)
            yield from _doubled(item, (*where, i))


def _patterns(node: Any, where: Path_, inside: bool = False) -> Iterator[tuple[Path_, str]]:
    """Patterns of words that are none, or that fit any text."""
    if isinstance(node, dict):
        for key, value in node.items():
            component = key == "named" and node.get("type") == "component"
            yield from _patterns(value, (*where, key), inside or key in _PATTERNS or component)
    elif isinstance(node, list):
        for i, item in enumerate(node):
            yield from _patterns(item, (*where, i), inside)
    elif isinstance(node, str) and inside and node:
        try:
            fits = re.compile(node).search("")
        except re.error as error:
            yield where, f"the pattern {node!r} is none ({error})"
        else:
            if fits is not None:
                yield where, f"the pattern {node!r} fits everything"


def _examples(spec: CheckBase, where: Path_) -> Iterator[tuple[Path_, str]]:
    for key in ("accepts", "rejects"):
        for n, text in enumerate(getattr(spec, key)):
            if not text.strip():
                yield (*where, key, n), f"{spec.id}: an example is empty"
            elif key == "rejects" and text in spec.accepts:
                yield (*where, key, n), f"{spec.id}: the example is both accepted and rejected"


def _never(spec: CheckBase, where: Path_) -> Iterator[tuple[Path_, str]]:
    """What no answer can meet, and what counts only where something easier does."""
    if isinstance(spec, ProseCheck):
        yield from _words(spec, where, spec.id)
    if isinstance(spec, ValueCheck):
        for n, name in enumerate(spec.must_not_name):
            if name in spec.must_name:
                yield (*where, "must_not_name", n), f"{spec.id}: never met, {name!r} is asked for as well"
        if spec.otherwise is not None:
            yield from _words(spec.otherwise, (*where, "otherwise"), spec.id)
    if isinstance(spec, ComponentsCheck):
        yield from _entries(spec, where)
    if isinstance(spec, ComponentCheck) and spec.target == spec.whole:
        yield (*where, "target"), f"{spec.id}: the component is the whole"
    if isinstance(spec, (SubtermCheck, IdentityCheck)):
        yield from _groups(spec, where)
    if isinstance(spec, ChainCheck):
        if spec.partly is not None:
            yield from _words(spec.partly, (*where, "partly"), spec.id)
        if not spec.any_of:
            yield (*where, "any_of"), f"{spec.id} has no way"
        for n, way in enumerate(spec.any_of):
            here = (*where, "any_of", n)
            yield from _way(way, here, spec.id)
            easier = next((m + 1 for m, other in enumerate(spec.any_of) if other != way and _includes(other, way)), 0)
            if easier:
                yield here, f"{spec.id}: this way never counts by itself: whoever goes it goes way {easier}"


def _groups(spec: SubtermCheck | IdentityCheck, where: Path_) -> Iterator[tuple[Path_, str]]:
    groups = [set(map(str, group)) for group in spec.any_of]
    if not groups and isinstance(spec, SubtermCheck):
        yield (*where, "any_of"), f"{spec.id} has no group"
    for n, group in enumerate(groups):
        here = (*where, "any_of", n)
        if not group:
            yield here, f"{spec.id}: an empty group asks for nothing"
        easier = next((m + 1 for m, other in enumerate(groups) if other and other < group), 0)
        if easier:
            yield here, f"{spec.id}: this group never counts by itself: group {easier} asks for less"


def _entries(spec: ComponentsCheck, where: Path_) -> Iterator[tuple[Path_, str]]:
    count = len(spec.entries)
    if spec.named_entries and len(spec.named_entries) != count:
        text = f"{spec.id} names {len(spec.named_entries)} entries and has {count}"
        yield (*where, "named_entries"), text
    for key, numbers in (
        ("unchanged", spec.unchanged),
        *((("blocks", n), b.entries) for n, b in enumerate(spec.blocks)),
    ):
        for i in numbers:
            if not 1 <= i <= count:
                place = (*where, *(key if isinstance(key, tuple) else (key,)))
                yield place, f"{spec.id}: there is no entry {i}; they count from 1 to {count}"


def _words(words: Words | ProseCheck, where: Path_, name: str) -> Iterator[tuple[Path_, str]]:
    if not words.phrases and not words.together:
        yield where, f"{name}: no words are known ('phrases' or 'together')"
    for n, pattern in enumerate(words.unless):
        if pattern in words.phrases:
            yield (*where, "unless", n), f"{name}: {pattern!r} stands both in 'phrases' and in 'unless'"


def _way(way: Way, where: Path_, name: str) -> Iterator[tuple[Path_, str]]:
    if not (way.start or way.end or way.past or way.together or way.occurs or way.also):
        yield where, f"{name}: a way that asks for nothing"
    if way.also is not None:
        yield from _words(way.also, (*where, "also"), name)
    for n, point in enumerate(way.past):
        both = (set(point.has) & set(point.lacks)) | (set(point.contains) & set(point.without))
        if both:
            yield (*where, "past", n), f"{name}: never met, {sorted(both)[0]!r} is asked for and barred"
        elif point == Waypoint():
            yield (*where, "past", n), f"{name}: a waypoint that asks for nothing"
    for n, step in enumerate(way.together):
        yield from _way(step, (*where, "together", n), name)


def _includes(easier: Way, way: Way) -> bool:
    """Whether every text that goes a way goes the easier one as well."""
    if easier.together or way.together:
        return False
    if easier.relation != way.relation or (easier.start, easier.end) != (way.start, way.end):
        return False
    points = iter(way.past)
    return (
        all(any(point == other for other in points) for point in easier.past)
        and bool(easier.start or easier.end or easier.past)
        and easier.least <= way.least
        and (not easier.exactly or way.exactly)
        and (easier.links == "none" or way.links == "all")
        and easier.occurs in (None, way.occurs)
        and easier.also in (None, way.also)
    )
