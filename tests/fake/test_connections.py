"""Established connections live through a planned move: who is made ready before it, and what the operator reads."""

from __future__ import annotations

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from tests.fake.managers import NEW, OLD
from tests.fake.runs import Managers
from tests.unit.cluster_states import ONE, TWO, VIP

KEEP = "connections: keep"


def ready(managers: Managers) -> dict[str, str]:
    """Who passes on to whom."""
    return {
        name: server.connections.passing[VIP]
        for name, server in managers.world.servers.items()
        if VIP in server.connections.passing
    }


def serving(managers: Managers) -> dict[str, list[str]]:
    """Who goes on serving, and whom it tells."""
    return {
        name: server.connections.serving[VIP]
        for name, server in managers.world.servers.items()
        if VIP in server.connections.serving
    }


def verbs(managers: Managers) -> list[str]:
    """What the nodes were told, in order, in short."""
    return [
        f"{told.node} {told.text.rpartition(' keepalived-connections ')[2].split()[0]}"
        if told.text.startswith("bash")
        else f"{told.node} flag"
        for told in managers.world.commands
        if told.text.startswith(("bash", "mv", "rm -df /var/lib/keepalived/releasevip"))
    ]


def test_before_the_flag_is_set_all_who_may_take_over_and_the_holder_are_ready() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.open[VIP] = 12
    managers.drain("server01")
    assert ready(managers) == {"server02": "10.10.0.3", "server03": "10.10.0.3"}
    assert serving(managers) == {"server01": ["10.10.0.4", "10.10.0.5"]}
    assert verbs(managers) == [
        "server02 pass",
        "server03 pass",
        "server01 serve",
        "server02 seen",
        "server03 seen",
        "server01 flag",
    ]
    assert managers.said[-1] == "server01: server01 still serves 12 connections to 10.10.0.2 begun before"


def test_a_restore_typed_while_the_drain_moves_the_address_waits_for_that_move() -> None:
    managers = Managers(KEEP)
    managers.drain_by_hand("server01")
    assert managers.holder() == "server01"
    managers.restore("server01")
    assert ready(managers) == {"server01": "10.10.0.4"}
    assert verbs(managers)[-1] == "server01 flag"
    assert managers.is_at_rest()


def test_by_default_nothing_is_made_ready() -> None:
    managers = Managers()
    managers.drain("server01")
    assert (ready(managers), serving(managers)) == ({}, {})


def test_a_backup_moves_nothing() -> None:
    managers = Managers(KEEP)
    managers.drain("server02")
    assert (ready(managers), serving(managers)) == ({}, {})


def test_only_the_address_that_moves() -> None:
    managers = Managers(KEEP, text=TWO)
    managers["server02"].connections.open["10.10.0.9"] = 3
    managers.drain("server02")
    assert ready(managers) == {}


def test_on_the_way_back_the_restored_node_passes_on_to_the_interim_holder() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.open[VIP] = 12
    managers.drain("server01")
    managers["server02"].connections.open[VIP] = 3
    managers.restore("server01")
    assert ready(managers)["server01"] == "10.10.0.4"
    assert serving(managers)["server02"] == ["10.10.0.3"]


def test_in_a_chain_of_moves_the_first_holder_tells_the_third_too() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.open[VIP] = 12
    managers.drain("server01")
    managers["server02"].connections.open[VIP] = 3
    managers.world.commands.clear()
    managers.drain("server02")
    assert "server01 list" in verbs(managers)
    assert ready(managers)["server03"] == "10.10.0.4"
    assert serving(managers)["server01"] == ["10.10.0.4", "10.10.0.5"]
    assert serving(managers)["server02"] == ["10.10.0.3", "10.10.0.5"]


def test_where_the_successor_cannot_the_move_happens_as_without() -> None:
    managers = Managers(KEEP)
    for name in ("server02", "server03"):
        managers[name].connections.tools = ()
    managers.drain("server01")
    assert managers.holder() == "server02"
    assert (ready(managers), serving(managers)) == ({}, {})
    words = (
        "established connections to 10.10.0.2 will end (server02: nft is not installed; server03: nft is not installed)"
    )
    assert f"server01: {words}" in managers.said


def test_one_who_cannot_is_named_and_the_others_are_ready() -> None:
    managers = Managers(KEEP)
    managers["server03"].connections.tools = ()
    managers.drain("server01")
    assert ready(managers) == {"server02": "10.10.0.3"}
    words = "established connections to 10.10.0.2 will end if server03 takes over (server03: nft is not installed)"
    assert f"server01: {words}" in managers.said


def test_one_who_has_no_interface_for_the_address_is_named_and_not_the_holder() -> None:
    managers = Managers(KEEP)
    managers["server02"].address = "192.168.7.4"
    managers.drain("server01")
    assert ready(managers) == {"server03": "10.10.0.3"}
    words = "will end if server02 takes over (server02: there is no interface for 10.10.0.2)"
    assert f"server01: established connections to 10.10.0.2 {words}" in managers.said


def test_a_holder_that_cannot_leaves_nothing_behind() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.tools = ()
    managers.drain("server01")
    assert managers.holder() == "server02"
    assert (ready(managers), serving(managers)) == ({}, {})


