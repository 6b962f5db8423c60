"""What `connections: keep` costs while it lasts and after it, beside `cut`: throughput, answers, processor.

Hosts and clients share one machine. So the processor time is that of all of them together.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from bench.seen import BROKEN, WHOLE, measured, serve_everywhere
from bench.taking import Taking, cluster, seconds
from lab.errors import LabError
from lab.host import Host
from lab.lab import CHECKOUT, Lab
from lab.operator import ADDRESS, DEPLOY, DRAIN, RESTORE, Operator

PORT = 7778
SERVER = (CHECKOUT / "bench/stream.pl").read_text()
UP_BYTES, TURNS = 1 << 30, 5000
SMALL_BYTES, SMALL_TURNS = 1 << 27, 1000
UP, DOWN, TURN, PROCESSOR = (
    "to the service, MB/s",
    "from the service, MB/s",
    "a byte and its answer, ms",
    "processor for 1 GB to it, s",
)
BEFORE, WHILE, BACK, AFTER = (
    "before a drain",
    "passed on, while server01 is drained",
    "after the restore",
    "a new one, after it has ended",
)
WATCH, WATCH_MEASURE = "its unit", "processor of a node, % of a core"
WATCH_SECONDS, WATCH_SMALL_SECONDS = 30, 5
LEFT_SECONDS = 60.0
UNIT = "keepalived-connections"
# A table, a route or a unit.
LEFT = (
    "nft list tables 2>/dev/null | grep keepalived; ip route show table local proto 212; "
    f"systemctl list-units --all --plain --no-legend '{UNIT}*'; true"
)


class Stream:
    """One TCP connection of a client to the address, that can be measured again and again."""

    def __init__(self, lab: Lab) -> None:
        client = [sys.executable, str(CHECKOUT / "bench/stream.py"), ADDRESS, str(PORT)]
        self._client = lab.operator_popen(client, stdin=subprocess.PIPE)
        self._says()

    def _says(self) -> str:
        assert self._client.stdout is not None
        return self._client.stdout.readline().strip()

    def asks(self, way: str, count: int) -> float:
        """How many seconds it took. Raises LabError where the connection is broken."""
        assert self._client.stdin is not None
        self._client.stdin.write(f"{way} {count}\n")
        self._client.stdin.flush()
        told = self._says()
        try:
            return float(told)
        except ValueError:
            raise LabError(f"the connection: {told or 'its client has ended'}") from None

    def end(self) -> None:
        """Closes it."""
        self._client.communicate()


def take(taking: Taking) -> None:
    """First kept ones, then the same drain with those that are cut."""
    with taking.operator() as operator:
        for more, row in (("connections: keep\n", "`connections: keep`"), ("", "`connections: cut`")):
            operator.writes(cluster(more=more))
            operator.types(f"{DEPLOY} --data probe=off")
            taking.runs(operator)
            serve_everywhere(operator)
            for host in operator.hosts.values():
                _stream_server(host)
            for _ in range(taking.times):
                _drain(taking, operator, row)
                if more:
                    _kept(taking, operator)
            taking.says(row)


def _stream_server(host: Host) -> None:
    host.succeed(f"cat > /root/stream.pl <<'END'\n{SERVER}END")
    host.succeed(
        f"systemctl is-active --quiet stream || systemd-run --quiet --unit=stream /usr/bin/perl /root/stream.pl {PORT}"
    )


def _drain(taking: Taking, operator: Operator, row: str) -> None:
    """A drain and a restore under 50 talking connections."""
    for column, command, holder in (("drain", DRAIN, "server02"), ("restore", RESTORE, "server01")):
        seen = measured(operator, partial(operator.types, f"{command} --limit server01"), holder, 1.0)
        taking.figures.note(row, column, WHOLE, seen.seconds)
        taking.figures.note(row, column, BROKEN, sum(seen.talking.broken.values()))
    nothing_is_left(operator)


def _kept(taking: Taking, operator: Operator) -> None:
    """One connection before, while and after it is passed on, and a new one when nothing is left."""
    count, turns = (SMALL_BYTES, SMALL_TURNS) if taking.small else (UP_BYTES, TURNS)
    stream = Stream(operator.lab)

    def look(column: str, one: Stream) -> None:
        before = _used()
        up = one.asks("up", count)
        used = _used() - before
        taking.figures.note(column, UP, UP, count / up / 1e6)
        taking.figures.note(column, DOWN, DOWN, count / one.asks("down", count) / 1e6)
        taking.figures.note(column, TURN, TURN, 1000 * one.asks("turns", turns) / turns)
        taking.figures.note(column, PROCESSOR, PROCESSOR, used / (count / 1e9))

    look(BEFORE, stream)
    operator.types(f"{DRAIN} --limit server01 --data probe=off")
    operator.sees_holder("server02")
    look(WHILE, stream)
    _watch(taking, operator)
    operator.types(f"{RESTORE} --limit server01 --data probe=off")
    operator.sees_holder("server01")
    look(BACK, stream)
    stream.end()
    taking.figures.note("gone after the last connection", "s", "s", seconds(lambda: nothing_is_left(operator)))
    new = Stream(operator.lab)
    look(AFTER, new)
    new.end()


def _watch(taking: Taking, operator: Operator) -> None:
    """What the unit needs on each node, while nothing is sent."""
    whole = WATCH_SMALL_SECONDS if taking.small else WATCH_SECONDS
    before = {name: _unit_used(host) for name, host in operator.hosts.items()}
    time.sleep(whole)
    for name, host in operator.hosts.items():
        used = _unit_used(host) - before[name]
        taking.figures.note(f"{WATCH} on {name}", WATCH_MEASURE, WATCH_MEASURE, 100 * used / whole)


def _unit_used(host: Host) -> float:
    """Seconds of processor that the unit has used, 0 where there is none."""
    said = host.execute(f"cat /sys/fs/cgroup/system.slice/{UNIT}.service/cpu.stat").stdout
    found = re.search(r"usage_usec (\d+)", said)
    return int(found.group(1)) / 1e6 if found else 0.0


def nothing_is_left(operator: Operator) -> None:
    """Waits until no node has anything of a move with kept connections."""
    operator.sees("what is left", lambda: operator.everywhere(LEFT), [""] * len(operator.hosts), LEFT_SECONDS)


def _used() -> float:
    """Seconds of processor that all of this machine has used."""
    user, nice, system, _, _, irq, soft, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")
