"""Evaluation of syntax trees in a block of samples: one pass over the tree judges all samples at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np

from grader.errors import EvaluationError
from grader.limits import DERIVATIVES, EVALUATION_STEPS, PRECISE_STEPS
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths import values as V
from grader.maths.values import Tens, Value
from grader.maths.worlds import Block, Function

Rule = Callable[["Evaluator", Any], Value]


class Known(NamedTuple):
    """The value of a tree with the steps it takes, the names it uses and whether a quadrature did not converge."""

    value: Value
    steps: int
    used: set[str]
    unreliable: bool


class Evaluator:
    """Values of trees in one block.

    `steps` counts visited nodes against the budget; `unreliable` is set where a quadrature did not converge, `used` are
    the drawn names. Values of trees in which nothing is bound are kept with the block, and with them what they add to
    these three, so that a formula met again is as if it was evaluated again.
    Raises EvaluationError with a note: `unknown_name`, `unsupported`, `shape`, `budget`, `too_large`, `index`.
    """

    def __init__(self, block: Block, budget: int | None = None) -> None:
        self.block = block
        self.precise = block.pick is not None
        self.bound: dict[str, Value] = {}
        self.indices: dict[str, int] = {}
        self.sign = 1
        self.tags = 0
        self.steps = 0
        self.budget = budget if budget is not None else (PRECISE_STEPS if block.precise else EVALUATION_STEPS)
        self.unreliable = False
        self.quadratures = 1 if block.world.moved else 0  # axes taken, from the last
        self.cells = 1  # points of all quadratures around what is evaluated
        self.weight = 1  # what visiting a node there counts
        self.depth = 0
        self.derivatives = 0
        self.used: set[str] = set()
        self.bracketed = False  # brackets that two equal trees may differ in were looked at

    def value(self, node: T.Node) -> Value:
        """The value of a node; arrays broadcast to the samples."""
        kind = type(node)
        if self.bound or kind in _AT_HAND:
            self.steps += self.weight
            rule = _RULES.get(kind)
            if rule is None or self.steps > self.budget:
                raise self._refused(node)
            return rule(self, node)
        place = (node, *self.indices.items()) if self.indices else node
        found: Known | None = self.block.values.get(place)
        if found is None:
            found = self._first_time(place, node)
        self.steps += found.steps
        if self.steps > self.budget:
            raise self._refused(node)
        self.used |= found.used
        self.unreliable = self.unreliable or found.unreliable
        return found.value

    def _refused(self, node: T.Node) -> EvaluationError:
        """Why a node is not evaluated."""
        if self.steps > self.budget:
            return EvaluationError("budget", "too much work for one formula")
        return EvaluationError("unsupported", type(node).__name__.lower())

    def _first_time(self, place: object, node: T.Node) -> Known:
        before = self.steps, self.used, self.unreliable, self.bracketed
        self.used, self.unreliable, self.bracketed = set(), False, False
        try:
            self.steps += 1
            rule = _RULES.get(type(node))
            if rule is None or self.steps > self.budget:
                raise self._refused(node)
            value = rule(self, node)
            found = Known(value, self.steps - before[0], self.used, self.unreliable)
            if not self.bracketed:
                self.block.values.keep(place, found)
        finally:
            self.steps, self.used, self.unreliable = before[:3]
            self.bracketed = self.bracketed or before[3]
        return found

    def scalar(self, node: T.Node) -> N.Scalar:
        """The value of a node that must be a number."""
        return V.scalar(self.value(node))

    def constant(self, value: Fraction | int) -> N.Array:
        return N.constant(value, self.precise)

    # names

    def key(self, name: T.Name) -> str:
        """The name with its index subscripts replaced by their integers."""
        if not name.sub:
            return name.base + name.marks
        if not self.indices and not self.block.sizes:
            return name.key
        subs = []
        for sub in name.sub:
            number = None if isinstance(sub, T.Word) else self.try_integer(sub)
            subs.append(str(number) if number is not None else T.sub_text(sub))
        return T.name_key(name.base, tuple(subs), name.marks)

    def try_integer(self, node: T.Node) -> int | None:
        try:
            return self.integer(node)
        except EvaluationError as error:
            if error.note == "empty_range":
                raise
            return None

    def integer(self, node: T.Node) -> int:
        """An index expression as an integer."""
        if isinstance(node, T.Num):
            if node.value.denominator == 1:
                return node.value.numerator
        elif isinstance(node, T.Name):
            key = node.key
            found = self.indices.get(key)
            if found is None:
                found = self.block.sizes.get(key)
            if found is not None:
                return found
            if key in self.block.world.indices and key not in self.bound:
                raise EvaluationError("empty_range", f"{key} has no value for these sizes")
        elif isinstance(node, T.Neg):
            return -self.integer(node.value)
        elif isinstance(node, T.Add):
            return sum(self.integer(t) for t in node.terms)
        elif isinstance(node, T.Mul):
            return math.prod(self.integer(f) for f in node.factors)
        raise EvaluationError("index", "an index that is no integer here")

    def lookup(self, key: str) -> Value:
        """The value of a name: bound, index, defined, drawn."""
        found = self.bound.get(key)
        if found is not None:
            return found
        index = self.indices.get(key)
        if index is not None:
            return self.constant(index)
        plain = self.block.drawn.get(key)
        if plain is not None:
            self.used |= plain[1]
            return plain[0]
        forced = self.block.forced.get(key)
        definition = self.block.world.definitions.get(key)
        if definition is not None:
            self.depth += 1
            if self.depth > 40:
                raise EvaluationError("cyclic", f"{key} is defined by itself")
            try:
                return self._meant(definition)
            finally:
                self.depth -= 1
        abbreviated = self.abbreviated(key)
        if abbreviated is not None:
            return abbreviated
        drawn = self.block.draw(key)
        if drawn is None:
            function = self.block.world.functions.get(key)
            if function is not None and function.body is not None and len(function.params) == 1:
                return self.value(function.body)  # `\\frac{dg}{dz}`: a function named without its variable
            density = self._without_variables(key)
            if density is not None:
                return density
            group = self.block.world.groups.get(key)
            if group is not None:
                entries = [self.lookup(k) for k in group]
                return entries[0] if len(entries) == 1 else Tens("vec", entries)
            raise EvaluationError("unknown_name", key)
        before, self.used = self.used, {key}
        try:
            if forced:
                drawn = self.force(V.scalar(drawn), forced)
            self.block.drawn[key] = drawn, self.used
        finally:
            self.used = before | self.used
        return drawn

    def _without_variables(self, key: str) -> Value | None:
        """The value of a density named without its variables, as in `E_q[\\log q]`; None for other names."""
        world = self.block.world
        measure = world.measures.get(key)
        if measure is not None:
            letter, _, sub = key.partition("_")
            return self.value(T.Density(letter, sub, (T.Name(measure.var),)))
        if key not in world.joints:  # `q_t`, `q_\\psi` are names of the student's own
            return None
        given = world.given & frozenset(self.block.variables)
        return self.block.conditional(key, frozenset(self.block.variables) - given, given)

    def _meant(self, definition: T.Node) -> Value:
        """The value of a definition, an object of its own: `apply` tells names from formulas by their values' identity."""
        value = self.value(definition)
        return value if type(T.unboxed(definition)) in _NAMING else V.again(value)

    def abbreviated(self, key: str) -> Value | None:
        """The value of `u_2` where `u_i` is explained, or of `S'` where `S` is; None for other names."""
        world = self.block.world
        if key.endswith("'") and world.variable and key.rstrip("'") in world.definitions:
            primes = len(key) - len(key.rstrip("'"))
            self.depth += 1
            try:
                if self.depth > 40:
                    raise EvaluationError("cyclic", f"{key} is defined by itself")
                return self.primed(world.definitions[key.rstrip("'")], world.variable, primes)
            finally:
                self.depth -= 1
        found = world.family(key)
        if found is None:
            return None
        letter, body, index = found
        self.depth += 1
        try:
            if self.depth > 40:
                raise EvaluationError("cyclic", f"{key} is defined by itself")
            if index.isdigit():
                return self.with_index(letter, int(index), body)
            return self.value(body) if index == letter else None
        finally:
            self.depth -= 1

    def primed(self, body: T.Node, variable: str, primes: int) -> Value:
        """Derivatives of a defined name by the world's variable."""
        if primes == 0:
            return self.value(body)
        at = V.scalar(self.lookup(variable))
        return self.derivative(at, lambda seed: self._with(variable, seed, body, primes - 1))

    def _with(self, variable: str, seed: N.Dual, body: T.Node, primes: int) -> Value:
        saved = self.bound.get(variable)
        self.bound[variable] = seed
        try:
            return self.primed(body, variable, primes)
        finally:
            if saved is None:
                del self.bound[variable]
            else:
                self.bound[variable] = saved

    def force(self, drawn: N.Scalar, forced: Sequence[tuple[int, T.Node]]) -> N.Scalar:
        """Put boundary values into the samples kept for them."""
        out = np.array(np.broadcast_to(N.primal(drawn), drawn.shape)) if not isinstance(drawn, N.Dual) else drawn
        assert not isinstance(out, N.Dual)
        saved, self.bound = self.bound, {}
        try:
            for sample, node in forced:
                value = np.broadcast_to(N.primal(self.scalar(node)), out.shape)
                if self.block.pick is None:
                    out[sample] = value[sample]
                else:
                    for place_in, original in enumerate(self.block.pick):
                        if original == sample:
                            out[place_in] = value[place_in]
        finally:
            self.bound = saved
        return out

    def with_bound(self, key: str, value: Value, node: T.Node) -> Value:
        """Evaluate with one name bound."""
        saved = self.bound.get(key)
        self.bound[key] = value
        try:
            return self.value(node)
        finally:
            if saved is None:
                del self.bound[key]
            else:
                self.bound[key] = saved

    def with_index(self, key: str, index: int, node: T.Node) -> Value:
        """Evaluate with an index set."""
        saved = self.indices.get(key)
        hidden = self.bound.pop(key, None)
        self.indices[key] = index
        try:
            return self.value(node)
        finally:
            if saved is None:
                del self.indices[key]
            else:
                self.indices[key] = saved
            if hidden is not None:
                self.bound[key] = hidden

    def apply(self, function: Function, args: Sequence[Value]) -> Value:
        """A function of the givens at values."""
        if function.rule is not None:
            return function.rule(self.block, args)
        if len(args) != len(function.params):
            if len(args) == 1 and isinstance(args[0], Tens) and len(args[0].items) == len(function.params):
                args = args[0].items
            else:
                raise EvaluationError("shape", "a function with another number of arguments")
        if function.body is not None and len(args) == len(function.params):
            written = T.names_in(function.body)
            for param, arg in zip(function.params, args, strict=True):
                if param not in written and param in self.block.world.definitions and arg is not self.lookup(param):
                    raise EvaluationError("unsupported", "a function whose body does not show its variable")
        if function.body is not None and self._mixed(function):
            if any(a is not self.lookup(p) for a, p in zip(args, function.params, strict=True)):
                raise EvaluationError("unsupported", "a function whose other names rest on its variable")
        saved = dict(self.bound)
        self.bound.update(zip(function.params, args, strict=True))
        self.depth += 1
        try:
            if self.depth > 40:
                raise EvaluationError("cyclic", "a function defined by itself")
            assert function.body is not None
            return self.value(function.body)
        finally:
            self.depth -= 1
            self.bound = saved

    def _mixed(self, function: Function) -> bool:
        """Whether a body names its variable and also names that rest on it, such as y in `P(r) = r - |y|`.

        Which of them stay fixed when the variable moves is then the writer's secret.
        """
        place = ("mixed", function.params, id(function.body))
        found: bool | None = self.block.cache.get(place)
        if found is None:
            assert function.body is not None
            names = T.names_in(function.body)
            found = bool(names & set(function.params)) and any(
                self._rests_on(key) & set(function.params) for key in names - set(function.params)
            )
            self.block.cache[place] = found
        return found

    def _rests_on(self, key: str) -> set[str]:
        """Keys that a defined name rests on."""
        definitions = self.block.world.definitions
        seen: set[str] = set()
        waiting = [key]
        while waiting:
            here = waiting.pop()
            if here in definitions and here not in seen:
                seen.add(here)
                waiting.extend(T.names_in(definitions[here]))
            seen.add(here)
        return seen - {key}

    def derivative(self, at: N.Scalar, function: Callable[[N.Dual], Value]) -> Value:
        """The derivative of a function of one number, by a dual number.

        Raises EvaluationError `budget` for more derivatives inside one another than `DERIVATIVES`.
        """
        if self.derivatives == DERIVATIVES:
            raise EvaluationError("budget", "too many derivatives inside one another")
        self.tags += 1
        tag = self.tags
        seed = N.Dual(tag, at, self.constant(1))
        self.derivatives += 1
        try:
            result = function(seed)
        finally:
            self.derivatives -= 1

        def slope(v: N.Scalar) -> N.Scalar:
            return _tangent(v, tag, self.constant(0))

        return V.each(result, slope)


