"""Reading the nodes: all of a cluster at once, and a fact of any host, from one that may be dead too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import gevent
from paramiko import SSHClient, SSHException
from pyinfra import inventory, logger, state
from pyinfra.api import FactBase, Host
from pyinfra.api.exceptions import PyinfraError
from pyinfra.connectors.util import clear_askpass_cache

from keepalived.facts import Node, node_arguments
from keepalived.observed.cluster import ClusterState
from keepalived.observed.names import under_our_names
from keepalived.observed.node import NodeState
from keepalived.run.context import Run, current
from keepalived.spec.cluster import Cluster

T = TypeVar("T")
LOOK_SECONDS = 5  # a node that does not answer for so long counts as unread
GONE = (PyinfraError, SSHException, OSError, EOFError, gevent.Timeout)
"""What a node that is gone makes of a reading: refused, unanswered, or cut off in the middle."""


def look(cluster: Cluster, *, journal: bool = False) -> ClusterState:
    """Reads every node of the cluster, side by side, whatever --limit says. Connects to those not connected yet.

    Several that look at the same time share one look, which begins after each of them has asked. `journal`: what
    keepalived told the nodes' journals is read as well.
    """
    run = current()
    coming = run.coming.get(cluster.name)
    if coming is None:
        coming = run.coming[cluster.name] = gevent.spawn(_look, run, cluster, journal)
    return coming.get()


def try_again() -> None:
    """From now on hosts that could not be reached are tried once more."""
    state.failed_hosts.clear()
    current().unreachable.clear()


def _look(run: Run, cluster: Cluster, journal: bool) -> ClusterState:
    if under_way := run.looking.get(cluster.name):
        under_way.join()
    run.looking[cluster.name] = run.coming.pop(cluster.name)
    arguments = node_arguments(cluster) | {"journal": journal}
    found = ask_all(hosts_of(cluster).values(), Node, **arguments)
    by_node: dict[str, NodeState | None] = {
        one.data.node: under_our_names(cluster, node) if node else None for one, node in found.items()
    }
    seen = ClusterState(cluster, {name: by_node[name] for name in cluster.nodes})
    if run.record:
        run.record.look(seen)
    return seen


def ask(host: Host, fact: type[FactBase[T]], seconds: float = LOOK_SECONDS, **arguments: Any) -> T:
    """A fact of any host, within `seconds`. Raises one of GONE when the host is."""
    # pyinfra's own time-out begins when the node has opened a channel, which a dead one never does.
    with gevent.Timeout(seconds + 1):
        found = host.get_fact(fact, **arguments, _ignore_errors=True, _timeout=seconds)
    if found is None and not _is_alive(host):  # pyinfra makes nothing of it
        forget_connection(host)
        raise EOFError("the connection has broken")
    return found


def ask_all(
    hosts: Iterable[Host], fact: type[FactBase[T]], seconds: float = LOOK_SECONDS, **arguments: Any
) -> dict[Host, T | None]:
    """A fact of several hosts, side by side. None: it could not be read."""
    run = current()
    reason = "to see who holds what" if fact is Node else f"to ask for {fact.__name__}"

    def read(host: Host) -> T | None:
        if host in run.unreachable or host in state.failed_hosts:
            return None
        try:
            host.connect(reason=reason, raise_exceptions=True)
        except GONE as error:
            logger.debug("%s could not be connected to: %s", host.name, error)
            run.unreachable.add(host)
            host.connected = False
            return None
        try:
            return ask(host, fact, seconds, **arguments)
        except GONE as error:
            logger.debug("%s could not be read: %s", host.name, error)
            forget_connection(host)  # the next look connects anew, once
            return None

    found: dict[Host, T | None] = dict.fromkeys(hosts)
    unread = list(found)
    while unread:
        typed = _passwords(found)
        reading = {host: gevent.spawn(read, host) for host in unread}
        found |= {host: greenlet.get() for host, greenlet in reading.items()}
        # pyinfra asks for sudo's password when it is due, and all hosts wait while somebody types: they are read again.
        unread = [host for host, one in found.items() if one is None] if _passwords(found) != typed else []
    return found


def ask_nodes(
    cluster: Cluster, fact: type[FactBase[T]], seconds: float = LOOK_SECONDS, **arguments: Any
) -> dict[str, T | None]:
    """A fact of every node of a cluster, by name, asked side by side. None: it could not be read."""
    hosts = hosts_of(cluster)
    found = ask_all(hosts.values(), fact, seconds, **arguments)
    return {name: found[host] for name, host in hosts.items()}


def _passwords(hosts: Iterable[Host]) -> list[object]:
    """The passwords that somebody has typed for sudo on these hosts in this run."""
    return [host.connector_data.get("prompted_sudo_password") for host in hosts]


def _is_alive(host: Host) -> bool:
    """Whether the SSH connection to a host still is one; True where it has none."""
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if isinstance(client, SSHClient) else None
    return transport is None or bool(transport.is_active())


def hosts_of(cluster: Cluster) -> dict[str, Host]:
    """The hosts of a cluster, by node."""
    return {host.data.node: host for host in inventory.get_group(cluster.name)}


def forget_connection(host: Host) -> None:
    """The connection to a host that has gone down is of no use any more: the next one is made anew."""
    clear_askpass_cache(host)
    host.connected = False
