"""A node that takes no part in an instance: it counts for nothing there, and that is no fault."""

from keepalived.conf.adverts import advert_settings
from keepalived.conf.render import configuration
from keepalived.observed.cluster import ClusterState
from keepalived.observed.names import under_our_names
from keepalived.observed.node import NodeState
from keepalived.operations.deploy import lacking
from keepalived.plan.diagnosis.findings import Evidence
from keepalived.plan.diagnosis.registry import problems
from keepalived.plan.election import observed
from keepalived.plan.guard import drain_plan, drain_refusal
from keepalived.plan.rollout import due, plan_rollout, reload_carries
from keepalived.plan.verdicts import in_service, may_leave, out_of_service, settled
from tests.unit.cluster_states import ONE, TWO, VIP, but, drop_in_of, node, state

OUT = "10.10.0.9"
FILE = TWO.replace("virtual_ipaddress: [10.10.0.9]", "virtual_ipaddress: [10.10.0.9], nodes: [server01, server02]")
BOTH = ("VI_1", "VI_2")
FIRST, SECOND = node(103, VIP, OUT, instances=BOTH), node(102, instances=BOTH)
THIRD = node(101)


def seen(*nodes: NodeState | None, text: str = FILE) -> ClusterState:
    return state(*(nodes or (FIRST, SECOND, THIRD)), text=text)


def running(state: ClusterState, *names: str, file: str = FILE, placed: bool = True) -> ClusterState:
    """The same, and these nodes run what `file` asks for."""
    cluster = seen(text=file).cluster
    nodes = dict(state.nodes)
    for name in names:
        one = nodes[name]
        assert one is not None
        text = configuration(cluster, name, dict.fromkeys(cluster.instances, "enp0s3"))
        settings = {"advert_settings": advert_settings(text), "running": None}
        unit = but(one.unit, **drop_in_of(cluster))
        nodes[name] = but(one, configuration=but(one.configuration, **settings), unit=unit, running_flag=one.flag)
    return ClusterState(state.cluster, nodes)


def test_it_is_no_candidate_and_the_words_say_so() -> None:
    election = observed(seen())
    assert list(election.candidates["VI_2"]) == ["server01", "server02"]
    assert election.why_not("VI_2", "server03") == "server03 does not take part in VI_2"
    assert election.can_serve("VI_2") == ["server01", "server02"]
    assert election.holds("server01") == [VIP, OUT]
    assert election.nodes == ["server01", "server02", "server03"]


def test_a_drain_is_refused_for_what_is_left_and_not_for_what_it_has_no_part_in() -> None:
    drained = node(3, instances=BOTH, drained=True)
    assert drain_refusal(seen(FIRST, drained, THIRD), ["server01"]) == (
        "no node would be left to serve 10.10.0.9: server01 is to be drained, server02 is drained, server03 does not "
        "take part in VI_2"
    )
    fault = node(102, instances=BOTH, says="FAULT")
    nobody = seen(node(103, VIP, instances=("VI_1",)), but(fault, instances={"VI_1": SECOND.instances["VI_1"]}), THIRD)
    assert drain_refusal(nobody, ["server03"]) is None


def test_its_drain_moves_nothing_and_another_one_goes_to_who_takes_part() -> None:
    assert "nothing moves" in drain_plan(seen(), ["server03"])[0]
    alone = seen(FIRST, node(3, instances=BOTH, drained=True), THIRD)
    (line,) = [line for line in drain_plan(alone, ["server01"]) if "goes" in line]
    assert "10.10.0.2 goes from server01 to server03" in line
    assert "10.10.0.9 goes from server01 to server02" in line


def test_it_is_in_and_out_of_service_without_the_instance() -> None:
    assert in_service(seen(), "server03").done
    assert out_of_service(seen(FIRST, SECOND, node(1, drained=True)), "server03").done
    assert "does not know VI_2" in in_service(seen(FIRST, THIRD, THIRD), "server02").seen


def test_nobody_is_waited_for_who_takes_no_part() -> None:
    each = TWO.replace("[10.10.0.2]", "[10.10.0.2], nodes: [server01, server02]").replace(
        "[10.10.0.9]", "[10.10.0.9], nodes: [server01, server03]"
    )
    holding = node(3, VIP, OUT, instances=BOTH, drained=True)
    second, third = node(102), node(101, instances=("VI_2",))
    now = seen(holding, second, third, text=each)
    assert out_of_service(now, "server01").seen == "still holds 10.10.0.2, 10.10.0.9"
    gone = out_of_service(seen(holding, second, node(None, active="inactive"), text=each), "server01")
    assert gone.seen == (
        "still holds 10.10.0.2, 10.10.0.9: no other node can take over (server02 does not take part in VI_2, "
        "keepalived is inactive on server03)"
    )


