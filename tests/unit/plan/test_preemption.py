"""What plans and verdicts say of clusters with `nopreempt`, and which nodes must run without it for a move."""

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.guard import drain_plan, restore_plan
from keepalived.plan.maintenance import plan_maintenance
from keepalived.plan.preemption import held_back, kept_in_words, stuck
from keepalived.plan.verdicts import in_service, out_of_service, taken_back
from tests.unit.cluster_states import ONE, TWO, VIP, but, node, saying, state

STAYS = ONE.replace("51,", "51, nopreempt: true,")
VIP2 = "10.10.0.9"
BOTH = ("VI_1", "VI_2")
BOTH_STAY = TWO.replace("virtual_ipaddress", "nopreempt: true, virtual_ipaddress")
KEPT = "in service as a backup; 10.10.0.2 is held by server02; 10.10.0.2 stays there: nopreempt"


def staying(*nodes: NodeState | None, text: str = STAYS) -> ClusterState:
    """The nodes, each of which runs with `nopreempt`."""
    return state(*(one and saying(one, nopreempt=True) for one in nodes), text=text)


MOVED = staying(node(103), node(102, VIP), node(101))
AWAY = staying(node(3, drained=True), node(102, VIP), node(101))
HOLDS = staying(node(3, VIP, drained=True), node(102), node(101))


def test_a_drain_says_where_the_address_goes_and_a_restore_that_it_stays() -> None:
    seen = staying(node(103, VIP), node(102), node(101))
    assert drain_plan(seen, ["server01"]) == ["managers: drain server01; 10.10.0.2 goes from server01 to server02"]
    assert restore_plan(AWAY, ["server01"]) == [
        "managers: restore server01; nothing moves: 10.10.0.2 is held by server02 (nopreempt)"
    ]


def test_a_drain_of_a_node_with_a_flag_made_by_hand_says_that_the_address_moves() -> None:
    assert drain_plan(HOLDS, ["server01"]) == [
        "managers: server01 is drained already, and 10.10.0.2 goes from server01 to server02"
    ]


def test_a_reboot_of_the_holder_says_that_the_address_stays_away() -> None:
    words = plan_maintenance(MOVED, "reboot", {"server01": "do", "server02": "do", "server03": "do"}).words
    assert words == [
        "managers: reboot server03, then server01, then server02; 10.10.0.2 is held by server02",
        "  1. server03: nothing moves",
        "  2. server01: nothing moves",
        "  3. server02: 10.10.0.2 goes from server02 to server01, and 10.10.0.2 stays there (nopreempt)",
    ]


def test_a_restored_node_is_in_service_without_the_address() -> None:
    assert in_service(MOVED, "server01") == (True, KEPT, False)
    assert taken_back(MOVED, "server01", "deploy") == (True, KEPT, False)


def test_nothing_is_over_while_a_drained_node_keeps_what_another_could_take() -> None:
    assert not out_of_service(HOLDS, "server01").done
    assert in_service(HOLDS, "server02") == (
        False,
        "10.10.0.2 is held by server01 (drained), and server02 has not taken over yet",
        False,
    )


def test_the_best_of_the_others_must_preempt_and_nobody_where_nothing_is_to_move() -> None:
    assert held_back(HOLDS) == {"server02": ["VI_1"]}
    assert held_back(HOLDS, ["server01", "server02"]) == {"server03": ["VI_1"]}
    assert held_back(HOLDS, ["server01", "server02", "server03"]) == {"server02": ["VI_1"]}
    assert held_back(HOLDS, holder="server03") == {}
    assert held_back(MOVED) == held_back(AWAY) == {}
    assert held_back(state(node(3, VIP, drained=True), node(102), node(101))) == {}


def test_only_what_a_drained_node_holds_is_to_move() -> None:
    nodes = (
        node(3, VIP, drained=True, instances=BOTH),
        node(102, instances=BOTH),
        node(101, VIP2, instances=BOTH),
    )
    assert held_back(staying(*nodes, text=BOTH_STAY)) == {"server02": ["VI_1"]}


def test_a_drained_node_that_is_left_out_of_an_instance_holds_nothing_of_it() -> None:
    alone = BOTH_STAY.replace("VI_2: {", "VI_2: {nodes: [server02, server03], ")
    assert alone != BOTH_STAY
    nodes = (
        node(3, VIP, drained=True, instances=("VI_1",)),
        node(2, VIP2, drained=True, instances=BOTH),
        node(101, instances=BOTH),
    )
    assert held_back(staying(*nodes, text=alone), holder="server01") == {"server03": ["VI_1", "VI_2"]}


def test_a_drain_that_would_move_nothing_is_known_before() -> None:
    def seen(**configuration: object) -> ClusterState:
        second = node(102)
        return staying(node(103, VIP), but(second, configuration=but(second.configuration, **configuration)), node(101))

    assert stuck(seen(applied=True, contents=["nopreempt of VI_1"]), ["server01"]) is None
    assert stuck(seen(applied=True, contents=None), ["server01"]) is None  # nobody knows
    assert stuck(seen(applied=False, applied_but_nopreempt=True, contents=["nopreempt of VI_1"]), ["server01"]) is None
    assert "Deploy to it first" in str(stuck(seen(applied=False), ["server01"]))
    assert stuck(seen(applied=None, contents=["address 10.10.0.2"]), ["server01"]) == (
        "/etc/keepalived/keepalived.conf on server02 has no nopreempt of VI_1, and its daemon runs with it: it may be "
        "in an included file. Take it out there and run `systemctl reload keepalived` on server02"
    )
    assert stuck(seen(applied=False), ["server03"]) is None  # it holds nothing
    assert stuck(seen(applied=False), ["server01", "server02"]) is None  # the third one takes over


def test_where_who_is_next_preempts_nothing_is_in_vain() -> None:
    second = node(102)
    second = but(second, configuration=but(second.configuration, applied=False))
    assert stuck(state(node(103, VIP), second, node(101)), ["server01"]) is None


def test_a_deploy_that_does_not_change_the_drained_holder_says_that_it_keeps_the_address() -> None:
    words = (
        "managers: server01 is drained and keeps 10.10.0.2 (nopreempt), and so it does after this deploy. To move it:\n"
        "    pyinfra inventory.py tasks/drain.py --limit server01"
    )
    assert kept_in_words(HOLDS, {"server02", "server03"}) == [words]
    assert kept_in_words(HOLDS, {"server01"}) == []  # it hands over
    assert kept_in_words(MOVED, set()) == []
