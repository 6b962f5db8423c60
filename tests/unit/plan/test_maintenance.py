"""Which nodes a run is for, in what order, what is refused, and where a run that has stopped is continued."""

from collections.abc import Collection
from typing import Any

import pytest

from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.maintenance import (
    TurnPart,
    begun,
    finished_reboots,
    in_order,
    is_left,
    is_pending,
    is_rebooted,
    plan_maintenance,
    reboots,
    run_refusal,
    unfinished,
)
from keepalived.spec.flag import Flag, RunKind, content
from tests.unit.cluster_states import (
    ALONE,
    AT_REST,
    DRAINED,
    FIRST,
    FLAG,
    ONE,
    SECOND,
    STOPPED,
    THIRD,
    UNREAD,
    VIP,
    but,
    node,
    state,
)

ALL = ["server01", "server02", "server03"]
OLD, NEW = "0f3c/21", "9a7e/19"  # two boots
BEGUN = "2026-01-31 10:11:12 UTC"
PAIR = ONE.replace(", server03: 10.10.0.5", "")
SECOND_DRAINED, THIRD_DRAINED = node(2, drained=True), node(1, drained=True)


def begun_on(one: NodeState, boot: str | None = OLD, run: RunKind = "reboot", **more: Any) -> NodeState:
    """`one` with the checkpoint of a run that means to end the boot OLD; `boot` is the one it has now."""
    return but(one, boot=boot, checkpoint=Checkpoint(run=run, by="alice@notebook", begun=BEGUN, boot=OLD, **more))


def left(one: NodeState, run: RunKind = "reboot") -> NodeState:
    """`one`, which is drained, as a run has left it."""
    return but(one, flag=Flag(path=FLAG, present=True, content=content("alice@notebook", run=run)))


def until_reboot(one: NodeState) -> NodeState:
    return but(one, flag=Flag(path=FLAG, present=True, content=content("bob@desk", "disk", until_reboot=True)))


def do(*names: str) -> dict[str, TurnPart]:
    return dict.fromkeys(names, "do")


AWAY: dict[str, Any] = {"availability": "Active"}
STOPPED_EARLY = state(begun_on(FIRST), begun_on(left(SECOND_DRAINED), NEW), begun_on(THIRD, NEW))
NODES = {
    "without a checkpoint": SECOND,
    "begun": begun_on(SECOND),
    "begun and drained by the run": begun_on(left(SECOND_DRAINED)),
    "rebooted": begun_on(SECOND, NEW),
    "rebooted and drained by the run": begun_on(left(SECOND_DRAINED), NEW),
    "rebooted and drained in the swarm": begun_on(SECOND, NEW, **AWAY),
    "begun and drained in the swarm": begun_on(SECOND, **AWAY),
    "drained by an operator": begun_on(SECOND_DRAINED, NEW),
    "drained by a run without a checkpoint": left(SECOND_DRAINED),
    "begun by an upgrade": begun_on(SECOND, NEW, "upgrade"),
    "begun by an upgrade, not rebooted": begun_on(SECOND, OLD, "upgrade"),
    "drained by an upgrade": begun_on(left(SECOND_DRAINED, "upgrade"), NEW, "upgrade", **AWAY),
    "drained by a deploy": left(SECOND_DRAINED, "deploy"),
    "begun by a deploy": begun_on(SECOND, NEW, "deploy"),
}
# what a node is: pending, rebooted, left by a reboot
KINDS = {
    "without a checkpoint": (False, False, False),
    "begun": (True, False, False),
    "begun and drained by the run": (True, False, True),
    "rebooted": (False, True, False),
    "rebooted and drained by the run": (False, True, True),
    "rebooted and drained in the swarm": (False, True, True),
    "begun and drained in the swarm": (True, False, True),
    "drained by an operator": (False, True, False),
    "drained by a run without a checkpoint": (False, False, True),
    "begun by an upgrade": (False, False, False),
    "begun by an upgrade, not rebooted": (False, False, False),
    "drained by an upgrade": (False, False, False),
    "drained by a deploy": (False, False, False),
    "begun by a deploy": (False, False, False),
}


