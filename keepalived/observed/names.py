"""The instances of a node under the names that the cluster file has for them: a name is not on the wire. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from keepalived.conf.adverts import AdvertSettings
from keepalived.observed.node import NodeState
from keepalived.spec.cluster import Cluster

T = TypeVar("T")


def under_our_names(cluster: Cluster, node: NodeState) -> NodeState:
    """`node` with each instance under the cluster file's name for its virtual_router_id and family.

    keepalived knows an instance by these two, in adverts and in a reload (vrrp/vrrp.c, vrrp_exist): one that goes by
    another name on the node is the same for all other nodes.
    """
    ours: dict[tuple[int, bool], list[str]] = {}  # on different networks several may have the same
    for name, one in cluster.instances.items():
        ours.setdefault((one.virtual_router_id, one.family == 6), []).append(name)
    running = node.configuration.advert_settings or {}
    names = {
        name: _of(cluster, ours[key], name, one)
        for name, one in running.items()
        if (key := (one.virtual_router_id, any(":" in address for address in one.addresses))) in ours
    }
    if all(name == new for name, new in names.items()):
        return _with_held_instances(cluster, node)
    taken = set(names.values())

    def renamed(found: Mapping[str, T]) -> dict[str, T]:
        # One that is not ours, and yet has a name of ours, makes room for it.
        return {names.get(name, f"{name} (other)" if name in taken else name): one for name, one in found.items()}

    configuration = node.configuration.model_copy(
        update={
            "advert_settings": renamed(running),
            "drain_obstacles": renamed(node.configuration.drain_obstacles),
        }
    )
    instances = None if node.instances is None else renamed(node.instances)
    return _with_held_instances(
        cluster,
        node.model_copy(
            update={
                "instances": instances,
                "configuration": configuration,
                "own_names": {new: own for new, own in zip(renamed(running), running, strict=True) if new != own},
            }
        ),
    )


def _with_held_instances(cluster: Cluster, node: NodeState) -> NodeState:
    """`node`, which also holds the instances without an address of which it says MASTER: its kernel cannot tell."""
    said = node.instances or {}
    held = [
        name
        for name, one in cluster.instances.items()
        if not one.addresses and name in said and said[name].state == "MASTER" and node.unit.runs
    ]
    return node.model_copy(update={"holds": [*node.holds, *held]}) if held else node


def _of(cluster: Cluster, ours: Sequence[str], name: str, running: AdvertSettings) -> str:
    """Which of `ours`, all with one identity, a running instance is: that of its name, else that of its addresses."""
    if name in ours:
        return name
    return next((one for one in ours if running.floating & set(cluster.instances[one].addresses)), ours[0])
