"""The order in which nodes are changed, what is done to each, and which changes are refused."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepalived.conf.adverts import advert_settings
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_election
from keepalived.conf.render import configuration
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import Configuration, InstanceState, NodeState, Unit
from keepalived.plan.rollout import (
    Refused,
    due,
    incompatible,
    plan_rollout,
    reload_carries,
    successors,
    under_way,
    unheld,
)
from keepalived.plan.verdicts import may_leave, may_stop, settled, taken_over
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from keepalived.spec.flag import Flag, content
from tests.unit.cluster_states import drop_in_of

FILE = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5, server04: 10.10.0.6}
instances:
  VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}
"""
OLD = parse(FILE, "managers")
OTHER_INTERVAL = parse(f"{FILE}advert_int: 0.2\n", "managers")
RELOADED = parse(f"{FILE}advert_int: 0.2\non_change: reload\n", "managers")
OTHER_ID = parse(FILE.replace("51", "77"), "managers")
VIP = "10.10.0.2"


def text(cluster: Cluster, name: str) -> str:
    return configuration(cluster, name, dict.fromkeys(cluster.instances, "enp0s3"))


def node(
    name: str, runs: Cluster = OLD, *, holds: bool = False, drained: bool = False, left: bool = False, up: bool = True
) -> NodeState:
    """A node that runs the configuration of the cluster `runs`; `left` drained by a rollout that ended early."""
    own = text(runs, name)
    drained = drained or left
    said = InstanceState(
        state="MASTER" if holds else "BACKUP",
        base_priority=runs.base_priority("VI_1", name),
        effective_priority=runs.effective_priority("VI_1", name, drained=drained),
        virtual_router_id=51,
        version=3,
        master_priority=None,
        addresses=[VIP],
        last_transition=None,
    )
    return NodeState(
        version="2.2.7",
        unit=Unit(
            load_state="loaded",
            active_state="active" if up else "inactive",
            sub_state="",
            enabled=True,
            since=None,
            needs_reload=False,
            current=True if up else None,
            **drop_in_of(runs, runs=up),
        ),
        instances={"VI_1": said} if up else None,
        holds=[VIP] if holds else [],
        interfaces={"enp0s3": [str(runs.nodes[name].address)]},
        drained=drained,
        flag=Flag(path="", present=drained, content=content(run="deploy") if left else "1\n"),
        configuration=Configuration(
            sha256=hashlib.sha256(own.encode()).hexdigest(),
            applied=up,
            running=fingerprint(own) if up else None,
            running_but_election=fingerprint_but_election(own) if up else None,
            advert_settings=advert_settings(own) if up else None,
        ),
    )


FIRST, SECOND, THIRD, FOURTH = (node(name, holds=name == "server01") for name in OLD.nodes)
AT_REST = (FIRST, SECOND, THIRD, FOURTH)


def batches(cluster: Cluster, *nodes: NodeState | None, targets: str = "1234", force: bool = False) -> list[list[str]]:
    """The batches of a rollout of `cluster`, as the numbers of the servers: [["3"], ["1", "2"]]."""
    state = ClusterState(cluster, dict(zip(cluster.nodes, nodes, strict=True)))
    texts = {name: text(cluster, name) for name in cluster.nodes}
    found = plan_rollout(state, texts, [f"server0{number}" for number in targets], force=force)
    return [[name[-1] for name in batch] for batch in found.batches]


def test_nothing_is_due_where_nothing_differs() -> None:
    assert batches(OLD, *AT_REST) == []


def test_holders_come_last_and_the_lowest_priority_first() -> None:
    assert batches(OTHER_INTERVAL, *AT_REST) == [["4"], ["3"], ["2"], ["1"]]
    second_holds = (node("server01", drained=True), node("server02", holds=True), THIRD, FOURTH)
    assert batches(OTHER_INTERVAL, *second_holds) == [["4"], ["3"], ["1"], ["2"]]


