"""Which nodes are made ready for a move, with which table, and what a plan says of it."""

from __future__ import annotations

import pytest

from keepalived.observed.cluster import ClusterState
from keepalived.observed.connections import KeptConnections, read_kept, read_tools
from keepalived.observed.node import NodeState
from keepalived.plan.connections.moves import (
    AddressMove,
    grace_seconds,
    moves_of_drain,
    moves_of_restore,
    moves_of_rollout,
    moves_of_start,
)
from keepalived.plan.connections.reach import alone, reached_at
from keepalived.plan.connections.table import connections_in, table_for
from keepalived.plan.connections.words import in_words, serving_in_words
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from tests.unit.cluster_states import (
    AT_REST,
    DRAINED,
    FIRST,
    HOLDING,
    ONE,
    SECOND,
    STOPPED,
    THIRD,
    UNREAD,
    VIP,
    but,
    node,
    saying,
    state,
)
from tests.unit.plan.test_rollout import FILE, OLD, OTHER_INTERVAL, text
from tests.unit.plan.test_rollout import node as runs

SERVES = {VIP: KeptConnections(serves=3)}
INTERIM = node(102, VIP)
FIRST_WITHOUT = node(103)


@pytest.mark.parametrize(
    ("seen", "name", "expected"),
    [
        (AT_REST, "server01", [AddressMove(VIP, "server01", ("server02", "server03"))]),
        (AT_REST, "server02", []),
        (state(FIRST, SECOND, UNREAD), "server01", [AddressMove(VIP, "server01", ("server02",))]),
        (state(FIRST, STOPPED, DRAINED), "server01", [AddressMove(VIP, "server01", ("server03",))]),
        (state(FIRST, STOPPED, UNREAD), "server01", []),
        (
            state(but(DRAINED, connections=SERVES), INTERIM, THIRD),
            "server02",
            [AddressMove(VIP, "server02", ("server01", "server03"), ("server01",))],
        ),
    ],
)
def test_a_drain(seen: ClusterState, name: str, expected: list[AddressMove]) -> None:
    assert moves_of_drain(seen, name) == expected


@pytest.mark.parametrize(
    ("seen", "name", "expected"),
    [
        (state(DRAINED, INTERIM, THIRD), "server01", [AddressMove(VIP, "server02", ("server01",))]),
        (state(DRAINED, INTERIM, THIRD), "server03", []),
        (state(HOLDING, DRAINED, DRAINED), "server01", []),
        (state(DRAINED, UNREAD, THIRD), "server01", []),
    ],
)
def test_a_restore(seen: ClusterState, name: str, expected: list[AddressMove]) -> None:
    assert moves_of_restore(seen, name) == expected


def test_a_reload_that_takes_nopreempt_away_is_a_move() -> None:
    seen = state(*(saying(one, nopreempt=True) for one in (node(103), node(102, VIP), THIRD)))
    assert moves_of_start(seen, "server01", "") == [AddressMove(VIP, "server02", ("server01",))]
    assert moves_of_start(seen, "server03", "") == []
    stays = state(FIRST_WITHOUT, node(102, VIP), THIRD, text=ONE.replace("51,", "51, nopreempt: true,"))
    assert moves_of_start(stays, "server01", "") == []


def moves_of(cluster: Cluster, *batches: tuple[str, ...]) -> list[AddressMove]:
    """What moves when nodes that run OLD have their turns in these batches."""
    nodes = {one: runs(one, holds=one == "server01") for one in cluster.nodes}
    texts = {name: text(cluster, name) for name in cluster.nodes}
    return moves_of_rollout(ClusterState(cluster, nodes), texts, batches)


AWAY = AddressMove(VIP, "server01", ("server02", "server03", "server04"))


def test_a_rollout_moves_what_a_restart_hands_over() -> None:
    assert moves_of(OTHER_INTERVAL, ("server01",)) == [AWAY]
    assert moves_of(OTHER_INTERVAL, ("server04",), ("server03",), ("server02",)) == []
    assert moves_of(OLD, ("server01",)) == []


PREFERRED = parse(FILE.replace("51,", "51, prefer: server02,"), "managers")


