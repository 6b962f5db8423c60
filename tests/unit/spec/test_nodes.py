"""What differs by node: interfaces, priorities and senders of its own, and instances that it takes no part in."""

import pytest

from keepalived.conf.render import configuration
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError, parse

VI_OUT = "virtual_router_id: 60, virtual_ipaddress: [192.0.2.2]"


def cluster(
    server01: str = "",
    *,
    outside: str = "",
    more: str = "",
    server03: str = "",
    inside: str = "",
    address: str = "10.10.0.2",
) -> Cluster:
    """Three nodes, two instances, and further keys for some of them."""
    return parse(
        "nodes:\n"
        f"  server01: {{address: 10.10.0.3{server01 and ', ' + server01}}}\n"
        "  server02: 10.10.0.4\n"
        f"  server03: {{address: 10.10.0.5{server03 and ', ' + server03}}}\n"
        "instances:\n"
        f"  VI_IN: {{virtual_router_id: 51, virtual_ipaddress: [{address}]{inside and ', ' + inside}}}\n"
        f"  VI_OUT: {{{VI_OUT}{outside and ', ' + outside}}}\n"
        f"{more}",
        "m",
    )


LEFT_OUT = "nodes: [server02, server01]"


def test_a_node_may_have_its_own_interface_for_one_instance_or_for_all() -> None:
    found = cluster(
        "interface: eth5, instances: {VI_OUT: {interface: eth6}}", outside="interface: eth7", server03="interface: eth7"
    )
    assert [found.interface("VI_OUT", node) for node in found.nodes] == ["eth6", "eth7", "eth7"]
    assert [found.interface("VI_IN", node) for node in found.nodes] == ["eth5", None, "eth7"]


def test_a_priority_is_pinned_for_one_instance_or_for_all() -> None:
    found = cluster("instances: {VI_OUT: {priority: 9}}")
    assert [found.drained_priority("VI_OUT", node) for node in found.nodes] == [9, 2, 1]
    assert [found.drained_priority("VI_IN", node) for node in found.nodes] == [3, 2, 1]
    found = cluster("priority: 7, instances: {VI_OUT: {priority: 9}}")
    assert [found.drained_priority(instance, "server01") for instance in found.instances] == [7, 9]


def test_a_node_that_is_left_out_has_no_such_instance() -> None:
    found = cluster(outside=LEFT_OUT + ", unicast: true")
    assert found.members("VI_OUT") == found.order("VI_OUT") == ["server01", "server02"]
    assert list(found.instances_of("server03")) == ["VI_IN"]
    assert [found.effective_priority("VI_OUT", node, drained=False) for node in found.members("VI_OUT")] == [102, 101]
    text = configuration(found, "server03", {"VI_IN": "eth0"})
    assert "VI_OUT" not in text
    assert "192.0.2.2" not in text
    text = configuration(found, "server01", {"VI_IN": "eth0", "VI_OUT": "eth1"})
    assert "unicast_peer {\n        10.10.0.4\n    }" in text


def test_an_active_active_instance_turns_among_its_nodes() -> None:
    found = cluster(
        "instances: {VI_IN: {interface: eth9}}",
        inside="active_active: true, nodes: [server01, server03]",
        address="10.10.0.2, 10.10.0.9, 10.10.0.10",
    )
    assert {name: found.order(name) for name in found.instances if name != "VI_OUT"} == {
        "VI_IN_1": ["server01", "server03"],
        "VI_IN_2": ["server03", "server01"],
        "VI_IN_3": ["server01", "server03"],
    }
    assert [found.interface(name, "server01") for name in found.instances] == ["eth9", "eth9", "eth9", None]


def test_checks_of_an_instance_are_no_affair_of_a_node_that_is_left_out() -> None:
    checks = "checks: {web: {port: 80}, link: {interface: eth3}}\n"
    found = cluster(outside=f"{LEFT_OUT}, checks: [web]", inside="checks: [link]", more=checks)
    assert [list(found.checks_on(node)) for node in found.nodes] == [["web", "link"], ["web", "link"], ["link"]]
    assert "vrrp_script web" not in configuration(found, "server03", {"VI_IN": "eth0"})


def test_nodes_that_are_left_out_do_not_count_for_the_weights() -> None:
    """A weight of 1 makes two nodes tie that follow each other."""
    keys = {"inside": "checks: []", "more": "checks: {web: {port: 80, weight: 1}}\n"}
    with pytest.raises(ClusterError, match="has the same priority as"):
        cluster(outside="nodes: [server01, server03], checks: [web]", **keys)
    assert cluster(outside="nodes: [server01], checks: [web]", **keys)


