"""What a client saw of an address: from probes sent and answered to one line. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

LATE = 2.0  # a probe sent more than so many intervals after the last one counts as a stall of our own


class Probe(NamedTuple):
    """One request: when it was sent and when its answer came, in seconds since the epoch; None: no answer."""

    sent: float
    answered: float | None


class Event(NamedTuple):
    """Something that the run began: when, in which cluster, on which host, what."""

    time: float
    cluster: str
    host: str
    words: str


@dataclass(frozen=True)
class Silence:
    """A stretch without an answer: when it began, how long it lasted in seconds, how many probes were lost in it."""

    start: float
    seconds: float
    lost: int


def silences(probes: Sequence[Probe], interval: float) -> list[Silence]:
    """The stretches between an answer and the next one. What we ourselves sent late is not counted as silence."""
    found = []
    last = None
    lost, late = 0, 0.0
    previous = probes[0].sent if probes else 0.0
    for probe in probes:
        if probe.sent - previous > LATE * interval:
            late += probe.sent - previous - interval
        previous = probe.sent
        if probe.answered is None:
            lost += 1
            continue
        if last is not None:
            found.append(Silence(last, max(0.0, probe.answered - last - late), lost))
        elif lost:
            found.append(Silence(probes[0].sent, probe.answered - probes[0].sent - late, lost))
        last, lost, late = probe.answered, 0, 0.0
    if lost:
        start = last if last is not None else probes[0].sent
        found.append(Silence(start, probes[-1].sent - start, lost))
    return found


def stalled(probes: Sequence[Probe], interval: float) -> float:
    """The longest time in seconds for which we ourselves sent nothing although we should have; 0: there was none."""
    gaps = [later.sent - earlier.sent for earlier, later in pairwise(probes)]
    longest = max(gaps, default=0.0)
    return longest if longest > LATE * interval else 0.0


def account(address: str, probes: Sequence[Probe], interval: float, events: Sequence[Event] = ()) -> str:
    """`10.10.0.2: 1,820 of 1,820 answered, longest silence 12 ms`, and with losses when, how long and during what."""
    lost = sum(probe.answered is None for probe in probes)
    line = f"{address}: {len(probes) - lost:,} of {len(probes):,} answered"
    found = silences(probes, interval)
    longest = max(found, key=lambda silence: silence.seconds, default=None)
    if longest is None:
        return line
    if lost:
        worst = max((silence for silence in found if silence.lost), key=lambda silence: silence.seconds)
        line = f"{line}, {lost} lost; the longest silence {1000 * worst.seconds:.0f} ms at {_clock(worst.start)}"
        if event := _during(worst, events):
            line = f'{line} while "{event.words}" ran on {event.host}'
    else:
        line = f"{line}, longest silence {1000 * longest.seconds:.0f} ms"
    if (own := stalled(probes, interval)) >= 0.1:
        line = f"{line} (this machine itself was too busy to look for up to {1000 * own:.0f} ms)"
    return line


def account_of_connections(address: str, seen: Mapping[str, Any], events: Sequence[Event] = ()) -> str:
    """`10.10.0.2 port 443: 20 of 20 established connections kept`, and of those that broke when, how and during what.

    `seen`: as the probe tells it (connections.py).
    """
    where = f"{address} port {seen['port']}"
    if seen["refused"]:
        why = f"no connection could be opened before the run ({seen['refused']})"
        return f"{where}: {why}, so nothing is known of established ones"
    broken = sorted((float(when), str(words)) for when, words in seen["broken"])
    line = f"{where}: {seen['kept']} of {seen['kept'] + len(broken)} established connections kept"
    if broken:
        when, words = broken[0]
        line = f"{line}; the first one broke at {_clock(when)} ({words})"
        if event := _last_before(when, events):
            line = f'{line} while "{event.words}" ran on {event.host}'
    if seen["closed"]:
        line = f"{line}; the service itself closed {seen['closed']}"
    return line


def _last_before(when: float, events: Sequence[Event]) -> Event | None:
    return max((event for event in events if event.time <= when), default=None)


def _during(silence: Silence, events: Sequence[Event]) -> Event | None:
    """What began last before the silence was over."""
    return _last_before(silence.start + silence.seconds, events)


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))
