"""How short `advert_int` may be: does the address stay on busy hosts, and how soon does a backup take over."""

from __future__ import annotations

import time

from bench.groups.failovers import fail
from bench.groups.settings import MOVED
from bench.seen import LOST, SILENCE, TWO, takeovers
from bench.taking import Taking
from bench.values import quick
from lab.host import Host
from lab.operator import ADDRESS, DEPLOY, FLAG, Operator
from lab.witness import Witness

INTERVALS = (0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.01)
SMALL_INTERVALS = (0.1, 0.04)
BUSY_SECONDS, BUSY_SMALL_SECONDS = 30, 10
UNASKED = "moves that nobody asked for"
BUSY, LINK, DRAINED = "busy hosts", "link cut", "flag set by hand"


def take(taking: Taking) -> None:
    """Each interval: first with busy hosts, then failures and drains of the holder."""
    with taking.operator() as operator:
        for interval in SMALL_INTERVALS if taking.small else INTERVALS:
            row = f"`advert_int: {interval}`"
            operator.writes(quick(interval))
            operator.types(f"{DEPLOY} --data probe=off")
            taking.runs(operator)
            operator.sees_holder("server01", seconds=60)
            for _ in range(taking.times):
                _busy(taking, operator, row)
                fail(taking, operator, row, LINK, Host.unplug)
                _drain(taking, operator, row)
            taking.says(row)


def _busy(taking: Taking, operator: Operator, row: str) -> None:
    """Two programs on each host that want all of its processor: on one machine six for its few cores."""
    whole = BUSY_SMALL_SECONDS if taking.small else BUSY_SECONDS
    busy = f"systemd-run --quiet --collect --property=RuntimeMaxSec={whole} sh -c 'while :; do :; done'"
    with Witness(operator.lab, ADDRESS) as seen:
        operator.everywhere(f"{busy}; {busy}")
        time.sleep(whole)
    taking.figures.note(row, BUSY, UNASKED, takeovers(seen))
    taking.figures.note(row, BUSY, LOST, seen.lost)
    taking.figures.note(row, BUSY, TWO, 1000 * seen.longest(2))
    taking.figures.note(row, BUSY, SILENCE, 1000 * seen.longest_silence)
    operator.sees_holder("server01", seconds=60)


def _drain(taking: Taking, operator: Operator, row: str) -> None:
    with Witness(operator.lab, ADDRESS) as seen:
        written = float(operator.server01.succeed(f"echo 1 >{FLAG}; stat --format=%.Y {FLAG}"))
        operator.sees_holder("server02", seconds=60)
    moved = next(when for when, names in seen.holders if names == ("server02",))
    taking.figures.note(row, DRAINED, MOVED, moved - written)
    taking.figures.note(row, DRAINED, LOST, seen.lost)
    operator.server01.succeed(f"rm {FLAG}")
    operator.sees_holder("server01", seconds=60)
