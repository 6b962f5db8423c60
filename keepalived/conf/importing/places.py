"""What differs by node, in its place: addresses, interfaces, where adverts come from. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from keepalived.conf.importing.handmade import Handmade
from keepalived.conf.importing.keys import ADDRESSES, InstanceKeys, ReadNode
from keepalived.spec.fields import HOST_NAME


def own_addresses(nodes: list[ReadNode], lost: list[str]) -> dict[str, Any]:
    """Each node with its own address: what pyinfra connects to, unless multicast adverts come from another."""
    floating = {
        ip
        for _, keys in nodes
        for one in keys.instances.values()
        for key in ADDRESSES
        for ip in (re.split("[ /]", address)[0] for address in one.keys.get(key, []))
    }
    found = {}
    for made, keys in nodes:
        ones = keys.instances.values()
        carried = {ip for addresses in made.interfaces.values() for ip in addresses}
        connected = [made.connected] if made.connected in carried else []
        sources = [one.source for one in ones if one.source]
        on_interface = [ip for one in ones for ip in made.interfaces.get(one.interface, [])]
        own = [ip for ip in on_interface if _is_own(ip) and ip not in floating]
        multicast = [one.multicast_source for one in ones if one.multicast_source]  # has no key but the own address
        choices = [*multicast, *connected, *sources, *own, made.connected]
        found[made.node] = next((choice for choice in choices if choice), "")
        if not HOST_NAME.fullmatch(made.node):
            lost.append(f"{made.node!r} is no host name: give the node another one under nodes")
        if not found[made.node]:
            lost.append(f"{made.node}: no address of its own was found: write it under nodes")
        if found[made.node] != made.connected and made.connected:
            lost.append(f"{made.node}: pyinfra connects to {found[made.node]} from now on, not to {made.connected}")
    return found


def _is_own(ip: str) -> bool:
    return not ip.startswith("fe80:")


def interface_keys(
    name: str,
    by_node: Mapping[str, InstanceKeys],
    made: Mapping[str, Handmade],
    addresses: dict[str, Any],
) -> dict[str, str]:
    """Nothing where the interface is the one that the node's own address is on."""
    used = {node: one.interface for node, one in by_node.items()}
    if all(_is_found(made[node], interface, address_of(addresses[node])) for node, interface in used.items()):
        return {}
    if len(set(used.values())) > 1:
        for node, interface in used.items():
            _on_node(name, node, "interface", interface, addresses)
        return {}
    chosen = next(iter(used.values()))
    return {"interface": chosen} if chosen else {}


def _is_found(made: Handmade, interface: str, address: str) -> bool:
    """Whether a deploy finds this interface by itself: it carries the node's own address, and no other has one."""
    others = [ip for name, ips in made.interfaces.items() if name not in ("lo", interface) for ip in ips if _is_own(ip)]
    return address in made.interfaces.get(interface, []) and not others


def sources_of(name: str, by_node: Mapping[str, InstanceKeys], addresses: dict[str, Any]) -> None:
    """The nodes whose adverts do not come from their own address."""
    for node, one in by_node.items():
        if one.source and one.source != address_of(addresses[node]):
            _on_node(name, node, "unicast_src_ip", one.source, addresses)


def _on_node(name: str, node: str, key: str, value: str, addresses: dict[str, Any]) -> None:
    """Gives an instance a key of its own on one node."""
    entry = addresses[node] if isinstance(addresses[node], dict) else {"address": addresses[node]}
    entry.setdefault("instances", {}).setdefault(name, {})[key] = value
    addresses[node] = entry


def address_of(entry: Any) -> str:
    """The address in what stands under nodes: `10.10.0.3`, or keys."""
    return str(entry["address"] if isinstance(entry, dict) else entry)