REFUSED = [
    (
        {"server01": "instances: {VI_X: {priority: 9}}"},
        "nodes.server01.instances.VI_X: VI_X is not an instance of this file: VI_IN, VI_OUT",
    ),
    (
        {"server03": "instances: {VI_OUT: {priority: 9}}", "outside": LEFT_OUT},
        "nodes.server03.instances.VI_OUT: server03 does not take part in VI_OUT: leave it out",
    ),
    (
        {"server01": "instances: {VI_OUT: {unicast_src_ip: 192.0.2.3}}"},
        "nodes.server01.instances.VI_OUT.unicast_src_ip: "
        "VI_OUT has no unicast: set instances.VI_OUT.unicast: true, or leave it out",
    ),
    (
        {"server01": "interface: eth5", "outside": "interface: eth6"},
        "nodes.server01.interface: eth5, but instances.VI_OUT.interface is eth6: say which of the two it is here with "
        "nodes.server01.instances.VI_OUT.interface",
    ),
    (
        {"outside": "nodes: [server01, server04]"},
        "instances.VI_OUT.nodes: server04 is not a node of this file: server01, server02, server03",
    ),
    ({"outside": "nodes: [server01, server01]"}, "instances.VI_OUT.nodes: names a node twice"),
    ({"outside": "nodes: []"}, "instances.VI_OUT.nodes: is empty: at least one is needed"),
    ({"outside": LEFT_OUT, "inside": LEFT_OUT}, "nodes.server03: takes part in no instance: leave it out"),
    ({"outside": "disable: true", "inside": LEFT_OUT}, "nodes.server03: takes part in no instance: leave it out"),
    ({"outside": f"{LEFT_OUT}, prefer: server03"}, "instances.VI_OUT.prefer: server03 does not take part in VI_OUT"),
    (
        {"outside": "prefer: server02", "server01": "instances: {VI_OUT: {priority: 9}}"},
        "instances.VI_OUT.prefer: server01 has a pinned priority in VI_OUT: leave one of them out",
    ),
    (
        {"server01": "instances: {VI_OUT: {priority: 2}}"},
        "nodes.server01.instances.VI_OUT.priority: 2 is also the priority of server02: give each node its own",
    ),
    (
        {"server01": "instances: {VI_OUT: {priority: 200}}"},
        "nodes.server01.instances.VI_OUT.priority: 200 is too high: no "
        "drain.weight lifts server03 (1) above a drained server01 (200) within 254",
    ),
    ({"outside": "nodes: [server01], unicast: true"}, "instances.VI_OUT.unicast: there is no other node to send to"),
    (
        {"outside": "unicast: true", "server01": "instances: {VI_OUT: {unicast_src_ip: 'fd00::3'}}"},
        "nodes.server01.instances.VI_OUT.unicast_src_ip: fd00::3 is not IPv4, as the addresses of VI_OUT are",
    ),
    (
        {"outside": "unicast: true", "server03": "instances: {VI_OUT: {unicast_src_ip: 10.10.0.3}}"},
        "nodes.server03.instances.VI_OUT.unicast_src_ip: 10.10.0.3 is also the address of server01",
    ),
    (
        {"outside": "unicast: true", "server03": "instances: {VI_OUT: {unicast_src_ip: 10.10.0.2}}"},
        "nodes.server03.instances.VI_OUT.unicast_src_ip: 10.10.0.2 is a floating address: give one that stays on "
        "server03",
    ),
]


@pytest.mark.parametrize(("keys", "fault"), REFUSED, ids=[fault.partition(": ")[2][:60] for _, fault in REFUSED])
def test_what_contradicts_itself_is_refused(keys: dict[str, str], fault: str) -> None:
    with pytest.raises(ClusterError) as caught:
        cluster(**keys)
    assert caught.value.faults == [f"m.yml: {fault}"]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ("interface: lo", "nodes.server01.interface"),
        ("instances: {VI_OUT: {interface: lo}}", "nodes.server01.instances.VI_OUT.interface"),
    ],
)
def test_the_loopback_interface_is_no_interface_of_a_node_either(settings: str, path: str) -> None:
    with pytest.raises(ClusterError) as refused:
        cluster(settings)
    assert refused.value.faults == [f"m.yml: {path}: lo reaches no other node: keepalived ignores such an instance"]


def test_a_virtual_interface_is_not_called_like_that_of_a_node() -> None:
    with pytest.raises(ClusterError) as refused:
        cluster("instances: {VI_OUT: {interface: eth6}}", outside="use_vmac: eth6")
    words = "eth6 is the interface of the instance: give it another name"
    assert refused.value.faults == [f"m.yml: instances.VI_OUT.use_vmac: {words}"]


def test_a_node_that_is_left_out_does_not_send_the_adverts_of_an_instance() -> None:
    found = parse(
        """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: "fd00::5"}
instances:
  VI_4: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2], nodes: [server01, server02], mcast_src_ip: true}
  VI_6: {virtual_router_id: 51, virtual_ipaddress: ["fd00::2"]}
""",
        "m",
    )
    assert found.members("VI_4") == ["server01", "server02"]


def test_instances_on_other_interfaces_of_each_node_may_have_one_number() -> None:
    own = "instances: {VI_IN: {interface: eth0}, VI_OUT: {interface: eth1}}"
    file = f"""\
nodes: {{server01: {{address: 10.10.0.3, {own}}}, server02: {{address: 10.10.0.4, {own}}}}}
instances:
  VI_IN: {{virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}}
  VI_OUT: {{virtual_router_id: 51, virtual_ipaddress: [192.0.2.2]}}
"""
    assert len(parse(file, "m").instances) == 2
    with pytest.raises(ClusterError) as refused:
        parse(file.replace("eth1", "eth0", 1), "m")
    assert refused.value.faults == [
        "m.yml: instances.VI_OUT.virtual_router_id: 51 is used by VI_IN on the same network"
    ]