@pytest.mark.parametrize("kind", NODES)
def test_a_checkpoint_and_a_flag_tell_how_far_a_reboot_has_come(kind: str) -> None:
    one = NODES[kind]
    assert (is_pending(one), is_rebooted(one), is_left(one, "reboot")) == KINDS[kind]
    assert unfinished(state(node(103, VIP), one, THIRD)) is any(KINDS[kind])


def test_each_kind_of_run_has_left_its_own_nodes_only() -> None:
    for run in ("deploy", "reboot", "upgrade"):
        assert [kind for kind in ("drained by an upgrade", "drained by a deploy") if is_left(NODES[kind], run)] == {
            "deploy": ["drained by a deploy"],
            "reboot": [],
            "upgrade": ["drained by an upgrade"],
        }[run]


UNKNOWN = {
    "the boot of the node could not be read": begun_on(SECOND, None),
    "the checkpoint does not say which boot is to end": but(SECOND, boot=NEW, checkpoint=Checkpoint(run="reboot")),
    "neither is known": but(SECOND, boot=None, checkpoint=Checkpoint(run="reboot")),
}


@pytest.mark.parametrize("one", UNKNOWN.values(), ids=UNKNOWN)
def test_a_node_is_not_taken_for_rebooted_while_that_is_unknown(one: NodeState) -> None:
    assert not is_rebooted(one)
    assert not is_pending(one)


def test_a_reboot_is_finished_once_its_checkpoints_are_removed() -> None:
    assert not unfinished(AT_REST)
    assert not unfinished(state(FIRST, UNREAD, THIRD))
    assert unfinished(state(begun_on(FIRST, NEW), begun_on(SECOND, NEW), begun_on(THIRD, NEW)))
    assert unfinished(state(FIRST, SECOND, begun_on(THIRD, NEW)))


REMOVABLE = [
    # what is seen, the nodes whose checkpoints may be removed
    (AT_REST, []),
    (state(begun_on(FIRST, NEW), begun_on(SECOND, NEW), begun_on(THIRD, NEW)), ALL),
    (state(FIRST, begun_on(SECOND, NEW), THIRD), ["server02"]),
    (state(begun_on(DRAINED, NEW), begun_on(node(102, VIP), NEW), THIRD), ["server01", "server02"]),  # by an operator
    (state(begun_on(FIRST), begun_on(SECOND, NEW), begun_on(THIRD, NEW)), []),
    (state(UNREAD, begun_on(SECOND, NEW), begun_on(THIRD, NEW)), ["server02", "server03"]),  # it was not of this run
    (state(UNREAD, begun_on(SECOND, NEW, nodes=("server01", "server02")), begun_on(THIRD, NEW)), []),
    (state(begun_on(FIRST, NEW), begun_on(left(SECOND_DRAINED), NEW), begun_on(THIRD, NEW)), []),
    (state(begun_on(FIRST, NEW), left(SECOND_DRAINED), begun_on(THIRD, NEW)), []),
    (state(begun_on(FIRST, NEW), begun_on(SECOND, NEW, availability="Active"), begun_on(THIRD, NEW)), []),
    # another kind of run sees to its own checkpoints
    (state(begun_on(FIRST, NEW), begun_on(SECOND, NEW, "upgrade"), THIRD), ["server01"]),
    (state(begun_on(FIRST, NEW), begun_on(left(SECOND_DRAINED, "upgrade"), NEW, "upgrade"), THIRD), ["server01"]),
]


@pytest.mark.parametrize(("seen", "names"), REMOVABLE)
def test_checkpoints_are_removed_once_no_node_is_left_to_be_rebooted_or_restored(
    seen: ClusterState, names: list[str]
) -> None:
    assert finished_reboots(seen) == names


BY_ALICE = f"alice@notebook began at {BEGUN}"
BEGINNINGS = [
    (AT_REST, None),
    (STOPPED_EARLY, BY_ALICE),
    (state(UNREAD, begun_on(SECOND, NEW), THIRD), BY_ALICE),
    (state(FIRST, begun_on(SECOND, OLD, "upgrade"), THIRD), None),
    (state(FIRST, begun_on(SECOND, OLD, "upgrade"), but(THIRD, checkpoint=Checkpoint(run="reboot"))),
     "somebody began at unknown"),
    (state(FIRST, left(SECOND_DRAINED), THIRD), None),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "words"), BEGINNINGS)
