"""Judging one link where it stands: does it hold in its setting, is it a claim at all, does it fail in every setting?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.derivation.doubts import Doubts, Once
from grader.derivation.equations import Equations
from grader.derivation.nature import OPERATORS, Nature
from grader.derivation.runs import Run
from grader.derivation.settings import Settings, signed
from grader.derivation.somewhere import Points
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.decide import equal
from grader.maths.equations import proportional
from grader.maths.relations import MIRRORED, holds
from grader.maths.screening import agrees, differ_clearly, evaluable, near, same_up_to_order
from grader.maths.worlds import rests_on
from grader.model import Outcome, Verdict
from grader.reading.phrases import DISCRIMINANT, INTRODUCES, NEVER, OTHER_SYSTEM, PROVE, TRIED

_STATEMENTS = frozenset({"->", "~", "|->"})
"""Relations that state something and claim nothing that could fail here: a map, a limit, a distribution."""
_FAR = 3
"""Worlds in which an inequality that holds is looked at farther out."""
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
        self.points = Points(settings, runs)
        self.pointed: set[int] = set()  # equations said of points that only exist
        self.nature = Nature(settings, own)
        self.doubts = Doubts(settings, self.nature, runs)

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
        if k == 0 and run.across is not None and role != "goal":
            crossed = self.equations.across(run)
            if crossed is not None and not self.doubts.qualified(run):
                return Call("equation", crossed)
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
            found = self._value(run, *root)
            if found.outcome in (Outcome.CORRECT, Outcome.INCORRECT):
                self.settings.give(T.Rel(root, ("=",)), run)
                return Call("solution", found)
        if isinstance(left, T.Name) and left.key in self.settings.world.joints:
            return _call("definition", Outcome.ASSUMED, "definition")  # `with q = q(z|x) q(x_t|..)`
        if k in run.declared or self._introduces(left, right) or self._introduces(right, left):
            return self._discriminant(run, left, right) or _call("definition", Outcome.ASSUMED, "definition")
        return None

    def _discriminant(self, run: Run, left: T.Node, right: T.Node) -> Call | None:
        """What words call the discriminant, against that of the question's own equation, up to a constant factor."""
        usual = self.settings.world.defaults.get(left.key) if isinstance(left, T.Name) else None
        if usual is None or run.chain is None or not DISCRIMINANT.search(run.chain.words):
            return None
        if self.equations.broken or self.settings.earlier:
            return None  # it may be that of the student's own equation
        zero = T.Num(Fraction(0))
        judges = [*(j for j in self.settings.current(run) if self.settings.possible(j)), *self.settings.families]
        found = [proportional(judge, (right, zero), (usual, zero)) for judge in judges]
        if any(v is not None for v in found):
            return None  # right, or not to be evaluated
        if (
            run.supposed
            or run.either
            or self.doubts.qualified(run)
            or not all(differ_clearly(j, right, usual) for j in judges)
        ):
            return None
        witness = equal(judges[-1], right, usual).witness
        return Call("definition", Verdict(Outcome.INCORRECT, "not_the_discriminant", witness))

    def _exemplified(self, left: T.Apply, right: T.Node) -> bool:
        """Whether a formula is given for a function of which only properties are known, or for its inverse."""
        generic = self.settings.world.generic
        inverse = left.head.key.endswith("^-1") and bool(generic) and not self.nature.depends(right) & generic
        return inverse or (not left.primes and left.head.key in generic)

    def _positive(self, run: Run, k: int) -> Verdict | None:
        """`\\Delta = .. = 0` of a discriminant that is positive wherever the question's conditions hold."""
        first, left, right = run.members[0], run.members[k], run.members[k + 1]
        named = isinstance(first, T.Name) and first.key in self.settings.world.defaults
        if not named or not (isinstance(right, T.Num) and not right.value) or run.lead or run.supposed or run.either:
            return None
        if self.doubts.qualified(run) or (run.chain is not None and NEVER.search(run.chain.after)):
            return None
        verdicts = [holds(j, left, ">", right) for j in self.settings.current(run) if self.settings.possible(j)]
        if not verdicts or any(v.outcome is not Outcome.CORRECT for v in verdicts):
            return None
        return equal(self.settings.current(run)[-1], left, right)

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
        free = (
            None
            if run.always
            else next((p for p in ((left, right), (right, left)) if self.nature.takes(run, *p)), None)
        )
        if free is None and k and self.settings.free(run.members[0]) and run.relations[0] == "=":
            self.settings.give(T.Rel((run.members[0], right), ("=",)), run)  # `z = l^{-1}(-1) = (-1 - c)/b`
        if free is not None:
            found = self._value(run, *free)
            another = run.chain is not None and OTHER_SYSTEM.search(run.chain.words)
            if found.outcome is not Outcome.INCORRECT and not another:
                self.settings.give(T.Rel(free, ("=",)), run)
            return Call("solution" if found.outcome is not Outcome.ASSUMED else "value", found)
        if not run.always and self.nature.is_equation(run, left, right) and not self.nature.at_values(run, left, right):
            found = self.equations.judged(run, k, left, right, lambda: self._failing(run, k))
            self.equations.state(run, left, right)
            return Call("equation", self._positive(run, k) or found)
        if isinstance(left, T.Apply) and self._exemplified(left, right):
            self.settings.examples = True
            return _call("hypothesis", Outcome.ASSUMED, "example")
        between = self._between(run, left, right)
        if between is not None:
            return Call("identity", between)
        if run.supposed or run.either or (k == 0 and self._introduced(run, left)):
            self.equations.state(run, left, right)
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")
        found = self._failing(run, k)
        if found.outcome is Outcome.INCORRECT:
            rescued = self.equations.rescued(run, left, right)
            if rescued is not None and (rescued.outcome is Outcome.CORRECT or not self.doubts.slip(run, left, right)):
                found = rescued
        elif run.chain is not None and run.chain.role == "hypothesis" and k == 0:
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")  # words introduce what is not known here
        return Call("identity", found)

    def _between(self, run: Run, left: T.Node, right: T.Node) -> Verdict | None:
        """The verdict on an equality that is said of a point which only exists; what is right later lines may rest on."""
        others = [e for e in self.equations.stated if id(e) not in self.pointed]
        sure = not (others or self.equations.broken or self.doubts.qualified(run))
        found = self.points.judged(run, left, right, sure=sure)
        if found is None:
            return None
        if found.outcome is not Outcome.CORRECT:
            rescued = self.equations.rescued(run, left, right)
            if rescued is not None and rescued.outcome is Outcome.CORRECT:
                return rescued
            if found.note == "not_confirmed" and run.supposed:
                return None
        self.equations.state(run, left, right)
        self.pointed.add(id(self.equations.stated[-1]))
        return found

    def _introduced(self, run: Run, left: T.Node) -> bool:
        """Whether words give a name its meaning here: `let L = ..`; `with E[x] = ..` only recalls."""
        if run.chain is None or run.chain.role != "hypothesis":
            return False
        named = isinstance(left, (T.Name, T.Apply, T.Density)) and not T.names_in(left) <= set(
            self.settings.world.shorthand
        )
        return named and bool(INTRODUCES.search(run.chain.words))

    def _value(self, run: Run, name: T.Node, value: T.Node) -> Verdict:
        """A value given to a quantity; where words around the line restrict it, it must fail under what they say, too."""
        found = self.equations.value(run, name, value)
        if found.outcome is not Outcome.INCORRECT:
            return found
        if run.chain is not None and run.chain.kind == "inline" and TRIED.search(run.chain.words):
            return Verdict(Outcome.ASSUMED, "value")  # `at \\lambda = 1/2 the polynomial is -1/2`
        if run.chain is not None and OTHER_SYSTEM.search(run.chain.words):
            return Verdict(Outcome.UNDECIDED, "qualified")
        if not self.doubts.qualified(run):
            return found
        following = self.doubts.next_case(run)
        if following is not None and not (run.chain is not None and run.chain.hypothetical):
            there = replace(run, conditions=following.conditions)
            if self.equations.value(there, name, value).outcome is Outcome.INCORRECT:
                return found
        return Verdict(Outcome.UNDECIDED, "qualified")

    def _starred(self, run: Run, left: T.Node, right: T.Node) -> None:
        """`\\theta^* = 0` holds and says where the reasoning goes on."""
        if isinstance(left, T.Name) and "*" in left.marks:
            bare = T.Name(left.base, left.sub, left.marks.replace("^*", ""))
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
            family = world.families.get(name.base + name.marks)
            return (
                name.base + name.marks in self.own and family is not None and len(name.sub) == 1 and family[1] == body
            )
        if isinstance(name, T.Apply) and name.head.key in self.own:
            function = world.functions.get(name.head.key)
            return function is not None and function.body == body
        return False

    def _failing(self, run: Run, k: int) -> Verdict:
        """`incorrect` if every reading fails in every setting of the part; what is less sure goes to a person."""
        left, right = run.members[k], run.members[k + 1]
        self.doubted += 1
        if self.doubted > _MOST_DOUBTED:
            return Verdict(Outcome.UNDECIDED, "budget")
        if self.doubts.impossible(run):
            return Verdict(Outcome.UNDECIDED, "no_world")
        slip = Once(lambda: self.doubts.slip(run, left, right))
        if self.doubts.qualified(run, k) and not (self.doubts.only_supposed(run) and slip()):
            return Verdict(Outcome.UNDECIDED, "qualified")
        values = self.settings.in_force(run)
        about = {n for m in (left, right) for n in T.names_in(m)}
        given = tuple(v for v in values if isinstance(v, T.Rel) and T.names_in(v.operands[0]) & about)
        if given and not evaluable(self.settings.narrowed(given), left, right):
            return Verdict(Outcome.UNDECIDED, "condition_unread")
        if run.conditions and not evaluable(self.settings.narrowed(run.conditions)):
            return Verdict(Outcome.UNDECIDED, "condition_unread")
        single = self.settings.singled_out(run)
        if single and any(self._speaks_of(m, single) for m in (left, right)):
            return Verdict(Outcome.UNDECIDED, "condition_unread")  # `w_1 = 1`: and the other weights?
        here = [j for j in self.settings.current(run) if self.settings.possible(j)]
        short, names = set(self.settings.world.shorthand), T.names_in(left) | T.names_in(right)
        if not names <= short:  # `\\sigma' = \\sigma(1 - \\sigma)` is said of the function, whatever its argument
            if isinstance(left, T.Name) and (left.key in self.inferred or left.base in self.inferred):
                return Verdict(Outcome.UNDECIDED, "not_confirmed")
            if self.inferred & short & names:
                return Verdict(Outcome.UNDECIDED, "unknown_name")
        judges = [*here, *self.settings.sisters(left, right)]
        able = [j for j in judges if evaluable(j, left, right)]
        judges = able or judges
        here = [j for j in here if j in judges] or judges
        if any(isinstance(n, T.PlusMinus) for m in (left, right) for n in T.walk(m)):
            turned = signed(right, -1)
            if any(agrees(judge, signed(left, 1), turned) for judge in judges):
                return Verdict(Outcome.CORRECT, "agrees")  # `\\pm` on one side, `\\mp` on the other
        for a, b in self.doubts.readings(run, k, left, right):
            if not all(differ_clearly(judge, a, b) for judge in judges):
                return self._doubtful(here[-1], left, right)
            if any(agrees(judge, a, b) for judge in judges):
                return Verdict(Outcome.UNDECIDED, "another_reading")
            for judge in self.settings.elsewhere(run, self.runs):
                if self.settings.possible(judge) and agrees(judge, a, b):
                    return Verdict(Outcome.UNDECIDED, "holds_elsewhere")
        if self.settings.examples and self.doubts.generic(left, right) and not slip():
            return Verdict(Outcome.UNDECIDED, "example")
        if self.doubts.unexplained(left, right) and not (slip() or self.doubts.for_all(run, left, right)):
            return Verdict(Outcome.UNDECIDED, "unknown_name")
        if self.doubts.unnamed(left, right):
            return Verdict(Outcome.UNDECIDED, "unsupported", detail="a distribution that is not named whole")
        if any(self.doubts.product(m) for m in (left, right)) or (k == 0 and _looks_applied(left)):
            return Verdict(Outcome.UNDECIDED, "another_reading")
        usual = self.settings.ordered and any(agrees(judge, left, T.Transpose(right)) for judge in judges)
        listed = isinstance(left, T.Matrix) or usual  # in the order that the student names it is the transpose
        if not listed and any(same_up_to_order(judge, left, right) for judge in judges):
            known = self.settings.reordered
            return Verdict(Outcome.CORRECT if known else Outcome.UNDECIDED, "order_of_entries")
        found = equal(here[-1], left, right)
        return found if found.outcome is Outcome.INCORRECT else Verdict(Outcome.UNDECIDED, found.note, found.witness)

    def _speaks_of(self, node: T.Node, bases: set[str]) -> bool:
        """Whether a formula rests on members of families, abbreviations and functions written out."""
        names = {*T.names_in(node), *(n.head.key for n in T.of_kind(node, T.Apply))}
        rests = rests_on(self.settings.world, names, functions=True)
        return any(key.split("_", 1)[0] in bases for key in rests)

    def _doubtful(self, judge: Judge, left: T.Node, right: T.Node) -> Verdict:
        """Why an equality that is not confirmed is not called wrong either."""
        found = equal(judge, left, right)
        if found.outcome is Outcome.INCORRECT or found.outcome is Outcome.CORRECT:
            return Verdict(Outcome.UNDECIDED, "not_confirmed", found.witness)
        return found

    # order and difference

    def _order(self, run: Run, k: int) -> Call:
        left, relation, right = run.members[k], run.relations[k], run.members[k + 1]
        kind = "inequality"
        possible = [j for j in self.settings.current(run) if self.settings.possible(j)]
        verdicts = [holds(judge, left, relation, right) for judge in possible]
        right_in = [j for j, v in zip(possible, verdicts, strict=True) if v.outcome is Outcome.CORRECT]
        if right_in:
            far = [holds(judge.far(), left, relation, right) for judge in right_in[:_FAR]]
            if all(v.outcome is Outcome.INCORRECT for v in far):  # `-c - 2 < 0`: true of small c only
                return Call(kind, Verdict(Outcome.UNDECIDED, "fails_in_part", far[0].witness))
            return _call(kind, Outcome.CORRECT, "holds")
        families = [holds(judge, left, relation, right) for judge in self.settings.families]
        if any(v.outcome is Outcome.CORRECT for v in families):
            return _call(kind, Outcome.CORRECT, "in_a_family")
        arrow = self.equations.arrow(run, k, left, relation, right)
        if arrow is not None:
            if arrow.outcome is Outcome.INCORRECT and self._in_doubt(run, left, right):
                arrow = Verdict(Outcome.UNDECIDED, "qualified", arrow.witness)
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
            if rescued is None and self.equations.in_order(
                run, (left, right), lambda j, a, b: holds(j, a, relation, b)
            ):
                rescued = Verdict(Outcome.UNDECIDED, "fails_in_part", last.witness)
            return Call(kind, rescued or last)
        if run.chain is not None and run.chain.role == "hypothesis":
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")
        if any(r.before is run and r.lead in ("=>", "<=>") for r in self.runs):
            return _call("hypothesis", Outcome.ASSUMED, "hypothesis")  # it only leads to what stands behind the arrow
        note = last.note if last.outcome is Outcome.UNDECIDED else "fails_in_part"
        return Call(kind, Verdict(Outcome.UNDECIDED, note, last.witness, last.detail))

    def _in_doubt(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """Whether words around an arrow, or names that nothing explains on its sides, may make it right."""
        sides = (left, right, *(run.premise.operands if isinstance(run.premise, T.Rel) else ()))
        return self.doubts.qualified(run) or self.doubts.unexplained(*sides)

    def _no_order(self, run: Run, k: int) -> bool:
        """Whether an inequality fails, its weak form too, wherever the part's conditions allow.

        A formula in quantities only, or in a letter that stands for any number, may be meant on a domain that goes without
        saying: it must hold nowhere.
        """
        left, relation, right = run.members[k], run.relations[k], run.members[k + 1]
        weak = {"<": "<=", ">": ">="}.get(relation, relation)
        anywhere = all(self.nature.plain(m) for m in run.members)
        anywhere = anywhere or bool(self.settings.world.dummies & (T.names_in(left) | T.names_in(right)))
        if self.doubts.impossible(run) or self.doubts.unexplained(left, right) or self.doubts.qualified(run):
            return False
        if any(self.doubts.product(m) for m in (left, right)):
            return False
        rests = {k for m in (left, right) for k in self.nature.depends(m)}
        if rests & (self.settings.world.unknowns | self.settings.fresh):
            return False  # it may leave the reals, or be bound by words
        own = any(isinstance(m, T.Name) and m.key in self.own for m in (left, right))
        if run.conditions and not evaluable(self.settings.narrowed(run.conditions)):
            return False
        if self.settings.examples and self.doubts.generic(left, right):
            return False
        found = Verdict(Outcome.UNDECIDED, "not_confirmed")
        for a, b in self.doubts.readings(run, k, left, right):
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
            if not any(isinstance(n, (T.Pow, T.Call, *OPERATORS)) for n in T.walk(other)):
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
    """`a(z) = ..`, `a(x, y) = ..`: read as a product, but it may name a function."""
    if not isinstance(node, T.Mul) or len(node.factors) != 2:
        return False
    first, second = node.factors
    if isinstance(second, T.Tup):
        return isinstance(first, T.Name) and not second.square and all(isinstance(i, T.Name) for i in second.items)
    plain = isinstance(second, T.Name) and not second.sub and not second.marks
    return isinstance(first, T.Name) and plain and second.end - second.start > len(T.sub_text(second)) + 1


def _rank(verdict: Verdict) -> int:
    return (Outcome.INCORRECT, Outcome.UNDECIDED, Outcome.CORRECT).index(verdict.outcome)