def evaluated(block: Block, node: T.Node) -> Known:
    """The value of a whole formula in a block."""
    found: Known | None = block.values.get(node)
    if found is not None and found.steps <= EVALUATION_STEPS:
        return found
    ev = Evaluator(block)
    return Known(ev.value(node), ev.steps, ev.used, ev.unreliable)


def _tangent(v: N.Scalar, tag: int, zero: N.Array) -> N.Scalar:
    """The part of `v` that multiplies the perturbation `tag`, under perturbations of other derivatives."""
    if not isinstance(v, N.Dual):
        return zero
    if v.tag == tag:
        return v.b
    return N.Dual(v.tag, _tangent(v.a, tag, zero), _tangent(v.b, tag, zero))


_RULES: Final[dict[type[T.Node], Rule]] = {}
_AT_HAND: Final = frozenset({T.Num, T.Const, T.Name, T.Neg, T.Boxed, T.Tup, T.SetOf, T.Matrix})
"""Kinds of node whose values are at hand once those below are: they are not kept."""
_NAMING: Final = frozenset({T.Name, T.Const, T.Density})
"""Kinds of node whose values are those of what they name."""


def register(kind: type[T.Node], rule: Rule) -> None:
    """Add the rule of a node type; the modules `rules_*` do."""
    _RULES[kind] = rule
