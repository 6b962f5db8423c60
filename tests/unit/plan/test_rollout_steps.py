"""The plan of every rollout, walked batch by batch: the addresses keep a holder, and each target is changed once."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepalived.plan.rollout import Refused, due, plan_rollout
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from tests.unit.plan.simulated import Gap, Server, Servers, text_of

NAMES = ["server01", "server02", "server03", "server04"]
ADDRESS = {name: f"10.10.0.{number}" for number, name in enumerate(NAMES, 3)}


def file(
    *,
    order: tuple[str, ...] = ("server01", "server02", "server03"),
    pinned: Mapping[str, int] | None = None,
    ids: tuple[int, int] = (51, 52),
    first: str = "10.10.0.12",
    second: str = "",
    instance: str = "",
    rest: str = "",
) -> Cluster:
    """A cluster of some nodes in this order; the rest as each change has it."""
    pins = pinned or {}
    nodes = ", ".join(
        f"{name}: {{address: {ADDRESS[name]}{f', priority: {pins[name]}' if name in pins else ''}}}" for name in order
    )
    lines = [f"nodes: {{{nodes}}}", "instances:"]
    for name, number, addresses in (("VI_1", ids[0], first), ("VI_2", ids[1], second)):
        if addresses:
            lines.append(f"  {name}: {{virtual_router_id: {number}, virtual_ipaddress: [{addresses}]{instance}}}")
    return parse("\n".join([*lines, rest]), "managers")


V2 = "vrrp_version: 2\n"
PASS = ", authentication: {auth_type: PASS, auth_pass: a}"  # noqa: S105
TWO = "10.10.0.12, 10.10.0.13"
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "an interval, which every node may have for itself": ({}, {"rest": "advert_int: 0.2\n"}),
    "virtual_router_id": ({}, {"ids": (77, 52)}),
    "virtual_router_id of one of two": ({"second": "10.10.0.22"}, {"second": "10.10.0.22", "ids": (51, 77)}),
    "version": ({"rest": V2}, {}),
    "version, back": ({}, {"rest": V2}),
    "authentication": ({"rest": V2}, {"rest": V2, "instance": PASS}),
    "another password": (
        {"rest": V2, "instance": PASS},
        {"rest": V2, "instance": PASS.replace("auth_pass: a", "auth_pass: b")},
    ),
    "unicast": ({}, {"instance": ", unicast: true"}),
    "multicast": ({"instance": ", unicast: true"}, {}),
    "advert_int of version 2": ({"rest": V2}, {"rest": f"{V2}advert_int: 2\n"}),
    "an address added": ({}, {"first": TWO}),
    "an address removed": ({"first": TWO}, {}),
    "an instance added": ({}, {"second": "10.10.0.22"}),
    "an instance removed": ({"second": "10.10.0.22"}, {}),
    "another address": ({}, {"first": "10.10.0.13"}),
    "the order": ({}, {"order": ("server03", "server01", "server02")}),
    "the order, turned round": ({}, {"order": ("server03", "server02", "server01")}),
    "a node joined at the end": ({}, {"order": tuple(NAMES)}),
    "a node joined at the head": ({}, {"order": ("server04", "server01", "server02", "server03")}),
    "a unicast node joined": (
        {"instance": ", unicast: true"},
        {"instance": ", unicast: true", "order": tuple(NAMES)},
    ),
    "a node removed": ({"order": tuple(NAMES)}, {}),
    "the first node removed": ({"order": ("server04", "server01", "server02", "server03")}, {}),
    "a unicast node removed": (
        {"instance": ", unicast: true", "order": tuple(NAMES)},
        {"instance": ", unicast: true"},
    ),
    "a wider step": ({}, {"rest": "priority_step: 10\n"}),
    "a pinned priority": ({}, {"pinned": {"server03": 50}}),
    "a pinned priority, the weight and the interval": (
        {},
        {"pinned": {"server02": 90}, "rest": "drain: {weight: 120}\nadvert_int: 0.3\n"},
    ),
    "the check": ({}, {"rest": "drain: {check: file}\n"}),
    "the order and virtual_router_id": ({}, {"ids": (77, 52), "order": ("server03", "server02", "server01")}),
}

Tweak = Callable[[Servers], None]


def out(*names: str) -> Tweak:
    def drain(servers: Servers) -> None:
        for name in names:
            servers.all[name].drained = True

    return drain


def left(name: str) -> Tweak:
    def by_deploy(servers: Servers) -> None:
        servers.all[name].ours = True

    return by_deploy


def down(*names: str) -> Tweak:
    def stopped(servers: Servers) -> None:
        for name in names:
            servers.all[name].runs = None

    return stopped


BEGINNINGS: dict[str, list[Tweak]] = {
    "at rest": [],
    "a backup drained": [out("server02")],
    "the first drained": [out("server01")],
    "only the holder in service": [out("server02", "server03")],
    "all drained": [out("server01", "server02", "server03")],
    "left drained by a deploy": [left("server01")],
    "left drained by a deploy, and one by an operator": [left("server02"), out("server03")],
    "a backup stopped": [down("server03")],
    "the first stopped": [down("server01")],
    "one stopped, one drained": [down("server01"), out("server02")],
    "all stopped": [down("server01", "server02", "server03")],
}


def begin(old: Cluster, new: Cluster, tweaks: list[Tweak]) -> Servers:
    """The nodes of `old` run; those that have joined are not installed, those that have gone are removed."""
    servers = Servers(
        *(Server(name, old) for name in old.nodes if name in new.nodes),
        *(Server(name, None, installed=False) for name in new.nodes if name not in old.nodes),
    )
    for tweak in tweaks:
        tweak(servers)
    servers.settle()
    return servers


def walk(servers: Servers, new: Cluster) -> None:
    """Plans the rollout of `new` to all of its nodes, and walks it."""
    texts = {name: text_of(new, name) for name in new.nodes}
    before = servers.state(new)
    meant = {name for name in new.nodes if due(new, before.nodes[name] or pytest.fail(name), texts[name])}
    drained = {name for name, server in servers.all.items() if server.drained}
    found = plan_rollout(before, texts, list(new.nodes))
    assert sorted(name for batch in found.batches for name in batch) == sorted(meant)
    apart = any("incompatible" in line for line in found.words)

    kept = {address for address in new.addresses if servers.holders(address)}
    for batch in found.batches:
        servers.change(batch, new)
        for address in kept:
            assert servers.holders(address), f"{address} has no holder after {batch}"
    assert {name for name, server in servers.all.items() if server.touched} == meant
    assert all(server.touched <= 1 for server in servers.all.values())
    after = servers.state(new)
    assert [name for name in new.nodes if due(new, after.nodes[name] or pytest.fail(name), texts[name])] == []
    assert {name for name, server in servers.all.items() if server.drained} == drained
    for instance in new.instances:
        serving = [name for name in new.order(instance) if name not in drained] or new.order(instance)
        for address in new.instances[instance].addresses:
            assert servers.holders(address) == serving[:1]
    assert servers.most_holders <= (2 if apart else 1)


# VI_1 keeps its settings, so no drained node takes it from the holder; VI_2 does not, so the holder must restart.
NOBODY_TO_HAND_OVER_TO = {
    ("virtual_router_id of one of two", "only the holder in service"),
    ("virtual_router_id of one of two", "all drained"),
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("on_change", ["restart", "reload"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_addresses_keep_a_holder_in_every_step(change: str, on_change: str, beginning: str) -> None:
    old, new = ({**of, "rest": f"{of.get('rest', '')}on_change: {on_change}\n"} for of in CHANGES[change])
    servers = begin(file(**old), file(**new), BEGINNINGS[beginning])
    if (change, beginning) in NOBODY_TO_HAND_OVER_TO:
        with pytest.raises(Refused, match=r"there is no other node to hold 10\.10\.0\.12 while server01 restarts"):
            walk(servers, file(**new))
    else:
        walk(servers, file(**new))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_several_changes_at_once_keep_a_holder_too(data: st.DataObject) -> None:
    def drawn() -> Cluster:
        version = data.draw(st.sampled_from([2, 3]))
        return file(
            order=tuple(data.draw(st.permutations(NAMES[:3]))) + data.draw(st.sampled_from([(), ("server04",)])),
            ids=(data.draw(st.sampled_from([51, 77])), 52),
            first=data.draw(st.sampled_from(["10.10.0.12", TWO])),
            second=data.draw(st.sampled_from(["", "10.10.0.22"])),
            instance=data.draw(st.sampled_from(["", ", unicast: true", PASS if version == 2 else ""])),
            rest=f"vrrp_version: {version}\npriority_step: {data.draw(st.sampled_from([1, 10]))}\n"
            f"on_change: {data.draw(st.sampled_from(['restart', 'reload']))}\n",
        )

    old, new = drawn(), drawn()
    tweaks = [
        data.draw(st.sampled_from([out, left, down]))(name)
        for name in data.draw(st.sets(st.sampled_from(NAMES[:3]), max_size=3))
    ]
    servers = begin(old, new, tweaks)
    serving = [server.name for server in servers.running() if not server.drained]
    try:
        walk(servers, new)
    except Refused as error:
        refused = f"{error}"
    else:
        refused = ""
    assert not refused or ("there is no other node to hold" in refused and len(serving) <= 1)


def test_the_simulation_sees_a_gap() -> None:
    """A holder that is stopped before another one has its address: what the plans must not do."""
    servers = begin(file(), file(), [])
    with pytest.raises(Gap, match=r"server01 drops 10\.10\.0\.12, nobody holds it, and server02, server03 could"):
        servers.stop("server01", wanted=["10.10.0.12"])


def test_the_simulation_sees_two_holders() -> None:
    servers = begin(file(), file(ids=(77, 52)), [])
    servers.change(["server03"], file(ids=(77, 52)))
    assert servers.holders("10.10.0.12") == ["server01", "server03"]
    assert servers.most_holders == 2
