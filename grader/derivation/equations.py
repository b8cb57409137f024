"""Equations of a part and what follows from them: the same solutions, values that solve them, conclusions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from grader.derivation.runs import Run
from grader.derivation.settings import Settings, signed
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.conditions import equivalent
from grader.maths.decide import equal
from grader.maths.equations import proportional
from grader.maths.implication import follows
from grader.maths.screening import agrees, differ_clearly
from grader.maths.worlds import rests_on
from grader.model import Outcome, Verdict
from grader.reading.phrases import SIGNED

Claim = Callable[[Judge, T.Node, T.Node], Verdict]
_ORDERED = 3
"""Quantities up to which each order of two of them is tried."""
_NEAR = 5
"""How many chains back an equation stands that a claim may silently rest on."""
_LATEST = 8
"""How many equations back a line may follow from."""


@dataclass(frozen=True, slots=True)
class Stated:
    """An equation as stated: its run and its two sides."""

    run: Run
    left: T.Node
    right: T.Node

    @property
    def rel(self) -> T.Rel:
        return T.Rel((self.left, self.right), ("=",))


class Equations:
    """The equations stated so far in a part."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stated: list[Stated] = []
        self.broken = False  # whether a line before failed: what follows may only follow from it

    def state(self, run: Run, left: T.Node, right: T.Node) -> None:
        """An equation that later lines may rest on."""
        self.stated.append(Stated(run, left, right))

    def latest(self, names: set[str]) -> list[Stated]:
        """Equations that speak of one of these names, the last first."""
        found = [e for e in reversed(self.stated) if self._names(e.rel) & names]
        return found[:_LATEST]

    def _names(self, node: T.Node) -> set[str]:
        """Keys in a formula, those of definitions included."""
        return rests_on(self.settings.world, T.names_in(node))

    def judged(self, run: Run, k: int, left: T.Node, right: T.Node, failing: Callable[[], Verdict]) -> Verdict:
        """An equation among others: one with the solutions of an earlier one is right; a first one is only stated.

        `failing` tells whether the equality, taken as a claim, fails in every setting.
        """
        rel = T.Rel((left, right), ("=",))
        judges = self.settings.current(run)
        earlier = self.latest(self._names(rel))
        for judge in judges:
            for other in earlier:
                found = proportional(judge, (left, right), (other.left, other.right))
                if found is not None and found.outcome is Outcome.CORRECT:
                    return Verdict(Outcome.CORRECT, "same_solutions")
        for judge in judges:
            for other in earlier:
                if follows(judge, other.rel, rel).outcome is Outcome.CORRECT:
                    return Verdict(Outcome.CORRECT, "follows")
        if run.lead in ("=>", "<=>") and k == 0 and run.before is not None:
            return self._refuted(run, rel, judges, failing)
        return Verdict(Outcome.ASSUMED, "equation")

    def _refuted(self, run: Run, rel: T.Rel, judges: list[Judge], failing: Callable[[], Verdict]) -> Verdict:
        """An arrow that leads to an equation which no equation before it implies."""
        before, premise = run.before, run.premise
        assert before is not None and premise is not None
        if run.system is None and before.relations[-1] == "=" and any(agrees(j, *before.members[-2:]) for j in judges):
            found = failing()  # what holds everywhere implies only what holds everywhere
            if found.outcome is Outcome.INCORRECT:
                return found
        verdicts = [follows(judge, premise, rel) for judge in judges]
        others = [
            follows(judge, T.Logic("and", (premise, other.rel)), rel)
            for judge in judges
            for other in self.latest(self._names(rel))
            if other.rel != premise
        ]
        alone = [
            follows(judge, other.rel, rel)
            for judge in judges
            for other in self.latest(self._names(rel))
            if other.rel != premise
        ]
        if any(v.outcome is Outcome.CORRECT for v in (*verdicts, *others, *alone)):
            return Verdict(Outcome.CORRECT, "follows")
        refuted = all(v.outcome is Outcome.INCORRECT for v in verdicts)
        if refuted and verdicts:
            if self.in_part(run, (premise, rel), follows):
                return Verdict(Outcome.UNDECIDED, "fails_in_part", verdicts[-1].witness)
            return verdicts[-1]
        return Verdict(Outcome.UNDECIDED, "not_followed")

    def across(self, run: Run) -> Verdict | None:
        """A double arrow of which a side joins conditions: `incorrect` if points on one side, in every world of the
        place, do not lie on the other."""
        if run.across is None or self.broken:
            return None  # a name may stand for what the student found, wrong as it is
        one, other = run.across
        judges = [j for j in (*self.settings.current(run), *self.settings.families) if self.settings.possible(j)]
        for premise, conclusion in ((other, one), (one, other)):
            found = [follows(judge, premise, conclusion) for judge in judges]
            if found and all(v.outcome is Outcome.INCORRECT for v in found):
                if self.in_part(run, (premise, conclusion), follows):
                    return Verdict(Outcome.UNDECIDED, "fails_in_part", found[-1].witness)
                return Verdict(Outcome.INCORRECT, "condition_differs", found[-1].witness)
        return None

    def in_part(self, run: Run, sides: tuple[T.Node, T.Node], claim: Claim) -> bool:
        """Whether a claim holds where one quantity is positive or negative, or one larger than another, as words may ask.

        What a line says of a quantity ends that, unless words nearby speak of signs.
        """
        zero = T.Num(Fraction(0))
        given = (*run.conditions, *self.settings.supposed(run))
        names = self._quantities(sides)
        worded = run.chain is not None and bool(SIGNED.search(f"{run.chain.words} {run.chain.after}"))
        for name in names:
            others = tuple(c for c in given if name not in T.of_kind(c, T.Name))
            if len(others) == len(given) or worded:
                if any(self._holds_if(others, T.Rel((name, zero), (r,)), sides, claim) for r in (">", "<")):
                    return True
        return self.in_order(run, sides, claim)

    def in_order(self, run: Run, sides: tuple[T.Node, T.Node], claim: Claim) -> bool:
        """Whether a claim holds where one of two quantities is the larger one: `with $z_2$ to the right of $z_1$`."""
        given = (*run.conditions, *self.settings.supposed(run))
        names = self._quantities(sides)
        if len(names) > _ORDERED:
            return False
        for one, other in permutations(names, 2):
            said = any({one, other} <= set(T.of_kind(c, T.Name)) for c in given)
            if not said and self._holds_if(given, T.Rel((one, other), (">",)), sides, claim):
                return True
        return False

    def _quantities(self, sides: tuple[T.Node, T.Node]) -> list[T.Name]:
        functions = self.settings.world.functions
        names = {n for side in sides for n in T.of_kind(side, T.Name) if n.base not in functions}
        return sorted(names, key=lambda n: n.key)

    def _holds_if(self, given: tuple[T.Node, ...], more: T.Node, sides: tuple[T.Node, T.Node], claim: Claim) -> bool:
        judge = self.settings.narrowed((*given, more))
        return self.settings.possible(judge) and claim(judge, *sides).outcome is Outcome.CORRECT

    def rescued(self, run: Run, left: T.Node, right: T.Node, relation: str = "=") -> Verdict | None:
        """A claim that fails may rest on an equation stated before: right if it follows, open unless it does not."""
        wanted = T.Rel((left, right), (relation,))
        open_ = False
        for other in self.latest(self._names(wanted)):
            about = any(isinstance(n, (T.Density, T.Expect, T.KL)) for n in T.walk(other.rel))
            if other.run is run or other.run.order < run.order - (1 if about else _NEAR):
                continue
            verdicts = [follows(judge, other.rel, wanted) for judge in self.settings.current(run)]
            if any(v.outcome is Outcome.CORRECT for v in verdicts):
                return Verdict(Outcome.CORRECT, "follows")
            tried = [v for v in verdicts if about or v.note in ("not_followed", "does_not_follow")]
            open_ = open_ or (bool(tried) and not any(v.outcome is Outcome.INCORRECT for v in tried))
        return Verdict(Outcome.UNDECIDED, "may_follow") if open_ else None

    def is_root(self, run: Run, name: T.Node) -> bool:
        """Whether a name is an unknown with an index, as roots are named: `\\lambda_2` after an equation in λ."""
        if not isinstance(name, T.Name) or not name.sub or name.base not in self.settings.world.unknowns:
            return False
        asked = any(name.base in self._names(e) for e in self.settings.world.equations)
        return name.key not in self.settings.world.symbols and (asked or bool(self.latest({name.base})))

    def value(self, run: Run, name: T.Node, value: T.Node) -> Verdict:
        """A value given to a free quantity: does it solve an equation stated before? Else it is only given."""
        keys = {n.key for n in T.walk(name) if isinstance(n, T.Name)}
        bases = {n.base: n.key for n in T.walk(name) if isinstance(n, T.Name) and n.sub}
        unknown = {base for base in bases if base in self.settings.world.unknowns}
        unknown |= keys & self.settings.world.unknowns
        found = [e for e in self.latest(keys | unknown) if e.run is not run or e.left is not name]
        wrong: list[Verdict] = []
        for equation in found:
            verdict = self._solves(run, equation, name, value)
            if verdict.outcome is Outcome.CORRECT:
                return verdict
            if verdict.note != "unknown_name":  # an equation in names without a value says nothing
                wrong.append(verdict)
        asked = self._asked(run, name, value, refute=not found and not self.broken) if unknown else None
        if asked is not None:
            return asked
        known = {key for equation in found for key in self._names(equation.rel)}
        roots = any(isinstance(n, T.Name) and n.base in self.settings.world.unknowns for n in T.walk(value))
        strange = T.names_in(value) & self.settings.fresh or T.names_in(value) - known
        sure = unknown and not roots and not strange  # another letter puts another unknown in
        if wrong and sure and all(v.outcome is Outcome.INCORRECT for v in wrong):
            return wrong[0]
        if run.lead in ("=>", "<=>") and run.before is not None and isinstance(name, T.Name):
            rel = T.Rel((name, value), ("=",))
            judges = [j for j in self.settings.current(run) if self.settings.possible(j)]
            return self._refuted(run, rel, judges, lambda: Verdict(Outcome.UNDECIDED, "not_followed"))
        return Verdict(Outcome.ASSUMED, "value")

    def _asked(self, run: Run, name: T.Node, value: T.Node, *, refute: bool) -> Verdict | None:
        """A root against the equation that the question asks to be solved, as it is or with the student's own earlier
        answers in it; None if it solves none of them and may be the solution of a related one, or is not to be refuted."""
        world = self.settings.world
        questions = [Stated(run, e.operands[0], e.operands[1]) for e in world.equations if isinstance(e, T.Rel)]
        known = {key for question in questions for key in self._names(question.rel)}
        roots = any(isinstance(n, T.Name) and n.base in world.unknowns for n in T.walk(value))
        if not questions or roots or T.names_in(value) - known:
            return None  # `\\lambda = x - \\gamma/2` puts another unknown in
        if run.conditions and not self.settings.possible(self.settings.narrowed(run.conditions)):
            return None
        found = [self._solves(run, question, name, value) for question in questions]
        if any(v.outcome is Outcome.CORRECT for v in found):
            return Verdict(Outcome.CORRECT, "solves")
        if not refute or any(v.outcome is not Outcome.INCORRECT for v in found):
            return None
        others = [Stated(run, e.operands[0], e.operands[1]) for e in world.related if isinstance(e, T.Rel)]
        wider = [self._solves(run, question, name, value) for question in others]
        wider += [self._solves(run, question, name, value, self.settings.families) for question in questions]
        return found[0] if all(v.outcome is Outcome.INCORRECT for v in wider) else None

    def _solves(
        self, run: Run, equation: Stated, name: T.Node, value: T.Node, sisters: Sequence[Judge] = ()
    ) -> Verdict:
        """Whether all signs of a value satisfy an equation with the name, or the unknown it is a root of, replaced; in
        sister worlds as well, if any are given."""
        if isinstance(name, T.Tup):
            return self._all_solved(run, equation, name, value)
        assert isinstance(name, T.Name)
        inside = T.names_in(equation.rel)
        unknown = name if name.key in inside or name.base not in inside else T.Name(name.base)
        worst = Verdict(Outcome.CORRECT, "solves")
        for one in _signs(value):
            pairs = self._put(run, equation, unknown, one, unknown.key in inside)
            pairs += [(judge, pairs[0][1]) for judge in sisters] if pairs else []
            if any(agrees(judge, *sides) for judge, sides in pairs):
                continue
            if unknown.key in inside and pairs and all(differ_clearly(judge, *sides) for judge, sides in pairs):
                witness = equal(pairs[-1][0], *pairs[-1][1]).witness
                if witness is not None:
                    return Verdict(Outcome.INCORRECT, "does_not_solve", witness)
            worst = Verdict(Outcome.UNDECIDED, equal(pairs[-1][0], *pairs[-1][1]).note if pairs else "no_world")
        return worst

    def _put(
        self, run: Run, equation: Stated, unknown: T.Name, value: T.Node, directly: bool
    ) -> list[tuple[Judge, tuple[T.Node, T.Node]]]:
        """An equation with a value put in, in the worlds of a place; a name behind definitions is set in the world."""
        if directly:
            sides = (
                _replaced(equation.left, unknown, value),
                _replaced(equation.right, unknown, value),
            )
            return [(j, sides) for j in self.settings.current(run) if self.settings.possible(j)]
        given = T.Rel((T.Name(unknown.base, unknown.sub, unknown.marks.replace("^*", "")), value), ("=",))
        values = tuple(v for v in self.settings.in_force(run) if isinstance(v, T.Rel) and v.operands[0] != unknown)
        judges = [self.settings.narrowed((*run.conditions, given)), self.settings.narrowed((*values, given))]
        return [(j, (equation.left, equation.right)) for j in judges if self.settings.possible(j)]

    def _all_solved(self, run: Run, equation: Stated, name: T.Tup, value: T.Node) -> Verdict:
        if not isinstance(value, T.Tup) or len(value.items) != len(name.items):
            return Verdict(Outcome.UNDECIDED, "not_confirmed")
        given = tuple(T.Rel((n, v), ("=",)) for n, v in zip(name.items, value.items, strict=True))
        judge = self.settings.narrowed((*run.conditions, *given))
        same = agrees(judge, equation.left, equation.right)
        return Verdict(Outcome.CORRECT if same else Outcome.UNDECIDED, "solves" if same else "not_confirmed")

    def arrow(self, run: Run, k: int, left: T.Node, relation: str, right: T.Node) -> Verdict | None:
        """An inequality behind an arrow: `correct` if it follows from what stands before the arrow.

        `incorrect` if a double arrow joins conditions that hold for different values.
        """
        premise = run.premise
        if run.lead not in ("=>", "<=>") or premise is None or k:
            return None
        wanted = T.Rel((left, right), (relation,))
        judges = [j for j in self.settings.current(run) if self.settings.possible(j)]
        if run.lead == "<=>":
            same = [equivalent(judge, premise, wanted) for judge in judges]
            if any(v.outcome is Outcome.CORRECT for v in same):
                return Verdict(Outcome.CORRECT, "same_solutions")
            if all(v.outcome is Outcome.INCORRECT for v in same):
                if self.in_part(run, (premise, wanted), equivalent):
                    return Verdict(Outcome.UNDECIDED, "fails_in_part", same[-1].witness)
                return Verdict(Outcome.INCORRECT, "condition_differs", same[-1].witness)
            return None
        if any(follows(judge, premise, wanted).outcome is Outcome.CORRECT for judge in judges):
            return Verdict(Outcome.CORRECT, "follows")
        return None


def _signs(value: T.Node) -> list[T.Node]:
    """The values that a formula with ± stands for, or the members of a set."""
    if isinstance(value, T.SetOf):
        return [v for item in value.items for v in _signs(item)]
    if not any(isinstance(n, T.PlusMinus) for n in T.walk(value)):
        return [value]
    return [signed(value, 1), signed(value, -1)]


def _replaced(side: T.Node, unknown: T.Name, value: T.Node) -> T.Node:
    return T.rebuild(side, lambda n: value if isinstance(n, T.Name) and n.key == unknown.key else None)
