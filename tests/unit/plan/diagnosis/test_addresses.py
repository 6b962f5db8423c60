"""Every floating address has one holder, and it is the node that must hold it."""

import pytest

from keepalived.observed.cluster import ClusterState
from keepalived.plan.diagnosis.findings import Problem
from tests.unit.cluster_states import (
    ALONE,
    FIRST,
    HOLDING,
    ONE,
    SECOND,
    STOPPED,
    THIRD,
    TWO,
    UNREAD,
    VIP,
    but,
    node,
    saying,
    state,
)
from tests.unit.told_problems import ADVERTS, JOURNAL, RESTORE, found, stopped, told, unread

BOTH = ("VI_1", "VI_2")
STAYS = ONE.replace("51,", "51, nopreempt: true,")
SECOND_HOLDS, SECOND_DRAINED = node(102, VIP), node(2, drained=True)
TWO_UNREAD = "No node that could be read holds 10.10.0.2; server01, server03 could not be read"


def nobody() -> Problem:
    cure = "Start keepalived on a node, or repair what keeps VI_1 from state BACKUP: see below. On the node"
    return told("address-without-holder", None, "No node holds 10.10.0.2", cure, "systemctl start keepalived")


def left_behind(name: str, why: str) -> Problem:
    return told(
        "address-left-behind",
        name,
        f"{name} holds 10.10.0.2, and keepalived is {why} there",
        f"keepalived removes or announces the address once it runs. On {name}",
        "systemctl start keepalived",
    )


def nobody_else() -> Problem:
    return told(
        "no-other-node-can-serve",
        "server01",
        "server01 is drained and holds 10.10.0.2, because no other node can serve",
        "Restore a node",
        f"{RESTORE} --limit server01",
    )


def lower(address: str, holder: str, priority: int) -> Problem:
    return told(
        "lower-priority-holds",
        "server01",
        f"{holder} holds {address} although server01 has the higher priority (103 against {priority})",
        "It moves within 4.5 s. If it does not, server01 sends no adverts or may not preempt. On server01",
        JOURNAL,
    )


HOLDERS: dict[str, tuple[ClusterState, list[Problem]]] = {
    "all are backups": (state(node(103), SECOND, THIRD), [nobody()]),
    "all are stopped": (
        state(STOPPED, node(None, active="failed"), STOPPED),
        [nobody(), stopped("server01"), stopped("server02", "failed"), stopped("server03")],
    ),
    "two cannot be read": (
        state(UNREAD, SECOND, UNREAD),
        [
            told("address-without-holder", None, TWO_UNREAD, "Make server01, server03 reachable first: see below"),
            unread("server01"),
            unread("server03"),
        ],
    ),
    "one that cannot be read sends adverts": (
        state(UNREAD, saying(SECOND, master_priority=103), UNREAD),
        [
            told(
                "holder-unreadable",
                None,
                TWO_UNREAD,
                "server02 receives the adverts of a master, probably server01 or server03. Repair the way to that node",
            ),
            unread("server01"),
            unread("server03"),
        ],
    ),
    "a stranger sends adverts": (
        state(node(103), saying(SECOND, master_priority=200), THIRD),
        [
            told(
                "address-without-holder",
                None,
                "No node holds 10.10.0.2",
                "server02 receives adverts of virtual_router_id 51 from a machine that is not in managers.yml. Find it "
                "and stop keepalived there, or give this cluster another virtual_router_id. On server02",
                ADVERTS,
            )
        ],
    ),
    "a master without the address": (
        state(saying(node(103, says="MASTER"), master_priority=102), saying(SECOND, master_priority=103), THIRD),
        [
            told(
                "address-without-holder",
                None,
                "No node holds 10.10.0.2",
                "server01 says MASTER, but its kernel lacks the address. Restart keepalived on server01",
                "systemctl restart keepalived",
            )
        ],
    ),
    "a kernel without keepalived": (
        state(but(node(None, VIP, active="inactive"), version=None), SECOND, THIRD),
        [
            told(
                "address-left-behind",
                "server01",
                "server01 holds 10.10.0.2, and keepalived is not installed there",
                "Take the address off, on server01",
                "ip address del 10.10.0.2 dev INTERFACE",
            ),
            told(
                "keepalived-not-installed",
                "server01",
                "keepalived is not installed on server01",
                "Take server01 out of managers.yml, or deploy",
                "pyinfra inventory.py deploy.py",
            ),
        ],
    ),
    "two holders": (
        state(FIRST, SECOND_HOLDS, THIRD),
        [
            told(
                "two-holders",
                None,
                "server01 and server02 hold 10.10.0.2 at the same time",
                "Their adverts do not reach each other. Let protocol 112 pass the firewall and the switch. To see "
                "which adverts arrive, on server01",
                ADVERTS,
            )
        ],
    ),
    "two holders, one without a daemon": (
        state(FIRST, node(None, VIP, active="failed"), THIRD),
        [
            told(
                "two-holders",
                None,
                "server01 and server02 hold 10.10.0.2 at the same time",
                "keepalived does not run on server02: see below",
            ),
            left_behind("server02", "failed"),
        ],
    ),
    "a holder without a daemon": (
        state(node(None, VIP, active="inactive"), SECOND, THIRD),
        [left_behind("server01", "inactive")],
    ),
    "a drained holder": (
        state(HOLDING, SECOND, THIRD),
        [
            told(
                "drained-node-holds",
                "server01",
                "server01 is drained and still holds 10.10.0.2",
                "It moves within 4.5 s. If it does not, the reason is listed below",
            )
        ],
    ),
    "a drained holder, and the next node has nopreempt": (
        state(HOLDING, saying(SECOND, nopreempt=True), THIRD, text=STAYS),
        [
            told(
                "drained-node-holds",
                "server01",
                "server01 is drained and still holds 10.10.0.2",
                "The others run with nopreempt: a flag alone moves nothing. Drain it with tasks/drain.py",
                "pyinfra inventory.py tasks/drain.py --limit server01",
            )
        ],
    ),
    "a holder of lower priority that nopreempt leaves there": (
        state(saying(node(103), nopreempt=True), SECOND_HOLDS, saying(THIRD, nopreempt=True), text=STAYS),
        [],
    ),
    "a drained holder and nobody else": (
        state(HOLDING, SECOND_DRAINED, STOPPED),
        [nobody_else(), stopped("server03")],
    ),
    "a drained holder alone": (state(node(1, VIP, drained=True), text=ALONE), [nobody_else()]),
    "a holder of lower priority": (state(node(103), SECOND_HOLDS, THIRD), [lower("10.10.0.2", "server02", 102)]),
    "a holder of lower priority in one of two instances": (
        state(
            node(103, VIP, instances=BOTH), node(102, instances=BOTH), node(101, "10.10.0.9", instances=BOTH), text=TWO
        ),
        [lower("10.10.0.9", "server03", 101)],
    ),
}


@pytest.mark.parametrize(("seen", "problems"), HOLDERS.values(), ids=HOLDERS)
def test_an_address_has_one_holder_and_the_best(seen: ClusterState, problems: list[Problem]) -> None:
    assert found(seen) == problems


def test_the_command_that_takes_an_address_off_names_the_interface_that_carries_it() -> None:
    left = but(node(None, VIP, active="inactive"), version=None, interfaces={"enp0s3": ["10.10.0.3", VIP]})
    assert found(state(left, SECOND, THIRD))[0].command == "ip address del 10.10.0.2 dev enp0s3"
