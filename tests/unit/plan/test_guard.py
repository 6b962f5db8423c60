"""A drain is refused when nobody would be left to serve, and what a drain or its end will move is told beforehand."""

from collections.abc import Mapping
from itertools import combinations, product

import pytest

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.guard import (
    MOST_WITHOUT_A_LOOK,
    drain_plan,
    drain_refusal,
    expected_moves,
    nobody_left,
    restore_plan,
    soonest_move,
)
from tests.unit.cluster_states import (
    ALONE,
    AT_REST,
    DRAINED,
    FIRST,
    HOLDING,
    ONE,
    SECOND,
    STOPPED,
    THIRD,
    TWO,
    UNREAD,
    VIP,
    node,
    state,
)

BOTH = ("VI_1", "VI_2")
VIP2 = "10.10.0.9"
FAULT = node(102, says="FAULT")
UNTOLD = node(None)
SECOND_HOLDS = node(102, VIP)
SECOND_DRAINED, THIRD_DRAINED = node(2, drained=True), node(1, drained=True)
ALL = ["server01", "server02", "server03"]
TWO_AT_REST = (node(103, VIP, VIP2, instances=BOTH), node(102, instances=BOTH), node(101, instances=BOTH))

REFUSED = [
    (
        AT_REST,
        ALL,
        "10.10.0.2: server01 is to be drained, server02 is to be drained, server03 is to be drained",
    ),
    (
        state(FIRST, STOPPED, UNREAD),
        ["server01"],
        "10.10.0.2: server01 is to be drained, keepalived is inactive on server02, server03 cannot be read",
    ),
    (
        state(FIRST, FAULT, UNTOLD),
        ["server01"],
        "10.10.0.2: server01 is to be drained, VI_1 is in state FAULT on server02,"
        " keepalived on server03 does not tell the state of VI_1",
    ),
    (
        state(FIRST, SECOND_DRAINED, THIRD),
        ["server01", "server02", "server03"],
        "10.10.0.2: server01 is to be drained, server02 is drained, server03 is to be drained",
    ),
    (
        state(UNREAD, SECOND_DRAINED, THIRD_DRAINED),
        ["server01"],  # which may be drained already: nobody knows
        "10.10.0.2: server01 cannot be read, server02 is drained, server03 is drained",
    ),
    (
        state(STOPPED, SECOND_DRAINED, THIRD_DRAINED),
        ["server01"],
        "10.10.0.2: server01 is to be drained, server02 is drained, server03 is drained",
    ),
    (state(node(103, VIP), text=ALONE), ["server01"], "10.10.0.2: server01 is to be drained"),
    (
        state(*TWO_AT_REST[:1], SECOND, node(101, instances=("VI_2",), says="FAULT"), text=TWO),
        ["server01"],
        "10.10.0.9: server01 is to be drained, keepalived on server02 does not tell the state of VI_2,"
        " VI_2 is in state FAULT on server03",
    ),
    (
        state(*TWO_AT_REST, text=TWO.replace("[10.10.0.2]", "[10.10.0.2, 10.10.0.7]")),
        ALL,
        "10.10.0.2, 10.10.0.7: server01 is to be drained, server02 is to be drained, server03 is to be drained",
    ),
]


@pytest.mark.parametrize(("seen", "targets", "why"), REFUSED)
def test_a_drain_that_leaves_nobody_is_refused_and_says_why_of_each_node(
    seen: ClusterState, targets: list[str], why: str
) -> None:
    assert drain_refusal(seen, targets) == nobody_left(seen, targets) == f"no node would be left to serve {why}"


ALLOWED = [
    (AT_REST, []),
    (AT_REST, ["server01"]),
    (AT_REST, ["server02", "server03"]),
    (state(FIRST, STOPPED, THIRD), ["server01", "server02"]),
    (state(UNREAD, SECOND, UNREAD), ["server01", "server03"]),
    (state(FIRST, SECOND_DRAINED, THIRD), ["server01", "server02"]),
    (state(HOLDING, STOPPED, UNREAD), ["server01"]),  # it is drained already: nothing changes
    (state(HOLDING, SECOND_DRAINED, THIRD_DRAINED), ALL),
    (state(node(1, VIP, drained=True), text=ALONE), ["server01"]),
    (state(node(103, VIP, instances=BOTH), SECOND, node(101, VIP2, instances=BOTH), text=TWO), ["server01"]),
]


@pytest.mark.parametrize(("seen", "targets"), ALLOWED)
def test_a_drain_that_leaves_somebody_or_changes_nothing_is_allowed(seen: ClusterState, targets: list[str]) -> None:
    assert drain_refusal(seen, targets) is None