def test_who_began_a_reboot_is_in_its_checkpoints(seen: ClusterState, words: str | None) -> None:
    assert begun(seen) == words


def test_a_reboot_is_not_taken_for_finished_while_a_node_cannot_be_read() -> None:
    """It may be the one that is still to be rebooted: the checkpoints stay, and the others are not rebooted again."""
    seen = state(UNREAD, begun_on(SECOND, NEW), begun_on(THIRD, NEW))
    assert unfinished(seen)
    assert reboots(seen, ["server02", "server03"], None, resume=True) == {}


REBOOTS: list[tuple[ClusterState, Collection[str], Collection[str] | None, bool, dict[str, TurnPart]]] = [
    # what is seen, the targets, those that ask (None: all are meant), whether an earlier run is continued
    (AT_REST, ALL, None, True, do(*ALL)),
    (AT_REST, ["server02"], None, True, do("server02")),
    (AT_REST, [], None, True, {}),
    (AT_REST, ALL, ["server03"], True, do("server03")),
    (AT_REST, ["server01", "server02"], ["server03"], True, {}),
    (AT_REST, ALL, [], True, {}),
    # continued
    (STOPPED_EARLY, ALL, None, True, {"server01": "do", "server02": "end"}),
    (STOPPED_EARLY, ["server03"], None, True, {}),
    (STOPPED_EARLY, ALL, [], True, {"server01": "do", "server02": "end"}),  # it was begun for the run that stopped
    # what asks again after it was done is done again; what was left drained is put back first
    (STOPPED_EARLY, ALL, ["server02", "server03"], True, {"server01": "do", "server02": "end", "server03": "do"}),
    (state(FIRST, begun_on(SECOND), begun_on(THIRD, NEW)), ALL, [], True, do("server02")),
    (state(FIRST, begun_on(SECOND), begun_on(THIRD, NEW)), ALL, ["server01"], True, do("server01", "server02")),
    (state(FIRST, begun_on(SECOND), begun_on(THIRD, NEW)), ALL, None, True, do("server01", "server02")),
    (state(begun_on(FIRST, NEW, **AWAY), SECOND, THIRD), ["server01"], [], True, {"server01": "end"}),
    (state(FIRST, begun_on(left(SECOND_DRAINED)), THIRD), ALL, [], True, do("server02")),
    (
        state(begun_on(FIRST, NEW), begun_on(SECOND, NEW), begun_on(THIRD, NEW)),
        ALL,
        None,
        True,
        {},
    ),  # but for its checkpoints
    (state(begun_on(FIRST, NEW), SECOND, THIRD), ALL, None, True, do("server02", "server03")),  # was not for all
    (state(begun_on(FIRST, None), begun_on(SECOND), begun_on(THIRD, NEW)), ALL, None, True, do("server01", "server02")),
    # begun anew
    (STOPPED_EARLY, ALL, None, False, do(*ALL)),
    (STOPPED_EARLY, ALL, ["server03"], False, do("server03")),
    (STOPPED_EARLY, ALL, [], False, {}),
    (state(begun_on(FIRST, NEW), begun_on(SECOND, NEW), begun_on(THIRD, NEW)), ALL, None, False, do(*ALL)),
    # another kind of run
    (state(FIRST, begun_on(SECOND, NEW, "upgrade"), THIRD), ALL, None, True, do(*ALL)),
    (state(FIRST, begun_on(left(SECOND_DRAINED, "upgrade"), NEW, "upgrade", **AWAY), THIRD), ALL, [], True, {}),
    # what was not read
    (state(FIRST, UNREAD, THIRD), ALL, None, True, do("server01", "server03")),
    (state(FIRST, UNREAD, THIRD), ALL, ALL, True, do("server01", "server03")),
    (state(UNREAD, begun_on(SECOND), begun_on(THIRD, NEW)), ALL, None, True, do("server02")),
]


@pytest.mark.parametrize(("seen", "targets", "asking", "resume", "work"), REBOOTS)
def test_what_is_rebooted_for_a_run_is_not_rebooted_again(
    seen: ClusterState,
    targets: Collection[str],
    asking: Collection[str] | None,
    resume: bool,
    work: dict[str, TurnPart],
) -> None:
    assert reboots(seen, targets, asking, resume=resume) == work


