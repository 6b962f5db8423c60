"""One machine answers for an address, it is a node, and nobody else uses the same virtual_router_id."""

from datetime import UTC, datetime

import pytest

from keepalived.observed.cluster import ClusterState
from keepalived.observed.neighbours import Answer
from keepalived.observed.node import Journal, NodeState, Transition
from keepalived.plan.diagnosis.findings import Evidence, Problem
from keepalived.plan.diagnosis.registry import problems
from tests.unit.cluster_states import FIRST, SECOND, THIRD, UNREAD, VIP, but, saying, state
from tests.unit.told_problems import ADVERTS, found, told, unread

M1, M2, STRANGER = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:99"
MACS = {"lo": "00:00:00:00:00:00", "enp0s3": M1}, {"lo": "00:00:00:00:00:00", "enp0s3": M2}
FIRST_SEEN, SECOND_SEEN = but(FIRST, macs=MACS[0]), but(SECOND, macs=MACS[1])
ON_ETHERNET = state(FIRST_SEEN, SECOND_SEEN, THIRD)


def two_answer(names: str) -> Problem:
    return told(
        "two-machines-answer",
        None,
        f"2 machines on this network answer for 10.10.0.2: {names}",
        "Each client reaches one of them. On all but one, stop keepalived or take the address off",
        "ip address del 10.10.0.2 dev INTERFACE",
    )


ANSWERS: list[tuple[ClusterState, tuple[str, ...] | None, list[Problem]]] = [
    (ON_ETHERNET, (M1,), []),
    (ON_ETHERNET, None, []),  # it could not be asked
    (ON_ETHERNET, (M2, M1), [two_answer("server01, server02")]),
    (ON_ETHERNET, (M1, STRANGER), [two_answer(f"an unknown machine ({STRANGER}), server01")]),
    (
        ON_ETHERNET,
        (STRANGER,),
        [
            told(
                "stranger-answers",
                None,
                f"an unknown machine ({STRANGER}) answers for 10.10.0.2 and is not in managers.yml",
                "Find that machine by its MAC address and take the floating address off it",
            )
        ],
    ),
    (state(but(FIRST, macs={"enp0s3": M1, "enp0s8": M2}), SECOND, THIRD), (M1, M2), []),  # two cards on one network
    (
        ON_ETHERNET,
        (),
        [
            told(
                "nobody-answers",
                None,
                "No machine on this network answers for 10.10.0.2, which server01 holds",
                "Find what stops ARP (IPv6: neighbour discovery) between server01 and this machine: arp_ignore, a "
                "firewall, a switch",
            )
        ],
    ),
    (state(FIRST_SEEN, SECOND_SEEN, UNREAD), (STRANGER,), [unread("server03")]),  # which may be that machine
]


@pytest.mark.parametrize(("seen", "macs", "wrong"), ANSWERS)
def test_one_machine_answers_for_an_address_and_it_is_a_node(
    seen: ClusterState, macs: tuple[str, ...] | None, wrong: list[Problem]
) -> None:
    assert problems(Evidence(seen, answers={VIP: Answer(macs)})) == wrong


def receives(one: NodeState, *addresses: str) -> NodeState:
    """`one`, whose daemon has complained about adverts from these addresses."""
    change = Transition(time=datetime(2026, 1, 31, tzinfo=UTC), instance="VI_1", state="BACKUP")
    return but(one, journal=Journal(last_change=change, adverts_from=list(addresses)))


def unknown_master(name: str, priority: int, announces: str = "no node announces") -> Problem:
    return told(
        "unknown-master",
        name,
        f"{name} receives adverts of virtual_router_id 51 with priority {priority}, which {announces}",
        f"Look again in a moment. If it stays, another machine on this network uses this virtual_router_id. On {name}",
        ADVERTS,
    )


STRANGERS: list[tuple[ClusterState, list[Problem]]] = [
    (
        state(FIRST, receives(SECOND, "10.10.0.3", "10.10.0.77", "10.10.0.78"), THIRD),
        [
            told(
                "stranger-sends-adverts",
                "server02",
                "server02 receives adverts of its virtual_router_id from 10.10.0.77, 10.10.0.78, not in managers.yml",
                "Stop keepalived on that machine, or give one of the two clusters another virtual_router_id",
            )
        ],
    ),
    (state(FIRST, SECOND, saying(THIRD, master_priority=200)), [unknown_master("server03", 200)]),
    (
        state(FIRST, saying(SECOND, master_priority=7), saying(THIRD, master_priority=7)),
        [unknown_master("server02", 7)],
    ),
    (
        state(FIRST, saying(SECOND, master_priority=7), UNREAD),
        [unknown_master("server02", 7, "no node that could be read announces"), unread("server03")],
    ),
]


@pytest.mark.parametrize(("seen", "wrong"), STRANGERS)
def test_another_speaker_of_the_same_number_is_told(seen: ClusterState, wrong: list[Problem]) -> None:
    assert found(seen) == wrong
