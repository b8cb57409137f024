"""Figures as inline SVG: drawn with classes, so that style sheet and theme colour them; what they show also stands in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

_WIDTH: Final = 640
_HEIGHT: Final = 220


def range_bar(low: float, high: float, out_of: float) -> Markup:
    """A mark in one line: what is sure, then what is still possible. For the eye only: the numbers stand beside it."""
    if not out_of:
        return Markup("")
    sure, possible = 100 * low / out_of, 100 * max(high - low, 0) / out_of
    return Markup(
        '<svg class="range" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="range-all" width="100" height="6" rx="0"/><rect class="range-sure" width="{:.2f}" height="6"/>'
        '<rect class="range-open" x="{:.2f}" width="{:.2f}" height="6"/></svg>'
    ).format(sure, sure, possible)


def share_bar(share: float) -> Markup:
    """A share from 0 to 1 as a bar; the number stands beside it."""
    return Markup(
        '<svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="range-all" width="100" height="6"/><rect class="share-part" width="{:.2f}" height="6"/></svg>'
    ).format(100 * share)


def spark(counts: Sequence[int], label: str) -> Markup:
    """A small histogram without axes."""
    most = max(counts, default=0) or 1
    step = 100 / max(len(counts), 1)
    bars = Markup("").join(
        Markup('<rect class="column" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/>').format(
            i * step + 0.8, 40 - h, step - 1.6, h
        )
        for i, n in enumerate(counts)
        if n and (h := max(1.5, 38 * n / most))
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 100 42" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<line class="axis" x1="0" x2="100" y1="41" y2="41"/>{}</svg>'
    ).format(label, bars)


def histogram(counts: Sequence[int], out_of: float, label: str) -> Markup:
    """Counts over ten bins of equal width from 0 to `out_of`, with both axes."""
    left, bottom, top = 34, 30, 18
    most = max(counts, default=0)
    ceiling = _ceiling(most)
    wide, high = _WIDTH - left - 8, _HEIGHT - bottom - top
    step = wide / max(len(counts), 1)
    parts = []
    for tick in range(0, ceiling + 1, max(1, ceiling // 4)):
        y = top + high * (1 - tick / ceiling)
        parts.append(
            Markup(
                '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
                '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
            ).format(left, _WIDTH - 8, y, y, left - 8, y + 4, tick)
        )
    for i, n in enumerate(counts):
        if not n:
            continue
        h = high * n / ceiling
        x, y = left + i * step + 3, top + high - h
        parts.append(
            Markup(
                '<rect class="column" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>'
                '<text class="count" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>'
            ).format(x, y, step - 6, h, x + (step - 6) / 2, y - 5, n)
        )
    for i in range(0, len(counts) + 1, 2):
        value = f"{out_of * i / max(len(counts), 1):.3g}"
        parts.append(
            Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                left + i * step, _HEIGHT - 8, value
            )
        )
    base = top + high
    axis = Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(left, _WIDTH - 8, base, base)
    return Markup('<svg class="histogram" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        _WIDTH, _HEIGHT, label, Markup("").join(parts), axis
    )


def _ceiling(most: int) -> int:
    """The end of the upright axis: a multiple of four that is not below the tallest bar."""
    return max(4, -(-most // 4) * 4)