def test_priorities_alone_are_taken_up_by_reload() -> None:
    three = parse(FILE.replace(", server04: 10.10.0.6", ""), "managers")
    assert list(three.nodes) == list(OLD.nodes)[:3]
    assert [due(three, one, text(three, name)) for name, one in zip(three.nodes, AT_REST, strict=False)] == [
        "reload"
    ] * 3
    slower = parse(FILE.replace(", server04: 10.10.0.6", "") + "advert_int: 0.7\n", "managers")
    assert due(slower, FIRST, text(slower, "server01")) == "restart"


def test_only_nodes_that_need_it_are_touched() -> None:
    assert batches(OTHER_INTERVAL, FIRST, node("server02", OTHER_INTERVAL), THIRD, FOURTH) == [["4"], ["3"], ["1"]]
    assert batches(OTHER_INTERVAL, *AT_REST, targets="3") == [["3"]]


def test_a_first_install_starts_the_best_node_first() -> None:
    stopped = [node(name, up=False) for name in OLD.nodes]
    assert batches(OLD, *stopped) == [["1"], ["2", "3", "4"]]
    assert batches(OLD, FIRST, SECOND, *stopped[2:]) == [["3"], ["4"]]


def test_a_new_unicast_node_starts_after_the_others_know_it() -> None:
    unicast = parse(FILE.replace("51,", "51, unicast: true,"), "managers")
    with_interval = parse(FILE.replace("51,", "51, unicast: true,") + "advert_int: 0.2\n", "managers")
    running = [node(name, unicast, holds=name == "server01") for name in list(OLD.nodes)[:3]]
    assert batches(with_interval, *running, node("server04", up=False)) == [["3"], ["2"], ["1"], ["4"]]


def test_where_advert_settings_change_one_goes_first_then_the_rest_and_the_holder() -> None:
    assert batches(OTHER_ID, *AT_REST) == [["2"], ["3", "4", "1"]]


def test_a_rollout_that_stopped_between_advert_settings_is_continued() -> None:
    changed = [node(name, OTHER_ID, holds=name == "server02") for name in ("server02", "server03", "server04")]
    assert batches(OTHER_ID, FIRST, *changed) == [["1"]]
    assert batches(OTHER_ID, FIRST, changed[0], THIRD, FOURTH) == [["3"], ["4", "1"]]


def test_advert_settings_that_a_reload_carries_are_reloaded_together() -> None:
    two = parse(FILE.replace("[10.10.0.2]", "[10.10.0.2, 10.10.0.9]") + "on_change: reload\n", "managers")
    assert batches(two, *AT_REST) == [["4", "3", "2", "1"]]
    assert batches(RELOADED, *AT_REST) == [["4"], ["3"], ["2"], ["1"]]


def test_nodes_that_run_may_not_be_left_behind_with_the_old_advert_settings() -> None:
    with pytest.raises(Refused, match="server01, server02, server04 would be left out"):
        batches(OTHER_ID, *AT_REST, targets="3")
    with pytest.raises(Refused, match="server03 cannot change now and would hold the addresses a second time"):
        batches(OTHER_ID, FIRST, SECOND, None, FOURTH, targets="124")
    assert batches(OTHER_ID, FIRST, SECOND, None, FOURTH, targets="124", force=True) == [["2"], ["4", "1"]]


def test_a_node_alone_gets_other_advert_settings_only_by_force() -> None:
    down = [node(name, up=False) for name in ("server02", "server03", "server04")]
    with pytest.raises(Refused, match="server02, server03, server04 cannot change now"):
        batches(OTHER_ID, FIRST, *down, targets="1")
    assert batches(OTHER_ID, FIRST, *down, targets="1", force=True) == [["1"]]
    off = [other.model_copy(update={"unit": other.unit.model_copy(update={"enabled": False})}) for other in down]
    with pytest.raises(Refused, match="there is no other node to hold"):
        batches(OTHER_ID, FIRST, *off, targets="1")


def test_an_address_does_not_change_its_instance_on_the_way() -> None:
    renamed = parse(FILE.replace("VI_1", "WEB"), "managers")
    with pytest.raises(Refused, match="is to go from instance VI_1 to WEB"):
        batches(renamed, *AT_REST)


