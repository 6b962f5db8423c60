"""Which clusters faults are done to: every two properties meet, and each cluster file is one."""

from __future__ import annotations

from faults.cases.registry import CASES
from faults.variants import PLAINEST, Variant, chosen, every, pairs, pairwise
from keepalived.spec.cluster_file import parse


def test_every_combination_has_a_cluster_file_that_is_good() -> None:
    variants = every()
    assert len({variant.name for variant in variants}) == 3 * 2 * 2 * 2 * 6
    for variant in variants:
        cluster = parse(variant.cluster_file(), "managers")
        assert sorted(cluster.all_held) == sorted(variant.addresses)
        assert len(cluster.nodes) == variant.nodes
        assert all(one.unicast == (variant.adverts == "unicast") for one in cluster.instances.values())


def test_in_few_of_them_any_two_properties_meet() -> None:
    few = pairwise()
    assert few[0] == PLAINEST
    assert set().union(*map(pairs, few)) == set().union(*map(pairs, every()))
    assert len(few) <= 20


def test_the_chosen_part_is_of_cases_that_can_be_done_there() -> None:
    picked = list(chosen())
    assert len(picked) == len(set(picked))
    assert all(CASES[name].applies(variant) for variant, name in picked)
    assert {variant.suite for variant, _ in picked} == {"bookworm", "trixie", "mixed"}
    assert {variant.family for variant, _ in picked} == {"ipv4", "ipv6"}
    assert {variant.adverts for variant, _ in picked} == {"multicast", "unicast"}


def test_a_node_sends_from_an_address_of_the_family_of_what_it_holds() -> None:
    cluster = parse(Variant("trixie", "ipv6", "unicast", 3, "sync-group").cluster_file(), "managers")
    assert [str(cluster.advert_source(name, "server02")) for name in cluster.instances] == ["fd00:10::12"] * 2
