"""Explanations in words: phrase tables with negation. They give `correct` or `undecided`, never `incorrect`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.checks.context import Finding, PartContext
from grader.checks.specs import ManualCheck, ProseCheck, ReviewCheck, Words
from grader.model import Outcome
from grader.reading.document import Block
from grader.reading.marks import folded


def check_prose(spec: ProseCheck, context: PartContext) -> Finding:
    """Some phrase, or one of each group of `together`, stands in the part's prose and nothing of `unless` does."""
    found = in_words(spec, context)
    if found.outcome is not Outcome.CORRECT:
        if spec.mentions and found.note in ("no_phrase_known", "no_words") and not speaks(spec.mentions, context):
            return Finding(Outcome.MISSING, "not_mentioned")
        return found
    if spec.clean and context.false_line is not None:
        return Finding(Outcome.UNDECIDED, "some_link_fails", (context.false_line,))
    text, story = _views(context)
    if any(re.search(pattern, view) for pattern in spec.minor for view in (text, story)):
        return Finding(Outcome.UNDECIDED, "over_claim", found.places, share=(0.75, 1.0))
    return found


def speaks(pattern: str, context: PartContext) -> bool:
    """Whether the part may speak of a matter at all; a part with unread lines, code or pictures always may."""
    return bool(context.text.unread or context.text.opaque) or any(re.search(pattern, view) for view in _views(context))


def passage(context: PartContext, after: str) -> str | None:
    """What stands behind the last occurrence of a pattern, folded; None where it does not occur."""
    text = folded(" ".join(context.text.written))
    found = [m.end() for m in re.finditer(after, text)]
    return text[found[-1] :] if found else None


def leaves_traces(pattern: str, context: PartContext, *, words: bool = False, after: str = "") -> bool:
    """Whether anything written in the part, words or formulas (only its `words` if asked, only what stands behind `after`
    where that occurs), may be about a step; unread lines, code and pictures always may."""
    written = [block.text for block in context.text.prose] if words else context.text.written
    behind = passage(context, after) if after else None
    text = _TO_SHOW.sub(" ", folded(" ".join(written)) if behind is None else behind)
    return bool(context.text.unread or context.text.opaque) or bool(re.search(pattern, text))


def left_off(context: PartContext) -> bool:
    """Whether the student says that the part is not finished."""
    text = folded(" ".join(context.text.written))
    return not context.text.unread and bool(_UNFINISHED.search(text) or _REMAINS.search(text))


_UNFINISHED = re.compile(
    r"\b(?:pas (?:eu )?(?:assez de |le )temps|(?:manque|faute) de temps|(?:ran|running) out of time|(?:no|not enough) time|todo\b|"
    r"unfinished|incomplet\w*|inacheve\w*|a (?:completer|finir|terminer)\b|to be (?:completed|continued|finished)|"
    r"(?:did not|didn't|could not|couldn't) (?:finish|complete)|pas (?:pu |su )?(?:fini|finir|terminer|termine)\b)"
)

_REMAINS = re.compile(
    r"\b(?:il (?:ne )?reste (?:plus qu'|seulement |juste )?a|it (?:only |just )?remains to|what remains is to)\b[^.$]*\.?\s*$"
)
"""The last words say what is still to be done."""

_TO_SHOW = re.compile(
    r"\b(?:(?:have|need|want|it remains|asked) to (?:show|prove)|must show"
    r"|(?:il faut|on veut|on doit|reste a) (?:montrer|prouver))\b[^.]*"
)
"""What is said to be still to show: the question repeated."""


def contrary(patterns: Sequence[str], context: PartContext) -> bool:
    """Whether words stand in the part that take back what its formulas show."""
    return any(re.search(pattern, view) for view in _views(context) for pattern in patterns) if patterns else False


def _views(context: PartContext) -> tuple[str, str]:
    """The part's prose without its formulas and with the inline ones."""
    return " ".join(folded(b.text) for b in context.text.prose), folded(" ".join(context.text.story))


