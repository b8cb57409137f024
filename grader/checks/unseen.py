"""What a step earns that its check did not see: right where every line holds and the answers are right, missing where
nothing in a short part can speak of it, half at most where only words do, else open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from grader.checks.context import Finding, PartContext
from grader.checks.prose import leaves_traces, left_off, passage
from grader.checks.specs import CheckBase
from grader.derivation.derivation import Link
from grader.maths import syntax as T
from grader.model import Outcome, Role

_UNSEEN: Final = frozenset({"not_found", "some_link_unclear"})
_UNSEEN_AT_ALL: Final = frozenset({"not_found", "no_phrase_known", "no_words"})
_FEW_WORDS: Final = 80
_FEW_LINKS: Final = 12
"""Only in a part this short can what it does not speak of be called missing."""
_HARDLY: Final = 3
"""Links of a part in which hardly a formula is written."""
_FOREIGN: Final = frozenset({"unknown_name", "unknown_function", "shape"})
"""Notes of links that are written in names or objects the part's world does not have."""
_GIVEN: Final = frozenset({"hypothesis", "value", "membership", "goal"})
"""Kinds of links that work nothing out."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A part once all its checks were run: its context, their outcomes by id (kept up to date by `settled`), whether an
    answer stands elsewhere, whether nothing but answers stands here, and whether every line belongs to a step found."""

    context: PartContext
    outcomes: dict[str, Outcome]
    given: bool
    misplaced: bool
    answers_only: bool
    accounted: bool

    @classmethod
    def of(
        cls, context: PartContext, found: Sequence[tuple[CheckBase, Finding]], *, given: bool, misplaced: bool
    ) -> Unseen:
        """The part with the findings of its checks; `given`: the statement gives the result."""
        outcomes = {spec.id: finding.outcome for spec, finding in found}
        asked = given or any(spec.alone < 1 for spec, _ in found)
        only = asked and not misplaced and _only_answers(context, found)
        return cls(context, outcomes, given, misplaced, only, _accounted(context, found))

    def settled(self, spec: CheckBase, finding: Finding) -> Finding:
        """A finding in the light of the others; its outcome counts for those settled after it."""
        finding = self._shown(spec, finding)
        if not self.misplaced:
            finding = self._alone(spec, self._unwritten(spec, self._without_trace(spec, finding)))
        self.outcomes[spec.id] = finding.outcome
        return finding

    def _shown(self, spec: CheckBase, finding: Finding) -> Finding:
        """A step that no known way leads through, in a part whose lines all hold and end at the right answer."""
        context = self.context
        if finding.note == "rests_on_others" and finding.waits:
            if any(self.outcomes.get(n) is Outcome.CORRECT for n in spec.needs):
                return replace(finding, outcome=Outcome.CORRECT, note="all_links_hold", waits=False)
        if spec.shown is None or finding.note not in _UNSEEN:
            return finding
        finals = (self.outcomes.get(n) for n in spec.shown.final)
        if not all(o is Outcome.CORRECT for o in finals) or any(link.charged for link in context.false_links):
            return finding
        if context.confirmed(spec.shown.has) < spec.shown.links or context.impossible_equation:
            return finding
        if spec.shown.names and not context.together(spec.shown.names):
            return finding
        return replace(finding, outcome=Outcome.CORRECT, note="every_line_holds", share=None)

    def _without_trace(self, spec: CheckBase, finding: Finding) -> Finding:
        """A step of which nothing in the part, words or formulas, can speak is missing."""
        context = self.context
        if finding.note in _UNSEEN_AT_ALL and self.accounted and left_off(context):
            return replace(finding, outcome=Outcome.MISSING, note="left_off", share=None)
        if not _whole(context):
            return finding
        if finding.note == "cases_left" and finding.share is None and spec.traces:
            return finding if leaves_traces(spec.traces, context) else replace(finding, share=(0.0, 0.5))
        behind = passage(context, spec.traces_after) if spec.traces_after else None
        if behind is None and (len(context.links) > _FEW_LINKS or _words(context) > _FEW_WORDS):
            return finding  # a long text may say it in ways we do not know
        if behind is not None and len(behind.split()) > _FEW_WORDS:
            return finding
        unseen = finding.note in _UNSEEN_AT_ALL
        if unseen and spec.traces and not leaves_traces(spec.traces, context, after=spec.traces_after):
            if spec.unsaid:
                return replace(finding, note="not_mentioned", share=(0.0, spec.unsaid))
            return replace(finding, outcome=Outcome.MISSING, note="not_mentioned", share=None)
        leads = [self.outcomes.get(n) for n in spec.needs]
        rests = unseen or finding.note in ("rests_on_others", "negated_or_contrary")
        if rests and leads and all(o is Outcome.MISSING for o in leads):
            if spec.role is Role.EXPLANATION and not context.text.empty:
                return replace(finding, outcome=Outcome.UNDECIDED, note="rests_on_others", share=(0.0, 0.5))
            return replace(finding, outcome=Outcome.MISSING, note="rests_on_missing", places=(), share=None)
        return finding

    def _unwritten(self, spec: CheckBase, finding: Finding) -> Finding:
        """A step of which no formula has any of the shapes it would have, where few are written: in words at most."""
        context = self.context
        if not spec.written or not _whole(context) or len(context.links) > _HARDLY:
            return finding
        tried = finding.note == "some_link_fails"
        if not tried and (finding.note not in _UNSEEN_AT_ALL or finding.share is not None):
            return finding
        trees = [line.tree for chain in context.text.chains for line in chain.lines]
        trees += [bare.line.tree for bare in context.text.bare]
        if any(context.shape(name, tree) for tree in trees if tree is not None for name in spec.written):
            return finding
        if any(link.verdict.note in _FOREIGN or _leads(link) for link in context.links):
            return finding  # `v(w) - \\gamma e_1 e_1^T w`, `J - \\gamma diag(1, 0, 0) = ..`: a formula that may be the step
        return replace(finding, note=finding.note if tried else "in_words_only", share=(0.0, 0.5))

    def _alone(self, spec: CheckBase, finding: Finding) -> Finding:
        """A step in a part that claims nothing but its answers: restating a given result earns nothing."""
        unseen = finding.note in _UNSEEN_AT_ALL and finding.share is None
        if not self.answers_only or spec.role is not Role.DERIVATION or not unseen:
            return finding
        if not self.given:
            alone = replace(finding, note="answers_alone", share=(0.0, spec.alone))
            return alone if spec.alone < 1 else finding
        if spec.traces and not leaves_traces(spec.traces, self.context, words=True):
            return replace(finding, outcome=Outcome.MISSING, note="not_mentioned")
        return replace(finding, note="in_words_only", share=(0.0, 0.5))


