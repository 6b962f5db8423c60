"""What a node gets beside keepalived, as the cluster file has it: its faults, and the names of kernel settings."""

from __future__ import annotations

import pytest

from keepalived.spec.cluster_file import ClusterError, parse
from keepalived.spec.host import kernel_path
from tests.unit.cluster_text import cluster


def faults(text: str) -> list[str]:
    with pytest.raises(ClusterError) as caught:
        parse(cluster(text), "m")
    return [fault.removeprefix("m.yml: ") for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_nonlocal_bind", "net/ipv4/ip_nonlocal_bind"),
        ("net/ipv4/ip_nonlocal_bind", "net/ipv4/ip_nonlocal_bind"),
        ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
    ],
)
def test_a_setting_of_the_kernel_has_one_path(name: str, path: str) -> None:
    assert kernel_path(name) == path
    assert parse(cluster(f"host: {{sysctls: {{{name}: 1}}}}"), "m").host.kernel == {path: "1"}


def test_one_setting_twice_is_refused() -> None:
    assert faults("host: {sysctls: {net.ipv4.ip_forward: 0, net/ipv4/ip_forward: 1}}") == [
        "host.sysctls.net/ipv4/ip_forward: is the same setting as net.ipv4.ip_forward: leave one of them out"
    ]


def test_a_setting_is_below_proc_sys() -> None:
    assert faults("host: {sysctls: {net/../../etc/passwd: 1}}") == [
        "host.sysctls.net/../../etc/passwd: "
        "'net/../../etc/passwd' is not a setting of the kernel: net.ipv4.ip_nonlocal_bind"
    ]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("net.ipv4.conf.eth1.arp_ignore", "arp_ignore"),
        ("net/ipv4/conf/eth0.100/arp_announce", "arp_announce"),
        ("net.ipv4.conf.eth0/100.arp_announce", "arp_announce"),
    ],
)
def test_what_connections_keep_sets_on_an_interface_is_refused(name: str, key: str) -> None:
    assert faults(f"connections: keep\nhost: {{sysctls: {{{name}: 0}}}}") == [
        f"host.sysctls.{name}: connections: keep sets it while a node serves connections to an address that it gave "
        f"up: leave it out, or set net.ipv4.conf.all.{key}"
    ]
    parse(cluster(f"host: {{sysctls: {{{name}: 0}}}}"), "m")


@pytest.mark.parametrize(
    "name", ["net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.default.arp_announce", "net.ipv4.conf.eth1.rp_filter"]
)
def test_settings_that_take_nothing_from_connections_keep_are_let_through(name: str) -> None:
    parse(cluster(f"connections: keep\nhost: {{sysctls: {{{name}: 1}}}}"), "m")
