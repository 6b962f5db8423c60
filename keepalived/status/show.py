"""Looking at all clusters, once or again and again, and ending with 0 when nothing is wrong, else 1."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import gevent
from gevent.event import Event
from pyinfra import host, inventory, state
from pyinfra.api import Host
from rich.console import Console
from rich.live import Live

from keepalived.cli.options import StatusOptions, read
from keepalived.conf.render import NoInterface, configuration, interfaces
from keepalived.observed.cluster import ClusterState
from keepalived.plan.diagnosis import Outside
from keepalived.run import look as watch
from keepalived.spec.cluster import Cluster
from keepalived.status import outside, report

REDRAW_SECONDS = 2
PIPE_WIDTH = 200  # characters a line where there is no terminal


def show() -> None:
    """Shows the clusters of this run's hosts, and ends the run with exit status 0 (healthy) or 1."""
    raise SystemExit(0 if print_by(host) else 1)


def print_by(one: Host) -> bool:
    """Prints them, and returns whether all are healthy. `one`: any host of the run; its data has what --data said."""
    options = read(StatusOptions, one.data.get)
    form, watching = options.format, options.watch
    by_name = {member.data.cluster.name: member.data.cluster for member in inventory if state.is_host_in_limit(member)}
    clusters = list(by_name.values())
    if watching:
        _watch(clusters)
        return True
    seen = _look(clusters)
    now = datetime.now(UTC)
    if form == "json":
        print(json.dumps(report.document(seen, now).model_dump(mode="json"), indent=2, ensure_ascii=False))
    else:
        _console().print(report.render(seen, now))
    sys.stdout.flush()
    return not any(one.problems for one in seen)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH, no_color=True, highlight=False)


def _watch(clusters: list[Cluster]) -> None:
    """Redraws until Ctrl-C."""
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())  # pyinfra's own would disconnect under our hands
    console = _console()
    redraws = console.is_terminal and not console.is_dumb_terminal  # else one below the other
    with Live(console=console, auto_refresh=False) if redraws else nullcontext() as live:
        while not stop.is_set():
            drawn = report.render(_look(clusters), datetime.now(UTC))
            if live:
                live.update(drawn, refresh=True)
            else:
                console.print(drawn)
                sys.stdout.flush()
            stop.wait(REDRAW_SECONDS)
            watch.try_again()


def _look(clusters: list[Cluster]) -> list[report.Seen]:
    """All clusters side by side, and the network meanwhile."""
    asking = gevent.spawn(outside.ask, [address for cluster in clusters for address in cluster.addresses])
    looking = [gevent.spawn(watch.look, cluster, journal=True) for cluster in clusters]
    return [_seen(looked.get(), asking.get()) for looked in looking]


def _seen(looked: ClusterState, answers: dict[str, dict[str, Any]]) -> report.Seen:
    asked = {address: answers[address] for address in looked.cluster.addresses if address in answers}
    return report.Seen(
        looked,
        due={
            name: text
            for name, node in looked.nodes.items()
            if node and (text := _due(looked.cluster, name, node.interfaces))
        },
        outside={address: Outside(answer["macs"]) for address, answer in asked.items() if "macs" in answer},
        not_asked={address: str(answer["unknown"]) for address, answer in asked.items() if "unknown" in answer},
    )


def _due(cluster: Cluster, name: str, carried: dict[str, list[str]]) -> str | None:
    try:
        return configuration(cluster, name, interfaces(cluster, name, carried))
    except NoInterface:
        return None
