"""Plans say on which nodes notify commands run and who sends mail, and say nothing where nobody does."""

import pytest

from keepalived.conf.adverts import advert_settings
from keepalived.conf.render import configuration
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.guard import drain_plan, restore_plan
from keepalived.plan.maintenance import plan_maintenance
from keepalived.plan.notified import notified_in_words
from keepalived.plan.rollout import due, missing_scripts, needless_scripts, plan_rollout
from keepalived.spec.cluster_file import parse
from tests.unit.cluster_states import AT_REST, DRAINED, FIRST, ONE, SECOND, THIRD, TWO, VIP, but, node, state

NOTIFY = ONE.replace("[10.10.0.2]", "[10.10.0.2], notify_master: 'true'")
MAIL = f"""{ONE.replace("[10.10.0.2]", "[10.10.0.2], smtp_alert: true")}
smtp: {{notification_email: [a@example.org], smtp_server: 10.10.0.25}}
"""
BOTH = ("VI_1", "VI_2")
TWO_NODES = [node(103, VIP, instances=BOTH), node(102, "10.10.0.9", instances=BOTH), node(101, instances=BOTH)]


def runs_on(seen: ClusterState, *targets: str) -> list[str]:
    """What the plan of a drain says beside the moves."""
    return drain_plan(seen, targets)[1:]


@pytest.mark.parametrize(
    ("seen", "target", "words"),
    [
        (AT_REST, "server01", []),
        (state(FIRST, SECOND, THIRD, text=NOTIFY), "server03", []),
        (state(FIRST, SECOND, THIRD, text=NOTIFY), "server01",
         ["the notify commands of VI_1 run on server01, server02"]),
        (state(FIRST, SECOND, THIRD, text=MAIL), "server01", ["mail about VI_1 is sent by server01, server02"]),
        (state(*TWO_NODES, text=TWO.replace("[10.10.0.9]", "[10.10.0.9], notify: x")), "server02",
         ["the notify commands of VI_2 run on server02, server01"]),
    ],
)  # fmt: skip
def test_a_drain_says_who_is_told(seen: ClusterState, target: str, words: list[str]) -> None:
    assert runs_on(seen, target) == [f"  {line}" for line in words]


def test_a_restore_says_who_is_told() -> None:
    seen = state(DRAINED, node(102, VIP), THIRD, text=NOTIFY)
    assert restore_plan(seen, ["server01"])[1:] == ["  the notify commands of VI_1 run on server02, server01"]


def test_a_reboot_tells_the_nodes_of_the_run_and_those_that_hold_meanwhile() -> None:
    seen = state(FIRST, SECOND, THIRD, text=NOTIFY)
    told = plan_maintenance(seen, "reboot", {"server03": "do"}).words[-1]
    assert told == "  the notify commands of VI_1 run on server03"
    told = plan_maintenance(seen, "reboot", {"server01": "do"}).words[-1]
    assert told == "  the notify commands of VI_1 run on server01, server02"


def texts(seen: ClusterState) -> dict[str, str]:
    return {name: configuration(seen.cluster, name, {"VI_1": "enp0s3"}) for name in seen.nodes}


def running(one: NodeState) -> NodeState:
    """`one` as it runs the cluster file without notify commands, but with scripts."""
    settings = advert_settings(texts(AT_REST)["server01"])
    more = {"advert_settings": settings, "runs_scripts": True}
    return but(one, running_flag=one.flag, configuration=but(one.configuration, **more))


@pytest.mark.parametrize(
    ("on_change", "told"),
    [("restart", ["  the notify commands of VI_1 run on server03, server02, server01"]), ("reload", [])],
)
def test_a_rollout_that_restarts_says_who_is_told_and_one_that_reloads_tells_nobody(
    on_change: str, told: list[str]
) -> None:
    seen = state(*map(running, (FIRST, SECOND, THIRD)), text=f"{NOTIFY}on_change: {on_change}\n")
    words = plan_rollout(seen, texts(seen), list(seen.nodes)).words
    assert [line for line in words if f"{on_change} keepalived" in line]
    assert [line for line in words if "notify" in line] == told


def test_the_script_of_a_command_is_put_in_place_and_removed_with_it() -> None:
    with_command, without = state(FIRST, SECOND, THIRD, text=NOTIFY).cluster, AT_REST.cluster
    text = configuration(with_command, "server01", {"VI_1": "enp0s3"})
    (script,) = missing_scripts(with_command, FIRST, text)
    placed: NodeState = but(FIRST, scripts={script.name: len(script.text)})
    assert missing_scripts(with_command, placed, text) == []
    assert needless_scripts(with_command, placed, text) == []
    assert needless_scripts(without, placed, "") == [script.path]


def test_the_first_command_comes_by_restart_and_the_next_by_reload() -> None:
    seen = state(FIRST, SECOND, THIRD, text=f"{NOTIFY}on_change: reload\n")
    text = texts(seen)["server01"]
    having = running(FIRST)
    without = but(having, configuration=but(having.configuration, runs_scripts=False))
    assert (due(seen.cluster, without, text), due(seen.cluster, having, text)) == ("restart", "reload")


def test_the_commands_of_a_group_run_where_one_of_its_instances_changes() -> None:
    cluster = parse(f"{TWO}sync_groups: {{VI_1: {{group: [VI_1, VI_2], notify: logger moved}}}}\n", "managers")
    assert notified_in_words(cluster, {"VI_2": ["server01", "server02"]}) == [
        "  the notify commands of VI_1 run on server01, server02"
    ]
    assert notified_in_words(cluster, {}) == []
