"""Several instances: orders of their own, active-active in short, versions and intervals, and disabled ones."""

import pytest

from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError, parse

NODES = "nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}\n"
ONE = "virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]"
THREE = "virtual_router_id: 51, virtual_ipaddress: [10.10.0.2, 10.10.0.9, 10.10.0.10]"


def with_instances(instances: str, **others: str) -> Cluster:
    """A cluster of three nodes with these instances, and values of other keys."""
    keys = {"instances": f"{{{instances}}}", **others}
    return parse(NODES + "".join(f"{key}: {value}\n" for key, value in keys.items()), "m")


def test_a_list_of_addresses_is_enough_for_active_active() -> None:
    found = with_instances(f"web: {{{THREE}, active_active: true}}")
    assert {
        name: (instance.virtual_router_id, instance.addresses, found.order(name))
        for name, instance in found.instances.items()
    } == {
        "web_1": (51, ["10.10.0.2"], ["server01", "server02", "server03"]),
        "web_2": (52, ["10.10.0.9"], ["server02", "server03", "server01"]),
        "web_3": (53, ["10.10.0.10"], ["server03", "server01", "server02"]),
    }
    for name in found.instances:
        assert sorted(found.drained_priority(name, node) for node in found.nodes) == [1, 2, 3]


def test_a_preferred_node_comes_first_and_the_others_follow_in_the_order_of_the_file() -> None:
    one = with_instances(f"a: {{{ONE}, prefer: server03}}")
    two = with_instances(f"a: {{{ONE}, prefer: [server03, server02]}}")
    assert one.order("a") == ["server03", "server01", "server02"]
    assert two.order("a") == ["server03", "server02", "server01"]


def test_a_disabled_instance_is_in_the_file_alone() -> None:
    other = "virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]"
    found = with_instances(f"a: {{{ONE}}}, b: {{{other}, disable: true}}")
    assert list(found.instances) == ["a"]
    assert found.addresses == ["10.10.0.2"]


def test_an_instance_has_its_own_version_and_interval() -> None:
    other = "virtual_router_id: 52, virtual_ipaddress: [10.10.0.9], version: 2"
    found = with_instances(f"a: {{{ONE}}}, b: {{{other}}}", advert_int="0.3")
    assert [(found.version(name), found.advert_seconds(name)) for name in "ab"] == [(3, 0.3), (2, 1.0)]
    assert found.move_seconds == 1 + 5 * 1.0 + 1  # by the slowest


REFUSED = [
    (f"a: {{{ONE}, prefer: server04}}", {}, "instances.a.prefer: server04 is not a node of this file: server01, "
     "server02, server03"),
    (f"a: {{{ONE}, prefer: [server01, server01]}}", {}, "instances.a.prefer: names a node twice"),
    (f"a: {{{THREE}, prefer: server01, active_active: true}}", {},
     "instances.a.prefer: active_active gives each address an order of its own: leave it out"),
    (f"a: {{{ONE}, active_active: true}}", {}, "instances.a.active_active: needs an address for each node that is to "
     "be active: virtual_ipaddress has one"),
    (f"a: {{{THREE.replace('51', '254')}, active_active: true}}", {},
     "instances.a.virtual_router_id: the last address would have 256: begin lower"),
    (f"a: {{{THREE}, active_active: true}}, a_2: {{virtual_router_id: 60, virtual_ipaddress: [10.10.0.20]}}", {},
     "instances.a.active_active: its address 2 would be a_2, which is in the file: rename that one"),
    (f"a: {{{THREE}, active_active: true}}, b: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.20]}}", {},
     "instances.b.virtual_router_id: 52 is used by a_2 on the same network"),
    (f"a: {{{ONE}, disable: true}}", {}, "instances: all are disabled: a cluster needs one"),
    (f"a: {{{ONE}, advert_int: 0.3, version: 2}}", {},
     "instances.a.advert_int: 0.3 cannot be expressed by VRRPv2 (whole seconds, 1..255)"),
    (f"a: {{{ONE}, prefer: server02}}", {"nodes": "{server01: {address: 10.10.0.3, priority: 7}, server02: 10.10.0.4}"},
     "instances.a.prefer: server01 has a pinned priority, which counts in every instance: leave one of them out"),
]  # fmt: skip


@pytest.mark.parametrize(("instances", "others", "fault"), REFUSED)
def test_what_contradicts_itself_is_refused(instances: str, others: dict[str, str], fault: str) -> None:
    keys = {"nodes": NODES.partition(" ")[2].strip(), "instances": f"{{{instances}}}", **others}
    with pytest.raises(ClusterError) as refused:
        parse("".join(f"{key}: {value}\n" for key, value in keys.items()), "m")
    assert f"m.yml: {fault}" in refused.value.faults


def test_active_active_and_nopreempt_contradict_each_other() -> None:
    with pytest.raises(ClusterError, match=r"instances\.web\.nopreempt: an address that has moved never goes back"):
        with_instances(f"web: {{{THREE}, active_active: true, nopreempt: true}}")
