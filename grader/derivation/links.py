"""Judging one link where it stands: does it hold in its setting, is it a claim at all, does it fail in every setting?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.derivation.equations import Equations
from grader.derivation.runs import Run
from grader.derivation.settings import Settings, known_free, signed
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.decide import equal
from grader.maths.relations import MIRRORED, holds
from grader.maths.screening import agrees, differ_clearly, evaluable, near, same_up_to_order, varies
from grader.model import Outcome, Verdict
from grader.reading.phrases import BUT, ELSEWHERE, INTRODUCES, ONLY_LEADS, PROVE, QUALIFIED

_OPERATORS = (T.Deriv, T.Grad, T.Expect, T.KL, T.Integral, T.Density, T.Apply, T.Matrix, T.Big)
_STATEMENTS = frozenset({"->", "~", "|->"})
"""Relations that state something and claim nothing that could fail here: a map, a limit, a distribution."""
_MOST_READINGS = 6
_MOST_DOUBTED = 60
"""Links of one part that are looked at for being wrong; a part with more waits for a person."""
_ABOUT = 0.01


@dataclass(frozen=True, slots=True)
class Call:
    """What is said of a link: the kind of claim it is, and the verdict."""

    kind: str
    verdict: Verdict


def _call(kind: str, outcome: Outcome, note: str) -> Call:
    return Call(kind, Verdict(outcome, note))


class LinkJudge:
    """Judges the links of one part in order; values given and equations stated are remembered on the way."""

    def __init__(self, settings: Settings, runs: Sequence[Run], inferred: frozenset[str], own: frozenset[str]) -> None:
        self.settings = settings
        self.runs = runs
        self.inferred = inferred
        self.own = own  # keys of names, families and functions that the student introduced
        self.doubted = 0
        self.equations = Equations(settings)
        self._functions = frozenset(settings.world.functions)

    def call(self, run: Run, k: int) -> Call:
        """The verdict on `members[k] relation members[k + 1]`."""
        chain = run.chain
        role = chain.role if chain is not None else "claim"
        left, relation, right = run.members[k], run.relations[k], run.members[k + 1]
        if role == "denied":
            return _call("denied", Outcome.ASSUMED, "denied")
        if any(_stands_in(left, relation, right, n) for c in run.conditions for n in T.walk(c)):
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")
        if any(isinstance(m, (T.Empty, T.Logic)) for m in (left, right)):
            return _call("statement", Outcome.UNDECIDED, "not_judged")
        if relation in _STATEMENTS:
            return _call("statement", Outcome.ASSUMED, "statement")
        if relation == "=":
            found = self._explained(run, k, left, right)
            if found is not None:
                return found
        if role == "goal":
            return Call("goal", self._goal(run, k))
        if relation == "=":
            return self._equality(run, k)
        if relation in MIRRORED:
            return self._order(run, k)
        if relation == "in":
            return self._membership(run, left, right)
        if relation == "~=":
            return self._about(run, left, right)
        return _call("statement", Outcome.UNDECIDED, "not_judged")

    def _explained(self, run: Run, k: int, left: T.Node, right: T.Node) -> Call | None:
        """A root named with an index, or what a name of the student's stands for; None for other equalities."""
        role = run.chain.role if run.chain is not None else "claim"
        root = next((pair for pair in ((left, right), (right, left)) if self.equations.is_root(run, pair[0])), None)
        if root is not None and role != "goal":
            found = self._sure(run, self.equations.value(run, *root))
            if found.outcome in (Outcome.CORRECT, Outcome.INCORRECT):
                self.settings.give(T.Rel(root, ("=",)), run)
                return Call("solution", found)
        if k in run.declared or self._introduces(left, right) or self._introduces(right, left):
            return _call("definition", Outcome.ASSUMED, "definition")
        return None

    def _about(self, run: Run, left: T.Node, right: T.Node) -> Call:
        """`a \\approx b`: agreement to a percent."""
        close = any(near(judge, left, right, _ABOUT) for judge in self.settings.current(run))
        outcome = Outcome.CORRECT if close else Outcome.UNDECIDED
        return _call("approximation", outcome, "agrees" if close else "not_confirmed")

    def _goal(self, run: Run, k: int) -> Verdict:
        """What is still to be shown claims nothing; but one that is false everywhere cannot be shown."""
        left, right = run.members[k], run.members[k + 1]
        if run.relations[k] == "=" and not self._agrees_anywhere(run, left, right):
            if run.chain is not None and PROVE.search(run.chain.words) and not self._gives_value(left, right):
                found = self._failing(run, k)
                if found.outcome is Outcome.INCORRECT:
                    return Verdict(Outcome.INCORRECT, "goal_false", found.witness)
            self.equations.state(run, left, right)
        return Verdict(Outcome.ASSUMED, "goal")

    def _gives_value(self, left: T.Node, right: T.Node) -> bool:
        return any(self.settings.free(m) for m in (left, right))

    # equalities

    def _equality(self, run: Run, k: int) -> Call:
        left, right = run.members[k], run.members[k + 1]
        if self._agrees_anywhere(run, left, right):
            self._starred(run, left, right)
            return _call("identity", Outcome.CORRECT, "agrees")
        sister = self.settings.sister_of(left, right)
        if sister is not None:
            note = "follows_from_earlier" if id(sister) in self.settings.earlier else "in_a_family"
            return _call("identity", Outcome.CORRECT, note)
        free = None if run.always else next((p for p in ((left, right), (right, left)) if self._takes(run, *p)), None)
        if free is None and k and self.settings.free(run.members[0]) and run.relations[0] == "=":
            self.settings.give(T.Rel((run.members[0], right), ("=",)), run)  # `z = l^{-1}(-1) = (-1 - c)/b`
        if free is not None:
            found = self._sure(run, self.equations.value(run, *free))
            if found.outcome is not Outcome.INCORRECT:
                self.settings.give(T.Rel(free, ("=",)), run)
            return Call("solution" if found.outcome is not Outcome.ASSUMED else "value", found)
        if not run.always and self._is_equation(run, left, right) and not self._at_values(run, left, right):
            found = self.equations.judged(run, k, left, right, lambda: self._failing(run, k))
            self.equations.state(run, left, right)
            return Call("equation", found)
        if isinstance(left, T.Apply) and not left.primes and left.head.key in self.settings.world.generic:
            self.settings.examples = True
            return _call("hypothesis", Outcome.ASSUMED, "example")
        if run.supposed or run.either or (k == 0 and self._introduced(run, left)):
            self.equations.state(run, left, right)
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")
        found = self._failing(run, k)
        if found.outcome is Outcome.INCORRECT:
            found = self.equations.rescued(run, left, right) or found
        elif run.chain is not None and run.chain.role == "hypothesis" and k == 0:
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")  # words introduce what is not known here
        return Call("identity", found)

    def _at_values(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """Whether a number is claimed of a value of a function or a divergence all of whose quantities were just given."""
        if run.solving or not isinstance(left, (T.KL, T.Apply)) or T.names_in(right):
            return False
        if run.chain is None or not ONLY_LEADS.search(run.chain.words):
            return False  # words may have changed the values
        if isinstance(right, (T.Tup, T.Matrix, T.KL, T.Density)) or (isinstance(right, T.Num) and not right.value):
            return False
        special = any(isinstance(c, T.Rel) and c.relations == ("=",) for c in run.conditions)
        values = (*run.conditions, *self.settings.just_given(run)) if special else self.settings.just_given(run)
        judge = self.settings.narrowed(values)
        if not values or not self.settings.possible(judge) or not evaluable(judge, left, right):
            return False
        if isinstance(left, T.KL) and agrees(judge, T.KL(left.right, left.left), right):
            return False  # the values may have been exchanged in words
        return varies(self.settings.base, left) and not varies(judge, left)

    def _introduced(self, run: Run, left: T.Node) -> bool:
        """Whether words give a name its meaning here: `let L = ..`; `with E[x] = ..` only recalls."""
        if run.chain is None or run.chain.role != "hypothesis":
            return False
        named = isinstance(left, (T.Name, T.Apply, T.Density))
        return named and bool(INTRODUCES.search(run.chain.words))

    def _sure(self, run: Run, verdict: Verdict) -> Verdict:
        """A verdict that words around the line do not put in doubt."""
        if verdict.outcome is Outcome.INCORRECT and self._qualified(run):
            return Verdict(Outcome.UNDECIDED, "qualified")
        return verdict

    def _starred(self, run: Run, left: T.Node, right: T.Node) -> None:
        """`\\theta^* = 0` holds and says where the reasoning goes on."""
        if isinstance(left, T.Name) and "*" in left.marks:
            bare = T.Name(left.base, left.sub, left.marks.replace("*", ""))
            if bare.key in self.settings.world.symbols:
                self.settings.give(T.Rel((left, right), ("=",)), run)

    def _agrees_anywhere(self, run: Run, left: T.Node, right: T.Node) -> bool:
        return any(agrees(judge, left, right) for judge in self.settings.current(run))

    def _introduces(self, name: T.Node, body: T.Node) -> bool:
        """Whether a link is what explains a name the student introduced."""
        world = self.settings.world
        if isinstance(name, T.Name):
            if name.key in self.own:
                return world.definitions.get(name.key) == body
            family = world.families.get(name.base)
            return name.base in self.own and family is not None and len(name.sub) == 1 and family[1] == body
        if isinstance(name, T.Apply) and name.head.key in self.own:
            function = world.functions.get(name.head.key)
            return function is not None and function.body == body
        return False

    def _takes(self, run: Run, name: T.Node, value: T.Node) -> bool:
        """Whether an equality gives a value to a quantity that is free; what the value depends on must not be it."""
        if not self.settings.free(name) or isinstance(value, (T.Logic, T.Empty, T.Word)):
            return False
        first = all(isinstance(m, T.Name) and self.settings.free(m) for m in run.members[: self._place(run, name)])
        if not first and len(run.members) > 2 and isinstance(name, T.Name) and self.settings.knows(name):
            return False  # `A = B = \\psi_0` says what A is
        if not first and any(isinstance(n, _OPERATORS) for n in T.walk(value)) and not isinstance(name, T.Tup):
            if isinstance(name, T.Name) and self.settings.knows(name):
                return False
        if not first and (self._defined(value) or (isinstance(value, T.Name) and value.key in self._functions)):
            return False  # `g = a` says what g is
        keys = {n.key.replace("^*", "") for n in T.walk(name) if isinstance(n, T.Name)}
        return not (keys & self._depends(value))

    def _place(self, run: Run, member: T.Node) -> int:
        return next((i for i, m in enumerate(run.members) if m is member), 0)

    def _depends(self, node: T.Node) -> set[str]:
        """Keys a formula rests on, definitions and functions followed, without the variables of distributions."""
        world = self.settings.world
        seen: set[str] = set()
        waiting = list(T.names_in(node))
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            function = world.functions.get(key)
            if key in world.definitions:
                waiting.extend(T.names_in(world.definitions[key]))
            if function is not None and function.body is not None:
                waiting.extend(T.names_in(function.body) - set(function.params))
        return seen - {measure.var for measure in world.measures.values()}

    def _is_equation(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """Whether an equality that does not hold everywhere states an equation to be solved."""
        if any(isinstance(m, T.Num) and not m.value for m in (left, right)):
            return not self._value_of_function(run)
        if any(isinstance(n, T.PlusMinus) for m in (left, right) for n in T.walk(m)):
            return not all(any(isinstance(n, T.PlusMinus) for n in T.walk(m)) for m in (left, right))
        if isinstance(left, T.Apply) and isinstance(right, T.Apply) and left.head == right.head:
            return True
        averages = (T.Density, T.Expect, T.Integral)
        same = isinstance(left, T.Call) and isinstance(right, T.Call) and left.func == right.func
        if same and not any(isinstance(n, averages) for m in (run.members[0], left, right) for n in T.walk(m)):
            return True  # `\\sigma(-\\psi_1) = \\sigma(u)`
        functions = any(isinstance(n, T.Call) and n.func == "logistic" for m in (left, right) for n in T.walk(m))
        closed = not any(T.names_in(m) or isinstance(m, (T.Matrix, T.Tup)) for m in (left, right))
        if closed and not functions and len(run.members) == 2:
            return True  # `-1 = -2`: what is not so is led to, not claimed
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
        mine, theirs = (self._depends(m) & set(self.settings.world.symbols) for m in (left, right))
        applied = any(isinstance(n, (T.Call, T.Apply)) for m in (left, right) for n in T.walk(m))
        if applied and (mine | theirs) and (mine | theirs) <= self.settings.fresh:
            return False  # nobody solves for a letter that stands for any number
        if self._about_given(left, right, mine, theirs):
            return False
        if run.solving and len(run.members) == 2:
            return True
        if mine - theirs and theirs - mine and not self._defined(left) and not self._defined(right):
            return True
        if isinstance(left, T.Call) and not any(isinstance(n, T.Call) and n.func == left.func for n in T.walk(right)):
            return False  # `\\sigma^{-1}(s) = ..` says what a known function is
        return len(run.members) == 2 and self._plain(left) and self._plain(right)

    def _about_given(self, left: T.Node, right: T.Node, mine: set[str], theirs: set[str]) -> bool:
        """Whether what the statement explains is said to be something: `\\tilde z = (y - z_0)/r`, with y made of it.

        A plain name on the other side may be the value at a point.
        """
        explained = set(self.settings.world.definitions) | set(self.settings.world.functions)
        if isinstance(left, T.Name) and isinstance(right, T.Name):
            return False
        known = explained - self.own if isinstance(left, T.Name) and left.key in self.own else explained
        rests = {k for m in (left, right) for k in self._depends(m)}
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
        return first.head.key not in self.own and all(a in given or not T.names_in(a) for a in first.args)

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
        named = isinstance(left, (T.Name, T.Apply)) and not starred and bool(rest & self._depends(left))
        return named and not rest & self._depends(right)

    def _fixed(self, run: Run, node: T.Node) -> bool:
        """Whether a formula has one value here, whatever its names."""
        return not varies(self.settings.current(run)[-1], node)

    def _defined(self, node: T.Node) -> bool:
        """A name or a value of a function that the world explains."""
        world = self.settings.world
        if isinstance(node, T.Apply):
            return node.head.key in world.functions
        return isinstance(node, T.Name) and node.key in world.definitions

    def _plain(self, node: T.Node) -> bool:
        """A formula in quantities only: equated with another one it may be an equation."""
        if isinstance(node, T.Name):
            return known_free(node, self.settings.world)
        return not any(isinstance(n, _OPERATORS) for n in T.walk(node))

    def _failing(self, run: Run, k: int) -> Verdict:
        """`incorrect` if every reading fails in every setting of the part; what is less sure goes to a person."""
        left, right = run.members[k], run.members[k + 1]
        self.doubted += 1
        if self.doubted > _MOST_DOUBTED:
            return Verdict(Outcome.UNDECIDED, "budget")
        if self._impossible(run):
            return Verdict(Outcome.UNDECIDED, "no_world")
        if self._qualified(run):
            return Verdict(Outcome.UNDECIDED, "qualified")
        values = self.settings.in_force(run)
        about = {n for m in (left, right) for n in T.names_in(m)}
        given = tuple(v for v in values if isinstance(v, T.Rel) and T.names_in(v.operands[0]) & about)
        if given and not evaluable(self.settings.narrowed(given), left, right):
            return Verdict(Outcome.UNDECIDED, "condition_unread")
        if run.conditions and not evaluable(self.settings.narrowed(run.conditions)):
            return Verdict(Outcome.UNDECIDED, "condition_unread")
        here = [j for j in self.settings.current(run) if self.settings.possible(j)]
        if isinstance(left, T.Name) and (left.key in self.inferred or left.base in self.inferred):
            return Verdict(Outcome.UNDECIDED, "not_confirmed")
        if self.inferred & set(self.settings.world.shorthand) & (T.names_in(left) | T.names_in(right)):
            return Verdict(Outcome.UNDECIDED, "unknown_name")
        judges = [*here, *self.settings.sisters(left, right)]
        able = [j for j in judges if evaluable(j, left, right)]
        judges, here = (able or judges), ([j for j in here if j in able] or here)
        if any(isinstance(n, T.PlusMinus) for m in (left, right) for n in T.walk(m)):
            turned = signed(right, -1)
            if any(agrees(judge, signed(left, 1), turned) for judge in judges):
                return Verdict(Outcome.CORRECT, "agrees")  # `\\pm` on one side, `\\mp` on the other
        for a, b in self._readings(run, k, left, right):
            if not all(differ_clearly(judge, a, b) for judge in judges):
                return self._doubtful(here[-1], left, right)
            if any(agrees(judge, a, b) for judge in judges):
                return Verdict(Outcome.UNDECIDED, "another_reading")
            for judge in self.settings.elsewhere(run, self.runs):
                if self.settings.possible(judge) and agrees(judge, a, b):
                    return Verdict(Outcome.UNDECIDED, "holds_elsewhere")
        if self.settings.examples and self._generic(left, right):
            return Verdict(Outcome.UNDECIDED, "example")
        if self._unexplained(left, right):
            return Verdict(Outcome.UNDECIDED, "unknown_name")
        if any(self._product(m) for m in (left, right)) or (k == 0 and _looks_applied(left)):
            return Verdict(Outcome.UNDECIDED, "another_reading")
        if not isinstance(left, T.Matrix) and any(same_up_to_order(judge, left, right) for judge in judges):
            known = self.settings.reordered
            return Verdict(Outcome.CORRECT if known else Outcome.UNDECIDED, "order_of_entries")
        found = equal(here[-1], left, right)
        return found if found.outcome is Outcome.INCORRECT else Verdict(Outcome.UNDECIDED, found.note, found.witness)

    def _unexplained(self, *sides: T.Node) -> bool:
        """Whether names that nothing explains stand beside quantities of the part: they may mean anything."""
        names = {k for side in sides for k in self._depends(side)}
        return bool(names & self.settings.fresh) and bool(
            names & set(self.settings.world.symbols) - self.settings.fresh
        )

    def _product(self, node: T.Node) -> bool:
        """`S(1 - S)`: read as a value of S, but it may be a product."""
        return any(isinstance(n, T.Apply) and any(n.head.key in T.names_in(a) for a in n.args) for n in T.walk(node))

    def _qualified(self, run: Run) -> bool:
        """Whether words behind a claim restrict it, or those before it make it part of a contradiction."""
        chain = run.chain
        if chain is None:
            return False
        behind = QUALIFIED.match(chain.after) or (chain.kind == "inline" and BUT.match(chain.after))
        return chain.hypothetical or bool(behind) or bool(ELSEWHERE.search(chain.words.replace("i.e.", "ie")))

    def _impossible(self, run: Run) -> bool:
        """Whether no values satisfy the conditions a run stands under: nothing is judged there."""
        return bool(run.conditions) and not self.settings.possible(self.settings.narrowed(run.conditions))

    def _generic(self, *sides: T.Node) -> bool:
        """Whether formulas rest on functions of which only properties are given."""
        world = self.settings.world
        names = {k.rstrip("'") for side in sides for k in self._depends(side)}
        return bool(world.generic) and (bool(names & world.generic) or bool(names & set(world.functions)))

    def _doubtful(self, judge: Judge, left: T.Node, right: T.Node) -> Verdict:
        """Why an equality that is not confirmed is not called wrong either."""
        found = equal(judge, left, right)
        if found.outcome is Outcome.INCORRECT or found.outcome is Outcome.CORRECT:
            return Verdict(Outcome.UNDECIDED, "not_confirmed", found.witness)
        return found

    def _readings(self, run: Run, k: int, left: T.Node, right: T.Node) -> Iterator[tuple[T.Node, T.Node]]:
        """Both sides in all plausible readings of their lines."""
        sides = [[node, *self._others(run, k + i, node)] for i, node in enumerate((left, right))]
        pairs = [(a, b) for a in sides[0] for b in sides[1]]
        yield from pairs[:_MOST_READINGS]

    def _others(self, run: Run, at: int, node: T.Node) -> list[T.Node]:
        if at >= len(run.lines) or not run.lines[at].ambiguous or node.end <= node.start:
            return []
        found: list[T.Node] = []
        for tree, natural in run.lines[at].readings(self.settings.world.notation):
            if natural:
                found.extend(
                    n
                    for n in T.walk(tree)
                    if (n.start, n.end) == (node.start, node.end) and n != node and type(n) is not T.Boxed
                )
        return found[:3]

    # order and difference

    def _order(self, run: Run, k: int) -> Call:
        left, relation, right = run.members[k], run.relations[k], run.members[k + 1]
        kind = "inequality"
        possible = [j for j in self.settings.current(run) if self.settings.possible(j)]
        verdicts = [holds(judge, left, relation, right) for judge in possible]
        if any(v.outcome is Outcome.CORRECT for v in verdicts):
            return _call(kind, Outcome.CORRECT, "holds")
        families = [holds(judge, left, relation, right) for judge in self.settings.families]
        if any(v.outcome is Outcome.CORRECT for v in families):
            return _call(kind, Outcome.CORRECT, "in_a_family")
        arrow = self.equations.arrow(run, k, left, relation, right)
        if arrow is not None:
            return Call(kind, arrow)
        if self._condition(run, left, right):
            self.settings.suppose(T.Rel((left, right), (relation,)), run)
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")
        last = verdicts[-1]
        if relation == "!=" or run.supposed or run.either or run.lead == "<=":
            return Call(kind, Verdict(Outcome.UNDECIDED, last.note, last.witness, last.detail))
        if self._introduced(run, left):
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")
        if all(v.outcome is Outcome.INCORRECT for v in (*verdicts, *families)) and self._no_order(run, k):
            rescued = self.equations.rescued(run, left, right, relation)
            return Call(kind, rescued or last)
        if run.chain is not None and run.chain.role == "hypothesis":
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")
        note = last.note if last.outcome is Outcome.UNDECIDED else "fails_in_part"
        return Call(kind, Verdict(Outcome.UNDECIDED, note, last.witness, last.detail))

    def _no_order(self, run: Run, k: int) -> bool:
        """Whether an inequality fails, its weak form too, wherever the part's conditions allow.

        A formula in quantities only, or in a letter that stands for any number, may be meant on a domain that goes without
        saying: it must hold nowhere.
        """
        left, relation, right = run.members[k], run.relations[k], run.members[k + 1]
        weak = {"<": "<=", ">": ">="}.get(relation, relation)
        anywhere = all(self._plain(m) for m in run.members)
        anywhere = anywhere or bool(self.settings.world.dummies & (T.names_in(left) | T.names_in(right)))
        if self._impossible(run) or self._unexplained(left, right) or self._qualified(run):
            return False
        if any(self._product(m) for m in (left, right)):
            return False
        rests = {k for m in (left, right) for k in self._depends(m)}
        if rests & (self.settings.world.unknowns | self.settings.fresh):
            return False  # it may leave the reals, or be bound by words
        own = any(isinstance(m, T.Name) and m.key in self.own for m in (left, right))
        if run.conditions and not evaluable(self.settings.narrowed(run.conditions)):
            return False
        if self.settings.examples and self._generic(left, right):
            return False
        found = Verdict(Outcome.UNDECIDED, "not_confirmed")
        for a, b in self._readings(run, k, left, right):
            for judge in [*self.settings.families, *self.settings.current(run)]:
                found = holds(judge, a, weak, b)
                if self.settings.possible(judge) and found.outcome is not Outcome.INCORRECT:
                    return False
            if (anywhere or own) and found.samples:
                return False
            for judge in self.settings.elsewhere(run, self.runs):
                found = holds(judge, a, weak, b)
                if self.settings.possible(judge) and (found.outcome is Outcome.CORRECT or (anywhere and found.samples)):
                    return False
        return True

    def _condition(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """`\\gamma > 1`, `z \\neq z'`: a free quantity of no known value compared with a number or another one."""
        given = {rel.operands[0] for rel in self.settings.in_force(run) if isinstance(rel, T.Rel)}
        for one, other in ((left, right), (right, left)):
            if not self.settings.free(one) or one in given:
                continue
            if not any(isinstance(n, (T.Pow, T.Call, *_OPERATORS)) for n in T.walk(other)):
                return not (T.names_in(one) & T.names_in(other))
        return False

    def _membership(self, run: Run, left: T.Node, right: T.Node) -> Call:
        """`S \\in (0, 1)`: both bounds; whole sets such as R say nothing that could fail here."""
        if isinstance(right, T.Tup) and len(right.items) == 2:
            right = T.Interval(right.items[0], right.items[1], right.square, right.square)
        if self.settings.free(left) or not isinstance(right, T.Interval):
            return _call("membership", Outcome.ASSUMED, "membership")
        bounds = []
        for bound, closed, strict, weak in (
            (right.low, right.low_closed, ">", ">="),
            (right.high, right.high_closed, "<", "<="),
        ):
            inner = bound.value if isinstance(bound, T.Neg) else bound
            if not (isinstance(inner, T.Const) and inner.name == "inf"):
                bounds.append((bound, weak if closed else strict))
        verdicts = [
            max((holds(judge, left, relation, bound) for judge in self.settings.current(run)), key=_rank)
            for bound, relation in bounds
        ]
        if all(v.outcome is Outcome.CORRECT for v in verdicts):
            return _call("inequality", Outcome.CORRECT, "holds")
        return _call("inequality", Outcome.UNDECIDED, "not_confirmed")


def _stands_in(left: T.Node, relation: str, right: T.Node, condition: T.Node) -> bool:
    """Whether a link is part of a condition such as `a = b = 0`."""
    if not isinstance(condition, T.Rel):
        return False
    ends = zip(condition.operands, condition.relations, condition.operands[1:], strict=False)
    return any((a, r, b) == (left, relation, right) for a, r, b in ends)


def _looks_applied(node: T.Node) -> bool:
    """`a(z) = ..`: read as a product, but it may name a function."""
    if not isinstance(node, T.Mul) or len(node.factors) != 2:
        return False
    first, second = node.factors
    plain = isinstance(second, T.Name) and not second.sub and not second.marks
    return isinstance(first, T.Name) and plain and second.end - second.start > len(T.sub_text(second)) + 1


def _rank(verdict: Verdict) -> int:
    return (Outcome.INCORRECT, Outcome.UNDECIDED, Outcome.CORRECT).index(verdict.outcome)
