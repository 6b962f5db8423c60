"""What `ip -j address show` says of a node's network interfaces. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection
from ipaddress import ip_interface

from keepalived.spec.plain_text import plain


def read_interfaces(text: str) -> dict[str, list[str]]:
    """Their addresses."""
    return {
        plain(link["ifname"]): [address["local"] for address in link.get("addr_info", []) if "local" in address]
        for link in json.loads(text)
    }


def read_networks(text: str, floating: Collection[str]) -> dict[str, list[str]]:
    """Of the node's own addresses. Every interface has the network of the link-local ones: it says nothing."""
    found = {}
    for link in json.loads(text):
        own = [
            ip_interface(f"{address['local']}/{address['prefixlen']}")
            for address in link.get("addr_info", [])
            if "local" in address and "prefixlen" in address and address["local"] not in floating
        ]
        found[plain(link["ifname"])] = list(
            dict.fromkeys(str(one.network) for one in own if not one.ip.is_link_local and not one.ip.is_loopback)
        )
    return {name: networks for name, networks in found.items() if networks}


def read_macs(text: str) -> dict[str, str]:
    """Their link-layer addresses."""
    return {plain(link["ifname"]): plain(link["address"]) for link in json.loads(text) if link.get("address")}


def read_links_down(text: str) -> list[str]:
    """Those that are down: keepalived asks for both flags."""
    up = {"UP", "LOWER_UP"}
    return [plain(link["ifname"]) for link in json.loads(text) if "flags" in link and not up <= set(link["flags"])]
