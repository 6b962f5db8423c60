"""Looking at all nodes of a cluster at once, and the one wait: until something is seen, or a deadline passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import gevent
from gevent import Greenlet
from paramiko import SSHClient, SSHException
from pyinfra import inventory, logger, state
from pyinfra.api import FactBase, Host
from pyinfra.api.exceptions import PyinfraError
from pyinfra.connectors.util import clear_askpass_cache

from keepalived.facts import Node, node_arguments
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.verdicts import Verdict
from keepalived.spec.cluster import Cluster

T = TypeVar("T")
LOOK_SECONDS = 5  # a node that does not answer for so long counts as unread
GONE = (PyinfraError, SSHException, OSError, EOFError, gevent.Timeout)
"""What a node that is gone makes of a reading: refused, unanswered, or cut off in the middle."""
PAUSE_SECONDS = 0.2  # every look leaves a line in the journal of each daemon

_unreachable: set[Host] = set()  # a dead node costs one connect time-out a run, not one a look
_looking: dict[str, Greenlet[..., ClusterState]] = {}
_next: dict[str, Greenlet[..., ClusterState]] = {}


def look(cluster: Cluster, *, journal: bool = False) -> ClusterState:
    """Reads every node of the cluster, side by side, whatever --limit says. Connects to those not connected yet.

    Several that look at the same time share one look, which begins after each of them has asked. `journal`: what
    keepalived told the nodes' journals is read as well.
    """
    coming = _next.get(cluster.name)
    if coming is None:
        coming = _next[cluster.name] = gevent.spawn(_take_turn, cluster, journal)
    return coming.get()


def try_again() -> None:
    """From now on hosts that could not be reached are tried once more."""
    state.failed_hosts.clear()
    _unreachable.clear()


def _take_turn(cluster: Cluster, journal: bool) -> ClusterState:
    if running := _looking.get(cluster.name):
        running.join()
    _looking[cluster.name] = _next.pop(cluster.name)
    hosts = hosts_of(cluster)
    reading = {name: gevent.spawn(_read, host, cluster, journal) for name, host in hosts.items()}
    gevent.joinall(list(reading.values()))
    return ClusterState(cluster, {name: reading[name].get() for name in cluster.nodes})


def _read(host: Host, cluster: Cluster, journal: bool) -> NodeState | None:
    if host in _unreachable or host in state.failed_hosts:
        return None
    try:
        host.connect(reason="to see who holds what", raise_exceptions=True)
    except GONE as error:
        logger.debug("%s could not be connected to: %s", host.name, error)
        _unreachable.add(host)
        host.connected = False
        return None
    try:
        return ask(host, Node, **node_arguments(cluster), journal=journal)
    except GONE as error:
        logger.debug("%s could not be read: %s", host.name, error)
        forget_connection(host)  # the next look connects anew, once
        return None


def ask(host: Host, fact: type[FactBase[T]], seconds: float = LOOK_SECONDS, **arguments: Any) -> T:
    """A fact of any host, within `seconds`. Raises one of GONE when the host is."""
    # pyinfra's own time-out begins when the node has opened a channel, which a dead one never does.
    with gevent.Timeout(seconds + 1):
        found = host.get_fact(fact, **arguments, _ignore_errors=True, _timeout=seconds)
    if found is None and not _is_alive(host):  # pyinfra makes nothing of it
        forget_connection(host)
        raise EOFError("the connection has broken")
    return found


def _is_alive(host: Host) -> bool:
    """Whether the SSH connection to a host still stands; True where it has none."""
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if isinstance(client, SSHClient) else None
    return transport is None or bool(transport.is_active())


def ask_all(hosts: Iterable[Host], fact: type[FactBase[T]], seconds: float = LOOK_SECONDS) -> dict[Host, T | None]:
    """A fact of several hosts, side by side. None: it could not be read."""

    def read(host: Host) -> T | None:
        if host in _unreachable or host in state.failed_hosts:
            return None
        try:
            host.connect(reason=f"to read {fact.__name__}", raise_exceptions=True)
            return ask(host, fact, seconds)
        except GONE as error:
            logger.debug("%s could not be read: %s", host.name, error)
            forget_connection(host)
            return None

    reading = {host: gevent.spawn(read, host) for host in hosts}
    return {host: greenlet.get() for host, greenlet in reading.items()}


def hosts_of(cluster: Cluster) -> dict[str, Host]:
    """The hosts of a cluster, by node."""
    return {host.data.node: host for host in inventory.get_group(cluster.name)}


def forget_connection(host: Host) -> None:
    """The connection to a host that has gone down is of no use any more: the next one is made anew."""
    clear_askpass_cache(host)
    host.connected = False


def is_back(host: Host) -> None:
    """A host that was away has been connected to again."""
    _unreachable.discard(host)


class Waited(NamedTuple):
    """How a wait ended: the last verdict, what it was given on, and the seconds it took."""

    verdict: Verdict
    state: ClusterState
    seconds: float


def wait(cluster: Cluster, judge: Callable[[ClusterState], Verdict], seconds: float) -> Waited:
    """Looks until `judge` says done or hopeless, or `seconds` have passed; twice at least."""
    start = time.monotonic()
    again = False
    while True:
        state = look(cluster)
        waited = Waited(judge(state), state, time.monotonic() - start)
        if waited.verdict.done or waited.verdict.hopeless or (again and waited.seconds > seconds):
            return waited
        again = True
        time.sleep(PAUSE_SECONDS)
