"""Adverts pass a firewall of ufw or firewalld: now, after a boot, and only while that is asked for."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from lab.operator import DEPLOY, REMOVE, SHIPPED, Operator
from tests.lab.conftest import on_one_of

pytestmark = on_one_of("trixie", "bookworm")

INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get -qq install"


class Firewall(NamedTuple):
    """Commands for one of them. `own`: a rule of somebody else. `ours`: shows what a deploy has added."""

    name: str
    own: str
    shows_own: str
    starts: str
    ours: str
    takes_ours: str
    opens: str
    ends: str


UFW = Firewall(
    "ufw",
    "ufw allow 22/tcp && ufw allow 8080/tcp",
    "ufw show added | grep -c 8080/tcp",
    "ufw --force enable",
    "grep -h 666c6f6174696e672d61646472657373 /etc/ufw/user.rules /etc/ufw/user6.rules",
    "ufw delete allow proto vrrp from any to any",
    "ufw default allow incoming",
    "ufw --force disable; apt-get -qq purge ufw; rm -rf /etc/ufw; iptables -F; iptables -X; ip6tables -F; ip6tables -X",
)
FIREWALLD = Firewall(
    "firewalld",
    "firewall-offline-cmd --add-port=8080/tcp",
    "firewall-cmd --permanent --zone=public --list-ports | grep -c 8080/tcp",
    "systemctl enable --now --quiet firewalld && firewall-cmd --state",
    "firewall-cmd --permanent --get-policies | grep floating-address",
    "firewall-cmd --quiet --permanent --delete-policy=floating-address && firewall-cmd --quiet --reload",
    "firewall-cmd --quiet --set-default-zone=trusted",
    "systemctl disable --now firewalld; apt-get -qq purge firewalld; rm -rf /etc/firewalld",
)


@pytest.mark.parametrize("firewall", [UFW, FIREWALLD], ids=["ufw", "firewalld"])
def test_adverts_pass_now_and_after_a_boot_and_other_rules_stay(redeployed: Operator, firewall: Firewall) -> None:
    operator = redeployed
    for host in operator.hosts.values():
        operator.afterwards(host, firewall.ends)
    off = "systemctl disable --now --quiet firewalld" if firewall is FIREWALLD else "true"
    operator.everywhere(f"{INSTALL} {firewall.name} >/dev/null 2>&1; {off}; {firewall.own}")
    operator.writes(f"{SHIPPED}host: {{firewall: {firewall.name}}}\n")
    starts = operator.everywhere("systemctl show -P InvocationID keepalived")
    operator.types(DEPLOY).line(f"managers: server02: let adverts pass {firewall.name}")
    operator.everywhere(firewall.starts)
    # While firewalld starts it drops everything, and it says that it runs before it has ended with that.
    elections = "journalctl -qu keepalived --since '-4 s' | grep -c Entering || true"
    operator.sees("elections of late", lambda: operator.everywhere(elections), ["0\n"] * 3, 40)
    operator.sees_holder("server01")
    with operator.watching() as seen:
        operator.everywhere("sleep 4")
        operator.types(DEPLOY).line("managers: nothing to change")
    assert (seen.counts, seen.route) == ({1}, ["server01"])

    operator.server02.succeed(firewall.takes_ours)
    operator.types(DEPLOY).line(f"managers: server02: let adverts pass {firewall.name}")
    operator.sees_holder("server01")
    operator.server02.succeed(firewall.ours)
    assert operator.everywhere("systemctl show -P InvocationID keepalived") == starts

    reboots = operator.reboots()
    operator.server03.execute("systemctl reboot")
    operator.sees("a boot", lambda: operator.reboots(reboots)["server03"], 1, seconds=30)
    operator.server03.wait_until_ready()
    operator.sees_holder("server01")
    with operator.watching() as seen:
        state = lambda: operator.server03.execute("systemctl is-active keepalived").stdout  # noqa: E731
        operator.sees("keepalived after the boot", state, "active\n")
        operator.server03.succeed("sleep 4")
        operator.types(DEPLOY).line("managers: nothing to change")
    assert (seen.counts, seen.route) == ({1}, ["server01"])

    operator.types(f"{REMOVE} --limit server03")
    operator.everywhere(firewall.opens)
    operator.writes(SHIPPED)
    operator.types(f"{DEPLOY} --limit server01 --limit server02").line(
        "managers: server02: remove /etc/keepalived/firew"
    )
    operator.everywhere(f"! {firewall.ours} && {firewall.shows_own} && test ! -e /etc/keepalived/firewall.sh")
    operator.sees_holder("server01")


def test_a_rule_of_ufw_that_somebody_else_has_made_stays_as_it_is(redeployed: Operator) -> None:
    server02 = redeployed.server02
    redeployed.afterwards(server02, UFW.ends)
    theirs = "ufw allow proto vrrp from any comment mine; ufw allow proto ah from any"
    server02.succeed(f"{INSTALL} ufw >/dev/null 2>&1; {UFW.own}; {theirs}")
    rules = "cat /etc/ufw/user.rules /etc/ufw/user6.rules"
    before = server02.succeed(rules)
    redeployed.writes(f"{SHIPPED}host: {{firewall: ufw}}\n")
    redeployed.types(DEPLOY)
    assert server02.succeed(rules) == before
    redeployed.types(DEPLOY).line("managers: nothing to change")
    redeployed.writes(SHIPPED)
    redeployed.types(DEPLOY)
    assert server02.succeed(rules) == before
