"""Restores, as an operator sees them, on a simulated cluster."""

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from tests.fake.managers import NEW, OLD
from tests.fake.runs import Managers

HOOKS = "maintenance: {before: [stop-app], after: [start-app]}"


def swarming() -> Managers:
    """Three managers of a swarm, with two tasks of a service."""
    managers = Managers("maintenance: {swarm: true, before: [stop-app]}")
    managers.world.swarm.serve("web", "server02", "server03")
    return managers


def test_the_preferred_node_takes_back_when_it_is_restored() -> None:
    managers = Managers()
    managers.drain("server01")
    managers.restore("server01")
    assert managers.holder() == "server01"
    assert managers.world.journal[-1][1].startswith("put back in service by ")


def test_a_backup_that_is_restored_moves_nothing() -> None:
    managers = Managers()
    managers.drain("server02")
    managers.restore("server02")
    assert managers.said[-1] == "server02: in service as a backup; 10.10.0.2 is held by server01"


def test_a_restore_of_who_is_in_service_changes_nothing() -> None:
    managers = Managers()
    managers.restore()
    assert managers.told() == []


def test_a_restore_of_all_puts_all_back() -> None:
    managers = Managers()
    with pytest.raises(Stopped, match="server01 still holds"):
        managers.drain(force=True)
    managers.restore()
    assert managers.is_at_rest()


def test_a_restored_node_whose_daemon_is_down_is_not_taken_for_in_service() -> None:
    managers = Managers()
    managers.drain("server01")
    managers.by_hand("server01", "systemctl stop keepalived.service")
    with pytest.raises(Stopped, match="keepalived is inactive on server01"):
        managers.restore("server01")
    assert managers.holder() == "server02"


def test_a_dead_node_is_not_restored() -> None:
    managers = Managers()
    managers.world.crash(managers["server01"])
    with pytest.raises(NothingDone, match="server01 cannot be read"):
        managers.restore("server01")


def test_a_restore_ends_a_reboot_that_stopped() -> None:
    managers = Managers(HOOKS)
    managers.world.at("stop-app", managers.fails())
    with pytest.raises(Stopped):
        managers.reboot("server03")
    managers.restore("server03")
    assert "server03: not run, since the reboot did not end: `start-app`" in managers.said
    assert managers.is_at_rest()


def test_a_restore_ends_an_upgrade_that_stopped() -> None:
    managers = Managers(HOOKS)
    managers["server03"].offered = [NEW, OLD]
    managers.world.at("start-app", managers.fails())
    with pytest.raises(Stopped):
        managers.upgrade()
    managers.restore("server03")
    assert "server03: not run, since the upgrade did not end: `start-app`" in managers.said
    assert managers.is_at_rest()


def test_a_restore_gives_the_swarm_back_what_a_reboot_has_taken() -> None:
    managers = swarming()
    managers.world.at("stop-app", managers.fails())
    with pytest.raises(Stopped):
        managers.reboot("server03")
    assert managers.world.swarm.availability["server03"] == "Drain"
    managers.restore("server03")
    assert managers.is_at_rest()


def test_a_restore_that_cannot_do_that_says_how_to_do_without() -> None:
    managers = swarming()
    managers.world.at("stop-app", managers.fails())
    with pytest.raises(Stopped):
        managers.reboot("server03")
    managers.world.swarm.lost(managers["server03"])
    with pytest.raises(Stopped, match="server03 stays drained while the swarm does not have it back") as stopped:
        managers.restore("server03")
    assert "\n    rm /var/lib/keepalived/maintenance\nThen restore it again:\n" in str(stopped.value)
    assert str(stopped.value).endswith("docker node update --availability active server03")
    assert managers.drained() == ["server03"]
