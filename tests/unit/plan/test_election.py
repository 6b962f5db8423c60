"""One election: who can serve, who holds, and who will hold after each step of any sequence of changes."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.election import Candidate, Change, Election, Priority, drain_change, observed, restore_change
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from tests.unit.cluster_states import (
    AT_REST,
    FIRST,
    ONE,
    SECOND,
    STOPPED,
    THIRD,
    UNREAD,
    VIP,
    node,
    saying,
    state,
)

SECOND_DRAINED, THIRD_DRAINED = node(2, drained=True), node(1, drained=True)

WINNERS = [
    (AT_REST, "server01"),
    (state(node(3, drained=True), SECOND, THIRD), "server02"),
    (state(node(3, drained=True), SECOND_DRAINED, THIRD_DRAINED), "server01"),
    (state(UNREAD, SECOND, THIRD), "server02"),
    (state(node(103, says="FAULT"), SECOND, THIRD), "server02"),
    (state(node(103, says="INIT"), node(102, says="INIT"), THIRD), "server03"),
    (state(STOPPED, SECOND, THIRD), "server02"),
    (state(node(103, instances=("VI_0",)), SECOND, THIRD), "server02"),
    (state(UNREAD, STOPPED, UNREAD), None),
    (state(node(102), SECOND, THIRD), "server02"),  # of equal ones without a holder the higher IP address
    (state(node(102, VIP), SECOND, THIRD), "server01"),  # equal priorities do not preempt
    (state(node(102, VIP), node(102, VIP), THIRD), "server02"),  # two holders: the higher IP address
    (state(node(102, VIP, says="FAULT"), SECOND, THIRD), "server02"),
]


@pytest.mark.parametrize(("seen", "winner"), WINNERS)
def test_the_winner_is_the_highest_of_those_that_take_part(seen: ClusterState, winner: str | None) -> None:
    assert observed(seen).winner("VI_1") == winner


WHY_NOT = [
    (SECOND, None),
    (SECOND_DRAINED, "server02 is drained"),
    (UNREAD, "server02 cannot be read"),
    (STOPPED, "keepalived is inactive on server02"),
    (node(None, active="failed", drained=True), "keepalived is failed on server02"),
    (node(None), "keepalived on server02 does not tell the state of VI_1"),
    (node(102, instances=("VI_0",)), "keepalived on server02 does not tell the state of VI_1"),
    (node(102, says="FAULT"), "VI_1 is in state FAULT on server02"),
    (node(2, says="INIT", drained=True), "VI_1 is in state INIT on server02"),
]


@pytest.mark.parametrize(("second", "why"), WHY_NOT)
def test_why_a_node_cannot_serve_is_told_in_words(second: NodeState | None, why: str | None) -> None:
    election = observed(ClusterState(AT_REST.cluster, {**AT_REST.nodes, "server02": second}))
    assert election.why_not("VI_1", "server02") == why
    assert ("server02" in election.can_serve("VI_1")) == (why is None)


def test_a_drained_node_takes_part_and_cannot_serve() -> None:
    election = observed(state(FIRST, SECOND_DRAINED, node(101, says="FAULT")))
    assert election.take_part("VI_1") == ["server01", "server02"]
    assert election.can_serve("VI_1") == ["server01"]


def test_what_the_daemons_announce_counts_and_not_what_the_file_would_give_them() -> None:
    assert observed(state(node(7, VIP), node(9), THIRD)).priority("VI_1", "server02") == 9
    assert observed(state(node(7, VIP), node(9), node(8))).winner("VI_1") == "server02"


TOTALS = [
    (100, {}, 100),
    (3, {"drain": 100}, 103),
    (103, {"drain": -100}, 3),
    (50, {"drain": 100, "web": -20, "dns": 5}, 135),
    (250, {"drain": 100, "web": -120}, 230),  # the parts are not kept within bounds, the total is
    (250, {"drain": 100}, 254),
    (3, {"web": -20}, 1),
]


@pytest.mark.parametrize(("base", "contributions", "total"), TOTALS)
def test_contributions_add_up_and_their_total_is_kept_within_bounds(
    base: int, contributions: Mapping[str, int], total: int
) -> None:
    assert Priority(base, contributions).effective == total


def test_a_drain_leaves_what_other_checks_contribute() -> None:
    election = observed(AT_REST)
    failing = election.after(Change("server01", contributions={"web": -2}))
    assert failing.winner("VI_1") == "server02"
    assert failing.priority("VI_1", "server01") == 101
    back = failing.after(drain_change(AT_REST.cluster, "server01")).after(restore_change(AT_REST.cluster, "server01"))
    assert back.priority("VI_1", "server01") == 101


def test_a_move_is_foretold_step_by_step() -> None:
    cluster = AT_REST.cluster
    steps = [
        [drain_change(cluster, "server01")],
        [Change("server01", states={"VI_1": "INIT"})],
        [drain_change(cluster, "server02"), drain_change(cluster, "server03")],
        [Change("server01", states={"VI_1": "BACKUP"})],
        [restore_change(cluster, "server01")],
    ]
    found = [election.holders(VIP) for election in observed(AT_REST).steps(steps)]
    assert found == [["server02"], ["server02"], ["server02"], ["server01"], ["server01"]]


def test_a_restored_node_of_equal_priority_does_not_take_back() -> None:
    cluster = AT_REST.cluster
    raised = Change("server02", base={"VI_1": 3})
    seen = observed(AT_REST).after(raised, drain_change(cluster, "server01")).after(restore_change(cluster, "server01"))
    assert seen.priority("VI_1", "server01") == seen.priority("VI_1", "server02")
    assert seen.holders(VIP) == ["server02"]


def test_the_last_that_leaves_takes_the_address_with_it() -> None:
    alone = observed(state(FIRST, STOPPED, STOPPED))
    assert alone.after(Change("server01", states={"VI_1": "FAULT"})).holders(VIP) == []


def test_nothing_is_foretold_of_an_address_that_an_unread_node_may_hold() -> None:
    seen = observed(state(UNREAD, SECOND, THIRD)).after(drain_change(AT_REST.cluster, "server02"))
    assert seen.holders(VIP) == []


CALMLY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine

# Against an election written anew, without the code that is tested: a table of rows, sorted.

NODES = [f"n{number}" for number in range(1, 7)]
STATES = st.sampled_from(["BACKUP", "BACKUP", "BACKUP", "MASTER", "FAULT", "INIT", None])


@st.composite
def elections(draw: st.DrawFn) -> Election:
    """2 to 6 nodes and 1 to 3 instances, of any priorities and contributions, also equal ones and far too high ones."""
    nodes = NODES[: draw(st.integers(2, 6))]
    instances = ["A", "B", "C"][: draw(st.integers(1, 3))]
    own = draw(st.permutations(range(len(nodes))))
    contributions = st.dictionaries(st.sampled_from(["drain", "web", "dns"]), st.integers(-254, 254))
    low = st.integers(1, 4) | st.integers(1, 254)  # equal ones are to be frequent
    drained = {name: draw(st.booleans()) for name in nodes}
    candidates = {}
    for instance in instances:
        holder = draw(st.sampled_from([*nodes, None]))
        candidates[instance] = {
            name: Candidate(
                address=IPv4Address(0x0A0A0000 + own[place]),
                priority=Priority(draw(low), draw(st.just({}) | contributions)),
                state=draw(STATES),
                drained=drained[name],
                holds=frozenset([f"vip-{instance}"]) if name == holder else frozenset(),
                why=f"{name} does not tell",
            )
            for place, name in enumerate(nodes)
        }
    return Election(candidates, {instance: (f"vip-{instance}",) for instance in instances})


@st.composite
def changes(draw: st.DrawFn, election: Election) -> Change:
    instances = list(election.candidates)
    return Change(
        draw(st.sampled_from(sorted(election.candidates[instances[0]]))),
        drained=draw(st.sampled_from([None, True, False])),
        states=draw(st.dictionaries(st.sampled_from(instances), st.sampled_from(["BACKUP", "FAULT", "INIT"]))),
        base=draw(st.dictionaries(st.sampled_from(instances), st.integers(1, 4) | st.integers(1, 254))),
        contributions=draw(st.dictionaries(st.sampled_from(["drain", "web"]), st.integers(-254, 254))),
    )


def naive_total(base: int, contributions: Mapping[str, int]) -> int:
    total = base
    for points in contributions.values():
        total += points
    if total < 1:
        return 1
    return 254 if total > 254 else total


def naive_winner(rows: list[tuple[str, int, bool, int]]) -> str | None:
    """Of rows (name, priority, holds now, IP address), of those that take part: keepalived's winner, spelt out."""
    if not rows:
        return None
    highest = sorted(row[1] for row in rows)[-1]
    equal = [row for row in rows if row[1] == highest]
    holding = [row for row in equal if row[2]]
    return sorted(holding or equal, key=lambda row: row[3])[-1][0]


