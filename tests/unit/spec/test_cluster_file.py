"""A cluster file is read as it is meant or refused, with every fault of it in one go, each with its file and path."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from keepalived.spec.cluster_file import ClusterError, json_schema, parse, read_clusters
from keepalived.spec.global_defs import GlobalDefs
from keepalived.spec.vrrp import VrrpSettings
from tests.unit.cluster_text import INSTANCE, NODES, cluster, instance

REPOSITORY = Path(__file__).parents[3]


def faults_in(text: str, name: str = "managers") -> list[str]:
    with pytest.raises(ClusterError) as caught:
        parse(text, name)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def lines(*faults: str) -> list[str]:
    return [f"managers.yml: {fault}" for fault in faults]


def refused(text: str, *faults: str) -> tuple[str, list[str]]:
    return text, lines(*faults)


def maintenance_refused(maintenance: str, *faults: str) -> tuple[str, list[str]]:
    return refused(cluster(f"maintenance: {maintenance}"), *faults)


PASS = "auth_pass: s3cret"  # noqa: S105
ON_ANOTHER = "{command: y, on: another}"


def v2_with(authentication: str) -> str:
    return cluster("vrrp_version: 2", instance=f"{INSTANCE}, authentication: {{{authentication}}}")


NOT_YAML = [
    ("", "managers.yml: is empty: it needs nodes: and instances:"),
    ("# nothing yet\n", "managers.yml: is empty: it needs nodes: and instances:"),
    ("- server01\n", "managers.yml: is not a mapping: it needs nodes: and instances:"),
    ("server01", "managers.yml: is not a mapping: it needs nodes: and instances:"),
    ("nodes:\n\tserver01: 10.10.0.3\n", "managers.yml: line 2: found character '\\t' that cannot start any token"),
    ("nodes: [\n", "managers.yml: line 2: expected the node content, but found '<stream end>'"),
    ("nodes: {}\n---\nnodes: {}\n", "managers.yml: line 2: but found another document"),
    ("nodes: *all\n", "managers.yml: line 1: found undefined alias 'all'"),
    ("nodes:\n  a: 10.0.0.1\n  a: 10.0.0.2\n", "managers.yml: line 3: the key 'a' is given twice"),
    ("nodes: {}\ninstances: {}\nnodes: {}\n", "managers.yml: line 3: the key 'nodes' is given twice"),
    ("? [a, b]\n: c\n", "managers.yml: line 1: a key must be a word"),
    (
        "nodes: !!python/object:os.system x\n",
        "managers.yml: line 1: could not determine a constructor for the tag"
        " 'tag:yaml.org,2002:python/object:os.system'",
    ),
    (
        f"nodes: {'9' * 5000}\n",
        "managers.yml: cannot be read: Exceeds the limit (4300 digits) for integer string"
        " conversion: value has 5000 digits; use sys.set_int_max_str_digits() to increase the limit",
    ),
]


@pytest.mark.parametrize(("text", "fault"), NOT_YAML)
def test_what_is_no_yaml_of_a_cluster_is_refused_with_its_line(text: str, fault: str) -> None:
    assert faults_in(text) == [fault]


def test_yaml_that_is_nested_without_end_is_refused() -> None:
    assert faults_in("[" * 2000)[0].startswith("managers.yml: cannot be read: maximum recursion depth exceeded")


REFUSED = [
    # keys
    (cluster("vrrp_verison: 3"), lines("vrrp_verison: is not a known key (did you mean vrrp_version?)")),
    (cluster("colour: red"), lines("colour: is not a known key")),
    (cluster("1: x"), lines("1: is not a known key")),
    (cluster("name: x"), lines("name: is not a known key (the cluster is called managers after its file)")),
    (cluster("drain: {flga: /x}"), lines("drain.flga: is not a known key (did you mean flag?)")),
    (instance(rest="nopremt: true"), lines("instances.VI_1.nopremt: is not a known key (did you mean nopreempt?)")),
    (instance(rest="preempt_delay: 1001"), lines("instances.VI_1.preempt_delay: 1001 is not in 1..1000")),
    (
        instance(rest="nopreempt: true, preempt_delay: 5"),
        lines(
            "instances.VI_1.preempt_delay: with nopreempt no node takes over from a holder, and there is nothing to "
            "wait for: leave one of them out"
        ),
    ),
    (cluster("global_defs: {vrrp_startup_delay: 0}"), lines("global_defs.vrrp_startup_delay: 0 is not in 1..3600")),
    (
        cluster(nodes="server01: {address: 10.10.0.3, prio: 3}"),
        lines("nodes.server01.prio: is not a known key (did you mean priority?)"),
    ),
    # what must be there
    (f"instances: {{VI_1: {{{INSTANCE}}}}}", lines("nodes: is missing")),
    (f"nodes: {{{NODES}}}", lines("instances: is missing")),
    (cluster(nodes=""), lines("nodes: is empty: at least one is needed")),
    (f"nodes: {{{NODES}}}\ninstances: {{}}", lines("instances: is empty: at least one is needed")),
    (cluster(nodes="server01: {}"), lines("nodes.server01.address: is missing")),
    (cluster(instance="virtual_ipaddress: [10.10.0.2]"), lines("instances.VI_1.virtual_router_id: is missing")),
    (cluster(instance="virtual_router_id: 51"), lines("instances.VI_1.virtual_ipaddress: is missing")),
    (
        instance(virtual_ipaddress="[]"),
        lines("instances.VI_1.virtual_ipaddress: is empty: at least one is needed"),
    ),
    # global_defs
    (
        cluster("global_defs: {vrrp_garp_master_repeat: 0}"),
        lines("global_defs.vrrp_garp_master_repeat: 0 is not in 1..100"),
    ),
    (
        cluster("global_defs: {vrrp_garp_interval: 2.5}"),
        lines("global_defs.vrrp_garp_interval: 2.5 is not in 0.000001..1"),
    ),
    (
        cluster("global_defs: {vrrp_mcast_group4: 10.0.0.1, vrrp_mcast_group6: 'ff05::1'}"),
        lines(
            "global_defs.vrrp_mcast_group4: '10.0.0.1' is not a multicast group of a network: 224.0.0.18",
            "global_defs.vrrp_mcast_group6: 'ff05::1' is not a multicast group of a network: ff02::12",
        ),
    ),
    (
        cluster("global_defs: {colour: red, enable_traps: yes}"),
        lines("global_defs.enable_traps: 'yes' is not true or false", "global_defs.colour: is not a known key"),
    ),
    # types
    (
        f"nodes: [10.10.0.3]\ninstances: {{VI_1: {{{INSTANCE}}}}}",
        lines("nodes: a list is not a mapping (key: value)"),
    ),
    (
        cluster(nodes="server01: [10.10.0.3]"),
        lines("nodes.server01: a list is not a mapping (key: value)"),
    ),
    (f"nodes: {{{NODES}}}\ninstances: []", lines("instances: a list is not a mapping (key: value)")),
    (cluster(instances="VI_1: x"), lines("instances.VI_1: 'x' is not a mapping (key: value)")),
    (cluster("drain: file"), lines("drain: 'file' is not a mapping (key: value)")),
    (
        instance(virtual_ipaddress="10.10.0.2"),
        lines("instances.VI_1.virtual_ipaddress: '10.10.0.2' is not a list: put it in [ ]"),
    ),
    (instance("'51'"), lines("instances.VI_1.virtual_router_id: '51' is not a whole number")),
    (instance("51.0"), lines("instances.VI_1.virtual_router_id: 51.0 is not a whole number")),
    (instance("yes"), lines("instances.VI_1.virtual_router_id: 'yes' is not a whole number")),
    (cluster("advert_int: '1'"), lines("advert_int: '1' is not a number")),
    (cluster("advert_int: .nan"), lines("advert_int: nan is not a number")),
    (cluster("advert_int: .inf"), lines("advert_int: inf is not a number")),
    (cluster("drain: {interval: 0.5}"), lines("drain.interval: 0.5 is not a whole number")),
    (instance(rest="interface: 5"), lines("instances.VI_1.interface: 5 is not text (put it in quotes)")),
    (cluster("vrrp_version: '3'"), lines("vrrp_version: '3' is not 2 or 3")),
    (cluster("drain: {check: process}"), lines("drain.check: 'process' is not 'script' or 'file'")),
    # ranges
    (instance("0"), lines("instances.VI_1.virtual_router_id: 0 is not in 1..255")),
    (instance("300"), lines("instances.VI_1.virtual_router_id: 300 is not in 1..255")),
    (instance("256"), lines("instances.VI_1.virtual_router_id: 256 is not in 1..255")),
    (cluster("vrrp_version: 1"), lines("vrrp_version: 1 is not 2 or 3")),
    (cluster("priority_step: 0"), lines("priority_step: 0 is not in 1..254")),
    (cluster("drain: {weight: 0}"), lines("drain.weight: 0 is not in 1..253")),
    (cluster("drain: {weight: 254}"), lines("drain.weight: 254 is not in 1..253")),
    (cluster("drain: {interval: 0}"), lines("drain.interval: 0 is not in 1..3600")),
    (
        cluster(nodes="server01: {address: 10.10.0.3, priority: 0}"),
        lines("nodes.server01.priority: 0 is not in 1..254"),
    ),
    (
        cluster(nodes="server01: {address: 10.10.0.3, priority: 255}"),
        lines("nodes.server01.priority: 255 is not in 1..254"),
    ),
    # names
    (cluster(nodes="'server 01': 10.10.0.3"), lines("nodes.server 01: 'server 01' is not a host name")),
    (cluster(nodes="'@local': 10.10.0.3"), lines("nodes.@local: '@local' is not a host name")),
    (cluster(nodes="'server*': 10.10.0.3"), lines("nodes.server*: 'server*' is not a host name")),
    (cluster(nodes="-a: 10.10.0.3"), lines("nodes.-a: '-a' is not a host name")),
    (
        cluster(instances=f"VI 1: {{{INSTANCE}}}"),
        lines(
            "instances.VI 1: 'VI 1' cannot be read by keepalived as a name: use letters, digits, _ . : -, at most 64"
        ),
    ),
    (
        cluster(instances=f"'{{': {{{INSTANCE}}}"),
        lines("instances.{: '{' cannot be read by keepalived as a name: use letters, digits, _ . : -, at most 64"),
    ),
    (
        cluster(instances=f"{'a' * 65}: {{{INSTANCE}}}"),
        lines(
            f"instances.{'a' * 65}: '{'a' * 65}' cannot be read by keepalived as a name: use letters, digits, _ . : -,"
            " at most 64"
        ),
    ),
    (
        instance(rest="interface: en p"),
        lines("instances.VI_1.interface: 'en p' is not the name of a network interface"),
    ),
    (
        instance(rest="interface: lo"),
        lines("instances.VI_1.interface: lo reaches no other node: keepalived ignores such an instance"),
    ),
    (
        instance(rest="interface: sixteenletterss0"),
        lines("instances.VI_1.interface: 'sixteenletterss0' is not the name of a network interface"),
    ),
    # the flag
    *(
        (
            cluster(f"drain: {{flag: {flag}}}"),
            lines(f"drain.flag: '{flag}' is not the full path of a file (no blanks or quotes)"),
        )
        for flag in ["releasevip", "/", "/run/", "/run/a b", "/run/a$b", "/run/../x", "//run/x"]
    ),
    # addresses of nodes
    *(
        (cluster(nodes=f"server01: {address}"), lines(f"nodes.server01: '{address}' is not an IP address"))
        for address in ["10.10.0.300", "10.10.0", "10.10.0.3/24", "10.10.0.03", "server01.example"]
    ),
    *(
        (
            cluster(nodes=f"server01: '{address}'"),
            lines(f"nodes.server01: {address} cannot be the address of a host"),
        )
        for address in ["0.0.0.0", "127.0.0.1", "224.0.0.18", "255.255.255.255", "::", "::1", "ff02::12"]  # noqa: S104
    ),
    # floating addresses
    *(
        (
            instance(virtual_ipaddress=f"[10.10.0.9, {address}]"),
            lines(f"instances.VI_1.virtual_ipaddress[1]: {address!r} is not an IP address (10.10.0.2 or 10.10.0.2/24)"),
        )
        for address in ["10.10.0.300", "10.10.0.2/33", 5]
    ),
    *(
        (
            instance(virtual_ipaddress=f"['{address}']"),
            lines(f"instances.VI_1.virtual_ipaddress[0]: {address} is the address of its network, not of a host"),
        )
        for address in ["10.10.0.0/24", "10.10.0.255/24", "fd00::/64"]
    ),
    (
        instance(virtual_ipaddress="[127.0.0.2]"),
        lines("instances.VI_1.virtual_ipaddress[0]: 127.0.0.2 cannot be the address of a host"),
    ),
    (
        instance(virtual_ipaddress="[10.10.0.2, 10.10.0.2/24]"),
        lines("instances.VI_1.virtual_ipaddress: 10.10.0.2 is in VI_1 already"),
    ),
    (
        cluster(instances=f"A: {{{INSTANCE}}}, B: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.2]}}"),
        lines("instances.B.virtual_ipaddress: 10.10.0.2 is in A already"),
    ),
    (
        instance(virtual_ipaddress="[10.10.0.4/24]"),
        lines(
            "instances.VI_1.virtual_ipaddress: 10.10.0.4 is server02's own address: a floating address belongs to"
            " no node"
        ),
    ),
    (
        instance(virtual_ipaddress="[10.10.0.2, 'fd00::2']"),
        lines(
            "instances.VI_1.virtual_ipaddress: IPv4 and IPv6 addresses: write those of one family under "
            "virtual_ipaddress_excluded"
        ),
    ),
    (
        cluster("vrrp_version: 2", instances="VI_1: {virtual_router_id: 51, virtual_ipaddress: ['fd00::2']}"),
        lines("instances.VI_1.virtual_ipaddress: VRRPv2 carries no IPv6 addresses: set vrrp_version: 3"),
    ),
    # between nodes, between instances
    (
        cluster(nodes="a: 10.10.0.3, b: 10.10.0.3"),
        lines("nodes.b: 10.10.0.3 is also the address of a"),
    ),
    (
        cluster(nodes="a: 'fd00::1', b: 'fd00:0:0::1'"),
        lines("nodes.b: fd00::1 is also the address of a"),
    ),
    (
        cluster(instances=f"A: {{{INSTANCE}}}, B: {{virtual_router_id: 51, virtual_ipaddress: [10.10.0.9]}}"),
        lines("instances.B.virtual_router_id: 51 is used by A on the same network"),
    ),
    # priorities
    (
        cluster(nodes="a: {address: 10.10.0.3, priority: 1}, b: 10.10.0.4"),
        lines("nodes.a.priority: 1 is also the priority of b: give each node its own"),
    ),
    (
        cluster("drain: {weight: 253}"),
        lines("drain.weight: 253 lifts server01 (2) above 254, the highest priority there is: use 2 to 252"),
    ),
    (
        cluster("drain: {weight: 1}"),
        lines("drain.weight: 1 does not lift server02 (1) above a drained server01 (2): use 2 to 252"),
    ),
    (
        cluster(nodes=", ".join(f"n{number}: 10.10.1.{number}" for number in range(1, 102))),
        lines("drain.weight: 100 does not lift n101 (1) above a drained n1 (101): use 101 to 153"),
    ),
    # the interval of the adverts
    *(
        (
            cluster(f"advert_int: {interval}"),
            lines(
                f"advert_int: {interval} cannot be expressed by VRRPv3 (hundredths of a second, 0.01..40.95)",
            ),
        )
        for interval in ["0", "-1", "0.005", "0.015", "40.96"]
    ),
    *(
        (
            cluster("vrrp_version: 2", f"advert_int: {interval}"),
            lines(f"advert_int: {interval} cannot be expressed by VRRPv2 (whole seconds, 1..255)"),
        )
        for interval in ["0", "0.5", "1.5", "256"]
    ),
    # several at once
    (
        """\
