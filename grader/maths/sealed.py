"""References without formulas, for the student's kit: values at points that were sampled when the kit was made.

A sealed formula is looked up by the values of the names it rests on, so that it does not matter in which world the point
was drawn. A constant is known by a slow hash only: it gets its value when the student writes it. What is not known is no
verdict: the evaluation ends with the note `sealed`, and `Vault.missed` counts it.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import mpmath
import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.evaluate import Evaluator, register
from grader.maths.memory import Lasting, refresh
from grader.maths.values import Tens, Value, leaves

DIGITS: Final = 28
"""Digits of a stored value: agreement at high precision is asked to 20."""
PLACES: Final = 10
"""Decimals to which a constant is rounded before it is hashed."""
PLACE: Final = 9
"""Bytes that name a point."""
MODEL: Final = "@model"
"""Stands among the names of a formula that rests on the tables of a model."""
_KEY_DIGITS: Final = 9
_EXACT: Final = 6
"""So many decimals that agree to `PLACES` with a constant are all of it."""
_ROUNDED: Final = 2
"""From so many decimals on a number may be meant as rounded."""
_MOST_OFFERED: Final = 60
_COST: Final = 2**13
"""Of scrypt: some 25 ms and 8 MB for each constant tried."""


def slow_hash(salt: str, constant: complex) -> str:
    """The slow hash of a constant in its canonical rounded form; the same for -0 and 0."""
    return _slow(
        salt, f"{round(constant.real, PLACES) + 0.0:.{PLACES}f},{round(constant.imag, PLACES) + 0.0:.{PLACES}f}"
    )


@lru_cache(maxsize=4096)
def _slow(salt: str, text: str) -> str:
    return hashlib.scrypt(text.encode(), salt=bytes.fromhex(salt), n=_COST, r=8, p=1, dklen=16).hex()


def locked(slow: str, ref: str) -> str:
    """What is stored of one constant: equal constants do not look equal."""
    return hashlib.blake2b(f"{slow} {ref}".encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Formula:
    """What is stored of a sealed formula: the names it rests on, the kind of a value with entries, and `blob`: rows of a
    place and a value, each value hidden behind its own point."""

    keys: tuple[str, ...]
    kind: str
    width: int
    blob: str


def place_and_pad(salt: str, ref: str, cell: Sequence[complex]) -> tuple[bytes, bytes]:
    """Of a point, the values of the names rounded: where its value is stored, and what hides it there."""
    text = " ".join(f"{z.real + 0.0:.{_KEY_DIGITS - 1}e},{z.imag + 0.0:.{_KEY_DIGITS - 1}e}" for z in cell)
    digest = hashlib.blake2b(f"{salt} {ref} {text}".encode()).digest()
    return digest[:PLACE], digest[PLACE:]


def hidden(value: str, pad: bytes, width: int) -> bytes:
    """A value behind its point; hides it again, and shows it."""
    return _mixed(value.encode().ljust(width), pad)


def _mixed(value: bytes, pad: bytes) -> bytes:
    stream = hashlib.shake_256(pad).digest(len(value))
    return bytes(x ^ y for x, y in zip(value, stream, strict=True))


def model_at(ev: Evaluator, keys: Sequence[str]) -> str:
    """What stands for the tables of a model, where a formula rests on them: how they are drawn."""
    if MODEL not in keys:
        return ""
    block = ev.block
    factors = {
        letter: [(f.args, f.given) for f in recipe(block.sizes)] for letter, recipe in block.world.joints.items()
    }
    drawn = (block.index, sorted(block.sizes.items()), list(block.variables), block.raw_samples, block.cell)
    text = repr((drawn, sorted(factors.items())))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def inputs_at(ev: Evaluator, keys: Sequence[str]) -> list[N.Array]:
    """The values of the names that a sealed formula rests on, families such as `a_*` member by member; of a model the
    numbers of the samples and the states of the variables named."""
    world, out = ev.block.world, []
    for key in keys:
        if key == MODEL:
            block = ev.block
            place = np.arange(block.raw_samples) if block.take is None else block.take
            place = place if block.pick is None else place[block.pick]
            out.append(place.reshape(-1, *([1] * (block.ndim - 1))).astype(float))
            continue
        if MODEL in keys:
            if key not in ev.block.variables:
                raise EvaluationError("unknown_name", key)
            shape = [1] * ev.block.ndim
            shape[ev.block.variables[key]] = ev.block.cell
            out.append(np.arange(ev.block.cell, dtype=float).reshape(shape))
            continue
        names = [key]
        if key.endswith("_*"):
            base = key.removesuffix("_*")
            size = world.simplex.get(base) or next(iter(world.sizes), "")
            names = [f"{base}_{i}" for i in range(1, ev.block.sizes.get(size, 0) + 1)]
        for name in names:
            for leaf in leaves(ev.lookup(name)):
                if isinstance(leaf, N.Dual):
                    raise EvaluationError("sealed", "the derivative of a sealed formula")
                out.append(leaf)
    return out


def cells(arrays: Sequence[N.Array]) -> tuple[tuple[int, ...], list[tuple[complex, ...]]]:
    """The shape that arrays have together, and their numbers cell by cell."""
    shape = np.broadcast_shapes(*(a.shape for a in arrays)) if arrays else (1,)
    columns = [np.broadcast_to(a, shape).astype(complex).reshape(-1).tolist() for a in arrays]
    return shape, list(zip(*columns, strict=True))


class Vault:
    """What a kit knows of its references.

    `formulas` by ref. `constants`: the stored hash of each ref. `follows`: refs that have the value of another constant once all of a group
    are open (a stationary point, on which later parts rest).
    """

    def __init__(
        self,
        salt: str,
        formulas: Mapping[str, Formula],
        constants: Mapping[str, str],
        follows: Mapping[str, tuple[str, Sequence[str]]],
    ) -> None:
        self.salt = salt
        self.formulas, self.constants, self.follows = formulas, constants, follows
        self.missed = 0
        """How often something was asked for that is not known here."""
        self._opened: Lasting = Lasting()
        self._tables: dict[str, dict[bytes, bytes]] = {}
        self._meeting = False

    # values

    def value(self, ev: Evaluator, node: T.Sealed) -> Value:
        """The value of a sealed formula. Raises EvaluationError `sealed` where it is not known."""
        found = self.formulas.get(node.ref)
        return self._constant(ev, node.ref) if found is None else self._looked_up(ev, node.ref, found)

    def _unknown(self, detail: str) -> EvaluationError:
        self.missed += 1
        return EvaluationError("sealed", detail)

    def _looked_up(self, ev: Evaluator, ref: str, formula: Formula) -> Value:
        place = ref + model_at(ev, formula.keys)
        try:
            shape, points = cells(inputs_at(ev, self._keys_at(ref, place, formula.keys)))
        except EvaluationError as error:
            if error.note == "sealed":
                self.missed += 1
            raise
        table = self._table(ref)
        rows = []
        for point in points:
            at, pad = place_and_pad(self.salt, place, point)
            found = table.get(at)
            if found is None:
                raise self._unknown("a point that was not sampled")
            rows.append(_mixed(found, pad).decode().split(";"))
        entries = [_array(column, shape, ev.precise) for column in zip(*rows, strict=True)]
        return Tens(formula.kind, entries) if formula.kind else entries[0]

    def _keys_at(self, ref: str, place: str, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The names a formula rests on; of a model the variables that its value has at these sizes."""
        if MODEL not in keys:
            return keys
        at, pad = place_and_pad(self.salt, place, ())
        found = self._table(ref).get(at)
        if found is None:
            raise self._unknown("a model that was not sampled")
        axes = _mixed(found, pad).decode().split()
        if axes[:1] == ["!"]:
            raise EvaluationError(axes[1], "a range that is empty at these sizes")
        return MODEL, *axes

    def _table(self, ref: str) -> dict[bytes, bytes]:
        """The rows of a formula by their places, made when first asked for."""
        if ref not in self._tables:
            formula = self.formulas[ref]
            raw, step = base64.b64decode(formula.blob), PLACE + formula.width
            self._tables[ref] = {raw[i : i + PLACE]: raw[i + PLACE : i + step] for i in range(0, len(raw), step)}
        return self._tables[ref]

    def _constant(self, ev: Evaluator, ref: str) -> Value:
        ev.bracketed = True  # it may be known later on: nothing that rests on it is kept
        place = ref
        if ref in self.follows:
            place, group = self.follows[ref]
            if any(member not in self._opened for member in group):
                raise self._unknown("an earlier answer on which this rests")
        exact = self._opened.get(place)
        if exact is None:
            if not self._meeting or ref in self.follows:
                raise self._unknown("a constant that was not written yet")
            exact = _decoy(ref)  # it was just compared with what is written and is something else
        return _array([exact], (1,) * ev.block.ndim, ev.precise)

    # constants

    @contextmanager
    def meets(self, judge: Judge, refs: Sequence[str], other: T.Node) -> Iterator[None]:
        """Lets constants take part in a comparison: those that the other side has the value of are opened.

        Raises EvaluationError `sealed` where decimals leave open whether they are meant.
        """
        shut = [ref for ref in refs if ref in self.constants and ref not in self._opened]
        if shut and self._open(judge, shut, other):
            refresh()
        still = [ref for ref in shut if ref not in self._opened]
        if still and _places(other) >= _ROUNDED:
            raise self._unknown("decimals, which may be rounded")
        before, self._meeting = self._meeting, True
        try:
            yield
        finally:
            self._meeting = before

    def offer(self, judge: Judge, refs: Sequence[str], trees: Sequence[T.Node]) -> None:
        """Open those of some constants that stand as numbers in formulas, before anything is asked of them."""
        shut = [ref for ref in refs if ref in self.constants and ref not in self._opened]
        if not shut:
            return
        numbers = {node: None for tree in trees for node in _numbers(tree)}
        opened = [self._open(judge, shut, node) for node in list(numbers)[:_MOST_OFFERED]]
        if any(opened):
            refresh()

    def _open(self, judge: Judge, shut: Sequence[str], other: T.Node) -> bool:
        try:
            block = judge.blocks([other])[0]
            with np.errstate(all="ignore"):
                values = leaves(Evaluator(block).value(other))
        except EvaluationError:
            return False
        opened = False
        for i, leaf in enumerate(values):
            constant = _most(N.primal(leaf))
            if constant is None or not np.isfinite([constant.real, constant.imag]).all():
                continue
            slow = slow_hash(self.salt, constant)
            for ref in shut:
                if ref not in self._opened and self.constants[ref] == locked(slow, ref):
                    exact = self._exactly(judge, other, i)
                    if exact is not None and _places(other) <= _EXACT:
                        self._opened.keep(ref, exact)
                        opened = True
        return opened

    def _exactly(self, judge: Judge, node: T.Node, entry: int) -> str | None:
        """A constant that a student wrote, with all the digits that are asked for."""
        try:
            block = judge.blocks([node])[0]
            with mpmath.workdps(40), np.errstate(all="ignore"):
                value = leaves(Evaluator(block.at_high_precision([0])).value(node))[entry]
                return written(np.asarray(N.primal(value)).reshape(-1)[0])
        except EvaluationError:
            return None