def test_one_who_still_serves_and_cannot_pass_on_goes_on_serving() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.open[VIP] = 12
    managers.drain("server01")
    managers["server01"].connections.refuses = "pass"
    managers.drain("server02")
    assert ready(managers)["server03"] == "10.10.0.4"
    assert {"server01", "server02"} <= serving(managers).keys()
    words = "established connections to 10.10.0.2 will end if server01 takes over (server01: it refuses)"
    assert f"server02: {words}" in managers.said


def test_a_holder_that_cannot_serve_leaves_those_of_earlier_moves_as_they_are() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.open[VIP] = 12
    managers.drain("server01")
    managers["server02"].connections.refuses = "serve"
    managers.drain("server02")
    assert "server01" in serving(managers)
    assert "server02" not in serving(managers)
    assert "server03" in ready(managers)


def test_where_one_address_cannot_keep_its_connections_the_others_do() -> None:
    managers = Managers(KEEP, text=ONE.replace("[10.10.0.2]", "[10.10.0.9, 10.10.0.2]"))
    managers["server01"].connections.alone = ("10.10.0.9",)
    managers.drain("server01")
    words = "established connections to 10.10.0.9 will end (server01: answers would find no way)"
    assert f"server01: {words}" in managers.said
    assert ready(managers) == {"server02": "10.10.0.3", "server03": "10.10.0.3"}
    assert serving(managers) == {"server01": ["10.10.0.4", "10.10.0.5"]}
    assert [list(server.connections.passing) for server in managers.world.servers.values()] == [[], [VIP], [VIP]]


def test_the_end_of_the_connections_can_be_waited_for() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.open[VIP] = 12
    managers.world.later(20, lambda: managers["server01"].connections.open.update({VIP: 0}))
    managers.drain("server01", wait=60)
    assert "the last of its connections ended after" in managers.said[-1]


def test_a_wait_for_connections_that_are_cut_is_refused() -> None:
    managers = Managers()
    with pytest.raises(NothingDone, match=r"group_data/managers\.yml and deploy:\n    connections: keep$"):
        managers.drain("server01", wait=60)
    assert managers.drained() == []
    managers.drain("server01")
    assert managers.drained() == ["server01"]


def test_connections_that_do_not_end_in_time_are_told() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.open[VIP] = 1
    with pytest.raises(
        Stopped, match=r"server01 is drained, but not within 5 s have .* server01 still serves 1 connection to"
    ):
        managers.drain("server01", wait=5)
    assert managers.drained() == ["server01"]


def test_a_deploy_hands_over_and_takes_back_with_all_ready() -> None:
    managers = Managers(KEEP)
    managers.edit("instances:", "advert_int: 1\ninstances:")
    managers["server01"].connections.open[VIP] = 12
    managers.world.commands.clear()
    managers.deploy()
    assert managers.is_at_rest()
    told = [one for one in verbs(managers) if not one.endswith("flag")]
    assert told == [
        *("server02 pass", "server03 pass", "server01 serve", "server02 seen", "server03 seen"),
        *("server01 pass", "server02 serve", "server01 seen"),
    ]


def test_before_a_change_that_parts_the_nodes_those_who_will_take_over_are_ready() -> None:
    managers = Managers(KEEP)
    managers.edit("51,", "53,")
    managers["server01"].connections.open[VIP] = 12
    managers.world.commands.clear()
    managers.deploy()
    assert managers.is_at_rest()
    told = verbs(managers)
    assert {"server02 pass", "server03 pass", "server01 serve"} <= set(told)
    assert told[-3:] == ["server01 pass", "server02 serve", "server01 seen"]  # it takes the address back


def test_before_a_reload_that_takes_the_address_away_from_the_holder_all_are_ready() -> None:
    managers = Managers(KEEP)
    managers["server01"].connections.open[VIP] = 12
    managers.edit("virtual_router_id: 51", "virtual_router_id: 51, prefer: server02")
    managers.deploy()
    assert managers.restarted() == []
    assert managers.holder() == "server02"
    assert serving(managers)["server01"] == ["10.10.0.4", "10.10.0.5"]
    assert ready(managers)["server02"] == "10.10.0.3"


def test_a_reboot_waits_for_connections_and_tells_how_many_it_cuts() -> None:
    managers = Managers(KEEP, "maintenance: {connections_timeout: 30}")
    managers["server01"].connections.open[VIP] = 12
    began = managers.world.now
    managers.reboot("server01")
    assert managers.world.now - began > 30
    words = "server01: server01 still serves 12 connections to 10.10.0.2: the reboot cuts them"
    assert words in managers.said
    assert managers.is_at_rest()


def test_an_upgrade_of_keepalived_cuts_none_and_does_not_wait() -> None:
    managers = Managers(KEEP, "maintenance: {connections_timeout: 3000}")
    managers["server01"].connections.open[VIP] = 12
    for server in managers.world.servers.values():
        server.offered = [NEW, OLD]
    began = managers.world.now
    managers.upgrade("server01")
    assert managers.world.now - began < 300
    assert "the upgrade cuts them" not in " ".join(managers.said)


def test_a_removed_node_has_nothing_left() -> None:
    managers = Managers(KEEP, "maintenance: {connections_timeout: 0}")
    managers["server01"].connections.open[VIP] = 12
    managers.remove("server01")
    assert "server01: server01 still serves 12 connections to 10.10.0.2: the removal cuts them" in managers.said
    assert serving(managers) == {}