FORCED = "\n    pyinfra inventory.py tasks/reboot.py --data force=true"
ADVICE = f". Restore or repair one first. To reboot all the same, and clients will notice:{FORCED}"
DEPLOY_FIRST = "would not come back after a boot. Deploy first:\n    pyinfra inventory.py deploy.py --limit"
DISABLED = but(SECOND, unit=but(SECOND.unit, enabled=False))
REFUSED: list[tuple[ClusterState, RunKind, dict[str, TurnPart], str]] = [
    (
        state(FIRST, STOPPED, UNREAD),
        "reboot",
        do("server01"),
        "no node would be left to serve 10.10.0.2: server01 is to be drained, keepalived is inactive on server02,"
        f" server03 cannot be read{ADVICE}",
    ),
    (
        state(FIRST, SECOND_DRAINED, THIRD_DRAINED),
        "reboot",
        do(*ALL),
        "no node would be left to serve 10.10.0.2: server01 is to be drained, server02 is drained, server03 is drained"
        f"{ADVICE}",
    ),
    (
        state(node(101, VIP), text=ALONE),
        "reboot",
        do("server01"),
        f"no node would be left to serve 10.10.0.2: server01 is to be drained{ADVICE}",
    ),
    (
        state(FIRST, DISABLED, THIRD),
        "reboot",
        do(*ALL),
        f"keepalived is not enabled on server02 and {DEPLOY_FIRST} server02",
    ),
    (
        state(FIRST, but(DISABLED, drained=True), THIRD),
        "reboot",
        do("server02"),
        f"keepalived is not enabled on server02 and {DEPLOY_FIRST} server02",
    ),
    (
        state(FIRST, left(SECOND_DRAINED, "deploy"), left(THIRD_DRAINED, "deploy")),
        "reboot",
        do(*ALL),  # what a deploy has drained is not put back by another run
        "no node would be left to serve 10.10.0.2: server01 is to be drained, server02 is drained, server03 is drained"
        f"{ADVICE}",
    ),
    (
        state(FIRST, begun_on(SECOND, OLD, "upgrade"), THIRD),
        "reboot",
        do(*ALL),
        f"the upgrade of server02 that {BY_ALICE} has not ended. Continue it:\n"
        "    pyinfra inventory.py tasks/upgrade.py\n"
        "Or put it back as it is:\n    pyinfra inventory.py tasks/restore.py --limit server02",
    ),
    (
        state(FIRST, SECOND, begun_on(left(THIRD_DRAINED))),
        "upgrade",
        do("server03"),
        f"the reboot of server03 that {BY_ALICE} has not ended. Continue it:\n"
        "    pyinfra inventory.py tasks/reboot.py\n"
        "Or put it back as it is:\n    pyinfra inventory.py tasks/restore.py --limit server03",
    ),
    (
        state(node(102, VIP), left(node(1, drained=True), "upgrade"), text=PAIR),
        "reboot",
        do("server01", "server02"),
        f"no node would be left to serve 10.10.0.2: server01 is to be drained, server02 is drained{ADVICE}",
    ),
]


@pytest.mark.parametrize(("seen", "run", "work", "why"), REFUSED)
def test_a_run_that_would_leave_nobody_on_its_way_or_does_not_fit_another_is_refused(
    seen: ClusterState, run: RunKind, work: dict[str, TurnPart], why: str
) -> None:
    assert run_refusal(seen, run, work, FORCED) == why


ALLOWED: list[tuple[ClusterState, RunKind, dict[str, TurnPart]]] = [
    (AT_REST, "reboot", do(*ALL)),
    (AT_REST, "reboot", {}),
    (state(FIRST, SECOND, UNREAD), "reboot", do("server01", "server02")),  # one after the other
    (state(FIRST, SECOND_DRAINED, THIRD), "reboot", do(*ALL)),
    (state(FIRST, STOPPED, SECOND_DRAINED), "reboot", do("server03")),  # it is drained already: nothing is lost
    (state(FIRST, DISABLED, THIRD), "reboot", do("server01", "server03")),
    (state(FIRST, but(DISABLED, drained=True), THIRD), "reboot", {"server02": "end"}),
    (state(FIRST, UNREAD, UNREAD), "reboot", do("server02", "server03")),
    (state(UNREAD, STOPPED, begun_on(left(THIRD_DRAINED), NEW)), "reboot", {"server03": "end"}),
    (state(FIRST, DISABLED, THIRD), "upgrade", do(*ALL)),  # an upgrade is no boot
    (state(FIRST, begun_on(SECOND, OLD, "upgrade"), THIRD), "upgrade", do(*ALL)),
    (state(FIRST, begun_on(SECOND, OLD, "upgrade"), THIRD), "reboot", do("server01", "server03")),
    (state(begun_on(FIRST), begun_on(SECOND, NEW), begun_on(THIRD, NEW)), "reboot", do("server01")),
]


