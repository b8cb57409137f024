"""What keeps a failing line from being called wrong: words that restrict it, names nobody explained, other readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from grader.derivation.nature import OPERATORS, Nature
from grader.derivation.runs import Run
from grader.derivation.settings import Settings
from grader.maths import syntax as T
from grader.maths.diagnose import slipped
from grader.maths.screening import apart, differ_clearly
from grader.maths.structured import KINDS
from grader.reading.phrases import (
    BUT,
    CASE_BEHIND,
    ELSEWHERE,
    LEADS_TO,
    NEXT_CASE,
    QUALIFIED,
    SPECIAL,
    TITLE,
    UP_TO,
    WOULD,
)

_MOST_READINGS = 6
_SENTENCES = 200
"""Characters before a formula in which words may have made a special case."""


class Once:
    """A question asked at most once, and only if its answer is needed."""

    def __init__(self, question: Callable[[], bool]) -> None:
        self._question = question
        self._answer: bool | None = None

    def __call__(self) -> bool:
        if self._answer is None:
            self._answer = self._question()
        return self._answer


class Doubts:
    """The doubts about lines of one part; `runs` are all its claims in order."""

    def __init__(self, settings: Settings, nature: Nature, runs: Sequence[Run]) -> None:
        self.settings = settings
        self.nature = nature
        self.runs = runs

    def qualified(self, run: Run, k: int | None = None) -> bool:
        """Whether words behind a claim restrict it, or those before it make it part of a contradiction."""
        chain = run.chain
        if chain is None:
            return False
        behind = bool(QUALIFIED.match(chain.after)) or (chain.kind == "inline" and bool(BUT.match(chain.after)))
        following = self.next_case(run) if behind and k is not None else None
        if following is not None and k is not None:
            judge = self.settings.narrowed(following.conditions)
            behind = not differ_clearly(
                judge, run.members[k], run.members[k + 1]
            )  # it may fail under the condition, too
        words = TITLE.sub(" ", chain.words.replace("i.e.", "ie"))
        if SPECIAL.search(chain.words[-_SENTENCES:]):
            return True  # `alpha is 1 and beta is -2`, in words alone
        if LEADS_TO.search(chain.words) and not (k is not None and self._fails_behind(run, k)):
            return True  # `\\psi_1 < 0 gives \\dot\\psi_1 > 0`: it is said of what stands before
        return chain.hypothetical or behind or bool(ELSEWHERE.search(words) or UP_TO.search(words))

    def _fails_behind(self, run: Run, k: int) -> bool:
        """Whether a link fails under the condition that leads to it, too."""
        before = next((r for r in reversed(self.runs) if r.order < run.order), None)
        if before is None:
            return False
        judge = self.settings.narrowed((*run.conditions, *before.equations))
        return self.settings.possible(judge) and differ_clearly(judge, run.members[k], run.members[k + 1])

    def only_supposed(self, run: Run) -> bool:
        """Whether a claim is in doubt only because it stands in a proof by contradiction or in some special case: no slip
        is explained by that."""
        chain = run.chain
        if chain is None or SPECIAL.search(chain.words[-_SENTENCES:]):
            return False
        if WOULD.search(f"{chain.words} {chain.after}") or LEADS_TO.search(chain.words):
            return False  # what leads to it may have changed it
        if chain.kind == "inline" and BUT.match(chain.after):
            return False
        return not QUALIFIED.match(chain.after) or bool(CASE_BEHIND.match(chain.after))

    def next_case(self, run: Run) -> Run | None:
        """The claim behind words such as "if" that stand behind a line, where its conditions were read."""
        if run.chain is None or not NEXT_CASE.match(run.chain.after):
            return None
        following = next((r for r in self.runs if r.order > run.order), None)
        if following is None or following.conditions in ((), run.conditions):
            return None
        return following if self.settings.possible(self.settings.narrowed(following.conditions)) else None

    def impossible(self, run: Run) -> bool:
        """Whether no values satisfy the conditions a run stands under: nothing is judged there."""
        return bool(run.conditions) and not self.settings.possible(self.settings.narrowed(run.conditions))

    def unexplained(self, *sides: T.Node) -> bool:
        """Whether names that nothing explains stand beside quantities of the part: they may mean anything."""
        names = {k for side in sides for k in self.nature.depends(side)}
        fresh, world = self.settings.fresh, self.settings.world
        among = bool(world.linear) or any(s.kind in KINDS for s in world.symbols.values())  # quantities with an index
        return bool(names & fresh) and any(k in world.symbols or (among and world.member(k)) for k in names - fresh)

    def unnamed(self, *sides: T.Node) -> bool:
        """Whether an expectation does not say under which of several distributions it is taken, or a density of a model
        stands without its variables: `\\log p` may be that of the joint or of what is given."""
        world = self.settings.world
        several = len(world.measures) > 1
        if several and any(n.dist is None for side in sides for n in T.of_kind(side, T.Expect)):
            return True
        return bool(world.joints) and any(_bare(side, frozenset(world.joints)) for side in sides)

    def for_all(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """Whether letters nobody explained are the arguments of a known function, and the sides differ whatever they are:
        `v(t, 0, 0) = ..` is said of every t."""
        if not isinstance(left, T.Apply):
            return False
        world, head = self.settings.world, left.head.key
        letters = {
            n.key for m in (left, right) for n in T.walk(m) if isinstance(n, T.Name) and n.key in self.settings.fresh
        }
        argued = {a.key for a in left.args if isinstance(a, T.Name) and not a.sub and not a.marks}
        told = {key for c in (*run.conditions, *self.settings.in_force(run)) for key in T.names_in(c)}
        known = head in world.definitions or head in world.functions
        return known and bool(letters) and letters <= argued - told and apart(self.settings.base, left, right)

    def generic(self, *sides: T.Node) -> bool:
        """Whether formulas rest on functions of which only properties are given."""
        world = self.settings.world
        names = {k.rstrip("'") for side in sides for k in self.nature.depends(side)}
        return bool(world.generic) and (bool(names & world.generic) or bool(names & set(world.functions)))

    def product(self, node: T.Node) -> bool:
        """`S(1 - S)`: read as a value of S, but it may be a product."""
        return any(isinstance(n, T.Apply) and any(n.head.key in T.names_in(a) for a in n.args) for n in T.walk(node))

    def slip(self, run: Run, left: T.Node, right: T.Node) -> bool:
        """Whether a failing equality is one slip away from one that holds everywhere, of a kind that no special case, no
        equation and no meaning of its letters explains."""
        explained = self.nature.defined(left) or any(isinstance(n, OPERATORS) for n in T.walk(left))
        if not explained:
            known = set(self.settings.world.symbols) | self.settings.fresh
            mine, theirs = (self.nature.depends(m) & known for m in (left, right))
            if not mine or mine != theirs:
                return False
        return any(slipped(judge, right, left) for judge in self.settings.current(run))

    def readings(self, run: Run, k: int, left: T.Node, right: T.Node) -> Iterator[tuple[T.Node, T.Node]]:
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


def _bare(node: T.Node, letters: frozenset[str]) -> bool:
    """Whether a density letter stands alone in a formula, other than as the distribution of an expectation or divergence."""
    if isinstance(node, T.KL):
        return False
    if isinstance(node, T.Expect):
        return _bare(node.body, letters)
    if isinstance(node, T.Name):
        return node.key in letters
    return any(_bare(child, letters) for child in T.children(node))
