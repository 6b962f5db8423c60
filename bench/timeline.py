"""Draws who held an address over time, and when clients had no answer, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

WIDTH, LEFT, LANE, TOP = 720, 80, 24, 46
HOLDS, SILENT, LINES, WORDS = "#2b6cb0", "#e53e3e", "#cbd5e0", "#1a202c"
THINNEST = 1.0  # what lasts a millisecond must be seen too


def draw_timeline(
    path: Path,
    title: str,
    *,
    holders: Sequence[tuple[float, tuple[str, ...]]],
    nodes: Sequence[str],
    silences: Sequence[tuple[float, float]] = (),
    marks: Sequence[tuple[float, str]] = (),
    connections: Sequence[tuple[float, int]] = (),
) -> None:
    """Times are seconds from the start. The last of `holders` and of `connections` is the end; `silences`: from, to."""
    end = max([0.001, *(when for when, _ in (*holders, *marks)), *(until for _, until in silences)])
    rows = [*nodes, "no answer", *(["connections"] if connections else [])]
    bottom = TOP + LANE * len(rows)

    def x(seconds: float) -> float:
        return LEFT + (WIDTH - LEFT - 10) * max(0.0, seconds) / end

    def bar(row: str, since: float, until: float, colour: str) -> str:
        y, width = TOP + LANE * rows.index(row) + 4, max(THINNEST, x(until) - x(since))
        return f'<rect x="{x(since):.1f}" y="{y}" width="{width:.1f}" height="{LANE - 8}" fill="{colour}"/>'

    def text(at: float, y: float, words: str, anchor: str = "start") -> str:
        return f'<text x="{at:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'

    parts = [text(8, 16, title)]
    for place, row in enumerate(rows):
        y = TOP + LANE * place
        parts += [f'<path d="M{LEFT} {y}H{WIDTH - 10}" stroke="{LINES}"/>', text(8, y + 16, row)]
    parts.append(f'<path d="M{LEFT} {bottom}H{WIDTH - 10}" stroke="{LINES}"/>')
    for (since, names), (until, _) in pairwise(holders):
        parts += [bar(name, since, until, HOLDS) for name in names]
    parts += [bar("no answer", since, until, SILENT) for since, until in silences]
    parts += [text(x(when), TOP + LANE * len(rows) - 8, str(count)) for when, count in connections]
    for place, (when, words) in enumerate(marks):
        parts.append(f'<path d="M{x(when):.1f} {TOP - 4}V{bottom}" stroke="{WORDS}" stroke-dasharray="2 2"/>')
        parts.append(text(x(when) + 2, TOP - 6 - 11 * (place % 2), words))
    parts += [text(x(0), bottom + 14, "0 s"), text(x(end), bottom + 14, f"{end:.1f} s", "end")]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 20}" font-size="11"'
    path.write_text(f'{head} font-family="sans-serif" fill="{WORDS}">\n' + "\n".join(parts) + "\n</svg>\n")