def test_an_address_held_by_a_stranger_stops_the_rollout() -> None:
    backup = node("server02").model_copy(
        update={"instances": {"VI_1": (SECOND.instances or {})["VI_1"].model_copy(update={"master_priority": 104})}}
    )
    with pytest.raises(Refused, match="server02 receives adverts of a holder"):
        batches(OTHER_INTERVAL, node("server01"), backup, THIRD, FOURTH)
    assert batches(OTHER_INTERVAL, None, backup, THIRD, FOURTH, targets="234") == [["4"], ["3"], ["2"]]


def test_what_an_earlier_run_left_drained_is_restored_and_what_an_operator_drained_is_not() -> None:
    assert batches(OLD, FIRST, node("server02", left=True), THIRD, FOURTH) == [["2"]]
    assert batches(OLD, FIRST, node("server02", drained=True), THIRD, FOURTH) == []
    assert due(OTHER_INTERVAL, node("server02", left=True), text(OTHER_INTERVAL, "server02")) == "restart"


def test_a_reload_carries_what_leaves_the_instance_where_it_is() -> None:
    assert due(RELOADED, FIRST, text(RELOADED, "server01")) == "reload"
    other_id = parse(FILE.replace("51", "77") + "on_change: reload\n", "managers")
    assert due(other_id, FIRST, text(other_id, "server01")) == "restart"


def test_comments_alone_replace_the_file() -> None:
    own = text(OLD, "server01")
    assert due(OLD, FIRST, own + "# a comment\n") == "replace"


def test_incompatible_advert_settings_are_told_by_instance() -> None:
    old, new = text(OLD, "server01"), text(OTHER_ID, "server01")
    assert incompatible(FIRST, new) == incompatible(FIRST, new, SECOND) == {"VI_1"}
    assert incompatible(FIRST, old) == incompatible(FIRST, old, SECOND) == set()
    assert incompatible(FIRST, "") == set()
    assert incompatible(node("server01", up=False), new) == set()


def on(one: NodeState, interface: str, **networks: list[str]) -> NodeState:
    """The node with its instance on `interface`."""
    running = {"VI_1": advert_settings(text(OLD, "server01"))["VI_1"]._replace(interface=interface)}
    changed = one.configuration.model_copy(update={"advert_settings": running})
    return one.model_copy(update={"configuration": changed, "networks": networks})


ELSEWHERE = [  # the interface that it ran on, the networks of both, and whether the change parts it from the others
    ("enp0s3", {"enp0s3": ["10.10.0.0/24"]}, set()),
    ("shim", {"enp0s3": ["10.10.0.0/24"], "shim": ["10.10.0.0/24"]}, set()),
    ("enp0s8", {"enp0s3": ["10.10.0.0/24"], "enp0s8": ["192.0.2.0/24"]}, {"VI_1"}),
    ("enp0s8", {"enp0s3": ["10.10.0.0/24"]}, {"VI_1"}),  # nobody knows
]


@pytest.mark.parametrize(("old", "networks", "parts"), ELSEWHERE)
def test_another_interface_parts_nodes_when_it_is_on_another_network(
    old: str, networks: dict[str, list[str]], parts: set[str]
) -> None:
    new = text(OLD, "server01")
    before = on(FIRST, old, **networks)
    assert incompatible(before, new) == parts
    assert not reload_carries(before, new) or old == "enp0s3"
    assert incompatible(before, new, on(SECOND, old, **networks)) == parts
    assert incompatible(before, new, on(SECOND, "eth7", eth7=["10.10.0.0/24"])) == set()  # only a name


def test_another_excluded_address_parts_nobody_and_a_reload_carries_it() -> None:
    more = parse(
        FILE.replace("virtual_ipaddress:", "virtual_ipaddress_excluded: [10.10.0.9], virtual_ipaddress:"), "managers"
    )
    assert incompatible(FIRST, text(more, "server01")) == set()
    assert reload_carries(FIRST, text(more, "server01"))
    assert batches(more, *AT_REST) == batches(OTHER_INTERVAL, *AT_REST)


