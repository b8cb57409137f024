"""All that people ever gave to a submission, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from grader.gradebook import Override
from grader.report.visible import visible

_WORDS: Final = {
    "none": {"en": "{0}: nothing was ever given by hand", "fr": "{0} : rien n'a été donné à la main"},
    "counts": {"en": "counts", "fr": "compte"},
    "replaced": {"en": "replaced", "fr": "remplacé"},
    "withdrawn": {"en": "withdrawn", "fr": "retiré"},
    "by": {"en": "by {0}, {1}", "fr": "par {0}, {1}"},
    "stale": {"en": "the text has changed since", "fr": "le texte a changé depuis"},
    "several": {"en": "decided for several at once", "fr": "décidé pour plusieurs à la fois"},
}


def show_history(
    submission: str, overrides: Sequence[Override], *, lang: str = "en", console: Console | None = None
) -> None:
    """Print one entry per override, oldest first: points, who, when, why, and what became of it."""
    console = console or Console(highlight=False)
    if not overrides:
        console.print(Text(_WORDS["none"][lang].format(submission)))
        return
    console.print(Text(submission, style="bold"))
    for o in overrides:
        place = f"{o.part}.{o.check}" if o.check else o.part
        line = Text.assemble(f"  {o.created_at[:16].replace('T', ' ')}  ", (f"{place}: {o.points:g}", "bold"))
        line.append(f"  {visible(o.author)}: {visible(o.reason)}")
        if o.decision is not None:
            line.append(f" ({_WORDS['several'][lang]})", style="bright_black")
        console.print(line)
        if o.active:
            console.print(Text(f"    {_WORDS['counts'][lang]}", style="green"), end="")
            console.print(Text(f", {_WORDS['stale'][lang]}" if o.stale else "", style="magenta"))
        else:
            end = f"    {_WORDS[o.ended_how][lang]} {o.ended_at[:16].replace('T', ' ')} "
            console.print(
                Text(end + _WORDS["by"][lang].format(visible(o.ended_by), visible(o.ended_why)), style="bright_black")
            )
