"""What a node gets beside keepalived: settings of the kernel, packages, a hold, addresses that networkd keeps."""

from __future__ import annotations

import shlex

import pytest

from lab.debian import NEWER
from lab.operator import DEPLOY, REMOVE, SHIPPED, UPGRADE, Operator
from tests.lab.conftest import on, on_one_of

SYSCTLS = "/etc/sysctl.d/60-floating-address.conf"
BIND = "cat /proc/sys/net/ipv4/ip_nonlocal_bind"
SOURCE = "/etc/apt/sources.list.d/newer.list"
STARTS = "systemctl show -p ExecMainStartTimestampMonotonic keepalived"
LAN = "/etc/systemd/network/10-lan.network"
KEPT = f"{LAN}.d/floating-address.conf"


@on_one_of("bookworm", "trixie")
def test_the_kernels_settings_and_packages_are_brought_and_taken_back(redeployed: Operator) -> None:
    starts = redeployed.everywhere(STARTS)
    assert redeployed.everywhere(BIND) == ["0\n"] * 3
    redeployed.writes(SHIPPED + "host: {sysctls: {net.ipv4.ip_nonlocal_bind: 1}, packages: [psmisc]}\n")
    plan = redeployed.types(DEPLOY)
    plan.line(f"managers: server02: install psmisc, set net/ipv4/ip_nonlocal_bind to 1, write {SYSCTLS}")
    assert redeployed.everywhere(BIND) == ["1\n"] * 3
    assert all(host.version("psmisc") for host in redeployed.hosts.values())
    redeployed.types(DEPLOY).line("managers: nothing to change")

    redeployed.server02.succeed("echo 0 > /proc/sys/net/ipv4/ip_nonlocal_bind")
    redeployed.server03.succeed(f"rm {SYSCTLS}")
    redeployed.types(DEPLOY)
    assert redeployed.everywhere(BIND) == ["1\n"] * 3
    redeployed.everywhere(f"grep -x 'net/ipv4/ip_nonlocal_bind = 1' {SYSCTLS}")
    redeployed.everywhere(f"/lib/systemd/systemd-sysctl {SYSCTLS}")  # what a boot does with it

    redeployed.writes(SHIPPED + "host: {sysctls: {net.ipv4.nothing: 1}}\n")
    redeployed.is_refused(DEPLOY).line("[server01] net/ipv4/nothing: the kernel has no such setting, or may not change")
    redeployed.writes(SHIPPED)
    left = "net/ipv4/ip_nonlocal_bind keeps its value until the next boot"
    redeployed.types(DEPLOY).line(f"managers: server02: remove {SYSCTLS}, {left}")
    redeployed.everywhere(f"test ! -e {SYSCTLS}")
    assert redeployed.everywhere(STARTS) == starts


@on_one_of("bookworm", "trixie")
def test_a_held_keepalived_is_upgraded_by_the_task_alone(redeployed: Operator) -> None:
    redeployed.writes(SHIPPED + "host: {hold: true, sysctls: {net.ipv4.ip_nonlocal_bind: 1}}\n")
    redeployed.types(DEPLOY)
    redeployed.types(DEPLOY).line("managers: nothing to change")
    held = ["keepalived\n"] * 3
    assert redeployed.everywhere("apt-mark showhold") == held
    old = redeployed.server01.version("keepalived")
    redeployed.everywhere(f"echo 'deb [trusted=yes lang=none] file:{NEWER} ./' > {SOURCE}; apt-get -qq update")
    redeployed.everywhere("DEBIAN_FRONTEND=noninteractive apt-get -qq upgrade")
    assert redeployed.server01.version("keepalived") == old
    redeployed.sees_holder("server01")
    redeployed.types(UPGRADE).line(f"[server01] keepalived {old} → {old}+newer")
    assert redeployed.everywhere("apt-mark showhold") == held
    redeployed.types(f"{UPGRADE} --data version={old}").line(f"[server01] keepalived {old}+newer → {old}")
    assert redeployed.everywhere("apt-mark showhold") == held
    redeployed.types(f"{UPGRADE} --data packages=all --limit server03").line(
        f"[server03] keepalived {old} → {old}+newer"
    )
    assert redeployed.everywhere("apt-mark showhold") == held

    redeployed.writes(SHIPPED)  # held by somebody, as far as this file knows
    redeployed.types(DEPLOY)
    redeployed.is_refused(UPGRADE).line("apt holds keepalived on server02. Run `apt-mark unhold keepalived` there")
    redeployed.types(f"{REMOVE} --limit server03")
    assert redeployed.server03.version("keepalived") is None
    redeployed.server03.succeed(f"test ! -e {SYSCTLS}")
    redeployed.everywhere(f"rm -f {SOURCE}; apt-mark unhold keepalived; apt-get -qq update")


