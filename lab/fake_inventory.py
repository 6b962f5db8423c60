"""The cluster files' hosts as pyinfra's @fake ones, fresh machines that can be planned for without any."""

import base64
import json
import re
from pathlib import Path
from typing import Any

from keepalived.conf.render import configuration
from keepalived.inventory import groups
from keepalived.spec.cluster import Cluster

_GROUP_DATA = Path(__file__).resolve().parent.parent / "group_data"


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


_groups = groups(_GROUP_DATA)
globals().update({name: [(f"@fake/{node}", _fake(data)) for node, data in hosts] for name, hosts in _groups.items()})

if __name__ == "__main__":
    for _hosts in _groups.values():
        for _node, _data in _hosts:
            _cluster = _data["cluster"]
            print(f"\n==> {_node}:/etc/keepalived/keepalived.conf <==")
            print(configuration(_cluster, _node, dict.fromkeys(_cluster.instances, "enp0s3")))
