"""The network interface of each instance on a node: as the cluster file sets it, or found on the node. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network

from keepalived.conf.adverts import AdvertSettings
from keepalived.spec.cluster import Cluster
from keepalived.spec.instance import Instance


@dataclass(frozen=True)
class Links:
    """What a node tells of its network interfaces.

    `addresses`: all by interface, the floating ones too. `networks`: those of its own addresses by interface, as
    `10.10.0.0/24`. `running`: what its daemon runs with, by instance.
    """

    addresses: Mapping[str, list[str]]
    networks: Mapping[str, list[str]] = field(default_factory=dict)
    running: Mapping[str, AdvertSettings] = field(default_factory=dict)

    def carrying(self, address: str) -> str | None:
        """The interface that has `address`."""
        return next((link for link, addresses in self.addresses.items() if address in addresses), None)


class NoInterface(Exception):
    """There is no sound network interface for an instance on a node. The text says what to do."""


def interfaces(cluster: Cluster, node: str, links: Links) -> dict[str, str]:
    """The network interface of each instance of `node`: as set; or the one that its addresses are in the network of; or
    the one that carries the node's own address. Raises NoInterface."""
    chosen = {instance: _interface(cluster, node, instance, links) for instance in cluster.instances_of(node)}
    for instance, interface in chosen.items():
        for name, check in cluster.checks_of(instance).items():
            if check.interface == interface:
                raise NoInterface(
                    f"{node}: the check {name} looks at {interface}, the own interface of {instance}: keepalived looks "
                    f"at that one anyway, and ignores the check. Take checks.{name} out of {cluster.name}.yml, or give "
                    f"{instance} other checks"
                )
    used: dict[tuple[int, int, str], str] = {}
    for instance, settings in cluster.instances_of(node).items():
        other = used.setdefault((settings.family, settings.virtual_router_id, chosen[instance]), instance)
        if other != instance:
            raise NoInterface(
                f"{node}: {other} and {instance} have virtual_router_id {settings.virtual_router_id} on the same "
                f"interface, {chosen[instance]}: give one of them another in {cluster.name}.yml"
            )
    return chosen


def _interface(cluster: Cluster, node: str, instance: str, links: Links) -> str:
    settings, file = cluster.instances[instance], f"{cluster.name}.yml"
    if given := cluster.interface(instance, node):
        _refuse_source(cluster, node, instance, given, links)
        return given
    own = str(cluster.nodes[node].address)
    carrier = links.carrying(own)
    near = _near(settings, links)
    if carrier is None and not near:
        raise NoInterface(
            f"{node}: no network interface carries its address {own}: correct nodes.{node} or set "
            f"instances.{instance}.interface in {file}"
        )
    found = carrier if carrier in near or not near else near[0]
    if found != carrier and len(near) > 1:
        raise NoInterface(
            f"{node}: the addresses of {instance} are in the networks of {' and of '.join(near)}: set "
            f"instances.{instance}.interface in {file}"
        )
    _refuse_move(cluster, node, instance, str(found), links)
    if found != carrier:
        _refuse_source(cluster, node, instance, str(found), links)
    return str(found)


def _near(settings: Instance, links: Links) -> list[str]:
    """The interfaces whose networks the addresses of an instance are in, those with a `dev` of their own aside."""
    floating = [
        address.ip for address in settings.virtual_ipaddress if not address.dev and not address.ip.is_link_local
    ]
    return [
        link
        for link, networks in links.networks.items()
        if any(address in ip_network(network) for address in floating for network in networks)
    ]


def _refuse_move(cluster: Cluster, node: str, instance: str, found: str, links: Links) -> None:
    """Raises NoInterface where the addresses run on another interface than the one found: nobody has asked for a move.

    An interface that is gone, or whose network the found one has taken over (a bridge), is followed.
    """
    running, settings = links.running.get(instance), cluster.instances[instance]
    if running is None or running.interface in ("", found) or running.interface not in links.addresses:
        return
    same = running.addresses & {str(address.ip) for address in settings.virtual_ipaddress}
    if same and (links.networks.get(running.interface) or found not in _near(settings, links)):
        raise NoInterface(
            f"{node}: {instance} runs on {running.interface}, and by its addresses it belongs on {found}. It does not "
            f"move unless you say so: set instances.{instance}.interface in {cluster.name}.yml to "
            f"{running.interface}, where it stays, or to {found}"
        )


def _refuse_source(cluster: Cluster, node: str, instance: str, interface: str, links: Links) -> None:
    """Raises NoInterface where the adverts would be sent from an address that is on another interface."""
    given, settings = cluster.on_node(instance, node).unicast_src_ip, cluster.instances[instance]
    unicast = settings.unicast and (given is not None or not cluster.interface(instance, node))  # as it always was
    if not unicast and not settings.mcast_src_ip:
        return
    source = str(cluster.advert_source(instance, node))
    if (carrier := links.carrying(source)) != interface:
        where = f"{carrier} carries" if carrier else "no network interface carries"
        raise NoInterface(
            f"{node}: {instance} is on {interface}, and {where} {source}, from which it would send its adverts: set "
            f"nodes.{node}.instances.{instance}.unicast_src_ip in {cluster.name}.yml to an address of {interface}"
        )
