"""Virtual routes and rules: keepalived's own lines, and what keepalived would not do with one is refused."""

import pytest

from keepalived.spec.cluster_file import ClusterError, parse
from keepalived.spec.instance import Instance

FILE = """\
nodes: {server01: 10.10.0.3}
instances:
  VI_1:
    virtual_router_id: 51
    virtual_ipaddress: [10.10.0.2]
    %s: [%s]
"""


def lines(key: str, *given: str) -> Instance:
    return parse(FILE % (key, ", ".join(f"'{line}'" for line in given)), "m").instances["VI_1"]


ROUTES = [
    "10.30.0.0/16 via 10.10.0.1 dev eth1",
    "10.30.0.0/16 dev eth2 no_track",
    "src 10.10.0.2 to 10.30.0.0/16 via 10.10.0.1 dev eth1",
    "0.0.0.0/0 via 10.10.0.1 oif eth1 table 100 metric 10",
    "0.0.0.0/0 via 10.10.0.1 no_track",
    "blackhole 10.30.0.0/16 no_track",
    "2001:db8::/32 via fd00:10::1 dev eth1",
    "10.30.0.0/16 no_track nexthop via 10.10.0.1 weight 1 nexthop via 10.10.0.9 weight 2",
    "10.30.0.7 via 10.10.0.1 dev eth1 mtu lock 1400 rto_min 0.5s",
]


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_is_taken_as_it_is(route: str) -> None:
    assert lines("virtual_routes", route.replace(" ", "  ")).virtual_routes == [route]


RULES = [
    "from 10.30.0.0/16 table 100 priority 100",
    "not to 2001:db8::/32 lookup 7 preference 9",
    "iif eth1 nop order 3",
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_taken_as_it_is(rule: str) -> None:
    assert lines("virtual_rules", rule).virtual_rules == [rule]


NO_INTERFACE = "names no interface, so keepalived cannot watch it: add dev eth1, or no_track"
REFUSED = [
    ("virtual_routes", "default via 10.10.0.1", "'default via 10.10.0.1': write 0.0.0.0/0 or ::/0 for default"),
    ("virtual_routes", "10.30.0.0/16 via 10.10.0.1", f"'10.30.0.0/16 via 10.10.0.1' {NO_INTERFACE}"),
    (
        "virtual_routes",
        "10.30.0.0/16 nexthop via 10.10.0.1 dev eth1",
        f"'10.30.0.0/16 nexthop via 10.10.0.1 dev eth1' {NO_INTERFACE}",
    ),
    (
        "virtual_routes",
        "10.30.0.0/16 gw 10.10.0.1",
        "'10.30.0.0/16 gw 10.10.0.1': keepalived has given gw up: write via",
    ),
    ("virtual_routes", "", "is empty: leave it out"),
    ("virtual_routes", "via 10.10.0.1", "'via 10.10.0.1': 'via' is no network: 10.30.0.0/16 via 10.10.0.1 dev eth1"),
    (
        "virtual_routes",
        "include /etc/x",
        "'include /etc/x': 'include' is no network: 10.30.0.0/16 via 10.10.0.1 dev eth1",
    ),
    (
        "virtual_routes",
        "10.30.0.1/16 via 10.10.0.1",
        "'10.30.0.1/16 via 10.10.0.1': '10.30.0.1/16' is not a network: 10.30.0.0/16",
    ),
    (
        "virtual_routes",
        "10.30.0.0/16 via 10.10.0.256",
        "'10.30.0.0/16 via 10.10.0.256': '10.10.0.256' is not an IP address",
    ),
    ("virtual_routes", "10.30.0/16 via 10.10.0.1", "'10.30.0/16 via 10.10.0.1': '10.30.0/16' is not an IP address"),
    ("virtual_routes", "10.30.0.0/16 via", "'10.30.0.0/16 via' ends where a value of via must follow"),
    ("virtual_routes", "10.30.0.0/16 }", "'10.30.0.0/16 }': keepalived cannot read '}' here"),
    (
        "virtual_routes",
        "10.30.0.0/16 dev an_interface_of_16",
        "'10.30.0.0/16 dev an_interface_of_16': 'an_interface_of_16' is not the name of a network interface",
    ),
    (
        "virtual_routes",
        "10.30.0.0/16 dev eth1 track_group a",
        "'10.30.0.0/16 dev eth1 track_group a': track_group is for static routes alone: leave it out",
    ),
    (
        "virtual_rules",
        "from 10.30.0.0/16 priority 3",
        "'from 10.30.0.0/16 priority 3' does nothing: from 10.30.0.0/16 table 100 priority 100",
    ),
    (
        "virtual_rules",
        "from 10.30.0.0/16 table 100",
        "'from 10.30.0.0/16 table 100' has no place among the rules: add priority 100",
    ),
    (
        "virtual_rules",
        "from 10.30.0.9/16 table 100 priority 1",
        "'from 10.30.0.9/16 table 100 priority 1': '10.30.0.9/16' is not a network: 10.30.0.0/16",
    ),
]


@pytest.mark.parametrize(("key", "line", "problem"), REFUSED, ids=[f"{key} {line}" for key, line, _ in REFUSED])
def test_what_keepalived_would_not_do_is_refused(key: str, line: str, problem: str) -> None:
    with pytest.raises(ClusterError) as caught:
        lines(key, line)
    assert caught.value.faults == [f"m.yml: instances.VI_1.{key}[0]: {problem}"]


@pytest.mark.parametrize(
    "keyword",
    [
        "virtual_routes {\n 10.30.0.0/16 via 10.10.0.1\n }",
        "virtual_rules {\n }",
        "promote_secondaries",
        "no_virtual_ipaddress",
    ],
)
def test_a_raw_line_that_has_a_key_names_it(keyword: str) -> None:
    text = FILE.replace("    %s: [%s]\n", "    raw: |\n" + "".join(f"      {line}\n" for line in keyword.split("\n")))
    with pytest.raises(ClusterError) as caught:
        parse(text, "m")
    name = keyword.split()[0]
    assert caught.value.faults == [f"m.yml: instances.VI_1.raw: {name}: use {name}"]


def without(*keys: str) -> Instance:
    text = FILE.replace("    virtual_ipaddress: [10.10.0.2]\n    %s: [%s]\n", "".join(f"    {key}\n" for key in keys))
    return parse(text, "m").instances["VI_1"]


def test_an_instance_may_say_that_it_has_no_address() -> None:
    assert without("no_virtual_ipaddress: true").addresses == []
    assert without("no_virtual_ipaddress: true", "virtual_ipaddress: []").family == 4
    for keys, problem in (
        (("no_virtual_ipaddress: false",), "is missing"),
        (("virtual_ipaddress: []",), "is empty: at least one is needed"),
        (
            ("no_virtual_ipaddress: true", "virtual_ipaddress: [10.10.0.2]"),
            "no_virtual_ipaddress says that there are none: leave one of the two out",
        ),
    ):
        with pytest.raises(ClusterError) as caught:
            without(*keys)
        assert caught.value.faults == [f"m.yml: instances.VI_1.virtual_ipaddress: {problem}"]
