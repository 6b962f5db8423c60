"""Who held which address over time, as rectangles of a drawing. Pure.

A run knows what it has looked at: between two looks that differ lies the change, and no look says where.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, NamedTuple

from keepalived.record.events import HeldThen, Line, Seen, Unanswered

WIDTH, MARGIN, RIGHT = 1000, 150, 20  # of the drawing, and of its left and right edges
ROW, GAP, AXIS = 16, 14, 24  # heights: of a node's row, between addresses, of the axis
APART = 14  # two numbers of steps
LEAST = 2  # what a silence is wide at least, to be seen
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
MOST_TICKS = 10
OPERATION = "--> Starting operation: "

Kind = Literal["held", "between", "unread", "asked", "lost"]
WORDS: dict[Kind, str] = {"held": "holds it", "between": "changed between two looks", "unread": "could not be read"}


class Bar(NamedTuple):
    """A rectangle, and what is told of it."""

    x: float
    y: float
    width: float
    height: float
    kind: Kind
    words: str


class Mark(NamedTuple):
    """A vertical line, or the name of a row."""

    x: float
    y: float
    words: str


class Drawing(NamedTuple):
    """One cluster over time."""

    height: float
    bars: list[Bar]
    ticks: list[Mark]
    steps: list[Mark]
    rows: list[Mark]
    titles: list[Mark]


def draw(seen: Seen, lines: list[Line], begin: float, end: float) -> Drawing:
    """The drawing of a cluster from the beginning of the run to its end."""
    span = max(end - begin, 0.001)

    def x(time: float) -> float:
        inside = min(max(time, begin), end) - begin
        return round(MARGIN + (WIDTH - MARGIN - RIGHT) * inside / span, 1)

    bars, rows, titles = [], [], []
    y = 0.0
    for address in seen.addresses:
        titles.append(Mark(0, y + ROW - 4, address))
        y += ROW
        for node in seen.nodes:
            rows.append(Mark(MARGIN - 8, y + ROW - 4, node))
            bars += [
                Bar(x(since), y + 2, max(x(until) - x(since), 0.5), ROW - 4, kind, f"{node}: {WORDS[kind]}")
                for since, until, kind in stretches(seen.looks, node, address)
            ]
            y += ROW
        if watched := seen.watched.get(address):
            rows.append(Mark(MARGIN - 8, y + ROW - 4, "a client"))
            asked = x(watched.last) - x(watched.first)
            bars.append(Bar(x(watched.first), y + ROW / 2 - 1, asked, 2, "asked", "a client asks, and is answered"))
            bars += [_silence(one, x(one.start), x(one.start + one.seconds), y) for one in watched.silences]
            y += ROW
        y += GAP
    begun = [line for line in lines if line.text.startswith(OPERATION)]
    steps = _numbered([x(line.time) for line in begun], y)
    ticks = [Mark(x(begin + seconds), y, clock(seconds)) for seconds in axis(span)]
    return Drawing(y + AXIS, bars, ticks, steps, rows, titles)


def _numbered(places: list[float], y: float) -> list[Mark]:
    """The steps with their numbers, but for those that would cover one another."""
    marks: list[Mark] = []
    shown = float(-APART)
    for number, place in enumerate(places, 1):
        marks.append(Mark(place, y, str(number) if place - shown >= APART else ""))
        shown = place if marks[-1].words else shown
    return marks


def _silence(silence: Unanswered, left: float, right: float, y: float) -> Bar:
    words = f"{silence.lost} lost within {1000 * silence.seconds:.0f} ms"
    return Bar(left, y + 2, max(right - left, LEAST), ROW - 4, "lost", words)


def stretches(looks: list[HeldThen], node: str, address: str) -> list[tuple[float, float, Kind]]:
    """Since when, until when, and what is known of a node and an address there. Where it does not hold it: nothing."""
    found: list[tuple[float, float, Kind]] = []
    for before, after in pairwise(looks):
        if kind := _between(_holds(before, node, address), _holds(after, node, address)):
            if found and found[-1][1:] == (before.time, kind):
                found[-1] = (found[-1][0], after.time, kind)
            else:
                found.append((before.time, after.time, kind))
    return found


def _holds(look: HeldThen, node: str, address: str) -> bool | None:
    held = look.holds[node]
    return None if held is None else address in held


def _between(before: bool | None, after: bool | None) -> Kind | None:
    if before is None or after is None:
        return "unread"
    if before != after:
        return "between"
    return "held" if before else None


def axis(span: float) -> list[float]:
    """The seconds at which the axis has a tick."""
    step = next((one for one in STEPS if span / one <= MOST_TICKS), STEPS[-1])
    return [round(step * number, 1) for number in range(int(span / step) + 1)]


def clock(seconds: float) -> str:
    """`4.2 s`, `1:05`, `1:00:05`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
