"""What the nodes of a VRRP instance must agree on to accept each other's adverts, read from keepalived.conf. Pure.

A node drops an advert whose settings differ from its own (keepalived, vrrp/vrrp.c, vrrp_check_packet): each group of
nodes with the same settings then has a holder of its own. All else, priorities included, may differ during a change.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from keepalived.spec.blocks import Block, first, parse_blocks, value_of

GROUPS = {4: "224.0.0.18", 6: "ff02::12"}
OTHERS = {"old_unicast_checksum", "v3_checksum_as_v2"}
MADE_ANEW = {"use_vmac", "use_vmac_addr", "vmac_xmit_base", "use_ipvlan", "unicast_src_ip"}
TTL = {4: 255, 6: 64}  # what keepalived sends with, IPv6 unicast what the kernel does


class Unicast(NamedTuple):
    """How an instance sends to its peers, and whose adverts it takes. `senders`: None where it does not look."""

    source: str
    ttl: int
    senders: frozenset[str] | None = None
    limits: tuple[tuple[str, int, int], ...] = ()
    """The least and the most TTL of the adverts of each peer."""

    def takes(self, other: Unicast) -> bool:
        """Whether it takes the adverts of an `other` one. Where no source is written down that is not known.

        With the same source it is the same node before or after a change, and stands for all its peers.
        """
        if self.senders is None or not other.source:
            return True
        same = other.source == self.source
        limits = [(low, high) for peer, low, high in self.limits if same or peer == other.source]
        return (same or other.source in self.senders) and all(low <= other.ttl <= high for low, high in limits)


class AdvertSettings(NamedTuple):
    """The settings of one instance. `authentication` is a digest; `advert_int` counts in v2 only; `group` is that of
    multicast; `others` are the lines of these keywords, of the instance and of `global_defs`."""

    version: int
    virtual_router_id: int
    interface: str
    unicast: bool
    addresses: frozenset[str]
    authentication: str | None
    advert_int: float | None
    group: str | None = GROUPS[4]
    others: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    """Floating addresses that the adverts do not name."""
    anew: frozenset[str] = frozenset()
    """Lines that nodes need not agree on, and with which a reload makes the instance anew."""
    peers: Unicast | None = None

    @property
    def floating(self) -> frozenset[str]:
        """All floating addresses of the instance."""
        return self.addresses | self.excluded

    def reload_carries(self, new: AdvertSettings) -> bool:
        """Whether a reload takes the daemon from these settings to `new` without giving the addresses up.

        It does not when the socket or the instance itself must be made anew (vrrp/vrrp_scheduler.c, and vrrp_exist in
        vrrp/vrrp.c), and the version is a global setting here.
        """
        return self[:4] == new[:4] and (self.group, self.anew) == (new.group, new.anew)

    def accepts(self, other: AdvertSettings) -> bool:
        """Whether a node with these settings accepts the adverts of another node with the `other` ones.

        The name of an interface and the sender's address are the node's own affair, and what the adverts do not name is
        seen by nobody. Whether two interfaces are on the same network is not told by their configuration.
        """
        known = self.peers is None or other.peers is None or self.peers.takes(other.peers)
        return known and self._adverts == other._adverts

    def parts(self, new: AdvertSettings) -> bool:
        """Whether nodes with these settings and with `new` ones, on one network, may each have their holder."""
        return not self.accepts(new) or not new.accepts(self)

    @property
    def _adverts(self) -> AdvertSettings:
        """What all nodes must have alike."""
        own: dict[str, Any] = {"interface": "", "excluded": frozenset(), "anew": frozenset(), "peers": None}
        return self._replace(**own)


def advert_settings(text: str) -> dict[str, AdvertSettings]:
    """The settings of each vrrp_instance in a configuration, by name. Raises ValueError where it is no such text."""
    top = parse_blocks(text)
    defaults = first(top, "global_defs")
    return {
        words[1]: _settings(block, defaults)
        for words, block in top
        if words[:1] == ["vrrp_instance"] and len(words) > 1
    }


def _settings(block: Block, defaults: Block) -> AdvertSettings:
    addresses = _addresses(block, "virtual_ipaddress")
    family = 6 if any(":" in address for address in addresses) else 4
    unicast = any(words[0] == "unicast_peer" for words, _ in block)
    version = int(value_of(block, "version", "3" if family == 6 else value_of(defaults, "vrrp_version", "2")))
    authentication = first(block, "authentication") if version == 2 and not _is_strict(block, defaults) else []
    ttl = int(value_of(block, "unicast_ttl", str(TTL[family])))
    others = _lines([*defaults, *block], OTHERS)
    if not unicast and family == 4 and ttl != TTL[4]:
        others |= {f"unicast_ttl {ttl}"}  # keepalived takes it for multicast as well, and a receiver wants 255
    return AdvertSettings(
        version=version,
        virtual_router_id=int(value_of(block, "virtual_router_id", "0")),
        interface=value_of(block, "interface", ""),
        unicast=unicast,
        addresses=addresses,
        excluded=_addresses(block, "virtual_ipaddress_excluded"),
        authentication=_digest(authentication) if authentication else None,
        advert_int=float(value_of(block, "advert_int", "1")) if version == 2 else None,
        group=None if unicast else _group(block, defaults, family),
        others=others,
        anew=_lines(block, MADE_ANEW if unicast else MADE_ANEW - {"unicast_src_ip"}),
        peers=_peers(block, defaults, ttl) if unicast else None,
    )


def _is_strict(block: Block, defaults: Block) -> bool:
    own = next((words[1:] for words, _ in block if words[0] == "strict_mode"), None)
    if own is None:
        return any(words[0] == "vrrp_strict" for words, _ in defaults)
    return own[:1] not in (["false"], ["off"], ["no"])


def _group(block: Block, defaults: Block, family: int) -> str:
    return value_of(block, "mcast_dst_ip", value_of(defaults, f"vrrp_mcast_group{family}", GROUPS[family]))


def _peers(block: Block, defaults: Block, ttl: int) -> Unicast:
    peers = [words for words, _ in first(block, "unicast_peer")]
    limits = []
    for peer, *words in peers:
        given = dict(zip(words[::2], words[1::2], strict=False))
        if given:
            limits.append((peer, int(given.get("min_ttl", "0")), int(given.get("max_ttl", "255"))))
    looks = limits or any(
        words[0] in ("check_unicast_src", "vrrp_check_unicast_src") for words, _ in [*block, *defaults]
    )
    senders = frozenset(peer for peer, *_ in peers) if looks else None
    return Unicast(value_of(block, "unicast_src_ip", ""), ttl, senders, tuple(limits))


def _lines(block: Block, keywords: set[str]) -> frozenset[str]:
    return frozenset(" ".join(words) for words, _ in block if words[0] in keywords)


def _addresses(block: Block, keyword: str) -> frozenset[str]:
    return frozenset(words[0].split("/")[0] for words, _ in first(block, keyword))


def _digest(block: Block) -> str:
    return hashlib.sha256(repr(sorted(words for words, _ in block)).encode()).hexdigest()[:16]