RULES = """flush ruleset
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iif lo accept
        meta l4proto { 1, 58 } accept
        tcp dport 22 accept
    }
}
"""


@on("bookworm")
def test_adverts_pass_a_firewall_that_drops_them(redeployed: Operator) -> None:
    for host in redeployed.hosts.values():
        undone = "systemctl disable --now nftables; nft flush ruleset; apt-get -qq purge nftables"
        redeployed.afterwards(host, undone)
    redeployed.everywhere("DEBIAN_FRONTEND=noninteractive apt-get -qq install nftables")
    redeployed.everywhere(f"printf %s {shlex.quote(RULES)} > /etc/nftables.conf")
    redeployed.writes(SHIPPED + "host: {firewall: nftables}\n")
    redeployed.types(DEPLOY)  # no rules yet: what makes them is put in place
    with redeployed.watching() as seen:
        redeployed.everywhere("systemctl enable --quiet --now nftables && systemctl reload nftables && sleep 3")
        redeployed.types(DEPLOY).line("managers: nothing to change")
        redeployed.sees_holder("server01")
    assert seen.counts == {1}
    redeployed.server02.succeed("nft flush chain inet filter input; nft add rule inet filter input tcp dport 22 accept")
    redeployed.types(DEPLOY).line("managers: server02: let adverts pass nftables")
    redeployed.sees_holder("server01")
    redeployed.writes(SHIPPED)
    redeployed.everywhere("nft 'add rule inet filter input ip protocol 112 accept'")
    redeployed.types(DEPLOY)
    redeployed.everywhere("! nft list ruleset | grep floating-address; test ! -e /etc/keepalived/firewall.sh")
    redeployed.sees_holder("server01")


@pytest.fixture
def networkd(redeployed: Operator) -> Operator:
    """The holder's interface is managed by systemd-networkd."""
    redeployed.afterwards(
        redeployed.server01,
        f"systemctl stop systemd-networkd.socket systemd-networkd; rm -rf {LAN} {LAN}.d; "
        "ip address replace 10.10.0.3/24 dev enp0s3; systemctl restart keepalived",
    )
    text = "[Match]\\nName=enp0s3\\n[Network]\\nAddress=10.10.0.3/24\\n"
    redeployed.server01.succeed(f"printf '{text}' > {LAN}; systemctl start systemd-networkd; sleep 2")
    redeployed.sees_holder("server01")
    return redeployed


@on_one_of("trixie", "bookworm")
def test_networkd_keeps_the_addresses_when_it_restarts(networkd: Operator, suite: str) -> None:
    networkd.writes(SHIPPED + "host: {keep_configuration: true}\n")
    networkd.types(DEPLOY)
    assert "KeepConfiguration=static" in networkd.server01.succeed(f"cat {KEPT}")
    networkd.server02.succeed(f"test ! -e {KEPT}")
    networkd.types(DEPLOY).line("managers: nothing to change")
    with networkd.watching() as seen:
        networkd.server01.succeed("systemctl restart systemd-networkd; sleep 2")
    assert seen.route == ["server01"]
    assert seen.lost == 0
    networkd.writes(SHIPPED)
    networkd.types(DEPLOY)
    networkd.server01.succeed(f"test ! -e {KEPT}")
    with networkd.watching() as seen:
        networkd.server01.succeed("systemctl restart systemd-networkd; sleep 2")
    assert (seen.lost > 0) == (suite == "trixie")  # systemd 252 has left them alone by itself