def test_another_source_of_unicast_adverts_is_no_reload_and_parts_nobody() -> None:
    unicast = FILE.replace("virtual_ipaddress:", "unicast: true, virtual_ipaddress:")
    other = unicast.replace(
        "server01: 10.10.0.3", "server01: {address: 10.10.0.3, instances: {VI_1: {unicast_src_ip: 10.10.0.33}}}"
    )
    before = node("server01", runs=parse(unicast, "managers"))
    new = text(parse(other, "managers"), "server01")
    assert "unicast_src_ip 10.10.0.33" in new
    assert not reload_carries(before, new)
    assert incompatible(before, new) == set()


def test_the_successor_is_the_best_of_those_that_can() -> None:
    def of(*nodes: NodeState | None) -> str | None:
        found = successors(ClusterState(OLD, dict(zip(OLD.nodes, nodes, strict=True))), "server01")
        return " ".join(found) if found else None

    assert of(*AT_REST) == "server02"
    assert of(FIRST, node("server02", drained=True), THIRD, FOURTH) == "server03"
    assert of(FIRST, None, node("server03", up=False), FOURTH) == "server04"
    assert of(FIRST, None, node("server03", up=False), node("server04", drained=True)) is None


TWO = parse(f"{FILE}  VI_2: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}}\n", "managers")
TWO_OTHER = parse(f"{FILE}  VI_2: {{virtual_router_id: 77, virtual_ipaddress: [10.10.0.9]}}\n", "managers")
BOTH = [VIP, "10.10.0.9"]


def of_two(name: str, runs: Cluster, *holds: str, drained: bool = False) -> NodeState:
    """A node of two instances."""
    one = node(name, runs, drained=drained)
    said = (one.instances or {})["VI_1"]
    return one.model_copy(update={"holds": list(holds), "instances": {"VI_1": said, "VI_2": said}})


def seen(cluster: Cluster, *nodes: NodeState | None) -> ClusterState:
    return ClusterState(cluster, dict(zip(cluster.nodes, nodes, strict=True)))


def test_each_address_is_handed_to_the_node_that_takes_it_over() -> None:
    first = of_two("server01", TWO, *BOTH)
    second, third = of_two("server02", TWO), of_two("server03", TWO)
    fault = (second.instances or {})["VI_1"].model_copy(update={"state": "FAULT"})
    second = second.model_copy(update={"instances": {**(second.instances or {}), "VI_2": fault}})
    first = first.model_copy(update={"running_flag": Flag(path="/f", present=False)})
    state = seen(TWO_OTHER, first, second, third, of_two("server04", TWO))
    assert successors(state, "server01") == ["server02", "server03"]
    changed = parse(
        f"{FILE}  VI_2: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}}\nadvert_int: 0.2\n", "managers"
    )
    state = seen(changed, *state.nodes.values())
    words = plan_rollout(state, {name: text(changed, name) for name in changed.nodes}, ["server01"]).words
    assert words[1] == "  1. server01: hand 10.10.0.2 to server02, 10.10.0.9 to server03, restart keepalived"


def test_a_holder_waits_for_another_one_with_the_new_advert_settings() -> None:
    new = text(OTHER_ID, "server01")
    changed = [node(name, OTHER_ID) for name in ("server02", "server03", "server04")]
    second = changed[0].model_copy(update={"holds": [VIP]})
    backups = may_leave(seen(OTHER_ID, FIRST, second, THIRD, FOURTH), "server01", new)
    assert not backups.done
    assert backups.seen == "server03, server04 would take the addresses over with the old advert settings"
    assert taken_over(seen(OTHER_ID, FIRST, second, THIRD, FOURTH), "server01", new).done
    nobody = may_leave(seen(OTHER_ID, FIRST, *changed), "server01", new)
    assert not nobody.done
    assert nobody.seen.startswith("no other node with the new advert settings holds 10.10.0.2")
    assert may_leave(seen(OTHER_ID, FIRST, second, *changed[1:]), "server01", new).done


