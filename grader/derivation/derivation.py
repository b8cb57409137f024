"""All links of a part judged in order: verdicts, slips and consequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.derivation.links import Call, LinkJudge
from grader.derivation.runs import Run
from grader.derivation.settings import Settings
from grader.derivation.slips import Broken, repaired, source_of
from grader.errors import BUGS, EvaluationError
from grader.maths import syntax as T
from grader.maths.diagnose import diagnose, mended
from grader.model import Outcome, Verdict

_MOST_COMPARED = 12


@dataclass(frozen=True, slots=True)
class Link:
    """One judged link: `members[k] relation members[k + 1]` of a run.

    `repairs` and `consequence_of` are numbers of other links; `charged` says that this failing link is an error of its
    own, `repaired_by` that a later line is right again.
    """

    number: int
    run: Run
    k: int
    kind: str
    verdict: Verdict
    diagnosis: str | None = None
    repairs: int | None = None
    repaired_by: int | None = None
    consequence_of: int | None = None
    charged: bool = False

    @property
    def left(self) -> T.Node:
        return self.run.members[self.k]

    @property
    def right(self) -> T.Node:
        return self.run.members[self.k + 1]

    @property
    def fails(self) -> bool:
        return self.verdict.outcome is Outcome.INCORRECT


def judged(settings: Settings, runs: Sequence[Run], inferred: frozenset[str], own: frozenset[str]) -> list[Link]:
    """The links of all runs of a part (asides among them), in order."""
    judge = LinkJudge(settings, [r for r in runs if r.chain is None or not r.chain.aside], inferred, own)
    out: list[Link] = []
    broken: list[Broken] = []
    sound: list[T.Node] = []
    named: int | None = None  # the link that gave a discriminant a wrong value
    for run in runs:
        goes_on = run.before is not None and not run.lead and run.chain is not None
        sound = [*sound, run.members[0]] if goes_on and _claims(run) else [run.members[0]]
        failing: int | None = None  # the link of this run that broke and is not yet repaired
        for k in range(len(run.relations)):
            call = _called(judge, run, k)
            link = Link(len(out), run, k, call.kind, call.verdict)
            if run.relations[k] == "=" and call.kind == "identity":
                link = _followed(link, settings, sound, failing, broken, out)
                if link.fails:
                    failing = link.number
                    broken.append(Broken(link.number, link.left, link.right))
                elif link.repairs is not None:
                    failing = None
                elif failing is not None and link.verdict.outcome is Outcome.CORRECT:
                    link = replace(link, consequence_of=failing)
            elif link.fails:
                cause = named if link.kind == "solution" else None  # roots of a wrong discriminant follow from it
                link = replace(link, charged=cause is None, consequence_of=cause)
                named = link.number if link.kind == "definition" else named
            if link.verdict.outcome is Outcome.CORRECT and failing is None:
                sound.append(link.right)
            judge.equations.broken = judge.equations.broken or link.fails
            out.append(link)
    return out


def _called(judge: LinkJudge, run: Run, k: int) -> Call:
    """The verdict on one link; what goes wrong in judging it is our fault and costs nobody anything."""
    try:
        return judge.call(run, k)
    except EvaluationError as error:
        return Call("statement", Verdict(Outcome.UNDECIDED, error.note, detail=error.detail))
    except BUGS as error:
        return Call("statement", Verdict(Outcome.FAULT, "fault", detail=f"{type(error).__name__}: {error}"))


def _claims(run: Run) -> bool:
    return run.chain is not None and not run.chain.aside


def _followed(
    link: Link,
    settings: Settings,
    sound: Sequence[T.Node],
    failing: int | None,
    broken: Sequence[Broken],
    out: list[Link],
) -> Link:
    """What a link is worth in the light of the lines before it."""
    outcome = link.verdict.outcome
    if outcome not in (Outcome.INCORRECT, Outcome.UNDECIDED):
        return link
    judges = [j for j in settings.current(link.run) if settings.possible(j)]
    before = [m for m in sound[-_MOST_COMPARED:] if m is not link.left]
    if (failing is not None or outcome is Outcome.UNDECIDED) and before and repaired(judges, link.right, before):
        if failing is not None:
            out[failing] = replace(out[failing], repaired_by=link.number)
        return replace(link, verdict=Verdict(Outcome.CORRECT, "agrees_with_earlier"), repairs=failing)
    if outcome is Outcome.UNDECIDED:
        return link
    source = source_of(judges, link.left, link.right, broken[-_MOST_COMPARED:])
    if len(broken) > _MOST_COMPARED:
        return replace(link, consequence_of=source, charged=source is None)
    found = diagnose(judges[-1], link.right, link.left) or mended(judges[-1], link.right, link.left)
    return replace(link, diagnosis=found, consequence_of=source, charged=source is None)
