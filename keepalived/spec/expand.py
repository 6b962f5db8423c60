"""What a cluster file says in short: an active-active instance is one instance for each of its addresses. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault
from keepalived.spec.instance import Instance
from keepalived.spec.node import NodeInstance, NodeSettings
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
    nodes = {node: _spread_node(cluster, settings) for node, settings in cluster.nodes.items()}
    return cluster.model_copy(update={"instances": instances, "nodes": nodes, "sync_groups": sync_groups})


def _spread_node(cluster: Cluster, node: NodeSettings) -> NodeSettings:
    """What the node has for `web` holds for `web_1`, `web_2` and `web_3`."""
    own: dict[str, NodeInstance] = {}
    for name, settings in node.instances.items():
        instance = cluster.instances.get(name)
        if instance is not None and not instance.disable:
            own |= dict.fromkeys(_spread(cluster, name, instance) if instance.active_active else [name], settings)
    return node.model_copy(update={"instances": own})


def _spread(cluster: Cluster, name: str, instance: Instance) -> dict[str, Instance]:
    """`web` with three addresses becomes `web_1`, `web_2` and `web_3`: each begins with another node."""
    nodes = cluster.members(name) or list(cluster.nodes)
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
            before, begin, after = path.partition(f"instances.{name}_{place + 1}")
            if begin and after[:1] in ("", "."):  # before it: nothing, or a node
                return f"{before}instances.{name}{after}"
    return path


def short_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with the short forms of a cluster."""
    if all(instance.disable for instance in cluster.instances.values()):
        yield Fault("instances", "all are disabled: a cluster needs one", rests_on=("instances",))
    yield from member_faults(cluster)
    yield from _node_faults(cluster)
    for name, instance in cluster.instances.items():
        yield from _member_faults(cluster, name, instance)
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


def _node_faults(cluster: Cluster) -> Iterator[Fault]:
    """What a node has for single instances must be of use there."""
    for node, settings in cluster.nodes.items():
        for name, own in settings.instances.items():
            path = f"nodes.{node}.instances.{name}"
            instance = cluster.instances.get(name)
            if instance is None:
                known = ", ".join(cluster.instances)
                yield Fault(path, f"{name} is not an instance of this file: {known}", rests_on=("instances",))
            elif node not in cluster.members(name):
                yield Fault(path, f"{node} does not take part in {name}: leave it out", (f"instances.{name}.nodes",))
            elif own.unicast_src_ip and not (instance.unicast or instance.mcast_src_ip):
                why = f"{name} has no unicast: set instances.{name}.unicast: true, or leave it out"
                yield Fault(f"{path}.unicast_src_ip", why, rests_on=(f"instances.{name}.unicast",))
        for name, instance in cluster.instances.items():
            given = cluster.on_node(name, node).interface
            both = {settings.interface, instance.interface} - {None}
            if given is None and len(both) > 1 and node in cluster.members(name):
                why = (
                    f"instances.{name}.interface is {instance.interface}: say which of the two it is here with "
                    f"nodes.{node}.instances.{name}.interface"
                )
                yield Fault(f"nodes.{node}.interface", f"{settings.interface}, but {why}")
        running = [name for name, instance in cluster.instances.items() if not instance.disable]
        if running and all(node not in cluster.members(name) for name in running):
            yield Fault(f"nodes.{node}", "takes part in no instance: leave it out", rests_on=("instances",))


def _member_faults(cluster: Cluster, name: str, instance: Instance) -> Iterator[Fault]:
    path = f"instances.{name}.nodes"
    for node in instance.nodes or ():
        if node not in cluster.nodes:
            yield Fault(path, f"{node} is not a node of this file: {', '.join(cluster.nodes)}", rests_on=("nodes",))
    if len(set(instance.nodes or ())) < len(instance.nodes or ()):
        yield Fault(path, "names a node twice")


def _prefer_faults(cluster: Cluster, name: str, instance: Instance) -> Iterator[Fault]:
    path = f"instances.{name}.prefer"
    for node in instance.prefer:
        if node not in cluster.nodes:
            yield Fault(path, f"{node} is not a node of this file: {', '.join(cluster.nodes)}", rests_on=("nodes",))
        elif node not in cluster.members(name):
            yield Fault(path, f"{node} does not take part in {name}", rests_on=(f"instances.{name}.nodes",))
    if len(set(instance.prefer)) < len(instance.prefer):
        yield Fault(path, "names a node twice")
    if instance.prefer and instance.active_active:
        yield Fault(path, "active_active gives each address an order of its own: leave it out")
    pinned = [node for node in cluster.members(name) if cluster.pinned_priority(name, node) is not None]
    if pinned and (instance.prefer or instance.active_active):
        key = "prefer" if instance.prefer else "active_active"
        own = cluster.on_node(name, pinned[0]).priority is not None
        where = f"in {name}" if own else "which counts in every instance"
        why = f"{pinned[0]} has a pinned priority{' ' if own else ', '}{where}: leave one of them out"
        yield Fault(f"instances.{name}.{key}", why, rests_on=("nodes",))