def test_a_drained_holder_may_stop_once_another_one_holds_also_what_a_drain_cannot_move() -> None:
    """VI_2 changes its virtual_router_id: server01 goes on holding it with the old one, alone, drained or not."""
    new = text(TWO_OTHER, "server01")
    old = of_two("server01", TWO, "10.10.0.9", drained=True)
    others = [of_two(name, TWO_OTHER) for name in ("server03", "server04")]

    def asked(first: NodeState, second: NodeState) -> bool:
        return may_stop(seen(TWO_OTHER, first, second, *others), "server01", new).done

    assert asked(old, of_two("server02", TWO_OTHER, *BOTH))
    assert asked(of_two("server01", TWO, drained=True), of_two("server02", TWO_OTHER, *BOTH))
    both = of_two("server01", TWO, *BOTH, drained=True)  # for a moment also VI_1, which a drain moves
    assert not asked(both, of_two("server02", TWO_OTHER, *BOTH))
    assert not asked(old, of_two("server02", TWO_OTHER, VIP))  # VI_2 would be without a holder
    assert not asked(old, of_two("server02", TWO_OTHER, "10.10.0.9"))  # VI_1 is
    assert not asked(of_two("server01", TWO, *BOTH, drained=True), of_two("server02", TWO_OTHER, "10.10.0.9"))
    assert not asked(old, of_two("server02", TWO, *BOTH))  # by the old settings, as it is itself


FOREIGN = "somebody else wrote /etc/keepalived/keepalived.conf. What it has and managers.yml has not: "


def foreign(one: NodeState, *contents: str, origin: str = "foreign") -> NodeState:
    configuration = one.configuration.model_copy(update={"origin": origin, "contents": list(contents)})
    return one.model_copy(update={"configuration": configuration})


def test_a_foreign_configuration_is_replaced_only_when_that_is_said() -> None:
    nodes = dict(
        zip(OLD.nodes, (FIRST, foreign(SECOND, "address 10.10.0.2", "address 10.10.0.7"), THIRD, FOURTH), strict=True)
    )
    state = ClusterState(OTHER_INTERVAL, nodes)
    texts = {name: text(OTHER_INTERVAL, name) for name in OLD.nodes}
    with pytest.raises(Refused) as refused:
        plan_rollout(state, texts, list(OLD.nodes), force=True)
    assert f"{FOREIGN}server02: address 10.10.0.7. To replace it" in str(refused.value)
    assert str(refused.value).endswith(":")  # the command follows
    assert refused.value.option == "adopt"
    assert len(plan_rollout(state, texts, ["server01", "server03", "server04"]).batches) == 3
    words = plan_rollout(state, texts, list(OLD.nodes), adopt=True).words
    assert (
        "  server02: somebody else wrote its keepalived.conf; a copy is kept. Lost with it: address 10.10.0.7" in words
    )


def test_what_was_changed_by_hand_is_told_before_it_goes() -> None:
    nodes = dict(
        zip(OLD.nodes, (FIRST, SECOND, THIRD, foreign(FOURTH, "nopreempt of VI_1", origin="edited")), strict=True)
    )
    texts = {name: text(OTHER_INTERVAL, name) for name in OLD.nodes}
    words = plan_rollout(ClusterState(OTHER_INTERVAL, nodes), texts, list(OLD.nodes)).words
    assert (
        "  server04: somebody has changed its keepalived.conf; a copy is kept. Lost with it: nopreempt of VI_1" in words
    )


@pytest.mark.parametrize("targets", ["1234", "1"])
def test_a_daemon_of_which_nobody_knows_what_it_runs_is_not_rolled_over(targets: str) -> None:
    configuration = FOURTH.configuration.model_copy(update={"running": None, "advert_settings": None})
    unknown = FOURTH.model_copy(update={"configuration": configuration})
    with pytest.raises(Refused, match="what keepalived on server04 runs with cannot be told"):
        batches(OTHER_INTERVAL, FIRST, SECOND, THIRD, unknown, targets=targets)
    assert batches(OTHER_INTERVAL, FIRST, SECOND, THIRD, unknown, targets=targets, force=True)


