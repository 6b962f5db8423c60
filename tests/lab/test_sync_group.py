"""The instances of a sync group are on one node, whatever moves them: a drain, a restore, a deploy, a check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lab.operator import DEPLOY, DRAIN, RESTORE, SHIPPED, STATUS, Operator
from lab.witness import Witness
from tests.lab.conftest import GAP_SECONDS, on_one_of

pytestmark = on_one_of("bookworm", "trixie")

ADDRESSES = ("10.10.0.2", "10.10.0.9")
TOGETHER = f"""{SHIPPED}  outside: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}}
sync_groups:
  router:
    group: [VI_1, outside]
    notify: 'echo "$1 $2 $3" >> /root/moved'
checks:
  alive: {{command: test ! -e /root/dead, interval: 1}}
  fine: {{command: test ! -e /root/poor, interval: 1, weight: 10}}
"""
AT_REST = "Nothing is wrong: 10.10.0.2 is held by server01, 10.10.0.9 is held by server01"


def holders(operator: Operator) -> list[list[str]]:
    return [operator.holders(address) for address in ADDRESSES]


def on_node(operator: Operator, name: str) -> None:
    """Both addresses come to one node and no other."""
    operator.sees("holders", lambda: holders(operator), [[name], [name]], seconds=30)


def watched(stack: ExitStack, operator: Operator) -> list[Witness]:
    return [stack.enter_context(operator.watching(address)) for address in ADDRESSES]


@pytest.fixture(scope="module")
def grouped(operator: Operator) -> Operator:
    """Three nodes with two instances in a group."""
    operator.writes(TOGETHER)
    operator.types(DEPLOY)
    return operator


@pytest.fixture
def router(grouped: Operator) -> Iterator[Operator]:
    """The same, at rest before and after: also no check and no flag is still to be seen by keepalived."""
    yield grouped
    grouped.everywhere("rm -f /root/dead /root/poor")
    grouped.repairs()
    grouped.sees("rest", lambda: AT_REST in grouped.attempts(STATUS).text, True, seconds=60, pause_seconds=0.5)


def test_a_drain_and_a_restore_move_all_of_it(router: Operator) -> None:
    router.everywhere("rm -f /root/moved")
    with ExitStack() as stack:
        witnesses = watched(stack, router)
        run = router.types(f"{DRAIN} --limit server01")
        assert holders(router) == [["server02"], ["server02"]]
        run.line("10.10.0.2 goes from server01 to server02, 10.10.0.9 goes from server01 to server02")
        router.types(f"{RESTORE} --limit server01")
        assert holders(router) == [["server01"], ["server01"]]
    for seen in witnesses:
        assert seen.route == ["server01", "server02", "server01"]
        assert seen.lost <= 2
        assert seen.longest(0) <= GAP_SECONDS
    assert router.server02.succeed("cat /root/moved").splitlines() == ["GROUP router MASTER", "GROUP router BACKUP"]
    router.types(STATUS).line(AT_REST)


def test_a_failing_check_without_weight_moves_all_of_it(router: Operator) -> None:
    router.server01.succeed("touch /root/dead")
    on_node(router, "server02")
    router.attempts(STATUS).line("The check alive (command test ! -e /root/dead) fails on server01 since ")


def test_a_failing_check_with_weight_moves_all_of_it(router: Operator) -> None:
    router.server01.succeed("touch /root/poor")
    on_node(router, "server02")
    router.types(f"{DRAIN} --limit server02")  # undrained with a failing check is above drained
    assert holders(router) == [["server03"], ["server03"]]
    router.types(f"{DRAIN} --limit server03 --data force=true")
    assert holders(router) == [["server01"], ["server01"]]


def test_a_deploy_hands_all_of_it_over_and_back(router: Operator) -> None:
    router.writes(f"{TOGETHER}advert_int: 0.4\n")
    with ExitStack() as stack:
        witnesses = watched(stack, router)
        router.types(DEPLOY)
    for seen in witnesses:
        assert seen.route == ["server01", "server02", "server01"]
        assert seen.lost <= 2
        assert seen.longest(0) <= GAP_SECONDS
    router.writes(TOGETHER)
    router.types(f"{DEPLOY} --data probe=off")


def test_a_group_comes_and_goes_by_reload_and_nothing_moves(router: Operator) -> None:
    apart = TOGETHER.replace("sync_groups:", "x:").partition("x:")[0] + "checks:" + TOGETHER.partition("checks:")[2]
    with ExitStack() as stack:
        witnesses = watched(stack, router)
        for cluster in (apart, TOGETHER):
            router.writes(f"{cluster}on_change: reload\n")
            router.types(DEPLOY)
            router.types(f"{DRAIN} --limit server02")
            router.types(f"{RESTORE} --limit server02")
    assert [seen.route for seen in witnesses] == [["server01"], ["server01"]]
    assert all(seen.lost == 0 for seen in witnesses)
    router.types(f"{DRAIN} --limit server01")
    assert holders(router) == [["server02"], ["server02"]]


def test_a_group_with_nopreempt_moves_as_one_and_stays(router: Operator) -> None:
    stays = TOGETHER.replace("[10.10.0.2]\n", "[10.10.0.2]\n    nopreempt: true\n").replace(
        "[10.10.0.9]}", "[10.10.0.9], nopreempt: true}"
    )
    router.writes(stays)
    router.types(DEPLOY)
    with ExitStack() as stack:
        witnesses = watched(stack, router)
        router.types(f"{DRAIN} --limit server01")
        router.types(f"{RESTORE} --limit server01")
    assert holders(router) == [["server02"], ["server02"]]
    for seen in witnesses:
        assert seen.route == ["server01", "server02"]
        assert seen.lost <= 1
    router.writes(TOGETHER)
    router.types(DEPLOY)
