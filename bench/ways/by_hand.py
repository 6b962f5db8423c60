"""The procedure of the blog post, by somebody who types it over ssh, with its keepalived.conf.

Before work on a node its flag is set, and whoever does it waits until the address has gone; then the flag is removed.
A changed configuration is put in place node by node, with a restart or a reload each, as in the blog post.
"""

from __future__ import annotations

import subprocess

from bench.taking import ORIGINS
from bench.ways import way
from lab.host import Host
from lab.operator import ADDRESS, Operator
from lab.waiting import wait_for

CONF = "/etc/keepalived/keepalived.conf"
FLAG = "/tmp/releasevip"  # noqa: S108 (that of the blog post)
GONE = 255  # ssh's exit status where the host ends under it


class ByHand:
    """Somebody at a terminal."""

    name = "by hand"

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._change, self._router = 5, 51

    def prepare(self) -> None:
        hosts = list(self._operator.hosts.values())
        self._operator.everywhere("apt-get -qq update; apt-get -qq install --yes keepalived")
        text = ORIGINS.replace("virtual_router_id 51", f"virtual_router_id 51\n    garp_master_repeat {self._change}")
        for priority, host in enumerate(reversed(hosts), 1):
            own = text.replace("priority 3", f"priority {priority}")
            host.succeed(f"cat >{CONF} <<'END'\n{own}END\nsystemctl restart keepalived")
        self._operator.sees_holder("server01", seconds=60)

    def acts(self) -> way.Acts:
        return {
            way.DRAIN: lambda: self._drain("server01", "server02"),
            way.RESTORE: lambda: self._restore("server01", "server01"),
            way.RESTART: lambda: self._changes("restart"),
            way.RELOAD: lambda: self._changes("reload"),
            way.ROUTER: self._another_router,
            way.UPGRADE: self._upgrade,
            way.REBOOT: self._reboot,
        }

    def _types(self, host: str, command: str) -> None:
        self._operator.lab.operator(["ssh", host, command], timeout=way.WAIT_SECONDS, check=True)

    def _drain(self, host: str, then: str) -> None:
        self._types(host, f"touch {FLAG}")
        self._operator.sees_holder(then, seconds=60)  # somebody who looks at `ip a`

    def _restore(self, host: str, then: str) -> None:
        self._types(host, f"sudo rm -f {FLAG}")
        self._operator.sees_holder(then, seconds=60)

    def _changes(self, verb: str) -> None:
        new = 11 - self._change
        for host in self._operator.hosts:
            self._types(host, f"sudo sed -i 's/garp_master_repeat .*/garp_master_repeat {new}/' {CONF}")
            self._types(host, f"sudo systemctl {verb} keepalived")
        self._change = new

    def _another_router(self) -> None:
        new = 128 - self._router
        for host in self._operator.hosts:
            self._types(host, f"sudo sed -i 's/virtual_router_id .*/virtual_router_id {new}/' {CONF}")
            self._types(host, "sudo systemctl restart keepalived")
        self._router = new

    def _upgrade(self) -> None:
        for host in self._operator.hosts.values():
            self._taken_out(host)
            self._types(host.name, "sudo apt-get -qq update; sudo apt-get -qq install --yes --only-upgrade keepalived")
            self._restore(host.name, "server01")

    def _reboot(self) -> None:
        for host in self._operator.hosts.values():
            self._taken_out(host)
            before = host.up_since() or 0
            done = self._operator.lab.operator(["ssh", host.name, "sudo systemctl reboot"], timeout=way.WAIT_SECONDS)
            assert done.returncode in (0, GONE), done.stderr
            wait_for(f"the end of {host.name}", lambda: _booted_since(host, before), seconds=60)  # noqa: B023
            host.wait_until_ready()
            wait_for("its keepalived", lambda: _active(host), seconds=60)  # noqa: B023
            self._restore(host.name, "server01")

    def _taken_out(self, host: Host) -> None:
        """Its flag is set, and the address is elsewhere."""
        self._types(host.name, f"touch {FLAG}")
        wait_for(
            f"{ADDRESS} elsewhere than on {host.name}",
            lambda: len(self._operator.holders()) == 1 and host.name not in self._operator.holders(),
            seconds=60,
        )


def _booted_since(host: Host, before: float) -> bool:
    now = host.up_since()
    return now is not None and now > before + 1


def _active(host: Host) -> bool:
    done: subprocess.CompletedProcess[str] = host.execute("systemctl is-active keepalived")
    return done.returncode == 0