def rows_of(of: Mapping[str, Candidate]) -> list[tuple[str, int, bool, int]]:
    return [
        (name, naive_total(one.priority.base, one.priority.contributions), len(one.holds) > 0, int(one.address))
        for name, one in of.items()
        if one.state == "BACKUP" or one.state == "MASTER"
    ]


@CALMLY
@given(elections())
def test_the_winner_is_keepaliveds(election: Election) -> None:
    for instance, of in election.candidates.items():
        assert election.winner(instance) == naive_winner(rows_of(of))
        for name in of:
            assert 1 <= election.priority(instance, name) <= 254


@CALMLY
@given(elections())
def test_whoever_can_serve_takes_part_and_each_other_has_its_reason(election: Election) -> None:
    for instance, of in election.candidates.items():
        can = election.can_serve(instance)
        assert set(can) == {name for name, *_ in rows_of(of) if not of[name].drained}
        for name in set(of) - set(can):
            assert name in str(election.why_not(instance, name))


@CALMLY
@given(st.data())
def test_the_sequence_of_holders_is_that_of_a_simulation_step_by_step(data: st.DataObject) -> None:
    start = data.draw(elections())
    steps = data.draw(st.lists(st.lists(changes(start), min_size=1, max_size=2), min_size=1, max_size=4))
    for instance, of in start.candidates.items():
        # what a bystander would write down: base, points, state, holds; node by node
        table = {
            name: [one.priority.base, dict(one.priority.contributions), one.state, bool(one.holds)]
            for name, one in of.items()
        }
        expected = []
        for step in steps:
            for change in step:
                row = table[change.node]
                was_in = row[2] in ("BACKUP", "MASTER")
                row[0] = change.base.get(instance, row[0])
                row[1].update(change.contributions)
                row[2] = change.states.get(instance, row[2])
                if was_in and row[2] not in ("BACKUP", "MASTER"):
                    row[3] = False
            winner = naive_winner(
                [
                    (name, naive_total(base, points), holds, int(of[name].address))
                    for name, (base, points, said, holds) in table.items()
                    if said in ("BACKUP", "MASTER")
                ]
            )
            if winner:
                for name, row in table.items():
                    row[3] = name == winner
            expected.append([name for name, row in table.items() if row[3]])
        assert [seen.holders(f"vip-{instance}") for seen in start.steps(steps)] == expected