def holders_on_the_way(before: Cluster, after: Cluster) -> tuple[list[list[str]], list[str]]:
    """The batches from `before`, at rest, to `after`; and who holds the address after each, by keepalived's rule."""
    best = before.order("VI_1")[0]
    nodes = {
        name: node(name, before, holds=name == best) if name in before.nodes else node(name, after, up=False)
        for name in after.nodes
    }
    state = ClusterState(after, nodes)
    found = plan_rollout(state, {name: text(after, name) for name in after.nodes}, list(after.nodes)).batches
    priorities = {
        name: before.effective_priority("VI_1", name, drained=False) for name in before.nodes if name in after.nodes
    }
    holder, seen = best, []
    for batch in found:
        priorities |= {name: after.effective_priority("VI_1", name, drained=False) for name in batch}
        strongest = max(priorities, key=lambda name: (priorities[name], name == holder))
        holder = strongest if priorities[strongest] > priorities[holder] else holder
        seen.append(holder)
    return [list(batch) for batch in found], seen


NAMES = ["server01", "server02", "server03", "server04", "server05", "server06"]


@settings(deadline=None, derandomize=True, database=None)
@given(
    st.integers(2, 6),
    st.integers(2, 6),
    st.sampled_from([1, 10]),
    st.sampled_from([1, 10]),
    st.sampled_from([100, 120]),
    st.sampled_from([100, 120]),
)
def test_no_address_moves_because_priorities_rise_or_fall(
    few: int, many: int, step: int, new_step: int, weight: int, new_weight: int
) -> None:
    """Nodes join or leave at the end, and steps and weights change: the first node is the best before and after."""

    def cluster(count: int, step: int, weight: int) -> Cluster:
        nodes = ", ".join(f"{name}: 10.10.0.{number}" for number, name in enumerate(NAMES[:count], 3))
        return parse(
            f"nodes: {{{nodes}}}\ninstances: {{VI_1: {{virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}}}}\n"
            f"priority_step: {step}\ndrain: {{weight: {weight}}}\non_change: reload\n",
            "managers",
        )

    before, after = cluster(few, step, weight), cluster(many, new_step, new_weight)
    ordered, seen = holders_on_the_way(before, after)
    assert set(seen) <= {"server01"}, ordered


UNDER_WAY = "server01 was drained 42 s ago by a deploy of somebody, which may be under way"


@pytest.mark.parametrize(
    ("seconds", "refused"), [(42.0, True), (0.0, True), (299.9, True), (300.0, False), (None, False)]
)
def test_a_deploy_that_may_be_under_way_is_not_undone(seconds: float | None, refused: bool) -> None:
    left = node("server01", left=True).model_copy(update={"flag_seconds": seconds})
    state = ClusterState(OLD, dict(zip(OLD.nodes, (left, node("server02", holds=True), THIRD, FOURTH), strict=True)))
    texts = {name: text(OLD, name) for name in OLD.nodes}
    if not refused:
        assert plan_rollout(state, texts, list(OLD.nodes)).batches == (("server01",),)
        return
    with pytest.raises(Refused, match=UNDER_WAY.replace("42", f"{seconds:.0f}")):
        plan_rollout(state, texts, list(OLD.nodes))
    assert plan_rollout(state, texts, list(OLD.nodes), resume=True).batches == (("server01",),)
    assert under_way(left, own="5a1c")


def test_a_flag_from_the_future_is_not_taken_for_one_that_was_left_behind() -> None:
    left = node("server01", left=True).model_copy(update={"flag_seconds": -5.0})
    state = ClusterState(OLD, dict(zip(OLD.nodes, (left, node("server02", holds=True), THIRD, FOURTH), strict=True)))
    texts = {name: text(OLD, name) for name in OLD.nodes}
    with pytest.raises(Refused, match="its flag is 5 s in the future by the node's own clock") as refused:
        plan_rollout(state, texts, list(OLD.nodes))
    assert refused.value.option == "resume"
    assert plan_rollout(state, texts, list(OLD.nodes), resume=True).batches == (("server01",),)


BOTH_NETWORKS = {"enp0s3": ["10.10.0.0/24"], "shim": ["10.10.1.0/24"]}


def received(one: NodeState, priority: int | None = 103, state: str = "BACKUP") -> NodeState:
    """The node, which has heard a holder of this priority."""
    assert one.instances is not None
    said = one.instances["VI_1"].model_copy(update={"master_priority": priority, "state": state})
    return one.model_copy(update={"instances": {"VI_1": said}})


