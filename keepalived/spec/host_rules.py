"""What must hold for what a node gets beside keepalived. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault
from keepalived.spec.host import kernel_path

SETTINGS = "host.sysctls"
WHILE_SERVING = re.compile(r"net/ipv4/conf/(?!(?:all|default)/)[^/]+/(arp_ignore|arp_announce)")
"""What a node sets on an interface while it serves connections to an address that has moved away.

The kernel takes the higher one of an interface's and that of `all`. That of `default` leaves alone what was set on an
interface.
"""


def host_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with `host` of a cluster."""
    seen: dict[str, str] = {}
    for name in cluster.host.sysctls:
        path = kernel_path(name)
        if path in seen:
            yield Fault(f"{SETTINGS}.{name}", f"is the same setting as {seen[path]}: leave one of them out")
        seen.setdefault(path, name)
        if cluster.connections == "keep" and (found := WHILE_SERVING.fullmatch(path)):
            why = "connections: keep sets it while a node serves connections to an address that it gave up"
            instead = f"leave it out, or set net.ipv4.conf.all.{found[1]}"
            yield Fault(f"{SETTINGS}.{name}", f"{why}: {instead}", rests_on=("connections",))
