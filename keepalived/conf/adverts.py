"""What the nodes of a VRRP instance must agree on to accept each other's adverts, read from keepalived.conf. Pure.

A node drops an advert whose settings differ from its own (keepalived, vrrp/vrrp.c, vrrp_check_packet): each group of
nodes with the same settings then has a holder of its own. All else, priorities included, may differ during a change.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from keepalived.spec.blocks import Block, first, parse_blocks, value_of

GROUPS = {"vrrp_mcast_group4", "vrrp_mcast_group6", "mcast_dst_ip"}  # a socket is of one group
OTHERS = {
    "vrrp_strict",
    "strict_mode",
    "vrrp_check_unicast_src",
    "check_unicast_src",
    "unicast_ttl",
    "old_unicast_checksum",
    "v3_checksum_as_v2",
}


class AdvertSettings(NamedTuple):
    """The settings of one instance. `authentication` is a digest; `advert_int` counts in v2 only; `groups` and `others`
    are the lines of these keywords, of the instance and of `global_defs`."""

    version: int
    virtual_router_id: int
    interface: str
    unicast: bool
    addresses: frozenset[str]
    authentication: str | None
    advert_int: float | None
    groups: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    """Floating addresses that the adverts do not name."""
    source: str = ""
    """`unicast_src_ip`."""

    @property
    def floating(self) -> frozenset[str]:
        """All floating addresses of the instance."""
        return self.addresses | self.excluded

    def reload_carries(self, new: AdvertSettings) -> bool:
        """Whether a reload takes the daemon from these settings to `new` without giving the addresses up.

        It does not when the socket or the instance itself must be made anew (vrrp/vrrp.c, vrrp_exist), and the version
        is a global setting here.
        """
        same_source = not self.unicast or self.source == new.source
        return self[:4] == new[:4] and self.groups == new.groups and same_source

    def accepts(self, other: AdvertSettings) -> bool:
        """Whether a node with these settings accepts the adverts of another node with the `other` ones.

        The name of an interface and the sender's address are the node's own affair, and what the adverts do not name is
        seen by nobody. Whether two interfaces are on the same network is not told by their configuration.
        """
        own: dict[str, Any] = {"interface": "", "excluded": frozenset(), "source": ""}
        return self._replace(**own) == other._replace(**own)


def advert_settings(text: str) -> dict[str, AdvertSettings]:
    """The settings of each vrrp_instance in a configuration, by name. Raises ValueError where it is no such text."""
    top = parse_blocks(text)
    defaults = first(top, "global_defs")
    version = int(value_of(defaults, "vrrp_version", "2"))
    found = {}
    for words, block in top:
        if words[:1] != ["vrrp_instance"] or len(words) < 2:
            continue
        own = int(value_of(block, "version", str(version)))
        authentication = first(block, "authentication")
        found[words[1]] = AdvertSettings(
            version=own,
            virtual_router_id=int(value_of(block, "virtual_router_id", "0")),
            interface=value_of(block, "interface", ""),
            unicast=any(words[0] == "unicast_peer" for words, _ in block),
            addresses=_addresses(block, "virtual_ipaddress"),
            excluded=_addresses(block, "virtual_ipaddress_excluded"),
            source=value_of(block, "unicast_src_ip", ""),
            authentication=_digest(authentication) if authentication else None,
            advert_int=float(value_of(block, "advert_int", "1")) if own == 2 else None,
            groups=_lines([*defaults, *block], GROUPS),
            others=_lines([*defaults, *block], OTHERS),
        )
    return found


def _lines(block: Block, keywords: set[str]) -> frozenset[str]:
    return frozenset(" ".join(words) for words, _ in block if words[0] in keywords)


def _addresses(block: Block, keyword: str) -> frozenset[str]:
    return frozenset(words[0].split("/")[0] for words, _ in first(block, keyword))


def _digest(block: Block) -> str:
    return hashlib.sha256(repr(sorted(words for words, _ in block)).encode()).hexdigest()[:16]
