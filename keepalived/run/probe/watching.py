"""Watching the addresses as a client does while a run may move them, and telling at its end what was seen."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gevent import Greenlet
from gevent.lock import BoundedSemaphore

from keepalived.run.probe.account import Event, Probe, account, account_of_connections
from keepalived.spec.cluster import Cluster

PACKAGES = Path(__file__).parents[3]  # where the process finds the package keepalived


class Watch:
    """A probe of all addresses of some clusters, in a process of its own, from its making until `end`."""

    def __init__(self, clusters: Iterable[Cluster], port: int | None = None) -> None:
        clusters = list(clusters)
        ports = {
            address: at for cluster in clusters if (at := port or cluster.probe.port) for address in cluster.addresses
        }
        self.connections = bool(ports)
        """Whether established connections are watched as well."""
        self._renewing = BoundedSemaphore()
        self._events: list[Event] = []
        self._cluster_of = {address: cluster.name for cluster in clusters for address in cluster.addresses}
        self._reachable: list[str] = []
        self.probes: dict[str, list[Probe]] = {}
        """What `end` has seen of each address that answered before the run."""
        self.interval = 0.0
        """Seconds between two probes of an address."""
        self._probe = subprocess.Popen(
            [
                *(sys.executable, "-m", "keepalived.run.probe.process"),
                *(f"--port={address}={at}" for address, at in ports.items()),
                *self._cluster_of,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PACKAGES,
            start_new_session=True,  # Ctrl-C is for the run; the probe ends with it all the same, by its standard input
        )
        self._starting = Greenlet.spawn(self._start)

    def _start(self) -> None:
        assert self._probe.stdout is not None
        first = self._probe.stdout.readline()
        self._reachable = json.loads(first)["reachable"] if first else []

    def begins(self, cluster: str, host: str, words: str) -> None:
        """Takes down that something begins on `host` which may move an address, once each address has been tried."""
        self._starting.join()
        self._events.append(Event(time.time(), cluster, host, words))

    def renew(self) -> None:
        """What was begun has been seen: connections that were open until now are given up, and others are watched."""
        self._starting.join()
        assert self._probe.stdin is not None
        assert self._probe.stdout is not None
        with self._renewing, suppress(OSError):  # a probe that has died is told of at the end
            self._probe.stdin.write("renew\n")
            self._probe.stdin.flush()
            self._probe.stdout.readline()

    def end(self) -> list[str]:
        """Ends the probe. What was seen, a line an address."""
        out, err = self._probe.communicate()
        try:
            seen = json.loads(out)
        except ValueError:
            return [f"unknown: the probe failed: {(err.strip().splitlines() or ['it wrote nothing'])[-1]}"]
        milliseconds = 1000 * seen["interval"]
        how = f" (TCP port 22, every {milliseconds:.0f} ms: no right to ICMP)" if seen["method"] != "icmp" else ""
        lines = []

        def events_of(cluster: str) -> list[Event]:
            return [one for one in self._events if one.cluster == cluster]

        for address, cluster in self._cluster_of.items():
            if address in self._reachable:
                probes = [Probe(*probe) for probe in seen["probes"][address]]
                self.probes[address], self.interval = probes, seen["interval"]
                lines.append(account(address, probes, seen["interval"], events_of(cluster)) + how)
            else:
                lines.append(f"{address}: did not answer before the run, so nothing is known")
            if found := seen["connections"].get(address):
                lines.append(account_of_connections(address, found, events_of(cluster)))
        if not self.connections:
            lines.append(
                "Established connections were not looked at: that needs `--data probe_port=`, or `probe: {port: …}`"
            )
        return lines
