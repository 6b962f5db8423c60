"""By which address and interface the nodes reach each other beside a floating address. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address

from keepalived.conf.interfaces import NoInterface, interfaces
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.connections.moves import AddressMove
from keepalived.spec.cluster import Cluster


def interface_for(cluster: Cluster, name: str, node: NodeState, address: str) -> str | None:
    """The interface by which packets of a floating address come to a node: the one that carries it, or would."""
    if found := node.interface_of(address):
        return found
    for instance, settings in cluster.instances.items():
        for one in (*settings.virtual_ipaddress, *settings.virtual_ipaddress_excluded):
            if str(one.ip) == address:
                with suppress(NoInterface):
                    return one.dev or interfaces(cluster, name, node.links).get(instance)
    return None


def reached_at(cluster: Cluster, name: str, node: NodeState, address: str, seen_from: str | None = None) -> str | None:
    """The address of `name` on the network of the floating `address`; None: it has none there.

    A link-local one has the interface behind it by which it is `seen_from` another node.
    """
    own = str(cluster.nodes[name].address)
    found = of_family(node.interfaces.get(interface_for(cluster, name, node, address) or "", []), address)
    if own in found:
        return own
    found = [one for one in found if one not in cluster.addresses]
    if best := next((one for one in found if not ip_address(one).is_link_local), None):
        return best
    return f"{found[0]}%{seen_from}" if found and seen_from else None


def why_not_reached(cluster: Cluster, name: str, node: NodeState, address: str) -> str | None:
    """Why no other node reaches `name` beside the floating `address`; None: it does.

    With `use_vmac` that is so: the address lies on an interface of its own.
    """
    if interface_for(cluster, name, node, address) is None:
        return f"there is no interface for {address}"
    if reached_at(cluster, name, node, address, seen_from="any") is None:
        return f"the interface of {address} has no other address"
    return None


def alone(state: ClusterState, moves: Iterable[AddressMove]) -> dict[str, list[str]]:
    """By node why no other one reaches it beside its floating addresses."""
    found: dict[str, list[str]] = {}
    for move in moves:
        for name in move.nodes:
            node = state.nodes[name]
            if node and (why := why_not_reached(state.cluster, name, node, move.address)):
                found.setdefault(name, []).append(why)
    return found


def of_family(addresses: Iterable[str], address: str) -> list[str]:
    """Those that are addresses, of the family of `address`."""
    found = []
    for one in addresses:
        with suppress(ValueError):
            if ip_address(one).version == ip_address(address).version:
                found.append(one)
    return found
