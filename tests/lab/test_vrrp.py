"""VRRP keywords of an instance on real hosts: a virtual MAC address, checked peers, TTLs, a group of their own."""

from __future__ import annotations

import pytest

from lab.operator import DEPLOY, DRAIN, RESTORE, SHIPPED, STATUS, Operator
from lab.witness import Witness
from tests.lab.conftest import GAP_SECONDS, TOGETHER_SECONDS, on_one_of

pytestmark = on_one_of("trixie", "bookworm")

MAC = "00:00:5e:00:01:33"  # RFC 5798, 7.3: of virtual_router_id 51
A_FEW = 10  # packets a move: one or two on a busy machine, and 500 with ARPs 5 s apart, which is what this is about
STARTS = "systemctl show -p ExecMainStartTimestampMonotonic keepalived"


def with_instance(*more: str) -> str:
    return SHIPPED.replace("[10.10.0.2]", "".join(["[10.10.0.2]", *(f"\n    {line}" for line in more)]))


def deploy(operator: Operator, cluster: str) -> Witness:
    """Deploys a cluster, watched."""
    operator.writes(cluster)
    with operator.watching() as seen:
        operator.types(DEPLOY)
    return seen


def test_a_virtual_mac_address_moves_with_the_address(redeployed: Operator) -> None:
    seen = deploy(redeployed, with_instance("use_vmac: true").replace("0.2]", "0.2/24]"))
    redeployed.sees_holder("server01")
    assert seen.lost <= A_FEW
    assert seen.longest(0) <= GAP_SECONDS
    assert MAC in redeployed.server01.succeed("ip -o link show vrrp.51")
    assert "vrrp_garp_interval 0.001" in redeployed.server01.succeed("cat /etc/keepalived/keepalived.conf")
    for verb, holder in ((DRAIN, "server02"), (RESTORE, "server01")):
        with redeployed.watching() as seen:
            redeployed.types(f"{verb} --limit server01")
            redeployed.sees_holder(holder)
        assert seen.lost <= A_FEW
        assert seen.longest(0) <= GAP_SECONDS
    again = redeployed.types(DEPLOY).text
    assert "nothing to change" in again
    redeployed.types(STATUS)
    seen = deploy(redeployed, SHIPPED)
    redeployed.sees_holder("server01")
    assert seen.lost <= A_FEW
    assert "vrrp.51" not in redeployed.server01.succeed("ip -o link show")


CHANGES = {  # from one to the other, and whether a reload does it
    "garp": (["garp_master_refresh: 60", "garp_master_delay: 2", "lower_prio_no_advert: false"], True),
    "down timer": (["down_timer_adverts: 5"], True),
    "source": (["mcast_src_ip: true"], True),
    "strict": (["strict_mode: true", "accept: true"], True),
}


@pytest.mark.parametrize("lines", [lines for lines, _ in CHANGES.values()], ids=CHANGES)
def test_what_nodes_need_not_agree_on_is_carried_by_a_reload(redeployed: Operator, lines: list[str]) -> None:
    redeployed.configures(SHIPPED + "on_change: reload\n")
    starts = redeployed.everywhere(STARTS)
    seen = deploy(redeployed, with_instance(*lines) + "on_change: reload\n")
    assert redeployed.everywhere(STARTS) == starts
    assert seen.route == ["server01"]
    assert seen.lost == 0


def test_checked_peers_accept_each_other_and_a_change_of_ttl_has_no_gap(redeployed: Operator) -> None:
    redeployed.configures(with_instance("unicast: true"))
    checked = with_instance("unicast: true", "check_unicast_src: true", "min_ttl: 255")
    seen = deploy(redeployed, checked)
    redeployed.sees_holder("server01")
    assert seen.longest(0) <= GAP_SECONDS
    assert 2 not in seen.counts or seen.longest(2) <= GAP_SECONDS
    seen = deploy(redeployed, with_instance("unicast: true", "unicast_ttl: 64", "min_ttl: 64"))
    redeployed.sees_holder("server01")
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.longest(2) <= TOGETHER_SECONDS
    assert seen.lost <= 2


def test_a_group_of_its_own_parts_nodes_for_as_long_as_the_change_takes(redeployed: Operator) -> None:
    seen = deploy(redeployed, with_instance("mcast_dst_ip: 224.0.0.20"))
    redeployed.sees_holder("server01")
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.longest(2) <= TOGETHER_SECONDS
    assert seen.lost <= 2
