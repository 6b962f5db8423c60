"""Every node holds an address of its own: a drain, a reboot and a deploy of one move that one alone."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from lab.operator import DEPLOY, DRAIN, REBOOT, RESTORE, SHIPPED, STATUS, Operator
from lab.witness import Witness
from tests.lab.conftest import GAP_SECONDS, on

pytestmark = on("bookworm")

ADDRESSES = ("10.10.0.2", "10.10.0.9", "10.10.0.10")
SPREAD = SHIPPED.replace("[10.10.0.2]", f"[{', '.join(ADDRESSES)}]\n    active_active: true")
AT_REST = [["server01"], ["server02"], ["server03"]]


@pytest.fixture(scope="module")
def spread(operator: Operator) -> Operator:
    """Three nodes, each with an address of its own."""
    operator.writes(SPREAD)
    operator.types(DEPLOY)
    return operator


def holders(operator: Operator) -> list[list[str]]:
    return [operator.holders(address) for address in ADDRESSES]


def sees(operator: Operator, expected: list[list[str]]) -> None:
    operator.sees("holders", lambda: holders(operator), expected)


def lossless(witnesses: list[Witness]) -> bool:
    """Nobody lost more than one packet a move, and no address was without a holder."""
    return all(seen.lost <= 2 and seen.longest(0) <= GAP_SECONDS for seen in witnesses)


def watched(stack: ExitStack, operator: Operator) -> list[Witness]:
    return [stack.enter_context(operator.watching(address)) for address in ADDRESSES]


def test_each_node_holds_its_own_and_a_drain_moves_that_one_alone(spread: Operator) -> None:
    sees(spread, AT_REST)
    with ExitStack() as stack:
        witnesses = watched(stack, spread)
        said = spread.types(f"{DRAIN} --limit server02").text
        assert holders(spread) == [["server01"], ["server03"], ["server03"]]
        back = spread.types(f"{RESTORE} --limit server02").text
        sees(spread, AT_REST)
    assert "drain server02; 10.10.0.9 goes from server02 to server03\n" in said
    assert "10.10.0.9 goes from server03 to server02" in back
    assert lossless(witnesses)


def test_two_drained_nodes_leave_everything_to_the_third_and_the_third_stays(spread: Operator) -> None:
    spread.types(f"{DRAIN} --limit server01 --limit server02")
    assert holders(spread) == [["server03"]] * 3
    said = spread.is_refused(f"{DRAIN} --limit server03").text
    assert "no node would be left to serve 10.10.0.2: server01 is drained, server02 is drained" in said
    spread.types(f"{RESTORE} --limit server01 --limit server02")
    sees(spread, AT_REST)


def test_a_deploy_in_which_every_node_is_a_holder_hands_over_each(spread: Operator) -> None:
    spread.writes(f"{SPREAD}advert_int: 0.4\n")
    with ExitStack() as stack:
        witnesses = watched(stack, spread)
        said = spread.types(DEPLOY).text
    assert holders(spread) == AT_REST
    for address, node in zip(ADDRESSES, ("server01", "server02", "server03"), strict=True):
        assert f"{node}: hand {address} to server" in said
    assert lossless(witnesses)
    assert "nothing to change" in spread.types(DEPLOY).text
    spread.writes(SPREAD)
    spread.types(f"{DEPLOY} --data probe=off")


def test_each_node_is_rebooted_and_clients_lose_nothing(spread: Operator) -> None:
    before = spread.reboots()
    with ExitStack() as stack:
        witnesses = watched(stack, spread)
        spread.types(REBOOT)
        sees(spread, AT_REST)
    assert set(spread.reboots(before).values()) == {1}
    assert max(seen.longest(0) for seen in witnesses) <= GAP_SECONDS
    assert max(seen.lost for seen in witnesses) <= 4
    assert "Nothing is wrong" in spread.types(STATUS).text


def test_another_order_moves_the_address_and_a_disabled_instance_goes(spread: Operator) -> None:
    spread.writes(SHIPPED.replace("[10.10.0.2]", "[10.10.0.2]\n    prefer: server03"))
    spread.types(DEPLOY)
    spread.sees_holder("server03")
    second = "  VI_2: {virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]"
    spread.writes(f"{SHIPPED}{second}}}\n")
    spread.types(DEPLOY)
    assert (spread.holders(), spread.holders("10.10.0.9")) == (["server01"], ["server01"])
    spread.writes(f"{SHIPPED}{second}, disable: true}}\n")
    spread.types(DEPLOY)
    assert (spread.holders(), spread.holders("10.10.0.9")) == (["server01"], [])


def test_two_pairs_that_share_a_node_are_one_file(spread: Operator) -> None:
    pair = SHIPPED.replace("[10.10.0.2]", "[10.10.0.2]\n    nodes: [server02, server01]")
    other = "  other: {virtual_router_id: 52, virtual_ipaddress: [10.10.0.9], nodes: [server02, server03]}\n"
    spread.writes(f"{pair}{other}")
    spread.types(f"{DEPLOY} --data probe=off")

    def held() -> tuple[list[str], list[str]]:
        return spread.holders(), spread.holders("10.10.0.9")

    spread.sees("holders", held, (["server01"], ["server02"]))
    spread.types(f"{DRAIN} --limit server01")
    spread.sees("holders", held, (["server02"], ["server02"]))
    said = spread.is_refused(f"{DRAIN} --limit server02").text
    assert "no node would be left to serve 10.10.0.2: server01 is drained, server02 is to be drained" in said
    spread.types(f"{RESTORE} --limit server01")
    spread.sees("holders", held, (["server01"], ["server02"]))
    with ExitStack() as stack:
        witnesses = [stack.enter_context(spread.watching(address)) for address in ADDRESSES[:2]]
        said = spread.types(f"{DRAIN} --limit server02").text
    assert held() == (["server01"], ["server03"])
    assert "10.10.0.9 goes from server02 to server03" in said
    assert [seen.lost <= 1 for seen in witnesses] == [True, True]
    spread.types(f"{RESTORE} --limit server02")


def test_a_change_of_settings_that_part_the_nodes_leaves_no_address_alone(spread: Operator) -> None:
    spread.writes(SPREAD)
    spread.types(DEPLOY)
    sees(spread, AT_REST)
    spread.writes(SPREAD.replace("virtual_router_id: 51", "virtual_router_id: 71"))
    said = spread.is_refused(DEPLOY).text
    assert "server01 and server02 and server03 hold addresses. First have one node hold them all:" in said
    with ExitStack() as stack:
        witnesses = watched(stack, spread)
        for line in ("tasks/drain.py --limit server02 --limit server03", "deploy.py", "tasks/restore.py"):
            typed = next(found.strip() for found in said.splitlines() if f"inventory.py {line}" in found)
            spread.types(f"{typed} -y")
        sees(spread, AT_REST)
    assert max(seen.longest(0) for seen in witnesses) <= GAP_SECONDS
    assert max(seen.longest_silence for seen in witnesses) < 1
