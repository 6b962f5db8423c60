"""With `nopreempt` every planned move still happens, once and without a lost packet, and nothing moves by itself."""

from __future__ import annotations

import json

import pytest

from lab.operator import DEPLOY, DRAIN, FLAG, NODE, REBOOT, RESTORE, SHIPPED, STATUS, Operator
from lab.witness import Witness
from tests.documents import shown
from tests.lab.conftest import GAP_SECONDS, on_one_of

pytestmark = on_one_of("trixie", "bookworm")

STAYS = f"{SHIPPED}    nopreempt: true\n"
CONFIGURATION = "/etc/keepalived/keepalived.conf"
STARTS = "systemctl show keepalived -p InvocationID --value"
STAYS_THERE = "in service as a backup; 10.10.0.2 is held by server02; 10.10.0.2 stays there: nopreempt"


def in_force(operator: Operator) -> list[tuple[bool, bool]]:
    """For each node whether its daemon runs with `nopreempt`, and what lies on its disk."""
    nodes = json.loads(operator.types(f"{NODE} --json").stdout)["keepalived.facts.Node"]
    return [
        (node["instances"]["VI_1"]["nopreempt"], node["configuration"]["applied"]) for _, node in sorted(nodes.items())
    ]


def lossless(seen: Witness, moves: int) -> bool:
    """At most one packet lost a move, and never without a holder."""
    return seen.lost <= moves and seen.longest(0) <= GAP_SECONDS and len(seen.route) == moves + 1


@pytest.fixture
def stays(redeployed: Operator) -> Operator:
    """Three managers with `nopreempt`, the first of them the holder."""
    redeployed.configures(STAYS)
    assert redeployed.holders() == ["server01"]
    return redeployed


def test_a_drain_moves_it_a_restore_does_not_and_a_drain_of_the_other_moves_it_again(stays: Operator) -> None:
    before = stays.everywhere(f"stat -c '%i %a %U %y' {CONFIGURATION}; ls -A /etc/keepalived")
    with stays.watching() as seen:
        run = stays.types(f"{DRAIN} --limit server01")
        assert stays.holders() == ["server02"]
        run.line("drain server01; 10.10.0.2 goes from server01 to server02")
        shown.holds_text(run.text, "docs/drain.md", "[server01] server02 runs with nopreempt")
    assert lossless(seen, 1)
    assert in_force(stays) == [(True, True)] * 3
    assert stays.everywhere(f"stat -c '%i %a %U %y' {CONFIGURATION}; ls -A /etc/keepalived") == before
    with stays.watching() as seen:
        run = stays.types(f"{RESTORE} --limit server01")
        run.line("nothing moves: 10.10.0.2 is held by server02 (nopreempt)")
        run.line(STAYS_THERE)
    assert lossless(seen, 0)
    stays.types(STATUS).line("Nothing is wrong: 10.10.0.2 is held by server02")
    with stays.watching() as seen:
        stays.types(f"{DRAIN} --limit server02")
    assert seen.route == ["server02", "server01"]
    assert lossless(seen, 1)
    assert in_force(stays) == [(True, True)] * 3


def test_two_are_drained_at_once(stays: Operator) -> None:
    with stays.watching() as seen:
        stays.types(f"{DRAIN} --limit server01 --limit server02")
    assert stays.holders() == ["server03"]
    assert seen.lost <= 2
    assert seen.longest(0) <= GAP_SECONDS
    assert in_force(stays) == [(True, True)] * 3


def test_a_deploy_with_restarts_moves_it_once_and_leaves_it_there(stays: Operator) -> None:
    starts = stays.everywhere(STARTS)
    stays.writes(f"{STAYS}advert_int: 0.4\n")
    with stays.watching() as seen:
        run = stays.types(DEPLOY)
    assert seen.route == ["server01", "server02"]
    assert lossless(seen, 1)
    run.line("afterwards 10.10.0.2 (VI_1) is on server02")
    run.line(STAYS_THERE)
    assert all(one != other for one, other in zip(starts, stays.everywhere(STARTS), strict=True))
    assert in_force(stays) == [(True, True)] * 3
    assert "nothing to change" in stays.types(DEPLOY).text


def test_a_reboot_of_the_holder_moves_it_once(stays: Operator) -> None:
    with stays.watching() as seen:
        run = stays.types(f"{REBOOT} --limit server01")
    run.line("1. server01: 10.10.0.2 goes from server01 to server02, and 10.10.0.2 stays there (nopreempt)")
    assert seen.route == ["server01", "server02"]
    assert lossless(seen, 1)
    assert in_force(stays) == [(True, True)] * 3


def test_nopreempt_comes_and_goes_by_reload(stays: Operator) -> None:
    starts = stays.everywhere(STARTS)
    stays.types(f"{DRAIN} --limit server01")
    stays.types(f"{RESTORE} --limit server01")
    stays.writes(SHIPPED)
    with stays.watching() as seen:
        stays.types(DEPLOY)
        stays.sees_holder("server01")
    assert seen.route == ["server02", "server01"]
    assert lossless(seen, 1)
    stays.writes(STAYS)
    with stays.watching() as seen:
        stays.types(DEPLOY)
    assert lossless(seen, 0)
    assert stays.everywhere(STARTS) == starts
    assert in_force(stays) == [(True, True)] * 3


def test_what_a_run_that_dies_leaves_is_told_and_mended(stays: Operator) -> None:
    stays.kills(f"{DRAIN} --limit server01", "reloaded it without")
    stays.sees_holder("server02")
    stays.sees("files", lambda: set(stays.everywhere(f"grep -c '^ *nopreempt$' {CONFIGURATION}")), {"1\n"})
    assert in_force(stays) == [(True, True), (False, False), (True, True)]
    stays.attempts(STATUS).line("keepalived on server02 does not run the configuration on its disk")
    starts = stays.everywhere(STARTS)
    with stays.watching() as seen:
        stays.types(DEPLOY)
    assert lossless(seen, 0)
    assert in_force(stays) == [(True, True)] * 3
    assert stays.everywhere(STARTS) == starts


def test_a_flag_by_hand_moves_nothing_and_status_says_what_does(stays: Operator) -> None:
    stays.server01.succeed(f"touch {FLAG}")
    stays.sees("drained", lambda: "is drained and still holds" in stays.attempts(STATUS).text, True)
    stays.types(f"{DEPLOY} --limit server03").line(
        "server01 is drained and keeps 10.10.0.2 (nopreempt), and so it does"
    )
    assert stays.holders() == ["server01"]
    run = stays.types(f"{DRAIN} --limit server01")
    run.line("server01 is drained already, and 10.10.0.2 goes from server01 to server02")
    assert stays.holders() == ["server02"]