@CALMLY
@given(elections())
def test_an_election_that_has_settled_stays_as_it_is(election: Election) -> None:
    settled = election.after()
    assert settled.after() == settled
    for instance in election.candidates:
        if winner := election.winner(instance):
            assert settled.winner(instance) == winner
            assert settled.holders(f"vip-{instance}") == [winner]


@CALMLY
@given(elections(), st.data())
def test_the_same_change_twice_is_the_change_once(election: Election, data: st.DataObject) -> None:
    change = data.draw(changes(election))
    assert election.after(change).after(change) == election.after(change)


@CALMLY
@given(elections())
def test_a_node_that_takes_no_part_holds_nothing_once_another_one_does(election: Election) -> None:
    for of in election.after().candidates.values():
        if any(one.takes_part for one in of.values()):
            assert not any(one.holds for one in of.values() if not one.takes_part)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """2 to 6 nodes, 1 to 3 instances, either check, in any step that the rules allow."""
    size = draw(st.integers(2, 6))
    listed = ", ".join(f"n{number}: 10.10.0.{3 + number}" for number in range(1, size + 1))
    lines = [f"nodes: {{{listed}}}", "instances:"]
    for number in range(1, draw(st.integers(1, 3)) + 1):
        lines.append(f"  VI_{number}: {{virtual_router_id: {number}, virtual_ipaddress: [10.10.1.{number}]}}")
    lines.append(f"priority_step: {draw(st.integers(1, 15))}")
    lines.append(f"drain: {{check: {draw(st.sampled_from(['script', 'file']))}}}")
    return parse("\n".join(lines), "drawn")


def in_service(cluster: Cluster) -> Election:
    """All nodes of `cluster` take part, none is drained, and the first holds all."""
    backup = ClusterState(cluster, dict.fromkeys(cluster.nodes))
    unread = observed(backup)
    started = [
        replace(restore_change(cluster, name), states=dict.fromkeys(cluster.instances, "BACKUP"))
        for name in cluster.nodes
    ]
    return unread.after(*started)