nodes:
  server01: {address: 10.10.0.3, priority: 0}
  server02: {address: 10.10.0.2, colour: red}
instances:
  VI 1:
    virtual_router_id: 300
    virtual_ipaddress: [10.10.0.2]
  VI_2:
    virtual_router_id: 52
    virtual_ipaddress: [10.10.0.222, 10.10.0.333, 10.10.0, 10.10.0.2]
advert_int: 0.001
drain: {wieght: 10}
""",
        lines(
            "nodes.server01.priority: 0 is not in 1..254",
            "nodes.server02.colour: is not a known key",
            "instances.VI 1: 'VI 1' cannot be read by keepalived as a name: use letters, digits, _ . : -, at most 64",
            "instances.VI 1.virtual_router_id: 300 is not in 1..255",
            "instances.VI_2.virtual_ipaddress[1]: '10.10.0.333' is not an IP address (10.10.0.2 or 10.10.0.2/24)",
            "instances.VI_2.virtual_ipaddress[2]: '10.10.0' is not an IP address (10.10.0.2 or 10.10.0.2/24)",
            "drain.wieght: is not a known key (did you mean weight?)",
            "instances.VI_2.virtual_ipaddress: 10.10.0.2 is server02's own address: a floating address belongs to"
            " no node",
            "advert_int: 0.001 cannot be expressed by VRRPv3 (hundredths of a second, 0.01..40.95)",
        ),
    ),
    # what is at fault is taken out, and the rest is judged without inventing faults
    refused(
        cluster("advert_int: 0.001", nodes="server01: 10.10.0.300, server02: 10.10.0.2"),
        "nodes.server01: '10.10.0.300' is not an IP address",
        "instances.VI_1.virtual_ipaddress: 10.10.0.2 is server02's own address: a floating address belongs to no node",
        "advert_int: 0.001 cannot be expressed by VRRPv3 (hundredths of a second, 0.01..40.95)",
    ),
    refused(
        cluster(nodes="a: {address: 10.10.0.3, priority: 300}, b: {address: 10.10.0.4, priority: 2}"),
        "nodes.a.priority: 300 is not in 1..254",
    ),
    refused(
        cluster("vrrp_version: '2'", "advert_int: 100"),
        "vrrp_version: '2' is not 2 or 3",
    ),
    refused(
        cluster(
            instances="A: {interface: enp0s3, virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]},"
            " B: {interface: en p, virtual_router_id: 51, virtual_ipaddress: [10.10.0.8]},"
            " C: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.9]}"
        ),
        "instances.B.interface: 'en p' is not the name of a network interface",
    ),
    refused(
        instance(virtual_ipaddress="['fe80::2%enp0s3']"),
        "instances.VI_1.virtual_ipaddress[0]: 'fe80::2%enp0s3' is not an IP address (10.10.0.2 or 10.10.0.2/24)",
    ),
    refused(
        cluster(nodes="server01: 'fe80::3%} x'"),
        "nodes.server01: 'fe80::3%} x' is not an IP address",
    ),
    refused(
        cluster("drain: {flag: /run/..}"),
        "drain.flag: '/run/..' is not the full path of a file (no blanks or quotes)",
    ),
    refused(
        instance("051"),
        "instances.VI_1.virtual_router_id: '051' is not a whole number",
    ),
    refused(
        cluster(nodes='"server01\\n": 10.10.0.3'),
        "nodes.server01\\n: 'server01\\n' is not a host name",
    ),
    refused(
        cluster("advert_int: 1.0000004"),
        "advert_int: 1.0000004 cannot be expressed by VRRPv3 (hundredths of a second, 0.01..40.95)",
    ),
    refused(
        cluster("priority_step: 100"),
        "priority_step: 100 is too wide: no drain.weight lifts server02 (100) above a drained server01 (200)"
        " within 254",
    ),
    refused(
        cluster(
            nodes="a: {address: 10.10.0.3, priority: 5}, b: {address: 10.10.0.4, priority: 5},"
            " c: {address: 10.10.0.5, priority: 5}"
        ),
        "nodes.b.priority: 5 is also the priority of a: give each node its own",
        "nodes.c.priority: 5 is also the priority of a: give each node its own",
    ),
    refused(
        f"nodes:\ninstances: {{VI_1: {{{INSTANCE}}}}}",
        "nodes: is empty",
    ),
    refused(
        instance(virtual_ipaddress=""),
        "instances.VI_1.virtual_ipaddress: is empty",
    ),
    refused(
        cluster(nodes="server01: 10.10"),
        "nodes.server01: 10.1 is not an IP address",
    ),
    refused(
        cluster("vrrp_verison: 2", "advert_int: 100"),
        "vrrp_verison: is not a known key (did you mean vrrp_version?)",
    ),
    refused(
        cluster(nodes="a: {address: 10.10.0.3, priorty: 250}, b: 10.10.0.4"),
        "nodes.a.priorty: is not a known key (did you mean priority?)",
    ),
    refused(
        cluster("drain: file", "priority_step: 60", nodes="a: 10.10.0.3, b: 10.10.0.4, c: 10.10.0.5"),
        "drain: 'file' is not a mapping (key: value)",
    ),
    refused(
        cluster(nodes="a: 10.10.0.3, b: 10.10.0.400", instance=f"{INSTANCE}, unicast: true"),
        "nodes.b: '10.10.0.400' is not an IP address",
    ),
    # YAML 1.1's numbers and words
    *(
        refused(instance(number), f"instances.VI_1.virtual_router_id: {number!r} is not a whole number")
        for number in ["0x33", "0b11", "0o63", "1_0", "1:30"]
    ),
    refused(
        cluster("advert_int: 1:30.5"),
        "advert_int: '1:30.5' is not a number",
    ),
    refused(instance(rest="unicast: yes"), "instances.VI_1.unicast: 'yes' is not true or false"),
    # addresses that are none
    refused(
        instance(virtual_ipaddress="['::ffff:10.10.0.2']"),
        "instances.VI_1.virtual_ipaddress[0]: ::ffff:10.10.0.2 is an IPv4 address written as IPv6: write 10.10.0.2",
    ),
    refused(
        cluster(nodes="server01: {address: '::ffff:10.10.0.3'}"),
        "nodes.server01.address: ::ffff:10.10.0.3 is an IPv4 address written as IPv6: write 10.10.0.3",
    ),
    *(
        refused(
            instance(virtual_ipaddress=f"['{address}']"),
            f"instances.VI_1.virtual_ipaddress[0]: {address} would make every address a neighbour: give its network's"
            " prefix length",
        )
        for address in ["10.10.0.2/0", "fd00::2/0"]
    ),
    *(
        refused(
            instance(virtual_ipaddress=str([many(number) for number in range(count + 1)])),
            f"instances.VI_1.virtual_ipaddress: an advert has room for {count} IPv{family} addresses, not {count + 1}:"
            " make two instances",
        )
        for family, count, many in [(4, 255, "10.11.1.{}".format), (6, 89, "fd00::1:{}".format)]
    ),
    # places where a flag would do harm
    *(
        refused(
            cluster(f"drain: {{flag: {flag}}}"),
            f"drain.flag: {flag!r} is no place for a flag: use /var/lib/keepalived",
        )
        for flag in ["/dev/null", "/proc/1/x", "/sys/x", "/etc/keepalived/keepalived.conf"]
    ),
    *(
        refused(
            cluster(f"drain: {{flag: {flag}}}"),
            f"drain.flag: {flag!r} is not the full path of a file (no blanks or quotes)",
        )
        for flag in ["/run/./x", "/run/.", f"/run/{'a' * 256}"]
    ),
    # priorities that no weight makes good
    refused(
        cluster(nodes="a: {address: 10.10.0.3, priority: 200}, b: 10.10.0.4"),
        "nodes.a.priority: 200 is too high: no drain.weight lifts b (1) above a drained a (200) within 254",
    ),
    refused(
        cluster(nodes=", ".join(f"n{number}: 10.10.1.{number}" for number in range(1, 129))),
        "nodes: 128 are too many: no drain.weight lifts n128 (1) above a drained n1 (128) within 254",
    ),
    # unicast and authentication
    refused(
        instance(rest="authentication: {auth_type: PASS, auth_pass: s3cret}"),
        "instances.VI_1.authentication: VRRPv3 has none: leave it out, or set vrrp_version: 2",
    ),
    refused(
        cluster("vrrp_version: 2", instance=f"{INSTANCE}, unicast: true, authentication: {{auth_type: AH, {PASS}}}"),
        "instances.VI_1.authentication: AH does not go with unicast: use PASS or leave it out",
    ),
    refused(
        cluster(nodes="server01: 10.10.0.3", instance=f"{INSTANCE}, unicast: true"),
        "instances.VI_1.unicast: there is no other node to send to",
    ),
    refused(
        cluster(nodes="a: 10.10.0.3, b: 'fd00::4'", instance=f"{INSTANCE}, unicast: true"),
        "instances.VI_1.unicast: adverts cannot go to the nodes: its own addresses are IPv4, that of b is not. Give "
        "each one with nodes.b.instances.VI_1.unicast_src_ip",
    ),
    refused(
        v2_with("auth_type: MD5, auth_pass: s3cret"),
        "instances.VI_1.authentication.auth_type: the value is not 'PASS' or 'AH'",
    ),
    refused(v2_with("auth_type: PASS"), "instances.VI_1.authentication.auth_pass: is missing"),
    *(
        refused(
            v2_with(f"auth_type: PASS, auth_pass: {password}"),
            "instances.VI_1.authentication.auth_pass: keepalived takes 1 to 8 letters, digits or _.:,+/-",
        )
        for password in ["''", "ninechars", "a b", "'a\"b'", "'{'"]
    ),
    refused(cluster("on_change: never"), "on_change: 'never' is not 'restart' or 'reload'"),
    refused(cluster("connections: hold"), "connections: 'hold' is not 'cut' or 'keep'"),
    refused(
        cluster("drain: {connections_timeout: 3600}\nmaintenance: {connections_timeout: 0}"),
        "drain.connections_timeout: counts only with connections: keep: set that as well, or leave it out",
        "maintenance.connections_timeout: counts only with connections: keep: set that as well, or leave it out",
    ),
    refused(  # it may be keep, once that is right
        cluster("connections: hold\ndrain: {connections_timeout: 3600}"),
        "connections: 'hold' is not 'cut' or 'keep'",
    ),
    refused(
        cluster("start_after: [haproxy]"),
        "start_after[0]: 'haproxy' is not the name of a systemd unit: haproxy.service",
    ),
    refused(
        cluster("start_after: ['a.service b.service']"),
        "start_after[0]: 'a.service b.service' is not the name of a systemd unit: haproxy.service",
    ),
    refused(cluster("start_after: haproxy.service"), "start_after: 'haproxy.service' is not a list: put it in [ ]"),
    # maintenance
    maintenance_refused("x", "maintenance: 'x' is not a mapping (key: value)"),
    maintenance_refused("[]", "maintenance: a list is not a mapping (key: value)"),
    maintenance_refused("", "maintenance: is empty"),
    maintenance_refused("{befor: []}", "maintenance.befor: is not a known key (did you mean before?)"),
    maintenance_refused(
        "{boot_timout: 60}", "maintenance.boot_timout: is not a known key (did you mean boot_timeout?)"
    ),
    refused(cluster("maintainance: {}"), "maintainance: is not a known key (did you mean maintenance?)"),
    maintenance_refused("{before: echo}", "maintenance.before: 'echo' is not a list: put it in [ ]"),
    maintenance_refused("{before: {command: echo}}", "maintenance.before: a mapping is not a list: put it in [ ]"),
    maintenance_refused("{before: null}", "maintenance.before: is empty"),
    maintenance_refused("{before: [null]}", "maintenance.before[0]: is empty"),
    maintenance_refused("{before: [5]}", "maintenance.before[0]: 5 is not a mapping (key: value)"),
    maintenance_refused("{before: [[x]]}", "maintenance.before[0]: a list is not a mapping (key: value)"),
    maintenance_refused("{before: ['']}", "maintenance.before[0]: is empty: a command is needed"),
    maintenance_refused(r'{after: [x, "a\0b"]}', "maintenance.after[1]: a command cannot have a NUL in it"),
    maintenance_refused("{after: [{command: '  '}]}", "maintenance.after[0].command: is empty: a command is needed"),
    maintenance_refused("{after: [{command: 5}]}", "maintenance.after[0].command: 5 is not text (put it in quotes)"),
    maintenance_refused("{after: [{}]}", "maintenance.after[0].command: is missing"),
    maintenance_refused(
        "{after: [x, {command: y, on: all}]}", "maintenance.after[1].on: 'all' is not 'node' or 'another'"
    ),
    *(
        maintenance_refused(
            f"{{after: [{{command: x, timeout: {seconds}}}]}}", f"maintenance.after[0].timeout: {seconds} {problem}"
        )
        for seconds, problem in [
            ("0", "is not in 1..86400"),
            ("86401", "is not in 1..86400"),
            ("'60'", "is not a whole number"),
            ("0.5", "is not a whole number"),
        ]
    ),
    maintenance_refused("{healthy: x}", "maintenance.healthy: 'x' is not a mapping (key: value)"),
    maintenance_refused("{healthy: {}}", "maintenance.healthy.command: is missing"),
    maintenance_refused(
        "{healthy: {command: '', timeout: 0}}",
        "maintenance.healthy.command: is empty: a command is needed",
        "maintenance.healthy.timeout: 0 is not in 1..86400",
    ),
    maintenance_refused("{swarm: yes}", "maintenance.swarm: 'yes' is not true or false"),
    maintenance_refused("{swarm: 1}", "maintenance.swarm: 1 is not true or false"),
    maintenance_refused("{boot_timeout: 9}", "maintenance.boot_timeout: 9 is not in 10..86400"),
    maintenance_refused("{connections_timeout: -1}", "maintenance.connections_timeout: -1 is not in 0..86400"),
    maintenance_refused("{boot_timeout: 86401}", "maintenance.boot_timeout: 86401 is not in 10..86400"),
    maintenance_refused(
        "{before: ['', x, {comand: y}, {command: z, on: node, timeout: 0}], swarm: 2}\nadvert_int: 0.001",
        "maintenance.before[0]: is empty: a command is needed",
        "maintenance.before[2].command: is missing",
        "maintenance.before[2].comand: is not a known key (did you mean command?)",
        "maintenance.before[3].timeout: 0 is not in 1..86400",
        "maintenance.swarm: 2 is not true or false",
        "advert_int: 0.001 cannot be expressed by VRRPv3 (hundredths of a second, 0.01..40.95)",
    ),
    refused(
        cluster(f"maintenance: {{before: [x, {ON_ANOTHER}], after: [{ON_ANOTHER}]}}", nodes="server01: 10.10.0.3"),
        "maintenance.before: on: another: there is no other node",
        "maintenance.after: on: another: there is no other node",
    ),
    refused(  # there may be another one, once that is right
        cluster(f"maintenance: {{before: [{ON_ANOTHER}]}}", nodes="server01: 10.10.0.3, server02: 10.10.0.400"),
        "nodes.server02: '10.10.0.400' is not an IP address",
    ),
]


@pytest.mark.parametrize(("text", "faults"), REFUSED)
def test_every_fault_is_told_with_its_file_and_path(text: str, faults: list[str]) -> None:
    assert faults_in(text) == faults


@pytest.mark.parametrize("text", [cluster("maintenance: {healthy: {command: x, on: node}}"), cluster("weight: 50")])
def test_a_key_in_the_wrong_place_is_not_told_to_be_meant_as_itself(text: str) -> None:
    key = "on" if "healthy" in text else "weight"
    assert f"did you mean {key}?" not in faults_in(text)[0]


MISPLACED = [
    v2_with("auth_type: PASS, auth_pass: 5349871"),
    v2_with("auth_type: PASS, auth_pass: [s3cret]"),
    v2_with("auth_type: PASS, auth_pas: s3cret"),
    v2_with("auth_type: s3cret, auth_pass: x"),
    instance(rest="authentication: s3cret"),
    instance(rest="authentication: [s3cret]"),
    instance(rest=PASS),
    instance(virtual_ipaddress=f"[{{{PASS}}}]"),
    instance(virtual_ipaddress=f"{{{PASS}}}"),
    instance(rest=f"interface: {{{PASS}}}"),
    cluster(instances=f"VI_1: [{PASS}]"),
    cluster(nodes=f"server01: {{address: {{{PASS}}}}}"),
    cluster(nodes=f"server01: [{PASS}]"),
    cluster(PASS),
]


@pytest.mark.parametrize("text", MISPLACED)
def test_a_password_is_never_told(text: str) -> None:
    told = "\n".join(faults_in(text))
    assert "s3cret" not in told
    assert "5349871" not in told


@pytest.mark.parametrize("key", ["no", "on", "1", "051", "2026-11-22", "null"])
def test_a_name_is_what_the_author_wrote(key: str) -> None:
    assert list(parse(cluster(nodes=f"{key}: 10.10.0.3"), "managers").nodes) == [key]


ACCEPTED = [
    cluster(nodes="server01: 10.10.0.3"),  # one node: nothing to take over, but nothing wrong either
    cluster(nodes="server01: 'fd00::3'"),  # its own address finds the interface, the family of VRRP is the instance's
    cluster(nodes=", ".join(f"n{number}: 10.10.1.{number}" for number in range(1, 101))),
    cluster(instances=f"{'a' * 64}: {{{INSTANCE}}}"),
    instance("1"),
    instance("255"),
    instance(virtual_ipaddress="[10.10.0.0/31, 10.10.0.1/32]"),
    instance(rest="interface: bond0.5"),
    cluster(instances=f"A: {{{INSTANCE}}}, B: {{virtual_router_id: 51, virtual_ipaddress: ['fd00::2']}}"),
    cluster("advert_int: 0.01"),
    cluster("advert_int: 0.29"),
    cluster("advert_int: 40.95"),
    cluster("vrrp_version: 2", "advert_int: 255"),
    cluster("drain: {weight: 253}", nodes="server01: 10.10.0.3"),
    cluster("drain: {}"),
    cluster("drain: {flag: /etc/keepalived/drained}"),
    cluster("advert_int: 1.0e-1"),
    cluster(nodes="a: {address: 10.10.0.3, priority: 1}, b: {address: 10.10.0.4, priority: 127}", instance=INSTANCE)
    + "\ndrain: {weight: 127}",
    instance(virtual_ipaddress=str([f"10.11.1.{number}" for number in range(255)])),
    instance(virtual_ipaddress=str([f"fd00::1:{number}" for number in range(89)])),
    v2_with(f"auth_type: AH, {PASS}"),
    instance(rest="unicast: true"),
    cluster("maintenance: {}"),
    cluster("maintenance: {before: [], after: [], healthy: null, swarm: false}"),
    cluster(
        "maintenance: {boot_timeout: 10, healthy: {command: x, timeout: 1}, after: [{command: x, timeout: 86400}]}"
    ),
    cluster("maintenance: {boot_timeout: 86400, before: [x, x], healthy: {command: x, timeout: 86400}}"),
    cluster("maintenance: {before: [x, {command: y, on: node}]}", nodes="server01: 10.10.0.3"),
    cluster(f"maintenance: {{after: [{ON_ANOTHER}]}}", nodes="server01: 10.10.0.3, server02: 10.10.0.4"),
    cluster(
        instances=f"A: {{{INSTANCE}, interface: enp0s3}}, B: {{interface: enp0s8, virtual_router_id: 51,"
        " virtual_ipaddress: [10.10.0.9]}"
    ),
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_lies_at_the_edge_is_accepted(text: str) -> None:
    assert parse(text, "managers").name == "managers"


def test_a_merge_key_is_yaml_too() -> None:
    found = parse(
        cluster(
            instances=f"A: &a {{{INSTANCE}}}, B: {{<<: *a, virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}}"
        ),
        "managers",
    )
    assert [instance.virtual_router_id for instance in found.instances.values()] == [51, 52]


def test_a_node_is_written_short_or_long() -> None:
    short = parse(cluster(nodes="server01: 10.10.0.3"), "managers")
    assert short == parse(cluster(nodes="server01: {address: 10.10.0.3}"), "managers")
    assert short.nodes["server01"].address == ip_address("10.10.0.3")


def test_a_hook_is_written_short_or_long() -> None:
    short = parse(cluster("maintenance: {before: ['docker ps | grep \"web\"']}"), "managers").maintenance
    long = "maintenance: {before: [{command: 'docker ps | grep \"web\"', on: node, timeout: 300}]}"
    assert short == parse(cluster(long), "managers").maintenance
    assert (short.before[0].command, short.after) == ('docker ps | grep "web"', [])


def test_a_command_may_have_several_lines() -> None:
    found = parse(cluster("maintenance:\n  after:\n    - |\n      set -e\n      sync\n    - exit 0"), "managers")
    assert [hook.command for hook in found.maintenance.after] == ["set -e\nsync\n", "exit 0"]


def test_the_maintenance_part_in_full() -> None:
    text = """\
