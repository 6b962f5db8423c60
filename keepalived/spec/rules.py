"""The rules that hold between the fields of a cluster, and between clusters. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NamedTuple

from keepalived.spec.address import FloatingAddress
from keepalived.spec.check_rules import check_faults
from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault
from keepalived.spec.fields import Address
from keepalived.spec.host_rules import host_faults
from keepalived.spec.instance import Instance
from keepalived.spec.notify_rules import notify_faults
from keepalived.spec.priorities import HIGHEST_PRIORITY
from keepalived.spec.sync_rules import sync_faults
from keepalived.spec.vrrp_rules import vrrp_faults

ADVERT_INTERVALS = {2: (1, 255), 3: (0.01, 40.95)}  # seconds; v2 has whole seconds, v3 hundredths in 12 bits
LOOPBACK = "lo"
Network = IPv4Network | IPv6Network
MOST_ADDRESSES = {4: 255, 6: 89}  # of an instance, by family: what keepalived 2.2 and 2.3 put into an advert


def faults_of(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with a cluster whose fields are each well formed."""
    yield from _priority_faults(cluster)
    yield from _address_faults(cluster)
    yield from _interface_faults(cluster)
    yield from _instance_faults(cluster)
    yield from _router_id_faults(cluster)
    yield from _advert_faults(cluster)
    yield from _hook_faults(cluster)
    yield from _connections_faults(cluster)
    yield from check_faults(cluster)
    yield from sync_faults(cluster)
    yield from notify_faults(cluster)
    yield from vrrp_faults(cluster)
    yield from host_faults(cluster)


def _hook_faults(cluster: Cluster) -> Iterator[Fault]:
    if len(cluster.nodes) == 1:
        for when in ("before", "after"):
            if any(hook.on == "another" for hook in getattr(cluster.maintenance, when)):
                yield Fault(f"maintenance.{when}", "on: another: there is no other node", rests_on=("nodes",))


def _connections_faults(cluster: Cluster) -> Iterator[Fault]:
    if cluster.connections == "keep":
        return
    for part, settings in (("drain", cluster.drain), ("maintenance", cluster.maintenance)):
        if "connections_timeout" in settings.model_fields_set:
            only = "counts only with connections: keep: set that as well, or leave it out"
            yield Fault(f"{part}.connections_timeout", only, rests_on=("connections",))


def _advert_faults(cluster: Cluster) -> Iterator[Fault]:
    yield from _interval_faults("advert_int", cluster.advert_int, cluster.vrrp_version, ("vrrp_version",))
    for name, instance in cluster.instances.items():
        version, path = cluster.version(name), f"instances.{name}"
        basis = ("vrrp_version", f"{path}.version")
        yield from _interval_faults(f"{path}.advert_int", instance.advert_int, version, basis)


def _interval_faults(path: str, seconds: float | None, version: int, basis: tuple[str, ...]) -> Iterator[Fault]:
    if seconds is None:
        return
    low, high = ADVERT_INTERVALS[version]
    whole = version == 2
    steps = seconds if whole else seconds * 100
    if not low <= seconds <= high or abs(steps - round(steps)) > 1e-6:
        what = f"whole seconds, {low}..{high}" if whole else f"hundredths of a second, {low}..{high}"
        yield Fault(path, f"{seconds:.15g} cannot be expressed by VRRPv{version} ({what})", rests_on=basis)


def _priority_faults(cluster: Cluster) -> Iterator[Fault]:
    """In each instance every undrained node above every drained one, priorities distinct, all in 1..254."""
    seen = set()
    for instance in cluster.instances:
        members = cluster.members(instance)
        own = instance if any(cluster.on_node(instance, node).priority for node in members) else None
        priorities = (own, *sorted(cluster.drained_priority(instance, node) for node in members))
        if members and priorities not in seen:  # in another order, the same priorities have the same faults
            seen.add(priorities)
            yield from _priority_faults_in(cluster, instance)


def _priority_faults_in(cluster: Cluster, instance: str) -> Iterator[Fault]:
    basis = ("nodes", "priority_step", "drain.weight", f"instances.{instance}.nodes")
    seen: dict[int, str] = {}

    def pinned_at(node: str) -> str:
        own = cluster.on_node(instance, node).priority is not None
        return f"nodes.{node}.instances.{instance}.priority" if own else f"nodes.{node}.priority"

    for node in cluster.members(instance):
        priority = cluster.drained_priority(instance, node)
        if priority in seen:
            first = seen[priority]
            pinned, other = (node, first) if cluster.pinned_priority(instance, node) else (first, node)
            same = f"{priority} is also the priority of {other}: give each node its own"
            yield Fault(pinned_at(pinned), same, basis)
        seen.setdefault(priority, node)
    highest, lowest = max(seen), min(seen)
    first, last = seen[highest], seen[lowest]
    least, most = highest - lowest + 1, HIGHEST_PRIORITY - highest  # what lifts `last` above `first`, and no higher
    weight = cluster.drain.weight
    if least > most:
        wide = f"no drain.weight lifts {last} ({lowest}) above a drained {first} ({highest}) within {HIGHEST_PRIORITY}"
        if cluster.pinned_priority(instance, first):
            yield Fault(pinned_at(first), f"{highest} is too high: {wide}", basis)
        elif cluster.priority_step > 1:
            yield Fault("priority_step", f"{cluster.priority_step} is too wide: {wide}", basis)
        else:
            yield Fault("nodes", f"{len(cluster.members(instance))} are too many: {wide}", basis)
    elif weight < least:
        low = f"{weight} does not lift {last} ({lowest}) above a drained {first} ({highest})"
        yield Fault("drain.weight", f"{low}: use {least} to {most}", basis)
    elif weight > most:
        high = f"{weight} lifts {first} ({highest}) above {HIGHEST_PRIORITY}, the highest priority there is"
        yield Fault("drain.weight", f"{high}: use {least} to {most}", basis)