def after_one(first: NodeState, *others: NodeState) -> ClusterState:
    """server01 still has its instance on another interface."""
    return ClusterState(OLD, {"server01": first, **dict(zip(list(OLD.nodes)[1:], others, strict=True))})


def test_a_holder_waits_for_no_other_one_where_the_new_interface_is_on_the_same_wire() -> None:
    holder = on(FIRST, "shim", **BOTH_NETWORKS)
    new = [on(one, "enp0s3", **BOTH_NETWORKS) for one in (SECOND, THIRD, FOURTH)]
    text_of_first = text(OLD, "server01")
    assert incompatible(holder, text_of_first) == {"VI_1"}  # by the networks
    assert not may_leave(after_one(holder, *new), "server01", text_of_first).hopeless  # nobody has heard anything yet
    heard = [received(one) for one in new]
    assert may_leave(after_one(holder, *heard), "server01", text_of_first).hopeless
    assert not may_leave(after_one(holder, heard[0], *new[1:]), "server01", text_of_first).hopeless
    taken = [received(node("server02", holds=True), None, "MASTER"), *heard[1:]]
    assert may_leave(after_one(holder, *taken), "server01", text_of_first).done
    # Another virtual_router_id parts for sure, whatever was heard before.
    other_id = text(OTHER_ID, "server01")
    renumbered = [received(node(name, OTHER_ID)) for name in ("server02", "server03", "server04")]
    state = ClusterState(OTHER_ID, after_one(FIRST, *renumbered).nodes)
    assert not may_leave(state, "server01", other_id).hopeless


def test_nodes_on_the_interface_of_before_would_take_over_with_the_old_settings() -> None:
    networks = {"enp0s3": ["10.10.0.0/24"], "enp0s8": ["192.0.2.0/24"]}
    holder, left = on(FIRST, "enp0s8", **networks), on(THIRD, "enp0s8", **networks)
    new = [on(one, "enp0s3", **networks) for one in (SECOND, FOURTH)]
    seen = may_leave(after_one(holder, new[0], left, new[1]), "server01", text(OLD, "server01"))
    assert seen.seen == "server03 would take the addresses over with the old advert settings"


TWO_INSTANCES = f"{FILE}  VI_2: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}}\n"


def test_a_holder_of_two_instances_waits_only_for_the_one_that_parts() -> None:
    old, new = (parse(file, "managers") for file in (TWO_INSTANCES, TWO_INSTANCES.replace("52", "77")))

    def running(name: str, runs: Cluster, *held: str) -> NodeState:
        one = node(name, runs)
        said = (one.instances or {})["VI_1"]
        return one.model_copy(update={"holds": list(held), "instances": dict.fromkeys(old.instances, said)})

    first = running("server01", old, VIP, "10.10.0.9")
    others = [running(name, new) for name in ("server03", "server04")]
    waits = ClusterState(new, dict(zip(new.nodes, [first, running("server02", new), *others], strict=True)))
    over = ClusterState(new, {**waits.nodes, "server02": running("server02", new, "10.10.0.9")})
    told = text(new, "server01")
    assert (may_leave(waits, "server01", told).done, may_leave(waits, "server01", told).hopeless) == (False, False)
    assert (may_leave(over, "server01", told).done, may_leave(over, "server01", told).hopeless) == (False, True)


def test_an_excluded_address_is_not_missed_before_its_holder_is_changed() -> None:
    file = FILE.replace("virtual_ipaddress:", "virtual_ipaddress_excluded: [10.10.0.9], virtual_ipaddress:")
    new = parse(file, "managers")
    changed = [received(node(name, new)) for name in ("server02", "server03", "server04")]
    before = ClusterState(new, dict(zip(new.nodes, [FIRST, *changed], strict=True)))
    assert before.not_yet("VI_1", "10.10.0.9")
    assert not before.not_yet("VI_1", VIP)
    assert unheld(before) == []
    assert settled(before, "server04", text(new, "server04")).done
    after = ClusterState(new, {**before.nodes, "server01": node("server01", new, holds=True)})
    assert not after.not_yet("VI_1", "10.10.0.9")
    assert unheld(after) == ["10.10.0.9"]
    assert not settled(after, "server04", text(new, "server04")).done
