"""What a way must be able to do to be measured, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from lab.debian import NEWER
from lab.operator import Operator

DRAIN, RESTORE = "drain", "restore"
RESTART, RELOAD = "deploy by restart", "deploy by reload"
ROUTER = "another virtual_router_id"
UPGRADE, REBOOT = "upgrade of keepalived", "reboot of all nodes"
HOLDER_AFTER = {DRAIN: "server02"}
"""Who holds the address after it; where none is named, server01."""

NEWER_SOURCE = f"echo 'deb [trusted=yes lang=none] file:{NEWER} ./' > /etc/apt/sources.list.d/newer.list"
WAIT_SECONDS = 300.0  # three nodes rebooted, one after the other

Acts = Mapping[str, Callable[[], None]]


class Way(Protocol):
    """One way. Each act returns when whoever goes this way takes it for done."""

    name: str

    def prepare(self) -> None:
        """Makes a running cluster of fresh hosts."""

    def acts(self) -> Acts:
        """What can be done, in an order in which each finds what the one before leaves."""


class Installed:
    """The version of keepalived that the hosts had first, to go back to after an upgrade."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._version = operator.server01.version("keepalived")
        operator.everywhere(f"{NEWER_SOURCE}; apt-get -qq update")

    @property
    def is_newer(self) -> bool:
        """Whether every host has been upgraded."""
        return all(host.version("keepalived") != self._version for host in self._operator.hosts.values())

    def back(self) -> None:
        """Without anybody looking."""
        for host in reversed(list(self._operator.hosts.values())):
            host.succeed(f"apt-get -qq install --yes --allow-downgrades keepalived={self._version}")
        self._operator.sees_holder("server01", seconds=60)
