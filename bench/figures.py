"""The figures of one group: taken during a run, written by it, and read for the document. Pure but for the file."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

DASH = "\N{EN DASH}"
DIGITS = 4  # behind the point: a tenth of a millisecond


@dataclass(frozen=True)
class Figure:
    """What was measured of one thing, each time: `drain`, `by hand`, `packets lost`, [0, 0, 1]."""

    row: str
    column: str
    measure: str
    values: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> str:
        """`0.52 (0.50-0.57)`; `0` where it was the same each time."""
        least, most = min(self.values), max(self.values)
        if least == most:
            return number(self.median)
        return f"{number(self.median)} ({number(least)}{DASH}{number(most)})"


@dataclass
class Figures:
    """All of one group, with where and when they were taken."""

    group: str
    machine: str
    date: str
    versions: Mapping[str, str]
    size: str
    """`small`: taken to see that it works; `full`: as the document wants them."""
    load: float
    """What else the machine had to do when it began: the load average of one minute."""
    failed: str = ""
    """Why it ended before all was taken, in a line."""
    figures: list[Figure] = field(default_factory=list)
    timelines: list[dict[str, Any]] = field(default_factory=list)
    """What pictures are drawn from, see `timeline.Timeline`."""

    def note(self, row: str, column: str, measure: str, value: float) -> None:
        """Takes one more value."""
        found = self.find(row, column, measure)
        if found is None:
            found = Figure(row, column, measure, [])
            self.figures.append(found)
        found.values.append(round(float(value), DIGITS))

    def find(self, row: str, column: str, measure: str) -> Figure | None:
        """What was measured of this; None: it was not."""
        return next((one for one in self.figures if (one.row, one.column, one.measure) == (row, column, measure)), None)

    def rows(self, measure: str) -> list[str]:
        """In the order in which they were taken."""
        return list(dict.fromkeys(one.row for one in self.figures if one.measure == measure))

    def columns(self, *measures: str) -> list[str]:
        """In the order in which they were taken."""
        return list(dict.fromkeys(one.column for one in self.figures if one.measure in measures))

    def write(self, folder: Path) -> Path:
        """Writes `folder`/GROUP.json."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.group}.json"
        path.write_text(_json(asdict(self)))
        return path


def read(path: Path) -> Figures:
    """What a run has written."""
    found = json.loads(path.read_text())
    return Figures(**found | {"figures": [Figure(**one) for one in found["figures"]]})


def table(figures: Figures, measure: str, columns: Iterable[str], *, first: str = "") -> list[str]:
    """A table in Markdown: a row a line, the medians of `measure` with their spread."""
    columns = list(columns)
    lines = [f"| {first} | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for row in figures.rows(measure):
        cells = [figures.find(row, column, measure) for column in columns]
        lines.append(f"| {row} | {' | '.join(one.spread if one else '' for one in cells)} |")
    return lines


def ratios(figures: Figures, measure: str, base: str, columns: Iterable[str], *, first: str = "") -> list[str]:
    """The same, but how many times the median of the column `base` each is; without it where that is nothing."""
    columns = [column for column in columns if column != base]
    lines = [f"| {first} | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for row in figures.rows(measure):
        beside = figures.find(row, base, measure)
        cells = []
        for column in columns:
            one = figures.find(row, column, measure)
            cells.append(number(one.median / beside.median) if one and beside and beside.median else "")
        if any(cells):
            lines.append(f"| {row} | {' | '.join(cells)} |")
    return lines


def number(value: float) -> str:
    """As many digits as say something: `0.046`, `1.38`, `14.7`, `289`, `1,240`."""
    if value == 0 or abs(value) >= 100 or (value == int(value) and abs(value) >= 1):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


def _json(found: Mapping[str, Any]) -> str:
    """A figure a line: a diff shows what has changed."""
    head = {key: value for key, value in found.items() if key not in ("figures", "timelines")}
    parts = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    for key in ("figures", "timelines"):
        lines = ",\n".join(f"    {json.dumps(one)}" for one in found[key])
        parts.append(f"  {json.dumps(key)}: [\n{lines}\n  ]" if lines else f"  {json.dumps(key)}: []")
    return "{\n" + ",\n".join(parts) + "\n}\n"
