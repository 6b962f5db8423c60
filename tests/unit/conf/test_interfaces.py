"""The network interface of an instance on a node: found by the network of its addresses, and never moved unasked."""

import pytest

from keepalived.conf.adverts import AdvertSettings, advert_settings
from keepalived.conf.interfaces import Links, NoInterface, interfaces
from keepalived.conf.render import configuration
from keepalived.spec.cluster_file import ClusterError, parse

FILE = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4}
instances:
  VI_IN: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}
  VI_OUT: {virtual_router_id: 52, virtual_ipaddress: [192.0.2.2/24]}
"""
OWN = {"lo": ["127.0.0.1"], "eth0": ["10.10.0.3"], "eth1": ["192.0.2.3"]}
NETWORKS = {"eth0": ["10.10.0.0/24"], "eth1": ["192.0.2.0/24"]}
LINKS = Links(OWN, NETWORKS)


def found(links: Links, text: str = FILE, node: str = "server01") -> dict[str, str]:
    return interfaces(parse(text, "managers"), node, links)


def refused(links: Links, text: str = FILE) -> str:
    with pytest.raises(NoInterface) as caught:
        found(links, text)
    return str(caught.value)


def running(interface: str, *addresses: str) -> AdvertSettings:
    return AdvertSettings(3, 52, interface, False, frozenset(addresses or ["192.0.2.2"]), None, None)


OUTSIDE = FILE.replace("192.0.2.2/24", "%s")
FOUND = [
    ("its own network's", FILE, LINKS, "eth1"),
    ("the node's own where both have it", FILE.replace("192.0.2.2/24", "10.10.0.9"), LINKS, "eth0"),
    ("the node's own where none has it", FILE.replace("192.0.2.2/24", "198.51.100.2"), LINKS, "eth0"),
    ("the node's own where it is not known", FILE, Links(OWN), "eth0"),
    ("an address with a dev decides nothing", OUTSIDE % "192.0.2.2/24 dev eth1", LINKS, "eth0"),
    (
        "nor does a link-local one",
        OUTSIDE % '"fe80::2", "2001:db8::2"',
        Links(OWN, {"eth1": ["2001:db8::/64"]}),
        "eth1",
    ),
    ("what is set", FILE.replace("id: 52", "id: 52, interface: eth9"), LINKS, "eth9"),
    (
        "set for the node",
        FILE.replace("server01: 10.10.0.3", "server01: {address: 10.10.0.3, interface: eth8}"),
        LINKS,
        "eth8",
    ),
]


@pytest.mark.parametrize(("text", "links", "interface"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_the_interface_is_found_by_the_network_of_the_address(text: str, links: Links, interface: str) -> None:
    assert found(links, text)["VI_OUT"] == interface


def test_no_interface_need_carry_the_nodes_own_address_where_all_are_found() -> None:
    """A node behind address translation."""
    assert found(LINKS, FILE.replace("10.10.0.3", "203.0.113.3")) == {"VI_IN": "eth0", "VI_OUT": "eth1"}


def test_two_other_interfaces_in_the_network_are_refused() -> None:
    both = Links({**OWN, "shim": ["192.0.2.33"]}, {**NETWORKS, "shim": ["192.0.2.0/24"]})
    assert refused(both) == (
        "server01: the addresses of VI_OUT are in the networks of eth1 and of shim: set instances.VI_OUT.interface in "
        "managers.yml"
    )


def test_what_runs_on_another_interface_is_not_moved_unasked() -> None:
    here = Links(OWN, NETWORKS, {"VI_OUT": running("eth0")})
    assert refused(here) == (
        "server01: VI_OUT runs on eth0, and by its addresses it belongs on eth1. It does not move unless you say so: "
        "set instances.VI_OUT.interface in managers.yml to eth0, where it stays, or to eth1"
    )
    for interface in ("eth0", "eth1"):
        assert found(here, FILE.replace("id: 52", f"id: 52, interface: {interface}"))["VI_OUT"] == interface


def test_what_was_found_once_is_not_moved_when_the_interface_loses_its_address() -> None:
    lost = Links({**OWN, "eth1": []}, {"eth0": NETWORKS["eth0"]}, {"VI_OUT": running("eth1")})
    assert "VI_OUT runs on eth1, and by its addresses it belongs on eth0" in refused(lost)


FOLLOWED = [
    ("another address is another wish", LINKS, running("eth0", "10.10.0.9")),
    ("the interface is gone", LINKS, running("enp0s8")),
    ("a bridge has taken its network over", Links({**OWN, "eth7": []}, NETWORKS), running("eth7")),
    ("it is there already", LINKS, running("eth1")),
]


@pytest.mark.parametrize(("links", "runs"), [row[1:] for row in FOLLOWED], ids=[row[0] for row in FOLLOWED])
def test_what_is_found_is_followed_where_nothing_moves_unasked(links: Links, runs: AdvertSettings) -> None:
    assert found(Links(links.addresses, links.networks, {"VI_OUT": runs}))["VI_OUT"] == "eth1"


UNICAST = FILE.replace("id: 52", "id: 52, unicast: true")


def with_sources(*sources: str, text: str = UNICAST) -> str:
    for node, own, source in zip(("server01", "server02"), ("10.10.0.3", "10.10.0.4"), sources, strict=True):
        text = text.replace(
            f"{node}: {own}", f"{node}: {{address: {own}, instances: {{VI_OUT: {{unicast_src_ip: {source}}}}}}}"
        )
    return text


def test_unicast_adverts_come_from_an_address_of_their_interface() -> None:
    assert refused(LINKS, UNICAST) == (
        "server01: VI_OUT is on eth1, and eth0 carries 10.10.0.3, from which it would send its adverts: set "
        "nodes.server01.instances.VI_OUT.unicast_src_ip in managers.yml to an address of eth1"
    )
    assert "no network interface carries 192.0.2.33" in refused(LINKS, with_sources("192.0.2.33", "192.0.2.4"))
    text = with_sources("192.0.2.3", "192.0.2.4")
    rendered = configuration(parse(text, "managers"), "server01", found(LINKS, text))
    outside = rendered[rendered.index("vrrp_instance VI_OUT") :]
    assert "    unicast_src_ip 192.0.2.3\n    unicast_peer {\n        192.0.2.4\n    }\n" in outside
    assert advert_settings(rendered)["VI_OUT"].peers.source == "192.0.2.3"


MULTICAST = FILE.replace("id: 52", "id: 52, mcast_src_ip: true")


def test_multicast_adverts_do_not_come_from_an_address_of_another_interface() -> None:
    told = (
        "server01: VI_OUT is on eth1, and eth0 carries 10.10.0.3, from which it would send its adverts: set "
        "nodes.server01.instances.VI_OUT.unicast_src_ip in managers.yml to an address of eth1"
    )
    assert refused(LINKS, MULTICAST) == told
    assert refused(LINKS, MULTICAST.replace("id: 52", "id: 52, interface: eth1")) == told
    assert found(LINKS, FILE.replace("id: 51", "id: 51, interface: eth0, mcast_src_ip: true"))["VI_IN"] == "eth0"
    text = with_sources("192.0.2.3", "192.0.2.4", text=MULTICAST)
    rendered = configuration(parse(text, "managers"), "server01", found(LINKS, text))
    assert "    mcast_src_ip 192.0.2.3\n" in rendered[rendered.index("vrrp_instance VI_OUT") :]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("192.0.2.2", "192.0.2.2 is a floating address: give one that stays on server01"),
        ("'fd00::3'", "fd00::3 is not IPv4, as the addresses of VI_OUT are"),
    ],
)
def test_nor_from_one_that_moves_or_is_of_the_other_family(source: str, why: str) -> None:
    with pytest.raises(ClusterError) as caught:
        parse(with_sources(source, "192.0.2.4", text=MULTICAST), "managers")
    assert caught.value.faults == [f"managers.yml: nodes.server01.instances.VI_OUT.unicast_src_ip: {why}"]
