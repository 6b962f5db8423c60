"""What clients saw of the address while something was done: one that asks every millisecond, and TCP connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

from bench.figures import DIGITS, Figures
from bench.timeline import Timeline
from keepalived.run.probe.account import silences
from lab.operator import ADDRESS, Operator
from lab.pinger import INTERVAL_SECONDS
from lab.talking import Talking, serve
from lab.witness import Witness

CONNECTIONS = 50
WHOLE, LOST, SILENCE = "whole, s", "packets lost", "longest silence, ms"
NOBODY, TWO = "no holder for, ms", "two holders for, ms"
BROKEN, FAILED = f"connections broken of {CONNECTIONS}", "new connections failed"
MEASURES = (WHOLE, LOST, SILENCE, BROKEN, FAILED, NOBODY, TWO)


def serve_everywhere(operator: Operator) -> None:
    """Has every host answer lines of clients, also after a boot."""
    for host in operator.hosts.values():
        serve(host)


def takeovers(witness: Witness) -> int:
    """How often a node came to hold the address."""
    return sum(len(set(now) - set(before)) for (_, before), (_, now) in pairwise(witness.holders))


@dataclass
class Seen:
    """What was seen; whole after the end of `clients`."""

    witness: Witness
    talking: Talking
    seconds: float = 0.0
    """What the caller says that it took."""

    def note(self, figures: Figures, row: str, column: str) -> None:
        """Into the figures."""
        found = {
            WHOLE: self.seconds,
            LOST: self.witness.lost,
            SILENCE: 1000 * self.witness.longest_silence,
            NOBODY: 1000 * self.witness.longest(0),
            TWO: 1000 * self.witness.longest(2),
            BROKEN: sum(self.talking.broken.values()),
            FAILED: sum(self.talking.failed.values()),
        }
        for measure, value in found.items():
            figures.note(row, column, measure, value)

    def _changes(self) -> Iterator[tuple[float, int]]:
        """When a connection was answered no more, and when again."""
        for since, until in self.talking.silences:
            yield since, -1
            if until is not None:
                yield until, 1

    def timeline(self, title: str, nodes: list[str], marks: list[tuple[float, str]]) -> Timeline:
        """The picture of it; `marks` at times of the clock."""
        start = self.witness.holders[0][0]
        answered = CONNECTIONS
        connections = [(0.0, answered)]
        for when, change in sorted(self._changes()):
            answered += change
            connections.append((max(0.0, when - start), answered))
        return replace(timeline(self.witness, title, nodes, marks), connections=connections)


def timeline(witness: Witness, title: str, nodes: list[str], marks: list[tuple[float, str]]) -> Timeline:
    """The picture of what was seen of the address alone; `marks` at times of the clock."""
    start = witness.holders[0][0]
    quiet = [one for one in silences(witness.probes, INTERVAL_SECONDS) if one.lost]
    return Timeline(
        title,
        [(round(when - start, DIGITS), names) for when, names in witness.holders],
        nodes,
        [(round(max(0.0, one.start - start), DIGITS), round(one.start + one.seconds - start, DIGITS)) for one in quiet],
        [(round(when - start, DIGITS), words) for when, words in marks],
    )


@contextmanager
def clients(operator: Operator, address: str = ADDRESS) -> Iterator[Seen]:
    """Clients meanwhile. The hosts must serve, see `serve_everywhere`."""
    with Talking(operator.lab, address, CONNECTIONS, quiet=True) as talking, Witness(operator.lab, address) as witness:
        seen = Seen(witness, talking)
        yield seen


def measured(operator: Operator, do: Callable[[], object], holder: str, settle: float, wait: float = 120) -> Seen:
    """Does it under the eyes of clients, and goes on looking until `holder` alone has held the address for a while."""
    with clients(operator) as seen:
        start = time.monotonic()
        do()
        seen.seconds = time.monotonic() - start
        operator.sees_holder(holder, seconds=wait)
        time.sleep(settle)
        operator.sees_holder(holder, seconds=wait)
    return seen