@CALMLY
@given(clusters(), st.data())
def test_every_undrained_node_is_above_every_drained_one(cluster: Cluster, data: st.DataObject) -> None:
    drained = data.draw(st.sets(st.sampled_from(sorted(cluster.nodes))))
    election = in_service(cluster).after(*(drain_change(cluster, name) for name in drained))
    for instance in cluster.instances:
        priority = {name: election.priority(instance, name) for name in cluster.nodes}
        assert len(set(priority.values())) == len(priority)
        assert all(priority[up] > priority[down] for up in cluster.nodes if up not in drained for down in drained)
        first = [name for name in cluster.order(instance) if name not in drained] or cluster.order(instance)
        assert election.winner(instance) == first[0]
        assert election.holders(cluster.instances[instance].addresses[0]) == [first[0]]


@CALMLY
@given(clusters(), st.data())
def test_drains_and_restores_in_any_order_end_where_the_flags_end(cluster: Cluster, data: st.DataObject) -> None:
    """The file's priorities are distinct: who holds depends on who is drained now, and not on how it came to be so."""
    names = st.sampled_from(sorted(cluster.nodes))
    walk = data.draw(st.lists(st.tuples(names, st.booleans()), max_size=8))
    steps = [[(drain_change if out else restore_change)(cluster, name)] for name, out in walk]
    *_, end = [in_service(cluster), *in_service(cluster).steps(steps)]
    flags = dict(walk)
    at_once = in_service(cluster).after(*(drain_change(cluster, name) for name, out in flags.items() if out))
    for address in cluster.addresses:
        assert end.holders(address) == at_once.holders(address)


@CALMLY
@given(clusters())
def test_what_the_file_says_is_what_the_election_counts(cluster: Cluster) -> None:
    for name in cluster.nodes:
        for out, change in ((True, drain_change), (False, restore_change)):
            election = in_service(cluster).after(change(cluster, name))
            for instance in cluster.instances:
                assert election.priority(instance, name) == cluster.effective_priority(instance, name, drained=out)


STAYS = ONE.replace("51,", "51, nopreempt: true,")


def staying(*nodes: NodeState | None) -> Election:
    """The election where every daemon runs with `nopreempt`."""
    return observed(state(*(one and saying(one, nopreempt=True) for one in nodes), text=STAYS))


def test_with_nopreempt_a_holder_keeps_what_it_holds_as_long_as_it_takes_part() -> None:
    assert staying(node(103), node(102), node(101, VIP)).winner("VI_1") == "server03"
    assert staying(node(103), node(102), node(1, VIP, drained=True)).winner("VI_1") == "server03"
    assert staying(node(103), node(102), node(101, VIP, says="FAULT")).winner("VI_1") == "server01"
    assert staying(node(103), node(102), node(101)).winner("VI_1") == "server01"
    assert staying(node(103, VIP), node(102), node(101, VIP)).winner("VI_1") == "server01"


def test_a_better_node_without_nopreempt_takes_over_and_the_best_with_it_does_not() -> None:
    seen = state(saying(node(103), nopreempt=True), saying(node(102), nopreempt=False), node(101, VIP), text=STAYS)
    assert observed(seen).winner("VI_1") == "server02"
    assert observed(seen).keeps("VI_1")


def test_what_the_daemon_runs_with_counts_and_the_file_where_it_does_not_tell() -> None:
    assert observed(state(node(103), node(102, VIP), THIRD, text=STAYS)).winner("VI_1") == "server02"
    assert observed(state(saying(node(103), nopreempt=True), node(102, VIP), THIRD)).winner("VI_1") == "server02"


def test_a_drain_moves_with_nopreempt_and_its_end_does_not() -> None:
    seen = staying(node(103, VIP), node(102), node(101))
    cluster = AT_REST.cluster
    drained, restored = seen.steps([[drain_change(cluster, "server01")], [restore_change(cluster, "server01")]])
    assert drained.holders(VIP) == ["server02"]
    assert restored.holders(VIP) == ["server02"]


def test_the_end_of_a_drain_takes_the_address_from_a_drained_holder() -> None:
    seen = staying(node(3, drained=True), node(2, VIP, drained=True), node(1, drained=True))
    assert seen.after(restore_change(AT_REST.cluster, "server03")).holders(VIP) == ["server03"]
    assert seen.after(Change("server03", states={"VI_1": "INIT"})).holders(VIP) == ["server02"]
