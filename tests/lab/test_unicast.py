"""With `unicast` everything moves as it does by multicast: two networks, both protocols, a sync group, `nopreempt`,
checks that fail, commands that are told of it, and an address for each node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lab.operator import DEPLOY, DRAIN, REBOOT, RESTORE, STATUS, Operator
from lab.places import OPERATOR_INTERFACE
from lab.witness import Witness
from tests.lab.conftest import GAP_SECONDS, on_one_of
from tests.lab.second_network import add_network

pytestmark = on_one_of("trixie", "bookworm")

INSIDE, SECOND, OUTSIDE, SIX, STAYS = "10.10.0.2", "fd00:10::2", "192.0.2.2", "fd00:10::9", "10.10.0.8"
MOVING = (INSIDE, SECOND, OUTSIDE, SIX)
ALL = (*MOVING, STAYS)
TOLD, DEAD, POOR = "/run/told", "/run/dead", "/run/poor"
NODES = "\n".join(
    f"  server0{number}: {{address: 10.10.0.{number + 2}, instances: {{VI_OUT: {{unicast_src_ip: 192.0.2.1{number}}}, "
    f'VI_6: {{unicast_src_ip: "fd00:10::{number + 2}"}}}}}}'
    for number in (1, 2, 3)
)
FILE = f"""\
nodes:
{NODES}
instances:
  VI_IN:
    virtual_router_id: 51
    unicast: true
    virtual_ipaddress: [{INSIDE}]
    virtual_ipaddress_excluded: ["{SECOND}/64"]
  VI_OUT: {{virtual_router_id: 52, unicast: true, virtual_ipaddress: [{OUTSIDE}/24]}}
  VI_6: {{virtual_router_id: 53, unicast: true, virtual_ipaddress: ["{SIX}"]}}
  VI_STAY: {{virtual_router_id: 54, unicast: true, virtual_ipaddress: [{STAYS}], nopreempt: true}}
sync_groups:
  router: {{group: [VI_IN, VI_OUT], notify: 'echo "$1 $2 $3" >> {TOLD}'}}
checks:
  alive: {{command: test ! -e {DEAD}, interval: 1}}
  fine: {{command: test ! -e {POOR}, interval: 1, weight: 20}}
"""
SPREAD = ("10.10.0.20", "10.10.0.21", "10.10.0.22")
EACH_ITS_OWN = f"""\
nodes: {{server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}}
instances:
  web: {{virtual_router_id: 61, unicast: true, virtual_ipaddress: [{", ".join(SPREAD)}], active_active: true}}
