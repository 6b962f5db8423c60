"""Nodes have their turns at once, and operators type at once: whoever goes on next, somebody serves, and all is done.

The world itself looks at the invariants after every command.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from tests.fake.at_once import at_once
from tests.fake.managers import NEW, OLD
from tests.fake.runs import Managers
from tests.unit.cluster_states import ONE, TWO

ORDERS = st.lists(st.integers(0, 5), max_size=80)
"""Who goes on next, of those that do not wait."""
PAIR = "nodes: {server01: 10.10.0.3, server02: 10.10.0.4}\n" + ONE.partition("\n")[2]


def drained() -> Managers:
    managers = Managers()
    managers.drain("server01", "server02")
    return managers


def renumbered() -> Managers:
    managers = Managers(text=TWO)
    managers.edit("51,", "53,")
    return managers


BATCHES: dict[str, tuple[Callable[[], Managers], Callable[[Managers], None], list[str]]] = {
    "drain": (Managers, lambda managers: managers.drain("server01", "server02"), ["server01", "server02"]),
    "restore": (drained, Managers.restore, []),
    "deploy to new servers": (lambda: Managers(fresh=True), Managers.deploy, []),
    "deploy of another router id": (renumbered, Managers.deploy, []),
    "reboot": (Managers, Managers.reboot, []),
}


@pytest.mark.parametrize("name", BATCHES)
@settings(max_examples=15, deadline=None)
@given(order=ORDERS)
def test_nodes_of_a_batch_come_to_the_same_end_in_any_order(name: str, order: list[int]) -> None:
    make, typed, out = BATCHES[name]
    managers = make()
    managers.order = order
    typed(managers)
    holders = [managers.holder(address) for address in managers.cluster.addresses]
    managers.wait()
    assert holders == [managers.holder(address) for address in managers.cluster.addresses]  # it ended after the moves
    assert managers.drained() == out
    managers.restore(*out)
    assert managers.is_at_rest()


@settings(max_examples=15, deadline=None)
@given(order=ORDERS)
def test_two_nodes_are_removed_at_once(order: list[int]) -> None:
    managers = Managers()
    managers.order = order
    managers.remove("server01", "server02")
    assert managers.holder() == "server03"
    assert managers["server01"].daemon is managers["server02"].daemon is None


@settings(max_examples=60, deadline=None)
@given(order=ORDERS)
def test_two_operators_do_not_drain_the_last_node(order: list[int]) -> None:
    managers = Managers(text=PAIR)
    stopped: dict[str, str] = {}

    def drains(node: str) -> None:
        try:
            managers.drain(node)
        except (NothingDone, Stopped) as error:
            stopped[node] = str(error)

    at_once(managers.world, [lambda: drains("server01"), lambda: drains("server02")], order)
    assert stopped
    assert all("no node would be left to serve" in words for words in stopped.values())
    assert sorted([*managers.drained(), *stopped]) == ["server01", "server02"]
    managers.wait()
    assert managers.holder() in set(managers.cluster.nodes) - set(managers.drained())


OTHERS: dict[str, Callable[[Managers], None]] = {
    "deploy": Managers.deploy,
    "reboot": Managers.reboot,
    "upgrade": Managers.upgrade,
}


@pytest.mark.parametrize("name", OTHERS)
@settings(max_examples=15, deadline=None)
@given(order=ORDERS)
def test_a_drain_beside_another_run_lasts_and_both_complete(name: str, order: list[int]) -> None:
    managers = Managers()
    for server in managers.world.servers.values():
        server.offered = [NEW, OLD]
    managers.edit("instances:", "advert_int: 1\ninstances:")

    def runs() -> None:
        with suppress(Stopped):
            OTHERS[name](managers)

    at_once(managers.world, [runs, lambda: managers.drain("server01", reason="disk")], order)
    managers.wait()
    assert "server01" in managers.drained()
    assert managers.holder() != "server01"
    OTHERS[name](managers)
    assert managers.drained() == ["server01"]
    managers.restore("server01")
    managers.deploy()
    assert managers.is_at_rest()
