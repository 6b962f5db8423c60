"""Draws who held an address over time, what a probe of it saw, and what became of connections to it.

Several pictures side by side share their scales, so that one can be held against the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

HOLDS = ("#2b6cb0", "#2f855a", "#b7791f", "#6b46c1", "#b83280", "#2c7a7b")  # one for each node, and again
ANSWERED, SILENT, CONNECTIONS, LINES, WORDS = "#9ae6b4", "#e53e3e", "#4a5568", "#cbd5e0", "#1a202c"
STYLE: Any = {  # matplotlib names every key of it in the type
    "svg.fonttype": "none",  # text stays text: smaller, and found by a search
    "svg.hashsalt": "timeline",  # the same run gives the same file
    "font.size": 9,
    "text.color": WORDS,
    "axes.labelcolor": WORDS,
    "axes.edgecolor": LINES,
    "xtick.color": WORDS,
    "ytick.color": WORDS,
}
WIDTH, LANE, PROBE, BELOW, AROUND = 7.2, 0.3, 0.28, 0.75, 0.95  # inches
TOLD_SHARE = 0.04  # a silence of such a share of the picture has its length beside it
THINNEST = 0.6  # points: what lasts a millisecond must be seen too
MARKS_CHARACTERS = 34  # as many fit over the picture side by side; more of them take another line


@dataclass(frozen=True)
class Timeline:
    """One picture. All times are seconds from its start."""

    title: str
    holders: Sequence[tuple[float, tuple[str, ...]]]
    """From when on who held the address; the last entry is the end."""
    nodes: Sequence[str]
    """Every node, from top to bottom."""
    silences: Sequence[tuple[float, float]] = ()
    """From when to when the probe had no answer; none: all were answered."""
    marks: Sequence[tuple[float, str]] = ()
    """What was done, and when."""
    connections: Sequence[tuple[float, int]] = ()
    """From when on how many of the connections were answered that were open at the start; none: nobody looked."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        times = [when for when, _ in (*self.holders, *self.marks, *self.connections)]
        return max([*times, *(end for _, end in self.silences), 0.001])


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
    """Writes one picture as SVG: see `Timeline` for what is what."""
    draw_timelines(path, [Timeline(title, holders, nodes, silences, marks, connections)])


def draw_timelines(path: Path, timelines: Sequence[Timeline]) -> None:
    """Writes the pictures side by side, as one SVG."""
    watched = any(one.connections for one in timelines)
    heights = [LANE * max(len(one.nodes) for one in timelines), PROBE, *([BELOW] if watched else [])]
    rows = max(len(_rows(one)) for one in timelines)
    height = sum(heights) + AROUND + 0.15 * rows
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH * len(timelines) ** 0.6, height), layout="constrained")
        drawn = figure.subplots(
            len(heights), len(timelines), sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
        )
        for column, one in enumerate(timelines):
            axes = [row[column] for row in drawn]
            _holders(axes[0], one)
            _probe(axes[1], one)
            if watched:
                _connections(axes[2], one, max((n for t in timelines for _, n in t.connections), default=0))
            _marks(axes, one)
            axes[0].set_xlim(0, max(each.seconds for each in timelines))
            axes[-1].set_xlabel("seconds")
            axes[0].set_title(one.title, fontsize=10, fontweight="bold", pad=5 + 11 * rows)
            if column:
                for each in axes:
                    each.tick_params(labelleft=False)
        save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Writes it as SVG, the same for the same figures; within a context of STYLE."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")


def _holders(axes: Axes, one: Timeline) -> None:
    """A lane for each node, and red over all of them while nobody held the address."""
    for place, node in enumerate(one.nodes):
        spans = [(since, until) for since, until, names in _spans(one.holders) if node in names]
        _bars(axes, spans, place, HOLDS[place % len(HOLDS)])
    nobody = [(since, until) for since, until, names in _spans(one.holders) if not names]
    for since, until in nobody:
        axes.axvspan(since, until, facecolor=SILENT, edgecolor=SILENT, linewidth=THINNEST, alpha=0.3)
    axes.set_ylim(len(one.nodes) - 0.5, -0.5)
    axes.set_yticks(range(len(one.nodes)), one.nodes)
    axes.tick_params(length=0)


def _probe(axes: Axes, one: Timeline) -> None:
    """Green while the address answered, red while it did not."""
    _bars(axes, [(0, one.seconds)], 0, ANSWERED)
    _bars(axes, one.silences, 0, SILENT)
    for since, until in one.silences:
        if until - since >= TOLD_SHARE * one.seconds:
            axes.text((since + until) / 2, 0, f"{until - since:.1f} s", color="white", ha="center", va="center")
    axes.set_ylim(-0.5, 0.5)
    axes.set_yticks([0], ["answers"])
    axes.tick_params(length=0)


def _connections(axes: Axes, one: Timeline, most: int) -> None:
    """How many of the connections that were open at the start were answered."""
    if one.connections:
        last = (one.seconds, one.connections[-1][1])
        times, alive = zip(*one.connections, last, strict=True)
        axes.fill_between(times, alive, step="post", color=CONNECTIONS, alpha=0.25, linewidth=0)
        axes.step(times, alive, where="post", color=CONNECTIONS, linewidth=1.2)
        axes.text(one.seconds, last[1], f"{last[1]} of {one.connections[0][1]} ", ha="right", va="bottom")
    axes.set_ylim(0, 1.35 * max(most, 1))
    axes.set_yticks([0, most], ["0", f"connections {most}"])
    axes.tick_params(length=0)


def _marks(axes: Sequence[Axes], one: Timeline) -> None:
    """A dotted line through the picture for each mark, its words on top."""
    for row, marks in enumerate(_rows(one)):
        for when, words in marks:
            for each in axes:
                each.axvline(when, color=WORDS, linewidth=0.7, linestyle=":")
            right = when > 0.8 * one.seconds
            axes[0].annotate(
                words,
                (when, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3 + 11 * row),
                textcoords="offset points",
                ha="right" if right else "left",
                fontsize=8,
            )


def _rows(one: Timeline) -> list[list[tuple[float, str]]]:
    """The marks in lines one over the other, so that the words of two of them do not meet."""
    rows: list[tuple[float, list[tuple[float, str]]]] = []
    for when, words in sorted(one.marks):
        width = (len(words) + 2) / (2 * MARKS_CHARACTERS) * one.seconds
        begin = when - width if when > 0.8 * one.seconds else when
        for place, (until, row) in enumerate(rows):
            if begin >= until:
                rows[place] = (begin + width, [*row, (when, words)])
                break
        else:
            rows.append((begin + width, [(when, words)]))
    return [row for _, row in rows]


def _spans(holders: Sequence[tuple[float, tuple[str, ...]]]) -> Iterator[tuple[float, float, tuple[str, ...]]]:
    for (since, names), (until, _) in pairwise(holders):
        yield since, until, names


def _bars(axes: Axes, spans: Sequence[tuple[float, float]], place: int, color: str) -> None:
    widths = [(since, until - since) for since, until in spans]
    axes.broken_barh(widths, (place - 0.32, 0.64), facecolor=color, edgecolor=color, linewidth=THINNEST)
