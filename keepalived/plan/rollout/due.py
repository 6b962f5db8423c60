"""What must be done for one node to run its new configuration. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

from keepalived.conf.adverts import AdvertSettings, advert_settings
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_priorities
from keepalived.observed.node import NodeState
from keepalived.spec.cluster import Cluster

Work = Literal["start", "restart", "reload", "restore", "replace"]
"""start: the daemon does not run. restart, reload: it runs something else. restore: an earlier run left the node
drained. replace: the file differs in comments only."""


def due(cluster: Cluster, node: NodeState, text: str) -> Work | None:
    """What must be done for `node` to run the configuration `text`; None when it does."""
    if not node.unit.runs:
        return "start"
    differs = node.configuration.running != fingerprint(text)
    if cluster.on_change == "reload":
        if differs:
            return "reload" if reload_carries(node, text) else "restart"
    elif (
        differs and node.unit.current and node.configuration.running_but_priorities == fingerprint_but_priorities(text)
    ):
        return "reload"  # a node has joined or left: the priorities of the others are no reason to move an address
    elif differs or node.unit.current is False:
        return "restart"
    if node.flag.run == "deploy":
        return "restore"
    if node.configuration.sha256 != hashlib.sha256(text.encode()).hexdigest():
        return "replace"
    return None


def reload_carries(node: NodeState, text: str) -> bool:
    """Whether a reload brings `node` to `text` with the addresses it holds."""
    old, new = node.configuration.advert_settings, advert_settings(text)
    return old is not None and all(old[name].reload_carries(new[name]) for name in old.keys() & new.keys())


def rejecting(one: Mapping[str, AdvertSettings] | None, other: Mapping[str, AdvertSettings]) -> set[str]:
    """The instances in which two nodes with these settings reject each other's adverts."""
    one = one or {}
    return {name for name in one.keys() & other.keys() if not one[name].accepts(other[name])}


def incompatible(old: Mapping[str, AdvertSettings] | None, new: Mapping[str, AdvertSettings]) -> set[str]:
    """The instances in which a node goes from `old` advert settings to `new` ones that the others do not accept."""
    old = old or {}
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}
