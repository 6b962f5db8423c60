"""One verdict on a cluster: who holds what, whether a drained node holds nothing or is back, and in which words."""

import pytest

from keepalived.observed.cluster import ClusterState, seen_moves
from keepalived.plan.verdicts import Verdict, fit, handed_over, in_service, out_of_service, settled, taken_back
from keepalived.spec.cluster_file import parse
from keepalived.spec.flag import Flag, content
from tests.unit.cluster_states import (
    AT_REST,
    DRAINED,
    FIRST,
    FLAG,
    HOLDING,
    ONE,
    SECOND,
    STOPPED,
    TEXT,
    THIRD,
    TWO,
    UNREAD,
    VIP,
    but,
    node,
    saying,
    state,
)


def yes(seen: str) -> Verdict:
    return Verdict(True, seen)


def no(seen: str) -> Verdict:
    return Verdict(False, seen)


def never(seen: str) -> Verdict:
    """No, and waiting longer is no use."""
    return Verdict(False, seen, hopeless=True)


WHO_HOLDS = [
    (AT_REST, "10.10.0.2 is held by server01"),
    (state(node(103, VIP), node(102, VIP), THIRD), "10.10.0.2 is held by server01 and server02"),
    (state(node(103), SECOND, THIRD), "10.10.0.2 is held by no node"),
    (state(UNREAD, SECOND, UNREAD), "10.10.0.2 is held by no node that could be read (server01, server03 could not)"),
    (state(FIRST, SECOND, UNREAD), "10.10.0.2 is held by server01"),
    (state(node(3, VIP, drained=True), STOPPED, STOPPED), "10.10.0.2 is held by server01 (drained)"),
    (
        state(node(103, VIP), node(102, "10.10.0.9"), THIRD, text=TWO),
        "10.10.0.2 is held by server01, 10.10.0.9 is held by server02",
    ),
]


@pytest.mark.parametrize(("seen", "words"), WHO_HOLDS)
def test_who_holds_what_is_told_by_the_kernels(seen: ClusterState, words: str) -> None:
    assert seen.who_holds() == words


