"""Trying a Python answer: the cases to run next, and what each result says of the points it was asked for.

A function is called as its writer may have meant it: for many points at once, one by one, with tensors. A point is right if
any way of calling gives the right value there. Nothing is run here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from grader.checks import program_values as V
from grader.checks.draws import EDGE, PLAIN, SCALE, Draw
from grader.checks.program_specs import ProgramSpec
from grader.checks.sympy_trees import Converter, Unmatched, holds_symbol, holds_tree
from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.parser import parse
from grader.programs import Array, Case, Ending, Feed, Limits, Plain, Ran

_ORDINARY: Final = (10, 6)
_SPECIAL: Final = 2
"""Points called for one by one, ordinary ones (where a function stands for one check, for several under conditions) and
those of each other kind."""
_AGAIN: Final = 3
"""Points of each kind in later ways of calling."""
_STOPPED: Final = frozenset({Ending.TIMEOUT, Ending.MEMORY})
STUDENTS: Final = {
    Ending.ERROR: "error",
    Ending.EXIT: "exit",
    Ending.TIMEOUT: "timeout",
    Ending.MEMORY: "memory",
    Ending.FLOOD: "flood",
    Ending.INVALID: "invalid",
}


@dataclass(slots=True)
class Point:
    """One sample and the best that was found there: `rank` is one of `program_values` (-1: not tried yet)."""

    draw: Draw
    sample: int
    rank: int = -1
    value: N.Array | None = None
    note: str = ""
    message: str = ""
    line: int | None = None
    tried: int = 0

    @property
    def kind(self) -> str:
        return self.draw.kinds[self.sample]


@dataclass(frozen=True, slots=True)
class _Way:
    feed: Feed
    batch: bool
    rest: bool = False  # whether the points left out before are called for in the same way


@dataclass(frozen=True, slots=True)
class _Asked:
    case: Case
    way: _Way
    points: tuple[Point, ...]


@dataclass(slots=True)
class Trial:
    """One function of one program on its way to a finding: `cases` to run next, `take` what came of them."""

    spec: ProgramSpec
    draws: Sequence[Draw]
    judge: Judge
    torch: bool = False
    flat: Callable[[], Sequence[Draw]] = tuple
    """The draws with vectors of one dimension, for expressions whose symbols stand for vectors."""
    points: list[Point] = field(default_factory=list)
    _ways: list[_Way] = field(default_factory=list)
    _waiting: list[_Asked] = field(default_factory=list)
    stopped: Ran | None = None
    _rounds: int = 0
    _later: list[_Asked] = field(default_factory=list)
    slow: bool = False
    """Whether some call was stopped: others go first."""
    absent: bool = False
    slopes: bool | None = None
    """Whether the derivatives of an answer in torch are right too; None where they were not asked for."""
    goal: T.Node = field(default_factory=T.Empty)
    """The target's tree, of which a witness has twice the same value."""

    def __post_init__(self) -> None:
        self.points = [Point(draw, s) for draw in self.draws for s in range(len(draw.kinds))]
        self._ways = self._plan()

    def _plan(self) -> list[_Way]:
        if not self.spec.arguments:
            return [_Way("numpy", False)]
        if any(draw.apart for draw in self.draws):
            last = [_Way("torch", True)] if self.torch else []
            own: list[Feed] = ["torch", "numpy"] if self.torch else ["numpy"]
            return [*(_Way(feed, False) for feed in own), *last, _Way("numpy", True)]
        if self.torch:
            return [_Way("torch", True), _Way("float", False), _Way("torch", False), _Way("numpy", True)]
        return [_Way("numpy", True), _Way("float", False)]

    # asking

    def cases(self) -> list[Case]:
        """What to run next; nothing where all is known."""
        self._waiting, self._later = self._later, []
        if self.slow and self._waiting:  # of the calls that are left a second one tells as much as all
            self._waiting = self._waiting[:1]
        while not self._waiting and self._ways and self.stopped is None and not self.absent:
            way = self._ways.pop(0)
            left = [p for p in self.points if p.rank != V.AGREES and p.tried == self._rounds]
            if way.rest:
                self._waiting = [self._asked(way, [p]) for p in self._left_out()]
            elif left:
                asked = self._batches(way, left) if way.batch else self._singles(way, left)
                self._waiting, self._later = asked[:1], asked[1:]  # one first: it may never end
                self._rounds += 1
        if not self._waiting and self._differentiable():
            points = [p for p in self.points if p.draw is self.draws[0] and p.kind == PLAIN]
            slopes = self._asked(_Way("torch", True), points)
            self._waiting = [replace(slopes, case=replace(slopes.case, gradient=True))]
        return [asked.case for asked in self._waiting]

    def _differentiable(self) -> bool:
        """Whether the derivatives by the arguments are asked for next: once, of a right answer in torch."""
        ready = self.spec.gradient and self.torch and self.slopes is None and self.stopped is None and not self.absent
        return ready and all(p.rank == V.AGREES for p in self.points if p.kind == PLAIN)

    def _batches(self, way: _Way, left: Sequence[Point]) -> list[_Asked]:
        groups: dict[tuple[int, str], list[Point]] = {}
        for point in left:
            groups.setdefault((id(point.draw), point.kind), []).append(point)
        return [self._asked(way, points) for points in groups.values()]

    def _singles(self, way: _Way, left: Sequence[Point]) -> list[_Asked]:
        later = self._rounds > 1
        ordinary = _ORDINARY[len({d.rows for d in self.draws}) > 1]
        most = {PLAIN: _AGAIN if later else ordinary, EDGE: 1 if later else _SPECIAL, SCALE: 1 if later else _SPECIAL}
        taken: dict[tuple[frozenset[int], str], list[Point]] = {}
        for point in left:
            group = taken.setdefault((point.draw.rows, point.kind), [])
            group.append(point)
        chosen = [p for (_, kind), group in taken.items() for p in spread(group, most[kind])]
        return [self._asked(way, [point]) for point in chosen]

    def _left_out(self) -> list[Point]:
        """Points that were left out when others were called for one by one, where a single one of those is wrong: whether
        it is the only one matters."""
        out: list[Point] = []
        for rows in {p.draw.rows for p in self.points}:
            mine = [p for p in self.points if p.draw.rows == rows and p.kind == PLAIN and p.rank != V.AGREES]
            wrong = [p for p in mine if p.tried == self._rounds]
            if len(wrong) == 1:
                out += spread([p for p in mine if p.tried < self._rounds], _ORDINARY[0])
        return out

    def _asked(self, way: _Way, points: Sequence[Point]) -> _Asked:
        draw, samples = points[0].draw, [p.sample for p in points]
        args = tuple(self._argument(a[samples] if way.batch else a[samples[0]], way) for a in draw.arguments)
        return _Asked(Case(self.spec.function, args, way.feed, limits=self._limits()), way, tuple(points))

    def _argument(self, values: Any, way: _Way) -> Plain:
        array = np.asarray(values)
        if array.dtype.kind in "iu" and not array.ndim:
            return int(array)
        if not array.ndim and way.feed != "torch":
            return float(array)
        exact = np.ascontiguousarray(array, dtype=np.int64 if array.dtype.kind in "iu" else np.float64)
        return Array(str(exact.dtype), tuple(array.shape), exact.tobytes())

    def _limits(self) -> Limits:
        own = self.spec.limits
        return Limits(own.seconds, own.memory_mb, own.output_kb)

    def stopped_by(self, ran: Ran) -> None:
        """The module itself failed, or we did: no function of it can be asked."""
        self.stopped = ran
        if ran.ending in STUDENTS:
            self._bad(self.points, STUDENTS[ran.ending], ran.message, ran.line)

    # hearing

    def take(self, results: Sequence[Ran]) -> None:
        """The results of the cases last asked for, in their order."""
        single = bool(self._waiting) and not self._waiting[0].way.batch
        endings = []
        for asked, ran in zip(self._waiting, results, strict=True):
            endings.append(ran.ending)
            self._hear(asked, ran)
            if ran.ending in (Ending.FAULT, Ending.NOT_RUN):
                self.stopped = ran
            if ran.ending is Ending.ABSENT:
                self.absent = True
        if any(e in _STOPPED for e in endings):
            stopped_before, self.slow = self.slow, True
            if single and stopped_before:
                self._ways, self._later = [], []  # another way of calling would only take as long again
            elif not single:
                self._later = []  # one by one they may end
        elif endings == [Ending.ERROR] and not single and self._later:
            for asked in self._later:  # it takes no arrays: the other batches would fail alike
                for point in asked.points:
                    point.tried = self._rounds
                self._bad(asked.points, "error", results[0].message, results[0].line, alone=False)
            self._later = []
        elif single and not self._later and not self._waiting[0].way.rest and self._left_out():
            self._ways.insert(0, _Way(self._waiting[0].way.feed, False, rest=True))

    @property
    def unfinished(self) -> bool:
        """Whether there was more to try."""
        return bool(self._ways or self._later) and any(p.rank != V.AGREES for p in self.points)

    def _hear(self, asked: _Asked, ran: Ran) -> None:
        points, alone = asked.points, not asked.way.batch
        if asked.case.gradient:
            self.slopes = self._slopes_agree(points, ran)
            return
        for point in points:
            point.tried = self._rounds
        if ran.ending is not Ending.OK:
            note = STUDENTS.get(ran.ending, "")
            self._bad(points, note, ran.message, ran.line, alone=alone)
            return
        try:
            if holds_tree(ran.value):
                if holds_symbol(ran.value):  # it does not depend on what was asked: nothing else need be
                    points, self._ways, self._later = tuple(self.points), [], []
                    for point in points:
                        point.tried = self._rounds
                self._expression(ran.value, points)
                return
            value = _READ.get(self.spec.asks, _as_it_is)(ran.value)
            entries = points[0].draw.right.shape[1:]
            found = V.numbers(value, len(points), entries, batch=asked.way.batch)
        except V.Unusable as error:
            self._bad(points, "invalid", str(error), ran.line, alone=alone)
        except V.WrongShape as error:
            wanted = "three terms" if self.spec.asks == "terms" else V.shape_words(points[0].draw.right.shape[1:])
            self._bad(points, "shape", f"{error}, not {wanted}", None, alone=alone)
        else:
            ranks = [self._ranks(points, way) for way in found]
            best = max(range(len(found)), key=lambda i: sum(ranks[i]))
            self._note(points, found[best].values, ranks[best])

    def _bad(self, points: Sequence[Point], note: str, message: str, line: int | None, *, alone: bool = True) -> None:
        """No value at some points; what is said of a call for one point replaces what was said of many."""
        for point in points:
            if point.rank < V.BAD or (alone and point.rank == V.BAD):
                point.rank, point.note, point.message, point.line = V.BAD, note, message, line

    def _note(self, points: Sequence[Point], values: N.Array, ranks: Sequence[int]) -> None:
        for point, value, rank in zip(points, values, ranks, strict=True):
            if rank > point.rank:
                point.rank, point.value = rank, value
                point.note, point.message = ("invalid", "not a finite number") if rank == V.BAD else ("", "")

    def _ranks(self, points: Sequence[Point], found: V.Numbers) -> list[int]:
        out = []
        if self.spec.asks == "witness":
            return self._witnesses(points, found)
        compare = V.same_set if self.spec.asks == "eigenvalues" else V.same
        for point, value in zip(points, found.values, strict=True):
            right = point.draw.right[point.sample]
            finite = bool(np.isfinite(value).all())
            out.append(compare(value, right, found.single, point.kind != PLAIN) if finite else V.BAD)
        return out

    def _witnesses(self, points: Sequence[Point], found: V.Numbers) -> list[int]:
        """Whether the two values differ and have one image."""
        assert self.spec.target is not None
        draw = points[0].draw
        samples = [p.sample for p in points]
        name = parse(self.spec.variable, self.judge.world.notation)
        assert isinstance(name, T.Name)
        images = []
        for k in (0, 1):
            column = np.zeros(len(draw.kinds), dtype=complex)
            column[samples] = np.where(np.isfinite(found.values[:, k]), found.values[:, k], 0)
            images.append(draw.value(self.goal, {name.key: column.real})[samples])
        out = []
        slack, apart = (1e-5, 1e-3) if found.single else (1e-9, 1e-6)
        for pair, first, second in zip(found.values, *images, strict=True):
            if not np.isfinite(pair).all() or np.abs(pair.imag).max() > 1e-12:
                out.append(V.BAD)
            elif abs(pair[0] - pair[1]) <= apart * max(1.0, float(np.abs(pair).max())):
                out.append(V.DIFFERS)
            else:
                scale = max(1.0, abs(first), abs(second), float(np.abs(pair).max()))
                out.append(V.AGREES if abs(first - second) <= slack * scale else V.DIFFERS)
        return out

    def _slopes_agree(self, points: Sequence[Point], ran: Ran) -> bool:
        """Derivatives beside those of the target; an answer that torch cannot differentiate says nothing of them."""
        if ran.ending is not Ending.OK or not isinstance(ran.value, tuple):
            return True
        draw, samples = points[0].draw, [p.sample for p in points]
        for text, value in zip(self.spec.arguments, ran.value, strict=False):
            if not isinstance(text, str):
                return True
            symbol = parse(text, self.judge.world.notation)
            right = draw.value(T.Deriv((symbol,), self.goal))[samples]
            try:
                found = V.numbers(value, len(points), (), batch=True)
            except (V.Unusable, V.WrongShape):
                return True
            same = [
                [V.same(*pair, found[0].single, False) for pair in zip(f.values, right, strict=True)] for f in found
            ]
            if not any(rank == V.DIFFERS for rank in same[0]):
                continue
            return False
        return True

    def _expression(self, value: Plain, points: Sequence[Point]) -> None:
        """A value in SymPy: evaluated at all points at once."""
        draws = list(dict.fromkeys(map(id, (p.draw for p in points))))
        here = [d for d in self.draws if id(d) in draws]
        vectors = any(a.ndim > 1 for d in here for a in d.arguments) and self._families(here[0]) == ()
        if vectors:
            here = list(self.flat())
            points = self.points = [Point(d, s, tried=1) for d in here for s in range(len(d.kinds))]
            self._ways, self._later = [], []
        for draw in here:
            mine = [p for p in points if p.draw is draw]
            if not mine:
                continue
            try:
                node = self._converter(draw).node(_READ.get(self.spec.asks, _as_it_is)(value))
                bound = {k: a[:, 0] for k, a in zip(self._keys(draw), draw.arguments, strict=True) if a.ndim == 2}
                found = draw.value(node, bound if vectors else None)
                entries = draw.right.shape[1:]
                rows = [V.numbers(_plain(found[p.sample]), 1, entries, batch=False)[0].values[0] for p in mine]
            except (Unmatched, EvaluationError) as error:
                self._bad(mine, "unmatched", str(error), None)
            except V.WrongShape as error:
                self._bad(mine, "shape", f"{error}, not {V.shape_words(draw.right.shape[1:])}", None)
            else:
                values = V.Numbers(np.stack(rows))
                self._note(mine, values.values, self._ranks(mine, values))

    def _keys(self, draw: Draw) -> list[str]:
        return list(draw.names)

    def _families(self, draw: Draw) -> tuple[str, ...]:
        world = self.judge.world
        return tuple(k for k in self._keys(draw) if k in world.simplex or f"{k}_*" in world.symbols)

    def _converter(self, draw: Draw) -> Converter:
        families = self._families(draw)
        single = [k for k in self._keys(draw) if k not in families]
        return Converter(single, families, next(iter(self.judge.world.sizes), ""))


def _as_it_is(value: Plain) -> Plain:
    return value


_READ: Final[dict[str, Callable[[Plain], Plain]]] = {"terms": V.terms, "eigenvalues": V.eigenvalues}
"""How an answer is read before its layout is looked at."""


def spread(points: Sequence[Point], most: int) -> list[Point]:
    """At most so many of a list, evenly."""
    if len(points) <= most:
        return list(points)
    return [points[round(i * (len(points) - 1) / max(most - 1, 1))] for i in range(most)]


def _plain(values: Any) -> Plain:
    array = np.ascontiguousarray(values, dtype=complex)
    return Array("complex128", tuple(np.asarray(values).shape), array.tobytes())
