"""Two networks in one cluster: interfaces found by the network of the address, changed while clients ask, and a node
that takes no part in one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lab.operator import DEPLOY, DRAIN, RESTORE, STATUS, Operator
from lab.witness import Witness
from tests.lab.conftest import GAP_SECONDS, TOGETHER_SECONDS, on_one_of
from tests.lab.second_network import add_network

pytestmark = on_one_of("bookworm", "trixie")

INSIDE, OUTSIDE = "10.10.0.2", "192.0.2.2"
FILE = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}
instances:
  VI_IN: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}
  VI_OUT: {virtual_router_id: 52, virtual_ipaddress: [192.0.2.2/24]}
"""
# The same with each instance told where it belongs: what a test has moved elsewhere does not come back unasked.
PLACED = FILE.replace("51,", "51, interface: enp0s3,").replace("52,", "52, interface: outside,")


@pytest.fixture(scope="module")
def networks(operator: Operator) -> Operator:
    """Hosts and operator that have a second network, on a wire of its own."""
    add_network(operator)
    operator.writes(FILE)
    operator.types(DEPLOY)
    return operator


@pytest.fixture
def outside(networks: Operator) -> Iterator[Operator]:
    """The cluster in both networks, with server01 at its place before the test and after it."""
    sees(networks, "outside", "server01")
    yield networks
    networks.repairs()
    networks.writes(PLACED)
    networks.types(f"{DEPLOY} --data probe=off")
    networks.everywhere("ip link del shim 2>/dev/null || true")
    networks.writes(FILE)


def held_on(operator: Operator, interface: str, address: str = OUTSIDE) -> list[str]:
    """The hosts with the address on this interface."""
    shown = operator.everywhere(f"ip -o address show dev {interface} 2>/dev/null || true")
    return [name for name, said in zip(operator.hosts, shown, strict=True) if f" {address}/" in said]


def sees(operator: Operator, interface: str, *names: str, address: str = OUTSIDE) -> None:
    operator.sees(f"{address} on {interface}", lambda: held_on(operator, interface, address), list(names))


def watched(stack: ExitStack, operator: Operator, *addresses: str) -> list[Witness]:
    return [stack.enter_context(operator.watching(address)) for address in addresses]


def placed(interface: str, instance: str = "virtual_router_id: 52") -> str:
    return FILE.replace(instance, f"{instance}, interface: {interface}")


def test_each_address_is_on_the_interface_of_its_network_and_a_drain_moves_both(outside: Operator) -> None:
    assert (held_on(outside, "outside"), held_on(outside, "enp0s3")) == (["server01"], [])
    assert held_on(outside, "enp0s3", INSIDE) == ["server01"]
    with ExitStack() as stack:
        seen = watched(stack, outside, INSIDE, OUTSIDE)
        outside.types(f"{DRAIN} --limit server01")
        assert held_on(outside, "outside") == held_on(outside, "enp0s3", INSIDE) == ["server02"]
        outside.types(f"{RESTORE} --limit server01")
        sees(outside, "outside", "server01")
    for one in seen:
        assert one.route == ["server01", "server02", "server01"]
        assert one.lost <= 2
        assert one.longest(0) <= GAP_SECONDS
    assert "Nothing is wrong" in outside.types(STATUS).text
    assert "nothing to change" in outside.types(DEPLOY).text


def test_no_instance_is_moved_to_another_interface_unasked(outside: Operator) -> None:
    """As an earlier version of this repository left it: on the interface of the node's own address."""
    outside.writes(placed("enp0s3"))
    outside.types(DEPLOY)
    sees(outside, "enp0s3", "server01")
    outside.writes(FILE)
    run = outside.is_refused(DEPLOY)
    why = (
        "server01: VI_OUT runs on enp0s3, and by its addresses it belongs on outside. It does not move unless you say "
        "so: set instances.VI_OUT.interface in managers.yml to enp0s3, where it stays, or to outside"
    )
    assert run.line("Nothing was done.").endswith(why)
    told = " ".join(outside.is_refused(STATUS).text.split())
    assert f"{why}. [interface-undecided] Until then a deploy is refused." in told
    assert (held_on(outside, "outside"), held_on(outside, "enp0s3")) == ([], ["server01"])
    outside.writes(placed("outside"))
    with outside.watching(OUTSIDE) as seen:
        said = outside.types(DEPLOY).text
    assert "incompatible with the old" in said
    sees(outside, "outside", "server01")
    assert held_on(outside, "enp0s3") == []
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.longest(2) <= TOGETHER_SECONDS
    assert seen.longest(3) == 0
    outside.writes(FILE)
    assert "nothing to change" in outside.types(DEPLOY).text


