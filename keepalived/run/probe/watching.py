"""Watching the addresses as a client does while a run may move them, and telling at its end what was seen."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import time
from pathlib import Path

import gevent
from gevent import Greenlet
from pyinfra import host, inventory, logger, state

from keepalived.cli.options import said_true
from keepalived.run.probe.account import Probe, Step, account

_steps: list[Step] = []
_watching: Greenlet[..., None] | None = None


def step(words: str) -> None:
    """Notes that this host is about to do something that may move an address. The first time the watch begins."""
    global _watching
    if not said_true(host, "probe", default=True):
        return
    if _watching is None:
        _watching = gevent.spawn(_watch)
    _watching.get()
    _steps.append(Step(time.time(), host.data.cluster.name, host.name, words))


def _watch() -> None:
    """Starts the probe of all addresses of this run's clusters, and returns when each has been tried."""
    clusters = {member.data.cluster.name: member.data.cluster for member in inventory if state.is_host_in_limit(member)}
    cluster_of = {address: cluster.name for cluster in clusters.values() for address in cluster.addresses}
    probe = subprocess.Popen(
        [sys.executable, "-m", "keepalived.run.probe.process", *cluster_of],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        start_new_session=True,  # Ctrl-C is for the run; the probe ends with it all the same, by its standard input
    )
    assert probe.stdout is not None
    first = probe.stdout.readline()
    reachable = json.loads(first)["reachable"] if first else []
    atexit.register(_tell, probe, cluster_of, reachable)


def _tell(probe: subprocess.Popen[str], cluster_of: dict[str, str], reachable: list[str]) -> None:
    out, err = probe.communicate()
    logger.info("--> What clients saw, asked from this machine:")
    try:
        seen = json.loads(out)
    except ValueError:
        logger.warning("    unknown: the probe failed: %s", (err.strip().splitlines() or ["no word of why"])[-1])
        return
    how = (
        "" if seen["method"] == "icmp" else f" (TCP port 22, every {1000 * seen['interval']:.0f} ms: no right to ICMP)"
    )
    for address, cluster in cluster_of.items():
        if address in reachable:
            steps = [one for one in _steps if one.cluster == cluster]
            probes = [Probe(*probe) for probe in seen["probes"][address]]
            logger.info("    %s%s", account(address, probes, seen["interval"], steps), how)
        else:
            logger.info("    %s: did not answer before the run, so nothing is known", address)