@pytest.mark.parametrize(("seen", "run", "work"), ALLOWED)
def test_a_run_that_leaves_somebody_at_every_step_is_allowed(
    seen: ClusterState, run: RunKind, work: dict[str, TurnPart]
) -> None:
    assert run_refusal(seen, run, work, FORCED) is None


GOES_ON: dict[str, tuple[ClusterState, RunKind, dict[str, TurnPart]]] = {
    "it has been rebooted": (
        state(begun_on(node(102, VIP)), begun_on(left(node(1, drained=True)), NEW), text=PAIR),
        "reboot",
        {"server01": "do", "server02": "end"},
    ),
    "it is still to be rebooted": (
        state(begun_on(node(102, VIP)), begun_on(left(node(1, drained=True))), text=PAIR),
        "reboot",
        do("server01", "server02"),
    ),
    "an upgrade has stopped there": (
        state(node(102, VIP), begun_on(left(node(1, drained=True), "upgrade"), OLD, "upgrade"), text=PAIR),
        "upgrade",
        do("server01", "server02"),
    ),
    "it is drained until its next boot": (
        state(node(102, VIP), until_reboot(node(1, drained=True)), text=PAIR),
        "reboot",
        do("server01", "server02"),
    ),
}


@pytest.mark.parametrize(("seen", "run", "work"), GOES_ON.values(), ids=GOES_ON)
def test_a_run_that_first_puts_back_what_it_has_drained_is_allowed(
    seen: ClusterState, run: RunKind, work: dict[str, TurnPart]
) -> None:
    assert in_order(seen, work) == ["server02", "server01"]
    assert run_refusal(seen, run, work, FORCED) is None


NOT_PUT_BACK: dict[str, tuple[ClusterState, RunKind]] = {
    "an operator has drained it": (state(node(102, VIP), node(1, drained=True), text=PAIR), "reboot"),
    "a deploy has drained it": (state(node(102, VIP), left(node(1, drained=True), "deploy"), text=PAIR), "reboot"),
    "it is drained until a boot that an upgrade is not": (
        state(node(102, VIP), until_reboot(node(1, drained=True)), text=PAIR),
        "upgrade",
    ),
    "it does not serve when it is back": (
        state(node(102, VIP), left(node(None, drained=True, active="failed")), text=PAIR),
        "reboot",
    ),
}


@pytest.mark.parametrize(("seen", "run"), NOT_PUT_BACK.values(), ids=NOT_PUT_BACK)
def test_a_run_does_not_count_on_a_node_that_it_will_not_put_back(seen: ClusterState, run: RunKind) -> None:
    assert in_order(seen, ["server01", "server02"]) == ["server02", "server01"]
    assert (run_refusal(seen, run, do("server01", "server02"), FORCED) or "").startswith(
        "no node would be left to serve 10.10.0.2"
    )
    assert run_refusal(seen, run, do("server02"), FORCED) is None


ORDERS = [
    (AT_REST, ALL, None, ["server03", "server02", "server01"]),
    (AT_REST, ALL, "server03", ["server02", "server01", "server03"]),
    (AT_REST, ALL, "server01", ["server03", "server02", "server01"]),
    (AT_REST, ALL, "server09", ["server03", "server02", "server01"]),  # which is not in the cluster
    (AT_REST, ["server01", "server03"], "server02", ["server03", "server01"]),
    (state(DRAINED, node(102, VIP), THIRD), ALL, None, ["server03", "server01", "server02"]),
    (state(DRAINED, node(102, VIP), THIRD), ALL, "server01", ["server03", "server02", "server01"]),
    (state(FIRST, SECOND, node(101, VIP)), ALL, None, ["server02", "server03", "server01"]),  # two hold it
    (state(UNREAD, SECOND, STOPPED), ALL, None, ["server03", "server02", "server01"]),
    (AT_REST, [], None, []),
    (
        state(FIRST, SECOND, THIRD, text=ONE.replace("10.10.0.5", "{address: 10.10.0.5, priority: 9}")),
        ALL,
        None,
        ["server02", "server03", "server01"],
    ),
]