SHIM = "ip link add link enp0s3 name shim type macvlan mode bridge && ip link set shim up && ip address add {} dev shim"


@pytest.mark.parametrize(
    ("own", "parting"), [("10.10.1.$(hostname | tail -c 2)/24", True), ("10.10.0.10$(hostname | tail -c 2)/24", False)]
)
def test_another_interface_on_the_same_network_is_changed_as_any_other_setting(
    outside: Operator, own: str, parting: bool
) -> None:
    outside.everywhere(SHIM.format(own))
    outside.writes(placed("shim", "virtual_router_id: 51"))
    with outside.watching(INSIDE) as seen:
        run = outside.types(DEPLOY)
    assert ("incompatible with the old" in run.text) == parting  # by its address nobody can know
    sees(outside, "shim", "server01", address=INSIDE)
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2
    assert seen.longest(0) <= GAP_SECONDS
    outside.writes(placed("enp0s3", "virtual_router_id: 51"))
    outside.types(f"{DEPLOY} --data probe=off")
    sees(outside, "enp0s3", "server01", address=INSIDE)
    outside.everywhere("ip link del shim")


LEFT_OUT = FILE.replace("virtual_router_id: 52", "virtual_router_id: 52, nodes: [server01, server02]")


def test_a_node_that_is_left_out_never_takes_part(outside: Operator) -> None:
    outside.writes(LEFT_OUT)
    outside.types(DEPLOY)
    assert outside.everywhere("grep -c ^vrrp_instance /etc/keepalived/keepalived.conf") == ["2\n", "2\n", "1\n"]
    # The test before has taken an interface away: for 10 s its adverts are those of a stranger.
    outside.sees("a healthy status", lambda: "Nothing is wrong" in outside.attempts(STATUS).text, True, 30)
    outside.types(f"{DRAIN} --limit server03")
    outside.types(f"{RESTORE} --limit server03")
    outside.types(f"{DRAIN} --limit server01")
    assert held_on(outside, "outside") == ["server02"]
    run = outside.is_refused(f"{DRAIN} --limit server02")
    assert (
        "no node would be left to serve 192.0.2.2: server01 is drained, server02 is to be drained, server03 does not "
        "take part in VI_OUT"
    ) in run.text
    outside.types(f"{RESTORE} --limit server01")
    sees(outside, "outside", "server01")


def test_a_holder_that_is_left_out_hands_over_first(outside: Operator) -> None:
    outside.writes(FILE.replace("virtual_router_id: 52", "virtual_router_id: 52, nodes: [server02, server03]"))
    with outside.watching(OUTSIDE) as seen:
        outside.types(DEPLOY)
    assert (held_on(outside, "outside"), held_on(outside, "enp0s3", INSIDE)) == (["server02"], ["server01"])
    assert seen.route == ["server01", "server02"]
    assert seen.lost <= 1
    assert seen.longest(0) <= GAP_SECONDS


