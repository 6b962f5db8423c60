"""The rules that hold between the fields of a cluster, and between clusters. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import combinations
from typing import NamedTuple

from keepalived.cluster import HIGHEST_PRIORITY, Address, Cluster

ADVERT_INTERVALS = {2: (1, 255), 3: (0.01, 40.95)}  # seconds; v2 has whole seconds, v3 hundredths in 12 bits


class Fault(NamedTuple):
    """One thing wrong with a cluster: where (dotted, `instances.VI_1.advert_int`), and what, in words."""

    path: str
    problem: str


def faults_of(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with a cluster whose fields are each well formed."""
    yield from _priority_faults(cluster)
    yield from _address_faults(cluster)
    yield from _instance_faults(cluster)
    yield from _advert_faults(cluster)


def _advert_faults(cluster: Cluster) -> Iterator[Fault]:
    if cluster.advert_int is not None:
        low, high = ADVERT_INTERVALS[cluster.vrrp_version]
        whole = cluster.vrrp_version == 2
        steps = cluster.advert_int if whole else cluster.advert_int * 100
        if not low <= cluster.advert_int <= high or abs(steps - round(steps)) > 1e-6:
            what = f"whole seconds, {low}..{high}" if whole else f"hundredths of a second, {low}..{high}"
            yield Fault(
                "advert_int", f"{cluster.advert_int:g} cannot be expressed by VRRPv{cluster.vrrp_version} ({what})"
            )


def _priority_faults(cluster: Cluster) -> Iterator[Fault]:
    """Every undrained node above every drained one, ranks distinct, all in 1..254."""
    ranks = {node: cluster.rank(node) for node in cluster.nodes}
    for one, other in combinations(ranks, 2):
        if ranks[one] == ranks[other]:
            yield Fault(
                f"nodes.{other}.priority", f"{ranks[other]} is also the priority of {one}: give each node its own"
            )
    first = max(ranks, key=ranks.__getitem__)
    if ranks[first] + cluster.drain.weight > HIGHEST_PRIORITY:
        yield Fault(
            f"nodes.{first}.priority",
            f"{ranks[first]} + drain.weight {cluster.drain.weight} is above {HIGHEST_PRIORITY}, the highest there is",
        )
    last = min(ranks, key=ranks.__getitem__)
    if ranks[last] + cluster.drain.weight <= ranks[first]:
        yield Fault(
            "drain.weight",
            f"{cluster.drain.weight} does not lift {last} ({ranks[last]}) above a drained {first} ({ranks[first]}): "
            f"use at least {ranks[first] - ranks[last] + 1}",
        )


def _address_faults(cluster: Cluster) -> Iterator[Fault]:
    owner_of: dict[Address, str] = {}
    for name, node in cluster.nodes.items():
        if node.address in owner_of:
            yield Fault(f"nodes.{name}", f"{node.address} is also the address of {owner_of[node.address]}")
        owner_of.setdefault(node.address, name)
    seen: dict[Address, str] = {}
    for name, instance in cluster.instances.items():
        path = f"instances.{name}.virtual_ipaddress"
        for floating in instance.virtual_ipaddress:
            if floating.ip in owner_of:
                yield Fault(
                    path,
                    f"{floating.ip} is {owner_of[floating.ip]}'s own address: a floating address belongs to no node",
                )
            if floating.ip in seen:
                yield Fault(path, f"{floating.ip} is in {seen[floating.ip]} already")
            seen.setdefault(floating.ip, name)


def _instance_faults(cluster: Cluster) -> Iterator[Fault]:
    used: dict[tuple[int, int, str | None], str] = {}
    for name, instance in cluster.instances.items():
        if len({floating.version for floating in instance.virtual_ipaddress}) > 1:
            yield Fault(f"instances.{name}.virtual_ipaddress", "IPv4 and IPv6 addresses: make two instances of them")
        elif instance.family == 6 and cluster.vrrp_version == 2:
            yield Fault(f"instances.{name}.virtual_ipaddress", "VRRPv2 carries no IPv6 addresses: set vrrp_version: 3")
        key = (instance.family, instance.virtual_router_id, instance.interface)
        if key in used:
            path = f"instances.{name}.virtual_router_id"
            yield Fault(path, f"{instance.virtual_router_id} is used by {used[key]} on the same network")
        used.setdefault(key, name)


def faults_between(one: Cluster, other: Cluster) -> Iterator[Fault]:
    """What two clusters may not share; the paths are those of `other`."""
    for name in other.nodes.keys() & one.nodes.keys():
        yield Fault(f"nodes.{name}", f"stands already in {one.name}.yml: a node belongs to one cluster")
    owners = {node.address: f"{name}'s own address" for name, node in one.nodes.items()}
    floating = {ip_address(address): f"a floating address of {one.name}.yml" for address in one.addresses}
    for name, node in other.nodes.items():
        taken = floating if name in one.nodes else owners | floating
        if node.address in taken:
            yield Fault(f"nodes.{name}", f"{node.address} is {taken[node.address]}")
    for name, instance in other.instances.items():
        for address in instance.virtual_ipaddress:
            if address.ip in owners | floating:
                path = f"instances.{name}.virtual_ipaddress"
                yield Fault(path, f"{address.ip} is {(owners | floating)[address.ip]}")
        for instance_of_one in one.instances.values():
            same = (instance.family, instance.virtual_router_id) == (
                instance_of_one.family,
                instance_of_one.virtual_router_id,
            )
            if same and _networks(one) & _networks(other):
                path = f"instances.{name}.virtual_router_id"
                yield Fault(path, f"{instance.virtual_router_id} is used by {one.name}.yml on the same network")


def _networks(cluster: Cluster) -> set[IPv4Network | IPv6Network]:
    """The networks of the nodes. The file has no netmasks: /24 and /64 are what a segment nearly always is."""
    return {
        ip_network(f"{node.address}/{24 if node.address.version == 4 else 64}", strict=False)
        for node in cluster.nodes.values()
    }
