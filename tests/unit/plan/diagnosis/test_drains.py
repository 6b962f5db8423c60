"""Flag and priority of a node agree, a drain would work, and no run has left a node drained."""

import pytest

from keepalived.observed.node import NodeState
from keepalived.plan.diagnosis.findings import Problem
from keepalived.spec.flag import Flag, content
from tests.unit.cluster_states import FIRST, FLAG, ONE, SECOND, THIRD, but, node, saying, state
from tests.unit.told_problems import DEPLOY, JOURNAL, found, told

SECOND_DRAINED, THIRD_DRAINED = node(2, drained=True), node(1, drained=True)
OLD_FLAG = Flag(path="/tmp/releasevip", present=False)  # noqa: S108 - the origin's
PRESENT = Flag(path=FLAG, present=True)


def obstacle(one: NodeState, words: str) -> NodeState:
    return but(one, configuration=but(one.configuration, drain_obstacles={"VI_1": words}))


RUNS_WITH_NOPREEMPT = told(
    "drain-would-not-work",
    "server02",
    "keepalived on server02 runs VI_1 with nopreempt: a node that is not MASTER does not take over from one of lower "
    "priority",
    "Deploy",
    DEPLOY,
)
RUNS_WITH_DELAY = told(
    "drain-would-not-work",
    "server02",
    "keepalived on server02 runs VI_1 with preempt_delay: a node waits before it takes over from one of lower priority",
    "Deploy",
    DEPLOY,
)
WOULD_NOT_WORK = told(
    "drain-would-not-work", "server02", "keepalived on server02 runs VI_1 with nopreempt: it waits", "Deploy", DEPLOY
)
NODES: list[tuple[NodeState, Problem]] = [
    # server02 is what is wrong
    (
        but(SECOND_DRAINED, flag=Flag(path=FLAG, present=True, content=content(run="deploy"))),
        told(
            "drained-by-unfinished-run",
            "server02",
            "server02 is drained by a deploy that is under way or did not end",
            "Restore server02, or, if that run is over, type it again",
            f"{DEPLOY} --data resume=true",
        ),
    ),
    (
        but(SECOND_DRAINED, flag=Flag(path=FLAG, present=True, content=content("alice", run="upgrade"))),
        told(
            "drained-by-unfinished-run",
            "server02",
            "server02 is drained by alice's upgrade that is under way or did not end",
            "Restore server02, or, if that run is over, type it again",
            "pyinfra inventory.py tasks/upgrade.py",
        ),
    ),
    (
        but(SECOND, flag=Flag(path=FLAG, present=True, content="")),
        told(
            "flag-without-number",
            "server02",
            f"server02 has the flag {FLAG} and is not drained: `check: file` needs a number in it",
            "Restore the node, which removes the flag, or drain it",
            "pyinfra inventory.py tasks/drain.py --limit server02",
        ),
    ),
    (
        but(SECOND, flag_open=True),
        told(
            "flag-world-writable",
            "server02",
            f"Others than root on server02 can make or remove {FLAG}: its folder is writable for them",
            "Set drain.flag in managers.yml to a path in a folder that only root can write, then deploy",
            DEPLOY,
        ),
    ),
    (obstacle(SECOND, "nopreempt: it waits"), WOULD_NOT_WORK),
    (obstacle(SECOND_DRAINED, "nopreempt: it waits"), WOULD_NOT_WORK),
    (saying(SECOND, nopreempt=True), RUNS_WITH_NOPREEMPT),
    (saying(SECOND, preempt_delay=5), RUNS_WITH_DELAY),
]


@pytest.mark.parametrize(("second", "problem"), NODES)
def test_what_endangers_a_drain_is_told(second: NodeState, problem: Problem) -> None:
    assert found(state(FIRST, second, THIRD)) == [problem]


