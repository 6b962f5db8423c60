"""Plans of rollouts, walked through step by step: for every change and from every state the invariants hold, and what
the plan says will happen is what happens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.spec.flag import content
from tests.fake.runs import Managers
from tests.unit.cluster_states import FLAG, TWO

CHANGES = {
    "nothing": ("", ""),
    "advert interval": ("instances:", "advert_int: 1\ninstances:"),
    "priorities": ("instances:", "priority_step: 10\ninstances:"),
    "order of nodes": (
        "server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5",
        "server03: 10.10.0.5, server01: 10.10.0.3, server02: 10.10.0.4",
    ),
    "a pinned priority": ("server03: 10.10.0.5", "server03: {address: 10.10.0.5, priority: 50}"),
    "version": ("instances:", "vrrp_version: 2\ninstances:"),
    "other addresses": ("[10.10.0.", "[10.10.1."),
    "another address": ("[10.10.0.2]", "[10.10.0.2, 10.10.0.7]"),
    "a router id": ("51,", "53,"),
    "unicast": ("virtual_ipaddress", "unicast: true, virtual_ipaddress"),
    "check": ("instances:", "drain: {check: file}\ninstances:"),
    "flag": ("instances:", "drain: {flag: /var/lib/keepalived/out}\ninstances:"),
    "weight": ("instances:", "drain: {weight: 50}\ninstances:"),
    "looks at the flag": ("instances:", "drain: {interval: 3}\ninstances:"),
    "a node joins": ("server03: 10.10.0.5}", "server03: 10.10.0.5, server04: 10.10.0.6}"),
    "a node joins in front": ("{server01: 10.10.0.3", "{server04: 10.10.0.6, server01: 10.10.0.3"),
    "a new instance": (
        "instances:",
        "instances:\n  VI_0: {virtual_router_id: 50, virtual_ipaddress: [10.10.0.8]}",
    ),
    "router ids": ("virtual_router_id: 5", "virtual_router_id: 6"),
}


def rests(managers: Managers) -> None:
    """All serve."""


def first_is_drained(managers: Managers) -> None:
    managers.drain("server01", reason="disk")


def first_is_down(managers: Managers) -> None:
    managers.by_hand("server01", "systemctl stop keepalived.service")
    managers.wait()


def last_is_down(managers: Managers) -> None:
    managers.by_hand("server03", "systemctl stop keepalived.service")


def first_was_left_drained(managers: Managers) -> None:
    managers["server01"].write(FLAG, content(run="deploy"))
    managers.wait()


def all_are_down(managers: Managers) -> None:
    for name in managers.cluster.nodes:
        managers.by_hand(name, "systemctl stop keepalived.service")
    managers.wait()


STATES: list[Callable[[Managers], None]] = [
    rests,
    first_is_drained,
    first_is_down,
    last_is_down,
    first_was_left_drained,
    all_are_down,
]


@pytest.mark.parametrize("on_change", ["restart", "reload"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("change", CHANGES)
def test_a_rollout_does_what_its_plan_says(change: str, state: Callable[[Managers], None], on_change: str) -> None:
    managers = Managers(*["on_change: reload"] * (on_change == "reload"), text=TWO)
    state(managers)
    drained = [name for name in managers.drained() if "run:" not in (managers[name].read(FLAG) or "")]
    if CHANGES[change][0]:
        managers.edit(*CHANGES[change])
    before = {address: managers.world.holders(address) for address in managers.cluster.addresses}
    plan = managers.rollout()
    managers.world.commands.clear()
    managers.deploy()
    managers.wait(10)
    planned = [name for batch in plan.batches for name in batch]
    assert list(dict.fromkeys(told.node for told in managers.world.commands)) == planned
    words = "\n".join(plan.words)
    for addresses, to in re.findall(r"hand (.*?) to (\w+),", words):
        for address in addresses.split(", "):
            assert any(f"{address}: " in said and f" → {to}" in said for said in managers.said), words
    after = {address: [node] for address, node in re.findall(r"afterwards (\S+) \(\w+\) is on (\w+)", words)}
    for address in managers.cluster.addresses:
        assert managers.world.holders(address) == after.get(address, before[address]), words
    assert managers.drained() == drained
    assert managers.rollout().batches == ()


def test_a_rollout_that_would_take_the_address_from_its_only_holder_is_refused() -> None:
    managers = Managers()
    managers.by_hand("server02", "systemctl stop keepalived.service")
    managers.by_hand("server03", "systemctl stop keepalived.service")
    managers.edit("51,", "53,")
    with pytest.raises(NothingDone, match="cannot change now and would hold the addresses a second time"):
        managers.deploy("server01")
