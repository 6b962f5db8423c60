"""A run that has left its checkpoints on nodes is told, with what is left of it."""

import pytest

from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.diagnosis.findings import Problem
from keepalived.plan.diagnosis.registry import likely
from keepalived.spec.flag import Flag, RunKind, content
from tests.unit.cluster_states import FIRST, FLAG, SECOND, THIRD, UNREAD, VIP, but, node, state
from tests.unit.told_problems import found, told, unread

REBOOT = "pyinfra inventory.py tasks/reboot.py"


def marked(one: NodeState, boot: str = "0f3c/21", run: RunKind = "reboot") -> NodeState:
    """`one` with the checkpoint of a run that means to end the boot 0f3c/21; `boot` is the one it has now."""
    begun = "2026-01-31 10:11:12 UTC"
    return but(one, boot=boot, checkpoint=Checkpoint(run=run, by="alice@notebook", begun=begun, boot="0f3c/21"))


BOOTED = "9a7e/19"
REBOOTS = [
    # what is seen, what is left of the reboot
    (state(marked(FIRST), marked(SECOND), marked(THIRD)), "server01, server02, server03 still to be rebooted"),
    (state(marked(FIRST), marked(SECOND, BOOTED), marked(THIRD, BOOTED)), "server01 still to be rebooted"),
    (state(FIRST, marked(SECOND), THIRD), "server02 still to be rebooted"),
    (
        state(marked(FIRST, BOOTED), marked(SECOND, BOOTED), marked(THIRD, BOOTED)),
        "server01, server02, server03 rebooted",
    ),
]


def unfinished(left: str) -> Problem:
    return told(
        "reboot-unfinished",
        None,
        f"The reboot that alice@notebook began at 2026-01-31 10:11:12 UTC is under way or did not end: {left}",
        "If nobody runs it any more, type it again, which continues it",
        REBOOT,
    )


@pytest.mark.parametrize(("seen", "left"), REBOOTS)
def test_a_reboot_that_did_not_end_is_told_with_what_is_left_of_it(seen: ClusterState, left: str) -> None:
    assert found(seen) == [unfinished(left)]
    assert likely(seen) == []


def test_a_reboot_that_stopped_while_a_node_was_away_is_told_behind_what_is_worse() -> None:
    flag = Flag(path=FLAG, present=True, content=content(run="reboot"))
    drained = but(marked(node(2, drained=True), BOOTED), flag=flag)
    assert found(state(UNREAD, drained, marked(node(101, VIP), BOOTED))) == [
        unread("server01"),
        told(
            "drained-by-unfinished-run",
            "server02",
            "server02 is drained by a reboot that is under way or did not end",
            "Restore server02, or, if that run is over, type it again",
            REBOOT,
        ),
        unfinished("server02, server03 rebooted"),
    ]


def test_an_upgrade_that_did_not_end_is_told_of_its_node() -> None:
    assert found(state(FIRST, marked(SECOND, run="upgrade"), THIRD)) == [
        told(
            "upgrade-unfinished",
            "server02",
            "The upgrade of server02 that alice@notebook began at 2026-01-31 10:11:12 UTC is under way or did not end",
            "Restore server02, or, if nobody runs it any more, type it again",
            "pyinfra inventory.py tasks/upgrade.py",
        )
    ]