def _leads(link: Link) -> bool:
    """Whether a confirmed line goes on from one formula to another: something is worked out in it."""
    sides = (T.unboxed(link.left), T.unboxed(link.right))
    named = any(isinstance(side, (T.Name, T.Num, T.Apply, T.Deriv, T.Call, T.KL)) for side in sides)
    return link.verdict.outcome is Outcome.CORRECT and link.kind == "identity" and not named


def _whole(context: PartContext) -> bool:
    """Whether everything in the part that may be mathematics was read."""
    return not context.text.unread and not context.written_plainly


def _words(context: PartContext) -> int:
    return sum(len(block.text.split()) for block in context.text.prose)


def _accounted(context: PartContext, found: Sequence[tuple[CheckBase, Finding]]) -> bool:
    """Whether every line that works something out belongs to a step that was found: no other step hides in one."""
    seen = [place for _, finding in found if finding.outcome is Outcome.CORRECT for place in finding.places]

    def covered(node: T.Node) -> bool:
        return any(a <= node.start and node.end <= b for a, b in seen)

    return all(
        link.kind in (*_GIVEN, "definition")
        or covered(link.left if isinstance(link.right, T.Num) else link.right)
        or all(isinstance(side, (T.Name, T.Num)) for side in (link.left, link.right))
        or (isinstance(link.left, T.Name) and link.left.key in context.base.world.definitions)
        for link in context.links
    )


def _only_answers(context: PartContext, found: Sequence[tuple[CheckBase, Finding]]) -> bool:
    """Whether nothing is claimed in a short part but its final answers: no step is written down."""
    if not _whole(context) or not context.text.chains or _words(context) > _FEW_WORDS:
        return False
    answers = [
        place for spec, f in found if spec.role is Role.FINAL_ANSWER and f.note != "phrase" for place in f.places
    ]
    worked = (link for link in context.links if link.kind not in _GIVEN)
    return bool(answers) and all(any(a <= k.right.start and k.right.end <= b for a, b in answers) for k in worked)
