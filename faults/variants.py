"""The clusters that faults are done to: all combinations, a chosen few, some in which any two properties meet. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal, get_args

from lab.debian import MIXED
from lab.places import Places

Family = Literal["ipv4", "ipv6"]
Adverts = Literal["multicast", "unicast"]
Kind = Literal["plain", "checks", "active-active", "sync-group", "nopreempt", "connections"]

SUITES = ("bookworm", "trixie", MIXED)
NODES = (3, 5)
PREFIX = {"ipv4": "10.10.0.", "ipv6": "fd00:10::"}
CHECKED = """\
    notify: test ! -e /run/notify-hangs || sleep 30
checks:
  app: {command: "test ! -e /run/app-hangs || sleep 60; test ! -e /run/app-broken", interval: 1, timeout: 1}
  web: {file: /run/web-broken, interval: 1, weight: 20}
"""


@dataclass(frozen=True)
class Variant:
    """One combination of the dimensions."""

    suite: str
    family: Family
    adverts: Adverts
    nodes: int
    kind: Kind

    @property
    def name(self) -> str:
        """`bookworm-ipv4-multicast-3-plain`"""
        return f"{self.suite}-{self.family}-{self.adverts}-{self.nodes}-{self.kind}"

    @property
    def addresses(self) -> list[str]:
        """The floating addresses, the watched one first."""
        count = {"active-active": self.nodes, "sync-group": 2}.get(self.kind, 1)
        prefix = PREFIX[self.family]
        return [f"{prefix}2", *(f"{prefix}{100 + number}" for number in range(1, count))]

    @property
    def known_problems(self) -> set[str]:
        """The diagnoses that status tells of it at rest."""
        return {"different-versions"} if self.suite == MIXED else set()

    def cluster_file(self) -> str:
        """What its nodes run by."""
        addresses, unicast = self.addresses, f"    unicast: {str(self.adverts == 'unicast').lower()}\n"
        lines = ["nodes:\n", *(self._node(place) for place in range(self.nodes)), "instances:\n"]
        first = addresses if self.kind == "active-active" else addresses[:1]
        lines += ["  VI_1:\n    virtual_router_id: 51\n", _held(first), unicast]
        if self.kind == "active-active":
            lines += ["    active_active: true\n"]
        if self.kind == "nopreempt":
            lines += ["    nopreempt: true\n"]
        if self.kind == "checks":
            lines += [CHECKED]
        if self.kind == "sync-group":
            lines += ["  outside:\n    virtual_router_id: 91\n", _held(addresses[1:]), unicast]
            lines += ["sync_groups: {router: {group: [VI_1, outside]}}\n"]
        if self.kind == "connections":
            lines += ["connections: keep\nmaintenance: {connections_timeout: 2}\n"]
        return "".join(lines)

    def _node(self, place: int) -> str:
        host = list(Places("any").hosts(self.nodes).values())[place]
        if (self.family, self.adverts) == ("ipv4", "unicast") or self.adverts == "multicast":
            return f"  {host.name}: {host.address}\n"
        instances = ["VI_1", "outside"] if self.kind == "sync-group" else ["VI_1"]
        source = f"{{unicast_src_ip: '{own_six(place + 1)}'}}"
        own = ", ".join(f"{name}: {source}" for name in instances)
        return f"  {host.name}: {{address: {host.address}, instances: {{{own}}}}}\n"


def own_six(number: int) -> str:
    """The IPv6 address that a host of the lab has beside its IPv4 address: the first one fd00:10::11."""
    return f"fd00:10::1{number}"


def _held(addresses: Sequence[str]) -> str:
    return f"    virtual_ipaddress: [{', '.join(repr(one) for one in addresses)}]\n"


def every() -> list[Variant]:
    """All combinations."""
    return [
        Variant(suite, family, adverts, nodes, kind)
        for suite, kind, family, adverts, nodes in product(
            SUITES, get_args(Kind), get_args(Family), get_args(Adverts), NODES
        )
    ]


def pairs(variant: Variant) -> set[tuple[object, ...]]:
    """Every two properties that meet in a variant."""
    own = [variant.suite, variant.family, variant.adverts, variant.nodes, variant.kind]
    return set(combinations(own, 2))


def pairwise() -> list[Variant]:
    """Few variants in which any two properties meet at least once; the first one is the plainest."""
    left = set().union(*map(pairs, every()))
    found = []
    while left:
        best = max(every(), key=lambda variant: len(pairs(variant) & left))
        found.append(best)
        left -= pairs(best)
    return found


PLAINEST = every()[0]
"""The one that the pictures are of."""

CHOSEN: dict[Variant, tuple[str, ...]] = {
    PLAINEST: (
        "holder-cut",
        "split-in-two",
        "adverts-lost-one-way",
        "parent-and-child-killed",
        "child-stopped-and-continued",
        "power-of-holder-cut",
        "address-on-a-third-machine",
        "operator-dies-in-deploy",
    ),
    Variant("trixie", "ipv6", "unicast", 3, "checks"): ("check-flaps", "check-hangs", "child-killed"),
    Variant(MIXED, "ipv4", "unicast", 3, "connections"): ("parent-killed", "operator-dies-in-drain"),
}
"""What a change of the code is tried with: these faults, done to these variants."""


def chosen() -> Iterator[tuple[Variant, str]]:
    """Each of them."""
    for variant, names in CHOSEN.items():
        for name in names:
            yield variant, name
