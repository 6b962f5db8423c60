"""What was seen of a floating address while something happened: by a client, and in the kernels of the hosts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from datetime import datetime
from itertools import groupby
from select import select
from types import TracebackType
from typing import Any

from keepalived.run.probe.account import Probe, account, silences
from lab.errors import LabError
from lab.host import Host
from lab.lab import CHECKOUT, Lab
from lab.network import in_time

PROBE_SECONDS = 0.001
LOOK_SECONDS = 0.05  # how often a follower looks whether its host has rebooted


def holders(lab: Lab, address: str) -> list[str]:
    """The hosts whose kernel has `address`, sorted; read one after the other."""
    return sorted(host.name for host in lab.hosts.values() if address in host.addresses())


class _Follower(threading.Thread):
    """Follows one host's addresses over its reboots, each of which gives it another network namespace."""

    def __init__(self, host: Host, address: str) -> None:
        super().__init__(daemon=True)
        self._host, self._address = host, address
        self._ended = threading.Event()
        self.events: list[tuple[float, str, bool]] = []
        """When the host came to hold the address or to hold it no more, in seconds since the epoch."""
        self._network = host.network()
        self._following = host.follow_addresses()

    def run(self) -> None:
        """Reads what the kernel tells, and begins anew with each namespace."""
        while not self._ended.is_set():
            assert self._following.stdout is not None
            line = None
            if select([self._following.stdout], [], [], LOOK_SECONDS)[0]:
                line = self._following.stdout.readline()
                self._note(line)
            # It also ends by itself, where the namespace was not whole yet.
            if line == "" or (line is None and self._host.network() != self._network):
                self._begin_anew()

    def _begin_anew(self) -> None:
        self._following.terminate()
        self._rest()
        self.events.append((time.time(), self._host.name, False))  # it went with the namespace, if not before
        while (now := self._host.network()) is None and not self._ended.wait(LOOK_SECONDS):
            pass
        self._network = now
        self._following = self._host.follow_addresses()
        if self._address in self._host.addresses():
            self.events.append((time.time(), self._host.name, True))

    def end(self) -> None:
        """Ends with what has been told until now."""
        self._ended.set()
        self.join()
        self._following.terminate()
        self._rest()

    def _rest(self) -> None:
        for line in self._following.communicate()[0].splitlines():
            self._note(line)

    def _note(self, line: str) -> None:
        if found := re.match(r"\[(\S+)\] (Deleted )?\S+ \S+\s+inet6? ([^ /]+)", line):
            when, deleted, address = found.groups()
            if address == self._address:
                self.events.append((datetime.fromisoformat(when).timestamp(), self._host.name, deleted is None))


class Witness:
    """What was seen of an address from `with` to its end: every probe of a client, every change of a holder."""

    def __init__(self, lab: Lab, address: str) -> None:
        self._lab, self._address = lab, address
        self.probes: list[Probe] = []
        self.holders: list[tuple[float, tuple[str, ...]]] = []
        """Who held the address from when on, in seconds since the epoch; the last entry is the end."""

    def __enter__(self) -> Witness:
        """Begins; a client on the operator's machine asks every millisecond. Raises LabError when nobody answers."""
        asking = [sys.executable, "-m", "keepalived.run.probe.process", "--interval", str(PROBE_SECONDS), self._address]
        self._probe = self._lab.operator_popen(in_time(asking), stdin=subprocess.PIPE, cwd=CHECKOUT)
        self._followers = [_Follower(host, self._address) for host in self._lab.hosts.values() if host.is_up]
        assert self._probe.stdout is not None
        reachable = json.loads(self._probe.stdout.readline()) == {"reachable": [self._address]}
        self._first = (time.time(), set(holders(self._lab, self._address)))
        for follower in self._followers:
            follower.start()
        if not reachable:
            self._end()
            raise LabError(f"{self._address} does not answer")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        seen, events = self._end()
        if seen["method"] != "icmp":
            raise LabError("the operator of the lab may not send ICMP")
        self.probes = [Probe(*one) for one in seen["probes"][self._address]]
        since, held = self._first
        self.holders = [(since, tuple(sorted(held)))]
        for when, name, there in sorted(events):
            if when > since:
                held = held | {name} if there else held - {name}
                self.holders.append((when, tuple(sorted(held))))
        self.holders.append((time.time(), tuple(sorted(held))))

    def _end(self) -> tuple[dict[str, Any], list[tuple[float, str, bool]]]:
        seen = json.loads(self._probe.communicate()[0])
        for follower in self._followers:
            follower.end()
        return seen, [event for follower in self._followers for event in follower.events]

    @property
    def lost(self) -> int:
        """Probes without an answer."""
        return sum(probe.answered is None for probe in self.probes)

    @property
    def longest_silence(self) -> float:
        """Seconds."""
        return max(silence.seconds for silence in silences(self.probes, PROBE_SECONDS))

    def longest(self, count: int) -> float:
        """The longest time in seconds for which so many hosts held the address."""
        longest, since = 0.0, None
        for now, names in self.holders:
            longest = max(longest, now - since if since is not None else 0.0)
            if len(names) != count:
                since = None
            elif since is None:
                since = now
        return longest

    @property
    def counts(self) -> set[int]:
        """The numbers of holders that were seen."""
        return {len(names) for _, names in self.holders}

    @property
    def route(self) -> list[str]:
        """The single holders one after the other."""
        single = [names[0] for _, names in self.holders if len(names) == 1]
        return [name for name, _ in groupby(single)]

    def __str__(self) -> str:
        return (
            f"{account(self._address, self.probes, PROBE_SECONDS)}; holders {self.counts}, none for "
            f"{1000 * self.longest(0):.0f} ms, two for {1000 * self.longest(2):.0f} ms, {' → '.join(self.route)}"
        )
