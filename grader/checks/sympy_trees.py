"""Expressions in SymPy, received as checked trees, as our own syntax trees. Nothing of SymPy is imported or run here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from grader.checks.draws import constant
from grader.maths import syntax as T
from grader.programs import Array, Plain, Tree


class Unmatched(Exception):
    """The expression holds something that has no counterpart here; the text names it."""


_CONSTANTS: Final[Mapping[str, T.Node]] = {
    "Zero": T.Num(Fraction(0)),
    "One": T.Num(Fraction(1)),
    "NegativeOne": T.Num(Fraction(-1)),
    "Half": T.Num(Fraction(1, 2)),
    "Pi": T.Const("pi"),
    "Exp1": T.Const("e"),
    "ImaginaryUnit": T.Const("i"),
}
_FUNCTIONS: Final = {
    **{name: name for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "cot", "sec", "csc")},
    **{
        "asin": "arcsin",
        "acos": "arccos",
        "atan": "arctan",
        "atanh": "arctanh",
        "sign": "sign",
        "re": "Re",
        "im": "Im",
    },
    **{"Max": "max", "Min": "min"},
}
_RELATIONS: Final = {
    "StrictLessThan": "<",
    "LessThan": "<=",
    "StrictGreaterThan": ">",
    "GreaterThan": ">=",
    "Equality": "=",
    "Unequality": "!=",
}
_MATRICES: Final = frozenset({"ImmutableDenseMatrix", "MutableDenseMatrix", "DenseMatrix", "Matrix", "ImmutableMatrix"})
_SEQUENCES: Final = frozenset({"Tuple", "List", "tuple", "list", "NDimArray", "ImmutableDenseNDimArray"})
_SETS: Final = frozenset({"FiniteSet"})


class Converter:
    """Trees of one answer. `names` are the arguments' keys by their bare letters (`mu1` for mu_1), `families` the keys that
    carry an index, `size` the key of the number of their members."""

    def __init__(self, names: Sequence[str], families: Sequence[str] = (), size: str = "") -> None:
        self.names = {_bare(key): key for key in names}
        self.families = {_bare(key): key for key in families}
        self.size = size
        self.shift: dict[str, int] = {}  # summation indices that run from 0

    def node(self, value: Plain) -> T.Node:
        """A value, which may hold trees, as a formula.

        Raises Unmatched.
        """
        if isinstance(value, Tree):
            return self._tree(value)
        if isinstance(value, tuple):
            return T.Tup(tuple(self.node(item) for item in value))
        if isinstance(value, Array):
            array = np.frombuffer(value.data, dtype=value.dtype).reshape(value.shape)
            return self.node(array.tolist() if array.ndim == 0 else tuple(_nested(array)))
        if isinstance(value, (bool, int, float, complex)):
            return constant(complex(value))
        raise Unmatched(type(value).__name__)

    def _tree(self, tree: Tree) -> T.Node:
        head = tree.head
        known = _CONSTANTS.get(head)
        if known is not None:
            return known
        special = self._special.get(head)
        if special is not None:
            return special(self, tree.args)
        if head in _FUNCTIONS:
            return T.Call(_FUNCTIONS[head], self._all(tree.args))
        if head in _RELATIONS:
            return T.Rel(self._all(tree.args), (_RELATIONS[head],))
        if head in _MATRICES:
            return self._matrix(tree.args)
        if head in _SEQUENCES:
            return T.Tup(self._all(tree.args))
        if head in _SETS:
            return T.SetOf(self._all(tree.args))
        raise Unmatched(head)

    def _all(self, args: Sequence[Plain]) -> tuple[T.Node, ...]:
        return tuple(self.node(arg) for arg in args)

    def _symbol(self, args: Sequence[Plain]) -> T.Node:
        text = _label(args[0])
        if text in self.shift:
            return T.Name(text)
        key = self.names.get(_bare(text))
        if key is None and self.size and _bare(text).lower() in ("n", "k", "m", _bare(self.size).lower()):
            key = self.size
        if key is None:
            raise Unmatched(text)
        base, _, sub = key.partition("_")
        return T.Name(base, (T.Num(Fraction(int(sub))) if sub.isdigit() else T.Word(sub),)) if sub else T.Name(base)

    def _indexed(self, args: Sequence[Plain]) -> T.Node:
        base, index = args[0], args[1]
        label = _label(base)
        key = self.families.get(_bare(label))
        if key is None or len(args) != 2:
            raise Unmatched(label)
        place = self.node(index)
        moved = [n for n in T.walk(place) if isinstance(n, T.Name)]
        shift = self.shift.get(moved[0].base, 0) if moved else 1  # written out, members are counted from 0
        return T.Name(key, (T.Add((place, T.Num(Fraction(shift)))) if shift else place,))

    def _sum(self, args: Sequence[Plain]) -> T.Node:
        limits = args[1]
        parts = limits.args if isinstance(limits, Tree) else limits
        if len(args) != 2 or not isinstance(parts, tuple) or len(parts) != 3 or not isinstance(parts[0], Tree):
            raise Unmatched("Sum")
        index = _label(parts[0])
        low, high = self.node(parts[1]), self.node(parts[2])
        self.shift[index] = 1 if isinstance(low, T.Num) and low.value == 0 else 0
        try:
            return T.Big("sum", T.Name(index), low, high, self.node(args[0]))
        finally:
            del self.shift[index]

    def _power(self, args: Sequence[Plain]) -> T.Node:
        return T.Pow(self.node(args[0]), self.node(args[1]))

    def _rational(self, args: Sequence[Plain]) -> T.Node:
        values = [a for a in args if isinstance(a, int)]
        if not values or len(values) != len(args) or (len(values) > 1 and not values[1]):
            raise Unmatched("Rational")
        return T.Num(Fraction(values[0], values[1] if len(values) > 1 else 1))

    def _float(self, args: Sequence[Plain]) -> T.Node:
        try:
            return T.Num(Fraction(float(str(args[0]))))
        except (ValueError, OverflowError):
            raise Unmatched("Float") from None

    def _matrix(self, args: Sequence[Plain]) -> T.Node:
        if len(args) == 3 and isinstance(args[0], int) and isinstance(args[1], int):
            flat = args[2].args if isinstance(args[2], Tree) else args[2]
            if isinstance(flat, tuple) and len(flat) == args[0] * args[1] and flat:
                nodes = self._all(flat)
                rows = tuple(nodes[i * args[1] : (i + 1) * args[1]] for i in range(args[0]))
                return T.Tup(nodes) if 1 in (args[0], args[1]) else T.Matrix(rows)
        raise Unmatched("Matrix")

    def _cases(self, args: Sequence[Plain]) -> T.Node:
        branches: list[tuple[T.Node, T.Node | None]] = []
        for arg in args:
            pair = arg.args if isinstance(arg, Tree) else arg
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise Unmatched("Piecewise")
            always = pair[1] is True or (isinstance(pair[1], Tree) and pair[1].head == "BooleanTrue")
            branches.append((self.node(pair[0]), None if always else self.node(pair[1])))
        return T.Cases(tuple(branches))

    _special: Final[dict[str, Callable[[Converter, Sequence[Plain]], T.Node]]] = {
        "Symbol": _symbol,
        "Dummy": _symbol,
        "Idx": _symbol,
        "Integer": _rational,
        "Rational": _rational,
        "Float": _float,
        "Add": lambda self, args: T.Add(self._all(args)),
        "Mul": lambda self, args: T.Mul(self._all(args)),
        "Pow": _power,
        "Indexed": _indexed,
        "Sum": _sum,
        "Piecewise": _cases,
        "Abs": lambda self, args: T.Abs(self.node(args[0])),
        "And": lambda self, args: T.Logic("and", self._all(args)),
        "Or": lambda self, args: T.Logic("or", self._all(args)),
    }


def holds_tree(value: Plain) -> bool:
    """Whether a value is or holds an expression."""
    return isinstance(value, Tree) or (isinstance(value, tuple) and any(holds_tree(item) for item in value))


def _label(value: Plain) -> str:
    """The name of a symbol, an index or an indexed base."""
    while isinstance(value, Tree) and value.args:
        value = value.args[0]
    return str(value)


def holds_symbol(value: Plain) -> bool:
    """Whether a symbol stands in a value: then it is one and the same for all points."""
    if isinstance(value, Tree):
        return value.head in ("Symbol", "Dummy") or any(holds_symbol(arg) for arg in value.args)
    return isinstance(value, tuple) and any(holds_symbol(item) for item in value)


def _bare(name: str) -> str:
    """A name without what writers differ in: underscores, backslashes, braces; `z_prime` stays a name of its own."""
    return re.sub(r"[\\_{}\s]", "", name)


def _nested(array: np.ndarray) -> list[Plain]:
    return [tuple(_nested(item)) if item.ndim else item.item() for item in array]