connections: keep
maintenance:
  before:
    - systemctl stop app
    - {command: take-me-off "$NODE_ADDRESS", on: another, timeout: 30}
  after: [systemctl start app]
  healthy: {command: curl -fsS http://localhost/}
  swarm: true
  boot_timeout: 900
  connections_timeout: 5
"""
    assert parse(cluster(text), "managers").to_json()["maintenance"] == {
        "before": [
            {"command": "systemctl stop app", "on": "node", "timeout": 300},
            {"command": 'take-me-off "$NODE_ADDRESS"', "on": "another", "timeout": 30},
        ],
        "after": [{"command": "systemctl start app", "on": "node", "timeout": 300}],
        "healthy": {"command": "curl -fsS http://localhost/", "timeout": 60},
        "swarm": True,
        "boot_timeout": 900,
        "connections_timeout": 5,
    }


def test_a_floating_address_without_prefix_length_is_one_address() -> None:
    found = parse(instance(virtual_ipaddress="[10.10.0.2, 10.10.0.9/24]"), "managers").instances["VI_1"]
    assert [str(address) for address in found.virtual_ipaddress] == ["10.10.0.2/32", "10.10.0.9/24"]
    assert found.addresses == ["10.10.0.2", "10.10.0.9"]


def test_the_shipped_cluster_has_every_default() -> None:
    assert read_clusters(REPOSITORY / "group_data")["managers"].to_json() == {
        "name": "managers",
        "nodes": {
            "server01": {"address": "10.10.0.3", "priority": None, "interface": None, "instances": {}},
            "server02": {"address": "10.10.0.4", "priority": None, "interface": None, "instances": {}},
            "server03": {"address": "10.10.0.5", "priority": None, "interface": None, "instances": {}},
        },
        "instances": {
            "VI_1": {
                "virtual_router_id": 51,
                "virtual_ipaddress": [
                    {
                        "address": "10.10.0.2/32",
                        "dev": None,
                        "label": None,
                        "scope": None,
                        "brd": None,
                        "preferred_lft": None,
                        "noprefixroute": False,
                        "no_track": False,
                    }
                ],
                "virtual_ipaddress_excluded": [],
                "no_virtual_ipaddress": False,
                "virtual_routes": [],
                "virtual_rules": [],
                "promote_secondaries": False,
                "interface": None,
                "nodes": None,
                "prefer": [],
                "active_active": False,
                "nopreempt": False,
                "preempt_delay": None,
                "disable": False,
                "version": None,
                "advert_int": None,
                "unicast": False,
                "checks": None,
                "authentication": None,
                "notify_master": None,
                "notify_backup": None,
                "notify_fault": None,
                "notify_stop": None,
                "notify_master_rx_lower_pri": None,
                "notify": None,
                "smtp_alert": False,
                "raw": None,
                **VrrpSettings().model_dump(),
            }
        },
        "sync_groups": {},
        "vrrp_version": 3,
        "advert_int": None,
        "priority_step": 1,
        "on_change": "restart",
        "connections": "cut",
        "start_after": [],
        "drain": {
            "check": "script",
            "flag": "/var/lib/keepalived/releasevip",
            "interval": 1,
            "weight": 100,
            "connections_timeout": 86400,
        },
        "checks": {},
        "smtp": None,
        "maintenance": {
            "before": [],
            "after": [],
            "healthy": None,
            "swarm": False,
            "boot_timeout": 600,
            "connections_timeout": 60,
        },
        "probe": {"port": None},
        "global_defs": GlobalDefs().model_dump(),
        "host": {"sysctls": {}, "packages": [], "hold": False, "keep_configuration": False, "firewall": None},
        "raw": {"global_defs": None, "blocks": None, "file": None},
    }


@pytest.mark.parametrize(("version", "seconds"), [(2, 1), (3, 0.5)])
def test_adverts_without_an_interval_come_as_often_as_the_version_allows(version: int, seconds: float) -> None:
    assert parse(cluster(f"vrrp_version: {version}"), "managers").advert_seconds("VI_1") == seconds
    assert parse(cluster(f"vrrp_version: {version}", "advert_int: 3"), "managers").advert_seconds("VI_1") == 3


# The look at the flag, the next advert, three adverts and the skew (one advert in VRRPv3), and a second to spare.
MOVES = [
    (cluster(), 1 + 5 * 0.5 + 1),
    (cluster("drain: {check: file, interval: 60}"), 5 * 0.5 + 1),
    (cluster("advert_int: 0.1", "drain: {interval: 3}"), 3 + 5 * 0.1 + 1),
    (cluster("vrrp_version: 2", "drain: {interval: 5}"), 5 + 5 * 1 + 1),
    (instance(rest="preempt_delay: 30"), 1 + 30 + 5 * 0.5 + 1),
]


@pytest.mark.parametrize(("text", "seconds"), MOVES)
def test_a_move_is_given_the_time_that_the_protocol_may_take(text: str, seconds: float) -> None:
    assert parse(text, "managers").move_seconds == pytest.approx(seconds)


def test_the_schema_that_editors_read_is_current() -> None:
    """If not: `make schema`."""
    assert (REPOSITORY / "keepalived/cluster.schema.json").read_text(encoding="utf-8") == json_schema()