@contextmanager
def meeting(judge: Judge, left: T.Node, right: T.Node) -> Iterator[None]:
    """Around a comparison of two formulas. Raises EvaluationError `sealed`; does nothing where none is sealed."""
    for one, other in ((right, left), (left, right)):
        found = T.of_kind(one, T.Sealed)
        if found:
            with found[0].vault.meets(judge, [n.ref for n in found], other):
                yield
            return
    yield


def written(value: Any) -> str:
    """A number at high precision as it is stored."""
    with mpmath.workdps(40):
        if not isinstance(value, (mpmath.mpf, mpmath.mpc)):
            value = mpmath.mpmathify(complex(value) if isinstance(value, (complex, np.complexfloating)) else value)
        real, imaginary = mpmath.nstr(mpmath.re(value), DIGITS), mpmath.nstr(mpmath.im(value), DIGITS)
    return real if mpmath.im(value) == 0 else f"{real} {imaginary}"


def _array(rows: Sequence[Any], shape: tuple[int, ...], precise: bool) -> N.Array:
    if precise:
        with mpmath.workdps(40):
            exact = np.empty(len(rows), dtype=object)
            for i, row in enumerate(rows):
                parts = [mpmath.mpf(part) for part in row.split()]
                exact[i] = parts[0] if len(parts) == 1 else mpmath.mpc(*parts)
        return exact.reshape(shape)
    numbers = [complex(*map(float, row.split())) for row in rows]
    array = np.array(numbers)
    return (array if any(z.imag for z in numbers) else array.real).reshape(shape)


