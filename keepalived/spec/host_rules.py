"""What must hold for what a node gets beside keepalived. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault
from keepalived.spec.host import kernel_path

SETTINGS = "host.sysctls"


def host_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with `host` of a cluster."""
    seen: dict[str, str] = {}
    for name in cluster.host.sysctls:
        path = kernel_path(name)
        if path in seen:
            yield Fault(f"{SETTINGS}.{name}", f"is the same setting as {seen[path]}: leave one of them out")
        seen.setdefault(path, name)
