"""Floating addresses as text and as keys, and those that the adverts do not name."""

from __future__ import annotations

import json

import pytest

from keepalived.conf.adverts import advert_settings
from keepalived.conf.render import configuration
from keepalived.observed.daemon import read_instances
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError, parse

NODES = "nodes: {server01: 10.10.0.3, server02: 10.10.0.4}\n"


def with_addresses(addresses: str, more: str = "") -> Cluster:
    """A cluster with one instance of these addresses; `more`: further keys of it."""
    return parse(f"{NODES}instances: {{a: {{virtual_router_id: 51, virtual_ipaddress: [{addresses}]{more}}}}}\n", "m")


SAME = [
    ("10.10.0.2", "{address: 10.10.0.2}", "10.10.0.2/32"),
    ("10.10.0.2/24 dev eth1 label eth1:vip scope global brd 10.10.0.255",
     "{address: 10.10.0.2/24, dev: eth1, label: 'eth1:vip', scope: global, brd: 10.10.0.255}",
     "10.10.0.2/24 brd 10.10.0.255 dev eth1 scope global label eth1:vip"),
    ("10.10.0.2/24 broadcast + noprefixroute no_track",
     "{address: 10.10.0.2/24, brd: +, noprefixroute: true, no_track: true}",
     "10.10.0.2/24 brd + noprefixroute no_track"),
    ("'fd00::2/64  preferred_lft 0'", "{address: 'fd00::2/64', preferred_lft: 0}", "fd00::2/64 preferred_lft 0"),
    ("10.10.0.2 preferred_lft forever", "{address: 10.10.0.2, preferred_lft: forever}",
     "10.10.0.2/32 preferred_lft forever"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "keys", "line"), SAME)
def test_text_and_keys_mean_the_same_and_become_one_line(text: str, keys: str, line: str) -> None:
    one, other = (with_addresses(form).instances["a"].virtual_ipaddress for form in (text, keys))
    assert one == other
    assert [str(address) for address in one] == [line]


REFUSED = [
    ("10.10.0.2 deb eth1", "[0]: '10.10.0.2 deb eth1': 'deb' is no word for an address: dev, label, scope, brd, "
     "broadcast, preferred_lft, noprefixroute, no_track"),
    ("10.10.0.300 dev eth1", "[0]: '10.10.0.300' is not an IP address (10.10.0.2 or 10.10.0.2/24)"),
    ("10.10.0.2 dev", "[0]: '10.10.0.2 dev' ends where a value of dev must follow"),
    ("10.10.0.2 dev a dev b", "[0]: '10.10.0.2 dev a dev b' says dev twice"),
    ("10.10.0.2/24 brd + broadcast -", "[0]: '10.10.0.2/24 brd + broadcast -' says brd twice"),
    ("10.10.0.2 brd +", "[0]: brd + needs the prefix length of a network: 10.10.0.2/24"),
    ("10.10.0.2 brd ten", "[0]: 'ten' is not a broadcast address: 10.10.0.255, + or -"),
    ("'fd00::2 label eth1:vip'", "[0]: an IPv6 address has no label: leave it out"),
    ("{address: 'fd00::2', scope: global}", "[0]: an IPv6 address has no scope: leave it out"),
    ("{address: 10.10.0.2, label: a label}", "[0].label: 'a label' is not a label: eth1:vip, at most 15 characters"),
    ("{address: 10.10.0.2, deb: eth1}", "[0].deb: is not a known key (did you mean dev?)"),
    ("'10.10.0.2 label \"x\"'", "[0]: '\"x\"' is not a label: eth1:vip, at most 15 characters"),
    ("10.10.0.3/24 dev eth1", ": 10.10.0.3 is server01's own address: a floating address belongs to no node"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "fault"), REFUSED)
def test_what_keepalived_would_drop_is_refused(address: str, fault: str) -> None:
    with pytest.raises(ClusterError) as refused:
        with_addresses(address)
    assert refused.value.faults == [f"m.yml: instances.a.virtual_ipaddress{fault}"]


DUAL = with_addresses("10.10.0.2", ", virtual_ipaddress_excluded: ['fd00::2/64', 10.10.0.9]")


def test_an_excluded_address_counts_wherever_addresses_are_counted() -> None:
    assert DUAL.addresses == DUAL.instances["a"].addresses == ["10.10.0.2", "fd00::2", "10.10.0.9"]
    assert DUAL.instances["a"].family == 4


def test_an_excluded_address_parts_no_nodes() -> None:
    text = configuration(DUAL, "server01", {"a": "eth0"})
    plain = configuration(with_addresses("10.10.0.2"), "server01", {"a": "eth0"})
    one, other = (advert_settings(found)["a"] for found in (text, plain))
    assert one.addresses == {"10.10.0.2"}
    assert one.floating == {"10.10.0.2", "fd00::2", "10.10.0.9"}
    assert one.accepts(other)
    assert one.reload_carries(other)


def test_an_excluded_address_is_read_from_the_daemon() -> None:
    data = {
        "iname": "a",
        "state": 2,
        "base_priority": 1,
        "effective_priority": 101,
        "vrid": 51,
        "version": 3,
        "vips": ["10.10.0.2 dev eth0 scope global set"],
        "evips": ["fd00::2/64 dev eth0 scope global set"],
        "last_transition": 0,
    }
    found = read_instances(json.dumps([{"data": data}]))
    assert found is not None
    assert found["a"].addresses == ["10.10.0.2", "fd00::2"]


EXCLUDED = [
    ("10.10.0.2", "10.10.0.2 is in a already"),
    ("10.10.0.4", "10.10.0.4 is server02's own address: a floating address belongs to no node"),
]


@pytest.mark.parametrize(("address", "fault"), EXCLUDED)
def test_an_excluded_address_is_checked_as_any_other(address: str, fault: str) -> None:
    with pytest.raises(ClusterError) as refused:
        with_addresses("10.10.0.2", f", virtual_ipaddress_excluded: [{address}]")
    assert any(f"{fault}" in told for told in refused.value.faults)


def test_excluded_addresses_of_an_active_active_instance_are_refused() -> None:
    with pytest.raises(ClusterError) as refused:
        with_addresses("10.10.0.2, 10.10.0.9", ", active_active: true, virtual_ipaddress_excluded: [10.10.0.10]")
    assert refused.value.faults[0] == (
        "m.yml: instances.a.virtual_ipaddress_excluded: active_active makes an instance of each address: give these an "
        "instance of their own"
    )
