"""Sync groups: which instances may be in one, and whose checks count."""

import pytest

from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError, parse

FILE = """\
nodes: {{server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}}
instances:
  inside: {{virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]{inside}}}
  outside: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]{outside}}}
  alone: {{virtual_router_id: 53, virtual_ipaddress: [10.10.0.10]{alone}}}
sync_groups: {{{groups}}}
checks: {{web: {{http: "http://127.0.0.1/"}}, disk: {{command: test -w /var, weight: 10}}}}
"""


def cluster(groups: str = "router: {group: [inside, outside]}", **instances: str) -> Cluster:
    """Three instances, each with more keys where they are given, and these groups."""
    given = dict.fromkeys(("inside", "outside", "alone"), "") | {name: f", {keys}" for name, keys in instances.items()}
    return parse(FILE.format(groups=groups, **given), "m")


def test_an_instance_is_in_one_group_or_in_none() -> None:
    found = cluster()
    assert [found.group_of(name) for name in found.instances] == ["router", "router", None]


def test_the_checks_of_a_group_are_those_of_its_instances() -> None:
    found = cluster("router: {group: [inside, outside], checks: [disk]}")
    assert [list(found.checks_of(name)) for name in found.instances] == [["disk"], ["disk"], ["web", "disk"]]
    assert list(cluster().checks_of("inside")) == ["web", "disk"]
    assert found.effective_priority("inside", "server01", drained=False, failing=["disk"]) == 103


@pytest.mark.parametrize(
    "instances",
    [
        {"inside": "prefer: server02", "outside": "prefer: [server02, server01]"},
        {"inside": "prefer: server01"},
        {"inside": "nopreempt: true", "outside": "nopreempt: true"},
        {"alone": "prefer: server03"},
        {"alone": "disable: true"},
    ],
)
def test_instances_with_the_same_order_of_nodes_may_be_in_a_group(instances: dict[str, str]) -> None:
    assert cluster(**instances).sync_groups["router"].group == ["inside", "outside"]


def test_a_disabled_instance_is_left_out_of_its_group() -> None:
    found = cluster("router: {group: [inside, outside, alone]}", alone="disable: true")
    assert found.sync_groups["router"].group == ["inside", "outside"]


GROUP = "sync_groups.router.group"
REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("router: {group: [inside]}", {}, f"{GROUP}: "),
    ("router: {group: [inside, inside]}", {}, f"{GROUP}: names inside twice"),
    (
        "router: {group: [inside, outsid]}",
        {},
        f"{GROUP}: outsid is not an instance of this file: inside, outside, alone",
    ),
    (
        "router: {group: [inside, outside]}, other: {group: [alone, inside]}",
        {},
        "sync_groups.other.group: inside is in router already: an instance is in one group",
    ),
    (
        "router: {group: [inside, outside]}",
        {"outside": "prefer: server02"},
        f"{GROUP}: the order of nodes is server01, server02, server03 for inside and server02, server01, server03 for "
        "outside: no node would hold both for long. Give them the same nodes, prefer and priorities",
    ),
    (
        "router: {group: [inside, alone]}",
        {"alone": "active_active: true"},
        f"{GROUP}: alone: active_active spreads its addresses over the nodes, and a group has them on one node: leave "
        "one of them out",
    ),
    (
        "router: {group: [inside, outside]}",
        {"outside": "disable: true"},
        f"{GROUP}: all but one of its instances are disabled: a group needs two",
    ),
    (
        "router: {group: [inside, outside]}",
        {"outside": "nopreempt: true"},
        f"{GROUP}: inside and outside move together: give them the same nopreempt",
    ),
    (
        "router: {group: [inside, outside]}",
        {"inside": "preempt_delay: 5"},
        f"{GROUP}: inside and outside move together: give them the same preempt_delay",
    ),
    (
        "router: {group: [inside, outside]}",
        {"outside": "checks: [web]"},
        "instances.outside.checks: keepalived counts the checks of the group router for its instances: write them at "
        "sync_groups.router.checks",
    ),
    (
        "router: {group: [inside, outside], checks: [wib]}",
        {},
        "sync_groups.router.checks: wib is not a check of this file: web, disk",
    ),
    (
        "router: {group: [inside, outside], smtp_alert: true}",
        {},
        "sync_groups.router.smtp_alert: no mail is sent: smtp must name the mail server and who gets it",
    ),
    (
        "router: {group: [inside, outside], notify: {user: nobody}}",
        {},
        "sync_groups.router.notify: needs one of command, script",
    ),
]


@pytest.mark.parametrize(("groups", "instances", "fault"), REFUSED)
def test_what_cannot_move_together_is_refused(groups: str, instances: dict[str, str], fault: str) -> None:
    with pytest.raises(ClusterError) as refused:
        cluster(groups, **instances)
    assert any(line.startswith(f"m.yml: {fault}") for line in str(refused.value).splitlines()), str(refused.value)


PINNED = """\
nodes:
  server01: {{address: 10.10.0.3, instances: {{inside: {{priority: {inside}}}, outside: {{priority: 20}}}}}}
  server02: {{address: 10.10.0.4, instances: {{inside: {{priority: 5}}, outside: {{priority: 5}}}}}}
instances:
  inside: {{virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}}
  outside: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}}
sync_groups: {{router: {{group: [inside, outside]}}}}
checks: {{disk: {{command: test -w /var{weight}}}}}
"""


def test_a_check_with_weight_changes_the_order_in_all_instances_of_a_group_or_in_none() -> None:
    with pytest.raises(ClusterError) as refused:
        parse(PINNED.format(inside=10, weight=", weight: 7"), "m")
    assert refused.value.faults == [
        f"m.yml: {GROUP}: server01 is above server02 by 5 in inside and 15 in outside: a failing check with weight "
        "could give one to each of them. Pin the same priorities in both, or let no check have a weight"
    ]
    for inside, weight in ((20, ", weight: 7"), (10, "")):
        assert parse(PINNED.format(inside=inside, weight=weight), "m").group_of("inside") == "router"