def _numbers(tree: T.Node) -> Iterator[T.Node]:
    """The largest formulas without names in a tree that have a value."""
    if not T.contains(tree, *_NO_NUMBER):
        yield tree
        return
    for child in T.children(tree):
        yield from _numbers(child)


_NO_NUMBER: Final = (
    T.Name,
    T.Rel,
    T.Logic,
    T.Word,
    T.Empty,
    T.Density,
    T.Expect,
    T.KL,
    T.Integral,
    T.Cases,
    T.Interval,
)


def _places(node: T.Node) -> int:
    """The most decimals written in a formula."""
    return max((n.places or 0 for n in T.of_kind(node, T.Num)), default=0)


def _most(array: N.Array) -> complex | None:
    """The number that most of the samples have, two at least; None if there is none."""
    flat = array.astype(complex).reshape(-1)
    counted = Counter(f"{z.real:.9g},{z.imag:.9g}" for z in flat.tolist())
    text, count = counted.most_common(1)[0]
    if count < min(2, len(flat)):
        return None
    return next((complex(z) for z in flat.tolist() if f"{z.real:.9g},{z.imag:.9g}" == text), None)


def _decoy(ref: str) -> str:
    """A number that nobody writes, in the place of a constant that is something else than what is written."""
    digits = int(hashlib.blake2b(ref.encode(), digest_size=10).hexdigest(), 16)
    return f"{3 + digits % 5}.{digits:025d}7"


register(T.Sealed, lambda ev, node: node.vault.value(ev, node))
