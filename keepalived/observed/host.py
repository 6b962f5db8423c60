"""What a node has beside keepalived, of what the cluster file asks for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from keepalived.observed.firewall import lets_adverts_in
from keepalived.spec.host import FirewallName


class Beside(BaseModel):
    """What a node is asked for beside keepalived: what `facts.Node` takes as `beside`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sysctls: list[str] = []
    """Settings of the kernel, by path below /proc/sys."""
    packages: list[str] = []
    networkd: bool = False
    firewall: FirewallName | None = None


class HostState(BaseModel):
    """The part of a node's report that is asked for where the cluster file has `host`."""

    model_config = ConfigDict(frozen=True)

    sysctl_file: str | None = None
    """The file of this project that systemd-sysctl reads."""
    sysctls: dict[str, str] = {}
    """What the kernel has, by path below /proc/sys."""
    packages: dict[str, str] = {}
    """What dpkg says of packages: `ii` installed, `hi` installed and held."""
    networks: dict[str, str] = {}
    """The .network file of each network interface that systemd-networkd manages."""
    kept: list[str] = []
    """The drop-ins of this project beside .network files."""
    firewall_file: str | None = None
    """The script of this project that lets adverts in."""
    firewall_loaded: bool | None = None
    """Whether the firewall has what lets adverts in. None: not asked, or no such firewall."""


def read_host(report: Mapping[str, str]) -> HostState:
    """What the parts of a node's report say of it."""
    names = {str(link.get("ifindex")): link["ifname"] for link in json.loads(report["addresses"])}
    links = [line.partition(" ") for line in report.get("networks", "").splitlines()]
    return HostState(
        sysctl_file=report.get("sysctl_file"),
        sysctls=_pairs(report.get("sysctls", ""), ":"),
        packages=_pairs(report.get("packages", ""), " "),
        networks={names[number]: file for number, _, file in links if number in names},
        kept=report.get("kept", "").split(),
        firewall_file=report.get("firewall"),
        firewall_loaded=lets_adverts_in(report),
    )


def _pairs(text: str, between: str) -> dict[str, str]:
    """Lines `net/ipv4/ip_nonlocal_bind:1`, or `haproxy ii`."""
    return {name: " ".join(value.split()) for name, _, value in (line.partition(between) for line in text.splitlines())}
