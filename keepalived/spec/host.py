"""What a node gets beside keepalived, as the cluster file has it. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from keepalived.spec.fields import matching, shown, wrong
from keepalived.spec.strict import Strict

SYSCTL = re.compile(r"[a-z0-9_]+([./][A-Za-z0-9_-]+)+|[a-z0-9_]+(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+")
VALUE = re.compile(r"[A-Za-z0-9_.:,+-]+( [A-Za-z0-9_.:,+-]+)*")
PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]{1,99}")


def _read_value(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not VALUE.fullmatch(text):
        raise wrong("{value} is not a value of the kernel: 1, or a text", value=shown(value))
    return text


SysctlName = Annotated[str, matching(SYSCTL, "is not a setting of the kernel: net.ipv4.ip_nonlocal_bind")]
SysctlValue = Annotated[
    str, BeforeValidator(_read_value), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})
]
PackageName = Annotated[str, matching(PACKAGE, "is not the name of a package")]


FirewallName = Literal["nftables", "ufw", "firewalld"]


class HostSettings(Strict):
    """What a node gets beside keepalived, before keepalived is started. Nothing, unless it is asked for."""

    sysctls: dict[SysctlName, SysctlValue] = {}
    """Settings of the kernel, at once and after each boot: `{net.ipv4.ip_nonlocal_bind: 1}`."""
    packages: list[PackageName] = []
    """More Debian packages to be installed."""
    hold: bool = False
    """`true`: apt leaves keepalived alone (`apt-mark hold`); only `tasks/upgrade.py` upgrades it."""
    keep_configuration: bool = False
    """`true`: systemd-networkd leaves the addresses alone when it restarts (`KeepConfiguration=static` for the
    interfaces that carry them)."""

    firewall: FirewallName | None = None
    """The firewall of the nodes, `nftables`, `ufw` or `firewalld`: adverts pass it (IP protocol 112, and 51 for
    `auth_type: AH`), now and after each boot. A node on which it is not installed is left as it is."""

    @property
    def kernel(self) -> dict[str, str]:
        """The settings of the kernel by their paths below /proc/sys."""
        return {kernel_path(name): value for name, value in self.sysctls.items()}


def kernel_path(name: str) -> str:
    """Where a setting of the kernel is below /proc/sys: net/ipv4/ip_forward, also for net.ipv4.ip_forward.

    As with sysctl, the first of `.` and `/` in a name separates. The other one then stands for it within a part:
    net.ipv4.conf.eth0/100.arp_ignore is that of the interface eth0.100.
    """
    first = re.search("[./]", name)
    return name if first is None or first[0] == "/" else name.translate(str.maketrans("./", "/."))