def in_words(spec: ProseCheck | Words, context: PartContext) -> Finding:
    """Whether words of a table stand in the prose: `correct`, `undecided`, or `missing` in an empty part."""
    blocks = context.text.prose
    if not blocks:
        return Finding(Outcome.MISSING if context.text.empty else Outcome.UNDECIDED, "no_words")
    text, story = _views(context)
    place = (blocks[0].start, blocks[-1].end)
    if any(re.search(pattern, view) for pattern in spec.unless for view in (text, story)):
        return Finding(Outcome.UNDECIDED, "negated_or_contrary", (place,))
    ways = [[spec.phrases]] if spec.phrases else []
    ways += [list(spec.together)] if spec.together else []
    within = spec.within if isinstance(spec, Words) else 0
    for groups in ways:
        at = _together(text, groups, within)
        if at is not None:
            found = _block_at(blocks, at)
            return Finding(Outcome.CORRECT, "phrase", ((found.start, found.end),), {"quote": found.text[:200]})
        if _together(story, groups, within) is not None:
            return Finding(Outcome.CORRECT, "phrase", (place,))
    return Finding(Outcome.UNDECIDED, "no_phrase_known", (place,))


def _together(text: str, groups: Sequence[Sequence[str]], within: int) -> int | None:
    """Where the first group's phrase stands if every group is met (near it, if asked); None if not."""
    first = [m for p in groups[0] for m in re.finditer(p, text)]
    for lead in sorted(first, key=lambda m: m.start()):
        low, high = (max(lead.start() - within, 0), lead.end() + within) if within else (0, len(text))
        if all(any(re.search(p, text[low:high]) for p in group) for group in groups[1:]):
            return lead.start()
    return None


def _block_at(blocks: list[Block], offset: int) -> Block:
    """The block a place of the joined text lies in."""
    at = 0
    for block in blocks:
        at += len(folded(block.text)) + 1
        if offset < at:
            return block
    return blocks[-1]


def check_manual(spec: ManualCheck, context: PartContext) -> Finding:
    """For a person; what is there is shown."""
    if context.text.empty:
        return Finding(Outcome.MISSING, "nothing_handed_in")
    blocks = context.text.prose
    places = ((blocks[0].start, blocks[-1].end),) if blocks else ()
    words = sum(len(b.text.split()) for b in blocks)
    return Finding(Outcome.UNDECIDED, "for_a_person", places, {"words": words})


_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_QUOTED = 240
"""Characters of a quoted passage; the span leads to the rest."""


def check_review(spec: ReviewCheck, context: PartContext) -> Finding:
    """A text that only a person marks: how long it is, and for each prompt the first passage that speaks of it."""
    blocks = context.text.prose
    if context.text.empty:
        return Finding(Outcome.MISSING, "nothing_handed_in")
    passages: dict[str, str] = {}
    places: list[tuple[int, int]] = []
    for prompt, patterns in spec.prompts.items():
        for block in blocks:
            sentence = next((s for s in _SENTENCE.split(block.text) if _speaks(s, patterns)), None)
            if sentence is not None:
                passages[prompt] = sentence.strip()[:_QUOTED]
                places.append((block.start, block.end))
                break
    words = sum(len(b.text.split()) for b in blocks)
    evidence = {
        "words": words,
        "passages": passages,
        "without_passage": [prompt for prompt in spec.prompts if prompt not in passages],
        "bands": {points: text.model_dump() for points, text in spec.bands.items()},
    }
    places = places or [(block.start, blocks[-1].end) for block in blocks[:1]]
    return Finding(Outcome.UNDECIDED, "for_a_person", tuple(dict.fromkeys(places)), evidence)


def _speaks(sentence: str, patterns: tuple[str, ...]) -> bool:
    text = folded(sentence)
    return any(re.search(pattern, text) for pattern in patterns)