@pytest.mark.parametrize(("seen", "names", "leader", "order"), ORDERS)
def test_holders_come_last_and_behind_them_the_leader_of_the_swarm(
    seen: ClusterState, names: list[str], leader: str | None, order: list[str]
) -> None:
    assert in_order(seen, names, leader) == in_order(seen, names[::-1], leader) == order


CONTINUES = f"managers: continues the reboot that {BY_ALICE}; make sure that nobody else still runs it"
ANEW = "\n    pyinfra inventory.py tasks/reboot.py --data resume=no"
PLANS: dict[str, tuple[ClusterState, RunKind, dict[str, TurnPart], str | None, list[str]]] = {
    "at rest": (
        AT_REST,
        "reboot",
        do(*ALL),
        None,
        [
            "managers: reboot server03, then server02, then server01; 10.10.0.2 is held by server01",
            "  1. server03: nothing moves",
            "  2. server02: nothing moves",
            "  3. server01: 10.10.0.2 goes from server01 to server02, and back",
        ],
    ),
    "with a leader": (
        AT_REST,
        "upgrade",
        do("server01", "server03"),
        "server03",
        [
            "managers: upgrade server01, then server03, if need be; 10.10.0.2 is held by server01",
            "  1. server01: 10.10.0.2 goes from server01 to server02, and back",
            "  2. server03: nothing moves (leader of the swarm)",
        ],
    ),
    "nothing": (AT_REST, "reboot", {}, "server01", ["managers: nothing to reboot; 10.10.0.2 is held by server01"]),
    "drained by an operator": (
        state(DRAINED, node(102, VIP), THIRD),
        "reboot",
        do("server01"),
        None,
        [
            "managers: reboot server01; 10.10.0.2 is held by server02",
            "  1. server01: stays drained (by hand (reason unknown))",
        ],
    ),
    "drained until its next boot, which an upgrade is not": (
        state(until_reboot(DRAINED), node(102, VIP), THIRD),
        "upgrade",
        do("server01"),
        "server01",
        [
            "managers: upgrade server01, if need be; 10.10.0.2 is held by server02",
            "  1. server01: stays drained (by bob@desk (disk), until its next boot) (leader of the swarm)",
        ],
    ),
    "a run that stopped": (
        state(begun_on(FIRST), begun_on(SECOND, NEW), begun_on(left(THIRD_DRAINED), NEW)),
        "reboot",
        {"server01": "do", "server03": "end"},
        None,
        [
            CONTINUES,
            f"  server02, server03 have been rebooted since. To begin from the start:{ANEW}",
            "managers: reboot server03, then server01; 10.10.0.2 is held by server01",
            "  1. server03: put it back in service",
            "  2. server01: 10.10.0.2 goes from server01 to server02, and back",
        ],
    ),
    "a run that stopped early": (
        state(begun_on(FIRST), begun_on(SECOND), begun_on(THIRD, NEW)),
        "reboot",
        do("server02"),
        None,
        [
            CONTINUES,
            f"  server03 has been rebooted since. To begin from the start:{ANEW}",
            "managers: reboot server02; 10.10.0.2 is held by server01",
            "  1. server02: nothing moves",
        ],
    ),
    "a run that stopped at once": (
        state(begun_on(FIRST), begun_on(SECOND), begun_on(THIRD)),
        "reboot",
        do("server03"),
        None,
        [
            CONTINUES,
            "managers: reboot server03; 10.10.0.2 is held by server01",
            "  1. server03: nothing moves",
        ],
    ),
    "nothing left of it for these nodes": (
        STOPPED_EARLY,
        "reboot",
        {},
        None,
        [
            CONTINUES,
            f"  server02, server03 have been rebooted since. To begin from the start:{ANEW}",
            "managers: nothing to reboot; 10.10.0.2 is held by server01",
        ],
    ),
    "an upgrade does not go on with a reboot": (
        STOPPED_EARLY,
        "upgrade",
        do("server03"),
        None,
        [
            "managers: upgrade server03, if need be; 10.10.0.2 is held by server01",
            "  1. server03: nothing moves",
        ],
    ),
    "a reboot does not go on with an upgrade": (
        state(FIRST, begun_on(SECOND, OLD, "upgrade"), THIRD),
        "reboot",
        do("server02"),
        None,
        ["managers: reboot server02; 10.10.0.2 is held by server01", "  1. server02: nothing moves"],
    ),
    "all have been rebooted already": (
        state(begun_on(FIRST, NEW), begun_on(SECOND, NEW), begun_on(THIRD, NEW)),
        "reboot",
        {},
        None,
        [
            CONTINUES,
            f"  server01, server02, server03 have been rebooted since. To begin from the start:{ANEW}",
            "managers: nothing to reboot; 10.10.0.2 is held by server01",
        ],
    ),
    "drained by the run, whose checkpoint is gone": (
        state(FIRST, left(SECOND_DRAINED), THIRD),
        "reboot",
        do("server02"),
        None,
        ["managers: reboot server02; 10.10.0.2 is held by server01", "  1. server02: nothing moves, once it is back"],
    ),
    "an upgrade that stopped": (
        state(begun_on(left(DRAINED, "upgrade"), OLD, "upgrade"), node(102, VIP), THIRD),
        "upgrade",
        do(*ALL),
        None,
        [
            "managers: upgrade server01, then server03, then server02, if need be; 10.10.0.2 is held by server02",
            "  1. server01: 10.10.0.2 goes from server02 to server01, once it is back",
            "  2. server03: nothing moves",
            "  3. server02: nothing moves",
        ],
    ),
    "one that cannot be read": (
        state(FIRST, UNREAD, THIRD),
        "reboot",
        do("server02"),
        None,
        ["managers: reboot server02; 10.10.0.2 is held by server01", "  1. server02: cannot be read"],
    ),
}


