"""What must hold of sync groups: which instances may be in one, and that no node holds a part of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault


def member_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with the members, as the file has them."""
    groups: dict[str, str] = {}
    for name, group in cluster.sync_groups.items():
        path = f"sync_groups.{name}.group"
        enabled = [member for member in group.group if member in cluster.instances]
        enabled = [member for member in enabled if not cluster.instances[member].disable]
        for number, member in enumerate(group.group):
            instance = cluster.instances.get(member)
            if instance is None:
                known = ", ".join(cluster.instances)
                yield Fault(path, f"{member} is not an instance of this file: {known}", ("instances",))
                continue
            if member in group.group[:number]:
                yield Fault(path, f"names {member} twice")
            elif other := groups.get(member):
                yield Fault(path, f"{member} is in {other} already: an instance is in one group")
            groups.setdefault(member, name)
            if instance.active_active:
                apart = "active_active spreads its addresses over the nodes, and a group has them on one node"
                yield Fault(path, f"{member}: {apart}: leave one of them out", (f"instances.{member}.active_active",))
            if instance.checks is not None:
                at = f"sync_groups.{name}.checks"
                moved = f"keepalived counts the checks of the group {name} for its instances: write them at {at}"
                yield Fault(f"instances.{member}.checks", moved, ("sync_groups",))
        if len(set(enabled)) < 2 and len(set(group.group)) > 1 and set(group.group) <= set(cluster.instances):
            yield Fault(path, "all but one of its instances are disabled: a group needs two", ("instances",))


def sync_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong between the members of a group. Its checks are the same for all (Cluster.checks_of)."""
    for name, group in cluster.sync_groups.items():
        path = f"sync_groups.{name}.group"
        members = [member for member in group.group if member in cluster.instances]
        if not members:
            continue
        first, *others = members
        for other in others:
            orders = {member: cluster.order(member) for member in (first, other)}
            if orders[first] != orders[other]:
                said = " and ".join(f"{', '.join(order)} for {member}" for member, order in orders.items())
                yield Fault(
                    path,
                    f"the order of nodes is {said}: no node would hold both for long. Give them the same nodes, prefer "
                    "and priorities",
                    ("nodes", f"instances.{first}.prefer", f"instances.{other}.prefer"),
                )
            elif any(check.weight for check in cluster.checks_of_group(name).values()):
                yield from _apart_faults(cluster, path, first, other)
            one, two = cluster.instances[first], cluster.instances[other]
            for key in ("nopreempt", "preempt_delay"):
                if getattr(one, key) != getattr(two, key):
                    words = f"{first} and {other} move together: give them the same {key}"
                    yield Fault(path, words, (f"instances.{first}.{key}", f"instances.{other}.{key}"))
        for check in group.checks or []:
            if check not in cluster.checks:
                known = ", ".join(cluster.checks) or "none"
                yield Fault(f"sync_groups.{name}.checks", f"{check} is not a check of this file: {known}", ("checks",))


def _apart_faults(cluster: Cluster, path: str, first: str, other: str) -> Iterator[Fault]:
    """A check with weight may change the order of two nodes in one instance and not in the other."""
    node, *rest = cluster.order(first)
    for below in rest:
        apart = {
            member: cluster.drained_priority(member, node) - cluster.drained_priority(member, below)
            for member in (first, other)
        }
        if apart[first] != apart[other]:
            said = " and ".join(f"{distance} in {member}" for member, distance in apart.items())
            yield Fault(
                path,
                f"{node} is above {below} by {said}: a failing check with weight could give one to each of them. Pin "
                f"the same priorities in both, or let no check have a weight",
                ("nodes", "checks"),
            )
            return