def _address_faults(cluster: Cluster) -> Iterator[Fault]:
    owner_of: dict[Address, str] = {}
    for name, node in cluster.nodes.items():
        if node.address in owner_of:
            yield Fault(f"nodes.{name}", f"{node.address} is also the address of {owner_of[node.address]}")
        owner_of.setdefault(node.address, name)
    seen: dict[Address, str] = {}
    for name, instance in cluster.instances.items():
        for floating in instance.floating:
            path = _path_of(name, instance, floating)
            if floating.ip in owner_of:
                yield Fault(
                    path,
                    f"{floating.ip} is {owner_of[floating.ip]}'s own address: a floating address belongs to no node",
                )
            if floating.ip in seen:
                yield Fault(path, f"{floating.ip} is in {seen[floating.ip]} already")
            seen.setdefault(floating.ip, name)


def _path_of(name: str, instance: Instance, floating: FloatingAddress) -> str:
    excluded = floating not in instance.virtual_ipaddress
    return f"instances.{name}.virtual_ipaddress{'_excluded' if excluded else ''}"


def _instance_faults(cluster: Cluster) -> Iterator[Fault]:
    for name, instance in cluster.instances.items():
        path = f"instances.{name}"
        count, most = len(instance.virtual_ipaddress), MOST_ADDRESSES[instance.family]
        if len({floating.version for floating in instance.virtual_ipaddress}) > 1:
            yield Fault(
                f"{path}.virtual_ipaddress",
                "IPv4 and IPv6 addresses: write those of one family under virtual_ipaddress_excluded",
            )
        elif instance.family == 6 and cluster.version(name) == 2:
            yield Fault(f"{path}.virtual_ipaddress", "VRRPv2 carries no IPv6 addresses: set vrrp_version: 3")
        elif count > most:
            yield Fault(
                f"{path}.virtual_ipaddress",
                f"an advert has room for {most} IPv{instance.family} addresses, not {count}: make two instances",
            )
        if instance.authentication and cluster.version(name) == 3:
            none = "VRRPv3 has none: leave it out, or set vrrp_version: 2"
            yield Fault(f"{path}.authentication", none, rests_on=("vrrp_version",))
        elif instance.authentication and instance.authentication.auth_type == "AH" and instance.unicast:
            yield Fault(f"{path}.authentication", "AH does not go with unicast: use PASS or leave it out")
        if instance.nopreempt and instance.preempt_delay:
            never = "with nopreempt no node takes over from a holder, and there is nothing to wait for"
            yield Fault(f"{path}.preempt_delay", f"{never}: leave one of them out", rests_on=(f"{path}.nopreempt",))
        if instance.unicast:
            yield from _unicast_faults(cluster, name)


def _interface_faults(cluster: Cluster) -> Iterator[Fault]:
    places = {
        cluster.interface_path(name, node): cluster.interface(name, node)
        for name in cluster.instances
        for node in cluster.members(name)
    }
    for path, interface in places.items():
        if interface == LOOPBACK:
            yield Fault(path, f"{LOOPBACK} reaches no other node: keepalived ignores such an instance")


def _unicast_faults(cluster: Cluster, name: str) -> Iterator[Fault]:
    path, family, members = f"instances.{name}", cluster.instances[name].family, cluster.members(name)
    senders: dict[Address, str] = {}
    for node in members:
        source, own = cluster.advert_source(name, node), f"nodes.{node}.instances.{name}.unicast_src_ip"
        is_set = cluster.on_node(name, node).unicast_src_ip is not None
        if source.version != family and is_set:
            yield Fault(own, f"{source} is not IPv{family}, as the addresses of {name} are")
        elif source.version != family:
            which = f"its own addresses are IPv{family}, that of {node} is not"
            yield Fault(f"{path}.unicast", f"adverts cannot go to the nodes: {which}. Give each one with {own}")
            break
        if source in senders:
            yield Fault(own if is_set else f"nodes.{node}", f"{source} is also the address of {senders[source]}")
        senders.setdefault(source, node)
        if str(source) in cluster.addresses and is_set:
            yield Fault(own, f"{source} is a floating address: give one that stays on {node}")
    if len(members) == 1:  # keepalived takes an empty list of peers for multicast
        yield Fault(f"{path}.unicast", "there is no other node to send to", rests_on=("nodes", f"{path}.nodes"))


