"""What a cluster file says in short: an active-active instance is one instance for each of its addresses. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault
from keepalived.spec.instance import Instance
from keepalived.spec.sync_rules import member_faults

HIGHEST_ROUTER_ID = 255


def expanded(cluster: Cluster) -> Cluster:
    """The cluster with all its instances, and without those that are disabled."""
    instances: dict[str, Instance] = {}
    for name, instance in cluster.instances.items():
        if not instance.disable:
            instances |= _spread(cluster, name, instance) if instance.active_active else {name: instance}
    groups = {
        name: group.model_copy(update={"group": [member for member in group.group if member in instances]})
        for name, group in cluster.sync_groups.items()
    }
    sync_groups = {name: group for name, group in groups.items() if group.group}
    return cluster.model_copy(update={"instances": instances, "sync_groups": sync_groups})


def _spread(cluster: Cluster, name: str, instance: Instance) -> dict[str, Instance]:
    """`web` with three addresses becomes `web_1`, `web_2` and `web_3`: each begins with another node."""
    nodes = list(cluster.nodes)
    return {
        f"{name}_{place + 1}": instance.model_copy(
            update={
                "active_active": False,
                "virtual_router_id": instance.virtual_router_id + place,
                "virtual_ipaddress": [address],
                "prefer": [nodes[place % len(nodes)], *_after(nodes, place % len(nodes))],
            }
        )
        for place, address in enumerate(instance.virtual_ipaddress)
    }


def _after(nodes: list[str], place: int) -> list[str]:
    """The nodes after this place, and then those before it: two that fail leave their addresses to different ones."""
    return [*nodes[place + 1 :], *nodes[:place]]


def as_written(cluster: Cluster, path: str) -> str:
    """The path of a fault of the expanded cluster, as the file of `cluster` has it."""
    for name, instance in cluster.instances.items():
        for place in range(len(instance.virtual_ipaddress) if instance.active_active else 0):
            begin = f"instances.{name}_{place + 1}"
            if path == begin or path.startswith(f"{begin}."):
                return f"instances.{name}{path.removeprefix(begin)}"
    return path


def short_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with the short forms of a cluster."""
    if all(instance.disable for instance in cluster.instances.values()):
        yield Fault("instances", "all are disabled: a cluster needs one", rests_on=("instances",))
    yield from member_faults(cluster)
    for name, instance in cluster.instances.items():
        yield from _prefer_faults(cluster, name, instance)
        if not instance.active_active:
            continue
        count = len(instance.virtual_ipaddress)
        path = f"instances.{name}.active_active"
        if instance.virtual_ipaddress_excluded:
            excluded = f"instances.{name}.virtual_ipaddress_excluded"
            yield Fault(
                excluded, "active_active makes an instance of each address: give these an instance of their own"
            )
        if instance.nopreempt:
            stays = "an address that has moved never goes back, and active_active wants each node to hold its own"
            yield Fault(f"instances.{name}.nopreempt", f"{stays}: leave one of them out")
        if count < 2:
            yield Fault(path, "needs an address for each node that is to be active: virtual_ipaddress has one")
        if instance.virtual_router_id + count - 1 > HIGHEST_ROUTER_ID:
            last = instance.virtual_router_id + count - 1
            yield Fault(f"instances.{name}.virtual_router_id", f"the last address would have {last}: begin lower")
        for place in range(count):
            if (other := f"{name}_{place + 1}") in cluster.instances:
                yield Fault(path, f"its address {place + 1} would be {other}, which is in the file: rename that one")


def _prefer_faults(cluster: Cluster, name: str, instance: Instance) -> Iterator[Fault]:
    path = f"instances.{name}.prefer"
    for node in instance.prefer:
        if node not in cluster.nodes:
            yield Fault(path, f"{node} is not a node of this file: {', '.join(cluster.nodes)}", rests_on=("nodes",))
    if len(set(instance.prefer)) < len(instance.prefer):
        yield Fault(path, "names a node twice")
    if instance.prefer and instance.active_active:
        yield Fault(path, "active_active gives each address an order of its own: leave it out")
    pinned = [node for node, settings in cluster.nodes.items() if settings.priority is not None]
    if pinned and (instance.prefer or instance.active_active):
        key = "prefer" if instance.prefer else "active_active"
        why = f"{pinned[0]} has a pinned priority, which counts in every instance: leave one of them out"
        yield Fault(f"instances.{name}.{key}", why, rests_on=("nodes",))