@pytest.mark.parametrize(("seen", "run", "work", "leader", "words"), PLANS.values(), ids=PLANS)
def test_the_plan_of_a_run(
    seen: ClusterState, run: RunKind, work: dict[str, TurnPart], leader: str | None, words: list[str]
) -> None:
    found = plan_maintenance(seen, run, work, leader, anew=ANEW)
    assert found.words == words
    assert list(found.work.items()) == [(name, work[name]) for name in in_order(seen, work, leader)]


def test_a_run_that_begins_from_the_start_does_not_say_that_it_goes_on() -> None:
    work = reboots(STOPPED_EARLY, ALL, None, resume=False)
    assert plan_maintenance(STOPPED_EARLY, "reboot", work, anew=ANEW).words[0] == CONTINUES
    assert "continues" not in "\n".join(plan_maintenance(STOPPED_EARLY, "reboot", work).words)


COMES_BACK = {
    "drained by the run": begun_on(left(DRAINED)),
    "drained until its next boot": until_reboot(DRAINED),
}


@pytest.mark.parametrize("one", COMES_BACK.values(), ids=COMES_BACK)
def test_what_moves_when_a_drained_node_is_put_back_is_told(one: NodeState) -> None:
    seen = state(one, node(102, VIP), THIRD)
    assert "10.10.0.2 goes from server02 to server01" in plan_maintenance(seen, "reboot", do("server01")).words[-1]


def test_what_moves_is_foretold_of_the_cluster_as_the_turns_before_will_leave_it() -> None:
    work = reboots(STOPPED_EARLY, ALL, None, resume=True)
    assert plan_maintenance(STOPPED_EARLY, "reboot", work).words[-2:] == [
        "  1. server02: put it back in service",
        "  2. server01: 10.10.0.2 goes from server01 to server02, and back",
    ]


NOBODY_ELSE = {
    "no other node": state(node(101, VIP), text=ALONE),
    "no other node that serves": state(FIRST, STOPPED, node(101, says="FAULT")),
}


@pytest.mark.parametrize("seen", NOBODY_ELSE.values(), ids=NOBODY_ELSE)
def test_the_plan_of_a_forced_run_does_not_hide_that_nobody_serves_meanwhile(seen: ClusterState) -> None:
    assert "nothing moves" not in plan_maintenance(seen, "reboot", do("server01")).words[-1]
