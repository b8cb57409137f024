"""What an equality that does not hold everywhere is: an equation to be solved, a value given, or a claim that fails."""

from __future__ import annotations

from grader.derivation.runs import Run
from grader.derivation.settings import Settings, known_free
from grader.maths import syntax as T
from grader.maths.diagnose import mended
from grader.maths.screening import agrees, evaluable, varies
from grader.maths.worlds import rests_on
from grader.reading.phrases import CALLED_EQUATION, COMMON_DENOMINATOR, CONTRADICTION, ONLY_LEADS

OPERATORS = (T.Deriv, T.Grad, T.Expect, T.KL, T.Integral, T.Density, T.Apply, T.Matrix, T.Big)


class Nature:
    """Tells the equalities of one part apart; `own` are keys of names, families and functions the student introduced."""

    def __init__(self, settings: Settings, own: frozenset[str]) -> None:
        self.settings = settings
        self.own = own
        self._functions = frozenset(settings.world.functions)

    def is_equation(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """Whether an equality that does not hold everywhere states an equation to be solved."""
        if run.chain is not None and CALLED_EQUATION.search(run.chain.words) and len(run.members) == 2:
            return True
        if any(isinstance(m, T.Num) and not m.value for m in (left, right)):
            return not self._value_of_function(run)
        if any(isinstance(n, T.PlusMinus) for m in (left, right) for n in T.walk(m)):
            return not all(any(isinstance(n, T.PlusMinus) for n in T.walk(m)) for m in (left, right))
        if isinstance(left, T.Apply) and isinstance(right, T.Apply) and left.head == right.head:
            return self._open(run, left) or self._open(run, right) or not self._leads(run)
        if any(isinstance(m, T.Apply) and self._open(run, m) and _elsewhere(run, m) for m in (left, right)):
            return True  # `g(z) = 0 = g(z')`: of two points that are looked for
        if any(isinstance(a, T.Name) and a.key in self._meant(b) for a, b in ((left, right), (right, left))):
            return False  # `z = (u - c)/b` where `u(z) = bz + c`
        averages = (T.Density, T.Expect, T.Integral)
        func = left.func if isinstance(left, T.Call) and isinstance(right, T.Call) and left.func == right.func else ""
        same = func == "logistic" or (bool(func) and len(run.members) == 2)  # a longer chain of logs states laws
        if same and not any(isinstance(n, averages) for m in (run.members[0], left, right) for n in T.walk(m)):
            return True  # `\\sigma(-\\psi_1) = \\sigma(u)`
        functions = any(isinstance(n, T.Call) and n.func == "logistic" for m in (left, right) for n in T.walk(m))
        closed = not any(T.names_in(m) or isinstance(m, (T.Matrix, T.Tup)) for m in (left, right))
        if closed and not functions and len(run.members) == 2:
            return not self._computed(run, left)  # `-1 = -2`: what is not so is led to, not claimed
        if isinstance(left, T.KL) and isinstance(right, T.KL):
            return True
        if isinstance(left, T.Density) and isinstance(right, T.Density) and left.letter != right.letter:
            return True  # `q(z|x) = p(z|x)`: a condition, where it does not hold
        if any(isinstance(n, (T.Density, T.Expect, T.KL)) for m in (left, right) for n in T.walk(m)):
            return self._special(run, left, right)
        if self._special(run, left, right):
            return True
        if any(not T.names_in(m) for m in (left, right)) and self._fixed(run, left) and self._fixed(run, right):
            return False
        if any(isinstance(n, (T.Deriv, T.Grad, T.Integral)) for m in (left, right) for n in T.walk(m)):
            return False
        mine, theirs = (self.depends(m) & set(self.settings.world.symbols) for m in (left, right))
        applied = any(isinstance(n, (T.Call, T.Apply)) for m in (left, right) for n in T.walk(m))
        if applied and (mine | theirs) and (mine | theirs) <= self.settings.fresh:
            return False  # nobody solves for a letter that stands for any number
        if self._about_given(left, right, mine, theirs):
            return False
        if mine and mine == theirs and run.chain is not None and COMMON_DENOMINATOR.search(run.chain.words):
            if _one_fraction(left, right):
                return False
        if run.solving and len(run.members) == 2:
            return True
        if mine - theirs and theirs - mine and not self.defined(left) and not self.defined(right):
            return True
        if isinstance(left, T.Call) and not any(isinstance(n, T.Call) and n.func == left.func for n in T.walk(right)):
            return False  # `\\sigma^{-1}(s) = ..` says what a known function is
        if len(run.members) > 2 or not (self.plain(left) and self.plain(right)):
            return False
        return not (self._computed(run, left) or self._rearranged(left, right, mine, theirs))

    def _leads(self, run: Run) -> bool:
        """Whether the words before a chain only lead to it, so that it goes on with what was just said."""
        return len(run.members) > 2 or (run.chain is not None and bool(ONLY_LEADS.search(run.chain.words)))

    def _open(self, run: Run, value: T.Apply) -> bool:
        """Whether a function stands at a quantity that may be looked for: its variable, or a letter nothing explains."""
        world = self.settings.world
        function = world.functions.get(value.head.key)
        sought = {*(function.params if function is not None else ()), world.variable}
        sought |= self.settings.fresh | world.dummies | world.unknowns
        given = {n.key for rel in self.settings.in_force(run) for n in _left_names(rel)}
        return any(T.names_in(arg) & (sought - given) for arg in value.args)

    def _computed(self, run: Run, left: T.Node) -> bool:
        """Whether a left side is arithmetic left to do, `-1/4 - 1/4` or `(\\gamma/2) 2 \\psi_0`: the right side does it."""
        if run.lead or run.chain is None or run.chain.hypothetical or CONTRADICTION.search(run.chain.after):
            return False
        return any(
            sum(_numeric(part) for part in (n.terms if isinstance(n, T.Add) else n.factors)) > 1
            for n in T.walk(left)
            if isinstance(n, (T.Add, T.Mul))
        )

    def _rearranged(self, left: T.Node, right: T.Node, mine: set[str], theirs: set[str]) -> bool:
        """Whether one side is the other multiplied out or gathered but for one slip: no equation to be solved."""
        a, b = _terms(left), _terms(right)
        if not mine & theirs or abs(a - b) < 2:
            return False
        many, few = (left, right) if a > b else (right, left)
        judge = self.settings.base
        return mended(judge, many, few) is not None or mended(judge, few, many) is not None

    def takes(self, run: Run, name: T.Node, value: T.Node) -> bool:
        """Whether an equality gives a value to a quantity that is free; what the value depends on must not be it."""
        if not self.settings.free(name) or isinstance(value, (T.Logic, T.Empty, T.Word)):
            return False
        first = all(isinstance(m, T.Name) and self.settings.free(m) for m in run.members[: self._place(run, name)])
        if not first and len(run.members) > 2 and isinstance(name, T.Name) and self.settings.knows(name):
            return False  # `A = B = \\psi_0` says what A is
        if not first and any(isinstance(n, OPERATORS) for n in T.walk(value)) and not isinstance(name, T.Tup):
            if isinstance(name, T.Name) and self.settings.knows(name):
                return False
        if not first and (self.defined(value) or (isinstance(value, T.Name) and value.key in self._functions)):
            return False  # `g = a` says what g is
        keys = {n.key.replace("^*", "") for n in T.walk(name) if isinstance(n, T.Name)}
        return not (keys & (self.depends(value) | self._meant(value)))

    def _meant(self, value: T.Node) -> set[str]:
        """Variables of functions that are written without argument: `u` for `u(z)`."""
        heads = {n.head.key for n in T.walk(value) if isinstance(n, T.Apply)}
        functions = self.settings.world.functions
        bare = (functions[k] for k in T.names_in(value) - heads if k in functions and k in self.own)
        return {param for function in bare for param in function.params}

    def at_values(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """Whether a number is claimed of a value of a function or a divergence all of whose quantities were just given."""
        if run.solving or T.names_in(right) or (isinstance(left, T.Name) and self.settings.free(left)):
            return False
        names = [n for n in T.walk(left) if isinstance(n, T.Name)]
        roots = bool(names) and all(
            n.sub and n.base in self.settings.world.unknowns for n in names
        )  # words change none
        if run.chain is None or run.chain.hypothetical or not (roots or ONLY_LEADS.search(run.chain.words)):
            return False  # words may have changed the values
        special = any(isinstance(c, T.Rel) and set(c.relations) == {"="} for c in run.conditions)
        if (isinstance(right, (T.Tup, T.Matrix)) and not special) or isinstance(right, (T.KL, T.Density)):
            return False
        if (isinstance(right, T.Num) and not right.value) or CONTRADICTION.search(run.chain.after):
            return False
        values = (
            self.settings.just_given(run) if isinstance(left, (T.KL, T.Apply)) else self.settings.just_given(run, 2)
        )
        values = (*run.conditions, *values) if special else values
        judge = self.settings.narrowed(values)
        if not values or not self.settings.possible(judge) or not evaluable(judge, left, right):
            return False
        if isinstance(left, T.KL) and agrees(judge, T.KL(left.right, left.left, left.op), right):
            return False  # the values may have been exchanged in words
        return varies(self.settings.base, left) and not varies(judge, left)

    def depends(self, node: T.Node) -> set[str]:
        """Keys a formula rests on, definitions and functions followed, without the variables of distributions."""
        world = self.settings.world
        seen = rests_on(world, T.names_in(node), functions=True, measures=True)
        averaged = any(isinstance(n, (T.Expect, T.KL, T.Integral)) for n in T.walk(node))
        written = set() if averaged else T.names_in(node)
        return seen - ({measure.var for measure in world.measures.values()} - written)

    def plain(self, node: T.Node) -> bool:
        """A formula in quantities only: equated with another one it may be an equation."""
        if isinstance(node, T.Name):
            return known_free(node, self.settings.world)
        return not any(isinstance(n, OPERATORS) for n in T.walk(node))

    def defined(self, node: T.Node) -> bool:
        """A name or a value of a function that the world explains."""
        world = self.settings.world
        if isinstance(node, T.Apply):
            return node.head.key in world.functions
        return isinstance(node, T.Name) and node.key in world.definitions

    def _about_given(self, left: T.Node, right: T.Node, mine: set[str], theirs: set[str]) -> bool:
        """Whether what the statement explains is said to be something: `\\tilde z = (y - z_0)/r`, with y made of it.

        A plain name on the other side may be the value at a point.
        """
        explained = set(self.settings.world.definitions) | set(self.settings.world.functions)
        if isinstance(left, T.Name) and isinstance(right, T.Name):
            return False
        known = explained - self.own if isinstance(left, T.Name) and left.key in self.own else explained
        rests = {k for m in (left, right) for k in self.depends(m)}
        if rests & self.settings.world.unknowns:
            return False  # what an unknown is to satisfy
        given = rests & (known - self.settings.world.generic)
        return bool(given) and (mine <= theirs or theirs <= mine)

    def _value_of_function(self, run: Run) -> bool:
        """`g(z) = .. = 0` where z was given: it says what the value is."""
        first = run.members[0]
        world = self.settings.world
        if not isinstance(first, T.Apply) or first.primes or first.head.key not in world.functions:
            return False
        given = {rel.operands[0] for rel in self.settings.in_force(run) if isinstance(rel, T.Rel)}
        given |= {c.operands[0] for c in run.conditions if isinstance(c, T.Rel) and c.relations == ("=",)}
        placed = (a in given or not T.names_in(a) or (isinstance(a, T.Name) and a.key in self.own) for a in first.args)
        return first.head.key not in self.own and all(placed)

    def _special(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """Whether a number is claimed of what takes many values: its value at a point that the words name."""
        if len(run.members) > 2 and not any(
            isinstance(m, (T.Name, T.Density, T.Expect, T.KL, T.Apply)) for m in (left, right)
        ):
            return False
        for one, other in ((left, right), (right, left)):
            if T.names_in(one) or any(isinstance(n, (T.Expect, T.KL, T.Density)) for n in T.walk(one)):
                continue
            return varies(self.settings.base, other)
        if isinstance(left, T.Name) and left.key in self.own and isinstance(right, T.Name):
            return True
        rest = set(self.settings.world.rest)  # `at (1, 0, 0): v = (-\\gamma, 0, 1/2)`
        starred = isinstance(left, T.Name) and "*" in left.marks
        placed = (
            isinstance(left, T.Apply) and any(isinstance(a, T.Num) for a in left.args) and not self.settings.reordered
        )
        named = isinstance(left, (T.Name, T.Apply)) and not starred and not placed and bool(rest & self.depends(left))
        return named and not rest & self.depends(right)

    def _fixed(self, run: Run, node: T.Node) -> bool:
        """Whether a formula has one value here, whatever its names."""
        return not varies(self.settings.current(run)[-1], node)

    def _place(self, run: Run, member: T.Node) -> int:
        return next((i for i, m in enumerate(run.members) if m is member), 0)


def _left_names(rel: T.Node) -> list[T.Name]:
    """The name that a given value is of."""
    left = rel.operands[0] if isinstance(rel, T.Rel) else rel
    return [left] if isinstance(left, T.Name) else []


def _numeric(node: T.Node) -> bool:
    """A number, a fraction of numbers, or a fraction over a number other than one: `\\gamma/2`."""
    inner = node.value if isinstance(node, T.Neg) else node
    if isinstance(inner, T.Div):
        return isinstance(inner.den, T.Num)
    return isinstance(inner, T.Num)


def _terms(node: T.Node) -> int:
    return len(node.terms) if isinstance(node, T.Add) else 1


def _elsewhere(run: Run, value: T.Apply) -> bool:
    """Whether a chain of equalities speaks of a function at another point, too."""
    return any(isinstance(m, T.Apply) and m.head == value.head and m.args != value.args for m in run.members)


def _one_fraction(left: T.Node, right: T.Node) -> bool:
    """Whether a sum with a fraction is put over that fraction's denominator: nobody solves that for a name."""
    parts = left.terms if isinstance(left, T.Add) else ()
    below = [
        n.den for part in parts for n in (part.value if isinstance(part, T.Neg) else part,) if isinstance(n, T.Div)
    ]
    return isinstance(right, T.Div) and right.den in below