def test_in_another_order_of_nodes_the_turn_counts_after_which_another_one_wins() -> None:
    # With its new priority server02 ties with server01, and then wins against that of server01.
    assert moves_of(PREFERRED, ("server02",)) == moves_of(PREFERRED, ("server01",)) == []
    assert moves_of(PREFERRED, ("server02",), ("server01",)) == [AWAY]
    assert moves_of(PREFERRED, ("server01",), ("server02",)) == [AddressMove(VIP, "server01", ("server02",))]


def test_a_node_takes_what_a_holder_with_other_adverts_has_but_not_once_that_one_has_the_new_ones_too() -> None:
    more = parse(f"{FILE.replace('[10.10.0.2]', '[10.10.0.2, 10.10.0.9]')}on_change: reload\n", "managers")
    assert moves_of(more, ("server02",)) == [AddressMove(VIP, "server01", ("server02",))]
    assert moves_of(more, ("server01",), ("server02",)) == []


def test_what_is_made_ready_waits_for_a_node_that_may_not_take_over_yet() -> None:
    slow = parse(f"{ONE}global_defs: {{vrrp_startup_delay: 300}}\n", "m")
    assert grace_seconds(slow) == grace_seconds(AT_REST.cluster) + 300


MACS = {"lo": "00:00:00:00:00:00", "enp0s3": "52:54:00:00:00:03", "docker0": "02:42:00:00:00:01", "ib0": "80:00:02:08"}


def on_the_network(one: NodeState, last: int) -> NodeState:
    carried = {"lo": ["127.0.0.1"], "enp0s3": [f"10.10.0.{last}", VIP, "fe80::3", "junk"], "docker0": []}
    return but(one, interfaces=carried, macs=MACS)


def test_the_table_names_who_serves_and_the_nodes_by_their_links() -> None:
    seen = state(on_the_network(FIRST, 3), on_the_network(SECOND, 4), on_the_network(THIRD, 5))
    move = AddressMove(VIP, "server01", ("server02",), ("server03",))
    words = {"server01": "abcd0001", "server03": "abcd0003"}
    text = table_for(seen, move, "server02", words, {"server03": ["10.10.0.1 . 5000 . 443"]})
    lines = [line.strip() for line in text.splitlines()]
    assert "add table ip keepalived-connections-10.10.0.2" in lines
    assert "ether saddr @nodes udp dport 9 @th,64,64 0x6162636430303031 update @told_1 { iif } drop" in lines
    assert "elements = { 52:54:00:00:00:03 }" in lines
    assert "elements = { 10.10.0.1 . 5000 . 443 }" in lines
    passes_on = [line for line in lines if "dup to" in line]
    assert passes_on == [  # the list comes first: whatever nobody has is the holder's
        "iif @told_2 ip saddr . tcp sport . tcp dport @of_2 counter dup to 10.10.0.5 device $segment drop",
        "iif @told_1 counter dup to 10.10.0.3 device $segment drop",
    ]
    assert "junk" not in text
    assert "docker0" not in text


def test_a_node_that_serves_others_itself_has_those_for_its_own() -> None:
    seen = state(on_the_network(FIRST, 3), on_the_network(SECOND, 4), on_the_network(THIRD, 5))
    text = table_for(
        seen, AddressMove(VIP, "server01", ("server02",), ("server02",)), "server02", {"server01": "abcd0001"}, {}
    )
    assert text.count("dup to") == 1


def test_a_node_is_reached_by_its_address_on_the_network_of_the_floating_address() -> None:
    cluster = state(
        FIRST, SECOND, THIRD, text=f"{ONE}  VI_6: {{virtual_router_id: 51, virtual_ipaddress: ['fd00::2']}}\n"
    ).cluster
    links = {"enp0s3": ["10.10.0.4", "fe80::4", "fd00::4", "fd00::2"], "eth1": ["10.10.1.4", "fe80::5"]}
    there = but(SECOND, interfaces=links)
    assert reached_at(cluster, "server02", there, VIP) == "10.10.0.4"
    assert reached_at(cluster, "server02", there, "fd00::2") == "fd00::4"
    elsewhere = but(SECOND, interfaces=links | {"eth1": ["10.10.1.4", VIP]})
    assert reached_at(cluster, "server02", elsewhere, VIP) == "10.10.1.4"
    lonely = but(SECOND, interfaces={"enp0s3": ["10.10.0.4", "fe80::4"], "eth1": [VIP]})
    assert reached_at(cluster, "server02", lonely, VIP) is None
    assert reached_at(cluster, "server02", lonely, "fd00::2") is None
    assert reached_at(cluster, "server02", lonely, "fd00::2", "eth7") == "fe80::4%eth7"


