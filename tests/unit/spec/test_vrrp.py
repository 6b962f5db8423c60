"""The VRRP keywords of an instance: how they are put in, and which keepalived would refuse or ignore."""

import pytest

from keepalived.conf.render import configuration
from keepalived.spec.cluster_file import ClusterError, parse
from keepalived.spec.vrrp import VrrpSettings
from tests.unit.cluster_text import INSTANCE, cluster, instance

SIX = 'virtual_router_id: 51, virtual_ipaddress: ["fd00::2"]'
NODES_6 = 'server01: "fd00::3", server02: "fd00::4"'
STRICT = "strict mode has it not: leave it out"
REFUSED = {
    "a TTL without unicast": (
        instance(rest="unicast_ttl: 9"),
        ["unicast_ttl: is for unicast: set unicast: true, or leave it out"],
    ),
    "checked peers without unicast": (
        instance(rest="check_unicast_src: true, min_ttl: 9"),
        [
            "check_unicast_src: is for unicast: set unicast: true, or leave it out",
            "min_ttl: is for unicast: set unicast: true, or leave it out",
        ],
    ),
    "a group with unicast": (
        instance(rest="unicast: true, mcast_dst_ip: 224.0.0.20"),
        ["mcast_dst_ip: is for multicast: leave it out, or leave out unicast"],
    ),
    "a source with unicast": (
        instance(rest="unicast: true, mcast_src_ip: true"),
        ["mcast_src_ip: is for multicast: leave it out, or leave out unicast"],
    ),
    "a group of the other family": (
        instance(rest='mcast_dst_ip: "ff02::20"'),
        ["mcast_dst_ip: ff02::20 is no group for IPv4 addresses"],
    ),
    "a source of the other family": (
        cluster(instance=f"{SIX}, mcast_src_ip: true"),
        ["mcast_src_ip: the address of server01 is IPv4, those of the instance are not: leave it out"],
    ),
    "limits the wrong way round": (
        instance(rest="unicast: true, min_ttl: 9, max_ttl: 8"),
        ["min_ttl: 9 is above max_ttl 8: no advert would count"],
    ),
    "a limit above the nodes' own TTL": (
        instance(rest="unicast: true, min_ttl: 255, unicast_ttl: 64"),
        ["min_ttl: 255 is above the TTL of the nodes' own adverts, 64"],
    ),
    "a limit below the nodes' own TTL": (
        instance(rest="unicast: true, max_ttl: 64"),
        ["max_ttl: 64 is below the TTL of the nodes' own adverts, 255: set unicast_ttl as well"],
    ),
    "a limit and a TTL that the kernel sets": (
        cluster(nodes=NODES_6, instance=f"{SIX}, unicast: true, max_ttl: 254"),
        ["max_ttl: with IPv6 each node's kernel sets the TTL: set unicast_ttl as well"],
    ),
    "a TTL of 0": (instance(rest="unicast: true, unicast_ttl: 0"), ["unicast_ttl: 0 is not in 1..255"]),
    "one missing advert": (instance(rest="down_timer_adverts: 1"), ["down_timer_adverts: 1 is not in 2..100"]),
    "strict and unicast": (
        instance(rest="strict_mode: true, unicast: true"),
        ["strict_mode: strict mode has no unicast: leave one of them out"],
    ),
    "strict and a password": (
        cluster("vrrp_version: 2", instance="virtual_router_id: 51, virtual_ipaddress: [10.10.0.2], strict_mode: true, "
                "authentication: {auth_type: PASS, auth_pass: a}"),
        ["strict_mode: strict mode has no authentication: leave one of them out"],
    ),
    "strict and what it has not": (
        instance(rest="strict_mode: true, garp_lower_prio_delay: 1, garp_lower_prio_repeat: 1, use_vmac: true, "
                 "lower_prio_no_advert: false, higher_prio_send_advert: true, down_timer_adverts: 4, "
                 "vmac_xmit_base: true"),
        [
            f"{key}: {STRICT}"
            for key in ("garp_lower_prio_delay", "garp_lower_prio_repeat", "lower_prio_no_advert",
                        "higher_prio_send_advert", "down_timer_adverts", "vmac_xmit_base")
        ],
    ),
    "strict, version 2, and accept": (
        cluster("vrrp_version: 2",
                instance="virtual_router_id: 51, virtual_ipaddress: [10.10.0.2], strict_mode: true, accept: true"),
        ["accept: strict mode has it with VRRPv3 alone: leave it out, or set vrrp_version: 3"],
    ),
    "strict and IPv6": (
        cluster(instance=f"{SIX}, strict_mode: true"),
        ["virtual_ipaddress: strict mode wants a link-local address first: fe80::1"],
    ),
    "what goes with a virtual MAC address, without one": (
        instance(rest="vmac_xmit_base: true, use_vmac_addr: true"),
        [
            "vmac_xmit_base: does nothing without use_vmac: leave it out",
            "use_vmac_addr: does nothing without use_vmac: leave it out",
        ],
    ),
    "a virtual MAC address with unicast": (
        instance(rest="use_vmac: true, unicast: true"),
        ["use_vmac: unicast adverts cannot leave by the virtual interface: set vmac_xmit_base: true"],
    ),
    "a virtual MAC address and promote_secondaries": (
        instance(rest="use_vmac: true, promote_secondaries: true"),
        ["promote_secondaries: use_vmac has it always: leave it out"],
    ),
    "strict and a delay": (instance(rest="strict_mode: true, preempt_delay: 5"), [f"preempt_delay: {STRICT}"]),
    "a virtual interface that is the own one": (
        instance(rest="interface: eth0, use_vmac: eth0"),
        ["use_vmac: eth0 is the interface of the instance: give it another name"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), REFUSED.values(), ids=REFUSED)
def test_what_keepalived_would_refuse_or_ignore_is_refused(text: str, faults: list[str]) -> None:
    with pytest.raises(ClusterError) as refused:
        parse(text, "m")
    assert refused.value.faults == [f"m.yml: instances.VI_1.{fault}" for fault in faults]


def test_two_instances_do_not_share_a_virtual_interface() -> None:
    two = ", ".join(
        f"{name}: {{virtual_router_id: {number}, virtual_ipaddress: [10.10.0.{number}], use_vmac: vip0}}"
        for name, number in (("a", 51), ("b", 52))
    )
    with pytest.raises(ClusterError) as refused:
        parse(cluster(instances=two), "m")
    assert refused.value.faults == ["m.yml: instances.b.use_vmac: vip0 is that of a: give it another name"]


BY_DEFAULT = "a: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.51], use_vmac: true}"


@pytest.mark.parametrize("named_first", [True, False])
def test_nor_one_with_the_name_that_another_has_by_default(named_first: bool) -> None:
    named = "b: {virtual_router_id: 52, virtual_ipaddress: [10.10.0.52], use_vmac: vrrp.51}"
    two = ", ".join((named, BY_DEFAULT) if named_first else (BY_DEFAULT, named))
    with pytest.raises(ClusterError) as refused:
        parse(cluster(instances=two), "m")
    assert refused.value.faults == ["m.yml: instances.b.use_vmac: vrrp.51 is that of a: give it another name"]


def test_two_of_one_number_have_two_names_by_default() -> None:
    six = 'b: {virtual_router_id: 51, virtual_ipaddress: ["fd00::51"], use_vmac: %s}'
    parse(cluster(instances=f"{BY_DEFAULT}, {six % 'true'}"), "m")
    other = "b: {virtual_router_id: 51, virtual_ipaddress: [192.0.2.51], interface: eth1, use_vmac: true}"
    parse(cluster(instances=f"{BY_DEFAULT.replace('use', 'interface: eth0, use')}, {other}"), "m")
    with pytest.raises(ClusterError, match=r"vrrp\.51 is that of a"):
        parse(cluster(instances=f"{BY_DEFAULT}, {six % 'vrrp.51'}"), "m")


CLOSED = [("accept: false", "accept: false"), ("strict_mode: true", "strict_mode without accept: true")]


@pytest.mark.parametrize(("rest", "why"), CLOSED)
def test_a_holder_that_takes_no_packets_has_no_connections(rest: str, why: str) -> None:
    closed = instance(rest=rest)
    with pytest.raises(ClusterError) as refused:
        parse(f"{closed}\nprobe: {{port: 80}}\nconnections: keep", "m")
    none = f"VI_1 has {why}: its holder takes no packets, and"
    assert refused.value.faults == [
        f"m.yml: probe.port: {none} no connection to it comes about: leave it out",
        f"m.yml: connections: keep: {none} there is no connection to keep: use cut",
    ]
    parse(closed, "m")
    parse(f"{instance(rest='strict_mode: true, accept: true')}\nprobe: {{port: 80}}\nconnections: keep", "m")


def test_connections_are_kept_where_one_instance_takes_packets() -> None:
    closed = "a: {virtual_router_id: 52, virtual_ipaddress: [10.10.0.52], accept: false}"
    two = cluster("connections: keep", instances=f"{closed}, b: {{{INSTANCE}}}")
    parse(two, "m")
    with pytest.raises(ClusterError, match=r"probe\.port: a has accept: false"):
        parse(f"{two}\nprobe: {{port: 80}}", "m")


def test_what_is_not_set_is_left_to_keepalived() -> None:
    found = parse(instance(), "m").instances["VI_1"]
    assert (found.vrrp_lines, found.ttl_limits) == ({}, "")
    text = configuration(parse(instance(), "m"), "server01", {"VI_1": "eth0"})
    block = text[text.index("vrrp_instance") :]
    assert not [
        line for line in block.splitlines() if line.split()[:1] and line.split()[0] in VrrpSettings.model_fields
    ]


@pytest.mark.parametrize(("rest", "line"), [
    ("lower_prio_no_advert: true", "lower_prio_no_advert"),
    ("lower_prio_no_advert: false", "lower_prio_no_advert false"),
    ("accept: true", "accept"),
    ("accept: false", "no_accept"),
    ("use_vmac: true", "use_vmac"),
    ("use_vmac: vip0", "use_vmac vip0"),
    ("mcast_src_ip: true", "mcast_src_ip 10.10.0.3"),
    ("unicast: true, min_ttl: 255", "10.10.0.4 min_ttl 255"),
    ("unicast: true, max_ttl: 255, min_ttl: 1", "10.10.0.4 min_ttl 1 max_ttl 255"),
])  # fmt: skip
def test_each_keyword_is_written_as_keepalived_reads_it(rest: str, line: str) -> None:
    text = configuration(parse(instance(rest=rest), "m"), "server01", {"VI_1": "eth0"})
    assert line in [written.strip() for written in text.splitlines()]


def test_a_move_takes_as_many_adverts_as_must_be_missing() -> None:
    plain, slow = (parse(instance(rest=rest), "m").move_seconds for rest in ("", "down_timer_adverts: 10"))
    assert slow - plain == 7 * 0.5
