"""A node's instances by the cluster file's names: keepalived knows them by virtual_router_id and family."""

import pytest

from keepalived.conf.adverts import advert_settings
from keepalived.observed.names import under_our_names
from keepalived.spec.cluster_file import parse
from tests.unit.cluster_states import but, node

OURS = parse(
    "nodes: {server01: 10.10.0.3, server02: 10.10.0.4}\n"
    "instances:\n"
    "  VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}\n"
    "  VI_2: {virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}\n",
    "managers",
)


def running(**identities: int) -> str:
    return "".join(
        f"vrrp_instance {name} {{\n virtual_router_id {identity}\n virtual_ipaddress {{\n 10.10.0.2\n }}\n}}\n"
        for name, identity in identities.items()
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"VI_1": 51, "VI_2": 52}, ["VI_1", "VI_2"]),
        ({"VI_A": 51, "VI_B": 52}, ["VI_1", "VI_2"]),
        ({"VI_2": 51, "VI_1": 52}, ["VI_1", "VI_2"]),
        ({"VI_A": 51, "VI_1": 99}, ["VI_1", "VI_1 (other)"]),
        ({"VI_1": 99}, ["VI_1"]),
    ],
)
def test_an_instance_goes_by_its_identity(names: dict[str, int], expected: list[str]) -> None:
    text = running(**names)
    seen = node(103, instances=tuple(names), runs=text)
    seen = but(seen, configuration=but(seen.configuration, advert_settings=advert_settings(text)))
    found = under_our_names(OURS, seen)
    assert list(found.instances or {}) == expected
    assert list(found.configuration.advert_settings or {}) == expected
    assert [found.own_names.get(name, name) for name in expected] == list(names)


@pytest.mark.parametrize(("outside", "inside"), [("VI_2", "VI_1"), ("out", "in")])
def test_on_two_networks_two_may_have_the_same_number(outside: str, inside: str) -> None:
    ours = parse(
        "nodes: {server01: 10.10.0.3}\n"
        "instances:\n"
        "  VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2], interface: eth0}\n"
        "  VI_2: {virtual_router_id: 51, virtual_ipaddress: [192.0.2.2], interface: eth1}\n",
        "managers",
    )
    text = running(**{outside: 51}).replace("10.10.0.2", "192.0.2.2") + running(**{inside: 51})
    seen = node(103, instances=(outside, inside), runs=text)
    seen = but(seen, configuration=but(seen.configuration, advert_settings=advert_settings(text)))
    found = under_our_names(ours, seen).configuration.advert_settings or {}
    assert {name: one.addresses for name, one in found.items()} == {
        "VI_1": frozenset(["10.10.0.2"]),
        "VI_2": frozenset(["192.0.2.2"]),
    }


def test_what_is_not_known_stays_unknown() -> None:
    silent = node(None)
    assert under_our_names(OURS, silent) == silent
