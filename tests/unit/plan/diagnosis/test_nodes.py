"""Each node can be read, its keepalived runs, and its instances can take over."""

import pytest

from keepalived.observed.node import NodeState
from keepalived.plan.diagnosis.findings import Problem
from tests.unit.cluster_states import FIRST, SECOND, STOPPED, THIRD, UNREAD, but, node, state
from tests.unit.told_problems import DEPLOY, JOURNAL, found, stopped, told, unread


def not_ready(words: str) -> Problem:
    return told(
        "instance-not-ready",
        "server02",
        f"VI_1 is {words} on server02, which cannot take over",
        "Look at its network interface and its checks. On server02",
        JOURNAL,
    )


UNKNOWN_STATE = but(SECOND, instances={"VI_1": but((SECOND.instances or {})["VI_1"], state=None)})
NODES: dict[str, tuple[NodeState | None, Problem]] = {
    # server02 is what is wrong
    "unread": (UNREAD, unread("server02")),
    "stopped": (STOPPED, stopped("server02")),
    "starting": (node(None, active="activating"), stopped("server02", "activating")),
    "not installed": (
        but(STOPPED, version=None, unit=but(STOPPED.unit, enabled=False)),
        told(
            "keepalived-not-installed",
            "server02",
            "keepalived is not installed on server02",
            "Take server02 out of managers.yml, or deploy",
            DEPLOY,
        ),
    ),
    "silent": (
        node(None),
        told(
            "keepalived-silent",
            "server02",
            "keepalived on server02 does not tell its state",
            "See what it does, on server02",
            "systemctl status keepalived",
        ),
    ),
    "another instance": (
        node(102, instances=("VI_0",)),
        told("instance-missing", "server02", "keepalived on server02 does not know VI_1", "Deploy", DEPLOY),
    ),
    "in FAULT": (node(102, says="FAULT"), not_ready("in state FAULT")),
    "in an unknown state": (UNKNOWN_STATE, not_ready("in an unknown state")),
    "not enabled": (
        but(SECOND, unit=but(SECOND.unit, enabled=False)),
        told(
            "keepalived-not-enabled",
            "server02",
            "keepalived is not enabled on server02: it does not start at the next boot",
            "Deploy",
            DEPLOY,
        ),
    ),
}


@pytest.mark.parametrize(("second", "problem"), NODES.values(), ids=NODES)
def test_a_node_does_its_part(second: NodeState | None, problem: Problem) -> None:
    assert found(state(FIRST, second, THIRD)) == [problem]