OUT_OF_SERVICE = [
    # server01 is what is asked about
    (state(DRAINED, node(102, VIP), THIRD), yes("drained, holds nothing; 10.10.0.2 is held by server02")),
    (state(DRAINED, UNREAD, node(101, VIP)), yes("drained, holds nothing; 10.10.0.2 is held by server03")),
    (
        state(node(None, drained=True, active="failed"), node(102, VIP), THIRD),
        yes("drained, holds nothing (keepalived is failed here); 10.10.0.2 is held by server02"),
    ),
    (state(UNREAD, node(102, VIP), THIRD), no("server01 cannot be read")),
    (AT_REST, no(f"the flag {FLAG} is not there")),
    (state(HOLDING, SECOND, THIRD), no("still holds 10.10.0.2")),
    (state(HOLDING, SECOND, node(1, drained=True)), no("still holds 10.10.0.2")),
    (
        state(HOLDING, node(2, drained=True), node(1, drained=True)),
        never("still holds 10.10.0.2: no other node can take over (server02 is drained, server03 is drained)"),
    ),
    (
        state(HOLDING, node(5, drained=True), node(1, drained=True)),
        no("still holds 10.10.0.2: no other node can take over (server02 is drained, server03 is drained)"),
    ),
    (
        state(node(103, VIP, drained=True), node(2, drained=True), STOPPED),
        no(
            "still holds 10.10.0.2: no other node can take over (server02 is drained, keepalived is inactive on"
            " server03)"
        ),
    ),
    (
        state(HOLDING, STOPPED, UNREAD),
        never(
            "still holds 10.10.0.2: no other node can take over (keepalived is inactive on server02, server03 cannot be"
            " read)"
        ),
    ),
    (state(node(3, VIP, drained=True), node(102, VIP), THIRD), no("still holds 10.10.0.2")),  # two holders
    (
        state(node(103, drained=True), node(102, VIP), THIRD),
        no("VI_1 has priority 103 on server01, not 3"),
    ),
    (
        state(node(None, drained=True), node(102, VIP), THIRD),
        no("keepalived on server01 does not tell its state"),
    ),
    (state(DRAINED, SECOND, THIRD), no("holds nothing, but 10.10.0.2 is held by no node")),
    (
        state(DRAINED, UNREAD, THIRD),
        no("holds nothing, but 10.10.0.2 is held by no node that could be read (server02 could not)"),
    ),
    (
        state(
            node(3, drained=True, instances=("VI_1", "VI_2")),
            node(102, VIP, instances=("VI_1", "VI_2")),
            THIRD,
            text=TWO,
        ),
        no("holds nothing, but 10.10.0.2 is held by server02, 10.10.0.9 is held by no node"),
    ),
    (
        state(HOLDING, node(102, says="FAULT"), node(101, says="FAULT")),
        never("still holds 10.10.0.2: no other node can take over (VI_1 is in state FAULT on server02, VI_1 is in state"
              " FAULT on server03)"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "verdict"), OUT_OF_SERVICE)
def test_a_drained_node_is_out_of_service_when_another_one_holds(seen: ClusterState, verdict: Verdict) -> None:
    assert out_of_service(seen, "server01") == verdict


HANDED_OVER = [
    # server01 is what is asked about; its priority is the one it had before the change
    (state(node(7, drained=True), node(102, VIP), THIRD), yes("holds nothing; 10.10.0.2 is held by server02")),
    (state(node(7, VIP, drained=True), SECOND, THIRD), no("still holds 10.10.0.2")),
    (state(node(7, VIP, drained=True), node(102, VIP), THIRD), no("still holds 10.10.0.2")),
    (state(node(7, drained=True), SECOND, THIRD), no("holds nothing, but 10.10.0.2 is held by no node")),
    (
        state(node(107, drained=True), node(102, VIP), THIRD),
        no("10.10.0.2 is held by server02, but server01 has the higher priority"),
    ),
    (state(UNREAD, node(102, VIP), THIRD), no("server01 cannot be read")),
]


@pytest.mark.parametrize(("seen", "verdict"), HANDED_OVER)
def test_a_node_has_handed_over_when_another_one_holds_and_nobody_takes_over_from_it(
    seen: ClusterState, verdict: Verdict
) -> None:
    assert handed_over(seen, "server01") == verdict


def test_a_node_alone_is_told_that_there_is_no_other() -> None:
    cluster = parse(ONE.replace(", server02: 10.10.0.4, server03: 10.10.0.5", ""), "managers")
    alone = ClusterState(cluster, {"server01": node(1, VIP, drained=True)})
    assert out_of_service(alone, "server01") == never("still holds 10.10.0.2: there is no other node")


IN_SERVICE = [
    ("server01", AT_REST, yes("in service, holds 10.10.0.2")),
    ("server02", AT_REST, yes("in service as a backup; 10.10.0.2 is held by server01")),
    ("server02", state(UNREAD, node(102, VIP), THIRD), yes("in service, holds 10.10.0.2")),
    ("server02", state(DRAINED, node(102, VIP), THIRD), yes("in service, holds 10.10.0.2")),
    ("server01", state(UNREAD, node(102, VIP), THIRD), no("server01 cannot be read")),
    ("server01", state(node(103, drained=True), node(102, VIP), THIRD), no(f"the flag {FLAG} is still there")),
    ("server01", state(node(3), node(102, VIP), THIRD), no("VI_1 has priority 3 on server01, not 103")),
    ("server01", state(node(None), node(102, VIP), THIRD), no("keepalived on server01 does not tell its state")),
    ("server01", state(STOPPED, node(102, VIP), THIRD), no("keepalived is inactive on server01")),
    ("server01", state(node(103, says="FAULT"), node(102, VIP), THIRD), no("VI_1 is in state FAULT on server01")),
    (
        "server01",
        state(node(103, instances=("VI_0",)), node(102, VIP), THIRD),
        no("keepalived on server01 does not know VI_1"),
    ),
    (
        "server01",
        state(node(103), node(102, VIP), THIRD),
        no("it has the highest priority, but 10.10.0.2 is held by server02"),
    ),
    (
        "server01",
        state(node(103, VIP), node(102, VIP), THIRD),
        no("it has the highest priority, but 10.10.0.2 is held by server01 and server02"),
    ),
    ("server02", state(node(103), node(102), THIRD), no("10.10.0.2 is held by no node")),
]


@pytest.mark.parametrize(("name", "seen", "verdict"), IN_SERVICE)
def test_a_restored_node_is_back_when_it_holds_what_it_should(name: str, seen: ClusterState, verdict: Verdict) -> None:
    assert in_service(seen, name) == verdict


HEARS = saying(SECOND, master_priority=103)
SETTLED = [
    ("server01", AT_REST, yes("10.10.0.2 is held by server01")),
    ("server02", state(FIRST, HEARS, THIRD), yes("10.10.0.2 is held by server01")),
    ("server02", state(FIRST, SECOND, THIRD), no("server02 has not received an advert of VI_1 yet")),
    (
        "server01",
        state(saying(DRAINED, master_priority=102), node(102, VIP), THIRD),
        yes("10.10.0.2 is held by server02"),  # and is left drained
    ),
    ("server01", state(DRAINED, node(102, VIP), THIRD), no("server01 has not received an advert of VI_1 yet")),
    (
        "server02",
        state(UNREAD, saying(SECOND, master_priority=103), THIRD),
        yes("10.10.0.2 is held by no node that could be read (server01 could not)"),
    ),
    (
        "server02",
        state(UNREAD, SECOND, THIRD),
        no("10.10.0.2 is held by no node that could be read (server01 could not)"),
    ),
    (
        "server01",
        state(node(103, VIP, runs=f"# a comment\n{TEXT}"), SECOND, THIRD),
        yes("10.10.0.2 is held by server01"),
    ),
    ("server01", state(UNREAD, SECOND, THIRD), no("server01 cannot be read")),
    ("server01", state(STOPPED, node(102, VIP), THIRD), no("keepalived is inactive on server01")),
    ("server01", state(node(102, VIP), SECOND, THIRD), no("VI_1 has priority 102 on server01, not 103")),
    (
        "server01",
        state(node(103, VIP, runs="vrrp_instance VI_0 {\n}\n"), SECOND, THIRD),
        no("keepalived on server01 does not run the new configuration yet"),
    ),
    (
        "server03",
        state(node(103), node(102), node(101)),
        no("10.10.0.2 is held by no node"),
    ),
    (
        "server03",
        state(node(103), node(102, VIP), THIRD),
        no("10.10.0.2 is held by server02, but server01 has the higher priority"),
    ),
    (
        "server01",
        state(node(103, VIP), node(102, VIP), THIRD),
        no("10.10.0.2 is held by server01 and server02"),
    ),
    (
        "server01",
        state(node(103, VIP), node(102, VIP), UNREAD),
        no("10.10.0.2 is held by server01 and server02"),
    ),
]


@pytest.mark.parametrize(("name", "seen", "verdict"), SETTLED)
def test_a_deploy_has_settled_when_the_best_node_alone_holds(name: str, seen: ClusterState, verdict: Verdict) -> None:
    assert settled(seen, name, TEXT) == verdict


OLD_CONFIGURATION = but(FIRST, configuration=but(FIRST.configuration, applied=False))
OLD_UNIT = but(FIRST, unit=but(FIRST.unit, current=False))
UNTOLD = but(FIRST, configuration=but(FIRST.configuration, applied=None), unit=but(FIRST.unit, current=None))
BY_SERVER02 = "keepalived is healthy; 10.10.0.2 is held by server02"
NOT_APPLIED = (
    "keepalived on server01 does not run what lies on its disk. Deploy to it:\n"
    "    pyinfra inventory.py deploy.py --limit server01"
)
FIT = [
    # server01 is what is asked about
    (AT_REST, yes("keepalived is healthy; 10.10.0.2 is held by server01")),
    (state(DRAINED, node(102, VIP), THIRD), yes(BY_SERVER02)),  # drained or not
    (state(HOLDING, STOPPED, UNREAD), yes("keepalived is healthy; 10.10.0.2 is held by server01 (drained)")),
    (state(node(103), node(102, VIP), THIRD), yes(BY_SERVER02)),  # who holds is not its business
    (
        state(node(103), SECOND, UNREAD),
        yes("keepalived is healthy; 10.10.0.2 is held by no node that could be read (server03 could not)"),
    ),
    (
        state(UNTOLD, SECOND, THIRD),
        yes("keepalived is healthy; 10.10.0.2 is held by server01"),
    ),  # a daemon without a copy
    (state(UNREAD, node(102, VIP), THIRD), no("keepalived is unknown on server01")),
    (state(STOPPED, node(102, VIP), THIRD), no("keepalived is inactive on server01")),
    (state(node(None, active="activating"), node(102, VIP), THIRD), no("keepalived is activating on server01")),
    (state(node(None, active="failed", drained=True), node(102, VIP), THIRD), no("keepalived is failed on server01")),
    (state(node(None), node(102, VIP), THIRD), no("keepalived on server01 does not tell its state")),
    (state(node(103, says="INIT"), node(102, VIP), THIRD), no("VI_1 is in state INIT on server01")),
    (state(node(3, says="FAULT", drained=True), node(102, VIP), THIRD), no("VI_1 is in state FAULT on server01")),
    (state(node(103, drained=True), node(102, VIP), THIRD), no("VI_1 has priority 103 on server01, not 3")),
    (state(node(3), node(102, VIP), THIRD), no("VI_1 has priority 3 on server01, not 103")),
    (
        state(node(103, instances=("VI_0",)), node(102, VIP), THIRD),
        no("keepalived on server01 does not know VI_1"),
    ),
    (
        state(node(103, VIP), SECOND, THIRD, text=TWO),
        no("keepalived on server01 does not know VI_2"),
    ),
    (state(OLD_CONFIGURATION, SECOND, THIRD), no(NOT_APPLIED)),
    (state(OLD_UNIT, SECOND, THIRD), no(NOT_APPLIED)),
    (state(but(OLD_UNIT, configuration=UNTOLD.configuration), SECOND, THIRD), no(NOT_APPLIED)),
]


@pytest.mark.parametrize(("seen", "verdict"), FIT)
def test_a_node_is_fit_when_its_daemon_is_as_it_should_be_drained_or_not(seen: ClusterState, verdict: Verdict) -> None:
    assert fit(seen, "server01") == verdict


MOVES = [
    (AT_REST, AT_REST, []),
    (AT_REST, state(DRAINED, node(102, VIP), THIRD), ["10.10.0.2: server01 → server02"]),
    (AT_REST, state(STOPPED, node(2, VIP, drained=True), UNREAD), ["10.10.0.2: server01 → server02 (drained)"]),
    (state(node(103), SECOND, THIRD), AT_REST, ["10.10.0.2: no node → server01"]),
    (AT_REST, state(node(103), SECOND, THIRD), []),  # gone, but to nobody yet
    (state(FIRST, node(102, VIP), THIRD), AT_REST, ["10.10.0.2: server01 and server02 → server01"]),
    (
        state(node(103, VIP, "10.10.0.9"), SECOND, THIRD, text=TWO),
        state(DRAINED, node(102, VIP, "10.10.0.9"), THIRD, text=TWO),
        ["10.10.0.2: server01 → server02", "10.10.0.9: server01 → server02"],
    ),
    (state(UNREAD, SECOND, THIRD), AT_REST, []),  # who held it before was not seen
]


@pytest.mark.parametrize(("before", "after", "words"), MOVES)
def test_a_move_is_told_once_it_has_arrived(before: ClusterState, after: ClusterState, words: list[str]) -> None:
    assert seen_moves(before, after) == words


BY_HAND = "stays drained: by hand (reason unknown); 10.10.0.2 is held by"
BY_UPGRADE = but(DRAINED, flag=Flag(path=FLAG, present=True, content=content("alice@notebook", run="upgrade")))
BY_DEPLOY = but(DRAINED, flag=Flag(path=FLAG, present=True, content=content(run="deploy")))
TAKEN_BACK = [
    # server01 is what is asked about, after a deploy
    (AT_REST, yes("in service, holds 10.10.0.2")),
    (state(BY_DEPLOY, node(102, VIP), THIRD), no(f"the flag {FLAG} is still there")),
    (state(UNREAD, node(102, VIP), THIRD), no("server01 cannot be read")),
    (state(node(103), node(102, VIP), THIRD), no("it has the highest priority, but 10.10.0.2 is held by server02")),
    # drained by somebody else meanwhile
    (state(DRAINED, node(102, VIP), THIRD), yes(f"{BY_HAND} server02")),
    (
        state(BY_UPGRADE, node(102, VIP), THIRD),
        yes(
            "stays drained: by alice@notebook's upgrade that is under way or did not end; 10.10.0.2 is held by server02"
        ),
    ),
    (state(DRAINED, UNREAD, node(101, VIP)), yes(f"{BY_HAND} server03")),
    (state(HOLDING, STOPPED, node(1, drained=True)), yes(f"{BY_HAND} server01 (drained)")),  # nobody else is able to
    (
        state(DRAINED, saying(SECOND, master_priority=101), UNREAD),
        yes(f"{BY_HAND} no node that could be read (server03 could not)"),
    ),  # it must be that one: server02 receives its adverts
    (state(DRAINED, SECOND, UNREAD), no("10.10.0.2 is held by no node that could be read (server03 could not)")),
    (state(DRAINED, SECOND, THIRD), no("10.10.0.2 is held by no node")),
    (state(DRAINED, node(102, VIP), node(101, VIP)), no("10.10.0.2 is held by server02 and server03")),
    (
        state(HOLDING, SECOND, THIRD),
        no("10.10.0.2 is held by server01 (drained), but server02 has the higher priority"),
    ),
    (state(DRAINED, SECOND, node(101, VIP)), no("10.10.0.2 is held by server03, but server02 has the higher priority")),
    (
        state(node(103, drained=True), node(102, VIP), THIRD),
        no("10.10.0.2 is held by server02, but server01 has the higher priority"),
    ),
    (
        state(DRAINED, node(None, VIP, active="failed"), THIRD),
        no("10.10.0.2 is held by server02, but server03 has the higher priority"),
    ),
    (
        state(
            node(3, drained=True, instances=("VI_1", "VI_2")),
            node(102, VIP, instances=("VI_1", "VI_2")),
            node(101, instances=("VI_1", "VI_2")),
            text=TWO,
        ),
        no("10.10.0.2 is held by server02, 10.10.0.9 is held by no node"),
    ),
]


@pytest.mark.parametrize(("seen", "verdict"), TAKEN_BACK)
def test_a_node_is_taken_back_or_left_to_whoever_has_drained_it_once_the_addresses_have_settled(
    seen: ClusterState, verdict: Verdict
) -> None:
    assert taken_back(seen, "server01", "deploy") == verdict


def test_a_run_ends_the_drains_of_its_own_kind_only() -> None:
    seen = state(BY_UPGRADE, node(102, VIP), THIRD)
    assert taken_back(seen, "server01", "upgrade") == no(f"the flag {FLAG} is still there")
    assert [taken_back(seen, "server01", run).done for run in ("deploy", "reboot")] == [True, True]