def test_unicast_adverts_go_by_the_network_of_their_instance(outside: Operator) -> None:
    unicast = FILE.replace("virtual_router_id: 52", "virtual_router_id: 52, unicast: true")
    outside.writes(unicast)
    assert "VI_OUT is on outside, and enp0s3 carries 10.10.0.3" in outside.is_refused(DEPLOY).text
    for number in (3, 4, 5):
        own = f"10.10.0.{number}"
        named = f"{{address: {own}, instances: {{VI_OUT: {{unicast_src_ip: 192.0.2.1{number - 2}}}}}}}"
        unicast = unicast.replace(f": {own}", f": {named}", 1)
    outside.writes(unicast)
    outside.types(DEPLOY)
    sees(outside, "outside", "server01")
    assert "unicast_src_ip 192.0.2.11\n" in outside.server01.succeed("cat /etc/keepalived/keepalived.conf")
    with outside.watching(OUTSIDE) as seen:
        outside.types(f"{DRAIN} --limit server01")
        assert held_on(outside, "outside") == ["server02"]
        outside.types(f"{RESTORE} --limit server01")
        sees(outside, "outside", "server01")
    assert seen.lost <= 2
    assert "Nothing is wrong" in outside.types(STATUS).text


def test_both_protocols_move_together(outside: Operator) -> None:
    dual = FILE.replace("[10.10.0.2]", '[10.10.0.2], virtual_ipaddress_excluded: ["fd00:10::2/64"]')
    outside.writes(dual)
    with outside.watching(INSIDE) as seen:
        said = outside.types(DEPLOY).text
    assert "incompatible" not in said
    assert seen.longest(0) <= GAP_SECONDS
    outside.types(f"{DRAIN} --limit server01")
    for address in (INSIDE, "fd00:10::2"):
        assert held_on(outside, "enp0s3", address) == ["server02"]
    outside.types(f"{RESTORE} --limit server01")
    sees(outside, "enp0s3", "server01", address="fd00:10::2")


def test_routes_and_rules_come_by_reload_and_move_with_the_addresses(outside: Operator) -> None:
    def routed() -> list[list[bool]]:
        routes = outside.everywhere("ip route show 198.51.100.0/24; ip rule show priority 100")
        return [["via 192.0.2.100" in said, "lookup 100" in said] for said in routes]

    nowhere, there = [False, False], [True, True]
    routes = (
        "virtual_router_id: 52, virtual_routes: [198.51.100.0/24 via 192.0.2.100 dev outside], "
        "virtual_rules: [from 192.0.2.2 table 100 priority 100], promote_secondaries: true"
    )
    reload = f"{FILE}on_change: reload\n"
    outside.writes(reload.replace("virtual_router_id: 52", routes))
    with outside.watching(OUTSIDE) as seen:
        said = outside.types(DEPLOY).text
    assert "reload keepalived" in said
    assert "incompatible" not in said
    assert seen.route == ["server01"]
    assert seen.lost == 0
    assert routed() == [there, nowhere, nowhere]
    outside.types(f"{DRAIN} --limit server01")
    assert routed() == [nowhere, there, nowhere]
    outside.types(f"{RESTORE} --limit server01")
    sees(outside, "outside", "server01")
    assert routed() == [there, nowhere, nowhere]
    outside.writes(reload)
    outside.types(DEPLOY)
    assert routed() == [nowhere] * 3
    sees(outside, "outside", "server01")


CLOUD = FILE + "  VI_CLOUD: {virtual_router_id: 60, no_virtual_ipaddress: true, notify_master: logger taken}\n"


def test_an_instance_without_addresses_needs_a_keepalived_that_knows_it(outside: Operator) -> None:
    outside.writes(CLOUD)
    if "v2.2.7" in outside.server01.succeed("keepalived --version 2>&1"):
        run = outside.is_refused(DEPLOY)
        run.line("Nothing was done.")
        assert (
            "keepalived 2.2.7 does not know the no_virtual_ipaddress of VI_CLOUD: 2.2.8 or newer is needed" in run.text
        )
        return
    outside.types(DEPLOY)
    assert "VI_CLOUD is held by server01" in outside.types(STATUS).text
    assert "VI_CLOUD goes from server01 to server02" in outside.types(f"{DRAIN} --limit server01").text
    assert "VI_CLOUD is held by server02" in outside.types(STATUS).text
    assert "taken" in outside.server02.succeed("journalctl -u keepalived --no-pager -n 50")
    outside.types(f"{RESTORE} --limit server01")
    assert "VI_CLOUD is held by server01" in outside.types(STATUS).text
