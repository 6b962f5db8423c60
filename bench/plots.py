"""The pictures of docs/pictures, drawn from the figures that the runs have written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure as Drawing

from bench.figures import Figures, number
from bench.groups import failovers, scale
from bench.seen import SILENCE
from bench.timeline import STYLE, Timeline, draw_timelines, save

COLORS = ("#2b6cb0", "#63b3ed", "#b7791f", "#e53e3e", "#6b46c1", "#718096", "#2f855a", "#d53f8c", "#a0aec0", "#744210")
WIDTH, BAR = 7.2, 0.16  # inches
LEAST_MS = 1.0  # as often as the client asks


def draw(found: Mapping[str, Figures], folder: Path) -> None:
    """All those for which there are figures."""
    if "picture" in found:
        draw_timelines(folder / "deploy.svg", [Timeline(**one) for one in found["picture"].timelines])
    if "moves" in found:
        moves = found["moves"]
        _bars(folder / "moves.svg", moves, SILENCE, moves.columns(SILENCE), "longest silence, ms")
    if "failovers" in found:
        failed = found["failovers"]
        _bars(folder / "failovers.svg", failed, SILENCE, list(failovers.FAILURES), "silence, ms")
    if "scale" in found:
        _lines(folder / "scale.svg", found["scale"])


def _bars(path: Path, figures: Figures, measure: str, columns: list[str], label: str) -> None:
    """Bars side by side for each row, on a scale of powers of ten; the lines are least and most."""
    rows = figures.rows(measure)
    with mpl.rc_context(STYLE):
        drawing = Drawing(figsize=(WIDTH, 0.9 + BAR * (len(columns) + 1) * len(rows)), layout="constrained")
        axes = drawing.subplots()
        for place, column in enumerate(columns):
            for line, row in enumerate(rows):
                one = figures.find(row, column, measure)
                if one is None:
                    continue
                at = line + (place - (len(columns) - 1) / 2) / (len(columns) + 1)
                width = max(one.median, LEAST_MS)
                error = [[max(0.0, width - max(min(one.values), LEAST_MS))], [max(0.0, max(one.values) - width)]]
                axes.barh(
                    at,
                    width,
                    1 / (len(columns) + 1),
                    color=COLORS[place],
                    label=column if line == 0 else None,
                    xerr=error,
                    error_kw={"linewidth": 0.8},
                )
                axes.text(max(width, *one.values) * 1.1, at, number(one.median), va="center", fontsize=7)
        axes.set_xscale("log")
        most = max((max(one.values) for one in figures.figures if one.measure == measure), default=0)
        axes.set_xlim(LEAST_MS / 2, max(most, 10) * 2.5)
        axes.xaxis.set_major_formatter(lambda value, _: number(value))
        axes.xaxis.set_minor_formatter(lambda value, _: "")
        axes.set_yticks(range(len(rows)), [row.replace("`", "") for row in rows])
        axes.invert_yaxis()
        axes.set_xlabel(label)
        if rows:
            drawing.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=8)
        save(drawing, path)


def _lines(path: Path, figures: Figures) -> None:
    """Seconds by hosts, a line for each command."""
    with mpl.rc_context(STYLE):
        drawing = Drawing(figsize=(WIDTH, 3.6), layout="constrained")
        axes = drawing.subplots()
        for place, row in enumerate(figures.rows(scale.SECONDS)):
            points = [one for one in figures.figures if (one.row, one.measure) == (row, scale.SECONDS)]
            hosts = [int(one.column.split()[0]) for one in points]
            axes.plot(
                hosts, [one.median for one in points], "o-", color=COLORS[place], label=row.replace("`", ""), ms=3
            )
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: number(value))
        axes.set_xlabel("hosts")
        axes.set_ylabel("seconds")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
        save(drawing, path)
