"""What moved between two batches, for a terminal."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.gradebook import CheckMove, Difference, Move

_WHY = {
    "text": {"en": "the text changed since", "fr": "le texte a changé depuis"},
    "result": {"en": "the program now says otherwise", "fr": "le programme dit maintenant autre chose"},
    "lost": {"en": "is not in the new gradebook", "fr": "n'est pas dans le nouveau carnet"},
    "points": {"en": "the old gradebook has other points", "fr": "l'ancien carnet a d'autres points"},
}
_WORDS = {
    "submission": {"en": "submission", "fr": "remise"},
    "before": {"en": "before", "fr": "avant"},
    "after": {"en": "after", "fr": "après"},
    "min": {"en": "min", "fr": "min"},
    "max": {"en": "max", "fr": "max"},
    "because": {"en": "because of", "fr": "à cause de"},
    "checks": {"en": "check", "fr": "critère"},
    "moves": {"en": "moves", "fr": "bouge"},
    "none": {"en": "nobody moves", "fr": "personne ne bouge"},
    "summary": {"en": "{0} move, {1} do not", "fr": "{0} bougent, {1} non"},
    "conflicts": {"en": "overrides to look at again", "fr": "corrections manuelles à revoir"},
    "only_old": {"en": "only in the old one: {0}", "fr": "seulement dans l'ancien : {0}"},
    "only_new": {"en": "only in the new one: {0}", "fr": "seulement dans le nouveau : {0}"},
    "more": {"en": "and {0} more", "fr": "et {0} autres"},
}
_CHECKS_SHOWN = 4
_NAMES_SHOWN = 12


def show_difference(found: Difference, *, lang: str = "en", console: Console | None = None) -> None:
    """Print who moves and why, the checks that move most, overrides in conflict, and who is in one state only."""
    console = console or Console(highlight=False)
    if found.moves:
        console.print(_moves(found.moves, lang))
        console.print(_per_check(found.moves, lang))
    said = _WORDS["summary"][lang].format(len(found.moves), found.same) if found.moves else _WORDS["none"][lang]
    console.print(Text(said, style="bold"))
    if found.conflicts:
        console.print(Text(f"\n{_WORDS['conflicts'][lang]}:", style="yellow"))
        for c in found.conflicts:
            place = f"{c.part}{f' {c.check}' if c.check else ''}"
            line = f"  {c.submission}  {place}: {c.points:g} ({c.author}: {c.reason}), {_WHY[c.why][lang]}"
            if c.before != c.after:
                line += f" ({_range(c.before)} → {_range(c.after)})"
            console.print(Text(line))
    for kind, names in (("only_old", found.only_old), ("only_new", found.only_new)):
        if names:
            more = len(names) - _NAMES_SHOWN
            tail = [_WORDS["more"][lang].format(more)] if more > 0 else []
            console.print(Text(_WORDS[kind][lang].format(", ".join([*names[:_NAMES_SHOWN], *tail]))))


def _moves(moves: tuple[Move, ...], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_WORDS["submission"][lang], no_wrap=True, overflow="ellipsis", min_width=14)
    for name in ("before", "after", "min", "max"):
        table.add_column(_WORDS[name][lang], justify="right", no_wrap=True)
    table.add_column(_WORDS["because"][lang], overflow="fold")
    for move in moves:
        low, high = (move.after[i] - move.before[i] for i in (0, 1))
        causes = [_cause(c, lang) for c in move.checks[:_CHECKS_SHOWN]]
        if len(move.checks) > _CHECKS_SHOWN:
            causes.append(_WORDS["more"][lang].format(len(move.checks) - _CHECKS_SHOWN))
        if move.status_before != move.status_after:
            causes.insert(0, f"{move.status_before} → {move.status_after}")
        cells = (Text(move.submission), _range(move.before), _range(move.after), _signed(low), _signed(high))
        table.add_row(*cells, Text("\n".join(causes)))
    return table


def _cause(check: CheckMove, lang: str) -> str:
    title = check.title.get(lang) or check.title.get("en") or ""
    outcomes = f"{check.outcome_before or '–'} → {check.outcome_after or '–'}"
    if check.outcome_before == check.outcome_after:
        outcomes = check.outcome_after or ""
    points = f"{_range(check.before)} → {_range(check.after)}"
    return f"{check.part} {check.check}{f' ({title})' if title else ''}: {outcomes}, {points}"


def _per_check(moves: tuple[Move, ...], lang: str) -> Table:
    counts = Counter(f"{c.part} {c.check}" for move in moves for c in move.checks)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_WORDS["checks"][lang])
    table.add_column(_WORDS["moves"][lang], justify="right")
    for name, count in counts.most_common(_NAMES_SHOWN):
        table.add_row(name, str(count))
    return table


def _range(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return "–"
    low, high = (round(x, 2) for x in ends)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _signed(points: float) -> Text:
    points = round(points, 2)
    return Text("0" if points == 0 else f"{points:+g}", style="green" if points > 0 else "red" if points < 0 else "")