def test_nobody_is_left_also_when_all_are_drained_already() -> None:
    seen = state(HOLDING, SECOND_DRAINED, THIRD_DRAINED)
    assert drain_refusal(seen, ALL) is None
    why = "no node would be left to serve 10.10.0.2: server01 is drained, server02 is drained, server03 is drained"
    assert [nobody_left(seen, ALL), nobody_left(seen, [])] == [why, why]


def test_each_instance_may_be_left_to_another_node() -> None:
    seen = state(FIRST, SECOND, node(101, instances=("VI_2",)), text=TWO)
    assert drain_refusal(seen, ["server01"]) is None
    assert drain_refusal(seen, ["server02"]) is None
    assert drain_refusal(seen, ["server03"]) is not None


KINDS: dict[str, NodeState | None] = {
    "able": SECOND,
    "drained": DRAINED,
    "stopped": STOPPED,
    "stopped and drained": node(None, active="failed", drained=True),
    "unread": UNREAD,
    "in FAULT": FAULT,
    "in FAULT and drained": node(3, says="FAULT", drained=True),
    "untold": UNTOLD,
}


@pytest.mark.parametrize("targets", [chosen for number in range(4) for chosen in combinations(ALL, number)])
def test_a_drain_is_refused_exactly_when_it_changes_something_and_nobody_able_is_left(targets: tuple[str, ...]) -> None:
    for kinds in product(KINDS, repeat=3):
        is_now = dict(zip(ALL, kinds, strict=True))
        seen = ClusterState(AT_REST.cluster, {name: KINDS[kind] for name, kind in is_now.items()})
        somebody_left = any(kind == "able" for name, kind in is_now.items() if name not in targets)
        changes = any(not is_now[name].endswith("drained") for name in targets)
        why = drain_refusal(seen, targets)
        assert (why is not None) == (changes and not somebody_left), (is_now, targets)
        assert why is None or all(why.count(name) == 1 for name in ALL), why


OUT, BACK = True, False
MOVES: list[tuple[ClusterState, Mapping[str, bool], list[str]]] = [
    (AT_REST, {"server01": OUT}, ["10.10.0.2 goes from server01 to server02"]),
    (AT_REST, {"server01": OUT, "server02": OUT}, ["10.10.0.2 goes from server01 to server03"]),
    (AT_REST, {"server02": OUT}, []),
    (AT_REST, dict.fromkeys(ALL, OUT), []),  # the best of the drained
    (AT_REST, {}, []),
    (state(FIRST, STOPPED, FAULT), {"server01": OUT}, []),  # nobody could take it
    (state(FIRST, SECOND_DRAINED, THIRD), {"server01": OUT}, ["10.10.0.2 goes from server01 to server03"]),
    (state(FIRST, UNREAD, THIRD), {"server01": OUT}, ["10.10.0.2 goes from server01 to server03"]),
    (state(DRAINED, node(102, VIP), THIRD), {"server01": BACK}, ["10.10.0.2 goes from server02 to server01"]),
    (state(DRAINED, SECOND_DRAINED, node(101, VIP)), {"server02": BACK}, ["10.10.0.2 goes from server03 to server02"]),
    (state(DRAINED, node(102, VIP), THIRD_DRAINED), {"server03": BACK}, []),
    (state(node(None, active="failed", drained=True), node(102, VIP), THIRD), {"server01": BACK}, []),
    (state(node(3, says="FAULT", drained=True), node(102, VIP), THIRD), {"server01": BACK}, []),
    (state(HOLDING, SECOND_DRAINED, THIRD_DRAINED), {"server03": BACK}, ["10.10.0.2 goes from server01 to server03"]),
    (state(node(103), SECOND, THIRD), {"server03": OUT}, ["10.10.0.2 goes from no node to server01"]),
    (state(FIRST, node(102, VIP), THIRD), {}, ["10.10.0.2 goes from server01 and server02 to server01"]),
    (state(node(None, VIP, active="failed"), SECOND, THIRD), {}, ["10.10.0.2 goes from server01 to server02"]),
    (state(STOPPED, UNREAD, FAULT), {"server01": OUT}, []),
    (
        state(*TWO_AT_REST, text=TWO),
        {"server01": OUT},
        ["10.10.0.2 goes from server01 to server02", "10.10.0.9 goes from server01 to server02"],
    ),
    (
        state(node(103, VIP, instances=("VI_1",)), SECOND, node(101, VIP2, instances=BOTH), text=TWO),
        {"server01": OUT},
        ["10.10.0.2 goes from server01 to server02"],
    ),
    (
        state(*TWO_AT_REST, text=TWO.replace("[10.10.0.2]", "[10.10.0.2, 10.10.0.7]")),
        {"server02": OUT},
        ["10.10.0.7 goes from no node to server01"],
    ),
]