def test_what_the_cluster_file_asks_for_is_no_danger() -> None:
    for key, said in (("nopreempt: true", {"nopreempt": True}), ("preempt_delay: 5", {"preempt_delay": 5})):
        text = ONE.replace("51,", f"51, {key},")
        assert found(state(saying(FIRST, **said), saying(SECOND, **said), saying(THIRD, **said), text=text)) == []


RAISED = node(102, drained=True)
LOOK_AGAIN = ("Look again in a moment. If it stays, on server02", JOURNAL)
HAS_NO_CHECK = ("Its running configuration has no check. Deploy", DEPLOY)
NOT_LOWERED = [
    (RAISED, *LOOK_AGAIN),
    (but(RAISED, running_flag=PRESENT), *LOOK_AGAIN),
    (but(RAISED, running_flag=OLD_FLAG), "Its keepalived looks at /tmp/releasevip. Deploy", DEPLOY),
    (
        but(RAISED, flag_seen=False),
        "Its keepalived does not see that file: the unit has a file system of its own (PrivateTmp= or the like). Take "
        "that setting out of the unit. On server02",
        "systemctl cat keepalived",
    ),
    (but(RAISED, flag_seen=True), *LOOK_AGAIN),
    (obstacle(RAISED, "no check"), *HAS_NO_CHECK),
    (
        obstacle(but(RAISED, running_flag=OLD_FLAG), "no check"),
        "Its keepalived looks at /tmp/releasevip. Deploy",
        DEPLOY,
    ),
]


@pytest.mark.parametrize(("second", "cure", "command"), NOT_LOWERED)
def test_a_drained_node_that_keeps_its_priority_is_told_with_the_likely_reason(
    second: NodeState, cure: str, command: str
) -> None:
    words = f"server02 is drained by {FLAG} but announces priority 102 in VI_1"
    assert found(state(FIRST, second, THIRD)) == [told("flag-ignored", "server02", words, cure, command)]


CHECK_FAILS = ("Look again in a moment. If it stays, its check fails. On server02", JOURNAL)
LOWERED = [
    (node(2), *CHECK_FAILS),
    (but(node(2), running_flag=OLD_FLAG), *CHECK_FAILS),
    (
        but(node(2), running_flag=but(OLD_FLAG, present=True)),
        "Its keepalived looks at /tmp/releasevip, which is there. Deploy",
        DEPLOY,
    ),
    (obstacle(node(2), "no check"), *HAS_NO_CHECK),
]


@pytest.mark.parametrize(("second", "cure", "command"), LOWERED)
def test_a_lowered_priority_without_a_flag_is_told_with_the_likely_reason(
    second: NodeState, cure: str, command: str
) -> None:
    words = "server02 announces the lowered priority 2 in VI_1 without a flag"
    problem = told("priority-lowered-without-flag", "server02", words, cure, command)
    assert found(state(FIRST, second, THIRD)) == [problem]


AWARDS = [
    # check, priority while out of service (script) or in service (file), announced, drained, told
    ("script", 50, 60, False, None),  # whatever numbers are configured
    ("script", 50, 50, False, "priority-lowered-without-flag"),
    ("script", 50, 50, True, None),
    ("script", 50, 40, True, None),
    ("script", 50, 60, True, "flag-ignored"),
    ("file", 50, 50, False, None),
    ("file", 50, 40, False, "priority-lowered-without-flag"),
    ("file", 50, 40, True, None),
    ("file", 50, 50, True, "flag-ignored"),
]


@pytest.mark.parametrize(("check", "base", "announced", "drained", "id"), AWARDS)
def test_flag_and_priority_agree_whatever_the_numbers_are(
    check: str, base: int, announced: int, drained: bool, id: str | None
) -> None:
    second = saying(node(announced, drained=drained), base_priority=base)
    first, third = (saying(one, base_priority=1 if check == "script" else 103) for one in (FIRST, THIRD_DRAINED))
    wrong = found(state(first, second, third, text=f"{ONE}drain: {{check: {check}}}\n"))
    assert [(problem.id, problem.node) for problem in wrong] == ([(id, "server02")] if id else [])
