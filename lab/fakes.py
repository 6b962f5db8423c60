"""Hosts of cluster files as pyinfra's @fake ones: fresh machines that can be planned for without any."""

import base64
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from pyinfra.api import inventory

from keepalived.inventory import groups
from keepalived.spec.cluster import Cluster


def _report(cluster: Cluster, node: str) -> list[str]:
    """What a machine without keepalived tells `keepalived.facts.Node`."""
    local = [{"local": str(cluster.nodes[node].address)}]
    parts = {
        "asked": json.dumps({"flag": cluster.drain.flag, "check": cluster.drain.check, "addresses": cluster.addresses}),
        "unit": "LoadState=not-found\nActiveState=inactive\nSubState=dead\nMainPID=0",
        "flag": "",
        "addresses": json.dumps([{"ifname": "enp0s3", "addr_info": local}]),
    }
    return [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in parts.items()] + ["end"]


def _fake(data: dict[str, Any]) -> dict[str, Any]:
    answers = {re.compile("asked="): _report(data["cluster"], data["node"])}
    return data | {"fake_responses": answers, "fake_delay": 0, "fake_delay_jitter": 0}


def fakes(folder: Path) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The groups and hosts of the cluster files in a folder."""
    # For each host whose name begins with @ pyinfra looks through all installed packages; over SSH it does not.
    inventory.get_all_connectors = cache(inventory.get_all_connectors)
    return {name: [(f"@fake/{node}", _fake(data)) for node, data in hosts] for name, hosts in groups(folder).items()}