def test_status_has_nothing_to_say_of_it() -> None:
    ids = {problem.id for problem in problems(Evidence(seen(), texts={}, answers={}))}
    assert "instance-missing" not in ids
    assert "instance-missing" in {one.id for one in problems(Evidence(seen(text=TWO), texts={}, answers={}))}


def test_the_holder_need_not_wait_for_it() -> None:
    """All run what is wanted; only then does each accept the others' adverts."""
    now = running(seen(), "server01", "server02", "server03")
    cluster = now.cluster
    text = configuration(cluster, "server01", dict.fromkeys(cluster.instances, "enp0s3"))
    assert now.accepting(text, "server01") == ["server01", "server02", "server03"]
    old = running(now, "server03", file=TWO)
    assert old.accepting(text, "server01") == ["server01", "server02"]
    assert "server03 would take the addresses over" in may_leave(old, "server01", text).seen
    assert not settled(old, "server03", text).done


def test_a_holder_that_is_left_out_hands_over_also_where_changes_come_by_reload() -> None:
    file = f"{TWO}on_change: reload\n"
    left = file.replace("[10.10.0.9]", "[10.10.0.9], nodes: [server02, server03]")
    third = node(101, instances=BOTH)
    now = running(seen(FIRST, SECOND, third, text=left), "server01", "server02", "server03", file=file)
    texts = {name: configuration(now.cluster, name, dict.fromkeys(BOTH, "enp0s3")) for name in now.nodes}
    first, second = now.nodes["server01"], now.nodes["server02"]
    assert first is not None
    assert second is not None
    assert not reload_carries(first, texts["server01"])
    assert due(now.cluster, first, texts["server01"]) == "restart"
    assert due(now.cluster, second, texts["server02"]) == "reload"
    plan = plan_rollout(now, texts, list(now.nodes))
    assert plan.batches[-1] == ("server01",)
    words = "\n".join(plan.words)
    assert "hand 10.10.0.2, 10.10.0.9 to server02, restart keepalived" in words
    assert "afterwards 10.10.0.9 (VI_2) is on server02" in words
    assert "afterwards 10.10.0.2" not in words


def test_who_still_runs_what_it_is_left_out_of_counts_until_it_is_changed() -> None:
    left = TWO.replace("[10.10.0.9]", "[10.10.0.9], nodes: [server02, server03]")
    election = observed(seen(FIRST, SECOND, node(101, instances=BOTH), text=left))
    assert election.winner("VI_2") == "server01"
    assert election.holds("server01") == [VIP, OUT]


def test_an_instance_without_addresses_is_held_by_who_says_master() -> None:
    file = ONE.replace("virtual_ipaddress: [10.10.0.2]", "no_virtual_ipaddress: true")
    cluster = seen(text=file).cluster
    assert (cluster.addresses, cluster.all_held) == ([], ["VI_1"])
    nodes = [node(103, says="MASTER"), node(102), node(101)]
    told = {name: under_our_names(cluster, one) for name, one in zip(cluster.nodes, nodes, strict=True)}
    now = ClusterState(cluster, told)
    assert now.who_holds() == "VI_1 is held by server01"
    assert observed(now).holds("server01") == ["VI_1"]
    assert "VI_1 goes from server01 to server02" in drain_plan(now, ["server01"])[0]
    still = ClusterState(cluster, {**told, "server01": but(told["server01"], drained=True)})
    assert not out_of_service(still, "server01").done
    moved = [under_our_names(cluster, one) for one in (node(3, drained=True), node(102, says="MASTER"), node(101))]
    assert out_of_service(ClusterState(cluster, dict(zip(told, moved, strict=True))), "server01").done
    text = configuration(cluster, "server01", {"VI_1": "enp0s3"})
    assert "    no_virtual_ipaddress\n" in text
    assert "virtual_ipaddress {" not in text


def test_a_node_with_an_older_keepalived_cannot_have_one() -> None:
    file = FILE.replace("virtual_ipaddress: [10.10.0.9]", "no_virtual_ipaddress: true")
    cluster = seen(text=file).cluster
    assert lacking(cluster, "server01", "2.2.7") == (
        "keepalived 2.2.7 does not know the no_virtual_ipaddress of VI_2: 2.2.8 or newer is needed. Upgrade it, or "
        "leave server01 out with instances.VI_2.nodes"
    )
    assert lacking(cluster, "server03", "2.2.7") is None  # it takes no part
    assert lacking(cluster, "server01", "2.2.8") is lacking(cluster, "server01", "2.3.3") is None


def test_without_nodes_all_take_part() -> None:
    assert observed(state(FIRST, SECOND, THIRD, text=ONE)).can_serve("VI_1") == ["server01", "server02", "server03"]