@pytest.mark.parametrize(("seen", "drained", "moves"), MOVES)
def test_what_will_move_is_told_beforehand(seen: ClusterState, drained: Mapping[str, bool], moves: list[str]) -> None:
    assert expected_moves(seen, drained) == moves


@pytest.mark.parametrize("drained", [{"server02": OUT}, {"server03": OUT}])
def test_nothing_is_foretold_of_an_address_whose_holder_was_not_read(drained: Mapping[str, bool]) -> None:
    assert expected_moves(state(UNREAD, SECOND, THIRD), drained) == []


DRAIN_PLANS = [
    (AT_REST, ["server01"], ["managers: drain server01; 10.10.0.2 goes from server01 to server02"]),
    (AT_REST, ["server03"], ["managers: drain server03; nothing moves: 10.10.0.2 is held by server01"]),
    (AT_REST, [], []),
    (state(DRAINED, node(102, VIP), THIRD), ["server01"], ["managers: server01 is drained already"]),
    (
        state(DRAINED, SECOND_DRAINED, node(101, VIP)),
        ["server01", "server02"],
        ["managers: server01, server02 are drained already"],
    ),
    (
        state(DRAINED, node(102, VIP), THIRD),
        ["server01", "server02"],
        ["managers: server01 is drained already", "managers: drain server02; 10.10.0.2 goes from server02 to server03"],
    ),
    (
        state(*TWO_AT_REST, text=TWO),
        ["server01", "server02"],
        [
            "managers: drain server01, server02; "
            "10.10.0.2 goes from server01 to server03, 10.10.0.9 goes from server01 to server03"
        ],
    ),
    (
        state(FIRST, STOPPED, SECOND_DRAINED),
        ["server01"],  # by force
        ["managers: drain server01; nothing moves: 10.10.0.2 is held by server01"],
    ),
]


@pytest.mark.parametrize(("seen", "targets", "words"), DRAIN_PLANS)
def test_the_plan_of_a_drain(seen: ClusterState, targets: list[str], words: list[str]) -> None:
    assert drain_plan(seen, targets) == words


RESTORE_PLANS = [
    (AT_REST, ["server01"], ["managers: server01 is in service already"]),
    (AT_REST, ALL, ["managers: server01, server02, server03 are in service already"]),
    (
        state(DRAINED, node(102, VIP), THIRD),
        ["server01"],
        ["managers: restore server01; 10.10.0.2 goes from server02 to server01"],
    ),
    (
        state(FIRST, SECOND_DRAINED, THIRD),
        ["server02", "server03"],
        [
            "managers: server03 is in service already",
            "managers: restore server02; nothing moves: 10.10.0.2 is held by server01",
        ],
    ),
    (
        state(UNREAD, node(102, VIP), THIRD),
        ["server01"],
        ["managers: restore server01; nothing moves: 10.10.0.2 is held by server02"],
    ),
]


@pytest.mark.parametrize(("seen", "targets", "words"), RESTORE_PLANS)
def test_the_plan_of_a_restore(seen: ClusterState, targets: list[str], words: list[str]) -> None:
    assert restore_plan(seen, targets) == words


SLOW, KEEPS = f"{ONE}advert_int: 10\n", ONE.replace("51,", "51, nopreempt: true,")


@pytest.mark.parametrize(
    ("seen", "node", "back", "seconds"),
    [
        (AT_REST, "server01", False, 1.0),  # two adverts
        (AT_REST, "server02", False, 0),  # it holds nothing
        (AT_REST, "server01", True, 0),  # it is in service
        (state(DRAINED, SECOND_HOLDS, THIRD), "server01", True, 1.0),
        (state(DRAINED, SECOND, THIRD), "server01", True, 0),  # nobody holds it: it may come at once
        (state(FIRST, SECOND, THIRD, text=f"{ONE}advert_int: 0.75\n"), "server01", False, 1.5),
        (state(FIRST, SECOND, THIRD, text=SLOW), "server01", False, MOST_WITHOUT_A_LOOK),
        (state(FIRST, SECOND, THIRD, text=KEEPS), "server01", False, 0),
    ],
)
def test_nobody_is_asked_before_an_address_can_have_moved(
    seen: ClusterState, node: str, back: bool, seconds: float
) -> None:
    assert soonest_move(seen, node, back=back) == seconds