"""


@pytest.fixture(scope="module")
def routers(operator: Operator) -> Iterator[Operator]:
    """Three nodes in two networks that send no multicast, and an operator in both."""
    add_network(operator)
    ours = ["fd00:10::1/64", "dev", OPERATOR_INTERFACE]
    operator.lab.operator(["ip", "address", "replace", *ours, "nodad"], check=True)
    own = "n=$(hostname | tail -c 2); ip address add fd00:10::$((n + 2))/64 dev enp0s3 nodad"
    operator.everywhere(own)
    operator.writes(FILE)
    operator.types(DEPLOY)
    yield operator
    operator.lab.operator(["ip", "address", "del", *ours], check=True)


def hold(operator: Operator, addresses: tuple[str, ...], *names: str) -> None:
    """Each of the addresses comes to its node and no other, or all of them to one."""
    expected = [[name] for name in (names if len(names) > 1 else names * len(addresses))]
    operator.sees(str(addresses), lambda: [operator.holders(address) for address in addresses], expected, seconds=30)


def watched(stack: ExitStack, operator: Operator, addresses: tuple[str, ...]) -> dict[str, Witness]:
    return {address: stack.enter_context(operator.watching(address)) for address in addresses}


def lossless(address: str, seen: Witness, *route: str) -> bool:
    """At most one packet lost a move, and never without a holder. A kernel takes an IPv6 address up some ms later."""
    lost = seen.longest_silence <= GAP_SECONDS if ":" in address else seen.lost < len(route)
    return seen.route == list(route) and lost and seen.longest(0) <= GAP_SECONDS


def told(operator: Operator) -> list[list[str]]:
    """What the notify command of each host was told since the last time."""
    said = operator.everywhere(f"cat {TOLD} 2>/dev/null; rm -f {TOLD}")
    return [[line.removeprefix("GROUP router ") for line in lines.splitlines()] for lines in said]


def test_a_drain_moves_everything_and_a_restore_what_may_return(routers: Operator) -> None:
    hold(routers, ALL, "server01")
    told(routers)
    with ExitStack() as stack:
        seen = watched(stack, routers, ALL)
        routers.types(f"{DRAIN} --limit server01")
        hold(routers, ALL, "server02")
        routers.types(f"{RESTORE} --limit server01")
        hold(routers, MOVING, "server01")
    for address in MOVING:
        assert lossless(address, seen[address], "server01", "server02", "server01")
    assert lossless(STAYS, seen[STAYS], "server01", "server02")
    assert told(routers) == [["BACKUP", "MASTER"], ["MASTER", "BACKUP"], []]
    routers.types(STATUS).line("Nothing is wrong")
    with ExitStack() as stack:
        seen = watched(stack, routers, (INSIDE, STAYS))
        routers.types(f"{DRAIN} --limit server02")
        hold(routers, ALL, "server01")
        routers.types(f"{RESTORE} --limit server02")
    assert lossless(INSIDE, seen[INSIDE], "server01")
    assert lossless(STAYS, seen[STAYS], "server02", "server01")
    assert told(routers) == [[], [], []]
    assert routers.everywhere("grep -c unicast_peer /etc/keepalived/keepalived.conf") == ["4\n"] * 3
    assert "nothing to change" in routers.types(DEPLOY).text


def test_checks_that_fail_on_a_backup_move_nothing(routers: Operator) -> None:
    for broken in (DEAD, POOR):
        with ExitStack() as stack:
            seen = watched(stack, routers, (OUTSIDE, STAYS))
            routers.afterwards(routers.server02, f"rm -f {broken}")
            routers.server02.succeed(f"touch {broken}")
            routers.sees("a failing check", lambda: "fails on server02" in routers.attempts(STATUS).text, True)
            plan = routers.attempts(f"{DRAIN} --limit server01 --dry").text
            routers.repairs()
            routers.sees("no failing check", lambda: "fails on" in routers.attempts(STATUS).text, False)
        assert f"{OUTSIDE} goes from server01 to server03" in plan
        assert all(lossless(address, one, "server01") for address, one in seen.items())


def test_a_check_with_weight_that_fails_on_the_holder_moves_what_may_move(routers: Operator) -> None:
    with ExitStack() as stack:
        seen = watched(stack, routers, (OUTSIDE, SIX, STAYS))
        routers.afterwards(routers.server01, f"rm -f {POOR}")
        routers.server01.succeed(f"touch {POOR}")
        hold(routers, MOVING, "server02")
        routers.repairs()
        hold(routers, MOVING, "server01")
    for address in (OUTSIDE, SIX):
        assert lossless(address, seen[address], "server01", "server02", "server01")
    assert lossless(STAYS, seen[STAYS], "server01")


def test_a_check_without_weight_that_fails_on_the_holder_takes_everything_from_it(routers: Operator) -> None:
    told(routers)
    with ExitStack() as stack:
        seen = watched(stack, routers, (OUTSIDE, SIX, STAYS))
        routers.afterwards(routers.server01, f"rm -f {DEAD}")
        routers.server01.succeed(f"touch {DEAD}")
        hold(routers, ALL, "server02")
        routers.repairs()
        hold(routers, MOVING, "server01")
    assert [seen[address].route for address in (OUTSIDE, SIX)] == [["server01", "server02", "server01"]] * 2
    assert seen[STAYS].route == ["server01", "server02"]
    assert max(one.longest(0) for one in seen.values()) <= 1  # it gives up at once, and says so
    assert told(routers) == [["FAULT", "BACKUP", "MASTER"], ["MASTER", "BACKUP"], []]


def test_each_node_holds_an_address_of_its_own_over_a_drain_and_reboots(routers: Operator) -> None:
    routers.writes(EACH_ITS_OWN)
    routers.types(DEPLOY)
    at_rest = ("server01", "server02", "server03")
    hold(routers, SPREAD, *at_rest)
    with ExitStack() as stack:
        seen = watched(stack, routers, SPREAD)
        routers.types(f"{DRAIN} --limit server02")
        hold(routers, SPREAD, "server01", "server03", "server03")
        routers.types(f"{RESTORE} --limit server02")
        hold(routers, SPREAD, *at_rest)
    assert lossless(SPREAD[0], seen[SPREAD[0]], "server01")
    assert lossless(SPREAD[1], seen[SPREAD[1]], "server02", "server03", "server02")
    assert lossless(SPREAD[2], seen[SPREAD[2]], "server03")
    before = routers.reboots()
    with ExitStack() as stack:
        seen = watched(stack, routers, SPREAD)
        routers.types(REBOOT)
        hold(routers, SPREAD, *at_rest)
    assert set(routers.reboots(before).values()) == {1}
    assert max(one.longest(0) for one in seen.values()) <= GAP_SECONDS
    assert max(one.lost for one in seen.values()) <= 4
    routers.types(STATUS).line("Nothing is wrong")