def _router_id_faults(cluster: Cluster) -> Iterator[Fault]:
    """The found interface, None, may turn out to be a set one: `interfaces` of conf/interfaces.py sees that."""
    used: dict[tuple[int, int], list[str]] = {}
    for name, instance in cluster.instances.items():
        others = used.setdefault((instance.family, instance.virtual_router_id), [])
        if other := next((other for other in others if _on_one_network(cluster, name, other)), None):
            taken = f"{instance.virtual_router_id} is used by {other} on the same network"
            basis = (f"instances.{name}.interface", f"instances.{other}.interface", "nodes")
            yield Fault(f"instances.{name}.virtual_router_id", taken, rests_on=basis)
        others.append(name)


def _on_one_network(cluster: Cluster, one: str, other: str) -> bool:
    """Whether the file has two instances on the same interface of a node; where no node has both, of any node."""
    both = set(cluster.members(one)) & set(cluster.members(other))
    if not both:
        return cluster.instances[one].interface == cluster.instances[other].interface
    return any(cluster.interface(one, node) == cluster.interface(other, node) for node in both)


def faults_between(clusters: Iterable[Cluster]) -> Iterator[tuple[str, Fault]]:
    """What clusters may not share, each with the name of the cluster whose file is at fault: the later one.

    Each part of each cluster is looked up once among those before it: a hundred files are no more work a file than two.
    """
    nodes: dict[str, Cluster] = {}
    owners: dict[Address, tuple[str, Cluster]] = {}
    floating: dict[Address, Cluster] = {}
    numbers: dict[tuple[Network, int, int], list[tuple[Place, Cluster]]] = {}
    for cluster in clusters:
        places = {name: _places(cluster, name) for name in cluster.instances}
        for name, node in cluster.nodes.items():
            if name in nodes:
                yield cluster.name, Fault(f"nodes.{name}", f"is already in {nodes[name].name}.yml: {ONE_CLUSTER}")
            of = floating.get(node.address)
            if of is not None:
                yield cluster.name, Fault(f"nodes.{name}", f"{node.address} is a floating address of {of.name}.yml")
            elif (owner := owners.get(node.address)) is not None and name not in owner[1].nodes:
                yield cluster.name, Fault(f"nodes.{name}", f"{node.address} is {owner[0]}'s own address")
        for name, instance in cluster.instances.items():
            for address in instance.floating:
                taken = f"{owners[address.ip][0]}'s own address" if address.ip in owners else None
                if address.ip in floating:
                    taken = f"a floating address of {floating[address.ip].name}.yml"
                if taken:
                    yield cluster.name, Fault(_path_of(name, instance, address), f"{address.ip} is {taken}")
            same = [
                other
                for network, place in places[name].items()
                for another, other in numbers.get((network, instance.family, instance.virtual_router_id), [])
                if _meet(place, another)
            ]
            if same:
                taken = f"{instance.virtual_router_id} is used by {same[0].name}.yml on the same network"
                yield cluster.name, Fault(f"instances.{name}.virtual_router_id", taken)
        for name, node in cluster.nodes.items():
            nodes.setdefault(name, cluster)
            owners.setdefault(node.address, (name, cluster))
        for name, instance in cluster.instances.items():
            for network, place in places[name].items():
                number = (network, instance.family, instance.virtual_router_id)
                numbers.setdefault(number, []).append((place, cluster))
            for address in instance.floating:
                floating.setdefault(address.ip, cluster)


ONE_CLUSTER = "a node belongs to one cluster: put the instances of both into one file, each with its nodes"


class Place(NamedTuple):
    """Where an instance is on those of its nodes that are in one network.

    `interfaces`: as the file sets them; None: found on the node. `networks`: those of the floating addresses.
    """

    interfaces: set[str | None]
    networks: set[Network]


def _meet(one: Place, other: Place) -> bool:
    """Whether the adverts of two instances of one number and family are taken for each other's on one network.

    A found interface is the one whose network the addresses are in, so there the networks of the addresses decide.
    """
    if (one.interfaces & other.interfaces) - {None}:
        return True
    return None in one.interfaces | other.interfaces and bool(one.networks & other.networks)


def _places(cluster: Cluster, name: str) -> dict[Network, Place]:
    """Where the nodes of an instance have it, by the network of the nodes."""
    floating = cluster.instances[name].virtual_ipaddress
    own = {_network(address.ip) for address in floating if not address.dev and not address.ip.is_link_local}
    found: dict[Network, Place] = {}
    for node in cluster.members(name):
        network = _network(cluster.nodes[node].address)
        # without such an address it is on the interface of the node's own
        found.setdefault(network, Place(set(), own or {network})).interfaces.add(cluster.interface(name, node))
    return found


def _network(address: Address) -> Network:
    """The file has no netmasks: /24 and /64 are what a segment nearly always is."""
    return ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False)
