"""What clients saw becomes figures and pictures."""

from typing import cast

from bench.seen import CONNECTIONS, Seen, takeovers
from keepalived.run.probe.account import Probe
from lab.lab import Lab
from lab.talking import Talking
from lab.witness import Witness

NODES = ["server01", "server02"]


def witness(*holders: tuple[float, tuple[str, ...]]) -> Witness:
    one = Witness(cast(Lab, None), "10.10.0.2")
    one.holders = list(holders)
    return one


def test_every_node_that_comes_to_hold_the_address_is_counted() -> None:
    first, second = ("server01",), ("server02",)
    assert takeovers(witness((0, first), (9, first))) == 0
    assert takeovers(witness((0, first), (3, ()), (4, second), (5, (*first, *second)), (6, first), (9, first))) == 2


def test_a_picture_begins_with_the_witness_and_shows_who_was_not_answered() -> None:
    one = witness((100.0, ("server01",)), (103.0, ()), (106.0, ("server01",)), (109.0, ("server01",)))
    sent = [(101.0, 101.001), (103.0, None), (104.0, None), (105.0, 106.002)]
    one.probes = [Probe(*each) for each in sent]
    talking = Talking(cast(Lab, None), "10.10.0.2", CONNECTIONS)
    talking._told = {"silences": [[103.1, 106.1], [103.2, None]]}
    picture = Seen(one, talking).timeline("ours", NODES, [(102.0, "typed")])
    assert picture.holders == [(0.0, ("server01",)), (3.0, ()), (6.0, ("server01",)), (9.0, ("server01",))]
    assert [when for when, _ in picture.marks] == [2.0]
    assert [round(when, 3) for when, _ in picture.connections] == [0.0, 3.1, 3.2, 6.1]
    assert [count for _, count in picture.connections] == [50, 49, 48, 49]
    assert len(picture.silences) == 1
