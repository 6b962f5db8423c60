"""Clusters on hosts that are not there (@fake), every node of which reports that it runs what its cluster file says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pyinfra.api import inventory

from keepalived.conf.drop_in import drop_in_digest
from keepalived.conf.render import configuration, drop_in
from keepalived.inventory import groups
from keepalived.spec.cluster import Cluster
from tests.unit.node_report import captured, kernel, report

INSTANCE, INTERFACE = "VI_1", "enp0s3"
CAPTURED_ADDRESS = "10.10.0.2"
MASTER, BACKUP = 2, 1


def write_reports(clusters: Mapping[str, Cluster], file: Path) -> None:
    """What every node reports, made beforehand: it is no part of what is measured."""
    file.write_text(
        json.dumps({node: report(dict(_parts(one, node))) for one in clusters.values() for node in one.nodes})
    )


def at_rest(folder: Path, reports: Path) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The groups of pyinfra for the cluster files in `folder`, on nodes that report what is in `reports`.

    For each host whose name begins with @ pyinfra looks through all installed packages for connectors. Hosts over SSH
    have no such name: so here it looks once.
    """
    inventory.get_all_connectors = cache(inventory.get_all_connectors)
    found = json.loads(reports.read_text())
    quick = {"fake_delay": 0, "fake_delay_jitter": 0}
    return {
        name: [(f"@fake/{node}", data | quick | {"fake_responses": {"asked=": found[node]}}) for node, data in hosts]
        for name, hosts in groups(folder).items()
    }


def _parts(cluster: Cluster, node: str) -> dict[str, str]:
    """What the node reports: the first one of its cluster holds the address."""
    (address,) = map(str, cluster.addresses)
    holds = [address] if node == next(iter(cluster.nodes)) else []
    text = configuration(cluster, node, {INSTANCE: INTERFACE})
    unit = _unit(drop_in(cluster))
    parts = captured("bookworm-backup")
    numbers = {
        "base_priority": cluster.base_priority(INSTANCE, node),
        "master_priority": cluster.effective_priority(INSTANCE, next(iter(cluster.nodes)), drained=False),
        "effective_priority": cluster.effective_priority(INSTANCE, node, drained=False),
        "state": MASTER if holds else BACKUP,
    }
    dump = parts["dump"].replace(CAPTURED_ADDRESS, address)
    for key, number in numbers.items():
        dump = re.sub(rf'"{key}":\d+', f'"{key}":{number}', dump)
    return parts | {
        "asked": parts["asked"].replace(CAPTURED_ADDRESS, address),
        "dump": dump,
        "configuration": text,
        "running": text,
        "addresses": kernel(**{INTERFACE: [str(cluster.nodes[node].address), *holds]}),
        "drop_in": drop_in(cluster),
        "environment": f"KEEPALIVED_DROP_IN={unit}\n",
        "files": "/var/lib/keepalived/|1|0|1.0|755|0|0\n",
    }


@cache
def _unit(text: str) -> str:
    return drop_in_digest(text) or ""