def test_what_a_node_tells_of_its_connections_is_taken_only_as_such() -> None:
    told = ["10.10.0.1 . 5000 . 443", "fd00::1 . 5000 . 443", "10.10.0.1 . 5000 . 443 } flush ruleset {", ""]
    assert connections_in(told) == told[:2]


MOVE = AddressMove(VIP, "server01", ("server02", "server03"))
ABLE: dict[str, list[str] | None] = {"server01": [], "server02": [], "server03": []}


@pytest.mark.parametrize(
    ("obstacles", "expected"),
    [
        ({}, "  established connections go on where they began"),
        (
            {"server03": ["nft is not installed"]},
            "  established connections go on where they began, unless server03 takes over: "
            "on server03 nft is not installed",
        ),
        (
            {"server02": ["nft is not installed"], "server03": None},
            "  established connections end: on server02 nft is not installed; server03 cannot be asked",
        ),
        ({"server01": ["ss is not installed"]}, "  established connections end: on server01 ss is not installed"),
    ],
)
def test_a_plan_says_what_becomes_of_them(obstacles: dict[str, list[str] | None], expected: str) -> None:
    assert in_words([MOVE], ABLE | obstacles) == [expected]


def test_a_plan_that_moves_nothing_says_nothing() -> None:
    assert in_words([], ABLE) == []


def test_what_a_node_still_serves() -> None:
    kept = {VIP: KeptConnections(serves=1), "10.10.0.9": KeptConnections(passes_on_to="10.10.0.3")}
    seen = state(but(DRAINED, connections=kept), but(INTERIM, connections=SERVES), THIRD)
    assert serving_in_words(seen, "server01") == "server01 still serves 1 connection to 10.10.0.2"
    assert serving_in_words(seen, "server02") is None  # it holds the address
    assert serving_in_words(seen, "server03") is None


def test_what_a_report_tells() -> None:
    assert read_kept("serve 10.10.0.2 12\npass 10.10.0.2 10.10.0.3\n") == {
        VIP: KeptConnections(serves=12, passes_on_to="10.10.0.3")
    }
    assert read_kept("") == {}
    assert read_tools("/usr/sbin/nft\n/usr/bin/ss\n") == ["nft", "ss"]


def test_an_address_on_an_interface_of_its_own_is_told_in_the_plan() -> None:
    beside = {"enp0s3": ["10.10.0.3"], "vrrp.51": [VIP]}
    seen = state(
        but(FIRST, interfaces=beside),
        but(SECOND, interfaces={"enp0s3": ["10.10.0.4"]}),
        but(THIRD, interfaces={"enp0s3": ["10.10.0.5"]}),
    )
    moves = moves_of_drain(seen, "server01")
    assert alone(seen, moves) == {"server01": ["the interface of 10.10.0.2 has no other address"]}
    assert in_words(moves, {name: [] for name in seen.nodes} | alone(seen, moves)) == [
        "  established connections end: on server01 the interface of 10.10.0.2 has no other address"
    ]
    beside["vrrp.51"].append("10.10.0.3")
    assert alone(seen, moves) == {}


def test_a_node_without_an_interface_for_the_address_is_told_in_the_plan() -> None:
    seen = state(on_the_network(FIRST, 3), but(SECOND, interfaces={"eth1": ["192.168.7.4"]}), on_the_network(THIRD, 5))
    assert alone(seen, moves_of_drain(seen, "server01")) == {"server02": ["there is no interface for 10.10.0.2"]}
