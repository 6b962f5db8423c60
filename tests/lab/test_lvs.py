"""Blocks of LVS are brought by a rollout as they are. The kernel of this machine has no `ip_vs`, so keepalived runs
without its checker (`--vrrp`): the table of LVS is not seen, all else is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lab.operator import DEPLOY, DRAIN, NODE, RESTORE, SHIPPED, STATUS, Operator
from tests.lab.conftest import GAP_SECONDS, on_one_of

pytestmark = on_one_of("trixie", "bookworm")

SERVERS = """virtual_server 10.10.0.2 80 {
    delay_loop 5
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 10.10.0.21 80 {
        TCP_CHECK {
            connect_timeout 3
        }
    }
}
"""
BALANCED = f"{SHIPPED}raw: {{file: lvs.conf}}\n"
CONF = "/etc/keepalived/keepalived.conf"


@pytest.fixture
def balanced(redeployed: Operator) -> Iterator[Operator]:
    """Three managers whose keepalived leaves LVS alone, and a file with blocks of it beside the cluster file."""
    arguments = "/etc/default/keepalived"
    redeployed.everywhere(f"cp {arguments} /root/; echo 'DAEMON_ARGS=\"--vrrp\"' >> {arguments}")
    (redeployed.project / "group_data/lvs.conf").write_text(SERVERS)
    yield redeployed
    redeployed.everywhere(f"mv /root/keepalived {arguments}")
    (redeployed.project / "group_data/lvs.conf").unlink()


def applied(operator: Operator) -> set[bool]:
    """Whether the daemons run what lies on the nodes' disks."""
    nodes = json.loads(operator.types(f"{NODE} --json").stdout)["keepalived.facts.Node"]
    return {node["configuration"]["applied"] for node in nodes.values()}


def test_blocks_of_lvs_come_and_change_by_a_rollout_and_stay_over_a_drain(balanced: Operator) -> None:
    balanced.writes(BALANCED)
    with balanced.watching() as seen:
        balanced.types(DEPLOY)
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2
    assert seen.longest(0) <= GAP_SECONDS
    assert all(SERVERS in text for text in balanced.everywhere(f"cat {CONF}"))
    assert applied(balanced) == {True}
    assert "nothing to change" in balanced.types(DEPLOY).text

    more = SERVERS.replace("10.10.0.21", "10.10.0.22")
    (balanced.project / "group_data/lvs.conf").write_text(more)
    balanced.attempts(STATUS).line("The configuration of server02 differs from this repository")
    balanced.writes(f"{BALANCED}on_change: reload\n")
    with balanced.watching() as seen:
        balanced.types(DEPLOY)
    assert (seen.route, seen.lost) == (["server01"], 0)
    assert all(more in text for text in balanced.everywhere(f"cat {CONF}"))
    assert applied(balanced) == {True}
    with balanced.watching() as seen:
        balanced.types(f"{DRAIN} --limit server01")
        balanced.types(f"{RESTORE} --limit server01")
        balanced.sees_holder("server01")
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2
    balanced.server02.succeed(f"sed -i s/10.10.0.22/10.10.0.23/ {CONF}")
    balanced.attempts(STATUS).line("keepalived.conf on server02 was changed by hand")


def test_a_block_of_lvs_with_a_mistake_ends_the_deploy_before_anything_is_changed(balanced: Operator) -> None:
    (balanced.project / "group_data/lvs.conf").write_text(SERVERS.replace("lb_algo rr", "lb_algo nosuch"))
    before = balanced.everywhere(f"sha256sum {CONF}; systemctl show -P InvocationID keepalived")
    balanced.writes(BALANCED)
    assert "keepalived refuses the new configuration" in balanced.is_refused(DEPLOY).text
    assert balanced.everywhere(f"sha256sum {CONF}; systemctl show -P InvocationID keepalived") == before
